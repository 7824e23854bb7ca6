//! Simulators and cases.
pub mod ptv;
