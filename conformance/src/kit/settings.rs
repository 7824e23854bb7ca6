//! What no description of an adapter says and the kit must be told: `kit.toml` (docs/conformance.md).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Why a file of the command line cannot be used. Exit code 2: mend it and start again.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no TOML, has an unknown key, or a value of the wrong kind.
    #[error("{path}: {text}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place.
        text: String,
    },
}

impl SettingsError {
    pub(super) fn read_toml<T: DeserializeOwned>(path: &Path) -> Result<T, Self> {
        let text = std::fs::read_to_string(path).map_err(|source| Self::File { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| Self::Content { path: path.to_owned(), text: error.to_string() })
    }
}

/// The file's content. All of it may be left out; what is missing makes cases not applicable, with that reason.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// SOAP operation that reads and changes nothing; most SOAP cases call it. Found in the WSDL when left out.
    pub read: Option<String>,
    /// Content of the wrapper element, for operations that the kit cannot fill by itself. The wrapper's namespace is the
    /// default one. `{uuid}` becomes a new UUID, `{text}` a text of the case (in `text` below only).
    pub bodies: BTreeMap<String, String>,
    /// Content of the wrapper of `read` with `{text}` where it takes free text from the caller.
    pub text: Option<String>,
    /// Operation and wrapper content that break a rule of the business and get an error in a normal response.
    pub refused: Option<Sample>,
    /// A SOAP operation that changes something, for the replay case: sent twice with the same `xrd:id`.
    pub write: Option<Sample>,
    /// A SOAP operation that takes attachments.
    pub upload: Option<Upload>,
    /// A SOAP operation whose response has at least two attachments.
    pub download: Option<Sample>,
    /// REST path (below the base path) that reads and changes nothing. Found in the OpenAPI document when left out.
    pub rest_read: Option<String>,
    /// Values of path and required query parameters, by name.
    pub rest_parameters: BTreeMap<String, String>,
    /// REST bodies, by `METHOD /path` as in the OpenAPI document; `{uuid}` as above.
    pub rest_bodies: BTreeMap<String, String>,
    /// A client that may call one operation and not another.
    pub limited: Option<Limited>,
    /// A REST path to GET of a service whose logging of content is off, `{text}` where it takes free text.
    pub unlogged: Option<String>,
    /// The adapter's own limits, where they differ from the usual ones.
    pub limits: Limits,
}

/// A client with some rights.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limited {
    /// Its identifier, as in `X-Road-Client`.
    pub client: String,
    /// What it may call.
    pub may: Sample,
    /// What it may not.
    pub may_not: Sample,
}

/// An operation and the content of its wrapper.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Service code.
    pub operation: String,
    /// Content of the wrapper element.
    pub body: String,
}

/// A SOAP operation that takes attachments.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Service code.
    pub operation: String,
    /// Content of the wrapper; `{attachments}` is where the attachments' elements go, `{uuid}` a new UUID.
    pub body: String,
    /// The elements of one MTOM attachment, `{include}` being the `xop:Include` element and `{name}` a file name. Left out
    /// when the operation takes none.
    pub mtom: Option<String>,
    /// The same for SwA, `{reference}` being the `cid:` reference.
    pub swa: Option<String>,
    /// Content-Type of the attachments.
    #[serde(default = "binary")]
    pub content_type: String,
    /// What the content of an attachment has to begin with.
    #[serde(default)]
    pub begins_with: String,
    /// Whether the operation takes attachments of any content, the empty one included.
    #[serde(default)]
    pub any_content: bool,
}

impl Upload {
    /// Bytes that look like what the operation takes: the beginning that the file names, then a pattern up to at least
    /// this length.
    pub fn content(&self, length: usize) -> Bytes {
        let mut bytes = self.begins_with.as_bytes().to_vec();
        bytes.extend((bytes.len()..length).map(|n| u8::try_from(n % 251).unwrap_or_default()));
        bytes.into()
    }
}

fn binary() -> String {
    "application/octet-stream".to_owned()
}

/// The adapter's limits (xroad.md §7: they are the adapter's own choice).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most parts of a multipart message.
    pub parts: usize,
    /// Most bytes of all attachments of a message.
    pub attachments: u64,
    /// Most bytes of the SOAP part.
    pub soap: u64,
    /// Seconds from the last byte of a request to the answer, at most.
    pub deadline_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { parts: 100, attachments: 100 * 1024 * 1024, soap: 10 * 1024 * 1024, deadline_seconds: 60 }
    }
}

impl Settings {
    /// Reads `kit.toml`.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        SettingsError::read_toml(path)
    }

    /// Reads the text of such a file; `path` is for the complaint only.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| SettingsError::Content { path: path.to_owned(), text: error.to_string() })
    }
}
