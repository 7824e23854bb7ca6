//! Parts that objects share: phones, links, areas, addresses, and the connection that is made of them.

use serde_json::Value;

use super::super::hours::texts;
use super::{Decoder, Draft, items, word};
use crate::model::Lang;
use crate::ptv::seen::lines::{Address, Area, Link, Phone, Texts, plain, text};
use crate::ptv::seen::{Path, Values};

pub(super) const CONNECTION: &[&str] = &[
    "serviceContentId",
    "channelContentId",
    "chargeType",
    "serviceHours",
    "contactAddresses",
    "publishedAt",
    "migratedAt",
    "languageVersions",
];

/// v12's words for charges in v11's.
pub(super) fn charge(word: &str) -> &str {
    match word {
        "Free" => "FreeOfCharge",
        "Charged" => "Chargeable",
        "ExtraCharge" => "Other",
        other => other,
    }
}

/// Puts a text of a language version.
pub(super) fn put_text(values: &mut Values, path: Path, lang: Lang, version: &Value, member: &str) {
    values.put(path, Some(lang), text(word(version, member).unwrap_or_default()));
}

pub(super) fn emails(values: &mut Values, path: Path, lang: Lang, version: &Value, member: &str) {
    values.tell(path);
    for item in items(version, member) {
        let address = word(item, "email").unwrap_or_default();
        let line = match word(item, "additionalInformation") {
            Some(about) => format!("{address} ({})", text(about)),
            None => address.to_owned(),
        };
        values.put(path, Some(lang), line);
    }
}

pub(super) fn links(values: &mut Values, path: Path, lang: Lang, version: &Value, member: &str) {
    values.tell(path);
    for item in items(version, member) {
        let link = Link {
            url: word(item, "url").unwrap_or_default().to_owned(),
            name: plain(word(item, "name").unwrap_or_default()),
            about: text(word(item, "additionalInformation").unwrap_or_default()),
        };
        values.put(path, Some(lang), link.to_string());
    }
}

/// How phones of one member are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phones {
    /// Two kinds; the line has no kind.
    Plain,
    /// The four of a telephone channel.
    Typed,
    Fax,
}

pub(super) fn phones(
    values: &mut Values,
    decoder: &mut Decoder<'_>,
    (path, form): (Path, Phones),
    lang: Lang,
    version: &Value,
    member: &str,
) {
    values.tell(path);
    for item in items(version, member) {
        let kind = word(item, "type").unwrap_or_default();
        *decoder.oddities.phones.entry(kind.to_owned()).or_default() += 1;
        let known = match form {
            Phones::Plain => matches!(kind, "DomesticPhone" | "InternationalPhone"),
            Phones::Typed => matches!(kind, "DomesticPhone" | "InternationalPhone" | "Sms" | "Fax"),
            Phones::Fax => matches!(kind, "Fax" | "DomesticPhone" | "InternationalPhone" | ""),
        };
        if !known {
            decoder.oddities.unknown.push((format!("phone {kind}"), item.clone()));
        }
        values.put(path, Some(lang), phone(item, kind, form));
    }
}

fn phone(item: &Value, kind: &str, form: Phones) -> String {
    let typed = match kind {
        "DomesticPhone" | "InternationalPhone" => "Phone",
        other => other,
    };
    let fax = form == Phones::Fax;
    Phone {
        kind: (form == Phones::Typed).then(|| typed.to_owned()),
        prefix: word(item, "dialCode").map(str::to_owned),
        number: plain(word(item, "number").unwrap_or_default()),
        charge: (!fax).then(|| charge(word(item, "chargeType").unwrap_or("Charged")).to_owned()),
        charge_text: if fax { String::new() } else { text(word(item, "chargeDescription").unwrap_or_default()) },
        about: if fax { String::new() } else { text(word(item, "additionalInformation").unwrap_or_default()) },
    }
    .to_string()
}

/// The area; null is no area. A municipality's own is its municipality and told there.
pub(super) fn area(values: &mut Values, object: &Value) {
    let Some(area) = object.get("area").filter(|area| !area.is_null()) else { return };
    values.tell(Path::Area);
    let whole = match word(area, "areaType") {
        Some("WholeCountry") => "Nationwide",
        Some("WholeCountryExceptAland") => "NationwideExceptAlandIslands",
        _ => {
            // Lists that are not there are empty.
            for (member, kind) in [
                ("municipalities", "Municipality"),
                ("regions", "Region"),
                ("wellbeingServicesCounties", "WellbeingServiceCounties"),
            ] {
                for code in items(area, member).iter().filter_map(Value::as_str) {
                    let part = Area::Part { kind: kind.to_owned(), code: code.to_owned() };
                    values.put(Path::Area, None, part.to_string());
                }
            }
            return;
        }
    };
    values.put(Path::Area, None, Area::Whole(whole.to_owned()).to_string());
}

