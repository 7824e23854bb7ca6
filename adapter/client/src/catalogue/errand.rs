//! Asiointi, the errand, with the ways of running it (pat.md §4.9).

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::blocks::{Address, Email, LocalisedText, Phone, WebPage};
use super::records::RecordState;
use crate::common::words;

/// An errand (asiointi): an application, a notice, an appointment and the like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Errand {
    /// Code of the record (koodi).
    #[yaserde(prefix = "c")]
    pub code: String,
    /// Life cycle (tila).
    #[yaserde(prefix = "c")]
    pub state: RecordState,
    /// Number of the revision, 1 for the first.
    #[yaserde(prefix = "c")]
    pub revision: u64,
    /// When this revision was accepted.
    #[yaserde(prefix = "c", rename = "changedAt")]
    pub changed_at: String,
    #[yaserde(prefix = "c")]
    pub kind: ErrandKind,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    /// Other names (synonyymit).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "alternativeNames")]
    pub alternative_names: Vec<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// How to proceed (toimintaohje).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "userInstruction")]
    pub user_instruction: Option<LocalisedText>,
    /// käsittelyaika
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "processingTime")]
    pub processing_time: Option<LocalisedText>,
    /// voimassaolo
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub validity: Option<LocalisedText>,
    /// What it costs, as a text (hinta).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub costs: Option<LocalisedText>,
    /// lisätieto
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub information: Option<LocalisedText>,
    /// Codes of the services that the errand belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub services: Vec<String>,
    /// Organisation responsible for it (vastuutaho).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "responsibleOrganisation")]
    pub responsible_organisation: Option<String>,
    /// Target groups (kohderyhmät).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "targetGroups")]
    pub target_groups: Vec<String>,
    /// Life events (elämäntilanteet).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "lifeEvents")]
    pub life_events: Vec<String>,
    /// Languages of service, ISO 639.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    /// By what it is run, at least one way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub channels: Vec<ErrandChannel>,
}

/// One way of running an errand (kanava).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
#[expect(clippy::struct_excessive_bools, reason = "the contract has seven independent answers")]
pub struct ErrandChannel {
    #[yaserde(prefix = "c")]
    pub kind: ErrandChannelKind,
    /// Code of the channel record that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<String>,
    /// Code of the service point that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "servicePoint")]
    pub service_point: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub name: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// What it demands of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub requirements: Option<LocalisedText>,
    /// How to proceed (toimintaohje).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "userInstruction")]
    pub user_instruction: Option<LocalisedText>,
    /// When it serves, as a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub availability: Option<LocalisedText>,
    /// Languages of service, ISO 639.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub languages: Vec<String>,
    /// Addresses of the web.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub phones: Vec<Phone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub emails: Vec<Email>,
    /// local and mail: where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub address: Option<Address>,
    /// Whether the user must identify (tunnistautuminen).
    #[yaserde(prefix = "c", rename = "requiresAuthentication")]
    pub requires_authentication: bool,
    /// Whether the matter is handled electronically.
    #[yaserde(prefix = "c", rename = "electronicProcessing")]
    pub electronic_processing: bool,
    /// Whether the decision comes electronically.
    #[yaserde(prefix = "c", rename = "electronicDecision")]
    pub electronic_decision: bool,
    /// Whether one can pay there.
    #[yaserde(prefix = "c", rename = "paymentEnabled")]
    pub payment_enabled: bool,
    /// Whether the user finds the matter again in a folder of their own.
    #[yaserde(prefix = "c", rename = "savedToCustomerFolder")]
    pub saved_to_customer_folder: bool,
    #[yaserde(prefix = "c", rename = "forPersonalCustomers")]
    pub for_personal_customers: bool,
    #[yaserde(prefix = "c", rename = "forCorporateCustomers")]
    pub for_corporate_customers: bool,
}

words! {
    /// What the errand is (asiointilaji).
    pub enum ErrandKind {
        Application = "application",
        Notice = "notice",
        Permission = "permission",
        Appointment = "appointment",
        Order = "order",
        Enrolment = "enrolment",
        Advice = "advice",
        InformationService = "informationService",
        Communication = "communication",
        Ecommerce = "ecommerce",
        Other = "other",
    }
}

words! {
    /// By what an errand is run (kanavalaji).
    pub enum ErrandChannelKind {
        WebPage = "webPage",
        EService = "eService",
        Telephone = "telephone",
        Email = "email",
        PrintableForm = "printableForm",
        Chat = "chat",
        Local = "local",
        Mail = "mail",
    }
}
