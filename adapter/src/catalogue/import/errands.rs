//! Errands of the Helsinki register (TPR's errand services) to asiointi records.
//!
//! One errand has a version per language, each with its own list of the same channels; they are joined by the channels'
//! ids. What PAT has no field for (departments, authorisation codes) stays in `lahde.tiedot` of the stored record.

use serde_json::{Map, Value, json};

use super::census::{Rules, in_words, same, turned};
use super::tpr::{self, Version};

const FLAGS: [(&str, &str); 7] = [
    ("requires_authentication", "tunnistautuminen"),
    ("e_processing", "sahkoinen_kasittely"),
    ("e_decision", "sahkoinen_paatos"),
    ("payment_enabled", "maksaminen"),
    ("saved_to_customer_folder", "tallennus_asiakaskansioon"),
    ("for_personal_customer", "henkiloasiakkaille"),
    ("for_corporate_customer", "yritysasiakkaille"),
];

pub(super) const RULES: Rules = Rules {
    of: "errand",
    read: &[
        ("id", same),
        ("name", same),
        ("description", same),
        ("process_description", same),
        ("processing_time", same),
        ("expiration_time", same),
        ("costs", same),
        ("information", same),
        ("name_synonyms", in_words),
        ("links[].url", same),
        ("links[].title", same),
        ("service_id", same),
        ("provided_languages[]", same),
        ("target_groups[]", tpr::TARGET_GROUP_WRITTEN),
        ("life_events[]", tpr::LIFE_EVENT_WRITTEN),
        ("exact_descriptions[]", same),
        ("type", |value, _, written| value.as_str().and_then(kind).is_some_and(|word| written.has(word))),
        ("channels[].type", |value, _, written| value.as_str().and_then(sort).is_some_and(|word| written.has(word))),
        ("channels[].name", same),
        ("channels[].information", same),
        ("channels[].prerequisites", same),
        ("channels[].process_description", same),
        ("channels[].availability_summary", same),
        ("channels[].provided_languages[]", same),
        ("channels[].links[].url", same),
        ("channels[].links[].title", same),
        ("channels[].requires_authentication", turned),
        ("channels[].e_processing", turned),
        ("channels[].e_decision", turned),
        ("channels[].payment_enabled", turned),
        ("channels[].saved_to_customer_folder", turned),
        ("channels[].for_personal_customer", turned),
        ("channels[].for_corporate_customer", turned),
        ("channels[].phone", same),
        // A charge without a number is a charge of nothing.
        ("channels[].call_charge_info", |value, parent, written| {
            text(parent, "phone").is_some() && same(value, parent, written)
        }),
        ("channels[].email", same),
        ("channels[].personal_service_street_addr", same),
        ("channels[].personal_service_postal_code", same),
        ("channels[].personal_service_city", same),
    ],
    kept: &[
        "responsible_depts",
        "target_groups",
        "life_events",
        "channels[].authorization_code",
        "channels[].availabilities",
    ],
    plain: tpr::without_language,
};

/// Whether a record of the register is an errand: it has a name and a type, where a service has a title.
pub(super) fn is_errand(source: &Value) -> bool {
    tpr::versions(source).iter().any(|(_, version)| version.contains_key("type") && version.contains_key("name"))
}

pub(super) fn record(source: &Value) -> Value {
    let versions = tpr::versions(source);
    let mut record = Map::new();
    record.insert("laji".into(), "asiointi".into());
    record.insert("koodi".into(), source.get("id").cloned().unwrap_or(Value::Null));
    for (member, field) in [
        ("name", "nimi_kieliversiot"),
        ("description", "kuvaus_kieliversiot"),
        ("process_description", "toimintaohje_kieliversiot"),
        ("processing_time", "kasittelyaika_kieliversiot"),
        ("expiration_time", "voimassaolo_kieliversiot"),
        ("costs", "hinta_kieliversiot"),
        ("information", "lisatieto_kieliversiot"),
    ] {
        record.insert(field.into(), tpr::texts(&versions, member));
    }
    record.insert("vaihtoehtoinen_nimi_kieliversiot".into(), tpr::keywords(&versions));
    record.insert("verkkosivut".into(), tpr::links(&versions));
    record.insert("kanavat".into(), channels(&versions));
    let kind = tpr::first(&versions, "type").and_then(Value::as_str).map(|word| kind(word).unwrap_or(word));
    record.insert("asiointilaji".into(), json!(kind));
    record.insert("ryhma".into(), tpr::first(&versions, "service_id").cloned().unwrap_or(Value::Null));
    record.insert("kielet".into(), tpr::union(&versions, "provided_languages"));
    record.insert("kohderyhmat".into(), tpr::target_groups(&versions));
    record.insert("elamantilanteet".into(), tpr::life_events(&versions));
    let services = tpr::union(&versions, "exact_descriptions");
    let services = services.as_array().into_iter().flatten();
    record.insert("palvelut".into(), services.map(|code| json!({"koodi": code})).collect());
    let mut leftovers = tpr::leftovers(&versions, RULES.kept);
    let of_channels = channels_left(&versions);
    if let Some(members) = leftovers.as_object_mut().filter(|_| !of_channels.is_empty()) {
        members.insert("channels".into(), Value::Array(of_channels));
    }
    record.insert("lahde".into(), json!({"jarjestelma": "tpr", "tiedot": leftovers}));
    Value::Object(record)
}

