//! The records of the catalogue but for the service (pat.md §4.2, 4.4–4.7) and the change feed.

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::blocks::{
    Address, Area, Attachment, Delivery, Email, Invoicing, LocalisedText, OpeningHours, Phone, Price, Term, WebPage,
};
use crate::common::words;

/// A service class of the municipality (palveluluokka).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ServiceClass {
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
    /// What the national catalogue (PTV) calls it, usually a GUID; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvId")]
    pub ptv_id: Option<String>,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    /// Class above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub parent: Option<String>,
    /// The PTV class that it is mapped to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvUri")]
    pub ptv_uri: Option<String>,
}

/// A service at a place or by a channel (palvelutarjous).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Offer {
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
    /// What the national catalogue (PTV) calls it, usually a GUID; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvId")]
    pub ptv_id: Option<String>,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// Terms of access (palvelunsaannin ehdot).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub requirements: Option<LocalisedText>,
    /// Codes of the services offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub services: Vec<String>,
    /// Code of the service point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "servicePoint")]
    pub service_point: Option<String>,
    /// Codes of other channels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub channels: Vec<String>,
    /// Hours of this offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub hours: Vec<OpeningHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub prices: Vec<Price>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub phones: Vec<Phone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub emails: Vec<Email>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    /// Addresses of this offer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub addresses: Vec<Address>,
    /// Target groups (kohderyhmät).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "targetGroups")]
    pub target_groups: Vec<String>,
    /// Municipalities whose people it is for (kuntasaatavuudet).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub municipalities: Vec<String>,
}

/// A channel that is not a place (palvelukanava). Which members occur depends on its kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Channel {
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
    /// What the national catalogue (PTV) calls it, usually a GUID; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvId")]
    pub ptv_id: Option<String>,
    #[yaserde(prefix = "c")]
    pub kind: ChannelKind,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub summary: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// Organisation that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub organisation: Option<String>,
    /// Languages of service, ISO 639.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub area: Option<Area>,
    /// Whether others may link their services to it (yhteiskäyttöinen).
    #[yaserde(prefix = "c")]
    pub shared: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub hours: Vec<OpeningHours>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "supportPhones")]
    pub support_phones: Vec<Phone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "supportEmails")]
    pub support_emails: Vec<Email>,
    /// Web address: eChannel, webPage, phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub url: Option<LocalisedText>,
    /// eChannel: whether the user must identify (tunnistautuminen).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "requiresAuthentication")]
    pub requires_authentication: Option<bool>,
    /// eChannel: number of signatures, when it must be signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub signatures: Option<u32>,
    /// eChannel, webPage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub accessibility: Option<Accessibility>,
    /// phone: the numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub phones: Vec<Phone>,
    /// printableForm: identifier of the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "formIdentifier")]
    pub form_identifier: Option<LocalisedText>,
    /// printableForm: the files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub files: Vec<FormFile>,
    /// printableForm: where the filled form goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub delivery: Option<Delivery>,
    /// Files that go with it (liitteet).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub attachments: Vec<Attachment>,
    /// Codes of services that the source ties to it beside offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub services: Vec<String>,
}

/// Accessibility of a web address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Accessibility {
    #[yaserde(prefix = "c")]
    pub level: AccessibilityLevel,
    /// WCAG level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub wcag: Option<String>,
    /// Name of the accessibility statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "statementName")]
    pub statement_name: Option<LocalisedText>,
    /// Address of the accessibility statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "statementUrl")]
    pub statement_url: Option<LocalisedText>,
}

/// One file of a printable form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct FormFile {
    /// Format of the file, such as PDF.
    #[yaserde(prefix = "c")]
    pub kind: String,
    /// Address by language.
    #[yaserde(prefix = "c")]
    pub url: LocalisedText,
}

