//! A scriptable adapter: a TLS server that records what it gets, byte for byte, and answers what the script says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::ca::{Fingerprint, Identity, Only};

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Which connection, from 0.
    pub(super) connection: usize,
    /// The client's certificate.
    pub(super) client: Option<Fingerprint>,
    pub(super) alpn: bool,
    pub(super) server_name: Option<String>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str()).collect()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// What to answer.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Status, headers and body; framed with Content-Length, connection kept.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// These bytes, then close.
    Raw(Vec<u8>),
    /// Nothing at all; the connection stays open.
    Silence,
}

pub(super) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    Reply::Http(200, vec![("Content-Type", content_type.to_owned())], body.into())
}

pub(super) fn xml(body: impl Into<Vec<u8>>) -> Reply {
    ok("text/xml; charset=UTF-8", body)
}

type Script = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

pub(super) struct Adapter {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

struct Shared {
    script: Mutex<Arc<Script>>,
    seen: Mutex<Vec<Seen>>,
    closed: Mutex<Vec<usize>>,
}

impl Adapter {
    /// With `pin`, only that client certificate is let in.
    pub(super) async fn start(identity: &Identity, pin: Option<Fingerprint>) -> Self {
        let provider = Arc::new(default_provider());
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS12])
            .unwrap()
            .with_client_cert_verifier(Only::new(pin, provider))
            .with_single_cert(vec![identity.certificate().clone()], identity.key())
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(Arc::new(Box::new(|_| Reply::Http(404, vec![], vec![])))),
            seen: Mutex::default(),
            closed: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&serving));
                connections.spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let (_, tls) = stream.get_ref();
                    let client = tls.peer_certificates().and_then(|c| c.first()).map(|c| Fingerprint::of(c));
                    let alpn = tls.alpn_protocol().is_some();
                    let server_name = tls.server_name().map(str::to_owned);
                    serve(stream, &shared, number, client, alpn, server_name).await;
                    shared.closed.lock().unwrap().push(number);
                });
            }
        });
        Self { address, shared, task }
    }

    pub(super) fn script(&self, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) {
        *self.shared.script.lock().unwrap() = Arc::new(Box::new(script));
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub(super) fn last(&self) -> Seen {
        self.seen().pop().unwrap()
    }

    /// Numbers of the connections that have ended.
    pub(super) fn closed(&self) -> Vec<usize> {
        self.shared.closed.lock().unwrap().clone()
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    shared: &Shared,
    connection: usize,
    client: Option<Fingerprint>,
    alpn: bool,
    server_name: Option<String>,
) {
    let mut buffer = Vec::new();
    while let Some((line, headers, body)) = read_request(&mut stream, &mut buffer).await {
        let seen = Seen { line, headers, body, connection, client, alpn, server_name: server_name.clone() };
        shared.seen.lock().unwrap().push(seen.clone());
        let script = Arc::clone(&*shared.script.lock().unwrap());
        match script(&seen) {
            Reply::Silence => {
                let mut rest = Vec::new();
                let _ = stream.read_to_end(&mut rest).await;
                return;
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes).await;
                let _ = stream.shutdown().await;
                return;
            }
            Reply::Http(status, headers, body) => {
                let mut reply = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    reply.extend([name, ": ", &value, "\r\n"]);
                }
                reply.push_str("\r\n");
                let bodiless = seen.line.starts_with("HEAD ") || status == 304 || status == 204;
                let mut bytes = reply.into_bytes();
                if !bodiless {
                    bytes.extend_from_slice(&body);
                }
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}

type Parsed = (String, Vec<(String, String)>, Vec<u8>);

async fn read_request<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<Parsed> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        more(stream, buffer).await?;
    };
    let head: Vec<u8> = buffer.drain(..end + 4).collect();
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<(String, String)> =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
    let find = |name: &str| headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.clone());
    let mut body = Vec::new();
    if find("transfer-encoding").is_some() {
        loop {
            let at = loop {
                if let Some(at) = buffer.windows(2).position(|w| w == b"\r\n") {
                    break at;
                }
                more(stream, buffer).await?;
            };
            let size = usize::from_str_radix(std::str::from_utf8(&buffer[..at]).ok()?.trim(), 16).ok()?;
            buffer.drain(..at + 2);
            while buffer.len() < size + 2 {
                more(stream, buffer).await?;
            }
            body.extend(buffer.drain(..size));
            buffer.drain(..2);
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = find("content-length") {
        let length: usize = length.parse().ok()?;
        while buffer.len() < length {
            more(stream, buffer).await?;
        }
        body.extend(buffer.drain(..length));
    }
    Some((line, headers, body))
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> Option<()> {
    let mut piece = vec![0; 64 * 1024];
    match stream.read(&mut piece).await {
        Ok(read) if read > 0 => {
            buffer.extend_from_slice(&piece[..read]);
            Some(())
        }
        _ => None,
    }
}
