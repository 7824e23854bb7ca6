//! Simulators and cases that judge an X-Road adapter. Shares no code with the adapter.

pub mod ca;
pub mod cases;
pub mod drupal;
pub mod finto;
pub mod kit;
pub mod mime;
pub mod ptv;
pub mod report;
pub mod security_server;
pub mod viestit;
pub mod xml;
