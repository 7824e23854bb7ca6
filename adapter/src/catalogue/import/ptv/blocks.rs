//! The parts that PTV's entities share, to PAT's blocks: texts, phones, hours, addresses, areas (ptv-in-api.md §4).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::projection::from_tm35fin;

pub(super) type Members = Map<String, Value>;

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Words that PTV's versions before 8 had for the same (ptv-in-api.md §7).
pub(super) fn word(word: &str) -> &str {
    match word {
        "ShortDescription" => "Summary",
        "AlternateName" => "AlternativeName",
        "ServiceUserInstruction" => "UserInstruction",
        "WholeCountry" => "Nationwide",
        "WholeCountryExceptAlandIslands" => "NationwideExceptAlandIslands",
        "AreaType" => "LimitedType",
        "Province" => "Region",
        "BusinessRegions" => "BusinessSubRegion",
        "HospitalRegions" => "HospitalDistrict",
        "Charged" => "Chargeable",
        "Free" => "FreeOfCharge",
        "PermissionAndObligation" => "PermitOrObligation",
        "SelfProduced" => "SelfProducedServices",
        "PurchaseServices" | "VoucherServices" => "ProcuredServices",
        "Standard" => "DaysOfTheWeek",
        "Exception" => "Exceptional",
        "Special" => "OverMidnight",
        "DeadLineAdditionalInfo" => "DeadLine",
        "ProcessingTimeAdditionalInfo" => "ProcessingTime",
        "ValidityTimeAdditionalInfo" => "ValidityTime",
        other => other,
    }
}

pub(super) fn text<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A word of a closed list, as the newest version has it.
pub(super) fn worded<'a>(members: &'a Members, name: &str) -> Option<&'a str> {
    text(members, name).map(word)
}

pub(super) fn flag(members: &Members, name: &str) -> Option<bool> {
    members.get(name).and_then(Value::as_bool)
}

/// The objects of a list, by the first of its names that is there.
pub(super) fn list<'a>(members: &'a Members, names: &[&str]) -> impl Iterator<Item = &'a Members> + use<'a> {
    let found = names.iter().find_map(|name| members.get(*name).and_then(Value::as_array));
    found.into_iter().flatten().filter_map(Value::as_object)
}

/// `[{language, value, type}]` of a type (or of all) by language.
pub(super) fn texts(members: &Members, names: &[&str], of: Option<&str>) -> Value {
    let mut texts = Members::new();
    for item in list(members, names).filter(|item| of.is_none_or(|of| worded(item, "type") == Some(of))) {
        if let Some((lang, value)) = text(item, "language").zip(text(item, "value")) {
            texts.entry(lang).or_insert_with(|| value.into());
        }
    }
    Value::Object(texts)
}

/// `[{language, value}]` as lists of words by language.
pub(super) fn words(members: &Members, names: &[&str], of: Option<&str>) -> Value {
    let mut words: Members = Members::new();
    for item in list(members, names).filter(|item| of.is_none_or(|of| worded(item, "type") == Some(of))) {
        if let Some((lang, value)) = text(item, "language").zip(text(item, "value"))
            && let Some(list) = words.entry(lang).or_insert_with(|| json!([])).as_array_mut()
        {
            list.push(value.into());
        }
    }
    Value::Object(words)
}

/// Addresses of pages by language: `webPages[{language, url}]`, or `webPage[{language, value}]` as they are written.
pub(super) fn addresses_of_pages(members: &Members) -> Value {
    let mut pages = Members::new();
    for page in list(members, &["webPages", "webPage", "urls"]) {
        let url = text(page, "url").or_else(|| text(page, "value"));
        if let Some((lang, url)) = text(page, "language").zip(url) {
            pages.entry(lang).or_insert_with(|| url.into());
        }
    }
    Value::Object(pages)
}

/// Pages with their names, one for each.
pub(super) fn pages(members: &Members, names: &[&str]) -> Value {
    let page = |page: &Members| {
        let lang = text(page, "language").unwrap_or("fi");
        let name: Members = text(page, "value").map(|name| (lang.to_owned(), name.into())).into_iter().collect();
        Some(json!({"osoite_kieliversiot": { lang: text(page, "url")? }, "nimi_kieliversiot": name}))
    };
    list(members, names).filter_map(page).collect()
}

