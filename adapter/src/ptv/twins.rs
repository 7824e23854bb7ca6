//! What PTV holds for each entity of a tenant, in memory: bodies name one another by GUID.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use crate::model::{EntityKey, Kind, Lang};
use crate::store::twins::{self, Twin};
use crate::store::{Store, StoreError};

/// PTV's publishing status of a twin that is archived there.
pub const ARCHIVED: &str = "Deleted";
pub const PUBLISHED: &str = "Published";

type Rows = BTreeMap<String, BTreeMap<String, Twin>>;

/// All twins of one tenant, connection sets included (kind `connections`).
#[derive(Debug, Default)]
pub struct Twins {
    /// By kind, then by code.
    rows: RwLock<Rows>,
    generation: AtomicU64,
    /// Organisations of the tenant's tree, as PTV last told it.
    tree: RwLock<BTreeSet<String>>,
    /// Channels that others may link to, as v12 shows it.
    shared: RwLock<BTreeSet<EntityKey>>,
}

/// A twin without what was sent of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub kind: String,
    pub code: String,
    /// In lower case.
    pub guid: Option<String>,
    pub status: String,
    /// It was written, not only adopted.
    pub sent: bool,
    pub languages: String,
    /// When it was last written; microseconds UTC.
    pub updated_at: i64,
}

impl Twins {
    pub async fn load(store: &Store, tenant: &str, kinds: &[&str]) -> Result<Twins, StoreError> {
        const PAGE: u32 = 500;
        let mut rows = Rows::new();
        for kind in kinds {
            let mut after = String::new();
            loop {
                let page = twins::page(store, tenant, kind, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.code);
                let of_kind = rows.entry((*kind).to_owned()).or_default();
                of_kind.extend(page.into_iter().map(|twin| (twin.code.clone(), twin)));
            }
        }
        Ok(Twins { rows: RwLock::new(rows), ..Twins::default() })
    }

    pub fn get(&self, kind: &str, code: &str) -> Option<Twin> {
        self.look(kind, code, Clone::clone)
    }

    /// What is asked of a twin, without a copy of it: it may hold a large body.
    pub fn look<T>(&self, kind: &str, code: &str, ask: impl FnOnce(&Twin) -> T) -> Option<T> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(kind)?.get(code).map(ask)
    }

    /// How many twins of a kind are such.
    pub fn count(&self, kind: &str, is_such: impl Fn(&Twin) -> bool) -> usize {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(kind).map_or(0, |of_kind| of_kind.values().filter(|twin| is_such(twin)).count())
    }

    /// The GUID of a published twin.
    pub fn guid(&self, key: &EntityKey) -> Option<String> {
        self.look(key.kind.word(), key.code.as_str(), |twin| {
            twin.guid.as_ref().filter(|_| twin.status == PUBLISHED).cloned()
        })?
    }

    pub fn put(&self, twin: Twin) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.entry(twin.kind.clone()).or_default().insert(twin.code.clone(), twin);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Forgets one, such as the connection set of an archived service.
    pub fn forget(&self, kind: &str, code: &str) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_kind) = rows.get_mut(kind) {
            of_kind.remove(code);
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// PTV has lost what it held: nothing counts as equal any more until it was written again.
    pub fn distrust(&self) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        for twin in rows.values_mut().flat_map(BTreeMap::values_mut) {
            twin.pushed_digest = None;
        }
    }

    /// The same for what has a source id.
    pub(super) fn distrust_but(&self, kind: &str) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        let others = rows.iter_mut().filter(|(of, _)| *of != kind);
        for twin in others.flat_map(|(_, of_kind)| of_kind.values_mut()) {
            twin.pushed_digest = None;
        }
    }

    /// Rises with every change: what was made from GUIDs before it may be stale.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The languages in which a twin was sent.
    pub fn languages(&self, key: &EntityKey) -> Vec<Lang> {
        let languages = |twin: &Twin| twin.languages.split(',').filter_map(Lang::from_code).collect();
        self.look(key.kind.word(), key.code.as_str(), languages).unwrap_or_default()
    }

    /// GUIDs of the tenant's organisations: those that were written, and those that PTV's tree names.
    pub fn organisations(&self) -> Vec<String> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let organisations = rows.get(Kind::Organisation.word()).into_iter().flat_map(BTreeMap::values);
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        organisations.filter_map(|twin| twin.guid.clone()).chain(tree.iter().cloned()).collect()
    }

    /// Whether others may link to a channel, as far as v12 says so.
    pub(super) fn shared(&self, key: &EntityKey) -> Option<bool> {
        self.shared.read().unwrap_or_else(PoisonError::into_inner).contains(key).then_some(true)
    }

    pub(super) fn set_shared(&self, shared: BTreeSet<EntityKey>) {
        *self.shared.write().unwrap_or_else(PoisonError::into_inner) = shared;
    }

    /// The tree as PTV tells it now.
    pub(super) fn set_tree(&self, tree: &BTreeSet<String>) {
        tree.clone_into(&mut self.tree.write().unwrap_or_else(PoisonError::into_inner));
    }

    /// All twins, connection sets included.
    pub(super) fn briefs(&self) -> Vec<Brief> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let brief = |twin: &Twin| Brief {
            kind: twin.kind.clone(),
            code: twin.code.clone(),
            guid: twin.guid.as_ref().map(|guid| guid.to_lowercase()),
            status: twin.status.clone(),
            sent: twin.pushed_body.is_some(),
            languages: twin.languages.clone(),
            updated_at: twin.updated_at,
        };
        rows.values().flat_map(BTreeMap::values).map(brief).collect()
    }
}
