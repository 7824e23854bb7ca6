//! What an accepted body does to the stored content: absent, `null`, `[]` and the delete flags (ptv-in-api §3.0.9).
//! Judges nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::PtvConfig;
use super::json::{flag, given, items, pascal, text, texts};
use super::reference::{Concepts, Reference};
use super::store::{Kind, Store};
use super::validate::address;
use super::validate::languages::prune;
use super::validate::service::general;

/// Fields that steer the call and are never stored.
const STEERING: [&str; 5] = ["sourceId", "publishingStatus", "validFrom", "validTo", "oid"];

/// The content after the write.
pub(crate) fn merge(
    config: &PtvConfig,
    store: &Store,
    kind: Kind,
    stored: Option<&Value>,
    body: &Value,
    languages: &BTreeSet<String>,
) -> Value {
    let mut content = stored.and_then(Value::as_object).cloned().unwrap_or_default();
    deletions(config, kind, &mut content, body);
    let empty = Map::new();
    for (field, value) in body.as_object().unwrap_or(&empty) {
        let connecting =
            (kind == Kind::Service && field == "serviceChannels") || (kind.is_channel() && field == "services");
        let steering = STEERING.contains(&field.as_str()) && !(kind == Kind::Organization && field == "oid");
        if steering || connecting || field.starts_with("delete") || value.is_null() {
            continue;
        }
        put(kind, &mut content, field, value, body);
    }
    if kind.is_channel() {
        content.insert("isVisibleForAll".to_owned(), json!(flag(body, "isVisibleForAll")));
    }
    if kind == Kind::EChannel {
        for field in ["requiresSignature", "requiresAuthentication"] {
            content.insert(field.to_owned(), json!(flag(body, field)));
        }
    }
    if matches!(text(body, "areaType"), Some("Nationwide" | "NationwideExceptAlandIslands")) {
        content.remove("areas");
        content.remove("subAreaType");
    }
    let mut content = Value::Object(content);
    match kind {
        Kind::Service => service(&config.reference, store, &mut content, body, stored.is_some()),
        Kind::Organization => cut_names(&mut content),
        _ => {}
    }
    for list in ["addresses", "deliveryAddresses"] {
        if let Some(addresses) = content.get_mut(list) {
            address::complete(&config.reference, addresses);
        }
    }
    for list in ["serviceDescriptions", "serviceChannelDescriptions", "organizationDescriptions"] {
        if let Some(Value::Array(descriptions)) = content.get_mut(list) {
            descriptions.iter_mut().for_each(without_emphasis);
        }
    }
    if config.profile.is_live()
        && let Some(Value::Array(hours)) = content.get_mut("serviceHours")
    {
        // The live service gives hours back in an order of its own.
        hours.sort_by_key(|item| (text(item, "serviceHourType").unwrap_or_default().to_owned(), item.to_string()));
    }
    prune(&mut content, languages);
    content
}

fn put(kind: Kind, content: &mut Map<String, Value>, field: &str, value: &Value, body: &Value) {
    let merged_by: Option<&[&str]> = match (kind, field) {
        (Kind::ServiceLocation, "displayNameType") | (Kind::ServiceCollection, "serviceCollectionDescriptions") => {
            Some(&["language", "type"])
        }
        (_, "accessibilityClassification") | (Kind::ServiceCollection, "serviceCollectionNames") => Some(&["language"]),
        _ => None,
    };
    let mut stored = content.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    match value {
        Value::Array(list) if list.is_empty() => {
            let clears = matches!((kind, field), (Kind::PrintableForm, "deliveryAddresses") | (Kind::Phone, "webPage"));
            if clears {
                content.remove(field);
            }
        }
        Value::Array(_) if field == "electronicInvoicings" && flag(body, "deleteAllElectronicInvoicings") => {}
        Value::Array(list) if kind == Kind::ServiceCollection && matches!(field, "services" | "serviceChannels") => {
            for id in list.iter().filter_map(Value::as_str).map(str::to_lowercase) {
                if !stored.contains(&json!(id)) {
                    stored.push(json!(id));
                }
            }
            content.insert(field.to_owned(), Value::Array(stored));
        }
        Value::Array(list) => {
            let new = match merged_by {
                Some(keys) => {
                    stored.retain(|old| !list.iter().any(|new| keys.iter().all(|key| old.get(*key) == new.get(*key))));
                    stored.extend(list.iter().cloned());
                    stored
                }
                None => list.clone(),
            };
            content.insert(field.to_owned(), Value::Array(new));
        }
        Value::Bool(false) if field == "serviceVouchersInUse" => {}
        Value::String(word) if word.trim().is_empty() => {}
        // Identifiers of other entities are kept in one spelling.
        Value::String(word) if super::formats::guid(word) => {
            content.insert(field.to_owned(), json!(word.to_lowercase()));
        }
        _ => {
            content.insert(field.to_owned(), value.clone());
        }
    }
}

