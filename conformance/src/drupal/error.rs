//! Errors in JSON:API's form, with the words that core uses.

use serde_json::{Value, json};

/// One refusal: status, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) detail: String,
    /// The query parameter that is at fault.
    pub(super) parameter: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), parameter: None }
    }

    pub(super) fn of(parameter: &str, detail: impl Into<String>) -> Self {
        Self { status: 400, detail: detail.into(), parameter: Some(parameter.to_owned()) }
    }

    pub(super) fn document(&self, url: &str) -> Value {
        let title = match self.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            406 => "Not Acceptable",
            415 => "Unsupported Media Type",
            _ => "Internal Server Error",
        };
        let mut error = json!({
            "title": title,
            "status": self.status.to_string(),
            "detail": self.detail,
            "links": {
                "via": {"href": url},
                "info": {"href": "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4"},
            },
        });
        if let (Some(parameter), Some(members)) = (&self.parameter, error.as_object_mut()) {
            members.insert("source".into(), json!({"parameter": parameter}));
        }
        json!({"jsonapi": version(), "errors": [error]})
    }
}

/// The member `jsonapi` of every document.
pub(super) fn version() -> Value {
    json!({"version": "1.0", "meta": {"links": {"self": {"href": "http://jsonapi.org/format/1.0/"}}}})
}
