//! Service hours of v12 out of v11's (ptv-v12 §4.7, §7.5).

use serde_json::{Map, Value, json};

use super::text6;
use crate::ptv::json::{flag, items, text};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn show(content: &Value) -> Value {
    let hours: Vec<Value> = items(content, "serviceHours").iter().flat_map(one).collect();
    json!({ "hours": hours, "holidayServiceHours": null })
}

fn one(item: &Value) -> Vec<Value> {
    let (from, to) = (date(item, "validFrom"), date(item, "validTo"));
    let openings = items(item, "openingHour");
    match text(item, "serviceHourType").unwrap_or_default() {
        "DaysOfTheWeek" if flag(item, "isAlwaysOpen") => vec![hour(
            item,
            "ContinuousAlwaysValidServiceHour",
            json!({
                "openingStatus": "Open",
            }),
        )],
        "DaysOfTheWeek" if flag(item, "isReservation") => vec![hour(
            item,
            "ContinuousAlwaysValidServiceHour",
            json!({
                "openingStatus": "OpenOnReservation",
            }),
        )],
        "DaysOfTheWeek" => {
            let weekly = weekly(openings.iter().flat_map(|opening| days(opening).map(move |day| (day, slot(opening)))));
            vec![match (from, to) {
                // v12 has no range without an end: the beginning is lost.
                (Some(from), Some(to)) => hour(
                    item,
                    "WeeklyDateRangeServiceHour",
                    json!({
                        "fromDate": from, "toDate": to, "weeklyHours": weekly,
                    }),
                ),
                _ => hour(item, "WeeklyUntilFurtherNoticeServiceHour", json!({ "weeklyHours": weekly })),
            }]
        }
        "OverMidnight" => openings
            .iter()
            .map(|opening| {
                let ends = json!({
                    "openingStatus": "Open", "fromDay": text(opening, "dayFrom"),
                    "toDay": text(opening, "dayTo").or_else(|| text(opening, "dayFrom")),
                    "fromTime": clock(opening, "from"), "toTime": clock(opening, "to"),
                });
                match (&from, &to) {
                    (Some(from), Some(to)) => {
                        let mut ends = ends;
                        if let Some(map) = ends.as_object_mut() {
                            map.insert("fromDate".to_owned(), json!(from));
                            map.insert("toDate".to_owned(), json!(to));
                        }
                        hour(item, "ContinuousDateRangeServiceHour", ends)
                    }
                    _ => hour(item, "ContinuousWeekdaysUntilFurtherNoticeServiceHour", ends),
                }
            })
            .collect(),
        _ => {
            let Some(from) = from else { return Vec::new() };
            let to = to.unwrap_or_else(|| from.clone());
            let slots: Vec<Value> = if flag(item, "isClosed") || openings.is_empty() {
                vec![
                    json!({ "start": "00:00", "end": "00:00", "openingStatus": "Closed", "additionalInformation": {} }),
                ]
            } else {
                openings.iter().map(exceptional).collect()
            };
            let weekly = weekly(
                covered(&from, &to)
                    .into_iter()
                    .flat_map(|day| slots.iter().map(move |slot| (day.to_owned(), slot.clone()))),
            );
            vec![hour(
                item,
                "ExceptionalDateRangeServiceHour",
                json!({
                    "fromDate": from, "toDate": to, "weeklyHours": weekly,
                }),
            )]
        }
    }
}

fn hour(item: &Value, kind: &str, mut members: Value) -> Value {
    if let Some(map) = members.as_object_mut() {
        map.insert("type".to_owned(), json!(kind));
        map.insert("heading".to_owned(), json!({}));
        map.insert("additionalInformation".to_owned(), text6(item.get("additionalInformation")));
    }
    members
}

fn date(item: &Value, field: &str) -> Option<String> {
    text(item, field).and_then(|date| date.get(..10)).map(str::to_owned)
}

fn clock(opening: &Value, field: &str) -> String {
    let time = text(opening, field).unwrap_or_default();
    time.get(..5).unwrap_or(time).to_owned()
}

fn slot(opening: &Value) -> Value {
    json!({
        "start": clock(opening, "from"), "end": clock(opening, "to"), "openingStatus": "Open",
        "repetition": "Weekly", "additionalInformation": {},
    })
}

fn exceptional(opening: &Value) -> Value {
    json!({
        "start": clock(opening, "from"), "end": clock(opening, "to"), "openingStatus": "Open",
        "additionalInformation": {},
    })
}

/// The days of an opening, which may pass Sunday.
fn days(opening: &Value) -> impl Iterator<Item = String> + use<> {
    let place = |field: &str| text(opening, field).and_then(|day| DAYS.iter().position(|known| *known == day));
    let first = place("dayFrom").unwrap_or_default();
    let last = place("dayTo").unwrap_or(first);
    let count = (last + 7 - first) % 7 + 1;
    DAYS.iter().cycle().skip(first).take(count).map(|day| (*day).to_owned())
}

/// The weekdays that a range of dates has, at most all of them.
fn covered(from: &str, to: &str) -> Vec<&'static str> {
    let (Ok(from), Ok(to)) = (from.parse::<jiff::civil::Date>(), to.parse::<jiff::civil::Date>()) else {
        return Vec::new();
    };
    let first = usize::try_from(from.weekday().to_monday_zero_offset()).unwrap_or_default();
    let mut count = 1;
    let mut day = from;
    while day < to && count < 7 {
        count += 1;
        day = day.tomorrow().unwrap_or(to);
    }
    DAYS.iter().cycle().skip(first).take(count).copied().collect()
}

fn weekly(slots: impl Iterator<Item = (String, Value)>) -> Value {
    let mut week: Map<String, Value> = Map::new();
    for (day, slot) in slots {
        let hours = week.entry(day.to_lowercase()).or_insert_with(|| json!({ "hours": [] }));
        if let Some(list) = hours.get_mut("hours").and_then(Value::as_array_mut) {
            list.push(slot);
        }
    }
    Value::Object(week)
}
