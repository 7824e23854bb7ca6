//! Reads members of a JSON object by rule and collects every problem. It knows rules of shape only, not of any call.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::viestit::config::{LengthUnit, Switches};

/// One entry of `validationErrors`.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::viestit) struct Problem {
    pub(in crate::viestit) error: String,
    pub(in crate::viestit) code: Option<&'static str>,
}

/// A JSON object and where it stands in the request.
pub(super) struct Object<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    pub(super) fn root(members: &'a Map<String, Value>) -> Self {
        Self { path: String::new(), members }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    fn place(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// The problems found so far, and how to count and tell.
pub(super) struct Check {
    unit: LengthUnit,
    echo: bool,
    problems: Vec<Problem>,
}

impl Check {
    pub(super) fn new(switches: &Switches) -> Self {
        Self { unit: switches.length_unit, echo: switches.echo_input, problems: Vec::new() }
    }

    /// `value` when nothing was found wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Problem>> {
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    pub(super) fn object<'a>(&mut self, of: &Object<'a>, name: &str) -> Option<Object<'a>> {
        let value = self.present(of, name)?;
        match value.as_object() {
            Some(members) => Some(Object { path: of.place(name), members }),
            None => self.wrong(of, name, "must be an object", value),
        }
    }

    /// A required text of `min` to `max` units.
    pub(super) fn text(&mut self, of: &Object<'_>, name: &str, min: usize, max: usize) -> Option<String> {
        let value = self.present(of, name)?;
        let Some(text) = value.as_str() else {
            return self.wrong(of, name, "must be a string", value);
        };
        if (min..=max).contains(&self.unit.count(text)) {
            return Some(text.to_owned());
        }
        self.wrong(of, name, &format!("size must be between {min} and {max}"), value)
    }

    /// An optional text; the outer `None` says that it is there and wrong.
    #[allow(clippy::option_option)] // absent and wrong are two things here
    pub(super) fn optional_text(
        &mut self,
        of: &Object<'_>,
        name: &str,
        min: usize,
        max: usize,
    ) -> Option<Option<String>> {
        if of.has(name) { self.text(of, name, min, max).map(Some) } else { Some(None) }
    }

    /// A required text that must satisfy `rule` besides its length.
    pub(super) fn matching(
        &mut self,
        of: &Object<'_>,
        name: &str,
        rule: fn(&str) -> bool,
        says: &str,
    ) -> Option<String> {
        let value = self.present(of, name)?;
        match value.as_str() {
            Some(text) if rule(text) => Some(text.to_owned()),
            _ => self.wrong(of, name, says, value),
        }
    }

    /// A required value of a closed list; case counts.
    pub(super) fn choice<T: Copy>(&mut self, of: &Object<'_>, name: &str, table: &[(&str, T)]) -> Option<T> {
        let value = self.present(of, name)?;
        let found = value.as_str().and_then(|text| table.iter().find(|(known, _)| *known == text));
        match found {
            Some((_, choice)) => Some(*choice),
            None => self.wrong(of, name, "must be one of the listed values", value),
        }
    }

    /// An optional value of a closed list, with its default.
    pub(super) fn choice_or<T: Copy>(
        &mut self,
        of: &Object<'_>,
        name: &str,
        table: &[(&str, T)],
        default: T,
    ) -> Option<T> {
        if of.has(name) { self.choice(of, name, table) } else { Some(default) }
    }

    pub(super) fn flag(&mut self, of: &Object<'_>, name: &str) -> Option<bool> {
        let value = self.present(of, name)?;
        match value.as_bool() {
            Some(flag) => Some(flag),
            None => self.wrong(of, name, "must be a boolean", value),
        }
    }

    /// An optional int64; the outer `None` says that it is there and wrong.
    #[allow(clippy::option_option)] // absent and wrong are two things here
    pub(super) fn optional_int64(&mut self, of: &Object<'_>, name: &str) -> Option<Option<i64>> {
        let Some(value) = of.members.get(name) else {
            return Some(None);
        };
        match value.as_i64() {
            Some(number) => Some(Some(number)),
            None => self.wrong(of, name, "must be a 64-bit integer", value),
        }
    }

    /// A required array of `min` to `max` objects, each read by `item`.
    pub(super) fn list<'a, T>(
        &mut self,
        of: &Object<'a>,
        name: &str,
        (min, max): (usize, usize),
        item: impl Fn(&mut Self, &Object<'a>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.present(of, name)?;
        let Some(entries) = value.as_array() else {
            return self.wrong(of, name, "must be an array", &Value::Null);
        };
        if !(min..=max).contains(&entries.len()) {
            return self.wrong(of, name, &format!("size must be between {min} and {max}"), &Value::Null);
        }
        let mut items = Vec::with_capacity(entries.len());
        for (at, entry) in entries.iter().enumerate() {
            let place = format!("{name}[{at}]");
            let read = match entry.as_object() {
                Some(members) => item(self, &Object { path: of.place(&place), members }),
                None => self.wrong(of, &place, "must be an object", entry),
            };
            items.push(read);
        }
        items.into_iter().collect()
    }

    /// A required array of attachment references.
    pub(super) fn attachments(&mut self, of: &Object<'_>, limits: (usize, usize)) -> Option<Vec<Uuid>> {
        self.references(of, "attachments", "attachmentId", limits)
    }

    /// A required array of objects that name an upload by `member`.
    pub(super) fn references(
        &mut self,
        of: &Object<'_>,
        name: &str,
        member: &str,
        limits: (usize, usize),
    ) -> Option<Vec<Uuid>> {
        self.list(of, name, limits, |check, entry| {
            let value = check.present(entry, member)?;
            // Only the hyphenated form is a UUID in OpenAPI's sense.
            match value.as_str().filter(|text| text.len() == 36).and_then(|text| text.parse().ok()) {
                Some(id) => Some(id),
                None => check.wrong(entry, member, "must be a UUID", value),
            }
        })
    }

    fn present<'a>(&mut self, of: &Object<'a>, name: &str) -> Option<&'a Value> {
        match of.members.get(name) {
            None | Some(Value::Null) => self.wrong(of, name, "must not be null", &Value::Null),
            found => found,
        }
    }

    fn wrong<T>(&mut self, of: &Object<'_>, name: &str, says: &str, value: &Value) -> Option<T> {
        let mut error = format!("{}: {says}", of.place(name));
        if self.echo && !value.is_null() {
            error = format!("{error}, was {value}");
        }
        self.problems.push(Problem { error, code: None });
        None
    }
}
