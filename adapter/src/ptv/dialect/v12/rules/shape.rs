//! Closed bodies in which every member stands (ptv-v12.md §6.1): what is missing, and what is not known.

use serde_json::Value;

use super::super::render::Form;
use super::value::Judge;

const SERVICE: &[&str] = &[
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
    "languageVersions",
];
const ORGANISATION: &[&str] = &[
    "parentOrganizationContentId",
    "organizationType",
    "businessId",
    "oid",
    "area",
    "eInvoiceAddresses",
    "location",
    "contactAddresses",
    "languageVersions",
];
const CHANNEL: &[&str] = &[
    "organizationContentId",
    "serviceChannelType",
    "allowedConnectionType",
    "serviceLanguages",
    "area",
    "languageVersions",
];
/// They may stand there: the id of ours when it is created, the hours where they go with the request.
const MAYBE: &[&str] = &["externalId", "serviceHours"];

const TEXTS: &[&str] = &["name", "summary", "description"];

fn members(form: Form) -> (Vec<&'static str>, Vec<&'static str>) {
    let own: &[&str] = match form {
        Form::EService => &["electronicSignature", "electronicIdentification"],
        Form::PrintableForm => &["deliveryAddresses"],
        Form::ServiceLocation => &["location", "contactAddresses"],
        _ => &[],
    };
    let version: &[&str] = match form {
        Form::Service => &[
            "alternativeName",
            "userInstructions",
            "conditions",
            "legislationLinks",
            "freelyAssignedKeywords",
            "voucher",
            "chargeTypeAdditionalInformation",
        ],
        Form::Organisation => {
            &["alternativeName", "isAlternativeNamePrimary", "contactEmails", "contactWebPages", "contactPhoneNumbers"]
        }
        Form::EService => &[
            "accessibilityClassificationLevel",
            "webAddress",
            "attachmentLinks",
            "supportEmails",
            "supportPhoneNumbers",
        ],
        Form::WebPage => &["accessibilityClassificationLevel", "webAddress", "supportEmails", "supportPhoneNumbers"],
        Form::TelephoneService => &["webAddress", "supportEmails", "phoneNumbers"],
        Form::PrintableForm => {
            &["attachmentLinks", "supportEmails", "supportPhoneNumbers", "formIdentifier", "formFiles"]
        }
        Form::ServiceLocation => &[
            "alternativeName",
            "isAlternativeNamePrimary",
            "contactEmails",
            "contactFaxNumbers",
            "contactPhoneNumbers",
            "contactWebPages",
        ],
    };
    let base = match form {
        Form::Service => SERVICE,
        Form::Organisation => ORGANISATION,
        _ => CHANNEL,
    };
    (base.iter().chain(own).copied().collect(), TEXTS.iter().chain(version).copied().collect())
}

const SPECIAL: &[&str] =
    &["processingTimeAdditionalInformation", "deadlineAdditionalInformation", "validityTimeAdditionalInformation"];

pub(super) fn check(form: Form, request: &Value, judge: &mut Judge) {
    let (top, mut version) = members(form);
    if request.get("serviceType").and_then(Value::as_str).is_some_and(|kind| kind != "Service") {
        version.extend(SPECIAL);
    }
    closed(request, "", &top, MAYBE, judge);
    let versions = request.get("languageVersions").and_then(Value::as_object);
    if versions.is_none_or(serde_json::Map::is_empty) {
        judge.absent("/languageVersions");
    }
    for (code, of) in versions.into_iter().flatten() {
        closed(of, &format!("/languageVersions/{code}"), &version, &[], judge);
    }
}

fn closed(value: &Value, path: &str, members: &[&str], maybe: &[&str], judge: &mut Judge) {
    for member in members.iter().filter(|member| value.get(**member).is_none()) {
        judge.absent(&format!("{path}/{member}"));
    }
    for member in value.as_object().into_iter().flatten().map(|(member, _)| member.as_str()) {
        if !members.contains(&member) && !maybe.contains(&member) {
            judge.unknown(&format!("{path}/{member}"));
        }
    }
}
