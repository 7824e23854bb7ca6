//! What other agencies see of Silta, as Rust: the contract types of its services and a client that calls them through
//! the caller's own security server.
//!
//! The files in `wsdl/` are the contracts; the types here follow them, and tests hold the two together. There is no
//! rule of a domain here: what a valid order is, the adapter decides.

pub mod catalogue;
pub mod common;
pub mod consumer;
pub mod messages;
