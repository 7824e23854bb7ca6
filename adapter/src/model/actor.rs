//! Toimija: whoever has a part in a service, in any role (pat.md §4.8).
//!
//! An actor that is a person never leaves the tenant: neither other agencies nor PTV are told of it.

use super::service::{Producer, Provision};
use super::{Code, Localised, Service, View};

#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub kind: ActorKind,
    pub name: Localised,
    /// The organisation record that it is; only such an actor can be named to PTV as an organisation.
    pub organisation: Option<Code>,
    pub business_id: Option<String>,
    /// What it may be, and how it produces where it is a producer.
    pub roles: Vec<ActorRole>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActorKind {
    Organisation,
    Company,
    Association,
    Person,
}

impl ActorKind {
    pub const ALL: [ActorKind; 4] =
        [ActorKind::Organisation, ActorKind::Company, ActorKind::Association, ActorKind::Person];

    /// The word on the PAT wire (toimijalaji).
    pub fn word(self) -> &'static str {
        match self {
            ActorKind::Organisation => "organisaatio",
            ActorKind::Company => "yritys",
            ActorKind::Association => "yhdistys",
            ActorKind::Person => "henkilo",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActorRole {
    pub role: Role,
    pub provision: Option<Provision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// vastuutaho
    Responsible,
    /// tuottaja
    Producer,
    /// rahoittaja
    Funder,
    /// yhteyshenkilö
    Contact,
    /// varahenkilö
    Deputy,
    /// sisällöntuottaja
    ContentProducer,
}

impl Role {
    pub const ALL: [Role; 6] =
        [Role::Responsible, Role::Producer, Role::Funder, Role::Contact, Role::Deputy, Role::ContentProducer];

    /// The word on the PAT wire (rooli).
    pub fn word(self) -> &'static str {
        match self {
            Role::Responsible => "vastuutaho",
            Role::Producer => "tuottaja",
            Role::Funder => "rahoittaja",
            Role::Contact => "yhteyshenkilo",
            Role::Deputy => "varahenkilo",
            Role::ContentProducer => "sisallontuottaja",
        }
    }
}

/// An actor's part in one service (toimija–palvelu with a role, pat.md §7). The same actor may have several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participation {
    pub actor: Code,
    pub role: Role,
    /// How it produces here; what the actor's own record says when absent.
    pub provision: Option<Provision>,
}

/// The person who answers for a record's content, or their deputy (yhteyshenkilö, varahenkilö): an actor of the tenant,
/// or a name. Kept and shown to the tenant's own people only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContentOwner {
    pub actor: Option<Code>,
    pub name: Option<String>,
    pub email: Option<String>,
}

/// Who produces a service, as others may know it: what the record lists, its actors that
/// produce, and those of its offers. An actor that is
/// an organisation of the catalogue is named by its code, another by its name, a person not at all.
pub fn producers(code: &Code, service: &Service, view: &View) -> Vec<Producer> {
    let mut producers = service.producers.clone();
    let listed = parts(service, view, Role::Producer).map(|(part, actor)| (part.provision, actor));
    let offers = view.offers_of_service(code).iter().filter_map(|offer| offer.entity.offer()?.actor.as_ref());
    let offering = offers.filter_map(|code| known(code, view)).map(|actor| (None, actor));
    for (provision, actor) in listed.chain(offering) {
        let own = actor.roles.iter().find(|own| own.role == Role::Producer).and_then(|own| own.provision);
        let kind = provision.or(own).unwrap_or(Provision::Other);
        let producer = match &actor.organisation {
            Some(code) => Producer { kind, organisations: vec![code.clone()], text: Localised::default() },
            None => Producer { kind, organisations: Vec::new(), text: actor.name.clone() },
        };
        if !producers.contains(&producer) {
            producers.push(producer);
        }
    }
    producers
}

/// The organisations that answer for a service beside its main one: those that the record lists, and those of its
/// responsible actors.
pub fn other_responsible(service: &Service, view: &View) -> Vec<Code> {
    let mut codes = service.other_responsible.clone();
    for code in parts(service, view, Role::Responsible).filter_map(|(_, actor)| actor.organisation.as_ref()) {
        if !codes.contains(code) && service.responsible.as_ref() != Some(code) {
            codes.push(code.clone());
        }
    }
    codes
}

fn parts<'a>(service: &'a Service, view: &'a View, role: Role) -> impl Iterator<Item = (&'a Participation, &'a Actor)> {
    let parts = service.participations.iter().filter(move |part| part.role == role);
    parts.filter_map(|part| Some((part, known(&part.actor, view)?)))
}

/// An actor that others may know of.
fn known<'a>(code: &Code, view: &'a View) -> Option<&'a Actor> {
    let actor = view.active(super::Kind::Actor, code)?.entity.actor()?;
    (actor.kind != ActorKind::Person).then_some(actor)
}
