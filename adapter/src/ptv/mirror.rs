//! One mirror: what its twin lacks, done (pat.md §6.1, ptv-in-api.md §6.2).
//!
//! Planned against the newest revision when it runs. Unchanged content makes no call.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use super::adopt::is_unseen;
use super::client::{Client, PtvError};
use super::fields::{Body, blame};
use super::map::{self, Connections, Context, Extent};
use super::retained::{RETAINED, retain, retained};
use super::seen;
use super::source_id::source_id;
use super::twins::{ARCHIVED, PUBLISHED, Twins};
use crate::model::{Entity, EntityKey, Kind, Lang, State, Stored};
use crate::store::twins::Twin;

/// What an attempt came to.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The twin equals the entity now.
    Done {
        act: Act,
        twin: Option<Box<Twin>>,
    },
    /// These must be in PTV first; no fault of anybody.
    Waits(Vec<EntityKey>),
    Failed(Box<PtvError>),
    /// What would be sent is not what a saved plan foresaw.
    Changed,
    /// PTV holds nothing of what we brought there: everything must go again, in its order.
    Lost,
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
    /// The digest of the body that was asked for, where a saved plan did.
    pub(super) foreseen: Option<&'a [u8]>,
}

/// How a body finds its twin in PTV.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// PUT by the GUID that we know.
    Guid(String),
    /// PUT by source id, and POST when PTV has none.
    Source,
}

impl Way {
    pub(super) fn of(entity: &Entity, known: Option<&Twin>, context: &Context<'_>) -> Way {
        let is_root = entity.organisation().is_some_and(|it| it.parent.is_none());
        let own = is_root.then(|| context.organisation.to_owned());
        known.and_then(|twin| twin.guid.clone()).or(own).map_or(Way::Source, Way::Guid)
    }

    /// How many calls it takes while PTV holds what we think it does.
    pub(super) fn calls(&self) -> u64 {
        match self {
            Way::Guid(_) => 1,
            Way::Source => 2,
        }
    }
}

