//! The field mapping of a Drupal pull: which bundle becomes which kind of PAT record, and where each of its fields stands
//! in the JSON:API of the site. A file of its own, in TOML, with line and key in every complaint.
//!
//! These are the values and their form; what they yield for a node, `intake::pull` works out. docs/drupal.md is the manual.

mod path;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use path::{Path, Step};

use super::Source;
use crate::model::{Kind, Lang};

/// A whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// The languages that are read, with the path prefix of each (empty for none). The first is the one whose listing
    /// tells what there is.
    pub languages: Vec<(Lang, String)>,
    /// By the bundle's machine name (`service` for `node--service`), in the order of dependence of their kinds.
    pub bundles: Vec<Bundle>,
    /// SHA-256 of the text: another mapping needs everything read again.
    pub digest: [u8; 32],
    /// Where each key stands.
    pub source: Source,
}

/// What becomes of the nodes of one bundle.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    pub name: String,
    pub kind: Kind,
    /// Where the record's code stands.
    pub code: Path,
    /// PAT's field, a dot going into an object, and what it gets.
    pub fields: Vec<(String, Spec)>,
}

/// What a field of a record gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Spec {
    /// The same for every node.
    Constant(Value),
    /// One value of the node.
    Take(Take),
    /// A list, an item for each value or target of a field.
    Each { each: Path, item: Box<Spec> },
    /// A list written out; what turns out empty is left out of it.
    List(Vec<Spec>),
    /// An object.
    Object(Vec<(String, Spec)>),
    /// The code of another record, `{"koodi": …}`, or a list of them.
    Reference { from: Path, code: Option<Path>, many: bool },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    pub from: Path,
    pub form: Form,
    /// The site's word and PAT's.
    pub values: Option<BTreeMap<String, Value>>,
    /// When the node has none, or one that `values` does not list.
    pub default: Option<Value>,
}

/// How a value is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As it is; formatted text loses its format.
    #[default]
    Plain,
    /// A plain text field that holds HTML all the same.
    Html,
    /// A time of day as the figures of hours and minutes: 930 is half past nine.
    Hhmm,
    /// A time of day in seconds since midnight.
    Seconds,
}

/// One thing that is wrong with a file: key, what, and the act that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: usize,
    pub key: String,
    pub text: String,
    pub act: String,
}

impl Mapping {
    /// Reads a text; every problem of it, in the order of its lines. `path` is for messages only.
    pub fn parse(path: &std::path::Path, text: &str) -> Result<Mapping, Vec<Problem>> {
        read::read(path, text)
    }

    /// Reads a file.
    pub fn load(path: &std::path::Path) -> Result<Mapping, Vec<Problem>> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let act = "Put the file there, readable for the user that runs Silta".to_owned();
            vec![Problem { line: 0, key: String::new(), text: format!("cannot be read: {error}"), act }]
        })?;
        Mapping::parse(path, &text)
    }

    pub fn bundle(&self, name: &str) -> Option<&Bundle> {
        self.bundles.iter().find(|bundle| bundle.name == name)
    }
}

impl Bundle {
    /// The relationship paths that must be included to read a node, as `include` wants them.
    pub fn includes(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        collect(&self.code, "", &mut found);
        for (_, spec) in &self.fields {
            spec.includes("", &mut found);
        }
        found
    }
}

impl Spec {
    fn includes(&self, prefix: &str, found: &mut BTreeSet<String>) {
        match self {
            Spec::Constant(_) => {}
            Spec::Take(take) => drop(collect(&take.from, prefix, found)),
            Spec::Each { each, item } => {
                let inside = collect(each, prefix, found);
                item.includes(&inside, found);
            }
            Spec::List(items) => items.iter().for_each(|item| item.includes(prefix, found)),
            Spec::Object(members) => members.iter().for_each(|(_, spec)| spec.includes(prefix, found)),
            Spec::Reference { from, code, .. } => {
                let inside = collect(from, prefix, found);
                if let Some(code) = code {
                    collect(code, &inside, found);
                }
            }
        }
    }
}

/// Adds the relationships of a path, and returns where it leads.
fn collect(path: &Path, prefix: &str, found: &mut BTreeSet<String>) -> String {
    let mut at = prefix.to_owned();
    for step in path.steps() {
        if let Step::Relationship(name) = step {
            at = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
            found.insert(at.clone());
        }
    }
    at
}
