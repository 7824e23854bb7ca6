//! Accepts and revises entities, keeps the views that reads are answered from.
//!
//! One [`Catalogue`] for all tenants; each has a view of its own behind its own swap, so that a reader never waits
//! and a writer of one tenant never touches another's.

mod accept;
pub mod class_map;
pub mod descriptions;
mod findings;
mod hierarchy;
pub(crate) mod html;
pub mod import;
mod judge;
mod lifecycle;
mod load;
pub mod matching;
pub mod pat;
pub mod quality;
mod records;
pub mod references;
pub mod search;
pub mod sheets;
mod stewardship;
mod terms;
pub mod vocabulary;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use tokio::sync::Mutex;

pub use accept::{Batch, Outcome, Presence, Verdict};
pub use records::Records;
pub use stewardship::{MasterChange, REVISIONS_TOLD};

use self::descriptions::Descriptions;
use self::search::Search;
use self::vocabulary::Vocabulary;
use crate::config::Withdrawal;
use crate::model::View;
use crate::model::class_map::ClassMap;
use crate::store::{CommitError, Store, StoreError};
use crate::telemetry::Metrics;
use crate::world::World;

/// A batch has at most this many records; a commit at most [`ITEMS_PER_COMMIT`].
pub const ITEMS_PER_BATCH: usize = 10_000;
/// Design §3, “Catalogue in”.
pub const ITEMS_PER_COMMIT: usize = 500;

/// The catalogues of all tenants. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    world: World,
    metrics: Metrics,
    tenants: BTreeMap<Arc<str>, TenantCatalogue>,
    search: OnceLock<Arc<Search>>,
    vocabulary: ArcSwapOption<Vocabulary>,
}

struct TenantCatalogue {
    view: ArcSwap<View>,
    /// Writers of a tenant take turns: a verdict is given against the view that its commit changes.
    turn: Mutex<()>,
    /// Whether offers fall with what they are offered at ([`Withdrawal::Cascade`]).
    cascades: AtomicBool,
    /// The general descriptions that its services may build on.
    descriptions: ArcSwapOption<Descriptions>,
}

impl TenantCatalogue {
    fn withdrawal(&self) -> Withdrawal {
        if self.cascades.load(Ordering::Relaxed) { Withdrawal::Cascade } else { Withdrawal::Refuse }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("tenant {0:?} is not configured")]
    UnknownTenant(String),
    #[error("a batch has at most {ITEMS_PER_BATCH} records; this one has {0}. Send it in parts")]
    TooMany(usize),
    #[error("batch {0:?} was sent before with another content. Give the new content an id of its own")]
    BatchReused(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl Catalogue {
    /// Loads the view of every tenant. A stored record that cannot be read is left out of its view, with an error in
    /// the log and a count in the metrics; its master mends it by sending it again.
    pub async fn load(
        store: &Store,
        world: &World,
        metrics: &Metrics,
        tenants: impl IntoIterator<Item = Arc<str>>,
    ) -> Result<Catalogue, CatalogueError> {
        let mut loaded = BTreeMap::new();
        for tenant in tenants {
            let view = load::newer(store, metrics, &tenant, &View::default()).await?;
            loaded.insert(
                tenant,
                TenantCatalogue {
                    view: ArcSwap::from_pointee(view),
                    turn: Mutex::new(()),
                    cascades: AtomicBool::new(false),
                    descriptions: ArcSwapOption::empty(),
                },
            );
        }
        let (store, world, metrics) = (store.clone(), world.clone(), metrics.clone());
        let inner = Inner {
            store,
            world,
            metrics,
            tenants: loaded,
            search: OnceLock::new(),
            vocabulary: ArcSwapOption::empty(),
        };
        Ok(Catalogue { inner: Arc::new(inner) })
    }

    /// What a withdrawal does to the offers that stand on it; refused without this.
    pub fn set_withdrawal(&self, tenant: &str, withdrawal: Withdrawal) {
        if let Some(catalogue) = self.inner.tenants.get(tenant) {
            catalogue.cascades.store(withdrawal == Withdrawal::Cascade, Ordering::Relaxed);
        }
    }

    /// The newest view of a tenant. Lock-free; a request keeps the one it got.
    pub fn view(&self, tenant: &str) -> Option<Arc<View>> {
        self.inner.tenants.get(tenant).map(|catalogue| catalogue.view.load_full())
    }

    /// Where the search indexes of all tenants are. In memory unless [`Catalogue::search_with`] came first.
    pub fn search(&self) -> &Arc<Search> {
        self.inner.search.get_or_init(|| Arc::new(Search::in_memory()))
    }

    /// Has an effect before the first search only.
    pub fn search_with(&self, search: Search) {
        self.inner.search.get_or_init(|| Arc::new(search));
    }

    /// The general descriptions that a tenant's services may build on, where the list was given.
    pub fn descriptions(&self, tenant: &str) -> Option<Arc<Descriptions>> {
        self.inner.tenants.get(tenant)?.descriptions.load_full()
    }

    pub fn set_descriptions(&self, tenant: &str, descriptions: Arc<Descriptions>) {
        if let Some(catalogue) = self.inner.tenants.get(tenant) {
            catalogue.descriptions.store(Some(descriptions));
        }
    }

    /// Old addresses of PTV's classes and the present ones. For the start: adopted maps are taken in after it.
    pub fn set_class_addresses(&self, tenant: &str, newer: Arc<BTreeMap<String, String>>) {
        if let Some(catalogue) = self.inner.tenants.get(tenant) {
            let view = catalogue.view.load_full().with_class_map(ClassMap::new(newer, Vec::new()));
            catalogue.view.store(Arc::new(view));
        }
    }

    /// The vocabulary of subject terms, once one is loaded.
    pub fn vocabulary(&self) -> Option<Arc<Vocabulary>> {
        self.inner.vocabulary.load_full()
    }

    /// From now on terms are found and judged by this one.
    pub fn use_vocabulary(&self, vocabulary: Arc<Vocabulary>) {
        self.inner.vocabulary.store(Some(vocabulary));
    }

    /// Takes in what another process has committed.
    pub async fn refresh(&self, tenant: &str) -> Result<(), CatalogueError> {
        let catalogue = self.tenant(tenant)?;
        let _turn = catalogue.turn.lock().await;
        self.catch_up(tenant, catalogue).await
    }

    async fn catch_up(&self, tenant: &str, catalogue: &TenantCatalogue) -> Result<(), CatalogueError> {
        let Inner { store, metrics, .. } = &*self.inner;
        let view = load::newer(store, metrics, tenant, &catalogue.view.load_full()).await?;
        catalogue.view.store(Arc::new(view));
        Ok(())
    }

    fn tenant(&self, tenant: &str) -> Result<&TenantCatalogue, CatalogueError> {
        self.inner.tenants.get(tenant).ok_or_else(|| CatalogueError::UnknownTenant(tenant.to_owned()))
    }
}

#[cfg(test)]
mod tests;
