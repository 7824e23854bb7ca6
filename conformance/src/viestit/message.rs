//! What the simulated service keeps of messages: those that systems sent, those that end users sent, and the events about
//! them. Types with content of letters have no `Debug`, so that they cannot reach a log.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::KEPT_DAYS;
use super::rules::{ElectronicPart, PaperPart, ServiceType};
use super::state::{days, older_than};

/// The sending call by which a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendCall {
    /// `POST /v2/messages/electronic`
    Electronic,
    /// `POST /v2/messages`
    Multichannel,
    /// `POST /v2/paper-mail-without-id`
    PaperWithoutId,
    /// `POST /v1/messages/electronic`
    FirstElectronic,
    /// `POST /v1/messages`
    FirstMultichannel,
    /// `POST /v1/paper-mail-without-id`
    FirstPaperWithoutId,
}

impl SendCall {
    /// Whether it is one of the deprecated calls of version 1, which have defaults and other members.
    pub(super) fn is_first(self) -> bool {
        matches!(self, Self::FirstElectronic | Self::FirstMultichannel | Self::FirstPaperWithoutId)
    }
}

/// What happened to a message, for the state call of version 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Created,
    Read,
    Confirmed,
    Printed,
    PostiDone,
}

/// The way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// To the recipient's mailbox.
    Electronic,
    /// To print and post.
    Paper,
}

/// A file of a message, as it was uploaded.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// The attachment's id.
    pub id: Uuid,
    /// The file name as sent.
    pub name: String,
    /// The declared media type, without parameters.
    pub media_type: String,
    /// The content.
    pub content: Bytes,
}

/// A message that a system has sent.
#[derive(Clone)]
#[allow(clippy::struct_excessive_bools)] // independent marks
pub struct StoredMessage {
    /// The id that the service gave.
    pub message_id: i64,
    /// The sender's key.
    pub external_id: String,
    /// The sending system's user name.
    pub system: String,
    /// The sending service.
    pub service_id: String,
    /// By which call.
    pub call: SendCall,
    /// The recipient's identity code or business id; none for paper without id.
    pub recipient_id: Option<String>,
    /// Which way it went.
    pub channel: Channel,
    /// The electronic part as sent.
    pub electronic: Option<ElectronicPart>,
    /// The paper part as sent.
    pub paper: Option<PaperPart>,
    /// The files of both parts, each once.
    pub files: Vec<File>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// The first message of the thread; its own id when it began one.
    pub thread_root: i64,
    /// The recipient has opened it.
    pub read: bool,
    /// The recipient has confirmed the receipt of a verifiable message.
    pub confirmed: bool,
    /// The letter went to the printing provider.
    pub printed: bool,
    /// Posti has told how a verifiable letter ended.
    pub posti_done: bool,
    /// When the recipient deleted it.
    pub(super) deletion: Option<Deletion>,
    pub(super) steps: Vec<(Step, Timestamp)>,
}

impl StoredMessage {
    /// The type of the part that was used.
    pub(super) fn service_type(&self) -> Option<ServiceType> {
        match self.channel {
            Channel::Electronic => self.electronic.as_ref().map(|part| part.service_type),
            Channel::Paper => self.paper.as_ref().map(|part| part.service_type),
        }
    }

    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        self.deletion.is_some_and(|deletion| deletion.is_final(now))
    }
}

/// A person or organisation behind an end user's message.
#[derive(Clone, PartialEq, Eq)]
pub struct Actor {
    /// Identity code or business id.
    pub id: String,
    /// Name.
    pub name: String,
}

/// Where an end user's message belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadLink {
    /// The first message of the thread.
    pub root_message_id: i64,
    /// The message that this one answers.
    pub in_reply_to: i64,
    /// The sender's key of that message, if a system began the thread.
    pub external_id: Option<String>,
}

/// A message from an end user to a service.
#[derive(Clone)]
pub struct UserMessage {
    /// The id that the service gave.
    pub message_id: i64,
    /// The receiving system's index.
    pub(super) system: usize,
    /// The receiving service.
    pub service_id: String,
    /// When it was sent.
    pub created_at: Timestamp,
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Files.
    pub files: Vec<File>,
    /// The thread, absent for a new conversation.
    pub thread: Option<ThreadLink>,
    /// Whose mailbox it came from.
    pub owner: Option<Actor>,
    /// Who wrote it on the owner's behalf.
    pub representative: Option<Actor>,
    pub(super) deletion: Option<Deletion>,
}

/// An end user's deletion: a folder for 60 days, then gone; or gone at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletion {
    Folder(Timestamp),
    ForGood,
}

impl Deletion {
    pub(super) fn is_final(self, now: Timestamp) -> bool {
        match self {
            Self::Folder(since) => older_than(since, now, days(KEPT_DAYS)),
            Self::ForGood => true,
        }
    }
}

/// One event of a system's feed.
#[derive(Clone, PartialEq)]
pub struct Event {
    pub(super) system: usize,
    /// The type as the feed writes it.
    pub kind: String,
    /// When it happened.
    pub time: Timestamp,
    /// The metadata as the feed writes it.
    pub metadata: Map<String, Value>,
}

impl Event {
    pub(super) fn is_about(&self, message_id: i64) -> bool {
        self.metadata.get("messageId").and_then(Value::as_i64) == Some(message_id)
    }
}
