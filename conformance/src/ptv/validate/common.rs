//! Rules that every kind shares: status machine, validity dates, owner, names, languages lists (ptv-in-api §3.0).

use std::collections::BTreeSet;

use jiff::ToSpan;

use super::Subject;
use crate::ptv::errors::Problems;
use crate::ptv::json::{given, items, pascal, text, texts};
use crate::ptv::schema::date_of;
use crate::ptv::store::{Kind, Status, normal_name};

/// The publishing status machine (§3.0.3).
pub(crate) fn status(subject: &Subject<'_>, problems: &mut Problems) {
    let Some(wanted) = text(subject.body, "publishingStatus").and_then(Status::parse) else { return };
    let now = subject.current.map(|entity| entity.latest.status);
    let allowed = match now {
        None | Some(Status::Draft) => matches!(wanted, Status::Draft | Status::Published),
        Some(Status::Published | Status::Deleted) => wanted != Status::Draft,
        Some(Status::Modified) => false,
    };
    if !allowed {
        let from = now.map_or("none", Status::name);
        let message = format!("Not possible: current item is in status {from}, wanted {}.", wanted.name());
        problems.add("PublishingStatus", message);
    }
}

/// validFrom and validTo (§3.0.4).
pub(crate) fn validity(subject: &Subject<'_>, problems: &mut Problems) {
    let date = |field| text(subject.body, field).and_then(date_of);
    let (from, to) = (date("validFrom"), date("validTo"));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        problems.add("ValidTo", "validTo must be after validFrom.");
    }
    let status = text(subject.body, "publishingStatus");
    if from.is_some() && !matches!(status, Some("Draft" | "Modified")) {
        problems.add("PublishingStatus", "validFrom needs status Draft or Modified.");
    }
    if from.is_none() && to.is_some() && status != Some("Published") {
        problems.add("PublishingStatus", "validTo without validFrom needs status Published.");
    }
    // Automatic expiry after 18 months (§4.7).
    let expiry = subject.today.checked_add(18.months()).ok();
    if let (Some(from), Some(expiry)) = (from, expiry)
        && from > expiry
    {
        problems.crash = Some("The publish date is later than the expiry date.".to_owned());
    }
}

/// The owning organisation: published, one's own, and in the item's languages when publishing (§3.0.6).
/// `languages` are those to be checked.
pub(crate) fn owner(subject: &Subject<'_>, languages: &BTreeSet<String>, problems: &mut Problems) {
    let field = subject.kind.owner_field();
    let key = pascal(field);
    let stored = subject.stored().and_then(|content| text(content, field));
    let Some(id) = text(subject.body, field).or(if subject.kind == Kind::Service { None } else { stored }) else {
        if subject.publishing() && stored.is_none() {
            problems.add(key, "The organisation is required when publishing.");
        }
        return;
    };
    let Some(organization) = subject.store.published(Kind::Organization, id) else {
        problems.add(key, "No published organisation with this id.");
        return;
    };
    if !subject.owns(id) {
        problems.add(key, "The user has no rights for this organisation.");
        return;
    }
    if subject.publishing() && subject.kind != Kind::ServiceCollection {
        let known = organization.published().map(|version| &version.languages);
        for language in languages.iter().filter(|language| known.is_none_or(|k| !k.contains(*language))) {
            problems.add(key.clone(), format!("The organisation has no published version in language {language}."));
        }
    }
}

/// Names unique within the organisation (§3.0.5).
pub(crate) fn unique_names(subject: &Subject<'_>, problems: &mut Problems) {
    let field = subject.kind.owner_field();
    let stored = subject.stored().and_then(|content| text(content, field));
    let owner = text(subject.body, field).or(if subject.kind == Kind::Service { None } else { stored });
    let Some(owner) = owner.map(str::to_lowercase) else { return };
    let list = subject.kind.names_field();
    let names: Vec<String> =
        items(subject.body, list).iter().filter_map(|item| text(item, "value")).map(normal_name).collect();
    // A POST whose source id is taken is refused for that, so its twin does not count as a namesake.
    let twin = text(subject.body, "sourceId")
        .and_then(|source| subject.store.by_source(&subject.user.email, subject.kind, source))
        .map(|entity| entity.id.as_str());
    let except = subject.current.map(|entity| entity.id.as_str()).or(twin);
    if !names.is_empty() && subject.store.name_taken(subject.kind, &owner, &names, except) {
        problems.add(pascal(list), "The name already exists within organization.");
    }
}

/// A summary must differ from the name when publishing (§3.0.7).
pub(crate) fn summary_differs(subject: &Subject<'_>, descriptions: &str, problems: &mut Problems) {
    if !subject.publishing() {
        return;
    }
    let names = subject.kind.names_field();
    let list = |field: &str| {
        let own = items(subject.body, field);
        if own.is_empty() { subject.stored().map_or(own, |content| items(content, field)) } else { own }
    };
    let equal = list(descriptions).iter().filter(|d| text(d, "type") == Some("Summary")).any(|summary| {
        list(names).iter().filter(|n| text(n, "type").is_none_or(|kind| kind == "Name")).any(|name| {
            text(name, "language") == text(summary, "language") && text(name, "value") == text(summary, "value")
        })
    });
    if equal {
        problems.add(pascal(names), "The summary must not be the same as the name.");
    }
}

/// The `languages` list holds known codes (§3.0.1).
pub(crate) fn language_list(subject: &Subject<'_>, problems: &mut Problems) {
    if !given(subject.body, "languages") {
        return;
    }
    for code in texts(subject.body, "languages") {
        if !subject.reference.knows_language(code) {
            problems.add("Languages", format!("Unknown language code {code}."));
        }
    }
}
