//! The tidy tests: what a reader of the sources may count on, checked by reading them.
//!
//! They read files and nothing else: they build nothing, start nothing and know no behaviour. A rule that a grep cannot
//! decide is not here but in ARCHITECTURE.md, among the invariants.

mod documents;
mod floors;
mod source;
mod texts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ stands in the workspace")
}

/// Every file below `folder` (relative to the workspace), with its path relative to the workspace, sorted. Folders that
/// are not part of the project (`target`, `.git`, a Python environment's caches) are left out.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "no file in {folder:?}");
    found
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("a folder's entry")) {
        let path: PathBuf = entry.path();
        let name = entry.file_name();
        if ["target", ".git", "__pycache__"].iter().any(|left_out| name == *left_out) {
            continue;
        }
        if path.is_dir() {
            walk(&path, found);
        } else {
            let path = path.strip_prefix(root()).expect("below the workspace");
            found.push(path.to_str().expect("UTF-8").to_owned());
        }
    }
}

/// A text file of the project; none if it is binary.
fn text(path: &str) -> Option<String> {
    let bytes = std::fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8(bytes).ok()
}

/// The Rust files of our own packages.
fn sources() -> Vec<String> {
    ["adapter", "conformance", "tests"]
        .iter()
        .flat_map(|folder| files(folder))
        .filter(|path| path.rsplit_once('.').is_some_and(|(_, ending)| ending == "rs"))
        .collect()
}

/// Is that file there for tests only?
fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || ["/tests/", "/testing/"].iter().any(|folder| path.contains(folder))
        || ["/tests.rs", "/testing.rs", "/testdata.rs"].iter().any(|ending| path.ends_with(ending))
}

/// Fails with every complaint, not just the first.
fn none(complaints: impl IntoIterator<Item = String>) {
    let complaints: BTreeSet<String> = complaints.into_iter().collect();
    assert!(complaints.is_empty(), "\n{}\n", complaints.into_iter().collect::<Vec<_>>().join("\n"));
}
