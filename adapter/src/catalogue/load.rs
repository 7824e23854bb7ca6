//! The store's rows to a view: whole at start, by the change feed afterwards.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{CatalogueError, pat};
use crate::model::actor::ContentOwner;
use crate::model::{EntityKey, Kind, Master, OwnFields, Stored, View};
use crate::store::Store;
use crate::store::entities::{self, StoredEntity};
use crate::store::own_fields::{self, Person};
use crate::telemetry::{Metrics, safe};

const PAGE: u32 = 500;

/// The view after every change that the feed holds beyond it. What cannot be read is left out, logged and counted: one
/// record must not keep the others from being served.
pub(super) async fn newer(store: &Store, metrics: &Metrics, tenant: &str, view: &View) -> Result<View, CatalogueError> {
    let left_out = |kind: &str, code: &str, reason: &str| {
        metrics.unreadable_record(tenant);
        tracing::error!(
            tenant = %safe(tenant), kind = %safe(kind), code = %safe(code), reason = %safe(reason),
            "a stored record cannot be read and is left out; its master mends it by sending it again"
        );
    };
    let mut after = i64::try_from(view.sequence()).unwrap_or(i64::MAX);
    let mut changed: Vec<Arc<Stored>> = Vec::new();
    let mut unreadable: BTreeMap<EntityKey, StoredEntity> = BTreeMap::new();
    loop {
        let page = entities::current(store, tenant, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = *last;
        for (sequence, row) in page {
            let Some((kind, code)) = Kind::from_word(&row.kind).zip(row.code.parse().ok()) else {
                left_out(&row.kind, &row.code, "its kind or code is unknown");
                continue;
            };
            let key = EntityKey { kind, code };
            match stored(&row, sequence.unsigned_abs()) {
                Ok(stored) => {
                    unreadable.remove(&key);
                    changed.push(Arc::new(stored));
                }
                Err(reason) => {
                    left_out(&row.kind, &row.code, &reason);
                    unreadable.insert(key, row);
                }
            }
        }
    }
    let mut newer = view.with(changed, after.unsigned_abs());
    for (key, row) in unreadable {
        newer.leave_out(key, row.revision.unsigned_abs(), Master(row.master.as_str().into()));
    }
    let mut own = BTreeMap::new();
    for row in own_fields::all(store, tenant).await? {
        let key = Kind::from_word(&row.kind).zip(row.code.parse().ok());
        let Some((kind, code)) = key else { continue };
        let fields = OwnFields { owner: person(row.owner), deputy: person(row.deputy), held: row.held };
        own.insert(EntityKey { kind, code }, fields);
    }
    Ok(newer.with_own(own))
}

fn person(person: Person) -> Option<ContentOwner> {
    let Person { actor, name, email } = person;
    let owner = ContentOwner { actor: actor.and_then(|code| code.parse().ok()), name, email };
    (owner != ContentOwner::default()).then_some(owner)
}

fn stored(row: &StoredEntity, sequence: u64) -> Result<Stored, String> {
    let record = serde_json::from_slice(&row.body).map_err(|error| error.to_string())?;
    let reading = pat::read_stored(&record);
    let first = reading.findings.first().map_or_else(String::new, ToString::to_string);
    let entity = reading.entity.ok_or(first)?;
    let changed_at = Timestamp::from_microsecond(row.changed_at).map_err(|error| error.to_string())?;
    Ok(Stored {
        entity,
        revision: row.revision.unsigned_abs(),
        sequence,
        master: Master(row.master.as_str().into()),
        changed_at,
    })
}
