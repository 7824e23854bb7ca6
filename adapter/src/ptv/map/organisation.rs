//! Organisaatio to `Organization` (ptv-in-api.md §3.1).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::address;
use super::phone;
use super::sheet::{Sheet, Versions};
use super::{frame, list_or_flag, typed};
use crate::model::blocks::{Area, AreaKind};
use crate::model::organisation::OrganisationKind;
use crate::model::{Entity, Finding, Organisation};

pub(super) fn body(entity: &Entity, organisation: &Organisation, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    sheet.check_versions(&Versions {
        name: &organisation.name,
        max_name: profile::NAME,
        summary: &organisation.summary,
        description: &organisation.description,
        description_required: false,
        may_repeat_name: true,
    });
    let languages = sheet.languages();
    let mut body = frame(entity, sheet.context);
    let name = organisation.name.only(&languages);
    let mut names = typed("Name", &name);
    let alternative =
        sheet.optional("vaihtoehtoinen_nimi_kieliversiot", &organisation.alternative_name, 1, profile::NAME);
    names.extend(typed("AlternativeName", &alternative));
    body.insert("organizationNames".into(), Value::Array(names));
    let display: Vec<Value> = name
        .languages()
        .map(|lang| {
            // PTV shows one of the two names; another name to show is none that it knows.
            let other = organisation.display_name.get(lang).is_some_and(|shown| alternative.get(lang) == Some(shown));
            json!({"language": lang.code(), "type": if other { "AlternativeName" } else { "Name" }})
        })
        .collect();
    body.insert("displayNameType".into(), Value::Array(display));
    let mut texts = typed("Summary", &organisation.summary.only(&languages));
    texts.extend(typed("Description", &organisation.description.only(&languages)));
    body.insert("organizationDescriptions".into(), Value::Array(texts));
    body.insert("organizationType".into(), organisation.kind.word().into());
    if organisation.kind == OrganisationKind::Municipality {
        let code = organisation.municipality.as_deref().unwrap_or(sheet.context.municipality);
        body.insert("municipality".into(), format!("{code:0>3}").into());
    } else {
        put_area_fields(&mut body, organisation, sheet);
    }
    if let Some(id) = &organisation.business_id {
        body.insert("businessCode".into(), id.as_str().into());
    }
    if let Some(oid) = &organisation.oid {
        if rules::is_oid(oid) {
            body.insert("oid".into(), oid.as_str().into());
        } else {
            sheet.warn(bad_oid());
        }
    }
    if let Some(parent) = &organisation.parent {
        body.insert("parentOrganizationId".into(), sheet.organisation(Some(parent)).into());
    }
    put_contacts(&mut body, organisation, sheet);
    body
}

/// How narrow an area is, as PTV compares them (§4.4).
pub(super) fn rank(area: &Area) -> u8 {
    match area {
        Area::Nationwide => 0,
        Area::NationwideExceptAlandIslands => 1,
        Area::Limited(_) => 2,
    }
}

/// The same of the area that an organisation is sent with.
pub(super) fn area_rank(organisation: &Organisation) -> u8 {
    match &organisation.area {
        _ if organisation.kind == OrganisationKind::Municipality => 0,
        Some(area) => rank(area),
        None => 2,
    }
}

/// An organisation has one kind of area, in fields of its own (§3.1). Without one it works where the municipality does.
fn put_area_fields(body: &mut Map<String, Value>, organisation: &Organisation, sheet: &mut Sheet<'_, '_>) {
    let (area, kind, codes) = match &organisation.area {
        Some(Area::Nationwide) => ("Nationwide", None, Vec::new()),
        Some(Area::NationwideExceptAlandIslands) => ("NationwideExceptAlandIslands", None, Vec::new()),
        Some(Area::Limited(areas)) if !areas.is_empty() => {
            let first = areas.first().map_or(AreaKind::Municipality, |area| area.kind);
            let codes = areas.iter().filter(|area| area.kind == first).flat_map(|area| area.codes.clone()).collect();
            ("LimitedType", Some(first), codes)
        }
        _ => ("LimitedType", Some(AreaKind::Municipality), vec![sheet.context.municipality.to_owned()]),
    };
    body.insert("areaType".into(), area.into());
    if let Some(kind) = kind {
        sheet.check_area(kind, &codes);
        body.insert("subAreaType".into(), kind.word().into());
        body.insert("areas".into(), json!(codes));
    }
}

