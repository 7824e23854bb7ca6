//! Organisaatio (pat.md §4.7).

use super::blocks;
use super::fields::Fields;
use crate::model::Organisation;
use crate::model::organisation::OrganisationKind;

pub(super) fn read(fields: &mut Fields<'_>) -> Organisation {
    let kind = fields.required_word("tyyppi", &OrganisationKind::ALL.map(|kind| (kind.word(), kind)));
    let mut organisation = Organisation {
        name: fields.required_name(),
        alternative_name: fields.localised("vaihtoehtoinen_nimi_kieliversiot"),
        display_name: fields.localised("nayttonimi_kieliversiot"),
        kind: kind.unwrap_or(OrganisationKind::Organization),
        municipality: fields.text("kuntakoodi", 3),
        business_id: business_id(fields),
        oid: fields.text("oid", 100),
        parent: fields.reference("ylaorganisaatio"),
        summary: fields.localised("tiivistelma_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        area: blocks::area(fields, "alue"),
        emails: blocks::emails(fields, "sahkopostit"),
        phones: blocks::phones(fields, "puhelimet"),
        web_pages: blocks::web_pages(fields, "verkkosivut"),
        visiting_address: None,
        postal_address: None,
        invoicing: Vec::new(),
    };
    fields.list("osoitteet", |row| {
        let postal = row.required_word("osoitelaji", &[("kayntiosoite", false), ("postiosoite", true)]);
        let address = Some(blocks::address(row));
        match postal {
            Some(false) => organisation.visiting_address = address,
            Some(true) => organisation.postal_address = address,
            None => {}
        }
    });
    fields.list("verkkolaskuosoitteet", |row| {
        organisation.invoicing.push((row.required_text("operator", 110), row.required_text("osoite", 110)));
    });
    if organisation.kind == OrganisationKind::Municipality && organisation.municipality.is_none() {
        fields.missing("kuntakoodi");
    }
    organisation
}

/// `ytunnus`, with its check digit looked at.
pub(super) fn business_id(fields: &mut Fields<'_>) -> Option<String> {
    let id = fields.text("ytunnus", 9);
    if id.as_deref().is_some_and(|id| !is_business_id(id)) {
        fields.report(
            "ytunnus",
            "invalid-field",
            [
                "Y-tunnuksen tarkistusmerkki tai muoto on väärä; odotettiin 1234567-8.",
                "FO-numrets kontrolltecken eller form är fel; väntat 1234567-8.",
                "The business id has a wrong check digit or shape; expected 1234567-8.",
            ],
        );
    }
    id
}

/// Weights 7, 9, 10, 5, 8, 4, 2, modulo 11; remainder 1 is never issued (viestit.md §4.2).
fn is_business_id(text: &str) -> bool {
    let Some((digits, check)) = text.split_once('-') else { return false };
    if digits.len() != 7 || check.len() != 1 || digits == "0000000" {
        return false;
    }
    let weights = [7, 9, 10, 5, 8, 4, 2];
    let sum: Option<u32> = digits.chars().zip(weights).map(|(c, weight)| c.to_digit(10).map(|d| d * weight)).sum();
    match (sum.map(|sum| sum % 11), check.parse::<u32>()) {
        (Some(0), Ok(check)) => check == 0,
        (Some(remainder), Ok(check)) if remainder > 1 => check == 11 - remainder,
        _ => false,
    }
}
