//! Simulators and cases.

pub mod viestit;
