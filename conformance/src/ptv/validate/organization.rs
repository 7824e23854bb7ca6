//! Organisations (ptv-in-api §3.1).

use std::collections::BTreeSet;

use super::address::{self, Form};
use super::{Subject, phone};
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, given, items, text, texts};
use crate::ptv::store::Kind;

/// Levels of the organisation tree that PTV allows.
pub(crate) const MOST_LEVELS: usize = 5;

pub(crate) fn check(subject: &Subject<'_>, available: &BTreeSet<String>, problems: &mut Problems) {
    let body = subject.body;
    area(subject, problems);
    if let Some(code) = text(body, "municipality").filter(|code| !code.is_empty()) {
        if !subject.reference.municipalities.contains_key(code) {
            problems.add("Municipality", "Unknown municipality.");
        }
        let stored = subject.stored().and_then(|content| text(content, "organizationType"));
        if text(body, "organizationType").or(stored) != Some("Municipality") {
            problems.add("Municipality", "Only for organisations of type Municipality.");
        }
    }
    if let Some(oid) = text(body, "oid").filter(|oid| !oid.is_empty()) {
        let taken = subject.store.entities.values().any(|other| {
            other.kind == Kind::Organization
                && !other.archived()
                && Some(&other.id) != subject.current.map(|entity| &entity.id)
                && text(&other.latest.content, "oid") == Some(oid)
        });
        if taken {
            problems.add("Oid", "The OID is in use.");
        }
    }
    if let Some(parent) = text(body, "parentOrganizationId").filter(|id| !id.is_empty()) {
        if subject.store.published(Kind::Organization, parent).is_none() {
            problems.add("ParentOrganizationId", "No published organisation with this id.");
        } else {
            levels(subject, &parent.to_lowercase(), problems);
        }
    }
    phone::check(subject.reference, items(body, "phoneNumbers"), problems);
    address::check(subject.reference, Form::Organization, "", items(body, "addresses"), problems);
    address::box_languages(items(body, "addresses"), available, problems);
}

fn levels(subject: &Subject<'_>, parent: &str, problems: &mut Problems) {
    if let Some(current) = subject.current
        && subject.store.tree(&current.id).contains(parent)
    {
        problems.crash = Some("The organisation would be its own parent.".to_owned());
    }
    if subject.store.depth(parent).is_none_or(|depth| depth >= MOST_LEVELS) {
        problems.crash = Some("Too many levels of organisations.".to_owned());
    }
}

fn area(subject: &Subject<'_>, problems: &mut Problems) {
    let body = subject.body;
    let area_type = text(body, "areaType").filter(|word| !word.is_empty());
    let (sub, codes) = (given(body, "subAreaType"), filled(body, "areas"));
    let mut check_codes = false;
    match text(body, "organizationType") {
        Some("Municipality") => {
            if area_type.is_some_and(|word| word != "Nationwide") {
                problems.add("AreaType", "A municipality has no area of its own choice.");
            }
            if sub {
                problems.add("SubAreaType", "Not for a municipality.");
            }
            if codes {
                problems.add("Areas", "Not for a municipality.");
            }
        }
        Some("RegionalOrganization") => {
            if area_type != Some("LimitedType") {
                problems.add("AreaType", "A regional organisation has a limited area.");
            }
            check_codes = true;
        }
        Some(_) => {
            if area_type == Some("LimitedType") {
                check_codes = true;
            } else {
                if sub {
                    problems.add("SubAreaType", "Only with LimitedType.");
                }
                if codes {
                    problems.add("Areas", "Only with LimitedType.");
                }
            }
        }
        None => {
            if area_type.is_some() || sub || codes {
                problems.add("OrganizationType", "The type is required with area information.");
            }
        }
    }
    if check_codes {
        let kind = text(body, "subAreaType").unwrap_or_default();
        // As for services: the codes of the wellbeing services counties are in no list of the source.
        let unlisted = kind == "WellbeingServiceCounties" && !subject.reference.areas.contains_key(kind);
        for (i, code) in texts(body, "areas").iter().enumerate() {
            if !unlisted && !subject.reference.area_exists(kind, code) {
                problems.add(format!("Areas[{i}]"), format!("Unknown code {code}."));
            }
        }
    }
}
