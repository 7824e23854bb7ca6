//! A batch of records to revisions: every item judged for itself, each commit whole, the verdict per item. What a verdict
//! says is decided in `judge`.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judge::{Body, Judge, Judged, Progress, Upcoming, Write};
use super::records::Records;
use super::{Catalogue, CatalogueError, ITEMS_PER_BATCH, ITEMS_PER_COMMIT, TenantCatalogue};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{Content, Entity, EntityKey, Finding, Kind, Level, Master, State, Stored, View};
use crate::store::entities::{self, NewRevision};
use crate::store::{Commit, Statement, StoreError, intake, mirrors};

/// The mirror of a service's connection set stands beside the mirrors of entities.
const CONNECTIONS: &str = "connections";

/// Records from one system.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The system's own id of the batch; the same id with the same content gets the same answer.
    pub id: Option<String>,
    /// The master on whose behalf the system writes.
    pub master: Master,
    pub records: Records,
}

/// What must be true of the codes of a batch, by the door's own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A batch creates and changes.
    Either,
    /// Nothing has the code yet, or the same record.
    New,
    /// Something has it.
    Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Created,
    Updated,
    Unchanged,
    Refused,
}

/// What became of one record of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// Its place in the batch, from 0.
    pub index: usize,
    pub laji: Option<String>,
    pub koodi: Option<String>,
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
    /// The source's own id of it, where the source was asked and did not send it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<VerdictFinding>,
}

impl Verdict {
    /// The record that it is about; none where kind or code could not be read.
    pub fn key(&self) -> Option<EntityKey> {
        let kind = Kind::from_laji(self.laji.as_deref()?)?;
        Some(EntityKey { kind, code: self.koodi.as_deref()?.parse().ok()? })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictFinding {
    pub level: String,
    pub field: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lang: Option<String>,
    pub rule: String,
    pub fi: String,
    pub sv: String,
    pub en: String,
}

/// The part of a batch that becomes one commit.
struct Work<'a> {
    master: &'a Master,
    upcoming: &'a Upcoming,
    presence: Presence,
    /// The place of its first record in the batch.
    first: usize,
    records: &'a [Value],
}

impl From<&Finding> for VerdictFinding {
    fn from(finding: &Finding) -> Self {
        let level = if finding.level == Level::Error { "error" } else { "warning" };
        VerdictFinding {
            level: level.into(),
            field: finding.field.clone(),
            lang: finding.lang.map(|lang| lang.code().into()),
            rule: finding.rule.into(),
            fi: finding.fi.clone(),
            sv: finding.sv.clone(),
            en: finding.en.clone(),
        }
    }
}

impl Catalogue {
    /// Accepts what is sound and refuses the rest item by item. A crash in between leaves whole commits only; the
    /// same batch sent again finds those unchanged and goes on.
    pub async fn accept(&self, tenant: &str, batch: Batch) -> Result<Vec<Verdict>, CatalogueError> {
        self.accept_if(tenant, batch, Presence::Either).await
    }

    /// As `accept`; a record whose code is not as `presence` says is refused.
    pub async fn accept_if(
        &self,
        tenant: &str,
        batch: Batch,
        presence: Presence,
    ) -> Result<Vec<Verdict>, CatalogueError> {
        let catalogue = self.tenant(tenant)?;
        if batch.records.len() > ITEMS_PER_BATCH {
            return Err(CatalogueError::TooMany(batch.records.len()));
        }
        let _turn = catalogue.turn.lock().await;
        let id = batch.id.as_deref().map(|id| format!("{}/{id}", batch.master));
        let content = batch.id.as_ref().map(|_| batch.records.digest()).unwrap_or_default();
        if let Some(id) = &id
            && let Some(known) = intake::get(&self.inner.store, tenant, id).await?
        {
            if known.digest != content {
                return Err(CatalogueError::BatchReused(batch.id.unwrap_or_default()));
            }
            if let Ok(verdicts) = serde_json::from_slice(&known.verdicts) {
                return Ok(verdicts);
            }
        }
        let upcoming = Upcoming::of(&batch.records);
        let mut verdicts = Vec::with_capacity(batch.records.len());
        let mut progress = Progress::default();
        for first in (0..batch.records.len()).step_by(ITEMS_PER_COMMIT) {
            let records = batch.records.part(first, ITEMS_PER_COMMIT);
            let work = Work { master: &batch.master, upcoming: &upcoming, presence, first, records: &records };
            verdicts.append(&mut self.accept_chunk(tenant, catalogue, &work, &mut progress).await?);
        }
        if let Some(id) = id {
            let answered = intake::Batch {
                batch: id,
                digest: content,
                verdicts: serde_json::to_vec(&verdicts).unwrap_or_default(),
                at: self.inner.world.now_micros(),
            };
            // Another process may have answered the same batch meanwhile; what it wrote is as true as this.
            match self.inner.store.commit(Commit::new().with([intake::add(tenant, &answered)])).await {
                Err(error) if error.is_conflict() => {}
                outcome => drop(outcome?),
            }
        }
        Ok(verdicts)
    }

