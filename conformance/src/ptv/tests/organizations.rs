//! Families O and K: organisations and collections (§9.9).

use serde_json::{Value, json};

use super::{BOTH, Bench, FORG, ORG, SUB, UNKNOWN, cases, id, with, without};

fn organization(change: Value) -> Value {
    let base = json!({
        "organizationType": "Organization", "parentOrganizationId": ORG, "areaType": "Nationwide",
        "organizationNames": [{ "language": "fi", "type": "Name", "value": "Uusi virasto" }],
        "displayNameType": [{ "language": "fi", "type": "Name" }],
        "organizationDescriptions": [{ "language": "fi", "type": "Summary", "value": "Viraston tiivistelmä" }],
        "publishingStatus": "Published",
    });
    with(base, change)
}

pub(super) fn collection(name: &str) -> Value {
    json!({
        "organizationId": ORG, "serviceCollectionNames": [{ "language": "fi", "value": name }], "publishingStatus": "Published",
    })
}

fn municipality(change: Value) -> Value {
    let base = organization(json!({ "organizationType": "Municipality", "municipality": "091" }));
    with(without(base, &["areaType"]), change)
}

fn bad(b: &Bench, body: &Value, keys: &[&str]) {
    b.bad("POST", "Organization", body, keys);
}

fn names(value: &str) -> Value {
    json!({ "organizationNames": [{ "language": "fi", "type": "Name", "value": value }] })
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(id).collect()
}

fn services(b: &Bench) -> (String, String) {
    (b.s1(), b.create("Service", &b.s_named("Toinen", "two")))
}

