//! What the operator does to records wherever they are mastered: looking back, and giving them another master.

use std::sync::Arc;

use super::{Catalogue, CatalogueError};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{EntityKey, Master, State, Stored};
use crate::store::entities::{self, NewRevision, RevisionNote};
use crate::store::{Commit, StoreError};

/// So many revisions are told of one record, the newest first.
pub const REVISIONS_TOLD: u32 = 1_000;

/// What became of a change of master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterChange {
    /// From whom; the revision that says so.
    Changed { from: Master, revision: u64 },
    /// It was that system's already.
    Same,
    /// There is no such record.
    Unknown,
}

impl Catalogue {
    /// The revisions of a record with who made them and when, the newest first. None for a record that never was.
    pub async fn history(&self, tenant: &str, key: &EntityKey) -> Result<Vec<RevisionNote>, CatalogueError> {
        self.tenant(tenant)?;
        let (kind, code) = (key.kind.word(), key.code.as_str());
        Ok(entities::revisions(&self.inner.store, tenant, kind, code, REVISIONS_TOLD).await?)
    }

    /// Gives a record to another master: a revision with the same content, and an act in the message log, in one commit.
    /// From then on the old master's writes are refused with the new one's name.
    pub async fn change_master(
        &self,
        tenant: &str,
        key: &EntityKey,
        to: &Master,
    ) -> Result<MasterChange, CatalogueError> {
        let catalogue = self.tenant(tenant)?;
        let _turn = catalogue.turn.lock().await;
        for attempt in 0.. {
            let view = catalogue.view.load_full();
            let Some(known) = view.find(key).cloned() else { return Ok(MasterChange::Unknown) };
            if known.master == *to {
                return Ok(MasterChange::Same);
            }
            match self.give(tenant, &known, to).await {
                Ok(()) => {
                    self.catch_up(tenant, catalogue).await?;
                    let from = known.master.clone();
                    return Ok(MasterChange::Changed { from, revision: known.revision + 1 });
                }
                Err(CatalogueError::Commit(error)) if error.is_conflict() && attempt == 0 => {
                    self.catch_up(tenant, catalogue).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(MasterChange::Unknown)
    }

    async fn give(&self, tenant: &str, known: &Arc<Stored>, to: &Master) -> Result<(), CatalogueError> {
        let key = &known.entity.key;
        let row = entities::get(&self.inner.store, tenant, key.kind.word(), key.code.as_str()).await?;
        let row = row.ok_or(StoreError::Unreadable { place: "entity", column: 0 })?;
        let now = self.inner.world.now();
        let statements = entities::put(&NewRevision {
            tenant,
            kind: key.kind.word(),
            code: key.code.as_str(),
            after: i64::try_from(known.revision).unwrap_or(i64::MAX),
            state: known.entity.state.word(),
            master: &to.0,
            deleted: known.entity.state == State::Deleted,
            changed_at: now.as_microsecond(),
            changed_by: OPERATOR,
            body: &row.body,
        });
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, now, self.inner.world.now());
        act.operation = Some("master".into());
        act.actor = Some(OPERATOR.into());
        act.subject = Some(format!("{}/{}", key.kind.word(), key.code));
        act.outcome = Some(format!("from {} to {to}", known.master));
        self.inner.store.commit(Commit::new().with(statements).and(act)).await?;
        Ok(())
    }
}

/// Who acts at the operator's socket, as the message log and the revisions name them.
const OPERATOR: &str = "system";
