//! The versions of PTV's interface behind one seam: whoever plans, applies, compares or shows does not know which one is
//! spoken.
//!
//! What is written goes in as the complete state that `map` makes ([`Put`], v11's words), and what PTV holds comes out as
//! `seen`. [`Dialects`] knows who writes and who reads.

mod error;
mod login;
mod transport;
pub(in crate::ptv) mod v11;
pub mod v12;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

pub use self::error::PtvError;
use super::Settings;
use super::map::Context;
use super::mirror::Act;
use super::reference::Reference;
use super::seen::Seen;
use crate::model::{Entity, Lang};
use crate::store::twins::Twin;
use crate::world::{World, WorldError};

/// Which shelf of PTV an entity stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::ptv) enum Shelf {
    Organisation,
    Service,
    Channel,
    Collection,
}

impl Shelf {
    pub(in crate::ptv) fn of_twin(kind: &str) -> Option<Shelf> {
        match kind {
            "organisation" => Some(Shelf::Organisation),
            "service" => Some(Shelf::Service),
            "channel" | "servicePoint" => Some(Shelf::Channel),
            "collection" => Some(Shelf::Collection),
            _ => None,
        }
    }
}

/// How a body finds its twin in PTV.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ptv) enum Way {
    /// By the GUID that we know.
    Guid(String),
    /// By source id; created when PTV has none.
    Source,
}

impl Way {
    pub(in crate::ptv) fn of(entity: &Entity, known: Option<&Twin>, context: &Context<'_>) -> Way {
        let is_root = entity.organisation().is_some_and(|it| it.parent.is_none());
        let own = is_root.then(|| context.organisation.to_owned());
        known.and_then(|twin| twin.guid.clone()).or(own).map_or(Way::Source, Way::Guid)
    }

    /// How many calls it takes while PTV holds what we think it does.
    pub(in crate::ptv) fn calls(&self) -> u64 {
        match self {
            Way::Guid(_) => 1,
            Way::Source => 2,
        }
    }
}

/// One entity that is to be written whole.
pub(in crate::ptv) struct Put<'a> {
    pub(in crate::ptv) entity: &'a Entity,
    /// As `map` makes it.
    pub(in crate::ptv) body: &'a Value,
    pub(in crate::ptv) way: Way,
    pub(in crate::ptv) source_id: String,
    /// Its GUID was adopted and never written to: nothing is ever created in its place.
    pub(in crate::ptv) is_adopted: bool,
    /// We have written it under its GUID before.
    pub(in crate::ptv) was_written: bool,
    /// The languages in which it was sent before.
    pub(in crate::ptv) spoken: Vec<Lang>,
}

/// What PTV answered to a write.
pub(in crate::ptv) struct Written {
    pub(in crate::ptv) act: Act,
    pub(in crate::ptv) guid: String,
    /// GUIDs of the organisations that answer for it; of an organisation its parent.
    pub(in crate::ptv) owners: Vec<String>,
    /// Of a connection set: the channels that PTV says it has now, in lower case; none where it does not say.
    pub(in crate::ptv) connected: Option<BTreeSet<String>>,
}

/// A version of PTV's interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    #[default]
    V11,
    V12,
}

impl Version {
    pub fn word(self) -> &'static str {
        match self {
            Version::V11 => "v11",
            Version::V12 => "v12",
        }
    }

    pub fn from_word(word: &str) -> Option<Version> {
        [Version::V11, Version::V12].into_iter().find(|version| version.word() == word)
    }
}

/// A tenant's connections to PTV. Nothing of them is shared with another tenant's.
pub(in crate::ptv) struct Dialects {
    v11: v11::Client,
    v12: Option<v12::Client>,
    read: Version,
    login: Arc<login::Login>,
    choices: v12::Choices,
}

impl Dialects {
    pub(in crate::ptv) fn new(settings: &Settings, world: &World) -> Result<Dialects, WorldError> {
        let gateway = settings.versions.gateway.as_ref();
        let v12 = gateway.map(|gateway| v12::Client::new(&gateway.url, gateway.key.clone(), world)).transpose()?;
        let v12 = v12.map(|client| client.paced(settings.pace_per_second));
        let v11 = v11::Client::new(settings, world)?;
        Ok(Dialects {
            login: Arc::clone(v11.login()),
            v11,
            v12,
            read: settings.versions.read,
            choices: gateway.map(|gateway| gateway.choices.clone()).unwrap_or_default(),
        })
    }

    /// Writes through a version. One without its gateway never becomes the writer.
    pub(in crate::ptv) fn writer<'a>(&'a self, version: Version, reference: &'a Reference) -> Writer<'a> {
        match self.v12.as_ref().filter(|_| version == Version::V12) {
            Some(client) => Writer::V12(v12::Pen { client, login: &self.login, reference, choices: &self.choices }),
            None => Writer::V11(&self.v11),
        }
    }

