//! The X-Road door: admit, decode, serve, encode, commit, send. Knows SOAP and REST, nothing of the domain.
//!
//! Every exchange that reached a tenant leaves one record of evidence, committed before the first byte of its answer
//! goes out. Nothing is written before encoding has succeeded.

mod access;
mod ask;
mod cache;
mod conclude;
mod describe;
mod evidence;
mod files;
mod form;
mod geo;
mod incoming;
mod json;
mod linked;
mod negotiate;
mod operator;
mod order;
mod outgoing;
mod reads;
mod resource;
mod response;
mod rest;
mod route;
mod soap;
mod spool;
#[cfg(test)]
mod tests;
mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use silta_client::common::{ErrorCode, Refusal};
use tokio::sync::Semaphore;
use uuid::Uuid;
use xroad::id::ClientId;
use xroad::mime::MimeLimits;

pub use access::{AccessRule, WhoMay};
pub use files::{AnswerFile, FileOperation};
pub use operator::{OperatorAnswer, OperatorFile, OperatorOrder};
pub use spool::SpooledFile;

use self::cache::Cache;
use self::describe::Descriptions;
use self::incoming::Incoming;
use self::rest::By;
use self::route::{Route, Target};
use self::spool::Spooling;
use crate::catalogue::Catalogue;
use crate::config::{Operations, Pin};
use crate::listen::{Body, InFlight, Peer};
use crate::model::EntityKey;
use crate::operations::messages::Letters;
use crate::operations::registry::Family;
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::world::World;

/// Limits of one exchange (design §2, “Everything bounded”). The names are configuration keys below `limits.`.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeLimits {
    /// `in_flight`: exchanges at once.
    pub in_flight: usize,
    /// `queue`: exchanges that may wait for a place; one more is answered *overloaded*.
    pub queue: usize,
    /// How long one waits for a place.
    pub patience: Duration,
    /// `exchange`: from the request's headers to the answer.
    pub deadline: Duration,
    /// `body`: the time for a request's whole body, from its first reading on.
    pub body: Duration,
    /// `rest_body`: bytes of a REST request's body.
    pub rest_body: usize,
    /// `spool_memory`: bytes of one request's files that stay in memory.
    pub spool_memory: usize,
    /// `spool`: bytes of all requests' files on disk.
    pub spool: u64,
    /// `large_orders`: orders whose files on disk are in memory at once.
    pub large_orders: usize,
    /// `json_depth`: how deep the values of a REST request's JSON may nest.
    pub json_depth: usize,
    /// `soap_xml`, `xml_depth`, `attributes`, `namespaces`.
    pub xml: xroad::xml::Limits,
    /// `attachments`, `parts`.
    pub mime: MimeLimits,
}

impl Default for ExchangeLimits {
    fn default() -> Self {
        ExchangeLimits {
            in_flight: 512,
            queue: 1_024,
            patience: Duration::from_secs(5),
            deadline: Duration::from_secs(50),
            body: Duration::from_mins(1),
            rest_body: 16 * 1024 * 1024,
            spool_memory: 256 * 1024,
            spool: 10 * 1024 * 1024 * 1024,
            large_orders: 4,
            json_depth: 64,
            xml: xroad::xml::Limits::default(),
            mime: MimeLimits::default(),
        }
    }
}

/// One tenant as this door sees it. An exchange holds one from its first moment to its last, so that a reload never gives
/// it the pins of before and the rules of after.
#[derive(Clone)]
pub struct Tenant {
    pub code: Arc<str>,
    /// The subsystem that `xrd:service` must name.
    pub provider: ClientId,
    /// Its name as people see it.
    pub name: Arc<str>,
    /// Three digits.
    pub municipality: Option<Arc<str>>,
    /// The code of its own organisation in its catalogue.
    pub organisation: Option<Arc<str>>,
    /// Version in WSDL and SOAP headers; differs only where tenants share a subsystem.
    pub version: String,
    /// Scheme, host and port under which the security server reaches us.
    pub public_url: String,
    pub access: Vec<AccessRule>,
    /// Leaf certificates of the security servers that may speak for this tenant; none on a plaintext listener.
    pub pins: BTreeSet<Pin>,
    /// Operations of whose paths the log has no values.
    pub unlogged: Operations,
    /// What PTV holds for an entity, and how often that changed.
    pub guids: Arc<dyn Guids>,
}

