//! What tenants have in common that send through the same system account (viestit.md §1.1): one connection with its token
//! and pace, one breaker, one pause that Viestit asked for, one reason to stop.
//!
//! It knows nothing of letters and of no tenant's data.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::Settings;
use super::client::{Client, FailureKind, RotationError};
use super::worker::lock;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::outbox::Breaker;
use crate::store::{Commit, Store};
use crate::world::{World, WorldError};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;
/// How long it stays open.
const REST: Duration = Duration::from_secs(30);
/// After a change of the password that failed.
const ROTATE_AGAIN: Duration = Duration::from_hours(6);
/// The time for one call, body included.
const CALL: Duration = Duration::from_mins(1);

/// Letters under way at once where the configuration says nothing, at most.
const PARALLEL: u32 = 64;

/// One system account, shared by the workers of the tenants that send through it.
pub struct Account {
    pub(super) client: Client,
    tenants: Vec<Arc<str>>,
    breaker: Breaker,
    store: Store,
    world: World,
    parallel: usize,
    /// How old the password may grow.
    rotate_every: Option<Duration>,
    /// After a failed change: not before then, since the world began.
    rotate_again: Mutex<Duration>,
    /// One for each letter that is under way.
    pub(super) places: Semaphore,
    /// The last call was an outage.
    outage: AtomicBool,
    /// Viestit asked us to wait until then, since the world began.
    resume_at: Mutex<Duration>,
}

impl Account {
    /// The account of these tenants. They agree on address, user name and password; the slowest pace among them counts.
    pub fn new(first: &Settings, others: &[&Settings], store: &Store, world: &World) -> Result<Account, WorldError> {
        Account::with_timeout(first, others, store, world, CALL)
    }

    /// `timeout` is for one call, body included.
    pub fn with_timeout(
        first: &Settings,
        others: &[&Settings],
        store: &Store,
        world: &World,
        timeout: Duration,
    ) -> Result<Account, WorldError> {
        let all = || std::iter::once(first).chain(others.iter().copied());
        let pace = all().map(|settings| settings.pace_per_second).min().unwrap_or(1);
        let parallel = all().filter_map(|settings| settings.parallel).min().unwrap_or(pace.min(PARALLEL)).max(1);
        let parallel = usize::try_from(parallel).unwrap_or(1);
        Ok(Account {
            client: Client::new(first, store, world, timeout, pace)?,
            rotate_every: all().filter_map(|settings| settings.rotate_every).min(),
            rotate_again: Mutex::new(Duration::ZERO),
            tenants: all().map(|settings| Arc::clone(&settings.tenant)).collect(),
            breaker: Breaker::new(FAILURES, REST),
            store: store.clone(),
            world: world.clone(),
            parallel,
            places: Semaphore::new(parallel),
            outage: AtomicBool::new(false),
            resume_at: Mutex::new(Duration::ZERO),
        })
    }

    /// The tenants that send through it.
    pub fn tenants(&self) -> &[Arc<str>] {
        &self.tenants
    }

    /// Why nothing is called any more.
    pub fn stopped(&self) -> Option<FailureKind> {
        self.client.stopped()
    }

    /// Since when the password is in use, as far as we know.
    pub async fn password_changed_at(&self) -> Option<Timestamp> {
        self.client.password_changed_at().await
    }

    /// Changes the password now, and records it for each tenant. `person` is who asked, none when it was due.
    pub async fn rotate(&self, person: Option<&str>) -> Result<(), RotationError> {
        let begun = self.world.now();
        let outcome = self.client.rotate().await;
        match &outcome {
            Ok(()) => tracing::info!(tenants = self.tenants.join(", "), "the password of the account was changed"),
            Err(error) => {
                tracing::error!(
                    tenants = self.tenants.join(", "),
                    "the password of the account was not changed: {error}"
                );
            }
        }
        let word = match &outcome {
            Ok(()) => "changed",
            Err(RotationError::Unknown(_)) => "unknown",
            Err(_) => "failed",
        };
        let acts = self.tenants.iter().map(|tenant| {
            let mut act = EvidenceDraft::new(RecordKind::Act, &**tenant, begun, self.world.now());
            act.operation = Some("messages.password".to_owned());
            act.actor = Some(person.map_or_else(|| "system".to_owned(), |person| format!("operator/{person}")));
            act.outcome = Some(word.to_owned());
            act
        });
        let mut commit = Commit::new();
        commit.evidence = acts.collect();
        if let Err(error) = self.store.commit(commit).await {
            tracing::error!("the change of a password is not in the message log: {error}");
        }
        outcome
    }

    /// Changes the password when it has grown too old, and says whether it was changed.
    pub async fn rotate_due(&self) -> Result<bool, RotationError> {
        if self.stopped().is_some() || self.until_rotation(Duration::MAX).await > Duration::ZERO {
            return Ok(false);
        }
        // Viestit may refuse another change for a while.
        *lock(&self.rotate_again) = self.world.elapsed() + ROTATE_AGAIN;
        self.rotate(None).await.map(|()| true)
    }

    /// How long until the password is changed, at most `limit`.
    pub async fn until_rotation(&self, limit: Duration) -> Duration {
        let Some(every) = self.rotate_every else { return limit };
        // Before the first log-in nobody knows.
        let Some(changed) = self.client.password_changed_at().await else { return limit };
        let age = Duration::try_from(self.world.now().duration_since(changed)).unwrap_or_default();
        let again = lock(&self.rotate_again).saturating_sub(self.world.elapsed());
        every.saturating_sub(age).max(again).min(limit)
    }

    /// How many letters may be under way now: after an outage one, whose outcome decides.
    pub(super) fn room(&self) -> usize {
        if self.breaker.is_on_trial(self.world.elapsed()) { 1 } else { self.parallel }
    }

    /// Viestit has answered, whatever it said about the content.
    pub(super) fn reached(&self) {
        self.breaker.succeeded();
        self.outage.store(false, Ordering::Relaxed);
    }

    /// Viestit is in trouble; no call is made for `wait` when it asked for that.
    pub(super) fn missed(&self, wait: Duration) {
        self.breaker.failed(self.world.elapsed());
        self.outage.store(true, Ordering::Relaxed);
        if !wait.is_zero() {
            let until = self.world.elapsed() + wait;
            let mut resume_at = lock(&self.resume_at);
            *resume_at = until.max(*resume_at);
        }
    }

    /// The last call failed through Viestit's or the network's fault.
    pub(super) fn is_out(&self) -> bool {
        self.outage.load(Ordering::Relaxed)
    }

    /// Whether no call may be made now.
    pub(super) fn is_held(&self) -> bool {
        self.stopped().is_some() || !self.held_for().is_zero()
    }

    pub(super) fn held_for(&self) -> Duration {
        let now = self.world.elapsed();
        let asked = lock(&self.resume_at).saturating_sub(now);
        asked.max(self.breaker.wait(now))
    }
}
