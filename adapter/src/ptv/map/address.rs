//! Addresses and web pages (ptv-in-api.md §4.1, pat.md §4.6).

use serde_json::{Map, Value, json};

use super::super::rules;
use super::Extent;
use super::plain;
use super::sheet::Sheet;
use crate::model::blocks::{Address, Point, WebPage};
use crate::model::projection;
use crate::model::{Finding, Localised};

const STREET: usize = 100;
const NUMBER: usize = 30;

/// A `streetAddress`, or `None` with a finding where PTV would refuse it.
pub(super) fn street(
    address: &Address,
    point: Option<&Point>,
    field: &str,
    sheet: &mut Sheet<'_, '_>,
) -> Option<Value> {
    let languages = sheet.languages();
    let mut names = Localised::default();
    let mut number = None;
    for (lang, text) in address.street.iter() {
        let (name, digits) = split(text);
        if languages.contains(&lang) || sheet.extent == Extent::Everything {
            names.set(lang, name);
        }
        number = number.or(digits);
    }
    let metres = point.and_then(|point| {
        projection::to_tm35fin(point.latitude.trim().parse().ok()?, point.longitude.trim().parse().ok()?)
    });
    let postal_code = address.postal_code.clone().unwrap_or_default();
    let sound = check(address, &names, number.as_deref(), &postal_code, metres.is_some(), field, sheet);
    if !sound && sheet.extent == Extent::Sound {
        return None;
    }
    let mut rendered = Map::new();
    rendered.insert("street".into(), plain(&names));
    rendered.insert("postalCode".into(), postal_code.into());
    if let Some(number) = number {
        rendered.insert("streetNumber".into(), number.into());
    }
    if let Some(code) = &address.municipality {
        rendered.insert("municipality".into(), format!("{code:0>3}").into());
    }
    if let Some((northing, easting)) = metres {
        rendered.insert("latitude".into(), northing.to_string().into());
        rendered.insert("longitude".into(), easting.to_string().into());
    }
    Some(Value::Object(rendered))
}

/// Whether an address goes out as a post office box, which then has a text in every language.
pub(super) fn has_box(address: &Address, sheet: &Sheet<'_, '_>) -> bool {
    let known = address.postal_code.as_ref().is_some_and(|code| sheet.context.reference.postal_codes.contains(code));
    known && !address.post_box.is_empty() && address.post_box.iter().all(|(_, text)| rules::length(text) <= STREET)
}

/// A `postOfficeBoxAddress`: its text must cover every language, so a language without one takes the first.
pub(super) fn post_box(address: &Address, field: &str, sheet: &mut Sheet<'_, '_>) -> Option<Value> {
    let postal_code = address.postal_code.clone().unwrap_or_default();
    if !sheet.context.reference.postal_codes.contains(&postal_code) {
        let texts = [
            "Postinumeroa ei ole postinumeroluettelossa. Tarkista numero.",
            "Postnumret finns inte i postnummerregistret. Kontrollera numret.",
            "The postal code is not in the register. Check it.",
        ];
        sheet.warn(Finding::warning(format!("{field}.postinumero"), "Q13", texts.map(str::to_owned)));
        return None;
    }
    if address.post_box.iter().any(|(_, text)| rules::length(text) > STREET) {
        let texts = [
            "Postilokerossa on enintään 100 merkkiä; pitempää ei lähetetä. Lyhennä.",
            "En postbox har högst 100 tecken; en längre skickas inte. Korta.",
            "A post office box has at most 100 characters; a longer one is not sent. Shorten it.",
        ];
        sheet.warn(Finding::warning(format!("{field}.postilokero"), "too-long", texts.map(str::to_owned)));
        return None;
    }
    let any = address.post_box.any();
    let boxes: Localised = sheet
        .languages()
        .into_iter()
        .map(|lang| (lang, address.post_box.get(lang).unwrap_or(any).to_owned()))
        .collect();
    Some(json!({"postOfficeBox": plain(&boxes), "postalCode": postal_code}))
}

