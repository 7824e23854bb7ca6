//! Which language versions a body makes, and what each of them must contain (ptv-in-api §3.0.2).

use std::collections::BTreeSet;

use serde_json::Value;

use super::Subject;
use super::service::description_from_general;
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, items, languages_within, pascal, text};
use crate::ptv::store::Kind;

struct Lists {
    required: &'static [&'static str],
    other: &'static [&'static str],
}

fn lists(kind: Kind) -> Lists {
    let (required, other): (&[&str], &[&str]) = match kind {
        Kind::Organization => (
            &["organizationNames", "organizationDescriptions"],
            &["emails", "phoneNumbers", "addresses", "electronicInvoicings"],
        ),
        Kind::Service => (
            &["serviceNames", "serviceDescriptions"],
            &["legislation", "keywords", "requirements", "serviceProducers", "serviceVouchers"],
        ),
        Kind::EChannel => (
            &["serviceChannelNames", "serviceChannelDescriptions", "webPage", "accessibilityClassification"],
            &["attachments", "supportPhones", "supportEmails", "serviceHours"],
        ),
        Kind::WebPage => (
            &["serviceChannelNames", "serviceChannelDescriptions", "webPage", "accessibilityClassification"],
            &["supportEmails", "supportPhones"],
        ),
        Kind::Phone => (
            &["serviceChannelNames", "serviceChannelDescriptions", "phoneNumbers"],
            &["webPage", "supportEmails", "serviceHours"],
        ),
        Kind::PrintableForm => (
            &["serviceChannelNames", "serviceChannelDescriptions", "channelUrls"],
            &["formIdentifier", "deliveryAddresses", "supportPhones", "supportEmails", "attachments"],
        ),
        Kind::ServiceLocation => (
            &["serviceChannelNames", "serviceChannelDescriptions", "addresses"],
            &["displayNameType", "emails", "phoneNumbers", "faxNumbers", "webPages", "serviceHours"],
        ),
        Kind::ServiceCollection => (&["serviceCollectionNames"], &["serviceCollectionDescriptions"]),
    };
    Lists { required, other }
}

/// Checks the language rules and gives the languages that the entity has afterwards.
pub(crate) fn check(subject: &Subject<'_>, problems: &mut Problems) -> BTreeSet<String> {
    let lists = lists(subject.kind);
    let mut found = Vec::new();
    for field in lists.required.iter().chain(lists.other) {
        if let Some(value) = subject.body.get(field) {
            languages_within(value, &mut found);
        }
    }
    let used: BTreeSet<String> = found.into_iter().collect();
    let current = subject.current.map(|entity| entity.latest.languages.clone());
    if subject.kind == Kind::ServiceCollection {
        return collection(subject, &used, current, problems);
    }
    let some_required = lists.required.iter().any(|field| filled(subject.body, field));
    match current {
        Some(current) if !some_required => {
            if !used.is_subset(&current) {
                problems.add("Model", format!("New languages need all of: {}.", lists.required.join(", ")));
            }
            current.union(&used).cloned().collect()
        }
        Some(current) if current == used => {
            let own: Vec<&str> = lists.required.iter().copied().filter(|field| filled(subject.body, field)).collect();
            demand(subject, &own, &used, false, problems);
            used
        }
        None | Some(_) => {
            demand(subject, lists.required, &used, true, problems);
            used
        }
    }
}

/// Every language must be in every list, with every required type.
fn demand(subject: &Subject<'_>, lists: &[&str], languages: &BTreeSet<String>, whole: bool, problems: &mut Problems) {
    let mut lacking = false;
    for list in lists {
        let missing: Vec<&String> = languages.iter().filter(|language| !complete(subject, list, language)).collect();
        if !missing.is_empty() {
            lacking = true;
            problems.add(pascal(list), format!("The list lacks language versions: {missing:?}."));
        }
    }
    if lacking && whole {
        problems.add("Model", format!("Every language must be in each of: {}.", lists.join(", ")));
    }
}

fn complete(subject: &Subject<'_>, list: &str, language: &str) -> bool {
    let has = |kind: &str| {
        items(subject.body, list)
            .iter()
            .any(|item| text(item, "language") == Some(language) && text(item, "type") == Some(kind))
    };
    match list {
        "serviceNames" | "organizationNames" => has("Name"),
        "serviceChannelNames" if subject.kind == Kind::ServiceLocation => has("Name"),
        "serviceDescriptions" => has("Summary") && (has("Description") || description_from_general(subject, language)),
        "serviceChannelDescriptions" => has("Summary") && has("Description"),
        "organizationDescriptions" => has("Summary"),
        _ => {
            let mut found = Vec::new();
            if let Some(value) = subject.body.get(list) {
                languages_within(value, &mut found);
            }
            found.iter().any(|code| code == language)
        }
    }
}

/// Collections only gain languages, and a new one needs a name (§3.5).
fn collection(
    subject: &Subject<'_>,
    used: &BTreeSet<String>,
    current: Option<BTreeSet<String>>,
    problems: &mut Problems,
) -> BTreeSet<String> {
    let current = current.unwrap_or_default();
    let named = |language: &String| {
        items(subject.body, "serviceCollectionNames").iter().any(|item| text(item, "language") == Some(language))
    };
    for language in used.difference(&current).filter(|language| !named(language)) {
        problems.add("ServiceCollectionNames", format!("A name is required in language {language}."));
    }
    current.union(used).cloned().collect()
}

/// Removes texts in languages that the entity no longer has.
pub(crate) fn prune(value: &mut Value, languages: &BTreeSet<String>) {
    match value {
        Value::Array(list) => {
            list.retain(|item| text(item, "language").is_none_or(|code| languages.contains(code)));
            for item in list {
                prune(item, languages);
            }
        }
        Value::Object(map) => map.values_mut().for_each(|inner| prune(inner, languages)),
        _ => {}
    }
}
