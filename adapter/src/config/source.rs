//! The file as text: laid over the default, with the line of every key, and complaints that point at it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Config;
use crate::error::{Answers, Blame, Retry};

/// Why a configuration cannot be read. Exit code 2; retrying does not help.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{}: cannot be read: {source}. Give the path of a readable file with --config", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}: {}{expected}. {act}", path.display(), place(key))]
    Wrong { path: PathBuf, line: usize, key: String, expected: String, act: String },
}

impl Answers for ConfigError {
    fn blame(&self) -> Blame {
        Blame::Us
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

fn place(key: &str) -> String {
    if key.is_empty() { String::new() } else { format!("{key}: ") }
}

/// Which file it was and on which line each key stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    /// Line (from 1) by key, such as `xroad.listen` or `tenants[0].xroad.instance`.
    lines: BTreeMap<String, usize>,
}

impl Source {
    /// The line of a key; of the nearest thing above it when the file does not write it; 1 when there is none.
    pub fn line(&self, key: &str) -> usize {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return *line;
            }
            match key.rfind(['.', '[']) {
                Some(end) => key = key.get(..end).unwrap_or(""),
                None => return 1,
            }
        }
    }
}

impl Source {
    /// A text of TOML by itself, and where its keys stand. `path` is for messages only.
    pub(super) fn with_table(path: &Path, text: &str) -> Result<(Source, toml::Table), ConfigError> {
        let mut map = Places::default();
        let parsed = DeTable::parse(text).map_err(|error| map.wrong(path, text, &error))?;
        map.walk(parsed.get_ref(), "");
        let table = toml::Table::deserialize(toml::Deserializer::from(parsed))
            .map_err(|error| map.wrong(path, text, &error))?;
        let lines = map.entries.into_iter().map(|(key, span)| (key, line_at(text, span.start))).collect();
        Ok((Source { path: path.to_owned(), lines }, table))
    }
}

pub(super) fn merge(path: &Path, text: &str, default: &str) -> Result<(Config, Source), ConfigError> {
    let mut map = Places::default();
    let wrong = |map: &Places, error: &toml::de::Error| map.wrong(path, text, error);
    let mut user = DeTable::parse(text).map_err(|error| wrong(&map, &error))?;
    map.walk(user.get_ref(), "");
    let base = DeTable::parse(default).map_err(|error| wrong(&Places::default(), &error))?;
    lay_over(user.get_mut(), base.into_inner());
    let config = Config::deserialize(toml::Deserializer::from(user)).map_err(|error| wrong(&map, &error))?;
    let lines = map.entries.into_iter().map(|(key, span)| (key, line_at(text, span.start))).collect();
    Ok((config, Source { path: path.to_owned(), lines }))
}

/// Gives the user's tables what they leave out. Lists are the user's or the default's, never both.
fn lay_over<'i>(user: &mut DeTable<'i>, base: DeTable<'i>) {
    for (key, value) in base {
        let Some(own) = user.get_mut(&key) else {
            user.insert(key, value);
            continue;
        };
        if let (DeValue::Table(own), DeValue::Table(value)) = (own.get_mut(), value.into_inner()) {
            lay_over(own, value);
        }
    }
}

/// Every key of the user's file with the span from the key to the end of its value.
#[derive(Default)]
struct Places {
    entries: Vec<(String, Range<usize>)>,
}

impl Places {
    fn wrong(&self, path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let (expected, act) = explain(error.message());
        let (line, key) = (line_at(text, span.start), self.key_at(&span));
        ConfigError::Wrong { path: path.to_owned(), line, key, expected, act }
    }

    fn walk(&mut self, table: &DeTable<'_>, prefix: &str) {
        for (key, value) in table {
            let name =
                if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
            let span = key.span();
            self.entries.push((name.clone(), span.start..span.end.max(value.span().end)));
            self.value(value, &name);
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, name: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.walk(table, name),
            DeValue::Array(array) => {
                for (index, item) in array.iter().enumerate() {
                    let name = format!("{name}[{index}]");
                    self.entries.push((name.clone(), item.span()));
                    self.value(item, &name);
                }
            }
            _ => {}
        }
    }

    /// The key whose text holds the span: the narrowest, and of equals the deepest. The span of a table is its header,
    /// which begins before its key.
    fn key_at(&self, span: &Range<usize>) -> String {
        let holding = self.entries.iter().filter(|(_, range)| range.start <= span.start && span.start < range.end);
        let within = self.entries.iter().filter(|(_, range)| span.contains(&range.start));
        holding
            .min_by_key(|(key, range)| (range.len(), usize::MAX - key.len()))
            .or_else(|| within.max_by_key(|(key, _)| key.len()))
            .map_or_else(String::new, |(key, _)| key.clone())
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// What was expected, and the act that helps. A wrong value is never repeated: it may be a password in the wrong place.
fn explain(message: &str) -> (String, String) {
    let reference = "config.default.toml explains every key";
    let message = message.trim();
    if let Some(rest) = message.strip_prefix("unknown field ") {
        return (format!("unknown key {rest}"), format!("Mend the spelling or remove the line; {reference}"));
    }
    if let Some(rest) = message.strip_prefix("missing field ") {
        return (format!("the key {rest} is missing"), format!("Add it; {reference}"));
    }
    if message.starts_with("expected ") {
        return (format!("a wrong value, {message}"), format!("Write the value in that form; {reference}"));
    }
    if let Some((_, expected)) = message.split_once(", expected ") {
        let kind = if message.starts_with("unknown variant") { "an unknown word" } else { "a wrong value" };
        return (format!("{kind}, expected {expected}"), format!("Write the value in that form; {reference}"));
    }
    (message.to_owned(), format!("Mend the line; {reference}"))
}
