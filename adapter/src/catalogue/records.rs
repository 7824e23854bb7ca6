//! The records of a batch: values, or the text that came, of which a part at a time is made into values. A batch of
//! 64 MiB would be several times as much as values.

use std::borrow::Cow;
use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Records(Form);

#[derive(Clone, Debug)]
enum Form {
    Values(Vec<Value>),
    /// JSON, and where in it each record stands.
    Text {
        json: Bytes,
        places: Vec<Range<usize>>,
    },
}

impl From<Vec<Value>> for Records {
    fn from(values: Vec<Value>) -> Records {
        Records(Form::Values(values))
    }
}

impl FromIterator<Value> for Records {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Records {
        Records(Form::Values(values.into_iter().collect()))
    }
}

impl Records {
    /// Records that stand in a text at these places, each a whole JSON value. What is none becomes `null`, which no
    /// record is.
    pub fn in_text(json: Bytes, places: Vec<Range<usize>>) -> Records {
        Records(Form::Text { json, places })
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Values(values) => values.len(),
            Form::Text { places, .. } => places.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, Value>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    fn get(&self, at: usize) -> Option<Cow<'_, Value>> {
        match &self.0 {
            Form::Values(values) => values.get(at).map(Cow::Borrowed),
            Form::Text { json, places } => places.get(at).map(|place| Cow::Owned(read(json, place))),
        }
    }

    /// The records from `first` on, at most `many`.
    pub(super) fn part(&self, first: usize, many: usize) -> Cow<'_, [Value]> {
        let last = first.saturating_add(many).min(self.len());
        match &self.0 {
            Form::Values(values) => Cow::Borrowed(values.get(first..last).unwrap_or_default()),
            Form::Text { json, places } => {
                let places = places.get(first..last).unwrap_or_default();
                Cow::Owned(places.iter().map(|place| read(json, place)).collect())
            }
        }
    }

    /// SHA-256 of the records as one compact JSON array: spaces between members are no other content.
    pub(super) fn digest(&self) -> Vec<u8> {
        let mut context = Context::new(&SHA256);
        context.update(b"[");
        for (at, record) in self.iter().enumerate() {
            if at > 0 {
                context.update(b",");
            }
            context.update(&serde_json::to_vec(&*record).unwrap_or_default());
        }
        context.update(b"]");
        context.finish().as_ref().to_vec()
    }
}

fn read(json: &Bytes, place: &Range<usize>) -> Value {
    let text = json.get(place.clone()).unwrap_or_default();
    serde_json::from_slice(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::digest;
    use serde_json::json;

    use super::*;

    #[test]
    fn text_and_values_are_the_same_records() {
        let values = vec![json!({"a": 1, "b": [true, "ä"]}), json!({}), json!([2])];
        let text = r#" [ {"a": 1, "b": [true,"ä"]} , {},[2]]"#;
        let place = |record: &str| {
            let start = text.find(record).expect("it stands there");
            start..start + record.len()
        };
        let places = vec![place(r#"{"a": 1, "b": [true,"ä"]}"#), place("{}"), place("[2]")];
        let (in_text, as_values) = (Records::in_text(text.into(), places), Records::from(values.clone()));
        let whole = digest(&SHA256, &serde_json::to_vec(&values).expect("JSON"));
        for records in [&in_text, &as_values] {
            assert_eq!(records.len(), 3);
            assert_eq!(records.iter().map(Cow::into_owned).collect::<Vec<_>>(), values);
            assert_eq!(*records.part(1, 5), values[1..]);
            assert!(records.part(3, 5).is_empty());
            assert_eq!(records.digest(), whole.as_ref(), "the digest of the array");
        }
    }
}
