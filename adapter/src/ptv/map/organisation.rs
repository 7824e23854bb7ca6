//! Organisaatio to `Organization` (ptv-in-api.md §3.1).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::address;
use super::phone;
use super::sheet::{Sheet, Versions};
use super::{frame, list_or_flag, typed};
use crate::model::organisation::OrganisationKind;
use crate::model::{Entity, Finding, Organisation};

pub(super) fn body(entity: &Entity, organisation: &Organisation, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    sheet.check_versions(&Versions {
        name: &organisation.name,
        max_name: profile::NAME,
        summary: &organisation.summary,
        description: &organisation.description,
        description_required: false,
    });
    let languages = sheet.languages();
    let mut body = frame(entity, sheet.context);
    let name = organisation.name.only(&languages);
    let mut names = typed("Name", &name);
    let alternative =
        sheet.optional("vaihtoehtoinen_nimi_kieliversiot", &organisation.alternative_name, 1, profile::NAME);
    names.extend(typed("AlternativeName", &alternative));
    body.insert("organizationNames".into(), Value::Array(names));
    let display: Vec<Value> = name.languages().map(|lang| json!({"language": lang.code(), "type": "Name"})).collect();
    body.insert("displayNameType".into(), Value::Array(display));
    let mut texts = typed("Summary", &organisation.summary.only(&languages));
    texts.extend(typed("Description", &organisation.description.only(&languages)));
    body.insert("organizationDescriptions".into(), Value::Array(texts));
    body.insert("organizationType".into(), organisation.kind.word().into());
    if organisation.kind == OrganisationKind::Municipality {
        let code = organisation.municipality.as_deref().unwrap_or(sheet.context.municipality);
        body.insert("municipality".into(), format!("{code:0>3}").into());
    } else {
        // A part of a municipality works where the municipality does.
        body.insert("areaType".into(), "LimitedType".into());
        body.insert("subAreaType".into(), "Municipality".into());
        body.insert("areas".into(), json!([sheet.context.municipality]));
    }
    if let Some(id) = &organisation.business_id {
        body.insert("businessCode".into(), id.as_str().into());
    }
    if let Some(oid) = &organisation.oid {
        body.insert("oid".into(), oid.as_str().into());
    }
    if let Some(parent) = &organisation.parent {
        body.insert("parentOrganizationId".into(), sheet.organisation(Some(parent)).into());
    }
    put_contacts(&mut body, organisation, sheet);
    body
}

fn put_contacts(body: &mut Map<String, Value>, organisation: &Organisation, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut emails = Vec::new();
    for email in &organisation.emails {
        if rules::is_email(email) {
            emails.extend(languages.iter().map(|lang| json!({"language": lang.code(), "value": email})));
        } else {
            sheet.warn(bad_email("sahkopostit"));
        }
    }
    list_or_flag(body, "emails", emails, "deleteAllEmails");
    let phones = phone::render(&organisation.phones, "puhelinnumerot", phone::Form::Plain, sheet);
    list_or_flag(body, "phoneNumbers", phones, "deleteAllPhones");
    let pages = address::web_pages(&organisation.web_pages, "verkkosivut", sheet);
    list_or_flag(body, "webPages", pages, "deleteAllWebPages");
    let mut addresses = Vec::new();
    for (kind, field, given) in [
        ("Visiting", "kayntiosoite", &organisation.visiting_address),
        ("Postal", "postiosoite", &organisation.postal_address),
    ] {
        let rendered = given.as_ref().and_then(|given| address::street(given, None, field, sheet));
        addresses.extend(
            rendered.map(|street| json!({"type": kind, "subType": "Street", "country": "FI", "streetAddress": street})),
        );
    }
    list_or_flag(body, "addresses", addresses, "deleteAllAddresses");
}

pub(super) fn bad_email(field: &str) -> Finding {
    Finding::warning(
        field,
        "email",
        [
            "Sähköpostiosoite ei ole oikeaa muotoa, eikä sitä lähetetä. Korjaa osoite.".into(),
            "E-postadressen har fel form och skickas inte. Rätta adressen.".into(),
            "Not an e-mail address, so it is not sent. Mend it.".into(),
        ],
    )
}
