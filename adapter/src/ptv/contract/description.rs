//! The deployed description (OpenAPI) against the field sheet.

use serde_json::Value;

use super::{Affected, PropertyChange, Sent, What};
use crate::ptv::fields::{Body, Field, fields};
use crate::ptv::profile::Profile;
use crate::ptv::rules::length;

pub(super) fn compare(description: &Value, profile: Profile, sent: &[Sent]) -> Vec<PropertyChange> {
    let mut changes = Vec::new();
    for body in Body::ALL {
        let Some(class) = class_of(description, body) else {
            changes.push(change(body, None, String::new(), What::Gone, affected(sent, body, |_| true)));
            continue;
        };
        let fields = fields(body);
        for field in &fields {
            let Some(property) = property_at(description, &class, &field.ptv) else {
                let used = |body: &Value| at(body, &field.ptv).next().is_some();
                changes.push(change(body, Some(field), field.ptv.clone(), What::Gone, affected(sent, body, used)));
                continue;
            };
            let now = property.get("maxLength").and_then(Value::as_u64);
            let before = field.longest(profile).map(|max| max as u64);
            if let (Some(now), Some(before)) = (now, before)
                && now != before
            {
                let longest = usize::try_from(now).unwrap_or(usize::MAX);
                let longer =
                    |body: &Value| at(body, &field.ptv).filter_map(Value::as_str).any(|it| length(it) > longest);
                let affected = affected(sent, body, longer);
                let change = change(body, Some(field), field.ptv.clone(), What::Length, affected);
                changes.push(PropertyChange { before: Some(before), now: Some(now), ..change });
            }
        }
        for name in required(&class) {
            let known = fields.iter().any(|field| field.ptv.split('.').next() == Some(name));
            if !known {
                let all = affected(sent, body, |_| true);
                changes.push(change(body, None, name.to_owned(), What::Required, all));
            }
        }
    }
    changes
}

fn change(body: Body, field: Option<&Field>, property: String, what: What, affected: Affected) -> PropertyChange {
    let field = field.map(|field| field.pat.clone()).unwrap_or_default();
    let (record, object) = (body.source().laji(), body.word());
    PropertyChange { record, field, object, property, what, before: None, now: None, affected }
}

fn affected(sent: &[Sent], body: Body, is: impl Fn(&Value) -> bool) -> Affected {
    Affected::of(sent.iter().filter(|it| it.of == body && is(&it.body)).map(|it| &it.key))
}

/// The class that the write operation of a body takes.
fn class_of(description: &Value, body: Body) -> Option<Value> {
    let path = match body {
        Body::Organisation | Body::Service | Body::Collection => format!("/{}", body.word()),
        Body::Connections => "/Connection/serviceId/{serviceId}".to_owned(),
        _ => format!("/ServiceChannel/{}", body.word()),
    };
    let paths = description.get("paths")?.as_object()?;
    let whole = format!("/api/v11{path}");
    let (_, item) = paths.iter().find(|(known, _)| known.eq_ignore_ascii_case(&whole))?;
    let operation = item.get("post").or_else(|| item.get("put"))?;
    let contents = operation.pointer("/requestBody/content")?.as_object()?;
    let schema = contents.get("application/json").or_else(|| contents.values().next())?.get("schema")?;
    Some(resolved(description, schema).clone())
}

/// A schema behind its reference, and of a list its items.
fn resolved<'d>(description: &'d Value, schema: &'d Value) -> &'d Value {
    let mut schema = schema;
    // A description that refers to itself ends here.
    for _ in 0..8 {
        let named = schema.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
        schema = match (named.and_then(|pointer| description.pointer(pointer)), schema.get("items")) {
            (Some(target), _) => target,
            (None, Some(items)) => items,
            (None, None) => return schema,
        };
    }
    schema
}

fn property_at<'d>(description: &'d Value, class: &'d Value, path: &str) -> Option<&'d Value> {
    let mut schema = class;
    let mut property = None;
    for name in path.split('.') {
        let found = resolved(description, schema).get("properties")?.get(name)?;
        property = Some(found);
        schema = found;
    }
    property
}

fn required(class: &Value) -> impl Iterator<Item = &str> {
    class.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The values at a path of a body, lists passed through.
pub(super) fn at<'b>(body: &'b Value, path: &str) -> Box<dyn Iterator<Item = &'b Value> + 'b> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest.to_owned())));
    let Some(value) = body.get(name) else { return Box::new(std::iter::empty()) };
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    match rest {
        Some(rest) => Box::new(items.iter().flat_map(move |item| at(item, &rest))),
        None => Box::new(items.iter()),
    }
}
