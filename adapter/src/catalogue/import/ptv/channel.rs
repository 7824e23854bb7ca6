//! PTV's five kinds of channels (ptv-in-api.md §3.4): four are palvelukanava, a place is palvelupiste.

use serde_json::{Value, json};

use super::blocks::{Members, address, addresses_of_pages, area, flag, hours, list, phones, text, texts};
use super::{head, put, reference};

/// The kinds of channels, PTV's word and PAT's; a service point is a record of its own kind.
const CHANNELS: [(&str, &str); 4] = [
    ("EChannel", "sahkoinen"),
    ("Phone", "puhelin"),
    ("WebPage", "verkkosivu"),
    ("PrintableForm", "tulostettava_lomake"),
];
pub(super) const PLACE: &str = "ServiceLocation";

/// The kind of a channel: as it says, or by what only that kind has.
pub(super) fn channel_kind(members: &Members) -> &str {
    let has = |name: &str| members.contains_key(name);
    match text(members, "serviceChannelType") {
        Some(kind) => kind,
        None if has("addresses") => PLACE,
        None if has("channelUrls") => "PrintableForm",
        None if has("requiresAuthentication") => "EChannel",
        None if has("phoneNumbers") => "Phone",
        None => "WebPage",
    }
}

pub(super) fn channel(members: &Members) -> Value {
    let kind = channel_kind(members);
    let is_place = kind == PLACE;
    let mut record = head(if is_place { "palvelupiste" } else { "palvelukanava" }, members);
    let descriptions = &["serviceChannelDescriptions"];
    let named = texts(members, &["serviceChannelNames"], Some("Name"));
    // Only places have types of names.
    let name = if named.as_object().is_some_and(|it| !it.is_empty()) {
        named
    } else {
        texts(members, &["serviceChannelNames"], None)
    };
    put(
        &mut record,
        [
            ("nimi_kieliversiot", name),
            ("tiivistelma_kieliversiot", texts(members, descriptions, Some("Summary"))),
            ("kuvaus_kieliversiot", texts(members, descriptions, Some("Description"))),
            ("organisaatio", reference(text(members, "organizationId"))),
            ("kielet", members.get("languages").cloned().unwrap_or_default()),
            ("saatavuusalue", area(members).unwrap_or_default()),
            ("yhteiskayttoinen", json!(flag(members, "isVisibleForAll"))),
        ],
    );
    if is_place {
        place(members, &mut record);
        return Value::Object(record);
    }
    let word = CHANNELS.iter().find(|(ptv, _)| *ptv == kind).map_or(kind, |(_, word)| *word);
    put(
        &mut record,
        [
            ("kanavalaji", word.into()),
            ("aukioloajat", Value::Array(hours(members))),
            ("tukipuhelimet", Value::Array(phones(members, &["supportPhones"], false))),
            ("tukisahkopostit", emails(members, &["supportEmails"])),
            ("liitteet", attachments(members)),
        ],
    );
    match word {
        "sahkoinen" => {
            let signed = flag(members, "requiresSignature");
            let count =
                members.get("signatureQuantity").and_then(|it| it.as_u64().or_else(|| it.as_str()?.parse().ok()));
            put(
                &mut record,
                [
                    ("osoite_kieliversiot", addresses_of_pages(members)),
                    ("tunnistautuminen", flag(members, "requiresAuthentication").unwrap_or(false).into()),
                    ("allekirjoitus", json!(signed)),
                    ("allekirjoitusten_maara", json!(count.filter(|_| signed == Some(true)))),
                    ("saavutettavuus_kieliversiot", accessibility(members)),
                ],
            );
        }
        "puhelin" => put(
            &mut record,
            [
                ("numerot", Value::Array(phones(members, &["phoneNumbers"], false))),
                ("osoite_kieliversiot", addresses_of_pages(members)),
            ],
        ),
        "tulostettava_lomake" => form(members, &mut record),
        _ => put(
            &mut record,
            [
                ("osoite_kieliversiot", addresses_of_pages(members)),
                ("saavutettavuus_kieliversiot", accessibility(members)),
            ],
        ),
    }
    Value::Object(record)
}

