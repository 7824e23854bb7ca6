//! Answers as HTTP bodies, and request bodies within their limits.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use silta_client::common::{ErrorCode, Refusal};

/// The body of an answer. It knows whether it was handed over: dropped before that, it says so.
pub struct Answer {
    content: Option<Bytes>,
    length: u64,
    not_delivered: Option<Box<dyn FnOnce() + Send>>,
}

impl Answer {
    pub(super) fn new(content: Bytes) -> Answer {
        Answer { length: content.len() as u64, content: Some(content), not_delivered: None }
    }

    /// Runs `act` if the answer is dropped before its bytes were taken.
    pub(super) fn or_else(mut self, act: impl FnOnce() + Send + 'static) -> Answer {
        self.not_delivered = Some(Box::new(act));
        self
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.not_delivered = None;
        Poll::Ready(self.content.take().filter(|content| !content.is_empty()).map(|content| Ok(Frame::data(content))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.content.is_some() { self.length } else { 0 })
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(act) = self.not_delivered.take() {
            act();
        }
    }
}

pub(super) fn answer(status: StatusCode, media_type: &'static str, content: Bytes) -> Response<Answer> {
    let mut response = Response::new(Answer::new(content));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response
}

pub(super) fn plain(status: StatusCode, text: &'static str) -> Response<Answer> {
    answer(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

pub(super) fn described(content: Bytes, media_type: &'static str) -> Response<Answer> {
    answer(StatusCode::OK, media_type, content)
}

pub(super) fn method_not_allowed(allowed: &'static str) -> Response<Answer> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "the method is not served here");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Reads a whole body of at most `limit` bytes.
pub(super) async fn read<B>(body: &mut B, limit: usize) -> Result<Bytes, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    let declared = body.size_hint().lower();
    if declared > limit as u64 {
        return Err(too_large(limit));
    }
    let mut first: Option<Bytes> = None;
    let mut more = BytesMut::new();
    while let Some(data) = next(body).await? {
        let length = first.as_ref().map_or(0, Bytes::len) + more.len() + data.len();
        if length > limit {
            return Err(too_large(limit));
        }
        match &first {
            // Most bodies come in one piece, which then is not copied.
            None if more.is_empty() => first = Some(data),
            _ => {
                if let Some(first) = first.take() {
                    more.extend_from_slice(&first);
                }
                more.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| more.freeze()))
}

/// The next piece of data of a body.
pub(super) async fn next<B>(body: &mut B) -> Result<Option<Bytes>, Refusal>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Refusal::new(ErrorCode::Malformed, "the request's body broke off or is not HTTP"))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

pub(super) fn too_large(limit: usize) -> Refusal {
    Refusal::new(ErrorCode::TooLarge, format!("the request has more than {limit} bytes"))
}
