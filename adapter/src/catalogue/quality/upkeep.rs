//! Q16, Q20, Q24: who looks after a service, and whether somebody has lately.

use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::{Sheet, active, texts};
use crate::model::limits::{EXPIRY_MONTHS, WARNING_MONTHS};
use crate::model::{EntityKey, Kind, Lang, Service, Stored};

/// Content that nobody has touched for a year is to be reviewed (pat.md §6.1).
const REVIEW_MONTHS: i32 = 12;
const VERSION_FIELDS: [&str; 3] = ["nimi_kieliversiot", "tiivistelma_kieliversiot", "kuvaus_kieliversiot"];

/// When name, summary or description of a service last changed, by language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextChanges {
    pub fi: Option<Timestamp>,
    pub sv: Option<Timestamp>,
}

impl TextChanges {
    /// Takes the next revision in: its record, the record before it, and when it came.
    pub fn revised(&mut self, before: Option<&Value>, record: &Value, at: Timestamp) {
        for (lang, changed) in [("fi", &mut self.fi), ("sv", &mut self.sv)] {
            let text = |record: &Value, field: &str| record.get(field)?.get(lang)?.as_str().map(str::to_owned);
            let differs = VERSION_FIELDS.iter().any(|field| {
                let now = text(record, field);
                now != before.and_then(|before| text(before, field))
            });
            if differs {
                *changed = Some(at);
            }
        }
    }
}

/// Q24, of one service.
pub(super) fn check_changes(key: &EntityKey, service: &Service, sheet: &mut Sheet<'_>) {
    let Some(changes) = sheet.input.changes.and_then(|changes| changes.get(&key.code)) else { return };
    let (Some(fi), Some(sv)) = (changes.fi, changes.sv) else { return };
    let translated = texts::versions(service).contains(&Lang::Sv);
    if sheet.requires(Lang::Sv) && translated && fi > sv {
        let [fi, sv] = [fi, sv].map(|at| day(at.to_zoned(jiff::tz::TimeZone::UTC).date()));
        sheet.breaks_in(key, "Q24a", None, Some(Lang::Sv), &[&fi, &sv]);
    }
}

pub(super) fn check(sheet: &mut Sheet<'_>) {
    check_age(sheet);
    if sheet.input.changes.is_none() {
        sheet.skip(
            "Q24a",
            [
                "Tiedostossa ei ole aiempia versioita.",
                "Filen innehåller inga tidigare versioner.",
                "A file holds no earlier revisions.",
            ],
        );
    }
    check_owners(sheet);
}

/// Silta keeps who answers for a record; of a file that names nobody nothing can be said.
fn check_owners(sheet: &mut Sheet<'_>) {
    let view = sheet.input.view;
    let named = active(view, Kind::Service).any(|entity| view.owner(entity).is_some() || view.deputy(entity).is_some());
    if !named && !sheet.input.stored {
        for rule in ["Q20a", "Q20b"] {
            sheet.skip(
                rule,
                [
                    "Aineistossa ei ole yhteyshenkilöitä eikä varahenkilöitä.",
                    "Materialet anger inga kontaktpersoner eller ersättare.",
                    "The source names no owners and no deputies.",
                ],
            );
        }
        return;
    }
    for entity in active(view, Kind::Service) {
        if view.owner(entity).is_none() {
            sheet.breaks(&entity.key, "Q20a", &[]);
        }
        if view.deputy(entity).is_none() {
            sheet.breaks(&entity.key, "Q20b", &[]);
        }
    }
}

fn check_age(sheet: &mut Sheet<'_>) {
    let mut undated = 0_usize;
    let view = sheet.input.view;
    for stored in view.all(Kind::Service).filter(|stored| stored.entity.is_active()) {
        let Some(edited) = edited(stored, sheet.input.stored) else {
            undated += 1;
            continue;
        };
        let key = &stored.entity.key;
        let shown = day(edited);
        let older =
            |months: i32| edited.checked_add(Span::new().months(months)).is_ok_and(|limit| limit < sheet.input.today);
        if older(EXPIRY_MONTHS) {
            sheet.breaks(key, "Q16c", &[&shown]);
        } else if older(WARNING_MONTHS) {
            sheet.breaks(key, "Q16b", &[&shown]);
        } else if older(REVIEW_MONTHS) {
            sheet.breaks(key, "Q16a", &[&shown]);
        }
    }
    if undated > 0 {
        let reason = [
            format!("Muokkauspäivä puuttuu {undated} palvelulta."),
            format!("Redigeringsdatum saknas för {undated} tjänster."),
            format!("{undated} services have no date of editing."),
        ];
        let [fi, sv, en] = &reason;
        for rule in ["Q16a", "Q16b", "Q16c"] {
            sheet.skip(rule, [fi, sv, en]);
        }
    }
}

/// The day of the last edit: what the source says, else when we stored it.
pub(super) fn edited(stored: &Stored, stored_counts: bool) -> Option<Date> {
    let at = || stored.changed_at.to_zoned(jiff::tz::TimeZone::UTC).date();
    stored.entity.changed.or_else(|| stored_counts.then(at))
}

/// As Finnish and Swedish write it, and unambiguous in English.
fn day(date: Date) -> String {
    format!("{}.{}.{}", date.day(), date.month(), date.year())
}
