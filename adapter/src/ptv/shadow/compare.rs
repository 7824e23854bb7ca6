//! One comparison of both versions, over everything that the tenant's organisations have.
//!
//! What was written through v11 within the lag is not judged: v12 shows the older version still, or nothing. What is
//! remembered of each twin is when v12 showed it first, whether others may link to it, and hours that v11 cannot say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::expected;
use super::turn::micros;
use super::{Comparison, Item, Judged, Standing};
use crate::ptv::dialect::v12::decode::Decoded;
use crate::ptv::dialect::v12::hours::ServiceHours;
use crate::ptv::dialect::v12::{Got, Look};
use crate::ptv::dialect::{PtvError, Shelf, v11};
use crate::ptv::drift::DriftError;
use crate::ptv::seen::{Path, Seen, SeenKind, SeenStatus};
use crate::ptv::twins::{ARCHIVED, Brief, PUBLISHED};
use crate::ptv::worker::{CONNECTIONS, Worker};
use crate::store::Commit;
use crate::store::shadow::{self, ShadowRow, WriterRow};

/// Objects that a report names; all are counted.
const NAMED: usize = 1000;
/// Known ids that are looked up to see whether both versions have the same.
const SAMPLE: usize = 10;
/// PTV's clock and ours may be so far apart.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);
/// Rows in one commit.
const AT_ONCE: usize = 500;

impl Worker {
    /// Reads both versions and compares them. Writes nothing to PTV; what it finds is kept, and writing may move by it.
    pub async fn compare_versions(&self) -> Result<Comparison, DriftError> {
        let client = self.dialects.v12().ok_or(DriftError::NoGateway)?;
        if !client.ready().await {
            let text = "the gateway of version 12 says that it is not well";
            return Err(PtvError::Unreachable(text.into()).into());
        }
        let reference = self.settings().reference.now();
        let (one, other) = (self.dialects.look_v11(&reference), Look::new(client, &reference));
        let mut comparison = Comparison { ids_equal: self.ids_are_equal(&other).await?, ..Comparison::default() };
        let tree = one.tree(&self.settings().organisation).await?;
        let (mut listed, mut shown) = (Listed { tree: tree.clone(), ..Listed::default() }, BTreeSet::new());
        for organisation in &tree {
            listed.published.extend(one.published(organisation, None).await?.into_keys());
            listed.collections.extend(one.collections(organisation).await?.into_keys());
            shown.extend(other.published(organisation, None).await?.into_keys());
            shown.extend(other.collections(organisation).await?.into_keys());
        }
        let briefs = self.twins.briefs();
        let ours: BTreeMap<&str, &Brief> = briefs
            .iter()
            .filter(|brief| brief.kind != CONNECTIONS && brief.sent)
            .filter_map(|brief| Some((brief.guid.as_deref()?, brief)))
            .collect();
        let (v11, v12) = read_both(&one, &other, &listed, &ours).await?;
        let mut rows: Vec<ShadowRow> = Vec::new();
        for (guid, (shelf, seen)) in &v11 {
            let brief = ours.get(guid.as_str()).copied();
            let theirs = v12.get(guid);
            let item = self.judge_both(guid, seen, theirs, brief);
            if let Some(brief) = brief {
                rows.extend(self.row_of(brief, theirs, item.standing));
                if item.standing == Standing::NotTransferred {
                    let tenant = &*self.settings().tenant;
                    tracing::error!(tenant, kind = brief.kind, code = brief.code, ?shelf, "not transferred to PTV v12");
                }
            }
            comparison.take(item);
        }
        for guid in shown.iter().filter(|guid| !v11.contains_key(*guid)) {
            let brief = ours.get(guid.as_str()).copied();
            // An archiving takes its time as a change does.
            let fresh = brief.is_some_and(|it| it.status == ARCHIVED && self.is_younger(it.updated_at, 2));
            let standing = if fresh { Standing::Pending } else { Standing::OnlyV12 };
            comparison.take(item(guid, brief, standing));
        }
        rows.extend(self.archived_in_both(&other, &briefs, &shown, &mut comparison).await?);
        let odd = other.oddities();
        comparison.phones = odd.phones;
        comparison.oddities = odd.members.into_keys().chain(odd.codes).collect();
        self.keep_comparison(&comparison, rows).await?;
        Ok(comparison)
    }

