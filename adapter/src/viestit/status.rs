//! How far an order has come, for the client that gave it and nobody else.

use jiff::Timestamp;

use super::orders::{Orders, recipient_number, timestamp};
use super::sealed::state_of;
use crate::model::letter::{Channel, SendState};
use crate::store::sends::Send;
use crate::store::{StoreError, letters, sends};

/// The state of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatus {
    /// Our id of the order.
    pub id: String,
    /// The sender's own.
    pub order_id: String,
    pub accepted_at: Timestamp,
    /// One for each recipient, in order.
    pub sends: Vec<SendStatus>,
}

/// The state of the letter to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendStatus {
    pub id: String,
    /// The recipient's place in the order, 1 for the first.
    pub recipient_number: u32,
    pub state: SendState,
    /// Viestit's id, once known.
    pub message_id: Option<i64>,
    /// How it went; none while nobody knows.
    pub channel: Option<Channel>,
    /// Why it failed, is parked, or waits: a code of Viestit's or a word of ours; nothing personal.
    pub reason: Option<String>,
    /// When the state was reached.
    pub changed_at: Timestamp,
}

impl SendStatus {
    pub(super) fn of(send: Send) -> Result<SendStatus, StoreError> {
        Ok(SendStatus {
            recipient_number: recipient_number(&send),
            state: state_of(&send.state)?,
            message_id: send.message_id,
            channel: send.channel.as_deref().and_then(Channel::from_word),
            reason: send.reason,
            changed_at: timestamp(send.changed_at),
            id: send.id,
        })
    }
}

impl Orders {
    /// The state of the order with our id; none when it is not this client's, as if there were no such order.
    pub async fn status(&self, tenant: &str, client: &str, id: &str) -> Result<Option<OrderStatus>, StoreError> {
        let store = self.store();
        let Some(order) = letters::get(store, tenant, id).await?.filter(|order| order.client == client) else {
            return Ok(None);
        };
        let sends = sends::of_order(store, tenant, &order.id).await?;
        let statuses = sends.into_iter().map(SendStatus::of).collect::<Result<_, _>>()?;
        Ok(Some(OrderStatus {
            id: order.id,
            order_id: order.order_id,
            accepted_at: timestamp(order.accepted_at),
            sends: statuses,
        }))
    }
}
