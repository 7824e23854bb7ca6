//! Which general descriptions a tenant's services build on, which have none, and which links lead nowhere: the statutory part of
//! the catalogue at a glance (pat.md §6.3).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Descriptions, WORTH_A_HINT, Wanted};
use crate::model::{Kind, Lang, View};

/// A service in the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    pub code: String,
    pub name: String,
}

/// A general description and the services that build on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Covered {
    pub id: String,
    pub name: String,
    pub has_law: bool,
    pub services: Vec<Named>,
}

/// A general description without a service, and a service that might build on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lacking {
    pub id: String,
    pub name: String,
    pub has_law: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<Candidate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    #[serde(flatten)]
    pub service: Named,
    pub score: u32,
}

/// A service that names a general description which the list does not have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Astray {
    #[serde(flatten)]
    pub service: Named,
    pub id: String,
}

/// A service that repeats what its general description gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repeats {
    #[serde(flatten)]
    pub service: Named,
    /// Addresses of classes and terms.
    pub what: Vec<String>,
}

/// The report. Active services only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// How many general descriptions there are.
    pub descriptions: usize,
    pub covered: Vec<Covered>,
    pub lacking: Vec<Lacking>,
    pub astray: Vec<Astray>,
    pub repeats: Vec<Repeats>,
    pub services: usize,
    /// Services that say of themselves that they are statutory.
    pub statutory: usize,
    /// Of those, the ones with neither a general description nor a law.
    pub ungrounded: Vec<Named>,
}

/// Judges a catalogue against the list.
pub fn report(view: &View, descriptions: &Descriptions, newer: &BTreeMap<String, String>) -> Coverage {
    let mut report = Coverage { descriptions: descriptions.len(), ..Coverage::default() };
    let mut services_of: BTreeMap<&str, Vec<Named>> = BTreeMap::new();
    let mut candidates: BTreeMap<String, Candidate> = BTreeMap::new();
    for stored in view.active_after(Kind::Service, None) {
        let Some(service) = stored.entity.service() else { continue };
        let shown = service.name.get(Lang::Fi).unwrap_or_else(|| service.name.any());
        let named = Named { code: stored.entity.key.code.to_string(), name: shown.to_owned() };
        report.services += 1;
        if service.statutory {
            report.statutory += 1;
            if service.general_description.is_none() && service.laws.is_empty() {
                report.ungrounded.push(named.clone());
            }
        }
        let Some(id) = &service.general_description else {
            for suggestion in descriptions.suggest(&Wanted::service(service, view), 1) {
                let better = candidates.get(&suggestion.id).is_none_or(|it| it.score < suggestion.score);
                if suggestion.score >= WORTH_A_HINT && better {
                    candidates.insert(suggestion.id, Candidate { service: named.clone(), score: suggestion.score });
                }
            }
            continue;
        };
        let Some(description) = descriptions.get(id) else {
            report.astray.push(Astray { service: named, id: id.clone() });
            continue;
        };
        let own_classes: Vec<String> =
            service.classes.iter().filter_map(|code| view.ptv_class(code)).map(str::to_owned).collect();
        let mut what = Vec::new();
        for (own, theirs) in [(&own_classes, &description.classes), (&service.terms, &description.terms)] {
            let kept: BTreeSet<String> = super::own_of(own, theirs, newer).into_iter().collect();
            what.extend(own.iter().filter(|address| !kept.contains(*address)).cloned());
        }
        if !what.is_empty() {
            report.repeats.push(Repeats { service: named.clone(), what });
        }
        services_of.entry(&description.id).or_default().push(named);
    }
    for description in descriptions.all() {
        let (id, name, has_law) = (description.id.clone(), description.name(Lang::Fi).to_owned(), description.has_law);
        if let Some(services) = services_of.remove(description.id.as_str()) {
            report.covered.push(Covered { id, name, has_law, services });
        } else {
            let candidate = candidates.remove(&id);
            report.lacking.push(Lacking { id, name, has_law, candidate });
        }
    }
    report.covered.sort_by(|one, other| one.name.cmp(&other.name).then(one.id.cmp(&other.id)));
    report.lacking.sort_by(|one, other| one.name.cmp(&other.name).then(one.id.cmp(&other.id)));
    report
}
