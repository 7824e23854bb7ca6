//! What an attempt leaves behind: one commit with the mirror's next state, the twin, the evidence and new wishes.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::dependents;
use super::dialect::PtvError;
use super::map::{self, Extent};
use super::mirror::{Act, Attempt};
use super::reason::Reason;
use super::worker::{CONNECTIONS, Worker, WorkerError, micros};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{EntityKey, Kind, View};
use crate::store::mirrors::Asked;
use crate::store::twins::{self, Twin};
use crate::store::{Commit, mirrors};

/// How soon a mirror is looked at again whose record the view does not show yet.
pub(super) const SOON: Duration = Duration::from_millis(500);

/// What a mirror says of a record that our own findings keep from PTV.
const WITHHELD: &str = "withheld: the record breaks a rule of PTV";

/// The same of one that the operator holds back.
const HELD: &str = "withheld: held back by the operator";

/// Of what a saved plan asked for and is another body now.
pub(super) const CHANGED: &str = "changed since the plan: make a new one, or apply without one";

/// One claimed mirror under work.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) kind: &'a str,
    pub(super) claimed: &'a mirrors::Claimed,
    /// The entity that it is about.
    pub(super) entity: Option<&'a EntityKey>,
    pub(super) view: &'a View,
    pub(super) started: jiff::Timestamp,
}

