//! Faults on the wire that a case asks for: bytes that come slowly, stop, or are not those that were sent.
//!
//! They work on the plain text, inside TLS, so that what breaks is the message and never the record layer. A connection
//! with a fault is not kept for reuse, so that each exchange meets the fault at the same place.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Which bytes a fault touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Requests on their way to the adapter.
    ToAdapter,
    /// The adapter's answers.
    FromAdapter,
    /// Requests of an information system, as the consumer's server gets them.
    FromConsumer,
    /// Answers to an information system.
    ToConsumer,
}

/// What happens to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// From `after` on one byte in each `pause`.
    Slow { after: u64, pause: Duration },
    /// The connection ends before byte number `after` (from 0), without TLS's farewell.
    Cut { after: u64 },
    /// Byte number `at` (from 0) comes with its lowest bit turned.
    Corrupt { at: u64 },
}

/// One fault, in force until it is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub flow: Flow,
    /// What.
    pub harm: Harm,
}

/// A stream with the faults of its two directions.
pub(super) struct Faulty<S> {
    stream: S,
    read: Side,
    write: Side,
}

struct Side {
    harms: Vec<Harm>,
    /// Bytes that have passed.
    passed: u64,
    sleep: Option<Pin<Box<Sleep>>>,
    /// The next byte has waited its time.
    waited: bool,
}

/// How many of the next bytes may pass, and what is done to them.
enum Turn {
    Pass(usize),
    Ended,
}

impl Side {
    fn new(faults: &[Fault], flow: Flow) -> Self {
        let harms = faults.iter().filter(|fault| fault.flow == flow).map(|fault| fault.harm).collect();
        Self { harms, passed: 0, sleep: None, waited: false }
    }

    fn turn(&mut self, cx: &mut Context<'_>, wanted: usize) -> Poll<Turn> {
        let mut allowed = wanted;
        for harm in &self.harms {
            let room = |to: u64| usize::try_from(to.saturating_sub(self.passed)).unwrap_or(usize::MAX);
            match *harm {
                Harm::Cut { after } if self.passed >= after => return Poll::Ready(Turn::Ended),
                Harm::Cut { after } => allowed = allowed.min(room(after)),
                Harm::Slow { after, .. } if self.passed < after => allowed = allowed.min(room(after)),
                Harm::Slow { pause, .. } => {
                    if !self.waited {
                        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                        ready!(sleep.as_mut().poll(cx));
                        self.sleep = None;
                        self.waited = true;
                    }
                    allowed = allowed.min(1);
                }
                Harm::Corrupt { .. } => {}
            }
        }
        Poll::Ready(Turn::Pass(allowed))
    }

    /// Turns the bits that are due among the bytes that are about to pass.
    fn spoil(&self, bytes: &mut [u8]) {
        for harm in &self.harms {
            let Harm::Corrupt { at } = *harm else { continue };
            let index = at.checked_sub(self.passed).and_then(|index| usize::try_from(index).ok());
            if let Some(byte) = index.and_then(|index| bytes.get_mut(index)) {
                *byte ^= 1;
            }
        }
    }

    fn passed(&mut self, bytes: usize) {
        self.passed = self.passed.saturating_add(bytes as u64);
        if bytes > 0 {
            self.waited = false;
        }
    }
}

impl<S> Faulty<S> {
    /// `outwards` and `inwards` as seen from the server.
    pub(super) fn new(stream: S, faults: &[Fault], outwards: Flow, inwards: Flow) -> Self {
        Self { stream, read: Side::new(faults, inwards), write: Side::new(faults, outwards) }
    }
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "cut on purpose")
}

impl<S: AsyncRead + Unpin> AsyncRead for Faulty<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.read.harms.is_empty() {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let allowed = match ready!(this.read.turn(cx, buf.remaining())) {
            Turn::Pass(allowed) => allowed,
            Turn::Ended => return Poll::Ready(Err(cut())),
        };
        let mut piece = vec![0; allowed.min(16 * 1024)];
        let mut part = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let filled = part.filled_mut();
        this.read.spoil(filled);
        buf.put_slice(filled);
        let length = filled.len();
        this.read.passed(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Faulty<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.write.harms.is_empty() {
            return Pin::new(&mut this.stream).poll_write(cx, buf);
        }
        let allowed = match ready!(this.write.turn(cx, buf.len())) {
            Turn::Pass(allowed) => allowed,
            Turn::Ended => {
                // What was written before must be on the wire, or the cut comes too early.
                ready!(Pin::new(&mut this.stream).poll_flush(cx))?;
                return Poll::Ready(Err(cut()));
            }
        };
        let mut piece = buf.get(..allowed).unwrap_or(buf).to_vec();
        this.write.spoil(&mut piece);
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, &piece))?;
        this.write.passed(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
