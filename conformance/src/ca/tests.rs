use std::os::unix::fs::PermissionsExt;

use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};

use super::{CertificateSpec, DevelopmentPki, Fingerprint, hostile};

fn today() -> jiff::civil::Date {
    jiff::civil::date(2026, 2, 6)
}

#[test]
fn internal_certificate_has_the_installers_shape() {
    let spec = CertificateSpec::internal("ss1.example.fi", &["ss1.example.fi", "127.0.0.1"], today());
    let identity = spec.issue().unwrap();
    let (_, certificate) = X509Certificate::from_der(identity.certificate()).unwrap();
    let constraints = certificate.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical);
    assert!(constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(usage.non_repudiation() && usage.key_encipherment());
    assert!(usage.digital_signature() && usage.key_cert_sign());
    assert!(!usage.crl_sign());
    assert!(certificate.extended_key_usage().unwrap().is_none());
    assert!(certificate.subject_alternative_name().unwrap().is_some());
    assert_eq!(certificate.subject(), certificate.issuer());
    assert_eq!(certificate.version().0, 2);
    let seconds = certificate.validity().not_after.timestamp() - certificate.validity().not_before.timestamp();
    assert_eq!(seconds, 7300 * 86_400);
    assert_eq!(certificate.signature_algorithm.algorithm.to_id_string(), "1.2.840.113549.1.1.11");
    let modulus = match certificate.public_key().parsed().unwrap() {
        x509_parser::public_key::PublicKey::RSA(key) => key.key_size(),
        _ => 0,
    };
    assert_eq!(modulus, 2048);
    assert!(
        certificate
            .extensions()
            .iter()
            .all(|extension| !matches!(extension.parsed_extension(), ParsedExtension::Unparsed))
    );
}

#[test]
fn server_certificate_is_an_rsa_end_entity() {
    let identity = CertificateSpec::server("adapter.example.fi", &["127.0.0.1"], today()).issue().unwrap();
    let (_, certificate) = X509Certificate::from_der(identity.certificate()).unwrap();
    assert!(!certificate.is_ca());
    assert!(certificate.extended_key_usage().unwrap().unwrap().value.server_auth);
}

#[test]
fn files_come_back_and_keys_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let pki = DevelopmentPki::create(today()).unwrap();
    pki.write(folder.path()).unwrap();
    // A second write over a key that somebody opened up closes it again.
    let key = folder.path().join("adapter.key.pem");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    pki.write(folder.path()).unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let back = DevelopmentPki::load(folder.path()).unwrap();
    assert_eq!(back.adapter.certificate(), pki.adapter.certificate());
    assert_eq!(back.adapter.key().secret_der(), pki.adapter.key().secret_der());
    assert_eq!(back.security_server.fingerprint(), pki.security_server.fingerprint());
    let der = std::fs::read(folder.path().join("security-server.cert.der")).unwrap();
    assert_eq!(Fingerprint::of(&der), pki.security_server.fingerprint());
    assert_eq!(pki.adapter.fingerprint().to_string().len(), 64);
}

#[test]
fn hostile_certificates_differ_where_they_should() {
    let spec = CertificateSpec::internal("ss1.example.fi", &["127.0.0.1"], today());
    let good = spec.issue().unwrap();
    let twin = hostile::same_subject_other_key(&spec).unwrap();
    let (_, a) = X509Certificate::from_der(good.certificate()).unwrap();
    let (_, b) = X509Certificate::from_der(twin.certificate()).unwrap();
    assert_eq!(a.subject(), b.subject());
    assert_ne!(good.fingerprint(), twin.fingerprint());
    let expired = hostile::expired(&spec, today()).unwrap();
    let (_, c) = X509Certificate::from_der(expired.certificate()).unwrap();
    assert!(c.validity().not_after.timestamp() < 1_770_336_000);
    let curve = hostile::ecdsa(&spec).unwrap();
    let (_, d) = X509Certificate::from_der(curve.certificate()).unwrap();
    assert_eq!(d.signature_algorithm.algorithm.to_id_string(), "1.2.840.10045.4.3.2");
    let stolen = hostile::stolen_certificate(&good, &twin);
    assert_eq!(stolen.fingerprint(), good.fingerprint());
    assert_eq!(stolen.key().secret_der(), twin.key().secret_der());
}

#[test]
fn a_twin_differs_from_its_victim_by_the_key_only() {
    for key in [super::KeyKind::Rsa2048, super::KeyKind::EcdsaP256] {
        let spec = CertificateSpec { key, ..CertificateSpec::internal("ss1.example.fi", &["127.0.0.1"], today()) };
        let victim = spec.issue().unwrap();
        let twin = hostile::twin(victim.certificate()).unwrap().unwrap();
        let (_, theirs) = X509Certificate::from_der(victim.certificate()).unwrap();
        let (rest, its) = X509Certificate::from_der(twin.certificate()).unwrap();
        assert!(rest.is_empty());
        assert_eq!(its.subject(), theirs.subject());
        assert_eq!(its.issuer(), theirs.issuer());
        assert_eq!(its.raw_serial(), theirs.raw_serial());
        assert_eq!(its.validity(), theirs.validity());
        assert_eq!(its.extensions().len(), theirs.extensions().len());
        assert_ne!(its.public_key().raw, theirs.public_key().raw);
    }
    assert!(hostile::twin(&vec![0x30, 0x03, 0x02, 0x01, 0x01].into()).unwrap().is_none());
}
