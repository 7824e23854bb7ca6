//! A request's body to a batch: media type, size, time, JSON, and the envelope around the records.

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;

use super::answer::Problem;
use super::sheet::Sheet;
use super::{Limits, json, off_the_runtime};
use crate::catalogue::Batch;
use crate::model::Master;

/// A batch id is this long at most, in characters.
const LONGEST_ID: usize = 200;
/// What is set aside at once for a body that says its length; more comes with the bytes.
const RESERVED: usize = 1024 * 1024;

/// Reads `{"batch": …, "entities": […]}` or the bare array. The text is read whole and stays; its records become values
/// when their turn comes.
pub(super) async fn read(request: Request, limits: &Limits, master: &Master) -> Result<Batch, Problem> {
    let header = header_id(request.headers())?;
    let json = text(request, limits).await?;
    let depth = limits.json_depth;
    let sheet = off_the_runtime(move || Sheet::read(&json, depth)).await??;
    let inside = match sheet.batch {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(checked_id(&text, "batch")?),
        Some(_) => return Err(invalid_id("batch")),
    };
    let id = match (header, inside) {
        (Some(header), Some(inside)) if header != inside => {
            let detail = "Idempotency-Key and the member batch name different batches. Send one of them.";
            return Err(Problem::invalid(detail).at("batch"));
        }
        (header, inside) => header.or(inside),
    };
    Ok(Batch { id, master: master.clone(), records: sheet.records })
}

/// The whole body as JSON.
pub(super) async fn document(request: Request, limits: &Limits) -> Result<Value, Problem> {
    let json = text(request, limits).await?;
    let depth = limits.json_depth;
    off_the_runtime(move || json::read(&json, depth)).await?
}

async fn text(request: Request, limits: &Limits) -> Result<Bytes, Problem> {
    let (parts, body) = request.into_parts();
    media_type(&parts.headers)?;
    let collected = tokio::time::timeout(limits.body_time, collect(Limited::new(body, limits.body))).await;
    match collected {
        Err(_) => Err(Problem::new(408, "too-slow", "The body did not arrive in time.").limit("body")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limits)),
        Ok(Err(_)) => Err(Problem::new(400, "malformed", "The body broke off.")),
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

/// In one piece from the beginning: joining the pieces at the end would need the room twice.
async fn collect(mut body: Limited<Body>) -> Result<Bytes, Box<dyn std::error::Error + Send + Sync>> {
    let expected = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    let mut bytes = BytesMut::with_capacity(expected.unwrap_or_default().min(RESERVED));
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
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
