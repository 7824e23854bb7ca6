//! The load client: some connections, on each one request after the other, the same for either server.
//!
//! It writes prepared bytes and reads no more of the answer than where it ends, so that it is never slower than the
//! server because of itself where that can be helped. Every answer must be 200 and as long as expected; the first of
//! each connection is read whole.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use conformance::ca::DevelopmentPki;
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::machine;

/// What one client does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    /// Holds the certificates.
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    /// The server's process, whose processor time is read.
    pub(crate) server: u32,
    pub(crate) connections: usize,
    /// The file of the SOAP message.
    pub(crate) message: PathBuf,
    /// The file of the answer that each request gets, to the byte.
    pub(crate) answer: PathBuf,
    /// Without TLS.
    #[serde(default)]
    pub(crate) plain: bool,
    pub(crate) warm_up: Duration,
    pub(crate) time: Duration,
}

/// What it saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) exchanges: u64,
    pub(crate) seconds: f64,
    /// Microseconds from the request's first byte to the answer's last.
    pub(crate) p50: u32,
    pub(crate) p99: u32,
    pub(crate) longest: u32,
    /// Processor seconds during the run.
    pub(crate) server_seconds: f64,
    pub(crate) client_seconds: f64,
    pub(crate) others_seconds: f64,
}

impl Run {
    /// Exchanges a second.
    pub(crate) fn rate(&self) -> f64 {
        self.exchanges.to_f64() / self.seconds
    }
}

/// Counts as measures.
pub(crate) trait ToF64 {
    fn to_f64(self) -> f64;
}

impl ToF64 for u64 {
    #[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
    fn to_f64(self) -> f64 {
        self as f64
    }
}

impl ToF64 for usize {
    #[expect(clippy::cast_precision_loss, reason = "no count here comes near 2^53")]
    fn to_f64(self) -> f64 {
        self as f64
    }
}

/// The role: prints its [`Run`] as JSON.
pub(crate) fn run(load: &Load) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let run = runtime.block_on(driven(load))?;
    println!("{}", serde_json::to_string(&run)?);
    Ok(())
}

/// What the connections of a run share.
struct Shared {
    request: Vec<u8>,
    answer: Vec<u8>,
    exchanges: AtomicU64,
    counting: AtomicBool,
    ended: AtomicBool,
}

async fn driven(load: &Load) -> Result<Run> {
    let tls = Arc::new(super::tls::client(&DevelopmentPki::load(&load.folder)?)?);
    let shared = Arc::new(Shared {
        request: super::message::on_the_wire(&std::fs::read(&load.message)?),
        answer: std::fs::read(&load.answer)?,
        exchanges: AtomicU64::new(0),
        counting: AtomicBool::new(false),
        ended: AtomicBool::new(false),
    });
    let mut connections = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        let open = if load.plain {
            Connection::plain(load.address).await?
        } else {
            Connection::open(load.address, Arc::clone(&tls)).await?
        };
        connections.push(open);
    }
    let mut busy = tokio::task::JoinSet::new();
    for connection in connections {
        busy.spawn(keep_asking(connection, Arc::clone(&shared)));
    }
    tokio::time::sleep(load.warm_up).await;
    let before = Moment::now(load.server, &shared)?;
    shared.counting.store(true, Ordering::Relaxed);
    tokio::time::sleep(load.time).await;
    let after = Moment::now(load.server, &shared)?;
    shared.ended.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    while let Some(ended) = busy.join_next().await {
        times.extend(ended??);
    }
    times.sort_unstable();
    let quantile = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let seconds = |of: fn(&Moment) -> Duration| (of(&after).saturating_sub(of(&before))).as_secs_f64();
    let (server_seconds, client_seconds) = (seconds(|moment| moment.server), seconds(|moment| moment.client));
    Ok(Run {
        exchanges: after.exchanges - before.exchanges,
        seconds: (after.at - before.at).as_secs_f64(),
        p50: quantile(50),
        p99: quantile(99),
        longest: times.last().copied().unwrap_or_default(),
        server_seconds,
        client_seconds,
        others_seconds: (seconds(|moment| moment.all) - server_seconds - client_seconds).max(0.0),
    })
}

struct Moment {
    at: Instant,
    exchanges: u64,
    server: Duration,
    client: Duration,
    all: Duration,
}

