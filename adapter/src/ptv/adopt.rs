//! Adoption: a record of the catalogue takes over what PTV holds already, by its GUID, in place of a second one.
//!
//! It is an act of the operator's, with evidence; nothing is adopted by itself. What is adopted is never created anew: if
//! PTV does not have it, its mirror is parked for a person to look at.

use super::map;
use super::source_id::source_id;
use super::twins::PUBLISHED;
use super::worker::{CONNECTIONS, Worker, WorkerError};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::{EntityKey, Kind, State};
use crate::store::twins::{self, Twin};
use crate::store::{Commit, mirrors};

/// What came of one adoption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The next sync writes to that GUID.
    Adopted,
    /// It was its twin already.
    Same,
    /// There is no such record, or it is withdrawn.
    Unknown,
    /// PTV has no such kind of records.
    NoTwin,
    /// That is no GUID.
    NotGuid,
    /// It has another twin already, which was written.
    OtherTwin(String),
    /// Another record has that twin.
    Taken(EntityKey),
}

impl Worker {
    /// Makes a GUID of PTV the twin of a record, and wants the twin to equal it.
    pub async fn adopt(&self, key: &EntityKey, guid: &str) -> Result<Adopted, WorkerError> {
        let guid = guid.trim().to_lowercase();
        if !is_guid(&guid) {
            return Ok(Adopted::NotGuid);
        }
        let view = self.newest();
        let Some(stored) = view.find(key).filter(|stored| stored.entity.state != State::Deleted) else {
            return Ok(Adopted::Unknown);
        };
        if map::path_of(&stored.entity).is_none() {
            return Ok(Adopted::NoTwin);
        }
        let (kind, code) = (key.kind.word(), key.code.as_str());
        let known = self.twins().get(kind, code);
        if let Some(theirs) = known.as_ref().and_then(|twin| twin.guid.clone()) {
            if theirs.eq_ignore_ascii_case(&guid) {
                return Ok(Adopted::Same);
            }
            // One that was adopted and never written may be put right.
            if known.as_ref().is_some_and(|twin| twin.pushed_body.is_some()) {
                return Ok(Adopted::OtherTwin(theirs));
            }
        }
        let tenant = &*self.settings().tenant;
        if let Some(other) = twins::by_guid(&self.store, tenant, &guid).await?
            && other.kind != CONNECTIONS
            && let Some((kind, code)) = Kind::from_word(&other.kind).zip(other.code.parse().ok())
        {
            return Ok(Adopted::Taken(EntityKey { kind, code }));
        }
        let now = self.world.now();
        let micros = now.as_microsecond();
        let twin = Twin {
            kind: kind.to_owned(),
            code: code.to_owned(),
            guid: Some(guid.clone()),
            source_id: source_id(tenant, key),
            status: PUBLISHED.to_owned(),
            pushed_digest: None,
            pushed_body: None,
            languages: String::new(),
            updated_at: micros,
        };
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, now, self.world.now());
        act.operation = Some("adopt".into());
        act.actor = Some("system".into());
        act.subject = Some(format!("{kind}/{code}"));
        act.outcome = Some(format!("the twin is {guid}"));
        let mut wanted = vec![mirrors::want(mirrors::Key { tenant, kind, code }, micros, micros)];
        if key.kind == Kind::Service {
            wanted.push(mirrors::want(mirrors::Key { tenant, kind: CONNECTIONS, code }, micros, micros));
        }
        self.store.commit(Commit::new().with([twins::put(tenant, &twin)]).with(wanted).and(act)).await?;
        self.twins().put(twin);
        Ok(Adopted::Adopted)
    }

    /// Records that say themselves which GUID PTV gave them (`ptv_id`) and have no twin.
    pub fn adoptable(&self) -> Vec<(EntityKey, String)> {
        let view = self.newest();
        let kinds = [Kind::Organisation, Kind::Channel, Kind::ServicePoint, Kind::Service, Kind::Collection];
        let stored = kinds.into_iter().flat_map(|kind| view.all(kind));
        let live = stored.filter(|stored| stored.entity.state != State::Deleted);
        live.filter_map(|stored| {
            let guid = stored.entity.ptv_id.as_deref().map(str::trim).filter(|guid| is_guid(guid))?;
            let key = &stored.entity.key;
            let twin = self.twins().get(key.kind.word(), key.code.as_str());
            twin.is_none_or(|twin| twin.guid.is_none()).then(|| (key.clone(), guid.to_owned()))
        })
        .collect()
    }
}

/// A GUID that is adopted and was never written to.
pub(super) fn is_unseen(twin: &Twin) -> bool {
    twin.guid.is_some() && twin.pushed_body.is_none()
}

fn is_guid(text: &str) -> bool {
    uuid::Uuid::try_parse(text).is_ok() && text.len() == 36
}
