//! `ptv_writer`: which version of PTV's interface a tenant is written through; `ptv_shadow`: how its twins stand in v12.

use super::{by_key, sql};
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    PUT_WRITER = "INSERT INTO ptv_writer (tenant, writer, since, first_v12_at, compared_at, clean)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant) DO UPDATE SET writer = excluded.writer, since = excluded.since,
           first_v12_at = excluded.first_v12_at, compared_at = excluded.compared_at, clean = excluded.clean";
    WRITER = "SELECT writer, since, first_v12_at, compared_at, clean FROM ptv_writer WHERE tenant = $1";
    PUT = "INSERT INTO ptv_shadow (tenant, kind, code, state, first_seen_at, shared, beyond)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant, kind, code) DO UPDATE SET state = excluded.state,
           first_seen_at = excluded.first_seen_at, shared = excluded.shared, beyond = excluded.beyond";
    PAGE = "SELECT kind, code, state, first_seen_at, shared, beyond FROM ptv_shadow
           WHERE tenant = $1 AND (kind > $2 OR (kind = $2 AND code > $3)) ORDER BY kind, code LIMIT $4";
}

/// Who writes. Times are microseconds UTC; 0 for never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WriterRow {
    /// `v11` or `v12`.
    pub writer: String,
    pub since: i64,
    /// The first write of v12: from then on there is no way back.
    pub first_v12_at: i64,
    /// The last whole comparison of both versions.
    pub compared_at: i64,
    /// It found nothing that was not expected.
    pub clean: bool,
}

/// One twin in v12.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShadowRow {
    pub kind: String,
    pub code: String,
    pub state: String,
    pub first_seen_at: i64,
    /// May others link to it: `true`, `false`, or empty where v12 does not say.
    pub shared: String,
    /// Hours that only v12 can say, by name.
    pub beyond: String,
}

pub fn put_writer(tenant: &str, row: &WriterRow) -> Statement {
    let row = row.clone();
    let values = args![tenant, row.writer, row.since, row.first_v12_at, row.compared_at, row.clean];
    Statement::new(PUT_WRITER, values).expecting(1)
}

pub async fn writer(store: &Store, tenant: &str) -> Result<Option<WriterRow>, StoreError> {
    let Some(row) = store.read_one(WRITER, args![tenant]).await? else { return Ok(None) };
    let mut fields = row.fields("ptv_writer");
    Ok(Some(WriterRow {
        writer: fields.text()?,
        since: fields.int()?,
        first_v12_at: fields.int()?,
        compared_at: fields.int()?,
        clean: fields.flag()?,
    }))
}

pub fn put(tenant: &str, row: &ShadowRow) -> Statement {
    let row = row.clone();
    let values = args![tenant, row.kind, row.code, row.state, row.first_seen_at, row.shared, row.beyond];
    Statement::new(PUT, values).expecting(1)
}

/// All of a tenant's.
pub async fn all(store: &Store, tenant: &str) -> Result<Vec<ShadowRow>, StoreError> {
    by_key(store, PAGE, tenant, from_row, |row: &ShadowRow| (&row.kind, &row.code)).await
}

fn from_row(row: Row) -> Result<ShadowRow, StoreError> {
    let mut fields = row.fields("ptv_shadow");
    Ok(ShadowRow {
        kind: fields.text()?,
        code: fields.text()?,
        state: fields.text()?,
        first_seen_at: fields.int()?,
        shared: fields.text()?,
        beyond: fields.text()?,
    })
}
