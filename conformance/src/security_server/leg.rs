//! The leg to the adapter: connections, their pool and what goes wrong on them (xroad.md §5.2, §7).
//!
//! Connections are kept for reuse and closed once idle for 50 ms (looked at every 100 ms). Nothing is retried: a kept
//! connection that the adapter has closed meanwhile fails the request, as it does at a security server.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::errors::{Rejection, Suffix};
use super::fault::{Fault, Faulty, Flow};
use super::tls::TlsClient;
use super::url::Target;

/// Idle connections older than this are closed …
const IDLE_TIMEOUT: Duration = Duration::from_millis(50);
/// … each time the monitor looks.
const MONITOR_PERIOD: Duration = Duration::from_millis(100);

/// Body of a request on its way out.
pub(super) type OutBody = UnsyncBoxBody<Bytes, io::Error>;

/// A byte stream to the adapter, plain or TLS.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// How to treat the adapter's certificate.
#[derive(Debug, Clone)]
pub(super) enum Verify {
    /// "Verify TLS certificate" off.
    Any,
    /// On: the leaf must equal one of these.
    Pinned(Vec<CertificateDer<'static>>),
}

/// What a TLS handshake ended in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Cipher suite by its registered name.
    pub suite: String,
    /// Protocol that ALPN chose.
    pub alpn: Option<Vec<u8>>,
    /// Whether an earlier session was taken up again.
    pub resumed: bool,
    /// The adapter's certificate.
    pub leaf: Option<CertificateDer<'static>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Route {
    tls: bool,
    host: String,
    port: u16,
    verified: bool,
}

struct Idle {
    sender: SendRequest<OutBody>,
    since: Instant,
}

