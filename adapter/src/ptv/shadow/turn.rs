//! Which version a tenant is written through, and the change of it (ptv-v12.md §9): refused until nothing waits, the lag of
//! the transfer has passed and both versions were compared clean; final after the first write of v12.
//!
//! The store knows who writes, so that every process of a tenant obeys the same word; the configuration is the wish.

use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::Shadowed;
use crate::ptv::dialect::Version;
use crate::ptv::worker::{Worker, WorkerError};
use crate::store::shadow::{self, WriterRow};
use crate::store::{Commit, mirrors};

impl Shadowed {
    pub(in crate::ptv) fn mark(&self) -> WriterRow {
        self.mark.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(in crate::ptv) fn set_mark(&self, mark: WriterRow) {
        *self.mark.write().unwrap_or_else(PoisonError::into_inner) = mark;
    }

    /// Who is written through now.
    pub(in crate::ptv) fn writer(&self) -> Version {
        let mark = self.mark.read().unwrap_or_else(PoisonError::into_inner);
        Version::from_word(&mark.writer).unwrap_or_default()
    }

    /// Why the wished-for version does not write yet.
    pub(in crate::ptv) fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Worker {
    /// Moves to the version that the configuration names, or says why not.
    pub async fn turn(&self) -> Result<Option<String>, WorkerError> {
        let (wished, mark) = (self.settings().versions.write, self.shadowed.mark());
        let refusal = match (self.shadowed.writer(), wished) {
            (Version::V11, Version::V12) => self.not_yet(&mark).await?,
            (Version::V12, Version::V11) if mark.first_v12_at != 0 => Some(format!(
                "PTV was written through version 12 on {}: there is no way back to version 11. Set tenants.ptv.write to v12",
                Timestamp::from_microsecond(mark.first_v12_at).unwrap_or_default()
            )),
            (Version::V12, Version::V12) if self.dialects.v12().is_none() => {
                Some("tenants.ptv.v12 is not configured, and PTV is written through version 12".to_owned())
            }
            _ => None,
        };
        if let Some(reason) = &refusal {
            if self.shadowed.writer() == Version::V12 {
                // Writing on in a way that the configuration does not name would be worse than a halt.
                tracing::error!(tenant = &*self.settings().tenant, "{reason}; nothing is sent");
                self.progress.stop(reason.clone());
            } else {
                tracing::warn!(tenant = &*self.settings().tenant, "PTV stays with version 11: {reason}");
            }
        } else if self.shadowed.writer() != wished {
            let mark = WriterRow { writer: wished.word().to_owned(), since: self.world.now_micros(), ..mark };
            let act = self.act("ptv writer", None, wished.word());
            let commit = Commit::new().with([shadow::put_writer(&self.settings().tenant, &mark)]).and(act);
            self.store.commit(commit).await?;
            tracing::info!(
                tenant = &*self.settings().tenant,
                writer = wished.word(),
                "PTV is written through another version now"
            );
            self.shadowed.set_mark(mark);
        }
        self.shadowed.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&refusal);
        Ok(refusal)
    }

    /// What stands against moving from v11 to v12.
    async fn not_yet(&self, mark: &WriterRow) -> Result<Option<String>, WorkerError> {
        let Some(gateway) = self.settings().versions.gateway.as_ref().filter(|gateway| gateway.choices.writes) else {
            return Ok(Some("the gateway of version 12 takes no writes (tenants.ptv.v12.writes)".to_owned()));
        };
        let written = self.twins.briefs().into_iter().filter(|brief| brief.sent).map(|brief| brief.updated_at).max();
        // Who has written nothing yet has nothing to wait for.
        let Some(newest) = written else { return Ok(None) };
        let states = mirrors::count(&self.store, &self.settings().tenant).await?;
        let open: i64 = states.iter().filter(|(state, _)| state == "waiting" || state == "held").map(|(_, n)| n).sum();
        if open > 0 {
            return Ok(Some(format!("{open} changes still wait to be sent through version 11")));
        }
        let seen_by = newest.saturating_add(micros(gateway.lag));
        if self.world.now_micros() < seen_by {
            let at = Timestamp::from_microsecond(seen_by).unwrap_or_default();
            return Ok(Some(format!("what was last sent through version 11 is seen in version 12 by {at} only")));
        }
        if mark.compared_at < seen_by {
            return Ok(Some("both versions have not been compared since; `silta ptv shadow` does it".to_owned()));
        }
        let differ = "both versions differ in what was not expected; `silta ptv shadow` shows it".to_owned();
        Ok((!mark.clean).then_some(differ))
    }

    /// Reads again who writes: another process of the tenant may have moved.
    pub(in crate::ptv) async fn obey(&self) -> Result<(), WorkerError> {
        let Some(mark) = shadow::writer(&self.store, &self.settings().tenant).await? else { return Ok(()) };
        if mark != self.shadowed.mark() {
            let moved = mark.writer != self.shadowed.mark().writer;
            self.shadowed.set_mark(mark);
            if moved && self.shadowed.writer() != self.settings().versions.write {
                self.turn().await?;
            }
        }
        Ok(())
    }

    /// A write of v12 was done: from the first on there is no way back.
    pub(in crate::ptv) fn first_write(&self, commit: Commit) -> (Commit, Option<WriterRow>) {
        let mark = self.shadowed.mark();
        if self.shadowed.writer() != Version::V12 || mark.first_v12_at != 0 {
            return (commit, None);
        }
        let mark = WriterRow { first_v12_at: self.world.now_micros(), ..mark };
        let act = self.act("ptv writer", None, "first write of v12");
        (commit.with([shadow::put_writer(&self.settings().tenant, &mark)]).and(act), Some(mark))
    }

    /// Until when a twin that v11 wrote is not written by v12: what v12 shows of it may still be older.
    pub(in crate::ptv) fn held_until(&self, kind: &str, code: &str) -> Option<i64> {
        let gateway = self.settings().versions.gateway.as_ref()?;
        if self.shadowed.writer() != Version::V12 {
            return None;
        }
        let since = self.shadowed.mark().since;
        let written = self.twins.look(kind, code, |twin| twin.updated_at)?;
        let until = written.saturating_add(micros(gateway.lag));
        (written < since && self.world.now_micros() < until).then_some(until)
    }
}

pub(super) fn micros(span: SignedDuration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
