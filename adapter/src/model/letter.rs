//! A letter as a value: whom it is for, what it says, how far it has come.
//!
//! Parsed at the edge: a [`LetterOrder`] that exists may be accepted as it is. Nothing here knows a wire format, and no
//! type that holds anything of a person shows it in `Debug`.

mod address;
mod file;
mod markdown;
mod paper;
mod recipient;
mod rules;
#[cfg(test)]
mod tests;

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use address::{Address, AddressDraft};
pub use file::{Attachment, FileName, MAX_UPLOAD_BYTES, MediaType};
pub use paper::{CostPool, InThreeLanguages, Notification, Paper, PaperDraft};
pub use recipient::{Addressee, BusinessId, NotARecipient, PersonId, Recipient, RecipientDraft};
pub use rules::{LengthUnit, PrintRules, Rules};

use super::Finding;

/// Everybody gets a letter of their own; more recipients than this make several orders.
pub const MAX_RECIPIENTS: usize = 10_000;
/// viestit.md §1.5.
pub const MAX_ATTACHMENTS: usize = 50;
/// UTF-16 units (viestit.md §1.6). The remote does not say what it counts; these are never fewer than code points.
pub const MAX_TITLE: usize = 256;
/// UTF-16 units.
pub const MAX_BODY: usize = 40_000;
const MAX_ORDER_ID: usize = 100;
const MAX_SERVICE_ID: usize = 64;

/// The sender's own key of an order. Unique with tenant and client, not with us. 1–100 of `[A-Za-z0-9._:-]`, and never
/// with an identity code in it, because keys stand in logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(String);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderIdError {
    #[error("an order id has 1 to 100 characters of A-Z, a-z, 0-9, '.', '_', ':' and '-'")]
    Shape,
    #[error("an order id must not contain a personal identity code")]
    IdentityCode,
}

impl OrderId {
    pub fn parse(text: &str) -> Result<OrderId, OrderIdError> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
        if text.is_empty() || text.len() > MAX_ORDER_ID || !text.chars().all(allowed) {
            return Err(OrderIdError::Shape);
        }
        if PersonId::is_in(text) {
            return Err(OrderIdError::IdentityCode);
        }
        Ok(OrderId(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What Viestit knows one letter to one recipient by: `{prefix}:{our order id}:{recipient number}`. It follows from the
/// order alone, so that whatever is repeated is repeated under the same one, and it says nothing about a person.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExternalId(String);

impl ExternalId {
    /// `number` is the recipient's place in the order, 1 for the first.
    pub fn new(prefix: &str, order: Uuid, number: usize) -> ExternalId {
        ExternalId(format!("{prefix}:{order}:{number}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How the body is written. Markdown is the remote's subset of CommonMark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyFormat {
    #[default]
    Text,
    Markdown,
}

/// `Verifiable` (todisteellinen) must be confirmed by the recipient before it opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageType {
    #[default]
    Normal,
    Verifiable,
}

/// `RecipientOnly` hides the letter from guardians and those who are authorised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    #[default]
    Normal,
    RecipientOnly,
}

/// How a letter may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelChoice {
    /// To a mailbox in use, or not at all.
    #[default]
    Electronic,
    /// To the mailbox when it is in use, otherwise on paper.
    ElectronicOrPaper,
    /// On paper, whatever mailbox there is: for exceptional cases.
    Paper,
}

/// What a letter is about, as far as it matters to how it may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageClass {
    Decision,
    Bulletin,
    Request,
    Invoice,
    Other,
}

/// How a letter went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    Electronic,
    Paper,
}

impl Channel {
    pub fn word(self) -> &'static str {
        match self {
            Channel::Electronic => "electronic",
            Channel::Paper => "paper",
        }
    }

    pub fn from_word(word: &str) -> Option<Channel> {
        [Channel::Electronic, Channel::Paper].into_iter().find(|channel| channel.word() == word)
    }
}

/// How far a letter to one recipient has come. It never moves back; `Failed`, `Parked` and `Cancelled` only give way to
/// proof that the letter arrived all the same.
///
/// *Delivered* and *read* are of the electronic mailbox only. An ordinary paper letter ends at *sent to print*, because
/// nobody tells what became of it (viestit.md §1.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SendState {
    /// Kept here; certainly not with Viestit yet.
    Accepted,
    /// Perhaps with Viestit: an attempt ended without an answer.
    Submitting,
    /// Refused for good; the reason says why.
    Failed,
    /// Nobody knows, and a person must look.
    Parked,
    /// Taken back by the sender before anything was tried.
    Cancelled,
    /// Viestit has it.
    Submitted,
    /// The printing house has it.
    SentToPrint,
    /// In the mailbox.
    Delivered,
    /// Opened.
    Read,
    /// A verifiable letter in the mailbox that nobody has confirmed within the agreed time. It may still be confirmed.
    NotConfirmed,
    /// The receipt of a verifiable letter is confirmed: in the mailbox, or by signature at Posti.
    Confirmed,
    /// A verifiable paper letter came back.
    Returned,
    /// Posti's tracking of a verifiable paper letter ended without an outcome.
    Unresolved,
}

