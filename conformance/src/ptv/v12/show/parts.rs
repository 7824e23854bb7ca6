//! Shared parts (ptv-v12 §4.7): texts, areas, phones, addresses.

use serde_json::{Map, Value, json};

use super::super::Desk;
use crate::ptv::json::{flag, items, text, texts};

/// `[{language, value}]` as an object by language; a missing language is a missing key.
pub(in super::super) fn text6(list: Option<&Value>) -> Value {
    let all = list.and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|item| Some((text(item, "language")?.to_owned(), json!(text(item, "value")?))))
        .collect::<Map<_, _>>()
        .into()
}

/// The area of a service or channel: `areaType` with `areas` of `{type, areaCodes}`.
pub(super) fn area(desk: &Desk<'_>, content: &Value) -> Value {
    let areas = items(content, "areas");
    let of = |kind: &str| -> Vec<String> {
        let codes = areas.iter().filter(|area| text(area, "type") == Some(kind));
        codes.flat_map(|area| texts(area, "areaCodes")).map(str::to_owned).collect()
    };
    match text(content, "areaType") {
        None => Value::Null,
        Some("Nationwide") => json!({ "areaType": "WholeCountry" }),
        Some("NationwideExceptAlandIslands") => json!({ "areaType": "WholeCountryExceptAland" }),
        Some(_) => limited(desk, &of("Municipality"), &of("Region"), &of("WellbeingServiceCounties"), &|kind| of(kind)),
    }
}

/// Areas that v12 does not have become their municipalities (§7.1).
pub(super) fn limited(
    desk: &Desk<'_>,
    municipalities: &[String],
    regions: &[String],
    counties: &[String],
    others: &dyn Fn(&str) -> Vec<String>,
) -> Value {
    let mut all: Vec<String> = municipalities.iter().map(|code| format!("{code:0>3}")).collect();
    for kind in ["BusinessSubRegion", "HospitalDistrict"] {
        for code in others(kind) {
            let known = desk.config.reference.areas.get(kind).and_then(|codes| codes.get(&code));
            for municipality in known.map(|area| texts(area, "municipalities")).unwrap_or_default() {
                if !all.iter().any(|have| have == municipality) {
                    all.push(municipality.to_owned());
                }
            }
        }
    }
    json!({
        "areaType": "LimitedArea", "municipalities": all, "regions": regions, "wellbeingServicesCounties": counties,
    })
}

/// Phones of one language. With `four`, the kinds of a telephone channel.
pub(super) fn phones(desk: &Desk<'_>, content: &Value, list: &str, language: &str, four: bool) -> Value {
    super::listed(content, list, language, |item| phone(desk, item, four))
}

fn phone(desk: &Desk<'_>, item: &Value, four: bool) -> Value {
    let charge = match text(item, "serviceChargeType") {
        Some("FreeOfCharge") => "Free",
        Some("Other") => "ExtraCharge",
        _ => "Charged",
    };
    let prefix =
        text(item, "prefixNumber").filter(|prefix| !prefix.is_empty() && !flag(item, "isFinnishServiceNumber"));
    let number = text(item, "number").unwrap_or_default();
    let mut shown = json!({
        "number": number, "chargeType": charge, "chargeDescription": text(item, "chargeDescription"),
        "additionalInformation": text(item, "additionalInformation"),
    });
    let special = text(item, "type").filter(|kind| four && matches!(*kind, "Sms" | "Fax"));
    let domestic = prefix == Some("+358") && desk.switches().domestic_358;
    let (kind, dial, number) = match (special, prefix) {
        (Some(kind), prefix) => (kind, Some(prefix.unwrap_or("+358")), number.to_owned()),
        (None, None) => ("DomesticPhone", None, number.to_owned()),
        (None, Some(_)) if domestic => {
            let trunk = if number.starts_with('0') { number.to_owned() } else { format!("0{number}") };
            ("DomesticPhone", None, trunk)
        }
        (None, prefix) => ("InternationalPhone", prefix, number.trim_start_matches('0').to_owned()),
    };
    if let Some(map) = shown.as_object_mut() {
        map.insert("type".to_owned(), json!(kind));
        map.insert("number".to_owned(), json!(number));
        if let Some(dial) = dial {
            map.insert("dialCode".to_owned(), json!(dial));
        }
    }
    shown
}

