//! What the simulated PTV remembers: entities with their versions, source ids, connections, locks.
//! Holds no rule about bodies; `validate` asks it, `handlers` change it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::Value;

use super::Reference;
use super::json::{items, text};

/// The writable kinds of PTV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Organization,
    Service,
    EChannel,
    Phone,
    ServiceLocation,
    PrintableForm,
    WebPage,
    ServiceCollection,
}

impl Kind {
    pub(crate) const CHANNELS: [Self; 5] =
        [Self::EChannel, Self::Phone, Self::ServiceLocation, Self::PrintableForm, Self::WebPage];

    /// The kind's name in paths and in `serviceChannelType`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Service => "Service",
            Self::EChannel => "EChannel",
            Self::Phone => "Phone",
            Self::ServiceLocation => "ServiceLocation",
            Self::PrintableForm => "PrintableForm",
            Self::WebPage => "WebPage",
            Self::ServiceCollection => "ServiceCollection",
        }
    }

    pub(crate) fn is_channel(self) -> bool {
        Self::CHANNELS.contains(&self)
    }

    /// The space that source ids of this kind share (ptv-in-api §1.6).
    pub(crate) fn object_type(self) -> &'static str {
        if self.is_channel() { "ServiceChannel" } else { self.name() }
    }

    pub(crate) fn names_field(self) -> &'static str {
        match self {
            Self::Organization => "organizationNames",
            Self::Service => "serviceNames",
            Self::ServiceCollection => "serviceCollectionNames",
            _ => "serviceChannelNames",
        }
    }

    pub(crate) fn owner_field(self) -> &'static str {
        match self {
            Self::Organization => "parentOrganizationId",
            Self::Service => "mainResponsibleOrganization",
            _ => "organizationId",
        }
    }
}

/// Publishing status of a version (ptv-in-api §3.0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Draft,
    Published,
    Modified,
    Deleted,
}

impl Status {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Published => "Published",
            Self::Modified => "Modified",
            Self::Deleted => "Deleted",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Draft, Self::Published, Self::Modified, Self::Deleted].into_iter().find(|status| status.name() == name)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) status: Status,
    /// In the shape of the IN body.
    pub(crate) content: Value,
    pub(crate) languages: BTreeSet<String>,
    pub(crate) modified: Timestamp,
}

#[derive(Clone, Debug)]
pub(crate) struct Entity {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) created: u64,
    pub(crate) latest: Version,
    /// The published version below a Modified one.
    pub(crate) below: Option<Version>,
    /// Normalised names of all live versions, with their type, for the uniqueness rule.
    names: Vec<(String, Option<String>)>,
    /// What was before each change, the oldest first; the transfer to v12 looks back in it.
    past: Vec<(Timestamp, Standing)>,
}

/// How an entity stands for those who see published content only.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) published: Option<Version>,
    pub(crate) archived: bool,
}

/// As much of the past as the transfer to v12 can need in a simulation.
const MOST_PAST: usize = 16;

impl Entity {
    pub(crate) fn new(id: String, kind: Kind, created: u64, latest: Version) -> Self {
        let mut entity = Self { id, kind, created, latest, below: None, names: Vec::new(), past: Vec::new() };
        entity.index_names();
        entity
    }

    pub(crate) fn published(&self) -> Option<&Version> {
        if self.latest.status == Status::Published { Some(&self.latest) } else { self.below.as_ref() }
    }

    pub(crate) fn archived(&self) -> bool {
        self.latest.status == Status::Deleted
    }

    pub(crate) fn owner(&self) -> Option<&str> {
        text(&self.latest.content, self.kind.owner_field())
    }

    pub(crate) fn name(&self) -> Option<&str> {
        let names = items(&self.latest.content, self.kind.names_field());
        names.iter().find(|n| text(n, "type").is_none_or(|t| t == "Name")).and_then(|n| text(n, "value"))
    }

    /// A new version on top, with PTV's versioning (ptv-in-api §5).
    pub(crate) fn push(&mut self, version: Version) {
        let before = Standing { published: self.published().cloned(), archived: self.archived() };
        if self.past.len() == MOST_PAST {
            self.past.remove(0);
        }
        self.past.push((version.modified, before));
        match version.status {
            Status::Modified => {
                if self.latest.status == Status::Published {
                    self.below = Some(self.latest.clone());
                }
            }
            _ => self.below = None,
        }
        self.latest = version;
        self.index_names();
    }

