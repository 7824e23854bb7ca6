//! General descriptions (pohjakuvaukset) as PTV has them now: read over its interface, kept in the store, read again.
//!
//! PTV lists the ids of all and, by date, those that have changed (ptv-in-api.md §2.5, §2.6); only these are read, and
//! everything once a week, since not every change moves a date. Reads are open and need no login. What is kept has the form
//! of PTV's export file, so that whoever reads a folder reads this too. An answer that cannot be right changes nothing.
//! Who uses a new list, and when one is asked for, is decided elsewhere; nothing here links a service to anything.

mod convert;
mod fetch;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Settings;
use super::dialect::PtvError;
use super::dialect::v11::Client;
use super::worker::{Worker, WorkerError, micros};
use crate::model::Kind;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::vocabularies::{self, Reading};
use crate::store::{Commit, CommitError, Store, StoreError, mirrors};
use crate::world::{World, WorldError};

/// After a failure PTV is asked again so soon, unless it is asked more often anyway.
const RETRY: Duration = Duration::from_hours(1);
/// Everything is read at least so often.
const WHOLE_EVERY: Duration = Duration::from_hours(7 * 24 - 12);
/// Changes are asked for from this much before the newest that is known: PTV compares strictly and by the second.
const OVERLAP: SignedDuration = SignedDuration::from_secs(2);
/// Bytes of all of them together; the real ones take three megabytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Of fewer than this, any number may be missing from an answer.
const FEW: usize = 10;

/// Why the list was not read. What is kept stays in use.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionsError {
    /// PTV's; may be retried.
    #[error("{0}")]
    Ptv(PtvError),
    #[error("PTV lists no general description at all")]
    Empty,
    #[error("PTV lists {new} general descriptions where {old} were kept; half of them cannot have gone")]
    Shrunk { old: usize, new: usize },
    #[error("of {asked} general descriptions that PTV lists, its answers hold {read}")]
    Unlike { asked: usize, read: usize },
    #[error("the general descriptions take more than {MOST_BYTES} bytes")]
    TooLarge,
    /// Ours; the next reading writes it anew.
    #[error("what the store holds cannot be read: {0}")]
    Stored(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// A list that was read and is not kept yet.
pub struct Fresh {
    /// In the form of PTV's export.
    pub list: Value,
    /// Ids that are new, other or gone.
    pub changed: BTreeSet<String>,
    stamp: Stamp,
    started: Timestamp,
}

/// How far the reading has come, beside the list.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stamp {
    /// The newest change that was seen, by PTV's clock; microseconds UTC.
    newest: Option<i64>,
    /// When everything was read; microseconds UTC.
    whole: i64,
}

/// The general descriptions of one PTV: of the environment at one address, whoever asks there.
pub struct Descriptions {
    address: String,
    /// The row that keeps them.
    row: String,
    client: Client,
    store: Store,
    world: World,
    refresh: Duration,
    /// The reading that was handed out last.
    loaded: AtomicI64,
}

impl Descriptions {
    /// Asks as often as that tenant may ask.
    pub fn new(settings: &Settings, refresh: Duration, store: Store, world: World) -> Result<Descriptions, WorldError> {
        let address = settings.url.trim_end_matches('/').to_owned();
        let row = format!("general-descriptions {address}");
        let client = Client::new(settings, &world)?;
        Ok(Descriptions { address, row, client, store, world, refresh, loaded: AtomicI64::new(0) })
    }

    /// The kept list, if it is another than the one that was handed out last.
    pub async fn newer(&self) -> Result<Option<Value>, DescriptionsError> {
        match self.kept().await? {
            Some((reading, list)) if reading.fetched_at != self.loaded.load(Ordering::Relaxed) => {
                self.loaded.store(reading.fetched_at, Ordering::Relaxed);
                Ok(Some(list))
            }
            _ => Ok(None),
        }
    }

