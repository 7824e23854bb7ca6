//! Simulators and cases.
