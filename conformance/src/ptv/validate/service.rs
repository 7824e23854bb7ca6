//! Services: classification, organisations, producers, general description (ptv-in-api §3.2).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Subject, areas, common};
use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, flag, items, text, texts};
use crate::ptv::reference::{Concepts, Reference};
use crate::ptv::store::{Kind, Store};

/// The service's languages are checked against the organisation's together with those it had before.
pub(crate) fn check(subject: &Subject<'_>, available: &BTreeSet<String>, problems: &mut Problems) {
    let body = subject.body;
    let before = subject.current.map(|entity| entity.latest.languages.clone()).unwrap_or_default();
    let all: BTreeSet<String> = available.union(&before).cloned().collect();
    common::owner(subject, &all, problems);
    common::unique_names(subject, problems);
    common::summary_differs(subject, "serviceDescriptions", problems);
    common::language_list(subject, problems);
    areas::check(subject, problems);
    if let Some(organization) = text(body, "mainResponsibleOrganization")
        .and_then(|id| subject.store.published(Kind::Organization, id))
        .and_then(crate::ptv::store::Entity::published)
    {
        areas::not_wider(subject, text(&organization.content, "areaType"), problems);
    }
    if let Some(id) = text(body, "generalDescriptionId").filter(|id| !id.is_empty())
        && general(subject.reference, subject.store, id).is_none()
    {
        problems.add("GeneralDescriptionId", "No published general description with this id.");
    }
    classification(subject, problems);
    organizations(subject, problems);
    producers(subject, problems);
    if subject.post() {
        for (i, id) in texts(body, "serviceChannels").iter().enumerate() {
            let visible =
                Kind::CHANNELS.into_iter().find_map(|kind| subject.store.published(kind, id)).is_some_and(|channel| {
                    flag(&channel.latest.content, "isVisibleForAll")
                        || channel.owner().is_some_and(|owner| subject.owns(owner))
                });
            if !visible {
                problems.add(format!("[{i}].ServiceChannels"), "No published, visible channel with this id.");
            }
        }
    }
    if subject.config.user_instruction_required && subject.publishing() {
        let own = filled(body, "serviceDescriptions");
        let has = |language: &String| {
            items(body, "serviceDescriptions")
                .iter()
                .any(|d| text(d, "type") == Some("UserInstruction") && text(d, "language") == Some(language))
        };
        if own && !available.iter().all(has) {
            problems.add("ServiceDescriptions", "A user instruction is required in every language.");
        }
    }
}

/// A published general description.
pub(crate) fn general<'a>(reference: &'a Reference, store: &'a Store, id: &str) -> Option<&'a Value> {
    let id = id.to_lowercase();
    store.description(reference, &id).map(|(value, _)| value)
}

/// The general description that the service has after this write.
fn attached<'a>(subject: &Subject<'a>) -> Option<&'a Value> {
    let own = text(subject.body, "generalDescriptionId").filter(|id| !id.is_empty());
    let kept = || {
        if flag(subject.body, "deleteGeneralDescriptionId") {
            return None;
        }
        subject.stored().and_then(|content| text(content, "generalDescriptionId"))
    };
    own.or_else(kept).and_then(|id| general(subject.reference, subject.store, id))
}

/// Does the general description bring the Description, so that the service need not? The rule asks whether it has
/// one at all, in whichever language.
pub(crate) fn description_from_general(subject: &Subject<'_>, _language: &str) -> bool {
    attached(subject)
        .is_some_and(|general| items(general, "descriptions").iter().any(|d| text(d, "type") == Some("Description")))
}

