//! Simulators and cases.

pub mod ca;
pub mod mime;
pub mod security_server;
pub mod viestit;
pub mod xml;
