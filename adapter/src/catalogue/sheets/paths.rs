//! Values of a record by a column's path: `fyysinenPaikka.osoitteet[0].postinumero`. Only the first item of a list has one.

use serde_json::{Map, Value};

pub(super) fn get<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(record, |value, step| match step.strip_suffix("[0]") {
        Some(name) => value.get(name)?.as_array()?.first(),
        None => value.get(step),
    })
}

pub(super) fn put(record: &mut Value, path: &str, value: Value) {
    if let Some(place) = place(record, path) {
        *place = value;
    }
}

/// Adds rows to the list at a path.
pub(super) fn add(record: &mut Value, path: &str, rows: Vec<Value>) {
    let Some(place) = place(record, path) else { return };
    match place {
        Value::Array(list) => list.extend(rows),
        other => *other = Value::Array(rows),
    }
}

/// Where a path leads; objects and first items that are missing on the way are made.
fn place<'a>(record: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.').try_fold(record, |value, step| {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        let members = value.as_object_mut()?;
        let Some(name) = step.strip_suffix("[0]") else { return Some(members.entry(step).or_insert(Value::Null)) };
        let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new())).as_array_mut()?;
        if list.is_empty() {
            list.push(Value::Null);
        }
        list.first_mut()
    })
}
