//! The accessibility register's answers that go with Turku's service points: which facts a place has.
//!
//! The register names a place by the GUID that the store calls `ptv_id`. Each fact becomes a term of the place
//! (`esteettomyys`); the list of variables only says which values there are, and is looked at for nothing else.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::census::{Census, Rules, Unknown, same, text_of};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A place as the register knows it.
    Place,
    /// A fact of a place.
    Fact,
    /// What facts there are.
    Variable,
}

impl Sort {
    pub(super) fn of(item: &Value) -> Option<Sort> {
        let has = |member: &str| item.get(member).is_some();
        match (has("servicePointId"), has("variableId")) {
            (true, true) => Some(Sort::Fact),
            (true, false) => Some(Sort::Place),
            (false, true) => has("values").then_some(Sort::Variable),
            (false, false) => None,
        }
    }
}

const FACT: Rules = Rules {
    of: "accessibility fact",
    read: &[
        ("servicePointId", same),
        // Name and value stand together as the term's code.
        ("variableName", |_, fact, written| {
            code(fact).starts_with(|c: char| !c.is_numeric()) && written.has(&code(fact))
        }),
        ("value", |_, fact, written| written.has(&code(fact))),
    ],
    kept: &[],
    plain: str::to_owned,
};
const PLACE: Rules = Rules {
    of: "accessibility place",
    read: &[("servicePointId", same), ("name", same)],
    kept: &[],
    plain: str::to_owned,
};
/// It says what facts there may be; what they are is in the facts.
const VARIABLE: Rules = Rules { of: "accessibility variable", read: &[], kept: &[], plain: str::to_owned };
/// A longer code would be refused.
const MAX_CODE_CHARS: usize = 100;

/// Puts facts into the places that they are about. Returns those about places that did not come.
pub(super) fn join<'a>(
    items: impl Iterator<Item = &'a Value>,
    records: &mut [Value],
    census: &mut Census,
) -> Vec<Unknown> {
    let mut points: BTreeMap<String, usize> = BTreeMap::new();
    for (index, record) in records.iter().enumerate() {
        let is_point = record.get("laji").is_some_and(|laji| laji == "palvelupiste");
        let guid = record.get("ptv_id").and_then(Value::as_str).map(str::to_lowercase);
        points.extend(guid.filter(|_| is_point).map(|guid| (guid, index)));
    }
    let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
    let items: Vec<(&Value, Sort)> = items.filter_map(|item| Some((item, Sort::of(item)?))).collect();
    for (item, _) in items.iter().filter(|(_, sort)| *sort == Sort::Fact) {
        let place = text(item, "servicePointId");
        let record = points.get(&place.to_lowercase()).and_then(|index| records.get_mut(*index));
        match (record.and_then(Value::as_object_mut), item.as_object()) {
            (Some(record), Some(fact)) => {
                let facts = record.entry("esteettomyys").or_insert_with(|| json!([]));
                if let Some(facts) = facts.as_array_mut() {
                    facts.push(json!({ "koodi": code(fact) }));
                }
            }
            _ => *unknown.entry(place.to_owned()).or_default() += 1,
        }
    }
    for (item, sort) in items {
        let made = points.get(&text(item, "servicePointId").to_lowercase()).and_then(|index| records.get(*index));
        let rules = match sort {
            Sort::Fact => &FACT,
            Sort::Place => &PLACE,
            Sort::Variable => &VARIABLE,
        };
        census.count(rules, item, &made.into_iter().collect::<Vec<_>>());
    }
    let reason = "accessibility facts about a place that is not in what was read";
    let unknown = unknown.into_iter();
    unknown.map(|(koodi, references)| Unknown { laji: "palvelupiste", koodi, references, reason }).collect()
}

/// "INTERIOR.wheelchair_lift=false"; by number where that is too long.
fn code(fact: &Map<String, Value>) -> String {
    let member = |name: &str| fact.get(name).map(text_of).unwrap_or_default();
    let value = member("value");
    let code = format!("{}={value}", member("variableName"));
    let short = || format!("{}={value}", member("variableId")).chars().take(MAX_CODE_CHARS).collect();
    if code.chars().count() <= MAX_CODE_CHARS { code } else { short() }
}

fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item.get(member).and_then(Value::as_str).unwrap_or_default()
}
