//! The store's rows to a view: whole at start, by the change feed afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{CatalogueError, pat};
use crate::model::{EntityKey, Kind, Master, Stored, View};
use crate::store::Store;
use crate::store::entities::{self, StoredEntity};

const PAGE: u32 = 500;

pub(super) async fn view(store: &Store, tenant: &str) -> Result<View, CatalogueError> {
    newer(store, tenant, &View::default()).await
}

/// The view after every change that the feed holds beyond it.
pub(super) async fn newer(store: &Store, tenant: &str, view: &View) -> Result<View, CatalogueError> {
    let mut latest: BTreeMap<EntityKey, u64> = BTreeMap::new();
    let mut after = i64::try_from(view.sequence()).unwrap_or(i64::MAX);
    loop {
        let changes = entities::changes(store, tenant, after, PAGE).await?;
        let Some(last) = changes.last() else { break };
        after = last.sequence;
        for change in changes {
            let key = key(tenant, &change.kind, &change.code)?;
            latest.insert(key, change.sequence.unsigned_abs());
        }
    }
    if latest.is_empty() {
        return Ok(view.clone());
    }
    let mut changed = Vec::with_capacity(latest.len());
    for (key, sequence) in latest {
        let row = entities::get(store, tenant, key.kind.word(), key.code.as_str()).await?;
        if let Some(row) = row {
            changed.push(Arc::new(stored(tenant, &row, sequence)?));
        }
    }
    Ok(view.with(changed, after.unsigned_abs()))
}

fn key(tenant: &str, kind: &str, code: &str) -> Result<EntityKey, CatalogueError> {
    let found = Kind::from_word(kind).zip(code.parse().ok());
    let (found, code) = found.ok_or_else(|| inconsistent(tenant, kind, code, "its kind or code is unknown".into()))?;
    Ok(EntityKey { kind: found, code })
}

fn stored(tenant: &str, row: &StoredEntity, sequence: u64) -> Result<Stored, CatalogueError> {
    let wrong = |reason: String| inconsistent(tenant, &row.kind, &row.code, reason);
    let record = serde_json::from_slice(&row.body).map_err(|error| wrong(error.to_string()))?;
    let reading = pat::read(&record);
    let first = reading.findings.first().map_or_else(String::new, ToString::to_string);
    let entity = reading.entity.ok_or_else(|| wrong(first))?;
    let changed_at = Timestamp::from_microsecond(row.changed_at).map_err(|error| wrong(error.to_string()))?;
    Ok(Stored {
        entity,
        revision: row.revision.unsigned_abs(),
        sequence,
        master: Master(row.master.as_str().into()),
        changed_at,
    })
}

fn inconsistent(tenant: &str, kind: &str, code: &str, reason: String) -> CatalogueError {
    CatalogueError::Inconsistent { tenant: tenant.into(), kind: kind.into(), code: code.into(), reason }
}
