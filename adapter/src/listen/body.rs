//! Bodies: reading them with a limit and a deadline, and making them.

use std::convert::Infallible;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;

use crate::error::{Answers, Blame, Retry};

/// The body of a response.
pub type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A body of known bytes.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// No body.
pub fn empty() -> Body {
    full(Bytes::new())
}

/// Why a request's body cannot be read. Always the caller's (or the network's) fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection ended, or the chunks are malformed.
    #[error("the body broke off or is malformed")]
    Broken,
}

impl BodyError {
    /// The status that says it in plain HTTP.
    pub fn status(self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    /// The name of the limit that was hit, for metrics.
    pub fn limit(self) -> Option<&'static str> {
        match self {
            Self::TooLarge { .. } => Some("body_size"),
            Self::TooSlow => Some("body"),
            Self::Broken => None,
        }
    }
}

impl Answers for BodyError {
    fn blame(&self) -> Blame {
        Blame::Caller
    }

    fn retry(&self) -> Retry {
        match self {
            Self::TooLarge { .. } => Retry::Never,
            Self::TooSlow | Self::Broken => Retry::Later,
        }
    }
}

/// Reads a whole body of at most `limit` bytes, all of it within `deadline` from now.
pub async fn read_body(body: Incoming, limit: usize, deadline: Duration) -> Result<Bytes, BodyError> {
    let mut reader = BodyReader::new(body, limit, deadline)?;
    let Some(first) = reader.next().await? else { return Ok(Bytes::new()) };
    let Some(second) = reader.next().await? else { return Ok(first) };
    let mut bytes = BytesMut::from(first);
    bytes.extend_from_slice(&second);
    while let Some(more) = reader.next().await? {
        bytes.extend_from_slice(&more);
    }
    Ok(bytes.freeze())
}

/// A body in pieces, as they arrive. Trailers are read and dropped.
#[derive(Debug)]
pub struct BodyReader {
    body: Incoming,
    limit: usize,
    left: usize,
    deadline: Instant,
}

impl BodyReader {
    /// Refuses at once what announces more than `limit` bytes.
    pub fn new(body: Incoming, limit: usize, deadline: Duration) -> Result<Self, BodyError> {
        if usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced <= limit) {
            Ok(Self { body, limit, left: limit, deadline: Instant::now() + deadline })
        } else {
            Err(BodyError::TooLarge { limit })
        }
    }

    /// The next piece; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let frame = match tokio::time::timeout_at(self.deadline, self.body.frame()).await {
                Err(_) => return Err(BodyError::TooSlow),
                Ok(None) => return Ok(None),
                Ok(Some(Err(_))) => return Err(BodyError::Broken),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or(BodyError::TooLarge { limit: self.limit })?;
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }
}
