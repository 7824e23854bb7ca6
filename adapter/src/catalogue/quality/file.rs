//! The records of a file as a view of their own, so that a file is judged like a catalogue. Nothing is stored.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::report::Refused;
use crate::catalogue::pat;
use crate::model::{Level, Master, Stored, View};

/// What can be read, and what cannot with its first reason.
pub fn view_of(records: &[Value]) -> (View, Vec<Refused>) {
    let mut stored = Vec::with_capacity(records.len());
    let mut refused = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let reading = pat::read(record);
        if let Some(entity) = reading.entity {
            let sequence = u64::try_from(index + 1).unwrap_or(u64::MAX);
            let master = Master("file".into());
            let changed_at = Timestamp::UNIX_EPOCH;
            stored.push(Arc::new(Stored { entity, revision: 1, sequence, master, changed_at }));
            continue;
        }
        let reason = reading.findings.iter().find(|finding| finding.level == Level::Error);
        refused.push(Refused {
            index,
            laji: reading.kind.map(|kind| kind.laji().to_owned()),
            koodi: reading.code.map(|code| code.to_string()),
            field: reason.map(|finding| finding.field.clone()).unwrap_or_default(),
            rule: reason.map(|finding| finding.rule.to_owned()).unwrap_or_default(),
        });
    }
    let newest = u64::try_from(records.len()).unwrap_or(u64::MAX);
    (View::default().with(stored, newest), refused)
}