/// PTV has a number once for each language; here it is one with texts in several.
pub(super) fn phones(members: &Members, names: &[&str], fax: bool) -> Vec<Value> {
    let mut phones: Vec<Members> = Vec::new();
    for phone in list(members, names) {
        let Some(number) = text(phone, "number") else { continue };
        let national = flag(phone, "isFinnishServiceNumber").unwrap_or(false);
        let kind = match text(phone, "type") {
            Some("Fax") => "Faksi",
            Some("Sms") => "Tekstiviesti",
            _ if fax => "Faksi",
            _ => "Puhelin",
        };
        let mut made = Members::new();
        made.insert("maakoodi".into(), json!(text(phone, "prefixNumber").map(|prefix| prefix.trim_start_matches('+'))));
        made.insert("numero".into(), number.into());
        made.insert("numerotyyppi".into(), json!({ "teksti_fi": kind }));
        made.insert("maksullisuus".into(), json!(worded(phone, "serviceChargeType")));
        made.insert("valtakunnallinen_palvelunumero".into(), national.into());
        let known = phones.iter().position(|known| made.iter().all(|(name, value)| known.get(name) == Some(value)));
        let place = known.unwrap_or(phones.len());
        if known.is_none() {
            phones.push(made);
        }
        let lang = text(phone, "language").unwrap_or("fi");
        for (member, field) in
            [("additionalInformation", "kuvaus_kieliversiot"), ("chargeDescription", "maksun_kuvaus_kieliversiot")]
        {
            if let (Some(text), Some(phone)) = (text(phone, member), phones.get_mut(place))
                && let Some(texts) = phone.entry(field).or_insert_with(|| json!({})).as_object_mut()
            {
                texts.insert(lang.to_owned(), text.into());
            }
        }
    }
    phones.into_iter().map(Value::Object).collect()
}

pub(super) fn hours(members: &Members) -> Vec<Value> {
    let mut rows = Vec::new();
    for item in list(members, &["serviceHours"]) {
        let day = |name: &str| text(item, name).and_then(|time| time.get(..10)).map(str::to_owned);
        let (from, to) = (day("validFrom"), day("validTo"));
        let row = |kind: &str, days: Option<u8>, opening: Option<&Members>| {
            let at = |name: &str| opening.and_then(|it| text(it, name));
            json!({
                "aukiolotyyppi": kind,
                "viikonpaiva": days.map(|day| day.to_string()),
                "avaamisaika": at("from"),
                "sulkemisaika": at("to"),
                "voimassaoloAlkamishetki": from,
                "voimassaoloPaattymishetki": to,
                "kuvaus_kieliversiot": texts(item, &["additionalInformation"], None),
                "ajanvaraus": flag(item, "isReservation").unwrap_or(false),
            })
        };
        let opening: Vec<&Members> = list(item, &["openingHour"]).collect();
        if worded(item, "serviceHourType") == Some("Exceptional") {
            let closed = flag(item, "isClosed").unwrap_or(false);
            let kind = if closed { "poikkeus suljettu" } else { "poikkeus avoinna" };
            rows.push(row(kind, None, opening.first().copied()));
            continue;
        }
        let kind = if from.is_some() || to.is_some() { "erityinen" } else { "normaali" };
        if flag(item, "isAlwaysOpen").unwrap_or(false) {
            let whole: Members = [("from", "00:00"), ("to", "24:00")]
                .map(|(name, at)| (name.to_owned(), at.into()))
                .into_iter()
                .collect();
            rows.extend((1..=7).map(|day| row(kind, Some(day), Some(&whole))));
        } else if opening.is_empty() {
            rows.push(row(kind, None, None));
        }
        for opening in opening {
            let days = text(opening, "dayFrom").and_then(|day| (1..).zip(DAYS).find(|(_, name)| *name == day));
            rows.push(row(kind, days.map(|(day, _)| day), Some(opening)));
        }
    }
    rows
}

/// What an address of PTV becomes, and the degrees of its metres.
pub(super) struct Addressed {
    pub(super) address: Value,
    pub(super) degrees: Option<(String, String)>,
}

