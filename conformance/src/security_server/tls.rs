//! TLS as a security server speaks it (xroad.md §5.2, §5.3): 1.2 only, the two suites that its default list shares with
//! rustls, no ALPN, server name only for dotted host names, its certificate always shown when asked, any server
//! certificate accepted in the handshake and compared afterwards.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::ca::Identity;

/// What the leg to the adapter may be made to do otherwise than a default security server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TlsTweaks {
    /// Never resume sessions, so that each connection shows its certificate anew.
    pub no_resumption: bool,
    /// Offer the ECDSA suites too, as an administrator may configure (`client-tls-ciphers`).
    pub ecdsa_suites: bool,
}

/// Client configurations of one identity.
#[derive(Clone)]
pub(super) struct TlsClient {
    named: Arc<ClientConfig>,
    unnamed: Arc<ClientConfig>,
}

impl TlsClient {
    /// `None` as identity shows no certificate even when asked.
    pub(super) fn new(identity: Option<&Identity>, tweaks: TlsTweaks) -> Result<Self, Error> {
        let provider = Arc::new(suites(tweaks));
        let key = match identity {
            Some(identity) => Some(certified(identity, &provider)?),
            None => None,
        };
        let resolver: Arc<dyn ResolvesClientCert> = Arc::new(AlwaysThis(key));
        let build = |server_name: bool| -> Result<Arc<ClientConfig>, Error> {
            let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&[&rustls::version::TLS12])?
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(Arc::clone(&provider))))
                .with_client_cert_resolver(Arc::clone(&resolver));
            config.enable_sni = server_name;
            if tweaks.no_resumption {
                config.resumption = Resumption::disabled();
            }
            Ok(Arc::new(config))
        };
        Ok(Self { named: build(true)?, unnamed: build(false)? })
    }

    /// The configuration and the name for a host.
    pub(super) fn for_host(&self, host: &str) -> Option<(Arc<ClientConfig>, ServerName<'static>)> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).ok()?;
        let dotted = matches!(&name, ServerName::DnsName(dns) if dns.as_ref().contains('.'));
        let config = if dotted { &self.named } else { &self.unnamed };
        Some((Arc::clone(config), name))
    }
}

/// A server configuration for the consumer's side: same profile; a client certificate is asked for, not required, and
/// judged later against the client named in the message (xroad.md §5.3).
pub(super) fn server(identity: &Identity) -> Result<ServerConfig, Error> {
    let provider = Arc::new(suites(TlsTweaks::default()));
    ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS12])?
        .with_client_cert_verifier(Arc::new(AnyCertificate(provider)))
        .with_single_cert(vec![identity.certificate().clone()], identity.key())
}

fn suites(tweaks: TlsTweaks) -> CryptoProvider {
    let mut cipher_suites = vec![
        aws_lc_rs::cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        aws_lc_rs::cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    ];
    if tweaks.ecdsa_suites {
        cipher_suites.push(aws_lc_rs::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256);
        cipher_suites.push(aws_lc_rs::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384);
    }
    CryptoProvider { cipher_suites, ..aws_lc_rs::default_provider() }
}

fn certified(identity: &Identity, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
    let key = provider.key_provider.load_private_key(identity.key())?;
    // Not `from_der`: a key that does not fit the certificate is wanted in hostile cases.
    Ok(Arc::new(CertifiedKey::new(vec![identity.certificate().clone()], key)))
}

/// Shows its certificate whatever issuers the server says it accepts.
#[derive(Debug)]
struct AlwaysThis(Option<Arc<CertifiedKey>>);

impl ResolvesClientCert for AlwaysThis {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }

    fn has_certs(&self) -> bool {
        self.0.is_some()
    }
}

/// Accepts every certificate, but checks that the peer holds its key.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
