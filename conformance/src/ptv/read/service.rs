//! The read model of a service: own and general description's classification mixed (ptv-in-api §3.2.1, §5).

use serde_json::{Map, Value, json};

use super::{Reader, concepts_of, copied, scalar};
use crate::ptv::json::{filled, flag, given, items, text, texts};
use crate::ptv::store::{Entity, Version};
use crate::ptv::validate::service::general;

pub(super) fn show(reader: &Reader<'_>, entity: &Entity, version: &Version) -> Map<String, Value> {
    let content = &version.content;
    let reference = reader.reference;
    let general = text(content, "generalDescriptionId").and_then(|id| general(reference, reader.store, id));
    let mixed = |field: &str| -> Vec<String> {
        let mut all: Vec<String> = texts(content, field).into_iter().map(str::to_owned).collect();
        for uri in general.map(|value| texts(value, field)).unwrap_or_default() {
            if !all.iter().any(|own| own == uri) {
                all.push(uri.to_owned());
            }
        }
        all
    };
    let from_general = |field: &str| match general.filter(|value| given(value, field)) {
        Some(value) => scalar(value, field),
        None => scalar(content, field),
    };
    let channels = reader.connections(&entity.id, true);
    let channels = if channels.is_empty() && reader.live { Value::Null } else { json!(channels) };
    Map::from_iter(
        [
            ("generalDescriptionId", scalar(content, "generalDescriptionId")),
            ("type", from_general("type")),
            ("subType", Value::Null),
            ("serviceChargeType", from_general("serviceChargeType")),
            ("fundingType", scalar(content, "fundingType")),
            ("serviceNames", copied(content, "serviceNames")),
            ("serviceDescriptions", copied(content, "serviceDescriptions")),
            ("areaType", scalar(content, "areaType")),
            ("areas", json!(reader.areas(content))),
            ("languages", copied(content, "languages")),
            ("serviceClasses", json!(concepts_of(&reference.service_classes, mixed("serviceClasses"), "SERVICECLASS"))),
            ("ontologyTerms", json!(concepts_of(&reference.ontology_terms, mixed("ontologyTerms"), "KOKO"))),
            ("targetGroups", json!(concepts_of(&reference.target_groups, mixed("targetGroups"), "TARGETGROUP"))),
            ("lifeEvents", json!(concepts_of(&reference.life_events, mixed("lifeEvents"), "LIFESITUATION"))),
            (
                "industrialClasses",
                json!(concepts_of(&reference.industrial_classes, mixed("industrialClasses"), "TK2008")),
            ),
            ("legislation", copied(content, "legislation")),
            ("keywords", copied(content, "keywords")),
            ("requirements", copied(content, "requirements")),
            ("serviceVouchersInUse", json!(flag(content, "serviceVouchersInUse"))),
            ("serviceVouchers", copied(content, "serviceVouchers")),
            ("organizations", json!(organizations(reader, content))),
            ("serviceChannels", channels),
            ("serviceCollections", json!([])),
            ("responsibleSoteOrganization", Value::Null),
        ]
        .map(|(field, value)| (field.to_owned(), value)),
    )
}

fn organizations(reader: &Reader<'_>, content: &Value) -> Vec<Value> {
    let role = |id: &str, role: &str| json!({ "organization": reader.item(id), "roleType": role, "provisionType": null, "additionalInformation": [] });
    let mut list: Vec<Value> =
        text(content, "mainResponsibleOrganization").map(|id| role(id, "Responsible")).into_iter().collect();
    list.extend(texts(content, "otherResponsibleOrganizations").iter().map(|id| role(id, "OtherResponsible")));
    for producer in items(content, "serviceProducers") {
        let one = |organization: Value| {
            json!({
                "organization": organization, "roleType": "Producer", "provisionType": producer.get("provisionType"),
                "additionalInformation": copied(producer, "additionalInformation"),
            })
        };
        if filled(producer, "organizations") {
            list.extend(texts(producer, "organizations").iter().map(|id| one(reader.item(id))));
        } else {
            list.push(one(Value::Null));
        }
    }
    list
}
