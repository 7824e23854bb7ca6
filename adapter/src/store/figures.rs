//! Counts of the committer and how long it takes to make a transaction durable.
//!
//! Plain atomics that anybody may read; the metrics page is made elsewhere. Limits that were met are counted there.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::telemetry::Metrics;

/// Counters and histogram, written by the committer.
#[derive(Debug)]
pub struct Figures {
    commits: AtomicU64,
    groups: AtomicU64,
    failed_groups: AtomicU64,
    durable: Histogram,
    limits: OnceLock<Metrics>,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            groups: AtomicU64::new(0),
            failed_groups: AtomicU64::new(0),
            durable: Histogram::new(),
            limits: OnceLock::new(),
        }
    }
}

impl Figures {
    /// Commits answered, failed ones of a good group included.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Transactions made durable.
    pub fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Transactions that failed as a whole, each try counted.
    pub fn failed_groups(&self) -> u64 {
        self.failed_groups.load(Ordering::Relaxed)
    }

    /// How long `COMMIT` takes, that is: until the database says the data is on disk.
    pub fn durable_time(&self) -> &Histogram {
        &self.durable
    }

    /// Has the store's limits counted here from now on (`silta_limits_hit_total`). The first one stays.
    pub fn count_limits(&self, metrics: Metrics) {
        let _ = self.limits.set(metrics);
    }

    /// A wait ended at its limit.
    pub(super) fn met(&self, limit: Option<&'static str>) {
        if let (Some(limit), Some(metrics)) = (limit, self.limits.get()) {
            metrics.limit_hit(limit);
        }
    }

    pub(super) fn group(&self, commits: usize) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.commits.fetch_add(commits as u64, Ordering::Relaxed);
    }

    pub(super) fn failed_group(&self) {
        self.failed_groups.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn durable(&self, took: Duration) {
        self.durable.record(took);
    }
}

/// Counts of durations in microseconds, four buckets to each doubling: a quantile is at most a quarter too high.
#[derive(Debug)]
pub struct Histogram {
    buckets: Box<[AtomicU64]>,
}

impl Histogram {
    fn new() -> Self {
        Self { buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect() }
    }

    fn record(&self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket(micros)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The duration that `percent` of the recorded ones do not exceed; none when nothing was recorded.
    pub fn quantile(&self, percent: u64) -> Option<Duration> {
        let count = self.count();
        let wanted = count.saturating_mul(percent.min(100)).div_ceil(100).max(1);
        let mut seen = 0;
        self.buckets.iter().enumerate().find_map(|(index, bucket)| {
            seen += bucket.load(Ordering::Relaxed);
            (seen >= wanted && count > 0).then(|| Duration::from_micros(upper_bound(index)))
        })
    }
}

const BUCKETS: usize = 4 * 40;

/// Values below 4 have a bucket each; above, the two bits after the leading one choose within the doubling.
fn bucket(micros: u64) -> usize {
    let Some(exponent) = micros.checked_ilog2().filter(|exponent| *exponent >= 2) else {
        return usize::try_from(micros).unwrap_or(0);
    };
    let quarter = (micros >> (exponent - 2)) & 3;
    let index = (u64::from(exponent) - 1) * 4 + quarter;
    usize::try_from(index).unwrap_or(BUCKETS).min(BUCKETS - 1)
}

fn upper_bound(index: usize) -> u64 {
    if index < 4 {
        return index as u64;
    }
    let exponent = index / 4 + 1;
    let quarter = index as u64 % 4;
    ((4 + quarter + 1) << (exponent - 2)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_its_bucket() {
        let mut previous = 0;
        for micros in (0..5_000).chain([1_000_000, 60_000_000, 86_400_000_000]) {
            let index = bucket(micros);
            assert!(index >= previous, "{micros}");
            assert!(upper_bound(index) >= micros, "{micros}");
            assert!(upper_bound(index) <= micros + micros / 4 + 1, "{micros}");
            previous = index;
        }
    }

    #[test]
    fn quantiles() {
        let histogram = Histogram::new();
        assert_eq!(histogram.quantile(50), None);
        for micros in 1..=100 {
            histogram.record(Duration::from_micros(micros));
        }
        assert_eq!(histogram.count(), 100);
        assert_eq!(histogram.quantile(50), Some(Duration::from_micros(55)));
        assert_eq!(histogram.quantile(100), Some(Duration::from_micros(111)));
    }
}
