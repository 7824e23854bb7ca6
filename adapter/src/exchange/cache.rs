//! Answers to `get…` without a language, rendered once per view: most reads are repeats of few records.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

/// Rendered answers of all tenants. One that was made from an older view, or before a GUID came, does not count.
#[derive(Default)]
pub(super) struct Cache {
    entries: RwLock<Entries>,
}

#[derive(Default)]
struct Entries {
    by_key: HashMap<Key, (Stamp, Arc<Rendered>)>,
    bytes: usize,
}

/// Entries and bytes of all tenants together; one more and the cache starts anew.
const CAPACITY: usize = 4_096;
const BYTES: usize = 64 * 1024 * 1024;

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

impl Rendered {
    fn size(&self) -> usize {
        self.xml.len() + self.json.len() + self.etag.len()
    }
}

impl Cache {
    pub(super) fn get(&self, key: &Key, stamp: Stamp) -> Option<Arc<Rendered>> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.by_key.get(key).filter(|(made, _)| *made == stamp).map(|(_, rendered)| Arc::clone(rendered))
    }

    pub(super) fn put(&self, key: Key, stamp: Stamp, rendered: &Arc<Rendered>) {
        let size = rendered.size();
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.len() >= CAPACITY || entries.bytes + size > BYTES {
            *entries = Entries::default();
        }
        let before = entries.by_key.insert(key, (stamp, Arc::clone(rendered)));
        entries.bytes += size;
        entries.bytes -= before.map_or(0, |(_, rendered)| rendered.size());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::{BYTES, Cache, Key, Rendered};

    #[test]
    fn an_answer_counts_for_its_stamp_only_and_the_cache_stays_small() {
        let key = |code: &str| Key { tenant: "turku".into(), operation: "getService", code: code.into() };
        let rendered =
            |bytes| Arc::new(Rendered { xml: String::new(), json: Bytes::from(vec![0; bytes]), etag: String::new() });
        let cache = Cache::default();
        cache.put(key("1"), (1, 0), &rendered(BYTES / 2));
        assert!(cache.get(&key("1"), (1, 0)).is_some());
        assert!(cache.get(&key("1"), (2, 0)).is_none() && cache.get(&key("1"), (1, 1)).is_none());
        // A newer answer takes the place of the older one.
        cache.put(key("1"), (2, 0), &rendered(BYTES / 2));
        cache.put(key("2"), (2, 0), &rendered(BYTES / 2));
        assert!(cache.get(&key("1"), (2, 0)).is_some() && cache.get(&key("2"), (2, 0)).is_some());
        cache.put(key("3"), (2, 0), &rendered(1));
        assert!(cache.get(&key("1"), (2, 0)).is_none() && cache.get(&key("3"), (2, 0)).is_some());
    }
}
