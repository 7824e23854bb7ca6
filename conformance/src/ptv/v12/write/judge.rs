//! What a request of v12 must be (ptv-v12 §6.1, §6.2): a closed body in which every member stands, and its limits.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::problem::Problem;
use super::super::view::Family;
use crate::ptv::json::{items, text, texts};

type Faults = Vec<(String, String)>;

/// Members at the top, and in each language.
fn shape(family: Family, body: &Value) -> (Vec<&'static str>, Vec<&'static str>) {
    let channel = "organizationContentId serviceChannelType allowedConnectionType serviceLanguages area \
                   languageVersions";
    let (own, version) = match (family, text(body, "serviceChannelType").unwrap_or_default()) {
        (Family::Organization, _) => (
            "parentOrganizationContentId organizationType businessId oid area eInvoiceAddresses location \
             contactAddresses languageVersions",
            "name alternativeName isAlternativeNamePrimary summary description contactEmails contactWebPages \
             contactPhoneNumbers",
        ),
        (Family::Service, _) => (
            "organizationContentId generalDescriptionContentId serviceType targetGroups lifeEvents serviceClasses \
             industrialClasses ontologyTerms producers otherResponsibleOrganizations chargeType fundingType \
             serviceLanguages area languageVersions",
            "name alternativeName summary description userInstructions conditions legislationLinks \
             freelyAssignedKeywords voucher chargeTypeAdditionalInformation",
        ),
        (_, "EService") => (
            "electronicSignature electronicIdentification",
            "name summary description accessibilityClassificationLevel webAddress attachmentLinks supportEmails \
             supportPhoneNumbers",
        ),
        (_, "WebPage") => (
            "",
            "name summary description accessibilityClassificationLevel webAddress supportEmails supportPhoneNumbers",
        ),
        (_, "TelephoneService") => ("", "name summary description webAddress supportEmails phoneNumbers"),
        (_, "PrintableForm") => (
            "deliveryAddresses",
            "name summary description attachmentLinks supportEmails supportPhoneNumbers formIdentifier formFiles",
        ),
        _ => (
            "location contactAddresses",
            "name alternativeName isAlternativeNamePrimary summary description contactEmails contactFaxNumbers \
             contactPhoneNumbers contactWebPages",
        ),
    };
    let common = if family == Family::Channel { channel } else { "" };
    let mut version: Vec<&str> = version.split_whitespace().collect();
    if text(body, "serviceType").is_some_and(|kind| kind != "Service") {
        version.extend([
            "processingTimeAdditionalInformation",
            "deadlineAdditionalInformation",
            "validityTimeAdditionalInformation",
        ]);
    }
    (common.split_whitespace().chain(own.split_whitespace()).collect(), version)
}

pub(super) fn whole(family: Family, body: &Value, hours_inline: bool) -> Result<(), Problem> {
    let mut faults = Faults::new();
    let (top, version) = shape(family, body);
    closed(body, "", &top, &["externalId"], hours_inline, &mut faults);
    let versions = body.get("languageVersions").and_then(Value::as_object);
    if versions.is_none_or(serde_json::Map::is_empty) {
        fault(&mut faults, "/languageVersions", "needs a language");
    }
    for (code, of) in versions.into_iter().flatten() {
        let at = format!("/languageVersions/{code}");
        closed(of, &at, &version, &[], false, &mut faults);
        language(family, of, &at, &mut faults);
    }
    if let Some(id) = body.get("externalId") {
        short(Some(id), "/externalId", 100, true, &mut faults);
    }
    match family {
        Family::Service => service(body, &mut faults),
        Family::Organization => {
            let id = text(body, "businessId").unwrap_or_default();
            let digits = id.split('-').map(str::len).collect::<Vec<_>>() == [7, 1];
            if !digits || !id.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
                fault(&mut faults, "/businessId", "must be a business id");
            }
        }
        _ => {}
    }
    if family != Family::Organization && texts(body, "serviceLanguages").is_empty() {
        fault(&mut faults, "/serviceLanguages", "needs one");
    }
    streets(body, "", &mut faults);
    if faults.is_empty() { Ok(()) } else { Err(Problem::of(faults)) }
}

/// The body of the hours' own call.
pub(super) fn hours(body: &Value) -> Result<(), Problem> {
    let whole = body.get("hours").is_some_and(Value::is_array) && body.get("holidayServiceHours").is_some();
    if whole { Ok(()) } else { Err(Problem::of(vec![("/hours".to_owned(), "must be service hours".to_owned())])) }
}