/// What PTV calls our entities.
pub trait Guids: Send + Sync {
    fn guid(&self, key: &EntityKey) -> Option<String>;
    /// Rises whenever an answer of `guid` may have changed.
    fn generation(&self) -> u64;
}

/// A tenant without PTV.
pub struct NoGuids;

impl Guids for NoGuids {
    fn guid(&self, _: &EntityKey) -> Option<String> {
        None
    }

    fn generation(&self) -> u64 {
        0
    }
}

/// What a door is made of.
pub struct DoorParts {
    pub store: Store,
    pub world: World,
    pub catalogue: Catalogue,
    pub letters: Arc<dyn Letters>,
    /// An operation beside the registry; for tests and benches.
    pub files: Option<Arc<dyn FileOperation>>,
    pub tenants: Vec<Tenant>,
    pub limits: ExchangeLimits,
    pub metrics: Metrics,
    /// Every listener of the door demands a client certificate; false on a plaintext listener only.
    pub pinned: bool,
}

pub struct Door {
    store: Store,
    world: World,
    catalogue: Catalogue,
    letters: Arc<dyn Letters>,
    files: Option<Arc<dyn FileOperation>>,
    spooling: Spooling,
    tenants: BTreeMap<Arc<str>, ArcSwap<Tenant>>,
    descriptions: Descriptions,
    cache: Cache,
    limits: ExchangeLimits,
    in_flight: InFlight,
    /// Turns of orders whose large files are to be read into memory.
    large_orders: Semaphore,
    metrics: Metrics,
    /// The last commit failed for the store's reasons.
    unlogged: AtomicBool,
    /// Every listener of this door demands a client certificate.
    pinned: bool,
}

/// What an exchange has from its first moment on.
struct Arrival {
    exchange_id: Uuid,
    at: Timestamp,
    /// Since the world began.
    elapsed: Duration,
    pin: Option<Pin>,
}

impl Door {
    /// Fails when a contract can not be served, which is our own mistake.
    pub fn new(parts: DoorParts) -> Result<Door, xroad::wsdl::WsdlError> {
        let DoorParts { store, world, catalogue, letters, files, tenants, limits, metrics, pinned } = parts;
        let folder = store.data().to_owned();
        Ok(Door {
            store,
            world,
            catalogue,
            letters,
            files,
            spooling: Spooling::new(folder, limits.spool_memory, limits.spool, metrics.clone()),
            descriptions: Descriptions::new(&tenants)?,
            tenants: tenants.into_iter().map(|it| (Arc::clone(&it.code), ArcSwap::from_pointee(it))).collect(),
            cache: Cache::default(),
            limits,
            in_flight: InFlight::new(limits.in_flight, limits.queue, limits.patience, metrics.clone()),
            large_orders: Semaphore::new(limits.large_orders),
            metrics,
            unlogged: AtomicBool::new(false),
            pinned,
        })
    }

    /// Puts other pins and rules in place, both at once; the next exchange is held against them.
    pub fn replace(&self, tenant: &str, pins: BTreeSet<Pin>, access: Vec<AccessRule>) {
        if let Some(tenant) = self.tenants.get(tenant) {
            let next = Tenant { access, pins, ..Tenant::clone(&tenant.load()) };
            tenant.store(Arc::new(next));
        }
    }

