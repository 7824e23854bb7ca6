//! PUT of a service's connections: the list replaces, ASTI connections stay (ptv-in-api §3.6).

use serde_json::{Map, Value, json};

use super::write::{bound, guid_parameter, shown};
use super::{Body, Desk};
use crate::ptv::auth::PtvUser;
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::formats;
use crate::ptv::json::{filled, flag, given, items, text};
use crate::ptv::schema::entities::{CONNECTIONS_BY_ID, CONNECTIONS_BY_SOURCE};
use crate::ptv::schema::{self, Call};
use crate::ptv::store::{Connection, Entity, Kind, Status};
use crate::ptv::validate::connection::{self, Prefix};

pub(crate) fn put_by_id(desk: &mut Desk<'_>, id: &str, body: &Body) -> Result<Reply, Refusal> {
    let user = desk.writer()?;
    guid_parameter(desk, "serviceId", id)?;
    let body = bound(CONNECTIONS_BY_ID, body)?;
    let usable = |service: &&Entity| matches!(service.latest.status, Status::Published | Status::Draft);
    let service = desk.state.store.find(Kind::Service, id).filter(usable);
    let service = service.ok_or_else(|| Refusal::NotFound(format!("Service with id '{id}' not found.")))?.clone();
    not_null(&body)?;
    first_stage(desk, &body, CONNECTIONS_BY_ID)?;

    let tree = desk.tree(&user);
    let owns = |owner: Option<&str>| user.group.is_eeva() || owner.is_some_and(|owner| tree.contains(owner));
    let mut problems = Problems::default();
    if service.published().is_none() || !owns(service.owner()) {
        problems.add("serviceId", "No published service of one's own with this id.");
    }
    let relations = items(&body, "channelRelations");
    let mut channels: Vec<String> = Vec::new();
    for relation in relations {
        let channel = text(relation, "serviceChannelId").unwrap_or_default().to_lowercase();
        let found = channel_of(desk, &channel).filter(|entity| entity.published().is_some());
        match found {
            Some(entity) if flag(&entity.latest.content, "isVisibleForAll") || owns(entity.owner()) => {
                if connection::has_extra(relation) && entity.kind != Kind::ServiceLocation {
                    problems.add("ChannelRelations", "Hours and contact details are for service locations only.");
                }
            }
            _ => problems.add("ChannelRelations", format!("No published, visible channel with id {channel}.")),
        }
        if channels.contains(&channel) {
            problems.add("ChannelRelations", format!("The channel {channel} is there twice."));
        }
        channels.push(channel);
    }
    connection::check(&desk.config.reference, relations, Prefix::Put, &mut problems);
    problems.finish()?;
    replace(desk, &service.id, &body, &channels);
    shown(desk, &service.id)
}

pub(crate) fn put_by_source(desk: &mut Desk<'_>, source: &str, body: &Body) -> Result<Reply, Refusal> {
    let user = desk.writer()?;
    if !formats::source_id(source) {
        return Err(Problems::one("serviceSourceId", "The format is not valid."));
    }
    let body = bound(CONNECTIONS_BY_SOURCE, body)?;
    let service = desk.state.store.by_source(&user.email, Kind::Service, source).cloned();
    let service = service.ok_or_else(|| Refusal::NotFound(format!("Service with source id '{source}' not found.")))?;
    not_null(&body)?;
    first_stage(desk, &body, CONNECTIONS_BY_SOURCE)?;

    let relations = items(&body, "channelRelations");
    let mut problems = Problems::default();
    let mut failures = Vec::new();
    if service.latest.status != Status::Published {
        failures.push(format!("The service is in status {}.", service.latest.status.name()));
    }
    let channels = channels_by_source(desk, &user, relations, &mut problems, &mut failures);
    connection::check(&desk.config.reference, relations, Prefix::PutBySource, &mut problems);
    problems.finish()?;
    if !failures.is_empty() {
        return Err(Refusal::Crash(failures.join(" ")));
    }
    replace(desk, &service.id, &body, &channels);
    shown(desk, &service.id)
}

