//! What is erased of letters after their outcome: which orders are due, and the statements that empty them.
//!
//! Erased is erased: the rows stay, with what proves that the letter was sent and how it ended.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    DUE = "SELECT letter_order.id FROM letter_order
           WHERE letter_order.tenant = $1 AND letter_order.purged_at IS NULL AND letter_order.accepted_at < $2
           AND NOT EXISTS (SELECT 1 FROM send WHERE send.tenant = $1 AND send.order_id = letter_order.id
                           AND (send.state IN ('waiting', 'unknown', 'parked') OR send.changed_at >= $2))
           ORDER BY letter_order.id LIMIT $3";
    EMPTY = "UPDATE letter_order SET body = $3, blob_name = NULL, purged_at = $4
           WHERE tenant = $1 AND id = $2 AND purged_at IS NULL";
    FORGET_FILES = "DELETE FROM viestit_attachment WHERE tenant = $1 AND order_id = $2";
    RESEAL = "UPDATE send SET sealed = $3
           WHERE tenant = $1 AND id = $2 AND changed_at = $4 AND state NOT IN ('waiting', 'unknown', 'parked')";
    KEYS = "SELECT send.id FROM send, letter_order
           WHERE send.tenant = $1 AND send.commitment_key IS NOT NULL AND send.changed_at < $2
           AND letter_order.id = send.order_id AND letter_order.purged_at IS NOT NULL
           ORDER BY send.id LIMIT $3";
}

/// At most `limit` orders that were accepted, and all of whose Sends reached their outcome, before an instant.
pub async fn due(store: &Store, tenant: &str, before: i64, limit: u32) -> Result<Vec<String>, StoreError> {
    store
        .read(DUE, args![tenant, before, limit])
        .await?
        .into_iter()
        .map(|row| row.fields("letter_order").text())
        .collect()
}

/// Erases what the letter said and the files that it had; conflicts when another one has done it.
pub fn empty(tenant: &str, order: &str, now: i64) -> [Statement; 2] {
    let nothing: Vec<u8> = Vec::new();
    [
        Statement::new(EMPTY, args![tenant, order, nothing, now]).expecting(1),
        Statement::new(FORGET_FILES, args![tenant, order]),
    ]
}

/// Replaces what is sealed with a Send that has not changed since it was read; conflicts otherwise.
pub fn reseal(tenant: &str, send: &str, sealed: &[u8], changed_at: i64) -> Statement {
    Statement::new(RESEAL, args![tenant, send, sealed, changed_at]).expecting(1)
}

/// At most `limit` Sends of erased orders whose commitment key is older than an instant.
pub async fn keys(store: &Store, tenant: &str, before: i64, limit: u32) -> Result<Vec<String>, StoreError> {
    store.read(KEYS, args![tenant, before, limit]).await?.into_iter().map(|row| row.fields("send").text()).collect()
}
