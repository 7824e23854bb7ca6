//! Pairs of JSON as they are sent and as they are read, and what differs between them.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.
#![allow(clippy::needless_pass_by_value)] // JSON written in place reads better.

use std::path::Path as FilePath;

use serde_json::{Value, json};

use super::{SeenKind, SeenStatus, connection_differences, differences, read, sent, sent_connections};
use crate::ptv::reference::Reference;

const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";
const GENERAL: &str = "11a4c51c-07ef-5016-a38a-1d57f8c64470";

fn reference() -> Reference {
    let samples = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples/reference");
    Reference::from_dir(&samples).expect("lists")
}

/// The paths that differ between what was sent and what is read.
fn paths(body: &Value, model: &Value) -> Vec<String> {
    let reference = reference();
    let ours = sent(body, &reference).expect("a body");
    let theirs = read(model, &reference).expect("a model");
    assert_eq!(ours.kind, theirs.kind, "{body}");
    differences(&ours.values, &theirs.values).into_iter().map(|difference| difference.path).collect()
}

fn check(case: &str, body: &Value, model: &Value, expected: &[&str]) {
    assert_eq!(paths(body, model), expected, "{case}");
}

/// A service of these members on either side; names are what makes it one.
fn service(members: Value) -> Value {
    with(json!({"serviceNames": [{"language": "fi", "type": "Name", "value": "Uimahalli"}]}), members)
}

fn location(members: Value) -> Value {
    let names = json!([{"language": "fi", "type": "Name", "value": "Uimahalli"}]);
    with(json!({"serviceChannelNames": names, "serviceChannelType": "ServiceLocation", "addresses": []}), members)
}

fn channel(kind: &str, mark: &str, members: Value) -> Value {
    let names = json!([{"language": "fi", "value": "Kanava"}]);
    let mut all = json!({"serviceChannelNames": names, "serviceChannelType": kind});
    if !mark.is_empty() {
        all[mark] = json!([]);
    }
    with(all, members)
}

fn with(mut all: Value, members: Value) -> Value {
    for (name, value) in members.as_object().expect("members").clone() {
        all[name] = value;
    }
    all
}

fn texts(value: &str) -> Value {
    json!([{"language": "fi", "type": "Summary", "value": "Uinti."},
           {"language": "fi", "type": "Description", "value": value}])
}

#[test]
fn ptv_m_51_texts_are_equal_whatever_their_marks_and_a_changed_word_is_not() {
    for (case, ours, theirs, expected) in [
        ("the same", "Halli on auki.", "Halli on auki.", &[][..]),
        ("bold", "Halli on **auki**.", "Halli on auki.", &[]),
        ("italic and underscores", "Halli *on* __auki__.", "Halli on auki.", &[]),
        ("bullets", "Tuo:\n- pyyhe\n- uimapuku", "Tuo:\n\n* pyyhe\n* uimapuku", &[]),
        ("headings", "## Hinnat\nHalli", "Hinnat\nHalli", &[]),
        ("paragraphs and spaces", "Yksi.\n\nKaksi.", "Yksi.\r\nKaksi. ", &[]),
        ("escapes", "1\\. kerros", "1. kerros", &[]),
        ("a dash within is text", "klo 8 - 16", "klo 8 16", &["description.fi"]),
        ("another word", "Halli on auki.", "Halli on kiinni.", &["description.fi"]),
    ] {
        let (body, model) = (
            service(json!({"serviceDescriptions": texts(ours)})),
            service(json!({"serviceDescriptions": texts(theirs)})),
        );
        check(case, &body, &model, expected);
    }
}