    /// Asks PTV. Nothing is kept yet; a failure is noted. `loss` takes a list that has lost half of itself.
    pub async fn read(&self, loss: bool) -> Result<Fresh, DescriptionsError> {
        let outcome = self.ask(loss).await;
        if let Err(error) = &outcome {
            let note =
                vocabularies::checked(&self.row, &self.address, self.world.now_micros(), Some(&error.to_string()));
            self.store.commit(Commit::new().with([note])).await?;
        }
        outcome
    }

    /// Keeps what was read: it is what the next start begins with. A list that has changed is an act in the message log.
    pub async fn keep(&self, fresh: &Fresh) -> Result<(), DescriptionsError> {
        let now = self.world.now();
        let count = fresh.list.as_array().map_or(0, Vec::len);
        let newest = fresh.stamp.newest.and_then(|newest| Timestamp::from_microsecond(newest).ok());
        let version = newest.map(|newest| newest.to_string()).unwrap_or_default();
        let text = fresh.list.to_string();
        if text.len() > MOST_BYTES {
            return Err(DescriptionsError::TooLarge);
        }
        let reading = Reading {
            version,
            stamp: serde_json::to_string(&fresh.stamp).ok(),
            source: self.address.clone(),
            fetched_at: now.as_microsecond(),
            checked_at: now.as_microsecond(),
            failure: None,
            concepts: i64::try_from(count).unwrap_or(i64::MAX),
            parts: 0,
        };
        let mut commit = Commit::new().with(vocabularies::put(&self.row, &reading, text.as_bytes()));
        if !fresh.changed.is_empty() {
            let mut act = EvidenceDraft::new(RecordKind::Act, "", fresh.started, now);
            act.operation = Some("vocabulary".into());
            act.actor = Some("system".into());
            act.subject = Some("general-descriptions".into());
            act.outcome = Some(format!("{count} general descriptions, {} of them changed", fresh.changed.len()));
            commit = commit.and(act);
        }
        self.store.commit(commit).await?;
        self.loaded.store(reading.fetched_at, Ordering::Relaxed);
        Ok(())
    }

    /// How long until PTV is asked again.
    pub async fn due(&self) -> Result<Duration, DescriptionsError> {
        let Some(reading) = vocabularies::get(&self.store, &self.row).await? else { return Ok(Duration::ZERO) };
        let pause = if reading.failure.is_some() { RETRY.min(self.refresh) } else { self.refresh };
        let passed = self.world.now_micros().saturating_sub(reading.checked_at);
        Ok(pause.saturating_sub(Duration::from_micros(u64::try_from(passed).unwrap_or_default())))
    }

    /// How they stand, for people; none while PTV was never asked.
    pub async fn status(&self) -> Result<Option<Value>, DescriptionsError> {
        let Some(reading) = vocabularies::get(&self.store, &self.row).await? else { return Ok(None) };
        let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or_default().to_string();
        let kept = Some(&reading).filter(|it| it.parts > 0);
        Ok(Some(json!({
            "source": self.address,
            "count": kept.map(|it| it.concepts),
            "newest": kept.map(|it| it.version.clone()).filter(|it| !it.is_empty()),
            "readAt": kept.map(|it| time(it.fetched_at)),
            "askedAt": time(reading.checked_at),
            "failure": reading.failure,
        })))
    }

