//! Which records of the catalogue incoming ones may be: by PTV's GUID, by other identifiers, by code, by name.
//!
//! It only tells. Nothing is merged, renamed or adopted here: that is the operator's act, record by record.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::pat;
use crate::model::limits::name_key;
use crate::model::{Code, Content, Entity, EntityKey, Kind, State, View};

/// What is known of one incoming record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Match {
    /// Its place in what came, from 0.
    pub index: usize,
    pub laji: Option<String>,
    pub koodi: Option<String>,
    pub name: String,
    pub certainty: Certainty,
    /// The best first.
    pub candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Certainty {
    /// An identifier names one record and nothing speaks against it.
    Certain,
    /// One record has its name, and its organisation as far as both have one.
    Likely,
    /// Several may be it, or what speaks for one speaks against another: a person must look.
    Ambiguous,
    /// Nothing in the catalogue is like it.
    New,
    /// It cannot be read; `silta catalogue check` says why.
    Unreadable,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    pub koodi: String,
    pub name: String,
    /// What speaks for it, the strongest first.
    pub by: Vec<Reason>,
}

/// What speaks for a candidate, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Reason {
    /// PTV's GUID.
    PtvId,
    /// OID, or the place's number in the register of units.
    Register,
    /// The same record of the same source (lahde).
    Source,
    BusinessId,
    Code,
    /// A name in any language, another name among them.
    Name,
    Organisation,
    /// Both have an organisation, and not the same.
    OtherOrganisation,
}

impl Reason {
    fn weight(self) -> u32 {
        match self {
            Reason::PtvId => 64,
            Reason::Register | Reason::Source => 32,
            Reason::BusinessId => 16,
            Reason::Code => 4,
            Reason::Name => 8,
            Reason::Organisation => 2,
            Reason::OtherOrganisation => 0,
        }
    }
}

/// The most candidates that are told of one record.
pub const CANDIDATES_TOLD: usize = 10;

/// Compares records with a catalogue. `guids` are those that PTV gave to the catalogue's twins.
pub fn matches(view: &View, guids: &BTreeMap<EntityKey, String>, records: &[Value]) -> Vec<Match> {
    let index = Index::of(view, guids);
    let readings: Vec<pat::Reading> = records.iter().map(pat::read).collect();
    // Records name organisations by the source's own codes: what these are here is found first.
    let mut organisations: BTreeMap<Code, Code> = BTreeMap::new();
    for entity in readings.iter().filter_map(|it| it.entity.as_ref()).filter(|it| it.key.kind == Kind::Organisation) {
        let found = index.candidates(entity, &organisations);
        if let (Certainty::Certain | Certainty::Likely, Some((key, _))) = (certainty(&found), found.first()) {
            organisations.insert(entity.key.code.clone(), key.code.clone());
        }
    }
    let told = readings.into_iter().enumerate();
    told.map(|(place, reading)| {
        let laji = reading.kind.map(|kind| kind.laji().to_owned());
        let koodi = reading.code.map(|code| code.to_string());
        let Some(entity) = reading.entity else {
            let name = String::new();
            let certainty = Certainty::Unreadable;
            return Match { index: place, laji, koodi, name, certainty, candidates: Vec::new() };
        };
        let found = index.candidates(&entity, &organisations);
        let candidate = |(key, by): &(EntityKey, BTreeSet<Reason>)| Candidate {
            koodi: key.code.to_string(),
            name: view.find(key).map(|stored| stored.entity.name().any().to_owned()).unwrap_or_default(),
            by: by.iter().copied().collect(),
        };
        Match {
            index: place,
            laji,
            koodi,
            name: entity.name().any().to_owned(),
            certainty: certainty(&found),
            candidates: found.iter().take(CANDIDATES_TOLD).map(candidate).collect(),
        }
    })
    .collect()
}

type Found = Vec<(EntityKey, BTreeSet<Reason>)>;

/// Candidates come the best first.
fn certainty(found: &Found) -> Certainty {
    let Some((_, best)) = found.first() else { return Certainty::New };
    let named = best.contains(&Reason::Name);
    let identified = best.iter().any(|it| *it <= Reason::BusinessId) || (named && best.contains(&Reason::Code));
    let rivals = || found.iter().skip(1).map(|(_, by)| by);
    if identified {
        // Another record with the same identifier, and nothing that the best one lacks, is a lesser one, not a rival.
        let stronger = |by: &BTreeSet<Reason>| {
            let speaks = |it: &&Reason| **it <= Reason::BusinessId;
            by.iter().filter(speaks).any(|it| !best.contains(it)) || weight(by) == weight(best)
        };
        return if rivals().any(stronger) { Certainty::Ambiguous } else { Certainty::Certain };
    }
    let alone = rivals()
        .all(|by| weight(by) < weight(best) && (best.contains(&Reason::Organisation) || !by.contains(&Reason::Name)));
    if named && alone && !best.contains(&Reason::OtherOrganisation) { Certainty::Likely } else { Certainty::Ambiguous }
}

