//! Sockets to requests: accept loop, TLS with pins, limits per connection, drain.
//!
//! One [`Listener`] serves one address. What arrives at a [`Handler`] has passed the handshake, the pins in force at
//! that moment, and the framing rules of HTTP/1.1; who may do what, and what the bytes mean, is decided above. There is
//! no HTTP/2, no upgrade and no proxying, because security servers speak none of them (xroad.md §7).

mod body;
mod connection;
mod delivery;
mod framing;
mod in_flight;
mod port;
mod request;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin as Pinned;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

pub use body::{Body, empty, full};
pub use delivery::{Delivered, Delivery};
pub use in_flight::{Full, InFlight, Place};
pub use port::{BindError, Bound, bind};
pub use tls::{ClientAuth, Gate, PinSet, Prepared, ServerIdentity, TlsError, TlsOptions};

use crate::config::{Config, Limits, Pin};
use crate::telemetry::Metrics;

/// Who is on the other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The pin of its certificate; none on a listener that asks for none.
    pub pin: Option<Pin>,
    pub address: SocketAddr,
    /// Counts connections of the listener, for correlation in logs.
    pub connection: u64,
    /// Cancelled when the peer goes away before its response, or the process stops hard. The handler is *not* stopped
    /// by the former: what it has begun it may finish.
    pub gone: CancellationToken,
}

/// What a request is given to. Runs as a task of its own; a panic is answered 500 and ends nothing else.
pub trait Handler: Send + Sync + 'static {
    fn call(&self, request: Request<Incoming>, peer: Peer) -> Answer;
}

/// The response to come.
pub type Answer = Pinned<Box<dyn Future<Output = Response<Body>> + Send>>;

impl<F, R> Handler for F
where
    F: Fn(Request<Incoming>, Peer) -> R + Send + Sync + 'static,
    R: Future<Output = Response<Body>> + Send + 'static,
{
    fn call(&self, request: Request<Incoming>, peer: Peer) -> Answer {
        Box::pin(self(request, peer))
    }
}

/// The two stages of stopping.
#[derive(Clone, Debug, Default)]
pub struct Stages {
    /// Take nothing new, finish what is there.
    pub soft: CancellationToken,
    /// Drop everything now.
    pub hard: CancellationToken,
}

/// The limits of one listener (xroad.md §7; the fields are the keys under `[limits]`).
#[derive(Clone, Debug)]
pub struct Options {
    pub connections: usize,
    pub header_block: usize,
    pub uri: usize,
    pub headers: usize,
    pub handshake: Duration,
    pub header: Duration,
    pub idle: Duration,
    /// After how long an idle connection gives its buffers back. It stays open.
    pub rest: Duration,
    pub write_stall: Duration,
    /// The values of the Host header that are answered; empty: any.
    pub hosts: Vec<String>,
    /// How long idle connections are kept at the beginning of a drain, so that a request that is already under way
    /// still finds us. Security servers close idle connections after 50 ms.
    pub drain_grace: Duration,
}

impl Options {
    pub fn new(limits: &Limits) -> Self {
        Self {
            connections: limits.connections,
            header_block: limits.header_block.0,
            uri: limits.uri.0,
            headers: limits.headers,
            handshake: limits.handshake.0,
            header: limits.header.0,
            idle: limits.idle.0,
            rest: Duration::from_secs(1),
            write_stall: limits.write_stall.0,
            hosts: Vec::new(),
            drain_grace: Duration::from_millis(250),
        }
    }

    /// The options of the X-Road listener.
    pub fn xroad(config: &Config) -> Self {
        Self { hosts: config.xroad.hosts.clone(), ..Self::new(&config.limits) }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new(&Limits::default())
    }
}

/// One address that is listened on.
#[derive(Debug)]
pub struct Listener {
    name: &'static str,
    bound: Bound,
    options: Options,
    gate: Option<Arc<Gate>>,
    metrics: Metrics,
}

impl Listener {
    /// A listener without TLS: for loopback.
    pub fn plain(name: &'static str, bound: Bound, options: Options, metrics: Metrics) -> Self {
        Self { name, bound, options, gate: None, metrics }
    }

    /// A listener with TLS. The gate is shared: who holds it reloads certificate and pins.
    pub fn tls(name: &'static str, bound: Bound, options: Options, metrics: Metrics, gate: Arc<Gate>) -> Self {
        Self { name, bound, options, gate: Some(gate), metrics }
    }

    pub fn address(&self) -> SocketAddr {
        self.bound.address()
    }

    /// Serves until a stage is reached and every connection has ended.
    pub async fn serve(self, handler: impl Handler, stages: Stages) {
        let (address, socket) = self.bound.into_parts();
        let door = Arc::new(Door {
            name: self.name,
            options: self.options,
            gate: self.gate,
            metrics: self.metrics,
            handler: Box::new(handler),
            stages: stages.clone(),
            tasks: TaskTracker::new(),
        });
        debug!(listener = door.name, %address, "listening");
        accept(&door, &socket).await;
        drop(socket);
        door.tasks.close();
        door.tasks.wait().await;
    }
}

/// What all connections of a listener share.
struct Door {
    name: &'static str,
    options: Options,
    gate: Option<Arc<Gate>>,
    metrics: Metrics,
    handler: Box<dyn Handler>,
    stages: Stages,
    tasks: TaskTracker,
}

async fn accept(door: &Arc<Door>, socket: &TcpListener) {
    let places = Arc::new(Semaphore::new(door.options.connections));
    let connections = AtomicU64::new(0);
    loop {
        let next = async {
            let place = place(door, &places).await?;
            Some((socket.accept().await, place))
        };
        let (accepted, place) = tokio::select! {
            biased;
            () = door.stages.soft.cancelled() => return,
            () = door.stages.hard.cancelled() => return,
            next = next => match next {
                Some(next) => next,
                None => return,
            },
        };
        match accepted {
            Ok((stream, address)) => {
                let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
                door.tasks.spawn(connection::run(Arc::clone(door), stream, address, number, place));
            }
            // Out of file descriptors, or the peer was faster: neither is a reason to stop.
            Err(error) => {
                warn!(listener = door.name, %error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Waits for a free place, so that further connections queue in the operating system.
async fn place(door: &Door, places: &Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
    if let Ok(place) = Arc::clone(places).try_acquire_owned() {
        return Some(place);
    }
    door.metrics.limit_hit("connections");
    Arc::clone(places).acquire_owned().await.ok()
}

/// Prepares an accepted socket.
fn prepare(stream: &TcpStream) {
    // Small responses must not wait for the peer's acknowledgement; where it cannot be set, they merely do.
    let _ = stream.set_nodelay(true);
}
