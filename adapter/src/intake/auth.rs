//! Who sends: the bearer key decides system and master, or the certificate when no key is shown. An unknown tenant and a
//! wrong key look the same, in words and in work done.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::answer::Problem;
use super::{Credential, FieldMap, IntakeKey, IntakeTenant};
use crate::config::Pin;
use crate::model::Lang;
use crate::ptv::profile::Profile;
use crate::telemetry::safe;

/// The system that sends, and what its tenant's rules are.
pub(super) struct Caller {
    pub(super) profile: Profile,
    pub(super) languages: Vec<Lang>,
    pub(super) key: IntakeKey,
    /// The tenant's own names for PAT's fields, on the compatibility paths.
    pub(super) field_map: Option<Arc<FieldMap>>,
}

/// Compares the shown key with every key of the tenant; which one fits must not show in the time it takes. Whoever shows
/// a key is judged by it alone.
pub(super) fn caller(
    tenants: &[IntakeTenant],
    tenant: &str,
    headers: &HeaderMap,
    certificate: Option<Pin>,
) -> Result<Caller, Problem> {
    let shown = bearer(headers).map(|key| digest(&SHA256, key.as_bytes()));
    let known = tenants.iter().find(|known| &*known.code == tenant);
    let found = known.and_then(|known| {
        let key = match (shown, certificate) {
            (Some(shown), _) => {
                let shown: [u8; 32] = shown.as_ref().try_into().ok()?;
                known.keys.get(place_of(&known.keys, &shown)?)?
            }
            (None, Some(pin)) if !headers.contains_key(AUTHORIZATION) => {
                known.keys.iter().find(|key| key.credential == Credential::Certificate(pin))?
            }
            _ => return None,
        };
        let (languages, field_map) = (known.languages.clone(), known.field_map.clone());
        Some(Caller { profile: known.profile, languages, key: key.clone(), field_map })
    });
    found.ok_or_else(|| {
        tracing::warn!(tenant = %safe(tenant), "intake: a request without a key or certificate that fits");
        Problem::unauthorised()
    })
}

fn place_of(keys: &[IntakeKey], shown: &[u8; 32]) -> Option<usize> {
    let mut place = u64::MAX;
    for (number, key) in (0u64..).zip(keys) {
        let Credential::Key(sha256) = &key.credential else { continue };
        let same: Choice = sha256.ct_eq(shown);
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
