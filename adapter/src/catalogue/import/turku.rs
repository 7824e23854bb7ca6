//! The read interface of Turku's store (pat.md §2) to records: the same names, with `laji` added.
//!
//! The interface has no offer without its resource, but services and service points both list the offers they
//! belong to, and classes list their services: those relations are turned round, because a record of ours names
//! what it refers to. The accessibility register's answers that belong to the store's places go with them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::accessibility;
use super::census::{Census, Report, Rules, Unknown, same, turned};

type Record = Map<String, Value>;

/// What the reader passes over, because it is another record's, or says in words what stands beside it as a code. It
/// stays in the stored record, which goes out of the read interface as it came.
const PASSED_OVER: [&str; 16] = [
    MEMBERS,
    NOTE,
    PLACES_NOTE,
    "tila.nimi",
    "lisatiedot[].lisatietotyyppi.nimi",
    "fyysinenPaikka.koodi",
    "fyysinenPaikka.lisatiedot[].lisatietotyyppi.nimi",
    "puhelinnumerot[].numerotyyppi.teksti_fi",
    "puhelinnumerot[].numerotyyppi.teksti_sv",
    "palvelutarjoukset[].nimi_kieliversiot",
    "palvelutarjoukset[].tila.koodi",
    "palvelutarjoukset[].palvelut[].koodi",
    "palvelutarjoukset[].palvelut[].nimi_kieliversiot",
    "palvelut[].nimi_kieliversiot",
    "palvelut[].tila.koodi",
    "palvelupiste.nimi_kieliversiot",
];
const EVERYTHING_ELSE: &str = "*";
/// A class's services: each keeps the relation itself, if it came.
const MEMBERS: &str = "palvelut[].koodi";
/// The type of an extra information, which is nothing without a text.
const NOTE: &str = "lisatiedot[].lisatietotyyppi.koodi";
const PLACES_NOTE: &str = "fyysinenPaikka.lisatiedot[].lisatietotyyppi.koodi";

const fn rules(of: &'static str) -> Rules {
    Rules {
        of,
        read: &[(EVERYTHING_ELSE, turned), (MEMBERS, same), (NOTE, same), (PLACES_NOTE, same)],
        kept: &PASSED_OVER,
        plain,
    }
}

