//! Queries and JSON bodies to requests, answers to JSON.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use silta_client::common::{ErrorCode, Refusal};

use crate::model::Lang;
use crate::operations::catalogue::{Answer, Read};
use crate::operations::registry::Shape;
use crate::operations::search::Narrowing;

/// The members of a catalogue request from its query. A name that is unknown or given twice is refused: one rule for
/// all operations.
pub(super) fn read(shape: Shape, code: Option<String>, query: Option<&str>) -> Result<Read, Refusal> {
    let mut given = Query::of(query)?;
    let mut read = Read { code, ..Read::default() };
    if shape == Shape::Search {
        read.query = given.take("q");
        for name in Narrowing::NAMES {
            if let Some(value) = given.take(name) {
                read.narrowing.set(name, value);
            }
        }
    }
    if shape != Shape::Changes
        && let Some(lang) = given.take("lang")
    {
        let known = Lang::from_code(&lang);
        let wrong = || Refusal::new(ErrorCode::InvalidField, "must be one of fi, sv, en, se, smn, sms").at("lang");
        read.lang = Some(known.ok_or_else(wrong)?);
    }
    if !matches!(shape, Shape::Get(_)) {
        read.cursor = given.take("cursor");
        read.limit = given.number("limit")?;
    }
    given.finish().map(|()| read)
}

/// The parameters of a query, each at most once.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn of(query: Option<&str>) -> Result<Query, Refusal> {
        let mut given = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if given.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(Refusal::new(ErrorCode::InvalidField, "is given more than once").at(shown(&name)));
            }
        }
        Ok(Query(given))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let wrong = || Refusal::new(ErrorCode::InvalidField, "must be a whole number").at(name);
        self.take(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// There must be no other.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        match self.0.into_keys().next() {
            Some(name) => Err(Refusal::new(ErrorCode::UnknownField, "is not a parameter here").at(shown(&name))),
            None => Ok(()),
        }
    }
}

/// The JSON of a catalogue answer: the record or the page itself.
pub(super) fn write(answer: &Answer) -> Result<Bytes, Refusal> {
    match answer {
        Answer::Service(it) => render(it),
        Answer::Services(page) => render(page),
        Answer::ServicePoint(it) => render(it),
        Answer::ServicePoints(page) => render(page),
        Answer::Channel(it) => render(it),
        Answer::Channels(page) => render(page),
        Answer::Organisation(it) => render(it),
        Answer::Organisations(page) => render(page),
        Answer::Offers(page) => render(page),
        Answer::Errands(page) => render(page),
        Answer::Classes(page) => render(page),
        Answer::Changes(page) => render(page),
    }
}

pub(super) fn render<T: Serialize>(value: &T) -> Result<Bytes, Refusal> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| {
        tracing::error!("an answer could not be written: {error}");
        Refusal::new(ErrorCode::Internal, "the service failed")
    })
}

/// A refusal of the operation in the words of the query: what it calls `query` is the parameter `q` here.
pub(super) fn named_as_parameter(mut refusal: Refusal) -> Refusal {
    if refusal.field.as_deref() == Some("query") {
        refusal.field = Some("q".into());
    }
    refusal
}

/// Whether values stand within more than `most` arrays and objects. Looks at brackets outside of texts only: whether
/// it is JSON at all is for the reader to say, which never sees what is too deep.
pub(super) fn is_deeper(body: &[u8], most: usize) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => depth += 1,
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

/// Reads a JSON body strictly. What is wrong is told with the member's path and the contract's rule, never with a value.
pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        refused(error.inner(), if path == "." { "" } else { &path })
    })?;
    reader.end().map(|()| value).map_err(|error| refused(&error, ""))
}

