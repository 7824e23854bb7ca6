//! Texts of records as the literals and identifiers of a graph.

use serde_json::{Value, json};
use silta_client::catalogue::LocalisedText;

pub(super) fn by_language(text: &LocalisedText) -> impl Iterator<Item = (&'static str, &str)> {
    let all = [
        ("fi", &text.fi),
        ("sv", &text.sv),
        ("en", &text.en),
        ("se", &text.se),
        ("smn", &text.smn),
        ("sms", &text.sms),
    ];
    all.into_iter().filter_map(|(code, text)| Some((code, text.as_deref()?)))
}

pub(super) fn is_empty(text: &LocalisedText) -> bool {
    by_language(text).next().is_none()
}

pub(super) fn literals(text: &LocalisedText) -> Vec<Value> {
    by_language(text).map(|(code, text)| json!({"@value": text, "@language": code})).collect()
}

pub(super) fn texts(text: &LocalisedText) -> Value {
    Value::Array(literals(text))
}

pub(super) fn titled(titles: &[(&str, &str)]) -> Value {
    titles.iter().map(|(code, text)| json!({"@value": text, "@language": code})).collect()
}

pub(super) fn typed(text: &str, kind: &str) -> Value {
    json!({"@value": text, "@type": kind})
}

pub(super) fn pages<'a>(urls: impl Iterator<Item = &'a LocalisedText>) -> Vec<Value> {
    let urls = urls.flat_map(by_language).filter(|(_, url)| is_iri(url));
    let mut urls: Vec<String> = urls.map(|(_, url)| url.to_owned()).collect();
    urls.sort();
    urls.dedup();
    urls.into_iter().map(|url| json!({"@id": url})).collect()
}

pub(super) fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// Whether a text can stand as an identifier; sources hold addresses without a scheme and with spaces.
pub(super) fn is_iri(text: &str) -> bool {
    let scheme = ["http://", "https://", "urn:"].iter().any(|scheme| text.starts_with(scheme));
    scheme && !text.chars().any(|c| c.is_whitespace() || c.is_control() || r#"<>"{}|\^`"#.contains(c))
}

/// An ISO 8601 duration; a sentence is none.
pub(super) fn duration(text: &str) -> Option<String> {
    let text = text.trim();
    (text.starts_with('P') && text.parse::<jiff::Span>().is_ok()).then(|| text.to_owned())
}

/// One amount with the euro: “12,50 €”, “12 euroa”, “12 euro”, “12 eur”, “€ 12”. What has more in it is a text.
pub(super) fn euros(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let bare = text.strip_prefix('€').or_else(|| {
        let units = ["€", "euroa", "euro", "eur"];
        units.iter().find_map(|unit| text.strip_suffix(unit))
    })?;
    let number = bare.trim().replace(',', ".");
    let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (digits && number.parse::<f64>().is_ok()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{duration, euros, is_iri};

    #[test]
    fn a_cost_has_a_number_only_where_the_text_is_one() {
        for (text, expected) in [
            ("12,50 €", Some("12.50")),
            ("8 euroa", Some("8")),
            ("€ 5", Some("5")),
            ("10 eur", Some("10")),
            ("10–20 €", None),
            ("alkaen 5 €", None),
            ("5", None),
            ("€", None),
            ("1.2.3 €", None),
        ] {
            assert_eq!(euros(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn addresses_and_durations_are_what_they_say() {
        assert!(is_iri("https://www.turku.fi/uinti") && is_iri("urn:x:1"));
        for text in ["www.turku.fi", "https://turku.fi/a b", "https://x/<>", "", "javascript:x"] {
            assert!(!is_iri(text), "{text}");
        }
        assert_eq!(duration(" P14D ").as_deref(), Some("P14D"));
        assert_eq!((duration("14 päivää"), duration("Pian")), (None, None));
    }
}
