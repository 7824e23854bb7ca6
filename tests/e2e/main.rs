//! End-to-end tests, and the tidy tests.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::duplicate_mod,
    reason = "nothing but tests is in here; clippy sees tests only in functions that are marked as such"
)]

mod applied;
mod crashes;
mod delivered;
mod harness;
mod kit;
mod mime;
mod openapi;
mod postgres;
mod readme;
mod recorded;
mod tidy;
mod transcript;
mod walk;
mod xmllint;

#[path = "cases.rs"]
mod postgresql;
#[path = "cases.rs"]
mod sqlite;
