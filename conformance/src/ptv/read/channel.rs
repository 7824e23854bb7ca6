//! Read models of the channels, with their differences from the IN bodies (ptv-in-api §5).

use serde_json::{Map, Value, json};

use super::{Reader, copied, hours, scalar};
use crate::ptv::json::{flag, items, text};
use crate::ptv::store::{Entity, Kind, Version};

pub(super) fn show(reader: &Reader<'_>, entity: &Entity, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    let mut shown: Map<String, Value> = Map::from_iter(
        [
            ("serviceChannelType", json!(entity.kind.name())),
            ("organizationId", scalar(content, "organizationId")),
            ("serviceChannelNames", json!(typed_names(content))),
            ("serviceChannelDescriptions", copied(content, "serviceChannelDescriptions")),
            ("areaType", scalar(content, "areaType")),
            ("areas", json!(reader.areas(content))),
            ("languages", copied(content, "languages")),
            ("services", json!(reader.connections(&entity.id, false))),
            ("serviceCollections", json!([])),
            ("ontologyTerms", json!([])),
            ("responsibleSoteOrganization", Value::Null),
        ]
        .map(|(field, value)| (field.to_owned(), value)),
    );
    let mut add = |field: &str, value: Value| {
        shown.insert(field.to_owned(), value);
    };
    match entity.kind {
        Kind::ServiceLocation => {
            add("oid", Value::Null);
            add("displayNameType", copied(content, "displayNameType"));
            add("phoneNumbers", json!(location_phones(content)));
            add("emails", copied(content, "emails"));
            add("webPages", copied(content, "webPages"));
            add("addresses", json!(addresses(content)));
        }
        Kind::PrintableForm => {
            add("formIdentifier", copied(content, "formIdentifier"));
            add("deliveryAddresses", json!(deliveries(content)));
            add("channelUrls", copied(content, "channelUrls"));
            add("webPages", json!([]));
        }
        kind => {
            add("webPages", json!(web_pages(content)));
            if kind == Kind::Phone {
                add("phoneNumbers", copied(content, "phoneNumbers"));
            } else {
                add("accessibilityClassification", copied(content, "accessibilityClassification"));
            }
        }
    }
    if entity.kind == Kind::EChannel {
        let quantity = text(content, "signatureQuantity").and_then(|quantity| quantity.parse::<i64>().ok());
        add("signatureQuantity", json!(quantity));
        add("requiresSignature", json!(flag(content, "requiresSignature")));
        add("requiresAuthentication", json!(flag(content, "requiresAuthentication")));
    }
    if matches!(entity.kind, Kind::EChannel | Kind::PrintableForm) {
        add("attachments", copied(content, "attachments"));
    }
    if entity.kind != Kind::ServiceLocation {
        add("supportEmails", copied(content, "supportEmails"));
        if entity.kind != Kind::Phone {
            add("supportPhones", json!(phones(content, "supportPhones")));
        }
    }
    if entity.kind != Kind::WebPage {
        add("serviceHours", json!(hours(content)));
    }
    shown
}

fn typed_names(content: &Value) -> Vec<Value> {
    items(content, "serviceChannelNames")
        .iter()
        .map(|name| {
            let kind = text(name, "type").unwrap_or("Name");
            json!({ "language": name.get("language"), "type": kind, "value": name.get("value") })
        })
        .collect()
}

fn web_pages(content: &Value) -> Vec<Value> {
    items(content, "webPage")
        .iter()
        .map(|page| json!({ "language": page.get("language"), "url": page.get("value"), "value": null }))
        .collect()
}

fn phones(content: &Value, list: &str) -> Vec<Value> {
    let mut shown = items(content, list).to_vec();
    for phone in &mut shown {
        if let Some(map) = phone.as_object_mut() {
            map.entry("serviceChargeType").or_insert(json!("Chargeable"));
        }
    }
    shown
}

/// Phones and fax numbers of a location come in one list, told apart by type.
fn location_phones(content: &Value) -> Vec<Value> {
    let with_type = |mut phone: Value, kind: &str| {
        if let Some(map) = phone.as_object_mut() {
            map.insert("type".to_owned(), json!(kind));
        }
        phone
    };
    let mut all: Vec<Value> =
        phones(content, "phoneNumbers").into_iter().map(|phone| with_type(phone, "Phone")).collect();
    all.extend(items(content, "faxNumbers").iter().map(|phone| with_type(phone.clone(), "Fax")));
    all
}

fn addresses(content: &Value) -> Vec<Value> {
    let mut shown = items(content, "addresses").to_vec();
    for address in &mut shown {
        for branch in ["streetAddress", "otherAddress"] {
            let Some(map) = address.get_mut(branch).and_then(Value::as_object_mut) else { continue };
            let entered = map.contains_key("latitude") && map.contains_key("longitude");
            map.insert("coordinateState".to_owned(), json!(if entered { "EnteredByUser" } else { "Loading" }));
        }
    }
    shown
}

fn deliveries(content: &Value) -> Vec<Value> {
    let mut shown = items(content, "deliveryAddresses").to_vec();
    for address in &mut shown {
        if let Some(map) = address.as_object_mut() {
            let receiver = map.remove("formReceiver").unwrap_or(Value::Null);
            map.insert("receiver".to_owned(), receiver);
        }
    }
    shown
}
