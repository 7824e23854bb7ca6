//! The commands of the command line, one file each.

pub mod check;
#[cfg(feature = "sandbox")]
pub mod sandbox;
