//! Puts the parts together: configuration to a running adapter, and back to nothing.

mod descriptions;
mod doors;
mod dumps;
mod lists;
mod maps;
mod post;
mod pulls;
mod quality;
mod reload;
mod serve;
mod settings;
mod steward;
mod terms;
mod watch;
mod workers;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use crate::catalogue::search::Search;
use crate::catalogue::{Catalogue, CatalogueError};
use crate::config::{Config, Engine};
use crate::exchange::{Door, DoorParts, FileOperation};
use crate::lifecycle::{Ending, Lifecycle, write_ports};
use crate::listen::{BindError, TlsError};
use crate::log::keep_anchor;
use crate::operations::letters::LetterDesk;
use crate::ptv::reference::{Reference, ReferenceError};
use crate::store::{Location, Store, StoreConfig, StoreError, StoreLimits};
use crate::telemetry::Metrics;
use crate::viestit::{Orders, UploadLimits};
use crate::world::{World, WorldError};

use self::descriptions::DescriptionsDesk;
use self::pulls::Pulls;
use self::quality::QualityDesk;
pub use self::reload::ReloadError;
use self::reload::{InForce, Reloader};
pub use self::serve::serve;
use self::settings::Reloadable;
use self::terms::TermsDesk;
use self::workers::{Letterbox, Mirrors};

/// What a configuration file can not hold: given by the sandbox and by tests.
#[derive(Clone, Default)]
pub struct Extras {
    /// PTV's code lists for tenants whose configuration names no `reference_dir`.
    pub ptv_reference: Option<Arc<Reference>>,
    /// Lists that the quality report goes by, for the same tenants. Without them some rules are not judged.
    pub quality_reference: Option<Arc<crate::catalogue::quality::Reference>>,
    /// Lists of general descriptions and classes for the same tenants, where the quality report goes without.
    pub lists: Option<Arc<crate::catalogue::quality::Reference>>,
    /// The vocabulary and the general descriptions are read when the operator says so, and not by themselves.
    pub vocabulary_by_hand: bool,
    /// How often Viestit's event feed is read; its own default when absent.
    pub viestit_poll: Option<Duration>,
    /// The file that the configuration came from, so that a reload reads it again; without it, only the files that it
    /// names.
    pub config_file: Option<PathBuf>,
    /// An operation of the X-Road door beside the registry: tests have one, a process that serves has none.
    pub files: Option<Arc<dyn FileOperation>>,
}

