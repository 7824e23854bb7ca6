//! Family P: bodies and parameters (§9.2).

use serde_json::{Value, json};

use super::small::class;
use super::{BOTH, LIVE, ORG, SOURCE, UNKNOWN, cases, with};

const ZERO: &str = "00000000-0000-0000-0000-000000000000";

fn get_bad(b: &super::Bench, path: &str, key: &str) {
    let (status, answer) = b.get(path);
    assert_eq!(status, 400, "{path}: {answer}");
    assert!(answer.get(key).is_some(), "{path}: {answer}");
}

cases! {
    ptv_p_01_empty_body, BOTH, |b| {
        let (status, answer) = b.call_as("u", "POST", "Service", None);
        assert!(status == 400 && answer.get("RequestIsNull").is_some());
    }
    ptv_p_02_null_body, BOTH, |b| { b.bad("POST", "Service", &Value::Null, &["RequestIsNull"]); }
    ptv_p_03_wrong_json_type, BOTH, |b| {
        b.bad("POST", "Service", &with(b.s(), json!({ "areas": "091" })), &["areas", "RequestIsNull"]);
    }
    ptv_p_04_unknown_property, BOTH, |b| { b.ok("POST", "Service", &with(b.s(), json!({ "somethingNew": 1 }))); }
    ptv_p_05_number_for_text, BOTH, |b| {
        let read = b.ok("POST", "Service", &with(b.s(), json!({ "areas": [{ "type": "Municipality", "areaCodes": [853] }] })));
        assert_eq!(read["areas"][0]["municipalities"][0]["code"], "853");
    }
    ptv_p_06_malformed_id, BOTH, |b| { b.bad("PUT", "Service/not-a-guid", &b.s(), &["id"]); }
    ptv_p_07_existence_before_the_body, BOTH, |b| {
        b.fails("PUT", &format!("Service/{UNKNOWN}"), &json!({ "serviceNames": [{}], "type": "?", "languages": ["?"] }), 404);
    }
    ptv_p_08_source_id_in_the_path, BOTH, |b| { b.bad("PUT", "Service/sourceId/a_b", &b.s(), &["sourceId"]); }
    ptv_p_09_source_id_in_the_body, BOTH, |b| { b.bad("POST", "Service", &with(b.s(), json!({ "sourceId": "a/b" })), &["SourceId"]); }
    ptv_p_10_11_date_formats, BOTH, |b| {
        get_bad(&b, "Service?date=2026-01-01", "date");
        get_bad(&b, "Service?date=2026-01-01T00:00:00Z", "date");
        assert_eq!(b.get("Service?date=2026-01-01T00:00:00").0, 200);
    }
    ptv_p_12_13_14_pages, BOTH, |b| {
        b.s1();
        let zero = b.get("Service?page=0");
        assert!(zero.0 == 200 && zero.1["pageNumber"] == 0 && zero.1.get("itemList").is_none());
        get_bad(&b, "Service?page=-1", "page");
        let beyond = b.get("Service?page=2");
        assert_eq!((beyond.0, &beyond.1["itemList"]), (200, &Value::Null));
    }
    ptv_p_15_16_status, BOTH, |b| {
        get_bad(&b, "Service?status=Foo", "status");
        get_bad(&b, "Organization?status=Active", "status");
    }
    ptv_p_17_18_guids, BOTH, |b| {
        let ids = |n| vec![UNKNOWN; n].join(",");
        assert_eq!(b.get(&format!("Service/list?guids={}", ids(101))).0, 500);
        assert_eq!(b.get(&format!("Service/list?guids={}", ids(100))).0, 200);
        get_bad(&b, &format!("Service/list?guids={},abc", ids(1)), "guids");
    }
    ptv_p_19_20_selectors, BOTH, |b| {
        get_bad(&b, "Service/list/organization", "organizationId");
        get_bad(&b, &format!("Service/list/organization?organizationId={ORG}&code=1234567-1"), "organizationId");
    }
    ptv_p_21_business_code, BOTH, |b| { get_bad(&b, "Organization/businesscode/123", "code"); }
    ptv_p_22_zero_guid_source, SOURCE, |b| { assert_eq!(b.get(&format!("Service/{ZERO}")).0, 404); }
    ptv_p_22_zero_guid_live, LIVE, |b| { assert_eq!(b.get(&format!("Service/{ZERO}")).0, 500); }
    ptv_p_23_status_in_lower_case, BOTH, |b| {
        b.bad("POST", "Service", &with(b.s(), json!({ "publishingStatus": "published" })), &["PublishingStatus"]);
    }
    ptv_p_24_blank_name_and_no_summary, BOTH, |b| {
        let body = json!({
            "serviceNames": [{ "language": "fi", "type": "Name", "value": " " }],
            "serviceDescriptions": [{ "language": "fi", "type": "Description", "value": "Kuvaus" }],
        });
        b.bad("POST", "Service", &with(b.s(), body), &["ServiceNames[0].Value", "ServiceDescriptions"]);
    }
    ptv_p_25_blank_description_hides_the_list_rules, BOTH, |b| {
        let body = json!({ "serviceDescriptions": [{ "language": "fi", "type": "Description", "value": "" }] });
        let answer = b.bad("POST", "Service", &with(b.s(), body), &["ServiceDescriptions[0].Value"]);
        assert!(answer.get("ServiceDescriptions").is_none(), "{answer}");
    }
    ptv_p_26_first_stage_hides_the_second, BOTH, |b| {
        let body = json!({ "fundingType": "Nobody", "serviceClasses": [class("P99.9")] });
        let answer = b.bad("POST", "Service", &with(b.s(), body), &["FundingType"]);
        assert!(answer.get("ServiceClasses").is_none(), "{answer}");
    }
}
