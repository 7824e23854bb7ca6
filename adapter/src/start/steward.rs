//! The operator's commands about records of the catalogue: their past, their master, what others may be the same.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, CatalogueError, MasterChange, matching};
use crate::control::{AdoptedTwin, OperatorError};
use crate::model::{EntityKey, Kind, Master};
use crate::ptv::adopt::Adopted;
use crate::ptv::worker::Worker;
use crate::store::{Store, twins};

/// A master's name has at most this many characters.
const MASTER_CHARS: usize = 100;

/// `catalogue.history`.
pub(super) async fn history(
    catalogue: &Catalogue,
    tenant: &str,
    kind: &str,
    code: &str,
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    let revisions = catalogue.history(tenant, &key).await.map_err(|error| failed(&error))?;
    if revisions.is_empty() {
        return Err(absent(&key));
    }
    let revisions: Vec<Value> = revisions
        .into_iter()
        .map(|it| {
            let at = Timestamp::from_microsecond(it.changed_at).unwrap_or_default().to_string();
            json!({"revision": it.revision, "state": it.state, "master": it.master, "at": at, "by": it.changed_by})
        })
        .collect();
    Ok(json!({"kind": key.kind.word(), "code": key.code.as_str(), "revisions": revisions}))
}

/// `catalogue.master`.
pub(super) async fn master(
    catalogue: &Catalogue,
    tenant: &str,
    kind: &str,
    code: &str,
    to: &str,
) -> Result<Value, OperatorError> {
    let key = key(kind, code)?;
    // Batches are remembered as master and id with a slash between.
    let fits = !to.trim().is_empty()
        && to.trim() == to
        && to.chars().count() <= MASTER_CHARS
        && !to.chars().any(|c| c.is_control() || c == '/');
    if !fits {
        let text =
            format!("a master's name has 1 to {MASTER_CHARS} printable characters, no slash and no space at its ends");
        return Err(OperatorError::usage(text));
    }
    let to = Master(to.into());
    match catalogue.change_master(tenant, &key, &to).await.map_err(|error| failed(&error))? {
        MasterChange::Changed { from, revision } => Ok(json!({"master": to.0, "from": from.0, "revision": revision})),
        MasterChange::Same => Ok(json!({ "master": to.0 })),
        MasterChange::Unknown => Err(absent(&key)),
    }
}

/// `ptv.adopt`. Each is told by itself; one that cannot be does not keep the others from it.
pub(super) async fn adopt(worker: &Worker, twins: Vec<AdoptedTwin>, all: bool) -> Result<Value, OperatorError> {
    let mut asked = Vec::new();
    for AdoptedTwin { kind, code, guid } in twins {
        asked.push((key(&kind, &code)?, guid));
    }
    if all {
        asked.extend(worker.adoptable());
    }
    let mut told = Vec::new();
    for (key, guid) in asked {
        let adopted = worker.adopt(&key, &guid).await.map_err(|error| OperatorError::failed(error.to_string()))?;
        let (outcome, reason) = match adopted {
            Adopted::Adopted => ("adopted", None),
            Adopted::Same => ("unchanged", None),
            Adopted::Unknown => ("refused", Some("there is no such record".to_owned())),
            Adopted::NoTwin => ("refused", Some("PTV has no records of this kind".to_owned())),
            Adopted::NotGuid => ("refused", Some("this is no GUID".to_owned())),
            Adopted::OtherTwin(other) => ("refused", Some(format!("its twin in PTV is {other} already"))),
            Adopted::Taken(other) => ("refused", Some(format!("this is the twin of {other}"))),
        };
        let (kind, code) = (key.kind.word(), key.code.as_str());
        told.push(json!({"kind": kind, "code": code, "guid": guid, "outcome": outcome, "reason": reason}));
    }
    Ok(json!({ "twins": told }))
}

/// `catalogue.match`.
pub(super) async fn matches(
    catalogue: &Catalogue,
    store: &Store,
    tenant: &str,
    records: Vec<Value>,
) -> Result<Value, OperatorError> {
    const PAGE: u32 = 500;
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let mut guids = BTreeMap::new();
    for kind in Kind::ALL {
        let mut after = String::new();
        loop {
            let page = twins::page(store, tenant, kind.word(), &after, PAGE).await;
            let page = page.map_err(|error| failed(&error.into()))?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.code);
            for twin in page {
                let key = twin.code.parse().ok().map(|code| EntityKey { kind, code });
                guids.extend(key.zip(twin.guid));
            }
        }
    }
    // Comparing takes a processor for a while; it must not hold up the runtime.
    let found = tokio::task::spawn_blocking(move || matching::matches(&view, &guids, &records)).await;
    let found = found.map_err(|error| OperatorError::failed(error.to_string()))?;
    let found = serde_json::to_value(found).map_err(|error| OperatorError::failed(error.to_string()))?;
    Ok(json!({ "matches": found }))
}

fn key(kind: &str, code: &str) -> Result<EntityKey, OperatorError> {
    let known = Kind::from_word(kind).or_else(|| Kind::from_laji(kind));
    let words = Kind::ALL.map(Kind::word).join(", ");
    let kind = known.ok_or_else(|| OperatorError::usage(format!("unknown kind; there are: {words}")))?;
    let code =
        code.parse().map_err(|error: crate::model::entity::InvalidCode| OperatorError::usage(error.to_string()))?;
    Ok(EntityKey { kind, code })
}

fn absent(key: &EntityKey) -> OperatorError {
    OperatorError::not_found(format!("there is no {} with this code", key.kind))
}

fn failed(error: &CatalogueError) -> OperatorError {
    match error {
        CatalogueError::UnknownTenant(tenant) => OperatorError::unknown_tenant(tenant),
        _ => OperatorError::failed(error.to_string()),
    }
}
