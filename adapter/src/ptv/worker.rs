//! Works a tenant's mirrors off, in dependency order: organisations, channels, service points, services, connections,
//! collections.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::Settings;
use super::dialect::Dialects;
use super::drift::Watched;
use super::map::{self, Context};
use super::mirror::{self, Act, Attempt, Mirroring};
use super::progress::Progress;
pub use super::progress::{Status, Trouble};
use super::reference::Reference;
use super::settle::Job;
use super::shadow::Shadowed;
use super::twins::Twins;
use crate::model::{Code, EntityKey, Kind, Stored, View};
use crate::outbox::{Breaker, Schedule};
use crate::store::{Commit, CommitError, Store, StoreError, entities, mirrors};
use crate::world::{World, WorldError};

/// The order of work; `connections` are the connection set of a service.
pub(super) const ORDER: [&str; 6] = ["organisation", "channel", "servicePoint", "service", CONNECTIONS, "collection"];
/// The mirror of a service's connection set.
pub const CONNECTIONS: &str = "connections";
const LEASE: Duration = Duration::from_mins(5);
/// What a connection set is made of, its service apart.
pub(super) const CONNECTED: &[Kind] = &[Kind::Offer, Kind::Channel, Kind::ServicePoint];

/// After so many looks a connection set or a collection goes without what is still on its way.
const PATIENCE: i64 = 4;
const CLAIM: u32 = 32;
const AT_ONCE: usize = 4;
/// How often and how soon the view is looked at again when the store is ahead of it.
const VIEW_LOOKS: usize = 10;
const VIEW_PAUSE: Duration = Duration::from_millis(10);
const MAX_DEPTH: usize = 8;

/// The tenant's newest view, as the catalogue hands it out.
pub type Views = Arc<dyn Fn() -> Arc<View> + Send + Sync>;

/// One tenant's mirrors. Cheap to share; one `run` per tenant and process.
pub struct Worker {
    pub(super) settings: Settings,
    pub(super) dialects: Dialects,
    pub(super) twins: Twins,
    pub(super) store: Store,
    pub(super) world: World,
    views: Views,
    pub(super) breaker: Breaker,
    pub(super) schedule: Schedule,
    pub(super) owner: String,
    pub(super) progress: Progress,
    /// What PTV was seen to hold differently, what is decided of it, and the pause.
    pub(super) watched: Watched,
    /// Who writes, and how the twins stand in version 12.
    pub(super) shadowed: Shadowed,
    duplicates: Mutex<Arc<Duplicates>>,
}

/// What the mirrors of one claim are judged by.
#[derive(Clone, Copy)]
struct Sight<'a> {
    view: &'a View,
    /// Whether the view shows every change in the store.
    fresh: bool,
    duplicates: &'a BTreeMap<EntityKey, EntityKey>,
    /// Codes that the stop-loss holds, and why.
    barred: Option<&'a (BTreeSet<String>, String)>,
}

