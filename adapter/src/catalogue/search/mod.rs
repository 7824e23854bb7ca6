//! Words to services: full text search with one index per tenant, opened when it is first asked.
//!
//! Reads the view only; so it answers alike over either database. An index is brought up to the view before it answers
//! and shows a change as soon as `getService` does. docs/search.md says what is found and in which order.

mod content;
mod everyday;
mod filter;
mod index;
mod snapshot;
#[cfg(test)]
mod tests;
mod vocabulary;
mod words;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

pub use self::filter::{ChannelKind, Filter, Near};
pub use self::index::WRITER_MEMORY;
pub use self::snapshot::Scale;

use self::index::TenantIndex;
use crate::model::{Code, Kind, Lang, Stored, View};

/// What is asked. Words, a filter, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    pub words: Option<String>,
    /// Words in this language weigh more.
    pub lang: Option<Lang>,
    pub filter: Filter,
}

/// Where a page ended: enough to go on behind it, whatever has changed meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub scale: Scale,
    pub score: f32,
    pub code: Code,
}

#[derive(Clone, Debug, Default)]
pub struct Found {
    pub services: Vec<Arc<Stored>>,
    /// None: there are no more.
    pub next: Option<Place>,
}

#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the search index failed: {0}")]
    Index(#[from] tantivy::TantivyError),
    #[error("the search was broken off")]
    BrokenOff,
}

/// The indexes of all tenants.
pub struct Search {
    folder: Option<PathBuf>,
    most_open: usize,
    tenants: Mutex<Tenants>,
    /// Searches at once: they take a thread each, and what waits for a processor waits better outside of it.
    places: Semaphore,
}

#[derive(Default)]
struct Tenants {
    indexes: HashMap<Arc<str>, (Arc<TenantIndex>, u64)>,
    uses: u64,
}

impl Search {
    /// Indexes in `{folder}/{tenant}`, at most `most_open` of them open at once.
    pub fn on_disk(folder: PathBuf, most_open: usize) -> Search {
        Search::new(Some(folder), most_open)
    }

    /// For tests and tools: nothing stays.
    pub fn in_memory() -> Search {
        Search::new(None, usize::MAX)
    }

    fn new(folder: Option<PathBuf>, most_open: usize) -> Search {
        let threads = std::thread::available_parallelism().map_or(2, |threads| threads.get().max(2));
        Search { folder, most_open: most_open.max(1), tenants: Mutex::default(), places: Semaphore::new(threads) }
    }

    /// One page of answers, off the runtime's threads.
    pub async fn find(
        self: &Arc<Self>,
        tenant: &Arc<str>,
        view: Arc<View>,
        question: Question,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Found, SearchError> {
        let _place = self.places.acquire().await.map_err(|_| SearchError::BrokenOff)?;
        let index = self.index(tenant);
        let used = Arc::clone(&index);
        let page = tokio::task::spawn_blocking(move || page(&used, &view, &question, after, limit)).await;
        page.unwrap_or_else(|_| {
            tracing::error!("a search panicked; its index is made anew");
            index.distrust();
            Err(SearchError::BrokenOff)
        })
    }

    fn index(&self, tenant: &Arc<str>) -> Arc<TenantIndex> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.uses += 1;
        let now = tenants.uses;
        let new = || Arc::new(TenantIndex::new(self.folder.as_ref().map(|folder| folder.join(&**tenant))));
        let entry = tenants.indexes.entry(Arc::clone(tenant)).or_insert_with(|| (new(), now));
        entry.1 = now;
        let index = Arc::clone(&entry.0);
        // One that was closed has no files and next to no memory; it stays, so that no folder is ever open twice.
        let mut by_use: Vec<_> = tenants.indexes.values().map(|(index, used)| (*used, Arc::clone(index))).collect();
        by_use.sort_by_key(|(used, _)| std::cmp::Reverse(*used));
        for (_, unused) in by_use.iter().skip(self.most_open) {
            unused.close();
        }
        index
    }
}

/// A page of one tenant. Blocking.
fn page(
    index: &TenantIndex,
    view: &View,
    question: &Question,
    after: Option<Place>,
    limit: usize,
) -> Result<Found, SearchError> {
    let (ranked, scale) = match &question.words {
        Some(words) => {
            let (snapshot, _) = index.at(view)?;
            let scale = after.as_ref().map(|place| place.scale.clone());
            snapshot.answers(words, question.lang, scale).inspect_err(|_| index.distrust())?
        }
        None => (nearest(view, &question.filter), Scale { weights: Vec::new(), lenient: 0, floor: 0.0 }),
    };
    let start = after.map_or(0, |place| {
        ranked.partition_point(|(score, code)| {
            score.total_cmp(&place.score).reverse().then_with(|| code.cmp(&place.code)).is_le()
        })
    });
    let mut services = Vec::with_capacity(limit.min(ranked.len()));
    let mut last = None;
    for (score, code) in ranked.into_iter().skip(start) {
        let Some(stored) = view.active(Kind::Service, &code) else { continue };
        if question.filter.admits(stored, view).is_none() {
            continue;
        }
        if services.len() == limit {
            let next = last.map(|(score, code)| Place { scale, score, code });
            return Ok(Found { services, next });
        }
        services.push(Arc::clone(stored));
        last = Some((score, code));
    }
    Ok(Found { services, next: None })
}

/// Without words: the nearest first where a point is given, else in the order of codes.
fn nearest(view: &View, filter: &Filter) -> Vec<(f32, Code)> {
    #[expect(clippy::cast_possible_truncation, reason = "a metre more or less decides nothing")]
    let score = |metres: f64| if filter.near.is_some() { (Near::FARTHEST - metres) as f32 } else { 0.0 };
    let services = view.active_after(Kind::Service, None);
    let mut ranked: Vec<(f32, Code)> = services
        .filter_map(|stored| Some((score(filter.admits(stored, view)?), stored.entity.key.code.clone())))
        .collect();
    ranked.sort_by(|(one, a), (two, b)| two.total_cmp(one).then_with(|| a.cmp(b)));
    ranked
}
