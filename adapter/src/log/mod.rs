//! The message log as evidence: checking the chain, and the anchor that shows a cut tail.
//!
//! Records are made in `model::evidence` and written by the store's committer; this folder reads them back and recomputes
//! everything. It signs nothing yet and exports nothing.

mod anchor;
mod verify;

pub use anchor::{Anchor, AnchorError, Statement, keep_anchor};
pub use verify::{Problem, Report, Trouble, VerifyError, WriterReport, verify};

#[cfg(test)]
mod tests;
