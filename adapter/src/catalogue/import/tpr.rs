//! Service descriptions of the Helsinki register (TPR) to palvelu records; errands go to `errands`.
//!
//! `koodi` is the record's `id`; `service_id` groups records and is kept as `ryhma`. What PAT has no field for
//! (departments, units, errands) stays in `lahde.tiedot` of the stored record.

use serde_json::{Map, Value, json};

use super::errands;

const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];
const TARGET_GROUP: &str = "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/";
const LIFE_EVENT: &str = "http://uri.suomi.fi/codelist/ptv/ptvelti/code/";

pub(super) fn records(document: &Value) -> Vec<Value> {
    document.as_array().into_iter().flatten().map(record).collect()
}

/// One language of a record.
pub(super) type Version<'a> = (&'a str, &'a Map<String, Value>);

/// The languages that a record has; one without content is an empty array in this register.
pub(super) fn versions(source: &Value) -> Vec<Version<'_>> {
    LANGUAGES.iter().filter_map(|lang| Some((*lang, source.get(lang)?.as_object()?))).collect()
}

fn record(source: &Value) -> Value {
    if errands::is_errand(source) {
        return errands::record(source);
    }
    let mut record = Map::new();
    record.insert("laji".into(), "palvelu".into());
    record.insert("koodi".into(), source.get("id").cloned().unwrap_or(Value::Null));
    let versions = versions(source);
    for (member, field) in [
        ("title", "nimi_kieliversiot"),
        ("description_short", "tiivistelma_kieliversiot"),
        ("description_long", "kuvaus_kieliversiot"),
        ("prerequisites", "palvelunsaannin_ehdot_kieliversiot"),
        ("information", "lisatieto_kieliversiot"),
        ("availability_summary", "saatavuus_kieliversiot"),
    ] {
        record.insert(field.into(), texts(&versions, member));
    }
    record.insert("avainsanat_kieliversiot".into(), keywords(&versions));
    record.insert("verkkosivut".into(), links(&versions));
    if let Some((_, main)) = versions.first() {
        for (member, field) in [("service_id", "ryhma"), ("general_description_id", "pohjakuvaus_id")] {
            if let Some(value) = main.get(member) {
                record.insert(field.into(), value.clone());
            }
        }
        record.insert("kielet".into(), main.get("provided_languages").cloned().unwrap_or(Value::Null));
        record.insert("kohderyhmat".into(), target_groups(main));
        record.insert("elamantilanteet".into(), life_events(main));
    }
    let kept = [
        "main_description",
        "responsible_depts",
        "errand_services",
        "exact_errand_services",
        "availabilities",
        "unit_ids",
        "target_groups",
        "life_events",
    ];
    record.insert("lahde".into(), json!({"jarjestelma": "tpr", "tiedot": leftovers(&versions, &kept)}));
    Value::Object(record)
}

/// A member's text in every language.
pub(super) fn texts(versions: &[Version<'_>], member: &str) -> Value {
    let texts = versions.iter().filter_map(|(lang, version)| Some(((*lang).to_owned(), version.get(member)?.clone())));
    Value::Object(texts.collect())
}

pub(super) fn target_groups(version: &Map<String, Value>) -> Value {
    mapped(version, "target_groups", TARGET_GROUP, target_group)
}

pub(super) fn life_events(version: &Map<String, Value>) -> Value {
    mapped(version, "life_events", LIFE_EVENT, life_event)
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
        for link in version.get("links").and_then(Value::as_array).into_iter().flatten() {
            pages.push(json!({
                "osoite_kieliversiot": { *lang: link.get("url") },
                "nimi_kieliversiot": { *lang: link.get("title") },
            }));
        }
    }
    Value::Array(pages)
}

fn mapped(version: &Map<String, Value>, member: &str, list: &str, map: fn(&str) -> Option<&'static str>) -> Value {
    let words = version.get(member).and_then(Value::as_array).into_iter().flatten();
    let mut codes: Vec<&str> = words.filter_map(|word| map(word.as_str()?)).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.into_iter().map(|code| Value::String(format!("{list}{code}"))).collect()
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