impl Worker {
    pub(super) async fn settle(&self, job: Job<'_>, attempt: Attempt) -> Result<(), WorkerError> {
        let key = self.key(job);
        let now = self.world.now_micros();
        let (wish, owner) = (job.claimed.wish, self.owner.as_str());
        let commit = match attempt {
            Attempt::Done { act: Act::Withheld, .. } => {
                self.progress.count(job.kind, Act::Withheld);
                let is_held = job.entity.is_some_and(|key| job.view.is_held(key));
                let reason = if is_held { HELD } else { WITHHELD };
                Commit::new().with(mirrors::withheld(key, wish, owner, reason, now))
            }
            Attempt::Done { act, twin: None } => {
                self.progress.count(job.kind, act);
                Commit::new().with(mirrors::done(key, wish, owner, now))
            }
            Attempt::Done { act, twin: Some(twin) } => return self.keep(job, act, *twin).await,
            Attempt::Waits(on) => {
                let reason = waits_for(&on);
                // The twin that is missing wants this mirror again as soon as it comes.
                if let Some(why) = self.hopeless(&on, job.view).await? {
                    Commit::new().with(mirrors::park(key, wish, owner, &format!("{reason}: {why}"), now))
                } else {
                    let due = now + micros(self.pause(job.claimed, now));
                    Commit::new().with(mirrors::retry(key, wish, owner, due, &reason, now))
                }
            }
            Attempt::Lost => {
                tracing::warn!(
                    tenant = key.tenant,
                    kind = key.kind,
                    "PTV has lost what it held; everything goes again"
                );
                self.twins.distrust();
                self.want_all().await?;
                return self.give_back(job).await;
            }
            Attempt::Stranger => {
                let reason = "PTV answered with an organisation that is not this tenant's".to_owned();
                tracing::error!(tenant = %self.settings.tenant, kind = job.kind, "{reason}; nothing more is sent");
                self.progress.stop(reason.clone());
                Commit::new().with(mirrors::park(key, wish, owner, &reason, now))
            }
            Attempt::Changed => Commit::new().with(mirrors::unask(key, wish, owner, CHANGED, now)),
            Attempt::Failed(error) => self.failed(job, &error, now),
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    /// Leaves the mirror to whoever claims it next, as if it had not been claimed.
    pub(super) async fn give_back(&self, job: Job<'_>) -> Result<(), WorkerError> {
        // No wish has this number: nothing is settled, only the lease ends.
        const NO_WISH: i64 = -1;
        let given = mirrors::done(self.key(job), NO_WISH, &self.owner, self.world.now_micros());
        self.store.commit(Commit::new().with(given)).await?;
        Ok(())
    }

    /// The stop-loss holds it.
    pub(super) async fn hold(&self, job: Job<'_>, reason: &str) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        let held = mirrors::hold(self.key(job), job.claimed.wish, &self.owner, reason, now);
        self.store.commit(Commit::new().with(held)).await?;
        self.progress.held.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Version 12 may show an older version still of what was written through version 11.
    pub(super) async fn wait_for_transfer(&self, job: Job<'_>, until: i64) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        let reason = "waits until version 12 shows what was last written through version 11";
        let later = mirrors::retry(self.key(job), job.claimed.wish, &self.owner, until, reason, now);
        self.store.commit(Commit::new().with(later)).await?;
        Ok(())
    }

    /// The record is newer than the view: soon the view will have caught up.
    pub(super) async fn postpone(&self, job: Job<'_>) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        let due = now + micros(SOON);
        let reason = "the newest revision is being taken in";
        let later = mirrors::retry(self.key(job), job.claimed.wish, &self.owner, due, reason, now);
        self.store.commit(Commit::new().with(later)).await?;
        Ok(())
    }

    /// The twin as PTV holds it now. What names it or follows its languages is wanted again when those changed.
    async fn keep(&self, job: Job<'_>, act: Act, twin: Twin) -> Result<(), WorkerError> {
        let key = self.key(job);
        let now = self.world.now();
        let micros_now = now.as_microsecond();
        self.progress.count(job.kind, act);
        self.breaker.succeeded();
        if job.claimed.asked == Asked::WithRemovals {
            self.progress.let_go.fetch_max(micros_now, Ordering::Relaxed);
        }
        let mut commit = Commit::new()
            .with(mirrors::done(key, job.claimed.wish, &self.owner, micros_now))
            .with([twins::put(key.tenant, &twin)])
            .and(self.evidence(job, act, now));
        let same = self.twins.look(&twin.kind, &twin.code, |before| {
            (&before.guid, &before.status, &before.languages) == (&twin.guid, &twin.status, &twin.languages)
        });
        let same = same.unwrap_or_default();
        let mut wanted = Vec::new();
        if job.kind == Kind::Service.word() {
            wanted.push((CONNECTIONS, twin.code.clone()));
        }
        if let Some(entity) = job.entity.filter(|_| !same && job.kind != CONNECTIONS) {
            wanted = dependents::of(job.view, entity).into_iter().collect();
        }
        // What follows from what was asked for is asked for, too; of a saved plan only what stands in it.
        let asked = job.claimed.asked != Asked::No && job.claimed.asked_digest.is_none();
        for (kind, code) in &wanted {
            let wanted = mirrors::Key { tenant: key.tenant, kind, code };
            let follows = asked && self.settings.asked_only;
            commit = commit.with([if follows {
                mirrors::ask(wanted, micros_now, Asked::Yes, None)
            } else {
                mirrors::want(wanted, micros_now, micros_now)
            }]);
        }
        // PTV does not restore the connections of what was archived (ptv-in-api.md §5).
        let disconnected = act == Act::Archived && job.kind == Kind::Service.word();
        if disconnected {
            commit = commit.with([twins::forget(key.tenant, CONNECTIONS, key.code)]);
        }
        let (commit, mark) = if sent(act) { self.first_write(commit) } else { (commit, None) };
        self.store.commit(commit).await?;
        if let Some(mark) = mark {
            self.shadowed.set_mark(mark);
        }
        if disconnected {
            self.twins.forget(CONNECTIONS, key.code);
        }
        self.twins.put(twin);
        Ok(())
    }

    fn failed(&self, job: Job<'_>, error: &PtvError, now: i64) -> Commit {
        let key = self.key(job);
        let text = error.to_string();
        tracing::warn!(tenant = key.tenant, kind = key.kind, code = key.code, "PTV: {text}");
        self.progress.failed(format!("{} {}: {text}", key.kind, key.code));
        if error.is_outage() {
            self.breaker.failed(self.world.elapsed());
        } else {
            self.breaker.succeeded();
        }
        if *error == PtvError::LoginRefused {
            self.progress.stop(format!("{text}. Check the API user and its password, then restart"));
        }
        if matches!(error, PtvError::KeyRefused(_)) {
            self.progress.stop(format!("{text}. Check tenants.ptv.v12.key_file, then restart"));
        }
        let tries = u32::try_from(job.claimed.attempts + 1).unwrap_or(u32::MAX);
        if !error.may_retry() || tries >= error.tries() {
            return Commit::new().with(mirrors::park(
                key,
                job.claimed.wish,
                &self.owner,
                &Reason::of(error).stored(),
                now,
            ));
        }
        let due = now + micros(self.pause(job.claimed, now));
        Commit::new().with(mirrors::retry(key, job.claimed.wish, &self.owner, due, &text, now))
    }

    /// Why what is waited for will not come by itself, if so.
    async fn hopeless(&self, on: &[EntityKey], view: &View) -> Result<Option<String>, WorkerError> {
        for key in on {
            if view.unreadable(&[key.kind]).any(|unread| unread == key) {
                return Ok(Some("it cannot be read; its master mends it by sending it again".to_owned()));
            }
            let stored = view.find(key).filter(|stored| stored.entity.is_active());
            let mapped =
                stored.and_then(|it| self.in_context(view, |context| map::map(&it.entity, context, Extent::Sound)));
            let Some(mapped) = mapped else { return Ok(Some(format!("{key} is not active in the catalogue"))) };
            if mapped.withheld {
                return Ok(Some(format!("{key} breaks a rule of PTV's and is not sent")));
            }
            if self.mirror_state(key).await? == Some("parked".to_owned()) {
                return Ok(Some(format!("{key} was refused by PTV")));
            }
        }
        Ok(None)
    }

    pub(super) async fn mirror_state(&self, key: &EntityKey) -> Result<Option<String>, WorkerError> {
        let key = mirrors::Key { tenant: &self.settings.tenant, kind: key.kind.word(), code: key.code.as_str() };
        Ok(mirrors::get(&self.store, key).await?.map(|mirror| mirror.state))
    }

    fn pause(&self, claimed: &mirrors::Claimed, now: i64) -> Duration {
        let attempts = u32::try_from(claimed.attempts + 1).unwrap_or(u32::MAX);
        let spread = claimed.code.bytes().fold(now.unsigned_abs(), |seed, byte| seed.rotate_left(5) ^ u64::from(byte));
        self.schedule.pause(attempts, spread)
    }

    fn key<'a>(&'a self, job: Job<'a>) -> mirrors::Key<'a> {
        mirrors::Key { tenant: &self.settings.tenant, kind: job.kind, code: &job.claimed.code }
    }

    fn evidence(&self, job: Job<'_>, act: Act, now: jiff::Timestamp) -> EvidenceDraft {
        let mut draft = EvidenceDraft::new(RecordKind::Mirrored, &*self.settings.tenant, job.started, now);
        draft.actor = Some("system".into());
        draft.subject = Some(format!("{}/{}", job.kind, job.claimed.code));
        draft.outcome = Some(
            match act {
                Act::Created => "created",
                Act::Updated => "updated",
                Act::Archived => "archived",
                Act::Unchanged => "unchanged",
                Act::Withheld => "withheld",
            }
            .into(),
        );
        draft
    }
}

/// Whether PTV was written to.
fn sent(act: Act) -> bool {
    matches!(act, Act::Created | Act::Updated | Act::Archived)
}

fn waits_for(on: &[EntityKey]) -> String {
    let first = on.first().map_or_else(|| "another record".to_owned(), ToString::to_string);
    match on.len() {
        0 | 1 => format!("waits for {first}"),
        more => format!("waits for {first} and {} more", more - 1),
    }
}
