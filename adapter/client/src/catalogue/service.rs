//! Palvelu, the service (pat.md §4.1).

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::blocks::{Area, ChargeType, Law, LocalisedText, Term, Voucher, WebPage};
use super::records::RecordState;
use crate::common::words;

/// A service (palvelu).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Service {
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
    /// Other names (synonyymit).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "alternativeNames")]
    pub alternative_names: Vec<LocalisedText>,
    /// tiivistelmä
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub summary: Option<LocalisedText>,
    /// kuvaus
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// How to proceed (toimintaohje).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "userInstruction")]
    pub user_instruction: Option<LocalisedText>,
    /// Conditions (palvelunsaannin ehdot).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub requirements: Option<LocalisedText>,
    /// käsittelyaika
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "processingTime")]
    pub processing_time: Option<LocalisedText>,
    /// määräaika
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub deadline: Option<LocalisedText>,
    /// voimassaolo
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub validity: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "chargeType")]
    pub charge_type: Option<ChargeType>,
    /// maksun lisätieto
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "chargeText")]
    pub charge_text: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub kind: Option<ServiceKind>,
    /// Whether the law obliges to offer it (lakisääteinen).
    #[yaserde(prefix = "c")]
    pub statutory: bool,
    #[yaserde(prefix = "c")]
    pub funding: Funding,
    /// Codes of service classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub classes: Vec<String>,
    /// Subject terms (asiasanat): addresses of KOKO concepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub terms: Vec<String>,
    /// Free keywords (avainsanat).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub keywords: Vec<LocalisedText>,
    /// Target groups (kohderyhmät).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "targetGroups")]
    pub target_groups: Vec<String>,
    /// Life events (elämäntilanteet).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "lifeEvents")]
    pub life_events: Vec<String>,
    /// Industrial classes (toimialat).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "industrialClasses")]
    pub industrial_classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub laws: Vec<Law>,
    /// PTV general description (pohjakuvaus) that it builds on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "generalDescription")]
    pub general_description: Option<String>,
    /// Languages of service, ISO 639.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub area: Option<Area>,
    /// Organisation responsible for it (vastuuorganisaatio).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "responsibleOrganisation")]
    pub responsible_organisation: Option<String>,
    /// Others responsible for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "otherResponsibleOrganisations")]
    pub other_responsible_organisations: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub producers: Vec<Producer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub voucher: Option<Voucher>,
    /// Service above it (ylapalvelu).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub parent: Option<String>,
    /// Local types (palvelutyypit).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub types: Vec<Term>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "webPages")]
    pub web_pages: Vec<WebPage>,
    /// lisätieto
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub information: Option<LocalisedText>,
    /// When and where it can be had, as a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub availability: Option<LocalisedText>,
    /// Codes of its offers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub offers: Vec<String>,
    /// Codes of the channels that its offers name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub channels: Vec<String>,
    /// Codes of the service points that its offers name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c", rename = "servicePoints")]
    pub service_points: Vec<String>,
}

/// Who produces the service and how (tuottaja).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Producer {
    #[yaserde(prefix = "c")]
    pub kind: ProvisionKind,
    /// Codes of organisations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub organisations: Vec<String>,
    /// Free text, such as producers without a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
}

words! {
    /// PTV service type. Left out when a general description gives it.
    pub enum ServiceKind {
        Service = "Service",
        PermitOrObligation = "PermitOrObligation",
        ProfessionalQualification = "ProfessionalQualification",
    }
}

words! {
    /// Who funds the service (rahoitus).
    pub enum Funding {
        PubliclyFunded = "PubliclyFunded",
        MarketFunded = "MarketFunded",
    }
}

words! {
    /// How the service is produced (toteutustapa).
    pub enum ProvisionKind {
        SelfProducedServices = "SelfProducedServices",
        ProcuredServices = "ProcuredServices",
        Other = "Other",
    }
}
