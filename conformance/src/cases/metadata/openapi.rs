//! The rules that an OpenAPI document must keep (xroad.md §4.3).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{check_all, fetch, openapis};
use crate::kit::{Probe, Stop, Verdict};

const MOST: usize = 10 * 1024 * 1024;
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

pub(super) async fn me_07(probe: &mut Probe<'_>) -> Verdict {
    for document in openapis(probe)? {
        probe.step(document.url.clone());
        probe.sent(format!("the OpenAPI document of {}, read by the kit", document.url));
        let text = std::str::from_utf8(&document.bytes).unwrap_or_default();
        probe.check("UTF-8, at most 10 Mi characters", !text.is_empty() && text.chars().count() <= MOST)?;
        let whole: Value = serde_json::from_str(text).map_err(|error| Stop::failed(error.to_string()))?;
        check_all(probe, rules(&whole))?;
    }
    Ok(())
}

fn rules(whole: &Value) -> Vec<(String, bool)> {
    let mut checks = Vec::new();
    let version = whole.get("openapi").and_then(Value::as_str).unwrap_or_default();
    let known = version.strip_prefix("3.0.").is_some_and(|it| it.chars().all(|c| c.is_ascii_digit()));
    checks.push((
        format!("version 3.0.x or exactly 3.1.0; it is {version}"),
        known || version == "3.0" || version == "3.1.0",
    ));
    let says = |pointer: &str| whole.pointer(pointer).and_then(Value::as_str).is_some_and(|it| !it.is_empty());
    checks.push(("a title and a version in info".to_owned(), says("/info/title") && says("/info/version")));
    let servers = whole.get("servers").and_then(Value::as_array).cloned().unwrap_or_default();
    checks.push(("a server".to_owned(), !servers.is_empty()));
    for server in &servers {
        let url = server.get("url").and_then(Value::as_str).unwrap_or_default();
        let plain = !url.is_empty() && !url.contains('{') && server.get("variables").is_none();
        checks.push((format!("the server {url} has no variables: they would be taken literally"), plain));
    }
    let mut references = Vec::new();
    collect(whole, &mut references);
    for reference in references {
        let inside = reference.strip_prefix('#').is_some_and(|it| whole.pointer(it).is_some());
        if !inside {
            checks.push((format!("{reference} is found in the document"), false));
        }
    }
    checks.push(("every $ref was looked at".to_owned(), true));
    let paths = whole.get("paths").and_then(Value::as_object);
    checks.push(("at least one path".to_owned(), paths.is_some_and(|it| !it.is_empty())));
    let mut ids = BTreeSet::new();
    for (path, item) in paths.into_iter().flatten() {
        checks.push((format!("{path} begins with a slash"), path.starts_with('/')));
        for (method, operation) in item.as_object().into_iter().flatten() {
            if METHODS.contains(&method.as_str()) {
                checks.extend(operation_rules(whole, path, item, method, operation));
                if let Some(id) = operation.get("operationId").and_then(Value::as_str) {
                    checks.push((format!("the operationId {id} is there once"), ids.insert(id.to_owned())));
                }
            }
        }
    }
    checks
}

fn operation_rules(whole: &Value, path: &str, item: &Value, method: &str, operation: &Value) -> Vec<(String, bool)> {
    let name = format!("{} {path}", method.to_uppercase());
    let mut checks = Vec::new();
    let responses = operation.get("responses").and_then(Value::as_object);
    checks.push((format!("{name} describes responses"), responses.is_some_and(|it| !it.is_empty())));
    for (status, response) in responses.into_iter().flatten() {
        let described = resolved(whole, response).get("description").is_some_and(Value::is_string);
        checks.push((format!("the response {status} of {name} has a description"), described));
    }
    let lists = [item.get("parameters"), operation.get("parameters")];
    let parameters: Vec<&Value> =
        lists.into_iter().flatten().filter_map(Value::as_array).flatten().map(|it| resolved(whole, it)).collect();
    let text = |it: &Value, key: &str| it.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut seen = BTreeSet::new();
    for parameter in &parameters {
        let (own, place) = (text(parameter, "name"), text(parameter, "in"));
        let form = parameter.get("schema").is_some() || parameter.get("content").is_some();
        checks
            .push((format!("the parameter {own} of {name} has a name, a place and a schema"), !own.is_empty() && form));
        if place == "path" {
            let required = parameter.get("required").and_then(Value::as_bool) == Some(true);
            let there = path.contains(&format!("{{{own}}}"));
            checks.push((format!("the path parameter {own} of {name} is required and in the path"), required && there));
        }
        // An operation may say anew what its path says.
        seen.insert((own, place));
    }
    for variable in variables(path) {
        let known = seen.contains(&(variable.to_owned(), "path".to_owned()));
        checks.push((format!("{{{variable}}} of {name} is described"), known));
    }
    checks
}

