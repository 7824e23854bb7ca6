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
use super::descriptions::DescriptionsDesk;
use super::pulls::Pulls;
use super::quality::QualityDesk;
use super::reload::Reloader;
use super::terms::TermsDesk;

use super::workers::{Letterbox, Mirrors};
use super::{maps, post, steward, watch};
use crate::catalogue::{Batch, Catalogue};
use crate::config::Config;
use crate::control::{self, Answering, Command, Operator, OperatorError};
use crate::exchange::Door;
use crate::intake::{self, Intake, IntakeTenant, OwnLetters, Shown, pull};
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
    pub(super) described: DescriptionsDesk,
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
        described: parts.described,
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
        letters: own_letters(Arc::clone(&parts.door)),
    }
}

/// Letters of own systems go the way of those of agencies, behind the other door.
fn own_letters(door: Arc<Door>) -> OwnLetters {
    Arc::new(move |tenant, system, request| {
        let door = Arc::clone(&door);
        let shown = request.extensions().get::<Shown>().copied().unwrap_or_default();
        Box::pin(async move { door.own(request, &tenant, &system, shown.0).await.map(axum::body::Body::new) })
    })
}

/// Twins of each state that a status names with their reasons.
const TROUBLES: u32 = 20;

/// Carries out what the operator asks of the running process.
struct Desk {
    store: Store,
    catalogue: Catalogue,
    quality: Arc<QualityDesk>,
    terms: TermsDesk,
    described: DescriptionsDesk,
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
            Command::PtvContract { tenant } => {
                let contract = self.ptv(&tenant)?.contract().await;
                let contract =
                    contract.map_err(|error| OperatorError::failed(format!("{error}. Nothing was compared")))?;
                let breaks = contract.breaks();
                Ok(json!({"properties": contract.properties, "lists": contract.lists, "breaks": breaks}))
            }
            Command::PtvReport { tenant, since } => watch::report(self.ptv(&tenant)?, since.as_deref()).await,
            Command::PtvReportRows { tenant, kind, after } => {
                watch::report_rows(self.ptv(&tenant)?, &kind, &after).await
            }
            Command::PtvDescriptions { tenant, refresh, accept_loss } => {
                self.ptv(&tenant)?;
                self.described.show(&tenant, refresh, accept_loss).await
            }
            Command::PtvApply { tenant, steps, allow_removals } => {
                let worker = self.ptv(&tenant)?;
                let planning = Arc::clone(worker);
                let plan = tokio::task::spawn_blocking(move || planning.whole_plan()).await;
                let plan = plan.map_err(|error| OperatorError::failed(error.to_string()))?;
                let asking = worker.ask(plan, steps, allow_removals).await;
                let asking = asking.map_err(|error| OperatorError::failed(error.to_string()))?;
                self.mirrors.wake(&tenant);
                Ok(json!(asking))
            }
            Command::PtvAdopt { tenant, twins, all } => {
                let answer = steward::adopt(self.ptv(&tenant)?, twins, all).await?;
                self.mirrors.wake(&tenant);
                Ok(answer)
            }
            Command::PtvDrift { tenant, repair } => {
                let answer = watch::drift(self.ptv(&tenant)?, repair).await?;
                self.mirrors.wake(&tenant);
                Ok(answer)
            }
            Command::PtvShadow { tenant } => watch::shadow(self.ptv(&tenant)?).await,
            Command::PtvPause { tenant, paused } => {
                let answer = watch::pause(self.ptv(&tenant)?, paused).await?;
                self.mirrors.wake(&tenant);
                Ok(answer)
            }
            Command::PtvResolve { tenant, kind, code, keep } => {
                let answer = watch::resolve(self.ptv(&tenant)?, &kind, &code, &keep).await?;
                self.mirrors.wake(&tenant);
                Ok(answer)
            }
            Command::PtvConfirm { tenant, kind, code } => {
                let answer = watch::confirm(self.ptv(&tenant)?, &kind, &code).await?;
                self.mirrors.wake(&tenant);
                Ok(answer)
            }
            Command::MessageStatus { tenant, id } => {
                control::reads::message_status(&self.store, &self.chosen(tenant)?, &id).await
            }
            Command::MessagesDecide { tenant, decision, ids, all, reason, person } => {
                let tenants = self.chosen(tenant)?;
                let act = post::Act { decision: &decision, reason: &reason, person: &person };
                post::decide(&self.letterbox, &tenants, &act, ids, all).await
            }
            Command::MessagesRotatePassword { tenant, person } => {
                post::rotate(&self.letterbox, &self.chosen(tenant)?, &person).await
            }
            Command::Messages { tenant, after, limit } => {
                control::reads::messages(&self.store, &self.chosen(tenant)?, after.as_deref(), limit).await
            }
            Command::UnmatchedEvents { limit } => {
                control::reads::unmatched_events(&self.store, &self.chosen(None)?, limit).await
            }
            Command::CatalogueImport { tenant, master, batch, records } => {
                self.chosen(Some(tenant.clone()))?;
                let batch = Batch { id: batch, master: Master(master.into()), records: records.into() };
                let verdicts = self.catalogue.accept(&tenant, batch).await;
                let verdicts = verdicts.map_err(|error| OperatorError::failed(error.to_string()))?;
                self.mirrors.wake(&tenant);
                Ok(json!({"verdicts": verdicts}))
            }
            Command::CatalogueExport { tenant, kind, after, limit } => {
                self.chosen(Some(tenant.clone()))?;
                control::reads::catalogue_export(&self.store, &tenant, &kind, &after, limit).await
            }
            Command::CatalogueMatch { tenant, records } => {
                self.chosen(Some(tenant.clone()))?;
                steward::matches(&self.catalogue, &self.store, &tenant, records).await
            }
            Command::CatalogueQuality { tenant } => self.quality.report(tenant.as_deref()).await,
            Command::CatalogueAdoption {} => self.quality.adoption().await,
            Command::CatalogueFind { tenant, words, kind, limit } => {
                steward::find(&self.catalogue, &tenant, &words, kind.as_deref(), limit).await
            }
            Command::CatalogueShow { tenant, kind, code } => {
                let worker = self.mirrors.worker(&tenant);
                steward::show(&self.catalogue, &self.store, worker, &tenant, (&kind, &code)).await
            }
            Command::CatalogueOwn { tenant, kind, code, owner, deputy, held } => {
                let told = steward::own(&self.catalogue, &tenant, (&kind, &code), owner, deputy, held).await?;
                self.mirrors.wake(&tenant);
                Ok(told)
            }
            Command::CatalogueKeywords { query, lang, limit, tenant } => {
                self.chosen(tenant)?;
                self.terms.keywords(&query, &lang, limit)
            }
            Command::VocabularyStatus {} => self.terms.status().await,
            Command::VocabularyRefresh {} => self.terms.refresh().await,
            Command::MapPublish { tenant, name } => maps::publish(&self.catalogue, &tenant, &name).await,
            Command::MapAdopt { tenant, from, name, entries } => {
                let from = match (&from, &entries) {
                    (Some(owner), None) => maps::From::Tenant(owner),
                    (None, Some(lines)) => maps::From::File(lines),
                    _ => return Err(OperatorError::usage("give the tenant that has published the map, or a file")),
                };
                maps::adopt(&self.catalogue, &self.mirrors, &tenant, from, &name).await
            }
            Command::MapDrop { tenant, from, name } => {
                maps::drop_adopted(&self.catalogue, &self.mirrors, &tenant, from.as_deref(), &name).await
            }
            Command::MapList {} => maps::list(&self.store, &self.tenants).await,
            Command::MapExport { tenant } => maps::export(&self.catalogue, &tenant),
            Command::CatalogueStatutory { tenant } => match self.chosen(tenant)?.as_slice() {
                [only] => maps::statutory(&self.catalogue, only).await,
                _ => Err(OperatorError::usage("give --tenant CODE. `silta status` lists the tenants")),
            },
            Command::CatalogueHistory { tenant, kind, code } => {
                steward::history(&self.catalogue, &tenant, &kind, &code).await
            }
            Command::CatalogueMaster { tenant, kind, code, to } => {
                steward::master(&self.catalogue, &tenant, &kind, &code, &to).await
            }
            Command::CataloguePull { tenant, full, dry_run, release } => {
                let mode = pull::Mode { full, dry: dry_run, release };
                self.pulls.pull(&self.chosen(tenant)?, mode).await
            }
            Command::LogReceiptKeys { tenant } => match self.chosen(tenant)?.as_slice() {
                [only] => control::reads::receipt_keys(&self.store, only).await,
                _ => Err(OperatorError::usage("give --tenant CODE. `silta status` lists the tenants")),
            },
            Command::LogVerify {} => control::reads::log_verify(&self.store).await,
            Command::Reload {} => {
                let changed = self.reloader.reload().await;
                let changed = changed.map_err(|error| OperatorError::failed(error.to_string()))?;
                Ok(json!({"changed": changed}))
            }
            Command::Shutdown {} => {
                self.lifecycle.stop();
                Ok(json!({}))
            }
        }
    }

    /// What runs, how the letters of each tenant stand, and the sites that are pulled from.
    async fn status(&self) -> Result<Value, OperatorError> {
        let mut letters = serde_json::Map::new();
        for code in &self.tenants {
            let Some(worker) = self.letterbox.worker(code) else { continue };
            let mut status = worker.status().await.map_err(|error| OperatorError::failed(error.to_string()))?;
            if let Some(feed) = self.letterbox.feed(code) {
                let feed = feed.status().await.map_err(|error| OperatorError::failed(error.to_string()))?;
                status = status.with_feed(feed);
            }
            let status = serde_json::to_value(status).map_err(|error| OperatorError::failed(error.to_string()))?;
            letters.insert(code.clone(), status);
        }
        let mut status = json!({
            "version": env!("CARGO_PKG_VERSION"),
            "addresses": self.addresses,
            "tenants": self.tenants,
            "viestit": letters,
        });
        let sites = self.pulls.status().await?;
        if let (false, Some(members)) = (sites.is_empty(), status.as_object_mut()) {
            members.insert("drupal".into(), sites.into());
        }
        Ok(status)
    }

    async fn ptv_status(&self, tenant: Option<&str>) -> Result<Value, OperatorError> {
        let mut statuses = serde_json::Map::new();
        for code in self.mirrors.tenants().filter(|code| tenant.is_none_or(|only| only == *code)) {
            let worker = self.ptv(code)?;
            let status = worker.status().await.map_err(|error| OperatorError::failed(error.to_string()))?;
            let troubles = worker.troubles(TROUBLES).await.map_err(|error| OperatorError::failed(error.to_string()))?;
            let mut status = serde_json::to_value(status).map_err(|error| OperatorError::failed(error.to_string()))?;
            if let (false, Some(members)) = (troubles.is_empty(), status.as_object_mut()) {
                members.insert("troubles".into(), json!(troubles));
            }
            let to_confirm = watch::expiring(worker);
            if let (false, Some(members)) = (to_confirm.is_empty(), status.as_object_mut()) {
                members.insert("toConfirm".into(), json!(to_confirm));
            }
            let found = worker.contract_found().await.map_err(|error| OperatorError::failed(error.to_string()))?;
            if let (Some(found), Some(members)) = (found, status.as_object_mut()) {
                members.insert("contract".into(), json!(found));
            }
            let described = self.described.status(code).await?;
            if let (Some(described), Some(members)) = (described, status.as_object_mut()) {
                members.insert("generalDescriptions".into(), described);
            }
            statuses.insert(code.to_owned(), status);
        }
        match tenant {
            Some(tenant) if statuses.is_empty() => Err(self.no_ptv(tenant)),
            _ => Ok(Value::Object(statuses)),
        }
    }

    fn ptv(&self, tenant: &str) -> Result<&Arc<crate::ptv::worker::Worker>, OperatorError> {
        self.mirrors.worker(tenant).ok_or_else(|| self.no_ptv(tenant))
    }

    fn no_ptv(&self, tenant: &str) -> OperatorError {
        if self.tenants.iter().any(|known| known == tenant) {
            OperatorError::usage(format!("tenant {tenant:?} has no ptv section in the configuration"))
        } else {
            OperatorError::unknown_tenant(tenant)
        }
    }

    /// The tenants that a command is about.
    fn chosen(&self, tenant: Option<String>) -> Result<Vec<String>, OperatorError> {
        match tenant {
            None => Ok(self.tenants.clone()),
            Some(tenant) if self.tenants.contains(&tenant) => Ok(vec![tenant]),
            Some(tenant) => Err(OperatorError::unknown_tenant(&tenant)),
        }
    }
}
