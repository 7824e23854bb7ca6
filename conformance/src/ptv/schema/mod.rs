//! The first stage of a write: JSON types, then the rules that stand on one field (ptv-in-api §1.5).
//! Nothing here looks anything up in code lists or in the store; that is `validate`.

pub(crate) mod entities;
pub(crate) mod parts;

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::errors::Problems;
use super::formats;
use super::json::{filled, flag, given, items, pascal, text};
use super::profile::{Limit, PtvProfile};

/// The JSON type of a field.
pub(crate) enum Shape {
    Text,
    Flag,
    Date,
    Texts,
    Guids,
    List(&'static [Field]),
    Object(&'static [Field]),
}

/// One property on the wire, with the attributes that stand on it.
pub(crate) struct Field {
    pub(crate) json: &'static str,
    pub(crate) shape: Shape,
    pub(crate) rules: &'static [Rule],
}

pub(crate) const fn field(json: &'static str, shape: Shape, rules: &'static [Rule]) -> Field {
    Field { json, shape, rules }
}

/// What an attribute asks of a field. `Item…` rules speak of every item of a list and report under the list's key.
pub(crate) enum Rule {
    Required,
    RequiredOnPost,
    /// Required when a text beside it has this value.
    RequiredIf(&'static str, &'static str),
    /// Required when the object around it says so.
    RequiredWhen(fn(&Value, bool) -> bool),
    OneOf(&'static [&'static str]),
    OneOfOnPost(&'static [&'static str]),
    Matches(fn(&str) -> bool),
    Time,
    Max(Limit),
    Meaningful,
    Language,
    Future,
    ItemOneOf(&'static str, &'static [&'static str]),
    /// A kind of area that the profile knows.
    AreaType,
    ItemAreaType,
    ItemMax(Limit),
    ItemMaxFor(&'static str, Limit),
    ItemMeaningful,
    ItemMatches(fn(&str) -> bool),
    UniqueTyped,
    UniqueLanguage,
    HasType(&'static str),
    HasTypeOnPost(&'static str),
    MatchesDisplayNames,
    TextsMatch(fn(&str) -> bool),
    /// As `TextsMatch`, and one scheme and host for all; the first item is parsed as an absolute URI and may throw.
    UrisMatch(fn(&str) -> bool),
    /// A street needs a number or coordinates beside it.
    StreetComplete,
}

/// What the rules need to know of the call.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) profile: PtvProfile,
    pub(crate) post: bool,
    pub(crate) today: Date,
    pub(crate) content_languages: &'a std::collections::HashSet<String>,
}

/// Keeps the known properties and converts what a lenient JSON reader converts. `Err` is the path of the wrong type.
pub(crate) fn bind(fields: &[Field], body: &Value, path: &str) -> Result<Value, String> {
    let Value::Object(given) = body else { return Err(path.to_owned()) };
    let mut bound = Map::new();
    for field in fields {
        let Some(value) = given.get(field.json) else { continue };
        let here = if path.is_empty() { field.json.to_owned() } else { format!("{path}.{}", field.json) };
        let value = if value.is_null() { Value::Null } else { bind_value(&field.shape, value, &here)? };
        bound.insert(field.json.to_owned(), value);
    }
    Ok(Value::Object(bound))
}

fn bind_value(shape: &Shape, value: &Value, path: &str) -> Result<Value, String> {
    let wrong = || path.to_owned();
    match shape {
        Shape::Text => scalar(value).ok_or_else(wrong),
        Shape::Flag => match value {
            Value::Bool(_) => Ok(value.clone()),
            Value::String(word) => word.trim().to_lowercase().parse().map(Value::Bool).map_err(|_| wrong()),
            _ => Err(wrong()),
        },
        Shape::Date => {
            let word = value.as_str().ok_or_else(wrong)?;
            date_of(word).map(|_| value.clone()).ok_or_else(wrong)
        }
        Shape::Texts => bind_list(value, path, |item, at| scalar(item).ok_or(at)),
        Shape::Guids => bind_list(value, path, |item, at| match item.as_str() {
            Some(word) if formats::guid(word) => Ok(Value::String(word.to_lowercase())),
            _ => Err(at),
        }),
        Shape::List(inner) => bind_list(value, path, |item, at| bind(inner, item, &at)),
        Shape::Object(inner) => bind(inner, value, path),
    }
}

fn bind_list(
    value: &Value,
    path: &str,
    each: impl Fn(&Value, String) -> Result<Value, String>,
) -> Result<Value, String> {
    let list = value.as_array().ok_or_else(|| path.to_owned())?;
    let bound: Result<Vec<Value>, String> =
        list.iter().enumerate().map(|(at, item)| each(item, format!("{path}[{at}]"))).collect();
    bound.map(Value::Array)
}

fn scalar(value: &Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value.clone()),
        Value::Number(number) => Some(Value::String(number.to_string())),
        Value::Bool(word) => Some(Value::String(word.to_string())),
        _ => None,
    }
}

/// The date part of a date-time.
pub(crate) fn date_of(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// Checks an object's fields. True when everything inside is valid.
pub(crate) fn check(fields: &[Field], body: &Value, prefix: &str, call: Call<'_>, problems: &mut Problems) -> bool {
    let mut valid = true;
    for field in fields {
        let key = format!("{prefix}{}", pascal(field.json));
        let inside = check_inside(field, body, &key, call, problems);
        if !inside {
            valid = false;
            continue;
        }
        for rule in field.rules {
            if let Some(message) = broken(rule, field, body, call, problems) {
                problems.add(key.clone(), message);
                valid = false;
            }
        }
    }
    valid
}

fn check_inside(field: &Field, body: &Value, key: &str, call: Call<'_>, problems: &mut Problems) -> bool {
    match &field.shape {
        Shape::List(inner) => {
            let mut valid = true;
            for (at, item) in items(body, field.json).iter().enumerate() {
                valid &= check(inner, item, &format!("{key}[{at}]."), call, problems);
            }
            valid
        }
        Shape::Object(inner) => {
            body.get(field.json).is_none_or(|v| v.is_null() || check(inner, v, &format!("{key}."), call, problems))
        }
        _ => true,
    }
}

fn missing(field: &Field, body: &Value) -> bool {
    match field.shape {
        Shape::Text => text(body, field.json).is_none_or(|word| word.trim().is_empty()),
        Shape::Texts | Shape::Guids | Shape::List(_) => !filled(body, field.json),
        _ => !given(body, field.json),
    }
}

fn broken(rule: &Rule, field: &Field, body: &Value, call: Call<'_>, problems: &mut Problems) -> Option<String> {
    let name = field.json;
    let word = text(body, name).filter(|word| !word.is_empty());
    let list = items(body, name);
    let size = |word: &str| word.encode_utf16().count();
    let any = |bad: &dyn Fn(&str) -> bool| list.iter().filter_map(|item| text(item, "value")).any(bad);
    let required = || missing(field, body).then(|| "The field is required.".to_owned());
    match rule {
        Rule::Required => required(),
        Rule::RequiredOnPost => call.post.then(required).flatten(),
        Rule::RequiredIf(other, value) => (text(body, other) == Some(value)).then(required).flatten(),
        Rule::RequiredWhen(when) => when(body, call.post).then(required).flatten(),
        Rule::OneOf(allowed) => one_of(word, allowed),
        Rule::AreaType => {
            word.filter(|w| !area_type(w, call.profile)).map(|_| "The area type is not allowed.".to_owned())
        }
        Rule::OneOfOnPost(allowed) => call.post.then(|| one_of(word, allowed)).flatten(),
        Rule::Matches(fits) => word.filter(|w| !fits(w)).map(|_| "The format is not valid.".to_owned()),
        Rule::Time => word
            .filter(|w| !formats::time(w, call.profile.is_live()))
            .map(|_| "The time does not match the allowed pattern.".to_owned()),
        Rule::Max(limit) => word
            .filter(|w| size(w) > limit.of(call.profile))
            .map(|_| format!("Longer than {} characters.", limit.of(call.profile))),
        Rule::Meaningful => {
            word.filter(|w| !formats::meaningful(w)).map(|_| "At least five characters are needed.".to_owned())
        }
        Rule::Language => {
            word.filter(|w| !call.content_languages.contains(*w)).map(|_| "The language is not allowed.".to_owned())
        }
        Rule::Future => {
            let date = word.and_then(date_of)?;
            (date <= call.today).then(|| "The date must be in the future.".to_owned())
        }
        Rule::ItemOneOf(inner, allowed) => list
            .iter()
            .filter_map(|item| text(item, inner))
            .any(|w| !allowed.contains(&w))
            .then(|| format!("Allowed values of {inner} are: {}.", allowed.join(", "))),
        Rule::ItemAreaType => list
            .iter()
            .filter_map(|item| text(item, "type"))
            .any(|kind| !area_type(kind, call.profile))
            .then(|| "The area type is not allowed.".to_owned()),
        Rule::ItemMax(limit) => any(&|w| size(w) > limit.of(call.profile))
            .then(|| format!("Longer than {} characters.", limit.of(call.profile))),
        Rule::ItemMaxFor(kind, limit) => list
            .iter()
            .filter(|item| text(item, "type") == Some(kind))
            .filter_map(|item| text(item, "value"))
            .any(|w| size(w) > limit.of(call.profile))
            .then(|| format!("{kind} is longer than {} characters.", limit.of(call.profile))),
        Rule::ItemMeaningful => {
            any(&|w| !formats::meaningful(w)).then(|| "At least five characters are needed.".to_owned())
        }
        Rule::ItemMatches(fits) => any(&|w| !fits(w)).then(|| "The format of an item is not valid.".to_owned()),
        Rule::UniqueTyped => doubled(list, |item| format!("{:?} {:?}", text(item, "language"), text(item, "type")))
            .then(|| "The same type occurs twice in a language.".to_owned()),
        Rule::UniqueLanguage => {
            doubled(list, |item| format!("{:?}", text(item, "language"))).then(|| "A language occurs twice.".to_owned())
        }
        Rule::HasType(kind) => lacks_type(list, kind),
        Rule::HasTypeOnPost(kind) => call.post.then(|| lacks_type(list, kind)).flatten(),
        Rule::MatchesDisplayNames => display_names(list, items(body, "displayNameType")),
        Rule::TextsMatch(fits) => list
            .iter()
            .filter_map(Value::as_str)
            .any(|w| !fits(w))
            .then(|| "The format of an item is not valid.".to_owned()),
        Rule::UrisMatch(fits) => uris(list, *fits, problems),
        Rule::StreetComplete => {
            let number = text(body, "streetNumber").is_some_and(|w| !w.trim().is_empty());
            let point = ["latitude", "longitude"].iter().all(|f| text(body, f).is_some_and(|w| !w.is_empty()));
            (!list.is_empty() && !number && !point).then(|| "A street needs a number or coordinates.".to_owned())
        }
    }
}

fn one_of(word: Option<&str>, allowed: &[&str]) -> Option<String> {
    word.filter(|w| !allowed.contains(w)).map(|_| format!("Allowed values are: {}.", allowed.join(", ")))
}

fn lacks_type(list: &[Value], kind: &str) -> Option<String> {
    (!list.is_empty() && !list.iter().any(|item| text(item, "type") == Some(kind)))
        .then(|| format!("An item of type {kind} is required."))
}

fn doubled(list: &[Value], key: impl Fn(&Value) -> String) -> bool {
    let mut seen = std::collections::HashSet::new();
    !list.iter().all(|item| seen.insert(key(item)))
}

fn display_names(names: &[Value], display: &[Value]) -> Option<String> {
    if names.is_empty() || display.is_empty() {
        return None;
    }
    let pair_exists = display.iter().all(|d| {
        names.iter().any(|n| text(n, "language") == text(d, "language") && text(n, "type") == text(d, "type"))
    });
    let language_shown = names.iter().all(|n| display.iter().any(|d| text(n, "language") == text(d, "language")));
    (!pair_exists || !language_shown).then(|| "The names and displayNameType do not match.".to_owned())
}

fn uris(list: &[Value], fits: fn(&str) -> bool, problems: &mut Problems) -> Option<String> {
    let given: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    let first = given.first()?;
    let Some(origin) = formats::scheme_and_host(first) else {
        problems.crash = Some("Invalid URI: The format of the URI could not be determined.".to_owned());
        return None;
    };
    let mixed = given.iter().any(|uri| formats::scheme_and_host(uri) != Some(origin));
    (mixed || given.iter().any(|uri| !fits(uri)))
        .then(|| "The URIs are not valid, or not of one vocabulary.".to_owned())
}

fn area_type(kind: &str, profile: PtvProfile) -> bool {
    matches!(kind, "Municipality" | "Region" | "BusinessSubRegion" | "HospitalDistrict")
        || (profile.is_live() && kind == "WellbeingServiceCounties")
}

/// Conditions used by several tables.
pub(crate) mod when {
    use super::{Value, flag, given, text};

    pub(crate) fn no_general_description_on_post(body: &Value, post: bool) -> bool {
        post && !given(body, "generalDescriptionId")
    }

    pub(crate) fn published_without_general_description(body: &Value, _post: bool) -> bool {
        !given(body, "generalDescriptionId") && text(body, "publishingStatus") == Some("Published")
    }

    pub(crate) fn detaching(body: &Value, _post: bool) -> bool {
        flag(body, "deleteGeneralDescriptionId")
    }

    pub(crate) fn no_service_number(body: &Value, _post: bool) -> bool {
        !flag(body, "isFinnishServiceNumber")
    }

    pub(crate) fn signed(body: &Value, _post: bool) -> bool {
        flag(body, "requiresSignature")
    }
}