/// The names in braces of a path.
fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|it| it.split_once('}').map(|(name, _)| name))
}

/// Every `$ref` whose value is a text.
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(text) if key == "$ref" => found.push(text.clone()),
                    other => collect(other, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| collect(it, found)),
        _ => {}
    }
}

/// A local `$ref` followed once.
pub(super) fn resolved<'a>(whole: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    reference.and_then(|it| whole.pointer(it)).unwrap_or(value)
}

pub(super) async fn me_08(probe: &mut Probe<'_>) -> Verdict {
    for document in openapis(probe)? {
        probe.step(document.url.clone());
        let answer = fetch(probe, &document.url, &[("User-Agent", "Java/21.0.6")]).await?;
        probe.check("HTTP 200", answer.status == 200)?;
        let kind = answer.header("content-type").unwrap_or(&document.content_type).to_owned();
        let json = taken_for_json(&kind, &document.url);
        probe.note(format!(
            "By the Content-Type {kind:?} and its path, the security server reads it as {}.",
            if json { "JSON" } else { "YAML" }
        ));
        probe.check("the security server takes it for JSON, which it is", json)?;
    }
    Ok(())
}

/// As the security server decides: by the media type, else by the end of the path.
fn taken_for_json(kind: &str, url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let suffix = path.rsplit('.').next().filter(|it| it.len() < path.len());
    kind.contains("application/json") || (kind != "application/x-yaml" && suffix == Some("json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{rules, taken_for_json};

    #[test]
    fn the_reader_is_chosen_as_a_security_server_chooses() {
        for (kind, url, expected) in [
            ("application/json", "https://a/openapi.yaml", true),
            ("application/json;charset=utf-8", "https://a/x", true),
            ("application/x-yaml", "https://a/openapi.json", false),
            ("text/plain", "https://a/openapi.json?x=y", true),
            ("application/problem+json", "https://a/openapi", false),
            ("", "https://a/openapi", false),
        ] {
            assert_eq!(taken_for_json(kind, url), expected, "{kind} {url}");
        }
    }

    #[test]
    fn each_flaw_of_a_document_is_told() {
        let good = json!({
            "openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "servers": [{"url": "https://a/r"}],
            "components": {"parameters": {"b": {"name": "b", "in": "path", "required": true, "schema": {"type": "string"}}}},
            "paths": {"/a/{b}": {"get": {"operationId": "x", "parameters": [{"$ref": "#/components/parameters/b"}],
                "responses": {"200": {"description": "d"}}}}}
        });
        let flaws = |document: &serde_json::Value| rules(document).into_iter().filter(|(_, holds)| !holds).count();
        assert_eq!(flaws(&good), 0);
        for (pointer, value) in [
            ("/openapi", json!("3.1.1")),
            ("/info/version", json!("")),
            ("/servers/0/url", json!("https://{host}/r")),
            ("/paths/~1a~1{b}/get/parameters/0/$ref", json!("other.json#/x")),
            ("/components/parameters/b/required", json!(false)),
            ("/paths/~1a~1{b}/get/responses", json!({})),
            ("/paths/~1a~1{b}/get/parameters", json!([])),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(pointer).unwrap() = value;
            assert!(flaws(&bad) > 0, "{pointer}");
        }
    }
}
