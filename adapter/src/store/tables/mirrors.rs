//! `mirror`: the wishes that twins equal their entities, one row per twin, coalescing.
//!
//! `wish` counts how often a mirror was wanted. An attempt settles only the wish it claimed: one that came meanwhile
//! keeps the row waiting. A claim is an ordinary commit that returns rows; its lease ends by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::sql;
use crate::store::commit::{Commit, Statement};
use crate::store::{Row, Store, StoreError, args};

sql! {
    WANT = "INSERT INTO mirror
            (tenant, kind, code, wish, due_at, attempts, lease_owner, lease_until, state, last_error, updated_at)
            VALUES ($1, $2, $3, 1, $4, 0, NULL, 0, 'waiting', NULL, $5)
            ON CONFLICT (tenant, kind, code) DO UPDATE SET wish = mirror.wish + 1, due_at = excluded.due_at,
            attempts = 0, state = 'waiting', last_error = NULL, updated_at = excluded.updated_at";
    CLAIM = "UPDATE mirror SET lease_owner = $1, lease_until = $2
            WHERE tenant = $3 AND kind = $4 AND state = 'waiting' AND due_at <= $5 AND lease_until <= $5
            AND code IN (SELECT code FROM mirror WHERE tenant = $3 AND kind = $4 AND state = 'waiting'
                         AND due_at <= $5 AND lease_until <= $5 ORDER BY due_at, code LIMIT $6)
            RETURNING kind, code, wish, attempts, due_at";
    DONE = "UPDATE mirror SET state = 'done', attempts = 0, lease_owner = NULL, lease_until = 0, last_error = NULL,
            updated_at = $6
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    WITHHELD = "UPDATE mirror SET state = 'done', attempts = 0, lease_owner = NULL, lease_until = 0, last_error = $6,
            updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    GIVE_BACK = "UPDATE mirror SET lease_owner = NULL, lease_until = 0
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND lease_owner = $4";
    RETRY = "UPDATE mirror SET attempts = attempts + 1, due_at = $6, lease_owner = NULL, lease_until = 0,
            last_error = $7, updated_at = $8
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    PARK = "UPDATE mirror SET state = 'parked', lease_owner = NULL, lease_until = 0, last_error = $6, updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    DUE = "SELECT tenant, kind, COUNT(*) FROM mirror WHERE state = 'waiting' AND due_at <= $1 AND lease_until <= $1
            GROUP BY tenant, kind ORDER BY tenant, kind";
    NEXT_DUE = "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM mirror
            WHERE state = 'waiting'";
    LIST = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND state = $2 ORDER BY kind, code LIMIT $3";
    GET = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND kind = $2 AND code = $3";
    OF_KIND = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND kind = $2";
    WAITING = "SELECT kind, COUNT(*) FROM mirror WHERE tenant = $1 AND state = 'waiting' GROUP BY kind ORDER BY kind";
    COUNT = "SELECT state, COUNT(*) FROM mirror WHERE tenant = $1 GROUP BY state ORDER BY state";
}

/// Which mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    pub tenant: &'a str,
    /// A kind of entity, or `connections` for the connection set of a service.
    pub kind: &'a str,
    pub code: &'a str,
}

/// A mirror that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub kind: String,
    pub code: String,
    pub wish: i64,
    pub attempts: i64,
    pub due_at: i64,
}

/// A mirror as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    pub kind: String,
    pub code: String,
    pub wish: i64,
    pub due_at: i64,
    pub attempts: i64,
    /// `waiting`, `done` or `parked`.
    pub state: String,
    pub last_error: Option<String>,
    pub updated_at: i64,
}

/// Wants the twin to equal its entity from `due_at` on. Wanting again while one waits, runs or is parked is the same
/// wish, made newer.
pub fn want(key: Key<'_>, due_at: i64, now: i64) -> Statement {
    Statement::new(WANT, args![key.tenant, key.kind, key.code, due_at, now])
}

