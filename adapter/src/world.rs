//! The outside world as a value: clock, ids, randomness and outbound HTTP.
//!
//! Everything that would make two runs differ comes through a [`World`], so that a test may set the clock and repeat
//! the ids. Nothing else in the adapter reads a clock, makes an id, or opens an outbound connection. The world knows no
//! configuration file and keeps no state but the clock's hand and the last id.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use jiff::Timestamp;
use uuid::Uuid;

/// Clock, ids, randomness and outbound connections. Cheap to clone; clones share the clock and the ids.
#[derive(Clone, Debug)]
pub struct World {
    inner: Arc<Inner>,
}

/// Why the world could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The operating system gave no randomness. Ours; retrying does not help.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// The options of an outbound client do not fit together. The configuration's fault; do not retry.
    #[error("an outbound HTTP client cannot be built: {0}")]
    Client(#[source] reqwest::Error),
}

impl World {
    /// The real world.
    pub fn system() -> Self {
        Self::new(Clock::System { started: Instant::now() }, Random::System)
    }

    /// A world for tests: the clock stands at `start` until its [`ClockHand`] moves it; ids and random bytes follow
    /// from `seed`.
    pub fn seeded(seed: u64, start: Timestamp) -> (Self, ClockHand) {
        let micros = Arc::new(AtomicI64::new(start.as_microsecond()));
        let flows = Arc::new(AtomicBool::new(false));
        let clock =
            Clock::Set { start: start.as_microsecond(), micros: Arc::clone(&micros), flows: Arc::clone(&flows) };
        let random = Random::Seeded { seed, counter: AtomicU64::new(0) };
        (Self::new(clock, random), ClockHand { micros, flows })
    }

    fn new(clock: Clock, random: Random) -> Self {
        Self { inner: Arc::new(Inner { clock, random, last_id: Mutex::new(0) }) }
    }

    /// The time now, UTC, cut to whole microseconds (the store's resolution).
    pub fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.now_micros()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The time now in microseconds since 1970, as the store keeps it.
    pub fn now_micros(&self) -> i64 {
        match &self.inner.clock {
            Clock::System { .. } => Timestamp::now().as_microsecond(),
            Clock::Set { micros, .. } => micros.load(Ordering::SeqCst),
        }
    }

    /// Time since the world began, never running backwards: for measuring how long something took.
    pub fn elapsed(&self) -> Duration {
        match &self.inner.clock {
            Clock::System { started } => started.elapsed(),
            Clock::Set { start, micros, .. } => {
                let passed = micros.load(Ordering::SeqCst).saturating_sub(*start);
                Duration::from_micros(u64::try_from(passed).unwrap_or(0))
            }
        }
    }

    /// Waits for real, unless the clock flows: then it moves on instead.
    pub async fn sleep(&self, wait: Duration) {
        match &self.inner.clock {
            Clock::Set { micros, flows, .. } if flows.load(Ordering::SeqCst) => {
                let by = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
                micros.fetch_add(by, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            _ => tokio::time::sleep(wait).await,
        }
    }

    /// A new UUIDv7 (RFC 9562, 5.7, method 3: the time's fraction in `rand_a`). Ids of one world strictly increase.
    pub fn id(&self) -> Result<Uuid, WorldError> {
        let mut tail = [0_u8; 10];
        self.fill(&mut tail)?;
        let tick = self.next_tick();
        let [.., high, low] = tick.to_be_bytes();
        let [first, second, ..] = &mut tail;
        *first = high & 0x0f;
        *second = low;
        Ok(uuid::Builder::from_unix_timestamp_millis(tick >> 12, &tail).into_uuid())
    }

    /// Fills `bytes` with randomness fit for keys (seeded, hence repeatable, in tests only).
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), WorldError> {
        match &self.inner.random {
            Random::System => aws_lc_rs::rand::fill(bytes).map_err(|_| WorldError::NoRandomness),
            Random::Seeded { seed, counter } => {
                for chunk in bytes.chunks_mut(32) {
                    let mut input = [0_u8; 16];
                    let (left, right) = input.split_at_mut(8);
                    left.copy_from_slice(&seed.to_be_bytes());
                    right.copy_from_slice(&counter.fetch_add(1, Ordering::SeqCst).to_be_bytes());
                    let block = digest::digest(&digest::SHA256, &input);
                    for (byte, from) in chunk.iter_mut().zip(block.as_ref()) {
                        *byte = *from;
                    }
                }
                Ok(())
            }
        }
    }

    /// An array of random bytes: keys, salts, nonces.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], WorldError> {
        let mut bytes = [0_u8; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// The one way to an outbound HTTP connection. No redirects are followed, no proxy is taken from the environment,
    /// nothing is decompressed, and a failed request is never repeated behind the caller's back.
    pub fn http_client(&self, options: &ClientOptions) -> Result<reqwest::Client, WorldError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .no_gzip()
            .http1_only()
            .https_only(options.https_only)
            .connect_timeout(options.connect_timeout)
            .read_timeout(options.read_timeout)
            .timeout(options.total_timeout)
            .pool_idle_timeout(options.idle_timeout)
            .pool_max_idle_per_host(options.idle_connections)
            .user_agent(options.user_agent.as_str());
        builder = match &options.tls {
            Tls::System => builder.tls_backend_rustls(),
            Tls::Only(roots) => builder.tls_backend_rustls().tls_certs_only(roots.iter().cloned()),
            Tls::Ready(config) => builder.tls_backend_preconfigured(config.as_ref().clone()),
        };
        if let Some(identity) = &options.identity {
            builder = builder.identity(identity.clone());
        }
        if let Some(proxy) = &options.proxy {
            builder = builder.proxy(proxy.clone());
        }
        builder.build().map_err(WorldError::Client)
    }

    /// The next value of the id clock: milliseconds in the upper 52 bits, 1/4096 ms in the lower 12; never the same twice.
    fn next_tick(&self) -> u64 {
        let micros = u64::try_from(self.now_micros()).unwrap_or(0);
        let now = ((micros / 1000) << 12) | ((micros % 1000) * 4096 / 1000);
        let mut last = self.inner.last_id.lock().unwrap_or_else(PoisonError::into_inner);
        *last = now.max(last.saturating_add(1));
        *last
    }
}

/// Moves the clock of a [`World::seeded`].
#[derive(Clone, Debug)]
pub struct ClockHand {
    micros: Arc<AtomicI64>,
    flows: Arc<AtomicBool>,
}

impl ClockHand {
    /// Sets the clock, backwards too.
    pub fn set(&self, to: Timestamp) {
        self.micros.store(to.as_microsecond(), Ordering::SeqCst);
    }

