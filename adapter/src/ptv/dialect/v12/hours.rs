//! Service hours of v12 (ptv-v12.md §4.7): six kinds, odd and even weeks, holidays. Read and rendered without loss; the
//! neutral form has lines for what v11 can say and the rest is named.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::model::Lang;
use crate::ptv::seen::lines::{Opening, Texts, When, text};

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// All hours of a channel or a connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceHours {
    pub hours: Vec<Hour>,
    /// Kept as it came: v11 has nothing like it.
    pub holidays: Option<Value>,
    /// Items of a kind that this version of ours does not know.
    pub unknown: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hour {
    pub kind: HourKind,
    pub heading: Texts,
    pub about: Texts,
}

#[derive(Clone, Debug, PartialEq)]
pub enum HourKind {
    Weekly(Week),
    WeeklyDateRange { from: String, to: String, week: Week },
    Always { status: String },
    ContinuousDateRange { status: String, from: String, to: String, ends: Ends },
    ContinuousWeekdays { status: String, ends: Ends },
    Exceptional { from: String, to: String, week: Week },
}

/// Days (small letters) with their slots.
pub type Week = BTreeMap<String, Vec<Slot>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub start: String,
    pub end: String,
    pub status: String,
    /// Not in the exceptional form.
    pub repetition: Option<String>,
    pub about: Texts,
}

/// Two days and times that are the ends of one span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    pub from_day: String,
    pub to_day: String,
    pub from_time: String,
    pub to_time: String,
}

fn word(value: &Value, member: &str) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// An object by language; blank texts are missing ones.
pub(super) fn texts(value: Option<&Value>) -> Texts {
    let all = value.and_then(Value::as_object).into_iter().flatten();
    all.filter_map(|(code, text)| Some((Lang::from_code(code)?, text.as_str()?.to_owned())))
        .filter(|(_, text)| !text.trim().is_empty())
        .collect()
}

pub(super) fn text6(texts: &Texts) -> Value {
    texts.iter().map(|(lang, text)| (lang.code().to_owned(), json!(text))).collect::<Map<_, _>>().into()
}

impl ServiceHours {
    pub fn parse(value: &Value) -> ServiceHours {
        let mut parsed = ServiceHours {
            holidays: value.get("holidayServiceHours").filter(|it| !it.is_null()).cloned(),
            ..ServiceHours::default()
        };
        for item in value.get("hours").and_then(Value::as_array).into_iter().flatten() {
            match hour(item) {
                Some(hour) => parsed.hours.push(hour),
                None => parsed.unknown.push(item.clone()),
            }
        }
        parsed
    }

    pub fn render(&self) -> Value {
        let hours: Vec<Value> = self.hours.iter().map(Hour::render).chain(self.unknown.iter().cloned()).collect();
        json!({ "hours": hours, "holidayServiceHours": self.holidays })
    }

    /// What the neutral form, and so v11, has no place for.
    pub fn beyond(&self) -> Vec<String> {
        let mut named = Vec::new();
        if self.holidays.is_some() {
            named.push("holidayServiceHours".to_owned());
        }
        for hour in &self.hours {
            if !hour.heading.is_empty() {
                named.push("heading".to_owned());
            }
            let slots = hour.week().into_iter().flat_map(BTreeMap::values).flatten();
            for slot in slots {
                if slot.repetition.as_deref().is_some_and(|word| word != "Weekly") {
                    named.push(slot.repetition.clone().unwrap_or_default());
                }
                if slot.status == "OpenOnReservation" {
                    named.push("OpenOnReservation".to_owned());
                }
                if !slot.about.is_empty() {
                    named.push("hours.additionalInformation".to_owned());
                }
            }
            if let HourKind::ContinuousDateRange { status, .. } | HourKind::ContinuousWeekdays { status, .. } =
                &hour.kind
                && status != "Open"
            {
                named.push(status.clone());
            }
        }
        named.extend(self.unknown.iter().map(|item| word(item, "type")));
        named.sort();
        named.dedup();
        named
    }

    /// One opening a day and span, in the words of v11.
    pub fn openings(&self) -> Vec<Opening> {
        self.hours.iter().flat_map(Hour::openings).collect()
    }
}

fn hour(item: &Value) -> Option<Hour> {
    let of = |member: &str| word(item, member);
    let ends =
        || Ends { from_day: of("fromDay"), to_day: of("toDay"), from_time: of("fromTime"), to_time: of("toTime") };
    let (from, to, status) = (of("fromDate"), of("toDate"), of("openingStatus"));
    let kind = match of("type").as_str() {
        "WeeklyUntilFurtherNoticeServiceHour" => HourKind::Weekly(week(item)),
        "WeeklyDateRangeServiceHour" => HourKind::WeeklyDateRange { from, to, week: week(item) },
        "ContinuousAlwaysValidServiceHour" => HourKind::Always { status },
        "ContinuousDateRangeServiceHour" => HourKind::ContinuousDateRange { status, from, to, ends: ends() },
        "ContinuousWeekdaysUntilFurtherNoticeServiceHour" => HourKind::ContinuousWeekdays { status, ends: ends() },
        "ExceptionalDateRangeServiceHour" => HourKind::Exceptional { from, to, week: week(item) },
        _ => return None,
    };
    Some(Hour { kind, heading: texts(item.get("heading")), about: texts(item.get("additionalInformation")) })
}

fn week(item: &Value) -> Week {
    let days = item.get("weeklyHours").and_then(Value::as_object).into_iter().flatten();
    days.map(|(day, of)| {
        let slots = of.get("hours").and_then(Value::as_array).into_iter().flatten();
        let slots = slots.map(|slot| Slot {
            start: word(slot, "start"),
            end: word(slot, "end"),
            status: word(slot, "openingStatus"),
            repetition: slot.get("repetition").and_then(Value::as_str).map(str::to_owned),
            about: texts(slot.get("additionalInformation")),
        });
        (day.clone(), slots.collect())
    })
    .collect()
}

