//! What tenants have in common that send through the same system account (viestit.md §1.1): one connection with its token
//! and pace, one breaker, one pause that Viestit asked for, one reason to stop.
//!
//! It knows nothing of letters and of no tenant's data.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::Settings;
use super::client::{Client, FailureKind};
use super::worker::lock;
use crate::outbox::Breaker;
use crate::world::{World, WorldError};

/// Failures in a row that open the breaker.
const FAILURES: u32 = 5;
/// How long it stays open.
const REST: Duration = Duration::from_secs(30);
/// The time for one call, body included.
const CALL: Duration = Duration::from_mins(1);

/// Letters under way at once where the configuration says nothing, at most.
const PARALLEL: u32 = 64;

/// One system account, shared by the workers of the tenants that send through it.
pub struct Account {
    pub(super) client: Client,
    tenants: Vec<Arc<str>>,
    breaker: Breaker,
    world: World,
    parallel: usize,
    /// One for each letter that is under way.
    pub(super) places: Semaphore,
    /// The last call was an outage.
    outage: AtomicBool,
    /// Viestit asked us to wait until then, since the world began.
    resume_at: Mutex<Duration>,
}

impl Account {
    /// The account of these tenants. They agree on address, user name and password; the slowest pace among them counts.
    pub fn new(first: &Settings, others: &[&Settings], world: &World) -> Result<Account, WorldError> {
        Account::with_timeout(first, others, world, CALL)
    }

    /// `timeout` is for one call, body included.
    pub fn with_timeout(
        first: &Settings,
        others: &[&Settings],
        world: &World,
        timeout: Duration,
    ) -> Result<Account, WorldError> {
        let all = || std::iter::once(first).chain(others.iter().copied());
        let pace = all().map(|settings| settings.pace_per_second).min().unwrap_or(1);
        let parallel = all().filter_map(|settings| settings.parallel).min().unwrap_or(pace.min(PARALLEL)).max(1);
        let parallel = usize::try_from(parallel).unwrap_or(1);
        Ok(Account {
            client: Client::new(first, world, timeout, pace)?,
            tenants: all().map(|settings| Arc::clone(&settings.tenant)).collect(),
            breaker: Breaker::new(FAILURES, REST),
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
