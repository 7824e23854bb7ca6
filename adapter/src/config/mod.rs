//! The configuration file: parsed, merged over the default, with file, line and key in every complaint.
//!
//! `config.default.toml` is the compiled-in default; the user's file is laid over it key by key (a list replaces a
//! list). Unknown keys are errors. Secrets are never in the file, only the paths of files that hold them. Nothing here
//! opens a socket or keeps state; [`check`] reads the files that a configuration names.

pub mod check;
pub mod mapping;
mod ptv_versions;
mod source;
mod tenant;
#[cfg(test)]
mod tests;
mod values;
mod viestit;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use ptv_versions::{PtvHours, PtvV12, PtvVersion};
pub use source::{ConfigError, Source};
pub use tenant::{
    AccessRule, CompatReader, Drupal, IntakeKey, Operations, Ptv, PtvApply, PtvContent, PtvOnEdit, PtvPolicy,
    PtvUserInstruction, Tenant, TenantKind, Withdrawal, XRoadAddress,
};
pub use values::{KeyDigest, Period, Pin, PinSource, SecretFile, Size, TimeOfDay, ValueError};
pub use viestit::{LengthUnit, PostalAddress, UploadReuse, Viestit, ViestitPrint, Webhook};

/// The text of the default configuration, which documents every key.
pub const DEFAULT_TEXT: &str = include_str!("../../config.default.toml");

/// Everything that can be configured. `Config::default()` is the default file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub data: Data,
    pub store: Store,
    pub xroad: XRoad,
    pub intake: Intake,
    pub control: Control,
    pub limits: Limits,
    pub log: Log,
    pub quality: Quality,
    pub vocabulary: Vocabulary,
    #[serde(default)]
    pub tenants: Vec<Tenant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    pub dir: PathBuf,
}

/// The database (design §5). The limits have the store's own names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    pub engine: Engine,
    /// A file that holds a PostgreSQL URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<SecretFile>,
    pub readers: u32,
    pub commit_queue: usize,
    pub commit_group: usize,
    pub commit_wait: Period,
    pub busy_timeout: Period,
    pub acquire_timeout: Period,
    pub inline_body: Size,
    pub orphan_age: Period,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The X-Road listener: where the security server reaches us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XRoad {
    pub listen: SocketAddr,
    pub plaintext: Plaintext,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// The address that descriptions name; without it the listener's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// Host names (with port when it is not the scheme's) that a request may name; empty: any.
    pub hosts: Vec<String>,
    pub min_tls: TlsVersion,
    pub strict_expiry: bool,
    pub session_lifetime: Period,
}

/// The own systems' listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intake {
    pub listen: SocketAddr,
    pub plaintext: Plaintext,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
}

/// May a listener without certificate speak plaintext?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plaintext {
    #[serde(rename = "refused")]
    Refused,
    /// On a loopback address only.
    #[serde(rename = "loopback")]
    Loopback,
    #[serde(rename = "anyone-may-read-and-forge")]
    Anyone,
}

impl Plaintext {
    /// May a listener on that address do without TLS?
    pub fn allows(self, address: SocketAddr) -> bool {
        match self {
            Self::Refused => false,
            Self::Loopback => address.ip().is_loopback(),
            Self::Anyone => true,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TlsVersion {
    #[serde(rename = "1.2")]
    V12,
    #[serde(rename = "1.3")]
    V13,
}

/// The operator's door and the metrics page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    pub metrics: SocketAddr,
    /// How often the files of certificates, keys and pins are looked at.
    pub watch: Period,
}

/// Every limit, by its name (xroad.md §7; the name is also the label of `silta_limits_hit_total`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub connections: usize,
    pub in_flight: usize,
    pub queue: usize,
    pub header_block: Size,
    pub uri: Size,
    pub headers: usize,
    pub soap_xml: Size,
    pub attachments: Size,
    pub parts: usize,
    pub xml_depth: usize,
    pub attributes: usize,
    pub namespaces: usize,
    pub rest_body: Size,
    pub spool_memory: Size,
    pub spool: Size,
    pub large_orders: usize,
    pub recipients: usize,
    pub uploads: Size,
    pub upload_life: Period,
    pub search_indexes: usize,
    pub json_depth: usize,
    pub intake_body: Size,
    pub handshake: Period,
    pub header: Period,
    pub body: Period,
    pub idle: Period,
    pub write_stall: Period,
    pub exchange: Period,
    pub drain: Period,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

/// From which figures on a tenant's adoption gets which grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    pub wide_services: usize,
    pub wide_points: usize,
    pub narrow_services: usize,
    pub active_days: u32,
    pub traffic_days: u32,
}

/// Where subject terms are read, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    /// The REST address of Finto.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A reference folder, for installations without Finto.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    pub refresh: Period,
    pub download: Size,
    pub descriptions: DescriptionsFrom,
    pub descriptions_refresh: Period,
}

/// Where general descriptions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DescriptionsFrom {
    /// PTV's interface; the reference folder until it was read for the first time.
    Ptv,
    /// The reference folder only.
    Folder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

/// A configuration and where each of its keys stands.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    pub source: Source,
}

impl Config {
    /// Reads a file and lays it over the default. Relative paths are taken from the file's folder.
    pub fn load(path: &Path) -> Result<Loaded, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut loaded = Self::parse(path, &text)?;
        loaded.config.resolve(path.parent().unwrap_or_else(|| Path::new("")));
        Ok(loaded)
    }

    /// Lays a text over the default. `path` is for messages only; paths in the text stay as they are.
    pub fn parse(path: &Path, text: &str) -> Result<Loaded, ConfigError> {
        let (config, source) = source::merge(path, text, DEFAULT_TEXT)?;
        Ok(Loaded { config, source })
    }

    /// The store's SQLite file, blobs, keys, `ports.json` and socket lie here.
    pub fn data_dir(&self) -> &Path {
        &self.data.dir
    }

    /// The operator's socket: `control.socket`, else `silta.sock` in the data directory.
    pub fn socket(&self) -> PathBuf {
        self.control.socket.clone().unwrap_or_else(|| self.data.dir.join("silta.sock"))
    }

    pub fn tenant(&self, code: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.code == code)
    }

    fn resolve(&mut self, folder: &Path) {
        let mut paths: Vec<&mut PathBuf> = vec![&mut self.data.dir];
        paths.extend(self.store.url_file.as_mut().map(|file| &mut file.0));
        paths.extend([&mut self.xroad.certificate, &mut self.xroad.key].into_iter().flatten());
        paths.extend([&mut self.intake.certificate, &mut self.intake.key].into_iter().flatten());
        paths.extend(self.control.socket.as_mut());
        paths.extend(self.vocabulary.dir.as_mut());
        paths.extend(self.tenants.iter_mut().flat_map(Tenant::paths));
        for path in paths {
            if path.is_relative() {
                *path = folder.join(&*path);
            }
        }
    }
}

impl Default for Config {
    #[expect(clippy::expect_used, reason = "the text is compiled in and the first test of this module reads it")]
    fn default() -> Self {
        toml::from_str(DEFAULT_TEXT).expect("config.default.toml is whole")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Config::default().limits
    }
}
