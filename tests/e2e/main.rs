//! End-to-end tests, and the tidy tests.

mod openapi;
mod postgres;
mod readme;
mod tidy;
mod transcript;
mod xmllint;