/// Everything else is read as it stands, or refused by its name.
fn plain(path: &str) -> String {
    if [MEMBERS, NOTE, PLACES_NOTE].contains(&path) {
        return path.to_owned();
    }
    let passed = PASSED_OVER
        .iter()
        .any(|passed| path.strip_prefix(passed).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')));
    if passed { path } else { EVERYTHING_ELSE }.to_owned()
}

pub(super) fn read(documents: &[Value]) -> (Vec<Value>, Report) {
    let items = || documents.iter().filter_map(Value::as_array).flatten();
    let mut sources: Vec<(&'static str, Record)> = Vec::new();
    let mut census = Census::default();
    for source in items().filter(|item| accessibility::Sort::of(item).is_none()) {
        if let Some(members) = source.as_object() {
            sources.push((laji(members), members.clone()));
        }
    }
    let services: Vec<Value> = sources
        .iter()
        .filter(|(laji, _)| *laji == "palvelu")
        .map(|(_, service)| json!({ "koodi": code_of(service) }))
        .collect();
    for (laji, source) in &sources {
        let mut made = source.clone();
        let mut told: Vec<&Value> = Vec::new();
        if *laji == "palveluluokka" {
            made.remove("palvelut");
            told.extend(&services);
        }
        drop_blank_notes(&mut made);
        if let Some(place) = made.get_mut("fyysinenPaikka").and_then(Value::as_object_mut) {
            drop_blank_notes(place);
        }
        let made = Value::Object(made);
        told.push(&made);
        census.count(&rules(laji), &Value::Object(source.clone()), &told);
    }
    let (offers, mut unknown) = offers(&sources);
    let classes = memberships(&sources);
    let mut records: Vec<Value> = sources
        .into_iter()
        .map(|(laji, mut record)| {
            record.insert("laji".into(), laji.into());
            if laji == "palvelu" {
                let codes = classes.get(&code_of(&record)).cloned().unwrap_or_default();
                record.insert("palveluluokat".into(), references(&codes));
            }
            if laji == "palveluluokka"
                && let Some(name) = record.remove("nimi")
            {
                record.entry("nimi_kieliversiot").or_insert(name);
            }
            Value::Object(record)
        })
        .collect();
    unknown.extend(accessibility::join(items(), &mut records, &mut census));
    records.extend(offers);
    (records, Report { fields: census.fields(), unknown })
}

fn drop_blank_notes(members: &mut Record) {
    if let Some(notes) = members.get_mut("lisatiedot").and_then(Value::as_array_mut) {
        let says = |note: &Value, member: &str| match note.get(member) {
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(Value::Object(texts)) => {
                texts.values().any(|text| text.as_str().is_some_and(|it| !it.trim().is_empty()))
            }
            _ => false,
        };
        notes.retain(|note| {
            ["nimi", "nimi_kieliversiot", "kuvaus_kieliversiot"].iter().any(|member| says(note, member))
        });
    }
}

/// The interface's answers do not say what they are; their members do.
fn laji(source: &Record) -> &'static str {
    let has = |member: &str| source.contains_key(member);
    if has("fyysinenPaikka") || has("puhelinnumerot") || has("lisatiedot") {
        "palvelupiste"
    } else if has("palvelupiste") || has("palvelunsaanninEhdot_kieliversiot") || has("hinnat") {
        "palvelutarjous"
    } else if has("palvelut") || has("ylatason_koodi") {
        "palveluluokka"
    } else {
        "palvelu"
    }
}

/// One offer for each code that a service or a place lists and that no record of its own describes. Real places list some
/// without a code: those are named, and stay in the place's own record.
fn offers(sources: &[(&'static str, Record)]) -> (Vec<Value>, Vec<Unknown>) {
    #[derive(Default)]
    struct Offer {
        name: Option<Value>,
        state: Option<Value>,
        services: Vec<String>,
        point: Option<String>,
    }
    let mut offers: BTreeMap<String, Offer> = BTreeMap::new();
    let mut nameless: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    for (laji, source) in sources {
        for listed in list(source, "palvelutarjoukset") {
            if code_of(listed).is_empty() {
                *nameless.entry((*laji, code_of(source))).or_default() += 1;
                continue;
            }
            let offer = offers.entry(code_of(listed)).or_default();
            offer.name = offer.name.take().or_else(|| listed.get("nimi_kieliversiot").cloned());
            offer.state = offer.state.take().or_else(|| listed.get("tila").cloned());
            match *laji {
                "palvelu" => offer.services.push(code_of(source)),
                "palvelupiste" => offer.point = Some(code_of(source)),
                _ => {}
            }
        }
        // A place may list the services of an offer inside it.
        for listed in list(source, "palvelutarjoukset") {
            if let Some(offer) = offers.get_mut(&code_of(listed)) {
                offer.services.extend(list(listed, "palvelut").map(code_of));
            }
        }
    }
    for (laji, source) in sources {
        if *laji == "palvelutarjous" {
            offers.remove(&code_of(source));
        }
    }
    let reason = "the record lists offers without a code; they stay in its list and became no records";
    let unknown = nameless.into_iter().map(|((laji, koodi), references)| Unknown { laji, koodi, references, reason });
    let made = offers
        .into_iter()
        .map(|(code, mut offer)| {
            offer.services.sort();
            offer.services.dedup();
            let mut record = json!({"laji": "palvelutarjous", "koodi": code, "palvelut": references(&offer.services)});
            if let Some(record) = record.as_object_mut() {
                let given = [("nimi_kieliversiot", offer.name), ("tila", offer.state)];
                let point = ("palvelupiste", offer.point.map(|code| json!({"koodi": code})));
                for (field, value) in given.into_iter().chain([point]) {
                    if let Some(value) = value {
                        record.insert(field.into(), value);
                    }
                }
            }
            record
        })
        .collect();
    (made, unknown.collect())
}

/// Service code → codes of the classes that list it.
fn memberships(sources: &[(&'static str, Record)]) -> BTreeMap<String, Vec<String>> {
    let mut classes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (laji, source) in sources {
        if *laji == "palveluluokka" {
            for service in list(source, "palvelut") {
                classes.entry(code_of(service)).or_default().push(code_of(source));
            }
        }
    }
    classes
}

fn list<'a>(record: &'a Record, member: &str) -> impl Iterator<Item = &'a Record> {
    record.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn code_of(record: &Record) -> String {
    match record.get("koodi") {
        Some(Value::String(code)) => code.clone(),
        Some(Value::Number(code)) => code.to_string(),
        _ => String::new(),
    }
}

fn references(codes: &[String]) -> Value {
    codes.iter().map(|code| json!({"koodi": code})).collect()
}
