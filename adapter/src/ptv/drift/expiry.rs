//! PTV archives by itself what was not written for eighteen months (ptv-in-api.md §4.7). A sync that writes only on
//! difference must say so in time: at twelve months the owner is asked, at fifteen and seventeen there is an alarm.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Serialize, Serializer};

use super::DriftError;
use crate::model::Kind;
use crate::ptv::twins::PUBLISHED;
use crate::ptv::worker::{CONNECTIONS, Worker};
use crate::store::Commit;

/// When PTV archives what was last written at a time.
pub(in crate::ptv) fn expires_at(written: Timestamp) -> Option<Timestamp> {
    later(written, 18)
}

fn later(written: Timestamp, months: i32) -> Option<Timestamp> {
    Some(written.to_zoned(TimeZone::UTC).checked_add(months.months()).ok()?.timestamp())
}

/// How near it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Twelve months: the owner is asked whether it is still right.
    Ask,
    /// Fifteen: an alarm.
    Alarm,
    /// Seventeen: the last one.
    Last,
}

impl Stage {
    const ALL: [(Stage, i32); 3] = [(Stage::Ask, 12), (Stage::Alarm, 15), (Stage::Last, 17)];

    /// Where something stands that was last written at a time.
    pub fn of(written: Timestamp, now: Timestamp) -> Option<Stage> {
        let reached = |months| later(written, months).is_some_and(|at| now >= at);
        Stage::ALL.into_iter().rev().find(|(_, months)| reached(*months)).map(|(stage, _)| stage)
    }
}

/// A twin that its owner should confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Expiring {
    pub kind: String,
    pub code: String,
    pub stage: Stage,
    #[serde(serialize_with = "shown")]
    pub written_at: Timestamp,
    #[serde(serialize_with = "shown")]
    pub expires_at: Timestamp,
}

fn shown<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

impl Worker {
    /// Published twins that were not written for a year, the oldest first. Services and channels expire, nothing else
    /// (ptv-in-api.md §4.7).
    pub fn expiring(&self) -> Vec<Expiring> {
        let now = self.world.now();
        let mut all: Vec<Expiring> = Vec::new();
        for twin in self.twins.briefs() {
            let others = [CONNECTIONS, Kind::Organisation.word(), Kind::Collection.word()];
            let expires = !others.contains(&twin.kind.as_str());
            if !expires || !twin.sent || twin.status != PUBLISHED {
                continue;
            }
            let Ok(written_at) = Timestamp::from_microsecond(twin.updated_at) else { continue };
            if let Some((stage, expires_at)) = Stage::of(written_at, now).zip(expires_at(written_at)) {
                all.push(Expiring { kind: twin.kind, code: twin.code, stage, written_at, expires_at });
            }
        }
        all.sort_by(|one, other| (one.expires_at, &one.code).cmp(&(other.expires_at, &other.code)));
        all
    }

    /// Alarms of what nears its end, and the touch where the tenant wants it. Says how many were touched.
    pub(super) async fn mind_expiry(&self) -> Result<usize, DriftError> {
        let tenant = &*self.settings().tenant;
        let expiring = self.expiring();
        for (stage, months) in Stage::ALL {
            let count = expiring.iter().filter(|one| one.stage == stage).count();
            if let Some(metrics) = &self.watched.metrics {
                metrics.ptv_expiring(tenant, &months.to_string(), count);
            }
            match stage {
                _ if count == 0 => {}
                Stage::Ask => {
                    tracing::info!(tenant, count, "PTV: records were not written for 12 months; confirm them");
                }
                Stage::Alarm => {
                    tracing::warn!(tenant, count, "PTV archives these in 3 months or less: not written for 15");
                }
                Stage::Last => {
                    tracing::error!(tenant, count, "PTV archives these within a month: not written for 17");
                }
            }
        }
        let mut touched = 0;
        if self.watched.care.touch_before_expiry {
            for one in expiring.iter().filter(|one| one.stage >= Stage::Alarm) {
                let act = self.act("touch", Some(&format!("{}/{}", one.kind, one.code)), "before it expires");
                self.touch(&one.kind, &one.code, Commit::new().and(act)).await?;
                touched += 1;
            }
        }
        Ok(touched)
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn stages_are_counted_in_months_of_the_calendar() {
        let written = "2025-05-31T10:00:00Z".parse().expect("a time");
        for (now, expected) in [
            ("2026-05-31T09:59:59Z", None),
            ("2026-05-31T10:00:00Z", Some(Stage::Ask)),
            ("2026-08-31T10:00:00Z", Some(Stage::Alarm)),
            ("2026-10-31T09:00:00Z", Some(Stage::Alarm)),
            ("2026-10-31T10:00:00Z", Some(Stage::Last)),
            ("2027-01-01T00:00:00Z", Some(Stage::Last)),
        ] {
            assert_eq!(Stage::of(written, now.parse().expect("a time")), expected, "{now}");
        }
    }
}
