//! The read model of an organisation.

use serde_json::{Map, Value, json};

use super::{Reader, copied, scalar};
use crate::ptv::json::{text, texts};
use crate::ptv::store::{Entity, Kind, Version};
use crate::ptv::validate::organization::MOST_LEVELS;

pub(super) fn show(reader: &Reader<'_>, entity: &Entity, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    let children: Vec<Value> = reader
        .store
        .entities
        .values()
        .filter(|other| other.kind == Kind::Organization && other.owner() == Some(&entity.id))
        .map(|other| reader.item(&other.id))
        .collect();
    let services: Vec<Value> = reader
        .store
        .entities
        .values()
        .filter(|other| other.kind == Kind::Service && other.published().is_some())
        .filter(|other| other.owner() == Some(&entity.id))
        .map(|other| json!({ "service": reader.item(&other.id), "roleType": "Responsible" }))
        .collect();
    let mut root = entity.id.as_str();
    for _ in 0..MOST_LEVELS {
        root = reader.store.entities.get(root).and_then(Entity::owner).unwrap_or(root);
    }
    let areas: Vec<Value> = match text(content, "subAreaType") {
        Some(kind) => reader.areas(&json!({ "areas": [{ "type": kind, "areaCodes": texts(content, "areas") }] })),
        None => Vec::new(),
    };
    Map::from_iter(
        [
            ("oid", scalar(content, "oid")),
            ("parentOrganizationId", scalar(content, "parentOrganizationId")),
            ("organizationRootId", json!(root)),
            ("municipality", text(content, "municipality").map_or(Value::Null, |code| reader.municipality(code))),
            ("organizationType", scalar(content, "organizationType")),
            ("businessCode", scalar(content, "businessCode")),
            ("businessName", Value::Null),
            ("organizationNames", copied(content, "organizationNames")),
            ("displayNameType", copied(content, "displayNameType")),
            ("areaType", scalar(content, "areaType")),
            ("areas", json!(areas)),
            ("organizationDescriptions", copied(content, "organizationDescriptions")),
            ("emails", copied(content, "emails")),
            ("phoneNumbers", copied(content, "phoneNumbers")),
            ("webPages", copied(content, "webPages")),
            ("addresses", copied(content, "addresses")),
            ("electronicInvoicings", copied(content, "electronicInvoicings")),
            ("services", json!(services)),
            ("subOrganizations", json!(children)),
        ]
        .map(|(field, value)| (field.to_owned(), value)),
    )
}
