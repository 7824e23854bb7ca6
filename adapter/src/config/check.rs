//! What a single key cannot tell: files that must exist, addresses and codes that must not clash, rules of X-Road.
//!
//! Reads the files that the configuration names, opens no socket, changes nothing.

mod callers;
mod drupal;
mod letters;
mod ptv_versions;
mod tenants;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::{Config, ConfigError, Engine, Loaded, Pin, PinSource, Plaintext, Source, Tenant};
use crate::model::letter::MAX_RECIPIENTS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Error,
}

/// One complaint: where, what, and the act that helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    pub severity: Severity,
    pub file: PathBuf,
    pub line: usize,
    pub key: String,
    pub text: String,
    pub act: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, file, line, key, text, act } = self;
        let word = match severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}:{line}: {word}: {key}: {text}. {act}", file.display())
    }
}

/// Why a configuration is not used. The caller's to mend; every error, one a line, with its file, line, key and act.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Unreadable(#[from] ConfigError),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Unsound(Vec<Complaint>),
}

/// A configuration that may be used, and its warnings. A start and a reload both read it here.
pub fn checked(path: &Path) -> Result<(Config, Vec<Complaint>), Refused> {
    let loaded = Config::load(path)?;
    let (errors, warnings): (Vec<Complaint>, Vec<Complaint>) =
        check(&loaded).into_iter().partition(|complaint| complaint.severity == Severity::Error);
    if errors.is_empty() { Ok((loaded.config, warnings)) } else { Err(Refused::Unsound(errors)) }
}

/// Checks everything and returns all complaints, in the order of the file.
pub fn check(loaded: &Loaded) -> Vec<Complaint> {
    let mut check = Check { source: &loaded.source, complaints: Vec::new() };
    let config = &loaded.config;
    check.store(config);
    check.listeners(config);
    check.limits(config);
    check.vocabulary(config);
    check.tenants(config);
    check.complaints.sort_by_key(|complaint| complaint.line);
    check.complaints
}

/// The pins of a tenant, certificates read.
pub fn pins(tenant: &Tenant) -> Result<Vec<Pin>, PinError> {
    tenant.pins.iter().map(read_pin).collect()
}

/// A certificate that should give a pin does not. Ours; do not retry.
#[derive(Debug, thiserror::Error)]
#[error("{}: {reason}", path.display())]
pub struct PinError {
    pub path: PathBuf,
    pub reason: String,
}

/// The pin that a source gives.
pub fn read_pin(source: &PinSource) -> Result<Pin, PinError> {
    match source {
        PinSource::Digest(pin) => Ok(*pin),
        PinSource::Certificate(path) => {
            let wrong = |reason: String| PinError { path: path.clone(), reason };
            let bytes = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let der = CertificateDer::from_pem_slice(&bytes).map_or(bytes, |certificate| certificate.to_vec());
            X509Certificate::from_der(&der).map_err(|_| wrong("is no certificate in PEM or DER form".into()))?;
            Ok(Pin::of(&der))
        }
    }
}

/// Where a reference folder has the subject terms (`catalogue::vocabulary::cache` reads it).
const VOCABULARY_FILE: &str = "pat/vocab/koko/koko-concepts.ndjson";

/// General descriptions change a few times a month.
const SHORTEST_REFRESH: Duration = Duration::from_mins(1);

struct Check<'a> {
    source: &'a Source,
    complaints: Vec<Complaint>,
}

