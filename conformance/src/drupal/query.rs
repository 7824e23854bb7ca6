//! The query of a collection: filters, sorting, paging, includes, sparse fields, by core's reading.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::PAGE_MAX;
use super::error::Refusal;
use super::site::{Entity, Site, Translation};

/// What is asked of a collection or of a resource.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Query {
    conditions: Vec<Condition>,
    sorts: Vec<(String, bool)>,
    pub(super) limit: usize,
    pub(super) offset: usize,
    /// Each a path of relationship fields.
    pub(super) includes: Vec<Vec<String>>,
    /// By resource type.
    pub(super) fields: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Condition {
    path: String,
    operator: String,
    values: Vec<String>,
}

impl Query {
    pub(super) fn read(query: &str) -> Result<Query, Refusal> {
        let mut read = Query { limit: PAGE_MAX, ..Query::default() };
        let mut filters: BTreeMap<String, Vec<(Vec<String>, String)>> = BTreeMap::new();
        let mut sorts: BTreeMap<String, (String, bool)> = BTreeMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name)?, decoded(value)?);
            let keys = keys(&name);
            let inner: Vec<String> = keys.iter().skip(1).cloned().collect();
            match (keys.first().map(String::as_str).unwrap_or_default(), inner.as_slice()) {
                ("filter", [filter, rest @ ..]) => {
                    filters.entry(filter.clone()).or_default().push((rest.to_vec(), value));
                }
                ("sort", []) => {
                    for field in value.split(',').filter(|field| !field.is_empty()) {
                        let descending = field.starts_with('-');
                        read.sorts.push((field.trim_start_matches('-').to_owned(), descending));
                    }
                }
                ("sort", [name, part]) => {
                    let sort = sorts.entry(name.clone()).or_default();
                    match part.as_str() {
                        "path" => sort.0 = value,
                        "direction" => sort.1 = value.eq_ignore_ascii_case("desc"),
                        _ => {}
                    }
                }
                ("page", [part]) => read.page(part, &value)?,
                ("include", []) => {
                    let paths = value.split(',').filter(|path| !path.is_empty());
                    read.includes = paths.map(|path| path.split('.').map(str::to_owned).collect()).collect();
                }
                ("fields", [kind]) => {
                    let names = value.split(',').map(str::to_owned).collect();
                    read.fields.insert(kind.clone(), names);
                }
                ("filter" | "page" | "fields", _) => return Err(Refusal::of(&name, "You need to provide a value.")),
                (other, _) if other.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                    let text = format!("The following query parameters violate the JSON:API spec: '{other}'.");
                    return Err(Refusal::of(other, text));
                }
                _ => {}
            }
        }
        read.sorts.extend(sorts.into_values());
        for (name, parts) in filters {
            read.conditions.push(condition(&name, parts)?);
        }
        Ok(read)
    }

    fn page(&mut self, part: &str, value: &str) -> Result<(), Refusal> {
        let wrong = || Refusal::of("page", "The page parameter needs to be a non-negative number.");
        let number: usize = value.parse().map_err(|_| wrong())?;
        match part {
            "limit" if number > 0 => self.limit = number.min(PAGE_MAX),
            "offset" => self.offset = number,
            _ => return Err(wrong()),
        }
        Ok(())
    }

    /// All entities of a type that fit, in order, seen by nobody yet: access is judged when they are shown.
    pub(super) fn select<'a>(&self, site: &'a Site, kind: &'a str) -> Result<Vec<&'a Entity>, Refusal> {
        let all: Vec<&Entity> = site.of_kind(kind).collect();
        for path in self.conditions.iter().map(|it| &it.path).chain(self.sorts.iter().map(|(path, _)| path)) {
            let field = path.split('.').next().unwrap_or_default();
            // A type without entities has no fields to be wrong about.
            if !all.is_empty() && !all.iter().any(|entity| has_field(entity, field)) {
                let text = format!(
                    "Invalid nested filtering. The field `{field}`, given in the path `{path}`, does not exist."
                );
                return Err(Refusal::of("filter", text));
            }
        }
        let mut found: Vec<&Entity> =
            all.into_iter().filter(|entity| self.conditions.iter().all(|it| it.holds(entity))).collect();
        found.sort_by(|one, other| {
            let by_sorts = self.sorts.iter().map(|(path, descending)| {
                let order = compare(&extreme(one, path, *descending), &extreme(other, path, *descending));
                if *descending { order.reverse() } else { order }
            });
            by_sorts.fold(Ordering::Equal, Ordering::then).then(one.number.cmp(&other.number))
        });
        Ok(found)
    }
}

