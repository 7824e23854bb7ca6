//! A consumer's security server whose every answer a case decides: it takes requests over TLS as [`super::Consumer`] does,
//! reads them by the same rules, writes them down, and plays what the case gave it. There is no provider behind it.
//!
//! It judges nothing. What a security server would have refused stands in [`Arrived`] as a rejection.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::errors::{Rejection, Suffix};
use super::message::{Direction, Message};
use super::metadata::with_body;
use super::provider::StartError;
use super::rest::RestRequest;
use super::soap::Soap;
use super::spool::Spool;
use super::{hash, rewrite, tls};
use crate::ca::Identity;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// Method.
    pub method: Method,
    /// Raw path and query.
    pub target: String,
    /// Headers, names in lower case.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
    /// What a security server makes of it when it is SOAP.
    pub soap: Option<Result<Message, Rejection>>,
    /// What it makes of it when it is REST.
    pub rest: Option<Result<RestRequest, Rejection>>,
}

/// What is done with a request.
#[derive(Debug, Clone)]
pub enum Play {
    /// It is answered.
    Answer {
        /// Status.
        status: u16,
        /// Headers without framing.
        headers: Vec<(String, String)>,
        /// Body.
        body: Bytes,
    },
    /// The connection is closed without a word.
    Close,
    /// Nothing comes for this time, then the connection is closed.
    Hold(Duration),
}

type Script = dyn Fn(&Arrived) -> Play + Send + Sync;

struct Inner {
    script: Mutex<Arc<Script>>,
    arrived: Mutex<Vec<Arrived>>,
    connections: AtomicUsize,
    broken: AtomicUsize,
}

/// See the module.
pub struct Scripted {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    inner: Arc<Inner>,
    stop: CancellationToken,
}

impl Scripted {
    /// Starts it on a free port with this certificate. It closes every connection until a script is set.
    pub async fn start(identity: &Identity) -> Result<Self, StartError> {
        let acceptor = TlsAcceptor::from(Arc::new(tls::server(identity)?));
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        let address = listener.local_addr()?;
        let inner = Arc::new(Inner {
            script: Mutex::new(Arc::new(|_: &Arrived| Play::Close)),
            arrived: Mutex::default(),
            connections: AtomicUsize::new(0),
            broken: AtomicUsize::new(0),
        });
        let stop = CancellationToken::new();
        tokio::spawn(accept(listener, acceptor, Arc::clone(&inner), stop.clone()));
        Ok(Self { address, inner, stop })
    }

    /// `https://` and the address.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Sets what is done with requests from now on, and forgets those that came.
    pub fn play(&self, script: impl Fn(&Arrived) -> Play + Send + Sync + 'static) {
        *lock(&self.inner.script) = Arc::new(script);
        lock(&self.inner.arrived).clear();
        self.inner.connections.store(0, Ordering::SeqCst);
    }

    /// Closes this many of the next connections before a byte of the handshake.
    pub fn break_connections(&self, count: usize) {
        self.inner.broken.store(count, Ordering::SeqCst);
    }

    /// The requests since the script was set.
    pub fn arrived(&self) -> Vec<Arrived> {
        lock(&self.inner.arrived).clone()
    }

    /// The connections since then, those broken included.
    pub fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Arrived {
    /// The values of a header as text.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|it| it.to_str().unwrap_or_default()).collect()
    }

    /// The one value of a header; absent as well when there are several.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.values(name).as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The SOAP document's bytes.
    pub fn document(&self) -> Bytes {
        match &self.soap {
            Some(Ok(message)) => message.soap.clone(),
            _ => self.body.clone(),
        }
    }

    /// The response to this SOAP request as its security server passes it on: the header echoed, `inside` in the
    /// response's wrapper, and this request hash.
    pub fn soap_response(&self, inside: &str, hash: Option<&str>) -> Play {
        let document = self.document();
        let wrapper = match &self.soap {
            Some(Ok(Message { parsed: Soap::Message(it), .. })) => {
                let namespace = crate::xml::escape(&it.wrapper_namespace);
                format!("<a:{0}Response xmlns:a=\"{namespace}\">{inside}</a:{0}Response>", it.wrapper)
            }
            _ => return Play::Close,
        };
        let answer = with_body(&document, |_| wrapper);
        match answer.and_then(|it| rewrite::reserialise(it.as_bytes(), hash, None)) {
            Ok(bytes) => Play::xml(200, bytes),
            Err(_) => Play::Close,
        }
    }