/// Why the adapter could not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("xroad.certificate, xroad.key: {0}")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    World(#[from] WorldError),
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error(transparent)]
    Letters(#[from] crate::viestit::WorkerError),
    #[error(transparent)]
    Mirrors(#[from] crate::ptv::worker::WorkerError),
    #[error("a service description can not be served: {0}")]
    Contract(#[from] xroad::wsdl::WsdlError),
    /// Something in the configuration that its check would have found.
    #[error("{key}: {reason}")]
    Config { key: String, reason: String },
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
}

/// The adapter as a library: what `silta serve`, the sandbox and the tests start.
pub struct Adapter;

/// A running adapter.
pub struct Running {
    /// Name (`xroad`, `intake`, `metrics`) → address.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// The operator's socket.
    pub socket: PathBuf,
    lifecycle: Lifecycle,
    drain: Duration,
    store: Store,
    anchor: CancellationToken,
    anchored: tokio::task::JoinHandle<()>,
    reloader: Arc<Reloader>,
}

impl Adapter {
    /// Opens the store, loads the catalogues, takes the ports and serves. Returns when everything is ready; whatever
    /// fails before that leaves nothing running.
    pub async fn start(config: Config, world: World, extras: Extras) -> Result<Running, StartError> {
        let metrics = Metrics::new();
        let store = Store::open(store_config(&config)?, &world).await?;
        store.figures().count_limits(metrics.clone());
        let started = start_on(store.clone(), config, world, extras, metrics).await;
        if started.is_err() {
            store.close().await;
        }
        started
    }
}

async fn start_on(
    store: Store,
    config: Config,
    world: World,
    extras: Extras,
    metrics: Metrics,
) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let parts = Reloadable::read(&config)?;
    let codes: Vec<Arc<str>> = config.tenants.iter().map(|tenant| Arc::from(tenant.code.as_str())).collect();
    let catalogue = Catalogue::load(&store, &world, &metrics, codes).await?;
    catalogue.search_with(Search::on_disk(config.data_dir().join("search"), config.limits.search_indexes));
    for tenant in &config.tenants {
        catalogue.set_withdrawal(&tenant.code, tenant.withdrawal);
    }
    lists::load(&config, extras.lists.as_ref().or(extras.quality_reference.as_ref()), &catalogue).await;
    let terms = TermsDesk::start(&config, &store, &world, &catalogue).await?;
    let mirrors = Mirrors::start(&config, &extras, &store, &world, &catalogue, &metrics).await?;
    let described = DescriptionsDesk::start(&config, &store, &world, &catalogue, &mirrors).await?;
    let pulls = Pulls::start(&config, &store, &world, &catalogue, &metrics, &mirrors)?;
    let letterbox = Letterbox::start(&config, &extras, &store, &world, &metrics)?;
    let orders = {
        let uploads = UploadLimits { bytes: config.limits.uploads.0 as u64, life: config.limits.upload_life.0 };
        Orders::with_limits(store.clone(), world.clone(), letterbox.settings(), uploads)
    };
    let letters =
        Arc::new(LetterDesk::new(orders.clone(), letterbox.mailboxes(&metrics), world.clone(), letterbox.waker()));

    // Ports are taken before anything is served, and all of them or none.
    let bound = doors::bind(&config)?;
    let pinned = config.xroad.certificate.is_some();
    let address = bound.xroad.address();
    let door = Arc::new(Door::new(DoorParts {
        store: store.clone(),
        world: world.clone(),
        catalogue: catalogue.clone(),
        letters,
        files: extras.files.clone(),
        tenants: settings::tenants(&config, &parts, address, &mirrors)?,
        limits: settings::limits(&config),
        metrics: metrics.clone(),
        pinned,
    })?);
    let gate = settings::gate(&config, &parts)?;
    let intake_gate = settings::intake_gate(&config, &parts)?;
    let systems = Arc::new(ArcSwap::from_pointee(parts.intake_tenants()));
    let addresses = bound.addresses();
    write_ports(config.data_dir(), &addresses).map_err(|source| StartError::File {
        what: format!("ports.json in {}", config.data_dir().display()),
        source,
    })?;

    let lifecycle = Lifecycle::new();
    let reloader = Arc::new(Reloader {
        file: extras.config_file.clone(),
        xroad: gate.clone(),
        intake: intake_gate.clone(),
        door: Arc::clone(&door),
        systems: Arc::clone(&systems),
        store: store.clone(),
        pulls: pulls.clone(),
        metrics: metrics.clone(),
        in_force: tokio::sync::Mutex::new(InForce { config: Arc::clone(&config), parts }),
    });
    let quality = Arc::new(QualityDesk {
        config: Arc::clone(&config),
        store: store.clone(),
        world: world.clone(),
        catalogue: catalogue.clone(),
        reference: extras.quality_reference.clone(),
        described: described.clone(),
    });
    let parts = doors::Parts {
        config: Arc::clone(&config),
        quality,
        terms: terms.clone(),
        described: described.clone(),
        store: store.clone(),
        catalogue,
        door,
        gate,
        intake_gate,
        systems,
        mirrors: mirrors.clone(),
        pulls: pulls.clone(),
        letterbox: letterbox.clone(),
        metrics: metrics.clone(),
        world: world.clone(),
        reloader: Arc::clone(&reloader),
    };
    let socket = doors::serve(bound, parts, &lifecycle)?;
    mirrors.run(&lifecycle);
    pulls.run(&lifecycle);
    letterbox.run(&lifecycle, &metrics);
    workers::sweep(orders, &lifecycle);
    if !extras.vocabulary_by_hand {
        terms.run(&lifecycle);
        described.run(&lifecycle);
    }
    watch(&reloader, config.control.watch.0, &lifecycle);

    let anchor = CancellationToken::new();
    let keeping = keep_anchor(store.clone(), Duration::from_mins(1), anchor.clone());
    let anchored = tokio::spawn(async move {
        if let Err(error) = keeping.await {
            tracing::error!("the log's anchor could not be written: {error}");
        }
    });
    let drain = config.limits.drain.0;
    Ok(Running { addresses, socket, lifecycle, drain, store, anchor, anchored, reloader })
}

impl Running {
    /// Reads access rules, pins, own systems and certificates again, and says what changed. A failure leaves everything
    /// as it was; both are logged.
    pub fn reload(&self) -> impl Future<Output = Result<Vec<String>, ReloadError>> + Send + 'static {
        let reloader = Arc::clone(&self.reloader);
        async move { reloader.reload().await }
    }

    /// The tasks' lifecycle: `serve` runs it under the process's signals.
    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle.clone()
    }

    pub fn drain(&self) -> Duration {
        self.drain
    }

    /// Drains and closes: what was begun is finished, what was accepted is durable.
    pub async fn shutdown(self) -> Ending {
        self.lifecycle.stop();
        let ending = self.lifecycle.ended(self.drain).await;
        self.close().await;
        ending
    }

    /// Closes the store after the lifecycle has ended.
    pub async fn close(self) {
        self.store.close().await;
        self.anchor.cancel();
        let _ = self.anchored.await;
    }
}

fn store_config(config: &Config) -> Result<StoreConfig, StartError> {
    let given = &config.store;
    let data = config.data_dir().to_owned();
    let mut store = StoreConfig::in_folder(data);
    if given.engine == Engine::Postgres {
        let missing = || StartError::Config {
            key: "store.url_file".into(),
            reason: "is needed with engine = \"postgres\"; give the path of a file that holds the URL".into(),
        };
        let file = given.url_file.as_ref().ok_or_else(missing)?;
        let url = file
            .read()
            .map_err(|source| StartError::File { what: format!("store.url_file {}", file.path().display()), source })?;
        store.location = Location::Postgres(url);
    }
    store.limits = StoreLimits {
        commit_queue: given.commit_queue,
        commit_group: given.commit_group,
        commit_wait: given.commit_wait.0,
        readers: given.readers,
        busy_timeout: given.busy_timeout.0,
        acquire_timeout: given.acquire_timeout.0,
        inline_body: given.inline_body.0,
        orphan_age: given.orphan_age.0,
    };
    Ok(store)
}

fn watch(reloader: &Arc<Reloader>, every: Duration, lifecycle: &Lifecycle) {
    let (reloader, soft) = (Arc::clone(reloader), lifecycle.stages().soft);
    lifecycle.spawn("watch", async move {
        reloader.watch(every, soft).await;
        Ok::<(), std::convert::Infallible>(())
    });
}
