//! Service descriptions of the Helsinki register (TPR) to palvelu records.
//!
//! `koodi` is the record's `id`; `service_id` groups records and is kept as `ryhma`. What PAT has no field for
//! (departments, units, errands) stays in `lahde.tiedot` of the stored record.

use serde_json::{Map, Value, json};

const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];
const TARGET_GROUP: &str = "http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/";
const LIFE_EVENT: &str = "http://uri.suomi.fi/codelist/ptv/ptvelti/code/";

pub(super) fn records(document: &Value) -> Vec<Value> {
    document.as_array().into_iter().flatten().map(record).collect()
}

fn record(source: &Value) -> Value {
    let mut record = Map::new();
    record.insert("laji".into(), "palvelu".into());
    record.insert("koodi".into(), source.get("id").cloned().unwrap_or(Value::Null));
    // A language without content is an empty array in this register.
    let versions: Vec<(&str, &Map<String, Value>)> =
        LANGUAGES.iter().filter_map(|lang| Some((*lang, source.get(lang)?.as_object()?))).collect();
    for (member, field) in [
        ("title", "nimi_kieliversiot"),
        ("description_short", "tiivistelma_kieliversiot"),
        ("description_long", "kuvaus_kieliversiot"),
        ("prerequisites", "palvelunsaannin_ehdot_kieliversiot"),
        ("information", "lisatieto_kieliversiot"),
        ("availability_summary", "saatavuus_kieliversiot"),
    ] {
        let texts: Map<String, Value> = versions
            .iter()
            .filter_map(|(lang, version)| Some(((*lang).to_owned(), version.get(member)?.clone())))
            .collect();
        record.insert(field.into(), Value::Object(texts));
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
        record.insert("kohderyhmat".into(), mapped(main, "target_groups", TARGET_GROUP, target_group));
        record.insert("elamantilanteet".into(), mapped(main, "life_events", LIFE_EVENT, life_event));
    }
    record.insert("lahde".into(), json!({"jarjestelma": "tpr", "tiedot": leftovers(&versions)}));
    Value::Object(record)
}

/// Synonyms stand in one text, separated by commas.
fn keywords(versions: &[(&str, &Map<String, Value>)]) -> Value {
    let words = versions.iter().filter_map(|(lang, version)| {
        let words: Vec<&str> =
            version.get("name_synonyms")?.as_str()?.split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
        Some(((*lang).to_owned(), json!(words)))
    });
    Value::Object(words.collect())
}

fn links(versions: &[(&str, &Map<String, Value>)]) -> Value {
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

fn leftovers(versions: &[(&str, &Map<String, Value>)]) -> Value {
    let kept = ["main_description", "responsible_depts", "errand_services", "exact_errand_services", "availabilities"];
    let members = |version: &Map<String, Value>| -> Map<String, Value> {
        kept.iter()
            .chain(&["unit_ids", "target_groups", "life_events"])
            .filter_map(|member| Some(((*member).to_owned(), version.get(*member)?.clone())))
            .collect()
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
