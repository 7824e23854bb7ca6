//! Silta.
