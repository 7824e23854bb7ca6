//! Organisaatio (pat.md §4.7).

use super::blocks::{Address, Area, Email, Phone, WebPage};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct Organisation {
    pub name: Localised,
    pub alternative_name: Localised,
    /// The name to show (nayttonimi); the name itself where it is absent.
    pub display_name: Localised,
    pub kind: OrganisationKind,
    /// Three digits; a municipality has one.
    pub municipality: Option<String>,
    /// Y-tunnus with a right check digit.
    pub business_id: Option<String>,
    pub oid: Option<String>,
    pub parent: Option<Code>,
    pub summary: Localised,
    pub description: Localised,
    pub area: Option<Area>,
    pub emails: Vec<Email>,
    pub phones: Vec<Phone>,
    pub web_pages: Vec<WebPage>,
    pub visiting_address: Option<Address>,
    pub postal_address: Option<Address>,
    /// Addresses for electronic invoices: operator and address (verkkolaskuosoite).
    pub invoicing: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationKind {
    State,
    Municipality,
    RegionalOrganization,
    Organization,
    Company,
}

impl OrganisationKind {
    pub const ALL: [OrganisationKind; 5] = [
        OrganisationKind::State,
        OrganisationKind::Municipality,
        OrganisationKind::RegionalOrganization,
        OrganisationKind::Organization,
        OrganisationKind::Company,
    ];

    pub fn word(self) -> &'static str {
        match self {
            OrganisationKind::State => "State",
            OrganisationKind::Municipality => "Municipality",
            OrganisationKind::RegionalOrganization => "RegionalOrganization",
            OrganisationKind::Organization => "Organization",
            OrganisationKind::Company => "Company",
        }
    }
}
