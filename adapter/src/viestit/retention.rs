//! What is kept of letters and for how long (viestit.md §4.3): after the outcome and a time of safety the letter's text, its
//! files and its recipients are erased; much later the keys of the commitments, after which nobody can prove or guess
//! whom a record is about.
//!
//! What stays: ids, times, states, calls with their trace ids, keyed digests. What waits for a person is never erased.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::sealed::Particulars;
use super::worker::{WorkerError, lock};
use super::{Settings, micros};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, Store, letters, release_blob, retention, sends};
use crate::world::World;

/// How often it looks.
const EVERY: Duration = Duration::from_hours(24);
/// How long it waits when it could not look.
const AFTER_FAILURE: Duration = Duration::from_hours(1);
/// Orders read at once.
const ORDERS: u32 = 100;
/// Sends in one commit.
const SENDS: usize = 500;
/// A blob younger than this may belong to a commit under way.
const YOUNG: Duration = Duration::from_hours(1);

/// Erases one tenant's letters when their time has come.
pub struct Retention {
    settings: Arc<Settings>,
    store: Store,
    world: World,
    /// Since the world began.
    next: Mutex<Duration>,
}

impl Retention {
    pub fn new(settings: Arc<Settings>, store: Store, world: World) -> Retention {
        Retention { settings, store, world, next: Mutex::new(Duration::ZERO) }
    }

    /// Looks when a day has passed since the last look; says whether it did.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        if !self.idle(EVERY).is_zero() {
            return Ok(false);
        }
        // Should the look fail, the next is not at once.
        *lock(&self.next) = self.world.elapsed() + AFTER_FAILURE;
        self.look().await?;
        *lock(&self.next) = self.world.elapsed() + EVERY;
        Ok(true)
    }

    /// How long nothing will be due, at most `limit`.
    pub fn idle(&self, limit: Duration) -> Duration {
        lock(&self.next).saturating_sub(self.world.elapsed()).min(limit)
    }

    /// Erases everything that is due now.
    async fn look(&self) -> Result<(), WorkerError> {
        let tenant = &*self.settings.tenant;
        let before = self.world.now_micros().saturating_sub(micros(self.settings.keep_after));
        let mut purged = 0_usize;
        loop {
            let due = retention::due(&self.store, tenant, before, ORDERS).await?;
            if due.is_empty() {
                break;
            }
            let mut moved = false;
            for order in &due {
                let done = self.purge(order).await?;
                moved |= done;
                purged += usize::from(done);
            }
            // What conflicts is being changed by somebody else: the next look has it.
            if !moved {
                break;
            }
        }
        let keys = self.erase_keys().await?;
        if purged > 0 {
            self.store.sweep(YOUNG).await?;
        }
        if purged + keys > 0 {
            tracing::info!(%tenant, orders = purged, keys, "letters were erased, as their time had come");
        }
        Ok(())
    }

    /// Erases one order: its recipients in commits of their own, then text and files with the record of it. Whatever is
    /// interrupted is done again. False when something else moved the same rows.
    async fn purge(&self, order: &str) -> Result<bool, WorkerError> {
        let tenant = &*self.settings.tenant;
        let Some(known) = letters::get(&self.store, tenant, order).await? else { return Ok(false) };
        let keys = self.store.tenant_keys(tenant).await?;
        let mut statements = Vec::new();
        for send in sends::of_order(&self.store, tenant, order).await? {
            let mut particulars = Particulars::open(&keys, &send.sealed, &send.id)?;
            if particulars.recipient.take().is_none() & particulars.address.take().is_none() {
                continue;
            }
            let sealed = particulars.seal(&keys, &self.world, &send.id)?;
            statements.push(retention::reseal(tenant, &send.id, &sealed, send.changed_at));
        }
        while !statements.is_empty() {
            let rest = statements.split_off(statements.len().min(SENDS));
            if !self.commit(Commit::new().with(std::mem::replace(&mut statements, rest))).await? {
                return Ok(false);
            }
        }
        let now = self.world.now();
        let files = letters::attachments(&self.store, tenant, order).await?;
        let mut commit = Commit::new().with(retention::empty(tenant, order, now.as_microsecond()));
        let blobs = files.iter().map(|file| &file.body.blob).chain([&known.body.blob]);
        commit = commit.with(blobs.flatten().map(|name| release_blob(name)));
        self.commit(commit.and(self.act("purge", format!("order/{order}"), now))).await
    }

    /// Erases commitment keys whose time has come; says how many.
    async fn erase_keys(&self) -> Result<usize, WorkerError> {
        let tenant = &*self.settings.tenant;
        let before = self.world.now_micros().saturating_sub(micros(self.settings.receipt_keep));
        let mut erased = 0;
        loop {
            let due = retention::keys(&self.store, tenant, before, ORDERS).await?;
            if due.is_empty() {
                return Ok(erased);
            }
            let now = self.world.now();
            let mut commit = Commit::new().with(due.iter().map(|send| sends::erase_commitment_key(tenant, send)));
            for send in &due {
                commit = commit.and(self.act("erase-key", format!("send/{send}"), now));
            }
            if !self.commit(commit).await? {
                return Ok(erased);
            }
            erased += due.len();
        }
    }

    async fn commit(&self, commit: Commit) -> Result<bool, WorkerError> {
        match self.store.commit(commit).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn act(&self, operation: &str, subject: String, now: jiff::Timestamp) -> EvidenceDraft {
        let mut act = EvidenceDraft::new(RecordKind::Act, &*self.settings.tenant, now, now);
        act.operation = Some(operation.to_owned());
        act.subject = Some(subject);
        act.actor = Some("system".to_owned());
        act.outcome = Some("erased".to_owned());
        act
    }
}
