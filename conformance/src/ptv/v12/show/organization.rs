//! The read model of an organisation (ptv-v12 §4.1, §7.2).

use serde_json::{Map, Value, json};

use super::super::Desk;
use super::{listed, pages, parts, text6, typed, versions};
use crate::ptv::json::{items, text, texts};
use crate::ptv::store::{Entity, Version};

pub(super) fn show(desk: &Desk<'_>, entity: &Entity, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    // A sub-organisation without a business id shows that of the one above it.
    let above = entity.owner().and_then(|id| desk.state.store.entities.get(id));
    let business =
        text(content, "businessCode").or_else(|| above.and_then(|e| text(&e.latest.content, "businessCode")));
    let invoices: Vec<Value> = items(content, "electronicInvoicings")
        .iter()
        .map(|item| {
            json!({
                "address": text(item, "electronicInvoicingAddress"), "intermediatorCode": text(item, "operatorCode"),
                "additionalInformation": text6(item.get("additionalInformation")),
            })
        })
        .collect();
    let languages = versions(&version.languages, |language| {
        let primary = items(content, "displayNameType")
            .iter()
            .any(|item| text(item, "language") == Some(language) && text(item, "type") == Some("AlternativeName"));
        json!({
            "name": typed(content, "organizationNames", language, "Name"),
            "alternativeName": typed(content, "organizationNames", language, "AlternativeName"),
            "isAlternativeNamePrimary": primary,
            "summary": typed(content, "organizationDescriptions", language, "Summary"),
            "description": typed(content, "organizationDescriptions", language, "Description"),
            "contactEmails": listed(content, "emails", language, |item| json!({
                "email": text(item, "value"), "additionalInformation": text(item, "description"),
            })),
            "contactWebPages": pages(content, "webPages", language),
            "contactPhoneNumbers": parts::phones(desk, content, "phoneNumbers", language, false),
        })
    });
    Map::from_iter(
        [
            ("parentOrganizationContentId", json!(text(content, "parentOrganizationId"))),
            ("organizationType", json!(text(content, "organizationType"))),
            ("businessId", json!(business.unwrap_or_default())),
            ("oid", json!(text(content, "oid"))),
            ("area", area(desk, content)),
            ("eInvoiceAddresses", json!(invoices)),
            ("location", parts::visiting(content, "Visiting")),
            ("contactAddresses", parts::postal(content, "Postal")),
            ("languageVersions", languages),
        ]
        .map(|(member, value)| (member.to_owned(), value)),
    )
}

/// A municipality is its own area and names no other lists.
fn area(desk: &Desk<'_>, content: &Value) -> Value {
    if let Some(code) =
        text(content, "municipality").filter(|_| text(content, "organizationType") == Some("Municipality"))
    {
        return json!({ "areaType": "LimitedArea", "municipalities": [format!("{code:0>3}")] });
    }
    let codes: Vec<String> = texts(content, "areas").into_iter().map(str::to_owned).collect();
    let kind = text(content, "subAreaType").unwrap_or_default();
    let of = |wanted: &str| if kind == wanted { codes.clone() } else { Vec::new() };
    match text(content, "areaType") {
        Some("LimitedType") => {
            parts::limited(desk, &of("Municipality"), &of("Region"), &of("WellbeingServiceCounties"), &of)
        }
        Some("NationwideExceptAlandIslands") => json!({ "areaType": "WholeCountryExceptAland" }),
        _ => json!({ "areaType": "WholeCountry" }),
    }
}
