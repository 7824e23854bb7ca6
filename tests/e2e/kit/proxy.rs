//! A proxy that ends TLS with the adapter's own certificate, demands that of the security server, and lets a mutation
//! bend what passes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use conformance::ca::{DevelopmentPki, Only};
use conformance::security_server::{Answer, Door, RawBody, RawRequest, TlsTweaks};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use silta::sandbox::Stage;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::mutations::{Mutation, Passing, Reply};

/// More than a REST body of the sandbox's adapter may have, in bytes.
const REST_BODY: usize = 17 << 20;

pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn start(stage: &Stage, mutation: &'static Mutation) -> Self {
        let pki = DevelopmentPki::load(&stage.data().join("pki")).expect("certificates");
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pin = Only::new(Some(pki.security_server.fingerprint()), Arc::clone(&provider));
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_client_cert_verifier(pin)
            .with_single_cert(vec![pki.adapter.certificate().clone()], pki.adapter.key())
            .expect("a configuration");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let door = Door::new(Some(&pki.security_server), TlsTweaks::default()).expect("a door");
        let behind = format!("https://{}", stage.address("xroad"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, door, behind) = (acceptor.clone(), door.clone(), behind.clone());
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = service_fn(|request| pass(&door, &behind, mutation, request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, task }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    door: &Door,
    behind: &str,
    mutation: &Mutation,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (original, framed) = taken(request).await;
    let mut bent = original.clone();
    (mutation.request)(&mut bent);
    let answer = door.send(bent.into_request(behind, framed)).await;
    let mut reply = match answer {
        Ok(answer) => Reply::of(&answer),
        Err(rejection) => Reply { status: 502, headers: Vec::new(), body: rejection.text.into_bytes() },
    };
    (mutation.answer)(&original, &mut reply);
    Ok(reply.into_response())
}

/// A request without what belongs to its connection, and whether it had a body.
pub(super) async fn taken(request: Request<Incoming>) -> (Passing, bool) {
    let (head, body) = request.into_parts();
    let body = read(head.uri.path(), body).await;
    let framed = head.headers.contains_key("content-length") || head.headers.contains_key("transfer-encoding");
    let headers = head
        .headers
        .iter()
        .filter(|(name, _)| !["host", "content-length", "transfer-encoding"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    let target = head.uri.path_and_query().map_or("/", |it| it.as_str()).to_owned();
    (Passing { method: head.method, target, headers, body }, framed)
}

impl Passing {
    pub(super) fn into_request(self, behind: &str, framed: bool) -> RawRequest {
        let body = if framed { RawBody::Sized(self.body.into()) } else { RawBody::None };
        RawRequest { method: self.method, url: format!("{behind}{}", self.target), headers: self.headers, body }
    }
}

impl Reply {
    pub(super) fn of(answer: &Answer) -> Self {
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        Self {
            status: answer.status.as_u16(),
            headers: answer.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: answer.body.to_vec(),
        }
    }

    pub(super) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::builder().status(self.status);
        for (name, value) in &self.headers {
            if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
                response = response.header(name, value);
            }
        }
        response.body(Full::new(Bytes::from(self.body))).expect("an answer")
    }
}

/// The body; of a REST call no more than the adapter needs to refuse it, for it must refuse before all has come.
async fn read(path: &str, mut body: Incoming) -> Vec<u8> {
    let most = if path.contains("/rest/") { REST_BODY } else { usize::MAX };
    let mut whole = Vec::new();
    while let Some(Ok(frame)) = body.frame().await {
        whole.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        if whole.len() > most {
            break;
        }
    }
    whole
}
