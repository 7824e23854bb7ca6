//! Nothing of a source is lost unsaid: what the census counts as read changes the record when it is changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::super::census::text_of;
use super::super::testing::shared;
use super::super::{Import, read_documents, read_path};
use crate::catalogue::pat;
use crate::model::Entity;

/// Every leaf that holds something: its pointer and its path with `[]` for places.
fn leaves(value: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::String(text) if text.trim().is_empty() => {}
        Value::Object(members) => {
            for (name, member) in members {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(member, &format!("{pointer}/{name}"), &format!("{path}{dot}{name}"), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                leaves(item, &format!("{pointer}/{index}"), &format!("{path}[]"), found);
            }
        }
        _ => found.push((pointer.to_owned(), path.to_owned())),
    }
}

fn import(item: &Value) -> Import {
    read_documents(Path::new("one"), vec![json!([item])]).expect("a known format")
}

fn entities(import: &Import) -> Vec<Option<Entity>> {
    import.records.iter().map(|record| pat::read(record).entity).collect()
}

fn changed(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => json!(!flag),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => json!(whole + 10),
            None => json!(number.as_f64().unwrap_or_default() + 0.01),
        },
        // A date stays a date.
        Value::String(text) if text.starts_with("20") && text.get(4..5) == Some("-") => {
            json!(format!("1999{}", &text[4..]))
        }
        Value::String(text) if text.parse::<f64>().is_ok() => json!(format!("{text}1")),
        Value::String(text) => json!(format!("{}x", text.trim())),
        other => other.clone(),
    }
}

/// For each path of the source: either the report of a record names it, or a change of the value changes the entity.
/// Returns how many paths were told by the entity and how many by the report.
fn every_path_is_read_or_named(items: &[Value]) -> (usize, usize) {
    const TRIES: usize = 12;
    let mut places: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let mut found = Vec::new();
        leaves(item, "", "", &mut found);
        for (pointer, path) in found {
            let places = places.entry(path).or_default();
            if places.last().is_none_or(|(last, _)| *last != index) && places.len() < TRIES {
                places.push((index, pointer));
            }
        }
    }
    let (mut read, mut named) = (0, 0);
    for (path, places) in &places {
        let mut told = false;
        let mut said = false;
        for (index, pointer) in places {
            let before = import(&items[*index]);
            if before.report.fields.iter().any(|field| field.path == *path) {
                said = true;
                continue;
            }
            let mut item = items[*index].clone();
            let value = item.pointer_mut(pointer).expect("a leaf");
            *value = changed(value);
            let after = import(&item);
            // A value that another language says too stays; then the changed one is named.
            told |=
                entities(&before) != entities(&after) || after.report.fields.iter().any(|field| field.path == *path);
        }
        assert!(told || said, "{path} is neither in the entity nor in the report");
        read += usize::from(told);
        named += usize::from(said && !told);
    }
    (read, named)
}

fn items(file: &str) -> Option<Vec<Value>> {
    let path = shared(file)?;
    let document: Value = serde_json::from_slice(&std::fs::read(path).expect("read")).expect("JSON");
    Some(match document {
        Value::Object(members) => members.into_iter().next().expect("a list").1.as_array().expect("a list").clone(),
        Value::Array(items) => items,
        _ => panic!("a list"),
    })
}

#[test]
fn every_path_of_tpr_is_in_the_entity_or_named_in_the_report() {
    for file in ["services-2025-09-25.json", "errandservices.json", "units-fixture.json"] {
        let Some(items) = items(&format!("pat/tpr/{file}")) else { return };
        // One language alone is a sound record too; without Finnish there is none.
        let sound: Vec<Value> = items.into_iter().filter(|item| entities(&import(item))[0].is_some()).collect();
        let (read, named) = every_path_is_read_or_named(&sound);
        println!("{file}: {read} paths are read, {named} are named in the report");
        assert!(read > 20 && named > 0, "{file}: {read} {named}");
    }
}

#[test]
fn every_path_of_turkus_samples_is_in_the_entity_or_named_in_the_report() {
    for file in ["services.json", "service_nodes.json", "units.json"] {
        let Some(items) = items(&format!("pat/turku-pat-api/{file}")) else { return };
        let (read, named) = every_path_is_read_or_named(&items);
        println!("{file}: {read} paths are read, {named} are named in the report");
        assert!(read > 2, "{file}: {read} {named}");
    }
}

/// Value by value: whatever text of the register is in no record is counted, by its path.
#[test]
fn every_text_of_tpr_stands_in_a_record_or_is_counted() {
    let Some(folder) = shared("pat/tpr") else { return };
    let import = read_path(&folder).expect("readable");
    let counted: u64 = import.report.fields.iter().map(|field| field.values).sum();
    let mut named: BTreeMap<&str, u64> = BTreeMap::new();
    for field in &import.report.fields {
        println!("{} {} {} {}", field.of, field.path, field.values, if field.kept { "kept" } else { "left out" });
        *named.entry(field.path.as_str()).or_default() += field.values;
    }
    let mut texts = std::collections::HashSet::new();
    for record in &import.records {
        let mut found = Vec::new();
        leaves(record, "", "", &mut found);
        texts.extend(found.iter().map(|(pointer, _)| text_of(record.pointer(pointer).expect("a leaf"))));
    }
    let mut missing: BTreeMap<String, u64> = BTreeMap::new();
    let mut all = 0_u64;
    for file in ["services-2025-09-25.json", "errandservices.json", "units-fixture.json"] {
        for item in items(&format!("pat/tpr/{file}")).expect("there") {
            let mut found = Vec::new();
            leaves(&item, "", "", &mut found);
            all += found.len() as u64;
            for (pointer, path) in found {
                // What is split or turned into another word is for the test above.
                let value = item.pointer(&pointer).expect("a leaf");
                let text = text_of(value);
                let split = [
                    "name_synonyms",
                    "address_postal_full",
                    "sentence",
                    "type",
                    "target_groups",
                    "life_events",
                    "_time",
                ];
                if value.is_string() && !texts.contains(&text) && !split.iter().any(|it| path.contains(it)) {
                    *missing.entry(path).or_default() += 1;
                }
            }
        }
    }
    println!("{all} values, {counted} counted by {} paths", named.len());
    for (path, values) in &missing {
        assert!(
            named.get(path.as_str()).is_some_and(|counted| counted >= values),
            "{path}: {values} texts are nowhere"
        );
    }
}
