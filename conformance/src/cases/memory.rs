//! The adapter's memory while something goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::kit::{Acts, Probe, Stop, Verdict};

/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Watches until it is asked. Without the act `resources` it sees nothing, and says so.
pub(super) struct Memory {
    seen: Option<Seen>,
}

struct Seen {
    before: u64,
    most: Arc<AtomicU64>,
    looking: JoinHandle<()>,
}

impl Memory {
    pub(super) async fn watch(probe: &mut Probe<'_>) -> Result<Self, Stop> {
        let acts = probe.target.acts();
        let Some(before) = resident(&*acts).await else {
            probe.note("Memory was not looked at: no act says it.");
            return Ok(Self { seen: None });
        };
        let most = Arc::new(AtomicU64::new(before));
        let seen = Arc::clone(&most);
        let looking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                if let Some(now) = resident(&*acts).await {
                    seen.fetch_max(now, Ordering::Relaxed);
                }
            }
        });
        Ok(Self { seen: Some(Seen { before, most, looking }) })
    }

    /// It has not grown by more than `most` bytes meanwhile.
    pub(super) fn grew_at_most(&self, probe: &mut Probe<'_>, most: u64) -> Verdict {
        let Some(seen) = &self.seen else { return Ok(()) };
        let grown = seen.most.load(Ordering::Relaxed).saturating_sub(seen.before);
        probe.check(format!("memory grew by {} MiB, at most {} MiB", grown >> 20, most >> 20), grown <= most)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(seen) = &self.seen {
            seen.looking.abort();
        }
    }
}

async fn resident(acts: &dyn Acts) -> Option<u64> {
    acts.act("resources", json!({})).await.ok()?.get("memory").and_then(Value::as_u64)
}
