//! One connection from handshake to end: its time limits, its requests, its drain.
//!
//! hyper parses and writes; the watchdog here bounds every phase in which hyper would wait for ever, among them the
//! silence before a first byte and a peer that takes no byte of a response.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin as Pinned, pin};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::delivery::Delivery;
use super::request::{self, Refusal};
use super::wire::{Hold, Phase, Sent, Shared, Socket, Watched};
use super::{Body, Door, Gate, Options, Peer, full, prepare};
use crate::config::Pin;

/// How often a busy connection is looked at for a stalled write.
const LOOK: Duration = Duration::from_secs(1);

pub(super) async fn run(
    door: Arc<Door>,
    stream: TcpStream,
    address: SocketAddr,
    number: u64,
    place: OwnedSemaphorePermit,
) {
    let open = door.metrics.connection(door.name);
    prepare(&stream);
    let peer = Peer { pin: None, address, connection: number, gone: CancellationToken::new() };
    let hold = (open, place);
    let Some(gate) = door.gate.clone() else { return serve(door, stream, peer, hold).await };
    // In a box, as is all that a connection does not need for as long as it is open.
    let Some(stream) = Box::pin(shake_hands(&door, &gate, stream, &peer)).await else { return };
    let leaf = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let peer = Peer { pin: leaf.map(|leaf| Pin::of(leaf)), ..peer };
    serve(door, stream, peer, hold).await;
}

async fn shake_hands(door: &Door, gate: &Gate, stream: TcpStream, peer: &Peer) -> Option<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(Arc::clone(&gate.current().config)).accept(stream);
    let done = tokio::select! {
        biased;
        () = door.stages.hard.cancelled() => return None,
        done = tokio::time::timeout(door.options.handshake, handshake) => done,
    };
    match done {
        Ok(Ok(stream)) => Some(stream),
        Ok(Err(error)) => {
            let (reason, Peer { connection, address, .. }) = (failure(&error), peer);
            door.metrics.handshake_failed(door.name, reason);
            debug!(listener = door.name, connection, %address, reason, "TLS handshake failed");
            None
        }
        Err(_) => {
            door.metrics.limit_hit("handshake");
            door.metrics.handshake_failed(door.name, "timeout");
            None
        }
    }
}

/// The reason of a failed handshake, as a label: a peer must not be able to make new ones.
fn failure(error: &io::Error) -> &'static str {
    use rustls::{CertificateError, Error};
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::NoCertificatesPresented) => "no certificate",
        Some(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)) => "not pinned",
        Some(Error::InvalidCertificate(CertificateError::BadSignature)) => "bad signature",
        Some(Error::InvalidCertificate(CertificateError::Expired | CertificateError::NotValidYet)) => "expired",
        Some(Error::InvalidCertificate(_)) => "bad certificate",
        Some(Error::PeerIncompatible(_)) => "incompatible",
        Some(Error::InvalidMessage(_)) => "not TLS",
        Some(Error::AlertReceived(_)) => "refused by peer",
        Some(_) => "protocol",
        None => "closed",
    }
}

/// Talks with the peer as long as it has something to say. In between nothing is kept but the stream: hyper's state and
/// buffers are four fifths of what a connection takes, and security servers keep connections at rest by the thousand.
async fn serve<S: Socket>(door: Arc<Door>, stream: S, peer: Peer, hold: Hold) {
    let shared = Arc::new(Shared::new());
    // Whatever ends this function tells the handlers that the peer is gone.
    let _gone = peer.gone.clone().drop_guard();
    let mut watched = Watched::new(stream, Arc::clone(&shared), hold);
    let mut drain = pin!(drain(&door, &shared));
    let mut draining = false;
    while let Some(at_rest) = Box::pin(talk(&door, &shared, &peer, watched, drain.as_mut(), &mut draining)).await {
        watched = at_rest;
        debug!(listener = door.name, connection = peer.connection, "connection at rest");
        let idle = shared.progress().since() + door.options.idle;
        // What has happened is judged by whoever talks.
        tokio::select! {
            biased;
            () = door.stages.hard.cancelled() => return,
            () = watched.readable() => {}
            () = drain.as_mut(), if !draining => draining = true,
            () = tokio::time::sleep_until(idle) => {}
        }
    }
}

