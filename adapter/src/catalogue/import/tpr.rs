//! The Helsinki region's register (TPR, pat.md §12): service descriptions, errands, units, and which unit gives which
//! service.
//!
//! `koodi` is the record's `id`; `service_id` groups records and is kept as `ryhma`. What PAT has no field for
//! (departments, ontology words) stays in `lahde.tiedot` of the stored record, where the report names it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::census::{Census, Check, Report, Rules, Unknown, in_words, same};
use super::{errands, units};

pub(super) const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];
const TARGET_GROUP: &str = "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/";
const LIFE_EVENT: &str = "http://uri.suomi.fi/codelist/ptv/ptvelti/code/";

/// What an item of the register's documents is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Service,
    Errand,
    Unit,
    /// Which services a unit gives.
    UnitServices,
}

impl Sort {
    pub(super) fn of(item: &Value) -> Option<Sort> {
        let has = |member: &str| item.get(member).is_some();
        if has("unit_id") && has("services") && !has("id") {
            return Some(Sort::UnitServices);
        }
        if !has("id") {
            return None;
        }
        if has("fi") && has("sv") {
            return Some(if errands::is_errand(item) { Sort::Errand } else { Sort::Service });
        }
        let named = LANGUAGES.iter().any(|lang| has(&format!("name_{lang}")));
        let placed = ["street_address_fi", "latitude", "northing_etrs_tm35fin", "org_id", "connections"];
        (named && placed.iter().any(|member| has(member))).then_some(Sort::Unit)
    }
}

