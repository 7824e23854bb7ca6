//! The consumer's security server: an HTTP listener for information systems, and the same door without a socket.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls_pki_types::CertificateDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::Answer;
use super::config::{ConnectionType, ConsumerConfig};
use super::errors::{Origin, Rejection, Suffix, XRoadError};
use super::fault::{Fault, Faulty, Flow};
use super::identifiers::ClientId;
use super::leg::OutBody;
use super::provider::{Provider, StartError};
use super::stats::{Counter, Stats};
use super::tls;
use crate::ca::Identity;

/// How long a consumer's connection may stay silent before its first request.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// A running consumer side.
pub struct Consumer {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    inner: Arc<Inner>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

pub(super) struct Inner {
    pub(super) config: ConsumerConfig,
    pub(super) provider: Provider,
    counter: Counter,
    faults: Mutex<Vec<Fault>>,
    acceptor: Mutex<Option<TlsAcceptor>>,
}

/// How a request reached the server.
#[derive(Debug, Clone)]
pub(super) enum Arrival {
    /// By a direct call of a test: no connection to judge.
    Direct,
    Plain,
    Tls(Option<CertificateDer<'static>>),
}

impl Consumer {
    /// Starts it on a free port of 127.0.0.1; messages go to the given provider, which may be shared.
    pub async fn start(config: ConsumerConfig, provider: Provider) -> Result<Self, StartError> {
        Self::start_at(config, provider, SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// The same on a chosen address.
    pub async fn start_at(config: ConsumerConfig, provider: Provider, address: SocketAddr) -> Result<Self, StartError> {
        let acceptor = match &config.tls {
            Some(identity) => Some(TlsAcceptor::from(Arc::new(tls::server(identity)?))),
            None => None,
        };
        let listener = TcpListener::bind(address).await?;
        let consumer = Self {
            address: listener.local_addr()?,
            inner: Arc::new(Inner {
                faults: Mutex::new(config.faults.clone()),
                acceptor: Mutex::new(acceptor),
                config,
                provider,
                counter: Counter::default(),
            }),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let (inner, tasks, stop) = (Arc::clone(&consumer.inner), consumer.tasks.clone(), consumer.stop.clone());
        consumer.tasks.spawn(accept(listener, inner, tasks, stop));
        Ok(consumer)
    }

    /// `http://` or `https://` and the address.
    pub fn url(&self) -> String {
        let scheme = if self.inner.config.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The provider side behind it.
    pub fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    /// Counts so far.
    pub fn stats(&self) -> Stats {
        self.inner.counter.snapshot()
    }

    /// Sets the faults on the leg to information systems: in force for the next connection.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *self.inner.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Shows another internal certificate from the next connection on. The listener must speak TLS already.
    pub fn set_identity(&self, identity: &Identity) -> Result<(), StartError> {
        let acceptor = TlsAcceptor::from(Arc::new(tls::server(identity)?));
        *self.inner.acceptor.lock().unwrap_or_else(PoisonError::into_inner) = Some(acceptor);
        Ok(())
    }

    /// Stops listening, lets exchanges under way finish and closes the connections. The provider goes on.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// A SOAP call without a socket: body, Content-Type and, if any, SOAPAction as an information system would send them.
    pub async fn call_soap(
        &self,
        body: impl Into<Bytes>,
        content_type: &str,
        soap_action: Option<&str>,
    ) -> Result<Answer, Rejection> {
        let mut headers = vec![("content-type", content_type)];
        headers.extend(soap_action.map(|action| ("soapaction", action)));
        self.call(Method::POST, "/", &headers, body).await
    }

    /// A REST call without a socket; `target` is raw, from `/r1` on, with its query.
    pub async fn call_rest(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Rejection> {
        self.call(method, target, headers, body).await
    }

    async fn call(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, Rejection> {
        let unsendable = || Rejection::new(Suffix::InternalError, "the request cannot be sent");
        let mut sent = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable())?;
            sent.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(|_| unsendable())?);
        }
        let mut request =
            Request::builder().method(method).uri(target).body(Full::new(body.into())).map_err(|_| unsendable())?;
        *request.headers_mut() = sent;
        Answer::collect(self.inner.serve(request, &Arrival::Direct).await).await
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(listener: TcpListener, inner: Arc<Inner>, tasks: TaskTracker, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (inner, stop) = (Arc::clone(&inner), stop.clone());
                let acceptor = inner.acceptor.lock().unwrap_or_else(PoisonError::into_inner).clone();
                tasks.spawn(connection(stream, acceptor, inner, stop));
            }
            Err(error) => {
                tracing::warn!(%error, "the consumer's security server could not accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, acceptor: Option<TlsAcceptor>, inner: Arc<Inner>, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = acceptor else {
        let stream = inner.faulty(stream);
        return serve_connection(TokioIo::new(stream), Arrival::Plain, inner, stop).await;
    };
    let handshake = tokio::select! {
        () = stop.cancelled() => return,
        handshake = tokio::time::timeout(IDLE_TIMEOUT, acceptor.accept(stream)) => handshake,
    };
    if let Ok(Ok(stream)) = handshake {
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).cloned();
        let stream = inner.faulty(stream);
        serve_connection(TokioIo::new(stream), Arrival::Tls(certificate), inner, stop).await;
    }
}

async fn serve_connection<S>(io: S, arrival: Arrival, inner: Arc<Inner>, stop: CancellationToken)
where
    S: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    let service = service_fn(|request| {
        let (inner, arrival) = (Arc::clone(&inner), arrival.clone());
        async move { Ok::<_, Infallible>(inner.serve(request, &arrival).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        // Jetty's limit for request line and headers (xroad.md §6.2).
        .max_buf_size(8192)
        .serve_connection(io, service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A consumer that goes away is its own business.
        _ = connection.as_mut() => return,
        () = stop.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Inner {
    /// One request of an information system.
    pub(super) async fn serve<B>(&self, request: Request<B>, arrival: &Arrival) -> Response<OutBody>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        if self.config.strict_uri && ambiguous(request.uri().path()) {
            // Jetty's own refusal: no X-Road-Error.
            return plain(StatusCode::BAD_REQUEST, "text/html;charset=iso-8859-1", "Ambiguous URI");
        }
        if request.uri().path() == "/listClients" && request.method() == Method::GET {
            return self.list_clients(request.uri().query(), request.headers());
        }
        if request.uri().path().starts_with("/r1/") {
            self.counter.rest();
            self.serve_rest(request, arrival).await
        } else {
            self.counter.soap();
            self.serve_soap(request, arrival).await
        }
    }

    fn faulty<S>(&self, stream: S) -> Faulty<S> {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        Faulty::new(stream, &faults, Flow::ToConsumer, Flow::FromConsumer)
    }

    /// Whether this client may call over this connection (xroad.md §5.1, §5.3).
    pub(super) fn authenticate(&self, client: &ClientId, arrival: &Arrival) -> Result<(), Rejection> {
        if self.config.clients.is_empty() {
            return Ok(());
        }
        let known =
            self.config.clients.iter().find(|known| known.id == *client).ok_or_else(|| {
                Rejection::new(Suffix::UnknownMember, format!("client {client} is not registered here"))
            })?;
        let refused = |text: &str| Err(Rejection::new(Suffix::SslAuthenticationFailed, text));
        match (&known.connection, arrival) {
            (_, Arrival::Direct) | (ConnectionType::Http, _) | (ConnectionType::HttpsNoAuth, Arrival::Tls(_)) => Ok(()),
            (ConnectionType::HttpsNoAuth | ConnectionType::Https(_), Arrival::Plain) => {
                refused("the client must use TLS")
            }
            (ConnectionType::Https(_), Arrival::Tls(None)) => refused("the client sent no certificate"),
            (ConnectionType::Https(allowed), Arrival::Tls(Some(certificate))) => {
                if allowed.contains(certificate) {
                    Ok(())
                } else {
                    refused("the client's certificate is not among those uploaded")
                }
            }
        }
    }

    /// Counts an error made or passed on here.
    pub(super) fn failed(&self, error: &XRoadError) {
        self.counter.failure(&error.code);
    }

    /// Counts a fault of a provider passed on.
    pub(super) fn fault(&self) {
        self.counter.fault();
    }

    pub(super) fn error(&self, rejection: Rejection, origin: Origin) -> XRoadError {
        rejection.at(origin, self.config.release)
    }
}

/// What Jetty 12 with encoded slashes allowed refuses (xroad.md §3.1).
fn ambiguous(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    lower.contains("//")
        || lower.contains("%25")
        || lower.split('/').any(|segment| {
            let dots = segment.split(';').next().unwrap_or_default().replace("%2e", ".");
            (dots == "." || dots == "..") && (segment.contains("%2e") || segment.contains(';') || dots == "..")
        })
}

/// A small response.
pub(super) fn plain(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<OutBody> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::ambiguous;

    #[test]
    fn ambiguous_paths() {
        for (path, expected) in [
            ("/r1/a/b", false),
            ("/r1/a%2Fb", false),
            ("/r1//b", true),
            ("/r1/%2e%2E/b", true),
            ("/r1/../b", true),
            ("/r1/..;x/b", true),
            ("/r1/a%252e", true),
            ("/r1/a.b/...", false),
        ] {
            assert_eq!(ambiguous(path), expected, "{path}");
        }
    }
}