impl Hour {
    fn week(&self) -> Option<&Week> {
        match &self.kind {
            HourKind::Weekly(week) | HourKind::WeeklyDateRange { week, .. } | HourKind::Exceptional { week, .. } => {
                Some(week)
            }
            _ => None,
        }
    }

    fn render(&self) -> Value {
        let (kind, mut item) = match &self.kind {
            HourKind::Weekly(week) => {
                ("WeeklyUntilFurtherNoticeServiceHour", json!({ "weeklyHours": render_week(week) }))
            }
            HourKind::WeeklyDateRange { from, to, week } => (
                "WeeklyDateRangeServiceHour",
                json!({ "fromDate": from, "toDate": to, "weeklyHours": render_week(week) }),
            ),
            HourKind::Always { status } => ("ContinuousAlwaysValidServiceHour", json!({ "openingStatus": status })),
            HourKind::ContinuousDateRange { status, from, to, ends } => {
                let mut item = ends.render(status);
                if let Some(map) = item.as_object_mut() {
                    map.insert("fromDate".to_owned(), json!(from));
                    map.insert("toDate".to_owned(), json!(to));
                }
                ("ContinuousDateRangeServiceHour", item)
            }
            HourKind::ContinuousWeekdays { status, ends } => {
                ("ContinuousWeekdaysUntilFurtherNoticeServiceHour", ends.render(status))
            }
            HourKind::Exceptional { from, to, week } => (
                "ExceptionalDateRangeServiceHour",
                json!({ "fromDate": from, "toDate": to, "weeklyHours": render_week(week) }),
            ),
        };
        if let Some(map) = item.as_object_mut() {
            map.insert("type".to_owned(), json!(kind));
            map.insert("heading".to_owned(), text6(&self.heading));
            map.insert("additionalInformation".to_owned(), text6(&self.about));
        }
        item
    }

    fn openings(&self) -> Vec<Opening> {
        let about: Texts = self.about.iter().map(|(lang, it)| (*lang, text(it))).collect();
        let date = |date: &str| date.get(..10).and_then(|date| date.parse::<Date>().ok());
        let opening = |kind: &str, from: Option<Date>, to: Option<Date>, when: When| Opening {
            kind: kind.to_owned(),
            valid_from: from,
            valid_to: to,
            when,
            about: about.clone(),
        };
        match &self.kind {
            HourKind::Weekly(week) => weekly(week, |when| opening("DaysOfTheWeek", None, None, when)),
            HourKind::WeeklyDateRange { from, to, week } => {
                weekly(week, |when| opening("DaysOfTheWeek", date(from), date(to), when))
            }
            HourKind::Always { status } => {
                let when = if status == "OpenOnReservation" { When::ByAppointment } else { When::Always };
                vec![opening("DaysOfTheWeek", None, None, when)]
            }
            HourKind::ContinuousDateRange { from, to, ends, .. } => {
                vec![opening("OverMidnight", date(from), date(to), ends.span())]
            }
            HourKind::ContinuousWeekdays { ends, .. } => vec![opening("OverMidnight", None, None, ends.span())],
            HourKind::Exceptional { from, to, week } => {
                // v11 says one day by leaving the end out.
                let to = if from == to { None } else { date(to) };
                let slots = week.values().flatten();
                let mut all: Vec<Opening> = Vec::new();
                for slot in slots {
                    let when = if slot.status == "Closed" { When::Closed } else { slot.span(None) };
                    let one = opening("Exceptional", date(from), to, when);
                    if !all.contains(&one) {
                        all.push(one);
                    }
                }
                all
            }
        }
    }
}

fn weekly(week: &Week, opening: impl Fn(When) -> Opening) -> Vec<Opening> {
    let slots = week.iter().flat_map(|(day, slots)| slots.iter().map(move |slot| (day, slot)));
    let all: Vec<Opening> = slots.map(|(day, slot)| opening(slot.span(Some(&capital(day))))).collect();
    // Only a text.
    if all.is_empty() { vec![opening(When::Told)] } else { all }
}

fn capital(day: &str) -> String {
    DAYS.iter().find(|known| known.eq_ignore_ascii_case(day)).map_or_else(|| day.to_owned(), |day| (*day).to_owned())
}

fn render_week(week: &Week) -> Value {
    let days = week.iter().map(|(day, slots)| {
        let slots: Vec<Value> = slots.iter().map(Slot::render).collect();
        (day.clone(), json!({ "hours": slots }))
    });
    days.collect::<Map<_, _>>().into()
}

impl Slot {
    fn span(&self, day: Option<&str>) -> When {
        When::Span { day_from: day.map(str::to_owned), day_to: None, from: self.start.clone(), to: self.end.clone() }
    }

    fn render(&self) -> Value {
        let mut slot = json!({
            "start": self.start, "end": self.end, "openingStatus": self.status,
            "additionalInformation": text6(&self.about),
        });
        if let (Some(map), Some(repetition)) = (slot.as_object_mut(), &self.repetition) {
            map.insert("repetition".to_owned(), json!(repetition));
        }
        slot
    }
}

impl Ends {
    fn render(&self, status: &str) -> Value {
        json!({
            "openingStatus": status, "fromDay": self.from_day, "toDay": self.to_day, "fromTime": self.from_time,
            "toTime": self.to_time,
        })
    }

    fn span(&self) -> When {
        When::Span {
            day_from: Some(capital(&self.from_day)),
            day_to: Some(capital(&self.to_day)),
            from: self.from_time.clone(),
            to: self.to_time.clone(),
        }
    }
}
