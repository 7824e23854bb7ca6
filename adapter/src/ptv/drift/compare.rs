//! One look: which twins are read, and what each comes to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Class, DriftError, Found};
use crate::model::{EntityKey, Kind, Lang};
use crate::ptv::dialect::{Reader, Shelf, Version};
use crate::ptv::retained::with_retained_items;
use crate::ptv::seen::{self, Difference, Seen, SeenStatus, Values};
use crate::ptv::shadow::expected;
use crate::ptv::twins::{ARCHIVED, Brief, PUBLISHED};
use crate::ptv::worker::{CONNECTIONS, Worker};
use crate::store::twins::Twin;

/// What a look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Everything was read, not only what PTV's feed names.
    pub full: bool,
    /// Twins that were read and compared.
    pub compared: usize,
    pub equal: usize,
    /// In the order of kinds and codes.
    pub drift: Vec<Found>,
    /// Written through version 11 so lately that version 12, which is read, does not show it yet.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: usize,
    /// Not in version 12, which is read, long after version 11 took it: nothing is written for that.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_transferred: usize,
    /// How many mirrors were wanted again.
    pub repaired: usize,
    /// The newest change that PTV told, by its own clock.
    #[serde(skip)]
    pub(super) newest: Option<Timestamp>,
    /// Kind and code of everything that was looked at.
    #[serde(skip)]
    pub(super) looked: BTreeSet<(String, String)>,
}

#[cfg(test)]
impl Report {
    /// Whether a twin was read and compared.
    pub(in crate::ptv) fn looked_at(&self, kind: &str, code: &str) -> bool {
        self.looked.contains(&(kind.to_owned(), code.to_owned()))
    }
}

/// What one look knows before it reads.
struct Lists {
    tree: BTreeSet<String>,
    /// Published services and channels of the tree.
    listed: BTreeMap<String, Option<Timestamp>>,
    /// To be read in their newest version.
    closely: BTreeSet<String>,
}

/// The languages of each twin, by its GUID.
type Spoken = BTreeMap<String, Vec<Lang>>;

/// What one look knows when it compares.
struct Known {
    tree: BTreeSet<String>,
    /// Those that are gone because they were archived.
    archived: BTreeSet<String>,
    spoken: Spoken,
}

impl Worker {
    /// Compares what PTV holds with what was last sent: everything, or what changed after a time. Writes nothing.
    pub async fn look(&self, since: Option<Timestamp>) -> Result<Report, DriftError> {
        let reference = self.settings().reference.now();
        let look = self.dialects.reader(&reference);
        if let Reader::V12(v12) = &look {
            self.ids_are_equal(v12).await?;
        }
        let lists = self.lists(&look, since).await?;
        self.twins.set_tree(&lists.tree);
        let briefs = self.twins.briefs();
        let mut report = Report { full: since.is_none(), ..Report::default() };
        report.newest = lists.listed.values().flatten().max().copied();

        let (read, vanished) = read_all(&look, &lists, &briefs, since.is_some()).await?;
        let mut archived = BTreeSet::new();
        if !vanished.is_empty() {
            for organisation in &lists.tree {
                archived.extend(look.archived(organisation, &vanished).await?);
            }
        }
        let spoken = briefs.iter().filter(|brief| brief.kind != CONNECTIONS);
        let spoken = spoken.filter_map(|brief| Some((brief.guid.clone()?, languages_of(&brief.languages)))).collect();
        let around = Known { tree: lists.tree.clone(), archived, spoken };
        for brief in &briefs {
            let Some(guid) = &brief.guid else { continue };
            if brief.kind == CONNECTIONS || !brief.sent {
                continue;
            }
            let key = (brief.kind.clone(), brief.code.clone());
            let lags = self.lags(&look, brief);
            if brief.status == ARCHIVED {
                if lags && self.is_younger(brief.updated_at, 2) {
                    report.pending += 1;
                } else if lists.listed.contains_key(guid) {
                    report.drift.push(found(brief, Class::Restored, "it was archived, and is published again", vec![]));
                }
                report.looked.insert(key);
                continue;
            }
            let seen = match read.get(guid) {
                Some(seen) => Some(seen),
                None if vanished.contains(guid) => None,
                None => continue,
            };
            if lags && seen.is_none_or(|seen| !self.is_transferred(brief.updated_at, seen.modified)) {
                // What v12 lacks is no proof that it is gone.
                if seen.is_some() || self.is_younger(brief.updated_at, 2) {
                    report.pending += 1;
                    continue;
                }
                if !around.archived.contains(guid) {
                    tracing::error!(
                        tenant = &*self.settings().tenant,
                        kind = brief.kind,
                        code = brief.code,
                        "not transferred to PTV v12"
                    );
                    report.not_transferred += 1;
                    continue;
                }
            }
            report.compared += 1;
            report.looked.insert(key);
            match self.judge(&look, brief, seen, &around).await? {
                Some(of_one) if of_one.is_empty() => report.equal += 1,
                Some(of_one) => report.drift.extend(of_one),
                None => {}
            }
        }
        let known: BTreeSet<&String> = briefs.iter().filter_map(|brief| brief.guid.as_ref()).collect();
        for guid in lists.listed.keys().filter(|guid| !known.contains(guid)) {
            report.drift.push(Found {
                kind: "unknown".into(),
                code: guid.clone(),
                guid: Some(guid.clone()),
                class: Class::Unknown,
                reason: "published by one of our organisations, and no record is behind it".into(),
                differences: Vec::new(),
                held: None,
            });
            report.looked.insert(("unknown".into(), guid.clone()));
        }
        Ok(report)
    }

