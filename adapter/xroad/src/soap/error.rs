//! Why a SOAP message is refused, in words that name the field and the rule, and the fault code that tells the sender.

use std::fmt;

use super::header::HeaderParts;
use crate::xml::{FieldError, XmlError};

/// The four fault codes of SOAP 1.1, section 4.4.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    Client,
    Server,
    MustUnderstand,
    VersionMismatch,
}

impl FaultCode {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
            Self::MustUnderstand => "MustUnderstand",
            Self::VersionMismatch => "VersionMismatch",
        }
    }
}

/// A message that is no X-Road message as we take it. Always the sender's fault; the same bytes will fail again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SoapError {
    #[error("XML: {0}")]
    Xml(#[from] XmlError),
    #[error("the envelope is not SOAP 1.1")]
    Version,
    #[error("the root element is not a SOAP envelope")]
    NotAnEnvelope,
    #[error("the envelope may hold one Header and one Body and nothing else")]
    EnvelopeContent,
    #[error("{0} may not hold text of its own")]
    StrayText(&'static str),
    #[error("the envelope has no Header")]
    MissingHeader,
    #[error("the envelope has no Body")]
    MissingBody,
    #[error("Body must hold exactly one element, it holds none")]
    EmptyBody,
    #[error("Body must hold exactly one element, it holds several")]
    SecondBodyElement,
    #[error("encodingStyle (RPC/encoded) is not supported, use document/literal wrapped")]
    EncodingStyle,
    #[error("a header block with mustUnderstand is not understood")]
    MustUnderstand,
    #[error("header {0} is missing")]
    MissingField(&'static str),
    #[error("header {0} is given more than once")]
    RepeatedField(&'static str),
    #[error("header {0} must hold text, not elements")]
    NotText(&'static str),
    #[error("header {0} must hold elements, not text")]
    NotElements(&'static str),
    #[error("header {0} must not be empty or blank")]
    BlankField(&'static str),
    #[error("header {0} is longer than 255 characters")]
    LongField(&'static str),
    #[error("the header blocks that an answer repeats take more than 256 KiB")]
    LongHeader,
    #[error("header {0} lacks the attribute objectType of the identifiers namespace, or it has a wrong value")]
    ObjectType(&'static str),
    #[error("header {0} has an objectType that contradicts its subsystemCode")]
    Contradiction(&'static str),
    #[error("header protocolVersion must be 4.x")]
    ProtocolVersion,
    #[error("the body element's name must equal the serviceCode of the header")]
    Wrapper,
    #[error("a Fault cannot be a request")]
    FaultAsRequest,
    #[error("the Fault is malformed")]
    MalformedFault,
    #[error("{0}")]
    Field(#[from] FieldError),
}

impl SoapError {
    /// The fault code that answers this error.
    pub const fn fault_code(&self) -> FaultCode {
        match self {
            Self::Version => FaultCode::VersionMismatch,
            Self::MustUnderstand => FaultCode::MustUnderstand,
            _ => FaultCode::Client,
        }
    }
}

/// A refused message, with as much of its header as could be read before, for the log and the answer.
#[derive(Debug, Clone)]
pub struct Refused {
    pub error: SoapError,
    /// Read but not checked as a whole: fields may be missing.
    pub header: Box<HeaderParts>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl std::error::Error for Refused {}
