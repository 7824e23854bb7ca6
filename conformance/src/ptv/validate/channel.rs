//! The five kinds of service channel (ptv-in-api §3.3, §3.4, §4.6).

use std::collections::BTreeSet;

use serde_json::Value;

use super::address::{self, Form};
use super::{Subject, areas, common, hours, phone};
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, flag, items, text, texts};
use crate::ptv::store::Kind;

pub(crate) fn check(subject: &Subject<'_>, available: &BTreeSet<String>, problems: &mut Problems) {
    let body = subject.body;
    common::owner(subject, available, problems);
    common::unique_names(subject, problems);
    if !subject.post() {
        common::summary_differs(subject, "serviceChannelDescriptions", problems);
    }
    common::language_list(subject, problems);
    areas::check(subject, problems);
    for list in ["phoneNumbers", "supportPhones", "faxNumbers"] {
        phone::check(subject.reference, items(body, list), problems);
    }
    hours::check("", items(body, "serviceHours"), problems);
    for (i, item) in items(body, "accessibilityClassification").iter().enumerate() {
        accessibility(i, item, problems);
    }
    match subject.kind {
        Kind::ServiceLocation => location(subject, problems),
        Kind::PrintableForm => printable_form(subject, problems),
        _ => {}
    }
    if subject.post() {
        for id in texts(body, "services") {
            let own = subject
                .store
                .published(Kind::Service, id)
                .and_then(|service| service.owner())
                .is_some_and(|o| subject.owns(o));
            if !own {
                problems.add("Services", format!("No published service of one's own with id {id}."));
            }
        }
    } else if subject.kind == Kind::ServiceLocation {
        stays_shared(subject, problems);
    }
}

/// A published location with ASTI connections of other organisations stays visible for all.
fn stays_shared(subject: &Subject<'_>, problems: &mut Problems) {
    let Some(current) = subject.current else { return };
    let foreign = subject.store.connections.iter().any(|((service, channel), connection)| {
        connection.asti
            && *channel == current.id
            && subject
                .store
                .find(Kind::Service, service)
                .and_then(|s| s.owner())
                .is_some_and(|owner| !subject.owns(owner))
    });
    if foreign && current.published().is_some() && !flag(subject.body, "isVisibleForAll") {
        problems.add("isVisibleForAll", "The location has connections of other organisations.");
    }
}

fn location(subject: &Subject<'_>, problems: &mut Problems) {
    let body = subject.body;
    if filled(body, "addresses") {
        let addresses = items(body, "addresses");
        address::check(subject.reference, Form::Location, "", addresses, problems);
        if !addresses.iter().any(|a| text(a, "type") == Some("Location")) {
            problems.add("Addresses", "At least one address of type Location is required.");
        }
    }
    if !subject.post() {
        let mut names: Vec<&Value> = items(body, "serviceChannelNames").iter().collect();
        if let Some(stored) = subject.stored() {
            names.extend(items(stored, "serviceChannelNames"));
        }
        let missing = items(body, "displayNameType").iter().any(|d| {
            !names.iter().any(|n| text(n, "language") == text(d, "language") && text(n, "type") == text(d, "type"))
        });
        if missing {
            problems.add("DisplayNameType", "There is no name of this type and language.");
        }
    }
}

fn printable_form(subject: &Subject<'_>, problems: &mut Problems) {
    let body = subject.body;
    address::check(subject.reference, Form::Delivery, "", items(body, "deliveryAddresses"), problems);
    if subject.publishing() && flag(body, "deleteAllChannelUrls") && !filled(body, "channelUrls") {
        problems.add("ChannelUrls", "A published form needs its addresses.");
    }
}

fn accessibility(i: usize, item: &Value, problems: &mut Problems) {
    let level = text(item, "accessibilityClassificationLevel").unwrap_or_default();
    let wcag = text(item, "wcagLevel").filter(|w| !w.is_empty());
    let filled_in = |field| text(item, field).is_some_and(|w| !w.trim().is_empty());
    let (name, url) = (filled_in("accessibilityStatementWebPageName"), filled_in("accessibilityStatementWebPage"));
    let wcag_fits = match level {
        "FullyCompliant" => matches!(wcag, Some("LevelAA" | "LevelAAA")),
        "PartiallyCompliant" => wcag == Some("LevelA"),
        _ => wcag.is_none(),
    };
    if !wcag_fits {
        problems
            .add(format!("AccessibilityClassification[{i}].WcagLevel"), format!("The level does not go with {level}."));
    }
    let statement_fits = if level == "Unknown" { !name && !url } else { name && url };
    if !statement_fits {
        let key = format!("AccessibilityClassification[{i}].AccessibilityStatementWebPage");
        problems.add(key, format!("The statement does not go with {level}."));
    }
}
