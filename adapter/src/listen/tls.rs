//! TLS between security server and adapter: pins instead of paths, changed without a restart (xroad.md §5).
//!
//! A client is accepted if the SHA-256 of its certificate is among the pins and it proves possession of the key.
//! CA flags, key usages, names and issuers mean nothing here: the certificates of security servers are self-signed CA
//! certificates. Who is which tenant's security server is decided above, per request.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::cipher_suite;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ServerSessionMemoryCache, StoresServerSessions};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme, SupportedCipherSuite,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::time::Instant;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::config::{Pin, TlsVersion, XRoad};
use crate::error::{Answers, Blame, Retry};

/// What is offered: all of TLS 1.3, and of TLS 1.2 the two suites that default security servers share with us, with
/// their twins for ECDSA certificates. No CBC, no key exchange without forward secrecy, nothing that nobody asks for.
const SUITES: [SupportedCipherSuite; 7] = [
    cipher_suite::TLS13_AES_128_GCM_SHA256,
    cipher_suite::TLS13_AES_256_GCM_SHA384,
    cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
];

/// TLS sessions that are remembered for resumption. A security server resumes the newest of its sessions.
const SESSIONS: usize = 1024;

/// Why TLS cannot be set up. The configuration's fault; do not retry.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{what}: {reason}")]
    Unreadable { what: String, reason: String },
    #[error("the private key does not belong to the certificate, or its kind is not supported: {0}")]
    Identity(rustls::Error),
    #[error("TLS cannot be set up: {0}")]
    Setup(rustls::Error),
}

impl Answers for TlsError {
    fn blame(&self) -> Blame {
        Blame::Us
    }

    fn retry(&self) -> Retry {
        Retry::Never
    }
}

/// Our certificate chain and its key, which belong together.
#[derive(Clone, Debug)]
pub struct ServerIdentity {
    key: Arc<CertifiedKey>,
    pin: Pin,
    rsa: bool,
}

impl ServerIdentity {
    /// From PEM texts: certificates, the leaf first, and an unencrypted private key.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let unreadable = |what: &str, reason: String| TlsError::Unreadable { what: what.to_owned(), reason };
        let chain = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unreadable("certificate", error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unreadable("private key", error.to_string()))?;
        let Some(leaf) = chain.first() else {
            return Err(unreadable("certificate", "there is none".to_owned()));
        };
        let (pin, rsa) = (Pin::of(leaf), crate::config::check::is_rsa(leaf).unwrap_or(false));
        let key = CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(TlsError::Identity)?;
        Ok(Self { key: Arc::new(key), pin, rsa })
    }

    /// From files.
    pub fn from_files(chain: &std::path::Path, key: &std::path::Path) -> Result<Self, TlsError> {
        let read = |path: &std::path::Path| {
            std::fs::read(path)
                .map_err(|error| TlsError::Unreadable { what: path.display().to_string(), reason: error.to_string() })
        };
        Self::from_pem(&read(chain)?, &read(key)?)
    }

    /// The SHA-256 of our certificate: what the security server's administrator sees.
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// Whether security servers with their default cipher suites can connect (xroad.md §5.2).
    pub fn is_rsa(&self) -> bool {
        self.rsa
    }
}

/// The same chain has the same key.
impl PartialEq for ServerIdentity {
    fn eq(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }
}

/// The certificates that may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinSet(Arc<BTreeSet<Pin>>);