impl SendState {
    pub const ALL: [SendState; 13] = [
        SendState::Accepted,
        SendState::Submitting,
        SendState::Failed,
        SendState::Parked,
        SendState::Cancelled,
        SendState::Submitted,
        SendState::SentToPrint,
        SendState::Delivered,
        SendState::Read,
        SendState::NotConfirmed,
        SendState::Confirmed,
        SendState::Returned,
        SendState::Unresolved,
    ];

    /// The word of contracts and evidence.
    pub fn word(self) -> &'static str {
        match self {
            SendState::Accepted => "accepted",
            SendState::Submitting => "submitting",
            SendState::Failed => "failed",
            SendState::Parked => "parked",
            SendState::Cancelled => "cancelled",
            SendState::Submitted => "submitted",
            SendState::SentToPrint => "sent-to-print",
            SendState::Delivered => "delivered",
            SendState::Read => "read",
            SendState::NotConfirmed => "not-confirmed-in-time",
            SendState::Confirmed => "confirmed",
            SendState::Returned => "returned",
            SendState::Unresolved => "unresolved",
        }
    }

    pub fn from_word(word: &str) -> Option<SendState> {
        SendState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// May news that say `next` change this state?
    pub fn may_become(self, next: SendState) -> bool {
        match next {
            SendState::Accepted => false,
            SendState::Submitting | SendState::Cancelled => self == SendState::Accepted,
            SendState::Failed | SendState::Parked => self <= SendState::Submitting,
            // What was opened has been confirmed before; its confirmation may merely come later than its reading.
            SendState::NotConfirmed => self == SendState::Delivered,
            // An outcome is worth more than the word that there was none.
            SendState::Confirmed | SendState::Returned => self < SendState::Confirmed || self == SendState::Unresolved,
            SendState::Unresolved => self < SendState::Confirmed,
            SendState::Submitted | SendState::SentToPrint | SendState::Delivered | SendState::Read => self < next,
        }
    }
}

/// What a caller asks for, before anything about it is known to be right.
#[derive(Clone, Default)]
pub struct OrderDraft {
    pub order_id: String,
    /// The sending service; the one agreed with the caller when left out.
    pub service_id: Option<String>,
    pub recipients: Vec<RecipientDraft>,
    pub title: String,
    pub body: String,
    pub body_format: BodyFormat,
    pub attachments: Vec<AttachmentDraft>,
    pub message_type: MessageType,
    pub reply_allowed: bool,
    pub visibility: Visibility,
    pub channel: ChannelChoice,
    pub paper: Option<PaperDraft>,
    /// Why the letter goes on paper only.
    pub paper_reason: Option<String>,
    pub notification: Option<Notification>,
    pub message_class: Option<MessageClass>,
    pub law_reference: Option<String>,
    pub bulletin_id: Option<String>,
    /// RFC 3339.
    pub not_before: Option<String>,
    pub in_reply_to: Option<String>,
    pub as_new_if_gone: bool,
}

/// A file as the caller gave it.
#[derive(Clone, Default)]
pub struct AttachmentDraft {
    pub name: String,
    /// As declared; it must fit the content.
    pub media_type: String,
    pub content: Bytes,
}

/// A letter to some recipients that may be accepted. Title and body are kept exactly as they came.
#[derive(Clone, PartialEq, Eq)]
pub struct LetterOrder {
    pub order_id: OrderId,
    pub service_id: Option<String>,
    /// At least one, each once.
    pub recipients: Vec<Addressee>,
    pub title: String,
    pub body: String,
    pub body_format: BodyFormat,
    /// Names are unique.
    pub attachments: Vec<Attachment>,
    pub message_type: MessageType,
    pub reply_allowed: bool,
    pub visibility: Visibility,
    pub channel: ChannelChoice,
    /// There whenever the letter may go on paper.
    pub paper: Option<Paper>,
    /// There when the letter goes on paper only.
    pub paper_reason: Option<String>,
    pub notification: Option<Notification>,
    pub message_class: Option<MessageClass>,
    pub law_reference: Option<String>,
    /// What orders are grouped by, of the same shape as an order's own key.
    pub bulletin_id: Option<OrderId>,
    /// Nothing is sent earlier.
    pub not_before: Option<Timestamp>,
    /// Viestit's id of the end user's message that this answers.
    pub in_reply_to: Option<i64>,
    /// Should that message be gone, this goes as a new one.
    pub as_new_if_gone: bool,
    /// What the sender should know although the order is accepted.
    pub warnings: Vec<Finding>,
}

impl LetterOrder {
    /// All that is wrong with the draft at once, each with the path of its field (`recipients[0].id`). The rules are
    /// words of the change policy. No finding repeats what the caller wrote. By the rules of a tenant without print
    /// account.
    pub fn parse(draft: OrderDraft) -> Result<LetterOrder, Vec<Finding>> {
        LetterOrder::parse_by(draft, &Rules::default())
    }

    /// The same by a tenant's rules.
    pub fn parse_by(draft: OrderDraft, rules: &Rules) -> Result<LetterOrder, Vec<Finding>> {
        rules::parse(draft, rules)
    }

    /// The file that is printed.
    pub fn printed(&self) -> Option<&Attachment> {
        self.attachments.get(self.paper.as_ref()?.attachment)
    }
}

impl fmt::Debug for LetterOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterOrder")
            .field("order_id", &self.order_id)
            .field("recipients", &self.recipients.len())
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}
