//! Q11, Q12, Q21, Q22: whether records find one another: services and channels, organisations, names that are taken.

use std::collections::{BTreeMap, BTreeSet};

use super::{Sheet, active};
use crate::model::limits::name_key;
use crate::model::{Code, Entity, EntityKey, Kind, Lang, Service};

pub(super) fn check(sheet: &mut Sheet<'_>) {
    check_channels(sheet);
    for (entity, service) in sheet.services() {
        check_responsible(&entity.key, service, sheet);
    }
    check_names(sheet);
}

/// Offers join services with channels and places; where a source has none of the three, nothing can be said.
fn check_channels(sheet: &mut Sheet<'_>) {
    let view = sheet.input.view;
    let places = [Kind::Offer, Kind::Channel, Kind::ServicePoint].map(|kind| active(view, kind).count());
    if places == [0, 0, 0] {
        let reason = [
            "Aineistossa ei ole palvelutarjouksia, asiointikanavia eikä palvelupisteitä.",
            "Materialet saknar tjänsteutbud, kanaler och serviceställen.",
            "The source holds no offers, channels or service points.",
        ];
        for rule in ["Q11a", "Q11b", "Q22a"] {
            sheet.skip(rule, reason);
        }
        return;
    }
    for entity in active(view, Kind::Service) {
        if view.offers_of_service(&entity.key.code).is_empty() {
            sheet.breaks(&entity.key, "Q11a", &[]);
        }
    }
    let used: BTreeSet<&Code> = active(view, Kind::Offer)
        .filter_map(Entity::offer)
        .filter(|offer| offer.services.iter().any(|code| view.active(Kind::Service, code).is_some()))
        .flat_map(|offer| &offer.channels)
        .collect();
    for entity in active(view, Kind::Channel) {
        if !used.contains(&entity.key.code) {
            sheet.breaks(&entity.key, "Q11b", &[]);
        }
    }
    for entity in active(view, Kind::ServicePoint) {
        if view.offers_of_point(&entity.key.code).is_empty() {
            sheet.breaks(&entity.key, "Q22a", &[]);
        }
    }
}

/// PTV publishes a service only in the languages of its organisation (pat.md §4.7).
fn check_responsible(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let named = service.responsible.as_ref();
    let Some(code) = named.or(sheet.input.organisation) else { return };
    let found = sheet.input.view.active(Kind::Organisation, code).and_then(|stored| stored.entity.organisation());
    let Some(organisation) = found else {
        if named.is_some() {
            sheet.breaks(key, "Q12b", &[code]);
        }
        return;
    };
    for lang in super::texts::versions(service) {
        if organisation.name.get(lang).is_none() || organisation.summary.get(lang).is_none() {
            sheet.breaks_in(key, "Q12a", None, Some(lang), &[]);
        }
    }
}

/// One name is one thing within an organisation (ptv-in-api.md §3.0.5). The later code is told of the first.
fn check_names(sheet: &mut Sheet<'_>) {
    let view = sheet.input.view;
    for kind in [Kind::Service, Kind::Channel, Kind::ServicePoint] {
        let mut taken: BTreeMap<(Option<&Code>, String), Vec<&Entity>> = BTreeMap::new();
        for entity in active(view, kind) {
            if let Some(name) = entity.name().get(Lang::Fi) {
                let owner = organisation(entity).or(sheet.input.organisation);
                taken.entry((owner, name_key(name))).or_default().push(entity);
            }
        }
        for entities in taken.values().filter(|entities| entities.len() > 1) {
            for entity in entities {
                let other = entities.iter().find(|other| other.key != entity.key);
                if let Some(other) = other {
                    sheet.breaks_in(&entity.key, "Q21a", None, Some(Lang::Fi), &[&other.key.code]);
                }
            }
        }
    }
}

/// The organisation that a record itself names.
pub(super) fn organisation(entity: &Entity) -> Option<&Code> {
    match entity.key.kind {
        Kind::Service => entity.service()?.responsible.as_ref(),
        Kind::Channel => entity.channel()?.organisation.as_ref(),
        Kind::ServicePoint => entity.service_point()?.organisation.as_ref(),
        _ => None,
    }
}
