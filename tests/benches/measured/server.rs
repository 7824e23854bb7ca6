//! The two servers that are compared: the adapter's X-Road side, and a bare hyper echo.
//!
//! A server prints its address when it is ready, answers each line on its input with its figures, and ends with its
//! input. The adapter's parts are those of `Adapter::start` that an X-Road exchange passes: listener with TLS and pins,
//! door, catalogue, store. They are put together here because the figures of the committer belong to the store.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use conformance::ca::DevelopmentPki;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use silta::catalogue::{Batch, Catalogue, Outcome, import};
use silta::config::{Config, Operations, Pin};
use silta::exchange::{AccessRule, Door, DoorParts, ExchangeLimits, NoGuids, Tenant, WhoMay};
use silta::listen::{self, Gate, Listener, Options, Peer, ServerIdentity, Stages, TlsOptions};
use silta::model::Master;
use silta::operations::letters::LetterDesk;
use silta::store::{Store, StoreConfig};
use silta::telemetry::Metrics;
use silta::viestit::{Mailboxes, Orders};
use silta::world::World;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::{message, root, tls};

/// Counts of the committer since the server's start.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) commits: u64,
    pub(crate) groups: u64,
    /// Microseconds until the database says that the data are on disk, half of the groups and 99 of 100.
    pub(crate) durable_p50: u64,
    pub(crate) durable_p99: u64,
}

/// Serves the sample catalogue from a fresh data folder.
pub(crate) fn silta(folder: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let pki = DevelopmentPki::load(folder)?;
        let world = World::system();
        let store = Store::open(StoreConfig::in_folder(folder.join("silta")), &world).await?;
        let catalogue = sample_catalogue(&store, &world).await?;
        let metrics = Metrics::new();
        let pin = Pin::of(pki.security_server.certificate());
        let mailboxes = Mailboxes::new([], metrics.clone());
        let orders = Orders::new(store.clone(), world.clone(), []);
        let letters = LetterDesk::new(orders, mailboxes, world.clone(), Arc::new(|_| {}));
        let door = Arc::new(Door::new(DoorParts {
            store: store.clone(),
            world,
            catalogue,
            letters: Arc::new(letters),
            files: Some(Arc::new(super::attachments::Echo)),
            tenants: vec![tenant(pin)?],
            limits: limits(),
            metrics: metrics.clone(),
            pinned: true,
        })?);
        let config = Config::default();
        let identity =
            ServerIdentity::from_pem(pki.adapter.certificate_pem().as_bytes(), pki.adapter.key_pem().as_bytes())?;
        let gate = Gate::new(TlsOptions::xroad(&config.xroad), identity, [pin].into_iter().collect())?;
        let bound = listen::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = bound.address();
        let listener = Listener::tls("xroad", bound, Options::xroad(&config), metrics, Arc::new(gate));
        let handler = move |request: Request<Incoming>, peer: Peer| {
            let door = Arc::clone(&door);
            async move { door.handle(request, &peer).await }
        };
        let stages = Stages::default();
        let serving = tokio::spawn(listener.serve(handler, stages.clone()));
        let counted = store.clone();
        commanded(address, move || {
            let figures = counted.figures();
            let micros = |percent| {
                let took = figures.durable_time().quantile(percent).unwrap_or_default();
                u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
            };
            let (commits, groups) = (figures.commits(), figures.groups());
            Figures { commits, groups, durable_p50: micros(50), durable_p99: micros(99) }
        })
        .await?;
        stages.soft.cancel();
        stages.hard.cancel();
        serving.await?;
        store.close().await;
        Ok(())
    })
}

/// The default ones, with room and time for the bench's attachment.
fn limits() -> ExchangeLimits {
    let mut limits = ExchangeLimits::default();
    limits.mime.total = 1 << 30;
    (limits.body, limits.deadline) = (Duration::from_mins(5), Duration::from_mins(5));
    limits
}

async fn sample_catalogue(store: &Store, world: &World) -> Result<Catalogue> {
    let catalogue =
        Catalogue::load(store, world, &silta::telemetry::Metrics::new(), [Arc::from(message::TENANT)]).await?;
    let import = import::read_path(&root().join("tests/samples/catalogue/turku.json"))?;
    let batch = Batch { id: None, master: Master("import".into()), records: import.records.into() };
    let verdicts = catalogue.accept(message::TENANT, batch).await?;
    let refused = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).count();
    ensure!(refused == 0, "{refused} records of the sample catalogue were refused");
    Ok(catalogue)
}

fn tenant(pin: Pin) -> Result<Tenant> {
    Ok(Tenant {
        code: message::TENANT.into(),
        provider: message::provider()?,
        name: "Turun kaupunki".into(),
        municipality: None,
        organisation: None,
        version: "v1".to_owned(),
        public_url: "https://localhost".to_owned(),
        access: vec![AccessRule {
            client: WhoMay::Client(message::CLIENT.to_owned()),
            operations: silta::config::Operations::all(),
            represented: false,
        }],
        pins: BTreeSet::from([pin]),
        unlogged: Operations::None,
        guids: Arc::new(NoGuids),
    })
}

/// Answers every request with its own body.
pub(crate) fn echo(folder: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let acceptor = TlsAcceptor::from(Arc::new(tls::server(&DevelopmentPki::load(folder)?)?));
        let socket = TcpListener::bind("127.0.0.1:0").await?;
        let address = socket.local_addr()?;
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let _ = stream.set_nodelay(true);
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    // A client that hangs up ends its connection and nothing else.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service_fn(echoed))
                        .await;
                });
            }
        });
        commanded(address, Figures::default).await
    })
}

/// Takes what it gets and sends as much back, without HTTP.
pub(crate) fn raw(folder: &Path) -> Result<()> {
    runtime()?.block_on(async {
        let address = super::attachments::raw_server(folder).await?;
        commanded(address, Figures::default).await
    })
}

async fn echoed(request: Request<Incoming>) -> Result<Response<Full<bytes::Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::new(body));
    let media_type = http::HeaderValue::from_static(xroad::soap::CONTENT_TYPE);
    response.headers_mut().insert(http::header::CONTENT_TYPE, media_type);
    Ok(response)
}

/// As `silta serve` has it; on one core it has one worker.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime")
}

/// Says where the server is and answers with its figures until the input ends.
async fn commanded(address: SocketAddr, figures: impl Fn() -> Figures + Send + 'static) -> Result<()> {
    let (done, end) = oneshot::channel();
    std::thread::spawn(move || {
        let answered = || -> Result<()> {
            let mut output = std::io::stdout();
            writeln!(output, "{address}")?;
            for line in std::io::stdin().lock().lines() {
                line?;
                writeln!(output, "{}", serde_json::to_string(&figures())?)?;
            }
            Ok(())
        };
        let _ = done.send(answered());
    });
    end.await?
}
