//! A simulator of the PTV IN-API v11 (Palvelutietovaranto), written from the fact sheet `ptv-in-api.md` alone, and of
//! the coming v12 over the same content, from `ptv-v12.md` alone (`v12`).
//!
//! It keeps state, judges bodies in PTV's two stages and answers with PTV's own keys, in two profiles. The HTTP door
//! and the in-process door ([`PtvSimulator::handle`]) go through the same function. It is a judge for the adapter and
//! therefore shares nothing with it. Left out on purpose: the people's user interface (controls for tests stand in for
//! it), geocoding, the ASTI register's own rules, SAHA, translation orders.

mod apply;
mod auth;
mod control;
mod errors;
mod formats;
mod handlers;
mod http;
mod json;
mod profile;
mod read;
mod reference;
mod schema;
mod seed;
mod store;
#[cfg(test)]
mod tests;
mod v12;
mod validate;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub use auth::{PtvUser, UserGroup};
pub use control::{Fault, FaultAction};
pub use handlers::swagger::{ContractChange, ContractEdit};
pub use profile::{PtvProfile, UnknownProfile};
pub use reference::{Reference, ReferenceError};
pub use seed::PtvOrganization;
pub use store::{Kind, Status};
pub use v12::{SeenCall, V12Switches};

use errors::Payload;
use handlers::Request;

/// Gives the present moment.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a simulator starts with.
#[derive(Clone)]
pub struct PtvConfig {
    pub profile: PtvProfile,
    pub reference: Arc<Reference>,
    pub clock: Clock,
    pub users: Vec<PtvUser>,
    pub organizations: Vec<PtvOrganization>,
    /// Life of a token.
    pub token_lifetime: SignedDuration,
    /// More calls at once than this are answered 429. PTV's own default per user is 64 (ptv-in-api §1.7).
    pub max_concurrent: usize,
    /// A published service needs a UserInstruction in each language. DVV's content rule of March 2026, not seen enforced (§10), so off.
    pub user_instruction_required: bool,
    /// Accept any well-formed KOKO URI. The copied ontology list is incomplete, so real content needs this.
    pub accept_unlisted_terms: bool,
    /// Keys that the v12 gateway knows.
    pub api_keys: Vec<String>,
    /// Port on the loopback interface; 0 takes a free one.
    pub port: u16,
}

impl PtvConfig {
    /// A configuration with the system's clock and no users or organisations.
    pub fn new(profile: PtvProfile, reference: Arc<Reference>) -> Self {
        Self {
            profile,
            reference,
            clock: Arc::new(Timestamp::now),
            users: Vec::new(),
            organizations: Vec::new(),
            token_lifetime: SignedDuration::from_hours(24),
            max_concurrent: 64,
            user_instruction_required: false,
            accept_unlisted_terms: false,
            api_keys: Vec::new(),
            port: 0,
        }
    }
}

/// The simulator could not start; the port may be taken.
#[derive(Debug, thiserror::Error)]
#[error("PTV simulator cannot listen: {0}")]
pub struct StartError(#[from] std::io::Error);

/// Counts of the POST and PUT calls that reached a handler, by kind, method and HTTP status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes(pub BTreeMap<(String, String, u16), u64>);

impl Writes {
    /// All writes, whatever came of them.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Writes of one kind (`Service`, `EChannel`, `Connection` …).
    pub fn of(&self, kind: &str) -> u64 {
        self.0.iter().filter(|((k, _, _), _)| k == kind).map(|(_, count)| count).sum()
    }

    /// Writes answered with 200.
    pub fn accepted(&self) -> u64 {
        self.0.iter().filter(|((_, _, status), _)| *status == 200).map(|(_, count)| count).sum()
    }

    /// Writes answered with anything else.
    pub fn refused(&self) -> u64 {
        self.total() - self.accepted()
    }
}

pub(crate) struct State {
    pub(crate) store: store::Store,
    pub(crate) tokens: auth::Tokens,
    pub(crate) writes: Writes,
    pub(crate) requests: u64,
    pub(crate) faults: Vec<Fault>,
    pub(crate) v12: v12::Base,
    pub(crate) contract: Vec<handlers::swagger::ContractChange>,
}

pub(crate) struct World {
    pub(crate) config: PtvConfig,
    pub(crate) state: Mutex<State>,
}

impl World {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.config.clock)()
    }
}

