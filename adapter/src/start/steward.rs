//! The operator's commands about one record of the catalogue.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::catalogue::{Catalogue, CatalogueError, MasterChange};
use crate::control::OperatorError;
use crate::model::{EntityKey, Kind, Master};

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
