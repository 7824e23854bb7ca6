//! Works a tenant's mirrors off, in dependency order: organisations, channels, service points, services, connections.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::client::{Client, PtvError};
use super::map::{self, Context};
use super::mirror::{Act, Attempt, Mirroring};
use super::twins::Twins;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{Code, EntityKey, Kind, View};
use crate::outbox::{Breaker, Schedule};
use crate::store::{Commit, CommitError, Store, StoreError, mirrors};
use crate::world::{World, WorldError};

/// The order of work; the last is the connection set of a service.
const ORDER: [&str; 5] = ["organisation", "channel", "servicePoint", "service", CONNECTIONS];
/// The mirror of a service's connection set.
pub const CONNECTIONS: &str = "connections";
const LEASE: Duration = Duration::from_mins(2);
/// How soon a mirror that waits for another is looked at again.
const PATIENCE: Duration = Duration::from_secs(1);
const CLAIM: u32 = 64;
const AT_ONCE: usize = 4;

/// The tenant's newest view, as the catalogue hands it out.
pub type Views = Arc<dyn Fn() -> Arc<View> + Send + Sync>;

/// One tenant's mirrors. Cheap to share; one `run` per tenant and process.
pub struct Worker {
    settings: Settings,
    client: Client,
    twins: Twins,
    store: Store,
    world: World,
    views: Views,
    breaker: Breaker,
    schedule: Schedule,
    owner: String,
    progress: Progress,
    duplicates: Mutex<(u64, Arc<BTreeMap<EntityKey, EntityKey>>)>,
}

/// Counts since start.
#[derive(Debug, Default)]
struct Progress {
    created: AtomicU64,
    updated: AtomicU64,
    archived: AtomicU64,
    connections: AtomicU64,
    unchanged: AtomicU64,
    withheld: AtomicU64,
    failed: AtomicU64,
    services_created: AtomicU64,
    services_updated: AtomicU64,
    stopped: Mutex<Option<String>>,
    last_error: Mutex<Option<String>>,
}

/// Where a tenant stands with PTV. Counts are since the process started; `created` and `updated` of all kinds,
/// `servicesCreated` and `servicesUpdated` of services alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub waiting: u64,
    pub parked: u64,
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
    /// Why nothing is sent at all, when that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    World(#[from] WorldError),
}

impl Worker {
    pub async fn new(settings: Settings, store: Store, world: World, views: Views) -> Result<Worker, WorkerError> {
        let twins = Twins::load(&store, &settings.tenant, &ORDER).await?;
        let client = Client::new(&settings, &world)?;
        let owner = world.id()?.to_string();
        Ok(Worker {
            settings,
            client,
            twins,
            store,
            world,
            views,
            breaker: Breaker::new(5, Duration::from_secs(30)),
            schedule: Schedule::default(),
            owner,
            progress: Progress::default(),
            duplicates: Mutex::new((u64::MAX, Arc::default())),
        })
    }

