//! Opening hours to `serviceHours` (ptv-in-api.md §4.3, pat.md §4.12).
//!
//! Rows of equal kind, text and validity become one item. Nothing is rounded: what PTV would refuse is left out
//! with a warning.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};

use super::super::profile;
use super::sheet::Sheet;
use super::{Extent, plain};
use crate::model::Finding;
use crate::model::blocks::{Hours, HoursKind};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn render(rows: &[Hours], field: &str, sheet: &mut Sheet<'_, '_>) -> Vec<Value> {
    let mut items = Vec::new();
    let mut weekly: BTreeMap<(HoursKind, Option<Date>, Option<Date>, String), Weekly<'_>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let field = format!("{field}[{index}]");
        let sound = check(row, &field, sheet);
        if !sound && sheet.extent == Extent::Sound {
            continue;
        }
        match row.kind {
            HoursKind::ExceptionOpen | HoursKind::ExceptionClosed => {
                items.push(exception(row, &field, sheet));
            }
            HoursKind::Normal | HoursKind::NormalExtra | HoursKind::Special if row.past_midnight() => {
                items.extend(overnight(row, &field, sheet));
            }
            HoursKind::Normal | HoursKind::NormalExtra | HoursKind::Special => {
                let text: Vec<String> = row.text.iter().map(|(lang, text)| format!("{lang}{text}")).collect();
                weekly
                    .entry((row.kind, row.valid_from, row.valid_to, text.join("\u{0}")))
                    .or_insert_with(|| Weekly { first: row, field, rows: Vec::new() })
                    .rows
                    .push(row);
            }
        }
    }
    let weekly: Vec<Value> = weekly.into_values().filter_map(|group| group.render(sheet)).collect();
    weekly.into_iter().chain(items).collect()
}

impl Hours {
    /// Closing before opening means the next day; midnight is the end of the same one.
    fn past_midnight(&self) -> bool {
        matches!((self.opens, self.closes), (Some(opens), Some(closes)) if closes <= opens && closes != Time::midnight())
    }

    fn all_day(&self) -> bool {
        (self.opens, self.closes) == (Some(Time::midnight()), Some(Time::midnight()))
    }
}

struct Weekly<'a> {
    first: &'a Hours,
    field: String,
    rows: Vec<&'a Hours>,
}

impl Weekly<'_> {
    fn render(self, sheet: &mut Sheet<'_, '_>) -> Option<Value> {
        let mut item = frame("DaysOfTheWeek", self.first, &self.field, sheet);
        let days = |row: &&Hours| row.days.map_or(0, |(first, last)| usize::from(last - first) + 1);
        let by_appointment = self.rows.iter().any(|row| row.by_appointment);
        let always = !self.rows.is_empty()
            && self.rows.iter().all(|row| row.all_day())
            && self.rows.iter().map(days).sum::<usize>() == 7;
        if by_appointment {
            item.insert("isReservation".into(), true.into());
        } else if always {
            item.insert("isAlwaysOpen".into(), true.into());
        } else {
            let hours: Vec<Value> = self
                .rows
                .iter()
                .flat_map(|row| {
                    let (first, last) = row.days.unwrap_or((1, 7));
                    (first..=last).filter_map(|day| Some((day, row.opens?, row.closes?)))
                })
                .map(
                    |(day, opens, closes)| json!({"dayFrom": day_name(day), "from": clock(opens), "to": clock(closes)}),
                )
                .collect();
            if hours.is_empty() && !item.contains_key("additionalInformation") {
                return None;
            }
            item.insert("openingHour".into(), Value::Array(hours));
        }
        Some(Value::Object(item))
    }
}

/// One item per night: PTV takes a single span over midnight.
fn overnight(row: &Hours, field: &str, sheet: &mut Sheet<'_, '_>) -> Vec<Value> {
    let (first, last) = row.days.unwrap_or((1, 7));
    let mut items = Vec::new();
    for day in first..=last {
        let Some((opens, closes)) = row.opens.zip(row.closes) else { continue };
        let mut item = frame("OverMidnight", row, field, sheet);
        item.insert(
            "openingHour".into(),
            json!([{"dayFrom": day_name(day), "dayTo": day_name(day % 7 + 1), "from": clock(opens), "to": clock(closes)}]),
        );
        items.push(Value::Object(item));
    }
    items
}

