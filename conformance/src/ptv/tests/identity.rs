//! Family I: identity, status, versions (§9.3).

use serde_json::{Value, json};

use super::{BOTH, Bench, FORG, LIVE, SOURCE, cases, ec, id, l, ph, put, with};

fn archive(b: &Bench, id: &str) -> Value {
    b.ok("PUT", &format!("Service/{id}"), &json!({ "publishingStatus": "Deleted" }))
}

fn draft(b: &Bench) -> String {
    b.create("Service", &with(b.s(), json!({ "publishingStatus": "Draft" })))
}

fn renamed(name: &str) -> Value {
    json!({ "serviceNames": [{ "language": "fi", "type": "Name", "value": name }] })
}

fn duplicate(b: &Bench) -> u16 {
    if b.profile.is_live() { 400 } else { 500 }
}

fn status(b: &Bench, id: &str, status: &str) {
    b.bad("PUT", &format!("Service/{id}"), &put(json!({ "publishingStatus": status })), &["PublishingStatus"]);
}

cases! {
    ptv_i_01_create, BOTH, |b| {
        let read = b.ok("POST", "Service", &b.s());
        assert_eq!((read["sourceId"].as_str(), read["publishingStatus"].as_str()), (Some("t.s.1"), Some("Published")));
        assert!(super::super::formats::guid(&id(&read)) && read["organizations"].is_array());
    }
    ptv_i_02_create_twice, BOTH, |b| {
        b.s1();
        let answer = b.fails("POST", "Service", &b.s(), duplicate(&b));
        let expected = if b.profile.is_live() { "SourceId" } else { "errorMessage" };
        assert!(answer.get(expected).is_some(), "{answer}");
    }
    ptv_i_03_channel_kinds_share_source_ids, BOTH, |b| {
        b.create("ServiceChannel/ServiceLocation", &with(l(), json!({ "sourceId": "x" })));
        b.fails("POST", "ServiceChannel/EChannel", &with(ec(), json!({ "sourceId": "x" })), duplicate(&b));
    }
    ptv_i_04_object_types_do_not_share, BOTH, |b| {
        b.create("Service", &with(b.s(), json!({ "sourceId": "x" })));
        b.create("ServiceChannel/ServiceLocation", &with(l(), json!({ "sourceId": "x" })));
    }
    ptv_i_05_users_do_not_share, BOTH, |b| {
        let one = b.s1();
        let two = id(&b.ok_as("v", "POST", "Service", &b.s_named("Toinen nimi", "t.s.1")));
        assert_ne!(one, two);
    }
    ptv_i_06_unknown_source_id, BOTH, |b| {
        let answer = b.fails("PUT", "Service/sourceId/unknown", &b.s(), 404);
        assert!(answer["errorMessage"].as_str().unwrap().contains("not found"));
    }
    ptv_i_07_source_id_of_another_user, BOTH, |b| {
        b.s1();
        assert_eq!(b.call_as("v", "PUT", "Service/sourceId/t.s.1", Some(&b.s())).0, 404);
    }
    ptv_i_08_path_wins_over_body, BOTH, |b| {
        b.s1();
        let read = b.ok("PUT", "Service/sourceId/t.s.1", &put(json!({ "sourceId": "other" })));
        assert_eq!(read["sourceId"], "t.s.1");
    }
    ptv_i_09_new_source_id, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "sourceId": "n" })));
        b.ok("PUT", "Service/sourceId/n", &put(json!({})));
        b.fails("PUT", "Service/sourceId/t.s.1", &put(json!({})), 404);
    }
    ptv_i_10_new_source_id_while_archiving, BOTH, |b| {
        let s1 = b.s1();
        let read = b.ok("PUT", &format!("Service/{s1}"), &json!({ "publishingStatus": "Deleted", "sourceId": "n" }));
        assert_eq!((read["sourceId"].as_str(), read["publishingStatus"].as_str()), (Some("t.s.1"), Some("Deleted")));
    }
    ptv_i_11_source_id_of_another_entity, BOTH, |b| {
        let s1 = b.s1();
        b.create("Service", &b.s_named("Toinen", "two"));
        b.fails("PUT", &format!("Service/{s1}"), &put(json!({ "sourceId": "two" })), 500);
    }
    ptv_i_12_archived_source_id_is_taken, BOTH, |b| {
        let s1 = b.s1();
        archive(&b, &s1);
        b.fails("POST", "Service", &b.s(), duplicate(&b));
    }
    ptv_i_13_restore, BOTH, |b| {
        let s1 = b.s1();
        archive(&b, &s1);
        assert_eq!(id(&b.ok("PUT", "Service/sourceId/t.s.1", &b.s())), s1);
        assert_eq!(b.get(&format!("Service/{s1}")).0, 200);
    }
    ptv_i_14_archive_twice, BOTH, |b| {
        let s1 = b.s1();
        archive(&b, &s1);
        let before = b.sim.dump();
        b.wait(60);
        archive(&b, &s1);
        assert_eq!(b.sim.dump(), before);
    }
    ptv_i_15_archived_is_not_shown, BOTH, |b| {
        let s1 = b.s1();
        archive(&b, &s1);
        assert_eq!(b.get(&format!("Service/{s1}")).0, 404);
        assert_eq!(b.get("Service?status=Archived").1["itemList"][0]["id"], json!(s1));
    }
    ptv_i_16_archived_to_draft, BOTH, |b| {
        let s1 = b.s1();
        archive(&b, &s1);
        status(&b, &s1, "Draft");
    }
    ptv_i_17_created_as_deleted_or_modified, BOTH, |b| {
        for status in ["Deleted", "Modified"] {
            b.bad("POST", "Service", &with(b.s(), json!({ "publishingStatus": status })), &["PublishingStatus"]);
        }
        b.bad("POST", "ServiceChannel/Phone", &with(ph(), json!({ "publishingStatus": "Modified" })), &["PublishingStatus"]);
    }
    ptv_i_18_draft_is_shown_to_editors_only, BOTH, |b| {
        let s1 = draft(&b);
        assert_eq!(b.get(&format!("Service/{s1}")).0, 404);
        assert_eq!(b.get(&format!("Service/active/{s1}")).0, 200);
    }
    ptv_i_19_draft_archived, BOTH, |b| { status(&b, &draft(&b), "Deleted"); }
    ptv_i_20_draft_modified, BOTH, |b| { status(&b, &draft(&b), "Modified"); }
    ptv_i_21_draft_published, BOTH, |b| { b.ok("PUT", &format!("Service/{}", draft(&b)), &b.s()); }
    ptv_i_22_published_to_draft, BOTH, |b| { status(&b, &b.s1(), "Draft"); }
    ptv_i_23_modified_keeps_the_published, BOTH, |b| {
        let s1 = b.s1();
        let change = with(renamed("Uusi nimi"), json!({ "publishingStatus": "Modified" }));
        let read = b.ok("PUT", &format!("Service/{s1}"), &put(change));
        assert_eq!(read["serviceNames"][0]["value"], "Uusi nimi");
        assert_eq!(b.get(&format!("Service/{s1}")).1["serviceNames"][0]["value"], "Uimahallin vuorot");
    }
    ptv_i_24_modified_blocks, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "publishingStatus": "Modified" })));
        let answer = b.bad("PUT", &format!("Service/{s1}"), &put(json!({})), &["PublishingStatus"]);
        assert!(answer["PublishingStatus"][0].as_str().unwrap().contains("status Modified"), "{answer}");
    }
    ptv_i_25_published_by_a_person, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "publishingStatus": "Modified" })));
        assert!(b.sim.publish(&s1));
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({})));
    }
    ptv_i_26_no_status, BOTH, |b| {
        b.bad("PUT", &format!("Service/{}", b.s1()), &json!({ "fundingType": "MarketFunded" }), &["PublishingStatus"]);
    }
    ptv_i_27_foreign_service, BOTH, |b| {
        let producers = json!([{ "provisionType": "SelfProducedServices", "organizations": [FORG] }]);
        let body = with(b.s(), json!({ "mainResponsibleOrganization": FORG, "serviceProducers": producers }));
        let other = id(&b.ok_as("x", "POST", "Service", &body));
        let answer = b.fails("PUT", &format!("Service/{other}"), &put(json!({})), 404);
        assert!(answer["errorMessage"].as_str().unwrap().contains("no rights"));
    }
    ptv_i_28_locked, BOTH, |b| {
        let s1 = b.s1();
        b.sim.lock(&s1);
        let answer = b.fails("PUT", &format!("Service/{s1}"), &put(json!({})), 404);
        assert!(answer["errorMessage"].as_str().unwrap().contains("locked"));
        b.sim.unlock(&s1);
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({})));
    }
    ptv_i_29_archive_with_an_invalid_body, BOTH, |b| {
        let s1 = b.s1();
        let body = with(renamed(" "), json!({ "publishingStatus": "Deleted" }));
        b.bad("PUT", &format!("Service/{s1}"), &body, &["ServiceNames[0].Value"]);
    }
    ptv_i_30_archive_ignores_the_rest, BOTH, |b| {
        let s1 = b.s1();
        let read = b.ok("PUT", &format!("Service/{s1}"), &with(renamed("Uusi"), json!({ "publishingStatus": "Deleted" })));
        assert_eq!(read["serviceNames"][0]["value"], "Uimahallin vuorot");
    }
    ptv_i_31_last_write_wins, BOTH, |b| {
        let s1 = b.s1();
        b.ok("PUT", &format!("Service/{s1}"), &put(renamed("Yksi")));
        b.ok_as("v", "PUT", &format!("Service/{s1}"), &put(renamed("Kaksi")));
        assert_eq!(b.get(&format!("Service/{s1}")).1["serviceNames"][0]["value"], "Kaksi");
    }
    ptv_i_32_valid_from_with_published, BOTH, |b| {
        let body = with(b.s(), json!({ "validFrom": "2026-11-25T00:00:00" }));
        b.bad("POST", "Service", &body, &["PublishingStatus"]);
    }
    ptv_i_33_valid_from_today, BOTH, |b| {
        let body = with(b.s(), json!({ "validFrom": "2026-11-24T00:00:00", "publishingStatus": "Draft" }));
        b.bad("POST", "Service", &body, &["ValidFrom"]);
    }
    ptv_i_34_valid_to_before_valid_from, BOTH, |b| {
        let dates = json!({ "validFrom": "2026-11-29T00:00:00", "validTo": "2026-11-27T00:00:00", "publishingStatus": "Draft" });
        b.bad("POST", "Service", &with(b.s(), dates), &["ValidTo"]);
    }
    ptv_i_35_valid_to_of_a_draft, BOTH, |b| {
        let dates = json!({ "validTo": "2026-11-25T00:00:00", "publishingStatus": "Draft" });
        b.bad("POST", "Service", &with(b.s(), dates), &["PublishingStatus"]);
    }
    ptv_i_36_valid_from_blocks, BOTH, |b| {
        let s1 = b.s1();
        let body = put(json!({ "validFrom": "2026-11-25T00:00:00", "publishingStatus": "Modified" }));
        b.ok("PUT", &format!("Service/{s1}"), &body);
        status(&b, &s1, "Published");
    }
    ptv_i_37_kind_in_the_path_is_not_checked, BOTH, |b| {
        let channel = b.create("ServiceChannel/EChannel", &ec());
        b.ok("PUT", &format!("ServiceChannel/Phone/{channel}"), &json!({ "publishingStatus": "Published" }));
    }
}

cases! {
    ptv_error_text_is_told_in_the_source_profile, SOURCE, |b| {
        b.s1();
        let answer = b.fails("POST", "Service", &b.s(), 500);
        assert!(answer["errorMessage"].as_str().unwrap().contains("update operation"));
    }
    ptv_error_text_is_a_trace_in_the_live_profile, LIVE, |b| {
        let answer = b.fails("POST", "Service", &with(b.s(), json!({ "industrialClasses": ["62010"] })), 500);
        assert!(answer["errorMessage"].as_str().unwrap().contains("Trace id"));
    }
}