/// The items of a document: a list, an object of one list, or an object by id.
pub(super) fn items(document: &Value) -> Vec<&Value> {
    match document {
        Value::Array(items) => items.iter().collect(),
        Value::Object(members) => match members.values().next() {
            Some(Value::Array(items)) if members.len() == 1 => items.iter().collect(),
            Some(Value::Object(_)) => members.values().collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The records of all documents together, and what is not in them.
pub(super) fn read(documents: &[Value]) -> (Vec<Value>, Report) {
    let mut census = Census::default();
    let mut records = Vec::new();
    let mut relations = Relations::default();
    for item in documents.iter().flat_map(items) {
        let Some(sort) = Sort::of(item) else { continue };
        let (record, rules) = match sort {
            Sort::Service => (service(item), &SERVICE),
            Sort::Errand => (errands::record(item), &errands::RULES),
            Sort::Unit => (units::record(item), &units::RULES),
            Sort::UnitServices => {
                relations.unit(item);
                continue;
            }
        };
        relations.learn(sort, item, &record);
        census.count(rules, item, &[&record]);
        records.push(record);
    }
    let (offers, unknown) = relations.offers();
    records.extend(offers);
    (records, Report { fields: census.fields(), unknown })
}

/// Which unit gives which service, and what is known of both.
#[derive(Default)]
struct Relations {
    /// Names by code; `None` for a service without content, which will be refused.
    services: BTreeMap<String, Option<Value>>,
    units: BTreeMap<String, Value>,
    given: BTreeSet<(String, String)>,
    /// Units that services name; they count when units, or which unit gives what, came along.
    named: BTreeSet<(String, String)>,
    told: bool,
}

impl Relations {
    fn learn(&mut self, sort: Sort, item: &Value, record: &Value) {
        let code = code_of(record.get("koodi"));
        let name = record.get("nimi_kieliversiot").cloned().unwrap_or_default();
        match sort {
            Sort::Service => {
                let named = name.get("fi").and_then(Value::as_str).is_some_and(|name| !name.trim().is_empty());
                for unit in versions(item).iter().flat_map(|(_, version)| list(version, "unit_ids")) {
                    self.named.insert((code_of(Some(unit)), code.clone()));
                }
                self.services.insert(code, named.then_some(name));
            }
            Sort::Unit => {
                let services = item.get("service_descriptions").and_then(Value::as_array).into_iter().flatten();
                for service in services.filter_map(|service| service.get("id")) {
                    self.given.insert((code.clone(), code_of(Some(service))));
                }
                self.units.insert(code, name);
                self.told = true;
            }
            Sort::Errand | Sort::UnitServices => {}
        }
    }

    fn unit(&mut self, item: &Value) {
        let unit = code_of(item.get("unit_id"));
        for service in item.get("services").and_then(Value::as_array).into_iter().flatten() {
            self.given.insert((unit.clone(), code_of(Some(service))));
        }
        self.told = true;
    }

    /// One offer for each unit and service, so that either can go without taking the unit's other services along. Where
    /// the file has services (or units) at all, an offer needs its own among them; what misses it is named.
    fn offers(mut self) -> (Vec<Value>, Vec<Unknown>) {
        if !self.told {
            return (Vec::new(), Vec::new());
        }
        let named = std::mem::take(&mut self.named);
        self.given.extend(named);
        let mut offers = Vec::new();
        let mut unknown: BTreeMap<(&'static str, String, &'static str), u64> = BTreeMap::new();
        for (unit, service) in &self.given {
            let known = self.services.get(service);
            let missing = if known.is_some_and(Option::is_none) {
                Some(("palvelu", service, "the service has no content here; no offer was made"))
            } else if known.is_none() && !self.services.is_empty() {
                Some(("palvelu", service, "the service is not in what was read; no offer was made"))
            } else if !self.units.is_empty() && !self.units.contains_key(unit) {
                Some(("palvelupiste", unit, "the unit is not in what was read; no offer was made"))
            } else {
                None
            };
            if let Some((laji, code, reason)) = missing {
                *unknown.entry((laji, code.clone(), reason)).or_default() += 1;
                continue;
            }
            offers.push(json!({
                "laji": "palvelutarjous",
                "koodi": format!("{unit}-{service}"),
                "nimi_kieliversiot": self.name(unit, service),
                "palvelut": [{"koodi": service}],
                "palvelupiste": {"koodi": unit},
                "lahde": {"jarjestelma": "tpr"},
            }));
        }
        let unknown =
            unknown.into_iter().map(|((laji, koodi, reason), references)| Unknown { laji, koodi, references, reason });
        (offers, unknown.collect())
    }

    /// The service's name and the unit's, in the languages that both have.
    fn name(&self, unit: &str, service: &str) -> Value {
        let of_service = self.services.get(service).and_then(Option::as_ref);
        let of_unit = self.units.get(unit);
        let in_lang = |name: Option<&Value>, lang: &str| -> Option<String> {
            let text = name?.get(lang)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let mut names = Map::new();
        for lang in LANGUAGES {
            let name = match (of_service, of_unit) {
                (Some(_), Some(_)) => in_lang(of_service, lang)
                    .zip(in_lang(of_unit, lang))
                    .map(|(service, unit)| format!("{service} – {unit}")),
                (Some(_), None) => in_lang(of_service, lang),
                (None, Some(_)) => in_lang(of_unit, lang),
                (None, None) => None,
            };
            names.extend(name.map(|name| (lang.to_owned(), Value::String(name))));
        }
        names.entry("fi").or_insert_with(|| format!("Palvelu {service}, toimipiste {unit}").into());
        Value::Object(names)
    }
}

/// One language of a record.
pub(super) type Version<'a> = (&'a str, &'a Map<String, Value>);

/// The languages that a record has; one without content is an empty array in this register.
pub(super) fn versions(source: &Value) -> Vec<Version<'_>> {
    LANGUAGES.iter().filter_map(|lang| Some((*lang, source.get(lang)?.as_object()?))).collect()
}

const TEXTS: [(&str, &str); 6] = [
    ("title", "nimi_kieliversiot"),
    ("description_short", "tiivistelma_kieliversiot"),
    ("description_long", "kuvaus_kieliversiot"),
    ("prerequisites", "palvelunsaannin_ehdot_kieliversiot"),
    ("information", "lisatieto_kieliversiot"),
    ("availability_summary", "saatavuus_kieliversiot"),
];

pub(super) const SERVICE: Rules = Rules {
    of: "service",
    read: &[
        ("id", same),
        ("title", same),
        ("description_short", same),
        ("description_long", same),
        ("prerequisites", same),
        ("information", same),
        ("availability_summary", same),
        ("name_synonyms", in_words),
        ("links[].url", same),
        ("links[].title", same),
        ("service_id", same),
        ("general_description_id", same),
        ("provided_languages[]", same),
        ("target_groups[]", TARGET_GROUP_WRITTEN),
        ("life_events[]", LIFE_EVENT_WRITTEN),
    ],
    kept: &[
        "main_description",
        "responsible_depts",
        "errand_services",
        "exact_errand_services",
        "availabilities",
        "unit_ids",
        "target_groups",
        "life_events",
    ],
    plain: without_language,
};

pub(super) const TARGET_GROUP_WRITTEN: Check = |value, _, written| {
    let code = value.as_str().and_then(target_group);
    code.is_some_and(|code| written.has(&format!("{TARGET_GROUP}{code}")))
};
pub(super) const LIFE_EVENT_WRITTEN: Check = |value, _, written| {
    let code = value.as_str().and_then(life_event);
    code.is_some_and(|code| written.has(&format!("{LIFE_EVENT}{code}")))
};

/// `fi.title` is `title`.
pub(super) fn without_language(path: &str) -> String {
    let rest = path.split_once('.').filter(|(first, _)| LANGUAGES.contains(first)).map(|(_, rest)| rest);
    rest.unwrap_or(path).to_owned()
}

fn service(source: &Value) -> Value {
    let mut record = Map::new();
    record.insert("laji".into(), "palvelu".into());
    record.insert("koodi".into(), source.get("id").cloned().unwrap_or(Value::Null));
    let versions = versions(source);
    for (member, field) in TEXTS {
        record.insert(field.into(), texts(&versions, member));
    }
    record.insert("avainsanat_kieliversiot".into(), keywords(&versions));
    record.insert("verkkosivut".into(), links(&versions));
    for (member, field) in [("service_id", "ryhma"), ("general_description_id", "pohjakuvaus_id")] {
        if let Some(value) = first(&versions, member) {
            record.insert(field.into(), value.clone());
        }
    }
    record.insert("kielet".into(), union(&versions, "provided_languages"));
    record.insert("kohderyhmat".into(), target_groups(&versions));
    record.insert("elamantilanteet".into(), life_events(&versions));
    record.insert("lahde".into(), json!({"jarjestelma": "tpr", "tiedot": leftovers(&versions, SERVICE.kept)}));
    Value::Object(record)
}

/// A member's text in every language.
pub(super) fn texts(versions: &[Version<'_>], member: &str) -> Value {
    let texts = versions.iter().filter_map(|(lang, version)| Some(((*lang).to_owned(), version.get(member)?.clone())));
    Value::Object(texts.collect())
}

/// The first value that any language has. The register repeats what does not depend on language in each of them.
pub(super) fn first<'a>(versions: &[Version<'a>], member: &str) -> Option<&'a Value> {
    versions.iter().filter_map(|(_, version)| version.get(member)).find(|value| !value.is_null())
}

/// The items of a list in all languages, each once, in the order in which they first come.
pub(super) fn union(versions: &[Version<'_>], member: &str) -> Value {
    let mut items: Vec<&Value> = Vec::new();
    for item in versions.iter().flat_map(|(_, version)| list(version, member)) {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    items.into_iter().cloned().collect()
}

pub(super) fn target_groups(versions: &[Version<'_>]) -> Value {
    mapped(versions, "target_groups", TARGET_GROUP, target_group)
}

/// With what a target group says of a life event (pat.md §8.4).
pub(super) fn life_events(versions: &[Version<'_>]) -> Value {
    let mut events = mapped(versions, "life_events", LIFE_EVENT, life_event);
    let immigrants =
        versions.iter().flat_map(|(_, version)| list(version, "target_groups")).any(|it| it == "IMMIGRANTS");
    let arriving = Value::String(format!("{LIFE_EVENT}KE5"));
    if let Some(events) = events.as_array_mut().filter(|events| immigrants && !events.contains(&arriving)) {
        events.push(arriving);
    }
    events
}

/// Synonyms stand in one text, separated by commas.
pub(super) fn keywords(versions: &[Version<'_>]) -> Value {
    let words = versions.iter().filter_map(|(lang, version)| {
        let words: Vec<&str> =
            version.get("name_synonyms")?.as_str()?.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        Some(((*lang).to_owned(), json!(words)))
    });
    Value::Object(words.collect())
}

pub(super) fn links(versions: &[Version<'_>]) -> Value {
    let mut pages = Vec::new();
    for (lang, version) in versions {
        for link in list(version, "links") {
            pages.push(json!({
                "osoite_kieliversiot": { *lang: link.get("url") },
                "nimi_kieliversiot": { *lang: link.get("title") },
            }));
        }
    }
    Value::Array(pages)
}

fn mapped(versions: &[Version<'_>], member: &str, codes: &str, map: fn(&str) -> Option<&'static str>) -> Value {
    let words = versions.iter().flat_map(|(_, version)| list(version, member));
    let found: BTreeSet<&str> = words.filter_map(|word| map(word.as_str()?)).collect();
    found.into_iter().map(|code| Value::String(format!("{codes}{code}"))).collect()
}

/// What PAT has no field for, by language.
pub(super) fn leftovers(versions: &[Version<'_>], kept: &[&str]) -> Value {
    let members = |version: &Map<String, Value>| -> Map<String, Value> {
        kept.iter().filter_map(|member| Some(((*member).to_owned(), version.get(*member)?.clone()))).collect()
    };
    Value::Object(
        versions.iter().map(|(lang, version)| ((*lang).to_owned(), Value::Object(members(version)))).collect(),
    )
}

pub(super) fn list<'a>(members: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    members.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Ids are numbers in some documents and texts in others.
fn code_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(code)) => code.trim().to_owned(),
        Some(Value::Number(code)) => code.to_string(),
        _ => String::new(),
    }
}

/// pat.md §8.4.
fn target_group(word: &str) -> Option<&'static str> {
    Some(match word {
        "INDIVIDUALS" | "IMMIGRANTS" => "KR1",
        "ELDERLY_PEOPLE" => "KR1.1",
        "CHILDREN_AND_FAMILIES" => "KR1.2",
        "YOUTH" => "KR1.3",
        "LONG_TERM_PATIENTS" => "KR1.4",
        "DISABLED" => "KR1.6",
        "ENTERPRISES" => "KR2.3",
        "ASSOCIATIONS" => "KR2.7",
        _ => return None,
    })
}

/// pat.md §8.4.
fn life_event(word: &str) -> Option<&'static str> {
    Some(match word {
        "HAVING_CHILD" => "KE1",
        "ADOPTION" => "KE1.1",
        "BEGINNING_FULLTIME_STUDIES" => "KE3",
        "MOVING" => "KE4",
        "MOVING_TO_NEW_HOME_IN_FINLAND" => "KE4.2",
        "MOVING_BACK_TO_FINLAND" => "KE4.4",
        "IMMIGRATING_TO_FINLAND" => "KE5",
        "BUILDING_HOME" => "KE6",
        "DIVORCE" => "KE7",
        "LOSING_JOB" => "KE8",
        "BURDENED_BY_DEBT" => "KE9",
        "RETIREMENT" => "KE10",
        "FALLING_SERIOUSLY_ILL" => "KE11",
        "REHABILITATION" => "KE12",
        "GIVING_INFORMAL_CARE" => "KE13",
        "DEATH_OF_CLOSE_FAMILY_MEMBER" => "KE14",
        _ => return None,
    })
}
