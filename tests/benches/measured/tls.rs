//! TLS of the load client and of the echo: 1.2, ECDHE-RSA with AES-128-GCM, certificates on both sides.
//!
//! The adapter uses its own TLS, not this one. Certificates are pinned.

use std::sync::Arc;

use anyhow::Result;
use conformance::ca::{DevelopmentPki, Only};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{self, cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256};
use rustls::{ClientConfig, ServerConfig};

/// The security server's side: shows its certificate, accepts the adapter's.
pub(crate) fn client(pki: &DevelopmentPki) -> Result<ClientConfig> {
    let provider = provider();
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS12])?
        .dangerous()
        .with_custom_certificate_verifier(Only::new(Some(pki.adapter.fingerprint()), provider))
        .with_client_auth_cert(vec![pki.security_server.certificate().clone()], pki.security_server.key())?;
    Ok(config)
}

/// The echo's side: shows the adapter's certificate, accepts the security server's.
pub(crate) fn server(pki: &DevelopmentPki) -> Result<ServerConfig> {
    let provider = provider();
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS12])?
        .with_client_cert_verifier(Only::new(Some(pki.security_server.fingerprint()), provider))
        .with_single_cert(vec![pki.adapter.certificate().clone()], pki.adapter.key())?;
    Ok(config)
}

fn provider() -> Arc<CryptoProvider> {
    let cipher_suites = vec![TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256];
    Arc::new(CryptoProvider { cipher_suites, ..aws_lc_rs::default_provider() })
}
