//! Development certificates shaped like the real ones.
//!
//! A security server's internal certificate is by default self-signed, `CA:TRUE` with path length 0, RSA 2048 and
//! twenty years long (xroad.md §5.2); an adapter that only copes with tidy WebPKI certificates fails in the field, so
//! the simulators use the real shape. This module makes such certificates, writes them to a folder and reads them back.
//! It is no certificate authority for production and never talks to one. The date is an argument, not the clock.

mod files;
pub mod hostile;
mod only;

use std::fmt;
use std::net::IpAddr;

use aws_lc_rs::digest;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize, SanType, date_time_ymd,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

pub use files::Written;
pub use only::Only;

/// Validity of a security server's internal certificate in days (xroad.md §5.2).
pub const INTERNAL_CERTIFICATE_DAYS: i64 = 7300;

/// Validity of the development server certificate of an adapter in days.
pub const SERVER_CERTIFICATE_DAYS: i64 = 825;

/// Why a certificate could not be made, written or read.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The description cannot be made into a certificate (a bad host name, say). The caller's fault.
    #[error("cannot make the certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The date is outside what a certificate can say. The caller's fault.
    #[error("the validity of the certificate cannot be expressed: {0}")]
    Date(#[from] jiff::Error),
    /// A file could not be written or read. May be retried when the cause is gone.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds no usable PEM.
    #[error("{path}: no usable PEM: {problem}")]
    Pem {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it; never the content.
        problem: String,
    },
}

/// Which of the two certificate shapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Internal certificate of a security server: `CA:TRUE`, pathlen 0, no extended key usage.
    Internal,
    /// Ordinary TLS server certificate (end entity, serverAuth).
    Server,
}

/// Key algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA 2048, the only kind a default security server can talk to.
    Rsa2048,
    /// ECDSA P-256: a default security server shares no cipher suite with it (xroad.md §5.2).
    EcdsaP256,
}

/// Everything that decides what a certificate says; [`CertificateSpec::issue`] makes it.
#[derive(Debug, Clone)]
pub struct CertificateSpec {
    /// Subject and issuer common name.
    pub common_name: String,
    /// Subject organisation.
    pub organisation: String,
    /// Subject alternative names, host names and IP addresses.
    pub names: Vec<String>,
    /// Shape.
    pub shape: Shape,
    /// Key algorithm.
    pub key: KeyKind,
    /// First day of validity, UTC.
    pub from: jiff::civil::Date,
    /// Length of validity in days.
    pub days: i64,
}

impl CertificateSpec {
    /// A security server's internal certificate as its installer makes it.
    pub fn internal(common_name: &str, names: &[&str], from: jiff::civil::Date) -> Self {
        Self {
            common_name: common_name.to_owned(),
            organisation: "Security Server".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            shape: Shape::Internal,
            key: KeyKind::Rsa2048,
            from,
            days: INTERNAL_CERTIFICATE_DAYS,
        }
    }

    /// The TLS server certificate of an adapter.
    pub fn server(common_name: &str, names: &[&str], from: jiff::civil::Date) -> Self {
        Self {
            common_name: common_name.to_owned(),
            organisation: "Adapter".to_owned(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            shape: Shape::Server,
            key: KeyKind::Rsa2048,
            from,
            days: SERVER_CERTIFICATE_DAYS,
        }
    }

    /// Makes a fresh key and a self-signed certificate of this description. Each call makes another key.
    pub fn issue(&self) -> Result<Identity, CaError> {
        let key = match self.key {
            KeyKind::Rsa2048 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?,
            KeyKind::EcdsaP256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?,
        };
        let certificate = self.params()?.self_signed(&key)?;
        Ok(Identity { certificate: certificate.der().clone(), key: PrivatePkcs8KeyDer::from(key.serialize_der()) })
    }

    fn params(&self) -> Result<CertificateParams, CaError> {
        let mut params = CertificateParams::default();
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CountryName, "FI");
        subject.push(DnType::OrganizationName, self.organisation.as_str());
        subject.push(DnType::CommonName, self.common_name.as_str());
        params.distinguished_name = subject;
        for name in &self.names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into()?),
            });
        }
        let until = self.from.checked_add(jiff::Span::new().try_days(self.days)?)?;
        params.not_before = date_time_ymd(year(self.from), month(self.from), day(self.from));
        params.not_after = date_time_ymd(year(until), month(until), day(until));
        match self.shape {
            Shape::Internal => {
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                params.key_usages = vec![
                    KeyUsagePurpose::ContentCommitment,
                    KeyUsagePurpose::KeyEncipherment,
                    KeyUsagePurpose::DigitalSignature,
                    KeyUsagePurpose::KeyCertSign,
                ];
            }
            Shape::Server => {
                params.is_ca = IsCa::ExplicitNoCa;
                params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
        }
        Ok(params)
    }
}

