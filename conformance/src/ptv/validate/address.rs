//! Addresses, rules across fields and against code lists (ptv-in-api §4.1, §3.4).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::ptv::errors::Problems;
use crate::ptv::json::{given, items, text};
use crate::ptv::reference::Reference;

/// Which form of address a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Organization,
    Location,
    Contact,
    Delivery,
}

/// Judges a list of addresses; keys are `{prefix}Addresses[i]…` in every form.
pub(crate) fn check(reference: &Reference, form: Form, prefix: &str, addresses: &[Value], problems: &mut Problems) {
    for (i, address) in addresses.iter().enumerate() {
        let key = format!("{prefix}Addresses[{i}]");
        combination(form, &key, address, problems);
        for (branch, name) in [("streetAddress", "StreetAddress"), ("postOfficeBoxAddress", "PostOfficeBoxAddress")] {
            let Some(part) = address.get(branch).filter(|part| !part.is_null()) else { continue };
            if text(part, "postalCode").is_some_and(|code| !reference.postal_codes.contains_key(code)) {
                problems.add(format!("{key}.{name}.PostalCode"), "Unknown postal code.");
            }
            let municipality = text(part, "municipality").filter(|code| !code.is_empty());
            if municipality.is_some_and(|code| !reference.municipalities.contains_key(code)) {
                problems.add(format!("{key}.{name}.Municipality"), "Unknown municipality.");
            }
        }
        let other = address.get("otherAddress").and_then(|part| text(part, "postalCode"));
        if other.is_some_and(|code| !code.is_empty() && !reference.postal_codes.contains_key(code)) {
            problems.add(format!("{key}.OtherAddress.PostalCode"), "Unknown postal code.");
        }
        if text(address, "country").is_some_and(|code| !code.is_empty() && !reference.countries.contains_key(code)) {
            problems.add(format!("{key}.Country"), "Unknown country.");
        }
    }
    if form == Form::Location {
        let locations: Vec<&Value> = addresses.iter().filter(|a| text(a, "type") == Some("Location")).collect();
        let abroad = locations.iter().filter(|a| text(a, "subType") == Some("Abroad")).count();
        if abroad > 0 && abroad < locations.len() {
            problems.add(format!("{prefix}Addresses"), "Either all locations are abroad or none.");
        }
    }
}

fn combination(form: Form, key: &str, address: &Value, problems: &mut Problems) {
    let kind = text(address, "type").unwrap_or_default();
    let sub = text(address, "subType").unwrap_or_default();
    match form {
        Form::Location => {
            let fits = match kind {
                "Location" => matches!(sub, "Single" | "Other" | "Abroad"),
                _ => matches!(sub, "Street" | "PostOfficeBox" | "Abroad"),
            };
            if !fits {
                problems.add(format!("{key}.SubType"), format!("{sub} is not for type {kind}."));
            }
        }
        Form::Organization => {
            if (kind == "Visiting" && sub == "PostOfficeBox") || (kind == "Postal" && sub == "Other") {
                problems.add(key, format!("{sub} is not for type {kind}."));
            }
        }
        Form::Contact | Form::Delivery => {}
    }
}

/// Fills in the municipality that follows from the postal code.
pub(crate) fn complete(reference: &Reference, addresses: &mut Value) {
    let Some(list) = addresses.as_array_mut() else { return };
    for address in list {
        for branch in ["streetAddress", "postOfficeBoxAddress"] {
            let Some(part) = address.get_mut(branch) else { continue };
            if given(part, "municipality") {
                continue;
            }
            let code = text(part, "postalCode").and_then(|code| reference.postal_codes.get(code));
            if let (Some(code), Some(map)) = (code.map(|c| c.municipality.clone()), part.as_object_mut()) {
                map.insert("municipality".to_owned(), Value::String(code));
            }
        }
    }
}

/// The box texts of an organisation's address must be in every language (§3.1).
pub(crate) fn box_languages(addresses: &[Value], languages: &BTreeSet<String>, problems: &mut Problems) {
    for (i, address) in addresses.iter().enumerate() {
        let Some(part) = address.get("postOfficeBoxAddress").filter(|part| !part.is_null()) else { continue };
        let texts = items(part, "postOfficeBox");
        if languages.iter().any(|language| !texts.iter().any(|item| text(item, "language") == Some(language))) {
            problems.add(format!("Addresses[{i}].PostOfficeBox"), "The box must be named in every language.");
        }
    }
}
