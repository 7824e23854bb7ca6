//! Family N: connections (§9.8).

use serde_json::{Value, json};

use super::{BOTH, Bench, FORG, UNKNOWN, cases, ec, id, l, pf, ph, put, with, wp};

/// The same channel in Swedish only.
pub(super) fn swedish(body: &Value) -> Value {
    serde_json::from_str(&body.to_string().replace(r#""language":"fi""#, r#""language":"sv""#)).unwrap()
}

fn shown(read: &Value) -> Vec<String> {
    let list = read["serviceChannels"].as_array().cloned().unwrap_or_default();
    list.iter().map(|item| item["serviceChannel"]["id"].as_str().unwrap().to_owned()).collect()
}

fn relation(channel: &str) -> Value {
    json!({ "serviceChannelId": channel })
}

fn connect(b: &Bench, service: &str, relations: Value) -> Value {
    b.ok("PUT", &format!("Connection/serviceId/{service}"), &json!({ "channelRelations": relations }))
}

fn refused(b: &Bench, service: &str, relations: Value, key: &str) {
    b.bad("PUT", &format!("Connection/serviceId/{service}"), &json!({ "channelRelations": relations }), &[key]);
}

fn location(b: &Bench) -> String {
    b.create("ServiceChannel/ServiceLocation", &with(l(), json!({ "sourceId": "l" })))
}

fn phone(b: &Bench) -> String {
    b.create("ServiceChannel/Phone", &with(ph(), json!({ "sourceId": "ph" })))
}

fn hours() -> Value {
    let opening = json!([{ "dayFrom": "Monday", "from": "08:00", "to": "16:00" }]);
    json!([{ "serviceHourType": "DaysOfTheWeek", "openingHour": opening }])
}

fn description(kind: &str, text: &str) -> Value {
    json!([{ "language": "fi", "type": kind, "value": text }])
}

/// A channel of the foreign organisation, shared or not.
fn foreign_channel(b: &Bench, shared: bool) -> String {
    let body = with(ec(), json!({ "organizationId": FORG, "isVisibleForAll": shared }));
    id(&b.ok_as("x", "POST", "ServiceChannel/EChannel", &body))
}

fn foreign_service(b: &Bench) -> String {
    let producers = json!([{ "provisionType": "SelfProducedServices", "organizations": [FORG] }]);
    let body = with(b.s(), json!({ "mainResponsibleOrganization": FORG, "serviceProducers": producers }));
    id(&b.ok_as("x", "POST", "Service", &body))
}

cases! {
    ptv_n_01_connect_one, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let read = connect(&b, &s1, json!([relation(&l1)]));
        assert_eq!((id(&read), shown(&read)), (s1, vec![l1]));
    }
    ptv_n_02_put_replaces, BOTH, |b| {
        let (s1, l1, ph1) = (b.s1(), location(&b), phone(&b));
        assert_eq!(shown(&connect(&b, &s1, json!([relation(&l1), relation(&ph1)]))).len(), 2);
        assert_eq!(shown(&connect(&b, &s1, json!([relation(&l1)]))), [l1]);
    }
    ptv_n_03_empty_list_changes_nothing, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        connect(&b, &s1, json!([relation(&l1)]));
        assert_eq!(shown(&connect(&b, &s1, json!([]))), [l1]);
    }
    ptv_n_04_delete_all, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        connect(&b, &s1, json!([relation(&l1)]));
        let body = json!({ "deleteAllChannelRelations": true, "channelRelations": [] });
        assert!(shown(&b.ok("PUT", &format!("Connection/serviceId/{s1}"), &body)).is_empty());
    }
    ptv_n_05_description_kept, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let text = description("Description", "Tule sisään");
        connect(&b, &s1, json!([{ "serviceChannelId": l1, "description": text }]));
        assert_eq!(connect(&b, &s1, json!([relation(&l1)]))["serviceChannels"][0]["description"], text);
    }
    ptv_n_06_description_deleted, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        connect(&b, &s1, json!([{ "serviceChannelId": l1, "description": description("Description", "Tule sisään") }]));
        let read = connect(&b, &s1, json!([{ "serviceChannelId": l1, "deleteAllDescriptions": true }]));
        assert_eq!(read["serviceChannels"][0]["description"], json!([]));
    }
    ptv_n_07_channel_twice, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        refused(&b, &s1, json!([relation(&l1), relation(&l1)]), "ChannelRelations");
    }
    ptv_n_08_channel_unknown_or_draft, BOTH, |b| {
        let s1 = b.s1();
        let draft = b.create("ServiceChannel/Phone", &with(ph(), json!({ "publishingStatus": "Draft" })));
        for channel in [UNKNOWN, &draft] {
            refused(&b, &s1, json!([relation(channel)]), "ChannelRelations");
        }
    }
    ptv_n_09_foreign_channel_not_shared, BOTH, |b| {
        let (s1, channel) = (b.s1(), foreign_channel(&b, false));
        refused(&b, &s1, json!([relation(&channel)]), "ChannelRelations");
    }
    ptv_n_10_foreign_channel_shared, BOTH, |b| {
        let (s1, channel) = (b.s1(), foreign_channel(&b, true));
        assert_eq!(shown(&connect(&b, &s1, json!([relation(&channel)]))), [channel]);
    }
    ptv_n_11_hours_on_a_phone, BOTH, |b| {
        let (s1, ph1) = (b.s1(), phone(&b));
        refused(&b, &s1, json!([{ "serviceChannelId": ph1, "serviceHours": hours() }]), "ChannelRelations");
        let body = json!({ "channelRelations": [{ "serviceChannelSourceId": "ph", "serviceHours": hours() }] });
        assert_eq!(shown(&b.ok("PUT", "Connection/serviceSourceId/t.s.1", &body)), [ph1]);
    }
    ptv_n_12_hours_on_a_web_page, BOTH, |b| {
        b.s1();
        b.create("ServiceChannel/WebPage", &with(wp(), json!({ "sourceId": "wp" })));
        let body = json!({ "channelRelations": [{ "serviceChannelSourceId": "wp", "serviceHours": hours() }] });
        b.fails("PUT", "Connection/serviceSourceId/t.s.1", &body, 500);
    }
    ptv_n_13_draft_service, BOTH, |b| {
        let draft = b.create("Service", &with(b.s(), json!({ "publishingStatus": "Draft" })));
        let l1 = location(&b);
        refused(&b, &draft, json!([relation(&l1)]), "serviceId");
    }
    ptv_n_14_modified_service, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        assert!(b.sim.make_modified(&s1));
        let body = json!({ "channelRelations": [relation(&l1)] });
        b.fails("PUT", &format!("Connection/serviceId/{s1}"), &body, 404);
    }
    ptv_n_15_foreign_service, BOTH, |b| {
        let (service, l1) = (foreign_service(&b), location(&b));
        refused(&b, &service, json!([relation(&l1)]), "serviceId");
    }
    ptv_n_16_unknown_service_source_id, BOTH, |b| {
        b.fails("PUT", "Connection/serviceSourceId/nobody", &json!({ "channelRelations": [] }), 404);
    }
    ptv_n_17_unknown_channel_source_id, BOTH, |b| {
        b.s1();
        let body = json!({ "channelRelations": [{ "serviceChannelSourceId": "nobody" }] });
        b.fails("PUT", "Connection/serviceSourceId/t.s.1", &body, 500);
    }
    ptv_n_18_no_common_language, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let swedish = b.create("ServiceChannel/EChannel", &swedish(&ec()));
        assert_eq!(shown(&connect(&b, &s1, json!([relation(&l1), relation(&swedish)]))), [l1]);
    }
    ptv_n_19_post_one_good_one_without_language, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let other = b.create("ServiceChannel/EChannel", &swedish(&ec()));
        let pairs = json!([{ "serviceId": s1, "serviceChannelId": l1 }, { "serviceId": s1, "serviceChannelId": other }]);
        let answer = b.ok("POST", "Connection", &pairs);
        let answer = answer.as_array().unwrap();
        assert_eq!(answer.len(), 2);
        assert!(answer[0].as_str().unwrap().contains("success") && answer[1].as_str().unwrap().contains("ignored"));
        assert_eq!(shown(&b.get(&format!("Service/{s1}")).1), [l1]);
    }
    ptv_n_20_post_where_every_item_fails, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let form = b.create("ServiceChannel/PrintableForm", &pf());
        let hours_on_a_form = json!([{ "serviceId": s1, "serviceChannelId": form, "serviceHours": hours() }]);
        b.ok("POST", "Connection", &hours_on_a_form);
        b.sim.make_modified(&s1);
        let answer = b.ok("POST", "Connection", &json!([{ "serviceId": s1, "serviceChannelId": l1 }]));
        assert!(answer[0].as_str().unwrap().contains("Modified"));
        assert_eq!(b.sim.dump()["connections"], json!([]));
    }
    ptv_n_21_post_unknown_channel, BOTH, |b| {
        let s1 = b.s1();
        b.bad("POST", "Connection", &json!([{ "serviceId": s1, "serviceChannelId": UNKNOWN }]), &["[0].ServiceChannelId"]);
    }
    ptv_n_22_post_foreign_service, BOTH, |b| {
        let (service, l1) = (foreign_service(&b), location(&b));
        b.bad("POST", "Connection", &json!([{ "serviceId": service, "serviceChannelId": l1 }]), &["Services"]);
    }
    ptv_n_23_post_nothing, BOTH, |b| { assert_eq!(b.ok("POST", "Connection", &json!([])), json!([])); }
    ptv_n_24_null_list, BOTH, |b| {
        let s1 = b.s1();
        b.fails("PUT", &format!("Connection/serviceId/{s1}"), &json!({ "channelRelations": null }), 500);
    }
    ptv_n_25_description_type_summary, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let relations = json!([{ "serviceChannelId": l1, "description": description("Summary", "Tiivistelmä") }]);
        refused(&b, &s1, relations, "ChannelRelations[0].Description");
    }
    ptv_n_26_description_of_501_characters, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let text = |n| description("Description", &"a".repeat(n));
        refused(&b, &s1, json!([{ "serviceChannelId": l1, "description": text(501) }]), "ChannelRelations[0].Description");
        connect(&b, &s1, json!([{ "serviceChannelId": l1, "description": text(500) }]));
    }
    ptv_n_27_asti_connection_stays, BOTH, |b| {
        let (s1, l1, ph1) = (b.s1(), location(&b), phone(&b));
        b.sim.connect_asti(&s1, &ph1);
        let read = shown(&connect(&b, &s1, json!([relation(&l1)])));
        assert!(read.len() == 2 && read.contains(&ph1), "{read:?}");
    }
    ptv_n_28_wrong_prefix_in_contact_details, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        let phones = json!([{ "prefixNumber": "+9999", "number": "1", "language": "fi" }]);
        let relations = json!([{ "serviceChannelId": l1, "contactDetails": { "phoneNumbers": phones } }]);
        refused(&b, &s1, relations, "ChannelRelations.ContactDetails.Phones.PrefixNumber");
    }
    ptv_connections_of_an_archived_channel_are_gone, BOTH, |b| {
        let (s1, l1) = (b.s1(), location(&b));
        connect(&b, &s1, json!([relation(&l1)]));
        b.ok("PUT", &format!("ServiceChannel/ServiceLocation/{l1}"), &json!({ "publishingStatus": "Deleted" }));
        assert!(shown(&b.get(&format!("Service/{s1}")).1).is_empty());
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({})));
    }
}
