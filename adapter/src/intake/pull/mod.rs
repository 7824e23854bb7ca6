//! The catalogue pulled from a Drupal site over its JSON:API: what has changed since the last time, and now and then
//! everything, which is the only way to learn of what was deleted (pat.md §13).
//!
//! The pull is another way into the same acceptance as the push: it makes PAT records of nodes and hands them over under the
//! master's name of the site. It decides nothing about records, and it never guesses: of a listing that could not be read to its
//! end nothing is concluded, and when more has vanished than is usual it asks.

mod client;
mod document;
mod draw;
mod findings;
mod listing;
mod probe;
mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::SecretString;
use serde::Serialize;
use tokio::sync::Mutex;

pub use self::listing::MOST_NODES;
pub use self::probe::unknown_fields;

use self::client::Client;
use super::Wake;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::mapping::Mapping;
use crate::model::Master;
use crate::store::pull::{self, Progress};
use crate::store::{Commit, CommitError, Store, StoreError};
use crate::telemetry::Metrics;
use crate::world::{World, WorldError};

/// Nobody else reads the site for so long after the holder of the lease was last seen.
const LEASE: Duration = Duration::from_mins(5);
/// The pause after the first failure, doubled by each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);

/// One site of a tenant's.
#[derive(Clone)]
pub struct Settings {
    pub tenant: Arc<str>,
    pub url: String,
    pub username: String,
    pub password: SecretString,
    /// The first one.
    pub mapping: Arc<Mapping>,
    pub master: Master,
    pub interval: Duration,
    pub full_interval: Duration,
    pub overlap: Duration,
    pub page: usize,
    pub timeout: Duration,
    pub vanish_percent: u32,
    /// Nodes of all bundles that one reading may have ([`MOST_NODES`]).
    pub most_nodes: usize,
}

/// What a pull needs of its process.
#[derive(Clone)]
pub struct Surroundings {
    pub catalogue: Catalogue,
    pub store: Store,
    pub world: World,
    pub metrics: Metrics,
    pub wake: Wake,
}

/// Pulls one site. One `run` per site and process; processes take turns by a lease.
pub struct Puller {
    settings: Settings,
    /// The mapping in use, which another may replace; a reading keeps the one that it began with.
    mapping: ArcSwap<Mapping>,
    around: Surroundings,
    client: Client,
    owner: String,
    /// One reading at a time, the operator's too.
    turn: Mutex<()>,
}

/// How a pull is to be done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// Everything, whatever has changed.
    pub full: bool,
    /// Judge, and write nothing.
    pub dry: bool,
    /// Let withdrawals go, however many.
    pub release: bool,
}

/// What a pull has found and done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether everything was read.
    pub full: bool,
    pub dry_run: bool,
    /// The id under which the verdicts are kept; none when there was nothing new to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<String>,
    pub bundles: BTreeMap<String, Counts>,
}

/// The figures of one bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Published nodes that were read.
    pub read: u64,
    /// New or other than what is stored; of the accepted ones.
    pub changed: u64,
    pub accepted: u64,
    pub refused: u64,
    pub withdrawn: u64,
    /// To be withdrawn, and waiting for the operator.
    pub held: u64,
    /// Changed while they were read: their turn comes with the next pull.
    pub unsettled: u64,
}

/// Where a site stands, for the operator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub url: String,
    pub master: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_tried: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_done: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_full: Option<String>,
    /// Up to which change the site was read, by its own clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_up_to: Option<String>,
    pub failures: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub held: i64,
}

/// Why a pull was not done, or not to its end. What the site is to blame for is in the status as well.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The site's, or the mapping's; tried again after a pause.
    #[error("{0}")]
    Site(String),
    #[error("another process reads the site at this moment. Try again when it has ended")]
    Taken,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    World(#[from] WorldError),
}

impl From<client::Failure> for PullError {
    fn from(failure: client::Failure) -> PullError {
        PullError::Site(failure.to_string())
    }
}

impl Puller {
    pub fn new(settings: Settings, around: Surroundings) -> Result<Puller, WorldError> {
        let Settings { url, username, password, timeout, .. } = &settings;
        let client = Client::new(url, username, password.clone(), *timeout, &around.world)?;
        let owner = around.world.id()?.to_string();
        let mapping = ArcSwap::new(Arc::clone(&settings.mapping));
        Ok(Puller { settings, mapping, around, client, owner, turn: Mutex::new(()) })
    }

    /// Pulls when it is time. Whether there is more to do at once: never, so that a site is asked by the clock alone.
    pub async fn run_due(&self) -> Result<bool, PullError> {
        let (progress, leased) = self.progress().await?;
        let now = self.around.world.now_micros();
        if now < self.due(&progress) || leased > now {
            return Ok(false);
        }
        match self.pull(Mode::default()).await {
            // Both are known and told already, and come again by the clock.
            Ok(_) | Err(PullError::Site(_) | PullError::Taken) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How long nothing will be due, at most `limit`.
    pub async fn idle(&self, limit: Duration) -> Result<Duration, PullError> {
        let (progress, leased) = self.progress().await?;
        let left = self.due(&progress).max(leased).saturating_sub(self.around.world.now_micros());
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        Ok(left.max(Duration::from_millis(20)).min(limit))
    }

    pub async fn status(&self) -> Result<Status, PullError> {
        let (progress, _) = self.progress().await?;
        let time = |micros: Option<i64>| {
            micros.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok()).map(|time| time.to_string())
        };
        Ok(Status {
            url: self.settings.url.clone(),
            master: self.settings.master.to_string(),
            last_tried: time(progress.tried_at),
            last_done: time(progress.done_at),
            last_full: time(progress.full_at),
            read_up_to: time(progress.cursor_at),
            failures: progress.failures,
            error: progress.error,
            held: progress.held,
        })
    }

    /// From the next reading on another mapping counts; that reading is of everything.
    pub fn remap(&self, mapping: Arc<Mapping>) {
        self.mapping.store(mapping);
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the site stands, and until when somebody has the lease.
    async fn progress(&self) -> Result<(Progress, i64), StoreError> {
        let found = pull::get(&self.around.store, &self.settings.tenant, &self.settings.master.0).await?;
        Ok(found.unwrap_or_default())
    }

    /// When the next pull is due.
    fn due(&self, progress: &Progress) -> i64 {
        let Some(tried) = progress.tried_at else { return i64::MIN };
        let doubled = u32::try_from(progress.failures.clamp(0, 16)).unwrap_or_default();
        let pause = match doubled {
            0 => Duration::ZERO,
            failures => FIRST_PAUSE.saturating_mul(1 << (failures - 1)).min(LONGEST_PAUSE),
        };
        tried.saturating_add(micros(self.settings.interval.max(pause)))
    }

    /// Takes the lease, or keeps it.
    async fn lease(&self) -> Result<(), PullError> {
        let Settings { tenant, master, .. } = &self.settings;
        let now = self.around.world.now_micros();
        let claim = pull::claim(tenant, &master.0, &self.owner, now, now.saturating_add(micros(LEASE)));
        match self.around.store.commit(Commit::new().with([pull::start(tenant, &master.0), claim])).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(PullError::Taken),
            Err(error) => Err(error.into()),
        }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
