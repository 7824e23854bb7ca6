//! Queries and JSON bodies to requests, answers to JSON.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use silta_client::common::{ErrorCode, Refusal};

use crate::model::Lang;
use crate::operations::catalogue::{Answer, Read};
use crate::operations::registry::Shape;

/// The members of a catalogue request from its query. A name that is unknown or given twice is refused: one rule for
/// all operations.
pub(super) fn read(shape: Shape, code: Option<String>, query: Option<&str>) -> Result<Read, Refusal> {
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if given.insert(name.to_string(), value.into_owned()).is_some() {
            return Err(Refusal::new(ErrorCode::InvalidField, "is given more than once").at(shown(&name)));
        }
    }
    let mut read = Read { code, ..Read::default() };
    if shape == Shape::Search {
        read.query = given.remove("q");
        if read.query.is_none() {
            return Err(Refusal::new(ErrorCode::MissingField, "give words to search for").at("q"));
        }
    }
    if shape != Shape::Changes
        && let Some(lang) = given.remove("lang")
    {
        let known = Lang::from_code(&lang);
        let wrong = || Refusal::new(ErrorCode::InvalidField, "must be one of fi, sv, en, se, smn, sms").at("lang");
        read.lang = Some(known.ok_or_else(wrong)?);
    }
    if !matches!(shape, Shape::Get(_)) {
        read.cursor = given.remove("cursor");
        if let Some(limit) = given.remove("limit") {
            let wrong = || Refusal::new(ErrorCode::InvalidField, "must be a whole number").at("limit");
            read.limit = Some(limit.parse().map_err(|_| wrong())?);
        }
    }
    match given.into_keys().next() {
        Some(name) => Err(Refusal::new(ErrorCode::UnknownField, "is not a parameter here").at(shown(&name))),
        None => Ok(read),
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

/// Reads a JSON body strictly. The reader's own text names members and places, never values.
pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        let named = |start: &str| text.strip_prefix(start)?.split('`').next().map(str::to_owned);
        if let Some(field) = named("unknown field `") {
            return Refusal::new(ErrorCode::UnknownField, "is not a member here").at(shown(&field));
        }
        if let Some(field) = named("missing field `") {
            return Refusal::new(ErrorCode::MissingField, "is required").at(field);
        }
        let place = format!("line {}, column {}", error.line(), error.column());
        if error.is_data() {
            Refusal::new(ErrorCode::InvalidField, format!("a value at {place} does not fit the contract"))
        } else {
            Refusal::new(ErrorCode::Malformed, format!("the body is not JSON: see {place}"))
        }
    })
}

/// A name from the request as it may appear in an error: short and printable.
fn shown(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '?' }).collect()
}
