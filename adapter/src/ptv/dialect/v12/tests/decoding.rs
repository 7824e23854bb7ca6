//! Read models in the neutral form: what is told, what is not, and what has no place there.

use serde_json::{Value, json};

use super::super::decode::{Decoder, Oddities, moment};
use super::super::hours::ServiceHours;
use super::super::{Family, Search};
use super::{Bench, ORG, phone};
use crate::model::Lang;
use crate::ptv::reference::Reference;
use crate::ptv::seen::{Path, SeenKind};

fn lines(values: &crate::ptv::seen::Values, path: Path, lang: Option<Lang>) -> Vec<String> {
    values.lines(path, lang).map(str::to_owned).collect()
}

const FI: Option<Lang> = Some(Lang::Fi);

#[tokio::test]
async fn v12_r_21_kinds_are_mixed_and_an_unknown_one_is_kept() {
    let bench = Bench::new().await;
    let kinds = ["EChannel", "WebPage", "Phone", "PrintableForm", "ServiceLocation"];
    let ids: Vec<String> = kinds.iter().map(|kind| bench.channel(kind, &json!({}))).collect();
    let strange = bench.channel(
        "WebPage",
        &json!({ "serviceChannelNames": [
        { "language": "fi", "type": "Name", "value": "Outo" },
    ] }),
    );
    bench.sim.v12_edit(&strange, "/serviceChannelType", json!("Hologram"), false);
    let found = bench.search(&Search::of(Family::Channel)).await;
    let seen: Vec<SeenKind> = ids.iter().map(|id| found.objects[id].seen.kind).collect();
    assert_eq!(
        seen,
        [SeenKind::EChannel, SeenKind::WebPage, SeenKind::Phone, SeenKind::PrintableForm, SeenKind::ServiceLocation]
    );
    let (what, raw) = found.oddities.unknown.first().expect("kept");
    assert!(what.contains("Hologram") && raw["contentId"] == strange.as_str());
}

#[tokio::test]
async fn v12_r_22_23_areas_without_lists_and_no_area_at_all() {
    let bench = Bench::new().await;
    let (decoded, oddities) = bench.found(Family::Organisation, ORG).await;
    assert_eq!(lines(&decoded.seen.values, Path::Municipality, None), ["853"]);
    assert!(oddities.members.is_empty() && oddities.unknown.is_empty(), "{oddities:?}");
    let place = bench.channel("ServiceLocation", &json!({}));
    let (decoded, _) = bench.found(Family::Channel, &place).await;
    assert!(!decoded.seen.values.is_told(Path::Area));
}

#[tokio::test]
async fn v12_r_24_25_26_27_what_is_missing_null_or_blank() {
    let bench = Bench::new().await;
    let id = bench.service("Palvelu", &json!({}));
    let (decoded, _) = bench.found(Family::Service, &id).await;
    assert!(!decoded.seen.languages.contains(&Lang::Sv) && decoded.seen.languages.contains(&Lang::Fi));
    assert!(lines(&decoded.seen.values, Path::Summary, Some(Lang::Sv)).is_empty());
    let before = decoded.seen.values.clone();
    // Transfer marks in all three forms change nothing.
    for mark in [Some(Value::Null), Some(json!("2026-11-25T08:00:00.123456Z")), None] {
        match mark {
            Some(mark) => bench.sim.v12_edit(&id, "/migratedAt", mark, false),
            None => bench.sim.v12_leave_out(&id, "/migratedAt"),
        }
        let (again, oddities) = bench.found(Family::Service, &id).await;
        assert_eq!(again.seen.values, before);
        assert!(oddities.members.is_empty());
    }
    bench.sim.v12_edit(&id, "/publishedAt", Value::Null, false);
    for pointer in ["/chargeType", "/fundingType", "/languageVersions/fi/summary", "/generalDescriptionContentId"] {
        bench.sim.v12_edit(&id, pointer, Value::Null, false);
    }
    let (nulls, _) = bench.found(Family::Service, &id).await;
    assert_eq!(nulls.seen.modified, None);
    assert!(lines(&nulls.seen.values, Path::Summary, FI).is_empty());
    bench.sim.v12_edit(ORG, "/oid", Value::Null, false);
    assert!(lines(&bench.found(Family::Organisation, ORG).await.0.seen.values, Path::Oid, None).is_empty());
    let names = super::super::hours::texts(Some(&json!({ "fi": "Turku", "sv": "", "en": " " })));
    assert_eq!(names.keys().copied().collect::<Vec<_>>(), [Lang::Fi]);
}

