//! Which mirrors name the GUID or follow the languages of a twin: wanted again when that twin changes.

use std::collections::BTreeSet;

use super::worker::CONNECTIONS;
use crate::model::{Code, Content, Entity, EntityKey, Kind, View, actor};

/// The mirrors to want again. What of them turns out equal makes no call.
pub(super) fn of(view: &View, key: &EntityKey) -> BTreeSet<(&'static str, String)> {
    match key.kind {
        Kind::Organisation => of_organisation(view, &key.code),
        Kind::Channel | Kind::ServicePoint => of_channel(view, key).into_iter().chain(collections(view, key)).collect(),
        Kind::Service => {
            let set = (CONNECTIONS, key.code.to_string());
            collections(view, key).chain([set]).collect()
        }
        Kind::Class | Kind::Offer | Kind::Errand | Kind::Actor | Kind::Collection => BTreeSet::new(),
    }
}

fn collections<'v>(view: &'v View, member: &'v EntityKey) -> impl Iterator<Item = (&'static str, String)> + 'v {
    let naming = view.collections_of(member);
    naming.map(|stored| (Kind::Collection.word(), stored.entity.key.code.to_string()))
}

fn of_organisation(view: &View, code: &Code) -> BTreeSet<(&'static str, String)> {
    let kinds = [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service, Kind::Collection];
    let all = kinds.into_iter().flat_map(|kind| view.active_after(kind, None));
    all.filter(|stored| names(&stored.entity, code, view))
        .map(|stored| (stored.entity.key.kind.word(), stored.entity.key.code.to_string()))
        .collect()
}

fn names(entity: &Entity, code: &Code, view: &View) -> bool {
    match &entity.content {
        Content::Organisation(it) => it.parent.as_ref() == Some(code),
        Content::Channel(it) => it.organisation.as_ref() == Some(code),
        Content::ServicePoint(it) => it.organisation.as_ref() == Some(code),
        Content::Service(it) => {
            it.responsible.as_ref() == Some(code)
                || actor::other_responsible(it, view).contains(code)
                || actor::producers(&entity.key.code, it, view)
                    .iter()
                    .any(|producer| producer.organisations.contains(code))
        }
        Content::Collection(it) => it.organisation.as_ref() == Some(code),
        Content::Class(_) | Content::Offer(_) | Content::Errand(_) | Content::Actor(_) => false,
    }
}

fn of_channel(view: &View, key: &EntityKey) -> BTreeSet<(&'static str, String)> {
    let offers = view.active_after(Kind::Offer, None).filter_map(|stored| stored.entity.offer());
    let naming = offers.filter(|offer| match key.kind {
        Kind::ServicePoint => offer.service_point.as_ref() == Some(&key.code),
        _ => offer.channels.contains(&key.code),
    });
    naming.flat_map(|offer| &offer.services).map(|code| (CONNECTIONS, code.to_string())).collect()
}
