//! Errands of the Helsinki register (TPR's errand services) to asiointi records.
//!
//! One errand has a version per language, each with its own list of the same channels; they are joined by the channels'
//! ids. What PAT has no field for (departments, authorisation codes) stays in `lahde.tiedot` of the stored record.

use serde_json::{Map, Value, json};

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
    if let Some((_, main)) = versions.first() {
        let kind = main.get("type").and_then(Value::as_str).map(|word| kind(word).unwrap_or(word));
        record.insert("asiointilaji".into(), json!(kind));
        record.insert("ryhma".into(), main.get("service_id").cloned().unwrap_or(Value::Null));
        record.insert("kielet".into(), main.get("provided_languages").cloned().unwrap_or(Value::Null));
        record.insert("kohderyhmat".into(), tpr::target_groups(main));
        record.insert("elamantilanteet".into(), tpr::life_events(main));
        let services = main.get("exact_descriptions").and_then(Value::as_array).into_iter().flatten();
        record.insert("palvelut".into(), services.map(|code| json!({"koodi": code})).collect());
    }
    let kept = ["responsible_depts", "target_groups", "life_events"];
    let mut leftovers = tpr::leftovers(&versions, &kept);
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
    let Some((_, main)) = versions.first() else { return Value::Object(channel) };
    let sort = main.get("type").and_then(Value::as_str).map(|word| sort(word).unwrap_or(word));
    channel.insert("kanavalaji".into(), json!(sort));
    channel.insert("kielet".into(), main.get("provided_languages").cloned().unwrap_or(Value::Null));
    for (member, field) in FLAGS {
        channel.insert(field.into(), main.get(member).cloned().unwrap_or(Value::Null));
    }
    let text = |member: &str| main.get(member).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    if let Some(number) = text("phone") {
        let charge = tpr::texts(versions, "call_charge_info");
        channel.insert("puhelinnumerot".into(), json!([{"numero": number, "maksun_kuvaus_kieliversiot": charge}]));
    }
    if let Some(address) = text("email") {
        channel.insert("sahkopostit".into(), json!([{"osoite": address}]));
    }
    if let Some(street) = text("personal_service_street_addr") {
        let address = json!({
            "katuosoite_fi": street,
            "postinumero": text("personal_service_postal_code"),
            "postitoimipaikka_fi": text("personal_service_city"),
        });
        channel.insert("osoite".into(), address);
    }
    Value::Object(channel)
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