/// An address of the type Postal, by street or by box.
pub(super) fn postal(address: &Address, field: &str, sheet: &mut Sheet<'_, '_>) -> Option<Value> {
    if address.post_box.is_empty() {
        let street = street(address, None, field, sheet)?;
        return Some(json!({"type": "Postal", "subType": "Street", "country": "FI", "streetAddress": street}));
    }
    let post_box = post_box(address, field, sheet)?;
    Some(json!({"type": "Postal", "subType": "PostOfficeBox", "country": "FI", "postOfficeBoxAddress": post_box}))
}

fn check(
    address: &Address,
    names: &Localised,
    number: Option<&str>,
    postal_code: &str,
    placed: bool,
    field: &str,
    sheet: &mut Sheet<'_, '_>,
) -> bool {
    let reference = sheet.context.reference;
    let long = names.iter().any(|(_, name)| rules::length(name) > STREET)
        || number.is_some_and(|number| rules::length(number) > NUMBER);
    let wrong = if names.is_empty() || long || (number.is_none() && !placed) {
        Some((
            "katuosoite_fi",
            [
                "Katuosoitteesta puuttuu nimi tai numero (ilman numeroa tarvitaan koordinaatit). Täydennä.",
                "Gatuadressen saknar namn eller nummer (utan nummer behövs koordinater). Komplettera.",
                "The street address lacks a name or a number (without a number, coordinates are needed). Complete it.",
            ],
        ))
    } else if !reference.postal_codes.contains(postal_code) {
        Some((
            "postinumero",
            [
                "Postinumeroa ei ole postinumeroluettelossa. Tarkista numero.",
                "Postnumret finns inte i postnummerregistret. Kontrollera numret.",
                "The postal code is not in the register. Check it.",
            ],
        ))
    } else if address
        .municipality
        .as_ref()
        .is_some_and(|code| !reference.municipalities.contains(&format!("{code:0>3}")))
    {
        Some((
            "kunta.koodi",
            [
                "Kuntakoodi on tuntematon. Tarkista koodi.",
                "Kommunkoden är okänd. Kontrollera koden.",
                "Unknown municipality code. Check it.",
            ],
        ))
    } else {
        None
    };
    if let Some((member, texts)) = wrong {
        sheet.warn(Finding::warning(format!("{field}.{member}"), "Q13", texts.map(str::to_owned)));
    }
    wrong.is_none()
}

/// "Testitie 2 A 5" to ("Testitie", "2 A 5"): split before the first token that begins with a digit, unless it is
/// the first (pat.md §4.6).
fn split(text: &str) -> (String, Option<String>) {
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let at = tokens.iter().skip(1).position(|token| token.starts_with(|c: char| c.is_ascii_digit()));
    match at {
        Some(at) => {
            let (name, number) = tokens.split_at(at + 1);
            (name.join(" "), Some(number.join(" ")))
        }
        None => (tokens.join(" "), None),
    }
}

/// `webPages` with url and name.
pub(super) fn web_pages(pages: &[WebPage], field: &str, sheet: &mut Sheet<'_, '_>) -> Vec<Value> {
    let mut rendered = Vec::new();
    for page in pages {
        let urls = sheet.urls(field, &page.url);
        for (lang, url) in urls.iter() {
            let name = page.name.get(lang).filter(|name| rules::length(name) <= STREET);
            rendered.push(json!({"language": lang.code(), "url": url, "value": name.unwrap_or(url)}));
        }
    }
    // The name of a page has 100 characters; an address that is longer can not stand in for it.
    rendered.retain(|page| page.get("value").and_then(Value::as_str).is_some_and(|it| rules::length(it) <= STREET));
    rendered
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn splits_street_and_number() {
        for (text, street, number) in [
            ("Testitie 2", "Testitie", Some("2")),
            ("Yliopistonkatu 27 A 5", "Yliopistonkatu", Some("27 A 5")),
            ("Aurakatu 2-4", "Aurakatu", Some("2-4")),
            ("Kauppatori", "Kauppatori", None),
            ("3. linja 10", "3. linja", Some("10")),
        ] {
            assert_eq!(split(text), (street.to_owned(), number.map(str::to_owned)), "{text}");
        }
    }
}
