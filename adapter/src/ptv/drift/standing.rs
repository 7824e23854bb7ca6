//! What stands of a tenant's drift: findings that are kept over restarts, what is decided of them, and the pause.
//!
//! What the policy repairs is remembered until the next look tells whether it came right. What differs again in the same
//! way is not sent a second time by itself: PTV, or somebody there, does not take it, and a person must look.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::compare::Report;
use super::{Care, Class, DriftError, Found, OnEdit};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{EntityKey, Kind};
use crate::ptv::dependents;
use crate::ptv::settle::Job;
use crate::ptv::twins::PUBLISHED;
use crate::ptv::worker::{CONNECTIONS, Worker, WorkerError};
use crate::store::drift::{self, DriftRow};
use crate::store::twins::{self, Twin};
use crate::store::{Commit, Statement, Store, StoreError, mirrors};
use crate::telemetry::Metrics;

const KEPT: &str = "kept";
const ASKED: &str = "asked";
/// Sent again since it was found: the next look tells whether it came right.
const SENT: &str = "sent";
/// It was sent again and differs in the same way: sending it each night would never end.
const STUCK: &str = "stuck";
/// What a mirror says whose twin is PTV's to keep.
const STANDS: &str = "kept as it is in PTV; `silta ptv resolve` with --keep ours sends it again";
/// And one that waits for a choice.
const CHOOSE: &str = "edited in PTV; choose: `silta ptv resolve` with --keep ours or --keep ptv";

/// Findings and pause of one tenant, in memory as in the store.
pub(in crate::ptv) struct Watched {
    pub(super) care: Care,
    pub(in crate::ptv) metrics: Option<Metrics>,
    paused: AtomicBool,
    rows: RwLock<BTreeMap<(String, String), DriftRow>>,
}

/// Whose version is to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Ours,
    Ptv,
}

/// What came of a person's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It will be sent again.
    SentAgain,
    /// PTV's version stands.
    Kept,
    /// Nothing was found of it that could be decided.
    Nothing,
    /// PTV holds no such twin of ours.
    NoTwin,
}

impl Watched {
    pub(in crate::ptv) async fn load(store: &Store, tenant: &str) -> Result<Watched, StoreError> {
        let rows = drift::all(store, tenant).await?;
        let paused = drift::watch(store, tenant).await?.is_some_and(|watch| watch.paused);
        Ok(Watched {
            care: Care::default(),
            metrics: None,
            paused: AtomicBool::new(paused),
            rows: RwLock::new(rows.into_iter().map(|row| ((row.kind.clone(), row.code.clone()), row)).collect()),
        })
    }

    pub(in crate::ptv) fn metrics(&self) -> Option<&Metrics> {
        self.metrics.as_ref()
    }

    pub(in crate::ptv) fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }

    /// How many findings stand open.
    pub(in crate::ptv) fn open(&self) -> usize {
        self.rows.read().unwrap_or_else(PoisonError::into_inner).values().filter(|row| row.held != SENT).count()
    }

    pub(super) fn being_edited(&self) -> Vec<String> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        let edited = rows.values().filter(|row| row.class == Class::BeingEdited.word());
        edited.filter_map(|row| row.guid.clone()).collect()
    }

    fn row(&self, kind: &str, code: &str) -> Option<DriftRow> {
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.get(&(kind.to_owned(), code.to_owned())).cloned()
    }

    fn put(&self, row: DriftRow) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.insert((row.kind.clone(), row.code.clone()), row);
    }

    fn clear(&self, kind: &str, code: &str) {
        let mut rows = self.rows.write().unwrap_or_else(PoisonError::into_inner);
        rows.remove(&(kind.to_owned(), code.to_owned()));
    }

    fn count(&self, tenant: &str) {
        let Some(metrics) = &self.metrics else { return };
        let rows = self.rows.read().unwrap_or_else(PoisonError::into_inner);
        for class in Class::ALL {
            let open = |row: &&DriftRow| row.class == class.word() && row.held != SENT;
            let count = rows.values().filter(open).count();
            metrics.ptv_drift(tenant, class.word(), count);
        }
    }
}

impl Worker {
    /// The same worker with a tenant's own care, and figures to count in.
    #[must_use]
    pub fn with_care(mut self, care: Care, metrics: Option<Metrics>) -> Worker {
        self.watched.care = care;
        self.watched.metrics = metrics;
        self
    }

    pub fn care(&self) -> &Care {
        &self.watched.care
    }

    /// Sends nothing more, or goes on. Kept over restarts; with evidence.
    pub async fn set_paused(&self, paused: bool) -> Result<(), WorkerError> {
        let tenant = &*self.settings().tenant;
        let act = self.act(if paused { "pause" } else { "resume" }, None, "done");
        self.store.commit(Commit::new().with([drift::pause(tenant, paused)]).and(act)).await?;
        self.watched.paused.store(paused, Ordering::Release);
        Ok(())
    }

