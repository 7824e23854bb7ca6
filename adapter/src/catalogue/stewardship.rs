//! What the operator does to records wherever they are mastered: looking back, giving them another master, and Silta's
//! own fields.

use std::sync::Arc;

use super::accept::touched;
use super::{Catalogue, CatalogueError};
use crate::model::actor::ContentOwner;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{EntityKey, Master, OwnFields, State, Stored};
use crate::store::entities::{self, NewRevision, RevisionNote};
use crate::store::own_fields::{self, OwnRow, Person};
use crate::store::{Commit, StoreError, mirrors};

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

    /// Puts the operator's word on a record, whoever its master is, in the place of an earlier one; with the wish that
    /// PTV follows and an act in the message log, in one commit. False: there is no such record.
    pub async fn set_own(&self, tenant: &str, key: &EntityKey, own: OwnFields) -> Result<bool, CatalogueError> {
        let catalogue = self.tenant(tenant)?;
        let _turn = catalogue.turn.lock().await;
        let view = catalogue.view.load_full();
        let Some(known) = view.find(key) else { return Ok(false) };
        let before = view.own(key).cloned().unwrap_or_default();
        if before == own {
            return Ok(true);
        }
        let now = self.inner.world.now();
        let micros = now.as_microsecond();
        let row = OwnRow {
            kind: key.kind.word().to_owned(),
            code: key.code.to_string(),
            owner: person(own.owner.as_ref()),
            deputy: person(own.deputy.as_ref()),
            held: own.held,
        };
        let mut statements = vec![own_fields::put(tenant, &row, micros)];
        if before.held != own.held {
            let wished = touched(&known.entity, &view);
            statements.extend(
                wished.iter().map(|(kind, code)| mirrors::want(mirrors::Key { tenant, kind, code }, micros, micros)),
            );
        }
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, now, self.inner.world.now());
        act.operation = Some("own".into());
        act.actor = Some(OPERATOR.into());
        act.subject = Some(format!("{}/{}", key.kind.word(), key.code));
        act.outcome = Some(said(&before, &own));
        self.inner.store.commit(Commit::new().with(statements).and(act)).await?;
        self.catch_up(tenant, catalogue).await?;
        Ok(true)
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

fn person(owner: Option<&ContentOwner>) -> Person {
    let owner = owner.cloned().unwrap_or_default();
    Person { actor: owner.actor.map(|code| code.to_string()), name: owner.name, email: owner.email }
}

/// What changed, without naming anybody.
fn said(before: &OwnFields, now: &OwnFields) -> String {
    let mut said = Vec::new();
    if before.owner != now.owner {
        said.push(if now.owner.is_some() { "owner set" } else { "owner taken away" });
    }
    if before.deputy != now.deputy {
        said.push(if now.deputy.is_some() { "deputy set" } else { "deputy taken away" });
    }
    if before.held != now.held {
        said.push(if now.held { "held back from PTV" } else { "let go to PTV" });
    }
    said.join(", ")
}

/// Who acts at the operator's socket, as the message log and the revisions name them.
const OPERATOR: &str = "system";
