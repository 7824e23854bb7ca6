//! X-Road messages in SOAP 1.1 (PR-MESS 4.0): the gate that reads them, the writers, faults, attachment references.
//! Which service exists and who may call it is not known here.

pub mod answer;
pub mod classify;
mod error;
pub mod fault;
mod header;
pub mod read;
#[cfg(test)]
mod tests;
pub mod write;
pub mod xop;

pub use error::{FaultCode, Refused, SoapError};
pub use header::{Echo, Header, HeaderParts, RequestHash, SecurityToken};
pub use read::{Answer, Envelope, read_answer, read_request};

/// SOAP 1.1 envelope.
pub const NS_SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// X-Road header elements.
pub const NS_XRD: &str = "http://x-road.eu/xsd/xroad.xsd";
/// X-Road identifier elements and `objectType`.
pub const NS_ID: &str = "http://x-road.eu/xsd/identifiers";
/// Third party representation.
pub const NS_REPR: &str = "http://x-road.eu/xsd/representation.xsd";
/// Security token.
pub const NS_TOKEN: &str = "http://x-road.eu/xsd/security-token.xsd";

/// The Content-Type of every SOAP answer without attachments, to the letter.
pub const CONTENT_TYPE: &str = "text/xml; charset=UTF-8";
