//! Q13, Q14, Q17, Q18: addresses, hours, phone numbers and web addresses of places, channels and offers.

use super::{Sheet, active};
use crate::model::blocks::{Address, Hours, Phone};
use crate::model::{Channel, ChannelDetail, EntityKey, Kind, Localised, ServicePoint};

/// Hosts of the shared identification service: an address there belongs to one login.
const LOGIN_HOSTS: [&str; 4] =
    ["tunnistautuminen.suomi.fi", "tunnistus.suomi.fi", "tunnistaminen.suomi.fi", "apro.tunnistus.fi"];

pub(super) fn check(sheet: &mut Sheet<'_>) {
    let view = sheet.input.view;
    for entity in active(view, Kind::ServicePoint) {
        if let Some(point) = entity.service_point() {
            check_point(&entity.key, point, sheet);
        }
    }
    for entity in active(view, Kind::Channel) {
        if let Some(channel) = entity.channel() {
            check_channel(&entity.key, channel, sheet);
        }
    }
    for entity in active(view, Kind::Offer) {
        let Some(offer) = entity.offer() else { continue };
        check_hours(&entity.key, "aukioloajat", &offer.hours, sheet);
        check_phones(&entity.key, "yhteystiedot.puhelinnumerot", &offer.phones, sheet);
        for page in &offer.web_pages {
            check_login(&entity.key, "yhteystiedot.verkkosivut.osoite_kieliversiot", &page.url, sheet);
        }
    }
    for entity in active(view, Kind::Organisation) {
        let Some(organisation) = entity.organisation() else { continue };
        check_phones(&entity.key, "puhelimet", &organisation.phones, sheet);
    }
    for (entity, service) in sheet.services() {
        for page in &service.web_pages {
            check_login(&entity.key, "verkkosivut.osoite_kieliversiot", &page.url, sheet);
        }
    }
    if sheet.input.reference.post_codes.is_none() {
        sheet.skip(
            "Q13b",
            [
                "Postinumeroluetteloa ei ole annettu.",
                "Listan över postnummer har inte angetts.",
                "The list of post codes was not given.",
            ],
        );
    }
}

fn check_point(key: &EntityKey, point: &ServicePoint, sheet: &mut Sheet<'_>) {
    if point.addresses.is_empty() {
        sheet.breaks(key, "Q13d", &[]);
    }
    for (index, address) in point.addresses.iter().enumerate() {
        check_address(key, index, address, point.point.is_some(), sheet);
    }
    check_hours(key, "fyysinenPaikka.aukioloajat", &point.hours, sheet);
    check_phones(key, "puhelinnumerot", &point.phones, sheet);
    for page in &point.web_pages {
        check_login(key, "lisatiedot.kuvaus_kieliversiot", &page.url, sheet);
    }
}

fn check_address(key: &EntityKey, index: usize, address: &Address, located: bool, sheet: &mut Sheet<'_>) {
    let field = |member: &str| format!("fyysinenPaikka.osoitteet[{index}].{member}");
    let street = address.street.any();
    if !street.is_empty() && !located && !street.chars().any(|c| c.is_ascii_digit()) {
        sheet.breaks_in(key, "Q13a", Some(&field("katuosoite_fi")), None, &[]);
    }
    let known = sheet.input.reference.post_codes.as_ref();
    if let (Some(known), Some(code)) = (known, &address.postal_code)
        && !known.contains(code)
    {
        sheet.breaks_in(key, "Q13b", Some(&field("postinumero")), None, &[code]);
    }
    if address.municipality.is_none() {
        sheet.breaks_in(key, "Q13c", Some(&field("kunta.koodi")), None, &[]);
    }
}

fn check_channel(key: &EntityKey, channel: &Channel, sheet: &mut Sheet<'_>) {
    check_hours(key, "aukioloajat", &channel.hours, sheet);
    check_phones(key, "tukipuhelimet", &channel.support_phones, sheet);
    match &channel.detail {
        ChannelDetail::EChannel { url, .. } | ChannelDetail::WebPage { url, .. } => {
            check_login(key, "osoite_kieliversiot", url, sheet);
        }
        ChannelDetail::Phone { numbers, url } => {
            check_phones(key, "numerot", numbers, sheet);
            check_login(key, "osoite_kieliversiot", url, sheet);
        }
        ChannelDetail::PrintableForm { files, .. } => {
            for file in files {
                check_login(key, "tiedostot.osoite_kieliversiot", &file.url, sheet);
            }
        }
    }
}

fn check_hours(key: &EntityKey, field: &str, hours: &[Hours], sheet: &mut Sheet<'_>) {
    for (index, row) in hours.iter().enumerate() {
        for (member, time) in [("avaamisaika", row.opens), ("sulkemisaika", row.closes)] {
            if let Some(time) = time
                && time.minute() % 15 != 0
            {
                let shown = format!("{:02}.{:02}", time.hour(), time.minute());
                sheet.breaks_in(key, "Q14a", Some(&format!("{field}[{index}].{member}")), None, &[&shown]);
            }
        }
    }
}

/// The number itself is told in no message.
fn check_phones(key: &EntityKey, field: &str, phones: &[Phone], sheet: &mut Sheet<'_>) {
    for (index, phone) in phones.iter().enumerate() {
        let digits: String = phone.number.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let after_country = match &phone.country {
            Some(country) if country.trim_start_matches('+') == "358" => Some(digits.as_str()),
            _ => digits.strip_prefix("+358").or_else(|| digits.strip_prefix("00358")),
        };
        if !phone.national && after_country.is_some_and(|number| number.starts_with('0')) {
            sheet.breaks_in(key, "Q17a", Some(&format!("{field}[{index}].numero")), None, &[]);
        }
    }
}

fn check_login(key: &EntityKey, field: &str, addresses: &Localised, sheet: &mut Sheet<'_>) {
    for (lang, address) in addresses.iter() {
        let lower = address.to_lowercase();
        let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
        if LOGIN_HOSTS.iter().any(|login| host == *login || host.ends_with(&format!(".{login}"))) {
            sheet.breaks_in(key, "Q18a", Some(field), Some(lang), &[&host]);
        }
    }
}
