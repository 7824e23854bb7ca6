//! `intake_batch`: batches from own systems and the verdicts they got, so that the same batch gets the same answer.
//! `intake_mark`: what an own system asked to be sent to PTV, by the tracking id that it was given.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    ADD = "INSERT INTO intake_batch (tenant, batch, digest, verdicts, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant, batch) DO NOTHING";
    GET = "SELECT batch, digest, verdicts, at FROM intake_batch WHERE tenant = $1 AND batch = $2";
    MARK = "INSERT INTO intake_mark (tenant, id, master, kind, code, at) VALUES ($1, $2, $3, $4, $5, $6)";
    MARKED = "SELECT master, kind, code, at FROM intake_mark WHERE tenant = $1 AND id = $2";
    LATEST = "SELECT batch, digest, verdicts, at FROM intake_batch WHERE tenant = $1 ORDER BY at DESC, batch LIMIT $2";
}

/// A batch that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub batch: String,
    /// Digest of what was sent: another content under the same id is not the same batch.
    pub digest: Vec<u8>,
    pub verdicts: Vec<u8>,
    pub at: i64,
}

/// Keeps the answer; conflicts when the batch has one already.
pub fn add(tenant: &str, batch: &Batch) -> Statement {
    let Batch { batch, digest, verdicts, at } = batch;
    Statement::new(ADD, args![tenant, batch.as_str(), digest.as_slice(), verdicts.as_slice(), *at]).expecting(1)
}

pub async fn get(store: &Store, tenant: &str, batch: &str) -> Result<Option<Batch>, StoreError> {
    store.read_one(GET, args![tenant, batch]).await?.map(from_row).transpose()
}

/// The newest batches first.
pub async fn latest(store: &Store, tenant: &str, limit: u32) -> Result<Vec<Batch>, StoreError> {
    store.read(LATEST, args![tenant, limit]).await?.into_iter().map(from_row).collect()
}

/// A record that was asked to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub master: String,
    pub kind: String,
    pub code: String,
    pub at: i64,
}

pub fn mark(tenant: &str, id: &str, mark: &Mark) -> Statement {
    let Mark { master, kind, code, at } = mark;
    Statement::new(MARK, args![tenant, id, master.as_str(), kind.as_str(), code.as_str(), *at])
}

pub async fn marked(store: &Store, tenant: &str, id: &str) -> Result<Option<Mark>, StoreError> {
    let Some(row) = store.read_one(MARKED, args![tenant, id]).await? else { return Ok(None) };
    let mut fields = row.fields("intake_mark");
    Ok(Some(Mark { master: fields.text()?, kind: fields.text()?, code: fields.text()?, at: fields.int()? }))
}

fn from_row(row: crate::store::Row) -> Result<Batch, StoreError> {
    let mut fields = row.fields("intake_batch");
    Ok(Batch { batch: fields.text()?, digest: fields.blob()?, verdicts: fields.blob()?, at: fields.int()? })
}
