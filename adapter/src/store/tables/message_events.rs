//! `message_event`: what senders are told of their letters, in the order in which it became true.
//!
//! An event stands in the commit that moves the Send, after the statement that moves it, and takes order, channel and
//! reason from the rows as they are then.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    NEXT = "INSERT INTO counter (tenant, name, value) VALUES ($1, 'message_event', 1)
           ON CONFLICT (tenant, name) DO UPDATE SET value = counter.value + 1";
    ADD = "INSERT INTO message_event
           (tenant, sequence, client, changed_at, letter_order, order_id, send_id, recipient_number, state, channel,
           reason)
           SELECT send.tenant, counter.value, letter_order.client, CAST($4 AS BIGINT), letter_order.id,
           letter_order.order_id, send.id, send.recipient_number, CAST($3 AS TEXT), send.channel, send.reason
           FROM send, letter_order, counter
           WHERE send.tenant = $1 AND send.id = $2 AND letter_order.id = send.order_id
           AND counter.tenant = $1 AND counter.name = 'message_event'";
    AFTER = "SELECT sequence, changed_at, letter_order, order_id, send_id, recipient_number, state, channel, reason
           FROM message_event WHERE tenant = $1 AND client = $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
    LAST = "SELECT MAX(sequence) FROM message_event WHERE tenant = $1";
}

/// A letter has reached a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEvent {
    /// Ascending per tenant, in the order of commits.
    pub sequence: i64,
    pub changed_at: i64,
    /// [`super::letters::Order::id`].
    pub letter_order: String,
    /// The sender's own id of the order.
    pub order_id: String,
    pub send_id: String,
    /// From 0.
    pub recipient_number: i64,
    /// The contract's word.
    pub state: String,
    pub channel: Option<String>,
    pub reason: Option<String>,
}

/// Tells the sender that a letter has reached `state` (the contract's word). Belongs behind the statement that moves it.
pub fn tell(tenant: &str, send: &str, state: &str, changed_at: i64) -> Vec<Statement> {
    vec![Statement::new(NEXT, args![tenant]), Statement::new(ADD, args![tenant, send, state, changed_at]).expecting(1)]
}

/// At most `limit` events of a client's letters after a sequence.
pub async fn after(
    store: &Store,
    tenant: &str,
    client: &str,
    sequence: i64,
    limit: u32,
) -> Result<Vec<MessageEvent>, StoreError> {
    store.read(AFTER, args![tenant, client, sequence, limit]).await?.into_iter().map(from_row).collect()
}

/// The last sequence of a tenant; none before the first event.
pub async fn last(store: &Store, tenant: &str) -> Result<Option<i64>, StoreError> {
    match store.read_one(LAST, args![tenant]).await? {
        Some(row) => row.fields("message_event").optional_int(),
        None => Ok(None),
    }
}

fn from_row(row: Row) -> Result<MessageEvent, StoreError> {
    let mut fields = row.fields("message_event");
    Ok(MessageEvent {
        sequence: fields.int()?,
        changed_at: fields.int()?,
        letter_order: fields.text()?,
        order_id: fields.text()?,
        send_id: fields.text()?,
        recipient_number: fields.int()?,
        state: fields.text()?,
        channel: fields.optional_text()?,
        reason: fields.optional_text()?,
    })
}
