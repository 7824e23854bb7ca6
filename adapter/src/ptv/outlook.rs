//! When a change will be sent to PTV, and what became of it: what a CMS wants to tell its editor.
//!
//! It tells what stands in the store and what the pace allows. It promises nothing about the portal of Suomi.fi, which
//! shows what PTV has published in its own time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::drift::{Stage, expires_at};
use super::reason::Reason;
use super::twins::PUBLISHED;
use super::worker::{CONNECTIONS, ORDER, Worker, WorkerError};
use crate::model::{Code, Entity, Kind};
use crate::store::mirrors::{self, Mirror};

/// A twin takes two calls as a rule: the PUT by source id that finds out whether it is there, and the POST, or the GET
/// that compares.
const CALLS_PER_TWIN: u64 = 2;

/// How a record stands with PTV.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    pub state: OutlookState,
    /// When it will have been sent, by the work that waits before it and the pace; none while nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub sent_by: Option<Timestamp>,
    /// When PTV accepted it, or when it was last found equal.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub at: Option<Timestamp>,
    /// Its GUID in PTV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Why it has not got through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When PTV archives it unless its owner says that it is still right; told from a year after it was written.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub confirm_by: Option<Timestamp>,
    /// What PTV said of which field, in three languages, as findings of a plan.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Value>,
    /// What version 12 of PTV would refuse or lose of it, in the same form. Nothing is withheld for that today.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub will_not_pass: Vec<Value>,
}

#[allow(clippy::ref_option)] // What serde hands over.
fn shown<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// From the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum OutlookState {
    /// PTV holds it as it stands here.
    Accepted,
    /// There was nothing to send: it is not published, or what it belongs to is not.
    NotSent,
    /// On its way.
    Waiting,
    /// An attempt failed; it is tried again by itself.
    Retrying,
    /// Our own rules keep it from PTV: `silta ptv plan` names them.
    Withheld,
    /// A person must look.
    Parked,
}

/// What waits for PTV at one moment, and what happened to what does not wait any more.
pub struct Outlooks<'a> {
    worker: &'a Worker,
    mirrors: BTreeMap<&'static str, BTreeMap<String, Mirror>>,
    /// Waiting twins of each kind, in the order of work.
    waiting: Vec<(&'static str, u64)>,
    now: Timestamp,
}

impl Worker {
    /// How these records stand; of others nothing is known.
    pub async fn outlooks(&self, entities: impl IntoIterator<Item = &Entity>) -> Result<Outlooks<'_>, WorkerError> {
        let tenant = &self.settings.tenant;
        let mut asked: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
        for entity in entities {
            let Some(kind) = mirrored_as(entity.key.kind) else { continue };
            asked.entry(kind).or_default().extend(carriers(entity).iter().map(Code::as_str));
        }
        let mut found = BTreeMap::new();
        for (kind, codes) in asked {
            found.insert(kind, mirrors::of_codes(&self.store, tenant, kind, &codes).await?);
        }
        let counts = mirrors::waiting(&self.store, tenant).await?;
        let count = |kind| counts.iter().find(|(known, _)| known == kind).map_or(0, |(_, count)| *count);
        let waiting = ORDER.map(|kind| (kind, count(kind))).to_vec();
        Ok(Outlooks { worker: self, mirrors: found, waiting, now: self.world.now() })
    }
}

