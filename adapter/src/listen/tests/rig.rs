//! A listener, certificates, and clients of three kinds: raw bytes, rustls, and OpenSSL in the profile of a security
//! server.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::crypto::aws_lc_rs;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::{Pin, TlsVersion};
use crate::listen::*;
use crate::telemetry::Metrics;

/// The log lines of this thread, while the guard lives.
#[derive(Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(super) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        self.listen_to(tracing::Level::INFO)
    }

    pub(super) fn listen_to(&self, level: tracing::Level) -> tracing::subscriber::DefaultGuard {
        let sink = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(move || sink.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("unpoisoned")).into_owned()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A certificate with its key.
pub(super) struct Cert {
    pub(super) der: CertificateDer<'static>,
    pub(super) pem: String,
    pub(super) key: String,
}

impl Cert {
    /// As security servers make them: RSA, self-signed, CA:TRUE, no key usages (xroad.md §5.2).
    fn make(algorithm: &'static rcgen::SignatureAlgorithm, expired: bool) -> Self {
        let key = KeyPair::generate_for(algorithm).expect("key");
        let mut params = CertificateParams::new(vec!["ss.example.fi".to_owned()]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let certificate = params.self_signed(&key).expect("signed");
        Self { der: certificate.der().clone(), pem: certificate.pem(), key: key.serialize_pem() }
    }

    pub(super) fn pin(&self) -> Pin {
        Pin::of(&self.der)
    }

    pub(super) fn identity(&self) -> ServerIdentity {
        ServerIdentity::from_pem(self.pem.as_bytes(), self.key.as_bytes()).expect("identity")
    }

    fn certified(&self, key_of: &Cert) -> Arc<CertifiedKey> {
        use rustls_pki_types::pem::PemObject;
        let key = PrivateKeyDer::from_pem_slice(key_of.key.as_bytes()).expect("key");
        let key = aws_lc_rs::default_provider().key_provider.load_private_key(key).expect("supported");
        Arc::new(CertifiedKey::new(vec![self.der.clone()], key))
    }
}

macro_rules! certs {
    ($($name:ident: $algorithm:ident $expired:literal),+) => { $(
        pub(super) static $name: LazyLock<Cert> = LazyLock::new(|| Cert::make(&rcgen::$algorithm, $expired));
    )+ };
}

certs! {
    SERVER: PKCS_RSA_SHA256 false,
    SERVER_2: PKCS_RSA_SHA256 false,
    CLIENT: PKCS_RSA_SHA256 false,
    // Same subject and issuer as CLIENT, another key.
    TWIN: PKCS_RSA_SHA256 false,
    EXPIRED: PKCS_RSA_SHA256 true,
    EC_SERVER: PKCS_ECDSA_P256_SHA256 false
}

/// A listener at work.
pub(super) struct Rig {
    pub(super) address: SocketAddr,
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) metrics: Metrics,
    pub(super) stages: Stages,
    pub(super) serving: JoinHandle<()>,
}

pub(super) const DOOR: &str = "xroad";

pub(super) fn any_port() -> Bound {
    bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port")
}

impl Rig {
    pub(super) fn plain(options: Options) -> Self {
        Self::with(options, None, echo)
    }

    pub(super) fn with(options: Options, gate: Option<Arc<Gate>>, handler: impl Handler) -> Self {
        let (bound, metrics, stages) = (any_port(), Metrics::new(), Stages::default());
        let listener = match &gate {
            Some(gate) => Listener::tls(DOOR, bound, options, metrics.clone(), Arc::clone(gate)),
            None => Listener::plain(DOOR, bound, options, metrics.clone()),
        };
        let address = listener.address();
        let serving = tokio::spawn(listener.serve(handler, stages.clone()));
        Self { address, gate, metrics, stages, serving }
    }

    pub(super) fn tls(identity: &Cert, pins: &[&Cert], strict_expiry: bool) -> Self {
        Self::asking(ClientAuth::Pinned, identity, pins, strict_expiry)
    }

    pub(super) fn asking(client_auth: ClientAuth, identity: &Cert, pins: &[&Cert], strict_expiry: bool) -> Self {
        let options = TlsOptions {
            client_auth,
            min_version: TlsVersion::V12,
            strict_expiry,
            session_lifetime: Duration::from_mins(10),
        };
        let gate = Gate::new(options, identity.identity(), pin_set(pins)).expect("gate");
        Self::with(Options::default(), Some(Arc::new(gate)), echo)
    }

    /// With a handler of its own.
    pub(super) fn tls_with(identity: &Cert, pins: &[&Cert], handler: impl Handler) -> Self {
        let options = TlsOptions {
            client_auth: ClientAuth::Pinned,
            min_version: TlsVersion::V12,
            strict_expiry: false,
            session_lifetime: Duration::from_mins(10),
        };
        let gate = Gate::new(options, identity.identity(), pin_set(pins)).expect("gate");
        Self::with(Options::default(), Some(Arc::new(gate)), handler)
    }

    /// Says whether anything changed.
    pub(super) fn reload(&self, identity: &Cert, pins: &[&Cert]) -> bool {
        let gate = self.gate.as_ref().expect("a TLS rig");
        gate.reload(identity.identity(), pin_set(pins)).expect("reloaded")
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("connected")
    }

    /// Sends bytes and reads until the listener closes; what was read, as text.
    pub(super) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    /// Waits until no connection is open.
    pub(super) async fn quiet(&self) {
        for _ in 0..500 {
            if self.metrics.open_connections(DOOR) == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} connections are still open", self.metrics.open_connections(DOOR));
    }

    pub(super) async fn connect_tls(&self, client: &Arc<ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("silta.example.fi").expect("name");
        TlsConnector::from(Arc::clone(client)).connect(name, self.connect().await).await
    }

    /// One request over a connection of its own: the status line, or none if the listener did not let it through.
    pub(super) async fn request_tls(&self, client: &Arc<ClientConfig>) -> Option<String> {
        let mut stream = self.connect_tls(client).await.ok()?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.ok()?;
        let mut text = String::new();
        let read = stream.read_to_string(&mut text).await;
        if text.is_empty() {
            read.ok().filter(|length| *length > 0)?
        } else {
            text.len()
        };
        text.lines().next().map(str::to_owned)
    }
}

pub(super) fn pin_set(pins: &[&Cert]) -> PinSet {
    pins.iter().map(|cert| cert.pin()).collect()
}

/// Answers with the length of the request's body.
pub(super) async fn echo(request: Request<Incoming>, _: Peer) -> Response<Body> {
    match request.into_body().collect().await {
        Ok(body) => Response::new(full(format!("{} bytes", body.to_bytes().len()))),
        Err(error) => {
            let mut response = Response::new(full(error.to_string()));
            *response.status_mut() = StatusCode::BAD_REQUEST;
            response
        }
    }
}

pub(super) async fn read_to_end(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the listener did not close; read {:?}", String::from_utf8_lossy(&bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads one response whose body has a known length.
pub(super) async fn read_response(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
                .and_then(|length| length.parse::<usize>().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return text.into_owned();
            }
        }
        let mut buffer = [0_u8; 4096];
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut buffer)).await;
        match read.expect("a response in time") {
            Ok(0) => panic!("closed after {:?}", String::from_utf8_lossy(&bytes)),
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
            Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(&bytes)),
        }
    }
}