/// A street, a box, or a place beside the road, which has its description for a street.
pub(super) fn address(members: &Members) -> Option<Addressed> {
    let branch = |name: &str| members.get(name).and_then(Value::as_object);
    let mut address = Members::new();
    let inner = if let Some(street) = branch("streetAddress") {
        let number = text(street, "streetNumber");
        for (lang, name) in texts(street, &["street"], None).as_object().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let whole = number.map_or_else(|| name.to_owned(), |number| format!("{name} {number}"));
            address.insert(format!("katuosoite_{lang}"), whole.into());
        }
        street
    } else if let Some(place) = branch("postOfficeBoxAddress") {
        suffixed(&mut address, "postilokero", &texts(place, &["postOfficeBox"], None));
        place
    } else {
        let place = branch("otherAddress")?;
        suffixed(&mut address, "katuosoite", &texts(place, &["additionalInformation"], None));
        place
    };
    address.insert("postinumero".into(), json!(text(inner, "postalCode")));
    suffixed(&mut address, "postitoimipaikka", &texts(inner, &["postOffice"], None));
    match inner.get("municipality") {
        Some(Value::String(code)) => drop(address.insert("kunta".into(), json!({ "koodi": code }))),
        Some(Value::Object(municipality)) => {
            let mut kunta = Members::new();
            kunta.insert("koodi".into(), json!(text(municipality, "code")));
            for (lang, name) in texts(municipality, &["name"], None).as_object().into_iter().flatten() {
                if matches!(lang.as_str(), "fi" | "sv" | "en") {
                    kunta.insert(format!("nimi_{lang}"), name.clone());
                }
            }
            address.insert("kunta".into(), Value::Object(kunta));
        }
        _ => {}
    }
    let metres = |name: &str| text(inner, name).and_then(|text| text.parse::<f64>().ok());
    let degrees = metres("latitude").zip(metres("longitude"));
    let degrees = degrees.and_then(|(northing, easting)| from_tm35fin(northing, easting));
    let degrees = degrees.map(|(latitude, longitude)| (format!("{latitude:.7}"), format!("{longitude:.7}")));
    Some(Addressed { address: Value::Object(address), degrees })
}

/// PAT's addresses have a member for each of three languages.
fn suffixed(address: &mut Members, field: &str, texts: &Value) {
    for (lang, text) in texts.as_object().into_iter().flatten() {
        if matches!(lang.as_str(), "fi" | "sv" | "en") {
            address.insert(format!("{field}_{lang}"), text.clone());
        }
    }
}

/// `areaType` with `areas[{type, code}]` as they are read, or `areas[{type, areaCodes}]` as they are written.
pub(super) fn area(members: &Members) -> Option<Value> {
    let kind = worded(members, "areaType")?;
    let mut areas: Vec<(String, BTreeSet<String>)> = Vec::new();
    for area in list(members, &["areas"]) {
        let Some(of) = worded(area, "type") else { continue };
        let mut codes: BTreeSet<String> = text(area, "code").map(str::to_owned).into_iter().collect();
        // An area of municipalities has no code of its own; other areas list the municipalities that they are made of.
        if of == "Municipality" {
            codes.extend(list(area, &["municipalities"]).filter_map(|it| text(it, "code")).map(str::to_owned));
        }
        let listed = area.get("areaCodes").and_then(Value::as_array).into_iter().flatten();
        codes.extend(listed.filter_map(Value::as_str).map(str::to_owned));
        match areas.iter_mut().find(|(known, _)| known == of) {
            Some((_, known)) => known.append(&mut codes),
            None => areas.push((of.to_owned(), codes)),
        }
    }
    let areas: Vec<Value> = areas.into_iter().map(|(kind, codes)| json!({"tyyppi": kind, "koodit": codes})).collect();
    Some(json!({"tyyppi": kind, "alueet": areas}))
}

/// Addresses of concepts: `[{uri, newUri}]` as they are read, texts as they are written. The newer one counts.
pub(super) fn concepts(members: &Members, name: &str) -> Value {
    let items = members.get(name).and_then(Value::as_array).into_iter().flatten();
    items
        .filter_map(|item| match item {
            Value::String(uri) => Some(uri.as_str()),
            Value::Object(concept) => text(concept, "newUri").or_else(|| text(concept, "uri")),
            _ => None,
        })
        .map(Value::from)
        .collect()
}
