//! Answers as HTTP, and request bodies within their limits.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use silta_client::common::{ErrorCode, Refusal};

use crate::listen::{Body, full};

pub(super) fn answer(status: StatusCode, media_type: &'static str, content: Bytes) -> Response<Body> {
    let mut response = Response::new(full(content));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    answer(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "the method is not served here");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn read<B>(body: &mut B, limit: usize) -> Result<Bytes, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    // Most bodies come in one piece, which then is not copied.
    let Some(first) = next(body).await? else { return Ok(Bytes::new()) };
    let Some(second) = next(body).await? else {
        return if first.len() > limit { Err(too_large(limit)) } else { Ok(first) };
    };
    let mut all = BytesMut::from(first);
    all.extend_from_slice(&second);
    while let Some(more) = next(body).await? {
        if all.len() + more.len() > limit {
            return Err(too_large(limit));
        }
        all.extend_from_slice(&more);
    }
    if all.len() > limit { Err(too_large(limit)) } else { Ok(all.freeze()) }
}

/// The next piece of data of a body.
pub(super) async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Refusal>
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Refusal::new(ErrorCode::Malformed, "the request's body broke off or is not HTTP"))?;
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// How much of a refused request's body is read only to be dropped, and how long at most.
const DISCARD_BYTES: usize = 64 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(10);

/// Reads what is left of a refused request's body and drops it. A security server that is still writing when we close
/// would report a broken connection to its consumer, not our reason.
pub(super) async fn discard<B>(body: &mut B)
where
    B: http_body::Body<Data = Bytes> + Unpin,
{
    let all = async {
        let mut left = DISCARD_BYTES;
        while left > 0
            && let Ok(Some(data)) = next(body).await
        {
            left = left.saturating_sub(data.len());
        }
    };
    let _ = tokio::time::timeout(DISCARD_TIME, all).await;
}

pub(super) fn too_large(limit: usize) -> Refusal {
    Refusal::new(ErrorCode::TooLarge, format!("the request has more than {limit} bytes"))
}
