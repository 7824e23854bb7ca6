//! X-Road messages without IO: identifiers, SOAP envelopes, MIME, REST rules, request hashes, WSDL.
//!
//! Everything here turns bytes into values and values into bytes. There is no runtime, socket, clock, file, database
//! or randomness in this crate: whoever has them passes in what they give.

#![forbid(unsafe_code)]

pub mod hash;
pub mod id;
pub mod mime;
pub mod rest;
pub mod soap;
pub mod wsdl;
pub mod xml;

#[cfg(test)]
mod testdata;
