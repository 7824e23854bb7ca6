//! An entity: one PAT record of a tenant, keyed by kind and code (design §1).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use super::actor::ContentOwner;
use super::{Actor, Channel, Class, Collection, Errand, Localised, Offer, Organisation, Service, ServicePoint};

/// The kind of a PAT record (laji). Codes are unique within a tenant and a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Organisaatio.
    Organisation,
    /// Palveluluokka.
    Class,
    /// Palvelukanava: e-channel, phone, web page or printable form.
    Channel,
    /// Palvelupiste.
    ServicePoint,
    /// Palvelu.
    Service,
    /// Palvelutarjous.
    Offer,
    /// Asiointi.
    Errand,
    /// Toimija.
    Actor,
    /// Palvelukokonaisuus.
    Collection,
}

impl Kind {
    pub const ALL: [Kind; 9] = [
        Kind::Organisation,
        Kind::Class,
        Kind::Channel,
        Kind::ServicePoint,
        Kind::Service,
        Kind::Offer,
        Kind::Errand,
        Kind::Actor,
        Kind::Collection,
    ];

    /// The word in the store, the change feed and the contracts.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Organisation => "organisation",
            Kind::Class => "class",
            Kind::Channel => "channel",
            Kind::ServicePoint => "servicePoint",
            Kind::Service => "service",
            Kind::Offer => "offer",
            Kind::Errand => "errand",
            Kind::Actor => "actor",
            Kind::Collection => "collection",
        }
    }

    /// The Finnish word on the PAT wire (`laji`, pat.md §9.3).
    pub fn laji(self) -> &'static str {
        match self {
            Kind::Organisation => "organisaatio",
            Kind::Class => "palveluluokka",
            Kind::Channel => "palvelukanava",
            Kind::ServicePoint => "palvelupiste",
            Kind::Service => "palvelu",
            Kind::Offer => "palvelutarjous",
            Kind::Errand => "asiointi",
            Kind::Actor => "toimija",
            Kind::Collection => "palvelukokonaisuus",
        }
    }

    pub fn from_laji(laji: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.laji() == laji)
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The code of a record (koodi): 1–100 printable characters without white space at the ends. An integer in Turku,
/// a prefixed pair for classes ("1_10"); text to us.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(Arc<str>);

impl Code {
    pub const MAX_CHARS: usize = 100;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Less than every code; no record has it.
    pub(super) fn least() -> Code {
        Code(Arc::default())
    }
}

impl FromStr for Code {
    type Err = InvalidCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = !text.is_empty()
            && text.trim() == text
            && text.chars().count() <= Code::MAX_CHARS
            && !text.chars().any(char::is_control);
        if fits { Ok(Code(text.into())) } else { Err(InvalidCode) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a code has 1–100 printable characters and no white space at its ends")]
pub struct InvalidCode;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityKey {
    pub kind: Kind,
    pub code: Code,
}

impl fmt::Display for EntityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.code)
    }
}

/// Life cycle (tila, pat.md §6.1). Only `Active` is shown to other agencies and sent to PTV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Active,
    Draft,
    Hidden,
    Archived,
    Deleted,
}

impl State {
    pub fn from_tila(code: &str) -> Option<State> {
        match code {
            "1" => Some(State::Active),
            "2" => Some(State::Draft),
            "3" => Some(State::Hidden),
            "4" => Some(State::Archived),
            "9" => Some(State::Deleted),
            _ => None,
        }
    }

    pub fn tila(self) -> &'static str {
        match self {
            State::Active => "1",
            State::Draft => "2",
            State::Hidden => "3",
            State::Archived => "4",
            State::Deleted => "9",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Draft => "draft",
            State::Hidden => "hidden",
            State::Archived => "archived",
            State::Deleted => "deleted",
        }
    }
}

/// The one system that may change an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Master(pub Arc<str>);

impl fmt::Display for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    pub key: EntityKey,
    pub state: State,
    /// When the source says it changed (muutospvm).
    pub changed: Option<Date>,
    /// The GUID that the source says PTV gave (ptv_id); opaque on reading, often not a GUID (pat.md §2).
    pub ptv_id: Option<String>,
    /// Who answers for the content (yhteyshenkilö) and who else (varahenkilö); never sent out.
    pub owner: Option<Box<ContentOwner>>,
    pub deputy: Option<Box<ContentOwner>>,
    /// Where the source keeps it (lahde); tells an older revision that comes late, and a code used twice.
    pub source: Option<Source>,
    pub content: Content,
}

/// The record's place at its source (lahde, pat.md §9.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// jarjestelma
    pub system: Option<String>,
    /// The source's own id, such as `node/4711`.
    pub id: Option<String>,
    /// The source's own revision; grows.
    pub version: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Organisation(Box<Organisation>),
    Class(Box<Class>),
    Channel(Box<Channel>),
    ServicePoint(Box<ServicePoint>),
    Service(Box<Service>),
    Offer(Box<Offer>),
    Errand(Box<Errand>),
    Actor(Box<Actor>),
    Collection(Box<Collection>),
}

impl Entity {
    pub fn name(&self) -> &Localised {
        match &self.content {
            Content::Organisation(it) => &it.name,
            Content::Class(it) => &it.name,
            Content::Channel(it) => &it.name,
            Content::ServicePoint(it) => &it.name,
            Content::Service(it) => &it.name,
            Content::Offer(it) => &it.name,
            Content::Errand(it) => &it.name,
            Content::Actor(it) => &it.name,
            Content::Collection(it) => &it.name,
        }
    }

    pub fn service(&self) -> Option<&Service> {
        match &self.content {
            Content::Service(service) => Some(service),
            _ => None,
        }
    }

    pub fn offer(&self) -> Option<&Offer> {
        match &self.content {
            Content::Offer(offer) => Some(offer),
            _ => None,
        }
    }

    pub fn channel(&self) -> Option<&Channel> {
        match &self.content {
            Content::Channel(channel) => Some(channel),
            _ => None,
        }
    }

    pub fn service_point(&self) -> Option<&ServicePoint> {
        match &self.content {
            Content::ServicePoint(point) => Some(point),
            _ => None,
        }
    }

    pub fn organisation(&self) -> Option<&Organisation> {
        match &self.content {
            Content::Organisation(organisation) => Some(organisation),
            _ => None,
        }
    }

    pub fn class(&self) -> Option<&Class> {
        match &self.content {
            Content::Class(class) => Some(class),
            _ => None,
        }
    }

    pub fn errand(&self) -> Option<&Errand> {
        match &self.content {
            Content::Errand(errand) => Some(errand),
            _ => None,
        }
    }

    pub fn actor(&self) -> Option<&Actor> {
        match &self.content {
            Content::Actor(actor) => Some(actor),
            _ => None,
        }
    }

    pub fn collection(&self) -> Option<&Collection> {
        match &self.content {
            Content::Collection(collection) => Some(collection),
            _ => None,
        }
    }

    pub fn is_active(&self) -> bool {
        self.state == State::Active
    }
}

/// An entity as the store holds it: its newest revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    pub entity: Entity,
    /// 1 for the first; every accepted change adds one.
    pub revision: u64,
    /// Its place in the tenant's change feed.
    pub sequence: u64,
    pub master: Master,
    pub changed_at: Timestamp,
}