/// A service point (palvelupiste).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct ServicePoint {
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
    /// What the national catalogue (PTV) calls it, usually a GUID; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvId")]
    pub ptv_id: Option<String>,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub summary: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// Organisation that owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub organisation: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub addresses: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub phones: Vec<Phone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub emails: Vec<Email>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub hours: Vec<OpeningHours>,
    /// Languages of service, ISO 639.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub area: Option<Area>,
    /// Whether others may link their services to it (yhteiskäyttöinen).
    #[yaserde(prefix = "c")]
    pub shared: bool,
    /// Districts (kaupunginosat).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub districts: Vec<Term>,
    /// Accessibility facts of the place (esteettömyys).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub accessibility: Vec<Term>,
    /// Addresses of pictures.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub pictures: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub oid: Option<String>,
    /// Its number in the register of units (TPR).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "registryId")]
    pub registry_id: Option<String>,
    /// Codes of the offers at this place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub offers: Vec<String>,
}

/// An organisation (organisaatio).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Organisation {
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
    /// What the national catalogue (PTV) calls it, usually a GUID; opaque.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "ptvId")]
    pub ptv_id: Option<String>,
    #[yaserde(prefix = "c")]
    pub kind: OrganisationKind,
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "alternativeName")]
    pub alternative_name: Option<LocalisedText>,
    /// The name to show, where it is not the name (nayttonimi).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "displayName")]
    pub display_name: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub summary: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub municipality: Option<String>,
    /// Y-tunnus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "businessId")]
    pub business_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub oid: Option<String>,
    /// Organisation above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub parent: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub addresses: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub phones: Vec<Phone>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub emails: Vec<Email>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub invoicing: Vec<Invoicing>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub area: Option<Area>,
}

/// One entry of the change feed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Change {
    /// Place in the feed; grows, with gaps.
    #[yaserde(prefix = "c")]
    pub sequence: u64,
    #[yaserde(prefix = "c")]
    pub kind: RecordKind,
    #[yaserde(prefix = "c")]
    pub code: String,
    /// The revision that the change made.
    #[yaserde(prefix = "c")]
    pub revision: u64,
    /// When it was accepted.
    #[yaserde(prefix = "c", rename = "changedAt")]
    pub changed_at: String,
    /// Tombstone: the record is no longer shown.
    #[yaserde(prefix = "c")]
    pub deleted: bool,
}

words! {
    /// Life cycle of a record (tila). Other agencies see active records.
    pub enum RecordState {
        Active = "active",
        Draft = "draft",
        Hidden = "hidden",
        Archived = "archived",
        Deleted = "deleted",
    }
}

words! {
    /// Kind of a record.
    pub enum RecordKind {
        Organisation = "organisation",
        Class = "class",
        Channel = "channel",
        ServicePoint = "servicePoint",
        Service = "service",
        Offer = "offer",
        Errand = "errand",
    }
}

words! {
    /// Kind of a channel: sähköinen asiointikanava, puhelinkanava, verkkosivu, tulostettava lomake.
    pub enum ChannelKind {
        EChannel = "eChannel",
        Phone = "phone",
        WebPage = "webPage",
        PrintableForm = "printableForm",
    }
}

words! {
    /// Accessibility of a web address (saavutettavuus).
    pub enum AccessibilityLevel {
        FullyCompliant = "FullyCompliant",
        PartiallyCompliant = "PartiallyCompliant",
        NonCompliant = "NonCompliant",
        Unknown = "Unknown",
    }
}

words! {
    /// PTV organisation type.
    pub enum OrganisationKind {
        State = "State",
        Municipality = "Municipality",
        RegionalOrganization = "RegionalOrganization",
        Organization = "Organization",
        Company = "Company",
    }
}

words! {
    /// How a service is reached: a kind of channel, or a service point (palvelupiste).
    pub enum AccessKind {
        EChannel = "eChannel",
        Phone = "phone",
        WebPage = "webPage",
        PrintableForm = "printableForm",
        ServicePoint = "servicePoint",
    }
}
