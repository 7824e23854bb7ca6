//! What a run found, for people and for machines: text, JUnit XML, HTML, JSON.
//!
//! Nothing is judged here. Every format has every case; what an adapter sent is shown escaped and cut to a readable size.

mod html;
mod json;
mod junit;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

pub use html::html;
pub use json::json;
pub use junit::junit;
pub use text::{line, summary};

use crate::cases::Family;
use crate::kit::{Done, Outcome};

/// A finished run.
#[derive(Debug)]
pub struct Report {
    /// What was judged: the addresses that were given.
    pub target: Vec<String>,
    /// When it began, RFC 3339.
    pub began: String,
    /// The cases, in the order of the sheet.
    pub cases: Vec<Done>,
}

/// How many of each outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub not_applicable: usize,
}

impl Counts {
    /// All together.
    pub fn total(self) -> usize {
        self.passed + self.failed + self.not_applicable
    }

    fn of<'a>(cases: impl IntoIterator<Item = &'a Done>) -> Self {
        let mut counts = Self::default();
        for done in cases {
            match done.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::NotApplicable(_) => counts.not_applicable += 1,
            }
        }
        counts
    }
}

impl Report {
    /// Over all cases.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.cases)
    }

    /// The families that were run, with their cases.
    pub fn families(&self) -> Vec<(Family, Counts, Vec<&Done>)> {
        let of = |family| self.cases.iter().filter(|it| it.case.family == family).collect::<Vec<_>>();
        let all = Family::ALL.into_iter().map(|family| (family, of(family)));
        all.filter(|(_, cases)| !cases.is_empty())
            .map(|(family, cases)| (family, Counts::of(cases.iter().copied()), cases))
            .collect()
    }

    /// How long all cases took together.
    pub fn took(&self) -> Duration {
        self.cases.iter().map(|it| it.took).sum()
    }
}

/// The word of an outcome, the same in every format.
fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "failed",
        Outcome::NotApplicable(_) => "not applicable",
    }
}

/// What an outcome says besides its word.
fn said(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Passed => "",
        Outcome::Failed(text) | Outcome::NotApplicable(text) => text,
    }
}