#[tokio::test]
async fn v12_r_28_new_members_are_counted_by_name_and_kept() {
    let bench = Bench::new().await;
    let ids = [bench.service("Yksi", &json!({})), bench.service("Kaksi", &json!({}))];
    for id in &ids {
        bench.sim.v12_edit(id, "/mood", json!("good"), false);
        bench.sim.v12_edit(id, "/languageVersions/fi/tone", json!("dry"), false);
    }
    let found = bench.search(&Search::of(Family::Service)).await;
    assert_eq!(found.oddities.members["Service.mood"], 2);
    assert_eq!(found.oddities.members["Service.languageVersions.tone"], 2);
    assert_eq!(found.objects[&ids[0]].beyond["mood"], "good");
    assert_eq!(found.objects[&ids[0]].beyond["languageVersions.fi.tone"], "dry");
}

#[tokio::test]
async fn v12_r_30_members_of_a_collection_come_with_the_detail() {
    let bench = Bench::new().await;
    let (service, channel) = (bench.service("Palvelu", &json!({})), bench.channel("EChannel", &json!({})));
    let id = bench.create(
        "ServiceCollection",
        &json!({
            "organizationId": ORG, "serviceCollectionNames": [{ "language": "fi", "value": "Kokonaisuus" }],
            "services": [service], "serviceChannels": [channel], "publishingStatus": "Published",
        }),
    );
    let found = bench.search(&Search::of(Family::Collection)).await;
    assert!(!found.objects[&id].seen.values.is_told(Path::Services));
    let (detail, _) = bench.found(Family::Collection, &id).await;
    assert_eq!(lines(&detail.seen.values, Path::Services, None), [service]);
    assert_eq!(lines(&detail.seen.values, Path::Channels, None), [channel]);
}

/// A service of v12 with lists.
fn classified(lists: &Value) -> Value {
    let mut service = json!({
        "contentId": "aaaaaaaa-0000-4000-8000-000000000001", "organizationContentId": ORG, "serviceType": "Service",
        "languageVersions": { "fi": { "name": "Palvelu" } },
    });
    for (member, value) in lists.as_object().expect("an object") {
        service[member] = value.clone();
    }
    service
}

#[test]
fn v12_r_31_32_inherited_and_unknown_codes_are_named() {
    let reference = Reference::from_dir(&super::samples()).expect("lists");
    let (id, general) =
        reference.general_descriptions.iter().find(|(_, it)| !it.target_groups.is_empty()).expect("a description");
    let inherited = general.target_groups[0].rsplit('/').next().expect("a code").to_owned();
    let mut oddities = Oddities::default();
    let object = classified(&json!({
        "generalDescriptionContentId": id, "targetGroups": [inherited], "serviceClasses": ["P99.99"],
    }));
    let decoded = Decoder { reference: &reference, oddities: &mut oddities }.service(&object).expect("decoded");
    assert!(lines(&decoded.seen.values, Path::TargetGroups, None).is_empty(), "not the service's own");
    assert!(oddities.inherited.contains(&format!("targetGroups {inherited}")));
    assert_eq!(lines(&decoded.seen.values, Path::ServiceClasses, None), ["P99.99"], "kept");
    assert!(oddities.codes.contains("serviceClasses P99.99"));
}

