//! The doors of a process: sockets taken first, then served.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::StartError;
use super::pulls::Pulls;
use super::quality::QualityDesk;
use super::reload::Reloader;
use super::terms::TermsDesk;
use super::workers::{Letterbox, Mirrors};
use super::{maps, steward, watch};
use crate::catalogue::{Batch, Catalogue};
use crate::config::Config;
use crate::control::{self, Answering, Command, Operator, OperatorError};
use crate::exchange::Door;
use crate::intake::{self, Intake, IntakeTenant, Shown, pull};
use crate::lifecycle::Lifecycle;
use crate::listen::{self, Bound, Gate, Listener, Options, Peer};
use crate::model::Master;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::world::World;

/// The sockets of the three listeners.
pub(super) struct Sockets {
    pub(super) xroad: Bound,
    intake: Bound,
    metrics: Bound,
}

impl Sockets {
    pub(super) fn addresses(&self) -> BTreeMap<String, SocketAddr> {
        [("xroad", &self.xroad), ("intake", &self.intake), ("metrics", &self.metrics)]
            .map(|(name, bound)| (name.to_owned(), bound.address()))
            .into()
    }
}

pub(super) fn bind(config: &Config) -> Result<Sockets, StartError> {
    Ok(Sockets {
        xroad: listen::bind(config.xroad.listen)?,
        intake: listen::bind(config.intake.listen)?,
        metrics: listen::bind(config.control.metrics)?,
    })
}

pub(super) struct Parts {
    pub(super) config: Arc<Config>,
    pub(super) quality: Arc<QualityDesk>,
    pub(super) terms: TermsDesk,
    pub(super) store: Store,
    pub(super) catalogue: Catalogue,
    pub(super) door: Arc<Door>,
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) intake_gate: Option<Arc<Gate>>,
    pub(super) systems: Arc<ArcSwap<Vec<IntakeTenant>>>,
    pub(super) mirrors: Mirrors,
    pub(super) pulls: Pulls,
    pub(super) letterbox: Letterbox,
    pub(super) metrics: Metrics,
    pub(super) world: World,
    pub(super) reloader: Arc<Reloader>,
}

/// Serves all doors until the lifecycle's soft stage. Returns the operator's socket.
pub(super) fn serve(sockets: Sockets, parts: Parts, lifecycle: &Lifecycle) -> Result<PathBuf, StartError> {
    let socket = parts.config.socket();
    let server = control::Server::bind(&socket)
        .map_err(|error| StartError::Config { key: "control.socket".into(), reason: error.to_string() })?;
    // Whatever may fail comes before the first door is served.
    let own_systems = intake::router(intake_door(&parts));
    let addresses = sockets.addresses();
    let Sockets { xroad, intake, metrics } = sockets;
    let options = Options::xroad(&parts.config);
    let listener = match &parts.gate {
        Some(gate) => Listener::tls("xroad", xroad, options, parts.metrics.clone(), Arc::clone(gate)),
        None => Listener::plain("xroad", xroad, options, parts.metrics.clone()),
    };
    let door = Arc::clone(&parts.door);
    let exchange = move |request: Request<Incoming>, peer: Peer| {
        let door = Arc::clone(&door);
        async move { door.handle(request, &peer).await }
    };
    spawn(lifecycle, "xroad", listener, exchange);

    let options = Options::new(&parts.config.limits);
    let listener = match &parts.intake_gate {
        Some(gate) => Listener::tls("intake", intake, options.clone(), parts.metrics.clone(), Arc::clone(gate)),
        None => Listener::plain("intake", intake, options.clone(), parts.metrics.clone()),
    };
    spawn(lifecycle, "intake", listener, routed(own_systems));

    let listener = Listener::plain("metrics", metrics, options, parts.metrics.clone());
    spawn(
        lifecycle,
        "metrics",
        listener,
        routed(metrics_page(parts.metrics.clone(), Arc::clone(&parts.quality), parts.mirrors.clone())),
    );

    let operator = Arc::new(Desk {
        store: parts.store,
        catalogue: parts.catalogue,
        quality: parts.quality,
        terms: parts.terms,
        mirrors: parts.mirrors,
        pulls: parts.pulls,
        letterbox: parts.letterbox,
        tenants: parts.config.tenants.iter().map(|tenant| tenant.code.clone()).collect(),
        addresses,
        reloader: parts.reloader,
        lifecycle: lifecycle.clone(),
    });
    let soft = lifecycle.stages().soft;
    lifecycle.spawn("control", async move {
        server.serve(operator, soft).await;
        Ok::<(), Infallible>(())
    });
    Ok(socket)
}

