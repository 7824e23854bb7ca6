//! Code lists of v12 (ptv-v12 §4.8).

use serde_json::{Value, json};

use super::lists::page;
use super::problem::Problem;
use super::query::{self, Query};
use super::show::text6;
use super::{Desk, Moving};
use crate::ptv::handlers::Request;
use crate::ptv::json::{text, texts};
use crate::ptv::reference::Concepts;

pub(super) fn list(desk: &Desk<'_>, request: &Request, name: &str, moving: &mut Moving) -> Result<Value, Problem> {
    let reference = &desk.config.reference;
    let (all, schema) = match name {
        "target-groups" => (classes(&reference.target_groups), query::CLASSES),
        "life-events" => (classes(&reference.life_events), query::CLASSES),
        "industrial-classes" => (classes(&reference.industrial_classes), query::CLASSES),
        "service-classes" => (classes(&reference.service_classes), query::CLASSES),
        "ontology-terms" => (terms(&reference.ontology_terms), query::TERMS),
        "language-codes" => {
            let rows = reference.languages.iter().filter_map(|row| {
                let names: serde_json::Map<String, Value> = ["fi", "sv", "en"]
                    .iter()
                    .filter_map(|language| Some(((*language).to_owned(), json!(text(row, language)?))))
                    .collect();
                Some(json!({ "code": text(row, "code")?, "isValid": true, "name": names }))
            });
            (rows.collect(), query::CODES)
        }
        "country-codes" => {
            let rows = reference.countries.iter();
            (rows.map(|(code, row)| coded(code, row.get("names"))).collect(), query::CODES)
        }
        "municipality-codes" => {
            (reference.municipalities.iter().map(|(code, names)| coded(code, Some(names))).collect(), query::CODES)
        }
        "postal-codes" => {
            let rows = reference.postal_codes.iter();
            (rows.map(|(code, row)| coded(code, Some(&row.names))).collect(), query::CODES)
        }
        "region-codes" => (areas(desk, "Region"), query::CODES),
        "wellbeing-services-county-codes" => (areas(desk, "WellbeingServiceCounties"), query::CODES),
        _ => return Err(Problem::plain(404, "There is no such operation.")),
    };
    let query = Query::read(request, schema, desk.switches())?;
    let found: Vec<Value> = all.into_iter().filter(|item| fits(&query, item)).collect();
    Ok(page(desk, &query, &found, moving, Value::clone))
}

fn fits(query: &Query, item: &Value) -> bool {
    let named = query.one("name").is_none_or(|wanted| {
        let wanted = wanted.to_lowercase();
        let names = item.get("name").and_then(Value::as_object);
        names.is_some_and(|names| {
            names.values().filter_map(Value::as_str).any(|name| name.to_lowercase().contains(&wanted))
        })
    });
    let valid = item.get("isValid").and_then(Value::as_bool).unwrap_or(true);
    named
        && query.among("codes", text(item, "code"))
        && query.among("uris", text(item, "uri"))
        && query.among("types", text(item, "type"))
        && query.one("isValid").is_none_or(|wanted| (wanted == "true") == valid)
}

fn coded(code: &str, names: Option<&Value>) -> Value {
    json!({ "code": code, "isValid": true, "name": text6(names) })
}

fn classes(concepts: &Concepts) -> Vec<Value> {
    let rows = concepts.all().into_iter();
    rows.map(|concept| {
        json!({
            "code": concept.code, "uri": concept.uri, "parentUri": concept.parent, "isValid": true,
            "name": text6(Some(&concept.names)),
        })
    })
    .collect()
}

fn terms(concepts: &Concepts) -> Vec<Value> {
    let rows = concepts.all().into_iter();
    rows.map(|concept| {
        let parents: Vec<&String> = concept.parent.iter().collect();
        json!({
            "uri": concept.uri, "type": null, "parentUris": parents, "isValid": true,
            "name": text6(Some(&concept.names)),
        })
    })
    .collect()
}

fn areas(desk: &Desk<'_>, kind: &str) -> Vec<Value> {
    let known = desk.config.reference.areas.get(kind).into_iter().flatten();
    known
        .map(|(code, row)| {
            json!({
                "code": code, "isValid": true, "name": text6(row.get("names")),
                "municipalities": texts(row, "municipalities"),
            })
        })
        .collect()
}