    async fn ask(&self, loss: bool) -> Result<Fresh, DescriptionsError> {
        let started = self.world.now();
        let kept = match self.kept().await {
            // It is written anew.
            Err(DescriptionsError::Stored(_)) | Ok(None) => None,
            Ok(Some(kept)) => Some(kept),
            Err(error) => return Err(error),
        };
        let stamp =
            kept.as_ref().and_then(|(reading, _)| serde_json::from_str::<Stamp>(reading.stamp.as_deref()?).ok());
        let stamp = stamp.unwrap_or_default();
        let kept = kept.map(|(_, list)| by_id(list)).unwrap_or_default();

        let ids = fetch::ids(&self.client, None).await?;
        if ids.is_empty() {
            return Err(DescriptionsError::Empty);
        }
        if ids.len() < kept.len() / 2 && !loss {
            return Err(DescriptionsError::Shrunk { old: kept.len(), new: ids.len() });
        }
        let old = started.as_microsecond().saturating_sub(stamp.whole) >= micros(WHOLE_EVERY);
        let newest = stamp.newest.and_then(|newest| Timestamp::from_microsecond(newest).ok());
        let since = newest.filter(|_| !old && !kept.is_empty()).and_then(|at| at.checked_sub(OVERLAP).ok());
        let wanted: BTreeSet<String> = match since {
            Some(since) => {
                let mut wanted = fetch::ids(&self.client, Some(since)).await?;
                wanted.retain(|id| ids.contains(id));
                wanted.extend(ids.iter().filter(|id| !kept.contains_key(*id)).cloned());
                wanted
            }
            None => ids.clone(),
        };
        let (read, newest) = fetch::items(&self.client, &wanted).await?;
        let missing = wanted.len() - read.len();
        if (missing >= FEW && missing * 2 > wanted.len()) || (since.is_none() && read.is_empty()) {
            return Err(DescriptionsError::Unlike { asked: wanted.len(), read: read.len() });
        }

        let mut now = kept.clone();
        now.retain(|id, _| ids.contains(id));
        now.extend(read);
        let changed =
            kept.keys().chain(now.keys()).filter(|id| kept.get(*id) != now.get(*id)).cloned().collect::<BTreeSet<_>>();
        let stamp = Stamp {
            newest: newest.map(Timestamp::as_microsecond).max(stamp.newest),
            whole: if since.is_none() { started.as_microsecond() } else { stamp.whole },
        };
        Ok(Fresh { list: now.into_values().collect(), changed, stamp, started })
    }

    async fn kept(&self) -> Result<Option<(Reading, Value)>, DescriptionsError> {
        // Between head and parts another process may replace both; the next look sees what it wrote.
        for _ in 0..3 {
            let Some(reading) = vocabularies::get(&self.store, &self.row).await?.filter(|it| it.parts > 0) else {
                return Ok(None);
            };
            let (parts, body) = vocabularies::body(&self.store, &self.row, reading.fetched_at).await?;
            if parts == reading.parts {
                let list = serde_json::from_slice(&body);
                let list = list.map_err(|error| DescriptionsError::Stored(error.to_string()))?;
                return Ok(Some((reading, list)));
            }
        }
        Ok(None)
    }
}

impl From<PtvError> for DescriptionsError {
    fn from(error: PtvError) -> Self {
        DescriptionsError::Ptv(error)
    }
}

impl Worker {
    /// Services that build on one of these descriptions are compared with PTV again; those that come out equal make no call.
    /// Says how many they are.
    pub async fn described_anew(&self, ids: &BTreeSet<String>) -> Result<usize, WorkerError> {
        let (tenant, now, view) = (&*self.settings.tenant, self.world.now_micros(), self.newest());
        let builds = |id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(&id.to_lowercase()));
        let services = view.active_after(Kind::Service, None);
        let services = services.filter(|it| it.entity.service().is_some_and(|it| builds(&it.general_description)));
        let kind = Kind::Service.word();
        let wishes: Vec<_> = services
            .map(|it| mirrors::want(mirrors::Key { tenant, kind, code: it.entity.key.code.as_str() }, now, now))
            .collect();
        let count = wishes.len();
        if count > 0 {
            self.store.commit(Commit::new().with(wishes)).await?;
        }
        Ok(count)
    }
}

fn by_id(list: Value) -> BTreeMap<String, Value> {
    let Value::Array(list) = list else { return BTreeMap::new() };
    list.into_iter().filter_map(|it| Some((it.get("Id")?.as_str()?.to_lowercase(), it))).collect()
}
