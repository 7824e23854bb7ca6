//! What may go wrong with a call. Whose fault each is, and whether the request may be sent again, each variant says.
//! No text here holds anything of a message but codes and digests.

use xroad::id::IdError;
use xroad::mime::MimeError;
use xroad::soap::SoapError;
use xroad::soap::answer::Mismatch;
use xroad::soap::classify::{Delivery, XRoadError};
use xroad::soap::fault::Received;

use crate::common::{ReadError, ReceivedError, WriteError};

/// A call without a usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Ours: the request cannot be made.
    #[error("the identifier of the service {cause}")]
    Identifier { cause: IdError },
    /// Ours: the address or a header of the request cannot be made.
    #[error("the request cannot be made: {0}")]
    Request(&'static str),
    /// Ours: an attachment cannot be written.
    #[error("an attachment cannot be written: {0}")]
    Attachment(MimeError),
    /// The network, before anything was sent. May be repeated.
    #[error("the security server cannot be reached")]
    Connect(#[source] reqwest::Error),
    /// The network, after something may have been sent.
    #[error("the connection to the security server failed")]
    Transport(#[source] reqwest::Error),
    /// X-Road's: a security server answered instead of the provider.
    #[error("X-Road: {} ({})", error.code, detail.as_deref().unwrap_or("no detail"))]
    XRoad {
        error: XRoadError,
        /// For the operator; a security server wrote it.
        message: String,
        /// The id under which the security server's log knows the error.
        detail: Option<String>,
    },
    /// X-Road's: the security server's HTTP server refused the request itself.
    #[error("the security server answered with status {0} and nothing of X-Road")]
    SecurityServer(u16),
    /// The provider's own SOAP Fault.
    #[error("the provider answered with the fault {}", .0.code)]
    Fault(Box<Received>),
    /// Remote: a status that SOAP over X-Road does not have.
    #[error("a SOAP answer with status {0}")]
    Status(u16),
    /// Remote: an answer that is no SOAP message.
    #[error("the answer is no X-Road message: {0}")]
    Soap(#[source] SoapError),
    /// Remote: an answer that is no multipart message.
    #[error("the answer is no multipart message: {0}")]
    Mime(#[source] MimeError),
    /// Remote: an answer to something else. The request may have been carried out.
    #[error("the answer does not belong to the request: {0}")]
    Mismatch(#[source] Mismatch),
    /// Remote: `x-road-id` is not the id that was sent.
    #[error("the answer carries another x-road-id than the request")]
    ForeignId,
    /// Remote: the request hash of a REST answer is another; only with `strict_rest_hash`. Both digests are for the log.
    #[error("the answer's x-road-request-hash is {received}, the request's is {own}")]
    RestHash { received: String, own: String },
    /// Remote: a metadata service answered with something else.
    #[error("the answer is no {0}")]
    Metadata(&'static str),
    /// Remote: a metadata service answered with an HTTP status that it does not have.
    #[error("the metadata service answered with status {0}")]
    MetadataStatus(u16),
    #[error("the answer is larger than {limit} bytes")]
    TooLarge { limit: usize },
}

impl CallError {
    /// Whether the provider may have got the request (xroad.md §6.3).
    pub fn delivery(&self) -> Delivery {
        match self {
            CallError::Identifier { .. }
            | CallError::Request(_)
            | CallError::Attachment(_)
            | CallError::Connect(_)
            | CallError::SecurityServer(_) => Delivery::NotDelivered,
            CallError::XRoad { error, .. } => error.delivery(),
            _ => Delivery::Unknown,
        }
    }

    /// Whether the same call may be sent again at once with hope: the provider has provably not got it, and the cause is
    /// one that passes (a connection refused, a name not found, a configuration out of date, maintenance).
    pub fn may_pass(&self) -> bool {
        const PASSING: [&str; 4] = ["networkerror", "unknownhost", "globalconfoutdated", "maintenancemode"];
        match self {
            CallError::Connect(_) => true,
            CallError::XRoad { error, .. } => {
                error.delivery() == Delivery::NotDelivered && PASSING.contains(&error.cause.as_str())
            }
            _ => false,
        }
    }

    pub(super) fn transport(error: reqwest::Error) -> Self {
        // The address holds codes of records; it has no place in an error text.
        let error = error.without_url();
        match error.is_connect() {
            true => CallError::Connect(error),
            false if error.is_builder() => CallError::Request("the address of the security server is not in order"),
            false => CallError::Transport(error),
        }
    }
}

/// A call of one of our services without its result.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error(transparent)]
    Call(#[from] CallError),
    /// The service answered, and refused.
    #[error("refused: {0}")]
    Refused(ReceivedError),
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the answer is not the JSON of the contract")]
    Json,
    #[error("the answer holds neither a result nor an error")]
    Empty,
    #[error("the service answered with status {0} and no problem of ours")]
    Status(u16),
}
