//! What v12 sees: v11's content as of a moment ago, with what was edited on the v12 side (ptv-v12 §5, §8).

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::write::Written;
use super::{Desk, show};
use crate::ptv::json::text;
use crate::ptv::store::{Connection, Entity, Kind, Version};

/// The collections of paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Organization,
    Service,
    Channel,
    Collection,
    Description,
}

impl Family {
    pub(super) fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "organization" => Self::Organization,
            "service" => Self::Service,
            "service-channel" => Self::Channel,
            "service-collection" => Self::Collection,
            "general-description" => Self::Description,
            _ => return None,
        })
    }

    fn holds(self, kind: Kind) -> bool {
        match self {
            Self::Organization => kind == Kind::Organization,
            Self::Service => kind == Kind::Service,
            Self::Channel => kind.is_channel(),
            Self::Collection => kind == Kind::ServiceCollection,
            Self::Description => false,
        }
    }
}

/// How an id stands.
pub(super) enum Moment<'a> {
    Published(Object<'a>),
    NotPublished,
    Unknown,
}

/// A published object.
pub(super) struct Object<'a> {
    pub(super) cid: String,
    pub(super) family: Family,
    source: Source<'a>,
    pub(super) published_at: Option<Timestamp>,
}

enum Source<'a> {
    Entity(&'a Entity, Cow<'a, Version>),
    Description(&'a Value),
    Written(&'a Written),
}

impl Object<'_> {
    /// The organisation it belongs to, without rendering it.
    pub(super) fn owner(&self) -> Option<&str> {
        match &self.source {
            Source::Entity(entity, version) => text(&version.content, entity.kind.owner_field()),
            Source::Description(_) => Some(show::DESCRIBER),
            Source::Written(written) if written.family == Family::Organization => {
                text(&written.shown, "parentOrganizationContentId")
            }
            Source::Written(written) => text(&written.shown, "organizationContentId"),
        }
    }

    pub(super) fn parent(&self) -> Option<String> {
        self.owner().map(str::to_lowercase)
    }

    /// The read model; a collection shows its members in detail only.
    pub(super) fn show(&self, desk: &Desk<'_>, detail: bool) -> Value {
        let mut shown = match &self.source {
            Source::Entity(entity, version) => show::entity(desk, entity, version, detail),
            Source::Description(value) => show::description(desk, value),
            Source::Written(written) => written.shown.clone(),
        };
        if let Some(map) = shown.as_object_mut() {
            map.insert("contentId".to_owned(), json!(self.cid));
            if self.family != Family::Collection {
                map.insert("publishedAt".to_owned(), json!(self.published_at.map(show::stamp)));
            }
        }
        super::control::apply(desk, &self.cid, &mut shown);
        shown
    }
}

/// The id in v12 of an entity of v11.
fn cid(desk: &Desk<'_>, id: &str) -> String {
    if desk.switches().other_ids { format!("ffffffff{}", id.get(8..).unwrap_or_default()) } else { id.to_owned() }
}

pub(super) fn find<'a>(desk: &'a Desk<'_>, family: Family, wanted: &str) -> Moment<'a> {
    if family == Family::Description {
        let archived = desk.state.store.archived_descriptions.contains(wanted);
        return match desk.state.store.description(&desk.config.reference, wanted) {
            Some((value, at)) => Moment::Published(described(wanted, value, at)),
            None if archived => Moment::NotPublished,
            None => Moment::Unknown,
        };
    }
    if let Some(written) = desk.state.v12.written(wanted) {
        return if written.family != family {
            Moment::Unknown
        } else if written.archived {
            Moment::NotPublished
        } else {
            Moment::Published(of_v12(desk, wanted, written))
        };
    }
    let found = desk.state.store.entities.values().find(|entity| cid(desk, &entity.id) == wanted);
    let Some(entity) = found.filter(|entity| family.holds(entity.kind)) else { return Moment::Unknown };
    let Some((standing, _)) = entity.as_of(desk.moment) else { return Moment::Unknown };
    if standing.published.is_none() || standing.archived {
        return Moment::NotPublished;
    }
    object(desk, entity, family).map_or(Moment::NotPublished, Moment::Published)
}

/// What v12 itself holds stands before what was transferred.
fn of_v12<'a>(desk: &Desk<'_>, cid: &str, written: &'a Written) -> Object<'a> {
    let edited = super::control::edited_at(desk, cid);
    let published_at = Some(edited.map_or(written.at, |at| at.max(written.at)));
    Object { cid: cid.to_owned(), family: written.family, source: Source::Written(written), published_at }
}

fn described<'a>(id: &str, value: &'a Value, at: Timestamp) -> Object<'a> {
    Object {
        cid: id.to_owned(),
        family: Family::Description,
        source: Source::Description(value),
        published_at: Some(at),
    }
}

