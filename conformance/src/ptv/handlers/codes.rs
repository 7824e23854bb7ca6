//! `CodeList/*` and the read model of general descriptions (ptv-in-api §2.5).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::lists::page;
use super::{Desk, Request, missing};
use crate::ptv::errors::{Problems, Refusal, Reply};
use crate::ptv::json::text;
use crate::ptv::read::{concepts_of, stamp};

const PAGE: usize = 1000;

pub(crate) fn get(desk: &Desk<'_>, request: &Request, route: &[&str]) -> Result<Reply, Refusal> {
    let reference = &desk.config.reference;
    match route {
        ["GetMunicipalityCodes"] => {
            let list: Vec<Value> =
                reference.municipalities.iter().map(|(code, names)| json!({ "code": code, "names": names })).collect();
            Ok(Reply::ok(json!(list)))
        }
        ["GetCountryCodes"] => Ok(Reply::ok(json!(reference.countries.values().collect::<Vec<_>>()))),
        ["GetPostalCodes"] => {
            let list = reference
                .postal_codes
                .iter()
                .map(|(code, entry)| json!({ "code": code, "names": entry.names }))
                .collect();
            page(request, list, PAGE)
        }
        ["GetLanguageCodes"] => {
            let list: Vec<Value> = reference
                .languages
                .iter()
                .map(|language| {
                    let names: Vec<Value> = ["fi", "sv", "en"]
                        .iter()
                        .filter_map(|code| Some(json!({ "language": code, "value": text(language, code)? })))
                        .collect();
                    json!({ "code": language.get("code"), "names": names })
                })
                .collect();
            Ok(Reply::ok(json!(list)))
        }
        ["GetAreaCodes", "type", kind] => {
            // The path uses PTV's internal names.
            let kind = match *kind {
                "Municipality" => return get(desk, request, &["GetMunicipalityCodes"]),
                "Province" => "Region",
                "BusinessRegions" if !desk.config.profile.is_live() => "BusinessSubRegion",
                "HospitalRegions" if !desk.config.profile.is_live() => "HospitalDistrict",
                "WellbeingServiceCounties" if desk.config.profile.is_live() => "WellbeingServiceCounties",
                _ => return Err(Problems::one("type", "The area type is not valid.")),
            };
            let list: Vec<Value> = reference
                .areas
                .get(kind)
                .map(|codes| {
                    codes.iter().map(|(code, area)| json!({ "code": code, "names": area.get("names") })).collect()
                })
                .unwrap_or_default();
            Ok(Reply::ok(json!(list)))
        }
        _ => Ok(missing()),
    }
}

/// A general description with its classification as objects.
pub(crate) fn general(desk: &Desk<'_>, value: &Value, modified: Timestamp) -> Value {
    let reference = &desk.config.reference;
    let mut shown = value.as_object().cloned().unwrap_or_default();
    for (field, concepts, kind) in [
        ("serviceClasses", &reference.service_classes, "SERVICECLASS"),
        ("ontologyTerms", &reference.ontology_terms, "KOKO"),
        ("targetGroups", &reference.target_groups, "TARGETGROUP"),
        ("lifeEvents", &reference.life_events, "LIFESITUATION"),
        ("industrialClasses", &reference.industrial_classes, "TK2008"),
    ] {
        let uris = crate::ptv::json::texts(value, field).into_iter().map(str::to_owned);
        shown.insert(field.to_owned(), json!(concepts_of(concepts, uris, kind)));
    }
    shown.insert("modified".to_owned(), json!(stamp(modified)));
    Value::Object(shown)
}
