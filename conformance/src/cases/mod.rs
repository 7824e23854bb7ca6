//! The cases, one file a family, with ids, sources and expectations of the X-Road fact sheet (§9).
//!
//! How to write one: docs/conformance.md, "How to write a case". A case judges what any adapter must do; it knows the
//! target by its descriptions, `kit.toml` and acts only.

mod attachments;
mod bait;
mod consumer;
mod expect;
mod faults;
mod identifiers;
mod logging;
mod memory;
mod metadata;
mod requests;
mod responses;
mod rest;
mod security;
mod tls;
mod transport;

use std::fmt;
use std::str::FromStr;

use futures_util::future::BoxFuture;

use crate::kit::{Probe, Verdict};

/// What a case does.
pub type Run = for<'p, 't> fn(&'p mut Probe<'t>) -> BoxFuture<'p, Verdict>;

/// A case of the sheet.
pub struct Case {
    /// As in `xroad:AT-01`.
    pub id: &'static str,
    /// Its family.
    pub family: Family,
    /// Where the rule stands: a document of X-Road, or `I` and the class of its implementation, or `W` for a wire probe.
    pub source: &'static str,
    /// What is tried and expected, in a line.
    pub title: &'static str,
    /// What goes wrong in the field when it does not hold.
    pub why: &'static str,
    /// What it does.
    pub run: Run,
}

impl Case {
    /// The id without its prefix.
    pub fn short(&self) -> &'static str {
        self.id.strip_prefix("xroad:").unwrap_or(self.id)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

/// Writes a case as a value.
macro_rules! case {
    ($family:ident, $id:literal, $source:literal, $title:literal, $why:literal, $run:path) => {
        $crate::cases::Case {
            id: concat!("xroad:", $id),
            family: $crate::cases::Family::$family,
            source: $source,
            title: $title,
            why: $why,
            run: |probe| Box::pin($run(probe)),
        }
    };
}
pub(crate) use case;

/// A family of cases, in the order of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the names say it; `Family::title` spells them out
pub enum Family {
    Identifiers,
    Requests,
    Responses,
    Faults,
    Attachments,
    Rest,
    Metadata,
    Tls,
    Consumer,
    Transport,
    Security,
    Logging,
}

impl Family {
    /// All.
    pub const ALL: [Self; 12] = [
        Self::Identifiers,
        Self::Requests,
        Self::Responses,
        Self::Faults,
        Self::Attachments,
        Self::Rest,
        Self::Metadata,
        Self::Tls,
        Self::Consumer,
        Self::Transport,
        Self::Security,
        Self::Logging,
    ];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identifiers => "identifiers",
            Self::Requests => "requests",
            Self::Responses => "responses",
            Self::Faults => "faults",
            Self::Attachments => "attachments",
            Self::Rest => "rest",
            Self::Metadata => "metadata",
            Self::Tls => "tls",
            Self::Consumer => "consumer",
            Self::Transport => "transport",
            Self::Security => "security",
            Self::Logging => "logging",
        }
    }

    /// The heading of a report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Identifiers => "Identifiers and headers",
            Self::Requests => "SOAP requests",
            Self::Responses => "SOAP responses",
            Self::Faults => "SOAP faults",
            Self::Attachments => "Attachments",
            Self::Rest => "REST",
            Self::Metadata => "Metadata and descriptions",
            Self::Tls => "TLS",
            Self::Consumer => "Consumer role",
            Self::Transport => "Transport",
            Self::Security => "Security",
            Self::Logging => "Logging and correlation",
        }
    }

    /// The families that a word of the command line means; `soap` means all of SOAP.
    pub fn of_word(word: &str) -> Option<Vec<Self>> {
        if word == "soap" {
            return Some(vec![Self::Identifiers, Self::Requests, Self::Responses, Self::Faults, Self::Attachments]);
        }
        word.parse().ok().map(|family| vec![family])
    }
}

impl FromStr for Family {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let words = || Self::ALL.map(Self::word).join(", ");
        Self::ALL
            .into_iter()
            .find(|it| it.word() == word)
            .ok_or_else(|| format!("{word} is no family; there are soap, {}", words()))
    }
}

/// Every case, in the order of the sheet.
pub fn all() -> impl Iterator<Item = &'static Case> {
    let families: [&'static [Case]; 12] = [
        identifiers::CASES,
        requests::CASES,
        responses::CASES,
        faults::CASES,
        attachments::CASES,
        rest::CASES,
        metadata::CASES,
        tls::CASES,
        consumer::CASES,
        transport::CASES,
        security::CASES,
        logging::CASES,
    ];
    families.into_iter().flatten()
}

#[cfg(test)]
mod tests;