impl PinSet {
    pub fn contains(&self, pin: &Pin) -> bool {
        self.0.contains(pin)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Pin> for PinSet {
    fn from_iter<I: IntoIterator<Item = Pin>>(pins: I) -> Self {
        Self(Arc::new(pins.into_iter().collect()))
    }
}

/// Does the listener ask for a client certificate?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// A pinned one is required.
    Pinned,
    /// One is asked for: whoever shows none may speak, a certificate that is not pinned may not (own systems, some with
    /// bearer keys and some with certificates).
    Wanted,
    /// None is asked for (own systems with bearer keys).
    None,
}

#[derive(Clone, Debug)]
pub struct TlsOptions {
    pub client_auth: ClientAuth,
    pub min_version: TlsVersion,
    /// Refuse expired certificates instead of warning.
    pub strict_expiry: bool,
    pub session_lifetime: Duration,
}

impl TlsOptions {
    /// The options of the X-Road listener.
    pub fn xroad(config: &XRoad) -> Self {
        Self {
            client_auth: ClientAuth::Pinned,
            min_version: config.min_tls,
            strict_expiry: config.strict_expiry,
            session_lifetime: config.session_lifetime.0,
        }
    }
}

/// The TLS side of a listener, replaced as a whole on reload.
pub struct Gate {
    options: TlsOptions,
    current: ArcSwap<Snapshot>,
}

pub(super) struct Snapshot {
    pub(super) config: Arc<ServerConfig>,
    pins: PinSet,
    identity: ServerIdentity,
}

impl Gate {
    pub fn new(options: TlsOptions, identity: ServerIdentity, pins: PinSet) -> Result<Self, TlsError> {
        let current = snapshot(&options, identity, pins)?;
        Ok(Self { options, current: ArcSwap::from_pointee(current) })
    }

    /// Checks the new identity and pins, then puts them into force: for new connections at once, for open ones the
    /// pins at the next request. Sessions of before can no longer be resumed. On error everything stays as it was; what
    /// is in force already changes nothing, so that its sessions stay. Says whether anything changed.
    pub fn reload(&self, identity: ServerIdentity, pins: PinSet) -> Result<bool, TlsError> {
        Ok(self.prepare(identity, pins)?.put())
    }

    /// The first half of a reload: everything that can fail.
    pub fn prepare(&self, identity: ServerIdentity, pins: PinSet) -> Result<Prepared<'_>, TlsError> {
        let now = self.current.load();
        let next = if now.identity == identity && now.pins == pins {
            None
        } else {
            Some(snapshot(&self.options, identity, pins)?)
        };
        Ok(Prepared { gate: self, next })
    }

    pub(super) fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// May a peer with this certificate speak now?
    pub(super) fn admits(&self, pin: Option<Pin>) -> bool {
        match self.options.client_auth {
            ClientAuth::None => true,
            ClientAuth::Wanted => pin.is_none_or(|pin| self.current.load().pins.contains(&pin)),
            ClientAuth::Pinned => pin.is_some_and(|pin| self.current.load().pins.contains(&pin)),
        }
    }
}

/// A change that is checked and not in force yet.
#[must_use]
pub struct Prepared<'a> {
    gate: &'a Gate,
    next: Option<Snapshot>,
}

impl Prepared<'_> {
    /// Into force. Says whether anything changed.
    pub fn put(self) -> bool {
        let Some(next) = self.next else { return false };
        let (new, pins) = (next.identity.pin, next.pins.len());
        let old = self.gate.current.swap(Arc::new(next)).identity.pin;
        tracing::info!(%old, %new, pins, "TLS identity and pins reloaded");
        true
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("options", &self.options).finish_non_exhaustive()
    }
}

fn snapshot(options: &TlsOptions, identity: ServerIdentity, pins: PinSet) -> Result<Snapshot, TlsError> {
    let provider = Arc::new(CryptoProvider { cipher_suites: SUITES.to_vec(), ..aws_lc_rs::default_provider() });
    let versions: &[_] = match options.min_version {
        TlsVersion::V12 => &[&TLS13, &TLS12],
        TlsVersion::V13 => &[&TLS13],
    };
    if !identity.rsa && options.client_auth == ClientAuth::Pinned {
        tracing::warn!(
            certificate = %identity.pin,
            "the certificate's key is not RSA: security servers with their default cipher suites cannot connect"
        );
    }
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(TlsError::Setup)?;
    let builder = match options.client_auth {
        ClientAuth::Pinned | ClientAuth::Wanted => builder.with_client_cert_verifier(Arc::new(PinVerifier {
            pins: pins.clone(),
            mandatory: options.client_auth == ClientAuth::Pinned,
            strict_expiry: options.strict_expiry,
            provider,
            warned: Mutex::default(),
        })),
        ClientAuth::None => builder.with_no_client_auth(),
    };
    let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&identity.key))));
    // Only sessions that this configuration has seen can be resumed: a change of pins forgets them all.
    config.session_storage = if options.session_lifetime.is_zero() {
        Arc::new(NoServerSessionStorage {})
    } else {
        Arc::new(Sessions::new(options.session_lifetime))
    };
    config.send_tls13_tickets = 1;
    Ok(Snapshot { config: Arc::new(config), pins, identity })
}

