//! Validates a REST answer against our own OpenAPI file.
//!
//! An answer must be one that the file lists for its path, method and status: its media type, and every member. The
//! published schemas leave room for members to come; here there is none, so that a member which the file does not name
//! is seen. Requests are not judged: that is the simulated consumer's business.

use serde_json::{Map, Value};

use crate::tidy;

/// One OpenAPI file.
pub(crate) struct Contract {
    document: Value,
}

/// What came back for a request below the contract's server address.
pub(crate) struct Answer<'a> {
    pub(crate) method: &'a str,
    /// Path below `servers[0].url`, without query: `/services/740`.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
}

impl Contract {
    /// The OpenAPI file of a service family in `wsdl/`, version 1.
    pub(crate) fn of_family(family: &str) -> Self {
        let path = tidy::root().join("wsdl").join(family).join("v1/openapi.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { document: serde_json::from_str(&text).expect("JSON") }
    }

    /// Is that answer one that the file lists? The error says what is not.
    pub(crate) fn check(&self, answer: &Answer<'_>) -> Result<(), String> {
        let operation = self.operation(answer)?;
        let responses = operation.get("responses").unwrap_or(&Value::Null);
        let response = responses
            .get(answer.status.to_string())
            .or_else(|| responses.get("default"))
            .ok_or_else(|| format!("status {} is not listed", answer.status))?;
        let Some(content) = self.resolved(response).get("content").and_then(Value::as_object) else {
            return if answer.body.is_empty() { Ok(()) } else { Err("a body where none is listed".to_owned()) };
        };
        let media_type = answer.content_type.split(';').next().unwrap_or("").trim();
        let Some(media) = content.get(media_type) else {
            let listed: Vec<_> = content.keys().collect();
            return Err(format!("`{media_type}` is not among {listed:?} for status {}", answer.status));
        };
        let body: Value = serde_json::from_slice(answer.body).map_err(|error| format!("the body: {error}"))?;
        let mut schema = media.get("schema").and_then(Value::as_object).cloned().unwrap_or_default();
        schema.insert("components".to_owned(), self.document["components"].clone());
        let mut schema = Value::Object(schema);
        close(&mut schema);
        let validator = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft4)
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| format!("the schema itself: {error}"))?;
        let problems: Vec<String> =
            validator.iter_errors(&body).map(|problem| format!("{}: {}", problem.instance_path(), problem)).collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    /// The operation whose path template fits; one without variables goes before one with.
    fn operation(&self, answer: &Answer<'_>) -> Result<&Value, String> {
        let mut fitting: Vec<(usize, &Value)> = self.document["paths"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(template, _)| fits(template, answer.path))
            .map(|(template, item)| (template.matches('{').count(), item))
            .collect();
        fitting.sort_by_key(|(variables, _)| *variables);
        let item = fitting.first().ok_or_else(|| format!("no path fits {}", answer.path))?.1;
        item.get(answer.method.to_lowercase()).ok_or_else(|| format!("{} is not listed", answer.method))
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        pointer.and_then(|pointer| self.document.pointer(pointer)).unwrap_or(value)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(wanted, got)| wanted.starts_with('{') && !got.is_empty() || wanted == got)
}

/// Lets no object have members that its schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let composed = members.get("allOf").and_then(Value::as_array).is_some_and(|parts| parts.len() > 1);
            assert!(!composed, "an object composed of several schemas cannot be closed member by member");
            if members.get("properties").is_some_and(Value::is_object) && !members.contains_key("additionalProperties")
            {
                members.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

#[cfg(test)]
fn answer<'a>(path: &'a str, status: u16, content_type: &'a str, body: &'a [u8]) -> Answer<'a> {
    Answer { method: "GET", path, status, content_type, body }
}

#[test]
fn answers_are_judged_by_path_status_media_type_and_member() {
    let contract = Contract::of_family("messages");
    let status = serde_json::json!({
        "id": "0192", "orderId": "order-1", "acceptedAt": "2026-03-02T12:00:00Z",
        "sends": [{ "id": "0193", "recipientNumber": 1, "state": "delivered", "changedAt": "2026-03-02T12:00:01Z" }],
    });
    let problem = serde_json::json!({
        "type": "urn:silta:error:not-found", "title": "Not found", "status": 404, "detail": "no such order", "instance": "1"
    });
    let check = |path: &str, code: u16, kind: &str, body: &Value| {
        contract.check(&answer(path, code, kind, body.to_string().as_bytes()))
    };
    check("/messages/0192", 200, "application/json", &status).expect("as listed");
    check("/messages/0192", 404, "application/problem+json", &problem).expect("as listed");
    check("/messages/0192", 503, "application/problem+json", &problem).expect("by default");
    for (path, code, kind, body, why) in [
        ("/messages/a/b", 200, "application/json", status.clone(), "no path fits"),
        ("/messages", 200, "application/json", status.clone(), "GET is not listed"),
        ("/messages/0192", 404, "application/json", problem.clone(), "is not among"),
        ("/messages/0192", 200, "application/json", with(&status, "state", "delivered".into()), "state"),
        ("/messages/0192", 200, "application/json", with(&status, "acceptedAt", "today".into()), "date-time"),
        ("/messages/0192", 200, "application/json", with(&status, "orderId", 5.into()), "orderId"),
        ("/messages/0192", 200, "application/json", Value::Null, "null"),
    ] {
        let said = check(path, code, kind, &body).expect_err(why);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn the_more_literal_path_goes_first() {
    let contract = Contract::of_family("catalogue");
    let page = br#"{"items": []}"#;
    contract.check(&answer("/services/search", 200, "application/json; charset=utf-8", page)).expect("a page");
    contract.check(&answer("/services/740", 200, "application/json", page)).expect_err("a page is no service");
}

#[cfg(test)]
fn with(value: &Value, member: &str, new: Value) -> Value {
    let mut members: Map<String, Value> = value.as_object().expect("an object").clone();
    members.insert(member.to_owned(), new);
    Value::Object(members)
}