/// Serves requests until the connection ends, or until it is at rest and can be given back.
async fn talk<S: Socket>(
    door: &Arc<Door>,
    shared: &Arc<Shared>,
    peer: &Peer,
    watched: Watched<S>,
    mut drain: Pinned<&mut impl Future<Output = ()>>,
    draining: &mut bool,
) -> Option<Watched<S>> {
    let service = service_fn(|request| answer(Arc::clone(door), Arc::clone(shared), peer.clone(), request));
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(door.options.header_block.max(8 * 1024))
        .max_headers(door.options.headers)
        .max_header_size(door.options.header_block);
    let mut connection = http.serve_connection(TokioIo::new(watched), service);
    if *draining {
        Pinned::new(&mut connection).graceful_shutdown();
    }
    let mut watchdog = pin!(watch(&door.options, shared));
    let limit = loop {
        tokio::select! {
            biased;
            () = door.stages.hard.cancelled() => return None,
            ended = &mut connection => {
                if let Err(error) = ended {
                    shared.linger.store(true, Ordering::Relaxed);
                    // hyper does not say whether it was the number of headers or their size.
                    if error.is_parse_too_large() {
                        door.metrics.limit_hit("header_block");
                    }
                    debug!(listener = door.name, connection = peer.connection, %error, "connection ended");
                }
                return None;
            }
            outcome = watchdog.as_mut() => match outcome {
                Watch::Limit(limit) => break limit,
                Watch::Rest => {
                    // Between two messages, and no byte waits to be written: hyper holds nothing of either direction.
                    let parts = connection.into_parts();
                    return parts.read_buf.is_empty().then(|| parts.io.into_inner());
                }
            },
            () = drain.as_mut(), if !*draining => {
                *draining = true;
                Pinned::new(&mut connection).graceful_shutdown();
            }
        }
    };
    // An idle connection that closes is the ordinary end, not a limit that refused something.
    if limit != "idle" {
        door.metrics.limit_hit(limit);
    }
    debug!(listener = door.name, connection = peer.connection, limit, "connection closed");
    None
}

/// Returns when idle connections shall be closed: a moment after the soft stage, so that a request under way finds us.
async fn drain(door: &Door, shared: &Shared) {
    door.stages.soft.cancelled().await;
    shared.closing.store(true, Ordering::Relaxed);
    tokio::time::sleep(door.options.drain_grace).await;
}

/// What the watchdog has seen.
enum Watch {
    /// The connection has hit the limit of this name.
    Limit(&'static str),
    /// It has been idle for a while, and everything is sent.
    Rest,
}

async fn watch(options: &Options, shared: &Shared) -> Watch {
    loop {
        let (phase, since, stalled, at_rest) = {
            let progress = shared.progress();
            (progress.phase(), progress.since(), progress.stalled(), progress.at_rest())
        };
        let now = Instant::now();
        let (limit, name) = match (phase, stalled) {
            (Phase::New | Phase::Head, _) => (since + options.header, "header"),
            (Phase::Idle, None) => (since + options.idle, "idle"),
            (_, Some(stalled)) => (stalled + options.write_stall, "write_stall"),
            (Phase::Busy, None) => (now + LOOK, ""),
        };
        if now >= limit {
            return Watch::Limit(name);
        }
        let rest = at_rest.then(|| since + options.rest);
        if rest.is_some_and(|rest| now >= rest) && !shared.closing.load(Ordering::Relaxed) {
            return Watch::Rest;
        }
        let next = rest.filter(|rest| now < *rest).unwrap_or(limit);
        tokio::time::sleep_until(next.min(limit).min(now + LOOK)).await;
    }
}

/// The request's way to the handler and the response's way back.
///
/// The handler is begun at once, not when what is returned is polled first: hyper drops that unpolled when the peer has
/// gone right behind its request, and a request that has come whole must not be lost without a trace.
fn answer(
    door: Arc<Door>,
    shared: Arc<Shared>,
    peer: Peer,
    request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Sent>, Infallible>> {
    shared.progress().enter(Phase::Busy);
    let only_head = request.method() == Method::HEAD;
    let connection = peer.connection;
    let begun = admit(&door, &shared, &peer, &request).map(|()| begin(&door, peer, request));
    async move {
        let mut response = match begun {
            Ok(task) => end(&door, &shared, task).await,
            Err(refusal) => {
                if let Some(limit) = refusal.limit {
                    door.metrics.limit_hit(limit);
                }
                let Refusal { status, reason, .. } = refusal;
                debug!(listener = door.name, connection, %status, reason, "request refused");
                shared.closing.store(true, Ordering::Relaxed);
                shared.linger.store(true, Ordering::Relaxed);
                plain(status, reason)
            }
        };
        if shared.closing.load(Ordering::Relaxed) || door.stages.soft.is_cancelled() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let delivery = response.extensions_mut().remove::<Delivery>();
        Ok(response.map(|body| Sent::new(body, shared, delivery, only_head)))
    }
}

fn admit(door: &Door, shared: &Shared, peer: &Peer, request: &Request<Incoming>) -> Result<(), Refusal> {
    if let Some(violation) = shared.progress().violation() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, violation));
    }
    if door.gate.as_ref().is_some_and(|gate| !gate.admits(peer.pin)) {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "the certificate is no longer pinned"));
    }
    request::check(request, &door.options)
}

/// Runs the handler as a task, so that its panic is its own and a vanished peer does not cut it short.
fn begin(door: &Arc<Door>, peer: Peer, request: Request<Incoming>) -> JoinHandle<Response<Body>> {
    let (handler, hard) = (Arc::clone(door), door.stages.hard.clone());
    door.tasks.spawn(async move {
        tokio::select! {
            biased;
            () = hard.cancelled() => plain(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            response = async move { handler.handler.call(request, peer).await } => response,
        }
    })
}

async fn end(door: &Door, shared: &Shared, task: JoinHandle<Response<Body>>) -> Response<Body> {
    match task.await {
        Ok(response) => response,
        Err(error) => {
            door.metrics.panic(door.name);
            tracing::error!(listener = door.name, panicked = error.is_panic(), "a request's task died");
            shared.closing.store(true, Ordering::Relaxed);
            plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
        }
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(full(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
