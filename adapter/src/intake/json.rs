//! JSON read strictly: a member given twice and a value nested too deep are refused, with line and column. What a
//! lenient reader would choose silently (the last of two members) is a question here that only the sender can answer.

use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::answer::Problem;

const TOO_DEEP: &str = "values are nested too deep";

/// Reads a whole document. `depth` counts arrays and objects inside one another.
pub(super) fn read(bytes: &[u8], depth: usize) -> Result<Value, Problem> {
    strict(bytes, depth).map_err(|error| malformed(&error))
}

/// Reads a value that stands in a document; a complaint names the place in the document.
pub(super) fn read_part(document: &[u8], place: Range<usize>, depth: usize) -> Result<Value, Problem> {
    let before = document.get(..place.start).unwrap_or_default();
    let part = document.get(place).unwrap_or_default();
    strict(part, depth).map_err(|error| {
        let lines = before.split(|byte| *byte == b'\n');
        let last = before.rsplit(|byte| *byte == b'\n').next().map_or(0, <[u8]>::len);
        let column = if error.line() == 1 { last + error.column() } else { error.column() };
        complaint(&error, lines.count() - 1 + error.line(), column)
    })
}

fn strict(bytes: &[u8], depth: usize) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth }.deserialize(&mut reader)?;
    reader.end().map(|()| value)
}

/// Why a document is not taken, with line and column.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    complaint(error, error.line(), error.column())
}

fn complaint(error: &serde_json::Error, line: usize, column: usize) -> Problem {
    // The reader's own text names what it expected and never a value; members that are named here are made safe.
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let said = format!("The body is not JSON as it is read here: {text}, line {line}, column {column}.");
    let problem = Problem::new(400, "malformed", said).on(line, column);
    if text == TOO_DEEP { problem.limit("json_depth") } else { problem }
}

/// What is said of a member that is given twice.
pub(super) fn twice(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '?' };
    let shown: String = name.chars().take(64).map(plain).collect();
    format!("the member {shown} is given twice")
}

#[derive(Clone, Copy)]
struct Strict {
    /// Levels that are left.
    depth: usize,
}

impl Strict {
    fn inside<E: serde::de::Error>(self) -> Result<Strict, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(TOO_DEEP))?;
        Ok(Strict { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(inside)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(twice(&name)));
            }
            let value = object.next_value_seed(inside)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in ["null", "[1, -2, 3.5, \"ä\", true, {}]", r#"{"a": {"b": []}, "c": "\u00e4"}"#, " 1 "] {
            let expected: Value = serde_json::from_str(text).expect("sound");
            assert_eq!(read(text.as_bytes(), 8).expect("sound"), expected, "{text}");
        }
    }

    #[test]
    fn refuses_with_the_place() {
        for (text, depth, expected) in [
            ("{\"a\": 1,\n \"a\": 2}", 8, "the member a is given twice, line 2, column 4."),
            ("[[[1]]]", 2, "values are nested too deep, line 1, column 3."),
            ("{\"a\": }", 8, "expected value, line 1, column 7."),
            ("[1,\n2", 8, "EOF while parsing a list, line 2, column 1."),
            ("[] []", 8, "trailing characters, line 1, column 4."),
            ("", 8, "EOF while parsing a value, line 1, column 0."),
        ] {
            let problem = format!("{:?}", read(text.as_bytes(), depth).expect_err(text));
            assert!(problem.contains(expected), "{text}: {problem}");
        }
        assert!(read(b"[[1]]", 2).is_ok());
        assert!(read(&[b'"', 0xff, b'"'], 2).is_err());
    }
}
