//! An HTTP answer held in memory, for tests and cases.

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;

use super::errors::{Rejection, Suffix};
use super::message::{Direction, Message};

/// Status, headers and body.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers, all values.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
}

impl Answer {
    pub(super) async fn collect<B>(response: Response<B>) -> Result<Self, Rejection>
    where
        B: Body<Data = Bytes>,
        B::Error: std::fmt::Display,
    {
        let (head, body) = response.into_parts();
        let body = body
            .collect()
            .await
            .map_err(|error| Rejection::new(Suffix::IoError, format!("the body broke off: {error}")))?
            .to_bytes();
        Ok(Self { status: head.status, headers: head.headers, body })
    }

    /// A header as text, its first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as text, bytes that are no UTF-8 replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads the answer as a SOAP message or fault, attachments included.
    pub async fn message(&self) -> Result<Message, Rejection> {
        let content_type = self.header("content-type").unwrap_or_default();
        Message::decode(content_type, Full::new(self.body.clone()), Direction::Response).await
    }

    /// The `faultcode` when the answer is a SOAP fault.
    pub async fn fault_code(&self) -> Option<String> {
        match self.message().await.ok()?.parsed {
            super::soap::Soap::Fault(fault) => Some(fault.code),
            super::soap::Soap::Message(_) => None,
        }
    }
}