/// See the module.
pub(super) struct Leg {
    tls: Mutex<TlsClient>,
    idle: Mutex<HashMap<Route, Vec<Idle>>>,
    faults: Mutex<Vec<Fault>>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// A response whose body is still to be read; give it to [`Leg::finish`] afterwards to keep the connection.
pub(super) struct Exchange {
    pub(super) response: Response<Incoming>,
    sender: SendRequest<OutBody>,
    route: Route,
    reusable: bool,
}

/// The connection behind a response.
pub(super) struct Kept {
    sender: SendRequest<OutBody>,
    route: Route,
    reusable: bool,
}

impl Exchange {
    /// Separates the response from its connection.
    pub(super) fn split(self) -> (Response<Incoming>, Kept) {
        (self.response, Kept { sender: self.sender, route: self.route, reusable: self.reusable })
    }
}

impl Leg {
    pub(super) fn new(tls: TlsClient, faults: Vec<Fault>) -> Arc<Self> {
        let leg = Arc::new(Self {
            tls: Mutex::new(tls),
            idle: Mutex::default(),
            faults: Mutex::new(faults),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        });
        let monitored = Arc::downgrade(&leg);
        let stop = leg.stop.clone();
        leg.tasks.spawn(async move {
            let mut ticks = tokio::time::interval(MONITOR_PERIOD);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = ticks.tick() => {}
                }
                let Some(leg) = monitored.upgrade() else { return };
                leg.close_idle();
            }
        });
        leg
    }

    /// Another identity from now on; kept connections of the old one are dropped.
    pub(super) fn set_tls(&self, tls: TlsClient) {
        *lock(&self.tls) = tls;
        lock(&self.idle).clear();
    }

    /// Other faults from now on; kept connections are dropped, so that none escapes them.
    pub(super) fn set_faults(&self, faults: Vec<Fault>) {
        *lock(&self.faults) = faults;
        lock(&self.idle).clear();
    }

    /// Closes all connections and waits for their tasks.
    pub(super) async fn shutdown(&self) {
        self.stop.cancel();
        lock(&self.idle).clear();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Sends one request and waits for the head of the response. `timeout` is of inactivity, zero is none; with
    /// `bounded_connect` it also bounds connecting (SOAP, xroad.md §7).
    pub(super) async fn send(
        &self,
        target: &Target,
        verify: &Verify,
        timeout: Duration,
        bounded_connect: bool,
        request: Request<OutBody>,
    ) -> Result<Exchange, Rejection> {
        let route = Route {
            tls: target.tls,
            host: target.host.clone(),
            port: target.port,
            verified: matches!(verify, Verify::Pinned(_)),
        };
        let mut sender = match self.take_idle(&route) {
            Some(sender) => sender,
            None => self.open(target, verify, timeout, bounded_connect).await?,
        };
        sender.ready().await.map_err(|error| broken(&error))?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let reusable =
            lock(&self.faults).is_empty() && response.version() == http::Version::HTTP_11 && !says_close(&response);
        Ok(Exchange { response, sender, route, reusable })
    }

    /// Takes the connection back after its response has been read to the end.
    pub(super) fn finish(&self, kept: Kept) {
        if kept.reusable && !self.stop.is_cancelled() {
            let idle = Idle { sender: kept.sender, since: Instant::now() };
            lock(&self.idle).entry(kept.route).or_default().push(idle);
        }
    }

    /// A connected stream, the certificate compared.
    pub(super) async fn stream(&self, target: &Target, verify: &Verify) -> Result<Box<dyn Duplex>, Rejection> {
        Ok(self.opened(target, verify).await?.0)
    }

    /// The same, with what the handshake ended in; none over plain HTTP.
    pub(super) async fn opened(
        &self,
        target: &Target,
        verify: &Verify,
    ) -> Result<(Box<dyn Duplex>, Option<Handshake>), Rejection> {
        let host = target.host.trim_start_matches('[').trim_end_matches(']');
        let addresses: Vec<_> = tokio::net::lookup_host((host, target.port))
            .await
            .map_err(|_| Rejection::new(Suffix::UnknownHost, "the host of the service URL is unknown"))?
            .collect();
        let stream = TcpStream::connect(addresses.as_slice()).await.map_err(|error| {
            Rejection::new(Suffix::NetworkError, format!("cannot connect to the service: {}", error.kind()))
        })?;
        stream.set_nodelay(true).map_err(|error| io_error(&error))?;
        if !target.tls {
            return Ok((Box::new(stream), None));
        }
        let tls = lock(&self.tls).clone();
        let (config, name) = tls
            .for_host(&target.host)
            .ok_or_else(|| Rejection::new(Suffix::ServiceMalformedUrl, "the host of the service URL is no name"))?;
        let stream = tokio_rustls::TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| Rejection::new(Suffix::IoError, format!("TLS handshake failed: {error}")))?;
        let session = stream.get_ref().1;
        let leaf = session.peer_certificates().and_then(<[_]>::first);
        let handshake = Handshake {
            suite: session.negotiated_cipher_suite().map(|it| format!("{:?}", it.suite())).unwrap_or_default(),
            alpn: session.alpn_protocol().map(<[u8]>::to_vec),
            resumed: session.handshake_kind() == Some(rustls::HandshakeKind::Resumed),
            leaf: leaf.cloned(),
        };
        if let Verify::Pinned(pins) = verify
            && !leaf.is_some_and(|leaf| pins.iter().any(|pin| pin == leaf))
        {
            return Err(Rejection::new(
                Suffix::SslAuthenticationFailed,
                "the service's certificate is not among the uploaded ones",
            ));
        }
        Ok((Box::new(stream), Some(handshake)))
    }

    async fn open(
        &self,
        target: &Target,
        verify: &Verify,
        timeout: Duration,
        bounded: bool,
    ) -> Result<SendRequest<OutBody>, Rejection> {
        let connecting = self.stream(target, verify);
        let stream = if bounded && !timeout.is_zero() {
            tokio::time::timeout(timeout, connecting)
                .await
                .map_err(|_| Rejection::new(Suffix::IoError, "connecting to the service timed out"))??
        } else {
            connecting.await?
        };
        let faults = lock(&self.faults).clone();
        let stream = Faulty::new(stream, &faults, Flow::ToAdapter, Flow::FromAdapter);
        let io = TokioIo::new(Inactivity::new(stream, timeout));
        let (sender, connection) = http1::Builder::new().handshake(io).await.map_err(|error| broken(&error))?;
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                // Its error reaches the request that waits for it.
                _ = connection => {}
            }
        });
        Ok(sender)
    }

    /// A kept connection. One that the monitor should have closed by now is not handed out, however late it is.
    fn take_idle(&self, route: &Route) -> Option<SendRequest<OutBody>> {
        let mut idle = lock(&self.idle);
        let kept = idle.get_mut(route)?;
        kept.retain(|idle| idle.since.elapsed() <= IDLE_TIMEOUT + MONITOR_PERIOD);
        kept.pop().map(|idle| idle.sender)
    }

    fn close_idle(&self) {
        lock(&self.idle).retain(|_, connections| {
            connections.retain(|idle| idle.since.elapsed() <= IDLE_TIMEOUT);
            !connections.is_empty()
        });
    }
}

fn says_close(response: &Response<Incoming>) -> bool {
    response.headers().get_all(header::CONNECTION).iter().any(|value| {
        value.to_str().is_ok_and(|text| text.split(',').any(|word| word.trim().eq_ignore_ascii_case("close")))
    })
}

fn broken(error: &hyper::Error) -> Rejection {
    Rejection::new(Suffix::IoError, format!("the exchange with the service broke off: {error}"))
}

fn io_error(error: &io::Error) -> Rejection {
    Rejection::new(Suffix::IoError, error.kind().to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A stream that fails when nothing moves for a while: any byte, in or out, starts the time anew.
struct Inactivity<S> {
    stream: S,
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl<S> Inactivity<S> {
    fn new(stream: S, limit: Duration) -> Self {
        Self { stream, limit, timer: Box::pin(tokio::time::sleep(limit)) }
    }

    fn moved(&mut self) {
        if !self.limit.is_zero() {
            self.timer.as_mut().reset(Instant::now() + self.limit);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Inactivity<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match Pin::new(&mut this.stream).poll_read(cx, buf) {
            Poll::Ready(result) => {
                this.moved();
                Poll::Ready(result)
            }
            Poll::Pending if this.limit.is_zero() => Poll::Pending,
            Poll::Pending => {
                ready!(this.timer.as_mut().poll(cx));
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Inactivity<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf));
        self.moved();
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
