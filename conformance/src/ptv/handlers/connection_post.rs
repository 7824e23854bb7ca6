//! POST of connections: adds or updates only, and reports item by item inside a 200 (ptv-in-api §3.6).

use serde_json::{Value, json};

use super::connection::{call, channel_of, connect};
use super::{Body, Desk};
use crate::ptv::auth::PtvUser;
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::json::{flag, text};
use crate::ptv::schema;
use crate::ptv::schema::entities::{NEW_CONNECTION, NEW_CONNECTION_BY_SOURCE};
use crate::ptv::store::{Entity, Kind, Status};
use crate::ptv::validate::connection::{self, Prefix};

pub(crate) fn post(desk: &mut Desk<'_>, body: &Body, by_source: bool) -> Result<Reply, Refusal> {
    let user = desk.writer()?;
    let fields = if by_source { NEW_CONNECTION_BY_SOURCE } else { NEW_CONNECTION };
    let Body::Json(Value::Array(given)) = body else {
        return Err(Problems::one("RequestIsNull", "A list of connections was expected."));
    };
    let mut relations = Vec::new();
    for (i, item) in given.iter().enumerate() {
        let bound = schema::bind(fields, item, &format!("[{i}]")).map_err(|path| {
            let mut problems = Problems::default();
            problems.add(path, "The value could not be converted.");
            problems.add("RequestIsNull", "The request body is not valid.");
            Refusal::Keys(problems)
        })?;
        relations.push(bound);
    }
    let mut problems = Problems::default();
    for (i, relation) in relations.iter().enumerate() {
        schema::check(fields, relation, &format!("[{i}]."), call(desk, true), &mut problems);
    }
    problems.finish()?;
    if !by_source {
        second_stage(desk, &user, &relations)?;
    }

    let answers: Vec<String> = relations.iter().map(|relation| one(desk, &user, relation, by_source)).collect();
    Ok(Reply::ok(json!(answers)))
}

fn second_stage(desk: &Desk<'_>, user: &PtvUser, relations: &[Value]) -> Result<(), Refusal> {
    let tree = desk.tree(user);
    let owns = |owner: Option<&str>| user.group.is_eeva() || owner.is_some_and(|owner| tree.contains(owner));
    let mut problems = Problems::default();
    for (i, relation) in relations.iter().enumerate() {
        let service = text(relation, "serviceId").unwrap_or_default();
        match desk.state.store.published(Kind::Service, service) {
            Some(service) if owns(service.owner()) => {}
            _ => problems.add("Services", format!("No published service of one's own with id {service}.")),
        }
        let channel = text(relation, "serviceChannelId").unwrap_or_default();
        let found = channel_of(desk, channel).filter(|entity| entity.published().is_some());
        if !found.is_some_and(|entity| flag(&entity.latest.content, "isVisibleForAll") || owns(entity.owner())) {
            problems
                .add(format!("[{i}].ServiceChannelId"), format!("No published, visible channel with id {channel}."));
        }
    }
    connection::check(&desk.config.reference, relations, Prefix::Post, &mut problems);
    problems.finish()
}

/// Makes one connection and says in words what came of it.
fn one(desk: &mut Desk<'_>, user: &PtvUser, relation: &Value, by_source: bool) -> String {
    let store = &desk.state.store;
    let (service_name, channel_name) = if by_source {
        (text(relation, "serviceSourceId"), text(relation, "serviceChannelSourceId"))
    } else {
        (text(relation, "serviceId"), text(relation, "serviceChannelId"))
    };
    let (service_name, channel_name) = (service_name.unwrap_or_default(), channel_name.unwrap_or_default());
    let find =
        |kind, name: &str| if by_source { store.by_source(&user.email, kind, name) } else { store.find(kind, name) };
    let published = |entity: &&Entity| entity.published().is_some();
    let Some(service) = find(Kind::Service, service_name).filter(published) else {
        return format!("Service with id '{service_name}' not found.");
    };
    let Some(channel) = find(Kind::EChannel, channel_name).filter(published) else {
        return format!("Service channel with id '{channel_name}' not found.");
    };
    if service.latest.status == Status::Modified {
        return format!("Service with id '{service_name}' could not be connected: its version is Modified.");
    }
    if connection::has_extra(relation) && matches!(channel.kind, Kind::WebPage | Kind::PrintableForm) {
        return format!("Hours and contact details are not allowed for channel '{channel_name}'.");
    }
    let (service, channel) = (service.id.clone(), channel.id.clone());
    if !store.share_language(&service, &channel) {
        return format!(
            "Connection of service '{service_name}' and channel '{channel_name}' was ignored: no common language."
        );
    }
    connect(desk, &service, &channel, relation);
    format!("Service with id '{service_name}' and channel with id '{channel_name}' were successfully connected.")
}