#[tokio::test]
async fn v12_r_33_kinds_of_phones() {
    let bench = Bench::new().await;
    let service_number = json!({
        "type": "Phone", "isFinnishServiceNumber": true, "number": "0800123", "language": "fi",
    });
    let id = bench.channel(
        "Phone",
        &json!({ "phoneNumbers": [
        phone("Phone", "401234567"), phone("Sms", "501234567"), phone("Fax", "21234567"), service_number,
    ] }),
    );
    let (decoded, oddities) = bench.found(Family::Channel, &id).await;
    assert_eq!(oddities.phones.len(), 4, "{:?}", oddities.phones);
    let shown = lines(&decoded.seen.values, Path::Phones, FI);
    assert!(shown.iter().any(|it| it == "+358 401234567, Phone, Chargeable"), "{shown:?}");
    assert!(shown.iter().any(|it| it == "0800123, Phone, Chargeable"), "{shown:?}");
    let place = bench.channel(
        "ServiceLocation",
        &json!({
            "phoneNumbers": [phone("Phone", "401234567")],
            "faxNumbers": [{ "prefixNumber": "+358", "number": "21234567", "language": "fi" }],
        }),
    );
    bench.sim.v12_edit(&place, "/languageVersions/fi/contactPhoneNumbers/-", json!({
        "type": "Telex", "number": "12", "chargeType": "Free", "chargeDescription": null, "additionalInformation": null,
    }), false);
    let (decoded, oddities) = bench.found(Family::Channel, &place).await;
    assert_eq!(lines(&decoded.seen.values, Path::Faxes, FI), ["+358 21234567"]);
    assert_eq!(lines(&decoded.seen.values, Path::Phones, FI).len(), 2);
    assert!(oddities.unknown.iter().any(|(what, raw)| what == "phone Telex" && raw["number"] == "12"));
}

#[test]
fn v12_r_34_hours_lose_nothing() {
    let slot = |status: &str, repetition: &str| {
        json!({
            "start": "08:00", "end": "16:00", "openingStatus": status, "repetition": repetition,
            "additionalInformation": { "fi": "vain ajanvarauksella" },
        })
    };
    let texts = |mut item: Value| {
        item["heading"] = json!({ "sv": "Sommar" });
        item["additionalInformation"] = json!({ "fi": "Huom" });
        item
    };
    let ends = json!({
        "openingStatus": "OpenOnReservation", "fromDay": "Friday", "toDay": "Saturday", "fromTime": "22:00",
        "toTime": "04:00",
    });
    let mut range = ends.clone();
    range["fromDate"] = json!("2026-12-01");
    range["toDate"] = json!("2026-12-31");
    let kind = |kind: &str, mut item: Value| {
        item["type"] = json!(kind);
        texts(item)
    };
    let week = json!({ "monday": { "hours": [slot("Open", "OddWeeks")] }, "tuesday": { "hours": [] } });
    let closed = json!({ "thursday": { "hours": [
        { "start": "00:00", "end": "00:00", "openingStatus": "Closed", "additionalInformation": {} },
    ] } });
    let hours = json!({
        "hours": [
            kind("WeeklyUntilFurtherNoticeServiceHour", json!({ "weeklyHours": week })),
            kind("WeeklyDateRangeServiceHour",
                json!({ "fromDate": "2026-06-01", "toDate": "2026-08-31", "weeklyHours": week })),
            kind("ContinuousAlwaysValidServiceHour", json!({ "openingStatus": "Open" })),
            kind("ContinuousDateRangeServiceHour", range),
            kind("ContinuousWeekdaysUntilFurtherNoticeServiceHour", ends),
            kind("ExceptionalDateRangeServiceHour",
                json!({ "fromDate": "2026-12-24", "toDate": "2026-12-24", "weeklyHours": closed })),
        ],
        "holidayServiceHours": { "repetition": { "type": "RepetitionInSelectedYears", "years": [2026] },
            "holidays": [{ "holidayName": "Epiphany", "hours": [] }] },
    });
    let parsed = ServiceHours::parse(&hours);
    assert_eq!(parsed.render(), hours);
    let beyond = parsed.beyond();
    for named in ["OddWeeks", "OpenOnReservation", "heading", "holidayServiceHours"] {
        assert!(beyond.iter().any(|it| it == named), "{named}: {beyond:?}");
    }
    let shown: Vec<String> = parsed.openings().iter().map(ToString::to_string).collect();
    assert!(shown.contains(&"Exceptional from 2026-12-24 closed (fi: Huom)".to_owned()), "{shown:?}");
    let strange = json!({ "hours": [{ "type": "LunarServiceHour", "phase": 1 }], "holidayServiceHours": null });
    assert_eq!(ServiceHours::parse(&strange).render(), strange, "an unknown kind stays");
}