#[test]
fn ptv_m_10_and_11_classification_is_compared_without_age_and_general_description() {
    let class = |code: &str| format!("http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/{code}");
    let group = |code: &str| format!("http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/{code}");
    let term = "http://www.yso.fi/onto/koko/p9399";
    for (case, body, model, expected) in [
        (
            "old address on one side",
            json!({"targetGroups": [group("KR2.8")]}),
            json!({"targetGroups": [{"uri": "http://urn.fi/URN:NBN:fi:au:ptvl:v2016", "newUri": null}]}),
            &[][..],
        ),
        (
            "objects and addresses",
            json!({"serviceClasses": [class("P10.1")], "ontologyTerms": [term]}),
            json!({"serviceClasses": [{"uri": "http://urn.fi/old", "newUri": class("P10.1")}],
                   "ontologyTerms": [{"uri": term, "newUri": term}]}),
            &[],
        ),
        (
            "the group above is added by PTV",
            json!({"targetGroups": [group("KR1.2")]}),
            json!({"targetGroups": [{"newUri": group("KR1")}, {"newUri": group("KR1.2")}]}),
            &[],
        ),
        (
            "another order",
            json!({"serviceClasses": [class("P10.1"), class("P3.1")]}),
            json!({"serviceClasses": [{"newUri": class("P3.1")}, {"newUri": class("P10.1")}]}),
            &[],
        ),
        (
            "the general description's are subtracted",
            json!({"generalDescriptionId": GENERAL, "ontologyTerms": ["http://www.yso.fi/onto/koko/p1"]}),
            json!({"generalDescriptionId": GENERAL, "type": "Service", "serviceChargeType": "Chargeable",
                   "ontologyTerms": [{"newUri": term}, {"newUri": "http://www.yso.fi/onto/koko/p1"}]}),
            &[],
        ),
        (
            "nothing sent of it",
            json!({"generalDescriptionId": GENERAL}),
            json!({"generalDescriptionId": GENERAL, "ontologyTerms": [{"newUri": term}], "type": "Service"}),
            &[],
        ),
        (
            "taken off in PTV",
            json!({"generalDescriptionId": GENERAL}),
            json!({"generalDescriptionId": null}),
            &["generalDescription"],
        ),
        (
            "another class",
            json!({"serviceClasses": [class("P10.1")]}),
            json!({"serviceClasses": [{"newUri": class("P10.2")}]}),
            &["serviceClasses"],
        ),
    ] {
        check(case, &service(body), &service(model), expected);
    }
}

#[test]
fn ptv_m_50_hours_phones_and_keywords_are_sets() {
    let weekly = |from: &str, to: &str| {
        json!({"serviceHourType": "DaysOfTheWeek", "validForNow": true,
               "openingHour": [{"dayFrom": "Monday", "from": from, "to": to}, {"dayFrom": "Tuesday", "from": from, "to": to}]})
    };
    let closed = json!({"serviceHourType": "Exceptional", "isClosed": true, "validFrom": "2026-12-24T00:00:00"});
    let range = json!({"serviceHourType": "DaysOfTheWeek", "isClosed": false, "validFrom": null,
                       "openingHour": [{"dayFrom": "Monday", "dayTo": "Tuesday", "from": "08:00:00", "to": "16:00:00"}]});
    let night = |to: &str| {
        json!({"serviceHourType": "OverMidnight",
               "openingHour": [{"dayFrom": "Friday", "dayTo": "Saturday", "from": "22:00", "to": to}]})
    };
    for (case, ours, theirs, expected) in [
        ("seconds and order", json!([weekly("08:00", "16:00"), closed]), json!([closed, range]), &[][..]),
        ("a day as a range", json!([weekly("08:00", "16:00")]), json!([range]), &[]),
        ("another end", json!([weekly("08:00", "16:00")]), json!([weekly("08:00:00", "15:00:00")]), &["hours"]),
        ("an exception more", json!([weekly("08:00", "16:00")]), json!([weekly("08:00", "16:00"), closed]), &["hours"]),
        ("over midnight", json!([night("02:00")]), json!([night("02:00:00")]), &[]),
        ("over midnight, changed", json!([night("02:00")]), json!([night("03:00:00")]), &["hours"]),
        ("none on both", json!([]), json!([]), &[]),
    ] {
        let body = location(json!({"serviceHours": ours, "deleteAllServiceHours": ours == json!([])}));
        check(case, &body, &location(json!({"serviceHours": theirs})), expected);
    }
    let word = |lang: &str, value: &str| json!({"language": lang, "value": value});
    for (case, ours, theirs, expected) in [
        (
            "order",
            json!([word("fi", "uinti"), word("fi", "halli")]),
            json!([word("fi", "halli"), word("fi", "uinti")]),
            &[][..],
        ),
        (
            "one language",
            json!([word("fi", "uinti")]),
            json!([word("fi", "uinti"), word("sv", "simning")]),
            &["keywords.sv"],
        ),
    ] {
        check(case, &service(json!({"keywords": ours})), &service(json!({"keywords": theirs})), expected);
    }
    let emptied = service(json!({"deleteAllKeywords": true}));
    check("emptied", &emptied, &service(json!({"keywords": [word("fi", "uinti")]})), &["keywords.fi"]);
    check("not told", &service(json!({})), &service(json!({"keywords": [word("fi", "uinti")]})), &[]);
}

