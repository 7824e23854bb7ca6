//! What stands between hyper and the socket: bytes in are shown to the framing, flushes to the delivery.
//!
//! Nothing here changes a byte, and nothing decides; [`super::connection`] does.

use std::io;
use std::pin::Pin as Pinned;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

use super::Body;
use super::delivery::{Delivered, Delivery};
use super::framing::Framing;
use crate::telemetry::OpenConnection;

/// How long what the peer still sends is read and dropped after an early close, so that the answer is not lost to a
/// reset; and how much of it.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 * 1024;

/// hyper closes a connection that begins as HTTP/2 without a word; a word helps whoever looks for the reason.
const NOT_HTTP2: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What a connection holds until its socket is really closed: its count and its place.
pub(super) type Hold = (OpenConnection, OwnedSemaphorePermit);

/// What the parts of one connection tell each other.
pub(super) struct Shared {
    progress: Mutex<Progress>,
    /// The response that has been given to the connection whole, until it is flushed.
    pending: Mutex<Option<Delivery>>,
    /// No further request is taken on this connection.
    pub(super) closing: AtomicBool,
    /// The peer may still be sending when we close.
    pub(super) linger: AtomicBool,
}

pub(super) struct Progress {
    framing: Framing,
    phase: Phase,
    since: Instant,
    /// Since when the peer takes no byte.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Before the first byte.
    New,
    /// Within a request's head.
    Head,
    /// From a request's head to the end of its response.
    Busy,
    /// Between requests.
    Idle,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self {
            progress: Mutex::new(Progress {
                framing: Framing::new(),
                phase: Phase::New,
                since: Instant::now(),
                stalled: None,
            }),
            pending: Mutex::default(),
            closing: AtomicBool::new(false),
            linger: AtomicBool::new(false),
        }
    }

    pub(super) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pending(&self) -> MutexGuard<'_, Option<Delivery>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress {
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// When the phase began.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Since when the peer takes no byte.
    pub(super) fn stalled(&self) -> Option<Instant> {
        self.stalled
    }

    /// Is nothing under way in either direction? A request whose body still arrives is, even behind its answer: what
    /// comes next is body, which must never be read as a request.
    pub(super) fn at_rest(&self) -> bool {
        self.phase == Phase::Idle && self.stalled.is_none() && self.framing.between()
    }

    /// What is wrong with the framing of what has arrived.
    pub(super) fn violation(&self) -> Option<&'static str> {
        self.framing.violation()
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }

    fn received(&mut self, bytes: &[u8]) -> usize {
        let readable = self.framing.take(bytes);
        if self.framing.in_head() && matches!(self.phase, Phase::New | Phase::Idle) {
            self.enter(Phase::Head);
        }
        readable
    }
}

/// A response's body on its way out.
pub(super) struct Sent {
    body: Body,
    shared: Arc<Shared>,
    delivery: Option<Delivery>,
    /// Nothing of the body is left to be taken.
    complete: bool,
}

impl Sent {
    /// `complete`: the body will not be taken (HEAD).
    pub(super) fn new(body: Body, shared: Arc<Shared>, delivery: Option<Delivery>, complete: bool) -> Self {
        Self { body, shared, delivery, complete }
    }
}

impl HttpBody for Sent {
    type Data = bytes::Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pinned<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pinned::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(None) = polled {
            self.complete = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        let complete = self.complete || self.body.is_end_stream();
        // A delivery that is dropped here says «no» by itself.
        if let Some(delivery) = self.delivery.take().filter(|_| complete) {
            *self.shared.pending() = Some(delivery);
        }
        let mut progress = self.shared.progress();
        let next = if progress.framing.in_head() { Phase::Head } else { Phase::Idle };
        progress.enter(next);
    }
}

/// A stream over a socket of the operating system.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn socket(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// The stream under hyper: shows every byte that arrives to the framing, and every flush to the delivery.
pub(super) struct Watched<S: Socket> {
    stream: Option<S>,
    shared: Arc<Shared>,
    /// The connection's place and its count, given back when the socket is really closed.
    hold: Option<Hold>,
    /// A body's framing is malformed: nothing after that point is read.
    broken: bool,
}

impl<S: Socket> Watched<S> {
    pub(super) fn new(stream: S, shared: Arc<Shared>, hold: Hold) -> Self {
        Self { stream: Some(stream), shared, hold: Some(hold), broken: false }
    }

    /// Returns when the peer has sent something or has gone, after a read that found nothing.
    pub(super) async fn readable(&self) {
        if let Some(stream) = &self.stream {
            // An error is found again by whoever reads.
            let _ = stream.socket().readable().await;
        }
    }

    fn poll_stream<T>(&mut self, poll: impl FnOnce(Pinned<&mut S>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        match &mut self.stream {
            Some(stream) => poll(Pinned::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    fn written<T>(&self, polled: &Poll<io::Result<T>>) {
        let mut progress = self.shared.progress();
        match polled {
            Poll::Pending if progress.stalled.is_none() => progress.stalled = Some(Instant::now()),
            Poll::Pending => {}
            Poll::Ready(_) => progress.stalled = None,
        }
    }
}

impl<S: Socket> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pinned<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.broken {
            return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
        }
        let before = buf.filled().len();
        let polled = self.poll_stream(|stream| stream.poll_read(cx, buf));
        if let Poll::Ready(Ok(())) = polled {
            let new = buf.filled().get(before..).unwrap_or_default();
            let good = self.shared.progress().received(new);
            if good < new.len() {
                self.shared.closing.store(true, Ordering::Relaxed);
                self.shared.linger.store(true, Ordering::Relaxed);
                self.broken = true;
                buf.set_filled(before + good);
                if good == 0 {
                    return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
                }
            }
        }
        polled
    }
}

impl<S: Socket> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pinned<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = self.poll_stream(|stream| stream.poll_write(cx, buf));
        self.written(&polled);
        polled
    }

    fn poll_flush(mut self: Pinned<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.poll_stream(|stream| stream.poll_flush(cx));
        self.written(&polled);
        if let Poll::Ready(Ok(())) = polled {
            let delivery = self.shared.pending().take();
            if let Some(delivery) = delivery {
                delivery.report(Delivered::Yes);
            }
        }
        polled
    }

    fn poll_shutdown(mut self: Pinned<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_stream(|stream| stream.poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pinned<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.poll_stream(|stream| stream.poll_write_vectored(cx, bufs));
        self.written(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }
}

impl<S: Socket> Drop for Watched<S> {
    /// Closing a socket with unread bytes resets it, and a reset may overtake our last answer.
    fn drop(&mut self) {
        let (Some(mut stream), hold) = (self.stream.take(), self.hold.take()) else { return };
        if !self.shared.linger.load(Ordering::Relaxed) {
            return;
        }
        let farewell = self.shared.progress().framing.is_http2();
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            let _hold = hold;
            let drained = async {
                if farewell {
                    stream.write_all(NOT_HTTP2).await?;
                }
                stream.shutdown().await?;
                let mut buffer = [0_u8; 4096];
                let mut left = LINGER_BYTES;
                while left > 0 {
                    match stream.read(&mut buffer).await? {
                        0 => break,
                        read => left = left.saturating_sub(read),
                    }
                }
                Ok::<(), io::Error>(())
            };
            // Best effort: the answer has been sent, and the time is bounded.
            let _ = tokio::time::timeout(LINGER, drained).await;
        });
    }
}
