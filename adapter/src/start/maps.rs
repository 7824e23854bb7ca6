//! The operator's commands about class maps and about the general descriptions that services build on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::workers::Mirrors;
use crate::catalogue::Catalogue;
use crate::catalogue::class_map::{Effect, FROM_FILE, MapError, csv_of};
use crate::catalogue::descriptions::coverage;
use crate::control::OperatorError;
use crate::model::class_map::MapEntry;
use crate::store::Store;
use crate::store::class_maps::{self, Map};

/// `map.publish`.
pub(super) async fn publish(catalogue: &Catalogue, tenant: &str, name: &str) -> Result<Value, OperatorError> {
    let published = catalogue.publish_map(tenant, name).await.map_err(|error| failed(&error))?;
    let (revision, entries) = (published.revision, published.entries);
    Ok(json!({"name": name, "revision": revision, "entries": entries, "unchanged": published.unchanged}))
}

/// Another tenant's map, or the lines of a file.
pub(super) enum From<'a> {
    Tenant(&'a str),
    File(&'a [MapEntry]),
}

/// `map.adopt`. Every service of the tenant is compared with PTV again.
pub(super) async fn adopt(
    catalogue: &Catalogue,
    mirrors: &Mirrors,
    tenant: &str,
    from: From<'_>,
    name: &str,
) -> Result<Value, OperatorError> {
    let effect = match from {
        From::Tenant(owner) => catalogue.adopt_map(tenant, owner, name).await,
        From::File(lines) => catalogue.adopt_map_of_file(tenant, name, lines).await,
    };
    changed(effect, mirrors, tenant).await
}

/// `map.drop`.
pub(super) async fn drop_adopted(
    catalogue: &Catalogue,
    mirrors: &Mirrors,
    tenant: &str,
    owner: Option<&str>,
    name: &str,
) -> Result<Value, OperatorError> {
    changed(catalogue.drop_map(tenant, owner.unwrap_or(FROM_FILE), name).await, mirrors, tenant).await
}

async fn changed(effect: Result<Effect, MapError>, mirrors: &Mirrors, tenant: &str) -> Result<Value, OperatorError> {
    let effect = effect.map_err(|error| failed(&error))?;
    if let Some(worker) = mirrors.worker(tenant) {
        worker.want_all().await.map_err(|error| OperatorError::failed(error.to_string()))?;
        mirrors.wake(tenant);
    }
    serde_json::to_value(effect).map_err(|error| OperatorError::failed(error.to_string()))
}

/// `map.list`: what is published, and who uses which revision of it.
pub(super) async fn list(store: &Store, tenants: &[String]) -> Result<Value, OperatorError> {
    let unread = |error: crate::store::StoreError| OperatorError::failed(error.to_string());
    let shown = |map: &Map| {
        let at = Timestamp::from_microsecond(map.at).unwrap_or_default().to_string();
        json!({"tenant": map.owner, "name": map.name, "revision": map.revision, "entries": map.entries, "at": at})
    };
    let published = class_maps::list(store).await.map_err(unread)?;
    let mut adopted = Vec::new();
    for tenant in tenants {
        for map in class_maps::adopted(store, tenant).await.map_err(unread)? {
            let newest = published.iter().find(|it| it.owner == map.owner && it.name == map.name);
            let mut line = shown(&map);
            if let Some(members) = line.as_object_mut() {
                members.insert("by".into(), json!(tenant));
                members.insert("newest".into(), json!(newest.map(|it| it.revision)));
            }
            adopted.push(line);
        }
    }
    Ok(json!({"published": published.iter().map(shown).collect::<Vec<_>>(), "adopted": adopted}))
}

/// `map.export`: a tenant's own map as it stands, as CSV.
pub(super) fn export(catalogue: &Catalogue, tenant: &str) -> Result<Value, OperatorError> {
    let lines = catalogue.own_map(tenant).map_err(|error| failed(&error.into()))?;
    Ok(json!({"entries": lines.len(), "csv": csv_of(&lines)}))
}

/// `catalogue.statutory`.
pub(super) async fn statutory(catalogue: &Catalogue, tenant: &str) -> Result<Value, OperatorError> {
    let view = catalogue.view(tenant).ok_or_else(|| OperatorError::unknown_tenant(tenant))?;
    let descriptions = catalogue.descriptions(tenant).filter(|it| !it.is_empty()).ok_or_else(|| {
        OperatorError::not_found("there is no list of general descriptions. Set ptv.reference_dir or vocabulary.dir, or wait until PTV was read")
    })?;
    // Matching takes a processor for a while; it must not hold up the runtime.
    let judged = tokio::task::spawn_blocking(move || {
        let newer = view.class_map().newer().clone();
        serde_json::to_value(coverage::report(&view, &descriptions, &newer))
    });
    let report = judged.await.map_err(|error| OperatorError::failed(error.to_string()))?;
    report.map_err(|error| OperatorError::failed(error.to_string()))
}

fn failed(error: &MapError) -> OperatorError {
    match error {
        MapError::Catalogue(crate::catalogue::CatalogueError::UnknownTenant(tenant)) => {
            OperatorError::unknown_tenant(tenant)
        }
        MapError::Unknown { .. } | MapError::NotAdopted(_) => OperatorError::not_found(error.to_string()),
        MapError::Nothing(_) | MapError::Own | MapError::Name | MapError::Malformed(_) => {
            OperatorError::usage(error.to_string())
        }
        MapError::Catalogue(_) => OperatorError::failed(error.to_string()),
    }
}
