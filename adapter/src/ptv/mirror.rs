//! One mirror: what its twin lacks, done (pat.md §6.1, ptv-in-api.md §6.2).
//!
//! Planned against the newest revision when it runs. Unchanged content makes no call.

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use super::client::{Client, PtvError};
use super::map::{self, Context, Extent};
use super::source_id::source_id;
use super::twins::{ARCHIVED, PUBLISHED, Twins};
use crate::model::{Entity, EntityKey, Kind, Lang, Stored};
use crate::store::twins::Twin;

/// What an attempt came to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The twin equals the entity now.
    Done { act: Act, twin: Option<Box<Twin>> },
    /// Something else must be in PTV first; no fault of anybody.
    Waits,
    Failed(Box<PtvError>),
    /// PTV answered with an organisation that is not the tenant's: the tenant stops.
    Stranger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Created,
    Updated,
    Archived,
    /// Nothing had to be sent.
    Unchanged,
    /// Our findings keep it from PTV.
    Withheld,
}

pub(super) struct Mirroring<'a> {
    pub(super) client: &'a Client,
    pub(super) context: Context<'a>,
    pub(super) twins: &'a Twins,
    pub(super) now: i64,
}

impl Mirroring<'_> {
    pub(super) async fn entity(&self, stored: &Stored) -> Attempt {
        let entity = &stored.entity;
        let Some(path) = map::path_of(entity) else { return unchanged() };
        let known = self.twins.get(entity.key.kind.word(), entity.key.code.as_str());
        if !entity.is_active() {
            return self.archive(path, known).await;
        }
        let Some(mapped) = map::map(entity, &self.context, Extent::Sound) else { return unchanged() };
        if mapped.withheld {
            return Attempt::Done { act: Act::Withheld, twin: None };
        }
        let Some(body) = mapped.body else { return Attempt::Waits };
        let digest = digest_of(&body);
        let same = known.as_ref().is_some_and(|twin| twin.pushed_digest.as_ref() == Some(&digest));
        if same && known.as_ref().is_some_and(|twin| twin.status == PUBLISHED) {
            return unchanged();
        }
        match self.write(entity, path, known.as_ref(), &body).await {
            Ok((act, answer)) => {
                let Some(guid) = answer.get("id").and_then(Value::as_str) else {
                    return failed(PtvError::Unreadable("the answer names no id".into()));
                };
                if !self.is_ours(entity, guid, &answer) {
                    return Attempt::Stranger;
                }
                let twin = self.twin(&entity.key, Some(guid.to_owned()), &body, digest, &mapped.languages);
                Attempt::Done { act, twin: Some(Box::new(twin)) }
            }
            Err(error) => failed(error),
        }
    }

    /// The whole connection set of a service.
    pub(super) async fn connections(&self, kind: &str, service: &Stored) -> Attempt {
        let key = &service.entity.key;
        let known = self.twins.get(kind, key.code.as_str());
        let Some(guid) = self.twins.guid(key).filter(|_| service.entity.is_active()) else {
            // Without a published service there is nothing to connect; its own mirror wants this one again.
            return unchanged();
        };
        let set = map::connections(&service.entity, &self.twins.languages(key), &self.context);
        let pending = set.waits_for.iter().any(|channel| self.will_come(channel));
        if pending {
            return Attempt::Waits;
        }
        let digest = digest_of(&set.body);
        let same = known.as_ref().is_some_and(|twin| twin.pushed_digest.as_ref() == Some(&digest));
        if same || (known.is_none() && set.count == 0) {
            return unchanged();
        }
        match self.client.put(&format!("Connection/serviceId/{guid}"), &set.body).await {
            Ok(_) => {
                let mut twin = self.twin(key, Some(guid), &set.body, digest, &[]);
                kind.clone_into(&mut twin.kind);
                let act = if known.is_none() { Act::Created } else { Act::Updated };
                Attempt::Done { act, twin: Some(Box::new(twin)) }
            }
            Err(error) => failed(error),
        }
    }

    /// Will a channel that is not in PTV yet come there, or is it withheld?
    fn will_come(&self, key: &EntityKey) -> bool {
        let entity = self.context.view.find(key).map(|stored| &stored.entity).filter(|entity| entity.is_active());
        entity.and_then(|entity| map::map(entity, &self.context, Extent::Sound)).is_some_and(|mapped| !mapped.withheld)
    }

    async fn archive(&self, path: &str, known: Option<Twin>) -> Attempt {
        let Some(mut twin) = known.filter(|twin| twin.status == PUBLISHED) else { return unchanged() };
        // Archiving needs a body that is valid; the one that was last accepted is (§3.0.9).
        let pushed = twin.pushed_body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let (Some(guid), Some(mut body)) = (twin.guid.clone(), pushed) else { return unchanged() };
        if let Some(body) = body.as_object_mut() {
            body.insert("publishingStatus".into(), ARCHIVED.into());
        }
        match self.client.put(&format!("{path}/{guid}"), &body).await {
            Ok(_) | Err(PtvError::NotFound) => {
                ARCHIVED.clone_into(&mut twin.status);
                twin.pushed_digest = None;
                twin.updated_at = self.now;
                Attempt::Done { act: Act::Archived, twin: Some(Box::new(twin)) }
            }
            Err(error) => failed(error),
        }
    }

    /// PUT by GUID when we know it, else by source id, and POST only when PTV has neither. An answer lost after a
    /// POST is therefore found again by the next PUT.
    async fn write(
        &self,
        entity: &Entity,
        path: &str,
        known: Option<&Twin>,
        body: &Value,
    ) -> Result<(Act, Value), PtvError> {
        let adopted = entity.organisation().is_some_and(|it| it.parent.is_none());
        let own = adopted.then(|| self.context.organisation.to_owned());
        if let Some(guid) = known.and_then(|twin| twin.guid.clone()).or(own) {
            match self.client.put(&format!("{path}/{guid}"), body).await {
                // A stored GUID is a cache: PTV's test environment is wiped now and then.
                Err(PtvError::NotFound) => {}
                answer => return answer.map(|answer| (Act::Updated, answer)),
            }
        }
        let by_source = format!("{path}/sourceId/{}", source_id(self.context.tenant, &entity.key));
        match self.client.put(&by_source, body).await {
            Err(PtvError::NotFound) => {}
            answer => return answer.map(|answer| (Act::Updated, answer)),
        }
        match self.client.post(path, body).await {
            Err(PtvError::SourceIdTaken) => {
                self.client.put(&by_source, body).await.map(|answer| (Act::Updated, answer))
            }
            answer => answer.map(|answer| (Act::Created, answer)),
        }
    }

    /// The organisation that PTV names must be the tenant's.
    fn is_ours(&self, entity: &Entity, guid: &str, answer: &Value) -> bool {
        let ours = self.twins.organisations();
        let known = |id: &str| id == self.context.organisation || ours.iter().any(|own| own == id);
        match entity.key.kind {
            Kind::Organisation => {
                let parent = answer.get("parentOrganizationId").and_then(Value::as_str);
                guid == self.context.organisation || parent.is_some_and(known)
            }
            Kind::Service => {
                let responsible = answer
                    .get("organizations")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter(|it| it.get("roleType").and_then(Value::as_str) == Some("Responsible"));
                let ids: Vec<&str> = responsible
                    .filter_map(|it| it.pointer("/organization/id").or_else(|| it.get("organizationId"))?.as_str())
                    .collect();
                ids.into_iter().all(known)
            }
            _ => answer.get("organizationId").and_then(Value::as_str).is_none_or(known),
        }
    }

    fn twin(
        &self,
        key: &EntityKey,
        guid: Option<String>,
        body: &Value,
        digest: Vec<u8>,
        languages: &[Lang],
    ) -> Twin {
        Twin {
            kind: key.kind.word().to_owned(),
            code: key.code.to_string(),
            guid,
            source_id: source_id(self.context.tenant, key),
            status: PUBLISHED.to_owned(),
            pushed_digest: Some(digest),
            pushed_body: serde_json::to_vec(body).ok(),
            languages: languages.iter().map(|lang| lang.code()).collect::<Vec<_>>().join(","),
            updated_at: self.now,
        }
    }
}

fn failed(error: PtvError) -> Attempt {
    Attempt::Failed(Box::new(error))
}

fn unchanged() -> Attempt {
    Attempt::Done { act: Act::Unchanged, twin: None }
}

fn digest_of(body: &Value) -> Vec<u8> {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    digest(&SHA256, &bytes).as_ref().to_vec()
}
