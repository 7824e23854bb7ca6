//! What of a source is in the records that came of it, counted value by value, so that nothing is lost unsaid.
//!
//! A format says for each of its fields how its value stands in the record. A value that does not stand there, or whose
//! field no rule names, is counted by its path. The census never changes a record.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashSet};

use serde::Serialize;
use serde_json::{Map, Value};

/// What an import has to say beside its records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Fields of the source with values that are in no record's content.
    pub fields: Vec<Field>,
    /// What the source names and does not bring, and what was therefore not made.
    pub unknown: Vec<Unknown>,
}

/// One field of the source, by its path; `[]` stands for each item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// What the source's record is: `service`, `errand`, `unit` …
    pub of: &'static str,
    pub path: String,
    /// How many values.
    pub values: u64,
    /// They stand beside the record's content, in `lahde.tiedot`, where nobody reads them.
    pub kept: bool,
}

/// A record that is referred to and did not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// Its kind, by PAT's word.
    pub laji: &'static str,
    /// Its code, or the source's own name for it.
    pub koodi: String,
    /// How often it is referred to.
    pub references: u64,
    /// What became of the references.
    pub reason: &'static str,
}

/// Whether a value of the source stands in the record: the value, the object that it is a member of, the record's texts.
pub(super) type Check = fn(&Value, &Map<String, Value>, &Written) -> bool;

/// How a format's fields are read, by their paths without language.
pub(super) struct Rules {
    pub(super) of: &'static str,
    pub(super) read: &'static [(&'static str, Check)],
    /// Paths that are kept in `lahde.tiedot`, with all below them.
    pub(super) kept: &'static [&'static str],
    /// The path of `read` and `kept` for a path of the source.
    pub(super) plain: fn(&str) -> String,
}

/// Counts over the records of a format.
#[derive(Default)]
pub(super) struct Census {
    fields: BTreeMap<(&'static str, String, bool), u64>,
}

impl Census {
    /// Counts one record of the source against what came of it.
    pub(super) fn count(&mut self, rules: &Rules, source: &Value, made: &[&Value]) {
        let written = Written::of(made);
        let nobody = Map::new();
        self.walk(rules, &written, source, &nobody, &mut String::new());
    }

    pub(super) fn fields(self) -> Vec<Field> {
        self.fields.into_iter().map(|((of, path, kept), values)| Field { of, path, values, kept }).collect()
    }

    fn walk(
        &mut self,
        rules: &Rules,
        written: &Written,
        value: &Value,
        parent: &Map<String, Value>,
        path: &mut String,
    ) {
        let length = path.len();
        match value {
            Value::Null => {}
            Value::String(text) if text.trim().is_empty() => {}
            Value::Object(members) => {
                for (name, member) in members {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                    self.walk(rules, written, member, members, path);
                    path.truncate(length);
                }
            }
            Value::Array(items) => {
                path.push_str("[]");
                for item in items {
                    self.walk(rules, written, item, parent, path);
                }
                path.truncate(length);
            }
            _ => {
                let plain = (rules.plain)(path);
                let rule = rules.read.iter().find(|(field, _)| *field == plain);
                if rule.is_some_and(|(_, check)| check(value, parent, written)) {
                    return;
                }
                let kept = rules.kept.iter().any(|kept| {
                    plain.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                });
                *self.fields.entry((rules.of, path.clone(), kept)).or_default() += 1;
            }
        }
    }
}

/// The texts that stand in the content of records: every leaf, `lahde` aside.
pub(super) struct Written {
    texts: HashSet<String>,
    words: OnceCell<HashSet<String>>,
}

impl Written {
    fn of(records: &[&Value]) -> Written {
        let mut texts = HashSet::new();
        for record in records {
            for (name, member) in record.as_object().into_iter().flatten() {
                if name != "lahde" {
                    collect(member, &mut texts);
                }
            }
        }
        Written { texts, words: OnceCell::new() }
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.texts.contains(text.trim())
    }

    fn has_words(&self, text: &str) -> bool {
        let all = self.words.get_or_init(|| self.texts.iter().flat_map(|text| words(text)).collect());
        words(text).all(|word| all.contains(&word))
    }
}

fn collect(value: &Value, texts: &mut HashSet<String>) {
    match value {
        Value::Object(members) => members.values().for_each(|member| collect(member, texts)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Null => {}
        leaf => {
            texts.insert(text_of(leaf));
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// A leaf as a text, without white space at its ends.
pub(super) fn text_of(leaf: &Value) -> String {
    match leaf {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    }
}

/// The value stands in the record as it is.
pub(super) fn same(value: &Value, _: &Map<String, Value>, written: &Written) -> bool {
    written.has(&text_of(value))
}

/// Every word of it does, perhaps in several fields.
pub(super) fn in_words(value: &Value, _: &Map<String, Value>, written: &Written) -> bool {
    written.has_words(&text_of(value))
}

/// It turns into something else, such as a flag of another name. A test changes it and looks for the change.
pub(super) fn turned(_: &Value, _: &Map<String, Value>, _: &Written) -> bool {
    true
}