pub(super) fn serviced_in(values: &mut Values, object: &Value) {
    values.tell(Path::Languages);
    for code in items(object, "serviceLanguages").iter().filter_map(Value::as_str) {
        values.put(Path::Languages, None, code);
    }
}

fn said(value: Option<&Value>) -> Texts {
    texts(value).into_iter().map(|(lang, it)| (lang, text(&it))).collect()
}

/// `location` and `contactAddresses`, with v11's words for their purposes.
pub(super) fn addresses(values: &mut Values, object: &Value, member: &str, purpose: &str) {
    let Some(groups) = object.get(member).filter(|it| it.is_object()) else { return };
    values.tell(Path::Addresses);
    for (list, form) in [
        ("streetAddresses", "Street"),
        ("otherAddresses", "Other"),
        ("postOfficeBoxAddresses", "PostOfficeBox"),
        ("foreignAddresses", "Foreign"),
    ] {
        for item in items(groups, list) {
            address(values, Path::Addresses, Some(purpose), form, item);
        }
    }
}

pub(super) fn deliveries(values: &mut Values, decoder: &mut Decoder<'_>, object: &Value) {
    values.tell(Path::DeliveryAddresses);
    for item in items(object, "deliveryAddresses") {
        let form = match word(item, "deliveryAddressType") {
            Some("StreetAddress") => "Street",
            Some("PostOfficeBox") => "PostOfficeBox",
            Some("DeliveryInformation") => "NoAddress",
            other => {
                let kind = format!("delivery address {}", other.unwrap_or_default());
                decoder.oddities.unknown.push((kind, item.clone()));
                continue;
            }
        };
        address(values, Path::DeliveryAddresses, None, form, item);
    }
}

fn address(values: &mut Values, path: Path, purpose: Option<&str>, form: &str, item: &Value) {
    let named = ["streetName", "postOfficeBox", "address", "deliveryInformation"];
    let line = Address {
        purpose: purpose.map(str::to_owned),
        form: form.to_owned(),
        texts: named.iter().map(|name| said(item.get(*name))).find(|it| !it.is_empty()).unwrap_or_default(),
        number: plain(word(item, "addressDetail").unwrap_or_default()),
        postal_code: word(item, "postalCode").unwrap_or_default().to_owned(),
        country: word(item, "countryCode").unwrap_or_default().to_owned(),
        about: said(item.get("additionalInformation")),
        receiver: said(item.get("recipient")),
    }
    .to_string();
    if let Some(place) = coordinate(items(item, "coordinates")) {
        let metre = |member: &str| place.get(member).and_then(Value::as_f64).map(|number| format!("{number:.0}"));
        if let Some((northing, easting)) = metre("northing").zip(metre("easting")) {
            values.detail(path, &line, "coordinates", format!("{northing} {easting}"));
        }
        values.detail(path, &line, "coordinateSource", word(place, "source").unwrap_or_default());
    }
    values.put(path, None, line);
}

/// What a person entered comes first, then the National Land Survey's; a system that nobody knows is for no map.
pub(super) fn coordinate(all: &[Value]) -> Option<&Value> {
    let known = || all.iter().filter(|it| word(it, "system") == Some("EPSG:3067"));
    let of = |source: &str| known().find(|it| word(it, "source") == Some(source));
    of("User").or_else(|| of("NLS")).or_else(|| known().next())
}

const VERSION: &[&str] = &[
    "chargeTypeAdditionalInformation",
    "description",
    "contactPhoneNumbers",
    "contactFaxNumbers",
    "contactEmails",
    "contactWebPages",
];

pub(super) fn connection(decoder: &mut Decoder<'_>, object: &Value, draft: &mut Draft) {
    draft.values.tell(Path::ChargeType);
    draft.values.put(Path::ChargeType, None, charge(word(object, "chargeType").unwrap_or_default()));
    draft.hours(decoder, object);
    addresses(&mut draft.values, object, "contactAddresses", "Postal");
    for path in
        [Path::Description, Path::ChargeText, Path::Emails, Path::Phones, Path::Faxes, Path::WebPages, Path::Addresses]
    {
        draft.values.tell(path);
    }
    draft.each_language(decoder, object, VERSION, |values, decoder, lang, version| {
        put_text(values, Path::Description, lang, version, "description");
        put_text(values, Path::ChargeText, lang, version, "chargeTypeAdditionalInformation");
        emails(values, Path::Emails, lang, version, "contactEmails");
        links(values, Path::WebPages, lang, version, "contactWebPages");
        phones(values, decoder, (Path::Phones, Phones::Plain), lang, version, "contactPhoneNumbers");
        phones(values, decoder, (Path::Faxes, Phones::Fax), lang, version, "contactFaxNumbers");
    });
}