    /// The verdicts that `accept` would give, without writing.
    pub fn check(&self, tenant: &str, batch: &Batch) -> Result<Vec<Verdict>, CatalogueError> {
        if batch.records.len() > ITEMS_PER_BATCH {
            return Err(CatalogueError::TooMany(batch.records.len()));
        }
        let catalogue = self.tenant(tenant)?;
        let view = catalogue.view.load_full();
        let mut progress = Progress::default();
        let upcoming = Upcoming::of(&batch.records);
        let terms = self.vocabulary();
        let judge = Judge::new(&batch.master, &view, &upcoming, Presence::Either, catalogue.withdrawal())
            .with_terms(terms.as_deref());
        let numbered = batch.records.iter().enumerate();
        Ok(numbered.map(|(index, record)| judge.judge(index, &record, &mut progress).verdict).collect())
    }

    async fn accept_chunk(
        &self,
        tenant: &str,
        catalogue: &TenantCatalogue,
        work: &Work<'_>,
        progress: &mut Progress,
    ) -> Result<Vec<Verdict>, CatalogueError> {
        // Another process may have committed since; then the whole chunk is judged anew, once.
        for attempt in 0.. {
            let view = catalogue.view.load_full();
            let terms = self.vocabulary();
            let judge = Judge::new(work.master, &view, work.upcoming, work.presence, catalogue.withdrawal())
                .with_terms(terms.as_deref());
            let mut progress_now = progress.clone();
            let numbered = (work.first..).zip(work.records);
            let judged: Vec<Judged<'_>> =
                numbered.map(|(index, record)| judge.judge(index, record, &mut progress_now)).collect();
            match self.write(tenant, catalogue, work.master, &view, &judged).await {
                Ok(()) => {
                    *progress = progress_now;
                    return Ok(judged.into_iter().map(|judged| judged.verdict).collect());
                }
                Err(CatalogueError::Commit(error)) if error.is_conflict() && attempt == 0 => {
                    self.catch_up(tenant, catalogue).await?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Vec::new())
    }

    async fn write(
        &self,
        tenant: &str,
        catalogue: &TenantCatalogue,
        master: &Master,
        view: &Arc<View>,
        judged: &[Judged<'_>],
    ) -> Result<(), CatalogueError> {
        let now = self.inner.world.now();
        let micros = now.as_microsecond();
        let mut statements: Vec<Statement> = Vec::new();
        let mut accepted = Vec::new();
        for Write { entity, body } in judged.iter().flat_map(|item| &item.writes) {
            let after = view.revision(&entity.key);
            let body = match body {
                Body::Given(record) => serde_json::to_vec(record).unwrap_or_default(),
                Body::Stored => self.restated(tenant, entity).await?,
            };
            statements.extend(entities::put(&NewRevision {
                tenant,
                kind: entity.key.kind.word(),
                code: entity.key.code.as_str(),
                after: i64::try_from(after).unwrap_or(i64::MAX),
                state: entity.state.word(),
                master: &master.0,
                deleted: entity.state == State::Deleted,
                changed_at: micros,
                changed_by: &master.0,
                body: &body,
            }));
            accepted.push((entity.clone(), after + 1));
        }
        if accepted.is_empty() {
            return Ok(());
        }
        let entities = accepted.len();
        let wished: BTreeSet<(&'static str, String)> =
            accepted.iter().flat_map(|(entity, _)| touched(entity, view)).collect();
        for (kind, code) in &wished {
            statements.push(mirrors::want(mirrors::Key { tenant, kind, code }, micros, micros));
        }
        let mut draft = EvidenceDraft::new(RecordKind::Intake, tenant, now, self.inner.world.now());
        draft.actor = Some(master.to_string());
        draft.outcome = Some("accepted".into());
        draft.subject = Some(format!("{entities} entities"));
        let mut committed = self.inner.store.commit(Commit::new().with(statements).and(draft)).await?;
        // Of the four statements of each entity the third returns the feed's sequence.
        let mut changed = Vec::with_capacity(entities);
        let mut newest = view.sequence();
        for (position, (entity, revision)) in accepted.into_iter().enumerate() {
            let row = committed.take(position * 4 + 2).into_iter().next();
            let row = row.ok_or(StoreError::Unreadable { place: "counter", column: 0 })?;
            let sequence = row.fields("counter").int()?.unsigned_abs();
            newest = newest.max(sequence);
            let stored = Stored { entity, revision, sequence, master: master.clone(), changed_at: now };
            changed.push(Arc::new(stored));
        }
        // Between the view and this commit another process may have committed something else; a view that took only its
        // own changes would pass over that for good.
        let first = changed.first().map_or(0, |stored| stored.sequence);
        if first == view.sequence() + 1 {
            catalogue.view.store(Arc::new(view.with(changed, newest)));
            return Ok(());
        }
        self.catch_up(tenant, catalogue).await
    }

    /// The stored text of a record with another state, and the source's version where that is known.
    async fn restated(&self, tenant: &str, entity: &Entity) -> Result<Vec<u8>, CatalogueError> {
        let key = &entity.key;
        let row = entities::get(&self.inner.store, tenant, key.kind.word(), key.code.as_str()).await?;
        let unreadable = StoreError::Unreadable { place: "entity", column: 6 };
        let body = row.and_then(|row| serde_json::from_slice(&row.body).ok());
        let Some(Value::Object(mut record)) = body else { return Err(unreadable.into()) };
        record.insert("tila".into(), serde_json::json!({ "koodi": entity.state.tila() }));
        let version = entity.source.as_ref().and_then(|source| source.version);
        if let (Some(version), Some(Value::Object(source))) = (version, record.get_mut("lahde")) {
            source.insert("versio".into(), version.into());
        }
        Ok(serde_json::to_vec(&Value::Object(record)).unwrap_or_default())
    }
}

/// The mirrors that a change of an entity touches: its own twin's, the connection sets that it stands in, and the
/// collections that it leaves. (Those that it comes to follow its twin.)
pub(super) fn touched(entity: &Entity, view: &View) -> Vec<(&'static str, String)> {
    let mut wished = touched_of_content(entity, view);
    let leaves = !entity.is_active() && view.find(&entity.key).is_some_and(|before| before.entity.is_active());
    if leaves {
        let collections = view.collections_of(&entity.key).map(|it| it.entity.key.code.to_string());
        wished.extend(collections.map(|code| (Kind::Collection.word(), code)));
    }
    wished
}

fn touched_of_content(entity: &Entity, view: &View) -> Vec<(&'static str, String)> {
    let code = entity.key.code.to_string();
    let connections = |codes: &mut dyn Iterator<Item = String>| -> Vec<(&'static str, String)> {
        codes.map(|code| (CONNECTIONS, code)).collect()
    };
    let services_of = |offers: &[Arc<Stored>]| -> Vec<String> {
        let codes = offers.iter().filter_map(|offer| offer.entity.offer()).flat_map(|offer| &offer.services);
        codes.map(ToString::to_string).collect()
    };
    match &entity.content {
        Content::Service(_) => vec![(Kind::Service.word(), code.clone()), (CONNECTIONS, code)],
        Content::Organisation(_) => vec![(Kind::Organisation.word(), code)],
        Content::Channel(_) => {
            let offers = view
                .all(Kind::Offer)
                .filter(|offer| offer.entity.offer().is_some_and(|offer| offer.channels.contains(&entity.key.code)));
            let offers: Vec<Arc<Stored>> = offers.cloned().collect();
            let mut wished = connections(&mut services_of(&offers).into_iter());
            wished.push((Kind::Channel.word(), code));
            wished
        }
        Content::ServicePoint(_) => {
            let mut wished = connections(&mut services_of(view.offers_of_point(&entity.key.code)).into_iter());
            wished.push((Kind::ServicePoint.word(), code));
            wished
        }
        Content::Offer(offer) => {
            let before = view.find(&entity.key).and_then(|stored| stored.entity.offer());
            let services = before.into_iter().chain([&**offer]).flat_map(|offer| &offer.services);
            connections(&mut services.map(ToString::to_string))
        }
        Content::Class(_) => view
            .all(Kind::Service)
            .filter(|stored| stored.entity.service().is_some_and(|it| it.classes.contains(&entity.key.code)))
            .map(|stored| (Kind::Service.word(), stored.entity.key.code.to_string()))
            .collect(),
        // An actor shows in the services that it has a part in.
        Content::Actor(_) => view
            .all(Kind::Service)
            .filter(|stored| {
                let parts = stored.entity.service().map(|service| &service.participations);
                parts.is_some_and(|parts| parts.iter().any(|part| part.actor == entity.key.code))
            })
            .map(|stored| (Kind::Service.word(), stored.entity.key.code.to_string()))
            .collect(),
        Content::Collection(_) => vec![(Kind::Collection.word(), code)],
        // It has no twin.
        Content::Errand(_) => Vec::new(),
    }
}
