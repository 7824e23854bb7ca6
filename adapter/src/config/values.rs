//! The values of configuration keys: sizes, periods, pins, key digests, files of secrets.
//!
//! Each is read from a string, so that a wrong one is reported with its line; each writes the form it reads.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Why a value cannot be read. The text says what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("expected a size such as \"32 KiB\" or \"100 MiB\" (units B, KiB, MiB, GiB)")]
    Size,
    #[error("expected a time such as \"500ms\", \"5s\", \"10m\" or \"24h\", more than zero")]
    Period,
    #[error("expected a time of the day such as \"00:30\"")]
    TimeOfDay,
    #[error("expected a SHA-256 digest: 64 hexadecimal digits, colons allowed")]
    Digest,
    #[error("expected a SHA-256 digest (64 hexadecimal digits) or \"file:\" and the path of a PEM or DER certificate")]
    Pin,
}

macro_rules! text_value {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = ValueError;

            fn try_from(text: String) -> Result<Self, ValueError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.to_string()
            }
        }
    };
}

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub usize);

const UNITS: [(&str, usize); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl FromStr for Size {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let (number, factor) = UNITS
            .iter()
            .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
            .ok_or(ValueError::Size)?;
        let number: usize = number.trim().parse().map_err(|_| ValueError::Size)?;
        number.checked_mul(factor).map(Size).ok_or(ValueError::Size)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, factor) =
            UNITS.iter().find(|(_, factor)| self.0 >= *factor && self.0.is_multiple_of(*factor)).unwrap_or(&("B", 1));
        write!(f, "{} {unit}", self.0 / factor)
    }
}

text_value!(Size);

/// A length of time, at least a millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(pub Duration);

impl FromStr for Period {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let length: jiff::SignedDuration = text.parse().map_err(|_| ValueError::Period)?;
        let length = Duration::try_from(length).map_err(|_| ValueError::Period)?;
        if length.is_zero() { Err(ValueError::Period) } else { Ok(Self(length)) }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_secs(), self.0.subsec_millis()) {
            (seconds, 0) => write!(f, "{seconds}s"),
            (0, millis) => write!(f, "{millis}ms"),
            (seconds, millis) => write!(f, "{seconds}s {millis}ms"),
        }
    }
}

text_value!(Period);

/// A time of the day, UTC, as `HH:mm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(pub jiff::civil::Time);

impl Default for TimeOfDay {
    fn default() -> Self {
        Self(jiff::civil::Time::constant(0, 30, 0, 0))
    }
}

impl FromStr for TimeOfDay {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        jiff::civil::Time::strptime("%H:%M", text.trim()).map(Self).map_err(|_| ValueError::TimeOfDay)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

text_value!(TimeOfDay);

/// The SHA-256 of a certificate's DER bytes: who may connect, and who did (xroad.md §5.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin([u8; 32]);

impl Pin {
    /// The pin of a certificate.
    pub fn of(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, der).as_ref());
        Self(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Pin {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| ValueError::Digest)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

text_value!(Pin);

/// A pin as the file gives it: the digest itself, or the certificate that it is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PinSource {
    Digest(Pin),
    Certificate(PathBuf),
}

impl FromStr for PinSource {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.strip_prefix("file:") {
            Some("") => Err(ValueError::Pin),
            Some(path) => Ok(Self::Certificate(path.into())),
            None => text.parse().map(Self::Digest).map_err(|_| ValueError::Pin),
        }
    }
}

impl fmt::Display for PinSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(pin) => pin.fmt(f),
            Self::Certificate(path) => write!(f, "file:{}", path.display()),
        }
    }
}

text_value!(PinSource);

/// The SHA-256 of a bearer key: enough to recognise the key, useless for making it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyDigest(Pin);

impl KeyDigest {
    /// The digest of a key as it stands in the `Authorization` header, without `Bearer`.
    pub fn of(key: &[u8]) -> Self {
        Self(Pin::of(key))
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl FromStr for KeyDigest {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_value!(KeyDigest);

/// The path of a file that holds a secret. The secret itself is read when it is needed and never printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretFile(pub PathBuf);

impl SecretFile {
    /// The secret: the file's text without the line end that editors add.
    pub fn read(&self) -> std::io::Result<SecretString> {
        let text = std::fs::read_to_string(&self.0)?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is empty"));
        }
        Ok(secret.into())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}
