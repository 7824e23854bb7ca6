//! Family G: languages (§9.4).

use serde_json::{Value, json};

use super::{BOTH, Bench, cases, ec, id, l, pf, ph, put, with, wp};

fn both(texts: &[(&str, &str)]) -> Value {
    texts.iter().map(|(language, value)| json!({ "language": language, "type": "Name", "value": value })).collect()
}

fn described(pairs: &[(&str, &str)]) -> Value {
    pairs
        .iter()
        .map(|(language, kind)| json!({ "language": language, "type": kind, "value": format!("Teksti {kind}") }))
        .collect()
}

const FULL: &[(&str, &str)] = &[("fi", "Summary"), ("fi", "Description"), ("sv", "Summary"), ("sv", "Description")];

/// S in Finnish and Swedish.
fn bilingual(b: &Bench) -> Value {
    let names = both(&[("fi", "Uimahallin vuorot"), ("sv", "Simhallens turer")]);
    with(b.s(), json!({ "serviceNames": names, "serviceDescriptions": described(FULL) }))
}

fn keyword(language: &str) -> Value {
    json!({ "keywords": [{ "language": language, "value": "ord" }] })
}

/// A channel in both languages, but the given list in Finnish only.
fn half(body: &Value, list: &str) -> Value {
    let mut all = body.clone();
    for (field, value) in body.as_object().unwrap() {
        let (Some(items), false) = (value.as_array(), field == list) else { continue };
        let swedish = items
            .iter()
            .filter(|item| item["language"] == "fi")
            .map(|item| with(item.clone(), json!({ "language": "sv" })));
        all[field] = items.iter().cloned().chain(swedish).collect();
    }
    all
}

fn in_one(language: &str, status: &str) -> Value {
    let descriptions = described(&[(language, "Summary"), (language, "Description")]);
    json!({ "serviceNames": both(&[(language, "Nimi")]), "serviceDescriptions": descriptions, "publishingStatus": status })
}

fn languages(b: &Bench, id: &str) -> Value {
    b.sim.dump()["entities"][id]["languages"].clone()
}