impl Outlooks<'_> {
    /// None for a kind that PTV does not hold, and for a record that was never wanted there. An offer has no twin: it
    /// is a connection of the services that it names, and stands as the worst of them.
    pub fn of(&self, entity: &Entity) -> Option<Outlook> {
        let kind = mirrored_as(entity.key.kind)?;
        let all = carriers(entity).iter().filter_map(|code| self.of_mirror(entity.key.kind, kind, code));
        let mut outlook = all.max_by_key(|outlook| outlook.state)?;
        let coming = self.worker.warnings_of(entity);
        outlook.will_not_pass = coming.iter().map(super::plan::finding).collect();
        Some(outlook)
    }

    fn of_mirror(&self, of: Kind, kind: &'static str, code: &Code) -> Option<Outlook> {
        let mirror = self.mirrors.get(kind)?.get(code.as_str())?;
        let twin = self.worker.twins.get(kind, code.as_str());
        let confirm_by = twin.as_ref().filter(|twin| expires(of) && twin.status == PUBLISHED).and_then(|twin| {
            let written = Timestamp::from_microsecond(twin.updated_at).ok()?;
            Stage::of(written, self.now).and_then(|_| expires_at(written))
        });
        // Connections follow their services.
        let confirm_by = confirm_by.filter(|_| kind != CONNECTIONS);
        let guid = twin.and_then(|twin| twin.guid);
        let time = |micros| Timestamp::from_microsecond(micros).ok();
        let said = mirror.last_error.as_deref().map(Reason::read);
        let (reason, findings) = said.map(|said| (said.text, said.findings)).unzip();
        let (state, sent_by, at) = match (mirror.state.as_str(), &reason) {
            ("waiting", Some(_)) => (OutlookState::Retrying, time(mirror.due_at), None),
            ("waiting", None) => (OutlookState::Waiting, self.sent_by(of, 0), None),
            ("parked", _) => (OutlookState::Parked, None, None),
            (_, Some(_)) => (OutlookState::Withheld, None, None),
            _ if guid.is_none() => (OutlookState::NotSent, None, None),
            _ => (OutlookState::Accepted, None, time(mirror.updated_at)),
        };
        Some(Outlook {
            state,
            sent_by: sent_by.filter(|_| !self.halted()),
            at,
            guid,
            reason,
            findings: findings.unwrap_or_default(),
            will_not_pass: Vec::new(),
            confirm_by,
        })
    }

    /// How a record of a kind would stand that is accepted now, together with so many of each kind.
    pub fn of_new(&self, kind: Kind, more: &BTreeMap<Kind, u64>) -> Option<Outlook> {
        let last = place(mirrored_as(kind)?)?;
        let before = |kind: &Kind| mirrored_as(*kind).and_then(place).is_some_and(|place| place <= last);
        let more = more.iter().filter(|(kind, _)| before(kind)).map(|(_, count)| count).sum();
        let sent_by = self.sent_by(kind, more).filter(|_| !self.halted());
        Some(Outlook {
            state: OutlookState::Waiting,
            sent_by,
            at: None,
            guid: None,
            reason: None,
            findings: Vec::new(),
            will_not_pass: Vec::new(),
            confirm_by: None,
        })
    }

    /// Nothing is sent: the tenant is stopped, or PTV is in trouble.
    fn halted(&self) -> bool {
        self.worker.rests() || self.worker.breaker.is_open(self.worker.world.elapsed())
    }

    fn sent_by(&self, kind: Kind, more: u64) -> Option<Timestamp> {
        let last = place(mirrored_as(kind)?)?;
        let ahead: u64 = self.waiting.iter().take(last + 1).map(|(_, count)| count).sum();
        let calls = ahead.saturating_add(more).saturating_mul(CALLS_PER_TWIN);
        let seconds = calls.div_ceil(u64::from(self.worker.settings.pace_per_second.max(1)));
        self.now.checked_add(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))).ok()
    }
}

/// PTV archives services and channels that nobody has written for long.
fn expires(kind: Kind) -> bool {
    !matches!(kind, Kind::Organisation | Kind::Collection)
}

/// The codes of the mirrors that carry a record to PTV.
fn carriers(entity: &Entity) -> &[Code] {
    let own = std::slice::from_ref(&entity.key.code);
    entity.offer().map_or(own, |offer| &offer.services)
}

/// The mirror that carries a kind to PTV.
fn mirrored_as(kind: Kind) -> Option<&'static str> {
    let word = if kind == Kind::Offer { CONNECTIONS } else { kind.word() };
    ORDER.into_iter().find(|known| *known == word)
}

/// Its place in the order of work.
fn place(kind: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == kind)
}
