//! GET operations (ptv-in-api §2). Only published language versions are shown, except on `active`.

use serde_json::{Value, json};

use super::lists::{self, FULL_PAGE, Wanted, Window, entities, page};
use super::write::guid_parameter;
use super::{Desk, Request, codes, missing, tasks};
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::formats;
use crate::ptv::json::{items as list_items, text};
use crate::ptv::read::stamp;
use crate::ptv::store::{Entity, Kind};

/// Most ids of one `list?guids=`.
const MOST_GUIDS: usize = 100;

pub(crate) fn get(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    match route {
        ["CodeList", rest @ ..] => codes::get(desk, request, rest),
        ["GeneralDescription", rest @ ..] => general_description(desk, request, rest),
        ["Common", "EntitiesByOrganization", id] => by_organization(desk, request, id),
        ["Common", list] => tasks::common(desk, request, list),
        ["Organization", rest @ ..] => organization(desk, request, rest),
        ["Service", rest @ ..] => common(desk, request, Kind::Service, rest),
        ["ServiceChannel", "type", kind] => {
            let found =
                entities(desk, Kind::EChannel, |e| e.published().is_some() && e.kind.name().eq_ignore_ascii_case(kind));
            page(request, found.into_iter().map(named).collect(), 1000)
        }
        ["ServiceChannel", "organization", id, rest @ ..] => channels_of(desk, request, id, rest),
        ["ServiceChannel", rest @ ..] => common(desk, request, Kind::EChannel, rest),
        ["ServiceCollection", rest @ ..] => collection(desk, request, rest),
        _ => Ok(missing()),
    }
}

/// What services and channels have in common.
fn common(desk: &Desk<'_>, request: &Request, kind: Kind, route: &[&str]) -> Result<Reply, Refusal> {
    match route {
        [] => lists::id_and_name(desk, request, kind, Wanted::of(request, kind)?),
        ["active"] => lists::id_and_name(desk, request, kind, Wanted::Active),
        ["active", id] => {
            guid_parameter(desk, "id", id)?;
            let found = desk.state.store.find(kind, id).filter(|entity| !entity.archived());
            found.map(|entity| Reply::ok(desk.reader().show(entity, &entity.latest))).ok_or_else(|| not_found(kind, id))
        }
        ["list"] => by_guids(desk, request, kind),
        ["list", "organization"] => {
            let owner = lists::organization(desk, request, true)?;
            let found =
                entities(desk, kind, |entity| entity.published().is_some() && entity.owner() == owner.as_deref());
            page(request, shown(desk, found), FULL_PAGE)
        }
        ["archived", "list"] => lists::archived(desk, request, kind),
        ["serviceChannel", id] if kind == Kind::Service => {
            guid_parameter(desk, "id", id)?;
            let id = id.to_lowercase();
            let connected =
                |entity: &Entity| desk.state.store.connections.contains_key(&(entity.id.clone(), id.clone()));
            let found = entities(desk, kind, |entity| entity.published().is_some() && connected(entity));
            page(request, found.into_iter().map(named).collect(), 1000)
        }
        [id] => published(desk, kind, id),
        _ => Ok(missing()),
    }
}

fn organization(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    let kind = Kind::Organization;
    let by = |field: &str, value: &str| {
        entities(desk, kind, |e| e.published().is_some() && text(&e.latest.content, field) == Some(value))
    };
    match route {
        [] => lists::id_and_name(desk, request, kind, Wanted::of(request, kind)?),
        ["list"] => by_guids(desk, request, kind),
        ["businesscode", code] => {
            if !formats::business_code(code) {
                return Err(Problems::one("code", "The format is not valid."));
            }
            Ok(Reply::ok(json!(shown(desk, by("businessCode", code)))))
        }
        ["Hierarchy", rest @ ..] => tasks::hierarchy(desk, request, rest),
        ["oid", oid] => {
            let found = by("oid", oid);
            let entity = found.first().ok_or_else(|| not_found(kind, oid))?;
            published(desk, kind, &entity.id)
        }
        [id] => published(desk, kind, id),
        _ => Ok(missing()),
    }
}

fn collection(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    let kind = Kind::ServiceCollection;
    match route {
        [] => lists::id_and_name(desk, request, kind, Wanted::Published),
        ["organization"] => {
            let owner = lists::organization(desk, request, true)?;
            let found =
                entities(desk, kind, |entity| entity.published().is_some() && entity.owner() == owner.as_deref());
            page(request, shown(desk, found), FULL_PAGE)
        }
        [id] => published(desk, kind, id),
        _ => Ok(missing()),
    }
}

