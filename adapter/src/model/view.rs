//! One tenant's catalogue at one moment: what reads are answered from and what PTV is compared with.
//!
//! A view is a value. A commit makes the next one from it, sharing every entity that did not change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::actor::ContentOwner;
use super::class_map::ClassMap;
use super::{Code, Entity, EntityKey, Kind, Master, OwnFields, State, Stored};

#[derive(Clone, Debug, Default)]
pub struct View {
    entities: BTreeMap<EntityKey, Arc<Stored>>,
    /// Active offers by service code and by service point code.
    offers_of_service: BTreeMap<Code, Vec<Arc<Stored>>>,
    offers_of_point: BTreeMap<Code, Vec<Arc<Stored>>>,
    /// The newest change of every entity, in feed order.
    feed: BTreeMap<u64, EntityKey>,
    sequence: u64,
    /// What the operator says of records.
    own: Arc<BTreeMap<EntityKey, OwnFields>>,
    /// What stands in the store and cannot be read by this version.
    unreadable: BTreeMap<EntityKey, Unreadable>,
    class_map: Arc<ClassMap>,
}

/// What is known of a stored record that cannot be read.
#[derive(Clone, Debug)]
struct Unreadable {
    revision: u64,
    master: Master,
}

impl View {
    /// The newest sequence of the change feed that this view has seen.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    pub fn get(&self, kind: Kind, code: &Code) -> Option<&Arc<Stored>> {
        self.entities.get(&EntityKey { kind, code: code.clone() })
    }

    pub fn find(&self, key: &EntityKey) -> Option<&Arc<Stored>> {
        self.entities.get(key)
    }

    /// An entity that others may see.
    pub fn active(&self, kind: Kind, code: &Code) -> Option<&Arc<Stored>> {
        self.get(kind, code).filter(|stored| stored.entity.is_active())
    }

    /// All of a kind in code order, whatever their state.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Arc<Stored>> {
        self.after(kind, None)
    }

    /// All active ones of a kind whose code is greater than `after`, in code order.
    pub fn active_after<'a>(&'a self, kind: Kind, after: Option<&Code>) -> impl Iterator<Item = &'a Arc<Stored>> {
        self.after(kind, after).filter(|stored| stored.entity.is_active())
    }

    /// Keys are in the order of kinds, so that one kind lies together.
    fn after<'a>(&'a self, kind: Kind, after: Option<&Code>) -> impl Iterator<Item = &'a Arc<Stored>> {
        use std::ops::Bound;
        let start = match after {
            Some(code) => Bound::Excluded(EntityKey { kind, code: code.clone() }),
            None => Bound::Included(EntityKey { kind, code: Code::least() }),
        };
        let all = self.entities.range((start, Bound::Unbounded)).map(|(_, stored)| stored);
        all.take_while(move |stored| stored.entity.key.kind == kind)
    }

    pub fn offers_of_service(&self, code: &Code) -> &[Arc<Stored>] {
        self.offers_of_service.get(code).map_or(&[], Vec::as_slice)
    }

    /// Active collections that name a service, channel or service point.
    pub fn collections_of<'v>(&'v self, member: &'v EntityKey) -> impl Iterator<Item = &'v Arc<Stored>> {
        self.active_after(Kind::Collection, None).filter(|stored| {
            stored.entity.collection().is_some_and(|it| match member.kind {
                Kind::Service => it.services.contains(&member.code),
                Kind::Channel => it.channels.contains(&member.code),
                Kind::ServicePoint => it.service_points.contains(&member.code),
                _ => false,
            })
        })
    }

    pub fn offers_of_point(&self, code: &Code) -> &[Arc<Stored>] {
        self.offers_of_point.get(code).map_or(&[], Vec::as_slice)
    }

    /// The newest change of each entity that changed after `sequence`, oldest first: an entity that changed twice is
    /// named once, with its last.
    pub fn changes_after(&self, sequence: u64) -> impl Iterator<Item = &Arc<Stored>> {
        use std::ops::Bound;
        self.feed.range((Bound::Excluded(sequence), Bound::Unbounded)).filter_map(|(_, key)| self.entities.get(key))
    }

    /// The revision that is stored, read or not; 0 for none.
    pub fn revision(&self, key: &EntityKey) -> u64 {
        let unreadable = self.unreadable.get(key).map(|unreadable| unreadable.revision);
        unreadable.or_else(|| self.find(key).map(|stored| stored.revision)).unwrap_or(0)
    }

    /// Whose record it is, read or not.
    pub fn master(&self, key: &EntityKey) -> Option<&Master> {
        let unreadable = self.unreadable.get(key).map(|unreadable| &unreadable.master);
        unreadable.or_else(|| self.find(key).map(|stored| &stored.master))
    }

    /// What the operator says of a record.
    pub fn own(&self, key: &EntityKey) -> Option<&OwnFields> {
        self.own.get(key)
    }

    /// Who answers for a record's content: by the operator's word, else by the record's own.
    pub fn owner<'a>(&'a self, entity: &'a Entity) -> Option<&'a ContentOwner> {
        self.own(&entity.key).and_then(|own| own.owner.as_ref()).or(entity.owner.as_deref())
    }

    /// Who else does.
    pub fn deputy<'a>(&'a self, entity: &'a Entity) -> Option<&'a ContentOwner> {
        self.own(&entity.key).and_then(|own| own.deputy.as_ref()).or(entity.deputy.as_deref())
    }

    /// Whether the operator holds a record back from PTV.
    pub fn is_held(&self, key: &EntityKey) -> bool {
        self.own(key).is_some_and(|own| own.held)
    }

    /// The view with these fields in the place of all that the operator said before.
    #[must_use]
    pub fn with_own(mut self, own: BTreeMap<EntityKey, OwnFields>) -> View {
        self.own = Arc::new(own);
        self
    }

    /// The records of these kinds that cannot be read: what refers to them, or they to, is not known whole.
    pub fn unreadable(&self, kinds: &[Kind]) -> impl Iterator<Item = &EntityKey> {
        self.unreadable.keys().filter(|key| kinds.contains(&key.kind))
    }

    /// The view without a record that cannot be read. An older revision that could be read stays.
    pub fn leave_out(&mut self, key: EntityKey, revision: u64, master: Master) {
        self.unreadable.insert(key, Unreadable { revision, master });
    }

    /// How the tenant's classes stand for PTV's.
    pub fn class_map(&self) -> &ClassMap {
        &self.class_map
    }

    /// PTV's class of an own class, by its present address.
    pub fn ptv_class(&self, code: &Code) -> Option<&str> {
        self.class_map.ptv_class(code, self.get(Kind::Class, code)?.entity.class()?)
    }

    /// The same records under another class map.
    #[must_use]
    pub fn with_class_map(&self, class_map: ClassMap) -> View {
        View { class_map: Arc::new(class_map), ..self.clone() }
    }

    /// The view after a commit.
    #[must_use]
    pub fn with(&self, changed: impl IntoIterator<Item = Arc<Stored>>, sequence: u64) -> View {
        let mut next = self.clone();
        next.sequence = next.sequence.max(sequence);
        let mut offers_changed = false;
        for stored in changed {
            offers_changed |= stored.entity.key.kind == Kind::Offer;
            let key = stored.entity.key.clone();
            if let Some(before) = next.entities.get(&key) {
                next.feed.remove(&before.sequence);
            }
            next.feed.insert(stored.sequence, key.clone());
            next.unreadable.remove(&key);
            // A deleted entity stays as a tombstone: its code is not free and its revision goes on counting.
            next.entities.insert(key, stored);
        }
        if offers_changed {
            next.index_offers();
        }
        next
    }

    fn index_offers(&mut self) {
        self.offers_of_service.clear();
        self.offers_of_point.clear();
        for stored in self.entities.values() {
            let Some(offer) = stored.entity.offer() else { continue };
            if stored.entity.state != State::Active {
                continue;
            }
            for code in &offer.services {
                self.offers_of_service.entry(code.clone()).or_default().push(Arc::clone(stored));
            }
            if let Some(code) = &offer.service_point {
                self.offers_of_point.entry(code.clone()).or_default().push(Arc::clone(stored));
            }
        }
    }
}
