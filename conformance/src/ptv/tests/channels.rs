//! Family C: channels (§9.6).

use serde_json::{Value, json};

use super::{BOTH, Bench, FORG, cases, ec, l, pf, ph, phone, with, without, wp};
use crate::ptv::PtvSimulator;

const LOCATION: &str = "ServiceChannel/ServiceLocation";
const E: &str = "ServiceChannel/EChannel";
const P: &str = "ServiceChannel/Phone";
const F: &str = "ServiceChannel/PrintableForm";

/// L with its one address changed by `change`.
fn address(change: impl Fn(&mut Value)) -> Value {
    let mut body = l();
    change(&mut body["addresses"][0]);
    body
}

/// L with one field of the street changed (`null` takes it away).
fn street(field: &str, value: Value) -> Value {
    address(|a| {
        if value.is_null() {
            a["streetAddress"].as_object_mut().unwrap().remove(field);
        } else {
            a["streetAddress"][field] = value.clone();
        }
    })
}

fn postal() -> Value {
    let street =
        json!({ "street": [{ "language": "fi", "value": "Mallikatu" }], "streetNumber": "1", "postalCode": "00100" });
    json!({ "type": "Postal", "subType": "Street", "streetAddress": street })
}

/// PH with one field of its number changed.
fn number(change: Value) -> Value {
    with(ph(), json!({ "phoneNumbers": [with(phone("93101691"), change)] }))
}

fn accessible(change: Value) -> Value {
    let item = with(json!({ "language": "fi", "accessibilityClassificationLevel": "Unknown" }), change);
    with(ec(), json!({ "accessibilityClassification": [item] }))
}

fn stored(sim: &PtvSimulator, id: &str, field: &str) -> Value {
    sim.dump()["entities"][id]["content"][field].clone()
}

fn bad(b: &Bench, path: &str, body: &Value, key: &str) {
    b.bad("POST", path, body, &[key]);
}

fn published(change: Value) -> Value {
    with(json!({ "publishingStatus": "Published" }), change)
}

