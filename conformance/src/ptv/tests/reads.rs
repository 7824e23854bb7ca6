//! Family R: reads and reconciliation (§9.10), and the shared code lists in place.

use serde_json::{Value, json};

use super::small::{GD, class};
use super::{BOTH, ORG, SOURCE, SUB, cases, id, l, put, with};
use crate::ptv::Reference;

cases! {
    ptv_r_01_date_is_strict, BOTH, |b| {
        b.s1();
        assert_eq!(b.get("Service?date=2026-11-24T12:00:00").1["itemList"], Value::Null);
        assert!(b.get("Service?date=2026-11-24T11:59:59").1["itemList"].is_array());
    }
    ptv_r_02_connection_touches_the_service, BOTH, |b| {
        let (s1, l1) = (b.s1(), b.create("ServiceChannel/ServiceLocation", &l()));
        b.wait(60);
        b.ok("PUT", &format!("Connection/serviceId/{s1}"), &json!({ "channelRelations": [{ "serviceChannelId": l1 }] }));
        assert_eq!(b.get("Service?date=2026-11-24T12:00:30").1["itemList"][0]["id"], json!(s1));
    }
    ptv_r_03_entities_by_organisation, BOTH, |b| {
        let (s1, l1) = (b.s1(), b.create("ServiceChannel/ServiceLocation", &l()));
        let list = b.get(&format!("Common/EntitiesByOrganization/{ORG}")).1["itemList"].clone();
        assert_eq!(list.as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [s1, l1]);
    }
    ptv_r_04_published_below_a_modified_version, BOTH, |b| {
        let s1 = b.s1();
        let names = json!([{ "language": "fi", "type": "Name", "value": "Uusi" }]);
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "publishingStatus": "Modified", "serviceNames": names })));
        let list = b.get(&format!("Service/list/organization?organizationId={ORG}")).1;
        assert_eq!(list["itemList"][0]["serviceNames"][0]["value"], "Uimahallin vuorot");
    }
    ptv_r_11_expired_after_18_months, BOTH, |b| {
        let s1 = b.s1();
        b.wait(17 * 30 * 86_400);
        assert_eq!(b.get(&format!("Service/{s1}")).0, 200);
        b.wait(2 * 30 * 86_400);
        assert_eq!(b.get(&format!("Service/{s1}")).0, 404);
        assert_eq!(b.get("Service?status=Archived").1["itemList"][0]["id"], json!(s1));
    }
    ptv_six_hundred_services_are_taken, BOTH, |b| {
        for n in 0..600 {
            b.create("Service", &b.s_named(&format!("Palvelu {n}"), &format!("t.{n}")));
        }
        assert_eq!((b.sim.writes().accepted(), b.sim.writes().refused()), (600, 0));
        let list = b.get(&format!("Service/list/organization?organizationId={ORG}&page=6")).1;
        assert_eq!((list["pageCount"].as_u64(), list["itemList"].as_array().unwrap().len()), (Some(6), 100));
    }
    ptv_r_05_withdrawn, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &json!({ "publishingStatus": "Deleted" }));
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "publishingStatus": "Modified" })));
        assert_eq!(b.get("Service?status=Withdrawn").1["itemList"][0]["id"], json!(s1));
    }
    ptv_r_06_archived_list, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &json!({ "publishingStatus": "Deleted" }));
        assert_eq!(b.get("Service/archived/list").1[0]["id"], json!(s1));
    }
    ptv_r_06_archived_list_by_organisation_and_time, BOTH, |b| {
        let s1 = b.s1();
        b.wait(60);
        b.ok("PUT", &format!("Service/{s1}"), &json!({ "publishingStatus": "Deleted" }));
        for (query, expected) in [
            (format!("OrganizationId={ORG}"), 1),
            (format!("OrganizationId={SUB}"), 0),
            ("MinArchivingDate=2026-11-24T12:00:30".to_owned(), 1),
            ("MinArchivingDate=2026-11-24T12:01:30Z".to_owned(), 0),
            ("MaxArchivingDate=2026-11-24T12:00:30Z".to_owned(), 0),
        ] {
            let list = b.get(&format!("Service/archived/list?{query}")).1;
            assert_eq!(list.as_array().map(Vec::len), Some(expected), "{query}");
        }
        assert!(b.get("Service/archived/list?MinArchivingDate=soon").1.get("MinArchivingDate").is_some());
    }
    ptv_r_10_hours_are_read_with_seconds, BOTH, |b| {
        let mut body = l();
        body["serviceHours"] = json!([{ "serviceHourType": "DaysOfTheWeek", "validForNow": true,
            "openingHour": [{ "dayFrom": "Monday", "from": "08:00", "to": "16:00" }] }]);
        let l1 = b.create("ServiceChannel/ServiceLocation", &body);
        let opening = b.get(&format!("ServiceChannel/{l1}")).1["serviceHours"][0]["openingHour"][0].clone();
        assert_eq!((&opening["from"], &opening["to"]), (&json!("08:00:00"), &json!("16:00:00")));
    }
    ptv_hierarchy_shows_what_is_published_below, BOTH, |b| {
        let tree = b.get(&format!("Organization/Hierarchy/{ORG}")).1;
        assert_eq!((id(&tree), &tree["parent"]), (ORG.to_owned(), &Value::Null));
        assert_eq!(tree["subOrganizations"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), [SUB]);
        assert_eq!(b.get(&format!("Organization/Hierarchy/{SUB}")).1["parent"]["id"], ORG);
        assert_eq!(b.get("Organization/Hierarchy").1["itemList"].as_array().unwrap().len(), 2);
        assert_eq!(b.get(&format!("Organization/Hierarchy/{s}", s = super::UNKNOWN)).0, 404);
    }
    ptv_work_lists_name_what_nobody_maintains, BOTH, |b| {
        let (s1, l1) = (b.s1(), b.create("ServiceChannel/ServiceLocation", &l()));
        let listed = |list: &str| b.get(&format!("Common/{list}")).1["itemList"].clone();
        for (list, one) in [("ServicesWithoutChannels", &s1), ("ChannelsWithoutServices", &l1)] {
            assert_eq!(listed(list)[0]["id"], json!(one), "{list}");
        }
        b.ok("PUT", &format!("Connection/serviceId/{s1}"), &json!({ "channelRelations": [{ "serviceChannelId": l1 }] }));
        assert_eq!(listed("ServicesWithoutChannels"), Value::Null);
        assert_eq!(listed("NotMaintainedServices"), Value::Null);
        b.wait(16 * 31 * 86_400);
        assert_eq!(listed("NotMaintainedServices")[0]["id"], json!(s1));
        assert_eq!(listed("NotMaintainedServiceChannels")[0]["id"], json!(l1));
        assert_eq!(listed("ExpiringServiceChannels")[0]["expires"], "2028-05-24T12:00:00.000");
        assert_eq!(b.call_as("x", "GET", "Common/NotMaintainedServices", None).1["itemList"], Value::Null);
        assert!(b.get("Common/NotMaintainedServices?status=Old").1.get("status").is_some());
    }
    ptv_a_person_edits_discards_archives_and_restores, BOTH, |b| {
        let s1 = b.s1();
        let name = || b.get(&format!("Service/{s1}")).1["serviceNames"][0]["value"].clone();
        let names = json!([{ "language": "fi", "type": "Name", "value": "Uusi" }]);
        let before = name();
        b.wait(60);
        assert!(b.sim.save_draft_edit(&s1, "serviceNames", names.clone()));
        assert_eq!((name(), b.get(&format!("Service/active/{s1}")).1["publishingStatus"].clone()), (before.clone(), json!("Modified")));
        assert!(b.sim.discard(&s1) && !b.sim.discard(&s1));
        assert_eq!(name(), before);
        assert!(b.sim.save_draft_edit(&s1, "serviceNames", names) && b.sim.publish(&s1));
        assert_eq!(name(), "Uusi");
        assert!(b.sim.archive(&s1) && !b.sim.archive(&s1));
        assert_eq!(b.get(&format!("Service/active/{s1}")).0, 404);
        assert!(b.sim.restore(&s1) && !b.sim.restore(&s1));
        assert_eq!(name(), "Uusi");
    }
    ptv_r_07_take, BOTH, |b| { assert!(b.get("Service/archived/list?Take=101").1.get("Take").is_some()); }
    ptv_r_08_general_descriptions_classes, BOTH, |b| {
        let body = with(b.s(), json!({ "generalDescriptionId": GD, "serviceClasses": [class("P10.2")] }));
        let s1 = b.create("Service", &body);
        let read = b.get(&format!("Service/{s1}")).1;
        assert_eq!(read["serviceClasses"].as_array().unwrap().len(), 2);
        assert_eq!(b.get(&format!("GeneralDescription/{GD}")).1["type"], "PermitOrObligation");
    }
    ptv_r_09_channel_read_model, BOTH, |b| {
        let read = b.ok("POST", "ServiceChannel/WebPage", &super::wp());
        assert!(read.get("isVisibleForAll").is_none() && read.get("webPage").is_none());
        assert_eq!(read["webPages"][0]["url"], "https://www.example.fi/");
    }
    ptv_code_lists_are_served, SOURCE, |b| {
        assert_eq!(b.get("CodeList/GetMunicipalityCodes").1[0]["code"], "091");
        assert_eq!(b.get("CodeList/GetAreaCodes/type/Province").1[0]["code"], "01");
        assert_eq!(b.get("CodeList/GetCountryCodes").1[0]["prefixNumbers"], json!(["+358"]));
    }
}

/// The shared code lists, when they are there: their sizes are known.
#[test]
fn ptv_reference_reads_the_shared_code_lists() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/specs");
    let dir = std::env::var("SILTA_SHARED").map_or_else(|_| beside.to_owned(), |shared| shared + "/specs");
    let Ok(reference) = Reference::from_dir(&dir) else {
        #[allow(clippy::print_stdout)] // A test that did not run has to say so.
        {
            println!("skipped: no shared code lists");
        }
        return;
    };
    let counts = reference.counts();
    for (list, count) in [
        ("municipalities", 311),
        ("postalCodes", 4158),
        ("languages", 74),
        ("countries", 233),
        // 230 rows, one of them a leftover without URI.
        ("serviceClasses", 229),
        ("targetGroups", 17),
        ("lifeEvents", 19),
        ("industrialClasses", 1805),
        ("generalDescriptions", 458),
    ] {
        assert_eq!(counts.get(list), Some(&count), "{list}");
    }
    // Every old URI of the general descriptions leads to a class that exists.
    for general in reference.general_descriptions.values() {
        for uri in crate::ptv::json::texts(general, "serviceClasses") {
            assert!(reference.service_classes.find(uri).is_some(), "{uri}");
        }
    }
}