fn exception(row: &Hours, field: &str, sheet: &mut Sheet<'_, '_>) -> Value {
    let mut item = frame("Exceptional", row, field, sheet);
    let closed = row.kind == HoursKind::ExceptionClosed;
    item.insert("isClosed".into(), closed.into());
    if let Some((opens, closes)) = row.opens.zip(row.closes).filter(|_| !closed) {
        item.insert("openingHour".into(), json!([{"from": clock(opens), "to": clock(closes)}]));
    }
    Value::Object(item)
}

fn frame(kind: &str, row: &Hours, field: &str, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    let mut item = Map::new();
    item.insert("serviceHourType".into(), kind.into());
    item.insert("validForNow".into(), (row.valid_from.is_none() && row.valid_to.is_none()).into());
    if let Some(from) = row.valid_from {
        item.insert("validFrom".into(), format!("{from}T00:00:00").into());
    }
    // The end must be a later date than the start, so a one-day exception has no end.
    if let Some(to) = row.valid_to.filter(|to| row.valid_from.is_none_or(|from| from < *to)) {
        item.insert("validTo".into(), format!("{to}T00:00:00").into());
    }
    let text = sheet.optional(&format!("{field}.kuvaus_kieliversiot"), &row.text, 1, profile::HOURS_TEXT);
    if !text.is_empty() {
        item.insert("additionalInformation".into(), plain(&text));
    }
    item
}

fn check(row: &Hours, field: &str, sheet: &mut Sheet<'_, '_>) -> bool {
    let timed = row.opens.is_some() && row.closes.is_some();
    let backwards = row.valid_from.zip(row.valid_to).is_some_and(|(from, to)| from > to);
    let off_quarter = sheet.context.profile.quarter_hours_only()
        && [row.opens, row.closes].iter().flatten().any(|time| time.minute() % 15 != 0);
    let seconds = [row.opens, row.closes].iter().flatten().any(|time| time.second() != 0);
    let exceptional = matches!(row.kind, HoursKind::ExceptionOpen | HoursKind::ExceptionClosed);
    let same_day = row.valid_to.is_none() || row.valid_from == row.valid_to;
    let wrong: Option<(&'static str, &'static str, [&str; 3])> = if off_quarter || seconds {
        Some((
            "avaamisaika",
            "Q14",
            [
                "PTV hyväksyy kellonajat vain vartin tarkkuudella ja ilman sekunteja. Muuta aikaa.",
                "SDL godtar klockslag endast på hela kvartar och utan sekunder. Ändra tiden.",
                "PTV takes times on the quarter hour only, without seconds. Change the time.",
            ],
        ))
    } else if backwards {
        Some((
            "voimassaoloPaattymishetki",
            "hours",
            [
                "Voimassaolo päättyy ennen kuin se alkaa. Korjaa päivät.",
                "Giltigheten slutar före den börjar. Rätta datumen.",
                "The validity ends before it begins. Correct the dates.",
            ],
        ))
    } else if row.kind == HoursKind::ExceptionOpen && (!timed || (same_day && row.past_midnight())) {
        Some((
            "avaamisaika",
            "hours",
            [
                "Poikkeava aukiolo tarvitsee alku- ja loppuajan samalle päivälle. Täydennä.",
                "En avvikande öppettid behöver en start- och en sluttid samma dag. Komplettera.",
                "An exceptional opening needs a start and an end on the same day. Complete it.",
            ],
        ))
    } else if exceptional && row.valid_from.is_none() {
        Some((
            "voimassaoloAlkamishetki",
            "hours",
            [
                "Poikkeukselta puuttuu päivä. Lisää alkamispäivä.",
                "Undantaget saknar datum. Lägg till startdatum.",
                "The exception has no date. Add its first day.",
            ],
        ))
    } else {
        None
    };
    if let Some((member, rule, texts)) = wrong {
        sheet.warn(Finding::warning(format!("{field}.{member}"), rule, texts.map(str::to_owned)));
    }
    wrong.is_none()
}

fn day_name(day: u8) -> &'static str {
    DAYS.get(usize::from(day.saturating_sub(1))).copied().unwrap_or("Monday")
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}
