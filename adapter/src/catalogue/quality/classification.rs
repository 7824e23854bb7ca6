//! Q06–Q08 and Q23: classes, terms, target groups, life events, industries, keywords.
//!
//! A service that builds on a general description has them from there.

use super::{Sheet, active};
use crate::model::limits::{MAX_CLASSES, MAX_TERMS, name_key};
use crate::model::{EntityKey, Kind, Service};

pub(super) fn check(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let described = service.general_description.is_some();
    match service.classes.len() {
        0 if !described => sheet.breaks(key, "Q06a", &[&MAX_CLASSES]),
        count if count > MAX_CLASSES => sheet.breaks(key, "Q06b", &[&count, &MAX_CLASSES]),
        _ => {}
    }
    match service.terms.len() {
        0 if !described => sheet.breaks(key, "Q07a", &[&MAX_TERMS]),
        count if count > MAX_TERMS => sheet.breaks(key, "Q07b", &[&count, &MAX_TERMS]),
        _ => {}
    }
    if let Some(term) = service.terms.iter().find(|term| !is_concept(term)) {
        sheet.breaks(key, "Q07c", &[term]);
    }
    check_groups(key, service, described, sheet);
    if !described {
        check_class_map(key, service, sheet);
    }
    check_vocabulary(key, service, sheet);
}

/// `http://www.yso.fi/onto/<letters>/p<1–5 digits>` (pat.md §11).
fn is_concept(address: &str) -> bool {
    let rest = address.strip_prefix("http://www.yso.fi/onto/").and_then(|rest| rest.split_once("/p"));
    rest.is_some_and(|(vocabulary, number)| {
        !vocabulary.is_empty()
            && vocabulary.chars().all(|c| c.is_ascii_alphabetic())
            && (1..=5).contains(&number.len())
            && number.chars().all(|c| c.is_ascii_digit())
    })
}

fn check_groups(key: &EntityKey, service: &Service, described: bool, sheet: &mut Sheet<'_>) {
    let codes: Vec<&str> = service.target_groups.iter().map(|address| last_segment(address)).collect();
    let is = |group: &str| codes.contains(&group);
    let below =
        |group: &str| codes.iter().any(|code| code.strip_prefix(group).is_some_and(|rest| rest.starts_with('.')));
    if codes.is_empty() && !described {
        sheet.breaks(key, "Q08e", &[]);
    }
    if is("KR2") && !below("KR2") {
        sheet.breaks(key, "Q08a", &[]);
    }
    // The groups of a general description are not on the record.
    let citizens = is("KR1") || below("KR1") || described;
    let businesses = is("KR2") || below("KR2") || described;
    if !service.life_events.is_empty() && !citizens {
        sheet.breaks(key, "Q08b", &[]);
    }
    if !service.industries.is_empty() && !businesses {
        sheet.breaks(key, "Q08c", &[]);
    }
    if is("KR1") && below("KR1") {
        sheet.breaks(key, "Q08d", &[]);
    }
}

fn last_segment(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}

/// The tenant's own classes stand for PTV's by their map.
fn check_class_map(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let view = sheet.input.view;
    let mapped: Vec<&str> = service
        .classes
        .iter()
        .filter_map(|code| view.active(Kind::Class, code)?.entity.class()?.ptv_uri.as_deref())
        .collect();
    match (service.classes.first(), mapped.as_slice()) {
        (Some(first), []) => sheet.breaks(key, "Q06d", &[first]),
        // A main class of the present list has no dot in its code (P1; P1.1 is below it).
        (_, [_, ..]) if mapped.iter().all(|address| is_main_class(last_segment(address))) => {
            sheet.breaks(key, "Q06c", &[]);
        }
        _ => {}
    }
}

fn is_main_class(code: &str) -> bool {
    code.strip_prefix('P').is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

fn check_vocabulary(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let Some(terms) = &sheet.input.reference.terms else { return };
    if let Some(term) = service.terms.iter().find(|term| is_concept(term) && !terms.addresses.contains(*term)) {
        sheet.breaks(key, "Q07d", &[term]);
    }
    for (lang, word) in &service.keywords {
        let known = terms.labels.get(&(*lang, name_key(word)));
        if known.is_some_and(|address| !service.terms.contains(address)) {
            sheet.breaks_in(key, "Q23a", None, Some(*lang), &[word]);
        }
    }
}

pub(super) fn say_what_is_not_judged(sheet: &mut Sheet<'_>) {
    if sheet.input.reference.terms.is_none() {
        let reason = ["Sanastoa ei ole annettu.", "Ingen vokabulär har angetts.", "No vocabulary was given."];
        sheet.skip("Q07d", reason);
        sheet.skip("Q23a", reason);
    }
    let view = sheet.input.view;
    if active(view, Kind::Service).all(|entity| entity.service().is_none_or(|it| it.classes.is_empty())) {
        let reason = [
            "Yhdelläkään palvelulla ei ole luokkaa, joten luokkakarttaa ei voi arvioida.",
            "Ingen tjänst har en klass, så klasskartan kan inte bedömas.",
            "No service has a class, so there is no class map to judge.",
        ];
        sheet.skip("Q06c", reason);
        sheet.skip("Q06d", reason);
    }
}
