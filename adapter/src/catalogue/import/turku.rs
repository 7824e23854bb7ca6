//! The read interface of Turku's store (pat.md §2) to records: the same names, with `laji` added.
//!
//! The interface has no offer without its resource, but services and service points both list the offers they
//! belong to, and classes list their services: those relations are turned round, because a record of ours names
//! what it refers to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

type Record = Map<String, Value>;

pub(super) fn records(documents: &[Value]) -> Vec<Value> {
    let mut sources: Vec<(&'static str, Record)> = Vec::new();
    for document in documents {
        for source in document.as_array().into_iter().flatten() {
            if let Some(source) = source.as_object() {
                sources.push((laji(source), source.clone()));
            }
        }
    }
    let offers = offers(&sources);
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
    records.extend(offers);
    records
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

/// One offer for each code that a service or a place lists and that no record of its own describes.
fn offers(sources: &[(&'static str, Record)]) -> Vec<Value> {
    #[derive(Default)]
    struct Offer {
        name: Option<Value>,
        state: Option<Value>,
        services: Vec<String>,
        point: Option<String>,
    }
    let mut offers: BTreeMap<String, Offer> = BTreeMap::new();
    for (laji, source) in sources {
        for listed in list(source, "palvelutarjoukset") {
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
    offers
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
        .collect()
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
