//! The error codes of every family: one list, with what each means to HTTP and to SOAP. `docs/change-policy.md` tells
//! callers what to do about each; a test holds the two together. Which situation has which code, the adapter decides.

use serde::{Deserialize, Serialize};

use crate::messages::Finding;

/// What the `type` of a problem begins with.
const TYPE: &str = "urn:silta:error:";

/// Why a request was not carried out. Codes are never renamed; new ones may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Not readable as JSON, XML or multipart at all, or the X-Road headers are not in order.
    Malformed,
    /// SOAP on the REST address or the reverse.
    WrongProtocol,
    MissingField,
    UnknownField,
    InvalidField,
    /// A list has more entries than the contract allows.
    TooMany,
    /// The `serviceId` is none that this caller may send for.
    UnknownService,
    NotAllowed,
    /// No record of the catalogue has the code.
    UnknownCode,
    /// No order of this caller has the identifier.
    NotFound,
    /// No such operation, version or path.
    UnknownOperation,
    MethodNotAllowed,
    NotAcceptable,
    /// The order id was used before with other content.
    OrderConflict,
    TooLarge,
    UnsupportedMediaType,
    Internal,
    /// More requests than can be served just now.
    Overloaded,
    /// The organisation's services are paused or its data cannot be reached.
    Unavailable,
    /// The answer was not ready before the deadline. Whether anything was done is not known.
    Timeout,
}

impl ErrorCode {
    pub const ALL: [ErrorCode; 20] = [
        ErrorCode::Malformed,
        ErrorCode::WrongProtocol,
        ErrorCode::MissingField,
        ErrorCode::UnknownField,
        ErrorCode::InvalidField,
        ErrorCode::TooMany,
        ErrorCode::UnknownService,
        ErrorCode::NotAllowed,
        ErrorCode::UnknownCode,
        ErrorCode::NotFound,
        ErrorCode::UnknownOperation,
        ErrorCode::MethodNotAllowed,
        ErrorCode::NotAcceptable,
        ErrorCode::OrderConflict,
        ErrorCode::TooLarge,
        ErrorCode::UnsupportedMediaType,
        ErrorCode::Internal,
        ErrorCode::Overloaded,
        ErrorCode::Unavailable,
        ErrorCode::Timeout,
    ];

    /// The code on the wire.
    pub const fn word(self) -> &'static str {
        self.row().0
    }

    pub fn from_word(word: &str) -> Option<ErrorCode> {
        ErrorCode::ALL.into_iter().find(|code| code.word() == word)
    }

    /// Reads the `type` of a problem.
    pub fn from_type(uri: &str) -> Option<ErrorCode> {
        ErrorCode::from_word(uri.strip_prefix(TYPE)?)
    }

    /// The HTTP status in REST.
    pub const fn status(self) -> u16 {
        self.row().1
    }

    /// Whether SOAP answers a Fault. All others are in the `error` element of a normal answer, which X-Road signs and
    /// logs (PR-MESS Annex D.2).
    pub const fn is_fault(self) -> bool {
        self.row().2
    }

    /// Whether the same request may succeed later.
    pub const fn may_be_repeated(self) -> bool {
        matches!(self, ErrorCode::Internal | ErrorCode::Overloaded | ErrorCode::Unavailable | ErrorCode::Timeout)
    }

    /// What the code means, in one English sentence without an end.
    pub const fn title(self) -> &'static str {
        self.row().3
    }

    const fn row(self) -> (&'static str, u16, bool, &'static str) {
        match self {
            ErrorCode::Malformed => ("malformed", 400, true, "The request cannot be read"),
            ErrorCode::WrongProtocol => ("wrong-protocol", 400, true, "The address serves the other protocol"),
            ErrorCode::MissingField => ("missing-field", 400, false, "A mandatory member is missing"),
            ErrorCode::UnknownField => {
                ("unknown-field", 400, false, "The request has a member that the contract has not")
            }
            ErrorCode::InvalidField => ("invalid-field", 400, false, "The value of a member breaks its rule"),
            ErrorCode::TooMany => ("too-many", 400, false, "A list has more entries than allowed"),
            ErrorCode::UnknownService => {
                ("unknown-service", 400, false, "The caller may not send for this service identifier")
            }
            ErrorCode::NotAllowed => ("not-allowed", 403, true, "No rule allows the caller this operation"),
            ErrorCode::UnknownCode => ("unknown-code", 404, false, "No record has this code"),
            ErrorCode::NotFound => ("not-found", 404, false, "The caller has no order with this identifier"),
            ErrorCode::UnknownOperation => ("unknown-operation", 404, true, "There is no such operation"),
            ErrorCode::MethodNotAllowed => ("method-not-allowed", 405, true, "The path does not serve this method"),
            ErrorCode::NotAcceptable => {
                ("not-acceptable", 406, true, "No form of the answer is acceptable to the caller")
            }
            ErrorCode::OrderConflict => {
                ("order-conflict", 409, false, "The order identifier was used before with other content")
            }
            ErrorCode::TooLarge => ("too-large", 413, true, "The request is larger than allowed"),
            ErrorCode::UnsupportedMediaType => ("unsupported-media-type", 415, true, "The media type is not supported"),
            ErrorCode::Internal => ("internal", 500, true, "The service failed"),
            ErrorCode::Overloaded => ("overloaded", 503, true, "The service has more requests than it can serve"),
            ErrorCode::Unavailable => ("unavailable", 503, true, "The service is not available just now"),
            ErrorCode::Timeout => ("timeout", 504, true, "The answer was not ready in time"),
        }
    }
}

/// A request that is not carried out, before it takes the form of a protocol. The texts hold nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.word())]
pub struct Refusal {
    pub code: ErrorCode,
    /// What is wrong, in English, for the caller's log.
    pub message: String,
    /// The member at fault, such as `recipients[0].id`.
    pub field: Option<String>,
    /// All that is wrong with an order, where more than one thing can be.
    pub findings: Vec<Finding>,
}

impl Refusal {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, findings: Vec::new() }
    }

    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

/// The body of a REST error, `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// Our identifier of the exchange.
    pub instance: String,
}

impl Problem {
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    pub fn new(refusal: &Refusal, exchange_id: impl Into<String>) -> Self {
        Self {
            kind: format!("{TYPE}{}", refusal.code.word()),
            title: refusal.code.title().to_owned(),
            status: refusal.code.status(),
            detail: refusal.message.clone(),
            field: refusal.field.clone(),
            findings: refusal.findings.clone(),
            instance: exchange_id.into(),
        }
    }

    /// The code on the wire; `None` when the problem is none of ours.
    pub fn code(&self) -> Option<&str> {
        self.kind.strip_prefix(TYPE)
    }
}

/// Ties a family's `Error` element to [`Refusal`] and [`super::ReceivedError`].
macro_rules! error_from {
    ($error:ident $(, $findings:ident)?) => {
        impl From<crate::common::Refusal> for $error {
            fn from(refusal: crate::common::Refusal) -> Self {
                Self {
                    code: refusal.code.word().to_owned(),
                    message: refusal.message,
                    field: refusal.field,
                    $($findings: refusal.$findings,)?
                }
            }
        }

        impl From<$error> for crate::common::ReceivedError {
            fn from(error: $error) -> Self {
                Self { code: error.code, message: error.message, field: error.field }
            }
        }
    };
}
pub(crate) use error_from;
