//! What was needed to send a letter goes some time after its end, what proves it some years later (viestit.md §4.3).
//!
//! First title, text, files and recipients: state, times and commitments stay, and so does the receipt. Then the keys of
//! the commitments: from then on nobody can tell whom a record was about. The message log itself is never touched.

use std::time::Duration;

use super::micros;
use super::orders::subject_of_order;
use super::sealed::{Letter, Particulars, order_context, read};
use super::worker::{Worker, WorkerError, lock};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::erasure::{self, Ended};
use crate::store::{Commit, TenantKeys, letters, release_blob, sends};

/// How often is looked for what has come to its time.
const EVERY: Duration = Duration::from_hours(1);
/// Orders in one look; there may be more at once.
const AT_ONCE: u32 = 50;
/// Sends in one commit: an order may have ten thousand.
const SENDS: usize = 500;
/// A file of a released blob goes after this age, as at a start.
const BLOB_AGE: Duration = Duration::from_hours(1);

impl Worker {
    /// Whether it is time to look.
    pub(super) fn may_erase(&self) -> bool {
        lock(&self.progress.next_erasure).saturating_sub(self.world.elapsed()).is_zero()
    }

    /// Erases what has come to its time; says whether there was anything.
    pub(super) async fn erase_due(&self) -> Result<bool, WorkerError> {
        let tenant = &self.settings.tenant;
        let now = self.world.now_micros();
        let ended = erasure::due(&self.store, tenant, now - micros(self.settings.keep_after), AT_ONCE).await?;
        for order in &ended {
            self.erase(order).await?;
        }
        let before = now - micros(self.settings.receipt_keep);
        let outdated = erasure::outdated(&self.store, tenant, before, AT_ONCE).await?;
        for order in &outdated {
            let commit = Commit::new().with(erasure::forget(tenant, &order.id, now));
            self.concluded(commit.and(self.act(order, "keys-erased"))).await?;
        }
        if ended.is_empty() && outdated.is_empty() {
            let events = erasure::forget_events(&self.settings.account(), before);
            self.store.commit(Commit::new().with([events])).await?;
            // Again, because the last time others may have been in the way.
            self.store.settle().await?;
            *lock(&self.progress.next_erasure) = self.world.elapsed() + EVERY;
            return Ok(false);
        }
        self.store.sweep(BLOB_AGE).await?;
        self.store.settle().await?;
        Ok(true)
    }

    /// Recipients first: an end in between leaves the order due, and what is erased already is erased again.
    async fn erase(&self, order: &Ended) -> Result<(), WorkerError> {
        let tenant = &self.settings.tenant;
        let keys = self.store.tenant_keys(tenant).await?;
        let sends = sends::of_order(&self.store, tenant, &order.id).await?;
        for some in sends.chunks(SENDS) {
            let mut statements = Vec::with_capacity(some.len());
            for send in some {
                let calls = Particulars::open(&keys, &send.sealed, &send.id).map(Particulars::without_recipient);
                let sealed = calls.unwrap_or_else(|error| {
                    // It must go all the same.
                    tracing::warn!(%tenant, send = send.id, "a recipient is erased that could not be read: {error}");
                    Particulars::nobodys()
                });
                statements.push(sends::erase(tenant, &send.id, &sealed.seal(&keys, &self.world, &send.id)?));
            }
            self.store.commit(Commit::new().with(statements)).await?;
        }
        let remains = self.remains(&keys, order).await?;
        let files = letters::attachments(&self.store, tenant, &order.id).await?;
        let blobs = files.iter().filter_map(|file| file.body.blob.as_deref()).chain(order.blob.as_deref());
        let released: Vec<_> = blobs.map(release_blob).collect();
        let commit =
            Commit::new().with(released).with(erasure::erase(tenant, &order.id, &remains, self.world.now_micros()));
        self.concluded(commit.and(self.act(order, "content-erased"))).await
    }

    /// What the receipt tells of the content, sealed; nothing of one that cannot be read, because it must go all the same.
    async fn remains(&self, keys: &TenantKeys, order: &Ended) -> Result<Vec<u8>, WorkerError> {
        let tenant = &self.settings.tenant;
        let Some(kept) = letters::get(&self.store, tenant, &order.id).await? else { return Ok(Vec::new()) };
        let body = self.store.body(tenant, &kept.body, &order_context(&order.id)).await;
        match body.and_then(|body| read::<Letter>(&body)) {
            Ok(letter) => Ok(letter.remains().seal(keys, &self.world, &order.id)?),
            Err(error) if error.may_retry() => Err(error.into()),
            Err(error) => {
                tracing::warn!(%tenant, order = order.id, "a letter's content is erased that could not be read: {error}");
                Ok(Vec::new())
            }
        }
    }

    /// Another process may have been first.
    async fn concluded(&self, commit: Commit) -> Result<(), WorkerError> {
        match self.store.commit(commit).await {
            Err(error) if !error.is_conflict() => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn act(&self, order: &Ended, outcome: &str) -> EvidenceDraft {
        let now = self.world.now();
        let mut draft = EvidenceDraft::new(RecordKind::Act, &*self.settings.tenant, now, now);
        draft.operation = Some("erase".to_owned());
        draft.client = Some(order.client.clone());
        draft.subject = Some(subject_of_order(&order.id));
        draft.actor = Some("system".to_owned());
        draft.outcome = Some(outcome.to_owned());
        draft
    }
}
