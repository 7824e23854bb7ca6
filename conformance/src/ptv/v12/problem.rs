//! Problem objects of v12 (ptv-v12 §3.5).

use serde_json::{Value, json};

use crate::ptv::errors::{Payload, Reply};

/// Why a call was not done.
#[derive(Debug)]
pub(super) struct Problem {
    status: u16,
    detail: String,
    reason: Option<&'static str>,
    errors: Option<Vec<Value>>,
}

impl Problem {
    pub(super) fn plain(status: u16, detail: &str) -> Self {
        Self { status, detail: detail.to_owned(), reason: None, errors: None }
    }

    /// An entity that is not there, with why.
    pub(super) fn absent(reason: &'static str) -> Self {
        Self { reason: Some(reason), ..Self::plain(404, "No published content has this id.") }
    }

    pub(super) fn parameter(name: &str, message: &str) -> Self {
        Self::of(vec![(name.to_owned(), message.to_owned())])
    }

    /// What is wrong, each with the path of the parameter or member.
    pub(super) fn of(errors: Vec<(String, String)>) -> Self {
        let errors = errors.into_iter().map(|(path, message)| json!({ "path": path, "message": message })).collect();
        Self { errors: Some(errors), ..Self::plain(400, "The request is not valid.") }
    }

    pub(super) fn reply(self, path: &str, trace: u64) -> Reply {
        let title = match self.status {
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            _ => "Internal Server Error",
        };
        let mut body = json!({
            "title": title, "detail": self.detail, "status": self.status, "type": "about:blank",
            "requestId": format!("req-{trace:08x}"), "instance": path,
        });
        if let Some(map) = body.as_object_mut() {
            if let Some(reason) = self.reason {
                map.insert("reason".to_owned(), json!(reason));
            }
            if let Some(errors) = self.errors {
                map.insert("errors".to_owned(), Value::Array(errors));
            }
        }
        Reply { status: self.status, body: Payload::Json(body) }
    }
}
