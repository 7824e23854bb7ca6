//! The quality of a catalogue: what is wrong with its content, said per rule, per owner and per organisation, and how far the
//! tenant has come (pat.md §15).
//!
//! Pure: a view in, a report out. It reads no file and no clock, and holds nothing back from anybody; what PTV would
//! refuse, `ptv` decides by its own profile. [`table`] lists the rules, one file a family has the checks.

pub mod adoption;
mod classification;
mod descriptions;
mod file;
pub mod html;
mod languages;
mod links;
mod places;
pub mod reference;
pub mod report;
mod scan;
pub mod table;
mod texts;
mod upkeep;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub use file::view_of;
pub use reference::Reference;
pub use report::Report;
pub use table::Rule;
pub use upkeep::TextChanges;

use super::vocabulary::Vocabulary;
use crate::model::{Code, Entity, EntityKey, Kind, Lang, Service, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// The reader or the editor is served worse.
    Warning,
    /// PTV does not take the record or the language, or the tenant's own duty is not met.
    Error,
}

/// What is judged, and what it is judged against.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    pub view: &'a View,
    /// The languages that the tenant must have; Finnish is among them whatever is said.
    pub languages: &'a [Lang],
    /// The tenant's own organisation, responsible where a service names none.
    pub organisation: Option<&'a Code>,
    pub today: Date,
    pub reference: &'a Reference,
    /// The vocabulary of subject terms that is in use; the reference's list of terms stands in for it.
    pub vocabulary: Option<&'a Vocabulary>,
    /// When the texts of services changed, by language; a file has no revisions.
    pub changes: Option<&'a BTreeMap<Code, TextChanges>>,
    /// The lower ends of the grades of adoption.
    pub thresholds: adoption::Thresholds,
    /// Is the time of storing a time of editing? Not for a file, which was not stored.
    pub stored: bool,
}

/// A rule that a record breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    pub key: EntityKey,
    pub rule: &'static Rule,
    /// The field as the source spells it, with the language where it has one.
    pub field: String,
    pub lang: Option<Lang>,
    pub values: Vec<String>,
}

/// A rule that was not judged, or not of every record, and why.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NotJudged {
    pub rule: String,
    pub fi: String,
    pub sv: String,
    pub en: String,
}

/// What the checks collect.
pub(crate) struct Sheet<'a> {
    input: Input<'a>,
    broken: Vec<Broken>,
    not_judged: Vec<NotJudged>,
}

impl<'a> Sheet<'a> {
    /// Notes that a record breaks a rule, in the rule's own field.
    fn breaks(&mut self, key: &EntityKey, rule: &str, values: &[&dyn std::fmt::Display]) {
        self.breaks_in(key, rule, None, None, values);
    }

    /// The same, naming field and language.
    fn breaks_in(
        &mut self,
        key: &EntityKey,
        rule: &str,
        field: Option<&str>,
        lang: Option<Lang>,
        values: &[&dyn std::fmt::Display],
    ) {
        let Some(rule) = table::find(rule) else { return };
        let field = field.unwrap_or(rule.field);
        let field = lang.map_or_else(|| field.to_owned(), |lang| format!("{field}.{lang}"));
        let values = values.iter().map(ToString::to_string).collect();
        self.broken.push(Broken { key: key.clone(), rule, field, lang, values });
    }

    fn skip(&mut self, rule: &str, [fi, sv, en]: [&str; 3]) {
        let (fi, sv, en) = (fi.to_owned(), sv.to_owned(), en.to_owned());
        self.not_judged.push(NotJudged { rule: rule.to_owned(), fi, sv, en });
    }

    fn check(&mut self, entity: &Entity, service: &Service) {
        texts::check(&entity.key, service, self);
        languages::check(&entity.key, service, self);
        classification::check(&entity.key, service, self);
        descriptions::check(&entity.key, service, self);
    }

    fn requires(&self, lang: Lang) -> bool {
        self.input.languages.contains(&lang)
    }

    /// The active services, with their entities.
    fn services(&self) -> impl Iterator<Item = (&'a Entity, &'a Service)> + use<'a> {
        let view = self.input.view;
        active(view, Kind::Service).filter_map(|entity| Some((entity, entity.service()?)))
    }
}

/// The active entities of a kind.
fn active(view: &View, kind: Kind) -> impl Iterator<Item = &Entity> {
    view.all(kind).map(|stored| &stored.entity).filter(|entity| entity.is_active())
}

/// The rules that a published service breaks by itself, whatever else the catalogue holds; none for other records.
pub fn judge_alone(input: Input<'_>, entity: &Entity) -> Vec<Broken> {
    let mut sheet = Sheet { input, broken: Vec::new(), not_judged: Vec::new() };
    if let Some(service) = entity.service().filter(|_| entity.is_active()) {
        sheet.check(entity, service);
    }
    sheet.broken
}

/// Judges a whole catalogue.
pub fn judge(input: Input<'_>) -> Report {
    let mut sheet = Sheet { input, broken: Vec::new(), not_judged: Vec::new() };
    for (entity, service) in sheet.services() {
        sheet.check(entity, service);
        upkeep::check_changes(&entity.key, service, &mut sheet);
    }
    classification::say_what_is_not_judged(&mut sheet);
    descriptions::say_what_is_not_judged(&mut sheet);
    links::check(&mut sheet);
    places::check(&mut sheet);
    upkeep::check(&mut sheet);
    let Sheet { input, mut broken, mut not_judged } = sheet;
    broken.sort_by(|one, other| (&one.key, one.rule.id, &one.field).cmp(&(&other.key, other.rule.id, &other.field)));
    not_judged.sort_by(|one, other| one.rule.cmp(&other.rule));
    report::sum(&input, &broken, not_judged)
}
