//! Work lists and the tree of organisations (ptv-in-api §2.1, §2.5, §4.7).

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::lists::{entities, page};
use super::write::guid_parameter;
use super::{Desk, Request, missing};
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::read::stamp;
use crate::ptv::store::{Entity, Kind, Status};

/// Items on a page of a work list.
const PAGE: usize = 1000;
/// After so many months an entity expires.
const EXPIRES: i32 = 18;
/// And after so many somebody is warned.
const WARNS: i32 = 15;

/// The lists below `Common` that need a token. They speak of the user's own tree only.
pub(super) fn common(desk: &Desk<'_>, request: &Request, list: &str) -> Result<Reply, Refusal> {
    let user = desk.writer()?;
    let tree = desk.tree(&user);
    let wanted = match request.query("status") {
        None | Some("Published") => Status::Published,
        Some("Draft") => Status::Draft,
        Some(_) => return Err(Problems::one("status", "The status is not valid.")),
    };
    let warned = months_before(desk.now, WARNS);
    let untouched = |entity: &Entity| entity.latest.status == wanted && entity.latest.modified < warned;
    let connected = |entity: &Entity| {
        desk.state.store.connections.keys().any(|(service, channel)| *service == entity.id || *channel == entity.id)
    };
    let own = |entity: &Entity| entity.owner().is_some_and(|owner| tree.contains(owner));
    let alone = |entity: &Entity| entity.published().is_some() && !connected(entity);
    let found = match list {
        "ExpiringServiceChannels" | "NotMaintainedServiceChannels" => {
            entities(desk, Kind::EChannel, |entity| own(entity) && untouched(entity))
        }
        "NotMaintainedServices" => entities(desk, Kind::Service, |entity| own(entity) && untouched(entity)),
        "ServicesWithoutChannels" => entities(desk, Kind::Service, |entity| own(entity) && alone(entity)),
        "ChannelsWithoutServices" => entities(desk, Kind::EChannel, |entity| own(entity) && alone(entity)),
        _ => return Ok(missing()),
    };
    let items = found
        .into_iter()
        .map(|entity| {
            let version = &entity.latest;
            let statuses: Vec<Value> = version
                .languages
                .iter()
                .map(|language| json!({ "language": language, "value": version.status.name() }))
                .collect();
            let mut item = json!({ "id": entity.id, "name": entity.name(), "statuses": statuses });
            let (member, moment) = match list {
                "ExpiringServiceChannels" => ("expires", months_before(version.modified, -EXPIRES)),
                _ => ("modified", version.modified),
            };
            if let (false, Some(map)) = (list.contains("Without"), item.as_object_mut()) {
                map.insert(member.to_owned(), json!(stamp(moment)));
            }
            item
        })
        .collect();
    page(request, items, PAGE)
}

/// `Organization/Hierarchy`: main organisations, or one with everything published below it.
pub(super) fn hierarchy(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    let kind = Kind::Organization;
    match route {
        [] => {
            let main = entities(desk, kind, |entity| entity.published().is_some() && entity.owner().is_none());
            let items = main.into_iter().map(|entity| json!({ "id": entity.id, "name": entity.name() })).collect();
            page(request, items, PAGE)
        }
        [id] => {
            guid_parameter(desk, "id", id)?;
            let root = desk.state.store.published(kind, id);
            let root = root.ok_or_else(|| Refusal::NotFound(format!("Organization with id '{id}' not found.")))?;
            let mut tree = below(desk, root, 0);
            if let Some(map) = tree.as_object_mut() {
                map.insert("parent".to_owned(), root.owner().map_or(Value::Null, |id| desk.reader().item(id)));
            }
            Ok(Reply::ok(tree))
        }
        _ => Ok(missing()),
    }
}

fn below(desk: &Desk<'_>, entity: &Entity, depth: usize) -> Value {
    let children = entities(desk, Kind::Organization, |other| {
        other.published().is_some() && other.owner() == Some(&entity.id) && depth < 8
    });
    let children: Vec<Value> = children.into_iter().map(|child| below(desk, child, depth + 1)).collect();
    let names = entity.published().and_then(|version| version.content.get("organizationNames"));
    json!({ "id": entity.id, "organizationNames": names, "subOrganizations": children })
}

fn months_before(moment: Timestamp, months: i32) -> Timestamp {
    let zoned = moment.to_zoned(TimeZone::UTC);
    zoned.checked_sub(months.months()).map_or(moment, |zoned| zoned.timestamp())
}
