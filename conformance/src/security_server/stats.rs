//! Counts of exchanges and failures. Codes only; nothing of any message.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stats {
    /// SOAP exchanges begun.
    pub soap: u64,
    /// REST exchanges begun.
    pub rest: u64,
    /// Faults of the adapter passed through.
    pub faults: u64,
    /// Exchanges that ended in an error of the security server, by code.
    pub failures: BTreeMap<String, u64>,
}

impl Stats {
    /// How many exchanges failed in total.
    pub fn failed(&self) -> u64 {
        self.failures.values().sum()
    }
}

#[derive(Debug, Default)]
pub(super) struct Counter(Mutex<Stats>);

impl Counter {
    pub(super) fn soap(&self) {
        self.with(|stats| stats.soap += 1);
    }

    pub(super) fn rest(&self) {
        self.with(|stats| stats.rest += 1);
    }

    pub(super) fn fault(&self) {
        self.with(|stats| stats.faults += 1);
    }

    pub(super) fn failure(&self, code: &str) {
        self.with(|stats| *stats.failures.entry(code.to_owned()).or_default() += 1);
    }

    pub(super) fn snapshot(&self) -> Stats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(&self, change: impl FnOnce(&mut Stats)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
