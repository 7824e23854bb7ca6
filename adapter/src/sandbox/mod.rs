//! Drives the simulators and the main job step by step.

pub mod probe;
