//! The lower door: arbitrary requests and bytes straight to the adapter over TLS with a chosen identity. For cases that no
//! security server would send: doubled `X-Road-Client`, forged headers, odd MIME, broken framing, no or stolen
//! certificates.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

use super::answer::Answer;
use super::errors::{Rejection, Suffix};
use super::leg::{Duplex, Handshake, Leg, Verify};
use super::provider::{StartError, out_body};
use super::tls::{TlsClient, TlsTweaks};
use super::url::Target;
use crate::ca::Identity;

/// A door with one TLS identity.
#[derive(Clone)]
pub struct Door {
    leg: Arc<Leg>,
    verify: Verify,
}

/// A request of any shape that HTTP/1.1 framing allows; for the rest see [`Door::send_bytes`].
#[derive(Debug, Clone)]
pub struct RawRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// Headers in order, names repeated at will. `Host` is added if absent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Body.
    pub body: RawBody,
}

/// Body of a [`RawRequest`].
#[derive(Debug, Clone)]
pub enum RawBody {
    /// None at all.
    None,
    /// With `Content-Length`.
    Sized(Bytes),
    /// Chunked, one chunk for each piece.
    Chunked(Vec<Bytes>),
}

impl Door {
    /// A door with its own identity; `None` shows no certificate. Needs a tokio runtime.
    pub fn new(identity: Option<&Identity>, tweaks: TlsTweaks) -> Result<Self, StartError> {
        Ok(Self::over(Leg::new(TlsClient::new(identity, tweaks)?, Vec::new())))
    }

    pub(super) fn over(leg: Arc<Leg>) -> Self {
        Self { leg, verify: Verify::Any }
    }

    /// The same door, comparing the adapter's certificate with these.
    #[must_use]
    pub fn pinned(mut self, certificates: Vec<CertificateDer<'static>>) -> Self {
        self.verify = Verify::Pinned(certificates);
        self
    }

    /// Sends a request over a connection of its own and collects the answer.
    pub async fn send(&self, request: RawRequest) -> Result<Answer, Rejection> {
        let target = Target::parse(&request.url)?;
        let unsendable = |what: &str| Rejection::new(Suffix::InternalError, format!("cannot be sent: {what}"));
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable("header name"))?;
            headers.append(name, HeaderValue::from_bytes(value).map_err(|_| unsendable("header value"))?);
        }
        if !headers.contains_key(header::HOST) {
            let host = HeaderValue::from_str(&target.authority()).map_err(|_| unsendable("host"))?;
            headers.insert(header::HOST, host);
        }
        let pieces = match request.body {
            RawBody::None => Vec::new(),
            RawBody::Sized(body) => {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
                vec![body]
            }
            RawBody::Chunked(pieces) => {
                headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
                pieces
            }
        };
        let body = if headers.contains_key(header::TRANSFER_ENCODING) || !pieces.is_empty() {
            out_body(futures_util::stream::iter(pieces.into_iter().map(Ok)))
        } else {
            use http_body_util::{BodyExt as _, Empty};
            Empty::new().map_err(|never| match never {}).boxed_unsync()
        };
        let mut outgoing = Request::builder()
            .method(request.method)
            .uri(target.path_and_query())
            .body(body)
            .map_err(|_| unsendable("target"))?;
        *outgoing.headers_mut() = headers;
        let stream = self.leg.stream(&target, &self.verify).await?;
        let (mut sender, connection) =
            http1::Builder::new().handshake(TokioIo::new(stream)).await.map_err(|error| broke(&error))?;
        let connection = tokio::spawn(connection);
        let answer = match sender.send_request(outgoing).await {
            Ok(response) => Answer::collect(response).await,
            Err(error) => Err(broke(&error)),
        };
        connection.abort();
        answer
    }

    /// A connected stream (TLS for `https`, handshake done) to write any bytes to.
    pub async fn connect(&self, url: &str) -> Result<AdapterStream, Rejection> {
        Ok(AdapterStream(self.leg.stream(&Target::parse(url)?, &self.verify).await?))
    }

    /// The same, with what the TLS handshake ended in; none over plain HTTP.
    pub async fn handshake(&self, url: &str) -> Result<(AdapterStream, Option<Handshake>), Rejection> {
        let (stream, handshake) = self.leg.opened(&Target::parse(url)?, &self.verify).await?;
        Ok((AdapterStream(stream), handshake))
    }

    /// Writes bytes as they are and returns what comes back until the adapter closes or says nothing for `quiet`.
    pub async fn send_bytes(&self, url: &str, bytes: &[u8], quiet: Duration) -> Result<Vec<u8>, Rejection> {
        let mut stream = self.connect(url).await?;
        // The adapter may answer and close before it has read everything: what it said still counts.
        let written = stream.write_all(bytes).await;
        if written.is_ok() {
            let _ = stream.flush().await;
        }
        let mut received = Vec::new();
        let mut piece = vec![0; 16 * 1024];
        while let Ok(Ok(read)) = tokio::time::timeout(quiet, stream.read(&mut piece)).await {
            match piece.get(..read) {
                Some(bytes) if !bytes.is_empty() => received.extend_from_slice(bytes),
                _ => break,
            }
        }
        Ok(received)
    }
}

/// See [`Door::connect`].
pub struct AdapterStream(Box<dyn Duplex>);

impl AsyncRead for AdapterStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for AdapterStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn broke(error: &hyper::Error) -> Rejection {
    Rejection::new(Suffix::IoError, format!("the exchange with the adapter broke off: {error}"))
}
