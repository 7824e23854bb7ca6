//! Palvelu, Palveluluokka and Palvelutarjous (pat.md §4.1, 4.2, 4.4).

use super::actor::Participation;
use super::blocks::{Address, Area, ChargeType, Email, Hours, Keyword, Law, Phone, Price, WebPage};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: Localised,
    /// Other names, any number per language (vaihtoehtoinen nimi, synonyymit).
    pub alternative_names: Vec<Keyword>,
    pub summary: Localised,
    pub description: Localised,
    pub user_instruction: Localised,
    pub requirements: Localised,
    pub processing_time: Localised,
    pub deadline: Localised,
    pub validity: Localised,
    pub charge: Option<ChargeType>,
    pub charge_text: Localised,
    /// Absent when a general description gives it.
    pub kind: Option<ServiceKind>,
    pub statutory: bool,
    pub funding: Funding,
    /// Local classes; each is mapped to a PTV class where its record names one.
    pub classes: Vec<Code>,
    /// Subject terms: addresses of KOKO concepts.
    pub terms: Vec<String>,
    pub keywords: Vec<Keyword>,
    /// Target groups, life events and industrial classes: addresses of PTV's lists.
    pub target_groups: Vec<String>,
    pub life_events: Vec<String>,
    pub industries: Vec<String>,
    pub laws: Vec<Law>,
    /// The general description (pohjakuvaus) of PTV that it builds on.
    pub general_description: Option<String>,
    pub languages: Vec<String>,
    pub area: Option<Area>,
    pub responsible: Option<Code>,
    pub other_responsible: Vec<Code>,
    pub producers: Vec<Producer>,
    /// The parts that actors have in it (toimijat).
    pub participations: Vec<Participation>,
    pub voucher: Option<Voucher>,
    /// Parent service (ylapalvelu).
    pub parent: Option<Code>,
    /// Local facets (palvelutyyppi): code and name.
    pub types: Vec<(Code, Localised)>,
    /// The page that describes it (sivu).
    pub page: Localised,
    pub web_pages: Vec<WebPage>,
    /// Further information and availability as free text: kept and served, not sent to PTV.
    pub information: Localised,
    pub availability: Localised,
    /// What the source groups it under (TPR's `service_id`); kept, never a key.
    pub group: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceKind {
    Service,
    PermitOrObligation,
    ProfessionalQualification,
}

impl ServiceKind {
    pub const ALL: [ServiceKind; 3] =
        [ServiceKind::Service, ServiceKind::PermitOrObligation, ServiceKind::ProfessionalQualification];

    pub fn word(self) -> &'static str {
        match self {
            ServiceKind::Service => "Service",
            ServiceKind::PermitOrObligation => "PermitOrObligation",
            ServiceKind::ProfessionalQualification => "ProfessionalQualification",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    PubliclyFunded,
    MarketFunded,
}

impl Funding {
    pub fn word(self) -> &'static str {
        match self {
            Funding::PubliclyFunded => "PubliclyFunded",
            Funding::MarketFunded => "MarketFunded",
        }
    }
}

/// Service voucher (palveluseteli).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    pub in_use: bool,
    pub links: Vec<WebPage>,
}

/// Who produces the service and how (tuottaja, toteutustapa).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Producer {
    pub kind: Provision,
    pub organisations: Vec<Code>,
    pub text: Localised,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provision {
    SelfProducedServices,
    ProcuredServices,
    Other,
}

impl Provision {
    pub const ALL: [Provision; 3] = [Provision::SelfProducedServices, Provision::ProcuredServices, Provision::Other];

    pub fn word(self) -> &'static str {
        match self {
            Provision::SelfProducedServices => "SelfProducedServices",
            Provision::ProcuredServices => "ProcuredServices",
            Provision::Other => "Other",
        }
    }
}

/// Palveluluokka of the tenant's own tree, with its map to PTV's class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub name: Localised,
    pub parent: Option<Code>,
    pub ptv_uri: Option<String>,
}

/// Palvelutarjous: a service at a place or by a channel, with its own terms (PTV's Connection).
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub name: Localised,
    pub description: Localised,
    pub terms: Localised,
    pub services: Vec<Code>,
    pub service_point: Option<Code>,
    pub channels: Vec<Code>,
    pub hours: Vec<Hours>,
    pub prices: Vec<Price>,
    pub phones: Vec<Phone>,
    pub emails: Vec<Email>,
    pub web_pages: Vec<WebPage>,
    pub addresses: Vec<Address>,
    /// For whom, as codes or addresses of the source (kohderyhmät).
    pub target_groups: Vec<String>,
    /// For the people of which municipalities: three digits each (kuntasaatavuudet).
    pub municipalities: Vec<String>,
    /// Who offers it (toimija_id): a producer of its services.
    pub actor: Option<Code>,
}

impl Offer {
    /// Of no service, or at no place and by no channel: kept as a draft, shown to nobody (pat.md §4.4).
    pub fn is_groundless(&self) -> bool {
        self.services.is_empty() || (self.service_point.is_none() && self.channels.is_empty())
    }
}