fn weight(by: &BTreeSet<Reason>) -> u32 {
    by.iter().map(|reason| reason.weight()).sum()
}

/// The catalogue by what may tell its records.
struct Index<'a> {
    view: &'a View,
    by: BTreeMap<(Kind, Reason, String), Vec<EntityKey>>,
}

impl<'a> Index<'a> {
    fn of(view: &'a View, guids: &BTreeMap<EntityKey, String>) -> Index<'a> {
        let mut index = Index { view, by: BTreeMap::new() };
        for kind in Kind::ALL {
            for stored in view.all(kind).filter(|stored| stored.entity.state != State::Deleted) {
                let entity = &stored.entity;
                for (reason, text) in signs(entity) {
                    index.add(entity, reason, text);
                }
                if let Some(guid) = guids.get(&entity.key) {
                    index.add(entity, Reason::PtvId, guid.to_lowercase());
                }
            }
        }
        index
    }

    fn add(&mut self, entity: &Entity, reason: Reason, text: String) {
        let keys = self.by.entry((entity.key.kind, reason, text)).or_default();
        if !keys.contains(&entity.key) {
            keys.push(entity.key.clone());
        }
    }

    fn candidates(&self, entity: &Entity, organisations: &BTreeMap<Code, Code>) -> Found {
        let mut found: BTreeMap<EntityKey, BTreeSet<Reason>> = BTreeMap::new();
        for (reason, text) in signs(entity) {
            for key in self.by.get(&(entity.key.kind, reason, text)).into_iter().flatten() {
                found.entry(key.clone()).or_default().insert(reason);
            }
        }
        let own = organisation(entity).map(|code| organisations.get(code).unwrap_or(code));
        let own = own.map(|code| self.organisation_of_guid(code));
        for (key, by) in &mut found {
            let theirs = self.view.find(key).and_then(|stored| organisation(&stored.entity));
            if let (Some(own), Some(theirs)) = (&own, theirs) {
                by.insert(if own == theirs { Reason::Organisation } else { Reason::OtherOrganisation });
            }
        }
        let mut found: Found = found.into_iter().collect();
        found.sort_by(|(one, by), (other, with)| weight(with).cmp(&weight(by)).then_with(|| one.cmp(other)));
        found
    }

    /// PTV's content names organisations by GUID.
    fn organisation_of_guid(&self, code: &Code) -> Code {
        let known = self.by.get(&(Kind::Organisation, Reason::PtvId, code.as_str().to_lowercase()));
        known.and_then(|keys| keys.first()).map_or_else(|| code.clone(), |key| key.code.clone())
    }
}

/// What a record can be told by.
fn signs(entity: &Entity) -> Vec<(Reason, String)> {
    let mut signs = vec![(Reason::Code, entity.key.code.to_string())];
    signs.extend(entity.ptv_id.iter().map(|guid| (Reason::PtvId, guid.trim().to_lowercase())));
    if let Some(source) = &entity.source
        && let Some(id) = &source.id
    {
        let system = source.system.as_deref().unwrap_or_default();
        signs.push((Reason::Source, format!("{system}\u{0}{id}")));
    }
    let mut names: BTreeSet<String> = entity.name().iter().map(|(_, name)| plain(name)).collect();
    match &entity.content {
        Content::Organisation(it) => {
            names.extend(it.alternative_name.iter().chain(it.display_name.iter()).map(|(_, name)| plain(name)));
            signs.extend(it.business_id.iter().map(|id| (Reason::BusinessId, id.clone())));
            signs.extend(it.oid.iter().map(|oid| (Reason::Register, oid.clone())));
        }
        Content::Actor(it) => signs.extend(it.business_id.iter().map(|id| (Reason::BusinessId, id.clone()))),
        Content::Service(it) => names.extend(it.alternative_names.iter().map(|(_, name)| plain(name))),
        Content::ServicePoint(it) => {
            let register = it.oid.iter().chain(&it.registry_id);
            signs.extend(register.map(|number| (Reason::Register, number.clone())));
        }
        _ => {}
    }
    signs.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (Reason::Name, name)));
    signs
}

/// The organisation that a record belongs to.
fn organisation(entity: &Entity) -> Option<&Code> {
    match &entity.content {
        Content::Organisation(it) => it.parent.as_ref(),
        Content::Channel(it) => it.organisation.as_ref(),
        Content::ServicePoint(it) => it.organisation.as_ref(),
        Content::Service(it) => it.responsible.as_ref(),
        Content::Errand(it) => it.responsible.as_ref(),
        Content::Actor(it) => it.organisation.as_ref(),
        Content::Collection(it) => it.organisation.as_ref(),
        Content::Class(_) | Content::Offer(_) => None,
    }
}

/// A name without case, punctuation and white space that tells nothing.
fn plain(name: &str) -> String {
    name_key(&name.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>())
}

#[cfg(test)]
mod tests;
