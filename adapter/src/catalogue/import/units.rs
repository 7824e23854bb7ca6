//! Units of the Service Map (TPR, pat.md §12) to palvelupiste records.
//!
//! Opening hours are free text there and stay text. Coordinates are degrees (WGS84); the register's metres are the same
//! point, and only where they differ from ours are they named in the report. Names of contact persons are left out.

use serde_json::{Map, Value, json};

use super::census::{Check, Rules, in_words, same, turned};
use super::tpr::LANGUAGES;
use crate::model::projection::{from_tm35fin, to_tm35fin};

type Members = Map<String, Value>;

/// Types of extra information (pat.md §4.6).
const WWW: &str = "3";
const PICTURE: &str = "5";
const LINK: &str = "6";
/// How an extra information of the register is named where PAT has no type for it.
const MAX_TYPE_CHARS: usize = 20;
/// Metres that the register's own rounding may make.
const ROUNDING: i64 = 1;

pub(super) const RULES: Rules = Rules {
    of: "unit",
    read: &[
        ("id", same),
        ("name", same),
        ("short_desc", same),
        ("desc", same),
        ("latitude", same),
        ("longitude", same),
        ("northing_etrs_tm35fin", METRES),
        ("easting_etrs_tm35fin", METRES),
        ("street_address", same),
        ("address_zip", same),
        ("address_city", same),
        ("address_postal_full", in_words),
        ("phone", same),
        ("call_charge_info", |value, parent, written| text(parent, "phone").is_some() && same(value, parent, written)),
        ("email", same),
        ("www", same),
        ("picture_url", same),
        ("accessibility_www", same),
        ("accessibility_sentences[].sentence", in_words),
        ("accessibility_sentences[].sentence_group", in_words),
        ("modified_time", |value, _, written| {
            value.as_str().and_then(|time| time.get(..10)).is_some_and(|day| written.has(day))
        }),
        ("provided_languages[]", same),
        ("connections[].section_type", turned),
        ("connections[].name", same),
        ("connections[].www", same),
        ("connections[].phone", same),
        ("connections[].email", same),
        ("connections[].unit_id", same),
        ("accessibility_sentences[].unit_id", same),
        ("service_descriptions[].unit_id", same),
        // These become offers, or are named as unknown.
        ("service_descriptions[].id", turned),
    ],
    kept: &[
        "org_id",
        "dept_id",
        "provider_type",
        "data_source_url",
        "ontologyword_ids",
        "ontologytree_ids",
        "ontologyword_details",
        "sources",
        "extra_searchwords",
        "streetview_entrance_url",
        "accessibility_viewpoints",
        "accessibility_phone",
        "accessibility_email",
        "created_time",
    ],
    plain: without_suffix,
};

/// The register's metres are those of the degrees.
const METRES: Check = |_, unit, _| {
    let degrees = |member: &str| number(unit, member).and_then(|text| text.parse::<f64>().ok());
    let metres = |member: &str| number(unit, member).and_then(|text| text.parse::<i64>().ok());
    let point = degrees("latitude").zip(degrees("longitude"));
    if point.is_none() {
        return from_metres(unit).is_some();
    }
    let ours = point.and_then(|(latitude, longitude)| to_tm35fin(latitude, longitude));
    let theirs = metres("northing_etrs_tm35fin").zip(metres("easting_etrs_tm35fin"));
    ours.zip(theirs).is_some_and(|((north, east), (their_north, their_east))| {
        (i64::from(north) - their_north).abs() <= ROUNDING && (i64::from(east) - their_east).abs() <= ROUNDING
    })
};

/// The degrees of a unit that has its metres only.
fn from_metres(unit: &Members) -> Option<(String, String)> {
    let metres = |member: &str| number(unit, member)?.parse::<f64>().ok();
    let (latitude, longitude) = from_tm35fin(metres("northing_etrs_tm35fin")?, metres("easting_etrs_tm35fin")?)?;
    Some((format!("{latitude:.7}"), format!("{longitude:.7}")))
}

