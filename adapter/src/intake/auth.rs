//! Who sends: the bearer key decides system and master. An unknown tenant and a wrong key look the same, in words and
//! in work done.

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::answer::Problem;
use super::{IntakeKey, IntakeTenant};
use crate::telemetry::safe;

/// A tenant and the key that was shown for it.
pub(super) struct Caller<'a> {
    pub(super) tenant: &'a IntakeTenant,
    pub(super) key: &'a IntakeKey,
}

/// Compares the shown key with every key of the tenant; which one fits must not show in the time it takes.
pub(super) fn caller<'a>(
    tenants: &'a [IntakeTenant],
    tenant: &str,
    headers: &HeaderMap,
) -> Result<Caller<'a>, Problem> {
    let shown = bearer(headers).map(|key| digest(&SHA256, key.as_bytes()));
    let known = tenants.iter().find(|known| &*known.code == tenant);
    let found = shown.zip(known).and_then(|(shown, known)| {
        let shown: [u8; 32] = shown.as_ref().try_into().ok()?;
        let place = place_of(&known.keys, &shown)?;
        Some(Caller { tenant: known, key: known.keys.get(place)? })
    });
    found.ok_or_else(|| {
        tracing::warn!(tenant = %safe(tenant), "intake: a request without a key that fits");
        Problem::unauthorised()
    })
}

fn place_of(keys: &[IntakeKey], shown: &[u8; 32]) -> Option<usize> {
    let mut place = u64::MAX;
    for (number, key) in (0u64..).zip(keys) {
        let same: Choice = key.sha256.ct_eq(shown);
        place = u64::conditional_select(&place, &number, same);
    }
    usize::try_from(place).ok().filter(|place| *place < keys.len())
}

/// The key of `Authorization: Bearer KEY` (RFC 6750 §2.1); the scheme in any case, exactly one header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}
