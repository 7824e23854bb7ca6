//! Letters: what may be asked about them and what is answered, blind to protocol. What a letter is and how it goes is
//! `viestit`'s matter.
//!
//! An order is one thing, because it brings files; everything else is an [`Ask`] with its [`Answer`]. A new operation is
//! one more of each, its arms in `exchange::ask`, and its act in `operations::letters`.

use std::pin::Pin;

use bytes::Bytes;
use silta_client::common::Refusal;
use silta_client::messages::{
    AcceptedOrder, Acknowledgement, BulletinCancellation, BulletinStatus, Cancellation, MessageEventPage,
    MessageStatus, Receipt, Reply, ReplyPage, SendMessage, UploadedFile,
};
use silta_client::messages::{MailboxCheck, MailboxOwner};

use crate::model::evidence::EvidenceDraft;
use crate::store::Statement;

/// A file of an order, decoded, in the order of the request's `attachments`.
#[derive(Clone)]
pub struct Upload {
    pub name: String,
    pub media_type: String,
    /// Empty where `upload` names a file that was sent before.
    pub content: Bytes,
    pub upload: Option<String>,
}

/// An order as a door has read it. `order.attachments` says nothing that `uploads` does not.
pub struct SendRequest {
    pub order: SendMessage,
    pub uploads: Vec<Upload>,
}

/// What a caller asks beside sending.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Which of these have a mailbox in use.
    Mailboxes {
        recipients: Vec<MailboxOwner>,
    },
    /// The state of the order with our id.
    Status {
        id: String,
    },
    /// What is known of the letter to a recipient (1 for the first), signed.
    Receipt {
        id: String,
        recipient_number: Option<u32>,
    },
    /// The letters of an order, or the one to a recipient (1 for the first), are not to be sent.
    Cancel {
        id: String,
        recipient_number: Option<u32>,
    },
    /// The state of the client's orders of a bulletin.
    BulletinStatus {
        bulletin_id: String,
    },
    CancelBulletin {
        bulletin_id: String,
    },
    /// What has happened to the caller's letters.
    Events(Page),
    /// What has been written to the caller.
    Replies(Page),
    /// One reply; with one of its files, or those that are small.
    Reply {
        id: String,
        attachment: Option<u32>,
    },
    /// The caller has the reply.
    Acknowledge {
        id: String,
    },
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub limit: Option<u32>,
    pub cursor: Option<String>,
}

/// What an operation of the family answers.
pub enum Answer {
    Order(AcceptedOrder),
    Mailboxes(MailboxCheck),
    Status(MessageStatus),
    Receipt(Box<Receipt>),
    Cancelled(Cancellation),
    Bulletin(BulletinStatus),
    BulletinCancelled(BulletinCancellation),
    File(UploadedFile),
    Events(MessageEventPage),
    Replies(ReplyPage),
    Reply(Box<Reply>),
    Acknowledged(Acknowledgement),
}

/// An answer, and what must be committed with the exchange before it is given.
pub struct Accepted {
    pub answer: Answer,
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

impl Accepted {
    /// An answer that changes nothing.
    pub fn of(answer: Answer) -> Accepted {
        Accepted { answer, statements: Vec::new(), evidence: Vec::new() }
    }
}

pub type Answering<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// What the doors ask of letters.
pub trait Letters: Send + Sync {
    /// Judges an order. Nothing is accepted until the statements are committed.
    fn accept<'a>(&'a self, tenant: &'a str, client: &'a str, request: SendRequest) -> Answering<'a, Accepted>;

    /// Keeps a file that orders will name.
    fn upload<'a>(&'a self, tenant: &'a str, client: &'a str, content: Bytes) -> Answering<'a, Accepted>;

    /// Answers what else is asked. A client sees what is its own, and no sign of anything else.
    fn ask<'a>(&'a self, tenant: &'a str, client: &'a str, ask: &'a Ask) -> Answering<'a, Accepted>;

    /// Something of this tenant has been committed: whoever sends letters may begin.
    fn wake(&self, tenant: &str);
}
