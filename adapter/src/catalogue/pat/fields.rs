//! A cursor over one JSON object that takes members by name, collects what is wrong, and knows what nobody took.

use jiff::civil::{Date, Time};
use serde_json::{Map, Value};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::catalogue::html;
use crate::model::{Code, Finding, Lang, Localised};

/// No text of a record is longer than this; PTV's own limits are far below and are findings of `ptv`.
pub(super) const MAX_TEXT_CHARS: usize = 20_000;
/// So many unknown members of one object are named; the rest is like them.
const MAX_UNKNOWN_NAMED: usize = 50;
/// Tags named by a finding at most.
const NAMED: usize = 8;
/// No list of a record is longer than this.
pub(super) const MAX_LIST_ITEMS: usize = 1_000;

pub struct Fields<'a> {
    members: &'a Map<String, Value>,
    path: String,
    taken: Vec<&'a str>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Fields<'a> {
    pub fn root(record: &'a Value, findings: &'a mut Vec<Finding>) -> Option<Fields<'a>> {
        if let Some(members) = record.as_object() {
            return Some(Fields { members, path: String::new(), taken: Vec::new(), findings });
        }
        findings.push(shape("", "olio", "ett objekt", "an object"));
        None
    }

    /// Reports every member that nobody asked for.
    pub fn finish(self) {
        let unknown = self.members.keys().filter(|name| !self.taken.contains(&name.as_str()));
        for name in unknown.take(MAX_UNKNOWN_NAMED) {
            let field = join(&self.path, name);
            self.findings.push(Finding::error(
                field,
                "unknown-field",
                [
                    "Tuntematon kenttä. Tarkista kentän nimi tai poista se.".into(),
                    "Okänt fält. Kontrollera fältets namn eller ta bort det.".into(),
                    "Unknown field. Check its name or leave it out.".into(),
                ],
            ));
        }
    }

    /// Takes a member that we know of and do not keep.
    pub fn ignore(&mut self, name: &'static str) {
        self.take(name);
    }

    pub fn text(&mut self, name: &'static str, max_chars: usize) -> Option<String> {
        let value = self.take(name)?;
        self.as_text(&join(&self.path, name), value, max_chars)
    }

    pub fn required_text(&mut self, name: &'static str, max_chars: usize) -> String {
        let before = self.findings.len();
        let text = self.text(name, max_chars);
        if text.is_none() && self.findings.len() == before {
            self.missing(name);
        }
        text.unwrap_or_default()
    }

    pub fn localised(&mut self, name: &'static str) -> Localised {
        let Some(value) = self.take(name).filter(|value| !is_nothing(value)) else { return Localised::default() };
        let field = join(&self.path, name);
        let Some(members) = value.as_object() else {
            self.findings.push(shape(&field, "olio kielittäin", "ett objekt per språk", "an object by language"));
            return Localised::default();
        };
        let mut localised = Localised::default();
        for (code, text) in members {
            let field = join(&field, code);
            match Lang::from_code(code) {
                Some(lang) => {
                    if let Some(text) = self.as_text(&field, text, MAX_TEXT_CHARS) {
                        localised.set(lang, self.without_html(&field, lang, text));
                    }
                }
                None => self.findings.push(unknown_language(field, code)),
            }
        }
        localised
    }

    /// A text as its reader sees it: PTV's editor knows paragraphs and lists (ptv-in-api.md §4), and so does whoever reads
    /// over X-Road. What else of HTML is left out is told.
    fn without_html(&mut self, field: &str, lang: Lang, text: String) -> String {
        let Some(lost) = html::left_out(&text) else { return text };
        if !lost.is_empty() {
            let names: Vec<&str> = lost.iter().take(NAMED).map(String::as_str).collect();
            let names = names.join(", ");
            let finding = Finding::warning(
                field,
                "html",
                [
                    format!(
                        "Tekstissä oli HTML:ää. Kappaleet ja luettelot säilyivät, muu jäi pois: {names}. Tarkista teksti."
                    ),
                    format!(
                        "Texten innehöll HTML. Stycken och listor finns kvar, resten togs bort: {names}. Kontrollera texten."
                    ),
                    format!(
                        "The text had HTML. Its paragraphs and lists stay, the rest is left out: {names}. Check the text."
                    ),
                ],
            );
            self.findings.push(finding.in_language(lang));
        }
        html::reduce(&text)
    }

    /// A name: Finnish is required (pat.md §6.2).
    pub fn required_name(&mut self) -> Localised {
        let before = self.findings.len();
        let name = self.localised("nimi_kieliversiot");
        if name.get(Lang::Fi).is_none() && self.findings.len() == before {
            self.missing("nimi_kieliversiot.fi");
        }
        name
    }

    /// Texts with a suffix per language, as some blocks of the wire have them (`katuosoite_fi`).
    pub fn suffixed(&mut self, names: &[(Lang, &'static str)]) -> Localised {
        let mut localised = Localised::default();
        for (lang, name) in names {
            if let Some(text) = self.text(name, MAX_TEXT_CHARS) {
                localised.set(*lang, text);
            }
        }
        localised
    }

    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let value = self.take(name)?;
        if value.is_null() {
            return None;
        }
        let flag = value.as_bool();
        if flag.is_none() {
            self.findings.push(shape(&join(&self.path, name), "true tai false", "true eller false", "true or false"));
        }
        flag
    }

    pub fn number(&mut self, name: &'static str) -> Option<u32> {
        let value = self.take(name)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none() && !value.is_null() {
            let field = join(&self.path, name);
            self.findings.push(shape(&field, "kokonaisluku", "ett heltal", "a whole number"));
        }
        number
    }

    /// A number that grows: digits, as a number or as a text.
    pub fn counter(&mut self, name: &'static str) -> Option<u64> {
        let text = self.text(name, 20)?;
        let number = text.trim().parse().ok();
        if number.is_none() {
            let field = join(&self.path, name);
            self.findings.push(shape(&field, "kokonaisluku", "ett heltal", "a whole number"));
        }
        number
    }

    pub fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name, 200)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let allowed = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.findings.push(Finding::error(
                join(&self.path, name),
                "unknown-word",
                [
                    format!("Arvo ei ole luettelossa. Sallitut: {allowed}."),
                    format!("Värdet finns inte i listan. Tillåtna: {allowed}."),
                    format!("The value is not in the list. Allowed: {allowed}."),
                ],
            ));
        }
        found
    }

    pub fn required_word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let before = self.findings.len();
        let found = self.word(name, words);
        if found.is_none() && self.findings.len() == before {
            self.missing(name);
        }
        found
    }

    pub fn date(&mut self, name: &'static str) -> Option<Date> {
        let text = self.text(name, 40)?;
        // PAT writes dates without a time; some records carry one, which adds nothing.
        let date = text.get(..10).and_then(|day| day.parse().ok());
        if date.is_none() {
            let field = join(&self.path, name);
            self.findings.push(shape(&field, "päivä muodossa VVVV-KK-PP", "ett datum ÅÅÅÅ-MM-DD", "a date YYYY-MM-DD"));
        }
        date
    }

    /// `HH:MM` or `HH:MM:SS`; `24:00` is midnight at the end of the day and reads as 00:00.
    pub fn time(&mut self, name: &'static str) -> Option<Time> {
        let text = self.text(name, 8)?;
        let text = text.strip_prefix("24:00").map_or_else(|| text.clone(), |rest| format!("00:00{rest}"));
        let time = text.parse().ok();
        if time.is_none() {
            let field = join(&self.path, name);
            self.findings.push(shape(&field, "kellonaika TT:MM", "ett klockslag TT:MM", "a time HH:MM"));
        }
        time
    }

    pub fn required_code(&mut self, name: &'static str) -> Option<Code> {
        let text = self.required_text(name, 1_000);
        if text.is_empty() {
            return None;
        }
        self.as_code(&join(&self.path, name), &text)
    }

    pub fn code(&mut self, name: &'static str) -> Option<Code> {
        let text = self.text(name, 1_000)?;
        self.as_code(&join(&self.path, name), &text)
    }

    /// A reference: `{"koodi": "11"}`, with a name or state beside it that we do not keep.
    pub fn reference(&mut self, name: &'static str) -> Option<Code> {
        let mut code = None;
        self.object(name, |reference| code = reference.as_reference());
        code
    }

    pub fn references(&mut self, name: &'static str) -> Vec<Code> {
        let mut codes = Vec::new();
        self.list(name, |reference| codes.extend(reference.as_reference()));
        codes
    }

    fn as_reference(&mut self) -> Option<Code> {
        for known in ["nimi_kieliversiot", "nimi", "tila"] {
            self.ignore(known);
        }
        self.required_code("koodi")
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &'static str, max_chars: usize) -> Vec<String> {
        let field = join(&self.path, name);
        let mut texts = Vec::new();
        for (index, value) in self.items(name).into_iter().enumerate() {
            texts.extend(self.as_text(&format!("{field}[{index}]"), value, max_chars));
        }
        texts
    }

    pub fn object(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_>)) {
        let Some(value) = self.take(name) else { return };
        if !is_nothing(value) {
            self.descend(join(&self.path, name), value, read);
        }
    }

    /// An object whose other members are nobody's concern here.
    pub fn open_object(&mut self, name: &'static str, read: impl FnOnce(&mut Fields<'_>)) {
        self.object(name, |it| {
            read(it);
            it.taken.extend(it.members.keys().map(String::as_str));
        });
    }

    pub fn list(&mut self, name: &'static str, mut read: impl FnMut(&mut Fields<'_>)) {
        let field = join(&self.path, name);
        for (index, value) in self.items(name).into_iter().enumerate() {
            self.descend(format!("{field}[{index}]"), value, &mut read);
        }
    }

    /// Reports a problem of this object's member.
    pub fn report(&mut self, name: &str, rule: &'static str, texts: [&str; 3]) {
        self.findings.push(Finding::error(join(&self.path, name), rule, texts.map(str::to_owned)));
    }

    /// Reports what the record can do without, though not well.
    pub fn warn(&mut self, name: &str, rule: &'static str, texts: [&str; 3]) {
        self.findings.push(Finding::warning(join(&self.path, name), rule, texts.map(str::to_owned)));
    }

    /// The record is kept without it, and is of little use.
    pub fn incomplete(&mut self, name: &str) {
        self.warn(
            name,
            "incomplete",
            [
                "Tieto puuttuu. Kohde tallennetaan, mutta se on vajaa: täydennä kenttä.",
                "Uppgiften saknas. Posten sparas men är ofullständig: fyll i fältet.",
                "Absent. The record is kept but incomplete: fill it in.",
            ],
        );
    }

    pub fn missing(&mut self, name: &str) {
        self.report(
            name,
            "required",
            [
                "Pakollinen tieto puuttuu. Täytä kenttä.",
                "Obligatorisk uppgift saknas. Fyll i fältet.",
                "Required and absent. Fill it in.",
            ],
        );
    }

    fn descend(&mut self, path: String, value: &Value, read: impl FnOnce(&mut Fields<'_>)) {
        match value.as_object() {
            Some(members) => {
                let mut fields = Fields { members, path, taken: Vec::new(), findings: self.findings };
                read(&mut fields);
                fields.finish();
            }
            None => self.findings.push(shape(&path, "olio", "ett objekt", "an object")),
        }
    }

    fn items(&mut self, name: &'static str) -> Vec<&'a Value> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let field = join(&self.path, name);
        match value.as_array() {
            Some(items) if items.len() <= MAX_LIST_ITEMS => items.iter().collect(),
            Some(_) => {
                self.findings.push(Finding::error(
                    field,
                    "too-many",
                    [
                        format!("Luettelossa saa olla enintään {MAX_LIST_ITEMS} kohtaa. Jaa tieto."),
                        format!("Listan får ha högst {MAX_LIST_ITEMS} poster. Dela upp uppgiften."),
                        format!("A list has at most {MAX_LIST_ITEMS} items. Split it."),
                    ],
                ));
                Vec::new()
            }
            None => {
                if !is_nothing(value) {
                    self.findings.push(shape(&field, "luettelo", "en lista", "a list"));
                }
                Vec::new()
            }
        }
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Value> {
        self.taken.push(name);
        self.members.get(name)
    }

    fn as_text(&mut self, field: &str, value: &Value, max_chars: usize) -> Option<String> {
        let text = match value {
            Value::String(text) if is_nfc(text) => text.clone(),
            Value::String(text) => text.nfc().collect::<String>(),
            Value::Number(number) => number.to_string(),
            Value::Null => return None,
            _ => {
                self.findings.push(shape(field, "teksti", "en text", "a text"));
                return None;
            }
        };
        if text.trim().is_empty() {
            return None;
        }
        let length = text.chars().count();
        if length > max_chars {
            self.findings.push(Finding::error(
                field,
                "too-long",
                [
                    format!("Tekstissä on {length} merkkiä, enintään {max_chars} sallitaan. Lyhennä."),
                    format!("Texten har {length} tecken, högst {max_chars} tillåts. Förkorta."),
                    format!("The text has {length} characters, at most {max_chars} are allowed. Shorten it."),
                ],
            ));
            return None;
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.findings.push(Finding::error(
                field,
                "control-character",
                [
                    "Tekstissä on ohjausmerkki. Poista se.".into(),
                    "Texten innehåller ett styrtecken. Ta bort det.".into(),
                    "The text has a control character. Remove it.".into(),
                ],
            ));
            return None;
        }
        Some(text)
    }

    fn as_code(&mut self, field: &str, text: &str) -> Option<Code> {
        let code = text.parse().ok();
        if code.is_none() {
            self.findings.push(Finding::error(
                field,
                "invalid-code",
                [
                    "Koodissa on 1–100 merkkiä ilman välilyöntejä alussa tai lopussa.".into(),
                    "Koden har 1–100 tecken utan blanksteg i början eller slutet.".into(),
                    "A code has 1–100 characters and no white space at its ends.".into(),
                ],
            ));
        }
        code
    }
}

/// `null`, `""` and `{}` all stand for nothing on this wire (pat.md §2).
fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn shape(field: &str, fi: &str, sv: &str, en: &str) -> Finding {
    Finding::error(
        field,
        "invalid-field",
        [
            format!("Arvo ei ole oikeaa muotoa; odotettiin: {fi}."),
            format!("Värdet har fel form; väntat: {sv}."),
            format!("The value has the wrong shape; expected {en}."),
        ],
    )
}

/// A text in another language than PTV's six is left out and told (ptv-in-api.md §9.12, M-08); what is no code of a
/// language is a mistake.
fn unknown_language(field: String, code: &str) -> Finding {
    let plausible = matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    let texts = if plausible {
        [
            "Tämä kieliversio jää pois: tekstien kielet ovat fi, sv, en, se, smn ja sms.".into(),
            "Den här språkversionen utelämnas: texternas språk är fi, sv, en, se, smn och sms.".into(),
            "This language version is left out: texts are in fi, sv, en, se, smn and sms.".into(),
        ]
    } else {
        [
            "Tuntematon kieli. Sallitut: fi, sv, en, se, smn, sms.".into(),
            "Okänt språk. Tillåtna: fi, sv, en, se, smn, sms.".into(),
            "Unknown language. Allowed: fi, sv, en, se, smn, sms.".into(),
        ]
    };
    let finding = if plausible { Finding::warning } else { Finding::error };
    finding(field, "unknown-language", texts)
}
