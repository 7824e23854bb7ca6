//! The lists that some rules go by: general descriptions, post codes, the vocabulary of subject terms.
//!
//! Each may be absent; the rules that need it then say that they were not judged. The files lie as in the reference folder of
//! the sandbox; whoever calls reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::catalogue::class_map::addresses;
use crate::catalogue::descriptions::{Descriptions, plain};
use crate::model::Lang;
use crate::model::limits::name_key;

/// Where general descriptions are looked for, in this order.
const DESCRIPTIONS: [&str; 2] = ["pat/general-descriptions/gd.json", "ptv/codelists/general-descriptions.json"];
const POST_CODES: &str = "ptv/codelists/postal-codes.csv";
const TERMS: &str = "ptv/codelists/ontology-terms-partial.csv";

#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// By id in lower case.
    pub general_descriptions: Option<BTreeMap<String, GeneralDescription>>,
    /// Finnish name (without case and surplus blanks) → id.
    pub described_names: BTreeMap<String, String>,
    /// Every text of a general description, without case and surplus blanks.
    pub described_texts: BTreeSet<(Lang, String)>,
    /// The same list for matching.
    pub descriptions: Arc<Descriptions>,
    /// Old address of a service class → present one.
    pub class_addresses: Arc<BTreeMap<String, String>>,
    pub post_codes: Option<BTreeSet<String>>,
    pub terms: Option<Terms>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneralDescription {
    /// Summary, description and background, without case and surplus blanks.
    pub texts: Vec<(Lang, String)>,
    /// It has a description, so that a service needs none of its own.
    pub is_described: bool,
}

/// The vocabulary of subject terms.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub addresses: BTreeSet<String>,
    /// Label (without case and surplus blanks) → address.
    pub labels: BTreeMap<(Lang, String), String>,
}

#[derive(Debug, thiserror::Error)]
#[error("reference data: {file} is not what was expected: {reason}")]
pub struct MalformedReference {
    pub file: String,
    pub reason: String,
}

impl Reference {
    /// Reads what there is. `file` gives the content of a file of the reference folder, or nothing.
    pub fn read(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Reference, MalformedReference> {
        let class_addresses = addresses::read(file);
        let mut reference = Reference { class_addresses: Arc::new(class_addresses), ..Reference::default() };
        if let Some((name, bytes)) = DESCRIPTIONS.iter().find_map(|name| Some((*name, file(name)?))) {
            let list: Value = serde_json::from_slice(&bytes).map_err(|error| malformed(name, &error))?;
            reference.describe(&list);
        }
        if let Some(bytes) = file(POST_CODES) {
            let rows = rows(POST_CODES, &bytes)?;
            reference.post_codes = Some(rows.into_iter().filter_map(|row| row.get("code").cloned()).collect());
        }
        if let Some(bytes) = file(TERMS) {
            let mut terms = Terms::default();
            for row in rows(TERMS, &bytes)? {
                let Some(address) = row.get("uri") else { continue };
                for (column, lang) in [("label_fi", Lang::Fi), ("label_sv", Lang::Sv), ("label_en", Lang::En)] {
                    if let Some(label) = row.get(column).filter(|label| !label.is_empty()) {
                        terms.labels.insert((lang, name_key(label)), address.clone());
                    }
                }
                terms.addresses.insert(address.clone());
            }
            reference.terms = Some(terms);
        }
        Ok(reference)
    }

    /// Takes this list of general descriptions, in the form of PTV's export, in the place of the one before.
    pub fn describe(&mut self, list: &Value) {
        self.general_descriptions = Some(BTreeMap::new());
        self.described_names.clear();
        self.described_texts.clear();
        self.descriptions = Arc::new(Descriptions::read(list, &self.class_addresses));
        for description in list.as_array().into_iter().flatten() {
            self.add_description(description);
        }
    }

    fn add_description(&mut self, source: &Value) {
        let Some(id) = source.get("Id").and_then(Value::as_str) else { return };
        let labels = |member: &str| -> Vec<(Lang, String)> {
            let list = source.get(member).and_then(Value::as_array).into_iter().flatten();
            list.filter_map(|it| Some((Lang::from_code(it.get("Lang")?.as_str()?)?, it.get("Label")?.as_str()?)))
                .map(|(lang, label)| (lang, name_key(&plain(label))))
                .filter(|(_, label)| !label.is_empty())
                .collect()
        };
        let described = labels("Description");
        let mut description = GeneralDescription { texts: Vec::new(), is_described: !described.is_empty() };
        description.texts.extend(described);
        description.texts.extend(labels("ShortDescription"));
        description.texts.extend(labels("BackgroundDescription"));
        self.described_texts.extend(description.texts.iter().cloned());
        for (lang, name) in labels("Name") {
            if lang == Lang::Fi {
                self.described_names.entry(name).or_insert_with(|| id.to_owned());
            }
        }
        if let Some(list) = &mut self.general_descriptions {
            list.insert(id.to_lowercase(), description);
        }
    }
}

fn rows(name: &str, bytes: &[u8]) -> Result<Vec<BTreeMap<String, String>>, MalformedReference> {
    let rows = csv::Reader::from_reader(bytes).into_deserialize().collect::<Result<_, csv::Error>>();
    rows.map_err(|error| malformed(name, &error))
}

fn malformed(file: &str, error: &dyn std::fmt::Display) -> MalformedReference {
    MalformedReference { file: file.to_owned(), reason: error.to_string() }
}
