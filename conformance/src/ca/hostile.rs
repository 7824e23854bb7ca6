//! Certificates that an adapter must refuse, or must cope with: look-alikes, expired ones, wrong algorithms.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

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

/// A look-alike of any certificate: serial number, issuer, subject, validity and extensions are the victim's, key and
/// signature are new (xroad.md TL-04). `None` when the victim is no X.509 certificate.
pub fn twin(victim: &CertificateDer<'_>) -> Result<Option<Identity>, CaError> {
    let own = CertificateSpec::internal("twin.example.fi", &[], jiff::civil::date(2026, 1, 1)).issue()?;
    let certificate = looks_like(victim, &own);
    Ok(certificate.map(|der| Identity::from_parts(CertificateDer::from(der), pkcs8(&own))))
}

fn pkcs8(of: &Identity) -> PrivatePkcs8KeyDer<'static> {
    PrivatePkcs8KeyDer::from(of.key().secret_der().to_vec())
}

/// The victim's fields around `own`'s key, signed by it with SHA-256 and RSA.
fn looks_like(victim: &[u8], own: &Identity) -> Option<Vec<u8>> {
    let (theirs, ours) = (fields(victim)?, fields(own.certificate())?);
    // version, serial number, signature algorithm, issuer, validity, subject, key, extensions
    let [version, serial, _, issuer, validity, subject, _, rest @ ..] = theirs.as_slice() else { return None };
    let [_, _, algorithm, _, _, _, key, ..] = ours.as_slice() else { return None };
    let mut inside = Vec::new();
    for field in [version, serial, algorithm, issuer, validity, subject, key].into_iter().chain(rest) {
        inside.extend_from_slice(field);
    }
    let signed = element(0x30, &inside);
    let pair = RsaKeyPair::from_pkcs8(pkcs8(own).secret_pkcs8_der()).ok()?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &signed, &mut signature).ok()?;
    signature.insert(0, 0);
    let whole = [signed, algorithm.to_vec(), element(0x03, &signature)].concat();
    Some(element(0x30, &whole))
}

/// The encoded fields of a certificate's signed part.
fn fields(certificate: &[u8]) -> Option<Vec<&[u8]>> {
    let (outer, _) = split(certificate)?;
    let (signed, _) = split(content(outer)?)?;
    let mut rest = content(signed)?;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let (field, after) = split(rest)?;
        fields.push(field);
        rest = after;
    }
    Some(fields)
}

/// The first DER element whole, and what follows it.
fn split(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, length) = header(der)?;
    der.split_at_checked(head.checked_add(length)?)
}

/// The content of a DER element.
fn content(element: &[u8]) -> Option<&[u8]> {
    element.get(header(element)?.0..)
}

/// The sizes of an element's tag and length octets, and of its content.
fn header(der: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*der.get(1)?);
    if first < 0x80 {
        return Some((2, first));
    }
    let octets = der.get(2..2 + (first & 0x7F))?;
    let length = octets.iter().try_fold(0_usize, |sum, octet| Some(sum.checked_mul(256)? + usize::from(*octet)))?;
    Some((2 + octets.len(), length))
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let octets: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
            out.push(0x80 | u8::try_from(octets.len()).unwrap_or_default());
            out.extend(octets);
        }
    }
    out.extend_from_slice(content);
    out
}
