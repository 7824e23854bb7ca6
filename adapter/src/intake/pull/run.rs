//! One pull from its beginning to its end: read everything that is to be read, judge, write, tell.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::draw::{Drawn, Pen, node_of, source_id};
use super::listing::{Listed, Lister};
use super::{Counts, Mode, PullError, Puller, Report, micros};
use crate::catalogue::{Batch, ITEMS_PER_BATCH, Outcome, Verdict};
use crate::config::mapping::Mapping;
use crate::model::{EntityKey, Kind, State, Stored, View};
use crate::store::pull::{self, Progress};
use crate::store::{Commit, intake};

/// So many may vanish from a bundle without a question, however few it has.
const FEW: usize = 3;

/// What came of reading the site.
#[derive(Default)]
struct Gathered {
    listed: BTreeMap<String, Listed>,
    newest: Option<i64>,
    began: Option<i64>,
}

/// Records to be accepted in one go; the drawn ones first, then withdrawals.
struct Hand<'a> {
    drawn: Vec<&'a Drawn>,
    withdrawn: Vec<(String, String, Value)>,
}

impl Puller {
    /// Pulls now. Only one reading of a site is under way at a time.
    pub async fn pull(&self, mode: Mode) -> Result<Report, PullError> {
        let _turn = self.turn.lock().await;
        if !mode.dry {
            self.lease().await?;
        }
        let (progress, _) = self.progress().await?;
        let pulled = self.try_pull(mode, &progress).await;
        let tenant = &*self.settings.tenant;
        match pulled {
            Ok((report, next)) => {
                if !mode.dry {
                    self.settle(&next).await?;
                    self.tell(&report, next.held);
                }
                Ok(report)
            }
            Err(error) => {
                if !mode.dry && !matches!(error, PullError::Taken) {
                    let next = Progress {
                        tried_at: Some(self.around.world.now_micros()),
                        failures: progress.failures + 1,
                        error: Some(error.to_string()),
                        ..progress
                    };
                    self.around.metrics.pulled(tenant, "failed");
                    tracing::warn!(tenant, source = %self.settings.master, failures = next.failures, "pull: {error}");
                    self.settle(&next).await?;
                }
                Err(error)
            }
        }
    }

