//! A request's body to a batch: media type, size, time, JSON, and the envelope around the records.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;

use super::answer::Problem;
use super::{Limits, batch_of, json, off_the_runtime};
use crate::catalogue::Batch;
use crate::model::Master;

/// A batch id is this long at most, in characters.
const LONGEST_ID: usize = 200;

/// Reads `{"batch": …, "entities": […]}` or the bare array.
pub(super) async fn read(request: Request, limits: &Limits, master: &Master) -> Result<Batch, Problem> {
    let header = header_id(request.headers())?;
    let (inside, records) = envelope(document(request, limits).await?)?;
    let id = match (header, inside) {
        (Some(header), Some(inside)) if header != inside => {
            let detail = "Idempotency-Key and the member batch name different batches. Send one of them.";
            return Err(Problem::invalid(detail).at("batch"));
        }
        (header, inside) => header.or(inside),
    };
    Ok(batch_of(id, master, records))
}

/// The whole body as JSON.
pub(super) async fn document(request: Request, limits: &Limits) -> Result<Value, Problem> {
    let (parts, body) = request.into_parts();
    media_type(&parts.headers)?;
    let collected = tokio::time::timeout(limits.body_time, Limited::new(body, limits.body).collect()).await;
    let bytes: Bytes = match collected {
        Err(_) => return Err(Problem::new(408, "too-slow", "The body did not arrive in time.").limit("body")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return Err(too_large(limits)),
        Ok(Err(_)) => return Err(Problem::new(400, "malformed", "The body broke off.")),
        Ok(Ok(collected)) => collected.to_bytes(),
    };
    let depth = limits.json_depth;
    off_the_runtime(move || json::read(&bytes, depth)).await?
}

fn too_large(limits: &Limits) -> Problem {
    let detail = format!("The body is larger than {} bytes. Send the records in several batches.", limits.body);
    Problem::new(413, "too-large", detail).limit("intake_body")
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let said = headers.get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let essence = said.map(|said| said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
    let known = essence.is_none_or(|essence| essence == "application/json");
    if known && !headers.contains_key(CONTENT_ENCODING) {
        return Ok(());
    }
    Err(Problem::new(415, "unsupported-media-type", "Send application/json without a content encoding."))
}

/// `Idempotency-Key`, with or without the quotes of a structured field.
fn header_id(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| invalid_id("Idempotency-Key"))?.trim();
            let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
            checked_id(text, "Idempotency-Key").map(Some)
        }
        _ => Err(invalid_id("Idempotency-Key")),
    }
}

fn checked_id(text: &str, field: &str) -> Result<String, Problem> {
    let fits = !text.trim().is_empty() && text.chars().count() <= LONGEST_ID && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(invalid_id(field)) }
}

fn invalid_id(field: &str) -> Problem {
    Problem::invalid(format!("One batch id of 1 to {LONGEST_ID} printable characters.")).at(field)
}

fn envelope(document: Value) -> Result<(Option<String>, Vec<Value>), Problem> {
    let mut members = match document {
        Value::Array(records) => return Ok((None, records)),
        Value::Object(members) => members,
        _ => {
            return Err(Problem::invalid(r#"Send {"entities": [...]} or an array of records."#));
        }
    };
    let id = match members.remove("batch") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(checked_id(&text, "batch")?),
        Some(_) => return Err(invalid_id("batch")),
    };
    let records = match members.remove("entities") {
        Some(Value::Array(records)) => records,
        Some(_) => return Err(Problem::invalid("An array of records.").at("entities")),
        None => return Err(Problem::new(400, "missing-field", "Required: an array of records.").at("entities")),
    };
    match members.keys().next() {
        Some(name) => Err(Problem::new(400, "unknown-field", "There is no such member here.").at(name)),
        None => Ok((id, records)),
    }
}
