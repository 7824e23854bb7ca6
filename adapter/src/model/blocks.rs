//! The blocks that several kinds share: hours, phones, prices, areas, laws, addresses (pat.md §4.10–4.14).

use jiff::civil::{Date, Time};

use super::{Lang, Localised};

/// Opening hours (aukioloaika, pat.md §4.12): one row of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    pub kind: HoursKind,
    /// First and last weekday, 1 = Monday … 7 = Sunday; absent on exceptions.
    pub days: Option<(u8, u8)>,
    pub opens: Option<Time>,
    /// `00:00` and `24:00` both mean midnight at the end of the day.
    pub closes: Option<Time>,
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    pub text: Localised,
    /// Open by appointment only (ajanvaraus).
    pub by_appointment: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HoursKind {
    /// normaali
    Normal,
    /// normaali extra
    NormalExtra,
    /// erityinen
    Special,
    /// poikkeus avoinna
    ExceptionOpen,
    /// poikkeus suljettu
    ExceptionClosed,
}

impl HoursKind {
    pub const ALL: [HoursKind; 5] = [
        HoursKind::Normal,
        HoursKind::NormalExtra,
        HoursKind::Special,
        HoursKind::ExceptionOpen,
        HoursKind::ExceptionClosed,
    ];

    /// The word on the PAT wire (aukiolotyyppi).
    pub fn word(self) -> &'static str {
        match self {
            HoursKind::Normal => "normaali",
            HoursKind::NormalExtra => "normaali extra",
            HoursKind::Special => "erityinen",
            HoursKind::ExceptionOpen => "poikkeus avoinna",
            HoursKind::ExceptionClosed => "poikkeus suljettu",
        }
    }
}

/// A phone number (puhelinnumero, pat.md §4.14).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// Country code without plus ("358"); absent for national service numbers.
    pub country: Option<String>,
    /// As the source writes it.
    pub number: String,
    pub kind: PhoneKind,
    pub description: Localised,
    pub charge: Option<ChargeType>,
    pub charge_text: Localised,
    /// A national service number (valtakunnallinen palvelunumero): no country code, keeps its leading zero.
    pub national: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneKind {
    Phone,
    Fax,
    Sms,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChargeType {
    Chargeable,
    FreeOfCharge,
    Other,
}

impl ChargeType {
    pub fn word(self) -> &'static str {
        match self {
            ChargeType::Chargeable => "Chargeable",
            ChargeType::FreeOfCharge => "FreeOfCharge",
            ChargeType::Other => "Other",
        }
    }
}

/// A price (hinta, pat.md §4.13). The amount is a text per language, not a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// hinnoittelutyyppi, free text of the source.
    pub kind: String,
    pub text: Localised,
    pub amount: Localised,
}

/// Where a service is available (saatavuusalue, pat.md §4.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Area {
    Nationwide,
    NationwideExceptAlandIslands,
    Limited(Vec<AreaCodes>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AreaCodes {
    pub kind: AreaKind,
    pub codes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AreaKind {
    Municipality,
    Region,
    BusinessSubRegion,
    HospitalDistrict,
    WellbeingServiceCounties,
}

impl AreaKind {
    pub const ALL: [AreaKind; 5] = [
        AreaKind::Municipality,
        AreaKind::Region,
        AreaKind::BusinessSubRegion,
        AreaKind::HospitalDistrict,
        AreaKind::WellbeingServiceCounties,
    ];

    pub fn word(self) -> &'static str {
        match self {
            AreaKind::Municipality => "Municipality",
            AreaKind::Region => "Region",
            AreaKind::BusinessSubRegion => "BusinessSubRegion",
            AreaKind::HospitalDistrict => "HospitalDistrict",
            AreaKind::WellbeingServiceCounties => "WellbeingServiceCounties",
        }
    }
}

/// A law (laki, pat.md §4.11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    pub name: Localised,
    pub url: Localised,
}

/// A web page with its name (verkkosivu, lisätieto).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebPage {
    pub url: Localised,
    pub name: Localised,
}

/// A street address in Finland (osoite, pat.md §4.6): one string with street and number, split only for PTV.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub street: Localised,
    /// Post office box, where that is the address (postilokero).
    pub post_box: Localised,
    pub postal_code: Option<String>,
    pub post_office: Localised,
    /// Three digits.
    pub municipality: Option<String>,
    pub municipality_name: Localised,
}

/// A point in WGS84 as decimal degrees, exactly as the source writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    pub latitude: String,
    pub longitude: String,
}

/// A term of a local list: a district, an accessibility fact. Codes are unique within a list only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    pub code: Option<String>,
    pub name: Localised,
}

/// An e-mail address with what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub address: String,
    pub description: Localised,
}

/// A keyword in one language (avainsana).
pub type Keyword = (Lang, String);
