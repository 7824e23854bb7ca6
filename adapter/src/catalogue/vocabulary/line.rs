//! A vocabulary as lines of JSON, one concept each: the form of the reference folder, and of the store.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Concept, LANGUAGES, MOST_CONCEPTS};
use crate::model::Lang;

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Line {
    uri: String,
    label: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    alt_labels: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    broader: Vec<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    narrower: Vec<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exact_match: Vec<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    replaced_by: Vec<Box<str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deprecated: bool,
}

/// A line that is no concept. Whoever wrote the file must mend it.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is no concept: {reason}")]
pub struct MalformedLine {
    pub line: usize,
    pub reason: String,
}

pub(super) fn read(text: &[u8]) -> Result<Vec<Concept>, MalformedLine> {
    let mut concepts = Vec::new();
    for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let wrong = |reason: String| MalformedLine { line: number, reason };
        if concepts.len() == MOST_CONCEPTS {
            return Err(wrong(format!("there are more than {MOST_CONCEPTS}")));
        }
        let read: Line = serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
        if read.uri.is_empty() {
            return Err(wrong("it has no `uri`".to_owned()));
        }
        concepts.push(concept(read));
    }
    Ok(concepts)
}

pub(super) fn write(concepts: &[Concept]) -> Vec<u8> {
    let mut text = Vec::new();
    for concept in concepts {
        // A Line of texts is always JSON, and writing into a Vec cannot fail.
        let _ = serde_json::to_writer(&mut text, &line(concept));
        text.push(b'\n');
    }
    text
}

fn concept(line: Line) -> Concept {
    let known = |code: &str| Lang::from_code(code).filter(|lang| LANGUAGES.contains(lang));
    let labels = line.label.into_iter().filter_map(|(code, label)| Some((known(&code)?, label.into())));
    let mut concept = Concept { uri: line.uri.into(), labels: labels.collect(), ..Concept::default() };
    for (code, labels) in line.alt_labels {
        let Some(lang) = known(&code) else { continue };
        concept.alternatives.extend(labels.into_iter().map(|label| (lang, label.into())));
    }
    concept.labels.sort_by_key(|(lang, _)| *lang);
    Concept {
        broader: line.broader,
        narrower: line.narrower,
        matches: line.exact_match,
        replaced_by: line.replaced_by,
        deprecated: line.deprecated,
        ..concept
    }
}

fn line(concept: &Concept) -> Line {
    let mut alt_labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (lang, label) in &concept.alternatives {
        alt_labels.entry(lang.code().to_owned()).or_default().push(label.to_string());
    }
    Line {
        uri: concept.uri.to_string(),
        label: concept.labels.iter().map(|(lang, label)| (lang.code().to_owned(), label.to_string())).collect(),
        alt_labels,
        broader: concept.broader.clone(),
        narrower: concept.narrower.clone(),
        exact_match: concept.matches.clone(),
        replaced_by: concept.replaced_by.clone(),
        deprecated: concept.deprecated,
    }
}