    async fn lists(&self, look: &Reader<'_>, since: Option<Timestamp>) -> Result<Lists, DriftError> {
        let tree = look.tree(&self.settings().organisation).await?;
        let mut listed = BTreeMap::new();
        let mut closely = BTreeSet::new();
        for organisation in &tree {
            listed.extend(look.published(organisation, None).await?);
            if let Some(since) = since {
                closely.extend(look.published(organisation, Some(since)).await?.into_keys());
            }
        }
        for organisation in &tree {
            let collections = look.collections(organisation).await?;
            // They stand in no feed of their organisation's: their own times tell what changed.
            let changed = |at: &Option<Timestamp>| since.is_some_and(|since| at.is_none_or(|at| at > since));
            closely.extend(collections.iter().filter(|(_, at)| changed(at)).map(|(id, _)| id.clone()));
            listed.extend(collections);
        }
        if let Some(since) = since {
            for shelf in [Shelf::Service, Shelf::Channel] {
                closely.extend(look.active(shelf, since).await?);
            }
        }
        closely.extend(self.watched.being_edited());
        Ok(Lists { tree, listed, closely })
    }

    /// What one twin comes to; none when it was written meanwhile, so that nothing can be said. What differs is read once
    /// more: our own write may have stood between the reading and the comparing.
    async fn judge(
        &self,
        look: &Reader<'_>,
        brief: &Brief,
        seen: Option<&Seen>,
        known: &Known,
    ) -> Result<Option<Vec<Found>>, DriftError> {
        let twin = |brief: &Brief| {
            let unchanged = |twin: &Twin| twin.updated_at == brief.updated_at && twin.status == brief.status;
            self.twins.get(&brief.kind, &brief.code).filter(unchanged)
        };
        let Some(ours) = twin(brief) else { return Ok(None) };
        let first = self.differing(brief, &ours, seen, known);
        if first.iter().all(|found| !matches!(found.class, Class::Edited | Class::Connections)) {
            return Ok(Some(first));
        }
        let (Some(shelf), Some(guid)) = (Shelf::of_twin(&brief.kind), &brief.guid) else { return Ok(Some(first)) };
        let again = look.newest(shelf, guid).await?;
        let Some(ours) = twin(brief) else { return Ok(None) };
        Ok(Some(self.differing(brief, &ours, again.as_ref(), known)))
    }

    fn differing(&self, brief: &Brief, twin: &Twin, seen: Option<&Seen>, known: &Known) -> Vec<Found> {
        let guid = brief.guid.as_deref().unwrap_or_default();
        let Some(theirs) = seen else {
            let reason =
                if known.archived.contains(guid) { "archived in PTV" } else { "PTV does not have it any more" };
            return vec![found(brief, Class::Gone, reason, vec![])];
        };
        let owner = if brief.kind == Kind::Organisation.word() { Some(guid) } else { theirs.owner.as_deref() };
        if owner.is_some_and(|owner| !known.tree.contains(owner)) {
            let reason = "it belongs to an organisation outside of this tenant's";
            return vec![found(brief, Class::Stranger, reason, vec![])];
        }
        match theirs.status {
            SeenStatus::Published => {}
            SeenStatus::Archived => return vec![found(brief, Class::Gone, "archived in PTV", vec![])],
            SeenStatus::Draft | SeenStatus::Modified => {
                let reason = "somebody edits it in PTV: publish or discard that version there";
                return vec![found(brief, Class::BeingEdited, reason, vec![])];
            }
        }
        let mut all = Vec::new();
        let reference = self.settings().reference.now();
        if let Some(ours) = body_of(twin).map(with_retained_items).and_then(|body| seen::sent(&body, &reference)) {
            let mut differences = seen::differences(&ours.values, &theirs.values);
            if self.settings().versions.read == Version::V12 {
                let judged = expected::values(&ours.values, &theirs.values, &reference);
                differences = judged.into_iter().filter(|it| it.expected.is_none()).map(|it| it.difference).collect();
            }
            if !differences.is_empty() {
                all.push(found(brief, Class::Edited, "edited in PTV", differences));
            }
        }
        let differences = self.connections_differ(brief, theirs, &known.spoken);
        if !differences.is_empty() {
            let of_set = Brief { kind: CONNECTIONS.to_owned(), ..brief.clone() };
            all.push(found(&of_set, Class::Connections, "its connections are others than were sent", differences));
        }
        all
    }