impl Mirroring<'_> {
    pub(super) async fn entity(&self, stored: &Stored) -> Attempt {
        let entity = &stored.entity;
        let Some(path) = map::path_of(entity) else { return unchanged() };
        let known = self.twins.get(entity.key.kind.word(), entity.key.code.as_str());
        if self.context.view.is_held(&entity.key) {
            return Attempt::Done { act: Act::Withheld, twin: None };
        }
        // A draft leaves in PTV what was published (pat.md §6.1).
        if entity.state == State::Draft {
            return unchanged();
        }
        if !entity.is_active() {
            return self.archive(path, known).await;
        }
        if self.context.scope.leaves_out(entity) {
            return unchanged();
        }
        let Some(mapped) = map::map(entity, &self.context, Extent::Sound) else { return unchanged() };
        if mapped.withheld {
            return Attempt::Done { act: Act::Withheld, twin: None };
        }
        let Some(body) = mapped.body else { return Attempt::Waits(mapped.waits_for) };
        let digest = digest_of(&body);
        let same = known.as_ref().is_some_and(|twin| twin.pushed_digest.as_ref() == Some(&digest));
        if same && known.as_ref().is_some_and(|twin| twin.status == PUBLISHED) {
            return unchanged();
        }
        if !self.is_foreseen(&digest) {
            return Attempt::Changed;
        }
        match self.write(entity, path, known.as_ref(), &body).await {
            Ok((act, answer)) => {
                let Some(guid) = answer.get("id").and_then(Value::as_str) else {
                    return failed(PtvError::Unreadable("the answer names no id".into()));
                };
                if !self.is_ours(entity, guid, &answer) {
                    return Attempt::Stranger;
                }
                let kept = known.as_ref().map(retained).unwrap_or_default();
                let pushed = retain(body, kept);
                let twin = self.twin(&entity.key, Some(guid.to_owned()), &pushed, digest, &mapped.languages);
                Attempt::Done { act, twin: Some(Box::new(twin)) }
            }
            Err(PtvError::Lost) => Attempt::Lost,
            Err(PtvError::Refused(complaints)) => {
                let blamed = Body::of(entity).map(|of| blame(of, &body, &complaints));
                failed(blamed.map_or(PtvError::Refused(complaints), PtvError::Blamed))
            }
            Err(error) => failed(error),
        }
    }

    /// Members of an active collection that PTV does not have yet.
    pub(super) fn lacking(&self, collection: &Stored) -> Vec<EntityKey> {
        let active = collection.entity.is_active();
        let mapped = active.then(|| map::map(&collection.entity, &self.context, Extent::Sound)).flatten();
        mapped.map(|mapped| mapped.lacks).unwrap_or_default()
    }

    /// The whole connection set of a service; `None` where there is no published service to connect, whose own mirror
    /// will want this one again.
    pub(super) fn connection_set(&self, service: &Stored) -> Option<Connections> {
        let key = &service.entity.key;
        self.twins
            .guid(key)
            .filter(|_| service.entity.is_active() && !self.context.scope.leaves_out(&service.entity))?;
        Some(map::connections(&service.entity, &self.twins.languages(key), &self.context))
    }

    /// Sends a set without the channels that it waits for: their coming wants it again.
    pub(super) async fn connect(&self, kind: &str, service: &Stored, set: Connections) -> Attempt {
        let key = &service.entity.key;
        let Some(guid) = self.twins.guid(key) else { return unchanged() };
        // A set belongs to one service of PTV: after a wipe the service is another one.
        let known = self.twins.get(kind, key.code.as_str()).filter(|twin| twin.guid.as_ref() == Some(&guid));
        let digest = connections_digest(service, &set.body, self.twins, &self.context);
        let same = known.as_ref().is_some_and(|twin| twin.pushed_digest.as_ref() == Some(&digest));
        if same || (known.is_none() && set.count == 0) {
            return unchanged();
        }
        if !self.is_foreseen(&digest) {
            return Attempt::Changed;
        }
        match self.client.put(&format!("Connection/serviceId/{guid}"), &set.body).await {
            Ok(answer) => {
                if !self.is_ours(&service.entity, &guid, &answer) {
                    return Attempt::Stranger;
                }
                let left_out = self.left_out(service, &set.body, &answer);
                if left_out > 0 {
                    return failed(PtvError::NotConnected(left_out));
                }
                let mut twin = self.twin(key, Some(guid), &set.body, digest, &[]);
                kind.clone_into(&mut twin.kind);
                let act = if known.is_none() { Act::Created } else { Act::Updated };
                Attempt::Done { act, twin: Some(Box::new(twin)) }
            }
            Err(PtvError::Refused(complaints)) => {
                failed(PtvError::Blamed(blame(Body::Connections, &set.body, &complaints)))
            }
            Err(error) => failed(error),
        }
    }

    /// How many of the channels that were sent the answer does not have. Those that share no language with the service
    /// are left out without a word, and are not missed (§3.6, M-48).
    fn left_out(&self, service: &Stored, body: &Value, answer: &Value) -> usize {
        let connected = seen::read(answer, self.context.reference).and_then(|seen| seen.connections);
        // An answer without the list tells nothing; the next look reads it.
        let Some(connected) = connected else { return 0 };
        let languages = self.twins.languages(&service.entity.key);
        let shares = |channel: &EntityKey| self.twins.languages(channel).iter().any(|lang| languages.contains(lang));
        let offers = self.context.view.offers_of_service(&service.entity.key.code);
        let channels = offers.iter().filter_map(|stored| stored.entity.offer()).flat_map(map::channels_of);
        let expected: BTreeSet<String> = channels
            .filter(|channel| shares(channel))
            .filter_map(|channel| (self.context.guid)(&channel))
            .map(|guid| guid.to_lowercase())
            .collect();
        let sent = seen::sent_connections(body);
        sent.keys().filter(|guid| expected.contains(*guid) && !connected.contains_key(*guid)).count()
    }

    fn is_foreseen(&self, digest: &[u8]) -> bool {
        self.foreseen.is_none_or(|foreseen| foreseen == digest)
    }

    async fn archive(&self, path: &str, known: Option<Twin>) -> Attempt {
        let Some(mut twin) = known.filter(|twin| twin.status == PUBLISHED) else { return unchanged() };
        // The tenant's own organisation was in PTV before us and carries everything else.
        if twin.guid.as_deref().is_some_and(|guid| guid.eq_ignore_ascii_case(self.context.organisation)) {
            return unchanged();
        }
        // Archiving needs a body that is valid; the one that was last accepted is (§3.0.9).
        let pushed = twin.pushed_body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let (Some(guid), Some(mut body)) = (twin.guid.clone(), pushed) else { return unchanged() };
        if let Some(body) = body.as_object_mut() {
            body.insert("publishingStatus".into(), ARCHIVED.into());
            body.remove(RETAINED);
            // The members of a collection may be archived before it, and PTV would refuse their names (§3.5).
            if path == map::COLLECTION {
                body.remove("services");
                body.remove("serviceChannels");
            }
        }
        match self.client.put(&format!("{path}/{guid}"), &body).await {
            Ok(_) | Err(PtvError::NotFound) => {
                ARCHIVED.clone_into(&mut twin.status);
                twin.pushed_digest = None;
                twin.updated_at = self.now;
                Attempt::Done { act: Act::Archived, twin: Some(Box::new(twin)) }
            }
            Err(PtvError::Refused(complaints)) if is_of_status(&complaints) => failed(PtvError::Draft),
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
        if let Way::Guid(guid) = Way::of(entity, known, &self.context) {
            match self.client.put(&format!("{path}/{guid}"), body).await {
                Err(PtvError::NotFound) if known.is_some_and(is_unseen) => return Err(PtvError::AdoptedMissing),
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
        // What it refers to is lost too, so a POST would be refused now.
        if known.is_some_and(|twin| twin.guid.is_some() && twin.pushed_digest.is_some()) {
            return Err(PtvError::Lost);
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
        let tenants = |id: &str| id.eq_ignore_ascii_case(self.context.organisation);
        let known = |id: &str| tenants(id) || ours.iter().any(|own| own.eq_ignore_ascii_case(id));
        match entity.key.kind {
            Kind::Organisation => {
                let parent = answer.get("parentOrganizationId").and_then(Value::as_str);
                tenants(guid) || parent.is_some_and(known)
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
            _ => {
                // A collection names its organisation as an object.
                let owner = answer.get("organizationId").or_else(|| answer.pointer("/organization/id"));
                owner.and_then(Value::as_str).is_none_or(known)
            }
        }
    }

    fn twin(&self, key: &EntityKey, guid: Option<String>, body: &Value, digest: Vec<u8>, languages: &[Lang]) -> Twin {
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

/// Our bodies for archiving were accepted before, so what PTV says of the status is that it is a draft's (M-37).
fn is_of_status(complaints: &[(String, Vec<String>)]) -> bool {
    complaints.iter().any(|(key, _)| key.eq_ignore_ascii_case("PublishingStatus"))
}

fn failed(error: PtvError) -> Attempt {
    Attempt::Failed(Box::new(error))
}

pub(super) fn unchanged() -> Attempt {
    Attempt::Done { act: Act::Unchanged, twin: None }
}

pub(super) fn digest_of(body: &Value) -> Vec<u8> {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    digest(&SHA256, &bytes).as_ref().to_vec()
}

/// PTV leaves a connection out silently when service and channel share no language (§3.6). So the languages belong to
/// what was pushed: when they change, the same set is sent again.
pub(super) fn connections_digest(service: &Stored, set: &Value, twins: &Twins, context: &Context<'_>) -> Vec<u8> {
    let mut languages = vec![twins.languages(&service.entity.key)];
    for offer in context.view.offers_of_service(&service.entity.key.code) {
        let Some(offer) = offer.entity.offer() else { continue };
        languages.extend(map::channels_of(offer).iter().map(|channel| twins.languages(channel)));
    }
    let languages: Vec<Vec<&str>> = languages.iter().map(|of| of.iter().map(|lang| lang.code()).collect()).collect();
    digest_of(&serde_json::json!([set, languages]))
}
