//! The event feed of a system account (viestit.md §1.10): read to an empty page, each page's effects in one commit with
//! its token.
//!
//! An account may serve several tenants, and its feed holds the events of all of them. Each event goes to the tenant
//! whose service and letter it names. What is nobody's is kept for an operator, without what it says of anybody.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value};

use super::account::Account;
use super::client::{Failure, FailureKind};
use super::moves::{FROM_END_USER, Moves, is_known, meaning};
use super::sealed;
use super::wire::{Event, Page};
use super::worker::{WorkerError, lock};
use super::{Settings, micros};
use crate::outbox::Schedule;
use crate::store::sends::{self, Send};
use crate::store::{Commit, Store, StoreError, TenantKeys, letters, viestit};
use crate::telemetry::Metrics;
use crate::world::World;

/// An event may come before we have committed the id that it names. It is matched again for this long.
const REMATCH: Duration = Duration::from_hours(24);
const OPEN_PAGE: u32 = 500;
/// Events of a page, at most (viestit.md §1.10).
const FULL_PAGE: usize = 1_000;
/// How often a page is tried when something else moves the same rows.
const TRIES: u32 = 5;
/// For one call and what follows from it. Whoever takes over from one that is merely slow does no harm: of two readers of
/// the same page one commits.
const LEASE: Duration = Duration::from_secs(10);

/// The reader of one account's feed, for the tenants that share the account. One works at a time, whatever the number of
/// processes.
pub struct Feed {
    pub(super) account: Arc<Account>,
    /// At least one, by code.
    pub(super) members: Vec<Arc<Settings>>,
    /// The account's name in the store.
    key: String,
    pub(super) store: Store,
    pub(super) world: World,
    pub(super) metrics: Metrics,
    pub(super) schedule: Schedule,
    owner: String,
    /// When the feed is read next, since the world began.
    pub(super) next_poll: Mutex<Duration>,
    unmatched: AtomicU64,
    unknown: AtomicU64,
    overdue: AtomicBool,
    last_error: Mutex<Option<String>>,
}

/// Where a feed stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedStatus {
    /// Events of no letter and no service of ours, since start.
    pub unmatched: u64,
    /// Events of kinds that this version does not know, since start. They are kept.
    pub unknown: u64,
    /// When it was last read; microseconds.
    pub read_at: Option<i64>,
    /// It was not read for the alarm time.
    pub overdue: bool,
    pub last_error: Option<String>,
}

/// Whose an event is.
enum Owner {
    /// A Send of the member at this place.
    Letter(usize, Box<Send>),
    /// Of a member's service, about no letter that we know of.
    Service(usize),
    Nobody,
}

impl Feed {
    /// The feed of the account of these tenants.
    pub fn new(
        account: Arc<Account>,
        mut members: Vec<Arc<Settings>>,
        store: Store,
        world: World,
        metrics: Metrics,
    ) -> Result<Feed, WorkerError> {
        members.sort_by(|one, two| one.tenant.cmp(&two.tenant));
        let key = members.first().map(|settings| settings.account()).unwrap_or_default();
        Ok(Feed {
            account,
            members,
            key,
            store,
            schedule: Schedule::default(),
            owner: world.id()?.to_string(),
            world,
            metrics,
            next_poll: Mutex::new(Duration::ZERO),
            unmatched: AtomicU64::new(0),
            unknown: AtomicU64::new(0),
            overdue: AtomicBool::new(false),
            last_error: Mutex::new(None),
        })
    }

    /// Whether a tenant's letters are among those that it tells of.
    pub fn serves(&self, tenant: &str) -> bool {
        self.members.iter().any(|settings| &*settings.tenant == tenant)
    }

