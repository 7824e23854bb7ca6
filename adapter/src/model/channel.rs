//! Palvelukanava: the four kinds that are not a place (pat.md §4.5).

use std::collections::BTreeMap;

use super::blocks::{Address, Area, Hours, Phone};
use super::{Code, Lang, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub name: Localised,
    pub summary: Localised,
    pub description: Localised,
    pub organisation: Option<Code>,
    pub languages: Vec<String>,
    pub area: Option<Area>,
    /// Others may link their services to it (yhteiskayttoinen); none when the record does not say.
    pub shared: Option<bool>,
    pub hours: Vec<Hours>,
    pub support_phones: Vec<Phone>,
    pub support_emails: Vec<String>,
    /// Services that the source ties to it beside offers (palvelut).
    pub services: Vec<Code>,
    /// Files that go with an e-channel or a form (liitteet).
    pub attachments: Vec<Attachment>,
    pub detail: ChannelDetail,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ChannelDetail {
    /// Sähköinen asiointikanava.
    EChannel {
        url: Localised,
        /// Required; an editor's choice, never guessed (pat.md §8.5).
        authentication: bool,
        /// Number of signatures, when it must be signed.
        signatures: Option<u32>,
        accessibility: BTreeMap<Lang, Accessibility>,
    },
    /// Puhelinkanava.
    Phone { numbers: Vec<Phone>, url: Localised },
    /// Verkkosivu.
    WebPage { url: Localised, accessibility: BTreeMap<Lang, Accessibility> },
    /// Tulostettava lomake.
    PrintableForm { identifier: Localised, files: Vec<FormFile>, delivery: Option<Delivery> },
}

impl ChannelDetail {
    /// The word in the contracts (pat.md §4.5, kind table).
    pub fn word(&self) -> &'static str {
        match self {
            ChannelDetail::EChannel { .. } => "eChannel",
            ChannelDetail::Phone { .. } => "phone",
            ChannelDetail::WebPage { .. } => "webPage",
            ChannelDetail::PrintableForm { .. } => "printableForm",
        }
    }
}

/// Where a filled form goes (toimitusosoite): an address with its receiver, or an instruction alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub receiver: Localised,
    pub address: Address,
    pub instruction: Localised,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub name: Localised,
    pub description: Localised,
    pub url: Localised,
}

/// Accessibility of a web address in one language (saavutettavuus). «Unknown» where the source says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accessibility {
    pub level: AccessibilityLevel,
    /// WCAG level, with the compliant levels only.
    pub wcag: Option<String>,
    pub statement_name: Option<String>,
    pub statement_url: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessibilityLevel {
    FullyCompliant,
    PartiallyCompliant,
    NonCompliant,
    Unknown,
}

impl AccessibilityLevel {
    pub const ALL: [AccessibilityLevel; 4] = [
        AccessibilityLevel::FullyCompliant,
        AccessibilityLevel::PartiallyCompliant,
        AccessibilityLevel::NonCompliant,
        AccessibilityLevel::Unknown,
    ];

    pub fn word(self) -> &'static str {
        match self {
            AccessibilityLevel::FullyCompliant => "FullyCompliant",
            AccessibilityLevel::PartiallyCompliant => "PartiallyCompliant",
            AccessibilityLevel::NonCompliant => "NonCompliant",
            AccessibilityLevel::Unknown => "Unknown",
        }
    }
}

/// One file of a printable form (tiedosto): PDF, DOC, Excel, rtf or odt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormFile {
    pub kind: String,
    pub url: Localised,
}