/// Leases at most `limit` due mirrors of a kind to `owner` until `until`.
pub async fn claim(
    store: &Store,
    tenant: &str,
    kind: &str,
    owner: &str,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<Claimed>, StoreError> {
    let claim = Statement::new(CLAIM, args![owner, until, tenant, kind, now, limit]);
    let mut committed = store.commit(Commit::new().with([claim])).await?;
    let mut claimed = committed
        .take(0)
        .into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok(Claimed {
                kind: fields.text()?,
                code: fields.text()?,
                wish: fields.int()?,
                attempts: fields.int()?,
                due_at: fields.int()?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    claimed.sort_by(|one, two| (one.due_at, &one.code).cmp(&(two.due_at, &two.code)));
    Ok(claimed)
}

/// The twin equals the entity. If the mirror was wanted again meanwhile only the lease ends; if the lease was lost
/// nothing happens (whoever has it now finds the twin already equal).
pub fn done(key: Key<'_>, wish: i64, owner: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(DONE, args![key.tenant, key.kind, key.code, wish, owner, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// There is nothing more to do although the twin does not equal the entity: `reason` says what keeps it back, without
/// content.
pub fn withheld(key: Key<'_>, wish: i64, owner: &str, reason: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(WITHHELD, args![key.tenant, key.kind, key.code, wish, owner, reason, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// The attempt failed; the next is due at `due_at`. `error` names the cause without content.
pub fn retry(key: Key<'_>, wish: i64, owner: &str, due_at: i64, error: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(RETRY, args![key.tenant, key.kind, key.code, wish, owner, due_at, error, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// The attempt failed for good: a person must look. A new wish un-parks it.
pub fn park(key: Key<'_>, wish: i64, owner: &str, error: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(PARK, args![key.tenant, key.kind, key.code, wish, owner, error, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// Tenants and kinds with due mirrors, and how many.
pub async fn due(store: &Store, now: i64) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows = store.read(DUE, args![now]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.text()?, fields.int()?))
        })
        .collect()
}

/// When the next mirror is due, leases counted; none when none waits.
pub async fn next_due(store: &Store) -> Result<Option<i64>, StoreError> {
    match store.read_one(NEXT_DUE, Vec::new()).await? {
        Some(row) => row.fields("mirror").optional_int(),
        None => Ok(None),
    }
}

pub async fn get(store: &Store, key: Key<'_>) -> Result<Option<Mirror>, StoreError> {
    store.read_one(GET, args![key.tenant, key.kind, key.code]).await?.map(from_row).transpose()
}

/// At most `limit` mirrors in a state.
pub async fn list(store: &Store, tenant: &str, state: &str, limit: u32) -> Result<Vec<Mirror>, StoreError> {
    store.read(LIST, args![tenant, state, limit]).await?.into_iter().map(from_row).collect()
}

/// The mirrors of these codes, by code: few are looked up, for many the whole kind is read.
pub async fn of_codes(
    store: &Store,
    tenant: &str,
    kind: &str,
    codes: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Mirror>, StoreError> {
    const FEW: usize = 64;
    if codes.len() <= FEW {
        let mut found = BTreeMap::new();
        for code in codes {
            found.extend(get(store, Key { tenant, kind, code }).await?.map(|mirror| (mirror.code.clone(), mirror)));
        }
        return Ok(found);
    }
    let rows = store.read(OF_KIND, args![tenant, kind]).await?;
    rows.into_iter().map(|row| from_row(row).map(|mirror| (mirror.code.clone(), mirror))).collect()
}

/// How many mirrors of each kind wait, due or not.
pub async fn waiting(store: &Store, tenant: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = store.read(WAITING, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.int()?.unsigned_abs()))
        })
        .collect()
}

/// How many mirrors are in each state.
pub async fn count(store: &Store, tenant: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = store.read(COUNT, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.int()?))
        })
        .collect()
}

fn from_row(row: Row) -> Result<Mirror, StoreError> {
    let mut fields = row.fields("mirror");
    Ok(Mirror {
        kind: fields.text()?,
        code: fields.text()?,
        wish: fields.int()?,
        due_at: fields.int()?,
        attempts: fields.int()?,
        state: fields.text()?,
        last_error: fields.optional_text()?,
        updated_at: fields.int()?,
    })
}
