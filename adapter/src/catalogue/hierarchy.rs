//! Parent trees as they stand after a batch: organisations, services and classes (pat.md §7).
//!
//! A tree has no cycle, and organisations have five levels at most, which is what PTV takes (pat.md §4.7).

use std::collections::{BTreeMap, BTreeSet};

use super::findings;
use super::judge::Upcoming;
use crate::model::{Code, Content, Entity, EntityKey, Finding, Kind, View};

/// Levels of organisations, the topmost counted.
pub(super) const ORGANISATION_LEVELS: usize = 5;

const KINDS: [Kind; 3] = [Kind::Organisation, Kind::Service, Kind::Class];

pub(super) struct Hierarchy {
    parents: BTreeMap<EntityKey, Code>,
    children: BTreeMap<Code, Vec<Code>>,
}

impl Hierarchy {
    /// What the batch brings stands before what the view has.
    pub(super) fn of(view: &View, upcoming: &Upcoming) -> Hierarchy {
        let mut parents: BTreeMap<EntityKey, Code> = upcoming.parents().collect();
        for stored in KINDS.into_iter().flat_map(|kind| view.all(kind)) {
            let key = &stored.entity.key;
            if let Some(parent) = parent(&stored.entity).filter(|_| !upcoming.brings(key)) {
                parents.insert(key.clone(), parent.clone());
            }
        }
        let mut children: BTreeMap<Code, Vec<Code>> = BTreeMap::new();
        for (key, parent) in parents.iter().filter(|(key, _)| key.kind == Kind::Organisation) {
            children.entry(parent.clone()).or_default().push(key.code.clone());
        }
        Hierarchy { parents, children }
    }

    /// What is wrong with the place of a record in its tree.
    pub(super) fn check(&self, entity: &Entity) -> Option<Finding> {
        let parent = parent(entity)?;
        let key = &entity.key;
        let mut passed = BTreeSet::from([&key.code]);
        let mut above = 0;
        let mut at = Some(parent);
        while let Some(code) = at {
            if *code == key.code {
                return Some(findings::cycle(key.kind));
            }
            if !passed.insert(code) {
                // A cycle further up is that of others.
                break;
            }
            above += 1;
            at = self.parents.get(&EntityKey { kind: key.kind, code: code.clone() });
        }
        let levels = above + 1 + if key.kind == Kind::Organisation { self.below(&key.code) } else { 0 };
        let deep = key.kind == Kind::Organisation && levels > ORGANISATION_LEVELS;
        deep.then(|| findings::too_deep(levels, ORGANISATION_LEVELS))
    }

    /// Levels below an organisation.
    fn below(&self, code: &Code) -> usize {
        let (mut levels, mut passed) = (0, BTreeSet::from([code]));
        let mut level = vec![code];
        loop {
            let next = level.iter().filter_map(|code| self.children.get(code)).flatten();
            level = next.filter(|code| passed.insert(code)).collect();
            if level.is_empty() {
                return levels;
            }
            levels += 1;
        }
    }
}

/// The record above it in its tree.
pub(super) fn parent(entity: &Entity) -> Option<&Code> {
    match &entity.content {
        Content::Organisation(it) => it.parent.as_ref(),
        Content::Service(it) => it.parent.as_ref(),
        Content::Class(it) => it.parent.as_ref(),
        _ => None,
    }
}
