//! Family S: content of services (§9.5).

use serde_json::{Value, json};

use super::small::{GD, class, event, group, industry, term};
use super::{BOTH, Bench, FORG, HIDDEN, LIVE, ORG, SOURCE, SUB, UNKNOWN, cases, ec, id, put, with, without};
use crate::ptv::PtvSimulator;

/// S with one field replaced is refused with this key.
fn bad(bench: &Bench, change: Value, key: &str) {
    bench.bad("POST", "Service", &with(bench.s(), change), &[key]);
}

fn good(bench: &Bench, change: Value) -> Value {
    bench.ok("POST", "Service", &with(bench.s(), change))
}

fn names(list: &[(&str, &str)]) -> Value {
    let list: Vec<Value> =
        list.iter().map(|(kind, name)| json!({ "language": "fi", "type": kind, "value": name })).collect();
    json!({ "serviceNames": list })
}

/// The fixture's descriptions with one type's text replaced (`None` takes it away).
fn described(bench: &Bench, kind: &str, value: Option<&str>) -> Value {
    let mut list: Vec<Value> = bench.s()["serviceDescriptions"].as_array().unwrap().clone();
    list.retain(|item| item["type"] != kind);
    list.extend(value.map(|value| json!({ "language": "fi", "type": kind, "value": value })));
    json!({ "serviceDescriptions": list })
}

