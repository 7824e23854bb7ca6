//! Certificates and keys as files: PEM and DER out, PEM in. Keys are written with mode 0600.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};

use super::{CaError, Identity};

/// Where [`Identity::write`] put things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Certificate, PEM.
    pub certificate: PathBuf,
    /// Certificate, DER.
    pub certificate_der: PathBuf,
    /// Private key, PEM, mode 0600.
    pub key: PathBuf,
}

impl Identity {
    /// Writes `NAME.cert.pem`, `NAME.cert.der` and `NAME.key.pem` into the folder, which is made if absent.
    pub fn write(&self, folder: &Path, name: &str) -> Result<Written, CaError> {
        fs::create_dir_all(folder).map_err(|source| file_error(folder, source))?;
        let written = paths(folder, name);
        put(&written.certificate, self.certificate_pem().as_bytes(), 0o644)?;
        put(&written.certificate_der, self.certificate(), 0o644)?;
        put(&written.key, self.key_pem().as_bytes(), 0o600)?;
        Ok(written)
    }

    /// Reads `NAME.cert.pem` and `NAME.key.pem` back.
    pub fn load(folder: &Path, name: &str) -> Result<Self, CaError> {
        let from = paths(folder, name);
        Self::read(&from.certificate, &from.key)
    }

    /// Reads a certificate (the first of the file) and its PKCS#8 key from two PEM files, or twice from one.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, CaError> {
        let der =
            CertificateDer::from_pem_slice(&get(certificate)?).map_err(|problem| pem_error(certificate, &problem))?;
        let private = PrivatePkcs8KeyDer::from_pem_slice(&get(key)?).map_err(|problem| pem_error(key, &problem))?;
        Ok(Self::from_parts(der, private))
    }
}

/// RFC 7468 text of some DER.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = tail;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "-----END {label}-----");
    text
}

fn paths(folder: &Path, name: &str) -> Written {
    Written {
        certificate: folder.join(format!("{name}.cert.pem")),
        certificate_der: folder.join(format!("{name}.cert.der")),
        key: folder.join(format!("{name}.key.pem")),
    }
}

fn put(path: &Path, bytes: &[u8], mode: u32) -> Result<(), CaError> {
    let written = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
        // An existing file keeps its old mode through `open`, so say it again before the content goes in.
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)
    };
    written().map_err(|source| file_error(path, source))
}

fn get(path: &Path) -> Result<Vec<u8>, CaError> {
    fs::read(path).map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: std::io::Error) -> CaError {
    CaError::File { path: path.to_owned(), source }
}

fn pem_error(path: &Path, problem: &rustls_pki_types::pem::Error) -> CaError {
    CaError::Pem { path: path.to_owned(), problem: problem.to_string() }
}