/// Accepts exactly the pinned certificates.
struct PinVerifier {
    pins: PinSet,
    mandatory: bool,
    strict_expiry: bool,
    provider: Arc<CryptoProvider>,
    /// Security servers connect many times a second; one warning per certificate is enough.
    warned: Mutex<BTreeSet<Pin>>,
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinVerifier").field("pins", &self.pins).finish_non_exhaustive()
    }
}

impl ClientCertVerifier for PinVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        self.mandatory
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let pin = Pin::of(leaf);
        if !self.pins.contains(&pin) {
            return Err(CertificateError::ApplicationVerificationFailure.into());
        }
        let (_, certificate) = X509Certificate::from_der(leaf).map_err(|_| CertificateError::BadEncoding)?;
        let (from, to) = (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        if now < from || now > to {
            if self.strict_expiry {
                let error = if now > to { CertificateError::Expired } else { CertificateError::NotValidYet };
                return Err(error.into());
            }
            if self.warned.lock().unwrap_or_else(PoisonError::into_inner).insert(pin) {
                tracing::warn!(%pin, "a pinned certificate is outside of its validity; accepted");
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Sessions of one configuration, each for a limited time; the oldest make room for the newest.
struct Sessions {
    lifetime: Duration,
    /// From when the age of a session is counted.
    began: Instant,
    /// Each after the time at which it was put there, in milliseconds.
    known: Arc<ServerSessionMemoryCache>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

impl Sessions {
    fn new(lifetime: Duration) -> Self {
        Self { lifetime, began: Instant::now(), known: ServerSessionMemoryCache::new(SESSIONS) }
    }

    fn fresh(&self, stamped: &[u8]) -> Option<Vec<u8>> {
        let (since, session) = stamped.split_first_chunk()?;
        let age = self.began.elapsed().saturating_sub(Duration::from_millis(u64::from_be_bytes(*since)));
        (age < self.lifetime).then(|| session.to_vec())
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut stamped = Vec::with_capacity(size_of::<u64>() + value.len());
        stamped.extend_from_slice(&now.to_be_bytes());
        stamped.extend_from_slice(&value);
        self.known.put(key, stamped)
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.known.get(key).and_then(|it| self.fresh(&it))
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.known.take(key).and_then(|it| self.fresh(&it))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_session_finds_room_and_none_outlives_its_time() {
        let key = |number: usize| number.to_be_bytes().to_vec();
        let sessions = Sessions::new(Duration::from_hours(1));
        for number in 0..=SESSIONS {
            assert!(sessions.put(key(number), vec![1]), "{number}");
        }
        assert_eq!(sessions.get(&key(0)), None, "the oldest has made room");
        assert_eq!(sessions.get(&key(SESSIONS)), Some(vec![1]));
        assert_eq!(sessions.take(&key(SESSIONS)), Some(vec![1]));
        assert_eq!(sessions.get(&key(SESSIONS)), None, "taken");
        let brief = Sessions::new(Duration::from_millis(20));
        assert!(brief.put(key(1), vec![1]) && brief.put(key(2), vec![2]));
        std::thread::sleep(Duration::from_millis(25));
        assert_eq!((brief.get(&key(1)), brief.take(&key(2))), (None, None));
    }
}
