//! The text of a mapping to its values. Goes on after a problem, so that all of them are told at once.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::path::{Ground, Path};
use super::{Bundle, Form, Mapping, Problem, Spec, Take};
use crate::config::source::{ConfigError, Source};
use crate::model::{Kind, Lang};

/// Objects and lists of a mapping nest no deeper.
const DEPTH: usize = 8;

pub(super) fn read(path: &std::path::Path, text: &str) -> Result<Mapping, Vec<Problem>> {
    let (source, table) = Source::with_table(path, text).map_err(|error| match error {
        ConfigError::Wrong { line, key, expected, act, .. } => vec![Problem { line, key, text: expected, act }],
        error @ ConfigError::Unreadable { .. } => {
            vec![Problem { line: 0, key: String::new(), text: error.to_string(), act: String::new() }]
        }
    })?;
    let mut reader = Reader { source: &source, values: BTreeMap::new(), problems: Vec::new() };
    let (languages, bundles) = reader.file(&table);
    let mut problems = reader.problems;
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.line);
        return Err(problems);
    }
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    Ok(Mapping { languages, bundles, digest: sum, source })
}

struct Reader<'a> {
    source: &'a Source,
    values: BTreeMap<String, BTreeMap<String, Json>>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn problem(&mut self, key: &str, text: impl Into<String>, act: impl Into<String>) {
        let (key, text, act) = (key.to_owned(), text.into(), act.into());
        self.problems.push(Problem { line: self.source.line(&key), key, text, act });
    }

    /// Complains of every key that is not among the known ones.
    fn only(&mut self, at: &str, table: &Table, known: &[&str]) {
        for name in table.keys().filter(|name| !known.contains(&name.as_str())) {
            let text = format!("unknown key, expected one of {}", known.join(", "));
            self.problem(
                &join(at, name),
                text,
                "Mend the spelling or remove the line; docs/drupal.md explains every key",
            );
        }
    }

    fn file(&mut self, table: &Table) -> (Vec<(Lang, String)>, Vec<Bundle>) {
        self.only("", table, &["languages", "prefixes", "values", "bundles"]);
        let languages = self.languages(table);
        for (name, map) in self.table(table, "", "values").cloned().unwrap_or_default() {
            let key = format!("values.{name}");
            if let Some(map) = self.value_map(&key, &map) {
                self.values.insert(name, map);
            }
        }
        let mut bundles = Vec::new();
        for (name, bundle) in self.table(table, "", "bundles").cloned().unwrap_or_default() {
            let at = format!("bundles.{name}");
            match bundle.as_table() {
                Some(table) => bundles.extend(self.bundle(&at, &name, table)),
                None => self.problem(&at, "expected a table", format!("Write [{at}] and its keys below it")),
            }
        }
        if bundles.is_empty() && self.problems.is_empty() {
            self.problem("bundles", "no bundle is mapped", "Write [bundles.service] or another bundle of the site");
        }
        bundles.sort_by_key(|bundle| bundle.kind);
        (languages, bundles)
    }

    fn languages(&mut self, table: &Table) -> Vec<(Lang, String)> {
        let prefixes = self.table(table, "", "prefixes").cloned().unwrap_or_default();
        for name in prefixes.keys().filter(|name| Lang::from_code(name).is_none()) {
            self.problem(&format!("prefixes.{name}"), "an unknown language", "Write fi, sv, en, se, smn or sms");
        }
        let mut languages: Vec<(Lang, String)> = Vec::new();
        let given = table.get("languages").and_then(Value::as_array);
        for (index, code) in given.into_iter().flatten().enumerate() {
            let key = format!("languages[{index}]");
            match code.as_str().and_then(Lang::from_code) {
                Some(lang) if languages.iter().any(|(known, _)| *known == lang) => {
                    self.problem(&key, "the language is there already", "Name each language once");
                }
                Some(lang) => {
                    let prefix = prefixes.get(lang.code()).and_then(Value::as_str).unwrap_or(lang.code());
                    languages.push((lang, prefix.trim_matches('/').to_owned()));
                }
                None => self.problem(&key, "an unknown language", "Write fi, sv, en, se, smn or sms"),
            }
        }
        if given.is_none_or(Vec::is_empty) {
            let act = "Write languages = [\"fi\", \"sv\"], the site's default language first";
            self.problem("languages", "the languages are missing", act);
        }
        languages
    }

    fn value_map(&mut self, key: &str, value: &Value) -> Option<BTreeMap<String, Json>> {
        let act = "Write the site's word and PAT's: free = \"FreeOfCharge\"";
        let Some(table) = value.as_table() else {
            self.problem(key, "expected a table of words", act);
            return None;
        };
        let mut map = BTreeMap::new();
        for (word, value) in table {
            match value {
                Value::String(_) | Value::Integer(_) | Value::Boolean(_) => {
                    map.insert(word.clone(), json(value));
                }
                _ => self.problem(&join(key, word), "expected a text, a number or true or false", act),
            }
        }
        Some(map)
    }

    fn bundle(&mut self, at: &str, name: &str, table: &Table) -> Option<Bundle> {
        self.only(at, table, &["kind", "code", "fields"]);
        let words = Kind::ALL.map(Kind::laji).join(", ");
        let kind = table.get("kind").and_then(Value::as_str).and_then(Kind::from_laji);
        if kind.is_none() {
            let act = format!("Write one of {words}");
            self.problem(&format!("{at}.kind"), "the kind of the records is missing or unknown", act);
        }
        let code = match table.get("code") {
            None => Path::attribute("drupal_internal__nid"),
            Some(code) => self.path(&format!("{at}.code"), code, Ground::Resource)?.0,
        };
        let Some(fields) = self.table(table, at, "fields") else {
            self.problem(
                &format!("{at}.fields"),
                "the fields are missing",
                "Write nimi_kieliversiot = \"attributes.title\" there",
            );
            return None;
        };
        let fields = self.members(&format!("{at}.fields"), &fields.clone(), Ground::Resource, 0);
        for own in ["laji", "koodi", "lahde"] {
            if fields.iter().any(|(name, _)| name == own) {
                let act = "Use kind and code of the bundle; where a record comes from is written by itself";
                self.problem(&format!("{at}.fields.{own}"), "this field is not mapped", act);
            }
        }
        Some(Bundle { name: name.to_owned(), kind: kind?, code, fields })
    }

    fn members(&mut self, at: &str, table: &Table, ground: Ground, depth: usize) -> Vec<(String, Spec)> {
        let mut members = Vec::new();
        for (name, value) in table {
            let key = join(at, name);
            if name.split('.').any(str::is_empty) || name.matches('*').count() > 1 {
                self.problem(&key, "expected PAT's field name", "Dots go into objects; one * stands for the language");
            }
            members.extend(self.spec(&key, value, ground, depth).map(|spec| (name.clone(), spec)));
        }
        members
    }

    fn spec(&mut self, at: &str, value: &Value, ground: Ground, depth: usize) -> Option<Spec> {
        if depth > DEPTH {
            self.problem(at, "nested too deep", "Write it flatter");
            return None;
        }
        match value {
            Value::String(_) => {
                let (from, _) = self.path(at, value, ground)?;
                Some(Spec::Take(Take { from, form: Form::Plain, values: None, default: None }))
            }
            Value::Array(items) => {
                let specs = items.iter().enumerate();
                let specs =
                    specs.filter_map(|(index, item)| self.spec(&format!("{at}[{index}]"), item, ground, depth + 1));
                Some(Spec::List(specs.collect()))
            }
            Value::Table(table) => self.table_spec(at, table, ground, depth),
            _ => {
                let act = "A value that is the same for every node is written { constant = … }";
                self.problem(at, "expected a path, a table or a list", act);
                None
            }
        }
    }

    fn table_spec(&mut self, at: &str, table: &Table, ground: Ground, depth: usize) -> Option<Spec> {
        let leads = ["constant", "from", "each", "reference", "references", "fields"];
        let Some(lead) = leads.into_iter().find(|lead| table.contains_key(*lead)) else {
            let act = format!("Write one of {} in it; docs/drupal.md has an example of each", leads.join(", "));
            self.problem(at, "says nothing of where the value comes from", act);
            return None;
        };
        let value = table.get(lead)?;
        let key = format!("{at}.{lead}");
        match lead {
            "constant" => {
                self.only(at, table, &["constant"]);
                Some(Spec::Constant(json(value)))
            }
            "from" => {
                self.only(at, table, &["from", "as", "values", "default"]);
                let (from, _) = self.path(&key, value, ground)?;
                Some(self.take(at, table, from))
            }
            "each" => {
                let (each, inside) = self.path(&key, value, ground)?;
                let item = if table.contains_key("fields") {
                    self.only(at, table, &["each", "fields"]);
                    let fields = self.table(table, at, "fields")?.clone();
                    Spec::Object(self.members(&format!("{at}.fields"), &fields, inside, depth + 1))
                } else {
                    self.only(at, table, &["each", "take", "as", "values", "default"]);
                    let take = match table.get("take") {
                        Some(take) => self.path(&format!("{at}.take"), take, inside)?.0,
                        None if inside == Ground::Value => Path::read(".", Ground::Value).ok()?.0,
                        None => {
                            let act =
                                "Write take = \"attributes.…\" for one value of each target, or fields for an object";
                            self.problem(at, "says nothing of what is taken of each target", act);
                            return None;
                        }
                    };
                    self.take(at, table, take)
                };
                Some(Spec::Each { each, item: Box::new(item) })
            }
            "reference" | "references" => {
                self.only(at, table, &[lead, "code"]);
                let (from, leads_to) = self.path(&key, value, ground)?;
                if leads_to == Ground::Value {
                    self.problem(&key, "this path leads to no other record", "Write relationships.… to the end");
                    return None;
                }
                let code = match table.get("code") {
                    Some(code) => Some(self.path(&format!("{at}.code"), code, Ground::Resource)?.0),
                    None => None,
                };
                Some(Spec::Reference { from, code, many: lead == "references" })
            }
            _ => {
                self.only(at, table, &["fields"]);
                let fields = self.table(table, at, "fields")?.clone();
                Some(Spec::Object(self.members(&format!("{at}.fields"), &fields, ground, depth + 1)))
            }
        }
    }

    fn take(&mut self, at: &str, table: &Table, from: Path) -> Spec {
        let form = match table.get("as").map(|word| word.as_str().unwrap_or_default()) {
            None | Some("plain") => Form::Plain,
            Some("html") => Form::Html,
            Some("hhmm") => Form::Hhmm,
            Some("seconds") => Form::Seconds,
            Some(_) => {
                self.problem(&format!("{at}.as"), "an unknown word", "Write plain, html, hhmm or seconds");
                Form::Plain
            }
        };
        let values = match table.get("values") {
            None => None,
            Some(Value::String(name)) => {
                let known = self.values.get(name).cloned();
                if known.is_none() {
                    let names = self.values.keys().cloned().collect::<Vec<_>>().join(", ");
                    let text = format!("there is no [values.{name}]; there are: {names}");
                    self.problem(&format!("{at}.values"), text, "Mend the name or add the table");
                }
                known
            }
            Some(inline) => self.value_map(&format!("{at}.values"), inline),
        };
        let default = table.get("default").map(json);
        Spec::Take(Take { from, form, values, default })
    }

    fn path(&mut self, key: &str, value: &Value, ground: Ground) -> Option<(Path, Ground)> {
        let read = value.as_str().ok_or("expected a path as a text").and_then(|text| Path::read(text, ground));
        match read {
            Ok(read) => Some(read),
            Err(text) => {
                self.problem(key, text, "Write it as the documents of the site's JSON:API have it");
                None
            }
        }
    }

    fn table<'t>(&mut self, table: &'t Table, at: &str, name: &str) -> Option<&'t Table> {
        let value = table.get(name)?;
        let found = value.as_table();
        if found.is_none() {
            self.problem(&join(at, name), "expected a table", "docs/drupal.md has an example");
        }
        found
    }
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

fn json(value: &Value) -> Json {
    match value {
        Value::String(text) => text.clone().into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Datetime(time) => time.to_string().into(),
        Value::Array(items) => items.iter().map(json).collect(),
        Value::Table(table) => table.iter().map(|(name, value)| (name.clone(), json(value))).collect(),
    }
}
