//! WSDL 1.1 as security servers read it, what we demand of our own, and the two texts that change when it is served
//! (fact sheet section 4.2). Nothing is fetched: what a document imports is not read here, as it is not there.

mod check;
mod read;
mod rewrite;
#[cfg(test)]
mod tests;

pub use check::{Finding, check};
pub use read::{Operation, operations};
pub use rewrite::rewrite;

use crate::xml::{Limits, XmlError};

const NS_WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const NS_SOAP11: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const NS_SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
const NS_XSD: &str = "http://www.w3.org/2001/XMLSchema";
const TRANSPORT: &str = "http://schemas.xmlsoap.org/soap/http";

/// The address that stands in every WSDL that a security server gives out.
pub const PLACEHOLDER_ADDRESS: &str = "http://example.org/xroad-endpoint";

/// A document that is no WSDL for a security server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WsdlError {
    #[error("{0}")]
    Xml(#[from] XmlError),
    #[error("the document is not a WSDL 1.1 definitions element")]
    NotWsdl,
    #[error("the document cannot be read as XML")]
    Parse,
    #[error("no operation is bound to SOAP over HTTP in this document itself")]
    NoOperation,
    #[error("port {0} has no binding in this document")]
    NoBinding(String),
    #[error("port {0} has no address that begins with http:// or https://")]
    Address(String),
    #[error("operation {0} has a name or version that X-Road does not allow")]
    Identifier(String),
    #[error("operation {0} occurs twice in one portType")]
    Overloaded(String),
    #[error("the document has no soap:address to write the address into")]
    NoAddress,
    #[error("an xrd:version element does not hold plain text")]
    Version,
}

/// Checked by the gate first: roxmltree allows more than we do.
fn parse(text: &str) -> Result<roxmltree::Document<'_>, WsdlError> {
    let limits = Limits { depth: 64, bindings_in_scope: 1024, ..Limits::default() };
    crate::xml::parse(text.as_bytes(), None, &limits)?;
    let document = roxmltree::Document::parse(text).map_err(|_| WsdlError::Parse)?;
    if !document.root_element().has_tag_name((NS_WSDL, "definitions")) {
        return Err(WsdlError::NotWsdl);
    }
    Ok(document)
}

/// A QName value without its prefix: WSDL parts of one document are found by local name, as security servers do.
fn local(qname: &str) -> &str {
    qname.rsplit_once(':').map_or(qname, |(_, local)| local)
}
