//! The events of a sender's own letters: a feed that is read on from where it was left, now or in a month.

use jiff::Timestamp;

use super::orders::{Orders, timestamp};
use crate::model::letter::{Channel, SendState};
use crate::store::{StoreError, message_events};

/// A letter has reached a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its place in the feed; grows, with gaps.
    pub sequence: u64,
    pub changed_at: Timestamp,
    /// Our id of the order.
    pub order: String,
    /// The sender's own.
    pub order_id: String,
    pub send_id: String,
    /// 1 for the first recipient of the order.
    pub recipient_number: u32,
    pub state: SendState,
    pub channel: Option<Channel>,
    pub reason: Option<String>,
}

/// Events after a place in the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPage {
    /// Oldest first.
    pub events: Vec<Told>,
    /// Where to go on.
    pub next: u64,
}

impl Orders {
    /// At most `limit` events of this client's letters after a place; none when the place is ahead of the feed, as after
    /// a restored backup.
    pub async fn told(
        &self,
        tenant: &str,
        client: &str,
        after: u64,
        limit: usize,
    ) -> Result<Option<ToldPage>, StoreError> {
        let store = self.store();
        // Asked first: an event that comes meanwhile is not passed over.
        let last = message_events::last(store, tenant).await?.unwrap_or_default().unsigned_abs();
        if after > last {
            return Ok(None);
        }
        let from = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let rows = message_events::after(store, tenant, client, from, limit.saturating_add(1)).await?;
        let is_full = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        let mut events = Vec::with_capacity(rows.len());
        for row in rows.into_iter().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
            let known = SendState::from_word(&row.state);
            events.push(Told {
                sequence: row.sequence.unsigned_abs(),
                changed_at: timestamp(row.changed_at),
                order: row.letter_order,
                order_id: row.order_id,
                send_id: row.send_id,
                recipient_number: u32::try_from(row.recipient_number + 1).unwrap_or(u32::MAX),
                state: known.ok_or(StoreError::Unreadable { place: "message_event", column: 6 })?,
                channel: row.channel.as_deref().and_then(Channel::from_word),
                reason: row.reason,
            });
        }
        let seen = events.last().map_or(0, |event| event.sequence);
        // At the end the place passes over what is of others, so that it is not looked at again.
        let next = if is_full { seen } else { seen.max(last) };
        Ok(Some(ToldPage { events, next }))
    }
}
