//! Answers to `get…` without a language, rendered once per view: most reads are repeats of few records.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

/// Rendered answers of one tenant and view. A new view or a new GUID empties it.
#[derive(Default)]
pub(super) struct Cache {
    entries: RwLock<HashMap<Key, (Stamp, Arc<Rendered>)>>,
}

/// Entries of all tenants together; one more and the cache starts anew.
const CAPACITY: usize = 4_096;

/// What an answer was made from: the view's sequence and the GUIDs' generation.
pub(super) type Stamp = (u64, u64);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) tenant: Arc<str>,
    pub(super) operation: &'static str,
    pub(super) code: String,
}

/// An answer in both forms.
pub(super) struct Rendered {
    /// The response wrapper of the SOAP body.
    pub(super) xml: String,
    pub(super) json: Bytes,
    pub(super) etag: String,
}

impl Cache {
    pub(super) fn get(&self, key: &Key, stamp: Stamp) -> Option<Arc<Rendered>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(made, _)| *made == stamp).map(|(_, rendered)| Arc::clone(rendered))
    }

    pub(super) fn put(&self, key: Key, stamp: Stamp, rendered: &Arc<Rendered>) {
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= CAPACITY {
            entries.clear();
        }
        entries.insert(key, (stamp, Arc::clone(rendered)));
    }
}
