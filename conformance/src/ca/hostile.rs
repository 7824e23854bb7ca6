//! Certificates that an adapter must refuse, or must cope with: look-alikes, expired ones, wrong algorithms.

use rustls_pki_types::PrivatePkcs8KeyDer;

use super::{CaError, CertificateSpec, Identity, KeyKind};

/// The same subject, issuer and names under another key (xroad.md TL-04): only a byte comparison tells it apart.
pub fn same_subject_other_key(spec: &CertificateSpec) -> Result<Identity, CaError> {
    spec.issue()
}

/// The same description, ended ten days before the day given (xroad.md TL-08).
pub fn expired(spec: &CertificateSpec, today: jiff::civil::Date) -> Result<Identity, CaError> {
    let span = jiff::Span::new();
    CertificateSpec { from: today.checked_sub(span.try_days(40)?)?, days: 30, ..spec.clone() }.issue()
}

/// The same description with an ECDSA key (xroad.md TL-11): as a server certificate it shares no suite with a security
/// server.
pub fn ecdsa(spec: &CertificateSpec) -> Result<Identity, CaError> {
    CertificateSpec { key: KeyKind::EcdsaP256, ..spec.clone() }.issue()
}

/// A genuine certificate with a key that is not its own (xroad.md TL-05).
pub fn stolen_certificate(victim: &Identity, thief: &Identity) -> Identity {
    let key = PrivatePkcs8KeyDer::from(thief.key().secret_der().to_vec());
    Identity::from_parts(victim.certificate().clone(), key)
}