fn put_contacts(body: &mut Map<String, Value>, organisation: &Organisation, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut emails = Vec::new();
    for email in &organisation.emails {
        if rules::is_email(&email.address) && rules::length(&email.address) <= profile::NAME {
            let about = sheet.optional("sahkopostit.kuvaus_kieliversiot", &email.description, 1, profile::NAME);
            for lang in &languages {
                let mut row = json!({"language": lang.code(), "value": email.address});
                if let (Some(row), Some(text)) = (row.as_object_mut(), about.get(*lang)) {
                    row.insert("description".into(), text.into());
                }
                emails.push(row);
            }
        } else {
            sheet.warn(bad_email("sahkopostit"));
        }
    }
    list_or_flag(body, "emails", emails, "deleteAllEmails");
    let phones = phone::render(&organisation.phones, "puhelimet", phone::Form::Plain, sheet);
    list_or_flag(body, "phoneNumbers", phones, "deleteAllPhones");
    let pages = address::web_pages(&organisation.web_pages, "verkkosivut", sheet);
    list_or_flag(body, "webPages", pages, "deleteAllWebPages");
    let mut addresses = Vec::new();
    let field = "osoitteet";
    if let Some(given) = &organisation.visiting_address {
        let street = address::street(given, None, field, sheet);
        addresses.extend(
            street.map(
                |street| json!({"type": "Visiting", "subType": "Street", "country": "FI", "streetAddress": street}),
            ),
        );
    }
    if let Some(given) = &organisation.postal_address {
        addresses.extend(address::postal(given, field, sheet));
    }
    let fits = |text: &str| rules::length(text) <= INVOICING;
    let (sound, long): (Vec<_>, Vec<_>) =
        organisation.invoicing.iter().partition(|(operator, address)| fits(operator) && fits(address));
    if !long.is_empty() {
        sheet.warn(long_invoicing());
    }
    let invoicing: Vec<Value> = sound
        .into_iter()
        .map(|(operator, address)| json!({"operatorCode": operator, "electronicInvoicingAddress": address}))
        .collect();
    list_or_flag(body, "electronicInvoicings", invoicing, "deleteAllElectronicInvoicings");
    list_or_flag(body, "addresses", addresses, "deleteAllAddresses");
}

/// Characters of an operator and of an address of electronic invoices (§3.1).
const INVOICING: usize = 110;

fn long_invoicing() -> Finding {
    Finding::warning(
        "verkkolaskuosoitteet",
        "too-long",
        [
            "Verkkolaskuosoitteessa on enintään 110 merkkiä; pitempää ei lähetetä. Korjaa osoite.".into(),
            "En e-fakturaadress har högst 110 tecken; en längre skickas inte. Rätta adressen.".into(),
            "An address of electronic invoices has at most 110 characters; a longer one is not sent. Correct it."
                .into(),
        ],
    )
}

fn bad_oid() -> Finding {
    Finding::warning(
        "oid",
        "oid",
        [
            "OID-tunnuksessa on seitsemän numero-osaa pisteillä erotettuina; tätä ei lähetetä. Korjaa tunnus.".into(),
            "En OID har sju sifferdelar åtskilda med punkt; denna skickas inte. Rätta den.".into(),
            "An OID has seven numbers separated by dots, so this one is not sent. Correct it.".into(),
        ],
    )
}

pub(super) fn bad_email(field: &str) -> Finding {
    Finding::warning(
        field,
        "email",
        [
            "Sähköpostiosoite ei ole oikeaa muotoa, eikä sitä lähetetä. Korjaa osoite.".into(),
            "E-postadressen har fel form och skickas inte. Rätta adressen.".into(),
            "Not an e-mail address, so it is not sent. Correct it.".into(),
        ],
    )
}
