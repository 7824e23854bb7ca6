//! End-to-end tests, and the tidy tests.

mod evidence;
mod harness;
mod letters;
mod openapi;
mod postgres;
mod readme;
mod tidy;
mod transcript;
mod xmllint;
mod xroad;
