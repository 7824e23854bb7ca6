//! What every call passes: caller's address, ordered faults, the request's size, trace id, and the record of calls.
//! Also the two extractors that handlers share: who calls, and a JSON object as body.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::refusal::Refusal;
use crate::viestit::MAX_REQUEST_BYTES;
use crate::viestit::faults::{Call, Fault};
use crate::viestit::server::Peer;
use crate::viestit::state::Shared;

/// Marks an answer in whose place the connection is to be cut.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("connection cut on order")]
pub(in crate::viestit) struct Cut;

pub(super) async fn door(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let trace_id = Uuid::new_v4();
    let (entry, fault) = {
        let at = shared.now();
        let mut state = shared.lock();
        state.calls.push(Call { path: path.clone(), at, status: None, trace_id });
        (state.calls.len() - 1, state.faults.take(&path))
    };
    let mut response = match admit(&shared, &request) {
        Ok(()) => pass(fault, request, next).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(value) = HeaderValue::from_str(&trace_id.to_string()) {
        response.headers_mut().insert("traceid", value);
    }
    let cut = response.extensions().get::<Cut>().is_some();
    let status = (!cut).then(|| response.status().as_u16());
    if let Some(call) = shared.lock().calls.get_mut(entry) {
        call.status = status;
    }
    tracing::debug!(path, status, %trace_id, "viestit simulator: call");
    response
}

fn admit(shared: &Shared, request: &Request) -> Result<(), Refusal> {
    let state = shared.lock();
    let Some(allowed) = &state.switches.allowed_addresses else {
        return Ok(());
    };
    match request.extensions().get::<Peer>() {
        Some(Peer(address)) if allowed.contains(address) => Ok(()),
        _ => Err(Refusal::because(StatusCode::FORBIDDEN, "Access denied")),
    }
}

/// Carries the call out, with the fault that was ordered for it.
async fn pass(fault: Option<Fault>, request: Request, next: Next) -> Response {
    match fault {
        None => carry_out(request, next).await,
        Some(Fault::Delay(time)) => {
            tokio::time::sleep(time).await;
            carry_out(request, next).await
        }
        Some(Fault::Status(status)) => drained(request, failure(status)).await,
        Some(Fault::StatusAfterCommit(status)) => {
            carry_out(request, next).await;
            failure(status)
        }
        Some(Fault::CutBeforeCommit) => cut(),
        Some(Fault::CutAfterCommit) => {
            carry_out(request, next).await;
            cut()
        }
        Some(Fault::TooLargeText) => drained(request, Refusal::TooLarge.into_response()).await,
        Some(Fault::TooManyRequests(seconds)) => {
            let mut response = failure(429);
            if let Some(seconds) = seconds {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            drained(request, response).await
        }
        Some(Fault::HtmlPage(code)) => {
            let page = Html("<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Error</h1></body></html>");
            drained(request, (status(code), page).into_response()).await
        }
        Some(Fault::BrokenJson) => broken(carry_out(request, next).await).await,
    }
}

async fn carry_out(request: Request, next: Next) -> Response {
    let (parts, mut body) = request.into_parts();
    let mut content = Vec::new();
    let mut size = 0_usize;
    // A request that is too large is read to its end all the same: an answer in the middle of it
    // would often reach the client as a broken connection.
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return cut();
        };
        if let Some(data) = frame.data_ref() {
            size += data.len();
            if size <= MAX_REQUEST_BYTES {
                content.extend_from_slice(data);
            }
        }
    }
    if size > MAX_REQUEST_BYTES {
        return Refusal::TooLarge.into_response();
    }
    next.run(Request::from_parts(parts, Body::from(content))).await
}

async fn drained(request: Request, response: Response) -> Response {
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    response
}

async fn broken(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let content = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let half = content.slice(..content.len() / 2);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(half))
}

fn failure(code: u16) -> Response {
    let status = status(code);
    Refusal::because(status, status.canonical_reason().unwrap_or("Error")).into_response()
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn cut() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Cut);
    response
}

/// The system that calls, as index; from the token in `Authorization`.
pub(super) struct Caller(pub(super) usize);

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Refusal> {
        let value = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let value = value.ok_or_else(Refusal::unauthorized)?;
        let now = shared.now();
        let state = shared.lock();
        let token = match value.strip_prefix("Bearer ") {
            Some(token) => token,
            None if state.switches.bearer_only => return Err(Refusal::unauthorized()),
            None => value,
        };
        match state.tokens.get(token) {
            Some(token) if now < token.expires => Ok(Self(token.system)),
            _ => Err(Refusal::unauthorized()),
        }
    }
}

/// The request body as a JSON object.
pub(super) struct JsonObject(pub(super) Map<String, Value>);

impl FromRequest<Arc<Shared>> for JsonObject {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Refusal> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if kind.is_none_or(|kind| essence(kind) != "application/json") {
            return Err(Refusal::bad_request("Request body must be application/json"));
        }
        let body = Bytes::from_request(request, shared).await;
        let body = body.map_err(|_| Refusal::bad_request("Request body cannot be read"))?;
        serde_json::from_slice(&body).map(Self).map_err(|_| Refusal::bad_request("Request body is not a JSON object"))
    }
}

/// A media type without parameters, in lower case.
pub(super) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
