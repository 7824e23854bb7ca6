//! What was found, summed up: by rule, by language, by organisation, with a score.
//!
//! **The score.** A service begins with 100 points and loses 15 for every rule of level error that it breaks, 5 for a warning, 1
//! for an information, in whatever language, each rule once, and never falls below 0. The score of a tenant, an
//! organisation or an owner is the mean of its published services, with one decimal; without services there is none.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::adoption::Adoption;
use super::links::organisation;
use super::table::{Judged, RULES};
use super::{Broken, Input, NotJudged, Severity, active};
use crate::model::{Code, EntityKey, Kind, Lang};

/// Points that a service loses for each rule that it breaks.
pub const ERROR_POINTS: u32 = 15;
pub const WARNING_POINTS: u32 = 5;
pub const INFO_POINTS: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The day on which it was judged.
    pub date: String,
    /// The languages that the tenant must have.
    pub languages: Vec<String>,
    /// Published services.
    pub services: usize,
    pub score: Option<f64>,
    /// Rule → services that break it. A rule that was not judged is absent; see `not_judged`.
    pub by_rule: BTreeMap<String, usize>,
    /// Rule → language → services.
    pub by_rule_language: BTreeMap<String, BTreeMap<String, usize>>,
    /// Rule → kind → records that are no services.
    pub by_rule_kind: BTreeMap<String, BTreeMap<String, usize>>,
    /// For the tenant's own people: who answers for the content is shown to nobody else.
    pub by_owner: Vec<Share>,
    pub by_organisation: Vec<Share>,
    pub adoption: Adoption,
    pub not_judged: Vec<NotJudged>,
    pub findings: Vec<Finding>,
    /// Earlier scores, oldest first; a file has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<Mark>,
    /// Records of a file that are no entities, so that nothing was judged of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
}

/// The services of one organisation or owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Share {
    /// The organisation's code or the owner's name, absent for services that name none.
    pub code: Option<String>,
    pub name: BTreeMap<String, String>,
    pub services: usize,
    pub score: Option<f64>,
    pub errors: usize,
    pub warnings: usize,
    /// Rule → services.
    pub by_rule: BTreeMap<String, usize>,
}

/// One broken rule of one record, with what helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub laji: String,
    pub koodi: String,
    /// The record's name, in Finnish where it has one.
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organisation: Option<String>,
    pub rule: String,
    pub level: Severity,
    pub field: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lang: Option<String>,
    pub fi: String,
    pub sv: String,
    pub en: String,
}

/// The score of one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mark {
    pub date: String,
    pub score: f64,
    pub services: usize,
    pub errors: usize,
    pub warnings: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub index: usize,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub laji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub koodi: Option<String>,
    pub field: String,
    pub rule: String,
}

impl Report {
    /// Today's mark for the series.
    pub fn mark(&self) -> Option<Mark> {
        Some(Mark {
            date: self.date.clone(),
            score: self.score?,
            services: self.services,
            errors: self.count(Severity::Error),
            warnings: self.count(Severity::Warning),
        })
    }

    /// Findings of a level.
    pub fn count(&self, level: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }
}

pub(super) fn sum(input: &Input<'_>, broken: &[Broken], not_judged: Vec<NotJudged>) -> Report {
    let services: Vec<&EntityKey> = active(input.view, Kind::Service).map(|entity| &entity.key).collect();
    let skipped: BTreeSet<&str> = not_judged.iter().map(|it| it.rule.as_str()).collect();
    let mut by_rule: BTreeMap<&str, BTreeSet<&EntityKey>> = RULES
        .iter()
        .filter(|rule| rule.judged != Judged::Place && !skipped.contains(rule.id) && in_force(rule.id, input))
        .map(|rule| (rule.id, BTreeSet::new()))
        .collect();
    let mut by_language: BTreeMap<&str, BTreeMap<&str, BTreeSet<&EntityKey>>> = BTreeMap::new();
    let mut by_kind: BTreeMap<&str, BTreeMap<&str, BTreeSet<&EntityKey>>> = BTreeMap::new();
    for found in broken {
        let rule = found.rule;
        if found.key.kind != Kind::Service {
            by_kind.entry(rule.id).or_default().entry(found.key.kind.laji()).or_default().insert(&found.key);
            continue;
        }
        if counts(found) {
            by_rule.entry(rule.id).or_default().insert(&found.key);
        }
        if let Some(lang) = found.lang {
            by_language.entry(rule.id).or_default().entry(lang.code()).or_default().insert(&found.key);
        }
    }
    let lost = lost_points(broken);
    Report {
        date: input.today.to_string(),
        languages: input.languages.iter().map(|lang| lang.code().to_owned()).collect(),
        services: services.len(),
        score: mean(services.iter().copied(), &lost),
        by_rule: by_rule.iter().map(|(rule, keys)| ((*rule).to_owned(), keys.len())).collect(),
        by_rule_language: lengths(&by_language),
        by_rule_kind: lengths(&by_kind),
        by_owner: by_owner(input, broken, &lost),
        by_organisation: by_organisation(input, broken, &lost),
        adoption: Adoption::of(input.view, input.thresholds, input.today, input.stored),
        not_judged,
        findings: broken.iter().map(|found| finding(input, found)).collect(),
        series: Vec::new(),
        refused: Vec::new(),
    }
}

/// Does the tenant have the rule at all?
fn in_force(rule: &str, input: &Input<'_>) -> bool {
    match rule {
        "Q05a" | "Q05b" | "Q05c" | "Q24a" => input.languages.contains(&Lang::Sv),
        "Q05d" => input.languages.contains(&Lang::En),
        _ => true,
    }
}