/// A running simulator. Dropping it stops the server; [`PtvSimulator::stop`] also waits for it.
pub struct PtvSimulator {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// Where it listens.
    pub address: SocketAddr,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl PtvSimulator {
    /// Listens on the loopback interface and serves until stopped.
    pub async fn start(config: PtvConfig) -> Result<Self, StartError> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", config.port)).await?;
        let address = listener.local_addr()?;
        let world = Self::world(config);
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(http::serve(listener, Arc::clone(&world), stopped));
        Ok(Self { base_url: format!("http://{address}"), address, world, stop: Some(stop), served: Some(served) })
    }

    /// A simulator without a socket, for [`PtvSimulator::handle`] only.
    pub fn without_server(config: PtvConfig) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self { base_url: String::new(), address, world: Self::world(config), stop: None, served: None }
    }

    fn world(config: PtvConfig) -> Arc<World> {
        let mut store = store::Store::default();
        seed::organizations(&mut store, &config.organizations, (config.clock)());
        let state = State {
            store,
            tokens: auth::Tokens::default(),
            writes: Writes::default(),
            requests: 0,
            faults: Vec::new(),
            v12: v12::Base::new(&config),
            contract: Vec::new(),
        };
        Arc::new(World { config, state: Mutex::new(state) })
    }

    /// The in-process door: the same function that the HTTP door calls, without a socket. `path` may carry a query.
    /// Faults that speak of the connection (delay, cut) do not apply here.
    pub fn handle(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> (u16, Value) {
        let request = Request::new(method, path, token, handlers::Body::from_value(body));
        let reply = handlers::respond(&self.world, &request);
        let value = match reply.body {
            Payload::Json(value) => value,
            Payload::Text(text) => Value::String(text),
            Payload::Empty => Value::Null,
        };
        (reply.status, value)
    }

    /// A token for a configured user, without the login call.
    pub fn token_for(&self, username: &str) -> Option<String> {
        let user = self.world.config.users.iter().find(|user| user.username == username)?;
        let now = self.world.now();
        Some(self.world.state().tokens.issue(user, now, self.world.config.token_lifetime).0)
    }

    /// Every POST and PUT below `/api/v11` that reached a handler.
    pub fn writes(&self) -> Writes {
        self.world.state().writes.clone()
    }

    /// All calls so far, logins and reads included.
    pub fn requests(&self) -> u64 {
        self.world.state().requests
    }

    /// Successful logins so far.
    pub fn logins(&self) -> u64 {
        self.world.state().tokens.logins
    }

    /// Everything stored, as JSON: entities by id with kind, status, languages and IN-shaped content, and connections.
    pub fn dump(&self) -> Value {
        let state = self.world.state();
        let entities: serde_json::Map<String, Value> = state
            .store
            .entities
            .values()
            .map(|entity| {
                let value = json!({
                    "kind": entity.kind.name(), "status": entity.latest.status.name(),
                    "published": entity.published().is_some(), "languages": entity.latest.languages,
                    "modified": read::stamp(entity.latest.modified), "content": entity.latest.content,
                });
                (entity.id.clone(), value)
            })
            .collect();
        let connections: Vec<Value> = state
            .store
            .connections
            .iter()
            .map(|((service, channel), connection)| {
                json!({ "serviceId": service, "serviceChannelId": channel, "asti": connection.asti, "content": connection.content })
            })
            .collect();
        json!({ "entities": entities, "connections": connections })
    }

    /// Stops the server and waits until it has ended.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(served) = self.served.take() {
            let _ = served.await;
        }
    }
}

impl Drop for PtvSimulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