    /// How it stood at a moment, or nothing when it was not there yet. The second is since when.
    pub(crate) fn as_of(&self, moment: Timestamp) -> Option<(std::borrow::Cow<'_, Standing>, Timestamp)> {
        use std::borrow::Cow;
        if self.latest.modified <= moment {
            let now = Standing { published: self.published().cloned(), archived: self.archived() };
            return Some((Cow::Owned(now), self.latest.modified));
        }
        // Each entry is what was before its moment, so the state at `moment` stands in the first change after it.
        let at = self.past.iter().position(|(changed, _)| *changed > moment)?;
        let since = at.checked_sub(1).and_then(|before| self.past.get(before)).map(|(changed, _)| *changed);
        let (_, standing) = self.past.get(at)?;
        let since = since.or_else(|| standing.published.as_ref().map(|version| version.modified))?;
        (since <= moment).then_some((Cow::Borrowed(standing), since))
    }

    fn index_names(&mut self) {
        let list = self.kind.names_field();
        let mut names = Vec::new();
        if !self.archived() {
            for version in [Some(&self.latest), self.below.as_ref()].into_iter().flatten() {
                for item in items(&version.content, list) {
                    if let Some(value) = text(item, "value") {
                        names.push((normal_name(value), text(item, "type").map(str::to_owned)));
                    }
                }
            }
        }
        self.names = names;
    }
}

/// Trimmed, inner spaces collapsed, case folded (ptv-in-api §3.0.5).
pub(crate) fn normal_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) content: Value,
    pub(crate) asti: bool,
    pub(crate) modified: Timestamp,
}

/// When a connection changed, and what was before.
type Change = (Timestamp, Option<Connection>);

/// 15 January 2024, noon in Helsinki: the lists do not say when a description was written.
const DESCRIBED_AT: Timestamp = Timestamp::constant(1_705_312_800, 0);

#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) entities: BTreeMap<String, Entity>,
    /// (user, object type, source id) → entity.
    source_ids: HashMap<(String, &'static str, String), String>,
    /// (user, entity) → source id.
    given_ids: HashMap<(String, String), String>,
    /// (service, channel) → connection.
    pub(crate) connections: BTreeMap<(String, String), Connection>,
    /// Of a pair: what was before each change, the oldest first; the transfer to v12 looks back in it.
    linked: BTreeMap<(String, String), Vec<Change>>,
    pub(crate) locked: HashSet<String>,
    pub(crate) archived_descriptions: HashSet<String>,
    /// General descriptions that DVV wrote since the lists were read, and when.
    pub(crate) written_descriptions: BTreeMap<String, (Value, Timestamp)>,
    pub(crate) sequence: u64,
}

