//! What events mean for letters, and how the news of a page become one change per letter, told to its sender in the same
//! commit. Also the one piece of news that nobody sends: that a letter was not confirmed in time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::events::Feed;
use super::micros;
use super::orders::{subject, timestamp};
use super::sealed::{self, Letter, column, state_of};
use super::wire::Event;
use super::worker::WorkerError;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::{Channel, MessageType, SendState};
use crate::store::letters::{self, Order};
use crate::store::sends::{self, News, Send};
use crate::store::{Commit, StoreError, message_events};

/// Someone has written to a service.
pub(super) const FROM_END_USER: &str = "Electronic message from end user";
const LATE_PAGE: u32 = 200;

/// What an event says about a Send; none for kinds that do not move one.
pub(super) fn meaning(kind: &str) -> Option<(SendState, Channel)> {
    match kind {
        "Electronic message created" => Some((SendState::Delivered, Channel::Electronic)),
        "Electronic message read" => Some((SendState::Read, Channel::Electronic)),
        "Receipt confirmed" => Some((SendState::Confirmed, Channel::Electronic)),
        // It will be printed: nothing more than that Viestit has it, and how it goes.
        "Paper mail created" => Some((SendState::Submitted, Channel::Paper)),
        "Sent for printing and enveloping" => Some((SendState::SentToPrint, Channel::Paper)),
        "Posti: receipt confirmed" => Some((SendState::Confirmed, Channel::Paper)),
        "Posti: returned to sender" => Some((SendState::Returned, Channel::Paper)),
        "Posti: unresolved" => Some((SendState::Unresolved, Channel::Paper)),
        _ => None,
    }
}

/// Kinds that Viestit describes.
pub(super) fn is_known(kind: &str) -> bool {
    meaning(kind).is_some() || kind == FROM_END_USER
}

/// The news of a page, folded per Send: many events of one letter make one change.
#[derive(Default)]
pub(super) struct Moves {
    by_send: BTreeMap<String, Move>,
}

struct Move {
    /// The member whose letter it is.
    place: usize,
    send: Send,
    from: SendState,
    to: SendState,
    channel: Option<Channel>,
    message_id: Option<i64>,
    at: i64,
    /// Every state on the way, with its time.
    reached: Vec<(SendState, i64)>,
}

impl Moves {
    pub(super) fn add(&mut self, place: usize, send: Send, event: &Event, at: i64) -> Result<(), StoreError> {
        let Some((next, channel)) = meaning(&event.kind) else { return Ok(()) };
        let known = self.by_send.get(&send.id);
        let (state, channel_before, is_new) = match known {
            Some(moved) => (moved.to, moved.channel, false),
            None => (state_of(&send.state)?, send.channel.as_deref().and_then(Channel::from_word), true),
        };
        // What was printed went by paper, even when it is opened in the mailbox later.
        let channel = if channel_before == Some(Channel::Paper) { Channel::Paper } else { channel };
        let lacks_id = is_new && send.message_id.is_none();
        let is_news = state.may_become(next);
        if !is_news && !lacks_id && channel_before == Some(channel) {
            return Ok(());
        }
        let changed_at = send.changed_at;
        let moved = self.by_send.entry(send.id.clone()).or_insert_with(|| Move {
            place,
            send,
            from: state,
            to: state,
            channel: None,
            message_id: event.message_id(),
            at: changed_at,
            reached: Vec::new(),
        });
        moved.channel = Some(channel);
        if is_news {
            moved.to = next;
            moved.at = at;
            moved.reached.push((next, at));
        }
        Ok(())
    }
}

impl Feed {
    pub(super) async fn with_moves(&self, mut commit: Commit, moves: Moves) -> Result<Commit, WorkerError> {
        let now = self.world.now();
        let mut verifiable: BTreeMap<String, bool> = BTreeMap::new();
        for (id, moved) in moves.by_send {
            let Some(settings) = self.members.get(moved.place) else { continue };
            let tenant = &settings.tenant;
            let news = News {
                from: column(moved.from),
                to: column(moved.to),
                message_id: moved.message_id,
                channel: moved.channel.map(Channel::word),
                at: moved.at,
            };
            commit = commit.with([sends::happened(tenant, &id, news)]);
            let order = letters::get(&self.store, tenant, &moved.send.order_id).await?;
            for (state, at) in &moved.reached {
                commit = commit.with(message_events::tell(tenant, &id, state.word(), *at));
                commit = commit.and(reached(tenant, &moved.send, *state, order.as_ref(), timestamp(*at), now));
            }
            let delivered = moved.reached.iter().find(|(state, _)| *state == SendState::Delivered);
            if let (Some((_, at)), Some(order)) = (delivered, order) {
                let is_verifiable = match verifiable.get(&order.id) {
                    Some(known) => *known,
                    None => self.is_verifiable(tenant, &order).await?,
                };
                if is_verifiable {
                    commit = commit.with([sends::confirm_by(tenant, &id, at + micros(settings.confirm_within))]);
                }
                verifiable.insert(order.id, is_verifiable);
            }
        }
        Ok(commit)
    }

    async fn is_verifiable(&self, tenant: &str, order: &Order) -> Result<bool, StoreError> {
        let body = self.store.body(tenant, &order.body, &sealed::order_context(&order.id)).await;
        match body.and_then(|body| sealed::read::<Letter>(&body)) {
            Ok(letter) => Ok(letter.message_type == MessageType::Verifiable),
            Err(error) if error.may_retry() => Err(error),
            // A text that is gone or broken must not stop the feed.
            Err(error) => {
                tracing::warn!(tenant, "a letter's text cannot be read when it is delivered: {error}");
                Ok(false)
            }
        }
    }

    /// Tells the senders of verifiable letters that were not confirmed in time, as far as the feed was read: a
    /// confirmation that waits in it comes first.
    pub(super) async fn tell_unconfirmed(&self, read_until: i64) -> Result<(), WorkerError> {
        for settings in &self.members {
            let tenant = &settings.tenant;
            loop {
                let late = sends::unconfirmed(&self.store, tenant, read_until, LATE_PAGE).await?;
                if late.is_empty() {
                    break;
                }
                let now = self.world.now();
                let mut commit = Commit::new();
                for send in late {
                    let state = SendState::NotConfirmed;
                    let order = letters::get(&self.store, tenant, &send.order_id).await?;
                    let (from, at) = (column(SendState::Delivered), now.as_microsecond());
                    commit = commit
                        .with([sends::change(tenant, &send.id, from, column(state), None, None, at)])
                        .with(message_events::tell(tenant, &send.id, state.word(), at))
                        .and(reached(tenant, &send, state, order.as_ref(), now, now));
                }
                match self.store.commit(commit).await {
                    Ok(_) => {}
                    // News came first; the next reading looks again.
                    Err(error) if error.is_conflict() => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

/// A record that a Send has reached a state.
fn reached(
    tenant: &str,
    send: &Send,
    state: SendState,
    order: Option<&Order>,
    time_in: Timestamp,
    time_out: Timestamp,
) -> EvidenceDraft {
    let mut draft = EvidenceDraft::new(RecordKind::SendSettled, tenant, time_in, time_out);
    draft.client = order.map(|order| order.client.clone());
    draft.subject = Some(subject(send));
    draft.actor = Some("system".to_owned());
    draft.outcome = Some(state.word().to_owned());
    draft
}
