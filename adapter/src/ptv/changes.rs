//! What differs between two bodies, by the paths of PTV's fields: what a person reads before it is sent.
//!
//! Pure. It knows PTV's habit of lists of `{language, type, value}` and nothing of its rules.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::retained::RETAINED;

/// One field that differs. A side that is not there is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Such as `serviceNames[fi Name].value`. An item of a list is named by its language and type or by what it
    /// connects, else by its place from zero; of a list of words the path is the list's.
    pub path: String,
    pub before: Value,
    pub after: Value,
}

/// Members by which items of a list are told apart, first that does.
const NAMES: [&[&str]; 4] = [&["language"], &["language", "type"], &["type"], &["serviceChannelId"]];

/// The fields that differ, in the order of their names.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(String::new(), before, after, &mut found);
    // What is remembered of PTV is no part of what is sent.
    found.retain(|change| !change.path.starts_with(RETAINED));
    found
}

/// What a body that PTV does not have yet is about: its names and languages, or how many channels it connects.
pub fn summary(body: &Value) -> Vec<Change> {
    let after = |path: &str, after: Value| Change { path: path.to_owned(), before: Value::Null, after };
    let mut told = Vec::new();
    for (member, value) in body.as_object().into_iter().flatten() {
        let Some(items) = value.as_array() else { continue };
        match member.as_str() {
            "serviceNames" | "serviceChannelNames" | "organizationNames" | "serviceCollectionNames" => {
                let names = naming(items, items);
                told.extend(items.iter().enumerate().filter_map(|(place, item)| {
                    let path = format!("{member}[{}].value", label(item, names, place));
                    item.get("value").map(|value| after(&path, value.clone()))
                }));
            }
            "languages" => told.push(after(member, value.clone())),
            "channelRelations" => told.push(after(member, items.len().into())),
            _ => {}
        }
    }
    told
}

fn compare(path: String, before: &Value, after: &Value, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => members(&path, before, after, found),
        (Value::Array(before), Value::Array(after)) => items(path, before, after, found),
        _ => found.push(Change { path, before: before.clone(), after: after.clone() }),
    }
}

fn members(path: &str, before: &Map<String, Value>, after: &Map<String, Value>, found: &mut Vec<Change>) {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let side = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
        compare(below, &side(before), &side(after), found);
    }
}

fn items(path: String, before: &[Value], after: &[Value], found: &mut Vec<Change>) {
    let words = before.iter().chain(after).all(|item| !item.is_object() && !item.is_array());
    if words {
        let only = |of: &[Value], other: &[Value]| -> Vec<Value> {
            of.iter().filter(|item| !other.contains(item)).cloned().collect()
        };
        let (gone, come) = (only(before, after), only(after, before));
        let whole = gone.is_empty() && come.is_empty();
        // The same words in another order, or one of them twice.
        let (gone, come) = if whole { (before.to_vec(), after.to_vec()) } else { (gone, come) };
        let side = |items: Vec<Value>| if items.is_empty() { Value::Null } else { Value::Array(items) };
        found.push(Change { path, before: side(gone), after: side(come) });
        return;
    }
    let names = naming(before, after);
    if names.is_empty() {
        for place in 0..before.len().max(after.len()) {
            let side = |of: &[Value]| of.get(place).cloned().unwrap_or_default();
            compare(format!("{path}[{place}]"), &side(before), &side(after), found);
        }
        return;
    }
    let by_name = |of: &[Value]| -> BTreeMap<String, Value> {
        of.iter().enumerate().map(|(place, item)| (label(item, names, place), item.clone())).collect()
    };
    let (old, new) = (by_name(before), by_name(after));
    let known = found.len();
    let labels: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for label in labels {
        let side = |of: &BTreeMap<String, Value>| of.get(label).cloned().unwrap_or_default();
        compare(format!("{path}[{label}]"), &side(&old), &side(&new), found);
    }
    if found.len() == known {
        // Nothing but their order.
        found.push(Change { path, before: before.into(), after: after.into() });
    }
}

/// The members that tell all items of both lists apart; none where nothing does.
fn naming(before: &[Value], after: &[Value]) -> &'static [&'static str] {
    let tells = |names: &[&str], of: &[Value]| {
        let labels: std::collections::BTreeSet<String> = of
            .iter()
            .filter(|item| names.iter().all(|name| item.get(*name).is_some()))
            .map(|it| joined(it, names))
            .collect();
        labels.len() == of.len()
    };
    let found = NAMES.into_iter().find(|names| tells(names, before) && tells(names, after));
    found.unwrap_or_default()
}

