//! Whose source ids PTV's are. They belong to the API user by its name (ptv-in-api.md §1.6): under another name PTV shows
//! none of ours and finds nothing by them, and whatever is created then would be there twice (M-54).
//!
//! So the name is marked in the store, as a digest. When it is another one, everything that PTV holds is sent once more by
//! its GUID, which gives it its source id under the new name.

use std::sync::atomic::Ordering;

use aws_lc_rs::digest::{SHA256, digest};

use super::worker::{CONNECTIONS, Worker, WorkerError};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, drift, twins};

impl Worker {
    /// Once in a process, before the first call that may create: compares the name with the mark.
    pub(super) async fn know_api_user(&self) -> Result<(), WorkerError> {
        if self.progress.user_known.load(Ordering::Acquire) {
            return Ok(());
        }
        // A login that fails is told by the attempt that needs it.
        let Ok(user) = self.dialects.user().await else { return Ok(()) };
        let mark = hex::encode(digest(&SHA256, user.as_bytes()).as_ref());
        let tenant = &*self.settings.tenant;
        let before = drift::api_user(&self.store, tenant).await?;
        if before.as_ref() != Some(&mark) {
            if before.is_some() {
                self.attach_anew().await?;
            }
            self.store.commit(Commit::new().with([drift::set_api_user(tenant, &mark)])).await?;
        }
        self.progress.user_known.store(true, Ordering::Release);
        Ok(())
    }

    /// Nothing counts as equal any more, so that all goes again by GUID. Ended half-way it begins anew: the mark is
    /// written after it.
    async fn attach_anew(&self) -> Result<(), WorkerError> {
        let tenant = &*self.settings.tenant;
        let now = self.world.now();
        tracing::warn!(tenant, "PTV: the API user has another name; everything is sent again by its GUID");
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, now, self.world.now());
        act.operation = Some("attach".into());
        act.actor = Some("system".into());
        act.outcome = Some("the API user has another name: source ids are given anew".into());
        self.store.commit(Commit::new().with([twins::distrust(tenant, CONNECTIONS)]).and(act)).await?;
        self.twins.distrust_but(CONNECTIONS);
        self.want_all().await?;
        Ok(())
    }
}
