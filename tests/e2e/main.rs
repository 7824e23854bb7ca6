//! End-to-end tests, and the tidy tests.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "nothing but tests is in here; clippy sees tests only in functions that are marked as such"
)]

mod evidence;
mod harness;
mod kit;
mod letters;
mod openapi;
mod postgres;
mod readme;
mod reload;
mod tidy;
mod transcript;
mod xmllint;
mod xroad;
