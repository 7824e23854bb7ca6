//! What a record refers to, by the field's own name (pat.md §7). Whether it is there is for the judge to say.

use crate::model::actor::ContentOwner;
use crate::model::{Code, Content, Entity, EntityKey, Kind};

/// One reference of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The field as the source spells it, with its index.
    pub field: String,
    pub key: EntityKey,
}

/// Every reference of a record, its own parent included.
pub fn of(entity: &Entity) -> Vec<Reference> {
    let mut found = Found(Vec::new());
    found.owner("yhteyshenkilo", entity.owner.as_deref());
    found.owner("varahenkilo", entity.deputy.as_deref());
    match &entity.content {
        Content::Organisation(it) => found.one("ylaorganisaatio", Kind::Organisation, it.parent.as_ref()),
        Content::Class(it) => found.plain("ylatason_koodi", Kind::Class, it.parent.as_ref()),
        Content::Channel(it) => {
            found.one("organisaatio", Kind::Organisation, it.organisation.as_ref());
            found.many("palvelut", Kind::Service, &it.services);
        }
        Content::ServicePoint(it) => found.one("organisaatio", Kind::Organisation, it.organisation.as_ref()),
        Content::Service(it) => {
            found.many("palveluluokat", Kind::Class, &it.classes);
            found.one("vastuuorganisaatio", Kind::Organisation, it.responsible.as_ref());
            found.many("muut_vastuuorganisaatiot", Kind::Organisation, &it.other_responsible);
            for (index, producer) in it.producers.iter().enumerate() {
                found.many(&format!("tuottajat[{index}].toimijat"), Kind::Organisation, &producer.organisations);
            }
            for (index, part) in it.participations.iter().enumerate() {
                found.one(&format!("toimijat[{index}].toimija"), Kind::Actor, Some(&part.actor));
            }
            found.one("ylapalvelu", Kind::Service, it.parent.as_ref());
        }
        Content::Offer(it) => {
            found.many("palvelut", Kind::Service, &it.services);
            found.one("palvelupiste", Kind::ServicePoint, it.service_point.as_ref());
            found.many("palvelukanavat", Kind::Channel, &it.channels);
            found.plain("toimija_id", Kind::Actor, it.actor.as_ref());
        }
        Content::Errand(it) => {
            found.many("palvelut", Kind::Service, &it.services);
            found.one("vastuutaho", Kind::Organisation, it.responsible.as_ref());
            for (index, channel) in it.channels.iter().enumerate() {
                found.one(&format!("kanavat[{index}].palvelukanava"), Kind::Channel, channel.channel.as_ref());
                found.one(
                    &format!("kanavat[{index}].palvelupiste"),
                    Kind::ServicePoint,
                    channel.service_point.as_ref(),
                );
            }
        }
        Content::Actor(it) => found.one("organisaatio", Kind::Organisation, it.organisation.as_ref()),
        Content::Collection(it) => {
            found.one("organisaatio", Kind::Organisation, it.organisation.as_ref());
            found.many("palvelut", Kind::Service, &it.services);
            found.many("kanavat", Kind::Channel, &it.channels);
            found.many("palvelupisteet", Kind::ServicePoint, &it.service_points);
        }
    }
    found.0
}

struct Found(Vec<Reference>);

impl Found {
    fn plain(&mut self, field: &str, kind: Kind, code: Option<&Code>) {
        let reference = |code: &Code| Reference { field: field.into(), key: EntityKey { kind, code: code.clone() } };
        self.0.extend(code.map(reference));
    }

    fn one(&mut self, field: &str, kind: Kind, code: Option<&Code>) {
        self.plain(&format!("{field}.koodi"), kind, code);
    }

    fn many(&mut self, field: &str, kind: Kind, codes: &[Code]) {
        for (index, code) in codes.iter().enumerate() {
            self.plain(&format!("{field}[{index}].koodi"), kind, Some(code));
        }
    }

    fn owner(&mut self, field: &str, owner: Option<&ContentOwner>) {
        self.one(field, Kind::Actor, owner.and_then(|owner| owner.actor.as_ref()));
    }
}