/// A certificate and its private key. `Debug` shows the fingerprint only.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Identity {
    /// Puts a certificate and a key together without asking whether they fit; a misfit is what some cases want
    /// (xroad.md TL-05: a pinned certificate shown without its key).
    pub fn from_parts(certificate: CertificateDer<'static>, key: PrivatePkcs8KeyDer<'static>) -> Self {
        Self { certificate, key }
    }

    /// The leaf in DER.
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The private key (PKCS#8 DER).
    pub fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }

    /// The leaf in PEM.
    pub fn certificate_pem(&self) -> String {
        files::pem("CERTIFICATE", &self.certificate)
    }

    /// The private key in PEM (PKCS#8). Goes into a file of mode 0600 and nowhere else.
    pub fn key_pem(&self) -> String {
        files::pem("PRIVATE KEY", self.key.secret_pkcs8_der())
    }

    /// SHA-256 of the leaf's DER.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.certificate)
    }
}

impl Clone for Identity {
    fn clone(&self) -> Self {
        Self { certificate: self.certificate.clone(), key: self.key.clone_key() }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.fingerprint())
    }
}

/// SHA-256 over the DER of a certificate; shown as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a certificate.
    pub fn of(certificate: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// The certificates of one development set-up on loopback.
#[derive(Debug, Clone)]
pub struct DevelopmentPki {
    /// Internal certificate of the security server.
    pub security_server: Identity,
    /// Server certificate of the adapter.
    pub adapter: Identity,
}

impl DevelopmentPki {
    /// Names of the files in the folder, without suffix.
    const SECURITY_SERVER: &'static str = "security-server";
    const ADAPTER: &'static str = "adapter";

    /// Makes both, valid from the day given, for `localhost`, `127.0.0.1` and `::1`.
    pub fn create(from: jiff::civil::Date) -> Result<Self, CaError> {
        let names = ["localhost", "127.0.0.1", "::1"];
        Ok(Self {
            security_server: CertificateSpec::internal("ss1.example.fi", &names, from).issue()?,
            adapter: CertificateSpec::server("adapter.example.fi", &names, from).issue()?,
        })
    }

    /// Writes both into the folder (made if absent): `security-server.*` and `adapter.*`, see [`Identity::write`].
    pub fn write(&self, folder: &std::path::Path) -> Result<(), CaError> {
        self.security_server.write(folder, Self::SECURITY_SERVER)?;
        self.adapter.write(folder, Self::ADAPTER)?;
        Ok(())
    }

    /// Reads back what [`DevelopmentPki::write`] wrote.
    pub fn load(folder: &std::path::Path) -> Result<Self, CaError> {
        Ok(Self {
            security_server: Identity::load(folder, Self::SECURITY_SERVER)?,
            adapter: Identity::load(folder, Self::ADAPTER)?,
        })
    }
}

fn year(date: jiff::civil::Date) -> i32 {
    i32::from(date.year())
}

fn month(date: jiff::civil::Date) -> u8 {
    date.month().unsigned_abs()
}

fn day(date: jiff::civil::Date) -> u8 {
    date.day().unsigned_abs()
}

#[cfg(test)]
mod tests;