#[tokio::test]
async fn v12_r_35_the_coordinate_of_a_person_comes_first() {
    let bench = Bench::new().await;
    let id = bench.channel("ServiceLocation", &json!({}));
    let place = |system: &str, source: &str, easting: f64| {
        json!({
            "system": system, "source": source, "easting": easting, "northing": 6_711_000.0,
        })
    };
    let told = |decoded: super::Decoded| format!("{:?}", decoded.seen.values);
    let pointer = "/location/streetAddresses/0/coordinates";
    bench.sim.v12_edit(
        &id,
        pointer,
        json!([
            place("Unknown", "User", 1.0),
            place("EPSG:3067", "NLS", 240_001.0),
            place("EPSG:3067", "User", 240_002.0),
        ]),
        false,
    );
    assert!(told(bench.found(Family::Channel, &id).await.0).contains("6711000 240002"));
    bench.sim.v12_edit(
        &id,
        pointer,
        json!([place("EPSG:3067", "AccessibilityRegister", 240_003.0), place("EPSG:3067", "NLS", 240_001.0),]),
        false,
    );
    assert!(told(bench.found(Family::Channel, &id).await.0).contains("6711000 240001"));
    bench.sim.v12_edit(&id, pointer, json!([place("Unknown", "User", 1.0)]), false);
    assert!(!told(bench.found(Family::Channel, &id).await.0).contains("6711000"));
}

#[test]
fn v12_r_36_a_voucher_has_a_form_in_each_language() {
    let reference = Reference::default();
    let version = |voucher: Value| json!({ "name": "Palvelu", "voucher": voucher });
    let object = classified(&json!({ "languageVersions": {
        "fi": version(json!({ "voucherType": "NotUsed" })),
        "sv": version(json!({ "voucherType": "WithAdditionalInformation", "additionalInformation": "Fråga oss" })),
        "en": version(json!({ "voucherType": "WithUrl", "urls": [
            { "name": "Voucher", "url": "https://v.example", "additionalInformation": null },
        ] })),
    } }));
    let mut oddities = Oddities::default();
    let values =
        Decoder { reference: &reference, oddities: &mut oddities }.service(&object).expect("decoded").seen.values;
    assert!(lines(&values, Path::Vouchers, FI).is_empty());
    assert_eq!(lines(&values, Path::Vouchers, Some(Lang::Sv)), [" (Fråga oss)"]);
    assert_eq!(lines(&values, Path::Vouchers, Some(Lang::En)), ["https://v.example \u{201c}Voucher\u{201d}"]);
    assert_eq!(lines(&values, Path::VouchersInUse, None), ["true"]);
}

#[test]
fn v12_r_44_moments_in_every_form_are_one_type() {
    let expected = "2026-11-25T08:00:00Z".parse::<jiff::Timestamp>().expect("a time");
    for text in
        ["2026-11-25T08:00:00Z", "2026-11-25T08:00:00.000000Z", "2026-11-25T10:00:00+02:00", "2026-11-25T08:00:00"]
    {
        assert_eq!(moment(text), Some(expected), "{text}");
    }
    let fraction = moment("2026-11-25T08:00:00.123456Z").expect("a time");
    assert_eq!(fraction.as_microsecond() - expected.as_microsecond(), 123_456);
    assert_eq!(moment("yesterday"), None);
}
