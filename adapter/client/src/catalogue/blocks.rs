//! The blocks that several kinds of record share (pat.md §4.10–4.14). Sources' quirks are not known here.

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use crate::common::words;

/// A text in any subset of the content languages (kieliversiot).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct LocalisedText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub fi: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub sv: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub en: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub se: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub smn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub sms: Option<String>,
}

/// A web page with its name (verkkosivu).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct WebPage {
    /// Address by language.
    #[yaserde(prefix = "c")]
    pub url: LocalisedText,
    /// Name of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub name: Option<LocalisedText>,
}

/// An e-mail address (sähköposti).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Email {
    /// The address.
    #[yaserde(prefix = "c")]
    pub address: String,
    /// The language that it serves; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub language: Option<Language>,
}

/// A phone number (puhelinnumero).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Phone {
    #[yaserde(prefix = "c")]
    pub kind: PhoneKind,
    /// Country code without plus; left out for national service numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "countryCode")]
    pub country_code: Option<String>,
    /// As the source writes it.
    #[yaserde(prefix = "c")]
    pub number: String,
    /// What the number is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "chargeType")]
    pub charge_type: Option<ChargeType>,
    /// What a call costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "chargeText")]
    pub charge_text: Option<LocalisedText>,
}

/// An address in Finland (osoite) and its point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Address {
    #[yaserde(prefix = "c")]
    pub kind: AddressKind,
    /// Street name; with the number in it when number is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub street: Option<LocalisedText>,
    /// Number of the building, with stair and flat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub number: Option<String>,
    /// Five digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "postalCode")]
    pub postal_code: Option<String>,
    /// Post office (postitoimipaikka).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "postOffice")]
    pub post_office: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub municipality: Option<String>,
    /// Name of the municipality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "municipalityName")]
    pub municipality_name: Option<LocalisedText>,
    /// WGS84, decimal degrees, as the source writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub latitude: Option<String>,
    /// WGS84, decimal degrees, as the source writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub longitude: Option<String>,
    /// ETRS-TM35FIN (EPSG:3067), whole metres, computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub northing: Option<String>,
    /// ETRS-TM35FIN (EPSG:3067), whole metres, computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub easting: Option<String>,
}

/// One row of opening hours (aukioloaika).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct OpeningHours {
    #[yaserde(prefix = "c")]
    pub kind: HoursKind,
    /// First weekday; left out on exceptions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "firstDay")]
    pub first_day: Option<u8>,
    /// Last weekday; equals firstDay for a single day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "lastDay")]
    pub last_day: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub opens: Option<String>,
    /// Earlier than opens when it closes the next day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub closes: Option<String>,
    /// First day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "validFrom")]
    pub valid_from: Option<String>,
    /// Last day of validity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "validTo")]
    pub valid_to: Option<String>,
    /// Text beside the times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// Open by appointment only (ajanvaraus).
    #[yaserde(prefix = "c", rename = "byAppointment")]
    pub by_appointment: bool,
}

/// A price (hinta). The amount is a text, not a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Price {
    /// hinnoittelutyyppi, free text of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub kind: Option<String>,
    /// What the price is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// The amount with its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub amount: Option<LocalisedText>,
}

/// Where it is available (saatavuusalue).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Area {
    #[yaserde(prefix = "c")]
    pub kind: AreaKind,
    /// The parts, with LimitedType only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub regions: Vec<Region>,
}

/// Regions of one kind by their national codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Region {
    #[yaserde(prefix = "c")]
    pub kind: RegionKind,
    /// National codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub codes: Vec<String>,
}

/// Legislation that the service rests on (laki).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Law {
    /// Name of the law.
    #[yaserde(prefix = "c")]
    pub name: LocalisedText,
    /// Address of the law, usually in Finlex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub url: Option<LocalisedText>,
}

/// A term of a local list, such as a service type, a district or an accessibility fact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Term {
    /// Code in the list that it stands in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub name: Option<LocalisedText>,
}

/// Service voucher (palveluseteli).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Voucher {
    /// Whether a voucher pays for the service.
    #[yaserde(prefix = "c", rename = "inUse")]
    pub in_use: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub links: Vec<WebPage>,
}

/// A file that goes with a channel (liite).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Attachment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub name: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub description: Option<LocalisedText>,
    /// Address by language.
    #[yaserde(prefix = "c")]
    pub url: LocalisedText,
}

/// Where a filled form goes (toimitusosoite).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Delivery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub receiver: Option<LocalisedText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub address: Option<Address>,
    /// How to hand it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub instruction: Option<LocalisedText>,
}

/// An address for electronic invoices (verkkolaskuosoite).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:catalogue:v1" })]
pub struct Invoicing {
    /// Operator of electronic invoices.
    #[yaserde(prefix = "c")]
    pub operator: String,
    /// Address at the operator.
    #[yaserde(prefix = "c")]
    pub address: String,
}

words! {
    /// Content language: Finnish, Swedish, English, Northern, Inari or Skolt Sami.
    pub enum Language {
        Fi = "fi",
        Sv = "sv",
        En = "en",
        Se = "se",
        Smn = "smn",
        Sms = "sms",
    }
}

words! {
    /// What answers at the number.
    pub enum PhoneKind {
        Phone = "phone",
        Fax = "fax",
        Sms = "sms",
    }
}

words! {
    /// What the address is for.
    pub enum AddressKind {
        Location = "location",
        Visiting = "visiting",
        Postal = "postal",
    }
}

words! {
    /// Kind of opening hours (aukiolotyyppi).
    pub enum HoursKind {
        Normal = "normal",
        NormalExtra = "normalExtra",
        Special = "special",
        ExceptionOpen = "exceptionOpen",
        ExceptionClosed = "exceptionClosed",
    }
}

words! {
    /// Whether it costs something (maksullisuus). Unknown when left out.
    pub enum ChargeType {
        Chargeable = "Chargeable",
        FreeOfCharge = "FreeOfCharge",
        Other = "Other",
    }
}

words! {
    /// Whether the area is the whole country or a part of it.
    pub enum AreaKind {
        Nationwide = "Nationwide",
        NationwideExceptAlandIslands = "NationwideExceptAlandIslands",
        LimitedType = "LimitedType",
    }
}

words! {
    /// Kind of the regions that the codes name.
    pub enum RegionKind {
        Municipality = "Municipality",
        Region = "Region",
        BusinessSubRegion = "BusinessSubRegion",
        HospitalDistrict = "HospitalDistrict",
        WellbeingServiceCounties = "WellbeingServiceCounties",
    }
}