fn object<'a>(desk: &Desk<'_>, entity: &'a Entity, family: Family) -> Option<Object<'a>> {
    let (standing, _) = entity.as_of(desk.moment)?;
    let version = match standing {
        Cow::Borrowed(standing) => Cow::Borrowed(standing.published.as_ref()?),
        Cow::Owned(standing) => Cow::Owned(standing.published?),
    };
    let cid = cid(desk, &entity.id);
    let edited = super::control::edited_at(desk, &cid);
    let published_at = Some(edited.map_or(version.modified, |at| at.max(version.modified)));
    Some(Object { cid, family, source: Source::Entity(entity, version), published_at })
}

/// Everything published of a family, in the order of creation.
pub(super) fn published<'a>(desk: &'a Desk<'_>, family: Family) -> Vec<Object<'a>> {
    if family == Family::Description {
        let (store, reference) = (&desk.state.store, &desk.config.reference);
        let one = |id: &'a str| store.description(reference, id).map(|(value, at)| described(id, value, at));
        return store.descriptions(reference).into_iter().filter_map(one).collect();
    }
    let mut entities: Vec<&Entity> =
        desk.state.store.entities.values().filter(|entity| family.holds(entity.kind)).collect();
    entities.sort_by_key(|entity| entity.created);
    let transferred = entities.into_iter().filter_map(|entity| object(desk, entity, family));
    let mut all: Vec<Object<'a>> = transferred.filter(|it| desk.state.v12.written(&it.cid).is_none()).collect();
    let own = desk.state.v12.objects.iter().filter(|(_, written)| written.family == family && !written.archived);
    all.extend(own.map(|(cid, written)| of_v12(desk, cid, written)));
    all
}

/// Ids archived since a moment, with when.
pub(super) fn archived(desk: &Desk<'_>, family: Family, since: Timestamp) -> Vec<String> {
    let own = desk.state.v12.objects.iter().filter(|(_, it)| it.family == family && it.archived && it.at >= since);
    let entities = desk.state.store.entities.values().filter(|entity| family.holds(entity.kind));
    entities
        .filter(|entity| entity.as_of(desk.moment).is_some_and(|(standing, at)| standing.archived && at >= since))
        .map(|entity| cid(desk, &entity.id))
        .filter(|id| desk.state.v12.written(id).is_none())
        .chain(own.map(|(id, _)| id.clone()))
        .collect()
}

/// The main organisation above one, by the parents of all.
pub(super) fn root<'a>(parents: &'a BTreeMap<String, String>, id: &'a str) -> &'a str {
    let mut at = id;
    // A tree deeper than this is a cycle.
    for _ in 0..32 {
        match parents.get(at) {
            Some(above) => at = above,
            None => break,
        }
    }
    at
}

/// A connection whose both ends are published.
pub(super) struct Linked<'a> {
    pub(super) pair: (String, String),
    source: LinkSource<'a>,
    pub(super) published_at: Timestamp,
}

enum LinkSource<'a> {
    /// With the languages that both ends have.
    Transferred(&'a Connection, Vec<String>),
    Written(&'a Value),
}

impl Linked<'_> {
    pub(super) fn show(&self, desk: &Desk<'_>) -> Value {
        let (service, channel) = &self.pair;
        let mut shown = match &self.source {
            LinkSource::Transferred(connection, languages) => {
                show::connection(desk, &self.pair, &connection.content, languages)
            }
            LinkSource::Written(value) => (*value).clone(),
        };
        if let Some(map) = shown.as_object_mut() {
            map.insert("publishedAt".to_owned(), json!(show::stamp(self.published_at)));
        }
        super::control::apply(desk, &format!("{service}/{channel}"), &mut shown);
        shown
    }
}

pub(super) fn connections<'a>(desk: &'a Desk<'_>) -> Vec<Linked<'a>> {
    let languages = |id: &str| {
        let (standing, _) = desk.state.store.entities.get(id)?.as_of(desk.moment)?;
        standing.published.as_ref().map(|version| version.languages.clone())
    };
    let mut seen = Vec::new();
    for ((service, channel), connection, since) in desk.state.store.links_as_of(desk.moment) {
        let (Some(connection), Some(one), Some(other)) = (connection, languages(service), languages(channel)) else {
            continue;
        };
        let pair = (cid(desk, service), cid(desk, channel));
        if desk.state.v12.links.contains_key(&pair) {
            continue;
        }
        let languages = one.intersection(&other).cloned().collect();
        seen.push(Linked { pair, source: LinkSource::Transferred(connection, languages), published_at: since });
    }
    for (pair, link) in &desk.state.v12.links {
        if let Some((value, at)) = link {
            seen.push(Linked { pair: pair.clone(), source: LinkSource::Written(value), published_at: *at });
        }
    }
    seen
}

/// Connections that went away since a moment.
pub(super) fn removed_connections(desk: &Desk<'_>, since: Timestamp) -> usize {
    let all = desk.state.store.links_as_of(desk.moment);
    all.filter(|(_, connection, at)| connection.is_none() && *at >= since).count()
}