    /// From now on the clock moves on by itself whenever somebody sleeps by it, and nobody waits for real.
    pub fn flow(&self) {
        self.flows.store(true, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.micros.fetch_add(by, Ordering::SeqCst);
    }
}

/// What an outbound HTTP client may do and how long it waits. Every limit has a default.
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Until the connection (TLS included) stands. Default 5 s.
    pub connect_timeout: Duration,
    /// Between two reads. Default 30 s.
    pub read_timeout: Duration,
    /// For the whole request, body included. Default 60 s.
    pub total_timeout: Duration,
    /// How long an unused connection is kept. Default 30 s.
    pub idle_timeout: Duration,
    /// How many unused connections are kept for one host. Default 8.
    pub idle_connections: usize,
    /// The `User-Agent` header. Default `silta/VERSION`.
    pub user_agent: String,
    /// Refuse addresses without TLS. Default false (X-Road calls inside the house may be plain in tests).
    pub https_only: bool,
    /// Whom to trust.
    pub tls: Tls,
    /// Our certificate and key towards the other side (not with [`Tls::Ready`], which has its own).
    pub identity: Option<reqwest::Identity>,
    /// A forward proxy, only if it is configured.
    pub proxy: Option<reqwest::Proxy>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            read_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_secs(30),
            idle_connections: 8,
            user_agent: concat!("silta/", env!("CARGO_PKG_VERSION")).to_owned(),
            https_only: false,
            tls: Tls::System,
            identity: None,
            proxy: None,
        }
    }
}

/// Whom an outbound client trusts.
#[derive(Clone, Debug, Default)]
pub enum Tls {
    /// The certificate authorities of the operating system.
    #[default]
    System,
    /// These certificate authorities and no other.
    Only(Vec<reqwest::Certificate>),
    /// A finished rustls configuration (pins, client certificate by hand).
    Ready(Arc<rustls::ClientConfig>),
}

#[derive(Debug)]
struct Inner {
    clock: Clock,
    random: Random,
    last_id: Mutex<u64>,
}

#[derive(Debug)]
enum Clock {
    System { started: Instant },
    Set { start: i64, micros: Arc<AtomicI64>, flows: Arc<AtomicBool> },
}

#[derive(Debug)]
enum Random {
    System,
    Seeded { seed: u64, counter: AtomicU64 },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-03-02T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_seeded_world_repeats_itself() {
        let (one, _) = World::seeded(7, noon());
        let (two, _) = World::seeded(7, noon());
        let (other, _) = World::seeded(8, noon());
        assert_eq!(one.random::<40>().unwrap(), two.random::<40>().unwrap());
        let id = one.id().unwrap();
        assert_eq!(id, two.id().unwrap());
        assert_ne!(id, other.id().unwrap());
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (noon().as_second().unsigned_abs(), 0));
    }

    #[test]
    fn ids_increase_even_when_the_clock_stands_or_goes_back() {
        let (world, hand) = World::seeded(1, noon());
        let mut last = world.id().unwrap();
        for round in 0..10_000 {
            if round == 5_000 {
                hand.set("2026-03-02T11:00:00Z".parse().unwrap());
            }
            let next = world.id().unwrap();
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn the_hand_moves_the_clock() {
        let (world, hand) = World::seeded(1, noon());
        hand.advance(Duration::from_millis(1500));
        assert_eq!(world.now().to_string(), "2026-03-02T12:00:01.5Z");
        assert_eq!(world.elapsed(), Duration::from_millis(1500));
    }

    #[tokio::test]
    async fn outbound_clients_follow_no_redirect_and_time_out() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.unwrap();
            let mut buffer = [0; 1024];
            let _ = first.read(&mut buffer).await.unwrap();
            first
                .write_all(b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
            drop(first);
            let (second, _) = listener.accept().await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(second);
        });
        let world = World::system();
        let client = world
            .http_client(&ClientOptions { total_timeout: Duration::from_millis(300), ..ClientOptions::default() })
            .unwrap();
        let answer = client.get(format!("http://{address}/")).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 302);
        assert!(client.get(format!("http://{address}/")).send().await.unwrap_err().is_timeout());
    }

    #[test]
    fn every_kind_of_trust_makes_a_client() {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let ready = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let world = World::system();
        for tls in [Tls::System, Tls::Only(Vec::new()), Tls::Ready(Arc::new(ready))] {
            world.http_client(&ClientOptions { tls, https_only: true, ..ClientOptions::default() }).unwrap();
        }
    }
}
