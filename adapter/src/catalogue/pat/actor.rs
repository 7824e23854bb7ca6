//! Toimija (pat.md §4.8), the parts that actors have in services, and who answers for a record's content.

use super::fields::Fields;
use super::organisation::business_id;
use crate::model::Actor;
use crate::model::actor::{ActorKind, ActorRole, ContentOwner, Participation, Role};
use crate::model::service::Provision;

pub(super) fn read(fields: &mut Fields<'_>) -> Actor {
    let kind = fields.required_word("toimijalaji", &ActorKind::ALL.map(|kind| (kind.word(), kind)));
    let mut roles = Vec::new();
    fields.list("roolit", |row| {
        let role = row.required_word("rooli", &Role::ALL.map(|role| (role.word(), role)));
        let provision = provision(row);
        roles.extend(role.map(|role| ActorRole { role, provision }));
    });
    if roles.is_empty() {
        fields.incomplete("roolit");
    }
    Actor {
        kind: kind.unwrap_or(ActorKind::Person),
        name: fields.required_name(),
        organisation: fields.reference("organisaatio"),
        business_id: business_id(fields),
        roles,
    }
}

/// `toimijat[]` of a service: `{toimija: {koodi}, rooli, toteutustapa}`.
pub(super) fn participations(fields: &mut Fields<'_>) -> Vec<Participation> {
    let mut parts = Vec::new();
    fields.list("toimijat", |row| {
        let actor = row.reference("toimija");
        if actor.is_none() {
            row.missing("toimija");
        }
        let role = row.required_word("rooli", &Role::ALL.map(|role| (role.word(), role)));
        let provision = provision(row);
        parts.extend(actor.zip(role).map(|(actor, role)| Participation { actor, role, provision }));
    });
    parts
}

fn provision(row: &mut Fields<'_>) -> Option<Provision> {
    row.word("toteutustapa", &Provision::ALL.map(|kind| (kind.word(), kind)))
}

/// `{koodi}` of an actor, or `{nimi, sahkoposti}`.
pub(super) fn content_owner(fields: &mut Fields<'_>, name: &'static str) -> Option<ContentOwner> {
    let mut owner = ContentOwner::default();
    fields.object(name, |it| {
        owner.actor = it.code("koodi");
        owner.name = it.text("nimi", 200);
        owner.email = it.text("sahkoposti", 200);
    });
    (owner != ContentOwner::default()).then_some(owner)
}
