//! `drift`: what PTV was last seen to hold differently, and what was decided of it; `ptv_watch`: when a tenant's PTV is
//! looked at, and whether anything is sent to it; `ptv_contract`: when its contract is, and what was found.

use super::{by_key, sql};
use crate::store::commit::{Commit, Statement};
use crate::store::{Row, Store, StoreError, args};

sql! {
    PUT = "INSERT INTO drift (tenant, kind, code, guid, class, details, held, seen_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (tenant, kind, code) DO UPDATE SET guid = excluded.guid, class = excluded.class,
           details = excluded.details, held = excluded.held, seen_at = excluded.seen_at";
    CLEAR = "DELETE FROM drift WHERE tenant = $1 AND kind = $2 AND code = $3";
    PAGE = "SELECT kind, code, guid, class, details, held, seen_at FROM drift
           WHERE tenant = $1 AND (kind > $2 OR (kind = $2 AND code > $3)) ORDER BY kind, code LIMIT $4";
    PAUSE = "INSERT INTO ptv_watch (tenant, paused, next_at, feed_at, full_at) VALUES ($1, $2, 0, 0, 0)
           ON CONFLICT (tenant) DO UPDATE SET paused = excluded.paused";
    SCHEDULE = "INSERT INTO ptv_watch (tenant, paused, next_at, feed_at, full_at) VALUES ($1, 0, $2, $3, $4)
           ON CONFLICT (tenant) DO UPDATE SET next_at = excluded.next_at, feed_at = excluded.feed_at,
           full_at = excluded.full_at";
    CLAIM = "UPDATE ptv_watch SET next_at = $3 WHERE tenant = $1 AND next_at = $2 RETURNING tenant";
    LOOKED = "INSERT INTO ptv_contract (tenant, next_at, found) VALUES ($1, $2, $3)
           ON CONFLICT (tenant) DO UPDATE SET next_at = excluded.next_at, found = excluded.found";
    CLAIM_CONTRACT = "UPDATE ptv_contract SET next_at = $3 WHERE tenant = $1 AND next_at = $2 RETURNING tenant";
    CONTRACT = "SELECT next_at, found FROM ptv_contract WHERE tenant = $1";
    API_USER = "SELECT api_user FROM ptv_watch WHERE tenant = $1";
    SET_API_USER = "INSERT INTO ptv_watch (tenant, paused, next_at, feed_at, full_at, api_user) VALUES ($1, 0, 0, 0, 0, $2)
           ON CONFLICT (tenant) DO UPDATE SET api_user = excluded.api_user";
    WATCH = "SELECT paused, next_at, feed_at, full_at FROM ptv_watch WHERE tenant = $1";
}

/// One finding. `details` is JSON; `held` is empty, `kept` (PTV's version stands) or `asked` (a person must choose).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftRow {
    /// A mirror's kind, or `unknown` with PTV's GUID as code.
    pub kind: String,
    pub code: String,
    pub guid: Option<String>,
    pub class: String,
    pub details: String,
    pub held: String,
    pub seen_at: i64,
}

/// When a tenant's PTV is looked at. Microseconds UTC; 0 for never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    pub paused: bool,
    pub next_at: i64,
    /// The newest change that was seen, by PTV's clock.
    pub feed_at: i64,
    /// When everything was last compared.
    pub full_at: i64,
}

/// When PTV's contract is compared next, and what was found the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContractWatch {
    pub next_at: i64,
    /// JSON; empty before the first look.
    pub found: String,
}

/// Writes what a look found, and when the next is.
pub fn looked(tenant: &str, watch: &ContractWatch) -> Statement {
    Statement::new(LOOKED, args![tenant, watch.next_at, watch.found.as_str()]).expecting(1)
}

/// Takes the look at the contract that is due at `due`; false when another process has taken it.
pub async fn claim_contract(store: &Store, tenant: &str, due: i64, until: i64) -> Result<bool, StoreError> {
    let mut committed =
        store.commit(Commit::new().with([Statement::new(CLAIM_CONTRACT, args![tenant, due, until])])).await?;
    Ok(!committed.take(0).is_empty())
}

pub async fn contract(store: &Store, tenant: &str) -> Result<Option<ContractWatch>, StoreError> {
    let Some(row) = store.read_one(CONTRACT, args![tenant]).await? else { return Ok(None) };
    let mut fields = row.fields("ptv_contract");
    Ok(Some(ContractWatch { next_at: fields.int()?, found: fields.text()? }))
}

/// Puts a finding in the place of an earlier one.
pub fn put(tenant: &str, row: &DriftRow) -> Statement {
    let row = row.clone();
    Statement::new(PUT, args![tenant, row.kind, row.code, row.guid, row.class, row.details, row.held, row.seen_at])
        .expecting(1)
}

/// It is equal again, or decided.
pub fn clear(tenant: &str, kind: &str, code: &str) -> Statement {
    Statement::new(CLEAR, args![tenant, kind, code])
}

/// All findings of a tenant.
pub async fn all(store: &Store, tenant: &str) -> Result<Vec<DriftRow>, StoreError> {
    by_key(store, PAGE, tenant, from_row, |row: &DriftRow| (&row.kind, &row.code)).await
}

pub async fn watch(store: &Store, tenant: &str) -> Result<Option<Watch>, StoreError> {
    let Some(row) = store.read_one(WATCH, args![tenant]).await? else { return Ok(None) };
    let mut fields = row.fields("ptv_watch");
    Ok(Some(Watch { paused: fields.flag()?, next_at: fields.int()?, feed_at: fields.int()?, full_at: fields.int()? }))
}

pub fn pause(tenant: &str, paused: bool) -> Statement {
    Statement::new(PAUSE, args![tenant, paused]).expecting(1)
}

/// Sets everything but the pause.
pub fn schedule(tenant: &str, watch: Watch) -> Statement {
    Statement::new(SCHEDULE, args![tenant, watch.next_at, watch.feed_at, watch.full_at]).expecting(1)
}

/// The mark of the API user under whose name PTV has the source ids; none before the first call.
pub async fn api_user(store: &Store, tenant: &str) -> Result<Option<String>, StoreError> {
    let Some(row) = store.read_one(API_USER, args![tenant]).await? else { return Ok(None) };
    row.fields("ptv_watch").optional_text()
}

pub fn set_api_user(tenant: &str, mark: &str) -> Statement {
    Statement::new(SET_API_USER, args![tenant, mark]).expecting(1)
}

/// Takes the look that is due at `due`; false when another process has taken it.
pub async fn claim(store: &Store, tenant: &str, due: i64, until: i64) -> Result<bool, StoreError> {
    let claim = Statement::new(CLAIM, args![tenant, due, until]);
    let mut committed = store.commit(Commit::new().with([claim])).await?;
    Ok(!committed.take(0).is_empty())
}

fn from_row(row: Row) -> Result<DriftRow, StoreError> {
    let mut fields = row.fields("drift");
    Ok(DriftRow {
        kind: fields.text()?,
        code: fields.text()?,
        guid: fields.optional_text()?,
        class: fields.text()?,
        details: fields.text()?,
        held: fields.text()?,
        seen_at: fields.int()?,
    })
}
