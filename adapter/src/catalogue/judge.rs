//! What becomes of one record: accepted or refused, with every reason. Reads the view and the batch; writes nothing.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::accept::{Outcome, Presence, Verdict};
use super::hierarchy::{self, Hierarchy};
use super::pat::{self, Reading};
use super::records::Records;
use super::vocabulary::Vocabulary;
use super::{findings, lifecycle, references, terms};
use crate::config::Withdrawal;
use crate::model::entity::Source;
use crate::model::{Code, Entity, EntityKey, Finding, Kind, Level, Master, State, Stored, View};

/// A verdict, and what is to be written for it.
pub(super) struct Judged<'a> {
    pub(super) verdict: Verdict,
    pub(super) writes: Vec<Write<'a>>,
}

/// One revision to be written.
pub(super) struct Write<'a> {
    pub(super) entity: Entity,
    pub(super) body: Body<'a>,
}

/// Where a revision's text comes from.
pub(super) enum Body<'a> {
    /// The record as it came.
    Given(&'a Value),
    /// The stored text with the new state in it.
    Stored,
}

/// What a batch brings, looked at before any of its records is judged: records may refer to those that come after them.
#[derive(Default)]
pub(super) struct Upcoming {
    records: BTreeMap<EntityKey, Glimpse>,
}

/// What others ask of a record before its own turn comes.
struct Glimpse {
    state: Option<State>,
    parent: Option<Code>,
    /// Of an offer: what it names, by the field.
    grounds: Vec<(&'static str, Code)>,
}

impl Upcoming {
    /// By kind and code alone; whether a record is sound is found out when its turn comes.
    pub(super) fn of(records: &Records) -> Upcoming {
        let mut upcoming = Upcoming::default();
        for record in records.iter() {
            let kind = text(record.get("laji")).and_then(|laji| Kind::from_laji(&laji));
            if let Some((kind, code)) = kind.zip(code(record.get("koodi"))) {
                let key = EntityKey { kind, code };
                upcoming.records.entry(key).or_insert_with(|| Glimpse::of(kind, &record));
            }
        }
        upcoming
    }

    pub(super) fn brings(&self, key: &EntityKey) -> bool {
        self.records.contains_key(key)
    }

    pub(super) fn state(&self, key: &EntityKey) -> Option<State> {
        self.records.get(key)?.state
    }

    /// Whether an offer of the batch names another record in one of the fields that give it ground.
    pub(super) fn names(&self, key: &EntityKey, field: &str, named: &Code) -> bool {
        let grounds = self.records.get(key).map_or(&[][..], |record| &record.grounds);
        grounds.iter().any(|(in_field, code)| *in_field == field && code == named)
    }

    /// The parents that the batch's own records name.
    pub(super) fn parents(&self) -> impl Iterator<Item = (EntityKey, Code)> {
        self.records.iter().filter_map(|(key, record)| Some((key.clone(), record.parent.clone()?)))
    }
}

impl Glimpse {
    fn of(kind: Kind, record: &Value) -> Glimpse {
        let state = match text(record.pointer("/tila/koodi")) {
            Some(tila) => State::from_tila(&tila),
            None => Some(State::Active),
        };
        let parent = match kind {
            Kind::Organisation => record.pointer("/ylaorganisaatio/koodi"),
            Kind::Service => record.pointer("/ylapalvelu/koodi"),
            Kind::Class => record.get("ylatason_koodi"),
            _ => None,
        };
        let fields = if kind == Kind::Offer { &lifecycle::GROUNDS[..] } else { &[] };
        let named = |field: &'static str| {
            let value = record.get(field);
            let list = value.map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
            list.unwrap_or_default().iter().filter_map(move |item| Some((field, code(item.get("koodi"))?)))
        };
        Glimpse { state, parent: code(parent), grounds: fields.iter().copied().flat_map(named).collect() }
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn code(value: Option<&Value>) -> Option<Code> {
    text(value)?.parse().ok()
}

/// What the records of a batch that were judged before have taken.
#[derive(Clone, Default)]
pub(super) struct Progress {
    seen: BTreeSet<EntityKey>,
    /// Offers that fall with what they were offered at.
    fallen: BTreeSet<EntityKey>,
}

/// What records are judged against.
pub(super) struct Judge<'a> {
    pub(super) master: &'a Master,
    pub(super) view: &'a View,
    pub(super) upcoming: &'a Upcoming,
    pub(super) presence: Presence,
    pub(super) withdrawal: Withdrawal,
    /// What subject terms are judged by, once it is loaded.
    terms: Option<&'a Vocabulary>,
    hierarchy: OnceCell<Hierarchy>,
    sources: OnceCell<BTreeMap<(Kind, String, String), Code>>,
}

impl<'j> Judge<'j> {
    pub(super) fn new(
        master: &'j Master,
        view: &'j View,
        upcoming: &'j Upcoming,
        presence: Presence,
        withdrawal: Withdrawal,
    ) -> Judge<'j> {
        let (hierarchy, sources) = (OnceCell::new(), OnceCell::new());
        Judge { master, view, upcoming, presence, withdrawal, terms: None, hierarchy, sources }
    }

