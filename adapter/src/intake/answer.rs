//! What goes back: verdicts, or a problem (RFC 9457). Nothing here repeats a value of the request.

use std::borrow::Cow;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response as HttpResponse, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::catalogue::{Outcome, Verdict};

/// The answer to a batch. `accepted` and `refused` together are all of its records.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<String>,
    pub(super) accepted: usize,
    /// Of the accepted ones, those that were the same already.
    pub(super) unchanged: usize,
    pub(super) refused: usize,
    pub(super) verdicts: Vec<Verdict>,
}

impl Summary {
    pub(super) fn new(batch: Option<String>, verdicts: Vec<Verdict>) -> Self {
        let count = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
        let (unchanged, refused) = (count(Outcome::Unchanged), count(Outcome::Refused));
        Self { batch, accepted: verdicts.len() - refused, unchanged, refused, verdicts }
    }
}

/// The answer of an earlier batch.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RecordedBatch {
    /// When it was answered.
    at: String,
    #[serde(flatten)]
    summary: Summary,
}

impl RecordedBatch {
    pub(super) fn new(micros: i64, summary: Summary) -> Self {
        Self { at: Timestamp::from_microsecond(micros).unwrap_or_default().to_string(), summary }
    }
}

/// 422 only when every record was refused; a batch without records is fine.
pub(super) fn summary(summary: &Summary) -> Response {
    let all_refused = summary.refused > 0 && summary.accepted == 0;
    json(if all_refused { 422 } else { 200 }, summary)
}

pub(super) fn json<T: Serialize>(status: u16, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => response(status, "application/json", bytes),
        Err(error) => {
            tracing::error!("intake: an answer could not be written: {error}");
            Problem::internal().into_response()
        }
    }
}

/// An answer that the caller may keep as long as it asks whether it is still true: 304 when it is (RFC 9110 §13.1.2).
pub(super) fn tagged<T: Serialize>(value: &T, headers: &HeaderMap) -> Response {
    let Ok(bytes) = serde_json::to_vec(value) else { return Problem::internal().into_response() };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
    let tag = format!("\"{}\"", hex::encode(digest.as_ref().get(..16).unwrap_or_default()));
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    });
    let mut answer =
        if known { response(304, "application/json", Vec::new()) } else { response(200, "application/json", bytes) };
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

fn response(status: u16, media_type: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = HttpResponse::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A request that is not carried out at all.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: u16,
    code: &'static str,
    detail: Cow<'static, str>,
    field: Option<Box<str>>,
    /// Line and column of the body, from 1.
    place: Option<(u32, u32)>,
    header: Option<(&'static str, &'static str)>,
    /// The limit that was hit, for metrics.
    pub(super) limit: Option<&'static str>,
}

impl Problem {
    pub(super) const METHOD: Problem =
        Problem::plain(405, "method-not-allowed", "The path does not serve this method. docs/manual.md lists them.");
    pub(super) const PATH: Problem =
        Problem::plain(404, "unknown-operation", "There is no such path. docs/manual.md lists them.");

    const fn plain(status: u16, code: &'static str, detail: &'static str) -> Problem {
        Problem { status, code, detail: Cow::Borrowed(detail), field: None, place: None, header: None, limit: None }
    }

    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem { detail: detail.into(), ..Problem::plain(status, code, "") }
    }

    pub(super) fn unauthorised() -> Problem {
        let detail = "Send the key of your system as a bearer token, to the path of its tenant.";
        Problem { header: Some(("www-authenticate", "Bearer")), ..Problem::plain(401, "unauthorised", detail) }
    }

    pub(super) fn invalid(detail: impl Into<Cow<'static, str>>) -> Problem {
        Problem::new(400, "invalid-field", detail)
    }

    /// Too much is going on; the same request may be sent again.
    pub(super) fn busy() -> Problem {
        let detail = "More requests than can be worked on at the same time. Send it again in a few seconds.";
        Problem {
            header: Some(("retry-after", "5")),
            limit: Some("in_flight"),
            ..Problem::plain(503, "overloaded", detail)
        }
    }

    pub(super) fn unavailable() -> Problem {
        let detail = "The data cannot be reached just now. Send the same batch again in a minute.";
        Problem { header: Some(("retry-after", "60")), ..Problem::plain(503, "unavailable", detail) }
    }

    pub(super) fn internal() -> Problem {
        Problem::plain(500, "internal", "The service failed. Its log tells the operator why.")
    }

    pub(super) fn at(mut self, field: &str) -> Problem {
        let shown = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']') { c } else { '?' };
        self.field = Some(field.chars().take(64).map(shown).collect::<String>().into());
        self
    }

    pub(super) fn on(mut self, line: usize, column: usize) -> Problem {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        self.place = Some((number(line), number(column)));
        self
    }

    pub(super) fn limit(mut self, name: &'static str) -> Problem {
        self.limit = Some(name);
        self
    }

    fn body(&self) -> Value {
        let title = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        let mut body = json!({
            "type": format!("urn:silta:error:{}", self.code),
            "title": title.unwrap_or("Error"),
            "status": self.status,
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            if let Some(field) = &self.field {
                members.insert("field".into(), json!(field));
            }
            if let Some((line, column)) = self.place {
                members.insert("line".into(), json!(line));
                members.insert("column".into(), json!(column));
            }
        }
        body
    }
}

impl IntoResponse for &Problem {
    fn into_response(self) -> Response {
        let mut response = response(self.status, "application/problem+json", self.body().to_string().into_bytes());
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (&self).into_response()
    }
}
