//! End-to-end tests, and the tidy tests.

mod tidy;
