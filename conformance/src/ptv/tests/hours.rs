//! Family H: service hours (§9.7).

use serde_json::{Value, json};

use super::{BOTH, Bench, LIVE, SOURCE, cases, l, with};

const PATH: &str = "ServiceChannel/ServiceLocation";

fn day(from: &str, to: &str) -> Value {
    json!({ "dayFrom": "Monday", "from": from, "to": to })
}

fn weekly(openings: Value) -> Value {
    json!({ "serviceHourType": "DaysOfTheWeek", "openingHour": openings })
}

fn of(item: Value) -> Value {
    with(l(), json!({ "serviceHours": [item] }))
}

fn good(b: &Bench, item: Value) -> Value {
    b.ok("POST", PATH, &of(item))
}

fn bad(b: &Bench, item: Value, key: &str) {
    b.bad("POST", PATH, &of(item), &[key]);
}

cases! {
    ptv_h_01_minutes_source, SOURCE, |b| { bad(&b, weekly(json!([day("08:00", "16:10")])), "ServiceHours[0].OpeningHour[0].To"); }
    ptv_h_01_minutes_live, LIVE, |b| { good(&b, weekly(json!([day("08:00", "16:10")]))); }
    ptv_h_02_seconds, BOTH, |b| { bad(&b, weekly(json!([day("08:00", "16:00:30")])), "ServiceHours[0].OpeningHour[0].To"); }
    ptv_h_03_one_digit, BOTH, |b| { bad(&b, weekly(json!([day("8:00", "16:00")])), "ServiceHours[0].OpeningHour[0].From"); }
    ptv_h_04_backwards, BOTH, |b| { bad(&b, weekly(json!([day("16:00", "08:00")])), "ServiceHours[0].OpeningHour[0].To"); }
    ptv_h_05_to_midnight, BOTH, |b| { good(&b, weekly(json!([day("08:00", "00:00")]))); }
    ptv_h_06_twenty_four, BOTH, |b| { bad(&b, weekly(json!([day("00:00", "24:00")])), "ServiceHours[0].OpeningHour[0].To"); }
    ptv_h_07_over_midnight, BOTH, |b| {
        let opening = json!([{ "dayFrom": "Friday", "dayTo": "Saturday", "from": "18:00", "to": "02:00" }]);
        good(&b, json!({ "serviceHourType": "OverMidnight", "openingHour": opening }));
    }
    ptv_h_08_two_over_midnight, BOTH, |b| {
        let openings = json!([day("18:00", "02:00"), day("18:00", "02:00")]);
        bad(&b, json!({ "serviceHourType": "OverMidnight", "openingHour": openings }), "ServiceHours[0]");
    }
    ptv_h_09_over_midnight_without_hours, BOTH, |b| {
        bad(&b, json!({ "serviceHourType": "OverMidnight" }), "ServiceHours[0].OpeningHour");
    }
    ptv_h_10_closed_for_a_day, BOTH, |b| {
        good(&b, json!({ "serviceHourType": "Exceptional", "isClosed": true, "validFrom": "2026-12-24T00:00:00" }));
    }
    ptv_h_11_same_first_and_last_day, BOTH, |b| {
        let dates = json!({ "validFrom": "2026-12-24T00:00:00", "validTo": "2026-12-24T00:00:00" });
        bad(&b, with(json!({ "serviceHourType": "Exceptional", "isClosed": true }), dates), "ServiceHours[0]");
    }
    ptv_h_12_exception_without_hours, BOTH, |b| {
        bad(&b, json!({ "serviceHourType": "Exceptional" }), "ServiceHours[0].OpeningHour");
    }
    ptv_h_13_weekly_closed, BOTH, |b| {
        bad(&b, json!({ "serviceHourType": "DaysOfTheWeek", "isClosed": true }), "ServiceHours[0]");
    }
    ptv_h_14_weekly_empty, BOTH, |b| { bad(&b, json!({ "serviceHourType": "DaysOfTheWeek" }), "ServiceHours[0]"); }
    ptv_h_15_weekly_with_words_only, BOTH, |b| {
        let words = json!([{ "language": "fi", "value": "Sovi ajasta" }]);
        good(&b, json!({ "serviceHourType": "DaysOfTheWeek", "additionalInformation": words }));
    }
    ptv_h_16_always_open_with_hours, BOTH, |b| {
        bad(&b, with(weekly(json!([day("08:00", "16:00")])), json!({ "isAlwaysOpen": true })), "ServiceHours[0]");
    }
    ptv_h_17_reservation_and_always_open, BOTH, |b| {
        bad(&b, json!({ "serviceHourType": "DaysOfTheWeek", "isAlwaysOpen": true, "isReservation": true }), "ServiceHours[0]");
    }
    ptv_h_18_always_open_exception, BOTH, |b| {
        bad(&b, json!({ "serviceHourType": "Exceptional", "isAlwaysOpen": true }), "ServiceHours[0]");
    }
    ptv_h_19_no_day, BOTH, |b| {
        bad(&b, weekly(json!([{ "from": "08:00", "to": "16:00" }])), "ServiceHours[0].OpeningHour[0].DayFrom");
    }
    ptv_h_20_old_type, BOTH, |b| { bad(&b, json!({ "serviceHourType": "Standard" }), "ServiceHours"); }
    ptv_h_21_two_spans_a_day, BOTH, |b| { good(&b, weekly(json!([day("08:00", "12:00"), day("13:00", "16:00")]))); }
    ptv_h_22_information_of_151_characters, BOTH, |b| {
        let words = json!([{ "language": "fi", "value": "a".repeat(151) }]);
        let item = json!({ "serviceHourType": "DaysOfTheWeek", "additionalInformation": words });
        bad(&b, item, "ServiceHours[0].AdditionalInformation");
    }
    ptv_h_23_overlapping_seasons, BOTH, |b| {
        let season = |from: &str, to: &str| with(weekly(json!([day("08:00", "16:00")])), json!({ "validFrom": from, "validTo": to }));
        let seasons = json!([season("2026-06-01T00:00:00", "2026-09-01T00:00:00"), season("2026-05-01T00:00:00", "2026-07-01T00:00:00")]);
        let read = b.ok("POST", PATH, &with(l(), json!({ "serviceHours": seasons })));
        assert_eq!(read["serviceHours"].as_array().unwrap().len(), 2);
        assert_eq!(read["serviceHours"][0]["openingHour"][0]["from"], "08:00:00", "ptv:R-10");
    }
}