/// How a rustls client shows itself.
pub(super) enum Shows<'a> {
    Nothing,
    Own(&'a Cert),
    /// A certificate without its key.
    Stolen(&'a Cert, &'a Cert),
}

pub(super) fn client(shows: &Shows<'_>, versions: &[&'static SupportedProtocolVersion]) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyServer));
    let mut config = match shows {
        Shows::Nothing => builder.with_no_client_auth(),
        Shows::Own(cert) => builder.with_client_cert_resolver(Arc::new(Always(cert.certified(cert)))),
        Shows::Stolen(cert, key) => builder.with_client_cert_resolver(Arc::new(Always(cert.certified(key)))),
    };
    config.resumption = Resumption::in_memory_sessions(8);
    Arc::new(config)
}

/// The sessions of a client, and how often one was taken out to be offered.
#[derive(Debug)]
pub(super) struct Offered {
    kept: ClientSessionMemoryCache,
    times: AtomicUsize,
}

impl Offered {
    /// Gives a client sessions that are counted.
    pub(super) fn by(client: &Arc<ClientConfig>) -> (Arc<Self>, Arc<ClientConfig>) {
        let offered = Arc::new(Self { kept: ClientSessionMemoryCache::new(8), times: AtomicUsize::new(0) });
        let mut config = ClientConfig::clone(client);
        config.resumption = Resumption::store(Arc::<Self>::clone(&offered));
        (offered, Arc::new(config))
    }

