//! Letters: accept an order, tell its state. What a letter is and how it goes is `viestit`'s matter.

use std::pin::Pin;

use bytes::Bytes;
use silta_client::common::Refusal;
use silta_client::messages::{AcceptedOrder, MessageStatus, SendMessage};

use crate::model::evidence::EvidenceDraft;
use crate::store::Statement;

/// A file of an order, decoded, in the order of the request's `attachments`.
#[derive(Clone)]
pub struct Upload {
    pub name: String,
    pub media_type: String,
    pub content: Bytes,
}

/// An order as a door has read it. `order.attachments` says nothing that `uploads` does not.
pub struct SendRequest {
    pub order: SendMessage,
    pub uploads: Vec<Upload>,
}

/// An order that may be accepted: its answer, and what must be committed with the exchange before it is given.
pub struct Accepted {
    pub answer: AcceptedOrder,
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// What the doors ask of letters.
pub trait Letters: Send + Sync {
    /// Judges an order. Nothing is accepted until the statements are committed.
    fn accept<'a>(&'a self, tenant: &'a str, client: &'a str, request: SendRequest) -> Answering<'a, Accepted>;

    /// The state of an order, by our id; only its sender sees it.
    fn status<'a>(&'a self, tenant: &'a str, client: &'a str, id: &'a str) -> Answering<'a, MessageStatus>;

    /// Orders of this tenant have been committed: whoever sends them may begin.
    fn wake(&self, tenant: &str);
}