/// Entities whose name another one has, as of one view.
#[derive(Debug, Default)]
struct Duplicates {
    sequence: Option<u64>,
    found: BTreeMap<EntityKey, EntityKey>,
    /// Those that were held back in an earlier view and are not any more.
    freed: BTreeSet<EntityKey>,
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
        let dialects = Dialects::new(&settings, &world)?;
        let owner = world.id()?.to_string();
        let progress = Progress::default();
        let states = mirrors::count(&store, &settings.tenant).await?;
        progress.count_held(&states);
        let watched = Watched::load(&store, &settings.tenant).await?;
        let shadowed = Shadowed::load(&store, &settings.tenant).await?;
        let worker = Worker {
            settings,
            dialects,
            twins,
            store,
            world,
            views,
            breaker: Breaker::new(5, Duration::from_secs(30)),
            schedule: Schedule::default(),
            owner,
            progress,
            watched,
            shadowed,
            duplicates: Mutex::default(),
        };
        worker.remember_shared();
        worker.turn().await?;
        Ok(worker)
    }

    /// Takes what is due now of the first kind that has anything, works it off and says whether there was anything.
    /// Call it until there is nothing: the order of kinds begins anew each time, and between two calls nothing is under
    /// work. Does nothing while PTV is in trouble.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        if self.rests() || self.breaker.is_open(self.world.elapsed()) {
            return Ok(false);
        }
        self.obey().await?;
        if self.rests() {
            return Ok(false);
        }
        let limit = if self.breaker.is_on_trial(self.world.elapsed()) { 1 } else { CLAIM };
        for kind in ORDER {
            let now = self.world.now_micros();
            let until = now + micros(LEASE);
            let tenant = &self.settings.tenant;
            let (owner, asked) = (self.owner.as_str(), self.settings.asked_only);
            let claim = mirrors::Claim { tenant, kind, owner, now, until, limit, asked };
            let claimed = mirrors::claim(&self.store, claim).await?;
            if claimed.is_empty() {
                continue;
            }
            self.know_api_user().await?;
            let (view, fresh) = self.view().await?;
            let duplicates = self.duplicates(&view);
            self.want_freed_names(&duplicates).await?;
            let barred = if fresh { self.barred(kind, &claimed, &view) } else { None };
            let sight = Sight { view: &view, fresh, duplicates: &duplicates.found, barred: barred.as_ref() };
            for wave in waves(kind, claimed, &view) {
                let outcomes: Vec<Result<(), WorkerError>> = stream::iter(wave)
                    .map(|claimed| self.attempt(kind, claimed, until, sight))
                    .buffer_unordered(AT_ONCE)
                    .collect()
                    .await;
                outcomes.into_iter().collect::<Result<(), _>>()?;
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// How long nothing will be due, at most `limit`.
    pub async fn idle(&self, limit: Duration) -> Result<Duration, WorkerError> {
        if self.rests() {
            return Ok(limit);
        }
        self.progress.count_held(&mirrors::count(&self.store, &self.settings.tenant).await?);
        let due = mirrors::next_due(&self.store, &self.settings.tenant, self.settings.asked_only).await?;
        let wait = due.map_or(limit, |due| {
            let left = due.saturating_sub(self.world.now_micros());
            Duration::from_micros(u64::try_from(left).unwrap_or_default())
        });
        Ok(wait.max(self.breaker.wait(self.world.elapsed())).max(Duration::from_millis(20)).min(limit))
    }

    pub async fn status(&self) -> Result<Status, WorkerError> {
        let states = mirrors::count(&self.store, &self.settings.tenant).await?;
        self.progress.count_held(&states);
        let asked = if self.settings.asked_only {
            Some(mirrors::asked(&self.store, &self.settings.tenant).await?)
        } else {
            None
        };
        let expiring = u64::try_from(self.expiring().len()).unwrap_or(u64::MAX);
        let drift = u64::try_from(self.watched.open()).unwrap_or(u64::MAX);
        let paused = self.watched.is_paused();
        let versions = self.versions_status();
        Ok(Status { paused, drift, expiring, versions, ..Status::new(&self.progress, &states, asked) })
    }

    /// Nothing is sent: the tenant is stopped, or paused.
    pub(super) fn rests(&self) -> bool {
        self.progress.stopped().is_some() || self.watched.is_paused()
    }

    /// At most `limit` mirrors of each state that did not get through, with the reason.
    pub async fn troubles(&self, limit: u32) -> Result<Vec<Trouble>, WorkerError> {
        let mut troubles = Vec::new();
        for state in ["parked", "held", "waiting"] {
            let mirrors = mirrors::troubled(&self.store, &self.settings.tenant, state, limit).await?;
            troubles.extend(mirrors.into_iter().filter_map(Trouble::of));
        }
        Ok(troubles)
    }

    /// Removals that the stop-loss holds, as of the last look at the store.
    pub fn held(&self) -> u64 {
        self.progress.held.load(Ordering::Relaxed)
    }

    pub(super) fn dialects(&self) -> &Dialects {
        &self.dialects
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The tenant's newest view.
    pub(super) fn newest(&self) -> Arc<View> {
        (self.views)()
    }

    pub fn twins(&self) -> &Twins {
        &self.twins
    }

    /// Runs `with` in the context of a view: what a plan or a probe maps entities in.
    pub fn in_context<T>(&self, view: &View, with: impl FnOnce(&Context<'_>) -> T) -> T {
        let duplicates = self.duplicates(view);
        let guid = |key: &EntityKey| self.twins.guid(key);
        let reference = self.settings.reference.now();
        with(&self.context(&reference, view, &duplicates.found, &guid))
    }

    async fn attempt(
        &self,
        kind: &str,
        claimed: mirrors::Claimed,
        until: i64,
        sight: Sight<'_>,
    ) -> Result<(), WorkerError> {
        let Sight { view, fresh, duplicates, barred } = sight;
        let started = self.world.now();
        let of = if kind == CONNECTIONS { Kind::Service.word() } else { kind };
        let entity = Kind::from_word(of).zip(claimed.code.parse::<Code>().ok());
        let entity = entity.map(|(kind, code)| EntityKey { kind, code });
        let job = Job { kind, claimed: &claimed, entity: entity.as_ref(), view, started };
        if started.as_microsecond() >= until {
            // The lease is over: it may be somebody else's already.
            return Ok(());
        }
        if self.rests() || self.breaker.is_open(self.world.elapsed()) {
            return self.give_back(job).await;
        }
        if !fresh {
            return self.postpone(job).await;
        }
        if self.is_kept_back(job).await? {
            return Ok(());
        }
        if let Some(until) = self.held_until(kind, &claimed.code) {
            return self.wait_for_transfer(job, until).await;
        }
        if let Some((_, reason)) = barred.filter(|(codes, _)| codes.contains(&claimed.code)) {
            return self.hold(job, reason).await;
        }
        let guid = |key: &EntityKey| self.twins.guid(key);
        let reference = self.settings.reference.now();
        let mirroring = Mirroring {
            writer: self.dialects.writer(self.shadowed.writer(), &reference),
            shadowed: &self.shadowed,
            refuse_for_hours: self.refuses_for_hours(),
            context: self.context(&reference, view, duplicates, &guid),
            twins: &self.twins,
            now: started.as_microsecond(),
            foreseen: claimed.asked_digest.as_deref(),
        };
        let attempt = match entity.as_ref().and_then(|key| view.find(key)) {
            None => mirror::unchanged(),
            Some(stored) if kind == CONNECTIONS => self.connections(&mirroring, stored, &claimed).await?,
            Some(stored) => match self.pending(&mirroring.lacking(stored), &claimed).await? {
                pending if pending.is_empty() => mirroring.entity(stored).await,
                pending => Attempt::Waits(pending),
            },
        };
        self.settle(job, attempt).await
    }

    /// A connection set waits for channels that are on their way to PTV, but not for ever.
    async fn connections(
        &self,
        mirroring: &Mirroring<'_>,
        service: &Stored,
        claimed: &mirrors::Claimed,
    ) -> Result<Attempt, WorkerError> {
        if mirroring.context.view.is_held(&service.entity.key) {
            return Ok(Attempt::Done { act: Act::Withheld, twin: None });
        }
        let Some(set) = mirroring.connection_set(service) else { return Ok(mirror::unchanged()) };
        // A set is always sent whole: without what cannot be read it would take connections away.
        let unread: Vec<EntityKey> = mirroring.context.view.unreadable(CONNECTED).cloned().collect();
        if !unread.is_empty() {
            return Ok(Attempt::Waits(unread));
        }
        let pending = self.pending(&set.waits_for, claimed).await?;
        if !pending.is_empty() {
            return Ok(Attempt::Waits(pending));
        }
        Ok(mirroring.connect(CONNECTIONS, service, set).await)
    }

    /// Those that are still on their way to PTV; none when they were waited for long enough.
    async fn pending(&self, wanted: &[EntityKey], claimed: &mirrors::Claimed) -> Result<Vec<EntityKey>, WorkerError> {
        let mut pending = Vec::new();
        for key in wanted {
            if claimed.attempts < PATIENCE && self.mirror_state(key).await?.as_deref() == Some("waiting") {
                pending.push(key.clone());
            }
        }
        Ok(pending)
    }

    /// The newest view, and whether it shows every change in the store. A commit is seen in the store a moment before
    /// it is seen in the view, and another process's commit only after a refresh.
    async fn view(&self) -> Result<(Arc<View>, bool), WorkerError> {
        for _ in 0..VIEW_LOOKS {
            let view = (self.views)();
            let after = i64::try_from(view.sequence()).unwrap_or(i64::MAX);
            if entities::changes(&self.store, &self.settings.tenant, after, 1).await?.is_empty() {
                return Ok((view, true));
            }
            tokio::time::sleep(VIEW_PAUSE).await;
        }
        Ok(((self.views)(), false))
    }

    /// Equal names, found once per view.
    fn duplicates(&self, view: &View) -> Arc<Duplicates> {
        let mut kept = self.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.sequence != Some(view.sequence()) {
            let none = BTreeMap::new();
            // Names do not depend on what is in PTV yet.
            let guid = |_: &EntityKey| Some(String::new());
            let reference = self.settings.reference.now();
            let found = map::duplicates(&self.context(&reference, view, &none, &guid));
            let freed = kept.found.keys().filter(|key| !found.contains_key(*key)).chain(&kept.freed).cloned().collect();
            *kept = Arc::new(Duplicates { sequence: Some(view.sequence()), found, freed });
        }
        Arc::clone(&kept)
    }

    /// Whoever was held back for a name that is free now may go.
    async fn want_freed_names(&self, duplicates: &Duplicates) -> Result<(), WorkerError> {
        if duplicates.freed.is_empty() {
            return Ok(());
        }
        let (tenant, now) = (&*self.settings.tenant, self.world.now_micros());
        let wishes = duplicates.freed.iter().map(|key| {
            mirrors::want(mirrors::Key { tenant, kind: key.kind.word(), code: key.code.as_str() }, now, now)
        });
        self.store.commit(Commit::new().with(wishes)).await?;
        let mut kept = self.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.sequence == duplicates.sequence {
            *kept = Arc::new(Duplicates { freed: BTreeSet::new(), found: kept.found.clone(), ..**kept });
        }
        Ok(())
    }

    fn context<'a>(
        &'a self,
        reference: &'a Reference,
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
            reference,
            view,
            guid,
            duplicates,
            scope: self.settings.scope,
            instruction_required: self.settings.instruction_required,
        }
    }
}

/// Claimed mirrors in waves: of organisations, parents before their children.
fn waves(kind: &str, claimed: Vec<mirrors::Claimed>, view: &View) -> Vec<Vec<mirrors::Claimed>> {
    if kind != Kind::Organisation.word() {
        return vec![claimed];
    }
    let mut waves: BTreeMap<usize, Vec<mirrors::Claimed>> = BTreeMap::new();
    for claimed in claimed {
        waves.entry(depth(&claimed.code, view)).or_default().push(claimed);
    }
    waves.into_values().collect()
}

/// How many organisations stand above one. PTV has five levels; a circle ends the count too.
fn depth(code: &str, view: &View) -> usize {
    let above = |code: &Code| view.get(Kind::Organisation, code)?.entity.organisation()?.parent.clone();
    std::iter::successors(code.parse::<Code>().ok(), above).take(MAX_DEPTH).count()
}

pub(super) fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