/// `filter[a]=v`, `filter[a][value]`, `filter[a][operator]`, `filter[n][condition][path|operator|value]`.
fn condition(name: &str, parts: Vec<(Vec<String>, String)>) -> Result<Condition, Refusal> {
    let mut condition = Condition { path: name.to_owned(), operator: "=".into(), values: Vec::new() };
    for (keys, value) in parts {
        let keys: Vec<&str> = keys.iter().map(String::as_str).filter(|key| *key != "condition").collect();
        match keys.as_slice() {
            [] | ["value"] | ["value", _] => condition.values.push(value),
            ["path"] => condition.path = value,
            ["operator"] => condition.operator = value,
            ["group", ..] | ["memberOf"] => return Err(Refusal::of("filter", "Groups are not simulated.")),
            _ => {
                let text = "You have provided an invalid filter condition; expected path, operator and value.";
                return Err(Refusal::of("filter", text));
            }
        }
    }
    if !["=", "<>", ">", ">=", "<", "<=", "IN", "NOT IN"].contains(&condition.operator.as_str()) {
        let text = format!("The '{}' operator is not allowed in a filter parameter.", condition.operator);
        return Err(Refusal::of("filter", text));
    }
    if condition.values.is_empty() {
        return Err(Refusal::of("filter", "Filter parameter is missing a 'value' key."));
    }
    Ok(condition)
}

impl Condition {
    /// An entity query looks at the rows of all translations.
    fn holds(&self, entity: &Entity) -> bool {
        entity.translations.iter().any(|(language, translation)| {
            let values = values(entity, language, translation, &self.path);
            match self.operator.as_str() {
                "IN" => values.iter().any(|value| self.values.iter().any(|given| equals(value, given))),
                "NOT IN" => values.iter().all(|value| self.values.iter().all(|given| !equals(value, given))),
                operator => values.iter().any(|value| {
                    let given = self.values.first().map(String::as_str).unwrap_or_default();
                    let order = compare(value, &of_type(value, given));
                    match operator {
                        "=" => order.is_eq(),
                        "<>" => order.is_ne(),
                        ">" => order.is_gt(),
                        ">=" => order.is_ge(),
                        "<" => order.is_lt(),
                        _ => order.is_le(),
                    }
                }),
            }
        })
    }
}

fn equals(value: &Value, given: &str) -> bool {
    compare(value, &of_type(value, given)).is_eq()
}

/// What is given, as the column's type. A text in a number's column is its leading digits, as MySQL has it: so a
/// time in RFC 3339 compares as its year, and a filter of `changed` finds everything.
fn of_type(value: &Value, given: &str) -> Value {
    match value {
        Value::Number(_) => {
            let digits: String = given.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
            Value::from(digits.parse::<i64>().unwrap_or_default())
        }
        Value::Bool(_) => Value::Bool(matches!(given, "1" | "true")),
        _ => Value::String(given.to_owned()),
    }
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

/// The value that a sort goes by: the smallest of all translations going up, the largest going down.
fn extreme(entity: &Entity, path: &str, largest: bool) -> Value {
    let all = entity.translations.iter().flat_map(|(code, translation)| values(entity, code, translation, path));
    let found = if largest { all.max_by(compare) } else { all.min_by(compare) };
    found.unwrap_or(Value::Null)
}

/// What a path of a filter holds in one translation. Times are seconds here, whatever the documents show.
fn values(entity: &Entity, language: &str, translation: &Translation, path: &str) -> Vec<Value> {
    let (number, revision) = entity.number_fields();
    let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
    match field {
        "id" => vec![entity.uuid.to_string().into()],
        "langcode" => vec![language.into()],
        "status" => vec![translation.published.into()],
        "changed" => vec![translation.changed.into()],
        "created" => vec![entity.created.into()],
        _ if field == number => vec![entity.number.into()],
        _ if field == revision => vec![entity.revision.into()],
        _ => {
            if let Some((_, targets)) = entity.relations.get(field) {
                return targets.iter().map(|target| target.to_string().into()).collect();
            }
            let Some(value) = entity.field(translation, field) else { return vec![Value::Null] };
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let inner = |item: &Value| match rest {
                Some(rest) => item.get(rest).cloned().unwrap_or(Value::Null),
                None => item.clone(),
            };
            items.iter().map(inner).collect()
        }
    }
}

fn has_field(entity: &Entity, field: &str) -> bool {
    let (number, revision) = entity.number_fields();
    ["id", "langcode", "status", "changed", "created", number, revision].contains(&field)
        || entity.relations.contains_key(field)
        || entity.translations.values().any(|translation| entity.field(translation, field).is_some())
}

/// `filter[a][b]` is `filter`, `a`, `b`.
fn keys(name: &str) -> Vec<String> {
    let (first, rest) = name.split_once('[').map_or((name, ""), |(first, rest)| (first, rest));
    let inner = rest.strip_suffix(']').unwrap_or(rest);
    let mut keys = vec![first.to_owned()];
    if name.contains('[') {
        keys.extend(inner.split("][").map(str::to_owned));
    }
    keys
}

fn decoded(text: &str) -> Result<String, Refusal> {
    let text = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8();
    decoded.map(Into::into).map_err(|_| Refusal::new(400, "The query is not UTF-8."))
}