    /// Works off everything that is due now and says whether anything was. Stops early while PTV is in trouble.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        if self.stopped().is_some() || self.breaker.is_open(self.world.elapsed()) {
            return Ok(false);
        }
        let mut worked = false;
        for kind in ORDER {
            loop {
                let now = self.world.now_micros();
                let until = now + micros(LEASE);
                let tenant = &self.settings.tenant;
                let claimed = mirrors::claim(&self.store, tenant, kind, &self.owner, now, until, CLAIM).await?;
                if claimed.is_empty() {
                    break;
                }
                worked = true;
                let view = (self.views)();
                let duplicates = self.duplicates(&view);
                let outcomes: Vec<Result<(), WorkerError>> = stream::iter(claimed)
                    .map(|claimed| self.attempt(kind, claimed, &view, &duplicates))
                    .buffer_unordered(AT_ONCE)
                    .collect()
                    .await;
                outcomes.into_iter().collect::<Result<(), _>>()?;
                if self.stopped().is_some() || self.breaker.is_open(self.world.elapsed()) {
                    return Ok(true);
                }
            }
        }
        Ok(worked)
    }

    /// How long nothing will be due, at most `limit`.
    pub async fn idle(&self, limit: Duration) -> Result<Duration, WorkerError> {
        if self.stopped().is_some() {
            return Ok(limit);
        }
        let due = mirrors::next_due(&self.store).await?;
        let wait = due.map_or(limit, |due| {
            let left = due.saturating_sub(self.world.now_micros());
            Duration::from_micros(u64::try_from(left).unwrap_or_default())
        });
        Ok(wait.max(self.breaker.wait(self.world.elapsed())).max(Duration::from_millis(20)).min(limit))
    }

    pub async fn status(&self) -> Result<Status, WorkerError> {
        let counts = mirrors::count(&self.store, &self.settings.tenant).await?;
        let count = |state: &str| {
            let found = counts.iter().find(|(known, _)| known == state);
            found.map_or(0, |(_, count)| count.unsigned_abs())
        };
        let progress = &self.progress;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ok(Status {
            waiting: count("waiting"),
            parked: count("parked"),
            created: read(&progress.created),
            updated: read(&progress.updated),
            services_created: read(&progress.services_created),
            services_updated: read(&progress.services_updated),
            archived: read(&progress.archived),
            connections: read(&progress.connections),
            unchanged: read(&progress.unchanged),
            withheld: read(&progress.withheld),
            failed: read(&progress.failed),
            stopped: self.stopped(),
            last_error: progress.last_error.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        })
    }

    /// Wants every twin of the tenant to be compared with its entity again. What is equal makes no call.
    pub async fn want_all(&self) -> Result<u64, WorkerError> {
        let view = (self.views)();
        let now = self.world.now_micros();
        let tenant = &self.settings.tenant;
        let mut wanted = 0;
        for kind in ORDER {
            let of = if kind == CONNECTIONS { Kind::Service.word() } else { kind };
            let Some(of) = Kind::from_word(of) else { continue };
            let keys: Vec<String> = view.all(of).map(|stored| stored.entity.key.code.to_string()).collect();
            for codes in keys.chunks(500) {
                let wishes =
                    codes.iter().map(|code| mirrors::want(mirrors::Key { tenant, kind, code }, now, now));
                self.store.commit(Commit::new().with(wishes)).await?;
                wanted += codes.len() as u64;
            }
        }
        Ok(wanted)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn twins(&self) -> &Twins {
        &self.twins
    }

    /// Runs `with` in the context of a view: what a plan or a probe maps entities in.
    pub fn in_context<T>(&self, view: &View, with: impl FnOnce(&Context<'_>) -> T) -> T {
        let duplicates = self.duplicates(view);
        let guid = |key: &EntityKey| self.twins.guid(key);
        with(&self.context(view, &duplicates, &guid))
    }

    async fn attempt(
        &self,
        kind: &str,
        claimed: mirrors::Claimed,
        view: &View,
        duplicates: &BTreeMap<EntityKey, EntityKey>,
    ) -> Result<(), WorkerError> {
        let started = self.world.now();
        let of = if kind == CONNECTIONS { Kind::Service.word() } else { kind };
        let key = Kind::from_word(of).zip(claimed.code.parse::<Code>().ok());
        let stored = key.and_then(|(kind, code)| view.get(kind, &code));
        let guid = |key: &EntityKey| self.twins.guid(key);
        let mirroring = Mirroring {
            client: &self.client,
            context: self.context(view, duplicates, &guid),
            twins: &self.twins,
            now: started.as_microsecond(),
        };
        let attempt = match stored {
            None => Attempt::Done { act: Act::Unchanged, twin: None },
            Some(stored) if kind == CONNECTIONS => mirroring.connections(CONNECTIONS, stored).await,
            Some(stored) => mirroring.entity(stored).await,
        };
        self.settle(kind, &claimed, attempt, started).await
    }

    async fn settle(
        &self,
        kind: &str,
        claimed: &mirrors::Claimed,
        attempt: Attempt,
        started: jiff::Timestamp,
    ) -> Result<(), WorkerError> {
        let key = mirrors::Key { tenant: &self.settings.tenant, kind, code: &claimed.code };
        let now = self.world.now();
        let micros_now = now.as_microsecond();
        let (wish, owner) = (claimed.wish, self.owner.as_str());
        let commit = match attempt {
            Attempt::Done { act, twin } => {
                self.count(kind, act);
                let mut commit = Commit::new().with(mirrors::done(key, wish, owner, micros_now));
                if let Some(twin) = twin {
                    self.breaker.succeeded();
                    commit = commit.with([crate::store::twins::put(key.tenant, &twin)]);
                    commit = commit.and(self.evidence(kind, &claimed.code, act, started, now));
                    if kind == Kind::Service.word() {
                        let connections = mirrors::Key { kind: CONNECTIONS, ..key };
                        commit = commit.with([mirrors::want(connections, micros_now, micros_now)]);
                    }
                    self.twins.put(*twin);
                }
                commit
            }
            Attempt::Waits => {
                let due = micros_now + micros(PATIENCE);
                Commit::new().with(mirrors::retry(key, wish, owner, due, "waits for another mirror", micros_now))
            }
            Attempt::Stranger => {
                let reason = "PTV answered with an organisation that is not this tenant's".to_owned();
                tracing::error!(tenant = %self.settings.tenant, kind, "{reason}; nothing more is sent");
                *self.progress.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.clone());
                Commit::new().with(mirrors::park(key, wish, owner, &reason, micros_now))
            }
            Attempt::Failed(error) => self.failed(key, claimed, &error, micros_now),
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    fn failed(&self, key: mirrors::Key<'_>, claimed: &mirrors::Claimed, error: &PtvError, now: i64) -> Commit {
        self.progress.failed.fetch_add(1, Ordering::Relaxed);
        let text = error.to_string();
        tracing::warn!(tenant = key.tenant, kind = key.kind, code = %claimed.code, "PTV: {text}");
        *self.progress.last_error.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(format!("{} {}: {text}", key.kind, claimed.code));
        if error.is_outage() {
            self.breaker.failed(self.world.elapsed());
        }
        if *error == PtvError::LoginRefused {
            let mut stopped = self.progress.stopped.lock().unwrap_or_else(PoisonError::into_inner);
            *stopped = Some(format!("{text}. Check the API user and its password, then restart"));
        }
        let commit = Commit::new();
        if !error.may_retry() {
            return commit.with(mirrors::park(key, claimed.wish, &self.owner, &text, now));
        }
        let attempts = u32::try_from(claimed.attempts + 1).unwrap_or(u32::MAX);
        let seed = now.unsigned_abs() ^ claimed.code.len() as u64;
        let due = now + micros(self.schedule.pause(attempts, seed));
        commit.with(mirrors::retry(key, claimed.wish, &self.owner, due, &text, now))
    }

    fn evidence(
        &self,
        kind: &str,
        code: &str,
        act: Act,
        started: jiff::Timestamp,
        now: jiff::Timestamp,
    ) -> EvidenceDraft {
        let mut draft = EvidenceDraft::new(RecordKind::Mirrored, &*self.settings.tenant, started, now);
        draft.actor = Some("system".into());
        draft.subject = Some(format!("{kind}/{code}"));
        draft.outcome = Some(
            match act {
                Act::Created => "created",
                Act::Updated => "updated",
                Act::Archived => "archived",
                Act::Unchanged => "unchanged",
                Act::Withheld => "withheld",
            }
            .into(),
        );
        draft
    }

    fn count(&self, kind: &str, act: Act) {
        let progress = &self.progress;
        let service = kind == Kind::Service.word();
        let counters: &[&AtomicU64] = match act {
            Act::Created | Act::Updated if kind == CONNECTIONS => &[&progress.connections],
            Act::Created if service => &[&progress.created, &progress.services_created],
            Act::Created => &[&progress.created],
            Act::Updated if service => &[&progress.updated, &progress.services_updated],
            Act::Updated => &[&progress.updated],
            Act::Archived => &[&progress.archived],
            Act::Unchanged => &[&progress.unchanged],
            Act::Withheld => &[&progress.withheld],
        };
        for counter in counters {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn stopped(&self) -> Option<String> {
        self.progress.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Equal names, found once per view.
    fn duplicates(&self, view: &View) -> Arc<BTreeMap<EntityKey, EntityKey>> {
        let mut kept = self.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != view.sequence() {
            let none = BTreeMap::new();
            // Names do not depend on what is in PTV yet.
            let guid = |_: &EntityKey| Some(String::new());
            *kept = (view.sequence(), Arc::new(map::duplicates(&self.context(view, &none, &guid))));
        }
        Arc::clone(&kept.1)
    }

    fn context<'a>(
        &'a self,
        view: &'a View,
        duplicates: &'a BTreeMap<EntityKey, EntityKey>,
        guid: &'a (dyn Fn(&EntityKey) -> Option<String> + Sync),
    ) -> Context<'a> {
        Context {
            tenant: &self.settings.tenant,
            municipality: &self.settings.municipality,
            organisation: &self.settings.organisation,
            organisation_languages: &self.settings.organisation_languages,
            profile: self.settings.profile,
            reference: &self.settings.reference,
            view,
            guid,
            duplicates,
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
