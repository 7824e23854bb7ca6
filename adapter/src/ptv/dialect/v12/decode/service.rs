//! A service of v12 (ptv-v12.md §4.2, §7.3). Its channels are connections, read apart.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::hours::texts;
use super::parts::{area, charge, links, put_text, serviced_in};
use super::{Decoder, Draft, ids, items, word};
use crate::ptv::reference::GeneralDescription;
use crate::ptv::seen::lines::{Link, Producer, plain, text};
use crate::ptv::seen::{Path, Values};

pub(super) const MEMBERS: &[&str] = &[
    "contentId",
    "organizationContentId",
    "generalDescriptionContentId",
    "serviceType",
    "targetGroups",
    "lifeEvents",
    "serviceClasses",
    "industrialClasses",
    "ontologyTerms",
    "producers",
    "otherResponsibleOrganizations",
    "chargeType",
    "fundingType",
    "serviceLanguages",
    "area",
    "publishedAt",
    "migratedAt",
    "languageVersions",
];

const VERSION: &[&str] = &[
    "name",
    "alternativeName",
    "summary",
    "description",
    "userInstructions",
    "conditions",
    "legislationLinks",
    "freelyAssignedKeywords",
    "voucher",
    "chargeTypeAdditionalInformation",
    "processingTimeAdditionalInformation",
    "deadlineAdditionalInformation",
    "validityTimeAdditionalInformation",
];

pub(super) fn fill(decoder: &mut Decoder<'_>, object: &Value, draft: &mut Draft) {
    let values = &mut draft.values;
    let described = word(object, "generalDescriptionContentId").map(str::to_lowercase);
    values.put(Path::GeneralDescription, None, described.clone().unwrap_or_default());
    let kind = match word(object, "serviceType").unwrap_or_default() {
        "PermitOrOtherObligation" => "PermitOrObligation",
        other => other,
    };
    values.put(Path::ServiceType, None, kind);
    values.put(Path::ChargeType, None, charge(word(object, "chargeType").unwrap_or_default()));
    values.put(Path::Funding, None, word(object, "fundingType").unwrap_or_default());
    area(values, object);
    serviced_in(values, object);
    let general = described.as_ref().and_then(|id| decoder.reference.general_descriptions.get(id));
    classification(decoder, values, object, general);
    values.tell(Path::OtherResponsible);
    for id in ids(object, "otherResponsibleOrganizations") {
        values.put(Path::OtherResponsible, None, id);
    }
    producers(values, object);
    let special = kind != "Service";
    for path in [
        Path::AlternativeName,
        Path::Summary,
        Path::Description,
        Path::UserInstruction,
        Path::Requirements,
        Path::ChargeText,
        Path::Keywords,
        Path::Laws,
        Path::Vouchers,
    ] {
        values.tell(path);
    }
    let versions = object.get("languageVersions").and_then(Value::as_object).into_iter().flatten();
    let in_use = versions.filter_map(|(_, version)| word(version.get("voucher")?, "voucherType"));
    let in_use = in_use.into_iter().any(|kind| kind != "NotUsed");
    values.put(Path::VouchersInUse, None, in_use.to_string());
    draft.each_language(decoder, object, VERSION, |values, _, lang, version| {
        values.put(Path::Name, Some(lang), plain(word(version, "name").unwrap_or_default()));
        values.put(Path::AlternativeName, Some(lang), plain(word(version, "alternativeName").unwrap_or_default()));
        for (path, member) in [
            (Path::Summary, "summary"),
            (Path::Description, "description"),
            (Path::UserInstruction, "userInstructions"),
            (Path::Requirements, "conditions"),
            (Path::ChargeText, "chargeTypeAdditionalInformation"),
        ] {
            put_text(values, path, lang, version, member);
        }
        if special {
            put_text(values, Path::ProcessingTime, lang, version, "processingTimeAdditionalInformation");
            put_text(values, Path::Deadline, lang, version, "deadlineAdditionalInformation");
            put_text(values, Path::ValidityTime, lang, version, "validityTimeAdditionalInformation");
        }
        for keyword in items(version, "freelyAssignedKeywords").iter().filter_map(Value::as_str) {
            values.put(Path::Keywords, Some(lang), plain(keyword));
        }
        links(values, Path::Laws, lang, version, "legislationLinks");
        if let Some(voucher) = version.get("voucher") {
            links(values, Path::Vouchers, lang, voucher, "urls");
            if let Some(about) = word(voucher, "additionalInformation") {
                let said = Link { about: text(about), ..Link::default() };
                values.put(Path::Vouchers, Some(lang), said.to_string());
            }
        }
    });
}