    /// PTV leaves a connection out whose ends share no language (§3.6), so such a one is not missed.
    fn connections_differ(&self, brief: &Brief, theirs: &Seen, spoken: &Spoken) -> Vec<Difference> {
        if brief.kind != Kind::Service.word() {
            return Vec::new();
        }
        let Some(theirs) = &theirs.connections else { return Vec::new() };
        let set = self.twins.get(CONNECTIONS, &brief.code).filter(|set| set.guid == brief.guid);
        let Some(body) = set.as_ref().and_then(body_of) else { return Vec::new() };
        if self.settings().versions.read == Version::V12
            && self.shadowed.writer() == Version::V11
            && set.as_ref().is_some_and(|set| self.is_younger(set.updated_at, 1))
        {
            return Vec::new();
        }
        let languages = languages_of(&brief.languages);
        let mut ours: BTreeMap<String, Values> = seen::sent_connections(&body);
        ours.retain(|guid, _| {
            let channel = spoken.get(guid);
            channel.is_none_or(|channel| languages.iter().any(|lang| channel.contains(lang)))
        });
        if self.settings().versions.read == Version::V12 {
            let judged = expected::connections(&ours, theirs, &self.settings().reference.now()).into_iter();
            let differences = judged.filter(|it| it.expected.is_none()).map(|it| it.difference);
            // Requests of v12 have the two ends of a connection and its hours, and nothing else of it.
            let pairs_only = self.shadowed.writer() == Version::V12;
            let can_be_said = |path: &str| !path.contains('.') || path.rsplit('.').next() == Some("hours");
            return differences.filter(|it| !pairs_only || can_be_said(&it.path)).collect();
        }
        seen::connection_differences(&ours, theirs)
    }

    /// Whether what is read lags behind what was written of a twin.
    fn lags(&self, look: &Reader<'_>, brief: &Brief) -> bool {
        let of_v11 = self.shadowed.writer() == Version::V11 || brief.updated_at < self.shadowed.mark().since;
        matches!(look, Reader::V12(_)) && of_v11
    }

    /// The name of a record for people.
    pub fn name_of(&self, kind: &str, code: &str) -> Option<String> {
        let kind = if kind == CONNECTIONS { Kind::Service } else { Kind::from_word(kind)? };
        let key = EntityKey { kind, code: code.parse().ok()? };
        Some(self.newest().find(&key)?.entity.name().any().to_owned())
    }
}

/// What PTV holds of the twins that are to be read, and which of them it does not show.
async fn read_all(
    look: &Reader<'_>,
    lists: &Lists,
    briefs: &[Brief],
    by_feed: bool,
) -> Result<(BTreeMap<String, Seen>, BTreeSet<String>), DriftError> {
    let mut read = BTreeMap::new();
    let mut gone = BTreeSet::new();
    let mut one_by_one: Vec<(Shelf, String)> = Vec::new();
    for shelf in [Shelf::Organisation, Shelf::Service, Shelf::Channel, Shelf::Collection] {
        let mut in_hundreds = Vec::new();
        for brief in briefs {
            let Some(guid) = brief.guid.as_ref().filter(|_| brief.sent && brief.status == PUBLISHED) else { continue };
            if Shelf::of_twin(&brief.kind) != Some(shelf) {
                continue;
            }
            if shelf == Shelf::Organisation {
                in_hundreds.push(guid.clone());
            } else if lists.closely.contains(guid) || !lists.listed.contains_key(guid) {
                one_by_one.push((shelf, guid.clone()));
            } else if !by_feed && shelf == Shelf::Collection {
                // These have no read of many.
                one_by_one.push((shelf, guid.clone()));
            } else if !by_feed {
                in_hundreds.push(guid.clone());
            }
        }
        let found = look.read(shelf, &in_hundreds).await?;
        one_by_one.extend(in_hundreds.into_iter().filter(|guid| !found.contains_key(guid)).map(|guid| (shelf, guid)));
        read.extend(found);
    }
    for (shelf, guid) in one_by_one {
        match look.newest(shelf, &guid).await? {
            Some(seen) => {
                read.insert(guid, seen);
            }
            None => {
                gone.insert(guid);
            }
        }
    }
    Ok((read, gone))
}

fn found(brief: &Brief, class: Class, reason: &str, differences: Vec<Difference>) -> Found {
    Found {
        kind: brief.kind.clone(),
        code: brief.code.clone(),
        guid: brief.guid.clone(),
        class,
        reason: reason.to_owned(),
        differences,
        held: None,
    }
}

#[allow(clippy::trivially_copy_pass_by_ref)] // What serde hands over.
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn body_of(twin: &Twin) -> Option<Value> {
    serde_json::from_slice(twin.pushed_body.as_deref()?).ok()
}

fn languages_of(text: &str) -> Vec<Lang> {
    text.split(',').filter_map(Lang::from_code).collect()
}