#[test]
fn read_and_write_shapes_of_the_same_are_equal() {
    let phone = |extra: Value| with(json!({"language": "fi", "prefixNumber": "+358", "number": "931001691"}), extra);
    let street = |extra: Value| {
        with(
            json!({"street": [{"language": "fi", "value": "Testitie"}], "streetNumber": "2", "postalCode": "20100"}),
            extra,
        )
    };
    let address = |sub: &str, street: Value| json!([{"type": "Location", "subType": sub, "country": "FI", "streetAddress": street}]);
    let page = |member: &str| json!([{"language": "fi", member: "https://example.fi"}]);
    let roles = |producer: &str| {
        json!([{"roleType": "Responsible", "organization": {"id": ORGANISATION.to_uppercase(), "name": "Turku"}},
               {"roleType": "Producer", "provisionType": "SelfProducedServices", "additionalInformation": [],
                "organization": {"id": producer}}])
    };
    let organisations = json!({"mainResponsibleOrganization": ORGANISATION,
                               "serviceProducers": [{"provisionType": "SelfProducedServices", "organizations": [ORGANISATION]}]});
    let other = "99999999-8888-4777-8666-555555555555";
    let faxes = json!({"phoneNumbers": [phone(json!({}))], "faxNumbers": [phone(json!({"number": "2"}))]});
    let mixed = json!({"phoneNumbers": [phone(json!({"type": "Fax", "number": "2"})),
                                         phone(json!({"type": "Phone", "serviceChargeType": "Chargeable"}))]});
    let limited = |areas: Value| json!({"areaType": "LimitedType", "areas": areas});
    let receiver = |member: &str| {
        channel(
            "PrintableForm",
            "channelUrls",
            json!({"deliveryAddresses": [
            {"subType": "Street", "streetAddress": street(json!({})), member: [{"language": "fi", "value": "Kirjaamo"}]}]}),
        )
    };
    let echannel = |members: Value| channel("EChannel", "requiresAuthentication", members);
    let cases: Vec<(&str, Value, Value, &[&str])> = vec![
        ("faxes among phones", location(faxes.clone()), location(mixed), &[]),
        (
            "a fax less",
            location(faxes),
            location(json!({"phoneNumbers": [phone(json!({"type": "Phone"}))]})),
            &["faxes.fi"],
        ),
        (
            "coordinates that were not sent",
            location(json!({"addresses": address("Single", street(json!({})))})),
            location(json!({"addresses": address("Single", street(json!({
                "municipality": {"code": "853"}, "latitude": "6711234", "longitude": "240000", "coordinateState": "Ok"})))})),
            &[],
        ),
        (
            "coordinates that were sent",
            location(
                json!({"addresses": address("Single", street(json!({"latitude": "6711234.2", "longitude": "240000"})))}),
            ),
            location(json!({"addresses": address("Single", street(json!({
                "latitude": 6_711_299.0, "longitude": 240_000.0, "coordinateState": "EnteredByUser"})))})),
            &["addresses.coordinates"],
        ),
        (
            "coordinates that PTV is still looking for",
            location(
                json!({"addresses": address("Single", street(json!({"latitude": "6711234", "longitude": "240000"})))}),
            ),
            location(json!({"addresses": address("Single", street(json!({
                "latitude": "1", "longitude": "2", "coordinateState": "Loading"})))})),
            &[],
        ),
        (
            "another number of the house",
            location(json!({"addresses": address("Single", street(json!({})))})),
            location(json!({"addresses": address("Single", street(json!({"streetNumber": "4"})))})),
            &["addresses"],
        ),
        (
            "the web address",
            echannel(json!({"webPage": page("value")})),
            echannel(json!({"webPages": page("url")})),
            &[],
        ),
        (
            "the web address cleared",
            channel("Phone", "phoneNumbers", json!({"webPage": []})),
            channel("Phone", "phoneNumbers", json!({"webPages": page("url")})),
            &["url.fi"],
        ),
        ("a channel that is shared", echannel(json!({"isVisibleForAll": true})), echannel(json!({})), &[]),
        ("roles", service(organisations.clone()), service(json!({"organizations": roles(ORGANISATION)})), &[]),
        ("another producer", service(organisations), service(json!({"organizations": roles(other)})), &["producers"]),
        (
            "areas",
            service(limited(json!([{"type": "Municipality", "areaCodes": ["853", "091"]}]))),
            service(limited(
                json!([{"type": "Municipality", "code": null, "municipalities": [{"code": "091"}, {"code": "853"}]}]),
            )),
            &[],
        ),
        (
            "regions",
            service(limited(json!([{"type": "Region", "areaCodes": ["02"]}]))),
            service(limited(json!([{"type": "Region", "code": "02", "municipalities": [{"code": "853"}]}]))),
            &[],
        ),
        (
            "a wider area",
            service(limited(json!([{"type": "Municipality", "areaCodes": ["853"]}]))),
            service(json!({"areaType": "Nationwide", "areas": []})),
            &["area"],
        ),
        ("the receiver of forms", receiver("formReceiver"), receiver("receiver"), &[]),
        (
            "requirements that were not sent",
            service(json!({})),
            service(json!({"requirements": [{"language": "fi", "value": "Jäsenyys."}]})),
            &[],
        ),
        (
            "signatures",
            echannel(json!({"requiresSignature": true, "signatureQuantity": "2"})),
            echannel(json!({"requiresSignature": true, "signatureQuantity": 2})),
            &[],
        ),
    ];
    for (case, body, model, expected) in cases {
        check(case, &body, &model, expected);
    }
}

