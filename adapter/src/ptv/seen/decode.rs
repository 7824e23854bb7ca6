//! Parts of v11's JSON that reads and bodies share, decoded into lines.

use jiff::civil::Date;
use serde_json::Value;

use super::lines::{Address, Area, Link, Opening, Phone, Producer, Texts, When, clock, days, plain, text};
use super::{Path, Values};
use crate::model::Lang;

pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn word<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str).map(str::trim).filter(|word| !word.is_empty())
}

pub(super) fn flag(value: &Value, member: &str) -> bool {
    value.get(member).and_then(Value::as_bool).unwrap_or_default()
}

pub(super) fn guid(text: &str) -> String {
    text.trim().to_lowercase()
}

pub(super) fn lang(item: &Value) -> Option<Lang> {
    Lang::from_code(word(item, "language")?)
}

/// `[{language, value}]` within a line.
pub(super) fn texts(list: Option<&Value>) -> Texts {
    let all = list.map(items).unwrap_or_default().iter();
    all.filter_map(|item| Some((lang(item)?, text(word(item, "value")?)))).filter(|(_, it)| !it.is_empty()).collect()
}

pub(super) fn phone(item: &Value, typed: bool, charged: bool) -> String {
    Phone {
        kind: word(item, "type").filter(|_| typed).map(str::to_owned),
        prefix: word(item, "prefixNumber").map(str::to_owned),
        number: plain(word(item, "number").unwrap_or_default()),
        charge: charged.then(|| word(item, "serviceChargeType").unwrap_or("Chargeable").to_owned()),
        charge_text: text(word(item, "chargeDescription").unwrap_or_default()),
        about: text(word(item, "additionalInformation").unwrap_or_default()),
    }
    .to_string()
}

/// `{language, url, value|name, description|additionalInformation}`
pub(super) fn link(item: &Value) -> String {
    let url = word(item, "url").unwrap_or_default();
    let about = word(item, "description").or_else(|| word(item, "additionalInformation")).unwrap_or_default();
    let name = word(item, "name").or_else(|| word(item, "value")).unwrap_or_default();
    Link { url: url.to_owned(), name: plain(name), about: text(about) }.to_string()
}

pub(super) fn hours(values: &mut Values, list: &[Value]) {
    values.tell(Path::Hours);
    for item in list {
        let date = |member: &str| word(item, member)?.get(..10)?.parse::<Date>().ok();
        let kind = word(item, "serviceHourType").unwrap_or_default();
        let opening = |when: When| {
            Opening {
                kind: kind.to_owned(),
                valid_from: date("validFrom"),
                valid_to: date("validTo"),
                when,
                about: texts(item.get("additionalInformation")),
            }
            .to_string()
        };
        let spans = item.get("openingHour").map(items).unwrap_or_default();
        let mut put = |when: When| values.put(Path::Hours, None, opening(when));
        if flag(item, "isClosed") {
            put(When::Closed);
        } else if flag(item, "isAlwaysOpen") {
            put(When::Always);
        } else if flag(item, "isReservation") {
            put(When::ByAppointment);
        } else if spans.is_empty() {
            put(When::Told);
        }
        for span in spans {
            let ends = |day_from: Option<String>, day_to: Option<String>| When::Span {
                day_from,
                day_to,
                from: clock(word(span, "from").unwrap_or_default()),
                to: clock(word(span, "to").unwrap_or_default()),
            };
            let (first, last) = (word(span, "dayFrom"), word(span, "dayTo"));
            match first {
                // Over midnight the two days are the two ends of one span.
                Some(first) if kind == "OverMidnight" => put(ends(Some(first.into()), last.map(str::to_owned))),
                Some(first) if kind != "Exceptional" => {
                    for day in days(first, last) {
                        put(ends(Some(day), None));
                    }
                }
                _ => put(ends(None, None)),
            }
        }
    }
}

pub(super) fn addresses(values: &mut Values, path: Path, list: &[Value]) {
    values.tell(path);
    for item in list {
        let (form, branch) = match word(item, "subType").unwrap_or_default() {
            "Single" | "Street" => ("Street", "streetAddress"),
            "Abroad" | "Foreign" => ("Foreign", ""),
            form @ "PostOfficeBox" => (form, "postOfficeBoxAddress"),
            form @ "Other" => (form, "otherAddress"),
            form => (form, ""),
        };
        let branch = item.get(branch).unwrap_or(item);
        let named = ["street", "postOfficeBox", "foreignAddress", "locationAbroad", "deliveryAddressInText"];
        let receiver = item.get("receiver").or_else(|| item.get("formReceiver"));
        let line = Address {
            purpose: word(item, "type").map(str::to_owned),
            form: form.to_owned(),
            texts: named.iter().map(|name| texts(branch.get(*name))).find(|it| !it.is_empty()).unwrap_or_default(),
            number: plain(word(branch, "streetNumber").unwrap_or_default()),
            postal_code: word(branch, "postalCode").unwrap_or_default().to_owned(),
            country: word(item, "country").unwrap_or_default().to_owned(),
            about: texts(branch.get("additionalInformation")),
            receiver: texts(receiver),
        }
        .to_string();
        let municipality = branch.get("municipality");
        let municipality = municipality.and_then(|it| it.as_str().or_else(|| it.get("code")?.as_str()));
        if let Some(code) = municipality {
            values.detail(path, &line, "municipality", format!("{code:0>3}"));
        }
        // Only these two states are stable (§4.1); in a body there is no state.
        let stable = word(branch, "coordinateState").is_none_or(|state| matches!(state, "Ok" | "EnteredByUser"));
        if let Some((northing, easting)) = metre(branch, "latitude").zip(metre(branch, "longitude")).filter(|_| stable)
        {
            values.detail(path, &line, "coordinates", format!("{northing} {easting}"));
        }
        values.put(path, None, line);
    }
}

/// A coordinate in whole metres, given as a text or a number.
fn metre(branch: &Value, member: &str) -> Option<String> {
    let value = branch.get(member)?;
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Some(format!("{number:.0}"))
}

/// Areas of services and channels: `{type, areaCodes[]}` in a body, `{type, code, municipalities[]}` in a read.
pub(super) fn areas(values: &mut Values, area_type: &str, list: &[Value]) {
    values.tell(Path::Area);
    if area_type != "LimitedType" {
        values.put(Path::Area, None, Area::Whole(area_type.to_owned()).to_string());
        return;
    }
    for area in list {
        let kind = word(area, "type").unwrap_or_default();
        let mut part = |code: &str| {
            values.put(Path::Area, None, Area::Part { kind: kind.to_owned(), code: code.to_owned() }.to_string());
        };
        items(area.get("areaCodes").unwrap_or(&Value::Null)).iter().filter_map(Value::as_str).for_each(&mut part);
        if let Some(code) = word(area, "code") {
            part(code);
        } else {
            let municipalities = items(area.get("municipalities").unwrap_or(&Value::Null)).iter();
            municipalities.filter_map(|it| it.as_str().or_else(|| word(it, "code"))).for_each(part);
        }
    }
}

pub(super) fn producer(kind: &str, organisation: Option<&str>, about: Option<&Value>) -> String {
    Producer { kind: kind.to_owned(), organisation: organisation.map(guid), about: texts(about) }.to_string()
}