fn spawn(lifecycle: &Lifecycle, name: &'static str, listener: Listener, handler: impl listen::Handler) {
    let stages = lifecycle.stages();
    lifecycle.spawn(name, async move {
        listener.serve(handler, stages).await;
        Ok::<(), Infallible>(())
    });
}

/// An axum router as a listener's handler.
fn routed(router: Router) -> impl listen::Handler {
    move |mut request: Request<Incoming>, peer: Peer| {
        let router = router.clone();
        request.extensions_mut().insert(Shown(peer.pin));
        async move {
            // A router answers every request.
            let response = router.oneshot(request).await.unwrap_or_else(|never: Infallible| match never {});
            response.map(|body| body.map_err(Into::into).boxed_unsync())
        }
    }
}

fn metrics_page(metrics: Metrics, quality: Arc<QualityDesk>, mirrors: Mirrors) -> Router {
    let page = move || {
        quality.count(&metrics);
        mirrors.measure(&metrics);
        let text = metrics.encode();
        async move { ([("content-type", "application/openmetrics-text; version=1.0.0; charset=utf-8")], text) }
    };
    Router::new().route("/metrics", get(page)).route("/health", get(|| async { "ok\n" }))
}

fn intake_door(parts: &Parts) -> Intake {
    let (mirrors, mirrored) = (parts.mirrors.clone(), parts.mirrors.clone());
    Intake {
        catalogue: parts.catalogue.clone(),
        store: parts.store.clone(),
        tenants: Arc::clone(&parts.systems),
        limits: intake::Limits::new(&parts.config.limits),
        metrics: parts.metrics.clone(),
        world: parts.world.clone(),
        wake: Arc::new(move |tenant| mirrors.wake(tenant)),
        mirrored: Arc::new(move |tenant| mirrored.worker(tenant).cloned()),
    }
}

/// Twins of each state that a status names with their reasons.
const TROUBLES: u32 = 20;

/// Carries out what the operator asks of the running process.
struct Desk {
    store: Store,
    catalogue: Catalogue,
    quality: Arc<QualityDesk>,
    terms: TermsDesk,
    mirrors: Mirrors,
    pulls: Pulls,
    letterbox: Letterbox,
    tenants: Vec<String>,
    addresses: BTreeMap<String, SocketAddr>,
    reloader: Arc<Reloader>,
    lifecycle: Lifecycle,
}

impl Operator for Desk {
    fn run(&self, command: Command) -> Answering<'_> {
        Box::pin(self.carry_out(command))
    }
}

impl Desk {
    async fn carry_out(&self, command: Command) -> Result<Value, OperatorError> {
        match command {
            Command::Status {} => self.status().await,
            Command::PtvStatus { tenant } => self.ptv_status(tenant.as_deref()).await,
            Command::PtvSync { tenant } => {
                let worker = self.ptv(&tenant)?;
                let wanted = worker.ask_all().await.map_err(|error| OperatorError::failed(error.to_string()))?;
                self.mirrors.wake(&tenant);
                Ok(json!({"wanted": wanted}))
            }
            Command::PtvPlan { tenant } => {
                let worker = Arc::clone(self.ptv(&tenant)?);
                // Planning takes a processor for a while; it must not hold up the runtime.
                let troubles = worker.troubles(u32::MAX).await;
                let troubles = troubles.map_err(|error| OperatorError::failed(error.to_string()))?;
                let plan = tokio::task::spawn_blocking(move || control::reads::ptv_plan(&worker, &troubles)).await;
                plan.map_err(|error| OperatorError::failed(error.to_string()))?
            }
            }
            Command::PtvApply { tenant, steps, allow_removals } => {
                let worker = self.ptv(&tenant)?;
                let asking = worker.ask(steps, allow_removals).await;
                let asking = asking.map_err(|error| OperatorError::failed(error.to_string()))?;
                self.mirrors.wake(&tenant);
                Ok(json!(asking))
