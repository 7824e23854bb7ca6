//! What a worker has done since it started, and where its tenant stands.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mirror::Act;
use super::reason::Reason;
use super::shadow::VersionsStatus;
use super::worker::CONNECTIONS;
use crate::model::Kind;
use crate::store::mirrors::Mirror;

/// Counts since start.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The API user's name was compared with the mark.
    pub(super) user_known: AtomicBool,
    pub(super) created: AtomicU64,
    pub(super) updated: AtomicU64,
    pub(super) archived: AtomicU64,
    pub(super) connections: AtomicU64,
    pub(super) unchanged: AtomicU64,
    pub(super) withheld: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) services_created: AtomicU64,
    pub(super) services_updated: AtomicU64,
    /// Held removals, as of the last look at the store.
    pub(super) held: AtomicU64,
    /// When the last removal was done that a person had let go; microseconds UTC.
    pub(super) let_go: AtomicI64,
    pub(super) stopped: Mutex<Option<String>>,
    pub(super) last_error: Mutex<Option<String>>,
}

/// Where a tenant stands with PTV. Counts are since the process started; `created` and `updated` of all kinds,
/// `servicesCreated` and `servicesUpdated` of services alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub waiting: u64,
    /// Of those that wait, how many nobody has asked for yet, where only what is asked for is sent.
    #[serde(default)]
    pub unasked: u64,
    pub parked: u64,
    /// Removals that the stop-loss holds.
    #[serde(default)]
    pub held: u64,
    pub created: u64,
    pub updated: u64,
    pub services_created: u64,
    pub services_updated: u64,
    pub archived: u64,
    /// Connection sets written.
    pub connections: u64,
    pub unchanged: u64,
    pub withheld: u64,
    pub failed: u64,
    /// The operator has stopped it for a while.
    #[serde(default)]
    pub paused: bool,
    /// Twins that are not as they were sent, as of the last look.
    #[serde(default)]
    pub drift: u64,
    /// Twins that were not written for a year: their owners are asked.
    #[serde(default)]
    pub expiring: u64,
    /// Which versions of PTV's interface are read and written.
    #[serde(default)]
    pub versions: VersionsStatus,
    /// Why nothing is sent at all, when that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<String>,
}

impl Status {
    /// `states` counts mirrors by state; `asked` those that wait and were asked for, where nothing else is sent.
    pub(super) fn new(progress: &Progress, states: &[(String, i64)], asked: Option<u64>) -> Status {
        let count = |state: &str| {
            let found = states.iter().find(|(known, _)| known == state);
            found.map_or(0, |(_, count)| count.unsigned_abs())
        };
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            waiting: count("waiting"),
            unasked: asked.map_or(0, |asked| count("waiting").saturating_sub(asked)),
            parked: count("parked"),
            held: count("held"),
            created: read(&progress.created),
            updated: read(&progress.updated),
            services_created: read(&progress.services_created),
            services_updated: read(&progress.services_updated),
            archived: read(&progress.archived),
            connections: read(&progress.connections),
            unchanged: read(&progress.unchanged),
            withheld: read(&progress.withheld),
            failed: read(&progress.failed),
            paused: false,
            drift: 0,
            expiring: 0,
            versions: VersionsStatus::default(),
            stopped: progress.stopped(),
            last_error: progress.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Progress {
    pub(super) fn count(&self, kind: &str, act: Act) {
        let service = kind == Kind::Service.word();
        let counters: &[&AtomicU64] = match act {
            Act::Created | Act::Updated if kind == CONNECTIONS => &[&self.connections],
            Act::Created if service => &[&self.created, &self.services_created],
            Act::Created => &[&self.created],
            Act::Updated if service => &[&self.updated, &self.services_updated],
            Act::Updated => &[&self.updated],
            Act::Archived => &[&self.archived],
            Act::Unchanged => &[&self.unchanged],
            Act::Withheld => &[&self.withheld],
        };
        for counter in counters {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many mirrors of the states that the store counts are held.
    pub(super) fn count_held(&self, states: &[(String, i64)]) {
        let held = states.iter().find(|(state, _)| state == "held").map_or(0, |(_, count)| count.unsigned_abs());
        self.held.store(held, Ordering::Relaxed);
    }

    pub(super) fn stopped(&self) -> Option<String> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn stop(&self, reason: String) {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    pub(super) fn failed(&self, text: String) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }
}

/// A mirror that did not get through yet, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    pub kind: String,
    pub code: String,
    /// `waiting`: it is tried again by itself. `parked`: not before the record changes or a sync is asked for.
    pub state: String,
    pub reason: String,
    /// What PTV said of which field, in three languages.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<Value>,
    pub attempts: u64,
    /// When it is tried again; microseconds UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due_at: Option<i64>,
}

impl Trouble {
    pub(super) fn of(mirror: Mirror) -> Option<Trouble> {
        let due_at = (mirror.state == "waiting").then_some(mirror.due_at);
        let Reason { text, findings } = Reason::read(&mirror.last_error?);
        Some(Trouble {
            kind: mirror.kind,
            code: mirror.code,
            state: mirror.state,
            reason: text,
            findings,
            attempts: mirror.attempts.unsigned_abs(),
            due_at,
        })
    }
}