/// `byRule` goes by the Finnish text unless the rule is about languages.
fn counts(found: &Broken) -> bool {
    found.rule.judged != Judged::Finnish || found.lang.is_none_or(|lang| lang == Lang::Fi)
}

fn lengths(sets: &BTreeMap<&str, BTreeMap<&str, BTreeSet<&EntityKey>>>) -> BTreeMap<String, BTreeMap<String, usize>> {
    let inner = |sets: &BTreeMap<&str, BTreeSet<&EntityKey>>| {
        sets.iter().map(|(word, keys)| ((*word).to_owned(), keys.len())).collect()
    };
    sets.iter().map(|(rule, sets)| ((*rule).to_owned(), inner(sets))).collect()
}

fn lost_points(broken: &[Broken]) -> BTreeMap<&EntityKey, u32> {
    let each: BTreeSet<(&EntityKey, &str, Severity)> =
        broken.iter().map(|found| (&found.key, found.rule.id, found.rule.severity)).collect();
    let mut lost = BTreeMap::new();
    for (key, _, severity) in each {
        *lost.entry(key).or_default() += match severity {
            Severity::Error => ERROR_POINTS,
            Severity::Warning => WARNING_POINTS,
            Severity::Info => INFO_POINTS,
        };
    }
    lost
}

/// The mean of the services' points, to one decimal.
fn mean<'a>(services: impl Iterator<Item = &'a EntityKey>, lost: &BTreeMap<&EntityKey, u32>) -> Option<f64> {
    let mut count = 0_u32;
    let mut points = 0_u32;
    for key in services {
        count += 1;
        points += 100_u32.saturating_sub(lost.get(key).copied().unwrap_or_default());
    }
    (count > 0).then(|| (f64::from(points) * 10.0 / f64::from(count)).round() / 10.0)
}

fn by_organisation(input: &Input<'_>, broken: &[Broken], lost: &BTreeMap<&EntityKey, u32>) -> Vec<Share> {
    let mut of: BTreeMap<Option<&Code>, Vec<&EntityKey>> = BTreeMap::new();
    for entity in active(input.view, Kind::Service) {
        of.entry(organisation(entity).or(input.organisation)).or_default().push(&entity.key);
    }
    let named = |code: Option<&Code>| code.map(|code| name_of(input, code)).unwrap_or_default();
    shares(of.into_iter().map(|(code, keys)| (code.map(ToString::to_string), named(code), keys)), broken, lost)
}

/// An actor of the tenant, a name, or an address: whatever the records say of the owner.
fn by_owner(input: &Input<'_>, broken: &[Broken], lost: &BTreeMap<&EntityKey, u32>) -> Vec<Share> {
    let actor_name = |code: &Code| {
        let stored = input.view.get(Kind::Actor, code);
        stored.map_or_else(|| code.to_string(), |stored| stored.entity.name().any().to_owned())
    };
    let mut of: BTreeMap<Option<String>, Vec<&EntityKey>> = BTreeMap::new();
    for entity in active(input.view, Kind::Service) {
        let named = input.view.owner(entity).and_then(|owner| {
            let actor = owner.actor.as_ref().map(actor_name);
            actor.or_else(|| owner.name.clone()).or_else(|| owner.email.clone())
        });
        of.entry(named).or_default().push(&entity.key);
    }
    if of.keys().all(Option::is_none) {
        return Vec::new();
    }
    shares(of.into_iter().map(|(owner, keys)| (owner, BTreeMap::new(), keys)), broken, lost)
}

fn shares<'a>(
    of: impl Iterator<Item = (Option<String>, BTreeMap<String, String>, Vec<&'a EntityKey>)>,
    broken: &[Broken],
    lost: &BTreeMap<&EntityKey, u32>,
) -> Vec<Share> {
    let mut by_key: BTreeMap<&EntityKey, Vec<&Broken>> = BTreeMap::new();
    for found in broken {
        by_key.entry(&found.key).or_default().push(found);
    }
    of.map(|(code, name, keys)| {
        let mut share = Share {
            code,
            name,
            services: keys.len(),
            score: mean(keys.iter().copied(), lost),
            errors: 0,
            warnings: 0,
            by_rule: BTreeMap::new(),
        };
        for found in keys.iter().filter_map(|key| by_key.get(key)) {
            let rules: BTreeSet<&str> = found.iter().filter(|it| counts(it)).map(|it| it.rule.id).collect();
            for rule in rules {
                *share.by_rule.entry(rule.to_owned()).or_default() += 1;
            }
            share.errors += found.iter().filter(|it| it.rule.severity == Severity::Error).count();
            share.warnings += found.iter().filter(|it| it.rule.severity == Severity::Warning).count();
        }
        share
    })
    .collect()
}

fn name_of(input: &Input<'_>, code: &Code) -> BTreeMap<String, String> {
    let stored = input.view.get(Kind::Organisation, code);
    let names = stored.into_iter().flat_map(|stored| stored.entity.name().iter());
    names.map(|(lang, name)| (lang.code().to_owned(), name.to_owned())).collect()
}

fn finding(input: &Input<'_>, found: &Broken) -> Finding {
    let [fi, sv, en] = found.rule.message(&found.values);
    let entity = input.view.find(&found.key).map(|stored| &stored.entity);
    Finding {
        laji: found.key.kind.laji().to_owned(),
        koodi: found.key.code.to_string(),
        name: entity.map(|entity| entity.name().any().to_owned()).unwrap_or_default(),
        organisation: entity.and_then(|it| organisation(it).or(input.organisation)).map(ToString::to_string),
        rule: found.rule.id.to_owned(),
        level: found.rule.severity,
        field: found.field.clone(),
        lang: found.lang.map(|lang| lang.code().to_owned()),
        fi,
        sv,
        en,
    }
}
