//! Asiointi: the errand, what somebody wants to get done, and the ways of running it (pat.md §4.9).

use super::blocks::{Address, Email, Keyword, Phone, WebPage};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    pub kind: ErrandKind,
    pub name: Localised,
    /// Other names, any number per language (synonyymit).
    pub alternative_names: Vec<Keyword>,
    pub description: Localised,
    pub user_instruction: Localised,
    pub processing_time: Localised,
    pub validity: Localised,
    /// What it costs, as a text (hinta).
    pub costs: Localised,
    pub information: Localised,
    pub services: Vec<Code>,
    /// The organisation responsible for it (vastuutaho).
    pub responsible: Option<Code>,
    pub target_groups: Vec<String>,
    pub life_events: Vec<String>,
    pub languages: Vec<String>,
    pub web_pages: Vec<WebPage>,
    pub channels: Vec<ErrandChannel>,
    /// What the source groups it under (TPR's `service_id`); kept, never a key.
    pub group: Option<String>,
}

/// What the errand is (laji).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrandKind {
    Application,
    Notice,
    Permission,
    Appointment,
    Order,
    Enrolment,
    Advice,
    InformationService,
    Communication,
    Ecommerce,
    Other,
}

impl ErrandKind {
    pub const ALL: [ErrandKind; 11] = [
        ErrandKind::Application,
        ErrandKind::Notice,
        ErrandKind::Permission,
        ErrandKind::Appointment,
        ErrandKind::Order,
        ErrandKind::Enrolment,
        ErrandKind::Advice,
        ErrandKind::InformationService,
        ErrandKind::Communication,
        ErrandKind::Ecommerce,
        ErrandKind::Other,
    ];

    /// The word on the PAT wire (asiointilaji).
    pub fn word(self) -> &'static str {
        match self {
            ErrandKind::Application => "hakemus",
            ErrandKind::Notice => "ilmoitus",
            ErrandKind::Permission => "lupa",
            ErrandKind::Appointment => "ajanvaraus",
            ErrandKind::Order => "tilaus",
            ErrandKind::Enrolment => "ilmoittautuminen",
            ErrandKind::Advice => "neuvonta",
            ErrandKind::InformationService => "tietopalvelu",
            ErrandKind::Communication => "viestinta",
            ErrandKind::Ecommerce => "verkkokauppa",
            ErrandKind::Other => "muu",
        }
    }
}

/// One way of running an errand (kanava). It may stand for a channel or a service point that has a record of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrandChannel {
    pub kind: ErrandChannelKind,
    pub channel: Option<Code>,
    pub service_point: Option<Code>,
    pub name: Localised,
    pub description: Localised,
    pub requirements: Localised,
    pub user_instruction: Localised,
    /// When it serves, as a text.
    pub availability: Localised,
    pub languages: Vec<String>,
    pub web_pages: Vec<WebPage>,
    pub phones: Vec<Phone>,
    pub emails: Vec<Email>,
    /// Where, for `Local` and `Mail`.
    pub address: Option<Address>,
    pub flags: ErrandFlags,
}

/// What a way of running an errand can do; what the source does not say is false.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the source has seven independent answers, and so has the contract")]
pub struct ErrandFlags {
    pub requires_authentication: bool,
    pub electronic_processing: bool,
    pub electronic_decision: bool,
    pub payment_enabled: bool,
    pub saved_to_customer_folder: bool,
    pub for_personal_customers: bool,
    pub for_corporate_customers: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrandChannelKind {
    WebPage,
    EService,
    Telephone,
    Email,
    PrintableForm,
    Chat,
    Local,
    Mail,
}

impl ErrandChannelKind {
    pub const ALL: [ErrandChannelKind; 8] = [
        ErrandChannelKind::WebPage,
        ErrandChannelKind::EService,
        ErrandChannelKind::Telephone,
        ErrandChannelKind::Email,
        ErrandChannelKind::PrintableForm,
        ErrandChannelKind::Chat,
        ErrandChannelKind::Local,
        ErrandChannelKind::Mail,
    ];

    /// The word on the PAT wire (kanavalaji); where a channel record has one too, it is the same.
    pub fn word(self) -> &'static str {
        match self {
            ErrandChannelKind::WebPage => "verkkosivu",
            ErrandChannelKind::EService => "sahkoinen",
            ErrandChannelKind::Telephone => "puhelin",
            ErrandChannelKind::Email => "sahkoposti",
            ErrandChannelKind::PrintableForm => "tulostettava_lomake",
            ErrandChannelKind::Chat => "chat",
            ErrandChannelKind::Local => "paikallinen",
            ErrandChannelKind::Mail => "posti",
        }
    }
}
