//! The rules of X-Road REST that need no HTTP library: paths and headers (PR-REST 1.0, fact sheet section 3).
//! Routing, media types and answers are the adapter's.

mod headers;
mod path;

pub use headers::{Anomaly, HeaderError, RestHeader};
pub use path::{Path, PathError, call_path};
