//! Everything the simulated service remembers. Deliberately no rule: what a call may do is judged before it comes here.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::clock::Clock;
use super::config::{Switches, ViestitConfig};
use super::faults::{Call, FaultPlan};
use super::message::{Actor, Event, File, StoredMessage, UserMessage};
use super::notice::Notice;
use super::{KEPT_DAYS, UNUSED_UPLOAD_HOURS};

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
    pub(super) kind: UploadKind,
    pub(super) file: File,
    pub(super) at: Timestamp,
    pub(super) used: bool,
}

/// By which call a file came; each sending call takes files of one kind.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum UploadKind {
    /// `POST /v2/attachments`
    Attachment,
    /// `POST /v1/files`
    FirstFile,
    /// `POST /v1/attachments`, for one recipient.
    FirstAttachment(String),
}

/// What is to happen by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    Print(i64),
    Posti(i64),
    Reminder(i64),
}

impl Upload {
    /// Whether a message of `system` may name this upload now, as one of `kind`.
    pub(super) fn usable(&self, system: usize, kind: &UploadKind, now: Timestamp, reuse: bool) -> bool {
        let young = now.duration_since(self.at) < SignedDuration::from_hours(UNUSED_UPLOAD_HOURS);
        self.system == system && self.kind == *kind && young && (reuse || !self.used)
    }
}

pub(super) struct State {
    pub(super) systems: Vec<System>,
    pub(super) tokens: HashMap<String, Token>,
    /// Every token that was ever issued, and every password that was ever good.
    pub(super) issued: Vec<String>,
    pub(super) passwords: Vec<String>,
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
    pub(super) notices: Vec<Notice>,
    /// Everybody who has a mailbox or got a message; the name is empty where nobody told it.
    pub(super) people: Vec<Actor>,
    /// Where in `people` an id stands.
    pub(super) numbers: HashMap<String, usize>,
    /// The earliest first; the number keeps the order of what is due at once.
    pub(super) due: BinaryHeap<Reverse<(Timestamp, u64, Due)>>,
    pub(super) planned: u64,
    pub(super) posti_turn: usize,
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

    /// Messages stand in the order of their ids.
    pub(super) fn message(&self, id: i64) -> Option<&StoredMessage> {
        let at = self.messages.binary_search_by_key(&id, |message| message.message_id).ok()?;
        self.messages.get(at)
    }

    pub(super) fn message_mut(&mut self, id: i64) -> Option<&mut StoredMessage> {
        let at = self.messages.binary_search_by_key(&id, |message| message.message_id).ok()?;
        self.messages.get_mut(at)
    }

    /// Makes the mailbox of `id` exist, in use or not.
    pub(super) fn set_mailbox(&mut self, id: &str, active: bool) {
        self.meet(id, None);
        self.mailboxes.insert(id.to_owned(), active);
    }

    /// Remembers somebody by a number that pages can use in place of the id.
    pub(super) fn meet(&mut self, id: &str, name: Option<String>) {
        let known = self.numbers.get(id).and_then(|at| self.people.get_mut(*at));
        match (known, name) {
            (Some(person), Some(name)) => person.name = name,
            (Some(_), None) => {}
            (None, name) => {
                self.numbers.insert(id.to_owned(), self.people.len());
                self.people.push(Actor { id: id.to_owned(), name: name.unwrap_or_default() });
            }
        }
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
        let systems: Vec<System> = systems.collect();
        let mut state = State {
            passwords: systems.iter().map(|system| system.password.clone()).collect(),
            systems,
            tokens: HashMap::new(),
            issued: Vec::new(),
            mailboxes: HashMap::new(),
            uploads: HashMap::new(),
            messages: Vec::new(),
            received: Vec::new(),
            events: Vec::new(),
            keys: HashMap::new(),
            next_id: config.first_message_id,
            switches: config.switches,
            faults: FaultPlan::default(),
            calls: Vec::new(),
            notices: Vec::new(),
            people: Vec::new(),
            numbers: HashMap::new(),
            due: BinaryHeap::new(),
            planned: 0,
            posti_turn: 0,
        };
        for person in config.persons {
            state.set_mailbox(&person.id, person.mailbox);
            state.meet(&person.id, Some(person.name));
        }
        for id in config.active_mailboxes {
            state.set_mailbox(&id, true);
        }
        Self { clock: config.clock, state: Mutex::new(state) }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Moves the clock, where it is one that can be moved.
    pub(super) fn advance(&self, by: SignedDuration) -> bool {
        self.clock.shift(by)
    }

    /// The state, with what was due carried out. Each call takes it once, so that a call is atomic.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up(self.clock.now());
        state
    }
}

pub(super) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

pub(super) fn older_than(then: Timestamp, now: Timestamp, limit: SignedDuration) -> bool {
    now.duration_since(then) > limit
}