cases! {
    ptv_o_01_main_organisation, BOTH, |b| { bad(&b, &without(organization(json!({})), &["parentOrganizationId"]), &["Organization"]); }
    ptv_o_02_municipality_without_code, BOTH, |b| { bad(&b, &without(municipality(json!({})), &["municipality"]), &["Municipality"]); }
    ptv_o_03_municipality_code_of_another_type, BOTH, |b| { bad(&b, &organization(json!({ "municipality": "091" })), &["Municipality"]); }
    ptv_o_04_municipality_with_an_area, BOTH, |b| {
        let area = json!({ "areaType": "LimitedType", "subAreaType": "Region", "areas": ["01"] });
        bad(&b, &municipality(area), &["AreaType", "SubAreaType", "Areas"]);
    }
    ptv_o_04b_limited_type_alone, BOTH, |b| {
        bad(&b, &municipality(json!({ "areaType": "LimitedType" })), &["SubAreaType", "Areas"]);
    }
    ptv_o_05_regional_nationwide, BOTH, |b| {
        bad(&b, &organization(json!({ "organizationType": "RegionalOrganization" })), &["AreaType"]);
    }
    ptv_o_06_nationwide_with_areas, BOTH, |b| { bad(&b, &organization(json!({ "areas": ["01"] })), &["Areas"]); }
    ptv_o_07_unknown_area, BOTH, |b| {
        let area = |code| organization(json!({ "areaType": "LimitedType", "subAreaType": "Region", "areas": [code] }));
        bad(&b, &area("99"), &["Areas[0]"]);
        b.ok("POST", "Organization", &area("01"));
    }
    ptv_o_08_area_without_type, BOTH, |b| {
        let body = json!({ "publishingStatus": "Published", "areaType": "Nationwide" });
        b.bad("PUT", &format!("Organization/{SUB}"), &body, &["OrganizationType"]);
    }
    ptv_o_09_long_name_is_cut, BOTH, |b| {
        let read = b.ok("POST", "Organization", &organization(names(&"a".repeat(120))));
        assert_eq!(read["organizationNames"][0]["value"], "a".repeat(100));
    }
    ptv_o_10_no_summary, BOTH, |b| {
        let list = json!([{ "language": "fi", "type": "Description", "value": "Kuvaus" }]);
        bad(&b, &organization(json!({ "organizationDescriptions": list })), &["OrganizationDescriptions"]);
    }
    ptv_o_11_display_name_missing, BOTH, |b| {
        let display = json!([{ "language": "sv", "type": "Name" }]);
        bad(&b, &organization(json!({ "displayNameType": display })), &["OrganizationNames"]);
    }
    ptv_o_12_oid_in_use, BOTH, |b| {
        let oid = json!({ "oid": "1.2.246.10.1.1.1" });
        b.ok("POST", "Organization", &organization(oid.clone()));
        bad(&b, &organization(with(oid, names("Toinen"))), &["Oid"]);
    }
    ptv_o_13_business_code, BOTH, |b| { bad(&b, &organization(json!({ "businessCode": "1234567" })), &["BusinessCode"]); }
    ptv_o_14_unknown_parent, BOTH, |b| { bad(&b, &organization(json!({ "parentOrganizationId": UNKNOWN })), &["ParentOrganizationId"]); }
    ptv_o_15_own_descendant_as_parent, BOTH, |b| {
        for parent in [ORG, SUB] {
            let body = json!({ "publishingStatus": "Published", "parentOrganizationId": parent });
            b.fails("PUT", &format!("Organization/{ORG}"), &body, 500);
        }
    }
    ptv_o_16_sixth_level, BOTH, |b| {
        let mut parent = SUB.to_owned();
        for level in 3..=5 {
            let body = with(organization(json!({ "parentOrganizationId": parent })), names(&format!("Taso {level}")));
            parent = b.create("Organization", &body);
        }
        b.fails("POST", "Organization", &organization(json!({ "parentOrganizationId": parent })), 500);
    }
    ptv_o_17_box_in_one_language, BOTH, |b| {
        let two = |kind: &str| json!([
            { "language": "fi", "type": kind, "value": "Suomeksi" }, { "language": "sv", "type": kind, "value": "På svenska" },
        ]);
        let address = json!({ "type": "Postal", "subType": "PostOfficeBox", "postOfficeBoxAddress": {
            "postOfficeBox": [{ "language": "fi", "value": "PL 1" }], "postalCode": "00100",
        } });
        let display = json!([{ "language": "fi", "type": "Name" }, { "language": "sv", "type": "Name" }]);
        let body = json!({
            "organizationNames": two("Name"), "organizationDescriptions": two("Summary"), "displayNameType": display,
            "addresses": [address],
        });
        bad(&b, &organization(body), &["Addresses[0].PostOfficeBox"]);
    }
    ptv_o_18_visiting_box, BOTH, |b| {
        let address = json!({ "type": "Visiting", "subType": "PostOfficeBox", "postOfficeBoxAddress": {
            "postOfficeBox": [{ "language": "fi", "value": "PL 1" }], "postalCode": "00100",
        } });
        bad(&b, &organization(json!({ "addresses": [address] })), &["Addresses[0]"]);
    }
    ptv_o_19_archive_with_services, BOTH, |b| {
        b.ok("POST", "Service", &with(b.s(), json!({ "mainResponsibleOrganization": SUB })));
        b.fails("PUT", &format!("Organization/{SUB}"), &json!({ "publishingStatus": "Deleted" }), 500);
    }
    ptv_o_20_email_without_at, BOTH, |b| {
        bad(&b, &organization(json!({ "emails": [{ "language": "fi", "value": "kirjaamo" }] })), &["Emails"]);
    }
    ptv_k_01_no_organisation, BOTH, |b| {
        b.bad("POST", "ServiceCollection", &without(collection("K"), &["organizationId"]), &["OrganizationId"]);
    }
    ptv_k_02_unknown_service, BOTH, |b| {
        b.bad("POST", "ServiceCollection", &with(collection("K"), json!({ "services": [UNKNOWN] })), &["Services"]);
    }
    ptv_k_03_unknown_channel, BOTH, |b| {
        b.fails("POST", "ServiceCollection", &with(collection("K"), json!({ "serviceChannels": [UNKNOWN] })), 500);
    }
    ptv_k_04_services_are_added, BOTH, |b| {
        let (one, two) = services(&b);
        let first = b.create("ServiceCollection", &with(collection("K"), json!({ "services": [one] })));
        let body = json!({ "publishingStatus": "Published", "services": [two] });
        assert_eq!(ids(&b.ok("PUT", &format!("ServiceCollection/{first}"), &body)["services"]), [one, two]);
    }
    ptv_k_05_services_are_replaced, BOTH, |b| {
        let (one, two) = services(&b);
        let first = b.create("ServiceCollection", &with(collection("K"), json!({ "services": [one] })));
        let body = json!({ "publishingStatus": "Published", "services": [two], "deleteAllServices": true });
        assert_eq!(ids(&b.ok("PUT", &format!("ServiceCollection/{first}"), &body)["services"]), [two]);
    }
    ptv_k_06_names_are_merged, BOTH, |b| {
        let two = json!([{ "language": "fi", "value": "Suomeksi" }, { "language": "sv", "value": "På svenska" }]);
        let first = b.create("ServiceCollection", &with(collection("K"), json!({ "serviceCollectionNames": two })));
        let read = b.ok("PUT", &format!("ServiceCollection/{first}"), &collection("Uusi"));
        assert_eq!(read["serviceCollectionNames"].as_array().unwrap().len(), 2);
    }
    ptv_k_07_foreign_services, BOTH, |b| {
        let producers = json!([{ "provisionType": "SelfProducedServices", "organizations": [FORG] }]);
        let body = with(b.s(), json!({ "mainResponsibleOrganization": FORG, "serviceProducers": producers }));
        let other = id(&b.ok_as("x", "POST", "Service", &body));
        b.ok("POST", "ServiceCollection", &with(collection("K"), json!({ "services": [other] })));
    }
}
