//! Shared means of the end-to-end tests.
