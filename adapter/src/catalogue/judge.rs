//! What becomes of one record: accepted or refused, with every reason. Reads the view and the batch; writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::accept::{Outcome, Presence, Verdict};
use super::pat::{self, Reading};
use super::{findings, references};
use crate::model::{Code, Entity, EntityKey, Finding, Kind, Master, State, View};

/// A verdict, and what is to be written for it.
pub(super) struct Judged<'a> {
    pub(super) verdict: Verdict,
    pub(super) write: Option<(Entity, &'a Value)>,
}

/// What a batch brings, looked at before any of its records is judged: records may refer to those that come after them.
#[derive(Default)]
pub(super) struct Upcoming {
    records: BTreeMap<EntityKey, Option<State>>,
}

impl Upcoming {
    /// By kind, code and state alone; whether a record is sound is found out when its turn comes.
    pub(super) fn of(records: &[Value]) -> Upcoming {
        let mut upcoming = Upcoming::default();
        for record in records {
            let text = |value: Option<&Value>| match value {
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            let kind = text(record.get("laji")).and_then(|laji| Kind::from_laji(&laji));
            let code: Option<Code> = text(record.get("koodi")).and_then(|code| code.parse().ok());
            let Some((kind, code)) = kind.zip(code) else { continue };
            let state = match text(record.pointer("/tila/koodi")) {
                Some(tila) => State::from_tila(&tila),
                None => Some(State::Active),
            };
            upcoming.records.entry(EntityKey { kind, code }).or_insert(state);
        }
        upcoming
    }

    fn state(&self, key: &EntityKey) -> Option<State> {
        self.records.get(key).copied().flatten()
    }
}

/// What records are judged against.
pub(super) struct Judge<'a> {
    pub(super) master: &'a Master,
    pub(super) view: &'a View,
    pub(super) upcoming: &'a Upcoming,
    pub(super) presence: Presence,
}

impl Judge<'_> {
    pub(super) fn judge<'a>(&self, index: usize, record: &'a Value, seen: &mut BTreeSet<EntityKey>) -> Judged<'a> {
        let Reading { kind, code, entity, mut findings } = pat::read(record);
        let laji = kind.map(|kind| kind.laji().to_owned());
        let koodi = code.map(|code| code.to_string());
        let mut revision = None;
        let mut write = None;
        let mut outcome = Outcome::Refused;
        if let Some(entity) = entity {
            let known = self.view.find(&entity.key);
            let before = self.view.revision(&entity.key);
            let owner = self.view.master(&entity.key);
            if !seen.insert(entity.key.clone()) {
                findings.push(findings::duplicate());
            } else if let Some(owner) = owner.filter(|owner| *owner != self.master) {
                findings.push(findings::other_master(owner));
            } else {
                self.warn(&entity, &mut findings);
                let same = known.is_some_and(|known| known.entity == entity && known.revision == before);
                if self.presence == Presence::New && before > 0 && !same {
                    findings.push(findings::taken());
                } else if self.presence == Presence::Known && before == 0 {
                    findings.push(findings::unknown());
                } else if same {
                    outcome = Outcome::Unchanged;
                    revision = known.map(|known| known.revision);
                } else {
                    outcome = if before > 0 { Outcome::Updated } else { Outcome::Created };
                    revision = Some(before + 1);
                    write = Some((entity, record));
                }
            }
        }
        let findings = findings.iter().map(Into::into).collect();
        Judged { verdict: Verdict { index, laji, koodi, outcome, revision, findings }, write }
    }

    /// What does not keep a record out.
    fn warn(&self, entity: &Entity, findings: &mut Vec<Finding>) {
        if entity.state == State::Deleted {
            return;
        }
        for reference in references::of(entity) {
            if !self.stands(&reference.key) {
                findings.push(findings::dangling(reference.field, &reference.key));
            }
        }
    }

    /// Whether a record is there after this batch, shown or not.
    fn stands(&self, key: &EntityKey) -> bool {
        let state = self.upcoming.state(key).or_else(|| self.view.find(key).map(|stored| stored.entity.state));
        // What stands in the store and cannot be read is there all the same.
        state.map_or_else(|| self.view.revision(key) > 0, |state| state != State::Deleted)
    }
}
