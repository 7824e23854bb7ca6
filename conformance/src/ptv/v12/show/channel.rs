//! Read models of the five kinds of channel (ptv-v12 §4.3, §7.4).

use serde_json::{Map, Value, json};

use super::super::Desk;
use super::{emails, hours, listed, owner, pages, parts, plain, typed, versions};
use crate::ptv::json::{flag, items, text, texts};
use crate::ptv::store::{Kind, Version};

pub(super) fn show(desk: &Desk<'_>, kind: Kind, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    let word = match kind {
        Kind::EChannel => "EService",
        Kind::Phone => "TelephoneService",
        kind => kind.name(),
    };
    let shared = if flag(content, "isVisibleForAll") { "AllOrganizations" } else { "OwnOrganizations" };
    let languages = versions(&version.languages, |language| {
        let mut version = Map::from_iter(
            [
                ("name", typed(content, "serviceChannelNames", language, "Name")),
                ("summary", typed(content, "serviceChannelDescriptions", language, "Summary")),
                ("description", typed(content, "serviceChannelDescriptions", language, "Description")),
            ]
            .map(|(member, value)| (member.to_owned(), value)),
        );
        for (member, value) in of_kind(desk, kind, content, language) {
            version.insert(member.to_owned(), value);
        }
        Value::Object(version)
    });
    let mut shown = Map::from_iter(
        [
            ("organizationContentId", owner(content, kind)),
            ("serviceChannelType", json!(word)),
            ("allowedConnectionType", json!(shared)),
            ("serviceLanguages", json!(texts(content, "languages"))),
            ("area", parts::area(desk, content)),
            ("languageVersions", languages),
        ]
        .map(|(member, value)| (member.to_owned(), value)),
    );
    let mut add = |member: &str, value: Value| {
        shown.insert(member.to_owned(), value);
    };
    match kind {
        Kind::EChannel => {
            let count = text(content, "signatureQuantity").and_then(|count| count.parse::<u8>().ok());
            let signature = if flag(content, "requiresSignature") {
                json!({ "type": "Required", "numberOfRequiredSignatures": count.unwrap_or(1) })
            } else {
                json!({ "type": "NotRequired" })
            };
            add("electronicSignature", signature);
            let identified = flag(content, "requiresAuthentication");
            add("electronicIdentification", json!(if identified { "Required" } else { "NotRequired" }));
            add("serviceHours", hours::show(content));
        }
        Kind::Phone => add("serviceHours", hours::show(content)),
        Kind::PrintableForm => add("deliveryAddresses", json!(parts::deliveries(content))),
        Kind::ServiceLocation => {
            add("location", parts::visiting(content, "Location"));
            add("contactAddresses", parts::postal(content, "Postal"));
            add("serviceHours", hours::show(content));
        }
        _ => {}
    }
    shown
}

fn of_kind(desk: &Desk<'_>, kind: Kind, content: &Value, language: &str) -> Vec<(&'static str, Value)> {
    let support_emails = || ("supportEmails", emails(content, "supportEmails", language));
    let support_phones = || ("supportPhoneNumbers", parts::phones(desk, content, "supportPhones", language, false));
    let attachments = || {
        let links = listed(content, "attachments", language, |item| {
            json!({
                "name": text(item, "name").or_else(|| text(item, "url")), "url": text(item, "url"),
                "additionalInformation": text(item, "description"),
            })
        });
        ("attachmentLinks", links)
    };
    match kind {
        Kind::EChannel => vec![
            ("accessibilityClassificationLevel", level(content, language)),
            ("webAddress", address(content, language)),
            attachments(),
            support_emails(),
            support_phones(),
        ],
        Kind::WebPage => vec![
            ("accessibilityClassificationLevel", level(content, language)),
            ("webAddress", address(content, language)),
            support_emails(),
            support_phones(),
        ],
        Kind::Phone => vec![
            ("webAddress", address(content, language)),
            support_emails(),
            ("phoneNumbers", parts::phones(desk, content, "phoneNumbers", language, true)),
        ],
        Kind::PrintableForm => vec![
            attachments(),
            support_emails(),
            support_phones(),
            ("formIdentifier", plain(content, "formIdentifier", language)),
            (
                "formFiles",
                listed(content, "channelUrls", language, |item| {
                    let kind = text(item, "type").unwrap_or_default().to_lowercase();
                    json!({ "name": text(item, "value"), "url": text(item, "value"), "type": kind })
                }),
            ),
        ],
        _ => {
            let primary = items(content, "displayNameType")
                .iter()
                .any(|item| text(item, "language") == Some(language) && text(item, "type") == Some("AlternativeName"));
            vec![
                ("alternativeName", typed(content, "serviceChannelNames", language, "AlternativeName")),
                ("isAlternativeNamePrimary", json!(primary)),
                ("contactEmails", emails(content, "emails", language)),
                ("contactFaxNumbers", parts::faxes(content, "faxNumbers", language)),
                ("contactPhoneNumbers", parts::phones(desk, content, "phoneNumbers", language, false)),
                ("contactWebPages", pages(content, "webPages", language)),
            ]
        }
    }
}

fn level(content: &Value, language: &str) -> Value {
    let own =
        items(content, "accessibilityClassification").iter().find(|item| text(item, "language") == Some(language));
    json!(own.and_then(|item| text(item, "accessibilityClassificationLevel")).unwrap_or("Unknown"))
}

/// v11 has no name for the address of a channel.
fn address(content: &Value, language: &str) -> Value {
    json!({ "url": plain(content, "webPage", language), "name": null })
}
