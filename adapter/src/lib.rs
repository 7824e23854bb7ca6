//! Silta: the adapter between a municipality's own systems and the national ones.
//!
//! `Adapter::start` is what the command line and the tests use. ARCHITECTURE.md maps the folders below.

pub mod catalogue;
pub mod cli;
pub mod config;
pub mod control;
pub mod error;
pub mod exchange;
pub mod intake;
pub mod lifecycle;
pub mod listen;
pub mod log;
pub mod model;
pub mod operations;
pub mod outbox;
pub mod ptv;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod start;
pub mod store;
pub mod telemetry;
pub mod viestit;
pub mod world;

pub use start::{Adapter, Extras, ReloadError, Running, StartError, serve};
