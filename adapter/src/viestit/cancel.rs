//! Letters that are not to be sent after all, and orders that belong together.
//!
//! Only what certainly nobody has tried to send can be cancelled. A letter whose outcome is unknown may be with Viestit,
//! which has no way to take it back.

use super::orders::{Orders, recipient_number, subject, timestamp};
use super::sealed::state_of;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::SendState;
use crate::store::letters::{self, Order};
use crate::store::sends::{self, Numbers, Send};
use crate::store::{Statement, StoreError, message_events};

/// Letters that one request cancels of a bulletin, about: orders are looked at until there are so many.
const MOST_LETTERS: usize = 10_000;
/// Orders of one bulletin.
pub const MAX_BULLETIN_ORDERS: u32 = 100;

/// What becomes of letters once `statements` and `evidence` are committed. A commit that conflicts met a worker that has
/// begun with one of them: ask again.
#[derive(Debug)]
pub struct Cancellation {
    /// Our id of the order.
    pub id: String,
    /// The sender's own.
    pub order_id: String,
    /// One for each letter that was asked for, in order.
    pub sends: Vec<CancelledSend>,
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

/// What becomes of one letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelledSend {
    pub id: String,
    pub recipient_number: u32,
    /// It will not be sent; now or by an earlier request.
    pub cancelled: bool,
}

/// The state of a bulletin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    /// In the order of acceptance.
    pub orders: Vec<BulletinOrder>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinOrder {
    pub id: String,
    pub order_id: String,
    pub accepted_at: jiff::Timestamp,
    /// Letters by state.
    pub states: Vec<(SendState, u64)>,
}

/// What becomes of a bulletin.
#[derive(Debug, Default)]
pub struct BulletinCancellation {
    pub cancelled: u64,
    pub too_late: u64,
    /// Not all orders were looked at.
    pub more: bool,
    pub statements: Vec<Statement>,
    pub evidence: Vec<EvidenceDraft>,
}

impl Orders {
    /// Cancels the letters of an order, or the one to a recipient (1 for the first); none when the order is not this
    /// client's, or has no such recipient.
    pub async fn cancel(
        &self,
        tenant: &str,
        client: &str,
        id: &str,
        recipient: Option<u32>,
    ) -> Result<Option<Cancellation>, StoreError> {
        let store = self.store();
        let Some(order) = letters::get(store, tenant, id).await?.filter(|order| order.client == client) else {
            return Ok(None);
        };
        let numbers = match recipient.map(|number| i64::from(number) - 1) {
            Some(number) => number..=number,
            None => 0..=i64::MAX,
        };
        let untried = sends::untried(store, tenant, &order.id, &numbers).await?;
        let all = sends::of_order(store, tenant, &order.id).await?;
        let asked = all.iter().filter(|send| numbers.contains(&send.recipient_number));
        let asked: Vec<CancelledSend> = asked
            .map(|send| {
                let is_cancelled = state_of(&send.state)? == SendState::Cancelled;
                let cancelled = is_cancelled || untried.iter().any(|untried| untried.id == send.id);
                Ok(CancelledSend { id: send.id.clone(), recipient_number: recipient_number(send), cancelled })
            })
            .collect::<Result<_, StoreError>>()?;
        if asked.is_empty() {
            return Ok(None);
        }
        let (statements, evidence) = self.cancelling(tenant, &order, &untried, &numbers);
        Ok(Some(Cancellation { id: order.id, order_id: order.order_id, sends: asked, statements, evidence }))
    }

    /// Cancels the letters of a client's bulletin, order by order; none when there is no such bulletin.
    pub async fn cancel_bulletin(
        &self,
        tenant: &str,
        client: &str,
        bulletin_id: &str,
    ) -> Result<Option<BulletinCancellation>, StoreError> {
        let store = self.store();
        let orders = letters::bulletin(store, tenant, client, bulletin_id, MAX_BULLETIN_ORDERS).await?;
        if orders.is_empty() {
            return Ok(None);
        }
        let mut whole = BulletinCancellation::default();
        let numbers = 0..=i64::MAX;
        for order in orders {
            let untried = sends::untried(store, tenant, &order.id, &numbers).await?;
            if whole.evidence.len() + untried.len() > MOST_LETTERS && !whole.evidence.is_empty() {
                whole.more = true;
                break;
            }
            let counted = letters::states(store, tenant, &order.id).await?;
            let letters: u64 = counted.iter().map(|(_, count)| count.unsigned_abs()).sum();
            let before = counted.iter().find(|(state, _)| state == SendState::Cancelled.word());
            let cancelled = before.map_or(0, |(_, count)| count.unsigned_abs()) + untried.len() as u64;
            whole.cancelled += cancelled;
            whole.too_late += letters.saturating_sub(cancelled);
            let (statements, evidence) = self.cancelling(tenant, &order, &untried, &numbers);
            whole.statements.extend(statements);
            whole.evidence.extend(evidence);
        }
        Ok(Some(whole))
    }

    /// The state of a client's bulletin; none when there is no such one.
    pub async fn bulletin(
        &self,
        tenant: &str,
        client: &str,
        bulletin_id: &str,
    ) -> Result<Option<Bulletin>, StoreError> {
        let store = self.store();
        let found = letters::bulletin(store, tenant, client, bulletin_id, MAX_BULLETIN_ORDERS).await?;
        let mut orders = Vec::with_capacity(found.len());
        for order in found {
            let states = letters::states(store, tenant, &order.id).await?.into_iter();
            let states = states.map(|(state, count)| Ok((state_of(&state)?, count.unsigned_abs())));
            orders.push(BulletinOrder {
                states: states.collect::<Result<_, StoreError>>()?,
                accepted_at: timestamp(order.accepted_at),
                id: order.id,
                order_id: order.order_id,
            });
        }
        Ok((!orders.is_empty()).then_some(Bulletin { orders }))
    }

    fn cancelling(
        &self,
        tenant: &str,
        order: &Order,
        untried: &[Send],
        numbers: &Numbers,
    ) -> (Vec<Statement>, Vec<EvidenceDraft>) {
        if untried.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let now = self.world().now();
        let at = now.as_microsecond();
        let mut statements = vec![sends::cancel(tenant, &order.id, numbers, untried.len(), at)];
        let word = SendState::Cancelled.word();
        statements.extend(untried.iter().flat_map(|send| message_events::tell(tenant, &send.id, word, at)));
        let evidence = untried.iter().map(|send| {
            let mut draft = EvidenceDraft::new(RecordKind::SendSettled, tenant, now, now);
            draft.client = Some(order.client.clone());
            draft.subject = Some(subject(send));
            draft.outcome = Some(word.to_owned());
            draft
        });
        (statements, evidence.collect())
    }
}
