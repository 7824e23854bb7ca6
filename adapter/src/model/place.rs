//! Palvelupiste and its FyysinenPaikka (pat.md §4.6).

use super::blocks::{Address, Area, Hours, Phone, Point, Term, WebPage};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct ServicePoint {
    pub name: Localised,
    pub summary: Localised,
    pub description: Localised,
    /// The organisation that owns it; the tenant's own when absent.
    pub organisation: Option<Code>,
    pub emails: Vec<String>,
    pub phones: Vec<Phone>,
    /// Extra information that is a web page (lisätiedot of types 3, 6 and 18).
    pub web_pages: Vec<WebPage>,
    /// Extra information that stays local (types 5 and 16 and those we do not know).
    pub notes: Vec<Note>,
    pub addresses: Vec<Address>,
    pub point: Option<Point>,
    pub hours: Vec<Hours>,
    pub languages: Vec<String>,
    pub area: Option<Area>,
    /// Others may link their services to it (yhteiskayttoinen); none when the record does not say.
    pub shared: Option<bool>,
    pub postal_address: Option<Address>,
    pub visiting_address: Option<Address>,
    /// Where invoices go (laskutusosoite): not sent to PTV, nor told to other agencies.
    pub billing_address: Option<Address>,
    /// kaupunginosa
    pub districts: Vec<Term>,
    /// Accessibility facts (esteettömyys). PTV has its own from the national register.
    pub accessibility: Vec<Term>,
    /// Who is responsible for the place (vastuuhenkilö): a person, never sent out.
    pub responsible: Localised,
    /// The place's number in the register of units (TPR).
    pub registry_id: Option<String>,
    pub oid: Option<String>,
}

/// Types of extra information that we know (lisätietotyyppi, pat.md §4.6).
pub const PICTURE: &str = "5";

/// Extra information (lisätieto) that we keep but do not interpret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// lisatietotyyppi.koodi
    pub kind: String,
    pub name: String,
    pub names: Localised,
    pub text: Localised,
}
