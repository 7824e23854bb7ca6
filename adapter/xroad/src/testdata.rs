//! Where tests find the shared specification data. They use it in place and say so when it is not there.

use std::path::PathBuf;

/// A folder or file below the shared X-Road data, or `None` (reported) when this checkout stands alone.
pub(crate) fn xroad_data(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let found = shared.join("specs/xroad").join(path);
    if found.exists() {
        return Some(found);
    }
    println!("skipped: {path} is not there");
    None
}

/// The bytes of one data file.
pub(crate) fn xroad_file(path: &str) -> Option<Vec<u8>> {
    xroad_data(path).map(|path| std::fs::read(path).expect("readable"))
}