fn fault(faults: &mut Faults, path: &str, message: &str) {
    faults.push((path.to_owned(), message.to_owned()));
}

fn closed(value: &Value, at: &str, members: &[&str], maybe: &[&str], hours: bool, faults: &mut Faults) {
    for member in members.iter().filter(|member| value.get(**member).is_none()) {
        fault(faults, &format!("{at}/{member}"), "is required");
    }
    for (member, _) in value.as_object().into_iter().flatten() {
        let known = members.contains(&member.as_str()) || maybe.contains(&member.as_str());
        if !(known || hours && member == "serviceHours") {
            fault(faults, &format!("{at}/{member}"), "is not known");
        }
    }
}

fn service(body: &Value, faults: &mut Faults) {
    for (list, most) in [("ontologyTerms", 10), ("serviceClasses", 4), ("targetGroups", 1000), ("lifeEvents", 1000)] {
        let all = texts(body, list);
        if all.len() > most || all.iter().collect::<BTreeSet<_>>().len() != all.len() {
            fault(faults, &format!("/{list}"), "has too many items, or one twice");
        }
    }
    if text(body, "fundingType").is_none() {
        fault(faults, "/fundingType", "is required");
    }
    for group in ["selfProducedProducers", "procuredProducers", "otherProducers"] {
        if body.pointer(&format!("/producers/{group}/organizations")).is_none() {
            fault(faults, &format!("/producers/{group}"), "is required");
        }
    }
}

fn language(family: Family, version: &Value, at: &str, faults: &mut Faults) {
    let name = if family == Family::Channel { 300 } else { 100 };
    short(version.get("name"), &format!("{at}/name"), name, true, faults);
    short(version.get("summary"), &format!("{at}/summary"), 150, true, faults);
    let long = if family == Family::Organization { 2500 } else { 5000 };
    for member in ["description", "userInstructions", "conditions"] {
        if text(version, member).is_some_and(|it| shown(it) > long) {
            fault(faults, &format!("{at}/{member}"), "is too long");
        }
    }
    for (index, word) in items(version, "freelyAssignedKeywords").iter().enumerate() {
        short(Some(word), &format!("{at}/freelyAssignedKeywords/{index}"), 100, true, faults);
    }
    for list in ["phoneNumbers", "supportPhoneNumbers", "contactPhoneNumbers"] {
        for (index, phone) in items(version, list).iter().enumerate() {
            let number = text(phone, "number").unwrap_or_default();
            let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let abroad = text(phone, "type") == Some("InternationalPhone");
            if !digits || (abroad && number.starts_with('0')) {
                fault(faults, &format!("{at}/{list}/{index}/number"), "is not a number of its kind");
            }
        }
    }
    if let Some(address) = version.get("webAddress")
        && version.get("accessibilityClassificationLevel").is_some()
    {
        short(address.get("name"), &format!("{at}/webAddress/name"), 500, true, faults);
    }
}

fn short(value: Option<&Value>, at: &str, most: usize, needed: bool, faults: &mut Faults) {
    let Some(words) = value.and_then(Value::as_str) else {
        if needed {
            fault(faults, at, "is required");
        }
        return;
    };
    let count = words.encode_utf16().count();
    if count == 0 || count > most || words.trim() != words || words.contains('\n') {
        fault(faults, at, "is not a short text");
    }
}

/// Characters without the signs of Markdown.
fn shown(markdown: &str) -> usize {
    let plain: String = markdown.chars().filter(|c| !matches!(c, '*' | '_' | '#' | '\\')).collect();
    plain.encode_utf16().count()
}

/// Streets anywhere below.
fn streets(value: &Value, at: &str, faults: &mut Faults) {
    match value {
        Value::Object(map) => {
            if map.contains_key("streetName") {
                short(map.get("addressDetail"), &format!("{at}/addressDetail"), 30, true, faults);
            }
            if let (Some(easting), Some(northing)) =
                (value.get("easting").and_then(Value::as_f64), value.get("northing").and_then(Value::as_f64))
                && (!(43_500.0..=765_000.0).contains(&easting) || !(6_522_000.0..=7_796_000.0).contains(&northing))
            {
                fault(faults, at, "is outside of Finland");
            }
            for (member, inner) in map {
                streets(inner, &format!("{at}/{member}"), faults);
            }
        }
        Value::Array(all) => {
            for (index, inner) in all.iter().enumerate() {
                streets(inner, &format!("{at}/{index}"), faults);
            }
        }
        _ => {}
    }
}
