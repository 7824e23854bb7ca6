//! Files of other formats to records of the push format, for the first load.
//!
//! A format only rewrites shape and names; `pat::read` judges every record afterwards, like any other intake, so
//! that a record is imported or refused with the field and the reason and nothing is lost silently.

mod errands;
mod tpr;
mod turku;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// The formats that `--catalogue` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Silta's own JSON: `{"entities": [...]}`, records of the push intake.
    Silta,
    /// The read interface of Turku's store (pat.md §2): bare arrays of palvelut, palvelupisteet, palveluluokat.
    TurkuPat,
    /// Service descriptions of the Helsinki register (TPR, pat.md §12).
    Tpr,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Silta => "silta",
            Format::TurkuPat => "turku-pat",
            Format::Tpr => "tpr",
        }
    }
}

/// The records of a file or folder, in the push format.
#[derive(Debug)]
pub struct Import {
    pub format: Format,
    pub records: Vec<Value>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{path}: cannot be read: {source}. Give a readable file or folder to --catalogue")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: is not JSON: {source}. Give a file in Silta's JSON, Turku's PAT format or TPR's format")]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error("{path}: holds no record in a known format (Silta's JSON, Turku's PAT format, TPR's format)")]
    UnknownFormat { path: PathBuf },
    #[error("{path}: mixes formats; import one format at a time")]
    MixedFormats { path: PathBuf },
}

/// Reads a file, or every `*.json` of a folder (those that hold no catalogue are passed over when another does).
pub fn read_path(path: &Path) -> Result<Import, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    if !path.is_dir() {
        return read_documents(path, vec![read_json(path)?]);
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    read_documents(path, files.iter().map(|file| read_json(file)).collect::<Result<_, _>>()?)
}

/// Reads one document that is already in memory (the embedded catalogue).
pub fn read_document(name: &str, text: &str) -> Result<Import, ImportError> {
    let path = PathBuf::from(name);
    let document = serde_json::from_str(text).map_err(|source| ImportError::NotJson { path: path.clone(), source })?;
    read_documents(&path, vec![document])
}

fn read_json(file: &Path) -> Result<Value, ImportError> {
    let text = std::fs::read(file).map_err(|source| ImportError::Unreadable { path: file.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| ImportError::NotJson { path: file.to_owned(), source })
}

fn read_documents(path: &Path, documents: Vec<Value>) -> Result<Import, ImportError> {
    let mut format = None;
    let mut known = Vec::new();
    for document in documents {
        let Some(found) = recognise(&document) else { continue };
        if format.is_some_and(|format| format != found) {
            return Err(ImportError::MixedFormats { path: path.to_owned() });
        }
        format = Some(found);
        known.push(document);
    }
    let format = format.ok_or_else(|| ImportError::UnknownFormat { path: path.to_owned() })?;
    let records = match format {
        Format::Silta => known.into_iter().flat_map(own_records).collect(),
        Format::TurkuPat => turku::records(&known),
        Format::Tpr => known.iter().flat_map(tpr::records).collect(),
    };
    Ok(Import { format, records })
}

fn recognise(document: &Value) -> Option<Format> {
    if document.get("entities").is_some_and(Value::is_array) {
        return Some(Format::Silta);
    }
    let first = document.as_array()?.first()?;
    if first.get("id").is_some() && first.get("fi").is_some() && first.get("sv").is_some() {
        Some(Format::Tpr)
    } else if first.get("koodi").is_some() && first.get("laji").is_none() {
        Some(Format::TurkuPat)
    } else {
        None
    }
}

fn own_records(document: Value) -> Vec<Value> {
    match document {
        Value::Object(mut members) => match members.remove("entities") {
            Some(Value::Array(records)) => records,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