    /// Findings that stand open, as of the last look.
    pub fn open_drift(&self) -> Vec<Found> {
        let rows = self.watched.rows.read().unwrap_or_else(PoisonError::into_inner);
        rows.values().filter(|row| row.held != SENT).filter_map(as_found).collect()
    }

    /// Keeps what a look found, and does what the tenant's policy says of it (unless that is to do nothing). What is
    /// equal again is forgotten.
    pub async fn take_up(&self, report: &mut Report) -> Result<(), DriftError> {
        let tenant = &*self.settings().tenant;
        let now = self.world.now_micros();
        let mut repaired = 0;
        let still: BTreeSet<(&str, &str)> =
            report.drift.iter().map(|found| (found.kind.as_str(), found.code.as_str())).collect();
        let mut over: Vec<(String, String)> = Vec::new();
        for row in self.watched.rows.read().unwrap_or_else(PoisonError::into_inner).values() {
            let of = if row.kind == CONNECTIONS { Kind::Service.word() } else { &row.kind };
            let looked = report.looked.contains(&(of.to_owned(), row.code.clone())) || row.kind == "unknown";
            if looked && !still.contains(&(row.kind.as_str(), row.code.as_str())) {
                over.push((row.kind.clone(), row.code.clone()));
            }
        }
        for (kind, code) in over {
            self.store.commit(Commit::new().with([drift::clear(tenant, &kind, &code)])).await?;
            self.watched.clear(&kind, &code);
        }
        for found in &mut report.drift {
            if found.class == Class::Stranger {
                let reason = format!("{} {} belongs to another organisation in PTV", found.kind, found.code);
                tracing::error!(tenant, kind = found.kind, "{reason}; nothing more is sent");
                self.progress.stop(reason);
            }
            let before = self.watched.row(&found.kind, &found.code);
            let details = serde_json::to_string(&(&found.reason, &found.differences)).unwrap_or_default();
            let held = self.holding(found.class, &details, before.as_ref());
            found.held = (!held.is_empty() && held != SENT).then(|| held.to_owned());
            let news = before.is_none_or(|row| row.held != held || row.class != found.class.word() || held == SENT);
            let row = DriftRow {
                kind: found.kind.clone(),
                code: found.code.clone(),
                guid: found.guid.clone(),
                class: found.class.word().to_owned(),
                details,
                held: held.to_owned(),
                seen_at: now,
            };
            let mut commit = Commit::new().with([drift::put(tenant, &row)]);
            if news && !held.is_empty() {
                let outcome = format!("{}: {held}", row.class);
                commit = commit.and(self.act("drift", Some(&format!("{}/{}", row.kind, row.code)), &outcome));
            }
            if held == SENT {
                self.again(&row.kind, &row.code, found.class, commit).await?;
                repaired += 1;
            } else {
                let wish = (news && !held.is_empty()).then(|| want(tenant, &row.kind, &row.code, now));
                self.store.commit(commit.with(wish)).await?;
            }
            if held == STUCK && news {
                tracing::warn!(tenant, kind = row.kind, code = row.code, "PTV: it differs again after it was sent");
            }
            self.watched.put(row);
        }
        report.repaired = repaired;
        self.watched.count(tenant);
        Ok(())
    }

