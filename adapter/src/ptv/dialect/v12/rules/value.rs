//! Single values of v12's requests: lengths, forms, addresses, phones.

use std::collections::BTreeSet;

use serde_json::Value;

use super::coming;
use crate::model::{Finding, Lang};
use crate::ptv::rules;

/// The box of coordinates that v12 takes, in metres of EPSG:3067.
const EASTING: std::ops::RangeInclusive<f64> = 43_500.0..=765_000.0;
const NORTHING: std::ops::RangeInclusive<f64> = 6_522_000.0..=7_796_000.0;

pub(super) fn items<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Characters of a text as it is shown: without the marks of Markdown (§6.1).
pub fn rendered_length(text: &str) -> usize {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    // A link shows its words only.
    while let Some((before, after)) = rest.split_once('[') {
        shown.push_str(before);
        match after.split_once("](").and_then(|(words, tail)| Some((words, tail.split_once(')')?.1))) {
            Some((words, tail)) if !words.contains('\n') => {
                shown.push_str(words);
                rest = tail;
            }
            _ => {
                shown.push('[');
                rest = after;
            }
        }
    }
    shown.push_str(rest);
    let lines = shown.lines().map(|line| {
        let bare = line.trim_start();
        let mark = ["* ", "- ", "+ "].iter().find_map(|mark| bare.strip_prefix(mark));
        let bare = mark.unwrap_or_else(|| bare.trim_start_matches('#').trim_start());
        let bare = bare.replace("**", "").replace("__", "").replace('\\', "");
        rules::length(bare.trim_matches(['*', '_']))
    });
    let (count, sum) = lines.fold((0_usize, 0_usize), |(count, sum), length| (count + 1, sum + length));
    sum + count.saturating_sub(1)
}

/// How many characters a text may have, and whether it must be there.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    pub(super) max: usize,
    pub(super) needed: bool,
}

/// A text that may be missing.
pub(super) fn at_most(max: usize) -> Bound {
    Bound { max, needed: false }
}

