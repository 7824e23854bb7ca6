//! Error bodies of the service (fact sheet §1.14) and how they are written.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::viestit::MAX_REQUEST_BYTES;
use crate::viestit::rules::Problem;

/// Why a call is not carried out.
pub(super) enum Refusal {
    /// `ErrorResponseV1`
    Reason(StatusCode, String),
    /// `ValidationErrorResponseV1`
    Invalid(Vec<Problem>),
    /// 409; without the id where the description leaves it out.
    Exists(Option<i64>),
    /// 413, which is plain text.
    TooLarge,
}

impl Refusal {
    pub(super) fn because(status: StatusCode, reason: &str) -> Self {
        Self::Reason(status, reason.to_owned())
    }

    pub(super) fn bad_request(reason: &str) -> Self {
        Self::because(StatusCode::BAD_REQUEST, reason)
    }

    pub(super) fn unauthorized() -> Self {
        Self::because(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    pub(super) fn not_found() -> Self {
        Self::because(StatusCode::NOT_FOUND, "Not found")
    }

    pub(super) fn coded(error: String, code: &'static str) -> Self {
        Self::Invalid(vec![Problem { error, code: Some(code) }])
    }

    /// The same refusal for calls whose 400 is described as `ValidationErrorResponseV1`.
    pub(super) fn with_list(self) -> Self {
        match self {
            Self::Reason(StatusCode::BAD_REQUEST, error) => Self::Invalid(vec![Problem { error, code: None }]),
            other => other,
        }
    }

    /// The same refusal for calls whose 400 is described as `ErrorResponseV1`: the texts move into `reason`, codes are lost.
    pub(super) fn without_list(self) -> Self {
        match self {
            Self::Invalid(problems) => {
                let texts: Vec<_> = problems.into_iter().map(|problem| problem.error).collect();
                Self::Reason(StatusCode::BAD_REQUEST, format!("Validation failed: {}", texts.join("; ")))
            }
            other => other,
        }
    }
}

impl From<Vec<Problem>> for Refusal {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Invalid(problems)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Reason(status, reason) => (status, Json(json!({ "reason": reason }))).into_response(),
            Self::Invalid(problems) => {
                let errors: Vec<Value> = problems.iter().map(entry).collect();
                let body = json!({ "reason": "Validation failed", "validationErrors": errors });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Self::Exists(id) => {
                let mut body = json!({ "reason": "External ID already in use" });
                if let (Some(id), Some(members)) = (id, body.as_object_mut()) {
                    members.insert("messageId".to_owned(), json!(id));
                }
                (StatusCode::CONFLICT, Json(body)).into_response()
            }
            Self::TooLarge => {
                let text = format!("HTTP content length exceeded {MAX_REQUEST_BYTES} bytes.");
                (StatusCode::PAYLOAD_TOO_LARGE, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
            }
        }
    }
}

fn entry(problem: &Problem) -> Value {
    match problem.code {
        Some(code) => json!({ "error": problem.error, "errorCode": code }),
        None => json!({ "error": problem.error }),
    }
}
