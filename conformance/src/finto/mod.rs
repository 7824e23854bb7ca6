//! A simulator of Finto: the REST interface of Skosmos (version 1) as far as clients of subject terms use it, and the files that
//! it sends them to for a whole vocabulary.
//!
//! Fed from a folder, or from our own minimum; [`Library::origin`] says which. It judges nobody; it shares no code with the
//! adapter. Left out on purpose: groups, alphabetical indexes, statistics, JSONP, MARCXML and Turtle.

mod answers;
mod data;
mod dump;
mod http;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

pub use data::{Concept, Library, LibraryError, Origin};

/// Gives the present moment.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a simulator starts with.
#[derive(Clone)]
pub struct FintoConfig {
    pub library: Library,
    pub clock: Clock,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
}

impl FintoConfig {
    /// On a free port, by the system's clock.
    pub fn new(library: Library) -> Self {
        Self { library, clock: Arc::new(Timestamp::now), listen: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }
}

/// A disturbance of requests whose path contains a text.
#[derive(Clone, Debug)]
pub struct Fault {
    pub path_contains: String,
    /// How many requests it hits before it is used up.
    pub times: u32,
    pub action: FaultAction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultAction {
    /// Answer this status instead.
    Status(u16),
    /// Wait first.
    Delay(Duration),
    /// Send the first half of the answer and break the connection.
    Cut,
}

/// The simulator cannot listen; the port may be taken.
#[derive(Debug, thiserror::Error)]
#[error("Finto's simulator cannot listen: {0}")]
pub struct StartError(#[from] std::io::Error);

struct State {
    library: Library,
    /// When the vocabularies changed last.
    modified: Timestamp,
    /// Address and time of each change.
    changes: Vec<(String, String)>,
    faults: Vec<Fault>,
    requests: u64,
    downloads: u64,
}

struct World {
    clock: Clock,
    state: Mutex<State>,
    address: SocketAddr,
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running simulator. Dropping it stops the server; [`FintoSimulator::stop`] also waits for it.
pub struct FintoSimulator {
    /// The address of the REST interface: `http://127.0.0.1:PORT/rest/v1`.
    pub rest_url: String,
    pub address: SocketAddr,
    world: Arc<World>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<tokio::task::JoinHandle<()>>,
}

impl FintoSimulator {
    /// Listens and serves until stopped.
    pub async fn start(config: FintoConfig) -> Result<Self, StartError> {
        let listener = tokio::net::TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let state = State {
            library: config.library,
            modified: (config.clock)(),
            changes: Vec::new(),
            faults: Vec::new(),
            requests: 0,
            downloads: 0,
        };
        let world = Arc::new(World { clock: config.clock, state: Mutex::new(state), address });
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(http::serve(listener, Arc::clone(&world), stopped));
        let rest_url = format!("http://{address}/rest/v1");
        Ok(Self { rest_url, address, world, stop: Some(stop), served: Some(served) })
    }

    /// Where the concepts came from.
    pub fn origin(&self) -> Origin {
        self.world.state().library.origin.clone()
    }

    pub fn inject(&self, fault: Fault) {
        self.world.state().faults.push(fault);
    }

    /// Withdraws a concept; false when there is none.
    pub fn deprecate(&self, address: &str, replaced_by: &[&str]) -> bool {
        let now = (self.world.clock)();
        let mut state = self.world.state();
        let Some(concept) = state.library.concept_mut(address) else { return false };
        concept.deprecated = true;
        concept.replaced_by = replaced_by.iter().map(|it| (*it).to_owned()).collect();
        state.modified = now;
        state.changes.push((address.to_owned(), now.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()));
        true
    }

    /// Adds a concept, or puts it in the place of another of its address.
    pub fn publish(&self, concept: Concept) {
        let now = (self.world.clock)();
        let mut state = self.world.state();
        state.modified = now;
        state.changes.push((concept.uri.clone(), now.strftime("%Y-%m-%dT%H:%M:%S+0000").to_string()));
        state.library.add(concept);
    }

    /// Requests so far, and those that were for a whole vocabulary and got it.
    pub fn requests(&self) -> (u64, u64) {
        let state = self.world.state();
        (state.requests, state.downloads)
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

impl Drop for FintoSimulator {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}