impl Store {
    /// A published general description and its time, by id in lower case; those of the lists are of one old day.
    pub(crate) fn description<'a>(&'a self, reference: &'a Reference, id: &str) -> Option<(&'a Value, Timestamp)> {
        if self.archived_descriptions.contains(id) {
            return None;
        }
        let listed = || Some((reference.general_descriptions.get(id)?, DESCRIBED_AT));
        self.written_descriptions.get(id).map(|(value, at)| (value, *at)).or_else(listed)
    }

    /// The ids of all that are published.
    pub(crate) fn descriptions<'a>(&'a self, reference: &'a Reference) -> BTreeSet<&'a str> {
        let all = reference.general_descriptions.keys().chain(self.written_descriptions.keys());
        all.filter(|id| !self.archived_descriptions.contains(*id)).map(String::as_str).collect()
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Sets a connection as of its own time stamp.
    pub(crate) fn link(&mut self, pair: (String, String), connection: Connection) {
        let since = connection.modified;
        let before = self.connections.insert(pair.clone(), connection);
        self.remember(pair, since, before);
    }

    /// Removes the connections that are not to be kept.
    pub(crate) fn unlink(&mut self, now: Timestamp, keep: impl Fn(&str, &str, &Connection) -> bool) {
        let gone: Vec<(String, String)> = self
            .connections
            .iter()
            .filter(|((service, channel), connection)| !keep(service, channel, connection))
            .map(|(pair, _)| pair.clone())
            .collect();
        for pair in gone {
            let before = self.connections.remove(&pair);
            self.remember(pair, now, before);
        }
    }

    fn remember(&mut self, pair: (String, String), since: Timestamp, before: Option<Connection>) {
        let past = self.linked.entry(pair).or_default();
        if past.len() == MOST_PAST {
            past.remove(0);
        }
        past.push((since, before));
    }

    /// The connections of a moment, with since when each is as it is; `None` for one that was removed since then.
    pub(crate) fn links_as_of(
        &self,
        moment: Timestamp,
    ) -> impl Iterator<Item = (&(String, String), Option<&Connection>, Timestamp)> {
        self.linked.iter().filter_map(move |(pair, past)| {
            let after = past.iter().position(|(changed, _)| *changed > moment);
            let connection = match after {
                Some(at) => past.get(at).and_then(|(_, before)| before.as_ref()),
                None => self.connections.get(pair),
            };
            let last = after.unwrap_or(past.len()).checked_sub(1)?;
            past.get(last).map(|(changed, _)| (pair, connection, *changed))
        })
    }

    /// An entity of one of the kinds that share the path (all channel kinds do).
    pub(crate) fn find(&self, kind: Kind, id: &str) -> Option<&Entity> {
        self.entities.get(&id.to_lowercase()).filter(|entity| entity.kind.object_type() == kind.object_type())
    }

    pub(crate) fn published(&self, kind: Kind, id: &str) -> Option<&Entity> {
        self.find(kind, id).filter(|entity| entity.published().is_some())
    }

    pub(crate) fn by_source(&self, user: &str, kind: Kind, source_id: &str) -> Option<&Entity> {
        let key = (user.to_lowercase(), kind.object_type(), source_id.to_owned());
        self.source_ids.get(&key).and_then(|id| self.entities.get(id))
    }

    pub(crate) fn source_id(&self, user: &str, id: &str) -> Option<&str> {
        self.given_ids.get(&(user.to_lowercase(), id.to_owned())).map(String::as_str)
    }

    pub(crate) fn set_source_id(&mut self, user: &str, kind: Kind, id: &str, source_id: &str) {
        let user = user.to_lowercase();
        if let Some(old) = self.given_ids.insert((user.clone(), id.to_owned()), source_id.to_owned()) {
            self.source_ids.remove(&(user.clone(), kind.object_type(), old));
        }
        self.source_ids.insert((user, kind.object_type(), source_id.to_owned()), id.to_owned());
    }

    /// The organisation and everything below it.
    pub(crate) fn tree(&self, root: &str) -> HashSet<String> {
        let mut tree = HashSet::from([root.to_owned()]);
        let organizations: Vec<(&str, &str)> = self
            .entities
            .values()
            .filter(|entity| entity.kind == Kind::Organization)
            .filter_map(|entity| Some((entity.id.as_str(), entity.owner()?)))
            .collect();
        loop {
            let more: Vec<&str> = organizations
                .iter()
                .filter(|(id, parent)| tree.contains(*parent) && !tree.contains(*id))
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                return tree;
            }
            tree.extend(more.into_iter().map(str::to_owned));
        }
    }

    /// Levels from the main organisation down to this one; 1 for a main organisation. `None` on a cycle.
    pub(crate) fn depth(&self, id: &str) -> Option<usize> {
        let mut seen = HashSet::new();
        let mut current = Some(id);
        while let Some(id) = current {
            if !seen.insert(id) {
                return None;
            }
            current = self.entities.get(id).and_then(Entity::owner);
        }
        Some(seen.len())
    }

    /// Is one of these names taken by another entity of the same kind and organisation?
    pub(crate) fn name_taken(&self, kind: Kind, organization: &str, names: &[String], except: Option<&str>) -> bool {
        self.entities.values().any(|entity| {
            entity.kind == kind
                && Some(entity.id.as_str()) != except
                && entity.owner() == Some(organization)
                && entity.names.iter().any(|(name, name_type)| {
                    let counts = kind != Kind::Service || name_type.as_deref() == Some("Name");
                    counts && names.contains(name)
                })
        })
    }

    /// Archives published and draft services and channels untouched since before `limit` (ptv-in-api §4.7).
    pub(crate) fn expire(&mut self, limit: Timestamp, now: Timestamp) {
        let mut expired = HashSet::new();
        for entity in self.entities.values_mut() {
            let counts = entity.kind == Kind::Service || entity.kind.is_channel();
            let untouched =
                matches!(entity.latest.status, Status::Draft | Status::Published) && entity.latest.modified < limit;
            if counts && untouched {
                let version = Version { status: Status::Deleted, modified: now, ..entity.latest.clone() };
                entity.push(version);
                expired.insert(entity.id.clone());
            }
        }
        if !expired.is_empty() {
            self.unlink(now, |service, channel, _| !expired.contains(service) && !expired.contains(channel));
        }
    }

    /// Languages that a service and a channel share.
    pub(crate) fn share_language(&self, service: &str, channel: &str) -> bool {
        let languages = |id: &str| self.entities.get(id).map(|entity| &entity.latest.languages);
        match (languages(service), languages(channel)) {
            (Some(one), Some(other)) => one.intersection(other).next().is_some(),
            _ => false,
        }
    }
}
