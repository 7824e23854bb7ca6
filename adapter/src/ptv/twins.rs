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

/// All twins of one tenant, connection sets included (kind `connections`).
#[derive(Debug, Default)]
pub struct Twins {
    rows: RwLock<BTreeMap<(String, String), Twin>>,
    generation: AtomicU64,
    /// Organisations of the tenant's tree, as PTV last told it.
    tree: RwLock<BTreeSet<String>>,
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
        let mut rows = BTreeMap::new();
        for kind in kinds {
            let mut after = String::new();
            loop {
                let page = twins::page(store, tenant, kind, &after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.code);
                rows.extend(page.into_iter().map(|twin| ((twin.kind.clone(), twin.code.clone()), twin)));
            }
        }
        Ok(Twins { rows: RwLock::new(rows), ..Twins::default() })
    }

    pub fn get(&self, kind: &str, code: &str) -> Option<Twin> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(&(kind.to_owned(), code.to_owned())).cloned()
    }

    /// The GUID of a published twin.
    pub fn guid(&self, key: &EntityKey) -> Option<String> {
        self.get(key.kind.word(), key.code.as_str()).filter(|twin| twin.status == PUBLISHED)?.guid
    }

    pub fn put(&self, twin: Twin) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.insert((twin.kind.clone(), twin.code.clone()), twin);
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Forgets one, such as the connection set of an archived service.
    pub fn forget(&self, kind: &str, code: &str) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.remove(&(kind.to_owned(), code.to_owned()));
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// PTV has lost what it held: nothing counts as equal any more until it was written again.
    pub fn distrust(&self) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        for twin in rows.values_mut() {
            twin.pushed_digest = None;
        }
    }

    /// Rises with every change: what was made from GUIDs before it may be stale.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The languages in which a twin was sent.
    pub fn languages(&self, key: &EntityKey) -> Vec<Lang> {
        let twin = self.get(key.kind.word(), key.code.as_str());
        twin.map(|twin| twin.languages.split(',').filter_map(Lang::from_code).collect()).unwrap_or_default()
    }

    /// GUIDs of the tenant's organisations: those that were written, and those that PTV's tree names.
    pub fn organisations(&self) -> Vec<String> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let organisations = rows.values().filter(|twin| twin.kind == Kind::Organisation.word());
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        organisations.filter_map(|twin| twin.guid.clone()).chain(tree.iter().cloned()).collect()
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
        rows.values().map(brief).collect()
    }
}
