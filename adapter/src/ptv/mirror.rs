//! One mirror: what its twin lacks, done (pat.md §6.1, ptv-in-api.md §6.2).
//!
//! Planned against the newest revision when it runs. Unchanged content makes no call.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use super::adopt::is_unseen;
use super::dialect::v12::spoken;
use super::dialect::{PtvError, Put, Way, Writer, Written};
use super::fields::{Body, blame};
use super::map::{self, Connections, Context, Extent};
use super::retained::{RETAINED, retain, retained};
use super::seen;
use super::shadow::Shadowed;
use super::source_id::source_id;
use super::twins::{ARCHIVED, PUBLISHED, Twins};
use crate::model::{Content, Entity, EntityKey, Kind, Lang, State, Stored};
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
    pub(super) writer: Writer<'a>,
    pub(super) context: Context<'a>,
    pub(super) twins: &'a Twins,
    pub(super) shadowed: &'a Shadowed,
    /// What v11 cannot say of hours refuses a write; else the hours stay as they are.
    pub(super) refuse_for_hours: bool,
    pub(super) now: i64,
    /// The digest of the body that was asked for, where a saved plan did.
    pub(super) foreseen: Option<&'a [u8]>,
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
        let Some(mut body) = mapped.body else { return Attempt::Waits(mapped.waits_for) };
        say_shared(entity, self.twins, &mut body);
        let digest = digest_of(&body);
        let same = known.as_ref().is_some_and(|twin| twin.pushed_digest.as_ref() == Some(&digest));
        if same && known.as_ref().is_some_and(|twin| twin.status == PUBLISHED) {
            return unchanged();
        }
        if !self.is_foreseen(&digest) {
            return Attempt::Changed;
        }
        if let Some(lost) = self.leave_hours(entity, &mut body) {
            return failed(PtvError::WouldLose(lost));
        }
        let put = Put {
            entity,
            body: &body,
            way: Way::of(entity, known.as_ref(), &self.context),
            source_id: source_id(self.context.tenant, &entity.key),
            is_adopted: known.as_ref().is_some_and(is_unseen),
            spoken: known.as_ref().map(|twin| spoken(&twin.languages)).unwrap_or_default(),
            was_written: known.as_ref().is_some_and(|twin| twin.guid.is_some() && twin.pushed_digest.is_some()),
        };
        match self.writer.write(&put).await {
            Ok(written) => {
                if !self.is_ours(entity, &written) {
                    return Attempt::Stranger;
                }
                let kept = known.as_ref().map(retained).unwrap_or_default();
                let pushed = retain(body, kept);
                let twin = self.twin(&entity.key, Some(written.guid), &pushed, digest, &mapped.languages);
                Attempt::Done { act: written.act, twin: Some(Box::new(twin)) }
            }
            Err(PtvError::Lost) => Attempt::Lost,
            Err(PtvError::Refused(complaints)) => {
                let blamed = Body::of(entity).map(|of| blame(of, &body, &complaints));
                failed(blamed.map_or(PtvError::Refused(complaints), PtvError::Blamed))
            }
            Err(error) => failed(error),
        }
    }

    /// v11 would drop the hours that only v12 can say. Without its hours a body leaves them as they are; says what would be
    /// lost when that is not wanted.
    fn leave_hours(&self, entity: &Entity, body: &mut Value) -> Option<String> {
        if !matches!(self.writer, Writer::V11(_)) {
            return None;
        }
        let row = self.shadowed.row(entity.key.kind.word(), entity.key.code.as_str())?;
        let members = body.as_object_mut().filter(|_| !row.beyond.is_empty())?;
        let has = |member: &str| members.contains_key(member);
        if !has("serviceHours") && !has("deleteAllServiceHours") {
            return None;
        }
        if self.refuse_for_hours {
            return Some(row.beyond);
        }
        let (kind, code) = (entity.key.kind.word(), entity.key.code.as_str());
        tracing::warn!(
            tenant = self.context.tenant,
            kind,
            code,
            beyond = row.beyond,
            "PTV's own hours are left as they are"
        );
        members.remove("serviceHours");
        members.remove("deleteAllServiceHours");
        None
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
        match self.writer.connect(&guid, &set.body).await {
            Ok(written) => {
                if !self.is_ours(&service.entity, &written) {
                    return Attempt::Stranger;
                }
                let left_out = self.left_out(service, &set.body, written.connected.as_ref());
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
    fn left_out(&self, service: &Stored, body: &Value, connected: Option<&BTreeSet<String>>) -> usize {
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
        sent.keys().filter(|guid| expected.contains(*guid) && !connected.contains(*guid)).count()
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
        let pushed = twin.pushed_body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
        let (Some(guid), Some(mut body)) = (twin.guid.clone(), pushed) else { return unchanged() };
        if let Some(body) = body.as_object_mut() {
            body.remove(RETAINED);
        }
        match self.writer.archive(path, &guid, &body).await {
            Ok(()) => {
                ARCHIVED.clone_into(&mut twin.status);
                twin.pushed_digest = None;
                twin.updated_at = self.now;
                Attempt::Done { act: Act::Archived, twin: Some(Box::new(twin)) }
            }
            Err(error) => failed(error),
        }
    }

    /// The organisations that PTV names must be the tenant's.
    fn is_ours(&self, entity: &Entity, written: &Written) -> bool {
        let ours = self.twins.organisations();
        let tenants = |id: &str| id.eq_ignore_ascii_case(self.context.organisation);
        let known = |id: &String| tenants(id) || ours.iter().any(|own| own.eq_ignore_ascii_case(id));
        match entity.key.kind {
            // One without a parent stands in no tree but its own.
            Kind::Organisation => {
                tenants(&written.guid) || (!written.owners.is_empty() && written.owners.iter().all(known))
            }
            _ => written.owners.iter().all(known),
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

/// A record that does not say whether others may link to it keeps what v12 shows: v11 shows it to nobody, and takes what
/// is not said for no.
pub(super) fn say_shared(entity: &Entity, twins: &Twins, body: &mut Value) {
    let says = match &entity.content {
        Content::Channel(channel) => channel.shared.is_some(),
        Content::ServicePoint(point) => point.shared.is_some(),
        _ => true,
    };
    if let (false, Some(true), Some(members)) = (says, twins.shared(&entity.key), body.as_object_mut()) {
        members.insert("isVisibleForAll".to_owned(), true.into());
    }
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