    /// One request to its one answer. Never fails and never panics: whatever goes wrong becomes an answer.
    pub async fn handle<B>(&self, request: Request<B>, peer: &Peer) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let Ok(exchange_id) = self.world.id() else {
            return response::plain(StatusCode::INTERNAL_SERVER_ERROR, "no identifier could be made");
        };
        let arrival = Arrival { exchange_id, at: self.world.now(), elapsed: self.world.elapsed(), pin: peer.pin };
        let Route { tenant, family, target } = match route::read(request.uri().path()) {
            Ok(route) => route,
            Err(refusal) => return rest::problem(&refusal, exchange_id),
        };
        let tenant = self.tenants.get(tenant.as_str()).map(ArcSwap::load_full);
        let Some(tenant) = tenant.filter(|tenant| self.is_pinned(tenant, peer.pin)) else {
            // An unknown tenant and one that this security server may not speak for look the same.
            self.metrics.exchange("-", "no tenant", self.took(&arrival));
            let refusal = Refusal::new(ErrorCode::UnknownOperation, "no such address for this security server");
            return match target {
                Target::Soap => soap::fault(&refusal, exchange_id),
                _ => rest::problem(&refusal, exchange_id),
            };
        };
        match target {
            Target::Wsdl | Target::OpenApi => self.describe(&request, &tenant, family, &target, exchange_id),
            Target::Soap => Box::pin(self.soap(request, &tenant, family, arrival)).await,
            Target::Rest(segments) => {
                Box::pin(self.rest(request, &tenant, family, &segments, By::Agency, arrival)).await
            }
        }
    }

    /// Letters of a system of the tenant's own, on the paths of the family's REST interface behind `/own/v1/{tenant}/`.
    /// The caller has proven that `system` is the tenant's, and that it may.
    pub async fn own<B>(&self, request: Request<B>, tenant: &str, system: &str, pin: Option<Pin>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let Ok(exchange_id) = self.world.id() else {
            return response::plain(StatusCode::INTERNAL_SERVER_ERROR, "no identifier could be made");
        };
        let arrival = Arrival { exchange_id, at: self.world.now(), elapsed: self.world.elapsed(), pin };
        let segments = match route::own(request.uri().path()) {
            Ok(segments) => segments,
            Err(refusal) => return rest::problem(&refusal, exchange_id),
        };
        let Some(tenant) = self.tenants.get(tenant).map(ArcSwap::load_full) else {
            let refusal = Refusal::new(ErrorCode::UnknownOperation, "no such address");
            return rest::problem(&refusal, exchange_id);
        };
        Box::pin(self.rest(request, &tenant, Family::Messages, &segments, By::Own(system), arrival)).await
    }

    fn is_pinned(&self, tenant: &Tenant, pin: Option<Pin>) -> bool {
        !self.pinned || pin.is_some_and(|pin| tenant.pins.contains(&pin))
    }

    fn describe<B>(
        &self,
        request: &Request<B>,
        tenant: &Tenant,
        family: Family,
        target: &Target,
        exchange_id: Uuid,
    ) -> Response<Body> {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return response::method_not_allowed("GET, HEAD");
        }
        match self.descriptions.get(&tenant.code, family, target) {
            Some((content, media_type)) => response::answer(StatusCode::OK, media_type, content),
            None => rest::problem(&Refusal::new(ErrorCode::UnknownOperation, "no such description"), exchange_id),
        }
    }

    /// What is left of an exchange's deadline.
    fn left(&self, arrival: &Arrival) -> Duration {
        self.limits.deadline.saturating_sub(self.took(arrival))
    }

    /// Runs a part of an exchange that may wait or break, within its slot and what is left of its deadline; waiting for
    /// the slot counts.
    async fn guarded<T>(&self, arrival: &Arrival, run: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let run = async {
            let Ok(_place) = self.in_flight.enter().await else {
                return Err(Refusal::new(ErrorCode::Overloaded, "too many requests at once; try again"));
            };
            run.await
        };
        match AssertUnwindSafe(tokio::time::timeout(self.left(arrival), run)).catch_unwind().await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => {
                self.metrics.limit_hit("exchange");
                // What was under way is dropped here, and nothing of it is ever committed.
                Err(Refusal::new(ErrorCode::Timeout, "the answer was not ready in time; try again"))
            }
            Err(_) => {
                self.metrics.panic("exchange");
                tracing::error!(exchange.id = %arrival.exchange_id, "an exchange panicked");
                Err(Refusal::new(ErrorCode::Internal, "the service failed"))
            }
        }
    }

    fn incoming<B>(&self, body: B, limit: usize, name: &'static str) -> Incoming<B>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        Incoming::new(body, self.limits.body, limit, name, self.metrics.clone())
    }

    fn took(&self, arrival: &Arrival) -> Duration {
        self.world.elapsed().saturating_sub(arrival.elapsed)
    }
}
