//! A connection that is kept for several requests, as a security server's pool keeps it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::{PATIENCE, split};
use crate::kit::TEXT_XML;
use crate::security_server::Door;

pub(super) struct Kept {
    sender: SendRequest<Full<Bytes>>,
    patience: Duration,
}

/// What came, whole.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Why nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The connection was closed before the request was sent: nothing is lost.
    Before,
    /// It was sent, and no whole answer came.
    After,
}

impl Answer {
    /// Whether it announces that the connection will be closed.
    pub(super) fn announces_close(&self) -> bool {
        let value = self.headers.get(header::CONNECTION).and_then(|it| it.to_str().ok()).unwrap_or_default();
        value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Kept {
    /// Opens a connection; none when the adapter does not let it in.
    pub(super) async fn open(door: &Door, url: &str) -> Option<Self> {
        let stream = tokio::time::timeout(PATIENCE, door.connect(url)).await.ok()?.ok()?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        // Ends with the sender, or with the adapter's end.
        tokio::spawn(connection);
        Some(Self { sender, patience: PATIENCE })
    }

    /// The same, waiting so long for an answer.
    #[must_use]
    pub(super) fn patient(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// HEAD of an address, which changes nothing.
    pub(super) async fn head(&mut self, url: &str) -> Result<Answer, Lost> {
        let (authority, path) = split(url);
        let request = Request::head(path).header(header::HOST, authority).body(Full::default());
        self.send(request.map_err(|_| Lost::Before)?).await
    }

    /// POST of a SOAP message.
    pub(super) async fn post(&mut self, url: &str, message: Bytes) -> Result<Answer, Lost> {
        let (authority, path) = split(url);
        let request = Request::post(path)
            .header(header::HOST, authority)
            .header("SOAPAction", "")
            .header(header::CONTENT_TYPE, TEXT_XML)
            .body(Full::new(message));
        self.send(request.map_err(|_| Lost::Before)?).await
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        let answering = async {
            self.sender.ready().await.map_err(|_| Lost::Before)?;
            let lost = |error: &hyper::Error| if error.is_canceled() { Lost::Before } else { Lost::After };
            let response = self.sender.send_request(request).await.map_err(|error| lost(&error))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|_| Lost::After)?.to_bytes();
            Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(self.patience, answering).await.unwrap_or(Err(Lost::After))
    }
}