    pub(super) fn with_terms(mut self, terms: Option<&'j Vocabulary>) -> Judge<'j> {
        self.terms = terms;
        self
    }

    pub(super) fn judge<'a>(&self, index: usize, record: &'a Value, progress: &mut Progress) -> Judged<'a> {
        let reading = pat::read(record);
        let laji = reading.kind.map(|kind| kind.laji().to_owned());
        let koodi = reading.code.as_ref().map(ToString::to_string);
        let mut judged = Judged {
            verdict: Verdict {
                index,
                laji,
                koodi,
                outcome: Outcome::Refused,
                revision: None,
                source: None,
                findings: Vec::new(),
            },
            writes: Vec::new(),
        };
        let (candidate, mut found) = self.candidate(reading, record);
        if let Some(write) = candidate {
            self.decide(write, progress, &mut found, &mut judged);
        }
        judged.verdict.findings = found.iter().map(Into::into).collect();
        judged
    }

    /// The revision that a record would make. One that withdraws needs no more than kind and code.
    fn candidate<'a>(&self, reading: Reading, record: &'a Value) -> (Option<Write<'a>>, Vec<Finding>) {
        let Reading { kind, code, entity, source, findings } = reading;
        if let Some(entity) = entity {
            return (Some(Write { entity, body: Body::Given(record) }), findings);
        }
        let withdraws = record.pointer("/tila/koodi").is_some_and(|tila| text(Some(tila)).as_deref() == Some("9"));
        let short = findings.iter().all(|it| it.level < Level::Error || it.rule == "required");
        let known = kind.zip(code).filter(|_| withdraws && short).and_then(|(kind, code)| self.view.get(kind, &code));
        match known {
            Some(known) => {
                let mut entity = known.entity.clone();
                entity.state = State::Deleted;
                let version = source.as_ref().and_then(|source| source.version);
                if let (Some(version), Some(kept)) = (version, &mut entity.source) {
                    kept.version = Some(version);
                }
                (Some(Write { entity, body: Body::Stored }), Vec::new())
            }
            None => (None, findings),
        }
    }

    fn decide<'a>(&self, write: Write<'a>, progress: &mut Progress, found: &mut Vec<Finding>, judged: &mut Judged<'a>) {
        let entity = &write.entity;
        let known = self.view.find(&entity.key);
        let before = self.view.revision(&entity.key);
        if !progress.seen.insert(entity.key.clone()) {
            found.push(findings::duplicate());
            return;
        }
        if let Some(owner) = self.view.master(&entity.key).filter(|owner| *owner != self.master) {
            found.push(findings::other_master(owner));
            return;
        }
        let same = known.is_some_and(|known| known.entity == *entity && known.revision == before);
        if self.presence == Presence::New && before > 0 && !same {
            found.push(findings::taken());
            return;
        }
        if self.presence == Presence::Known && before == 0 {
            found.push(findings::unknown());
            return;
        }
        if same {
            self.warn(entity, found);
            judged.verdict.outcome = Outcome::Unchanged;
            judged.verdict.revision = known.map(|known| known.revision);
            return;
        }
        found.extend(known.and_then(|known| lifecycle::step(known.entity.state, entity.state)));
        found.extend(known.and_then(|known| lifecycle::source(&known.entity, entity)));
        if entity.state != State::Deleted && hierarchy::parent(entity).is_some() {
            found.extend(self.hierarchy().check(entity));
        }
        let fallen = self.fallen(known, entity, progress, found);
        if found.iter().any(|finding| finding.level == Level::Error) {
            return;
        }
        self.warn(entity, found);
        judged.verdict.outcome = if before > 0 { Outcome::Updated } else { Outcome::Created };
        judged.verdict.revision = Some(before + 1);
        for offer in fallen {
            progress.fallen.insert(offer.entity.key.clone());
            let entity = Entity { state: State::Hidden, ..offer.entity.clone() };
            judged.writes.push(Write { entity, body: Body::Stored });
        }
        judged.writes.insert(0, write);
    }

    /// The offers that fall with a record that is withdrawn, by the tenant's setting; or why it may not be.
    fn fallen(
        &self,
        known: Option<&std::sync::Arc<Stored>>,
        entity: &Entity,
        progress: &Progress,
        found: &mut Vec<Finding>,
    ) -> Vec<&'j Stored> {
        let was_active = known.is_some_and(|known| known.entity.is_active());
        if !was_active || !matches!(entity.state, State::Archived | State::Deleted) {
            return Vec::new();
        }
        let orphans: Vec<&Stored> = lifecycle::orphans(&entity.key, self.view, self.upcoming)
            .into_iter()
            .filter(|offer| !progress.fallen.contains(&offer.entity.key))
            .collect();
        if orphans.is_empty() {
            return orphans;
        }
        let codes: Vec<&Code> = orphans.iter().map(|offer| &offer.entity.key.code).collect();
        // What the batch itself keeps, or another system has, is not ours to take down.
        let blocked =
            orphans.iter().any(|offer| self.upcoming.brings(&offer.entity.key) || offer.master != *self.master);
        if self.withdrawal == Withdrawal::Refuse || blocked {
            found.push(findings::orphans(entity.key.kind, &codes));
            return Vec::new();
        }
        found.push(findings::fallen(&codes));
        orphans
    }

    /// What does not keep a record out.
    fn warn(&self, entity: &Entity, found: &mut Vec<Finding>) {
        if entity.state == State::Deleted {
            return;
        }
        for reference in references::of(entity) {
            if !self.stands(&reference.key) {
                found.push(findings::dangling(reference.field, &reference.key));
            }
        }
        found.extend(self.elsewhere(entity).map(findings::moved));
        if let (Some(terms), Some(service)) = (self.terms, entity.service()) {
            found.extend(terms::findings(terms, &service.terms));
        }
    }

    /// Whether a record is there after this batch, shown or not.
    fn stands(&self, key: &EntityKey) -> bool {
        let state = self.upcoming.state(key).or_else(|| self.view.find(key).map(|stored| stored.entity.state));
        // What stands in the store and cannot be read is there all the same.
        state.map_or_else(|| self.view.revision(key) > 0, |state| state != State::Deleted)
    }

    /// The other code under which the same record of the source stands.
    fn elsewhere(&self, entity: &Entity) -> Option<&Code> {
        let Some(Source { system, id: Some(id), .. }) = &entity.source else { return None };
        let place = (entity.key.kind, system.clone().unwrap_or_default(), id.clone());
        let other = self.sources().get(&place).filter(|code| **code != entity.key.code)?;
        let key = EntityKey { kind: entity.key.kind, code: other.clone() };
        self.stands(&key).then_some(other)
    }

    fn hierarchy(&self) -> &Hierarchy {
        self.hierarchy.get_or_init(|| Hierarchy::of(self.view, self.upcoming))
    }

    /// The codes that source records stand under now.
    fn sources(&self) -> &BTreeMap<(Kind, String, String), Code> {
        self.sources.get_or_init(|| {
            let all = Kind::ALL.into_iter().flat_map(|kind| self.view.all(kind));
            let live = all.filter(|stored| stored.entity.state != State::Deleted);
            live.filter_map(|stored| {
                let Some(Source { system, id: Some(id), .. }) = &stored.entity.source else { return None };
                let key = &stored.entity.key;
                Some(((key.kind, system.clone().unwrap_or_default(), id.clone()), key.code.clone()))
            })
            .collect()
        })
    }
}
