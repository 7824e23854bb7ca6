//! Postal addresses of paper letters (viestit.md §1.7): each row within its length, the country as two letters.
//!
//! Nothing is guessed: a country that no code or name stands for is refused, and an empty second row is left out.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rules::{LengthUnit, problem};
use crate::model::Finding;

const MAX_ROW: usize = 256;
const MAX_ZIP_CODE: usize = 64;

/// Where a paper letter goes, or comes back to. Its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_name: Option<String>,
    pub street_address: String,
    pub zip_code: String,
    pub city: String,
    /// Two capital letters.
    pub country_code: String,
}

/// An address as the caller gave it.
#[derive(Clone, Default)]
pub struct AddressDraft {
    pub name: String,
    pub additional_name: Option<String>,
    pub street_address: String,
    pub zip_code: String,
    pub city: String,
    pub country_code: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl Address {
    /// Everything that is wrong with the address; fields stand behind `path`.
    pub fn parse(draft: &AddressDraft, unit: LengthUnit, path: &str) -> Result<Address, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut row = |name: &str, text: &str, most: usize| {
            let text = text.trim();
            if text.is_empty() || unit.count(text) > most || text.chars().any(char::is_control) {
                findings.push(row_finding(format!("{path}.{name}"), most));
            }
            text.to_owned()
        };
        let name = row("name", &draft.name, MAX_ROW);
        let additional = draft.additional_name.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let additional_name = additional.map(|text| row("additionalName", text, MAX_ROW));
        let street_address = row("streetAddress", &draft.street_address, MAX_ROW);
        let zip_code = row("zipCode", &draft.zip_code, MAX_ZIP_CODE);
        let city = row("city", &draft.city, MAX_ROW);
        let country = country(&draft.country_code);
        if country.is_none() {
            findings.push(problem(
                format!("{path}.countryCode"),
                [
                    "Maata ei tunneta. Anna kaksikirjaiminen ISO 3166 -koodi, esimerkiksi FI.",
                    "Landet är inte känt. Ange ISO 3166-koden med två bokstäver, till exempel FI.",
                    "The country is not known. Give the two-letter ISO 3166 code, such as FI.",
                ],
            ));
        }
        match country {
            Some(country) if findings.is_empty() => {
                Ok(Address { name, additional_name, street_address, zip_code, city, country_code: country.to_owned() })
            }
            _ => Err(findings),
        }
    }
}

fn row_finding(field: String, most: usize) -> Finding {
    let texts = [
        format!("Osoiterivillä on 1–{most} merkkiä eikä rivinvaihtoja. Riviä ei lyhennetä puolestasi."),
        format!("En adressrad har 1–{most} tecken och inga radbyten. Raden förkortas inte automatiskt."),
        format!("A row of an address has 1 to {most} characters and no line break. Nothing is cut."),
    ];
    Finding::error(field, "invalid-field", texts)
}

/// One country a line; lines that begin with `#` are remarks.
const COUNTRIES: &str = include_str!("countries.txt");
/// What Viestit takes beside the countries: unknown.
const UNKNOWN: &str = "XX";

/// The two-letter code that a code of two or three letters, or a name in Finnish, Swedish or English, stands for.
fn country(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text == UNKNOWN {
        return Some(UNKNOWN);
    }
    let wanted = text.to_lowercase();
    let rows = COUNTRIES.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|row| row.split_once(';').map(|(code, _)| (code, row)))
        .find(|(_, row)| row.split(';').any(|word| word.to_lowercase() == wanted))
        .map(|(code, _)| code)
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressDraft, COUNTRIES, country};
    use crate::model::letter::LengthUnit;

    pub(super) fn draft() -> AddressDraft {
        AddressDraft {
            name: "Aino Esimerkki".into(),
            additional_name: None,
            street_address: "Esimerkkikatu 1 A 2".into(),
            zip_code: "20100".into(),
            city: "Turku".into(),
            country_code: "FI".into(),
        }
    }

    fn fields(draft: &AddressDraft) -> Vec<String> {
        let findings = Address::parse(draft, LengthUnit::Utf16, "a").err().unwrap_or_default();
        findings.into_iter().map(|finding| finding.field).collect()
    }

    #[test]
    fn viestit_mul_12_an_empty_second_row_is_left_out() {
        for given in [None, Some(""), Some("  ")] {
            let draft = AddressDraft { additional_name: given.map(str::to_owned), ..draft() };
            let address = Address::parse(&draft, LengthUnit::Utf16, "a").unwrap();
            let json = serde_json::to_value(&address).unwrap();
            assert!(json.get("additionalName").is_none(), "{json}");
        }
        let draft = AddressDraft { additional_name: Some("c/o Esimerkki".into()), ..draft() };
        let address = Address::parse(&draft, LengthUnit::Utf16, "a").unwrap();
        assert_eq!(address.additional_name.as_deref(), Some("c/o Esimerkki"));
    }

    #[test]
    fn viestit_mul_13_a_country_is_converted_or_refused_and_never_assumed() {
        for (given, expected) in [
            ("FI", Some("FI")),
            ("fi", Some("FI")),
            (" FIN ", Some("FI")),
            ("Suomi", Some("FI")),
            ("FINLAND", Some("FI")),
            ("Ruotsi", Some("SE")),
            ("Sverige", Some("SE")),
            ("Tyskland", Some("DE")),
            ("Åland", Some("AX")),
            ("Kosovo", Some("XK")),
            ("XX", Some("XX")),
            ("", None),
            ("ZZ", None),
            ("FIX", None),
            ("Suomenmaa", None),
        ] {
            assert_eq!(country(given), expected, "{given:?}");
        }
        let unknown = AddressDraft { country_code: "Atlantis".into(), ..draft() };
        assert_eq!(fields(&unknown), ["a.countryCode"]);
        let named = AddressDraft { country_code: "Norge".into(), ..draft() };
        assert_eq!(Address::parse(&named, LengthUnit::Utf16, "a").unwrap().country_code, "NO");
    }

    #[test]
    fn no_two_countries_share_a_code_or_a_name() {
        let mut seen = std::collections::BTreeMap::new();
        let mut count = 0;
        for row in COUNTRIES.lines().filter(|line| !line.starts_with('#')) {
            count += 1;
            assert_eq!(row.split(';').count(), 5, "{row}");
            let code = row.split(';').next().unwrap();
            for word in row.split(';') {
                let other = seen.insert(word.to_lowercase(), code);
                assert!(other.is_none_or(|other| other == code), "{word}: {other:?} {code}");
            }
        }
        assert_eq!(count, 250);
    }

    #[test]
    fn every_row_has_its_length_and_no_control_characters() {
        assert_eq!(fields(&draft()), [""; 0]);
        let long = AddressDraft {
            name: "x".repeat(257),
            street_address: String::new(),
            zip_code: "1".repeat(65),
            city: "a\nb".into(),
            ..draft()
        };
        assert_eq!(fields(&long), ["a.name", "a.streetAddress", "a.zipCode", "a.city"]);
        let limit = AddressDraft { name: "🙂".repeat(128), ..draft() };
        assert_eq!(fields(&limit), [""; 0]);
    }
}