/// A text that must be there.
pub(super) fn needed(max: usize) -> Bound {
    Bound { max, needed: true }
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Judge {
    pub(super) findings: Vec<Finding>,
}

impl Judge {
    fn put(&mut self, field: &str, lang: Option<Lang>, rule: &'static str, texts: [String; 3]) {
        let finding = coming(field, lang, rule, texts);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn too_long(&mut self, field: &str, lang: Option<Lang>, count: usize, max: usize) {
        let texts = [
            format!(
                "PTV:n versio 12 sallii enintään {max} merkkiä, tässä on {count}. Lyhennä ennen kuin versio vaihtuu keväällä 2027."
            ),
            format!(
                "Version 12 av SDL tillåter högst {max} tecken, här är {count}. Korta texten innan versionen byts våren 2027."
            ),
            format!(
                "Version 12 of PTV takes at most {max} characters, this has {count}. Shorten it before the version changes in spring 2027."
            ),
        ];
        self.put(field, lang, "v12-length", texts);
    }

    pub(super) fn missing(&mut self, field: &str, lang: Option<Lang>) {
        let texts = [
            "PTV:n versio 12 vaatii tiedon, ja se puuttuu. Täydennä ennen kuin versio vaihtuu keväällä 2027.",
            "Version 12 av SDL kräver uppgiften, och den saknas. Komplettera innan versionen byts våren 2027.",
            "Version 12 of PTV demands this, and it is missing. Complete it before the version changes in spring 2027.",
        ];
        self.put(field, lang, "v12-missing", texts.map(str::to_owned));
    }

    pub(super) fn wrong(&mut self, field: &str, lang: Option<Lang>, rule: &'static str) {
        let texts = [
            "PTV:n versio 12 ei hyväksy arvoa tässä muodossa. Korjaa ennen kuin versio vaihtuu keväällä 2027.",
            "Version 12 av SDL godtar inte värdet i denna form. Rätta innan versionen byts våren 2027.",
            "Version 12 of PTV does not take the value in this form. Correct it before the version changes in spring 2027.",
        ];
        self.put(field, lang, rule, texts.map(str::to_owned));
    }

    /// A member of the request is not there: ours to mend.
    pub(super) fn absent(&mut self, path: &str) {
        self.put(path, None, "v12-shape", [(); 3].map(|()| format!("{path}: every member must stand in a request")));
    }

    pub(super) fn unknown(&mut self, path: &str) {
        self.put(path, None, "v12-shape", [(); 3].map(|()| format!("{path}: v12 does not know this member")));
    }

    /// A short text: no blank at an end, no line break, at least one character.
    pub(super) fn short(&mut self, value: &Value, member: &str, field: &str, lang: Option<Lang>, bound: Bound) {
        match value.get(member).filter(|it| !it.is_null()) {
            Some(text) => self.words(text, field, lang, bound.max),
            None if bound.needed => self.missing(field, lang),
            None => {}
        }
    }

    pub(super) fn words(&mut self, text: &Value, field: &str, lang: Option<Lang>, max: usize) {
        let text = text.as_str().unwrap_or_default();
        if text.is_empty() {
            self.missing(field, lang);
        } else if text.trim() != text || text.contains(['\n', '\r']) {
            self.wrong(field, lang, "v12-blank");
        }
        let count = rules::length(text);
        if count > max {
            self.too_long(field, lang, count, max);
        }
    }

    /// A long text, which counts as it is shown.
    pub(super) fn long(&mut self, value: &Value, member: &str, field: &str, lang: Option<Lang>, bound: Bound) {
        match value.get(member).and_then(Value::as_str) {
            Some(text) => {
                let count = rendered_length(text);
                if count > bound.max {
                    self.too_long(field, lang, count, bound.max);
                }
            }
            None if bound.needed => self.missing(field, lang),
            None => {}
        }
    }

    /// A text in several languages.
    pub(super) fn texts(&mut self, texts: Option<&Value>, field: &str, max: usize) {
        for (code, text) in texts.and_then(Value::as_object).into_iter().flatten() {
            self.words(text, field, Lang::from_code(code), max);
        }
    }

    pub(super) fn list(&mut self, value: &Value, member: &str, field: &str, max: usize) {
        let all = items(value, member);
        let distinct: BTreeSet<&str> = all.iter().filter_map(Value::as_str).collect();
        if all.len() > max || distinct.len() != all.len() {
            self.wrong(field, None, "v12-list");
        }
    }

    pub(super) fn served_in(&mut self, request: &Value) {
        self.list(request, "serviceLanguages", "kielet", usize::MAX);
        if items(request, "serviceLanguages").is_empty() {
            self.missing("kielet", None);
        }
    }

    pub(super) fn url(&mut self, value: &Value, member: &str, field: &str, lang: Option<Lang>, needed: bool) {
        match value.get(member).and_then(Value::as_str) {
            Some(url) => {
                let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
                let host = host.and_then(|rest| rest.split(['/', '?', '#', ':']).next());
                if host.is_none_or(|host| !host.contains('.')) || rules::length(url) > 500 {
                    self.wrong(field, lang, "v12-url");
                }
            }
            None if needed => self.missing(field, lang),
            None => {}
        }
    }

    pub(super) fn emails(&mut self, version: &Value, member: &str, field: &str, lang: Option<Lang>) {
        for email in items(version, member) {
            if !email.get("email").and_then(Value::as_str).is_some_and(rules::is_email) {
                self.wrong(field, lang, "v12-email");
            }
        }
    }

    pub(super) fn pages(&mut self, version: &Value, member: &str, field: &str, lang: Option<Lang>) {
        for page in items(version, member) {
            self.short(page, "name", field, lang, needed(100));
            self.url(page, "url", field, lang, true);
        }
    }

    pub(super) fn phones(&mut self, version: &Value, member: &str, field: &str, lang: Option<Lang>) {
        for phone in items(version, member) {
            let text = |member: &str| phone.get(member).and_then(Value::as_str).unwrap_or_default();
            let number = text("number");
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            let abroad = text("type") == "InternationalPhone";
            let dial = text("dialCode").strip_prefix('+');
            let dialled = text("type") == "DomesticPhone" || dial.is_some_and(|dial| digits(dial) && dial.len() <= 4);
            if !digits(number) || (abroad && number.starts_with('0')) || !dialled {
                self.wrong(&format!("{field}.numero"), lang, "v12-phone");
            }
            for (member, of) in [("chargeDescription", "maksun_kuvaus"), ("additionalInformation", "kuvaus")] {
                self.short(phone, member, &format!("{field}.{of}_kieliversiot"), lang, at_most(300));
            }
        }
    }

    pub(super) fn area(&mut self, area: &Value) {
        for (member, digits) in [("municipalities", 3), ("regions", 2), ("wellbeingServicesCounties", 2)] {
            let all = items(area, member).iter().filter_map(Value::as_str);
            let sound = |code: &str| code.len() == digits && code.bytes().all(|b| b.is_ascii_digit());
            if !all.clone().all(sound) || all.clone().collect::<BTreeSet<_>>().len() != all.count() {
                self.wrong("saatavuusalue.alueet", None, "v12-area");
            }
        }
    }

    pub(super) fn addresses(&mut self, request: &Value, field: &str) {
        for group in ["location", "contactAddresses"] {
            let group = request.get(group).unwrap_or(&Value::Null);
            for street in items(group, "streetAddresses") {
                self.street(street, field);
            }
            for post_box in items(group, "postOfficeBoxAddresses") {
                self.post_box(post_box, field);
            }
            for other in items(group, "otherAddresses") {
                if other.get("coordinates").is_none_or(Value::is_null) {
                    self.missing(&format!("{field}.koordinaatit"), None);
                }
                self.coordinate(other, field);
            }
            for foreign in items(group, "foreignAddresses") {
                self.texts(foreign.get("address"), field, 500);
            }
        }
    }

    pub(super) fn delivery(&mut self, item: &Value) {
        let field = "toimitusosoite";
        match item.get("deliveryAddressType").and_then(Value::as_str) {
            Some("StreetAddress") => self.street(item, field),
            Some("PostOfficeBox") => self.post_box(item, field),
            _ => self.texts(item.get("deliveryInformation"), "toimitusosoite.ohje_kieliversiot", 300),
        }
        self.texts(item.get("recipient"), "toimitusosoite.vastaanottaja_kieliversiot", 150);
    }

    fn street(&mut self, street: &Value, field: &str) {
        self.texts(street.get("streetName"), &format!("{field}.katuosoite"), 100);
        self.short(street, "addressDetail", &format!("{field}.katuosoite"), None, needed(30));
        self.postal_code(street, field);
        self.coordinate(street, field);
        self.texts(street.get("additionalInformation"), &format!("{field}.lisatieto"), 300);
    }

    fn post_box(&mut self, post_box: &Value, field: &str) {
        self.texts(post_box.get("postOfficeBox"), &format!("{field}.postilokero"), 30);
        self.postal_code(post_box, field);
    }

    fn postal_code(&mut self, address: &Value, field: &str) {
        let code = address.get("postalCode").and_then(Value::as_str).unwrap_or_default();
        if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit()) {
            self.wrong(&format!("{field}.postinumero"), None, "v12-form");
        }
    }

    fn coordinate(&mut self, place: &Value, field: &str) {
        let Some(given) = place.get("coordinates").filter(|it| !it.is_null()) else { return };
        let of = |member: &str| given.get(member).and_then(Value::as_f64).unwrap_or_default();
        if !EASTING.contains(&of("easting")) || !NORTHING.contains(&of("northing")) {
            self.wrong(&format!("{field}.koordinaatit"), None, "v12-coordinates");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::rendered_length;

    #[test]
    fn a_text_counts_as_it_is_shown() {
        for (text, shown) in [
            ("abc", 3),
            ("**abc** def", 7),
            ("* yksi\n* kaksi", 10),
            ("# Otsikko", 7),
            ("[sana](https://www.example.fi/pitkä)", 4),
            ("[ei linkki", 10),
            ("", 0),
        ] {
            assert_eq!(rendered_length(text), shown, "{text}");
        }
    }
}