    /// What the policy says of a finding, knowing what was decided of it before.
    fn holding(&self, class: Class, details: &str, before: Option<&DriftRow>) -> &'static str {
        let care = &self.watched.care;
        match before.map(|row| (row.held.as_str(), row.details == details)) {
            Some((KEPT, _)) => KEPT,
            Some((ASKED, _)) => ASKED,
            _ if care.report_only || !class.can_be_written() => "",
            Some((SENT | STUCK, true)) if care.on_edit == OnEdit::CmsWins => STUCK,
            _ => match care.on_edit {
                OnEdit::CmsWins => SENT,
                OnEdit::PtvWins => KEPT,
                OnEdit::Ask => ASKED,
            },
        }
    }

    /// A person chooses whose version stands.
    pub async fn resolve(&self, kind: &str, code: &str, keep: Keep) -> Result<Decided, WorkerError> {
        let Some(mut row) = self.watched.row(kind, code) else { return Ok(Decided::Nothing) };
        let class = Class::from_word(&row.class).filter(|class| class.can_be_written());
        let Some(class) = class else { return Ok(Decided::Nothing) };
        let tenant = &*self.settings().tenant;
        let subject = format!("{kind}/{code}");
        match keep {
            Keep::Ours => {
                let act = self.act("resolve", Some(&subject), "sent again");
                let commit = Commit::new().with([drift::clear(tenant, kind, code)]).and(act);
                self.again(kind, code, class, commit).await?;
                self.watched.clear(kind, code);
                self.watched.count(tenant);
                Ok(Decided::SentAgain)
            }
            Keep::Ptv => {
                KEPT.clone_into(&mut row.held);
                let act = self.act("resolve", Some(&subject), "kept as it is in PTV");
                let wish = want(tenant, kind, code, self.world.now_micros());
                self.store.commit(Commit::new().with([drift::put(tenant, &row), wish]).and(act)).await?;
                self.watched.put(row);
                Ok(Decided::Kept)
            }
        }
    }

    /// «Still right»: the twin is sent again as it is, which begins PTV's eighteen months anew.
    pub async fn confirm(&self, kind: &str, code: &str) -> Result<Decided, WorkerError> {
        let published = |twin: &Twin| twin.status == PUBLISHED && twin.pushed_body.is_some();
        if !self.twins.get(kind, code).is_some_and(|twin| published(&twin)) {
            return Ok(Decided::NoTwin);
        }
        let act = self.act("confirm", Some(&format!("{kind}/{code}")), "still right");
        self.touch(kind, code, Commit::new().and(act)).await?;
        Ok(Decided::SentAgain)
    }

    /// Whether a decision keeps a mirror from PTV; it is settled then.
    pub(in crate::ptv) async fn is_kept_back(&self, job: Job<'_>) -> Result<bool, WorkerError> {
        let Some(row) = self.watched.row(job.kind, &job.claimed.code) else { return Ok(false) };
        let key = mirrors::Key { tenant: &self.settings().tenant, kind: job.kind, code: &job.claimed.code };
        let (wish, now) = (job.claimed.wish, self.world.now_micros());
        let settled = match row.held.as_str() {
            KEPT => mirrors::withheld(key, wish, &self.owner, STANDS, now),
            ASKED => mirrors::park(key, wish, &self.owner, CHOOSE, now),
            _ => return Ok(false),
        };
        self.store.commit(Commit::new().with(settled)).await?;
        Ok(true)
    }

    /// What was sent counts as unsent, and its mirror is wanted.
    pub(super) async fn touch(&self, kind: &str, code: &str, commit: Commit) -> Result<(), WorkerError> {
        self.again(kind, code, Class::Edited, commit).await
    }

    async fn again(&self, kind: &str, code: &str, class: Class, commit: Commit) -> Result<(), WorkerError> {
        let tenant = &*self.settings().tenant;
        let now = self.world.now_micros();
        let mut these = vec![(kind.to_owned(), code.to_owned())];
        if class == Class::Gone {
            these.extend(self.lost_with(kind, code));
        }
        let mut statements: Vec<Statement> = Vec::new();
        let mut changed = Vec::new();
        for (kind, code) in these {
            if let Some(mut twin) = self.twins.get(&kind, &code) {
                twin.pushed_digest = None;
                if class == Class::Restored {
                    PUBLISHED.clone_into(&mut twin.status);
                }
                statements.push(twins::put(tenant, &twin));
                changed.push(twin);
            }
            statements.push(want(tenant, &kind, &code, now));
        }
        self.store.commit(commit.with(statements)).await?;
        for twin in changed {
            self.twins.put(twin);
        }
        Ok(())
    }

    /// The connection sets that PTV has lost with an entity: it does not restore them (ptv-in-api.md §5).
    fn lost_with(&self, kind: &str, code: &str) -> Vec<(String, String)> {
        if kind == Kind::Service.word() {
            return vec![(CONNECTIONS.to_owned(), code.to_owned())];
        }
        let Some(key) = Kind::from_word(kind).zip(code.parse().ok()).map(|(kind, code)| EntityKey { kind, code })
        else {
            return Vec::new();
        };
        let dependents = dependents::of(&self.newest(), &key).into_iter();
        dependents.filter(|(kind, _)| *kind == CONNECTIONS).map(|(kind, code)| (kind.to_owned(), code)).collect()
    }

    pub(in crate::ptv) fn act(&self, operation: &str, subject: Option<&str>, outcome: &str) -> EvidenceDraft {
        let now = self.world.now();
        let mut act = EvidenceDraft::new(RecordKind::Act, &*self.settings().tenant, now, now);
        act.operation = Some(operation.to_owned());
        act.actor = Some("system".into());
        act.subject = subject.map(str::to_owned);
        act.outcome = Some(outcome.to_owned());
        act
    }
}

fn want(tenant: &str, kind: &str, code: &str, now: i64) -> Statement {
    mirrors::want(mirrors::Key { tenant, kind, code }, now, now)
}

fn as_found(row: &DriftRow) -> Option<Found> {
    let (reason, differences) = serde_json::from_str(&row.details).unwrap_or_default();
    Some(Found {
        kind: row.kind.clone(),
        code: row.code.clone(),
        guid: row.guid.clone(),
        class: Class::from_word(&row.class)?,
        reason,
        differences,
        held: (!row.held.is_empty()).then(|| row.held.clone()),
    })
}
