//! Q06–Q08 and Q23: classes, terms, target groups, life events, industries, keywords.
//!
//! A service that builds on a general description has them from there.

use super::super::vocabulary::{Term, Vocabulary, is_address};
use super::{Sheet, active};
use crate::model::limits::{MAX_CLASSES, MAX_TERMS, name_key};
use crate::model::{EntityKey, Kind, Lang, Service};

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
    if let Some(term) = service.terms.iter().find(|term| !is_address(term)) {
        sheet.breaks(key, "Q07c", &[term]);
    }
    check_groups(key, service, described, sheet);
    if !described {
        check_class_map(key, service, sheet);
    }
    check_vocabulary(key, service, sheet);
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
        .filter(|code| view.active(Kind::Class, code).is_some())
        .filter_map(|code| view.ptv_class(code))
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
    if let Some(vocabulary) = sheet.input.vocabulary {
        check_terms(key, service, vocabulary, sheet);
        return;
    }
    let Some(terms) = &sheet.input.reference.terms else { return };
    if let Some(term) = service.terms.iter().find(|term| is_address(term) && !terms.addresses.contains(*term)) {
        sheet.breaks(key, "Q07d", &[term]);
    }
    for (lang, word) in &service.keywords {
        let known = terms.labels.get(&(*lang, name_key(word)));
        if known.is_some_and(|address| !service.terms.contains(address)) {
            sheet.breaks_in(key, "Q23a", None, Some(*lang), &[word]);
        }
    }
}

/// By the vocabulary that is in use: it also knows what was withdrawn, and what other ontologies call the same.
fn check_terms(key: &EntityKey, service: &Service, vocabulary: &Vocabulary, sheet: &mut Sheet<'_>) {
    let concept =
        |concept: &super::super::vocabulary::Concept| format!("{} ({})", concept.shown(Lang::Fi), concept.uri);
    for term in service.terms.iter().filter(|term| is_address(term)) {
        match vocabulary.term(term) {
            Term::Fine => {}
            Term::Unknown | Term::Foreign(None) => sheet.breaks(key, "Q07d", &[term]),
            Term::Deprecated(None) => sheet.breaks(key, "Q07e", &[term, &"–"]),
            Term::Deprecated(Some(replacement)) => sheet.breaks(key, "Q07e", &[term, &concept(replacement)]),
            Term::Foreign(Some(koko)) => sheet.breaks(key, "Q07f", &[term, &concept(koko)]),
        }
    }
    for (lang, word) in &service.keywords {
        let known = vocabulary.labelled(*lang, word);
        if known.is_some_and(|concept| !service.terms.iter().any(|term| **term == *concept.uri)) {
            sheet.breaks_in(key, "Q23a", None, Some(*lang), &[word]);
        }
    }
}

pub(super) fn say_what_is_not_judged(sheet: &mut Sheet<'_>) {
    if sheet.input.vocabulary.is_none() {
        let reason = [
            "Käytössä ei ole sanastoa, joka kertoo poistetut käsitteet.",
            "Ingen vokabulär som känner till borttagna begrepp används.",
            "No vocabulary that knows withdrawn concepts is in use.",
        ];
        sheet.skip("Q07e", reason);
        sheet.skip("Q07f", reason);
    }
    if sheet.input.vocabulary.is_none() && sheet.input.reference.terms.is_none() {
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
