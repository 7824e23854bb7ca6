//! Whether the fields that a mapping fills are fields of PAT: a record with all of them is shown to the reader of records.

use serde_json::{Map, Value, json};

use super::super::compat::put;
use crate::catalogue::pat;
use crate::config::mapping::{Bundle, Mapping, Problem, Spec};

/// Every key of a mapping that no record of its kind has.
pub fn unknown_fields(mapping: &Mapping) -> Vec<Problem> {
    mapping.bundles.iter().flat_map(|bundle| of_bundle(mapping, bundle)).collect()
}

fn of_bundle(mapping: &Mapping, bundle: &Bundle) -> Vec<Problem> {
    let mut record = Map::from_iter([("laji".to_owned(), bundle.kind.laji().into()), ("koodi".to_owned(), "1".into())]);
    fill(&bundle.fields, &mut record);
    let reading = pat::read(&Value::Object(record));
    let unknown = reading.findings.into_iter().filter(|finding| finding.rule == "unknown-field");
    unknown
        .map(|finding| {
            let place = format!("bundles.{}.fields", bundle.name);
            let first = finding.field.split(['.', '[']).next().unwrap_or_default();
            // The mapping may write the field with a star, or below a dot; the line is that of the nearest key.
            let written = bundle.fields.iter().map(|(name, _)| name).find(|name| {
                let plain = name.replace('*', "fi");
                finding.field.starts_with(&plain) || name.split('.').next() == Some(first)
            });
            let key = format!("{place}.{}", written.map_or(first, String::as_str));
            let kind = bundle.kind.laji();
            Problem {
                line: mapping.source.line(&key),
                key,
                text: format!("{} is no field of {kind}", finding.field),
                act: "Look the field up in docs/manual.md, or leave it out".to_owned(),
            }
        })
        .collect()
}

fn fill(members: &[(String, Spec)], into: &mut Map<String, Value>) {
    for (name, spec) in members {
        let localised = name.ends_with("_kieliversiot") && !matches!(spec, Spec::Constant(_));
        let value = sample(spec);
        let value = if localised { json!({ "fi": value }) } else { value };
        put(into, &name.replace('*', "fi"), value);
    }
}

fn sample(spec: &Spec) -> Value {
    match spec {
        Spec::Constant(value) => value.clone(),
        Spec::Take(_) => "x".into(),
        Spec::Each { item, .. } => vec![sample(item)].into(),
        Spec::List(items) => items.iter().map(sample).collect(),
        Spec::Object(members) => {
            let mut object = Map::new();
            fill(members, &mut object);
            object.into()
        }
        Spec::Reference { many: true, .. } => json!([{"koodi": "1"}]),
        Spec::Reference { .. } => json!({"koodi": "1"}),
    }
}
