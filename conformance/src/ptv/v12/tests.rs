//! The face of v12 through the in-process door: shapes of the sheet, the transfer, queries and problems.

// Tests may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::ptv::PtvProfile;
use crate::ptv::tests::{Bench, FORG, HIDDEN, ORG, SUB, UNKNOWN, ec, l, pf, ph, phone, put, small, with, wp};

const ALL: &str = "page=1&pageSize=100";

fn bench() -> Bench {
    let bench = Bench::new(PtvProfile::Live2026);
    bench.sim.v12_switch(|switches| switches.lag = SignedDuration::ZERO);
    bench
}

fn get(bench: &Bench, path: &str) -> (u16, Value) {
    bench.sim.handle_v12("GET", path, Some("key-1"), None)
}

fn ok(bench: &Bench, path: &str) -> Value {
    let (status, answer) = get(bench, path);
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Exactly these members.
fn members(value: &Value, expected: &str) {
    let mut has: Vec<&str> =
        value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect();
    let mut wanted: Vec<&str> = expected.split_whitespace().collect();
    has.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(has, wanted, "{value:#}");
}

const CHANNEL: &str = "contentId organizationContentId serviceChannelType allowedConnectionType serviceLanguages area \
                       publishedAt migratedAt languageVersions";

#[test]
fn every_entity_has_the_members_of_the_sheet_and_no_other() {
    let bench = bench();
    let service = bench.s1();
    let kinds = [
        (
            "EChannel",
            ec(),
            "electronicSignature electronicIdentification serviceHours",
            "name summary description accessibilityClassificationLevel webAddress attachmentLinks supportEmails supportPhoneNumbers",
        ),
        (
            "WebPage",
            wp(),
            "",
            "name summary description accessibilityClassificationLevel webAddress supportEmails supportPhoneNumbers",
        ),
        ("Phone", ph(), "serviceHours", "name summary description webAddress supportEmails phoneNumbers"),
        (
            "PrintableForm",
            pf(),
            "deliveryAddresses",
            "name summary description attachmentLinks supportEmails supportPhoneNumbers formIdentifier formFiles",
        ),
        (
            "ServiceLocation",
            l(),
            "location contactAddresses serviceHours",
            "name summary description alternativeName isAlternativeNamePrimary contactEmails contactFaxNumbers \
          contactPhoneNumbers contactWebPages",
        ),
    ];
    for (kind, body, object, version) in kinds {
        let id = bench.create(&format!("ServiceChannel/{kind}"), &body);
        let shown = ok(&bench, &format!("service-channel/{id}"));
        members(&shown, &format!("{CHANNEL} {object}"));
        members(&shown["languageVersions"]["fi"], version);
        let relation = json!({ "serviceChannelId": id });
        bench.ok("POST", "Connection", &json!([with(json!({ "serviceId": service }), relation)]));
        let connection = ok(&bench, &format!("connection/{service}/{id}"));
        members(
            &connection,
            "serviceContentId channelContentId chargeType serviceHours contactAddresses publishedAt languageVersions",
        );
        members(
            &connection["languageVersions"]["fi"],
            "chargeTypeAdditionalInformation description contactPhoneNumbers contactFaxNumbers contactEmails contactWebPages",
        );
    }
    let shown = ok(&bench, &format!("service/{service}"));
    members(
        &shown,
        "contentId organizationContentId generalDescriptionContentId serviceType targetGroups lifeEvents serviceClasses \
         industrialClasses ontologyTerms producers otherResponsibleOrganizations chargeType fundingType serviceLanguages \
         area publishedAt migratedAt languageVersions",
    );
    members(
        &shown["languageVersions"]["fi"],
        "name alternativeName summary description userInstructions conditions legislationLinks freelyAssignedKeywords \
         voucher chargeTypeAdditionalInformation",
    );
    assert_eq!(shown["serviceClasses"], json!(["P10.1"]), "classes are codes");
    assert_eq!(shown["ontologyTerms"], json!([small::term(1)]), "terms are addresses");
    let organisation = ok(&bench, &format!("organization/{ORG}"));
    members(
        &organisation,
        "contentId parentOrganizationContentId organizationType businessId oid area eInvoiceAddresses location \
         contactAddresses publishedAt migratedAt languageVersions",
    );
    assert_eq!(organisation["area"], json!({ "areaType": "LimitedArea", "municipalities": ["091"] }));
    assert!(organisation["languageVersions"]["sv"].is_object());
    let description = ok(&bench, &format!("general-description/{}", small::GD));
    assert!(description["generalDescriptionTypes"].is_array() && description["languageVersions"].is_object());
}

#[test]
fn a_collection_shows_its_members_in_detail_only() {
    let bench = bench();
    let (service, channel) = (bench.s1(), bench.create("ServiceChannel/EChannel", &ec()));
    let body = json!({
        "organizationId": ORG, "serviceCollectionNames": [{ "language": "fi", "value": "Kokonaisuus" }],
        "services": [service], "serviceChannels": [channel], "publishingStatus": "Published",
    });
    let id = bench.create("ServiceCollection", &body);
    let listed = ok(&bench, &format!("service-collection/search?{ALL}"));
    assert_eq!(listed["items"][0]["contentId"], json!(id));
    assert!(listed["items"][0].get("items").is_none() && listed["items"][0].get("publishedAt").is_none());
    let kinds = ok(&bench, &format!("service-collection/{id}"));
    assert_eq!(kinds["items"].as_array().unwrap().len(), 2);
    let within = ok(&bench, &format!("service/search?{ALL}&serviceCollectionContentId={id}"));
    assert_eq!(within["totalItems"], 1);
}

#[test]
fn content_of_v11_comes_after_the_lag_and_as_it_was_then() {
    let bench = Bench::new(PtvProfile::Live2026);
    bench.wait(7200);
    let service = bench.s1();
    assert_eq!(get(&bench, &format!("service/{service}")).1["reason"], "Unknown");
    bench.wait(60 * 89);
    assert_eq!(get(&bench, &format!("service/{service}")).0, 404);
    bench.wait(61);
    assert_eq!(ok(&bench, &format!("service/{service}"))["languageVersions"]["fi"]["name"], "Uimahallin vuorot");
    let channel = bench.create("ServiceChannel/EChannel", &ec());
    bench.ok("POST", "Connection", &json!([{ "serviceId": service, "serviceChannelId": channel }]));
    let names = json!([{ "language": "fi", "type": "Name", "value": "Toinen nimi" }]);
    bench.ok("PUT", &format!("Service/{service}"), &put(json!({ "serviceNames": names })));
    assert_eq!(ok(&bench, &format!("service/{service}"))["languageVersions"]["fi"]["name"], "Uimahallin vuorot");
    assert_eq!(ok(&bench, &format!("connection/search?{ALL}"))["totalItems"], 0);
    bench.wait(60 * 91);
    assert_eq!(ok(&bench, &format!("service/{service}"))["languageVersions"]["fi"]["name"], "Toinen nimi");
    assert_eq!(ok(&bench, &format!("connection/search?{ALL}&serviceContentIds={service}"))["totalItems"], 1);
    bench.ok("PUT", &format!("Service/{service}"), &json!({ "publishingStatus": "Deleted" }));
    assert_eq!(get(&bench, &format!("service/{service}")).0, 200, "the archiving is not transferred yet");
    bench.wait(60 * 91);
    assert_eq!(get(&bench, &format!("service/{service}")).1["reason"], "NotPublished");
    let feed = ok(&bench, &format!("service/archived?{ALL}&archivedAtOrAfter=2026-01-01T00:00:00Z"));
    assert_eq!(feed["items"], json!([{ "contentId": service }]));
    let pairs = ok(&bench, &format!("connection/archived?{ALL}&archivedAtOrAfter=2026-01-01T00:00:00Z"));
    assert_eq!(pairs["totalItems"], 1);
    assert_ne!(pairs["items"][0]["contentId"], json!(service));
}

#[test]
fn problems_say_which_parameter_and_why() {
    let bench = bench();
    for (path, parameter) in [
        ("service/search?pageSize=100", "page"),
        ("service/search?page=0&pageSize=100", "page"),
        ("service/search?page=1&pageSize=101", "pageSize"),
        ("service/search?page=1&pageSize=10&organizationId=x", "organizationId"),
        ("service/search?page=1&pageSize=10&municipalities=91", "municipalities"),
        ("service/search?page=1&pageSize=10&municipalities=091,853", "municipalities"),
        ("service/search?page=1&pageSize=10&municipalities=091&municipalities=091", "municipalities"),
        ("service/search?page=1&pageSize=10&serviceClasses=http%3A%2F%2Fx", "serviceClasses"),
        ("service/search?page=1&pageSize=10&ontologyTerms=p1", "ontologyTerms"),
        ("service/archived?page=1&pageSize=10", "archivedAtOrAfter"),
        ("service/not-a-uuid", "contentId"),
    ] {
        let (status, problem) = get(&bench, path);
        assert_eq!(status, 400, "{path}");
        members(&problem, "title detail status type requestId instance errors");
        assert_eq!(problem["errors"][0]["path"], parameter, "{path}");
    }
    let (status, problem) = get(&bench, &format!("service/{UNKNOWN}"));
    assert_eq!((status, &problem["reason"]), (404, &json!("Unknown")));
    members(&problem, "title detail status type requestId instance reason");
    assert_eq!(get(&bench, &format!("organization/{HIDDEN}")).1["reason"], "NotPublished");
    assert!(get(&bench, &format!("organization/hierarchy/{UNKNOWN}")).1.get("reason").is_none());
    let (status, html) = bench.sim.handle_v12("GET", &format!("service/{UNKNOWN}"), None, None);
    assert!(status == 401 && html.as_str().unwrap().contains("<html>"));
    bench.sim.v12_switch(|switches| {
        switches.unknown_parameters_ignored = true;
        switches.page_defaults = true;
        switches.single_reads_open = true;
        switches.healthy = false;
    });
    assert_eq!(get(&bench, "service/search?organizationId=x").0, 200);
    assert_eq!(bench.sim.handle_v12("GET", &format!("service/{UNKNOWN}"), None, None).0, 404);
    assert_eq!(bench.sim.handle_v12("GET", "health/readiness", None, None), (503, json!("unhealthy")));
}

#[test]
fn the_default_match_is_all() {
    let bench = bench();
    for (name, source, codes) in [("Yksi", "t.1", json!(["091"])), ("Kaksi", "t.2", json!(["091", "853"]))] {
        let areas = json!([{ "type": "Municipality", "areaCodes": codes }]);
        bench.create("Service", &with(bench.s_named(name, source), json!({ "areas": areas })));
    }
    let both = format!("service/search?{ALL}&municipalities=091&municipalities=853");
    assert_eq!(ok(&bench, &both)["totalItems"], 1);
    assert_eq!(ok(&bench, &format!("{both}&municipalitiesMatch=any"))["totalItems"], 2);
    assert_eq!(ok(&bench, &format!("service/search?{ALL}&organizationContentIds={FORG}"))["totalItems"], 0);
    assert_eq!(ok(&bench, &format!("service/search?{ALL}&targetGroups=KR1"))["totalItems"], 2);
    assert_eq!(ok(&bench, &format!("service-channel/search?{ALL}&channelTypes=WebPage"))["totalItems"], 0);
    assert_eq!(ok(&bench, &format!("organization/search?{ALL}&organizationTypes=Municipality"))["totalItems"], 2);
    let page = ok(&bench, "service/search?page=2&pageSize=1");
    assert_eq!((&page["totalPages"], page["items"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(ok(&bench, "service/search?page=9&pageSize=1")["items"], json!([]));
    let edges = ok(&bench, &format!("organization/hierarchy/{SUB}"));
    assert_eq!(edges["edges"], json!([{ "childContentId": SUB, "parentContentId": ORG }]));
}

#[test]
fn hours_phones_and_addresses_take_the_forms_of_v12() {
    let bench = bench();
    let hours = json!([
        { "serviceHourType": "DaysOfTheWeek", "openingHour": [{ "dayFrom": "Monday", "dayTo": "Friday", "from": "08:00", "to": "16:00" }] },
        { "serviceHourType": "DaysOfTheWeek", "isAlwaysOpen": true },
        { "serviceHourType": "Exceptional", "validFrom": "2026-12-24T00:00:00", "isClosed": true },
        { "serviceHourType": "OverMidnight", "openingHour": [{ "dayFrom": "Friday", "dayTo": "Saturday", "from": "22:00", "to": "04:00" }] },
    ]);
    let phones =
        json!([phone("401234567"), { "type": "Sms", "prefixNumber": "+358", "number": "50123", "language": "fi" }]);
    let id =
        bench.create("ServiceChannel/Phone", &with(ph(), json!({ "serviceHours": hours, "phoneNumbers": phones })));
    let shown = ok(&bench, &format!("service-channel/{id}"));
    let all = shown["serviceHours"]["hours"].as_array().unwrap();
    let of = |kind: &str| all.iter().find(|hour| hour["type"] == kind).unwrap_or_else(|| panic!("{kind}"));
    let week = &of("WeeklyUntilFurtherNoticeServiceHour")["weeklyHours"];
    members(week, "monday tuesday wednesday thursday friday");
    members(&week["monday"]["hours"][0], "start end openingStatus repetition additionalInformation");
    assert_eq!(of("ContinuousAlwaysValidServiceHour")["openingStatus"], "Open");
    let exception = of("ExceptionalDateRangeServiceHour");
    assert_eq!((&exception["fromDate"], &exception["toDate"]), (&json!("2026-12-24"), &json!("2026-12-24")));
    assert_eq!(exception["weeklyHours"]["thursday"]["hours"][0]["openingStatus"], "Closed");
    members(
        of("ContinuousWeekdaysUntilFurtherNoticeServiceHour"),
        "type heading additionalInformation openingStatus fromDay toDay fromTime toTime",
    );
    let numbers = &shown["languageVersions"]["fi"]["phoneNumbers"];
    assert_eq!(numbers[0]["type"], "InternationalPhone");
    assert_eq!(numbers[0]["dialCode"], "+358");
    assert_eq!(numbers[1]["type"], "Sms");
    let place = ok(&bench, &format!("service-channel/{}", bench.create("ServiceChannel/ServiceLocation", &l())));
    members(
        &place["location"]["streetAddresses"][0],
        "addressSource streetName addressDetail postalCode coordinates additionalInformation \
         accessibilityRegisterServicePointId",
    );
    assert_eq!(place["area"], Value::Null);
    members(&ok(&bench, &format!("region-codes?{ALL}"))["items"][0], "code isValid name municipalities");
    members(&ok(&bench, &format!("service-classes?{ALL}&codes=P10.1"))["items"][0], "code uri parentUri isValid name");
    members(&ok(&bench, &format!("ontology-terms?{ALL}"))["items"][0], "uri type parentUris isValid name");
}

#[test]
fn what_a_person_connects_and_takes_away_is_transferred_too() {
    let bench = bench();
    let (service, channel) = (bench.s1(), bench.create("ServiceChannel/EChannel", &ec()));
    let connected = || ok(&bench, &format!("connection/search?{ALL}"))["totalItems"].clone();
    bench.sim.connect(&service, &channel, json!({}));
    assert_eq!(connected(), 1);
    assert!(bench.sim.disconnect(&service, &channel) && !bench.sim.disconnect(&service, &channel));
    assert_eq!(connected(), 0);
    bench.sim.connect(&service, &channel, json!({}));
    bench.sim.archive(&channel);
    assert_eq!(connected(), 0);
}
