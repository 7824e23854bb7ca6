//! Service hours, rules across fields (ptv-in-api §4.3). Patterns of times are attributes of the first stage.

use serde_json::Value;

use crate::ptv::errors::Problems;
use crate::ptv::json::{filled, flag, given, items, text};
use crate::ptv::schema::date_of;

/// Judges a list of hours; `prefix` is what stands before `ServiceHours[i]`.
pub(crate) fn check(prefix: &str, hours: &[Value], problems: &mut Problems) {
    for (i, item) in hours.iter().enumerate() {
        one(&format!("{prefix}ServiceHours[{i}]"), item, problems);
    }
}

fn one(key: &str, item: &Value, problems: &mut Problems) {
    let kind = text(item, "serviceHourType").unwrap_or_default();
    let (weekly, exceptional, midnight) = (kind == "DaysOfTheWeek", kind == "Exceptional", kind == "OverMidnight");
    let (closed, always, reservation) =
        (flag(item, "isClosed"), flag(item, "isAlwaysOpen"), flag(item, "isReservation"));
    let openings = items(item, "openingHour");
    let date = |field| text(item, field).and_then(date_of);
    if let (Some(from), Some(to)) = (date("validFrom"), date("validTo"))
        && from >= to
    {
        problems.add(key, "validFrom must be before validTo.");
    }
    if always && (!weekly || closed || reservation || !openings.is_empty()) {
        problems.add(key, "isAlwaysOpen goes with DaysOfTheWeek only and excludes the rest.");
    }
    if reservation && (!weekly || closed || !openings.is_empty()) {
        problems.add(key, "isReservation goes with DaysOfTheWeek only and excludes the rest.");
    }
    if closed && weekly {
        problems.add(key, "isClosed is not for DaysOfTheWeek.");
    }
    if (exceptional || midnight) && openings.len() > 1 {
        problems.add(key, "Only one opening hour is allowed.");
    }
    if openings.is_empty() && (midnight || (exceptional && !closed)) {
        problems.add(format!("{key}.OpeningHour"), "An opening hour is required.");
    }
    if weekly && openings.is_empty() && !filled(item, "additionalInformation") && !always && !reservation && !closed {
        problems.add(key, "Nothing is said about the hours.");
    }
    for (j, opening) in openings.iter().enumerate() {
        if !exceptional && !given(opening, "dayFrom") {
            problems.add(format!("{key}.OpeningHour[{j}].DayFrom"), "The day is required.");
        }
        let ordered = weekly || (exceptional && date("validTo").is_none());
        let (from, to) = (minutes(opening, "from"), minutes(opening, "to"));
        // Midnight as an end is the end of the day.
        let to = if to == Some(0) { Some(24 * 60) } else { to };
        if ordered && from >= to {
            problems.add(format!("{key}.OpeningHour[{j}].To"), "The end must be after the beginning.");
        }
    }
}

fn minutes(opening: &Value, field: &str) -> Option<u32> {
    let (hour, rest) = text(opening, field)?.split_once(':')?;
    Some(hour.parse::<u32>().ok()? * 60 + rest.get(..2)?.parse::<u32>().ok()?)
}