cases! {
    ptv_g_01_descriptions_in_one_language, BOTH, |b| {
        let body = with(bilingual(&b), json!({ "serviceDescriptions": described(&FULL[..2]) }));
        b.bad("POST", "Service", &body, &["Model", "ServiceDescriptions"]);
    }
    ptv_g_02_foreign_keyword, BOTH, |b| { b.bad("POST", "Service", &with(b.s(), keyword("sv")), &["Model"]); }
    ptv_g_03_description_in_one_language, BOTH, |b| {
        let body = with(bilingual(&b), json!({ "serviceDescriptions": described(&FULL[..3]) }));
        b.bad("POST", "Service", &body, &["ServiceDescriptions"]);
    }
    ptv_g_04_swedish_withdrawn, BOTH, |b| {
        let s1 = b.create("Service", &with(bilingual(&b), json!({ "requirements": [{ "language": "sv", "value": "Simkunnig" }] })));
        let body = json!({ "serviceNames": both(&[("fi", "Vuorot")]), "serviceDescriptions": described(&FULL[..2]) });
        let read = b.ok("PUT", &format!("Service/{s1}"), &put(body));
        assert_eq!(languages(&b, &s1), json!(["fi"]));
        assert_eq!(read["requirements"], json!([]));
    }
    ptv_g_05_names_in_one_language_only, BOTH, |b| {
        let s1 = b.create("Service", &bilingual(&b));
        b.bad("PUT", &format!("Service/{s1}"), &put(json!({ "serviceNames": both(&[("fi", "Vuorot")]) })), &["Model"]);
    }
    ptv_g_06_new_language_in_names_only, BOTH, |b| {
        let s1 = b.s1();
        let body = put(json!({ "serviceNames": both(&[("fi", "Vuorot"), ("sv", "Turer")]) }));
        b.bad("PUT", &format!("Service/{s1}"), &body, &["Model"]);
    }
    ptv_g_07_nothing_localised, BOTH, |b| {
        let s1 = b.create("Service", &bilingual(&b));
        b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "fundingType": "MarketFunded" })));
        assert_eq!(languages(&b, &s1), json!(["fi", "sv"]));
    }
    ptv_g_08_foreign_keyword_alone, BOTH, |b| { b.bad("PUT", &format!("Service/{}", b.s1()), &put(keyword("sv")), &["Model"]); }
    ptv_g_09_names_of_all_languages, BOTH, |b| {
        let s1 = b.create("Service", &bilingual(&b));
        let read = b.ok("PUT", &format!("Service/{s1}"), &put(json!({ "serviceNames": both(&[("fi", "Vuorot"), ("sv", "Turer")]) })));
        assert_eq!(read["serviceDescriptions"].as_array().unwrap().len(), 4);
    }
    ptv_g_10_german, BOTH, |b| {
        b.bad("POST", "Service", &with(b.s(), json!({ "serviceNames": both(&[("de", "Schwimmen")]) })), &["ServiceNames[0].Language"]);
    }
    ptv_g_11_unknown_language, BOTH, |b| { b.bad("POST", "Service", &with(b.s(), json!({ "languages": ["fi", "xx"] })), &["Languages"]); }
    ptv_g_12_order_kept, BOTH, |b| {
        let list = json!(["fi", "ru", "ar"]);
        assert_eq!(b.ok("POST", "Service", &with(b.s(), json!({ "languages": list })))["languages"], list);
    }
    ptv_g_13_14_organisation_lacks_english, BOTH, |b| {
        let body = |status| {
            let descriptions = described(&[("fi", "Summary"), ("fi", "Description"), ("en", "Summary"), ("en", "Description")]);
            let names = both(&[("fi", "Vuorot"), ("en", "Swimming")]);
            with(b.s(), json!({ "serviceNames": names, "serviceDescriptions": descriptions, "publishingStatus": status }))
        };
        b.bad("POST", "Service", &body("Published"), &["MainResponsibleOrganization"]);
        b.ok("POST", "Service", &body("Draft"));
    }
    ptv_g_15_dropped_language_still_counts, BOTH, |b| {
        let first = id(&b.ok("POST", "Service", &with(b.s(), in_one("en", "Draft"))));
        b.bad("PUT", &format!("Service/{first}"), &b.s(), &["MainResponsibleOrganization"]);
    }
    ptv_g_16_street_in_one_language, BOTH, |b| {
        b.bad("POST", "ServiceChannel/ServiceLocation", &half(&l(), "addresses"), &["Model", "Addresses"]);
    }
    ptv_g_17_web_page_in_one_language, BOTH, |b| {
        b.bad("POST", "ServiceChannel/WebPage", &half(&wp(), "webPage"), &["Model", "WebPage"]);
        b.ok("POST", "ServiceChannel/WebPage", &half(&wp(), ""));
    }
    ptv_g_18_accessibility_in_one_language, BOTH, |b| {
        let body = half(&ec(), "accessibilityClassification");
        b.bad("POST", "ServiceChannel/EChannel", &body, &["Model", "AccessibilityClassification"]);
    }
    ptv_g_19_number_in_one_language, BOTH, |b| { b.bad("POST", "ServiceChannel/Phone", &half(&ph(), "phoneNumbers"), &["PhoneNumbers"]); }
    ptv_g_20_form_in_one_language, BOTH, |b| {
        b.bad("POST", "ServiceChannel/PrintableForm", &half(&pf(), "channelUrls"), &["ChannelUrls"]);
    }
    ptv_g_21_collection_summary_without_name, BOTH, |b| {
        let first = b.create("ServiceCollection", &super::organizations::collection("Kokonaisuus"));
        let body = json!({ "publishingStatus": "Published", "serviceCollectionDescriptions": described(&[("sv", "Summary")]) });
        b.bad("PUT", &format!("ServiceCollection/{first}"), &body, &["ServiceCollectionNames"]);
    }
    ptv_g_22_northern_sami, BOTH, |b| {
        b.ok("POST", "Service", &with(b.s(), in_one("se", "Draft")));
        let body = with(b.s(), with(in_one("se", "Published"), json!({ "sourceId": "o" })));
        b.bad("POST", "Service", &body, &["MainResponsibleOrganization"]);
    }
}