fn codes(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// A service with the fixture's general description.
fn with_gd(bench: &Bench) -> Value {
    with(
        without(bench.s(), &["type", "serviceClasses", "ontologyTerms", "targetGroups"]),
        json!({ "generalDescriptionId": GD }),
    )
}

cases! {
    ptv_s_01_no_names, BOTH, |b| { b.bad("POST", "Service", &without(b.s(), &["serviceNames"]), &["ServiceNames"]); }
    ptv_s_02_only_an_alternative_name, BOTH, |b| { bad(&b, names(&[("AlternativeName", "Uinti")]), "ServiceNames"); }
    ptv_s_03_two_names_in_a_language, BOTH, |b| { bad(&b, names(&[("Name", "Yksi"), ("Name", "Kaksi")]), "ServiceNames"); }
    ptv_s_04_name_of_101_characters, BOTH, |b| {
        good(&b, names(&[("Name", &"ä".repeat(100))]));
        bad(&b, with(names(&[("Name", &"ö".repeat(101))]), json!({ "sourceId": "o" })), "ServiceNames");
    }
    ptv_s_05_name_taken_in_the_organisation, BOTH, |b| {
        b.create("Service", &b.s_named("uimahalli", "a"));
        b.bad("POST", "Service", &b.s_named("  Uimahalli ", "b"), &["ServiceNames"]);
    }
    ptv_s_06_name_of_an_archived_service, BOTH, |b| {
        let first = b.create("Service", &b.s_named("uimahalli", "a"));
        b.ok("PUT", &format!("Service/{first}"), &json!({ "publishingStatus": "Deleted" }));
        b.create("Service", &b.s_named("  Uimahalli ", "b"));
    }
    ptv_s_07_same_name_in_another_organisation, BOTH, |b| {
        b.s1();
        good(&b, json!({ "sourceId": "o", "mainResponsibleOrganization": SUB }));
    }
    ptv_s_08_summary_is_the_name, BOTH, |b| {
        bad(&b, described(&b, "Summary", Some("Uimahallin vuorot")), "ServiceNames");
    }
    ptv_s_09_summary_is_the_name_of_a_draft, BOTH, |b| {
        good(&b, with(described(&b, "Summary", Some("Uimahallin vuorot")), json!({ "publishingStatus": "Draft" })));
    }
    ptv_s_10_summary_of_151_characters, BOTH, |b| {
        bad(&b, described(&b, "Summary", Some(&"a".repeat(151))), "ServiceDescriptions");
        good(&b, described(&b, "Summary", Some(&"a".repeat(150))));
    }
    ptv_s_11_description_of_2501_characters_source, SOURCE, |b| {
        bad(&b, described(&b, "Description", Some(&"a".repeat(2501))), "ServiceDescriptions");
    }
    ptv_s_11_description_of_2501_characters_live, LIVE, |b| {
        bad(&b, described(&b, "Description", Some(&"a".repeat(5001))), "ServiceDescriptions");
        good(&b, described(&b, "Description", Some(&"a".repeat(5000))));
    }
    ptv_s_12_description_of_three_letters, BOTH, |b| { bad(&b, described(&b, "Description", Some("abc")), "ServiceDescriptions"); }
    ptv_s_13_no_summary, BOTH, |b| { bad(&b, described(&b, "Summary", None), "ServiceDescriptions"); }
    ptv_s_14_old_description_type, BOTH, |b| {
        bad(&b, described(&b, "ShortDescription", Some("Tiivistelmä")), "ServiceDescriptions");
    }
    ptv_s_15_no_classes_published, BOTH, |b| {
        b.bad("POST", "Service", &without(b.s(), &["serviceClasses"]), &["ServiceClasses"]);
    }
    ptv_s_16_no_classes_draft, BOTH, |b| {
        b.ok("POST", "Service", &with(without(b.s(), &["serviceClasses"]), json!({ "publishingStatus": "Draft" })));
    }
    ptv_s_17_five_classes, BOTH, |b| {
        let five: Vec<String> = (1..=5).map(|n| class(&format!("P10.{n}"))).collect();
        bad(&b, json!({ "serviceClasses": five }), "ServiceClasses");
        good(&b, json!({ "serviceClasses": &five[..4] }));
    }
    ptv_s_18_main_class_only, BOTH, |b| { bad(&b, json!({ "serviceClasses": [class("P10")] }), "ServiceClasses"); }
    ptv_s_19_main_and_sub_class, BOTH, |b| { good(&b, json!({ "serviceClasses": [class("P10"), class("P10.1")] })); }
    ptv_s_20_unknown_class, BOTH, |b| { bad(&b, json!({ "serviceClasses": [class("P99.9")] }), "ServiceClasses"); }
    ptv_s_21_class_with_the_old_path, BOTH, |b| {
        let old = "http://uri.suomi.fi/codelist/ptv/ptvserclass/code/P10.1";
        let read = good(&b, json!({ "serviceClasses": [old] }));
        assert_eq!(read["serviceClasses"][0]["newUri"], class("P10.1"));
    }
    ptv_s_22_classes_of_two_hosts, BOTH, |b| {
        bad(&b, json!({ "serviceClasses": [class("P10.1"), "http://urn.fi/URN:NBN:fi:au:ptvl:v1003"] }), "ServiceClasses");
    }
    ptv_s_23_eleven_terms, BOTH, |b| {
        let terms: Vec<String> = (1..=11).map(term).collect();
        bad(&b, json!({ "ontologyTerms": terms }), "OntologyTerms");
    }
    ptv_s_24_yso_term, BOTH, |b| { bad(&b, json!({ "ontologyTerms": ["http://www.yso.fi/onto/yso/p1"] }), "OntologyTerms"); }
    ptv_s_25_kr2_alone, BOTH, |b| { bad(&b, json!({ "targetGroups": [group("KR2")] }), "TargetGroups"); }
    ptv_s_26_subgroup_brings_its_parent, BOTH, |b| {
        let read = good(&b, json!({ "targetGroups": [group("KR2.3")] }));
        let read = codes(&read["targetGroups"], "code");
        assert!(read.contains(&"KR2".to_owned()) && read.contains(&"KR2.3".to_owned()), "{read:?}");
    }
    ptv_s_27_unknown_group_in_third_place, BOTH, |b| {
        bad(&b, json!({ "targetGroups": [group("KR1"), group("KR3"), group("KR3.9")] }), "TargetGroups[0]");
    }
    ptv_s_27b_malformed_group, BOTH, |b| { bad(&b, json!({ "targetGroups": [group("KR9")] }), "TargetGroups"); }
    ptv_s_28_life_event_without_citizens, BOTH, |b| {
        bad(&b, json!({ "lifeEvents": [event("KE1")], "targetGroups": [group("KR2.3")] }), "LifeEvents");
    }
    ptv_s_29_life_event_with_stored_groups, BOTH, |b| {
        let first = b.create("Service", &b.s());
        let body = json!({ "publishingStatus": "Published", "generalDescriptionId": GD, "lifeEvents": [event("KE1")] });
        let read = b.ok("PUT", &format!("Service/{first}"), &body);
        assert_eq!(read["lifeEvents"][0]["code"], "KE1");
    }
    ptv_s_30_industrial_class_for_citizens, BOTH, |b| {
        bad(&b, json!({ "industrialClasses": [industry("62010")] }), "IndustrialClasses");
        good(&b, json!({ "industrialClasses": [industry("62010")], "targetGroups": [group("KR2.3")] }));
    }
    ptv_s_31_bare_industrial_code, BOTH, |b| {
        b.fails("POST", "Service", &with(b.s(), json!({ "industrialClasses": ["62010"] })), 500);
    }
    ptv_s_32_limited_area_without_areas, BOTH, |b| { b.bad("POST", "Service", &without(b.s(), &["areas"]), &["Areas"]); }
    ptv_s_33_nationwide_with_areas, BOTH, |b| { bad(&b, json!({ "areaType": "Nationwide" }), "Areas"); }
    ptv_s_34_wider_than_the_organisation, BOTH, |b| {
        bad(&b, json!({ "areaType": "Nationwide", "areas": [], "mainResponsibleOrganization": SUB }), "Areas");
        good(&b, json!({ "areaType": "Nationwide", "areas": [] }));
    }
    ptv_s_35_unknown_municipality, BOTH, |b| {
        bad(&b, json!({ "areas": [{ "type": "Municipality", "areaCodes": ["999"] }] }), "Areas[0].AreaCodes[0]");
    }
    ptv_s_36_municipality_of_two_digits, BOTH, |b| {
        bad(&b, json!({ "areas": [{ "type": "Municipality", "areaCodes": ["91"] }] }), "Areas[0].AreaCodes[0]");
    }
    ptv_s_37_area_type_province, BOTH, |b| { bad(&b, json!({ "areas": [{ "type": "Province", "areaCodes": ["01"] }] }), "Areas"); }
    ptv_s_38_wellbeing_county_source, SOURCE, |b| {
        bad(&b, json!({ "areas": [{ "type": "WellbeingServiceCounties", "areaCodes": ["01"] }] }), "Areas");
    }
    ptv_s_38_wellbeing_county_live, LIVE, |b| {
        good(&b, json!({ "areas": [{ "type": "WellbeingServiceCounties", "areaCodes": ["01"] }] }));
    }
    ptv_s_39_organisation_unknown_or_foreign, BOTH, |b| {
        for organization in [UNKNOWN, FORG] {
            bad(&b, json!({ "mainResponsibleOrganization": organization }), "MainResponsibleOrganization");
        }
    }
    ptv_s_40_organisation_malformed, BOTH, |b| {
        bad(&b, json!({ "mainResponsibleOrganization": "abc" }), "MainResponsibleOrganization");
    }
    ptv_s_41_other_organisation_is_the_main_one, BOTH, |b| {
        bad(&b, json!({ "otherResponsibleOrganizations": [ORG] }), "OtherResponsibleOrganizations[1].OrganizationId");
    }
    ptv_s_42_other_organisation_unpublished, BOTH, |b| {
        bad(&b, json!({ "otherResponsibleOrganizations": [HIDDEN] }), "OtherResponsibleOrganizations[0].OrganizationId");
    }
    ptv_s_43_self_produced_by_nobody, BOTH, |b| {
        bad(&b, json!({ "serviceProducers": [{ "provisionType": "SelfProducedServices" }] }), "ServiceProducers[0].Organizations");
    }
    ptv_s_44_other_producer_without_anything, BOTH, |b| {
        bad(&b, json!({ "serviceProducers": [{ "provisionType": "Other" }] }), "ServiceProducers");
    }
    ptv_s_45_self_produced_by_another, BOTH, |b| {
        good(&b, json!({ "serviceProducers": [{ "provisionType": "SelfProducedServices", "organizations": [FORG] }] }));
    }
    ptv_s_46_no_producers, BOTH, |b| { b.bad("POST", "Service", &without(b.s(), &["serviceProducers"]), &["ServiceProducers"]); }
    ptv_s_47_charge_type_other, BOTH, |b| { bad(&b, json!({ "serviceChargeType": "Other" }), "ServiceChargeType"); }
    ptv_s_48_no_funding_type, BOTH, |b| { b.bad("POST", "Service", &without(b.s(), &["fundingType"]), &["FundingType"]); }
    ptv_s_49_no_type, BOTH, |b| { b.bad("POST", "Service", &without(b.s(), &["type"]), &["Type"]); }
    ptv_s_50_no_type_with_general_description, BOTH, |b| {
        let read = b.ok("POST", "Service", &with(without(b.s(), &["type"]), json!({ "generalDescriptionId": GD })));
        assert_eq!(read["type"], "PermitOrObligation");
    }
    ptv_s_51_general_description_unknown_or_archived, BOTH, |b| {
        bad(&b, json!({ "generalDescriptionId": UNKNOWN }), "GeneralDescriptionId");
        b.sim.archive_general_description(GD);
        bad(&b, json!({ "generalDescriptionId": GD }), "GeneralDescriptionId");
    }
    ptv_s_52_general_description_classifies, BOTH, |b| {
        let read = b.ok("POST", "Service", &with_gd(&b));
        assert_eq!(codes(&read["serviceClasses"], "code"), ["P10.1"]);
    }
    ptv_s_53_general_description_describes, BOTH, |b| {
        b.ok("POST", "Service", &with(with_gd(&b), described(&b, "Description", None)));
        bad(&b, with(described(&b, "Description", None), json!({ "sourceId": "o" })), "ServiceDescriptions");
    }
    ptv_s_54_put_forgets_the_general_description, BOTH, |b| {
        let first = b.create("Service", &with_gd(&b));
        let body = json!({ "publishingStatus": "Published" });
        b.bad("PUT", &format!("Service/{first}"), &body, &["ServiceClasses", "OntologyTerms", "TargetGroups"]);
    }
    ptv_s_55_type_stays_the_general_descriptions, BOTH, |b| {
        let first = b.create("Service", &with_gd(&b));
        let body = json!({ "publishingStatus": "Published", "generalDescriptionId": GD, "type": "Service" });
        assert_eq!(b.ok("PUT", &format!("Service/{first}"), &body)["type"], "PermitOrObligation");
    }
    ptv_s_56_class_given_twice, BOTH, |b| {
        let read = b.ok("POST", "Service", &with(with_gd(&b), json!({ "serviceClasses": [class("P10.1"), class("P10.2")] })));
        let mut read = codes(&read["serviceClasses"], "code");
        read.sort();
        assert_eq!(read, ["P10.1", "P10.2"]);
    }
    ptv_s_57_detach_without_type, BOTH, |b| {
        let first = b.create("Service", &with_gd(&b));
        b.bad("PUT", &format!("Service/{first}"), &put(json!({ "deleteGeneralDescriptionId": true })), &["Type"]);
        let read = b.ok("PUT", &format!("Service/{first}"), &with(b.s(), json!({ "deleteGeneralDescriptionId": true })));
        assert_eq!((&read["generalDescriptionId"], read["type"].as_str()), (&Value::Null, Some("Service")));
    }
    ptv_s_58_keyword_of_151_characters, BOTH, |b| {
        bad(&b, json!({ "keywords": [{ "language": "fi", "value": "a".repeat(151) }] }), "Keywords");
    }
    ptv_s_59_law_without_pages, BOTH, |b| {
        bad(&b, json!({ "legislation": [{ "names": [{ "language": "fi", "value": "Laki" }] }] }), "Legislation[0].WebPages");
    }
    ptv_s_60_law_without_scheme, BOTH, |b| {
        let pages = json!([{ "language": "fi", "url": "www.finlex.fi" }]);
        bad(&b, json!({ "legislation": [{ "webPages": pages }] }), "Legislation[0].WebPages[0].Url");
    }
    ptv_s_61_blank_requirement, BOTH, |b| {
        bad(&b, json!({ "requirements": [{ "language": "fi", "value": "" }] }), "Requirements[0].Value");
    }
    ptv_s_62_empty_requirements_keep, BOTH, |b| {
        let list = json!([{ "language": "fi", "value": "Uimataito" }]);
        let first = id(&good(&b, json!({ "requirements": list })));
        let read = b.ok("PUT", &format!("Service/{first}"), &put(json!({ "requirements": [] })));
        assert_eq!(read["requirements"], list);
    }
    ptv_s_63_empty_keywords_keep, BOTH, |b| {
        let list = json!([{ "language": "fi", "value": "uinti" }]);
        let first = id(&good(&b, json!({ "keywords": list })));
        let read = b.ok("PUT", &format!("Service/{first}"), &put(json!({ "keywords": [] })));
        assert_eq!(read["keywords"], list);
    }
    ptv_s_64_delete_all_keywords, BOTH, |b| {
        let first = id(&good(&b, json!({ "keywords": [{ "language": "fi", "value": "uinti" }] })));
        let read = b.ok("PUT", &format!("Service/{first}"), &put(json!({ "deleteAllKeywords": true })));
        assert_eq!(read["keywords"], json!([]));
    }
    ptv_s_65_list_wins_over_the_flag, BOTH, |b| {
        let first = id(&good(&b, json!({ "keywords": [{ "language": "fi", "value": "uinti" }] })));
        let list = json!([{ "language": "fi", "value": "a" }]);
        let read = b.ok("PUT", &format!("Service/{first}"), &put(json!({ "deleteAllKeywords": true, "keywords": list })));
        assert_eq!(read["keywords"], list);
    }
    ptv_s_66_unknown_channel, BOTH, |b| { bad(&b, json!({ "serviceChannels": [UNKNOWN] }), "[0].ServiceChannels"); }
    ptv_s_67_channel_without_common_language, BOTH, |b| {
        let channel = b.create("ServiceChannel/EChannel", &super::connections::swedish(&ec()));
        good(&b, json!({ "serviceChannels": [channel] }));
        assert_eq!(b.sim.dump()["connections"], json!([]));
    }
    ptv_s_68_channels_in_a_put, BOTH, |b| {
        let channel = b.create("ServiceChannel/EChannel", &ec());
        let first = b.s1();
        b.ok("PUT", &format!("Service/{first}"), &put(json!({ "serviceChannels": [channel] })));
        assert_eq!(b.sim.dump()["connections"], json!([]));
    }
    ptv_s_69_vouchers_stay_in_use, BOTH, |b| {
        let first = id(&good(&b, json!({ "serviceVouchersInUse": true })));
        let read = b.ok("PUT", &format!("Service/{first}"), &put(json!({ "serviceVouchersInUse": false })));
        assert_eq!(read["serviceVouchersInUse"], true);
    }
    ptv_s_70_no_user_instruction, BOTH, |b| { good(&b, described(&b, "UserInstruction", None)); }
}

/// The live profile can be told to demand what DVV's content rules demand.
#[test]
fn ptv_s_70_user_instruction_demanded() {
    let clock = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(1_795_521_600));
    let config = super::config(crate::ptv::PtvProfile::Live2026, &clock);
    let config = crate::ptv::PtvConfig { user_instruction_required: true, ..config };
    let b = Bench { sim: PtvSimulator::without_server(config), profile: crate::ptv::PtvProfile::Live2026, clock };
    bad(&b, described(&b, "UserInstruction", None), "ServiceDescriptions");
    good(&b, json!({}));
}
