//! Who reads: the caller's name, a time stamp and a digest over both and a shared key (pat.md §2, “Caller headers”,
//! “Signature”). An unknown tenant, an unknown name and a wrong key look the same.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

use super::super::IntakeTenant;
use super::super::answer::Problem;
use crate::telemetry::safe;

/// How far a time stamp may lie from our clock, either way. Reads change nothing, so that a request repeated within it
/// does no harm.
const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// A client that may read, with the key that it shares with us.
#[derive(Clone, Debug)]
pub struct Reader {
    /// What it calls itself in `X-TURKU-SP`.
    pub name: Arc<str>,
    pub key: SecretString,
}

impl PartialEq for Reader {
    fn eq(&self, other: &Reader) -> bool {
        let keys = [&self.key, &other.key].map(|key| key.expose_secret().as_bytes());
        self.name == other.name && bool::from(keys[0].ct_eq(keys[1]))
    }
}

impl Eq for Reader {}

/// Lets the request pass, or says which of the three is amiss as far as that helps the caller alone.
pub(super) fn check(
    tenants: &[IntakeTenant],
    tenant: &str,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(), Problem> {
    let refused = |detail: &'static str| {
        tracing::warn!(tenant = %safe(tenant), "compat: a read that is not signed as it must be");
        Problem::new(401, "unauthorised", detail)
    };
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let (value, None) = (values.next()?, values.next()) else { return None };
        value.to_str().ok()
    };
    let (Some(name), Some(stamp), Some(shown)) = (one("x-turku-sp"), one("x-turku-ts"), one(AUTHORIZATION.as_str()))
    else {
        return Err(refused("Send X-TURKU-SP, X-TURKU-TS and Authorization, each once."));
    };
    let at: Timestamp = stamp
        .parse()
        .map_err(|_| refused("X-TURKU-TS is a time with its offset, such as 2026-01-31T12:00:00+02:00."))?;
    if at.duration_since(now).abs() > WINDOW {
        return Err(refused("X-TURKU-TS is more than five minutes from this server's clock."));
    }
    let readers = tenants.iter().find(|known| &*known.code == tenant).map_or(&[][..], |known| &known.readers);
    let known = readers.iter().find(|reader| &*reader.name == name);
    // A name that nobody has is compared with a key that nobody has.
    let nobody = SecretString::from(String::new());
    let expected = sign(name, stamp, known.map_or(&nobody, |reader| &reader.key));
    let same = bool::from(expected.as_bytes().ct_eq(shown.as_bytes()));
    if known.is_some() && same {
        Ok(())
    } else {
        Err(refused("The tenant knows no reader of that name with that key."))
    }
}

/// Lower-case hex SHA-256 of name, time stamp, body (a read has none) and key, one after the other.
pub(super) fn sign(name: &str, stamp: &str, key: &SecretString) -> String {
    let mut context = Context::new(&SHA256);
    for part in [name, stamp, key.expose_secret()] {
        context.update(part.as_bytes());
    }
    hex::encode(context.finish())
}
