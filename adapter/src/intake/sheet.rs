//! The text of a batch: the envelope, and where each record stands in it. Every record is read strictly here, once, so
//! that nothing is written of a batch that is not JSON to its end; none is kept as a value.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::answer::Problem;
use super::json;
use crate::catalogue::Records;

#[derive(Debug)]
pub(super) struct Sheet {
    /// The member `batch`, whatever it is.
    pub(super) batch: Option<Value>,
    pub(super) records: Records,
}

impl Sheet {
    /// `depth` counts arrays and objects inside one another, the envelope's among them.
    pub(super) fn read(text: &Bytes, depth: usize) -> Result<Sheet, Problem> {
        let (batch, list, above) = match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[') => (None, list_of(text)?, 1),
            Some(b'{') => {
                let envelope: Envelope<'_> = serde_json::from_slice(text).map_err(|error| json::malformed(&error))?;
                let batch = envelope.batch.map(|raw| strictly(text, raw, depth.saturating_sub(1))).transpose()?;
                let missing = || Problem::new(400, "missing-field", "Required: an array of records.").at("entities");
                let entities = envelope.entities.ok_or_else(missing)?.get();
                if !entities.starts_with('[') {
                    return Err(Problem::invalid("An array of records.").at("entities"));
                }
                if let Some(name) = &envelope.unknown {
                    return Err(Problem::new(400, "unknown-field", "There is no such member here.").at(name));
                }
                (batch, list_of(entities.as_bytes())?, 2)
            }
            _ => {
                json::read(text, depth)?;
                return Err(Problem::invalid(r#"Send {"entities": [...]} or an array of records."#));
            }
        };
        let mut places = Vec::with_capacity(list.len());
        for record in list {
            strictly(text, record, depth.saturating_sub(above))?;
            places.push(place(text, record.get()));
        }
        Ok(Sheet { batch, records: Records::in_text(text.clone(), places) })
    }
}

fn list_of(text: &[u8]) -> Result<Vec<&RawValue>, Problem> {
    serde_json::from_slice(text).map_err(|error| json::malformed(&error))
}

/// The value, read by the rules for every document, with the place in the whole text in what it complains of.
fn strictly(text: &Bytes, part: &RawValue, depth: usize) -> Result<Value, Problem> {
    json::read_part(text, place(text, part.get()), depth)
}

/// Where a part of a text stands in it.
fn place(text: &[u8], part: &str) -> Range<usize> {
    let start = part.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.len()
}

/// The members that a batch may have, not read yet, and the first that it may not.
#[derive(Debug, Default)]
struct Envelope<'t> {
    batch: Option<&'t RawValue>,
    entities: Option<&'t RawValue>,
    unknown: Option<String>,
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnceEach)
    }
}

struct OnceEach;

impl<'de> Visitor<'de> for OnceEach {
    type Value = Envelope<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Envelope<'de>, A::Error> {
        let mut envelope = Envelope::default();
        while let Some(name) = object.next_key::<String>()? {
            let place = match name.as_str() {
                "batch" => &mut envelope.batch,
                "entities" => &mut envelope.entities,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                    envelope.unknown.get_or_insert(name);
                    continue;
                }
            };
            if place.is_some() {
                return Err(A::Error::custom(json::twice(&name)));
            }
            *place = Some(object.next_value()?);
        }
        Ok(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sheet, Problem> {
        Sheet::read(&Bytes::from(text.to_owned()), 4)
    }

    #[test]
    fn records_are_found_where_they_stand() {
        for (text, batch) in [
            (r#" [{"koodi": "1", "n": ["]"]} , {"koodi": "2"}] "#, None),
            (r#"{"entities": [{"koodi": "1", "n": ["]"]},{"koodi": "2"}], "batch": "b-1"}"#, Some("b-1")),
        ] {
            let sheet = read(text).expect("a batch");
            assert_eq!(sheet.batch.as_ref().and_then(Value::as_str), batch, "{text}");
            let codes: Vec<_> = sheet.records.iter().map(|record| record["koodi"].to_string()).collect();
            assert_eq!(codes, [r#""1""#, r#""2""#], "{text}");
        }
        assert!(read("[]").expect("an empty batch").records.is_empty());
    }

    #[test]
    fn complains_of_a_part_as_of_the_whole() {
        for text in [
            "[{\"a\": 1},\n  {\"a\": 1, \"a\": 2}]",
            "[{\"a\": 1}, {\"a\": [[{}]]}]",
            "{\"entities\":\n [{\"a\": [{}]}]}",
            "{\"entities\": [], \"entities\": []}",
            "{\"batch\": [[[[]]]], \"entities\": []}",
            "[{}, {]",
            "[{}] []",
            "",
        ] {
            let [of_part, of_whole] = [read(text).map(|_| ()), json::read(text.as_bytes(), 4).map(|_| ())]
                .map(|read| format!("{:?}", read.expect_err(text)));
            assert_eq!(of_part, of_whole, "{text}");
        }
    }

    #[test]
    fn other_things_than_batches_are_refused() {
        for (text, expected) in [
            ("3", "Send"),
            ("{}", "Required: an array of records."),
            ("{\"entities\": {}}", "An array of records."),
            ("{\"entities\": [], \"b\": 1}", "There is no such member here."),
        ] {
            let problem = format!("{:?}", read(text).expect_err(text));
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
