//! The read model of a service (ptv-v12 §4.2, §7.3). Its channels are connections and not in it.

use serde_json::{Map, Value, json};

use super::super::Desk;
use super::{parts, plain, text6, typed, versions};
use crate::ptv::json::{flag, items, text, texts};
use crate::ptv::reference::Concepts;
use crate::ptv::store::Version;
use crate::ptv::validate::service::general;

pub(super) fn kind(of_v11: &str) -> &'static str {
    match of_v11 {
        "PermitOrObligation" => "PermitOrOtherObligation",
        "ProfessionalQualification" | "ProfessionalQualifications" => "ProfessionalQualification",
        _ => "Service",
    }
}

pub(super) fn charge(content: &Value) -> Value {
    match text(content, "serviceChargeType") {
        Some("Chargeable") => json!("Charged"),
        Some("FreeOfCharge") => json!("Free"),
        _ => Value::Null,
    }
}

/// The three texts that only the special types have.
pub(super) fn special(version: &mut Value, kind: &str, described: impl Fn(&str) -> Value) {
    let Some(map) = version.as_object_mut().filter(|_| kind != "Service") else { return };
    for (member, of_v11) in [
        ("processingTimeAdditionalInformation", "ProcessingTime"),
        ("deadlineAdditionalInformation", "DeadLine"),
        ("validityTimeAdditionalInformation", "ValidityTime"),
    ] {
        map.insert(member.to_owned(), described(of_v11));
    }
}

/// The five classifications: codes for three, URIs for two.
pub(super) fn classification(desk: &Desk<'_>, content: &Value, mixed: Option<&Value>) -> Map<String, Value> {
    let reference = &desk.config.reference;
    let all = |list: &str| -> Vec<String> {
        let mut own: Vec<String> = texts(content, list).into_iter().map(str::to_owned).collect();
        for uri in mixed.map(|value| texts(value, list)).unwrap_or_default() {
            if !own.iter().any(|have| have == uri) {
                own.push(uri.to_owned());
            }
        }
        own
    };
    let codes = |list: &str, concepts: &Concepts| -> Value {
        let code = |uri: String| {
            concepts
                .find(&uri)
                .map_or_else(|| uri.rsplit('/').next().unwrap_or_default().to_owned(), |concept| concept.code.clone())
        };
        all(list).into_iter().map(code).collect()
    };
    let uris =
        |list: &str, concepts: &Concepts| -> Value { all(list).into_iter().map(|uri| concepts.normal(&uri)).collect() };
    Map::from_iter(
        [
            ("targetGroups", codes("targetGroups", &reference.target_groups)),
            ("lifeEvents", codes("lifeEvents", &reference.life_events)),
            ("serviceClasses", codes("serviceClasses", &reference.service_classes)),
            ("industrialClasses", uris("industrialClasses", &reference.industrial_classes)),
            ("ontologyTerms", uris("ontologyTerms", &reference.ontology_terms)),
        ]
        .map(|(member, value)| (member.to_owned(), value)),
    )
}

pub(super) fn show(desk: &Desk<'_>, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    let attached =
        text(content, "generalDescriptionId").and_then(|id| general(&desk.config.reference, &desk.state.store, id));
    let kind =
        kind(text(content, "type").or_else(|| attached.and_then(|value| text(value, "type"))).unwrap_or("Service"));
    let mut shown = classification(desk, content, attached.filter(|_| desk.switches().descriptions_mixed));
    let languages = versions(&version.languages, |language| {
        let described = |kind: &str| typed(content, "serviceDescriptions", language, kind);
        let keywords: Vec<&str> = items(content, "keywords")
            .iter()
            .filter(|item| text(item, "language") == Some(language))
            .filter_map(|item| text(item, "value"))
            .collect();
        let mut version = json!({
            "name": typed(content, "serviceNames", language, "Name"),
            "alternativeName": typed(content, "serviceNames", language, "AlternativeName"),
            "summary": described("Summary"), "description": described("Description"),
            "userInstructions": described("UserInstruction"),
            "conditions": plain(content, "requirements", language),
            "legislationLinks": laws(content, language), "freelyAssignedKeywords": keywords,
            "voucher": voucher(content, language),
            "chargeTypeAdditionalInformation": described("ChargeTypeAdditionalInfo"),
        });
        special(&mut version, kind, described);
        version
    });
    for (member, value) in [
        ("organizationContentId", json!(text(content, "mainResponsibleOrganization"))),
        ("generalDescriptionContentId", json!(text(content, "generalDescriptionId"))),
        ("serviceType", json!(kind)),
        ("producers", producers(content)),
        ("otherResponsibleOrganizations", json!(texts(content, "otherResponsibleOrganizations"))),
        ("chargeType", charge(content)),
        ("fundingType", json!(text(content, "fundingType"))),
        ("serviceLanguages", json!(texts(content, "languages"))),
        ("area", parts::area(desk, content)),
        ("languageVersions", languages),
    ] {
        shown.insert(member.to_owned(), value);
    }
    shown
}

/// One link for each web page of a law; a language without a page has lost the law.
fn laws(content: &Value, language: &str) -> Vec<Value> {
    let mut links = Vec::new();
    for law in items(content, "legislation") {
        let name = plain(law, "names", language);
        for page in items(law, "webPages").iter().filter(|page| text(page, "language") == Some(language)) {
            let name =
                if name.is_null() { json!(text(page, "value").or_else(|| text(page, "url"))) } else { name.clone() };
            links.push(json!({ "url": text(page, "url"), "name": name }));
        }
    }
    links
}

fn voucher(content: &Value, language: &str) -> Value {
    if !flag(content, "serviceVouchersInUse") {
        return json!({ "voucherType": "NotUsed" });
    }
    let own: Vec<&Value> =
        items(content, "serviceVouchers").iter().filter(|item| text(item, "language") == Some(language)).collect();
    let urls: Vec<Value> = own
        .iter()
        .filter_map(|item| {
            let url = text(item, "url").filter(|url| !url.is_empty())?;
            Some(json!({
                "name": text(item, "value").unwrap_or(url), "url": url,
                "additionalInformation": text(item, "additionalInformation"),
            }))
        })
        .collect();
    if urls.is_empty() {
        let said = own.iter().find_map(|item| text(item, "additionalInformation"));
        return json!({ "voucherType": "WithAdditionalInformation", "additionalInformation": said });
    }
    json!({ "voucherType": "WithUrl", "urls": urls })
}

fn producers(content: &Value) -> Value {
    let of = |kind: &str| -> (Vec<&str>, Vec<Value>) {
        let own: Vec<&Value> = items(content, "serviceProducers")
            .iter()
            .filter(|producer| text(producer, "provisionType") == Some(kind))
            .collect();
        let organizations = own.iter().flat_map(|producer| texts(producer, "organizations")).collect();
        let named = own.iter().map(|producer| text6(producer.get("additionalInformation")));
        let named = named.filter(|name| name.as_object().is_some_and(|name| !name.is_empty()));
        (organizations, named.map(|name| json!({ "name": name })).collect())
    };
    let (own, _) = of("SelfProducedServices");
    let (procured, procured_others) = of("ProcuredServices");
    let (other, other_others) = of("Other");
    json!({
        "selfProducedProducers": { "organizations": own },
        "procuredProducers": { "organizations": procured, "other": procured_others },
        "otherProducers": { "organizations": other, "other": other_others },
    })
}