impl Moment {
    fn now(server: u32, shared: &Shared) -> Result<Moment> {
        Ok(Moment {
            server: machine::used_by(server)?,
            client: machine::used_by(std::process::id())?,
            all: machine::used_by_all()?,
            exchanges: shared.exchanges.load(Ordering::Relaxed),
            at: Instant::now(),
        })
    }
}

/// Asks until the run ends; gives the times of the exchanges that were counted.
async fn keep_asking(mut connection: Connection, shared: Arc<Shared>) -> Result<Vec<u32>> {
    let mut times = Vec::with_capacity(1 << 16);
    ensure!(connection.ask(&shared.request).await? == shared.answer, "an answer differs from the expected one");
    while !shared.ended.load(Ordering::Relaxed) {
        let counts = shared.counting.load(Ordering::Relaxed);
        let started = Instant::now();
        let length = connection.ask(&shared.request).await?.len();
        ensure!(length == shared.answer.len(), "an answer has {length} bytes, expected were {}", shared.answer.len());
        shared.exchanges.fetch_add(1, Ordering::Relaxed);
        if counts {
            times.push(u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
    Ok(times)
}

/// Asks once over a connection of its own.
pub(crate) async fn ask_once(folder: &std::path::Path, address: SocketAddr, message: &[u8]) -> Result<Vec<u8>> {
    let tls = Arc::new(super::tls::client(&DevelopmentPki::load(folder)?)?);
    let mut connection = Connection::open(address, tls).await?;
    Ok(connection.ask(&super::message::on_the_wire(message)).await?.to_vec())
}

/// The same without TLS.
pub(crate) async fn ask_once_plainly(address: SocketAddr, message: &[u8]) -> Result<Vec<u8>> {
    let mut connection = Connection::plain(address).await?;
    Ok(connection.ask(&super::message::on_the_wire(message)).await?.to_vec())
}

enum Stream {
    Tls(Box<TlsStream<TcpStream>>),
    Plain(TcpStream),
}

impl Stream {
    async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Stream::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
            Stream::Plain(stream) => stream.write_all(bytes).await,
        }
    }

    async fn receive(&mut self, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Stream::Tls(stream) => stream.read_buf(buffer).await,
            Stream::Plain(stream) => stream.read_buf(buffer).await,
        }
    }

    async fn close(&mut self) -> std::io::Result<()> {
        match self {
            Stream::Tls(stream) => stream.shutdown().await,
            Stream::Plain(stream) => stream.shutdown().await,
        }
    }
}

pub(crate) struct Connection {
    stream: Stream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, tls: Arc<ClientConfig>) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(tls).connect(name, stream).await.context("the TLS handshake")?;
        Ok(Connection { stream: Stream::Tls(Box::new(stream)), buffer: Vec::with_capacity(16 * 1024) })
    }

    async fn plain(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: Stream::Plain(stream), buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Says goodbye, as security servers do.
    pub(crate) async fn close(mut self) -> Result<()> {
        self.stream.close().await.context("closing")
    }

    /// Sends a request and gives the answer's body, with its framing where it is chunked.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.send(request).await?;
        self.buffer.clear();
        let mut body = None;
        loop {
            ensure!(self.stream.receive(&mut self.buffer).await? > 0, "the server hung up");
            if body.is_none() {
                body = end_of_head(&self.buffer).map(|at| self.body_after(at)).transpose()?;
            }
            match body {
                Some((from, Some(to))) if self.buffer.len() >= to => {
                    return self.buffer.get(from..to).context("an answer");
                }
                Some((from, None)) if self.buffer.ends_with(b"\r\n0\r\n\r\n") => {
                    return self.buffer.get(from..).context("an answer");
                }
                _ => {}
            }
        }
    }

    /// From where to where the body goes, once the head has come whole; a chunked one to its last chunk.
    fn body_after(&self, at: usize) -> Result<(usize, Option<usize>)> {
        let head = self.buffer.get(..at).map(String::from_utf8_lossy).unwrap_or_default();
        if !head.starts_with("HTTP/1.1 200 ") {
            bail!("the server answered {:?}", head.lines().next().unwrap_or_default());
        }
        let header = |wanted: &str| {
            head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
            })
        };
        if header("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            return Ok((at, None));
        }
        let length: usize = header("content-length").context("an answer without Content-Length")?.parse()?;
        Ok((at, Some(at + length)))
    }
}

fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