    /// Do known ids of v11 stand in v12? A mismatch stops the reading of v12: everything would be taken for gone.
    pub(in crate::ptv) async fn ids_are_equal(&self, v12: &Look<'_>) -> Result<Option<bool>, DriftError> {
        let known = *self.shadowed.ids_equal.lock().unwrap_or_else(PoisonError::into_inner);
        if known == Some(true) {
            return Ok(known);
        }
        let old = |brief: &&Brief| brief.sent && brief.status == PUBLISHED && !self.is_younger(brief.updated_at, 2);
        let mut found = None;
        for brief in self.twins.briefs().iter().filter(old).filter(|it| it.kind != CONNECTIONS).take(SAMPLE) {
            let (Some(shelf), Some(guid)) = (Shelf::of_twin(&brief.kind), &brief.guid) else { continue };
            match v12.standing(shelf, guid).await? {
                Got::Found(decoded) if decoded.seen.guid.as_ref() == Some(guid) => {
                    found = Some(true);
                    break;
                }
                Got::Found(_) | Got::Absent => found = Some(false),
                Got::NotPublished | Got::Unclear => {}
            }
        }
        *self.shadowed.ids_equal.lock().unwrap_or_else(PoisonError::into_inner) = found;
        if found == Some(false) {
            return Err(DriftError::OtherIds);
        }
        Ok(found)
    }

    /// Is a moment younger than the lag, times `lags`?
    pub(in crate::ptv) fn is_younger(&self, moment: i64, lags: i64) -> bool {
        let lag = self.settings().versions.gateway.as_ref().map_or(0, |gateway| micros(gateway.lag));
        self.world.now_micros() < moment.saturating_add(lag.saturating_mul(lags))
    }

    /// Has what v12 shows come after our write, or had the time to?
    pub(in crate::ptv) fn is_transferred(&self, written: i64, shown: Option<Timestamp>) -> bool {
        let shown = shown.and_then(|shown| shown.checked_add(CLOCKS).ok());
        shown.is_some_and(|shown| shown.as_microsecond() >= written) || !self.is_younger(written, 1)
    }

    fn judge_both(&self, guid: &str, v11: &Seen, v12: Option<&Decoded>, brief: Option<&Brief>) -> Item {
        let written = brief.map(|brief| brief.updated_at);
        let Some(v12) = v12 else {
            let changed = written.or_else(|| v11.modified.map(Timestamp::as_microsecond));
            let fresh = changed.is_some_and(|changed| self.is_younger(changed, 2));
            let standing = match (v11.status, brief) {
                (SeenStatus::Draft | SeenStatus::Modified | SeenStatus::Archived, _) => Standing::Draft,
                _ if fresh => Standing::Pending,
                (_, Some(_)) => Standing::NotTransferred,
                (_, None) => Standing::OnlyV11,
            };
            let told = v11.modified.map(|at| format!("published, changed at {at}"));
            return Item { v11: told, ..item(guid, brief, standing) };
        };
        let beyond = v12.beyond.keys().filter(|member| !is_named_by_v12(member)).cloned().collect();
        // A change of the connections leaves no time at the service.
        let set = brief.and_then(|brief| self.twins.look(CONNECTIONS, &brief.code, |set| set.updated_at));
        let set = set.filter(|_| v11.kind == SeenKind::Service);
        let waits = written.is_some_and(|written| !self.is_transferred(written, v12.seen.modified));
        if waits || set.is_some_and(|set| self.is_younger(set, 1)) {
            return Item { beyond, ..item(guid, brief, Standing::Pending) };
        }
        let differences = expected::compare(v11, &v12.seen, &self.settings().reference.now());
        let standing = if differences.is_empty() {
            Standing::Equal
        } else if differences.iter().all(|judged: &Judged| judged.expected.is_some()) {
            Standing::Expected
        } else {
            Standing::Unexpected
        };
        Item { differences, beyond, ..item(guid, brief, standing) }
    }

    /// What is remembered of a twin, where that is new.
    fn row_of(&self, brief: &Brief, v12: Option<&Decoded>, standing: Standing) -> Option<ShadowRow> {
        let before = self.shadowed.row(&brief.kind, &brief.code);
        let first = before.as_ref().map_or(0, |row| row.first_seen_at);
        let row = match v12 {
            Some(v12) => ShadowRow {
                kind: brief.kind.clone(),
                code: brief.code.clone(),
                state: "visible".into(),
                first_seen_at: if first == 0 { self.world.now_micros() } else { first },
                shared: v12.seen.values.lines(Path::Shared, None).next().unwrap_or_default().to_owned(),
                beyond: v12
                    .beyond
                    .get("serviceHours")
                    .map(|hours| ServiceHours::parse(hours).beyond().join(", "))
                    .unwrap_or_default(),
            },
            None => ShadowRow {
                kind: brief.kind.clone(),
                code: brief.code.clone(),
                state: if standing == Standing::NotTransferred { "notTransferred" } else { "unseen" }.into(),
                first_seen_at: first,
                shared: String::new(),
                beyond: String::new(),
            },
        };
        (before.as_ref() != Some(&row)).then_some(row)
    }