impl Check<'_> {
    fn error(&mut self, key: &str, text: impl Into<String>, act: impl Into<String>) {
        self.add(Severity::Error, key, text.into(), act.into());
    }

    fn warning(&mut self, key: &str, text: impl Into<String>, act: impl Into<String>) {
        self.add(Severity::Warning, key, text.into(), act.into());
    }

    fn add(&mut self, severity: Severity, key: &str, text: String, act: String) {
        let (file, line) = (self.source.path.clone(), self.source.line(key));
        self.complaints.push(Complaint { severity, file, line, key: key.to_owned(), text, act });
    }

    fn file(&mut self, key: &str, path: &Path) -> bool {
        let found = std::fs::File::open(path).and_then(|file| file.metadata());
        match found {
            Ok(data) if data.is_file() => return true,
            Ok(_) => self.error(key, format!("{} is no file", path.display()), "Name a file"),
            Err(error) => self.error(
                key,
                format!("{} cannot be read: {error}", path.display()),
                "Put the file there, readable for the user that runs Silta",
            ),
        }
        false
    }

    fn store(&mut self, config: &Config) {
        match (&config.store.engine, &config.store.url_file) {
            (Engine::Sqlite, Some(_)) => self.error(
                "store.url_file",
                "an SQLite store has no URL",
                "Remove the key or set store.engine to \"postgres\"",
            ),
            (Engine::Postgres, None) => self.error(
                "store.engine",
                "PostgreSQL needs store.url_file",
                "Name a file that holds the URL of the database",
            ),
            (Engine::Postgres, Some(file)) => {
                self.file("store.url_file", file.path());
            }
            (Engine::Sqlite, None) => {}
        }
    }

    fn listeners(&mut self, config: &Config) {
        let (xroad, intake) = (&config.xroad, &config.intake);
        let files = (xroad.certificate.as_deref(), xroad.key.as_deref());
        let rsa = self.listener("xroad", xroad.listen, xroad.plaintext, files);
        if rsa == Some(false) {
            self.warning(
                "xroad.certificate",
                "the key is not RSA: security servers with their default cipher suites cannot connect",
                "Use an RSA key of at least 2048 bits, or have client-tls-ciphers extended in every security server",
            );
        }
        let files = (intake.certificate.as_deref(), intake.key.as_deref());
        self.listener("intake", intake.listen, intake.plaintext, files);
        let mut taken: BTreeMap<SocketAddr, &str> = BTreeMap::new();
        for (key, address) in [
            ("xroad.listen", xroad.listen),
            ("intake.listen", intake.listen),
            ("control.metrics", config.control.metrics),
        ] {
            if address.port() == 0 {
                continue;
            }
            if let Some(other) = taken.insert(address, key) {
                self.error(key, format!("{address} is also {other}"), "Give each listener a port of its own");
            }
        }
        if xroad.public_url.is_none() && xroad.listen.ip().is_unspecified() && !config.tenants.is_empty() {
            self.error(
                "xroad.listen",
                format!("descriptions would name the address {}, which nobody can call", xroad.listen),
                "Set xroad.public_url to the address under which the security server reaches us",
            );
        }
        if let Some(url) = &xroad.public_url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            self.error("xroad.public_url", "expected an address that begins with https://", "Write the whole address");
        }
    }

    /// Checks a listener's certificate and returns whether its key is RSA.
    fn listener(
        &mut self,
        section: &str,
        address: SocketAddr,
        plaintext: Plaintext,
        files: (Option<&Path>, Option<&Path>),
    ) -> Option<bool> {
        let (certificate, key) = (format!("{section}.certificate"), format!("{section}.key"));
        match files {
            (None, None) if plaintext.allows(address) => None,
            (None, None) => {
                self.error(
                    &format!("{section}.listen"),
                    "there is no certificate, and plaintext is not allowed on this address",
                    format!("Set {certificate} and {key} (silta certs makes them), or set {section}.plaintext"),
                );
                None
            }
            (Some(_), None) => {
                self.error(&certificate, "the private key is missing", format!("Set {key}"));
                None
            }
            (None, Some(_)) => {
                self.error(&key, "the certificate is missing", format!("Set {certificate}"));
                None
            }
            (Some(chain), Some(private)) => {
                let readable = self.file(&key, private);
                if readable && PrivateKeyDer::from_pem_file(private).is_err() {
                    self.error(&key, "expected a private key in PEM form", "Give an unencrypted PKCS#8 key");
                }
                if !self.file(&certificate, chain) {
                    return None;
                }
                let Ok(leaf) = CertificateDer::from_pem_file(chain) else {
                    self.error(
                        &certificate,
                        "expected certificates in PEM form",
                        "Give the leaf first, then its chain",
                    );
                    return None;
                };
                is_rsa(&leaf)
            }
        }
    }

    fn limits(&mut self, config: &Config) {
        let limits = &config.limits;
        if limits.idle.0 < std::time::Duration::from_secs(5) {
            self.error(
                "limits.idle",
                "less than 5s: a security server may send a request on a connection that we close at that moment",
                "Set at least \"5s\"",
            );
        }
        // A tenth of it is added for the commit (`exchange::conclude`).
        if limits.exchange.0 + limits.exchange.0 / 10 >= std::time::Duration::from_mins(1) {
            self.warning(
                "limits.exchange",
                "a security server waits 60s by default and would give up before it gets our answer",
                "Set at most \"54s\", or raise the timeout of the services in the security server",
            );
        }
        for (key, value) in [
            ("limits.connections", limits.connections),
            ("limits.in_flight", limits.in_flight),
            ("limits.headers", limits.headers),
            ("limits.parts", limits.parts),
            ("limits.xml_depth", limits.xml_depth),
            ("limits.json_depth", limits.json_depth),
            ("limits.large_orders", limits.large_orders),
            ("limits.recipients", limits.recipients),
            ("limits.search_indexes", limits.search_indexes),
        ] {
            if value == 0 {
                self.error(key, "0 would refuse everything", "Set at least 1");
            }
        }
        if limits.recipients > MAX_RECIPIENTS {
            self.error(
                "limits.recipients",
                format!("the contract allows {MAX_RECIPIENTS}"),
                "Give more recipients as several orders of one bulletin",
            );
        }
        if limits.spool.0 < limits.attachments.0 {
            self.error(
                "limits.spool",
                "less than limits.attachments: a message as large as allowed would never find room",
                "Set at least the size of limits.attachments",
            );
        }
        if limits.header_block.0 < 1024 || limits.header_block.0 > 1 << 20 {
            self.error("limits.header_block", "expected a size from 1 KiB to 1 MiB", "32 KiB is the usual size");
        }
    }

    fn vocabulary(&mut self, config: &Config) {
        let vocabulary = &config.vocabulary;
        if vocabulary.descriptions_refresh.0 < SHORTEST_REFRESH {
            let text = "PTV would be asked all the time";
            self.error("vocabulary.descriptions_refresh", text, "Set at least 1m; a day, \"24h\", is enough");
        }
        if let Some(url) = &vocabulary.url {
            match reqwest::Url::parse(url) {
                Ok(url) if url.scheme() == "https" => {}
                Ok(url) if url.scheme() == "http" && is_loopback(&url) => {}
                _ => self.error(
                    "vocabulary.url",
                    "expected a whole address (https://…)",
                    "Finto's is https://api.finto.fi/rest/v1",
                ),
            }
        }
        if let Some(dir) = &vocabulary.dir {
            self.file("vocabulary.dir", &dir.join(VOCABULARY_FILE));
        }
        if vocabulary.url.is_some() && vocabulary.dir.is_some() {
            self.error("vocabulary.dir", "terms are read from one place", "Remove vocabulary.url or vocabulary.dir");
        }
    }

    fn pace(&mut self, key: &str, pace: u32) {
        if pace == 0 {
            self.error(key, "0 would call nothing", "Set at least 1");
        }
    }

    fn urls(&mut self, at: &str, urls: &[(&str, &String)]) {
        for (name, url) in urls {
            match reqwest::Url::parse(url) {
                Ok(url) if url.scheme() == "https" => {}
                Ok(url) if url.scheme() == "http" => {
                    if !is_loopback(&url) {
                        self.error(&format!("{at}.{name}"), "the password would go in plaintext", "Use https");
                    }
                }
                _ => self.error(&format!("{at}.{name}"), "expected a whole address (https://…)", "Write it whole"),
            }
        }
    }

    /// The name of a system or a master.
    fn short_name(&mut self, key: &str, value: &str) {
        if value.is_empty() || value.len() > 64 || value.contains(|c: char| c == '/' || c.is_control()) {
            self.error(
                key,
                "expected 1 to 64 characters without / and control characters: it stands in ids of batches",
                "Choose a short name, such as \"drupal\"",
            );
        }
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].contains(&url.host_str().unwrap_or_default())
}

/// Is the certificate's key RSA? `None` when it cannot be read.
pub fn is_rsa(der: &[u8]) -> Option<bool> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some(matches!(certificate.public_key().parsed(), Ok(PublicKey::RSA(_))))
}
