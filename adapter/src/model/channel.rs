//! Palvelukanava: the four kinds that are not a place (pat.md §4.5).

use super::blocks::{Area, Hours, Phone};
use super::{Code, Localised};

#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    pub name: Localised,
    pub summary: Localised,
    pub description: Localised,
    pub organisation: Option<Code>,
    pub languages: Vec<String>,
    pub area: Option<Area>,
    pub shared: bool,
    pub hours: Vec<Hours>,
    pub support_phones: Vec<Phone>,
    pub support_emails: Localised,
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
        accessibility: Accessibility,
    },
    /// Puhelinkanava.
    Phone { numbers: Vec<Phone>, url: Localised },
    /// Verkkosivu.
    WebPage { url: Localised, accessibility: Accessibility },
    /// Tulostettava lomake.
    PrintableForm { identifier: Localised, files: Vec<FormFile> },
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

/// Accessibility of a web address (saavutettavuus). «Unknown» when the source says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accessibility {
    pub level: AccessibilityLevel,
    /// WCAG level, with the compliant levels only.
    pub wcag: Option<String>,
    pub statement_name: Localised,
    pub statement_url: Localised,
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
