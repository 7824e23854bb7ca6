//! The nightly look: when it is due, what it reads, and what it leaves for the next.
//!
//! By PTV's change feed each night, whole once a week and the first time. One process of several takes it. A look that
//! fails is tried again after half an hour; a paused tenant is not looked at.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::compare::Report;
use super::{Care, DriftError};
use crate::ptv::worker::{Worker, WorkerError, micros};
use crate::store::Commit;
use crate::store::drift::{self, Watch};

/// A look that has not ended after so long is another process's to begin anew.
const LEASE: Duration = Duration::from_hours(6);
const AFTER_FAILURE: Duration = Duration::from_mins(30);
/// Everything is compared at least so often.
const WHOLE_EVERY: Duration = Duration::from_hours(7 * 24 - 12);
/// The feed is read from this much before the newest change seen: PTV's times are to the second and its comparison is
/// strict.
const OVERLAP: SignedDuration = SignedDuration::from_secs(2);
/// Tenants begin within this time after the hour, so that one process does not ask for all at once.
const SPREAD_SECONDS: u64 = 30 * 60;

impl Worker {
    /// Looks at PTV when that is due; says whether it did.
    pub async fn reconcile_due(&self) -> Result<bool, DriftError> {
        if self.watched.is_paused() {
            return Ok(false);
        }
        let tenant = &*self.settings().tenant;
        let now = self.world.now();
        let Some(watch) = self.plan_watch(now).await? else { return Ok(false) };
        if now.as_microsecond() < watch.next_at {
            return Ok(false);
        }
        if !drift::claim(&self.store, tenant, watch.next_at, now.as_microsecond() + micros(LEASE)).await? {
            return Ok(false);
        }
        let whole = watch.feed_at == 0 || now.as_microsecond() - watch.full_at >= micros(WHOLE_EVERY);
        let since = Timestamp::from_microsecond(watch.feed_at).ok().filter(|_| !whole);
        let outcome = self.reconcile(since).await;
        let next = match &outcome {
            Ok(report) => {
                let newest = report.newest.map_or(watch.feed_at, |newest| (newest - OVERLAP).as_microsecond());
                Watch {
                    next_at: next_run(self.world.now(), &self.watched.care, tenant).as_microsecond(),
                    feed_at: newest.max(watch.feed_at).max(1),
                    full_at: if whole { now.as_microsecond() } else { watch.full_at },
                    ..watch
                }
            }
            Err(_) => Watch { next_at: self.world.now_micros() + micros(AFTER_FAILURE), ..watch },
        };
        self.store.commit(Commit::new().with([drift::schedule(tenant, next)])).await?;
        let counted = if outcome.is_ok() { "compared" } else { "failed" };
        if let Some(metrics) = &self.watched.metrics {
            metrics.ptv_look(tenant, counted);
        }
        let report = outcome?;
        self.look_ahead().await;
        tracing::info!(
            tenant,
            whole,
            compared = report.compared,
            drift = report.drift.len(),
            repaired = report.repaired,
            "PTV was compared with what was sent"
        );
        Ok(true)
    }

    /// What the next version will make of it all. It may fail: the gateway of version 12 is nobody's to depend on yet.
    async fn look_ahead(&self) {
        let tenant = &*self.settings().tenant;
        if let Err(error) = self.coming().await {
            tracing::warn!(tenant, "what will not pass in PTV v12 could not be told: {error}");
        }
        if !self.settings().versions.shadow {
            return;
        }
        let compared = self.compare_versions().await;
        if let Err(error) = &compared {
            tracing::warn!(tenant, "the versions of PTV could not be compared: {error}");
        }
        if let Some(metrics) = &self.watched.metrics {
            metrics.ptv_look(tenant, if compared.is_ok() { "shadowed" } else { "shadow failed" });
        }
    }

    /// One look and what follows of it, now.
    pub async fn reconcile(&self, since: Option<Timestamp>) -> Result<Report, DriftError> {
        let mut report = self.look(since).await?;
        self.take_up(&mut report).await?;
        self.mind_expiry().await?;
        Ok(report)
    }

    /// How long no look will be due, at most `limit`.
    pub async fn until_reconcile(&self, limit: Duration) -> Result<Duration, DriftError> {
        let now = self.world.now();
        let Some(watch) = self.plan_watch(now).await?.filter(|_| !self.watched.is_paused()) else { return Ok(limit) };
        let left = watch.next_at.saturating_sub(now.as_microsecond());
        let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
        Ok(left.max(Duration::from_millis(20)).min(limit))
    }

    /// When the next look is; the first is planned here.
    async fn plan_watch(&self, now: Timestamp) -> Result<Option<Watch>, WorkerError> {
        let tenant = &*self.settings().tenant;
        let known = drift::watch(&self.store, tenant).await?;
        if known.is_some_and(|watch| watch.next_at > 0) {
            return Ok(known);
        }
        let next_at = next_run(now, &self.watched.care, tenant).as_microsecond();
        let first = Watch { next_at, ..known.unwrap_or_default() };
        self.store.commit(Commit::new().with([drift::schedule(tenant, first)])).await?;
        Ok(Some(first))
    }
}

/// How much later than others a tenant begins; always the same.
pub(in crate::ptv) fn spread_seconds(tenant: &str) -> u64 {
    tenant.bytes().fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte))) % SPREAD_SECONDS
}

/// The next time of the day at which a tenant is looked at, after `now`.
pub(super) fn next_run(now: Timestamp, care: &Care, tenant: &str) -> Timestamp {
    let spread = i64::try_from(spread_seconds(tenant)).unwrap_or_default();
    let at = |time: Time, days: i32| {
        let day = now.to_zoned(TimeZone::UTC).date().checked_add(days.days()).ok()?;
        let start = day.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
        start.checked_add(SignedDuration::from_secs(spread)).ok().filter(|start| *start > now)
    };
    // One of the next two days always has it; else a day is waited.
    let next = at(care.reconcile_at, 0).or_else(|| at(care.reconcile_at, 1));
    next.or_else(|| now.checked_add(SignedDuration::from_hours(24)).ok()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::Care;
    use super::next_run;

    #[test]
    fn a_look_is_due_once_a_day_and_tenants_begin_apart() {
        let care = Care { reconcile_at: jiff::civil::time(0, 30, 0, 0), ..Care::default() };
        let now: Timestamp = "2026-11-25T08:00:00Z".parse().expect("a time");
        let first = next_run(now, &care, "turku");
        let open: Timestamp = "2026-11-26T00:30:00Z".parse().expect("a time");
        assert!(first >= open && first < open + jiff::SignedDuration::from_mins(30), "{first}");
        assert_eq!(next_run(first, &care, "turku"), first + jiff::SignedDuration::from_hours(24));
        assert_ne!(next_run(now, &care, "helsinki"), first);
    }
}