    async fn settle(&self, next: &Progress) -> Result<(), PullError> {
        let settled = pull::settle(&self.settings.tenant, &self.settings.master.0, &self.owner, next);
        match self.around.store.commit(Commit::new().with([settled])).await {
            Ok(_) => Ok(()),
            // The lease ended under way: whoever has it now reads the same again.
            Err(error) if error.is_conflict() => Err(PullError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    fn tell(&self, report: &Report, held_in_all: i64) {
        let (tenant, metrics) = (&*self.settings.tenant, &self.around.metrics);
        metrics.pulled(tenant, "done");
        let mut held = 0;
        for (bundle, counts) in &report.bundles {
            let Counts { read, changed, refused, withdrawn, held: waiting, .. } = *counts;
            held += waiting;
            for (outcome, count) in [("changed", changed), ("refused", refused), ("withdrawn", withdrawn)] {
                metrics.pulled_nodes(tenant, outcome, count);
            }
            if changed + refused + withdrawn + waiting > 0 {
                let full = report.full;
                tracing::info!(
                    tenant,
                    bundle,
                    full,
                    read,
                    changed,
                    refused,
                    withdrawn,
                    held = waiting,
                    "pull: a bundle"
                );
            }
        }
        if held > 0 {
            tracing::warn!(
                tenant,
                held,
                "pull: more has vanished than is usual; it is held until an operator lets it go"
            );
        }
        metrics.pull_held(tenant, held_in_all);
    }

    async fn try_pull(&self, mode: Mode, progress: &Progress) -> Result<(Report, Progress), PullError> {
        let (settings, mapping) = (&self.settings, self.mapping.load_full());
        let now = self.around.world.now_micros();
        let every = micros(settings.full_interval);
        let full = mode.full
            || mode.release
            || progress.cursor_at.is_none()
            || progress.mapping != mapping.digest
            || progress.full_at.is_none_or(|at| now.saturating_sub(at) >= every);
        let cursor = progress.cursor_at.filter(|_| !full);
        let since = cursor.map(|cursor| cursor.saturating_sub(micros(settings.overlap)).div_euclid(1_000_000));
        // Another process may have read the site the last time.
        self.around.catalogue.refresh(&settings.tenant).await?;
        let view = self.around.catalogue.view(&settings.tenant).unwrap_or_default();
        let gathered = self.gather(&mapping, since, mode.dry, &view).await?;

        // Nobody else changes this master's records in between; the catalogue judges by its newest view anyway.
        let mut report = Report { full, dry_run: mode.dry, ..Report::default() };
        let hand = self.hand(&mapping, &gathered, full, mode.release, &view, &mut report);
        let verdicts = self.judge(&hand, mode.dry).await?;
        Self::count(&verdicts, hand.drawn.len(), &mut report);
        let refused = refusals(&verdicts);
        if !mode.dry {
            if verdicts.iter().any(|verdict| matches!(verdict.outcome, Outcome::Created | Outcome::Updated)) {
                (self.around.wake)(&settings.tenant);
            }
            report.batch = self.keep(&verdicts, &refused, progress).await?;
        }

        let seen = gathered.newest.map(|newest| gathered.began.map_or(newest, |began| newest.min(began)));
        let seen = seen.map(|seconds| seconds.saturating_mul(1_000_000));
        let held: u64 = report.bundles.values().map(|counts| counts.held).sum();
        let held = i64::try_from(held).unwrap_or(i64::MAX);
        let any_change = report.batch.is_some();
        let next = Progress {
            // A site without a node has no newest change: everything is after its beginning.
            cursor_at: progress.cursor_at.max(seen).or(Some(0)),
            mapping: mapping.digest.to_vec(),
            tried_at: Some(now),
            done_at: Some(self.around.world.now_micros()),
            full_at: if full { Some(now) } else { progress.full_at },
            failures: 0,
            error: None,
            // Only a full comparison knows that nothing is held any more.
            held: if full { held } else { progress.held.max(held) },
            refused: if refused.is_empty() && !any_change { progress.refused.clone() } else { told(&refused) },
            report: serde_json::to_vec(&report).unwrap_or_default(),
        };
        Ok((report, next))
    }

    /// Reads all bundles. A page that cannot be read ends it, and nothing is concluded.
    async fn gather(
        &self,
        mapping: &Mapping,
        since: Option<i64>,
        dry: bool,
        view: &View,
    ) -> Result<Gathered, PullError> {
        let settings = &self.settings;
        let by_source = sources(view, &settings.master.0);
        let known = |id: &str| by_source.get(id).map(|stored| stored.entity.key.code.to_string());
        let pen = Pen { mapping, master: &settings.master.0, known: &known };
        let lister = Lister {
            client: &self.client,
            mapping,
            pen: &pen,
            since,
            page: settings.page,
            holder: (!dry).then_some(self),
        };
        let mut gathered = Gathered::default();
        let mut room = settings.most_nodes;
        for bundle in &mapping.bundles {
            let listed = lister.bundle(bundle, room, settings.most_nodes).await?;
            room = room.saturating_sub(listed.there.len());
            gathered.newest = gathered.newest.max(listed.newest);
            gathered.began = gathered.began.or(listed.began);
            gathered.listed.insert(bundle.name.clone(), listed);
        }
        Ok(gathered)
    }

    /// What is to be accepted and what withdrawn, in the order of dependence of the bundles.
    fn hand<'a>(
        &self,
        mapping: &Mapping,
        gathered: &'a Gathered,
        full: bool,
        release: bool,
        view: &View,
        report: &mut Report,
    ) -> Hand<'a> {
        let by_source = sources(view, &self.settings.master.0);
        let mut hand = Hand { drawn: Vec::new(), withdrawn: Vec::new() };
        for bundle in &mapping.bundles {
            let Some(listed) = gathered.listed.get(&bundle.name) else { continue };
            let counts = report.bundles.entry(bundle.name.clone()).or_default();
            counts.read = listed.there.len() as u64;
            counts.unsettled = listed.unsettled.len() as u64;
            hand.drawn.extend(&listed.drawn);
            let live: Vec<(&str, &Stored)> = by_source
                .iter()
                .filter(|(_, stored)| stored.entity.state != State::Deleted && of_bundle(stored) == Some(&bundle.name))
                .map(|(id, stored)| (*id, *stored))
                .collect();
            let gone: Vec<&(&str, &Stored)> = live
                .iter()
                .filter(|(id, _)| {
                    let there = listed.there.contains(*id);
                    !there && (listed.hidden.contains(*id) || full)
                })
                .collect();
            if !release && self.is_suspicious(gone.len(), live.len()) {
                counts.held = gone.len() as u64;
                continue;
            }
            for (id, stored) in gone {
                hand.withdrawn.push((bundle.name.clone(), (*id).to_owned(), withdrawal(&stored.entity.key)));
            }
        }
        hand
    }

    /// A few may go, and a usual share; not everything at once.
    fn is_suspicious(&self, gone: usize, of: usize) -> bool {
        let share = gone.saturating_mul(100) > of.saturating_mul(self.settings.vanish_percent as usize);
        (gone > FEW && share) || (gone > 1 && gone == of)
    }

    /// A verdict for everything in hand, with the site's own names.
    async fn judge(&self, hand: &Hand<'_>, dry: bool) -> Result<Vec<Verdict>, PullError> {
        let sound: Vec<&Drawn> = hand.drawn.iter().copied().filter(|drawn| drawn.is_sound()).collect();
        let records = sound.iter().map(|drawn| drawn.record.clone());
        let records: Vec<Value> = records.chain(hand.withdrawn.iter().map(|(_, _, record)| record.clone())).collect();
        let mut given = Vec::with_capacity(records.len());
        for chunk in records.chunks(ITEMS_PER_BATCH) {
            let batch = Batch { id: None, master: self.settings.master.clone(), records: chunk.to_vec().into() };
            let (catalogue, tenant) = (&self.around.catalogue, &self.settings.tenant);
            given.extend(if dry { catalogue.check(tenant, &batch)? } else { catalogue.accept(tenant, batch).await? });
        }
        let mut given = given.into_iter();
        let mut verdicts = Vec::with_capacity(hand.drawn.len() + hand.withdrawn.len());
        for drawn in &hand.drawn {
            let verdict = if drawn.is_sound() { given.next() } else { Some(unjudged(drawn)) };
            let Some(mut verdict) = verdict else { break };
            for finding in &mut verdict.findings {
                finding.field = drawn.field_of(&finding.field);
            }
            if drawn.is_sound() {
                verdict.findings.extend(drawn.findings.iter().map(Into::into));
            }
            verdict.source = Some(source_id(&drawn.bundle, &drawn.uuid));
            verdicts.push(verdict);
        }
        for ((bundle, id, _), mut verdict) in hand.withdrawn.iter().zip(given) {
            verdict.source = Some(source_id(bundle, id));
            verdicts.push(verdict);
        }
        for (index, verdict) in verdicts.iter_mut().enumerate() {
            verdict.index = index;
        }
        Ok(verdicts)
    }

    /// `drawn` verdicts are of nodes that are there; those after them are of withdrawals.
    fn count(verdicts: &[Verdict], drawn: usize, report: &mut Report) {
        for (index, verdict) in verdicts.iter().enumerate() {
            let bundle = verdict.source.as_deref().and_then(node_of).map(|(bundle, _)| bundle.to_owned());
            let Some(counts) = bundle.and_then(|bundle| report.bundles.get_mut(&bundle)) else { continue };
            match verdict.outcome {
                Outcome::Refused => counts.refused += 1,
                _ if index >= drawn => counts.withdrawn += 1,
                Outcome::Unchanged => counts.accepted += 1,
                Outcome::Created | Outcome::Updated => {
                    counts.accepted += 1;
                    counts.changed += 1;
                }
            }
        }
    }

    /// Keeps the verdicts like those of a push, unless they tell nothing that was not told the last time.
    async fn keep(
        &self,
        verdicts: &[Verdict],
        refused: &[&Verdict],
        progress: &Progress,
    ) -> Result<Option<String>, PullError> {
        let told_now: Vec<&Verdict> = verdicts.iter().filter(|it| it.outcome != Outcome::Unchanged).collect();
        let nothing_new = told_now.len() == refused.len() && (refused.is_empty() || progress.refused == told(refused));
        if nothing_new {
            return Ok(None);
        }
        let id = format!("pull-{}", self.around.world.id()?);
        let body = serde_json::to_vec(&told_now).unwrap_or_default();
        let batch = intake::Batch {
            batch: format!("{}/{id}", self.settings.master),
            digest: digest(&SHA256, &body).as_ref().to_vec(),
            verdicts: body,
            at: self.around.world.now_micros(),
        };
        self.around.store.commit(Commit::new().with([intake::add(&self.settings.tenant, &batch)])).await?;
        Ok(Some(id))
    }
}

/// The records of a master that came from nodes of its site, by the node's id.
fn sources<'a>(view: &'a View, master: &str) -> BTreeMap<&'a str, &'a Stored> {
    let mut found = BTreeMap::new();
    for stored in Kind::ALL.into_iter().flat_map(|kind| view.all(kind)) {
        let source = stored.entity.source.as_ref().filter(|source| source.system.as_deref() == Some(master));
        let node = source.and_then(|source| source.id.as_deref()).and_then(node_of);
        if let Some((_, id)) = node.filter(|_| *stored.master.0 == *master) {
            // A node that stands under two codes is known by the one that is not withdrawn.
            let live = stored.entity.state != State::Deleted;
            if live || !found.contains_key(id) {
                found.insert(id, &**stored);
            }
        }
    }
    found
}

