//! The conformance cases of xroad.md §9 that need a whole adapter: one test for each id, named by it.
//!
//! A case that cannot apply yet proves why and says so; `not_applicable.txt` lists these. Cases of TLS and transport stand
//! with the listener and the simulators.

mod attachments;
mod consumer;
mod documents;
mod identifiers;
mod logging;
mod metadata;
mod requests;
pub(crate) mod responses;
pub(crate) mod rest;
mod security;
mod streaming;
mod transport;

use super::{database, own, shared, start};