const DESCRIBED: &[&str] = &[
    "name",
    "backgroundDescription",
    "description",
    "userInstructions",
    "conditions",
    "chargeTypeAdditionalInformation",
    "legislationLinks",
    "freelyAssignedKeywords",
    "processingTimeAdditionalInformation",
    "deadlineAdditionalInformation",
    "validityTimeAdditionalInformation",
];

/// A general description, with a service's paths.
pub(super) fn described(decoder: &mut Decoder<'_>, object: &Value, draft: &mut Draft) {
    let values = &mut draft.values;
    values.put(Path::ChargeType, None, charge(word(object, "chargeType").unwrap_or_default()));
    classification(decoder, values, object, None);
    if let Some(types) = object.get("generalDescriptionTypes") {
        draft.beyond.insert("generalDescriptionTypes".to_owned(), types.clone());
    }
    draft.each_language(decoder, object, DESCRIBED, |values, _, lang, version| {
        values.put(Path::Name, Some(lang), plain(word(version, "name").unwrap_or_default()));
        put_text(values, Path::Description, lang, version, "description");
        put_text(values, Path::UserInstruction, lang, version, "userInstructions");
        put_text(values, Path::Requirements, lang, version, "conditions");
        put_text(values, Path::ChargeText, lang, version, "chargeTypeAdditionalInformation");
        links(values, Path::Laws, lang, version, "legislationLinks");
    });
}

/// The service's own lists as they are, without what its general description has too.
fn classification(
    decoder: &mut Decoder<'_>,
    values: &mut Values,
    object: &Value,
    general: Option<&GeneralDescription>,
) {
    let reference = decoder.reference;
    let coded = |uri: &str| uri.rsplit('/').next().unwrap_or(uri).to_owned();
    let known = |list: &BTreeSet<String>, one: &str| list.contains(one) || list.iter().any(|uri| coded(uri) == one);
    for (member, path, brought) in [
        ("serviceClasses", Path::ServiceClasses, general.map(|it| &it.service_classes)),
        ("ontologyTerms", Path::OntologyTerms, general.map(|it| &it.terms)),
        ("targetGroups", Path::TargetGroups, general.map(|it| &it.target_groups)),
        ("lifeEvents", Path::LifeEvents, general.map(|it| &it.life_events)),
        ("industrialClasses", Path::IndustrialClasses, general.map(|it| &it.industrial_classes)),
    ] {
        values.tell(path);
        let addresses = matches!(path, Path::OntologyTerms | Path::IndustrialClasses);
        let form = |uri: &str| if addresses { reference.newest(uri).to_owned() } else { coded(uri) };
        let brought: BTreeSet<String> = brought.into_iter().flatten().map(|uri| form(reference.newest(uri))).collect();
        let all: BTreeSet<String> = items(object, member).iter().filter_map(Value::as_str).map(form).collect();
        for one in &all {
            let has = match path {
                Path::ServiceClasses => reference.service_classes.keys().any(|uri| coded(uri) == *one),
                Path::OntologyTerms => reference.terms.is_empty() || reference.terms.contains(one),
                Path::TargetGroups => known(&reference.target_groups, one),
                Path::LifeEvents => known(&reference.life_events, one),
                _ => known(&reference.industrial_classes, one),
            };
            if !has {
                decoder.oddities.codes.insert(format!("{member} {one}"));
            }
            if brought.contains(one) {
                decoder.oddities.inherited.insert(format!("{member} {one}"));
                continue;
            }
            let above = |other: &String| path == Path::TargetGroups && other.starts_with(&format!("{one}."));
            if !all.iter().chain(&brought).any(above) {
                values.put(path, None, one.as_str());
            }
        }
    }
}

fn producers(values: &mut Values, object: &Value) {
    values.tell(Path::Producers);
    let Some(groups) = object.get("producers") else { return };
    for (member, kind) in [
        ("selfProducedProducers", "SelfProducedServices"),
        ("procuredProducers", "ProcuredServices"),
        ("otherProducers", "Other"),
    ] {
        let Some(group) = groups.get(member) else { continue };
        for id in ids(group, "organizations") {
            let line = Producer { kind: kind.to_owned(), organisation: Some(id), ..Producer::default() };
            values.put(Path::Producers, None, line.to_string());
        }
        for other in items(group, "other") {
            let about = texts(other.get("name")).into_iter().map(|(lang, it)| (lang, text(&it))).collect();
            let line = Producer { kind: kind.to_owned(), organisation: None, about };
            values.put(Path::Producers, None, line.to_string());
        }
    }
}