    /// Does what is due: reads the feed, fetches what end users wrote, tells what is late, erases what has been kept long
    /// enough. Says whether there was anything to do.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        let mut worked = false;
        if self.poll_in().is_zero() {
            worked |= self.poll().await?;
            self.watch().await?;
            self.tidy_replies().await?;
        }
        worked |= self.fetch_replies().await?;
        Ok(worked)
    }

    /// How long nothing will be due, at most `limit`.
    pub async fn idle(&self, limit: Duration) -> Result<Duration, WorkerError> {
        let mut wait = self.poll_in();
        // A stopped account fetches nothing, however long it is due.
        if self.account.stopped().is_none()
            && let Some(due) = self.next_reply().await?
        {
            wait = wait.min(due.max(self.account.held_for()));
        }
        Ok(wait.max(Duration::from_millis(20)).min(limit))
    }

    pub async fn status(&self) -> Result<FeedStatus, StoreError> {
        let feed = viestit::feed(&self.store, &self.key).await?;
        Ok(FeedStatus {
            unmatched: self.unmatched.load(Ordering::Relaxed),
            unknown: self.unknown.load(Ordering::Relaxed),
            read_at: feed.map(|feed| feed.updated_at),
            overdue: self.overdue.load(Ordering::Relaxed),
            last_error: lock(&self.last_error).clone(),
        })
    }

    /// Reads the feed until a page is empty, be it time or not; says whether any event came. Makes no call while Viestit
    /// is in trouble or somebody else reads.
    pub async fn poll(&self) -> Result<bool, WorkerError> {
        let every = self.members.iter().map(|settings| settings.poll_every).min().unwrap_or_default();
        *lock(&self.next_poll) = self.world.elapsed() + every;
        if self.account.is_held() {
            // From now on it counts as not read.
            let begun = viestit::begin(&self.key, self.world.now_micros());
            self.store.commit(Commit::new().with([begun])).await?;
            return Ok(false);
        }
        if !self.lease().await? {
            return Ok(false);
        }
        let began = self.world.now_micros();
        let outcome = self.read_to_end().await;
        if let Ok((_, true)) = outcome {
            self.tell_unconfirmed(began).await?;
        }
        self.store.commit(Commit::new().with([viestit::give_back(&self.key, &self.owner)])).await?;
        outcome.map(|(any, _)| any)
    }

    /// Whether this one may read now.
    async fn lease(&self) -> Result<bool, WorkerError> {
        let now = self.world.now_micros();
        Ok(viestit::lease(&self.store, &self.key, &self.owner, now, now + micros(LEASE)).await?)
    }

    /// Whether any event came, and whether the end was reached.
    async fn read_to_end(&self) -> Result<(bool, bool), WorkerError> {
        let began = self.world.now_micros();
        self.match_open_events().await?;
        let mut any = false;
        let mut tries = 0;
        // Once only: a remote that refuses every token would be read for ever.
        let mut restarted = false;
        loop {
            if !self.lease().await? {
                return Ok((any, false));
            }
            let token = viestit::feed(&self.store, &self.key).await?.map(|feed| feed.continuation_token);
            let mut page = self.account.client.events(token.as_deref()).await;
            if let Err(failure) = &page
                && matches!(failure.kind, FailureKind::Refused(_))
                && token.is_some()
                && !restarted
            {
                restarted = true;
                // The kept events come again; states do not move back by them.
                tracing::error!(tenants = %self.tenants(), trace_id = failure.trace_id, "the continuation token was refused; reading the feed from its beginning");
                page = self.account.client.events(None).await;
            }
            let page = match page {
                Ok(page) => page,
                Err(failure) => {
                    self.failed(&failure);
                    return Ok((any, false));
                }
            };
            self.account.reached();
            let came = !page.events.is_empty();
            let is_last = !came || is_of_now(&page, began);
            match self.take_in(token.as_deref(), page).await {
                Ok(()) if is_last => return Ok((any || came, true)),
                Ok(()) => {
                    any = true;
                    tries = 0;
                }
                // Another reader was first, or a Send was settled meanwhile: look again.
                Err(WorkerError::Commit(error)) if error.is_conflict() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn take_in(&self, token: Option<&str>, page: Page) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        let keys = self.keys().await?;
        let mut moves = Moves::default();
        let mut commit = Commit::new().with([viestit::move_feed(&self.key, token, &page.continuation_token, now)]);
        let (mut unmatched, mut unknown) = (0, 0);
        for event in page.events {
            let at = event_time(&event).unwrap_or(now);
            let owner = self.owner_of(&event).await?;
            if !is_known(&event.kind) {
                unknown += 1;
                tracing::warn!(tenants = %self.tenants(), "an event of a kind that this version does not know was kept");
            }
            let mut kept = viestit::NewEvent {
                kind: &event.kind,
                event_time: at,
                metadata: Vec::new(),
                handled: false,
                tenant: None,
                send_id: None,
                service_id: event.service_id(),
            };
            let place = match &owner {
                Owner::Letter(place, _) | Owner::Service(place) => Some(*place),
                Owner::Nobody => None,
            };
            if let Some((settings, keys)) = place.and_then(|place| self.members.get(place).zip(keys.get(place))) {
                kept.tenant = Some(&settings.tenant);
                kept.metadata =
                    keys.seal(&self.world, &sealed::written(&event.metadata)?, &self.context(&event.kind))?;
            }
            match &owner {
                Owner::Letter(_, send) => {
                    kept.send_id = Some(&send.id);
                    kept.handled = meaning(&event.kind).is_some();
                }
                Owner::Service(place) if event.kind == FROM_END_USER => {
                    if let Some(statements) = self.expect_reply(*place, &event, at).await? {
                        commit = commit.with(statements);
                        kept.handled = true;
                    }
                }
                Owner::Service(_) | Owner::Nobody => unmatched += 1,
            }
            commit = commit.with(viestit::add_event(&self.key, kept));
            if let Owner::Letter(place, send) = owner {
                moves.add(place, *send, &event, at)?;
            }
        }
        commit = self.with_moves(commit, moves).await?;
        self.store.commit(commit).await?;
        self.unmatched.fetch_add(unmatched, Ordering::Relaxed);
        self.unknown.fetch_add(unknown, Ordering::Relaxed);
        Ok(())
    }

    /// Tries kept events of the last day again that had found no Send.
    async fn match_open_events(&self) -> Result<(), WorkerError> {
        let keys = self.keys().await?;
        let since = self.world.now_micros() - micros(REMATCH);
        let mut after = 0;
        loop {
            let open = viestit::open_events(&self.store, &self.key, since, after, OPEN_PAGE).await?;
            let Some(last) = open.last() else { return Ok(()) };
            after = last.sequence;
            let mut moves = Moves::default();
            let mut commit = Commit::new();
            for kept in open.into_iter().filter(|kept| meaning(&kept.kind).is_some()) {
                let place = self.members.iter().position(|settings| Some(&*settings.tenant) == kept.tenant.as_deref());
                let Some(sealer) = place.and_then(|place| keys.get(place)) else { continue };
                let plain = sealer.open(&kept.metadata, &self.context(&kept.kind))?;
                let metadata: Map<String, Value> = sealed::read(&plain)?;
                let event = Event { kind: kept.kind, time: None, metadata };
                if let Owner::Letter(place, send) = self.owner_of(&event).await?
                    && let Some((settings, keys)) = self.members.get(place).zip(keys.get(place))
                {
                    let metadata = keys.seal(&self.world, &plain, &self.context(&event.kind))?;
                    let matched = viestit::matched(&self.key, kept.sequence, &settings.tenant, &send.id, &metadata);
                    commit = commit.with([matched]);
                    moves.add(place, *send, &event, kept.event_time)?;
                }
            }
            if commit.statements.is_empty() {
                continue;
            }
            commit = self.with_moves(commit, moves).await?;
            match self.store.commit(commit).await {
                Err(error) if !error.is_conflict() => return Err(error.into()),
                // The next reading finds what another one has not done.
                _ => {}
            }
        }
    }

    /// Whose an event is: of the tenants that send for its service; of all, when no tenant does, because a letter of
    /// before a change of the configuration still knows its external id.
    async fn owner_of(&self, event: &Event) -> Result<Owner, StoreError> {
        let service = event.service_id();
        let of_service: Vec<usize> = self.senders_for(service);
        let all: Vec<usize> = (0..self.members.len()).collect();
        let asked = if of_service.is_empty() { &all } else { &of_service };
        for place in asked {
            let Some(settings) = self.members.get(*place) else { continue };
            if let Some(send) = self.find(&settings.tenant, event).await? {
                return Ok(Owner::Letter(*place, Box::new(send)));
            }
        }
        // An event without a service is the account's, and so its first tenant's.
        let keeper = if service.is_none() { all.first() } else { of_service.first() };
        Ok(keeper.map_or(Owner::Nobody, |place| Owner::Service(*place)))
    }

    /// The members that send for a service.
    pub(super) fn senders_for(&self, service: Option<&str>) -> Vec<usize> {
        let is_sender = |settings: &Settings| service.is_none_or(|id| id == settings.service_id);
        let places = self.members.iter().enumerate().filter(|(_, settings)| is_sender(settings));
        places.map(|(place, _)| place).collect()
    }

    /// The Send of a tenant that an event is about.
    async fn find(&self, tenant: &str, event: &Event) -> Result<Option<Send>, StoreError> {
        if let Some(external_id) = event.external_id()
            && let Some(send) = sends::by_external(&self.store, tenant, external_id).await?
        {
            return Ok(Some(send));
        }
        match event.message_id() {
            Some(message_id) => sends::by_message(&self.store, tenant, message_id).await,
            None => Ok(None),
        }
    }

    /// An alarm when the feed was not read for long: what happens to letters is lost after 60 days.
    pub(super) async fn watch(&self) -> Result<(), WorkerError> {
        let most = self.members.iter().map(|settings| settings.feed_alarm).min().unwrap_or_default();
        let read_at = viestit::feed(&self.store, &self.key).await?.map(|feed| feed.updated_at);
        let now = self.world.now_micros();
        let since = match read_at {
            Some(at) => at,
            None => viestit::tried_since(&self.store, &self.key).await?.unwrap_or(now),
        };
        let overdue = now - since > micros(most);
        for settings in &self.members {
            self.metrics.feed_overdue(&settings.tenant, overdue);
            for (pool, count) in letters::paper(&self.store, &settings.tenant).await? {
                self.metrics.paper_letters(&settings.tenant, &pool, count);
            }
        }
        if self.overdue.swap(overdue, Ordering::Relaxed) != overdue {
            if overdue {
                tracing::error!(tenants = %self.tenants(), hours = (now - since) / 3_600_000_000, "the event feed was not read for too long; Viestit keeps 60 days of it");
            } else {
                tracing::warn!(tenants = %self.tenants(), "the event feed is read again");
            }
        }
        Ok(())
    }

    /// Logs a failure of a call of ours, once.
    pub(super) fn failed(&self, failure: &Failure) {
        let (status, trace_id, code) = (failure.status, failure.trace_id.as_deref(), failure.code());
        tracing::warn!(tenants = %self.tenants(), status, trace_id, code, "the event feed: {failure}");
        *lock(&self.last_error) = Some(failure.to_string());
        if !failure.stops() {
            self.account.missed(failure.retry_after().unwrap_or_default());
        }
    }

    pub(super) async fn keys(&self) -> Result<Vec<Arc<TenantKeys>>, StoreError> {
        let mut keys = Vec::with_capacity(self.members.len());
        for settings in &self.members {
            keys.push(self.store.tenant_keys(&settings.tenant).await?);
        }
        Ok(keys)
    }

    fn context(&self, kind: &str) -> String {
        sealed::event_context(&self.key, kind)
    }

    /// For log lines.
    pub(super) fn tenants(&self) -> String {
        self.members.iter().map(|settings| &*settings.tenant).collect::<Vec<_>>().join(",")
    }

    fn poll_in(&self) -> Duration {
        lock(&self.next_poll).saturating_sub(self.world.elapsed())
    }
}

/// Microseconds.
/// Whether a page holds what has happened since a reading began. Then all that there was has been read, and the rest
/// comes with the next reading: letters that are just being sent would keep this one going without end, at the cost of
/// their own pace. A full page says nothing, whatever clock its times are by.
fn is_of_now(page: &Page, began: i64) -> bool {
    let later = |event: &Event| event_time(event).is_some_and(|at| at > began);
    page.events.len() < FULL_PAGE && page.events.iter().any(later)
}

fn event_time(event: &Event) -> Option<i64> {
    let time: jiff::Timestamp = event.time.as_deref()?.parse().ok()?;
    Some(time.as_microsecond())
}
