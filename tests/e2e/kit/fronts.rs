//! Broken adapters below HTTP: a front that ends TLS in its own way, or that does to the bytes of a connection what the
//! adapter would not.
//!
//! A front reads certificate and pins from the sandbox's configuration file for each connection, as the adapter has them
//! after a reload.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use conformance::ca::{DevelopmentPki, Fingerprint, Identity};
use conformance::security_server::{AdapterStream, Door, TlsTweaks};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, StoresServerSessions};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use silta::config::{Config, PinSource};
use silta::sandbox::Stage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What is wrong with a front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// Nothing: TLS is the adapter's own.
    None,
    /// Nothing: TLS is ended and begun again.
    Ended,
    /// Takes versions of TLS before 1.2.
    OldVersions,
    /// Serves plain HTTP on the TLS port.
    PlainHttp,
    /// Asks for no client certificate.
    AnyClient,
    /// Compares the names of a certificate with those of the pinned ones.
    NamesOnly,
    /// Does not ask for the proof that the client holds its key.
    Unproved,
    /// Keeps sessions when pins go.
    OldSessions,
    /// Refuses certificates that have expired.
    Expiry,
    /// Shows the certificate that it had at its start.
    OldLeaf,
    /// Takes the first of two lengths, and a line that ends in LF alone.
    Lengths,
    /// Knows no extensions of chunks.
    NoExtensions,
    /// Has no limit for headers.
    Headers,
    /// Waits for the body whatever the sender expects.
    NoContinue,
    /// Passes on to other hosts what names them.
    Proxy,
    /// Keeps some connections open when the peer is gone.
    Leaks,
    /// Does not notice that the peer is gone.
    Deaf,
    /// Does not say that an answer is the last one.
    Silent,
}

/// A defect with the cases that must say so.
type Planted = (Defect, &'static [&'static str]);

pub(super) const TLS: &[Planted] = &[
    (Defect::OldVersions, &["TL-09"]),
    (Defect::PlainHttp, &["TL-13"]),
    (Defect::AnyClient, &["TL-03", "TL-04", "TL-05", "TL-07"]),
    (Defect::NamesOnly, &["TL-04"]),
    (Defect::Unproved, &["TL-05"]),
    (Defect::OldSessions, &["TL-07"]),
    (Defect::Expiry, &["TL-08"]),
    (Defect::OldLeaf, &["TL-10"]),
];

pub(super) const TRANSPORT: &[Planted] = &[
    (Defect::Lengths, &["TR-04"]),
    (Defect::NoExtensions, &["TR-03"]),
    (Defect::Headers, &["TR-05"]),
    (Defect::NoContinue, &["TR-10"]),
    (Defect::Proxy, &["TR-11"]),
    (Defect::Leaks, &["TR-01"]),
    (Defect::Silent, &["TR-02"]),
    (Defect::Deaf, &["TR-08"]),
];