    /// Archived twins that v12 does not show any more.
    async fn archived_in_both(
        &self,
        v12: &Look<'_>,
        briefs: &[Brief],
        shown: &BTreeSet<String>,
        comparison: &mut Comparison,
    ) -> Result<Vec<ShadowRow>, DriftError> {
        let mut rows = Vec::new();
        for brief in briefs.iter().filter(|brief| brief.status == ARCHIVED && brief.kind != CONNECTIONS) {
            let (Some(shelf), Some(guid)) = (Shelf::of_twin(&brief.kind), &brief.guid) else { continue };
            let before = self.shadowed.row(&brief.kind, &brief.code);
            let confirmed = before.as_ref().is_some_and(|row| row.state == "archived");
            if shown.contains(guid) {
                continue;
            }
            if !confirmed && !matches!(v12.standing(shelf, guid).await?, Got::NotPublished) {
                // Never transferred, or nobody knows.
                comparison.take(item(guid, Some(brief), Standing::Pending));
                continue;
            }
            comparison.take(item(guid, Some(brief), Standing::Archived));
            if !confirmed {
                rows.push(ShadowRow {
                    kind: brief.kind.clone(),
                    code: brief.code.clone(),
                    state: "archived".into(),
                    first_seen_at: before.map_or(0, |row| row.first_seen_at),
                    shared: String::new(),
                    beyond: String::new(),
                });
            }
        }
        Ok(rows)
    }

    async fn keep_comparison(&self, comparison: &Comparison, rows: Vec<ShadowRow>) -> Result<(), DriftError> {
        let tenant = &*self.settings().tenant;
        for some in rows.chunks(AT_ONCE) {
            self.store.commit(Commit::new().with(some.iter().map(|row| shadow::put(tenant, row)))).await?;
        }
        self.shadowed.remember(rows);
        self.remember_shared();
        let clean = comparison.is_clean();
        let mark = WriterRow { compared_at: self.world.now_micros(), clean, ..self.shadowed.mark() };
        self.store.commit(Commit::new().with([shadow::put_writer(tenant, &mark)])).await?;
        self.shadowed.set_mark(mark);
        if let Some(metrics) = &self.watched.metrics {
            for standing in Standing::ALL {
                metrics.ptv_shadow(tenant, standing.word(), comparison.count(standing));
            }
        }
        self.turn().await?;
        Ok(())
    }
}

impl Comparison {
    fn take(&mut self, item: Item) {
        *self.counts.entry(item.standing).or_default() += 1;
        let plain = matches!(item.standing, Standing::Equal | Standing::Archived) && item.beyond.is_empty();
        if !plain && self.items.len() < NAMED {
            self.items.push(item);
        }
    }
}

fn item(guid: &str, brief: Option<&Brief>, standing: Standing) -> Item {
    Item {
        kind: brief.map_or("unknown", |brief| &brief.kind).to_owned(),
        code: brief.map_or(guid, |brief| &brief.code).to_owned(),
        guid: guid.to_owned(),
        standing,
        differences: Vec::new(),
        beyond: Vec::new(),
        v11: None,
    }
}

/// The name of a channel's address is v12's own for every channel: no loss of anybody's.
fn is_named_by_v12(member: &str) -> bool {
    member.ends_with(".webAddress.name")
}

/// What v11 lists of the tenant's organisations.
#[derive(Default)]
struct Listed {
    tree: BTreeSet<String>,
    /// Services and channels.
    published: BTreeSet<String>,
    collections: BTreeSet<String>,
}

type Both = (BTreeMap<String, (Shelf, Seen)>, BTreeMap<String, Decoded>);

/// Everything that is listed in v11, and what v12 has of it.
async fn read_both(
    one: &v11::Look<'_>,
    other: &Look<'_>,
    listed: &Listed,
    ours: &BTreeMap<&str, &Brief>,
) -> Result<Both, DriftError> {
    let (mut v11, mut v12) = (BTreeMap::new(), BTreeMap::new());
    for shelf in [Shelf::Organisation, Shelf::Service, Shelf::Channel, Shelf::Collection] {
        let may_be = |guid: &&String| {
            let known = ours.get(guid.as_str()).and_then(|brief| Shelf::of_twin(&brief.kind));
            known.is_none_or(|known| known == shelf)
        };
        let asked: Vec<String> = match shelf {
            Shelf::Organisation => listed.tree.iter().cloned().collect(),
            Shelf::Collection => listed.collections.iter().cloned().collect(),
            _ => listed.published.iter().filter(may_be).cloned().collect(),
        };
        let read = one.read(shelf, &asked).await?;
        let found: Vec<String> = read.keys().cloned().collect();
        v12.extend(other.decoded(shelf, &found).await?);
        v11.extend(read.into_iter().map(|(guid, seen)| (guid, (shelf, seen))));
    }
    Ok((v11, v12))
}