/// `name_fi` is `name`.
fn without_suffix(path: &str) -> String {
    let rest = LANGUAGES.iter().find_map(|lang| path.strip_suffix(lang)?.strip_suffix('_'));
    rest.unwrap_or(path).to_owned()
}

pub(super) fn record(unit: &Value) -> Value {
    let nothing = Members::new();
    let unit = unit.as_object().unwrap_or(&nothing);
    let id = number(unit, "id");
    let mut record = Members::new();
    record.insert("laji".into(), "palvelupiste".into());
    record.insert("koodi".into(), json!(id));
    record.insert("toimipisterekisteri_id".into(), json!(id));
    record.insert("nimi_kieliversiot".into(), texts(unit, "name"));
    record.insert("tiivistelma_kieliversiot".into(), texts(unit, "short_desc"));
    record.insert("kuvaus_kieliversiot".into(), texts(unit, "desc"));
    record.insert("kielet".into(), unit.get("provided_languages").cloned().unwrap_or(Value::Null));
    record.insert("muutospvm".into(), json!(text(unit, "modified_time").and_then(|time| time.get(..10))));
    let mut parts = Parts::default();
    parts.general(unit);
    for connection in list(unit, "connections") {
        parts.connection(connection);
    }
    record.insert("puhelinnumerot".into(), Value::Array(parts.phones));
    record.insert("sahkopostit".into(), json!(parts.emails));
    record.insert("lisatiedot".into(), Value::Array(parts.notes));
    record.insert("esteettomyys".into(), list(unit, "accessibility_sentences").map(sentence).collect());
    if let Some(address) = postal_address(unit) {
        record.insert("postiosoite".into(), address);
    }
    let degrees = number(unit, "latitude").zip(number(unit, "longitude")).or_else(|| from_metres(unit));
    let (latitude, longitude) = degrees.unzip();
    let place = json!({
        "leveysaste": latitude,
        "pituusaste": longitude,
        "osoitteet": address(unit).into_iter().collect::<Vec<_>>(),
        "aukioloajat": parts.hours,
    });
    record.insert("fyysinenPaikka".into(), place);
    let kept = |name: &&str| RULES.kept.contains(&without_suffix(name).as_str());
    let left: Members = unit
        .iter()
        .filter(|(name, _)| kept(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    record.insert("lahde".into(), json!({"jarjestelma": "tpr", "tiedot": left}));
    Value::Object(record)
}

#[derive(Default)]
struct Parts {
    phones: Vec<Value>,
    emails: Vec<String>,
    notes: Vec<Value>,
    hours: Vec<Value>,
}

impl Parts {
    fn general(&mut self, unit: &Members) {
        if let Some(number) = text(unit, "phone") {
            self.phones.push(json!({"numero": number, "maksun_kuvaus_kieliversiot": texts(unit, "call_charge_info")}));
        }
        self.emails.extend(text(unit, "email").map(str::to_owned));
        let www = texts(unit, "www");
        if is_something(&www) {
            self.note(WWW, None, &json!({}), &www);
        }
        if let Some(picture) = text(unit, "picture_url") {
            self.note(PICTURE, Some(picture), &json!({}), &json!({}));
        }
        if let Some(address) = text(unit, "accessibility_www") {
            let title = json!({"fi": "Esteettömyystiedot", "sv": "Uppgifter om tillgänglighet", "en": "Accessibility"});
            self.note(LINK, None, &title, &json!({ "fi": address }));
        }
    }

    /// One of the sections in which the register keeps everything else (`connections`).
    fn connection(&mut self, connection: &Members) {
        let section = text(connection, "section_type").unwrap_or_default();
        let (names, www) = (texts(connection, "name"), texts(connection, "www"));
        let (phone, email) = (text(connection, "phone"), text(connection, "email"));
        if let Some(number) = phone {
            self.phones.push(json!({"numero": number, "kuvaus_kieliversiot": names}));
        }
        if let Some(address) = email {
            if !self.emails.iter().any(|known| known == address) {
                self.emails.push(address.to_owned());
            }
            if phone.is_none() && is_something(&names) {
                self.note(section, Some(address), &json!({}), &names);
            }
        }
        let kind = match section {
            "OPENING_HOURS" => Some("normaali"),
            "OPENING_HOUR_OBJECT" => Some("normaali extra"),
            _ => None,
        };
        if is_something(&www) {
            self.note(LINK, None, &names, &www);
        } else if let Some(kind) = kind {
            self.hours.push(json!({"aukiolotyyppi": kind, "kuvaus_kieliversiot": names}));
        } else if phone.is_none() && email.is_none() && is_something(&names) {
            self.note(section, None, &json!({}), &names);
        }
    }

    fn note(&mut self, kind: &str, name: Option<&str>, names: &Value, texts: &Value) {
        let kind: String = kind.chars().take(MAX_TYPE_CHARS).collect();
        self.notes.push(json!({
            "lisatietotyyppi": {"koodi": kind},
            "nimi": name,
            "nimi_kieliversiot": names,
            "kuvaus_kieliversiot": texts,
        }));
    }
}

fn address(unit: &Members) -> Option<Value> {
    let mut address = Members::new();
    for lang in LANGUAGES {
        for (member, field) in [("street_address", "katuosoite"), ("address_city", "postitoimipaikka")] {
            let text = text(unit, &format!("{member}_{lang}"));
            address.extend(text.map(|text| (format!("{field}_{lang}"), text.into())));
        }
    }
    address.extend(text(unit, "address_zip").map(|code| ("postinumero".to_owned(), code.into())));
    (!address.is_empty()).then_some(Value::Object(address))
}

/// "PL 62, 00014 Helsingin yliopisto", by language: what comes before the post code is a box or a street.
fn postal_address(unit: &Members) -> Option<Value> {
    let mut address = Members::new();
    for lang in LANGUAGES {
        let Some(whole) = text(unit, &format!("address_postal_full_{lang}")) else { continue };
        let parts = whole.rsplit_once(',').and_then(|(first, rest)| {
            let (code, city) = rest.trim().split_once(' ')?;
            let is_code = code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
            is_code.then(|| (first.trim(), code, city.trim()))
        });
        let line = parts.map_or(whole, |(line, ..)| line);
        let in_box = ["PL ", "PB ", "P.O. Box "].iter().any(|word| line.starts_with(word));
        let field = if in_box { "postilokero" } else { "katuosoite" };
        address.insert(format!("{field}_{lang}"), line.into());
        if let Some((_, code, city)) = parts {
            address.entry("postinumero").or_insert_with(|| code.into());
            address.insert(format!("postitoimipaikka_{lang}"), city.into());
        }
    }
    (!address.is_empty()).then_some(Value::Object(address))
}

/// One fact of the accessibility register, with the part of the place that it is about.
fn sentence(sentence: &Members) -> Value {
    let mut names = Members::new();
    for lang in LANGUAGES {
        let group = text(sentence, &format!("sentence_group_{lang}"));
        if let Some(fact) = text(sentence, &format!("sentence_{lang}")) {
            let whole = group.map_or_else(|| fact.to_owned(), |group| format!("{group}: {fact}"));
            names.insert(lang.to_owned(), whole.into());
        }
    }
    json!({ "nimi_kieliversiot": names })
}

fn texts(members: &Members, name: &str) -> Value {
    let text = |lang: &&str| Some(((**lang).to_owned(), text(members, &format!("{name}_{lang}"))?.into()));
    Value::Object(LANGUAGES.iter().filter_map(text).collect())
}

fn is_something(texts: &Value) -> bool {
    texts.as_object().is_some_and(|texts| !texts.is_empty())
}

fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A number, which some documents write as a text.
fn number(members: &Members, name: &str) -> Option<String> {
    match members.get(name)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn list<'a>(members: &'a Members, name: &str) -> impl Iterator<Item = &'a Members> {
    members.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}
