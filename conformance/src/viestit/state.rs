//! Everything the simulated service remembers. Types with content of letters have no `Debug`, so that they cannot reach a log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::Clock;
use super::config::{Switches, ViestitConfig};
use super::faults::{Call, FaultPlan};
use super::rules::{ElectronicPart, PaperPart};
use super::{KEPT_DAYS, UNUSED_UPLOAD_HOURS};

/// The sending call by which a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendCall {
    /// `POST /v2/messages/electronic`
    Electronic,
    /// `POST /v2/messages`
    Multichannel,
    /// `POST /v2/paper-mail-without-id`
    PaperWithoutId,
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

pub(super) struct System {
    pub(super) user_name: String,
    pub(super) password: String,
    pub(super) services: Vec<String>,
    pub(super) password_changed: Option<Timestamp>,
}

#[derive(Clone, Copy)]
pub(super) struct Token {
    pub(super) system: usize,
    pub(super) issued: Timestamp,
    pub(super) expires: Timestamp,
}

pub(super) struct Upload {
    pub(super) system: usize,
    pub(super) file: File,
    pub(super) at: Timestamp,
    pub(super) used: bool,
}

impl Upload {
    /// Whether a message of `system` may name this upload now.
    pub(super) fn usable(&self, system: usize, now: Timestamp, reuse: bool) -> bool {
        let young = now.duration_since(self.at) < SignedDuration::from_hours(UNUSED_UPLOAD_HOURS);
        self.system == system && young && (reuse || !self.used)
    }
}

pub(super) struct State {
    pub(super) systems: Vec<System>,
    pub(super) tokens: HashMap<String, Token>,
    pub(super) mailboxes: HashMap<String, bool>,
    pub(super) uploads: HashMap<Uuid, Upload>,
    pub(super) messages: Vec<StoredMessage>,
    pub(super) received: Vec<UserMessage>,
    pub(super) events: Vec<Event>,
    /// (scope, externalId) to messageId.
    pub(super) keys: HashMap<(String, String), i64>,
    pub(super) next_id: i64,
    pub(super) switches: Switches,
    pub(super) faults: FaultPlan,
    pub(super) calls: Vec<Call>,
}

impl State {
    pub(super) fn take_id(&mut self) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The system of a user name, as index.
    pub(super) fn system_named(&self, user_name: &str) -> Option<usize> {
        self.systems.iter().position(|system| system.user_name == user_name)
    }

    pub(super) fn has_active_mailbox(&self, id: &str) -> bool {
        self.mailboxes.get(id).copied().unwrap_or(false)
    }

    /// Adds an event about a message that a system sent; `more` joins the common metadata.
    pub(super) fn tell(
        &mut self,
        system: usize,
        message: &StoredMessage,
        kind: &str,
        time: Timestamp,
        more: Vec<(&str, Value)>,
    ) {
        let mut metadata = Map::new();
        metadata.insert("messageId".to_owned(), json!(message.message_id));
        metadata.insert("serviceId".to_owned(), json!(message.service_id));
        metadata.insert("externalId".to_owned(), json!(message.external_id));
        metadata.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self.events.push(Event { system, kind: kind.to_owned(), time, metadata });
    }

    /// The files of end users' messages to `system` that can still be fetched.
    pub(super) fn fetchable(&self, system: usize, now: Timestamp) -> impl Iterator<Item = &UserMessage> {
        self.received.iter().filter(move |message| {
            message.system == system
                && !older_than(message.created_at, now, days(KEPT_DAYS))
                && !message.deletion.is_some_and(|deletion| deletion.is_final(now))
        })
    }
}

/// The state behind its lock, and the clock.
pub(super) struct Shared {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(config: ViestitConfig) -> Self {
        let systems = config.systems.into_iter().map(|account| System {
            user_name: account.user_name,
            password: account.password,
            services: account.services,
            password_changed: None,
        });
        Self {
            clock: config.clock,
            state: Mutex::new(State {
                systems: systems.collect(),
                tokens: HashMap::new(),
                mailboxes: config.active_mailboxes.into_iter().map(|id| (id, true)).collect(),
                uploads: HashMap::new(),
                messages: Vec::new(),
                received: Vec::new(),
                events: Vec::new(),
                keys: HashMap::new(),
                next_id: config.first_message_id,
                switches: config.switches,
                faults: FaultPlan::default(),
                calls: Vec::new(),
            }),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The state. Each call takes it once, so that a call is atomic.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(super) fn older_than(then: Timestamp, now: Timestamp, limit: SignedDuration) -> bool {
    now.duration_since(then) > limit
}
