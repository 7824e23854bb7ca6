//! The description that PTV deploys beside its interface (ptv-in-api §1.2, §10): what a generator makes of the classes.
//! Like the deployed one it has names, types, `required` and lengths of single texts, and nothing of the rules of lists.

use serde_json::{Map, Value, json};

use crate::ptv::profile::PtvProfile;
use crate::ptv::schema::entities::{CONNECTIONS_BY_ID, fields};
use crate::ptv::schema::{Field, Rule, Shape};
use crate::ptv::store::Kind;

/// A change that DVV makes to a class without telling anybody.
#[derive(Clone, Debug)]
pub struct ContractChange {
    /// `Service`, `Organization`, a kind of channel, or `Connection`.
    pub object: String,
    /// The path of the property, lists passed through: `serviceVouchers.url`.
    pub property: String,
    pub what: ContractEdit,
}

#[derive(Clone, Debug)]
pub enum ContractEdit {
    /// The property is gone.
    Gone,
    /// It must be in every body; a new one if there was none.
    Required,
    /// It may be so long.
    MaxLength(usize),
}

const KINDS: [Kind; 8] = [
    Kind::Organization,
    Kind::Service,
    Kind::EChannel,
    Kind::Phone,
    Kind::ServiceLocation,
    Kind::PrintableForm,
    Kind::WebPage,
    Kind::ServiceCollection,
];

pub(crate) fn document(profile: PtvProfile, changes: &[ContractChange]) -> Value {
    let mut schemas = Map::new();
    let mut paths = Map::new();
    let mut add = |object: &str, path: String, method: &str, fields: &[Field]| {
        let class = format!("V11VmOpenApi{object}In");
        let mut schema = class_of(fields, profile);
        for change in changes.iter().filter(|change| change.object == object) {
            let steps: Vec<&str> = change.property.split('.').collect();
            edit(&mut schema, &steps, &change.what);
        }
        schemas.insert(class.clone(), schema);
        let body = json!({"schema": {"$ref": format!("#/components/schemas/{class}")}});
        paths.insert(path, json!({ method: {"requestBody": {"content": {"application/json": body}}} }));
    };
    for kind in KINDS {
        let below = if Kind::CHANNELS.contains(&kind) { "ServiceChannel/" } else { "" };
        add(kind.name(), format!("/api/v11/{below}{}", kind.name()), "post", fields(kind));
    }
    add("Connection", "/api/v11/Connection/serviceId/{serviceId}".into(), "put", CONNECTIONS_BY_ID);
    json!({"openapi": "3.0.4", "info": {"title": "PTV", "version": "v11"}, "paths": paths, "components": {"schemas": schemas}})
}

fn class_of(fields: &[Field], profile: PtvProfile) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in fields {
        if field.rules.iter().any(|rule| matches!(rule, Rule::Required)) {
            required.push(field.json);
        }
        properties.insert(field.json.to_owned(), property_of(field, profile));
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn property_of(field: &Field, profile: PtvProfile) -> Value {
    let text = json!({"type": "string"});
    match field.shape {
        Shape::Text => {
            let max = field.rules.iter().find_map(|rule| if let Rule::Max(limit) = rule { Some(*limit) } else { None });
            max.map_or(text, |limit| json!({"type": "string", "maxLength": limit.of(profile)}))
        }
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Date => json!({"type": "string", "format": "date-time"}),
        Shape::Texts | Shape::Guids => json!({"type": "array", "items": text}),
        Shape::List(inner) => json!({"type": "array", "items": class_of(inner, profile)}),
        Shape::Object(inner) => class_of(inner, profile),
    }
}

fn edit(schema: &mut Value, steps: &[&str], what: &ContractEdit) {
    let [name, rest @ ..] = steps else { return };
    let class = if schema.get("items").is_some() { schema.get_mut("items") } else { Some(schema) };
    let Some(class) = class.and_then(Value::as_object_mut) else { return };
    let Some(properties) = class.get_mut("properties").and_then(Value::as_object_mut) else { return };
    if !rest.is_empty() {
        if let Some(inner) = properties.get_mut(*name) {
            edit(inner, rest, what);
        }
        return;
    }
    match what {
        ContractEdit::Gone => {
            properties.remove(*name);
        }
        ContractEdit::MaxLength(max) => {
            if let Some(property) = properties.get_mut(*name).and_then(Value::as_object_mut) {
                property.insert("maxLength".into(), json!(max));
            }
        }
        ContractEdit::Required => {
            properties.entry(*name).or_insert_with(|| json!({"type": "string"}));
            if let Some(required) = class.get_mut("required").and_then(Value::as_array_mut) {
                required.push(json!(name));
            }
        }
    }
}