fn classification(subject: &Subject<'_>, problems: &mut Problems) {
    let (body, reference) = (subject.body, subject.reference);
    let general = attached(subject);
    let inherited = |field: &str| general.map(|value| texts(value, field)).unwrap_or_default();
    let own = |field: &str, concepts: &Concepts| -> Vec<String> {
        let theirs = inherited(field);
        let normal = texts(body, field).into_iter().map(|uri| concepts.normal(uri));
        normal.filter(|uri| !theirs.contains(&uri.as_str())).collect()
    };

    let classes = own("serviceClasses", &reference.service_classes);
    let found: Vec<_> = classes.iter().map(|uri| reference.service_classes.find(uri)).collect();
    if found.iter().any(Option::is_none) {
        problems.add("ServiceClasses", "Unknown service class.");
    }
    if classes.len() > 4 {
        problems.add("ServiceClasses", "At most four service classes are allowed.");
    }
    let theirs_detailed = inherited("serviceClasses")
        .iter()
        .any(|uri| reference.service_classes.find(uri).is_some_and(|c| c.parent.is_some()));
    if !classes.is_empty() && !theirs_detailed && found.iter().flatten().all(|concept| concept.parent.is_none()) {
        problems.add("ServiceClasses", "Main classes alone are not enough.");
    }

    let terms = own("ontologyTerms", &reference.ontology_terms);
    let unlisted = |uri: &str| subject.config.accept_unlisted_terms && uri.contains("/onto/koko/");
    if terms.iter().any(|uri| reference.ontology_terms.find(uri).is_none() && !unlisted(uri)) {
        problems.add("OntologyTerms", "Unknown ontology term.");
    }
    if terms.len() > 10 {
        problems.add("OntologyTerms", "At most ten ontology terms are allowed.");
    }

    let groups = own("targetGroups", &reference.target_groups);
    let unknown = groups.iter().filter(|uri| reference.target_groups.find(uri).is_none()).count();
    for n in 0..unknown {
        problems.add(format!("TargetGroups[{n}]"), "Unknown target group.");
    }
    let codes = |uris: &[String]| -> Vec<String> {
        uris.iter().filter_map(|uri| reference.target_groups.find(uri)).map(|concept| concept.code.clone()).collect()
    };
    if filled(body, "targetGroups") {
        let mut together = codes(&groups);
        together.extend(codes(&inherited("targetGroups").into_iter().map(str::to_owned).collect::<Vec<_>>()));
        if together.iter().any(|code| code == "KR2") && !together.iter().any(|code| code.starts_with("KR2.")) {
            problems.add("TargetGroups", "KR2 needs one of its subgroups.");
        }
    }

    // Own groups only: the body's list, else the stored one. The raw list counts, before the GD's are taken out.
    let holder = if filled(body, "targetGroups") { Some(body) } else { subject.stored() };
    let own_codes: Vec<String> = holder.map_or_else(Vec::new, |value| {
        let uris: Vec<String> = texts(value, "targetGroups").into_iter().map(str::to_owned).collect();
        codes(&uris)
    });
    for (field, key, concepts, group) in [
        ("lifeEvents", "LifeEvents", &reference.life_events, "KR1"),
        ("industrialClasses", "IndustrialClasses", &reference.industrial_classes, "KR2"),
    ] {
        if !filled(body, field) {
            continue;
        }
        if texts(body, field).iter().any(|uri| concepts.find(uri).is_none()) {
            problems.add(key, "Unknown code.");
        }
        if !own_codes.iter().any(|code| code.starts_with(group)) {
            problems.add(key, format!("Only for a target group below {group}."));
        }
    }
}

fn organizations(subject: &Subject<'_>, problems: &mut Problems) {
    let stored = subject.stored().and_then(|content| text(content, "mainResponsibleOrganization"));
    let main = text(subject.body, "mainResponsibleOrganization").or(stored).map(str::to_lowercase);
    for (i, id) in texts(subject.body, "otherResponsibleOrganizations").iter().enumerate() {
        if main.as_deref() == Some(id) {
            // The source numbers this one error from one.
            let key = format!("OtherResponsibleOrganizations[{}].OrganizationId", i + 1);
            problems.add(key, "The same as the main organisation.");
        } else if subject.store.published(Kind::Organization, id).is_none() {
            let key = format!("OtherResponsibleOrganizations[{i}].OrganizationId");
            problems.add(key, "No published organisation with this id.");
        }
    }
}

fn producers(subject: &Subject<'_>, problems: &mut Problems) {
    for (i, producer) in items(subject.body, "serviceProducers").iter().enumerate() {
        let nobody = !filled(producer, "organizations") && !filled(producer, "additionalInformation");
        if text(producer, "provisionType") == Some("Other") && nobody {
            problems.add("ServiceProducers", "Other needs organisations or additional information.");
        }
        for (j, id) in texts(producer, "organizations").iter().enumerate() {
            if subject.store.published(Kind::Organization, id).is_none() {
                let key = format!("ServiceProducers[{i}].Organizations[{j}].OrganizationId");
                problems.add(key, "No published organisation with this id.");
            }
        }
    }
}
