//! `twin`: what PTV holds for an entity.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    PUT = "INSERT INTO twin
           (tenant, kind, code, guid, source_id, status, pushed_digest, pushed_body, languages, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (tenant, kind, code) DO UPDATE SET guid = excluded.guid, source_id = excluded.source_id,
           status = excluded.status, pushed_digest = excluded.pushed_digest, pushed_body = excluded.pushed_body,
           languages = excluded.languages, updated_at = excluded.updated_at";
    FORGET = "DELETE FROM twin WHERE tenant = $1 AND kind = $2 AND code = $3";
    GET = "SELECT kind, code, guid, source_id, status, pushed_digest, pushed_body, languages, updated_at FROM twin
           WHERE tenant = $1 AND kind = $2 AND code = $3";
    BY_GUID = "SELECT kind, code, guid, source_id, status, pushed_digest, pushed_body, languages, updated_at FROM twin
           WHERE tenant = $1 AND guid = $2 ORDER BY kind, code LIMIT 1";
    DISTRUST = "UPDATE twin SET pushed_digest = NULL WHERE tenant = $1 AND kind <> $2";
    PAGE = "SELECT kind, code, guid, source_id, status, pushed_digest, pushed_body, languages, updated_at FROM twin
           WHERE tenant = $1 AND kind = $2 AND code > $3 ORDER BY code LIMIT $4";
}

/// A twin. `languages` is the catalogue's own text (`fi,sv`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    pub kind: String,
    pub code: String,
    pub guid: Option<String>,
    pub source_id: String,
    pub status: String,
    pub pushed_digest: Option<Vec<u8>>,
    pub pushed_body: Option<Vec<u8>>,
    pub languages: String,
    pub updated_at: i64,
}

/// Writes the twin, new or not.
pub fn put(tenant: &str, twin: &Twin) -> Statement {
    let twin = twin.clone();
    Statement::new(
        PUT,
        args![
            tenant,
            twin.kind,
            twin.code,
            twin.guid,
            twin.source_id,
            twin.status,
            twin.pushed_digest,
            twin.pushed_body,
            twin.languages,
            twin.updated_at,
        ],
    )
    .expecting(1)
}

/// Nothing of a tenant counts as equal any more, one kind apart.
pub fn distrust(tenant: &str, but: &str) -> Statement {
    Statement::new(DISTRUST, args![tenant, but])
}

/// Forgets the twin (PTV's record is gone for good).
pub fn forget(tenant: &str, kind: &str, code: &str) -> Statement {
    Statement::new(FORGET, args![tenant, kind, code])
}

pub async fn get(store: &Store, tenant: &str, kind: &str, code: &str) -> Result<Option<Twin>, StoreError> {
    store.read_one(GET, args![tenant, kind, code]).await?.map(from_row).transpose()
}

pub async fn by_guid(store: &Store, tenant: &str, guid: &str) -> Result<Option<Twin>, StoreError> {
    store.read_one(BY_GUID, args![tenant, guid]).await?.map(from_row).transpose()
}

/// At most `limit` twins of a kind whose code is greater than `after`.
pub async fn page(store: &Store, tenant: &str, kind: &str, after: &str, limit: u32) -> Result<Vec<Twin>, StoreError> {
    store.read(PAGE, args![tenant, kind, after, limit]).await?.into_iter().map(from_row).collect()
}

fn from_row(row: Row) -> Result<Twin, StoreError> {
    let mut fields = row.fields("twin");
    Ok(Twin {
        kind: fields.text()?,
        code: fields.text()?,
        guid: fields.optional_text()?,
        source_id: fields.text()?,
        status: fields.text()?,
        pushed_digest: fields.optional_blob()?,
        pushed_body: fields.optional_blob()?,
        languages: fields.text()?,
        updated_at: fields.int()?,
    })
}
