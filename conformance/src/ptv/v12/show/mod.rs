//! Read models of v12 from the stored content of v11 (ptv-v12 §4, §7). Changes nothing.

mod channel;
mod hours;
mod organization;
mod parts;
mod service;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::Desk;
use crate::ptv::json::{items, text, texts};
use crate::ptv::store::{Entity, Kind, Version};

pub(super) use parts::text6;

/// The organisation that the simulated general descriptions belong to.
pub(super) const DESCRIBER: &str = "dddddddd-0000-4000-8000-000000000001";

/// A moment as v12 writes it: up to six fraction digits and `Z`.
pub(super) fn stamp(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// The read model of an entity, without its content id and time stamps.
pub(super) fn entity(desk: &Desk<'_>, entity: &Entity, version: &Version, detail: bool) -> Value {
    let content = &version.content;
    let mut shown = match entity.kind {
        Kind::Organization => organization::show(desk, entity, version),
        Kind::Service => service::show(desk, version),
        Kind::ServiceCollection => collection(content, version, detail),
        kind => channel::show(desk, kind, version),
    };
    let migrated = version.modified.checked_add(desk.switches().lag).unwrap_or(version.modified);
    shown.insert("migratedAt".to_owned(), json!(stamp(migrated)));
    Value::Object(shown)
}

/// `languageVersions`, made language by language.
fn versions<'v>(languages: impl IntoIterator<Item = &'v String>, make: impl Fn(&str) -> Value) -> Value {
    languages.into_iter().map(|language| (language.clone(), make(language))).collect::<Map<_, _>>().into()
}

/// The value of a `{language, type, value}` list.
fn typed(content: &Value, list: &str, language: &str, kind: &str) -> Value {
    let found = items(content, list)
        .iter()
        .find(|item| text(item, "language") == Some(language) && text(item, "type").unwrap_or("Name") == kind);
    json!(found.and_then(|item| text(item, "value")))
}

/// The value of a `{language, value}` list.
fn plain(content: &Value, list: &str, language: &str) -> Value {
    let found = items(content, list).iter().find(|item| text(item, "language") == Some(language));
    json!(found.and_then(|item| text(item, "value")))
}

/// The items of a list in one language, each shown.
fn listed(content: &Value, list: &str, language: &str, show: impl Fn(&Value) -> Value) -> Value {
    let own = items(content, list).iter().filter(|item| text(item, "language") == Some(language));
    own.map(show).collect()
}

fn emails(content: &Value, list: &str, language: &str) -> Value {
    listed(content, list, language, |item| json!({ "email": text(item, "value") }))
}

/// `{name, url}`, named by its address when v11 has no name.
fn pages(content: &Value, list: &str, language: &str) -> Value {
    listed(
        content,
        list,
        language,
        |item| json!({ "name": text(item, "value").or_else(|| text(item, "url")), "url": text(item, "url") }),
    )
}

fn owner(content: &Value, kind: Kind) -> Value {
    json!(text(content, kind.owner_field()))
}

fn collection(content: &Value, version: &Version, detail: bool) -> Map<String, Value> {
    let languages = versions(&version.languages, |language| {
        json!({
            "name": plain(content, "serviceCollectionNames", language),
            "summary": typed(content, "serviceCollectionDescriptions", language, "Summary"),
            "description": typed(content, "serviceCollectionDescriptions", language, "Description"),
        })
    });
    let mut shown = Map::from_iter([
        ("organizationContentId".to_owned(), owner(content, Kind::ServiceCollection)),
        ("languageVersions".to_owned(), languages),
    ]);
    if detail {
        let of = |list: &str, kind: &str| -> Vec<Value> {
            let ids = texts(content, list).into_iter();
            ids.map(|id| json!({ "itemType": kind, "contentId": id })).collect()
        };
        // One mixed list: channels between the services, so that nobody counts on an order.
        let mut mixed = of("serviceChannels", "Channel");
        mixed.extend(of("services", "Service"));
        shown.insert("items".to_owned(), json!(mixed));
    }
    shown
}

/// A connection; it has the languages that both ends have.
pub(super) fn connection(desk: &Desk<'_>, pair: &(String, String), content: &Value, languages: &[String]) -> Value {
    let nothing = json!({});
    let details = content.get("contactDetails").filter(|details| details.is_object()).unwrap_or(&nothing);
    let charge = match text(content, "serviceChargeType") {
        Some("Chargeable") => json!("Charged"),
        Some("FreeOfCharge") => json!("Free"),
        Some(_) => json!("Other"),
        None => Value::Null,
    };
    json!({
        "serviceContentId": pair.0, "channelContentId": pair.1, "chargeType": charge,
        "serviceHours": hours::show(content),
        "contactAddresses": parts::postal(details, "Postal"),
        "languageVersions": versions(languages, |language| json!({
            "chargeTypeAdditionalInformation": typed(content, "description", language, "ChargeTypeAdditionalInfo"),
            "description": typed(content, "description", language, "Description"),
            "contactPhoneNumbers": parts::phones(desk, details, "phoneNumbers", language, false),
            "contactFaxNumbers": parts::faxes(details, "faxNumbers", language),
            "contactEmails": emails(details, "emails", language),
            "contactWebPages": listed(details, "webPages", language, |item| json!({
                "name": text(item, "value").or_else(|| text(item, "url")), "url": text(item, "url"),
                "additionalInformation": null,
            })),
        })),
    })
}

/// A general description, without its id and time stamps.
pub(super) fn description(desk: &Desk<'_>, value: &Value) -> Value {
    let kind = service::kind(text(value, "type").unwrap_or("Service"));
    let languages: Vec<String> =
        items(value, "names").iter().filter_map(|name| text(name, "language")).map(str::to_owned).collect();
    let mut shown = service::classification(desk, value, None);
    for (member, of) in [
        ("organizationContentId", json!(DESCRIBER)),
        ("generalDescriptionTypes", json!(["Municipality"])),
        ("serviceType", json!(kind)),
        ("chargeType", service::charge(value)),
    ] {
        shown.insert(member.to_owned(), of);
    }
    let languages = versions(&languages, |language| {
        let described = |kind: &str| typed(value, "descriptions", language, kind);
        let mut version = json!({
            "name": plain(value, "names", language), "backgroundDescription": described("BackgroundDescription"),
            "description": described("Description"), "userInstructions": described("UserInstruction"),
            "conditions": plain(value, "requirements", language),
            "chargeTypeAdditionalInformation": described("ChargeTypeAdditionalInfo"),
            "legislationLinks": [], "freelyAssignedKeywords": [],
        });
        service::special(&mut version, kind, described);
        version
    });
    shown.insert("languageVersions".to_owned(), languages);
    Value::Object(shown)
}