fn channels_of(desk: &Desk<'_>, request: &Request, id: &str, rest: &[&str]) -> Result<Reply, Refusal> {
    if !formats::guid(id) {
        return Err(Problems::one("organizationId", "The value is not a valid GUID."));
    }
    let id = id.to_lowercase();
    let kind = match rest {
        [] => None,
        ["type", kind] => Some(*kind),
        _ => return Ok(missing()),
    };
    let found = entities(desk, Kind::EChannel, |entity| {
        let fits = kind.is_none_or(|kind| entity.kind.name().eq_ignore_ascii_case(kind));
        entity.published().is_some() && entity.owner() == Some(&id) && fits
    });
    page(request, found.into_iter().map(named).collect(), 1000)
}

fn published(desk: &Desk<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    guid_parameter(desk, "id", id)?;
    let entity = desk.state.store.find(kind, id);
    let version = entity.and_then(|entity| entity.published().map(|version| (entity, version)));
    let (entity, version) = version.ok_or_else(|| not_found(kind, id))?;
    Ok(Reply::ok(desk.reader().show(entity, version)))
}

fn not_found(kind: Kind, id: &str) -> Refusal {
    Refusal::NotFound(format!("{} with id '{id}' not found.", kind.object_type()))
}

fn by_guids(desk: &Desk<'_>, request: &Request, kind: Kind) -> Result<Reply, Refusal> {
    let ids = guids(request)?;
    let found = entities(desk, kind, |entity| entity.published().is_some() && ids.contains(&entity.id));
    Ok(Reply::ok(json!(shown(desk, found))))
}

fn guids(request: &Request) -> Result<Vec<String>, Refusal> {
    let ids: Vec<String> = request
        .query("guids")
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(str::to_lowercase)
        .collect();
    if ids.is_empty() || ids.iter().any(|id| !formats::guid(id)) {
        return Err(Problems::one("guids", "The list holds something that is not a GUID."));
    }
    if ids.len() > MOST_GUIDS {
        return Err(Refusal::Crash("Too many ids in one request.".to_owned()));
    }
    Ok(ids)
}

fn shown(desk: &Desk<'_>, found: Vec<&Entity>) -> Vec<Value> {
    let reader = desk.reader();
    found.into_iter().filter_map(|entity| entity.published().map(|version| reader.show(entity, version))).collect()
}

fn named(entity: &Entity) -> Value {
    json!({ "id": entity.id, "name": entity.name() })
}

/// Id, type and time of every published service and channel of one organisation.
fn by_organization(desk: &Desk<'_>, request: &Request, id: &str) -> Result<Reply, Refusal> {
    if !formats::guid(id) {
        return Err(Problems::one("organizationId", "The value is not a valid GUID."));
    }
    let window = Window::of(request)?;
    let id = id.to_lowercase();
    let mut items = Vec::new();
    for kind in [Kind::Service, Kind::EChannel] {
        for entity in entities(desk, kind, |entity| entity.owner() == Some(&id)) {
            let Some(version) = entity.published() else { continue };
            if window.selects(&desk.state.store, entity, version.modified) {
                let kind = if entity.kind == Kind::Service { "Service" } else { "Channel" };
                items.push(json!({ "id": entity.id, "type": kind, "modified": stamp(version.modified) }));
            }
        }
    }
    page(request, items, 1000)
}

fn general_description(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    let (store, reference) = (&desk.state.store, &desk.config.reference);
    let found = |id: &str| store.description(reference, id);
    match route {
        [] => {
            let window = Window::of(request)?;
            let items = store
                .descriptions(reference)
                .into_iter()
                .filter_map(|id| Some((id, found(id)?)))
                .filter(|(_, (_, modified))| window.holds(*modified))
                .map(|(id, (value, _))| {
                    let name = list_items(value, "names").first().and_then(|name| text(name, "value"));
                    json!({ "id": id, "name": name })
                })
                .collect();
            page(request, items, 1000)
        }
        ["list"] => {
            let ids = guids(request)?;
            let all =
                ids.iter().filter_map(|id| found(id)).map(|(value, modified)| codes::general(desk, value, modified));
            Ok(Reply::ok(json!(all.collect::<Vec<Value>>())))
        }
        [id] => {
            guid_parameter(desk, "id", id)?;
            let (value, modified) = found(&id.to_lowercase())
                .ok_or_else(|| Refusal::NotFound(format!("General description with id '{id}' not found.")))?;
            Ok(Reply::ok(codes::general(desk, value, modified)))
        }
        _ => Ok(missing()),
    }
}
