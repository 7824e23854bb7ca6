//! Palvelupiste to `ServiceLocation` (ptv-in-api.md §3.4).

use serde_json::{Map, Value, json};

use super::super::profile;
use super::super::rules;
use super::organisation::bad_email;
use super::phone::{self, Form};
use super::sheet::{Sheet, Versions, service_languages};
use super::{address, frame, hours, list_or_flag, put_area, typed};
use crate::model::{Entity, ServicePoint};

pub(super) fn body(entity: &Entity, point: &ServicePoint, sheet: &mut Sheet<'_, '_>) -> Map<String, Value> {
    sheet.check_versions(&Versions {
        name: &point.name,
        max_name: profile::NAME,
        summary: &point.summary,
        description: &point.description,
        description_required: true,
        may_repeat_name: false,
    });
    sheet.check_organisation_languages(point.organisation.as_ref());
    sheet.check_duplicate(&entity.key);
    // The texts of all addresses together must cover every language of the place; a post office box has them all.
    let boxed = point.postal_address.as_ref().is_some_and(|given| address::has_box(given, sheet));
    for given in point.addresses.iter().take(1).filter(|_| !boxed) {
        sheet.demand("fyysinenPaikka.osoitteet[0].katuosoite", &given.street);
    }
    let languages = sheet.languages();
    let mut body = frame(entity, sheet.context);
    let name = point.name.only(&languages);
    body.insert("serviceChannelNames".into(), Value::Array(typed("Name", &name)));
    let display: Vec<Value> = name.languages().map(|lang| json!({"language": lang.code(), "type": "Name"})).collect();
    body.insert("displayNameType".into(), Value::Array(display));
    let mut texts = typed("Summary", &point.summary.only(&languages));
    texts.extend(typed("Description", &point.description.only(&languages)));
    body.insert("serviceChannelDescriptions".into(), Value::Array(texts));
    body.insert("organizationId".into(), sheet.organisation(point.organisation.as_ref()).into());
    body.insert("languages".into(), json!(service_languages(&point.languages, sheet)));
    body.insert("isVisibleForAll".into(), point.shared.unwrap_or_default().into());
    put_area(&mut body, point.area.as_ref(), sheet);
    put_addresses(&mut body, point, sheet);
    put_contacts(&mut body, point, sheet);
    let hours = hours::render(&point.hours, "fyysinenPaikka.aukioloajat", sheet);
    list_or_flag(&mut body, "serviceHours", hours, "deleteAllServiceHours");
    body
}

fn put_addresses(body: &mut Map<String, Value>, point: &ServicePoint, sheet: &mut Sheet<'_, '_>) {
    let mut addresses = Vec::new();
    for (index, given) in point.addresses.iter().enumerate() {
        let field = format!("fyysinenPaikka.osoitteet[{index}]");
        let street = address::street(given, point.point.as_ref(), &field, sheet);
        addresses.extend(
            street.map(
                |street| json!({"type": "Location", "subType": "Single", "country": "FI", "streetAddress": street}),
            ),
        );
    }
    if addresses.is_empty() {
        sheet.withhold(
            "fyysinenPaikka.osoitteet",
            "Q13",
            [
                "Palvelupisteellä ei ole osoitetta, jonka PTV hyväksyisi. Lisää katuosoite ja postinumero.",
                "Serviceplatsen har ingen adress som SDL godtar. Lägg till gatuadress och postnummer.",
                "The service point has no address that PTV accepts. Add a street and a postal code.",
            ],
        );
    }
    if let Some(given) = &point.postal_address {
        addresses.extend(address::postal(given, "postiosoite", sheet));
    }
    body.insert("addresses".into(), Value::Array(addresses));
}

fn put_contacts(body: &mut Map<String, Value>, point: &ServicePoint, sheet: &mut Sheet<'_, '_>) {
    let languages = sheet.languages();
    let mut emails = Vec::new();
    for email in &point.emails {
        if rules::is_email(email) {
            emails.extend(languages.iter().map(|lang| json!({"language": lang.code(), "value": email})));
        } else {
            sheet.warn(bad_email("sahkoposti"));
        }
    }
    list_or_flag(body, "emails", emails, "deleteAllEmails");
    let phones = phone::render(&point.phones, "puhelinnumerot", Form::Plain, sheet);
    list_or_flag(body, "phoneNumbers", phones, "deleteAllPhoneNumbers");
    let faxes = phone::render(&point.phones, "puhelinnumerot", Form::Fax, sheet);
    list_or_flag(body, "faxNumbers", faxes, "deleteAllFaxNumbers");
    let pages = address::web_pages(&point.web_pages, "lisatiedot", sheet);
    list_or_flag(body, "webPages", pages, "deleteAllWebPages");
}