    pub(super) fn times(&self) -> usize {
        self.times.load(Ordering::SeqCst)
    }

    fn count<T>(&self, session: Option<T>) -> Option<T> {
        self.times.fetch_add(usize::from(session.is_some()), Ordering::SeqCst);
        session
    }
}

impl ClientSessionStore for Offered {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        self.kept.set_kx_hint(server, group);
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept.kx_hint(server)
    }

    fn set_tls12_session(&self, server: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept.set_tls12_session(server, value);
    }

    fn tls12_session(&self, server: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.count(self.kept.tls12_session(server))
    }

    fn remove_tls12_session(&self, server: &ServerName<'static>) {
        self.kept.remove_tls12_session(server);
    }

    fn insert_tls13_ticket(&self, server: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.kept.insert_tls13_ticket(server, value);
    }

    fn take_tls13_ticket(&self, server: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.count(self.kept.take_tls13_ticket(server))
    }
}

#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl rustls::client::ResolvesClientCert for Always {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// As a security server without verification: every server certificate is taken.
#[derive(Debug)]
struct AnyServer;

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// What an OpenSSL client offers.
#[derive(Clone)]
pub(super) struct Offer {
    pub(super) min: openssl::ssl::SslVersion,
    pub(super) max: openssl::ssl::SslVersion,
    pub(super) ciphers: &'static str,
}

/// Connects with OpenSSL as CLIENT, no SNI, no ALPN; the cipher suite and the answer's status line.
pub(super) async fn openssl(address: SocketAddr, offer: Offer) -> Result<(String, String), String> {
    tokio::task::spawn_blocking(move || {
        use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
        let text = |error: openssl::error::ErrorStack| error.to_string();
        let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(text)?;
        builder.set_verify(SslVerifyMode::NONE);
        builder.set_min_proto_version(Some(offer.min)).map_err(text)?;
        builder.set_max_proto_version(Some(offer.max)).map_err(text)?;
        // Level 0 lets the client offer what is obsolete, so that it is our side that refuses.
        builder.set_cipher_list(&format!("{}:@SECLEVEL=0", offer.ciphers)).map_err(text)?;
        let certificate = openssl::x509::X509::from_pem(CLIENT.pem.as_bytes()).map_err(text)?;
        builder.set_certificate(&certificate).map_err(text)?;
        let key = openssl::pkey::PKey::private_key_from_pem(CLIENT.key.as_bytes()).map_err(text)?;
        builder.set_private_key(&key).map_err(text)?;
        let mut configuration = builder.build().configure().map_err(text)?;
        configuration.set_use_server_name_indication(false);
        configuration.set_verify_hostname(false);
        let stream = std::net::TcpStream::connect(address).map_err(|error| error.to_string())?;
        let mut stream = configuration.connect("ss", stream).map_err(|error| error.to_string())?;
        let cipher = stream.ssl().current_cipher().map_or("none", |cipher| cipher.name()).to_owned();
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .map_err(|error| error.to_string())?;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        Ok((cipher, answer.lines().next().unwrap_or_default().to_owned()))
    })
    .await
    .expect("not panicked")
}