    /// Who is asked what PTV holds.
    pub(in crate::ptv) fn reader<'a>(&'a self, reference: &'a Reference) -> Reader<'a> {
        match self.v12.as_ref().filter(|_| self.read == Version::V12) {
            Some(client) => Reader::V12(Box::new(v12::Look::new(client, reference))),
            None => Reader::V11(self.look_v11(reference)),
        }
    }

    pub(in crate::ptv) fn look_v11<'a>(&'a self, reference: &'a Reference) -> v11::Look<'a> {
        v11::Look { client: &self.v11, reference }
    }

    /// Version 12, where the tenant has its gateway.
    pub(in crate::ptv) fn v12(&self) -> Option<&v12::Client> {
        self.v12.as_ref()
    }

    /// Whom PTV takes the writer for: source ids belong to that name.
    pub(in crate::ptv) async fn user(&self) -> Result<String, PtvError> {
        self.v11.user().await
    }

    /// Version 11, whose contract is watched whoever writes.
    pub(in crate::ptv) fn v11(&self) -> &v11::Client {
        &self.v11
    }
}

/// Who writes.
#[derive(Clone, Copy)]
pub(in crate::ptv) enum Writer<'a> {
    V11(&'a v11::Client),
    V12(v12::Pen<'a>),
}

impl Writer<'_> {
    pub(in crate::ptv) async fn write(self, put: &Put<'_>) -> Result<Written, PtvError> {
        match self {
            Writer::V11(client) => client.write(put).await,
            Writer::V12(pen) => pen.write(put).await,
        }
    }

    /// `last` is the body that PTV last accepted.
    pub(in crate::ptv) async fn archive(self, path: &str, guid: &str, last: &Value) -> Result<(), PtvError> {
        match self {
            Writer::V11(client) => client.archive(path, guid, last).await,
            Writer::V12(pen) => pen.archive(path, guid).await,
        }
    }

    pub(in crate::ptv) async fn connect(self, service: &str, set: &Value) -> Result<Written, PtvError> {
        match self {
            Writer::V11(client) => client.connect(service, set).await,
            Writer::V12(pen) => pen.connect(service, set).await,
        }
    }
}

/// Who reads.
pub(in crate::ptv) enum Reader<'a> {
    V11(v11::Look<'a>),
    V12(Box<v12::Look<'a>>),
}

impl Reader<'_> {
    /// The organisation and all below it, in lower case.
    pub(in crate::ptv) async fn tree(&self, root: &str) -> Result<BTreeSet<String>, PtvError> {
        match self {
            Reader::V11(look) => look.tree(root).await,
            Reader::V12(look) => look.tree(root).await,
        }
    }

    /// Every published service and channel of an organisation, with the time of its change; only those that changed, or
    /// whose connections did, after a time.
    pub(in crate::ptv) async fn published(
        &self,
        organisation: &str,
        after: Option<Timestamp>,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        match self {
            Reader::V11(look) => look.published(organisation, after).await,
            Reader::V12(look) => look.published(organisation, after).await,
        }
    }

    /// Every published collection of an organisation, with the time of its change.
    pub(in crate::ptv) async fn collections(
        &self,
        organisation: &str,
    ) -> Result<BTreeMap<String, Option<Timestamp>>, PtvError> {
        match self {
            Reader::V11(look) => look.collections(organisation).await,
            Reader::V12(look) => look.collections(organisation).await,
        }
    }

    /// Whatever has a newest version, published or not, that is newer than a time.
    pub(in crate::ptv) async fn active(&self, shelf: Shelf, after: Timestamp) -> Result<BTreeSet<String>, PtvError> {
        match self {
            Reader::V11(look) => look.active(shelf, after).await,
            Reader::V12(_) => Ok(BTreeSet::new()),
        }
    }

    /// The published versions of these, as far as there are any, by GUID.
    pub(in crate::ptv) async fn read(
        &self,
        shelf: Shelf,
        guids: &[String],
    ) -> Result<BTreeMap<String, Seen>, PtvError> {
        match self {
            Reader::V11(look) => look.read(shelf, guids).await,
            Reader::V12(look) => look.read(shelf, guids).await,
        }
    }

    /// The newest version of one that is shown; none when it is archived or was never there.
    pub(in crate::ptv) async fn newest(&self, shelf: Shelf, guid: &str) -> Result<Option<Seen>, PtvError> {
        match self {
            Reader::V11(look) => look.newest(shelf, guid).await,
            Reader::V12(look) => look.newest(shelf, guid).await,
        }
    }

    /// Which of these an organisation has archived.
    pub(in crate::ptv) async fn archived(
        &self,
        organisation: &str,
        wanted: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, PtvError> {
        match self {
            Reader::V11(look) => look.archived(organisation, wanted).await,
            Reader::V12(look) => look.archived(wanted).await,
        }
    }
}
