//! Palvelupiste and FyysinenPaikka (pat.md §4.6).

use super::blocks;
use super::fields::Fields;
use crate::model::blocks::WebPage;
use crate::model::place::Note;
use crate::model::{Lang, ServicePoint};

pub(super) fn read(fields: &mut Fields<'_>) -> ServicePoint {
    let mut point = ServicePoint {
        name: fields.required_name(),
        summary: fields.localised("tiivistelma_kieliversiot"),
        description: fields.localised("kuvaus_kieliversiot"),
        organisation: fields.reference("organisaatio"),
        emails: emails(fields),
        phones: blocks::phones(fields, "puhelinnumerot"),
        web_pages: Vec::new(),
        notes: Vec::new(),
        addresses: Vec::new(),
        point: None,
        hours: Vec::new(),
        languages: blocks::languages(fields),
        area: blocks::area(fields, "saatavuusalue"),
        shared: fields.flag("yhteiskayttoinen"),
        postal_address: blocks::one_address(fields, "postiosoite"),
        visiting_address: blocks::one_address(fields, "kayntiosoite"),
        billing_address: blocks::one_address(fields, "laskutusosoite"),
        districts: blocks::terms(fields, "kaupunginosa"),
        accessibility: blocks::terms(fields, "esteettomyys"),
        responsible: fields.localised("vastuuhenkilo_kieliversiot"),
        registry_id: fields.text("toimipisterekisteri_id", 100),
        oid: fields.text("oid", 100),
    };
    // Offers name their place themselves; the list on the place is the same relation from the other side, and real
    // places list offers without a code.
    fields.ignore("palvelutarjoukset");
    read_notes(fields, &mut point);
    fields.object("fyysinenPaikka", |place| {
        place.ignore("koodi");
        point.point = blocks::point(place);
        place.list("osoitteet", |row| point.addresses.push(blocks::address(row)));
        point.hours = blocks::hours(place, "aukioloajat");
        read_notes(place, &mut point);
    });
    point
}

/// The wire has one, a CMS may have more.
fn emails(fields: &mut Fields<'_>) -> Vec<String> {
    let mut emails: Vec<String> = fields.text("sahkoposti", 200).into_iter().collect();
    for address in fields.texts("sahkopostit", 200) {
        if !emails.contains(&address) {
            emails.push(address);
        }
    }
    emails
}

/// Extra information: types 3 (www), 6 (link) and 18 (feedback link) are web pages, the rest stays local.
/// The address stands in `nimi` or in `kuvaus`, whichever holds one (pat.md §4.6).
fn read_notes(fields: &mut Fields<'_>, point: &mut ServicePoint) {
    fields.list("lisatiedot", |row| {
        let mut kind = None;
        row.object("lisatietotyyppi", |it| {
            it.ignore("nimi");
            kind = it.text("koodi", 20);
        });
        let name = row.text("nimi", 2_000).unwrap_or_default();
        let names = row.localised("nimi_kieliversiot");
        let text = row.localised("kuvaus_kieliversiot");
        let kind = kind.unwrap_or_default();
        let page = matches!(kind.as_str(), "3" | "6" | "18");
        if page && !text.is_empty() {
            // The title may stand without a language: it is that of every address.
            let titled = || text.languages().map(|lang| (lang, name.clone())).collect();
            let names = if names.is_empty() && !name.is_empty() { titled() } else { names };
            point.web_pages.push(WebPage { url: text, name: names });
        } else if page && is_address(&name) {
            let url = [(Lang::Fi, name)].into_iter().collect();
            point.web_pages.push(WebPage { url, name: names });
        } else if !(name.is_empty() && text.is_empty()) {
            point.notes.push(Note { kind, name, names, text });
        }
    });
}

/// The wire has addresses with and without their scheme (pat.md §2).
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.")
}
