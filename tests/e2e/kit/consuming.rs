//! Careless consumers: something stands between the adapter and the security server that the kit plays, and bends what
//! the adapter sends or gets, so that it behaves as an adapter would that does not care.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use conformance::cases::Family;
use conformance::kit::{ActError, Acts, Selection};
use conformance::security_server::{Door, RawBody, RawRequest, TlsTweaks, hash};
use futures_util::future::BoxFuture;
use http::Method;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::mutations::{BACK, PASS, Passing, Reply, replaced};
use super::proxy::taken;

/// A defect of a consumer.
pub(super) struct Careless {
    pub(super) defect: &'static str,
    /// Ids without prefix.
    pub(super) caught_by: &'static [&'static str],
    request: fn(&mut Passing),
    answer: fn(&Passing, &mut Reply),
    /// Sends again what got no answer.
    again: bool,
    /// Goes where a redirect leads.
    follows: bool,
}

pub(super) const HONEST: Careless =
    Careless { defect: "none", caught_by: &[], request: PASS, answer: BACK, again: false, follows: false };

pub(super) fn all() -> [(Selection, &'static [Careless]); 2] {
    let lists = ["ME-11", "ME-12"].map(str::to_owned).to_vec();
    [
        (Selection { families: vec![Family::Consumer], ids: Vec::new() }, CONSUMERS),
        (Selection { families: Vec::new(), ids: lists }, READERS),
    ]
}

const CONSUMERS: &[Careless] = &[
    Careless {
        defect: "speaks a protocol version of its own",
        caught_by: &["CN-01"],
        request: |it| it.replace(">4.0<", ">4.5<"),
        // The adapter behind it has sent something else: its hash is made to fit.
        answer: fitting,
        ..HONEST
    },
    Careless { defect: "does not look at the request hash", caught_by: &["CN-02"], answer: fitting, ..HONEST },
    Careless {
        defect: "believes faults only with HTTP 500",
        caught_by: &["CN-03"],
        answer: |request, reply| {
            if !request.target.starts_with("/r1/") && reply.status == 200 && reply.holds("faultcode") {
                reply.body = b"<html/>".to_vec();
            }
        },
        ..HONEST
    },
    Careless {
        defect: "takes every error for the provider's",
        caught_by: &["CN-04"],
        answer: |request, reply| {
            if reply.headers.iter().any(|(name, _)| name == "x-road-error") {
                reply.headers.retain(|(name, _)| name != "x-road-error");
                reply.set("x-road-id", request.text_of("x-road-id"));
            }
        },
        ..HONEST
    },
    Careless {
        defect: "knows the codes of 7.7 only",
        caught_by: &["CN-05"],
        answer: |_, reply| {
            let new = |(name, value): &&(String, String)| name == "x-road-error" && value.starts_with("server.");
            if reply.headers.iter().find(new).is_some() {
                reply.set("x-road-error", "unknown");
            }
        },
        ..HONEST
    },
    Careless {
        defect: "writes a space as a plus",
        caught_by: &["CN-06"],
        request: |it| it.target = it.target.replace("%20", "+"),
        ..HONEST
    },
    Careless {
        defect: "takes an answer whatever its id",
        caught_by: &["CN-07"],
        answer: |request, reply| {
            if reply.headers.iter().any(|(name, _)| name == "x-road-id") {
                reply.set("x-road-id", request.text_of("x-road-id"));
            }
        },
        ..HONEST
    },
    Careless { defect: "follows redirects", caught_by: &["CN-08"], follows: true, ..HONEST },
    Careless { defect: "sends again whatever got no answer", caught_by: &["CN-09"], again: true, ..HONEST },
    Careless {
        defect: "always names a security server",
        caught_by: &["CN-10"],
        request: |it| {
            it.headers.retain(|(name, _)| name != "x-road-security-server");
            it.headers.push(("x-road-security-server".to_owned(), b"FI-TEST/MUN/1234567-1/ss%201".to_vec()));
        },
        ..HONEST
    },
];

const READERS: &[Careless] = &[
    Careless {
        defect: "knows no list in JSON",
        caught_by: &["ME-11"],
        answer: |request, reply| {
            if request.target.starts_with("/listClients") && reply.holds("{") {
                reply.body = b"{}".to_vec();
            }
        },
        ..HONEST
    },
    Careless {
        defect: "takes every address for the placeholder",
        caught_by: &["ME-12"],
        answer: |_, reply| reply.replace("https://adapter.example.fi/items", "http://example.org/xroad-endpoint"),
        ..HONEST
    },
];

/// Puts the hash of what the adapter sent into an answer.
fn fitting(request: &Passing, reply: &mut Reply) {
    let right = hash::soap(&request.body);
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    if let Some((before, rest)) = text.split_once("requestHash")
        && let Some((attributes, rest)) = rest.split_once('>')
        && let Some((_, after)) = rest.split_once('<')
    {
        reply.body = format!("{before}requestHash{attributes}>{right}<{after}").into_bytes();
    } else if text.contains("</xrd:id>") {
        let block = format!("</xrd:id><xrd:requestHash algorithmId=\"{}\">{right}</xrd:requestHash>", hash::SHA512_URI);
        reply.body = replaced(&reply.body, "</xrd:id>", &block);
    }
}

impl Passing {
    fn text_of(&self, name: &str) -> &str {
        self.header(name).and_then(|it| std::str::from_utf8(it).ok()).unwrap_or_default()
    }
}

/// The adapter's acts, with the defect between it and the security server that it is given.
pub(super) fn bent(acts: Arc<dyn Acts>, careless: &'static Careless) -> Arc<dyn Acts> {
    Arc::new(Bent { acts, careless, tasks: Mutex::default() })
}

struct Bent {
    acts: Arc<dyn Acts>,
    careless: &'static Careless,
    tasks: Mutex<tokio::task::JoinSet<()>>,
}

impl Bent {
    /// An address that leads to the security server by way of the defect.
    async fn between(&self, server: &str) -> Option<String> {
        // Where nobody listens, nobody stands between.
        TcpStream::connect(server.strip_prefix("https://")?).await.ok()?;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (server, careless) = (server.to_owned(), self.careless);
        let door = Door::new(None, TlsTweaks::default()).expect("a door");
        self.tasks.lock().expect("unbroken").spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (door, server) = (door.clone(), server.clone());
                connections.spawn(async move {
                    let service = service_fn(|request| pass(&door, &server, careless, request));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .keep_alive(false)
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Some(format!("http://{address}"))
    }
}

impl Acts for Bent {
    fn act<'a>(&'a self, act: &'a str, mut parameters: Value) -> BoxFuture<'a, Result<Value, ActError>> {
        Box::pin(async move {
            let server = parameters.get("securityServer").and_then(Value::as_str).map(str::to_owned);
            if let Some(server) = server
                && let Some(address) = self.between(&server).await
            {
                parameters["securityServer"] = json!(address);
            }
            self.acts.act(act, parameters).await
        })
    }
}

async fn pass(
    door: &Door,
    server: &str,
    careless: &Careless,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let (original, framed) = taken(request).await;
    let mut bent = original.clone();
    (careless.request)(&mut bent);
    let mut answer = door.send(bent.clone().into_request(server, framed)).await;
    if answer.is_err() && careless.again {
        answer = door.send(bent.into_request(server, framed)).await;
    }
    let answer = answer.map_err(|rejection| io::Error::other(rejection.text))?;
    let mut reply = Reply::of(&answer);
    if careless.follows
        && let Some(location) = answer.header("location")
    {
        let url = location.to_owned();
        let elsewhere = RawRequest { method: Method::GET, url, headers: Vec::new(), body: RawBody::None };
        let followed = door.send(elsewhere).await.map_err(|rejection| io::Error::other(rejection.text))?;
        reply.status = followed.status.as_u16();
        reply.body = followed.body.to_vec();
        reply.headers.retain(|(name, _)| name != "location");
    }
    (careless.answer)(&original, &mut reply);
    Ok(reply.into_response())
}