fn refused(error: &serde_json::Error, path: &str) -> Refusal {
    let text = error.to_string();
    let named = |start: &str| text.strip_prefix(start)?.split('`').next().map(str::to_owned);
    if let Some(field) = named("unknown field `") {
        let parent = path.strip_suffix(field.as_str()).unwrap_or(path);
        return Refusal::new(ErrorCode::UnknownField, "is not a member here").at(member(parent, &shown(&field)));
    }
    if let Some(field) = named("missing field `") {
        return Refusal::new(ErrorCode::MissingField, "is required").at(member(path, &field));
    }
    if !error.is_data() {
        let text = format!("the body is not JSON: see line {}, column {}", error.line(), error.column());
        return Refusal::new(ErrorCode::Malformed, text);
    }
    // The reader's text quotes the value before what it expected; what follows is the contract's own.
    let expected = text.rsplit_once("expected ").map(|(_, expected)| expected);
    let expected = expected.and_then(|expected| expected.split(" at line ").next());
    let message = expected.map_or_else(
        || "does not fit the contract".to_owned(),
        |expected| format!("does not fit the contract: expected {}", expected.replace('`', "")),
    );
    let refusal = Refusal::new(ErrorCode::InvalidField, message);
    if path.is_empty() { refusal } else { refusal.at(path) }
}

fn member(parent: &str, name: &str) -> String {
    let parent = parent.trim_end_matches('.');
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// A name from the request as it may appear in an error: short and printable.
fn shown(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use silta_client::common::ErrorCode;
    use silta_client::messages::SendMessage;

    use super::{is_deeper, parse, read};
    use crate::model::Kind;
    use crate::operations::registry::Shape;

    #[test]
    fn a_body_is_refused_with_path_and_rule_and_without_its_values() {
        for (body, code, field, rule) in [
            (r#"{"orderId": 5}"#, ErrorCode::InvalidField, Some("orderId"), "expected a string"),
            (
                r#"{"orderId": "secret", "recipients": [{"id": "secret"}, {"address": {}}]}"#,
                ErrorCode::MissingField,
                Some("recipients[1].address.name"),
                "is required",
            ),
            (
                r#"{"recipients": [{"id": "secret", "nimi": "secret"}]}"#,
                ErrorCode::UnknownField,
                Some("recipients[0].nimi"),
                "is not a member",
            ),
            (r#"{"secret<": 1}"#, ErrorCode::UnknownField, Some("secret?"), "is not a member"),
            (r#"{"orderId": "1"}"#, ErrorCode::MissingField, Some("recipients"), "is required"),
            (r#"{"replyAllowed": "secret"}"#, ErrorCode::InvalidField, Some("replyAllowed"), "expected a boolean"),
            (
                r#"{"bodyFormat": "secret, expected x"}"#,
                ErrorCode::InvalidField,
                Some("bodyFormat"),
                "expected Text or Markdown",
            ),
            (r#"{"orderId": "secret"#, ErrorCode::Malformed, None, "line 1"),
            ("[]", ErrorCode::InvalidField, None, "expected "),
        ] {
            let refusal = parse::<SendMessage>(body.as_bytes()).expect_err("refused");
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, field), "{body}: {refusal}");
            assert!(refusal.message.contains(rule), "{body}: {refusal}");
            assert!(!refusal.message.contains("secret"), "{body}: {refusal}");
        }
    }

    #[test]
    fn xroad_se_06_depth_is_counted_outside_of_texts() {
        for (body, most, deeper) in [
            ("1", 0, false),
            ("[]", 0, true),
            (r#"{"a": [{}], "b": [{}]}"#, 3, false),
            (r#"{"a": [{}], "b": [{}]}"#, 2, true),
            (r#"{"a": "[[[[\"[[[[\\"}"#, 1, false),
            (r#"{"a": "\\", "b": [[]]}"#, 2, true),
            ("]]]]{}", 1, false),
        ] {
            assert_eq!(is_deeper(body.as_bytes(), most), deeper, "{body}");
        }
    }

    #[test]
    fn a_query_is_read_strictly() {
        let field = |shape, query| read(shape, None, Some(query)).err().and_then(|refusal| refusal.field);
        assert_eq!(field(Shape::List(Kind::Service), "limit=x").as_deref(), Some("limit"));
        assert_eq!(field(Shape::List(Kind::Service), "lang=fi&lang=sv").as_deref(), Some("lang"));
        assert_eq!(field(Shape::Search, "q=x&q=y").as_deref(), Some("q"));
        assert_eq!(field(Shape::Search, "class=1_1&metres=5"), None);
        assert_eq!(field(Shape::List(Kind::Service), "class=1_1").as_deref(), Some("class"));
        assert_eq!(field(Shape::Changes, "lang=fi").as_deref(), Some("lang"));
        assert_eq!(field(Shape::Search, "q=x&cursor=y&limit=1"), None);
    }
}