pub(super) fn faxes(content: &Value, list: &str, language: &str) -> Value {
    super::listed(content, list, language, |item| {
        json!({
            "type": "Fax", "dialCode": text(item, "prefixNumber").unwrap_or("+358"), "number": text(item, "number"),
            "chargeType": "Charged", "chargeDescription": null, "additionalInformation": null,
        })
    })
}

fn coordinates(branch: &Value) -> Value {
    let number = |field: &str| text(branch, field).and_then(|text| text.parse::<f64>().ok());
    match (number("longitude"), number("latitude")) {
        (Some(easting), Some(northing)) => {
            json!([{ "system": "EPSG:3067", "source": "User", "easting": easting, "northing": northing }])
        }
        _ => json!([]),
    }
}

fn street(branch: &Value, at_location: bool) -> Value {
    let mut shown = json!({
        "addressSource": { "source": "UserEntered" }, "streetName": text6(branch.get("street")),
        "addressDetail": text(branch, "streetNumber").unwrap_or_default(), "postalCode": text(branch, "postalCode"),
        "coordinates": coordinates(branch), "additionalInformation": text6(branch.get("additionalInformation")),
    });
    if at_location && let Some(map) = shown.as_object_mut() {
        map.insert("accessibilityRegisterServicePointId".to_owned(), Value::Null);
    }
    shown
}

fn of_kind<'v>(content: &'v Value, purpose: &'v str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    let all = items(content, "addresses").iter().filter(move |item| text(item, "type") == Some(purpose));
    all.map(|item| {
        let form = match text(item, "subType").unwrap_or_default() {
            "Single" | "Street" => "Street",
            "Abroad" | "Foreign" => "Foreign",
            form => form,
        };
        (form, item)
    })
}

fn branch<'v>(item: &'v Value, name: &str) -> &'v Value {
    item.get(name).unwrap_or(&Value::Null)
}

fn foreign(item: &Value) -> Value {
    let words = item.get("foreignAddress").or_else(|| item.get("locationAbroad"));
    json!({ "address": text6(words), "countryCode": text(item, "country") })
}

/// Visiting addresses of a purpose (`Visiting` or `Location`).
pub(super) fn visiting(content: &Value, purpose: &str) -> Value {
    let of = |form: &str, show: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        of_kind(content, purpose).filter(|(has, _)| *has == form).map(|(_, item)| show(item)).collect()
    };
    json!({
        "streetAddresses": of("Street", &|item| street(branch(item, "streetAddress"), purpose == "Location")),
        "otherAddresses": of("Other", &|item| {
            let other = branch(item, "otherAddress");
            json!({
                "postalCode": text(other, "postalCode"), "coordinates": coordinates(other),
                "additionalInformation": text6(other.get("additionalInformation")),
            })
        }),
        "foreignAddresses": of("Foreign", &foreign),
    })
}

fn post_office_box(branch: &Value) -> Value {
    json!({
        "postalCode": text(branch, "postalCode"), "postOfficeBox": text6(branch.get("postOfficeBox")),
        "additionalInformation": text6(branch.get("additionalInformation")),
    })
}

/// Postal addresses.
pub(super) fn postal(content: &Value, purpose: &str) -> Value {
    let of = |form: &str, show: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        of_kind(content, purpose).filter(|(has, _)| *has == form).map(|(_, item)| show(item)).collect()
    };
    json!({
        "streetAddresses": of("Street", &|item| street(branch(item, "streetAddress"), false)),
        "postOfficeBoxAddresses": of("PostOfficeBox", &|item| post_office_box(branch(item, "postOfficeBoxAddress"))),
        "foreignAddresses": of("Foreign", &foreign),
    })
}

/// Where a printed form is sent.
pub(super) fn deliveries(content: &Value) -> Vec<Value> {
    let all = items(content, "deliveryAddresses").iter();
    all.map(|item| {
        let (kind, mut shown) = match text(item, "subType").unwrap_or_default() {
            "Street" => ("StreetAddress", street(branch(item, "streetAddress"), false)),
            "PostOfficeBox" => ("PostOfficeBox", post_office_box(branch(item, "postOfficeBoxAddress"))),
            _ => ("DeliveryInformation", json!({ "deliveryInformation": text6(item.get("deliveryAddressInText")) })),
        };
        if let Some(map) = shown.as_object_mut() {
            map.insert("deliveryAddressType".to_owned(), json!(kind));
            map.insert("recipient".to_owned(), text6(item.get("formReceiver")));
        }
        shown
    })
    .collect()
}
