//! Phone numbers (ptv-in-api.md §4.2, pat.md §4.14).

use serde_json::{Map, Value};

use super::sheet::Sheet;
use super::{super::profile, Extent};
use crate::model::Finding;
use crate::model::blocks::{ChargeType, Phone, PhoneKind};

/// The three shapes of a phone in PTV's bodies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Fax: number only.
    Fax,
    /// With charge and information.
    Plain,
    /// The same with its type.
    Typed,
}

/// Digits of a number behind its prefix.
const LONGEST: usize = 20;

/// One row per number and language of the body. A number that can not be read is left out with a warning.
pub(super) fn render(phones: &[Phone], field: &str, form: Form, sheet: &mut Sheet<'_, '_>) -> Vec<Value> {
    let languages = sheet.languages();
    let mut rendered = Vec::new();
    for (index, phone) in phones.iter().enumerate() {
        let fax = phone.kind == PhoneKind::Fax;
        if form != Form::Typed && fax != (form == Form::Fax) {
            continue;
        }
        let field = format!("{field}[{index}]");
        let Some(dial) = dial(phone, sheet) else {
            sheet.warn(unreadable(&field));
            continue;
        };
        let max = sheet.context.profile.phone_text();
        let about = sheet.optional(&format!("{field}.kuvaus_kieliversiot"), &phone.description, profile::MIN_TEXT, max);
        let cost =
            sheet.optional(&format!("{field}.maksun_kuvaus_kieliversiot"), &phone.charge_text, profile::MIN_TEXT, max);
        for lang in &languages {
            let mut row = dial.clone();
            row.insert("language".into(), lang.code().into());
            if form == Form::Typed {
                row.insert("type".into(), kind_word(phone.kind).into());
            }
            if form != Form::Fax {
                // «Other» wants a description; a phone without one is chargeable, which is the default anyway.
                let charge = match phone.charge {
                    Some(ChargeType::Other) if cost.get(*lang).is_none() => ChargeType::Chargeable,
                    Some(charge) => charge,
                    None => ChargeType::Chargeable,
                };
                row.insert("serviceChargeType".into(), charge.word().into());
                if let Some(text) = about.get(*lang) {
                    row.insert("additionalInformation".into(), text.into());
                }
                if let Some(text) = cost.get(*lang) {
                    row.insert("chargeDescription".into(), text.into());
                }
            }
            rendered.push(Value::Object(row));
        }
    }
    rendered
}

/// Prefix and number: "+358 9 310 1691" and "09 310 1691" both become +358 and 93101691; a national service number
/// has no prefix and keeps its leading zero.
fn dial(phone: &Phone, sheet: &Sheet<'_, '_>) -> Option<Map<String, Value>> {
    let reference = sheet.context.reference;
    let compact: String =
        phone.number.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')' | '\u{2013}')).collect();
    let (international, digits) = match compact.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, compact.as_str()),
    };
    let numeric = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if !numeric && sheet.extent == Extent::Sound {
        return None;
    }
    let bare = !international && phone.country.is_none();
    let service_number = phone.national
        || (bare
            && (["0800", "0600", "0700", "116"].iter().any(|start| digits.starts_with(start))
                || digits == "112"
                || reference.service_numbers.iter().any(|known| digits.starts_with(known.as_str()))));
    let mut row = Map::new();
    if service_number {
        if digits.len() > LONGEST && sheet.extent == Extent::Sound {
            return None;
        }
        row.insert("isFinnishServiceNumber".into(), true.into());
        row.insert("number".into(), digits.into());
        return Some(row);
    }
    let (prefix, number) = if international {
        // The longest known dial code that the number begins with.
        let code = (1..=4).rev().find_map(|length| {
            let candidate = format!("+{}", digits.get(..length)?);
            reference.dial_codes.contains(&candidate).then_some(candidate)
        })?;
        let rest = digits.get(code.len() - 1..)?.to_owned();
        (code, rest)
    } else {
        let country = phone.country.as_deref().unwrap_or("358");
        (format!("+{country}"), digits.strip_prefix('0').unwrap_or(digits).to_owned())
    };
    let sound = reference.dial_codes.contains(&prefix) && (1..=LONGEST).contains(&number.len());
    if !sound && sheet.extent == Extent::Sound {
        return None;
    }
    row.insert("prefixNumber".into(), prefix.into());
    row.insert("number".into(), number.into());
    Some(row)
}

fn kind_word(kind: PhoneKind) -> &'static str {
    match kind {
        PhoneKind::Phone => "Phone",
        PhoneKind::Fax => "Fax",
        PhoneKind::Sms => "Sms",
    }
}

fn unreadable(field: &str) -> Finding {
    Finding::warning(
        format!("{field}.numero"),
        "phone",
        [
            "Puhelinnumeroa ei voi tulkita, eikä sitä lähetetä. Kirjoita yksi numero muodossa 02 123 4567.".into(),
            "Telefonnumret kan inte tolkas och skickas inte. Skriv ett nummer i formen 02 123 4567.".into(),
            "The phone number cannot be interpreted, so it is not sent. Write one number, such as 02 123 4567.".into(),
        ],
    )
}