pub(super) struct Front {
    pub(super) address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Front {
    pub(super) async fn start(stage: &Stage, defect: Defect) -> Self {
        let pki = DevelopmentPki::load(&stage.data().join("pki")).expect("certificates");
        let behind = Arc::new(Behind {
            defect,
            adapter: stage.address("xroad"),
            file: stage.data().join("silta.toml"),
            first: pki.adapter,
            door: Door::new(Some(&pki.security_server), TlsTweaks::default()).expect("a door"),
            sessions: ServerSessionMemoryCache::new(1024),
            accepted: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let behind = Arc::clone(&behind);
                // How a connection ends is the two peers' matter.
                connections.spawn(async move { drop(behind.pass(stream).await) });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, task }
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Behind {
    defect: Defect,
    adapter: SocketAddr,
    file: PathBuf,
    first: Identity,
    door: Door,
    sessions: Arc<ServerSessionMemoryCache>,
    accepted: AtomicUsize,
}

impl Behind {
    async fn pass(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut first = [0; 11];
        match self.defect {
            Defect::OldVersions if stream.peek(&mut first).await? == 11 && first[0] == 22 && first[10] < 3 => {
                let mut hello = vec![2, 0, 0, 38, first[9], first[10]];
                hello.extend([7; 32]);
                hello.extend([0, 0xC0, 0x13, 0]);
                let record = [[22, 3, 1, 0, 42].as_slice(), &hello].concat();
                return stream.write_all(&record).await;
            }
            Defect::PlainHttp if stream.peek(&mut first).await? > 0 && first[0] != 22 => {
                return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            }
            Defect::None | Defect::OldVersions | Defect::PlainHttp => {
                let mut adapter = TcpStream::connect(self.adapter).await?;
                return copy_bidirectional(&mut stream, &mut adapter).await.map(drop);
            }
            _ => {}
        }
        // First the adapter: while it is away, nobody gets in.
        let adapter = self.door.connect(&format!("https://{}", self.adapter)).await;
        let adapter = adapter.map_err(|error| std::io::Error::other(error.text))?;
        let stream = TlsAcceptor::from(Arc::new(self.server())).accept(stream).await?;
        self.between(stream, adapter).await
    }

    /// TLS as this front speaks it, by what the configuration file says now.
    fn server(&self) -> ServerConfig {
        let config = Config::load(&self.file).expect("the sandbox's configuration").config;
        let own = match (&config.xroad.certificate, &config.xroad.key) {
            (Some(certificate), Some(key)) if self.defect != Defect::OldLeaf => {
                Identity::read(certificate, key).expect("the adapter's certificate")
            }
            _ => self.first.clone(),
        };
        let sources = config.tenants.iter().flat_map(|tenant| &tenant.pins);
        let pins = sources.map(|source| match source {
            PinSource::Certificate(file) => CertificateDer::from_pem_file(file).expect("a pinned certificate"),
            PinSource::Digest(_) => panic!("the sandbox pins files"),
        });
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Verifier { defect: self.defect, pins: pins.collect(), provider: Arc::clone(&provider) };
        let builder =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
        let builder = match self.defect {
            Defect::AnyClient => builder.with_no_client_auth(),
            _ => builder.with_client_cert_verifier(Arc::new(verifier)),
        };
        let mut server = builder.with_single_cert(vec![own.certificate().clone()], own.key()).expect("a configuration");
        server.session_storage = match self.defect {
            Defect::OldSessions => Arc::clone(&self.sessions) as Arc<dyn StoresServerSessions>,
            _ => Arc::new(NoServerSessionStorage {}),
        };
        server
    }

    async fn between(&self, mut stream: TlsStream<TcpStream>, mut adapter: AdapterStream) -> std::io::Result<()> {
        let begun = beginning(&mut stream).await?;
        let text = String::from_utf8_lossy(&begun).into_owned();
        let begun = match self.defect {
            Defect::Lengths => text
                .replace("Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5")
                .replace("\nContent-Length: 5", "\r\nContent-Length: 5")
                .replace("\r\r\n", "\r\n")
                .into_bytes(),
            Defect::NoExtensions if text.contains(";kit=1") => return Ok(()),
            Defect::Headers => {
                let kept = text.split_inclusive("\r\n").filter(|line| !line.starts_with("X-Kit: k"));
                kept.collect::<String>().into_bytes()
            }
            Defect::NoContinue => text.replace("Expect: 100-continue\r\n", "").into_bytes(),
            Defect::Proxy if text.starts_with("GET http://") => {
                let host = text["GET http://".len()..].split('/').next().unwrap_or_default();
                let mut other = TcpStream::connect(host).await?;
                return copy_bidirectional(&mut stream, &mut other).await.map(drop);
            }
            Defect::Leaks if (200..250).contains(&self.accepted.fetch_add(1, Ordering::SeqCst)) => {
                return leak(stream, adapter, &begun).await;
            }
            Defect::Deaf => return deaf(stream, adapter, &begun).await,
            Defect::Silent => return silent(stream, adapter, &begun).await,
            _ => begun,
        };
        adapter.write_all(&begun).await?;
        adapter.flush().await?;
        copy_bidirectional(&mut stream, &mut adapter).await.map(drop)
    }
}

/// The head of the first request with what came along, or what there is when nothing more comes for a moment.
async fn beginning(stream: &mut TlsStream<TcpStream>) -> std::io::Result<Vec<u8>> {
    let (mut begun, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let patience = if begun.is_empty() { Duration::from_mins(1) } else { Duration::from_millis(100) };
        match tokio::time::timeout(patience, stream.read(&mut piece)).await {
            Ok(Ok(read)) if read > 0 => begun.extend_from_slice(&piece[..read]),
            Ok(Err(error)) if begun.is_empty() => return Err(error),
            _ => return Ok(begun),
        }
        if memchr::memmem::find(&begun, b"\r\n\r\n").is_some() {
            return Ok(begun);
        }
    }
}

/// Does not close the connection to the adapter when the peer has closed its own.
async fn leak(stream: TlsStream<TcpStream>, adapter: AdapterStream, begun: &[u8]) -> std::io::Result<()> {
    let ((mut read, mut write), (mut answers, mut requests)) = (tokio::io::split(stream), tokio::io::split(adapter));
    requests.write_all(begun).await?;
    requests.flush().await?;
    tokio::select! {
        _ = tokio::io::copy(&mut read, &mut requests) => {}
        _ = tokio::io::copy(&mut answers, &mut write) => {}
    }
    tokio::time::sleep(Duration::from_mins(1)).await;
    Ok(())
}

/// Takes every answer of the adapter, whoever is there to have it.
async fn deaf(stream: TlsStream<TcpStream>, adapter: AdapterStream, begun: &[u8]) -> std::io::Result<()> {
    let ((mut read, mut write), (mut answers, mut requests)) = (tokio::io::split(stream), tokio::io::split(adapter));
    requests.write_all(begun).await?;
    requests.flush().await?;
    let forth = async { tokio::io::copy(&mut read, &mut requests).await };
    let back = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(Ok(read)) = tokio::time::timeout(Duration::from_mins(1), answers.read(&mut piece)).await {
            if read == 0 {
                break;
            }
            if write.write_all(&piece[..read]).await.is_ok() {
                let _ = write.flush().await;
            }
        }
        let _ = write.shutdown().await;
    };
    let (_, ()) = tokio::join!(forth, back);
    Ok(())
}

/// Leaves out of the adapter's answers that the connection will be closed.
async fn silent(stream: TlsStream<TcpStream>, adapter: AdapterStream, begun: &[u8]) -> std::io::Result<()> {
    let ((mut read, mut write), (mut answers, mut requests)) = (tokio::io::split(stream), tokio::io::split(adapter));
    requests.write_all(begun).await?;
    requests.flush().await?;
    let forth = async { tokio::io::copy(&mut read, &mut requests).await };
    let back = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(read) = answers.read(&mut piece).await {
            if read == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&piece[..read]).replacen("connection: close\r\n", "", 1);
            if write.write_all(text.as_bytes()).await.is_err() || write.flush().await.is_err() {
                break;
            }
        }
        let _ = write.shutdown().await;
    };
    tokio::select! {
        _ = forth => {}
        () = back => {}
    }
    Ok(())
}

/// Lets in who is pinned, by the defect's notion of that.
#[derive(Debug)]
struct Verifier {
    defect: Defect,
    pins: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let pinned = match self.defect {
            Defect::NamesOnly => self.pins.iter().any(|pin| names(pin) == names(leaf)),
            Defect::Expiry => self.is_pinned(leaf) && !is_expired(leaf),
            _ => self.is_pinned(leaf),
        };
        if pinned {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.defect == Defect::Unproved {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, leaf, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl Verifier {
    fn is_pinned(&self, leaf: &CertificateDer<'_>) -> bool {
        self.pins.iter().any(|pin| Fingerprint::of(pin) == Fingerprint::of(leaf))
    }
}

/// Version, serial number, issuer and the beginning of the validity: what stands before the key, without the lengths
/// around it.
fn names<'a>(certificate: &'a CertificateDer<'_>) -> &'a [u8] {
    certificate.get(8..90).unwrap_or_default()
}

/// Whether the end of the validity is in the past.
fn is_expired(certificate: &[u8]) -> bool {
    let certificate = X509::from_der(certificate).expect("a certificate");
    let now = Asn1Time::days_from_now(0).expect("a time");
    certificate.not_after() < now
}

#[test]
fn expiry_is_read_where_it_stands() {
    let key = PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap());
    let key = key.unwrap();
    // A serial number may hold the bytes that a time begins with.
    let certificate = |until: &str| {
        let mut builder = X509::builder().unwrap();
        let serial = BigNum::from_slice(&[1, 0x17, 13, 0x17, 13]).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_not_before(&Asn1Time::from_str("20200101000000Z").unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_str(until).unwrap()).unwrap();
        builder.set_pubkey(&key).unwrap();
        builder.sign(&key, MessageDigest::sha256()).unwrap();
        builder.build().to_der().unwrap()
    };
    assert!(!is_expired(&certificate("20480101000000Z")));
    assert!(is_expired(&certificate("20210101000000Z")));
}