    /// The same with the right hash.
    pub fn served(&self, inside: &str) -> Play {
        self.soap_response(inside, Some(&hash::soap(&self.document())))
    }

    /// A provider's answer to this REST request as its security server passes it on.
    pub fn rest_response(&self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Play {
        let Some(Ok(request)) = &self.rest else { return Play::Close };
        let Ok(added) = request.response_headers(&HeaderMap::new(), Some(&request.hash())) else { return Play::Close };
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let mut all: Vec<_> = added.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Play::Answer { status, headers: all, body: body.into() }
    }

    /// For the report.
    pub fn shown(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.target);
        for (name, value) in &self.headers {
            let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
        }
        text.push('\n');
        text.push_str(&crate::kit::printable(&self.body));
        text
    }
}

impl Play {
    /// A SOAP document of any kind.
    pub fn xml(status: u16, body: impl Into<Bytes>) -> Self {
        let headers = vec![("content-type".to_owned(), "text/xml;charset=UTF-8".to_owned())];
        Self::Answer { status, headers, body: body.into() }
    }

    /// Puts a header in the place of all of its name; an empty value takes it away.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        match self {
            Self::Answer { status, mut headers, body } => {
                headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
                if !value.is_empty() {
                    headers.push((name.to_owned(), value.to_owned()));
                }
                Self::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, inner: Arc<Inner>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        inner.connections.fetch_add(1, Ordering::SeqCst);
        let left = |count: usize| count.checked_sub(1);
        if inner.broken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            continue;
        }
        let (inner, acceptor, stop) = (Arc::clone(&inner), acceptor.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = connection(stream, acceptor, inner) => {}
            }
        });
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, inner: Arc<Inner>) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(move |request| exchange(request, Arc::clone(&inner)));
    // A request that is not answered ends the connection: that is the play.
    let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(request: Request<Incoming>, inner: Arc<Inner>) -> io::Result<Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let target = head.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    let (mut soap, mut rest) = (None, None);
    if target.starts_with("/r1/") {
        let spooled = Spool::from_bytes(&body)?;
        rest = Some(RestRequest::new(head.method.clone(), &target, &head.headers, spooled));
    } else if head.method == Method::POST {
        let kind = head.headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
        soap = Some(Message::decode(kind, Full::new(body.clone()), Direction::Request).await);
    }
    let arrived = Arrived { method: head.method, target, headers: head.headers, body, soap, rest };
    let script = Arc::clone(&lock(&inner.script));
    lock(&inner.arrived).push(arrived.clone());
    match script(&arrived) {
        Play::Answer { status, headers, body } => {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Full::new(body)).map_err(io::Error::other)
        }
        Play::Close => Err(io::Error::other("closed on purpose")),
        Play::Hold(time) => {
            tokio::time::sleep(time).await;
            Err(io::Error::other("closed on purpose"))
        }
    }
}

/// The `x-road-error` answer of a security server to a REST call.
pub fn rest_error(status: u16, code: &str) -> Play {
    let body = serde_json::json!({ "type": code, "message": "The kit says so.", "detail": uuid::Uuid::new_v4() });
    let headers = vec![
        ("content-type".to_owned(), "application/json;charset=utf-8".to_owned()),
        ("x-road-error".to_owned(), code.to_owned()),
    ];
    Play::Answer { status, headers, body: body.to_string().into() }
}

/// A fault with any code, by SOAP.
pub fn soap_error(status: u16, code: &str) -> Play {
    let error = super::errors::XRoadError {
        code: code.to_owned(),
        suffix: None::<Suffix>,
        text: "The kit says so.".to_owned(),
        detail: uuid::Uuid::new_v4().to_string(),
    };
    Play::xml(status, error.to_soap())
}
