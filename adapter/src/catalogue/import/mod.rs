//! Files of other formats to records of the push format, for the first load.
//!
//! A format only rewrites shape and names; `pat::read` judges every record afterwards, like any other intake, so
//! that a record is imported or refused with the field and the reason and nothing is lost silently.

mod accessibility;
mod census;
mod errands;
mod ptv;
mod tpr;
mod turku;
mod units;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use census::{Field, Report, Unknown};

use super::sheets::{self, Rows, SheetError};

/// The formats that `--catalogue` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Silta's own JSON: `{"entities": [...]}`, records of the push intake.
    Silta,
    /// The read interface of Turku's store (pat.md §2): bare arrays of palvelut, palvelupisteet, palveluluokat.
    TurkuPat,
    /// The Helsinki register (TPR, pat.md §12): service descriptions, errands, units of the Service Map, and which unit
    /// gives which service.
    Tpr,
    /// PTV's own content, as its OUT interface gives it (versions 7 to 11).
    Ptv,
    /// PTV's content from before its interface had languages (2016).
    EarlyPtv,
    /// Our templates, as CSV or a workbook.
    Sheet,
}

impl Format {
    pub fn word(self) -> &'static str {
        match self {
            Format::Silta => "silta",
            Format::TurkuPat => "turku-pat",
            Format::Tpr => "tpr",
            Format::Ptv => "ptv",
            Format::EarlyPtv => "ptv-2016",
            Format::Sheet => "sheet",
        }
    }
}

/// The records of a file or folder, in the push format.
#[derive(Debug)]
pub struct Import {
    pub format: Format,
    pub records: Vec<Value>,
    /// What of the source is not in them.
    pub report: Report,
    /// Where the records stand in a sheet, and what of it could not be read.
    pub rows: Rows,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{path}: cannot be read: {source}. Give a readable file or folder to --catalogue")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: is not JSON: {source}. Give a file in Silta's JSON, Turku's PAT format, TPR's or PTV's format, or a sheet (.csv, .xlsx)"
    )]
    NotJson { path: PathBuf, source: serde_json::Error },
    #[error("{path}: holds no record in a known format (Silta's JSON, Turku's PAT format, TPR, PTV, sheets)")]
    UnknownFormat { path: PathBuf },
    #[error("{path}: mixes formats; import one format at a time")]
    MixedFormats { path: PathBuf },
    #[error("{path}: {source}")]
    Sheet { path: PathBuf, source: SheetError },
}

/// Reads a file, or every `*.json` of a folder (those that hold no catalogue are passed over when another does), or every
/// sheet of a folder that has nothing else.
pub fn read_path(path: &Path) -> Result<Import, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    if !path.is_dir() {
        return if is_sheet(path) {
            read_sheets(&[path.to_owned()])
        } else {
            read_documents(path, vec![read_json(path)?])
        };
    }
    let mut files: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(unreadable)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| is_sheet(file) || file.extension().is_some_and(|extension| extension == "json"))
        .collect();
    files.sort();
    if !files.is_empty() && files.iter().all(|file| is_sheet(file)) {
        return read_sheets(&files);
    }
    files.retain(|file| !is_sheet(file));
    read_documents(path, files.iter().map(|file| read_json(file)).collect::<Result<_, _>>()?)
}

/// Reads one document that is already in memory (the embedded catalogue).
pub fn read_document(name: &str, text: &str) -> Result<Import, ImportError> {
    let path = PathBuf::from(name);
    let document = serde_json::from_str(text).map_err(|source| ImportError::NotJson { path: path.clone(), source })?;
    read_documents(&path, vec![document])
}

fn is_sheet(file: &Path) -> bool {
    let extension = file.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase);
    matches!(extension.as_deref(), Some("csv" | "xlsx"))
}

fn read_sheets(files: &[PathBuf]) -> Result<Import, ImportError> {
    let mut import =
        Import { format: Format::Sheet, records: Vec::new(), report: Report::default(), rows: Rows::default() };
    for file in files {
        let unreadable = |source| ImportError::Unreadable { path: file.clone(), source };
        let size = std::fs::metadata(file).map_err(unreadable)?.len();
        let refused = |source| ImportError::Sheet { path: file.clone(), source };
        if size > sheets::MAX_FILE_BYTES as u64 {
            return Err(refused(SheetError::TooLarge));
        }
        let bytes = std::fs::read(file).map_err(unreadable)?;
        let name = file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let reading = sheets::read(&name, &bytes).map_err(refused)?;
        import.records.extend(reading.records);
        import.rows.append(reading.rows);
    }
    Ok(import)
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
    let (records, report) = match format {
        Format::Silta => (known.into_iter().flat_map(own_records).collect(), Report::default()),
        Format::TurkuPat => turku::read(&known),
        Format::Tpr => tpr::read(&known),
        Format::Ptv => ptv::read(&known),
        Format::EarlyPtv => ptv::early::read(&known),
        // A sheet is no JSON.
        Format::Sheet => (Vec::new(), Report::default()),
    };
    Ok(Import { format, records, report, rows: Rows::default() })
}

fn recognise(document: &Value) -> Option<Format> {
    if document.get("entities").is_some_and(Value::is_array) {
        return Some(Format::Silta);
    }
    if tpr::items(document).first().is_some_and(|item| tpr::Sort::of(item).is_some()) {
        return Some(Format::Tpr);
    }
    if let Some(first) = ptv::items(document).first() {
        if ptv::Sort::of(first).is_some() {
            return Some(Format::Ptv);
        }
        if ptv::early::Sort::of(first).is_some() {
            return Some(Format::EarlyPtv);
        }
    }
    let first = document.as_array()?.first()?;
    let turkus = first.get("koodi").is_some() && first.get("laji").is_none();
    (turkus || accessibility::Sort::of(first).is_some()).then_some(Format::TurkuPat)
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
pub mod testing {
    //! Where tests find real files.

    use std::path::PathBuf;

    /// The folder of shared specifications, or `None` (reported) where it is absent.
    pub fn shared(path: &str) -> Option<PathBuf> {
        let root = std::env::var_os("SILTA_SHARED")
            .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
        let path = root.join("specs").join(path);
        if path.exists() {
            return Some(path);
        }
        println!("skipped: {} is absent", path.display());
        None
    }
}
#[cfg(test)]
mod tests;
