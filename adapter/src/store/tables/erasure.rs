//! The end of letters: which orders may lose their content, then the keys of their commitments, and how that is done.
//!
//! An order that still has work or a person to wait for is never among them.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    DUE = "SELECT id, client, blob_name FROM letter_order
           WHERE tenant = $1 AND forgotten_at = 0 AND erased_at = 0 AND accepted_at < $2 AND NOT EXISTS (
           SELECT 1 FROM send WHERE send.tenant = letter_order.tenant AND send.order_id = letter_order.id
           AND (send.state IN ('waiting', 'unknown', 'parked') OR send.changed_at >= $2))
           ORDER BY accepted_at, id LIMIT $3";
    ERASE = "UPDATE letter_order SET body = $3, blob_name = NULL, erased_at = $4
           WHERE tenant = $1 AND id = $2 AND erased_at = 0";
    TIMES = "SELECT erased_at, forgotten_at FROM letter_order WHERE tenant = $1 AND id = $2";
    ERASE_FILES = "DELETE FROM viestit_attachment WHERE tenant = $1 AND order_id = $2";
    OUTDATED = "SELECT id, client, blob_name FROM letter_order
           WHERE tenant = $1 AND forgotten_at = 0 AND erased_at > 0 AND accepted_at < $2 AND NOT EXISTS (
           SELECT 1 FROM send WHERE send.tenant = letter_order.tenant AND send.order_id = letter_order.id
           AND send.changed_at >= $2)
           ORDER BY accepted_at, id LIMIT $3";
    FORGET = "UPDATE letter_order SET forgotten_at = $3, body = $4, content_digest = $4 WHERE tenant = $1 AND id = $2 AND forgotten_at = 0";
    FORGET_SENDS = "UPDATE send SET commitment_key = NULL, sealed = $3 WHERE tenant = $1 AND order_id = $2";
    FORGET_TOLD = "DELETE FROM viestit_event WHERE tenant = $1
           AND send_id IN (SELECT id FROM send WHERE tenant = $1 AND order_id = $2)";
    FORGET_EVENTS = "DELETE FROM viestit_event WHERE account = $1 AND event_time < $2";
}

/// An order whose time has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub id: String,
    pub client: String,
    pub blob: Option<String>,
}

/// At most `limit` orders whose letters have all come to an end before `before`.
pub async fn due(store: &Store, tenant: &str, before: i64, limit: u32) -> Result<Vec<Ended>, StoreError> {
    store.read(DUE, args![tenant, before, limit]).await?.into_iter().map(from_row).collect()
}

/// When an order's content was erased, and its keys; 0 for not yet.
pub async fn times(store: &Store, tenant: &str, id: &str) -> Result<(i64, i64), StoreError> {
    let Some(row) = store.read_one(TIMES, args![tenant, id]).await? else { return Ok((0, 0)) };
    let mut fields = row.fields("letter_order");
    Ok((fields.int()?, fields.int()?))
}

/// Erases the content of an order, of which `remains` stay, sealed; conflicts when another has done so. Blobs are
/// released by whoever knows them.
pub fn erase(tenant: &str, id: &str, remains: &[u8], now: i64) -> [Statement; 2] {
    [
        Statement::new(ERASE, args![tenant, id, remains, now]).expecting(1),
        Statement::new(ERASE_FILES, args![tenant, id]),
    ]
}

/// At most `limit` orders without content whose letters came to an end before `before`, and whose commitments still can
/// be opened.
pub async fn outdated(store: &Store, tenant: &str, before: i64, limit: u32) -> Result<Vec<Ended>, StoreError> {
    store.read(OUTDATED, args![tenant, before, limit]).await?.into_iter().map(from_row).collect()
}

/// Erases the keys of an order's commitments, what is sealed with its Sends and what remained of its content: its records are anonymous from then on.
/// What was told of them goes too, whichever account told it.
pub fn forget(tenant: &str, id: &str, now: i64) -> [Statement; 3] {
    [
        Statement::new(FORGET, args![tenant, id, now, Vec::<u8>::new()]).expecting(1),
        Statement::new(FORGET_TOLD, args![tenant, id]),
        Statement::new(FORGET_SENDS, args![tenant, id, Vec::<u8>::new()]),
    ]
}

/// Erases what an account's feed told before `before`, names of confirmers among it.
pub fn forget_events(account: &str, before: i64) -> Statement {
    Statement::new(FORGET_EVENTS, args![account, before])
}

fn from_row(row: Row) -> Result<Ended, StoreError> {
    let mut fields = row.fields("letter_order");
    Ok(Ended { id: fields.text()?, client: fields.text()?, blob: fields.optional_text()? })
}