fn of_bundle(stored: &Stored) -> Option<&str> {
    let source = stored.entity.source.as_ref()?.id.as_deref()?;
    node_of(source).map(|(bundle, _)| bundle)
}

fn withdrawal(key: &EntityKey) -> Value {
    json!({"laji": key.kind.laji(), "koodi": key.code.as_str(), "tila": {"koodi": State::Deleted.tila()}})
}

/// The verdict of a node that could not be drawn whole.
fn unjudged(drawn: &Drawn) -> Verdict {
    let word = |member: &str| drawn.record.get(member).and_then(Value::as_str).map(str::to_owned);
    Verdict {
        index: 0,
        laji: word("laji"),
        koodi: word("koodi"),
        outcome: Outcome::Refused,
        revision: None,
        source: None,
        findings: drawn.findings.iter().map(Into::into).collect(),
    }
}

fn refusals(verdicts: &[Verdict]) -> Vec<&Verdict> {
    verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).collect()
}

/// A digest of what was refused and why, whatever its place.
fn told(refused: &[&Verdict]) -> Vec<u8> {
    if refused.is_empty() {
        return Vec::new();
    }
    let said: Vec<_> = refused.iter().map(|it| (&it.source, &it.koodi, &it.findings)).collect();
    digest(&SHA256, &serde_json::to_vec(&said).unwrap_or_default()).as_ref().to_vec()
}
