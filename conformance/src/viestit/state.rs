//! Everything the simulated service remembers. Deliberately no rule: what a call may do is judged before it comes here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::clock::Clock;
use super::config::{Switches, ViestitConfig};
use super::faults::{Call, FaultPlan};
use super::message::{Event, File, StoredMessage, UserMessage};
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
