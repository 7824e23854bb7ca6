//! Q01–Q04, Q15, Q19, Q25: the name, the summary and the description of a service, each language version for itself.
//!
//! Lengths are code points of the text as it came, blanks at its ends included; the reader has brought it to NFC.

use super::{Sheet, scan};
use crate::model::limits;
use crate::model::{EntityKey, Lang, Service};

const NAME: &str = "nimi_kieliversiot";
const SUMMARY: &str = "tiivistelma_kieliversiot";
const DESCRIPTION: &str = "kuvaus_kieliversiot";

pub(super) fn check(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    for lang in versions(service) {
        Version { key, service, lang }.check(sheet);
    }
}

/// The languages in which the service has a name, a summary or a description.
pub(super) fn versions(service: &Service) -> Vec<Lang> {
    let texts = [&service.name, &service.summary, &service.description];
    Lang::ALL.into_iter().filter(|lang| texts.iter().any(|text| text.get(*lang).is_some())).collect()
}

struct Version<'a> {
    key: &'a EntityKey,
    service: &'a Service,
    lang: Lang,
}

impl Version<'_> {
    fn check(&self, sheet: &mut Sheet<'_>) {
        let Service { name, summary, description, .. } = self.service;
        let [name, summary, description] = [name, summary, description].map(|text| text.get(self.lang));
        match name {
            None => self.breaks(sheet, "Q01a", NAME, &[]),
            Some(name) => self.at_most(sheet, "Q01b", NAME, name, limits::NAME),
        }
        match summary {
            None => self.breaks(sheet, "Q02a", SUMMARY, &[]),
            Some(summary) => {
                self.at_least(sheet, "Q02b", SUMMARY, summary);
                self.at_most(sheet, "Q02c", SUMMARY, summary, limits::SUMMARY);
                if name.is_some_and(|name| limits::name_key(name) == limits::name_key(summary)) {
                    self.breaks(sheet, "Q02d", SUMMARY, &[]);
                }
            }
        }
        match description {
            None if self.is_described_elsewhere(sheet) => {}
            None => self.breaks(sheet, "Q03a", DESCRIPTION, &[]),
            Some(description) => {
                self.at_least(sheet, "Q03b", DESCRIPTION, description);
                self.at_most(sheet, "Q03c", DESCRIPTION, description, limits::LONG_TEXT);
                if summary.is_some_and(|summary| limits::name_key(summary) == limits::name_key(description)) {
                    self.breaks(sheet, "Q03d", DESCRIPTION, &[]);
                }
            }
        }
        if let (Some(summary), Some(description)) = (summary, description)
            && let Some(number) = scan::numbers_beyond(summary, description)
        {
            self.breaks(sheet, "Q19a", SUMMARY, &[&number]);
        }
        for (field, text) in [(NAME, name), (SUMMARY, summary), (DESCRIPTION, description)] {
            let Some(text) = text else { continue };
            if text.trim() != text {
                self.breaks(sheet, "Q25b", field, &[]);
            }
            if scan::placeholder(text) {
                self.breaks(sheet, "Q25a", field, &[]);
            }
            if field != NAME {
                self.check_inside(sheet, field, text);
            }
        }
    }

    /// What belongs into a field of its own.
    fn check_inside(&self, sheet: &mut Sheet<'_>, field: &str, text: &str) {
        if let Some(contact) = scan::contact(text) {
            self.breaks(sheet, "Q04a", field, &[&contact]);
        }
        if scan::opening_hours(text) {
            self.breaks(sheet, "Q04b", field, &[]);
        }
        if let Some(law) = scan::law(text) {
            self.breaks(sheet, "Q15a", field, &[&law]);
        }
        if let Some(date) = scan::date(text) {
            self.breaks(sheet, "Q15b", field, &[&date]);
        }
    }

    /// A general description may describe the service; where its list is not known, the benefit of the doubt.
    fn is_described_elsewhere(&self, sheet: &Sheet<'_>) -> bool {
        let Some(id) = &self.service.general_description else { return false };
        match &sheet.input.reference.general_descriptions {
            None => true,
            Some(list) => list.get(&id.to_lowercase()).is_some_and(|it| it.is_described),
        }
    }

    fn at_most(&self, sheet: &mut Sheet<'_>, rule: &str, field: &str, text: &str, most: usize) {
        let count = text.chars().count();
        if count > most {
            self.breaks(sheet, rule, field, &[&count, &most]);
        }
    }

    fn at_least(&self, sheet: &mut Sheet<'_>, rule: &str, field: &str, text: &str) {
        let count = text.chars().count();
        if count < limits::MIN_TEXT {
            self.breaks(sheet, rule, field, &[&count, &limits::MIN_TEXT]);
        }
    }

    fn breaks(&self, sheet: &mut Sheet<'_>, rule: &str, field: &str, values: &[&dyn std::fmt::Display]) {
        sheet.breaks_in(self.key, rule, Some(field), Some(self.lang), values);
    }
}
