//! Read models: what GET and the answer of a write show (ptv-in-api §5). Changes nothing.

mod channel;
mod organization;
mod service;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::json::{items, text, texts};
use super::reference::{Concepts, Reference};
use super::store::{Entity, Kind, Store, Version};

/// What a read model is made from.
pub(crate) struct Reader<'a> {
    pub(crate) store: &'a Store,
    pub(crate) reference: &'a Reference,
    /// The caller's e-mail claim; source ids are shown to their owner only.
    pub(crate) user: Option<&'a str>,
    pub(crate) live: bool,
}

impl Reader<'_> {
    /// The read model of one version.
    pub(crate) fn show(&self, entity: &Entity, version: &Version) -> Value {
        let mut shown = match entity.kind {
            Kind::Organization => organization::show(self, entity, version),
            Kind::Service => service::show(self, entity, version),
            Kind::ServiceCollection => self.collection(version),
            _ => channel::show(self, entity, version),
        };
        shown.insert("id".to_owned(), json!(entity.id));
        shown.insert("sourceId".to_owned(), json!(self.user.and_then(|user| self.store.source_id(user, &entity.id))));
        shown.insert("publishingStatus".to_owned(), json!(version.status.name()));
        shown.insert("modified".to_owned(), json!(stamp(version.modified)));
        Value::Object(shown)
    }

    /// `{id, name}` of an entity.
    pub(crate) fn item(&self, id: &str) -> Value {
        json!({ "id": id, "name": self.store.entities.get(id).and_then(Entity::name) })
    }

    fn areas(&self, content: &Value) -> Vec<Value> {
        let mut shown = Vec::new();
        for area in items(content, "areas") {
            let kind = text(area, "type").unwrap_or_default();
            let codes = texts(area, "areaCodes");
            if kind == "Municipality" {
                let municipalities: Vec<Value> = codes.iter().map(|code| self.municipality(code)).collect();
                shown.push(json!({ "type": kind, "code": null, "name": null, "municipalities": municipalities }));
                continue;
            }
            for code in codes {
                let known = self.reference.areas.get(kind).and_then(|list| list.get(code));
                let municipalities: Vec<Value> = known
                    .map(|value| texts(value, "municipalities"))
                    .unwrap_or_default()
                    .iter()
                    .map(|code| self.municipality(code))
                    .collect();
                let name = known.and_then(|value| value.get("names"));
                shown.push(json!({ "type": kind, "code": code, "name": name, "municipalities": municipalities }));
            }
        }
        shown
    }

    fn municipality(&self, code: &str) -> Value {
        json!({ "code": code, "name": self.reference.municipalities.get(code) })
    }

    fn collection(&self, version: &Version) -> Map<String, Value> {
        let content = &version.content;
        let list = |field: &str| -> Vec<Value> { texts(content, field).iter().map(|id| self.item(id)).collect() };
        Map::from_iter([
            ("organization".to_owned(), text(content, "organizationId").map_or(Value::Null, |id| self.item(id))),
            ("serviceCollectionNames".to_owned(), copied(content, "serviceCollectionNames")),
            ("serviceCollectionDescriptions".to_owned(), copied(content, "serviceCollectionDescriptions")),
            ("services".to_owned(), json!(list("services"))),
            ("serviceChannels".to_owned(), json!(list("serviceChannels"))),
        ])
    }

    /// Connections of one end, as the other end's published items.
    fn connections(&self, own: &str, of_service: bool) -> Vec<Value> {
        let mut shown = Vec::new();
        for ((service, channel), connection) in &self.store.connections {
            let (mine, other) = if of_service { (service, channel) } else { (channel, service) };
            if mine != own || self.store.entities.get(other).is_none_or(|entity| entity.published().is_none()) {
                continue;
            }
            let content = &connection.content;
            let hours = if items(content, "serviceHours").is_empty() { json!([]) } else { json!(hours(content)) };
            shown.push(json!({
                (if of_service { "serviceChannel" } else { "service" }): self.item(other),
                "serviceChargeType": content.get("serviceChargeType"),
                "description": copied(content, "description"),
                "serviceHours": hours,
                "contactDetails": content.get("contactDetails"),
                "extraTypes": [], "digitalAuthorizations": [], "isASTIConnection": connection.asti,
                "modified": stamp(connection.modified),
            }));
        }
        shown
    }
}

/// Classification objects of a list of URIs.
pub(crate) fn concepts_of(concepts: &Concepts, uris: impl IntoIterator<Item = String>, kind: &str) -> Vec<Value> {
    uris.into_iter()
        .map(|uri| match concepts.find(&uri) {
            Some(concept) => {
                let parent = concept.parent.as_deref().and_then(|parent| concepts.find(parent));
                json!({
                    "name": concept.names, "code": concept.code, "ontologyType": kind,
                    "uri": concept.old_uri.as_ref().unwrap_or(&concept.uri), "newUri": concept.uri,
                    "parentUri": parent.map(|p| p.old_uri.as_ref().unwrap_or(&p.uri)),
                    "newParentUri": parent.map(|p| &p.uri),
                })
            }
            None => json!({ "name": [], "code": null, "ontologyType": kind, "uri": uri, "newUri": uri }),
        })
        .collect()
}

/// A stored list, or an empty one.
fn copied(content: &Value, field: &str) -> Value {
    content.get(field).filter(|value| !value.is_null()).cloned().unwrap_or_else(|| json!([]))
}

/// A stored scalar, or null.
fn scalar(content: &Value, field: &str) -> Value {
    content.get(field).cloned().unwrap_or(Value::Null)
}

/// Hours with times as `HH:mm:ss`.
fn hours(content: &Value) -> Vec<Value> {
    let mut shown = items(content, "serviceHours").to_vec();
    for item in &mut shown {
        let Some(Value::Array(openings)) = item.get_mut("openingHour") else { continue };
        for opening in openings {
            for end in ["from", "to"] {
                let long = text(opening, end).filter(|time| time.len() == 5).map(|time| format!("{time}:00"));
                if let (Some(long), Some(map)) = (long, opening.as_object_mut()) {
                    map.insert(end.to_owned(), json!(long));
                }
            }
        }
    }
    shown
}

/// A moment as PTV writes it: UTC without zone.
pub(crate) fn stamp(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}
