//! The HTTP door: plain HTTP/1.1 on the loopback interface, one fallback route, the concurrency limit and faults.
//! Decides nothing about content; `handlers::respond` does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::World;
use super::control::FaultAction;
use super::errors::{Payload, Reply};
use super::handlers::{self, Request};

#[derive(Clone)]
struct Door {
    world: Arc<World>,
    running: Arc<AtomicUsize>,
}

/// A place among the running calls, given back on drop.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub(crate) async fn serve(listener: TcpListener, world: Arc<World>, stopped: oneshot::Receiver<()>) {
    let door = Door { world, running: Arc::new(AtomicUsize::new(0)) };
    let app = Router::new().fallback(call).with_state(door);
    let graceful = axum::serve(listener, app).with_graceful_shutdown(async {
        let _ = stopped.await;
    });
    if let Err(error) = graceful.await {
        tracing::warn!(%error, "the PTV simulator's server ended");
    }
}

async fn call(State(door): State<Door>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let running = door.running.fetch_add(1, Ordering::SeqCst) + 1;
    let _place = Place(Arc::clone(&door.running));
    if running > door.world.config.max_concurrent {
        return answer(Reply::text(429, "Too many concurrent requests."));
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let fault = handlers::take_fault(&door.world, method.as_str(), path, true);
    match &fault {
        Some(FaultAction::Status(status, text)) => return answer(Reply::text(*status, text.clone())),
        Some(FaultAction::Answer { status, headers, body }) => return made_up(*status, headers, body),
        Some(FaultAction::Delay(time)) => tokio::time::sleep(*time).await,
        Some(FaultAction::CutBefore) => return cut(),
        _ => {}
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.map(|value| value.strip_prefix("Bearer ").unwrap_or(value).trim());
    let form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let mut request = Request::new(method.as_str(), path, token, handlers::Body::from_bytes(&body, form));
    request.headers = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let reply = handlers::decide(&door.world, &request);
    match fault {
        Some(FaultAction::CutAfter) => cut(),
        _ => answer(reply),
    }
}

fn answer(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    if reply.status == 401 {
        response = response.header(header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\"");
    }
    let (kind, body) = match reply.body {
        Payload::Json(value) => ("application/json; charset=utf-8", value.to_string()),
        Payload::Text(text) => ("text/plain; charset=utf-8", text),
        Payload::Empty => return response.body(Body::empty()).unwrap_or_default(),
    };
    response.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap_or_default()
}

fn made_up(status: u16, headers: &[(String, String)], body: &str) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body.to_owned())).unwrap_or_default()
}

/// A response whose body fails at once: the connection is closed without an answer that could be read.
fn cut() -> Response {
    let broken = futures_util::stream::once(async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        Err::<Bytes, std::io::Error>(std::io::ErrorKind::ConnectionReset.into())
    });
    Response::new(Body::from_stream(broken))
}
