//! The socket side: accept loop, one task a connection, shutdown. It knows no path and no rule.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::config::ViestitConfig;
use super::control::Control;
use super::http::{self, Cut};
use super::inbox;
use super::state::Shared;

/// A running simulator. Dropping it stops it too, without waiting.
pub struct ViestitSimulator {
    /// `http://address:port`, without a slash at the end.
    pub base_url: String,
    /// What a test does to the simulator and asks of it.
    pub control: Control,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl ViestitSimulator {
    /// Binds and serves. Fails only when the address cannot be taken.
    pub async fn start(config: ViestitConfig) -> std::io::Result<Self> {
        let listener = TcpListener::bind(config.listen).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(config));
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, router(&shared), stopped));
        Ok(Self { base_url, control: Control::new(shared), stop: Some(stop), task: Some(task) })
    }

    /// Stops accepting, ends every connection and waits until all tasks are gone and the port is free.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            // The task cannot fail but by a panic, which the test harness has already shown.
            let _ = task.await;
        }
    }
}

impl Drop for ViestitSimulator {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The service's own paths, and beside them what only this machine may see.
fn router(shared: &Arc<Shared>) -> Router {
    http::router(Arc::clone(shared)).merge(inbox::router(Arc::clone(shared)))
}

/// The caller's address, handed to the door in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

async fn accept(listener: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, address)) => {
                    connections.spawn(serve(stream, address.ip(), router.clone()));
                }
                Err(error) => tracing::warn!(kind = ?error.kind(), "viestit simulator: accept failed"),
            },
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: TcpStream, peer: IpAddr, router: Router) {
    let inner = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let answer = inner.call(request);
        async move {
            let response = answer.await.unwrap_or_else(|never: Infallible| match never {});
            // An error makes hyper drop the connection without a byte of answer.
            if response.extensions().get::<Cut>().is_some() { Err(Cut) } else { Ok(response) }
        }
    });
    if let Err(error) = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
    {
        tracing::debug!(user = error.is_user(), "viestit simulator: connection ended early");
    }
}