fn label(item: &Value, names: &[&str], place: usize) -> String {
    if names.is_empty() { place.to_string() } else { joined(item, names) }
}

fn joined(item: &Value, names: &[&str]) -> String {
    let words = names.iter().filter_map(|name| item.get(*name)).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{changes, summary};

    fn told(before: &Value, after: &Value) -> Vec<String> {
        changes(before, after).iter().map(|it| format!("{}: {} → {}", it.path, it.before, it.after)).collect()
    }

    #[test]
    fn each_field_that_differs_is_named_once() {
        for (before, after, expected) in [
            (json!({"a": 1}), json!({"a": 1}), &[][..]),
            (json!({"a": {"b": 1}}), json!({"a": {"b": 2}}), &["a.b: 1 → 2"]),
            (json!({"a": 1}), json!({}), &["a: 1 → null"]),
            (json!({}), json!({"deleteAllKeywords": true}), &["deleteAllKeywords: null → true"]),
            // By language, whatever their order.
            (
                json!({"n": [{"language": "fi", "value": "a"}, {"language": "sv", "value": "b"}]}),
                json!({"n": [{"language": "sv", "value": "b"}, {"language": "fi", "value": "c"}]}),
                &[r#"n[fi].value: "a" → "c""#],
            ),
            // By language and type.
            (
                json!({"d": [{"language": "fi", "type": "Summary", "value": "a"}, {"language": "fi", "type": "Description", "value": "b"}]}),
                json!({"d": [{"language": "fi", "type": "Summary", "value": "x"}, {"language": "fi", "type": "Description", "value": "b"}]}),
                &[r#"d[fi Summary].value: "a" → "x""#],
            ),
            // A language that goes.
            (
                json!({"n": [{"language": "fi", "value": "a"}, {"language": "sv", "value": "b"}]}),
                json!({"n": [{"language": "fi", "value": "a"}]}),
                &[r#"n[sv]: {"language":"sv","value":"b"} → null"#],
            ),
            // Words as a set.
            (
                json!({"languages": ["fi", "sv", "en"]}),
                json!({"languages": ["en", "fi", "se"]}),
                &[r#"languages: ["sv"] → ["se"]"#],
            ),
            (json!({"l": ["a", "b"]}), json!({"l": ["b", "a"]}), &[r#"l: ["a","b"] → ["b","a"]"#]),
            // Hours by their place.
            (
                json!({"serviceHours": [{"openingHour": [{"dayFrom": "Monday", "to": "16:00:00"}]}]}),
                json!({"serviceHours": [{"openingHour": [{"dayFrom": "Monday", "to": "18:00:00"}]}]}),
                &[r#"serviceHours[0].openingHour[0].to: "16:00:00" → "18:00:00""#],
            ),
            // Items that nothing tells apart but their place: two numbers of one language.
            (
                json!({"p": [{"language": "fi", "number": "1"}, {"language": "fi", "number": "2"}]}),
                json!({"p": [{"language": "fi", "number": "1"}, {"language": "fi", "number": "3"}]}),
                &[r#"p[1].number: "2" → "3""#],
            ),
            // Connections by their channel.
            (
                json!({"channelRelations": [{"serviceChannelId": "g1", "x": 1}, {"serviceChannelId": "g2"}]}),
                json!({"channelRelations": [{"serviceChannelId": "g2"}, {"serviceChannelId": "g1", "x": 2}]}),
                &["channelRelations[g1].x: 1 → 2"],
            ),
            // Order alone is a difference too: PTV keeps it.
            (
                json!({"n": [{"language": "fi"}, {"language": "sv"}]}),
                json!({"n": [{"language": "sv"}, {"language": "fi"}]}),
                &[r#"n: [{"language":"fi"},{"language":"sv"}] → [{"language":"sv"},{"language":"fi"}]"#],
            ),
            // What is only remembered of PTV is not sent.
            (json!({"retained": {"requirements": []}}), json!({}), &[]),
        ] {
            assert_eq!(told(&before, &after), expected, "{before} {after}");
        }
    }

    #[test]
    fn what_is_new_is_told_in_brief() {
        let body = json!({
            "languages": ["fi"], "sourceId": "t.s.1", "channelRelations": [{}, {}],
            "serviceNames": [{"language": "fi", "type": "Name", "value": "Uinti"}],
        });
        let told: Vec<String> = summary(&body).iter().map(|it| format!("{} {}", it.path, it.after)).collect();
        assert_eq!(told, ["channelRelations 2", r#"languages ["fi"]"#, r#"serviceNames[fi].value "Uinti""#]);
    }
}
