//! What a verdict says of the quality of an accepted service (pat.md §15: the same codes in the reply as in the report).
//!
//! Hints keep nothing out and are not stored. Rules that compare records with one another, or with lists that a tenant
//! may lack, are judged by `silta catalogue quality` only.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::catalogue::quality::adoption::Thresholds;
use crate::catalogue::quality::{self, Broken, Input, Reference, Severity};
use crate::catalogue::{Outcome, Records, Verdict, pat};
use crate::model::{Entity, Kind, Lang, View};

/// One rule of quality that a record breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Hint {
    rule: &'static str,
    level: Severity,
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lang: Option<&'static str>,
    fi: String,
    sv: String,
    en: String,
}

/// Said by a finding of the intake (`term-form`) where a vocabulary is loaded.
const OF_TERMS: &str = "Q07c";
/// The classes that a record may stand in are not in the view while its batch is only tried.
const OF_CLASSES: [&str; 2] = ["Q06c", "Q06d"];

/// What records of one tenant are judged against.
#[derive(Clone)]
pub(super) struct Hints {
    pub(super) view: Arc<View>,
    pub(super) languages: Vec<Lang>,
    pub(super) today: Date,
    /// Whether findings have judged the subject terms.
    pub(super) terms_told: bool,
}

impl Hints {
    /// Of the accepted records of a batch, in the order of its verdicts.
    pub(super) fn of_written(&self, verdicts: &[Verdict]) -> Vec<Vec<Hint>> {
        let stored = |verdict: &Verdict| self.view.find(&verdict.key()?);
        let of = |verdict| stored(verdict).map(|stored| self.of(&stored.entity)).unwrap_or_default();
        verdicts
            .iter()
            .map(|verdict| if verdict.outcome == Outcome::Refused { Vec::new() } else { of(verdict) })
            .collect()
    }

    /// Of the records of a batch that is only tried.
    pub(super) fn of_tried(&self, verdicts: &[Verdict], records: &Records) -> Vec<Vec<Hint>> {
        let brings_classes = verdicts.iter().any(|verdict| verdict.laji.as_deref() == Some(Kind::Class.laji()));
        let of = |(verdict, record): (&Verdict, Cow<'_, Value>)| {
            let entity = if verdict.outcome == Outcome::Refused { None } else { pat::read(&record).entity };
            let mut hints = entity.map(|entity| self.of(&entity)).unwrap_or_default();
            hints.retain(|hint| !brings_classes || !OF_CLASSES.contains(&hint.rule));
            hints
        };
        verdicts.iter().zip(records.iter()).map(of).collect()
    }

    fn of(&self, entity: &Entity) -> Vec<Hint> {
        let input = Input {
            view: &self.view,
            languages: &self.languages,
            organisation: None,
            today: self.today,
            reference: &Reference::default(),
            vocabulary: None,
            changes: None,
            thresholds: Thresholds::default(),
            stored: true,
        };
        let broken = quality::judge_alone(input, entity).into_iter();
        broken.filter(|broken| !self.terms_told || broken.rule.id != OF_TERMS).map(Hint::from).collect()
    }
}

impl From<Broken> for Hint {
    fn from(broken: Broken) -> Hint {
        let [fi, sv, en] = broken.rule.message(&broken.values);
        let lang = broken.lang.map(Lang::code);
        Hint { rule: broken.rule.id, level: broken.rule.severity, field: broken.field, lang, fi, sv, en }
    }
}
