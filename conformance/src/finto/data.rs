//! What the simulated service knows: vocabularies with their concepts, read from a folder or from our own minimum.
//!
//! One file of merged KOKO concepts gives several vocabularies: KOKO itself, and each ontology that a concept matches exactly
//! (YSO, JUPO and others), under that ontology's own addresses. Their numbers differ, as in the real service.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The KOKO concepts of a reference folder.
const FILE: &str = "pat/vocab/koko/koko-concepts.ndjson";
/// Used when there is no folder.
const MINIMUM: &str = include_str!("../../../tests/samples/reference/pat/vocab/koko/koko-concepts.ndjson");
/// Every address begins with this.
pub(super) const ONTOLOGIES: &str = "http://www.yso.fi/onto/";

/// Where the concepts came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Folder(PathBuf),
    /// Our own small selection.
    Minimum,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Concept {
    pub uri: String,
    pub label: BTreeMap<String, String>,
    pub alt_labels: BTreeMap<String, Vec<String>>,
    pub broader: Vec<String>,
    pub narrower: Vec<String>,
    pub related: Vec<String>,
    pub exact_match: Vec<String>,
    pub replaced_by: Vec<String>,
    pub deprecated: bool,
}

impl Concept {
    pub(super) fn localname(&self) -> &str {
        self.uri.rsplit('/').next().unwrap_or_default()
    }
}

/// One vocabulary as the service offers it.
#[derive(Clone, Debug, Default)]
pub(super) struct Vocabulary {
    pub(super) concepts: BTreeMap<String, Concept>,
}

/// All vocabularies by id (`koko`, `yso`, `jupo` …).
#[derive(Clone, Debug)]
pub struct Library {
    pub origin: Origin,
    pub(super) vocabularies: BTreeMap<String, Vocabulary>,
}

#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error("{}: {source}. Give a folder that holds {FILE}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("line {line} of the concepts is not what was expected: {reason}")]
    Malformed { line: usize, reason: String },
}

impl Library {
    /// The concepts of a reference folder.
    pub fn from_dir(dir: &Path) -> Result<Library, LibraryError> {
        let path = dir.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|source| LibraryError::Unreadable { path, source })?;
        Library::read(&text, Origin::Folder(dir.to_owned()))
    }

    /// Our own selection.
    pub fn minimum() -> Result<Library, LibraryError> {
        Library::read(MINIMUM, Origin::Minimum)
    }

    fn read(text: &str, origin: Origin) -> Result<Library, LibraryError> {
        let mut library = Library { origin, vocabularies: BTreeMap::new() };
        let mut merged = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let concept: Concept = serde_json::from_str(line)
                .map_err(|error| LibraryError::Malformed { line: number + 1, reason: error.to_string() })?;
            merged.push(concept);
        }
        for concept in &merged {
            for address in concept.exact_match.iter().filter(|it| vocabulary_of(it) != Some("koko")) {
                library.add(Concept {
                    uri: address.clone(),
                    exact_match: vec![concept.uri.clone()],
                    ..in_own(concept)
                });
            }
        }
        for concept in merged {
            library.add(concept);
        }
        Ok(library)
    }

    /// How many concepts a vocabulary has.
    pub fn size(&self, vocabulary: &str) -> usize {
        self.vocabularies.get(vocabulary).map_or(0, |it| it.concepts.len())
    }

    pub(super) fn add(&mut self, concept: Concept) {
        let Some(id) = vocabulary_of(&concept.uri) else { return };
        let vocabulary = self.vocabularies.entry(id.to_owned()).or_default();
        vocabulary.concepts.insert(concept.uri.clone(), concept);
    }

    pub(super) fn concept(&self, address: &str) -> Option<&Concept> {
        self.vocabularies.get(vocabulary_of(address)?)?.concepts.get(address)
    }

    pub(super) fn concept_mut(&mut self, address: &str) -> Option<&mut Concept> {
        self.vocabularies.get_mut(vocabulary_of(address)?)?.concepts.get_mut(address)
    }
}

/// A concept as its own ontology has it: relations are KOKO's addresses and stay out.
fn in_own(concept: &Concept) -> Concept {
    Concept {
        label: concept.label.clone(),
        alt_labels: concept.alt_labels.clone(),
        deprecated: concept.deprecated,
        ..Concept::default()
    }
}

/// `koko` of `http://www.yso.fi/onto/koko/p7`.
pub(super) fn vocabulary_of(address: &str) -> Option<&str> {
    let (id, _) = address.strip_prefix(ONTOLOGIES)?.split_once('/')?;
    Some(id)
}
