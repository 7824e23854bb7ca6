//! Palvelupiste and its FyysinenPaikka (pat.md §4.6).

use super::blocks::{Address, Area, Hours, Phone, Point, WebPage};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct ServicePoint {
    pub name: Localised,
    pub summary: Localised,
    pub description: Localised,
    /// The organisation that owns it; the tenant's own when absent.
    pub organisation: Option<Code>,
    pub email: Option<String>,
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
    /// Others may link their services to it (yhteiskayttoinen).
    pub shared: bool,
}

/// Extra information (lisätieto) that we keep but do not interpret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// lisatietotyyppi.koodi
    pub kind: String,
    pub name: String,
    pub text: Localised,
}