#[test]
fn ptv_m_52_blank_texts_of_a_read_are_nothing() {
    let blank = json!([{"language": "fi", "value": "  "}, {"language": "sv", "value": ""}]);
    let seen = read(&service(json!({"requirements": blank})), &reference()).expect("a model");
    assert!(seen.values.is_told(super::Path::Requirements));
    assert_eq!(seen.values.lines(super::Path::Requirements, Some(crate::model::Lang::Fi)).count(), 0);
    check("kept empty", &service(json!({"deleteAllKeywords": true})), &service(json!({"keywords": blank})), &[]);
}

#[test]
fn connections_are_compared_by_the_other_end() {
    const ONE: &str = "aaaaaaaa-0000-4000-8000-000000000001";
    const OTHER: &str = "aaaaaaaa-0000-4000-8000-000000000002";
    let about = |text: &str| json!([{"language": "fi", "type": "Description", "value": text}]);
    let body = json!({"channelRelations": [{"serviceChannelId": ONE, "description": about("Kysy täältä."),
        "deleteServiceChargeType": true, "deleteAllServiceHours": true,
        "contactDetails": {"emails": [{"language": "fi", "value": "a@example.fi"}], "deleteAllPhones": true}}]});
    let relation = |id: &str, text: &str, asti: bool| {
        json!({"serviceChannel": {"id": id, "name": "x"}, "description": about(text), "serviceHours": [], "isASTIConnection": asti,
               "serviceChargeType": null,
               "contactDetails": {"emails": [{"language": "fi", "value": "a@example.fi"}], "phoneNumbers": [], "webPages": []}})
    };
    for (case, list, expected) in [
        ("equal", json!([relation(ONE, "Kysy täältä.", false)]), vec![]),
        ("of the register", json!([relation(ONE, "Kysy täältä.", false), relation(OTHER, "", true)]), vec![]),
        ("edited", json!([relation(ONE, "Kysy muualta.", false)]), vec![format!("connection {ONE}.description.fi")]),
        (
            "one more",
            json!([relation(ONE, "Kysy täältä.", false), relation(OTHER, "", false)]),
            vec![format!("connection {OTHER}")],
        ),
        ("gone", json!(null), vec![format!("connection {ONE}")]),
    ] {
        let seen = read(&service(json!({"serviceChannels": list})), &reference()).expect("a model");
        let found = connection_differences(&sent_connections(&body), &seen.connections.expect("told"));
        assert_eq!(found.into_iter().map(|it| it.path).collect::<Vec<_>>(), expected, "{case}");
    }
}

#[test]
fn the_frame_of_a_read() {
    let model = location(
        json!({"id": ORGANISATION.to_uppercase(), "sourceId": "turku.servicePoint.1", "modified": "2026-11-25T08:00:00.123",
                                "publishingStatus": "Modified", "organizationId": ORGANISATION, "services": []}),
    );
    let seen = read(&model, &reference()).expect("a model");
    assert_eq!((seen.kind, seen.status), (SeenKind::ServiceLocation, SeenStatus::Modified));
    assert_eq!(seen.guid.as_deref(), Some(ORGANISATION));
    assert_eq!(seen.owner.as_deref(), Some(ORGANISATION));
    assert_eq!(seen.modified.map(|at| at.to_string()).as_deref(), Some("2026-11-25T08:00:00.123Z"));
    assert!(seen.connections.is_some_and(|all| all.is_empty()));
    assert!(read(&json!({"id": ORGANISATION}), &reference()).is_none());
}