fn channels_by_source(
    desk: &Desk<'_>,
    user: &PtvUser,
    relations: &[Value],
    problems: &mut Problems,
    failures: &mut Vec<String>,
) -> Vec<String> {
    let mut channels: Vec<String> = Vec::new();
    for relation in relations {
        let source = text(relation, "serviceChannelSourceId").unwrap_or_default();
        // All channel kinds share one space of source ids, so any of them finds the channel.
        let found = desk.state.store.by_source(&user.email, Kind::EChannel, source);
        let Some(channel) = found.filter(|channel| channel.published().is_some()) else {
            failures.push(format!("Channel with source id {source} not found."));
            continue;
        };
        if connection::has_extra(relation) && matches!(channel.kind, Kind::WebPage | Kind::PrintableForm) {
            failures.push(format!("Hours and contact details are not for {}.", channel.kind.name()));
        }
        if channels.contains(&channel.id) {
            problems.add("ChannelRelations", format!("The channel {source} is there twice."));
        }
        channels.push(channel.id.clone());
    }
    channels
}

/// A null list is not looked for by the server (§9.8, N-24).
fn not_null(body: &Value) -> Result<(), Refusal> {
    if given(body, "channelRelations") {
        return Ok(());
    }
    Err(Refusal::Crash("Object reference not set to an instance of an object.".to_owned()))
}

fn first_stage(desk: &Desk<'_>, body: &Value, fields: &[schema::Field]) -> Result<(), Refusal> {
    let mut problems = Problems::default();
    schema::check(fields, body, "", call(desk, false), &mut problems);
    problems.finish()
}

pub(crate) fn call<'a>(desk: &Desk<'a>, post: bool) -> Call<'a> {
    Call {
        profile: desk.config.profile,
        post,
        today: desk.today,
        content_languages: &desk.config.reference.content_languages,
    }
}

/// A channel of any kind.
pub(crate) fn channel_of<'d>(desk: &'d Desk<'_>, id: &str) -> Option<&'d Entity> {
    desk.state.store.find(Kind::EChannel, id)
}

fn replace(desk: &mut Desk<'_>, service: &str, body: &Value, channels: &[String]) {
    let clear = channels.is_empty() && flag(body, "deleteAllChannelRelations");
    if channels.is_empty() && !clear {
        return;
    }
    let relations = items(body, "channelRelations");
    let mut kept = Vec::new();
    for (channel, relation) in channels.iter().zip(relations) {
        // Without a common language the connection is left out, and so removed when there was one.
        if desk.state.store.share_language(service, channel) {
            kept.push(channel.clone());
            connect(desk, service, channel, relation);
        }
    }
    let now = desk.now;
    desk.state.store.unlink(now, |of, channel, connection| {
        of != service || connection.asti || kept.iter().any(|kept| kept == channel)
    });
}

/// Adds or updates one connection; data not given is kept.
pub(crate) fn connect(desk: &mut Desk<'_>, service: &str, channel: &str, relation: &Value) {
    let modified = desk.now;
    let key = (service.to_owned(), channel.to_owned());
    let stored = desk.state.store.connections.get(&key).cloned();
    let mut connection = stored.unwrap_or_else(|| Connection { content: json!({}), asti: false, modified });
    let Some(content) = connection.content.as_object_mut() else { return };
    for (flagged, field) in [
        ("deleteServiceChargeType", "serviceChargeType"),
        ("deleteAllDescriptions", "description"),
        ("deleteAllServiceHours", "serviceHours"),
    ] {
        if flag(relation, flagged) {
            content.remove(field);
        }
    }
    for field in ["description", "serviceHours"] {
        if filled(relation, field) {
            content.insert(field.to_owned(), json!(items(relation, field)));
        }
    }
    if let Some(charge) = text(relation, "serviceChargeType").filter(|charge| !charge.is_empty()) {
        content.insert("serviceChargeType".to_owned(), json!(charge));
    }
    if let Some(details) = relation.get("contactDetails").filter(|details| !details.is_null()) {
        let stored = content.entry("contactDetails").or_insert_with(|| json!({}));
        if let Some(stored) = stored.as_object_mut() {
            contact(stored, details);
        }
    }
    connection.modified = modified;
    desk.state.store.link(key, connection);
}

fn contact(stored: &mut Map<String, Value>, details: &Value) {
    for (flagged, field) in [
        ("deleteAllEmails", "emails"),
        ("deleteAllPhones", "phoneNumbers"),
        ("deleteAllFaxNumbers", "faxNumbers"),
        ("deleteAllWebPages", "webPages"),
        ("deleteAllAddresses", "addresses"),
    ] {
        if flag(details, flagged) {
            stored.remove(field);
        }
        if filled(details, field) {
            stored.insert(field.to_owned(), json!(items(details, field)));
        }
    }
}
