//! What the fuzz targets check, for cargo-fuzz and for the replay on the stable compiler alike. A target takes any
//! bytes and asserts properties of whatever is accepted; that nothing panics is the least of them.
#![allow(dead_code, reason = "each fuzz binary runs one of them")]
#![allow(unreachable_pub, reason = "this module is included by path")]

mod envelope;
mod headers;
mod identifiers;
mod mime;
mod paths;

pub use envelope::envelope;
pub use headers::headers;
pub use identifiers::identifiers;
pub use mime::mime;
pub use paths::paths;

/// A target.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 5] =
    [("envelope", envelope), ("mime", mime), ("identifiers", identifiers), ("paths", paths), ("headers", headers)];
