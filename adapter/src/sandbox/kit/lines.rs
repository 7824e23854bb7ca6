//! What the adapter says while the kit judges it: every event of its log, raw, as it goes to standard error.
//!
//! An event is kept as one piece, line breaks and all: a value that could break a line would otherwise fall into two
//! harmless ones.

use std::collections::VecDeque;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::telemetry::{self, TelemetryError, safe};

/// Everything that the adapter says, down to what only its developers read; nothing of those around it.
const LEVEL: &str = "info,silta=trace,xroad=trace,silta_client=trace,conformance=off";
/// Bytes that are kept; the oldest go first.
const ROOM: usize = 16 * 1024 * 1024;

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

#[derive(Default)]
struct Kept {
    events: VecDeque<String>,
    bytes: usize,
}

struct Sink;

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kept.get_or_insert_default();
        kept.bytes += bytes.len();
        kept.events.push_back(String::from_utf8_lossy(bytes).into_owned());
        while kept.bytes > ROOM
            && let Some(oldest) = kept.events.pop_front()
        {
            kept.bytes = kept.bytes.saturating_sub(oldest.len());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts to write the process's log lines: those of `level` to standard error, and all to here.
pub(super) fn listen(level: &str) -> Result<(), TelemetryError> {
    telemetry::start_beside(level, LEVEL, || Sink)?;
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept::default());
    Ok(())
}

/// Everything that was kept; none when nobody listens.
pub(super) fn all() -> Option<String> {
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    Some(kept.as_ref()?.events.iter().map(String::as_str).collect())
}

/// The events that name one of these ids, as they are or as the log spells them; none when nobody listens.
pub(super) fn about(ids: &[&str]) -> Option<String> {
    let spelt: Vec<String> = ids.iter().map(|id| safe(id).to_string()).collect();
    let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let names = |event: &&String| {
        let mut known = ids.iter().copied().chain(spelt.iter().map(String::as_str)).filter(|id| !id.is_empty());
        known.any(|id| event.contains(id))
    };
    Some(kept.as_ref()?.events.iter().filter(names).map(String::as_str).collect())
}
