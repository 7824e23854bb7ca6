//! `upload`: files that a client has sent before the orders that name them, sealed.

use super::sql;
use crate::store::blobs::Body;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    ADD = "INSERT INTO upload (id, tenant, client, size, body, blob_name, expires_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)";
    GET = "SELECT id, size, body, blob_name, expires_at FROM upload
           WHERE tenant = $1 AND client = $2 AND id = $3 AND expires_at > $4";
    TOTAL = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM upload
           WHERE tenant = $1 AND client = $2 AND expires_at > $3";
    EXPIRED = "SELECT id, size, body, blob_name, expires_at FROM upload WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    REMOVE = "DELETE FROM upload WHERE id = $1";
}

/// A file that waits for orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: String,
    pub size: i64,
    pub body: Body,
    pub expires_at: i64,
}

pub fn add(tenant: &str, client: &str, upload: &Upload) -> Statement {
    let Upload { id, size, body, expires_at } = upload.clone();
    Statement::new(ADD, args![id, tenant, client, size, body.sealed, body.blob, expires_at])
}

/// The file with an id, if it is this client's and not expired.
pub async fn get(store: &Store, tenant: &str, client: &str, id: &str, now: i64) -> Result<Option<Upload>, StoreError> {
    store.read_one(GET, args![tenant, client, id, now]).await?.map(from_row).transpose()
}

/// Bytes of all files of a client that are not expired.
pub async fn total(store: &Store, tenant: &str, client: &str, now: i64) -> Result<i64, StoreError> {
    match store.read_one(TOTAL, args![tenant, client, now]).await? {
        Some(row) => row.fields("upload").int(),
        None => Ok(0),
    }
}

/// At most `limit` expired files, of whomever.
pub async fn expired(store: &Store, now: i64, limit: u32) -> Result<Vec<Upload>, StoreError> {
    store.read(EXPIRED, args![now, limit]).await?.into_iter().map(from_row).collect()
}

/// Removes a file with its hold on a blob; conflicts when another one has done so.
pub fn remove(upload: &Upload) -> Vec<Statement> {
    let remove = Statement::new(REMOVE, args![upload.id.as_str()]).expecting(1);
    let release = upload.body.blob.as_deref().map(super::blobs::release);
    std::iter::once(remove).chain(release).collect()
}

fn from_row(row: Row) -> Result<Upload, StoreError> {
    let mut fields = row.fields("upload");
    Ok(Upload {
        id: fields.text()?,
        size: fields.int()?,
        body: Body { sealed: fields.blob()?, blob: fields.optional_text()? },
        expires_at: fields.int()?,
    })
}