fn form(members: &Members, record: &mut Members) {
    // A file is one with addresses in several languages; PTV lists them apart.
    let mut files: Vec<(String, Members)> = Vec::new();
    for url in list(members, &["channelUrls"]) {
        let address = text(url, "value").or_else(|| text(url, "url"));
        let (Some(kind), Some(lang), Some(address)) = (text(url, "type"), text(url, "language"), address) else {
            continue;
        };
        match files.iter_mut().find(|(known, urls)| known == kind && !urls.contains_key(lang)) {
            Some((_, urls)) => drop(urls.insert(lang.to_owned(), address.into())),
            None => files.push((kind.to_owned(), [(lang.to_owned(), address.into())].into_iter().collect())),
        }
    }
    let files = files.into_iter().map(|(kind, urls)| json!({"tyyppi": kind, "osoite_kieliversiot": urls}));
    let delivery = list(members, &["deliveryAddresses"]).next().map(|it| {
        let mut made = address(it).map_or_else(|| json!({}), |it| it.address);
        if let Some(made) = made.as_object_mut() {
            put(
                made,
                [
                    ("vastaanottaja_kieliversiot", texts(it, &["receiver", "formReceiver"], None)),
                    ("ohje_kieliversiot", texts(it, &["deliveryAddressInText"], None)),
                ],
            );
        }
        made
    });
    put(
        record,
        [
            ("lomaketunniste_kieliversiot", texts(members, &["formIdentifier"], None)),
            ("tiedostot", files.collect()),
            ("toimitusosoite", delivery.unwrap_or_default()),
        ],
    );
}

fn place(members: &Members, record: &mut Members) {
    let mut place = Members::new();
    let mut addresses = Vec::new();
    for it in list(members, &["addresses"]) {
        let postal = text(it, "type") == Some("Postal");
        let Some(found) = address(it) else { continue };
        if postal {
            record.entry("postiosoite").or_insert(found.address);
            continue;
        }
        addresses.push(found.address);
        if let Some((latitude, longitude)) = found.degrees {
            place.entry("leveysaste").or_insert_with(|| latitude.into());
            place.entry("pituusaste").or_insert_with(|| longitude.into());
        }
    }
    put(&mut place, [("osoitteet", Value::Array(addresses)), ("aukioloajat", Value::Array(hours(members)))]);
    let mut numbers = phones(members, &["phoneNumbers"], false);
    numbers.extend(phones(members, &["faxNumbers"], true));
    let notes = list(members, &["webPages", "webPage"]).filter_map(|page| {
        let lang = text(page, "language").unwrap_or("fi");
        let name: Members = text(page, "value").map(|name| (lang.to_owned(), name.into())).into_iter().collect();
        let url = text(page, "url")?;
        Some(
            json!({"lisatietotyyppi": {"koodi": "6"}, "nimi_kieliversiot": name, "kuvaus_kieliversiot": { lang: url }}),
        )
    });
    put(
        record,
        [
            ("oid", json!(text(members, "oid"))),
            ("fyysinenPaikka", Value::Object(place)),
            ("puhelinnumerot", Value::Array(numbers)),
            ("sahkopostit", emails(members, &["emails"])),
            ("lisatiedot", notes.collect()),
        ],
    );
}

/// Addresses, each once: PTV has them once for each language.
pub(super) fn emails(members: &Members, names: &[&str]) -> Value {
    let mut emails: Vec<&str> = Vec::new();
    for address in list(members, names).filter_map(|email| text(email, "value")) {
        if !emails.contains(&address) {
            emails.push(address);
        }
    }
    json!(emails)
}

fn accessibility(members: &Members) -> Value {
    let mut versions = Members::new();
    for it in list(members, &["accessibilityClassification"]) {
        let Some(lang) = text(it, "language") else { continue };
        let mut version = Members::new();
        for (member, field) in [
            ("accessibilityClassificationLevel", "taso"),
            ("wcagLevel", "wcag_taso"),
            ("accessibilityStatementWebPageName", "seloste_nimi"),
            ("accessibilityStatementWebPage", "seloste_osoite"),
        ] {
            version.extend(text(it, member).map(|text| (field.to_owned(), text.into())));
        }
        versions.insert(lang.to_owned(), Value::Object(version));
    }
    Value::Object(versions)
}

fn attachments(members: &Members) -> Value {
    let attachment = |it: &Members| {
        let lang = text(it, "language").unwrap_or("fi");
        let one =
            |name: &str| -> Members { text(it, name).map(|text| (lang.to_owned(), text.into())).into_iter().collect() };
        json!({
            "nimi_kieliversiot": one("name"), "kuvaus_kieliversiot": one("description"), "osoite_kieliversiot": one("url"),
        })
    };
    list(members, &["attachments"]).map(attachment).collect()
}
