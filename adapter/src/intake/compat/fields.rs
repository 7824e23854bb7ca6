//! A tenant's own names for PAT's fields: a file that renames the members of a record before it is read.
//!
//! The format of the messages that older platforms took was never published. What is taken here is our reconstruction
//! in the names of the read interface; a system that writes other names says so in this file, once.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Names and words by kind: `[fields.palvelu] "otsikko" = "nimi_kieliversiot.fi"`, `[kinds] "unit" = "palvelupiste"`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldMap {
    /// The system's word for a kind, and PAT's (`laji`).
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    /// By PAT's word for the kind, `*` for every kind: the system's path, and PAT's. A dot goes into an object.
    #[serde(default)]
    fields: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Debug, thiserror::Error)]
pub enum FieldMapError {
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    #[error("{0}")]
    Malformed(#[from] toml::de::Error),
    #[error("an empty name between dots in {0:?}")]
    EmptyName(String),
}

impl FieldMap {
    pub fn read(path: &Path) -> Result<FieldMap, FieldMapError> {
        let map: FieldMap = toml::from_str(&std::fs::read_to_string(path)?)?;
        for path in map.fields.values().flatten().flat_map(|(from, to)| [from, to]) {
            if path.split('.').any(str::is_empty) {
                return Err(FieldMapError::EmptyName(path.clone()));
            }
        }
        Ok(map)
    }

    /// Renames what the file names. Everything else stays, so that the reader still tells what it does not know.
    pub(super) fn rename(&self, record: &mut Map<String, Value>) {
        if let Some(Value::String(kind)) = record.get_mut("laji")
            && let Some(known) = self.kinds.get(kind)
        {
            kind.clone_from(known);
        }
        let kind = record.get("laji").and_then(Value::as_str).unwrap_or_default().to_owned();
        for names in [self.fields.get("*"), self.fields.get(&kind)].into_iter().flatten() {
            for (from, to) in names {
                if let Some(value) = take(record, from) {
                    put(record, to, value);
                }
            }
        }
    }
}

fn take(record: &mut Map<String, Value>, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => record.remove(path),
        Some((first, rest)) => take(record.get_mut(first)?.as_object_mut()?, rest),
    }
}

/// An object that is missing on the way is made; what stands in the way of one is replaced.
pub(in crate::intake) fn put(record: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        record.insert(path.to_owned(), value);
        return;
    };
    let inner = record.entry(first).or_insert(Value::Null);
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Some(inner) = inner.as_object_mut() {
        put(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::FieldMap;

    #[test]
    fn members_are_renamed_and_the_rest_stays() {
        let map: FieldMap = toml::from_str(
            r#"
            [kinds]
            unit = "palvelupiste"
            [fields."*"]
            title = "nimi_kieliversiot.fi"
            "meta.published" = "tila.koodi"
            [fields.palvelupiste]
            mail = "sahkoposti"
            "#,
        )
        .expect("a map");
        let mut record: Value = json!({"laji": "unit", "title": "Uimahalli", "meta": {"published": "1", "by": "x"}, "mail": "a@b.example", "koodi": "7"});
        map.rename(record.as_object_mut().expect("an object"));
        let expected = json!({
            "laji": "palvelupiste", "koodi": "7", "nimi_kieliversiot": {"fi": "Uimahalli"}, "tila": {"koodi": "1"},
            "meta": {"by": "x"}, "sahkoposti": "a@b.example",
        });
        assert_eq!(record, expected);
    }
}
