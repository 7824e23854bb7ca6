//! `blob`: which files beside the store are referred to, and how often.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    KEEP = "INSERT INTO blob (name, tenant, size, created_at, uses) VALUES ($1, $2, $3, $4, 1)
            ON CONFLICT (name) DO UPDATE SET uses = blob.uses + 1";
    RELEASE = "UPDATE blob SET uses = uses - 1 WHERE name = $1 AND uses > 0";
    FORGET_UNUSED = "DELETE FROM blob WHERE uses = 0";
    KNOWN = "SELECT name FROM blob WHERE name = $1 AND uses > 0";
}

/// One more row refers to the blob.
pub(in crate::store) fn keep(name: &str, tenant: &str, size: u64, now: i64) -> Statement {
    Statement::new(KEEP, args![name, tenant, i64::try_from(size).unwrap_or(i64::MAX), now])
}

/// One row less refers to the blob. Its file goes with the next sweep.
pub fn release(name: &str) -> Statement {
    Statement::new(RELEASE, args![name]).expecting(1)
}

pub(in crate::store) fn forget_unused() -> Statement {
    Statement::new(FORGET_UNUSED, Vec::new())
}

pub(in crate::store) async fn is_known(store: &Store, name: &str) -> Result<bool, StoreError> {
    Ok(!store.read(KNOWN, args![name]).await?.is_empty())
}