/// The channels of all versions, in the order in which they first come, each once.
fn channels(versions: &[Version<'_>]) -> Value {
    let mut joined: Vec<(Option<&Value>, Vec<Version<'_>>)> = Vec::new();
    for (lang, version) in versions {
        let channels = version.get("channels").and_then(Value::as_array).into_iter().flatten();
        for channel in channels.filter_map(Value::as_object) {
            let id = channel.get("id");
            match joined.iter_mut().find(|(known, _)| id.is_some() && *known == id) {
                Some((_, versions)) => versions.push((lang, channel)),
                None => joined.push((id, vec![(lang, channel)])),
            }
        }
    }
    joined.iter().map(|(_, versions)| channel(versions)).collect()
}

fn channel(versions: &[Version<'_>]) -> Value {
    let mut channel = Map::new();
    for (member, field) in [
        ("name", "nimi_kieliversiot"),
        ("information", "kuvaus_kieliversiot"),
        ("prerequisites", "ehdot_kieliversiot"),
        ("process_description", "toimintaohje_kieliversiot"),
        ("availability_summary", "saatavuus_kieliversiot"),
    ] {
        channel.insert(field.into(), tpr::texts(versions, member));
    }
    channel.insert("verkkosivut".into(), tpr::links(versions));
    let sort = tpr::first(versions, "type").and_then(Value::as_str).map(|word| sort(word).unwrap_or(word));
    channel.insert("kanavalaji".into(), json!(sort));
    channel.insert("kielet".into(), tpr::union(versions, "provided_languages"));
    for (member, field) in FLAGS {
        // Said in every language; it can do what any of them says.
        let said: Vec<bool> = versions.iter().filter_map(|(_, version)| version.get(member)?.as_bool()).collect();
        let flag = (!said.is_empty()).then(|| said.contains(&true));
        channel.insert(field.into(), json!(flag));
    }
    let phones = each(versions, "phone");
    if !phones.is_empty() {
        let charge = tpr::texts(versions, "call_charge_info");
        let phone = |number: &&str| json!({"numero": number, "maksun_kuvaus_kieliversiot": charge});
        channel.insert("puhelinnumerot".into(), phones.iter().map(phone).collect());
    }
    let emails = each(versions, "email");
    if !emails.is_empty() {
        channel.insert("sahkopostit".into(), emails.iter().map(|address| json!({"osoite": address})).collect());
    }
    if !each(versions, "personal_service_street_addr").is_empty() {
        let mut address = Map::new();
        for (lang, version) in versions {
            for (member, field) in
                [("personal_service_street_addr", "katuosoite"), ("personal_service_city", "postitoimipaikka")]
            {
                address.insert(format!("{field}_{lang}"), json!(text(version, member)));
            }
        }
        address.insert("postinumero".into(), json!(each(versions, "personal_service_postal_code").first()));
        channel.insert("osoite".into(), Value::Object(address));
    }
    Value::Object(channel)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// The different texts of a member over the languages.
fn each<'a>(versions: &[Version<'a>], member: &str) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    for text in versions.iter().filter_map(|(_, version)| text(version, member)) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// What channels have beside that, with the channel's id.
fn channels_left(versions: &[Version<'_>]) -> Vec<Value> {
    let mut left = Vec::new();
    for (lang, version) in versions {
        for channel in version.get("channels").and_then(Value::as_array).into_iter().flatten() {
            for member in ["authorization_code", "availabilities"] {
                let value = channel.get(member).filter(|value| !value.is_null());
                left.extend(value.map(|value| json!({"id": channel.get("id"), "lang": lang, member: value})));
            }
        }
    }
    left
}

/// pat.md §4.9.
fn kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "APPLICATION" => "hakemus",
        "NOTICE" => "ilmoitus",
        "PERMISSION" => "lupa",
        "APPOINTMENT" => "ajanvaraus",
        "ORDERING" => "tilaus",
        "ENROLLMENT" => "ilmoittautuminen",
        "ADVICE" => "neuvonta",
        "INFORMATION_SERVICE" => "tietopalvelu",
        "COMMUNICATION" => "viestinta",
        "ECOMMERCE" => "verkkokauppa",
        "OTHER_ESERVICE" => "muu",
        _ => return None,
    })
}

/// pat.md §4.9.
fn sort(word: &str) -> Option<&'static str> {
    Some(match word {
        "WEBPAGE" => "verkkosivu",
        "ESERVICE" => "sahkoinen",
        "TELEPHONE" => "puhelin",
        "EMAIL" => "sahkoposti",
        "PRINTABLE_FORM" => "tulostettava_lomake",
        "CHAT" => "chat",
        "LOCAL" => "paikallinen",
        "MAIL" => "posti",
        _ => return None,
    })
}