cases! {
    ptv_c_01_no_addresses, BOTH, |b| { bad(&b, LOCATION, &without(l(), &["addresses"]), "Addresses"); }
    ptv_c_02_postal_only, BOTH, |b| { bad(&b, LOCATION, &with(l(), json!({ "addresses": [postal()] })), "Addresses"); }
    ptv_c_03_location_street, BOTH, |b| {
        bad(&b, LOCATION, &address(|a| a["subType"] = json!("Street")), "Addresses[0].SubType");
    }
    ptv_c_04_postal_single, BOTH, |b| {
        let mut body = l();
        body["addresses"].as_array_mut().unwrap().push(with(postal(), json!({ "subType": "Single" })));
        bad(&b, LOCATION, &body, "Addresses[1].SubType");
    }
    ptv_c_05_abroad_next_to_single, BOTH, |b| {
        let mut body = l();
        let abroad = json!({ "type": "Location", "subType": "Abroad", "locationAbroad": [{ "language": "fi", "value": "Tukholma" }] });
        body["addresses"].as_array_mut().unwrap().push(abroad);
        bad(&b, LOCATION, &body, "Addresses");
    }
    ptv_c_06_unknown_postal_code, BOTH, |b| {
        bad(&b, LOCATION, &street("postalCode", json!("99999")), "Addresses[0].StreetAddress.PostalCode");
    }
    ptv_c_07_malformed_postal_code, BOTH, |b| {
        bad(&b, LOCATION, &street("postalCode", json!("123")), "Addresses[0].StreetAddress.PostalCode");
    }
    ptv_c_08_no_number_no_coordinates, BOTH, |b| {
        bad(&b, LOCATION, &street("streetNumber", Value::Null), "Addresses[0].StreetAddress.Street");
    }
    ptv_c_09_coordinates_instead_of_number, BOTH, |b| {
        let mut body = street("streetNumber", Value::Null);
        body["addresses"][0]["streetAddress"]["latitude"] = json!("6672000.5");
        body["addresses"][0]["streetAddress"]["longitude"] = json!("386000");
        b.ok("POST", LOCATION, &body);
    }
    ptv_c_10_negative_longitude, BOTH, |b| {
        bad(&b, LOCATION, &street("longitude", json!("-24.9")), "Addresses[0].StreetAddress.Longitude");
    }
    ptv_c_11_single_without_street, BOTH, |b| {
        let body = address(|a| { a.as_object_mut().unwrap().remove("streetAddress"); });
        bad(&b, LOCATION, &body, "Addresses[0].StreetAddress");
    }
    ptv_c_12_other_without_information, BOTH, |b| {
        let other = json!({ "type": "Location", "subType": "Other", "otherAddress": { "latitude": "6672000", "longitude": "386000" } });
        bad(&b, LOCATION, &with(l(), json!({ "addresses": [other] })), "Addresses[0].OtherAddress.AdditionalInformation");
    }
    ptv_c_13_unknown_municipality, BOTH, |b| {
        bad(&b, LOCATION, &street("municipality", json!("99")), "Addresses[0].StreetAddress.Municipality");
    }
    ptv_c_14_municipality_from_postal_code, BOTH, |b| {
        assert_eq!(b.ok("POST", LOCATION, &l())["addresses"][0]["streetAddress"]["municipality"], "091");
    }
    ptv_c_15_unknown_country, BOTH, |b| {
        bad(&b, LOCATION, &address(|a| a["country"] = json!("ZZ")), "Addresses[0].Country");
    }
    ptv_c_16_display_name_without_name, BOTH, |b| {
        let display = json!({ "displayNameType": [{ "language": "fi", "type": "AlternativeName" }] });
        bad(&b, LOCATION, &with(l(), display.clone()), "ServiceChannelNames");
        let l1 = b.create(LOCATION, &l());
        b.bad("PUT", &format!("{LOCATION}/{l1}"), &published(display), &["DisplayNameType"]);
    }
    ptv_c_17_prefix_without_plus, BOTH, |b| { bad(&b, P, &number(json!({ "prefixNumber": "358" })), "PhoneNumbers[0].PrefixNumber"); }
    ptv_c_18_unknown_prefix, BOTH, |b| { bad(&b, P, &number(json!({ "prefixNumber": "+9999" })), "PhoneNumbers[0].PrefixNumber"); }
    ptv_c_18b_prefix_of_a_support_phone, BOTH, |b| {
        for (prefix, key) in [("+9999", "PhoneNumbers[0].PrefixNumber"), ("358", "SupportPhones[0].PrefixNumber")] {
            let phones = json!([{ "prefixNumber": prefix, "number": "1", "language": "fi" }]);
            bad(&b, E, &with(ec(), json!({ "supportPhones": phones })), key);
        }
    }
    ptv_c_19_no_prefix, BOTH, |b| { bad(&b, P, &number(json!({ "prefixNumber": null })), "PhoneNumbers[0].PrefixNumber"); }
    ptv_c_20_service_number, BOTH, |b| {
        b.ok("POST", P, &number(json!({ "prefixNumber": null, "isFinnishServiceNumber": true, "number": "116117" })));
    }
    ptv_c_21_number_with_spaces, BOTH, |b| { bad(&b, P, &number(json!({ "number": "09 310 1691" })), "PhoneNumbers[0].Number"); }
    ptv_c_22_number_of_21_digits, BOTH, |b| { bad(&b, P, &number(json!({ "number": "1".repeat(21) })), "PhoneNumbers[0].Number"); }
    ptv_c_23_other_charge_without_description, BOTH, |b| {
        bad(&b, P, &number(json!({ "serviceChargeType": "Other" })), "PhoneNumbers[0].ChargeDescription");
    }
    ptv_c_24_no_numbers, BOTH, |b| { bad(&b, P, &without(ph(), &["phoneNumbers"]), "PhoneNumbers"); }
    ptv_c_25_number_without_type, BOTH, |b| { bad(&b, P, &number(json!({ "type": null })), "PhoneNumbers[0].Type"); }
    ptv_c_26_empty_web_page_clears, BOTH, |b| {
        let page = json!({ "webPage": [{ "language": "fi", "value": "https://www.example.fi" }] });
        let ph1 = b.create(P, &with(ph(), page));
        let read = b.ok("PUT", &format!("{P}/{ph1}"), &published(json!({ "webPage": [] })));
        assert_eq!(read["webPages"], json!([]));
    }
    ptv_c_27_no_accessibility, BOTH, |b| { bad(&b, E, &without(ec(), &["accessibilityClassification"]), "AccessibilityClassification"); }
    ptv_c_28_full_with_level_a, BOTH, |b| {
        let body = accessible(json!({ "accessibilityClassificationLevel": "FullyCompliant", "wcagLevel": "LevelA" }));
        bad(&b, E, &body, "AccessibilityClassification[0].WcagLevel");
    }
    ptv_c_29_partial_with_level_aa, BOTH, |b| {
        let body = accessible(json!({ "accessibilityClassificationLevel": "PartiallyCompliant", "wcagLevel": "LevelAA" }));
        bad(&b, E, &body, "AccessibilityClassification[0].WcagLevel");
    }
    ptv_c_30_none_without_statement, BOTH, |b| {
        let body = accessible(json!({ "accessibilityClassificationLevel": "NonCompliant" }));
        bad(&b, E, &body, "AccessibilityClassification[0].AccessibilityStatementWebPage");
    }
    ptv_c_31_unknown_with_statement, BOTH, |b| {
        let body = accessible(json!({ "accessibilityStatementWebPage": "https://www.example.fi" }));
        bad(&b, E, &body, "AccessibilityClassification[0].AccessibilityStatementWebPage");
    }
    ptv_c_32_signature_without_quantity, BOTH, |b| { bad(&b, E, &with(ec(), json!({ "requiresSignature": true })), "SignatureQuantity"); }
    ptv_c_33_signature_quantity_zero, BOTH, |b| {
        bad(&b, E, &with(ec(), json!({ "requiresSignature": true, "signatureQuantity": "0" })), "SignatureQuantity");
    }
    ptv_c_34_web_page_without_scheme, BOTH, |b| {
        bad(&b, E, &with(ec(), json!({ "webPage": [{ "language": "fi", "value": "helsinki.fi" }] })), "WebPage");
    }
    ptv_c_35_web_page_twice, BOTH, |b| {
        let page = json!({ "language": "fi", "value": "https://www.example.fi" });
        bad(&b, E, &with(ec(), json!({ "webPage": [page, page] })), "WebPage");
    }
    ptv_c_36_attachment_without_url, BOTH, |b| {
        bad(&b, E, &with(ec(), json!({ "attachments": [{ "language": "fi", "name": "Ohje" }] })), "Attachments[0].Url");
    }
    ptv_c_37_url_type_in_lower_case, BOTH, |b| {
        let urls = json!([{ "language": "fi", "type": "pdf", "value": "https://www.example.fi/a.pdf" }]);
        bad(&b, F, &with(pf(), json!({ "channelUrls": urls })), "ChannelUrls");
    }
    ptv_c_38_published_form_without_urls, BOTH, |b| {
        let pf1 = b.create(F, &pf());
        b.bad("PUT", &format!("{F}/{pf1}"), &published(json!({ "deleteAllChannelUrls": true })), &["ChannelUrls"]);
    }
    ptv_c_39_no_address_without_text, BOTH, |b| {
        let body = with(pf(), json!({ "deliveryAddresses": [{ "subType": "NoAddress" }] }));
        bad(&b, F, &body, "DeliveryAddresses[0].DeliveryAddressInText");
    }
    ptv_c_40_delivery_to_unknown_postal_code, BOTH, |b| {
        let street = json!({ "street": [{ "language": "fi", "value": "Katu" }], "streetNumber": "1", "postalCode": "99999" });
        let body = with(pf(), json!({ "deliveryAddresses": [{ "subType": "Street", "streetAddress": street }] }));
        bad(&b, F, &body, "Addresses[0].StreetAddress.PostalCode");
    }
    ptv_c_41_sharing_ends_when_not_said, BOTH, |b| {
        let e1 = b.create(E, &ec());
        assert_eq!(stored(&b.sim, &e1, "isVisibleForAll"), true);
        b.ok("PUT", &format!("{E}/{e1}"), &published(json!({})));
        assert_eq!(stored(&b.sim, &e1, "isVisibleForAll"), false);
    }
    ptv_c_42_authentication_ends_when_not_said, BOTH, |b| {
        let e1 = b.create(E, &with(ec(), json!({ "requiresAuthentication": true })));
        assert_eq!(b.ok("PUT", &format!("{E}/{e1}"), &published(json!({})))["requiresAuthentication"], false);
    }
    ptv_c_43_support_email, BOTH, |b| {
        bad(&b, E, &with(ec(), json!({ "supportEmails": [{ "language": "fi", "value": "a@b" }] })), "SupportEmails");
    }
    ptv_c_44_foreign_organisation, BOTH, |b| { bad(&b, E, &with(ec(), json!({ "organizationId": FORG })), "OrganizationId"); }
    ptv_c_45_foreign_service, BOTH, |b| {
        let producers = json!([{ "provisionType": "SelfProducedServices", "organizations": [FORG] }]);
        let body = with(b.s(), json!({ "mainResponsibleOrganization": FORG, "serviceProducers": producers }));
        let other = super::id(&b.ok_as("x", "POST", "Service", &body));
        bad(&b, E, &with(ec(), json!({ "services": [other] })), "Services");
    }
    ptv_c_46_same_name_same_kind, BOTH, |b| {
        b.create(E, &ec());
        bad(&b, E, &ec(), "ServiceChannelNames");
    }
    ptv_c_47_same_name_other_kind, BOTH, |b| {
        b.create(E, &ec());
        let names = json!({ "serviceChannelNames": [{ "language": "fi", "value": "Verkkoasiointi" }] });
        b.create("ServiceChannel/WebPage", &with(wp(), names));
    }
    ptv_c_48_summary_is_the_name, BOTH, |b| {
        let descriptions = json!({ "serviceChannelDescriptions": [
            { "language": "fi", "type": "Summary", "value": "Verkkoasiointi" },
            { "language": "fi", "type": "Description", "value": "Kanavan kuvaus" },
        ] });
        let e1 = b.create(E, &with(ec(), descriptions.clone()));
        b.bad("PUT", &format!("{E}/{e1}"), &with(ec(), descriptions), &["ServiceChannelNames"]);
    }
    ptv_c_49_summary_only, BOTH, |b| {
        let list = json!([{ "language": "fi", "type": "Summary", "value": "Tiivistelmä" }]);
        bad(&b, E, &with(ec(), json!({ "serviceChannelDescriptions": list })), "ServiceChannelDescriptions");
    }
    ptv_c_50_user_instruction, BOTH, |b| {
        let mut body = ec();
        let instruction = json!({ "language": "fi", "type": "UserInstruction", "value": "Toimi näin" });
        body["serviceChannelDescriptions"].as_array_mut().unwrap().push(instruction);
        bad(&b, E, &body, "ServiceChannelDescriptions");
    }
    ptv_c_51_web_pages_of_a_location, BOTH, |b| {
        let pages = json!([{ "language": "fi", "url": "https://www.example.fi", "value": "Sivu" }]);
        let l1 = b.create(LOCATION, &with(l(), json!({ "webPages": pages })));
        let read = b.ok("PUT", &format!("{LOCATION}/{l1}"), &published(json!({ "webPages": [] })));
        assert_eq!(read["webPages"], pages);
        let read = b.ok("PUT", &format!("{LOCATION}/{l1}"), &published(json!({ "deleteAllWebPages": true })));
        assert_eq!(read["webPages"], json!([]));
    }
    ptv_c_52_emails_of_a_location, BOTH, |b| {
        let emails = json!([{ "language": "fi", "value": "halli@example.fi" }]);
        let l1 = b.create(LOCATION, &with(l(), json!({ "emails": emails })));
        let read = b.ok("PUT", &format!("{LOCATION}/{l1}"), &published(json!({ "deleteAllSupportEmails": true })));
        assert_eq!(read["emails"], emails);
        let read = b.ok("PUT", &format!("{LOCATION}/{l1}"), &published(json!({ "deleteAllEmails": true })));
        assert_eq!(read["emails"], json!([]));
    }
}