fn deletions(config: &PtvConfig, kind: Kind, content: &mut Map<String, Value>, body: &Value) {
    let Some(flags) = body.as_object() else { return };
    for (name, value) in flags {
        if value != &Value::Bool(true) {
            continue;
        }
        let field = match (name.as_str(), kind) {
            ("deleteAllLaws", _) => "legislation",
            ("deleteAllPhones", _) => "phoneNumbers",
            ("deleteAllFormIdentifiers", _) => "formIdentifier",
            ("deleteAllWebPages", Kind::Phone) => "webPage",
            ("deleteAllChannels", _) => "serviceChannels",
            ("deleteAllServiceVouchers", _) if !config.profile.is_live() => continue,
            ("deleteServiceChargeType", _) => "serviceChargeType",
            ("deleteGeneralDescriptionId", _) => "generalDescriptionId",
            _ => match name.strip_prefix("deleteAll") {
                Some(rest) => {
                    let field = content.keys().find(|key| pascal(key) == rest).cloned();
                    if let Some(field) = field.filter(|field| !listed_in_live(config, field, body)) {
                        content.remove(&field);
                    }
                    continue;
                }
                None => continue,
            },
        };
        content.remove(field);
    }
}

/// In the live service the flag for web pages works only when the list itself is absent.
fn listed_in_live(config: &PtvConfig, field: &str, body: &Value) -> bool {
    config.profile.is_live() && field == "webPages" && given(body, "webPages")
}

fn service(reference: &Reference, store: &Store, content: &mut Value, body: &Value, put: bool) {
    let attached = text(content, "generalDescriptionId").and_then(|id| general(reference, store, id)).cloned();
    let stored_vouchers = items(content, "serviceVouchers").to_vec();
    let classes = |field: &str, concepts: &Concepts, content: &Value| -> Vec<String> {
        let theirs = attached.as_ref().map(|value| texts(value, field)).unwrap_or_default();
        let mut own: Vec<String> = Vec::new();
        for uri in texts(content, field).into_iter().map(|uri| concepts.normal(uri)) {
            if !theirs.contains(&uri.as_str()) && !own.contains(&uri) {
                own.push(uri);
            }
        }
        own
    };
    let mut groups = classes("targetGroups", &reference.target_groups, content);
    let parents: Vec<String> = groups
        .iter()
        .filter_map(|uri| reference.target_groups.find(uri))
        .filter_map(|group| group.parent.clone())
        .collect();
    for parent in parents {
        let theirs = attached.as_ref().is_some_and(|value| texts(value, "targetGroups").contains(&parent.as_str()));
        if !theirs && !groups.contains(&parent) {
            groups.push(parent);
        }
    }
    let lists = [
        ("serviceClasses", classes("serviceClasses", &reference.service_classes, content)),
        ("ontologyTerms", classes("ontologyTerms", &reference.ontology_terms, content)),
        ("lifeEvents", classes("lifeEvents", &reference.life_events, content)),
        ("industrialClasses", classes("industrialClasses", &reference.industrial_classes, content)),
        ("targetGroups", groups),
    ];
    let Some(map) = content.as_object_mut() else { return };
    for (field, list) in lists {
        map.insert(field.to_owned(), json!(list));
    }
    if let Some(general) = &attached {
        // The service's own type gives way to the general description's, and on PUT to the mere naming of one.
        if given(general, "type") || (given(body, "generalDescriptionId") && (put || !given(body, "type"))) {
            map.remove("type");
        }
        if given(general, "serviceChargeType") {
            map.remove("serviceChargeType");
        }
    }
    if !stored_vouchers.is_empty() {
        let with_url: Vec<Value> =
            stored_vouchers.into_iter().filter(|v| text(v, "url").is_some_and(|u| !u.is_empty())).collect();
        map.insert("serviceVouchers".to_owned(), Value::Array(with_url));
    }
}

/// Organisation names are cut silently (§3.1).
fn cut_names(content: &mut Value) {
    let Some(Value::Array(names)) = content.get_mut("organizationNames") else { return };
    for name in names {
        if let Some(value) = text(name, "value").map(|value| value.chars().take(100).collect::<String>())
            && let Some(map) = name.as_object_mut()
        {
            map.insert("value".to_owned(), json!(value));
        }
    }
}

/// Bold and italic do not survive PTV's editor format (§3.0.7).
fn without_emphasis(item: &mut Value) {
    let plain = text(item, "value")
        .filter(|value| value.contains("**") || value.contains("__"))
        .map(|value| value.replace("**", "").replace("__", ""));
    if let (Some(plain), Some(map)) = (plain, item.as_object_mut()) {
        map.insert("value".to_owned(), json!(plain));
    }
}
