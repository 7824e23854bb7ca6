//! Works a tenant's Sends off, as many at once as its account allows. What becomes of them afterwards, [`super::events`]
//! reads.
//!
//! An attempt is made under the external id that was given at acceptance, whatever happened before. So a crash between
//! an answer and its commit is harmless: the next attempt is told that the message is there already.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::OptionFuture;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::account::Account;
use super::attempt::{Attempt, Outcome};
use super::client::Failure;
use super::events::FeedStatus;
use super::hand::Hand;
use super::orders::subject;
use super::sealed::{Call, Particulars, column, state_of};
use super::{Settings, micros};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::{Channel, SendState};
use crate::outbox::Schedule;
use crate::store::letters::{self, Order};
use crate::store::sends::{self, Send, Settlement};
use crate::store::{Commit, CommitError, Store, StoreError, TenantKeys, message_events};
use crate::world::{World, WorldError};

/// A letter with 50 files takes most of a minute at one call per second.
const LEASE: Duration = Duration::from_mins(3);
/// Less of a lease than this is not begun with.
const ENOUGH: Duration = Duration::from_mins(2);
/// So many Sends are claimed at least.
const CLAIM: u32 = 4;

/// One tenant's sending. One `run_due` at a time per tenant and process; more processes are harmless.
pub struct Worker {
    pub(super) settings: Arc<Settings>,
    pub(super) account: Arc<Account>,
    pub(super) store: Store,
    pub(super) world: World,
    schedule: Schedule,
    owner: String,
    hand: Hand,
    pub(super) progress: Progress,
}

/// What is known since start.
#[derive(Debug, Default)]
pub(super) struct Progress {
    last_error: Mutex<Option<String>>,
    /// When is looked for letters that may be erased, since the world began.
    pub(super) next_erasure: Mutex<Duration>,
}

/// Where a tenant stands with Viestit. The first thirteen count Sends by state, whenever they were accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub accepted: u64,
    /// Tried without an answer; repeated.
    pub submitting: u64,
    pub submitted: u64,
    pub delivered: u64,
    pub read: u64,
    pub confirmed: u64,
    pub failed: u64,
    /// A person must look.
    pub parked: u64,
    pub cancelled: u64,
    pub sent_to_print: u64,
    /// Verifiable and not confirmed in time.
    pub not_confirmed: u64,
    pub returned: u64,
    pub unresolved: u64,
    /// Letters that are known to have gone on paper, by cost pool; an empty one where none is named. What costs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub paper_letters: BTreeMap<String, u64>,
    /// Of the account's event feed: events about no letter that we know of, since start.
    pub unmatched_events: u64,
    /// Events of kinds that this version does not know, since start. They are kept.
    pub unknown_events: u64,
    /// When the event feed was last read; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feed_read_at: Option<String>,
    /// It was not read for too long.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub feed_overdue: bool,
    /// Why it was not read the last time that it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub feed_error: Option<String>,
    /// The last call failed through Viestit's or the network's fault; what was accepted waits.
    pub outage: bool,
    /// Other tenants that send through the same account, and so at the same pace.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub shared_with: Vec<String>,
    /// Since when the account's password is in use, as far as we know; RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password_changed_at: Option<String>,
    /// Why nothing is sent at all, when that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stopped: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_error: Option<String>,
}

impl Status {
    /// How many Sends are in each state, by the state's word.
    pub fn counts(&self) -> [(&'static str, u64); 13] {
        [
            (SendState::Accepted, self.accepted),
            (SendState::Submitting, self.submitting),
            (SendState::Submitted, self.submitted),
            (SendState::Delivered, self.delivered),
            (SendState::Read, self.read),
            (SendState::Confirmed, self.confirmed),
            (SendState::Failed, self.failed),
            (SendState::Parked, self.parked),
            (SendState::Cancelled, self.cancelled),
            (SendState::SentToPrint, self.sent_to_print),
            (SendState::NotConfirmed, self.not_confirmed),
            (SendState::Returned, self.returned),
            (SendState::Unresolved, self.unresolved),
        ]
        .map(|(state, count)| (state.word(), count))
    }

    /// With what is known of the account's event feed.
    #[must_use]
    pub fn with_feed(mut self, feed: FeedStatus) -> Status {
        self.unmatched_events = feed.unmatched;
        self.unknown_events = feed.unknown;
        self.feed_read_at = feed.read_at.map(|at| super::orders::timestamp(at).to_string());
        self.feed_overdue = feed.overdue;
        self.feed_error = feed.last_error;
        self
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
    #[error(transparent)]
    World(#[from] WorldError),
}

impl Worker {
    /// The worker of one of the account's tenants.
    pub fn new(
        settings: Arc<Settings>,
        account: Arc<Account>,
        store: Store,
        world: World,
    ) -> Result<Worker, WorkerError> {
        Ok(Worker {
            settings,
            account,
            store,
            schedule: Schedule::default(),
            owner: world.id()?.to_string(),
            hand: Hand::default(),
            progress: Progress::default(),
            world,
        })
    }

    /// Tries everything that is due now, and says whether there was anything to do. Stops early while Viestit is in trouble.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        self.run_due_until(&CancellationToken::new()).await
    }

    /// The same; after `stop` nothing new is begun. Many are sent at once, and the next ones claimed meanwhile.
    pub async fn run_due_until(&self, stop: &CancellationToken) -> Result<bool, WorkerError> {
        let mut worked = false;
        let mut failed = None;
        let mut claimed: VecDeque<(Send, i64)> = VecDeque::new();
        let mut running = FuturesUnordered::new();
        let mut claiming = pin!(OptionFuture::from(None));
        let mut is_claiming = false;
        // Something may be due that the last claim did not see.
        let mut more = true;
        loop {
            let goes_on = failed.is_none() && !stop.is_cancelled() && !self.account.is_held();
            let room = if goes_on { self.account.room() } else { 0 };
            while running.len() < room
                && let Some((send, until)) = claimed.pop_front()
            {
                running.push(self.one(send, until));
            }
            if goes_on && more && !is_claiming && claimed.len() < room {
                claiming.set(OptionFuture::from(Some(self.claim(room))));
                is_claiming = true;
            }
            tokio::select! {
                Some(found) = &mut claiming, if is_claiming => {
                    is_claiming = false;
                    match found {
                        Ok(found) => {
                            more = !found.is_empty();
                            worked |= more;
                            claimed.extend(found);
                        }
                        Err(error) => failed = Some(error),
                    }
                }
                Some(done) = running.next(), if !running.is_empty() => match done {
                    // What waited for this one is due now.
                    Ok(()) => more = true,
                    Err(error) => failed = Some(error),
                },
                else => break,
            }
        }
        drop(running);
        self.give_back(claimed.iter().map(|(send, _)| send)).await?;
        if let Some(error) = failed {
            return Err(error);
        }
        if !stop.is_cancelled() && self.may_erase() {
            worked |= self.erase_due().await?;
        }
        Ok(worked)
    }

    /// Due Sends, with the end of their lease.
    async fn claim(&self, room: usize) -> Result<Vec<(Send, i64)>, WorkerError> {
        let now = self.world.now_micros();
        let until = now + micros(LEASE);
        let most = u32::try_from(room).unwrap_or(u32::MAX).max(CLAIM);
        let claimed = sends::claim(&self.store, &self.settings.tenant, &self.owner, now, until, most).await?;
        Ok(claimed.into_iter().map(|send| (send, until)).collect())
    }

    /// One attempt, when there is a place for it and enough left of its lease.
    async fn one(&self, send: Send, until: i64) -> Result<(), WorkerError> {
        let _place = self.account.places.acquire().await.ok();
        let begins_too_late = self.world.now_micros() + micros(ENOUGH) > until;
        if self.account.is_held() || begins_too_late {
            self.give_back([&send]).await
        } else {
            self.attempt(&send).await
        }
    }

    /// How long nothing will be due, at most `limit`.
    pub async fn idle(&self, limit: Duration) -> Result<Duration, WorkerError> {
        if self.account.stopped().is_some() {
            return Ok(limit);
        }
        let due = sends::next_due_of(&self.store, &self.settings.tenant, self.world.now_micros()).await?.map_or(
            limit,
            |due| {
                let left = due.saturating_sub(self.world.now_micros());
                Duration::from_micros(u64::try_from(left).unwrap_or_default())
            },
        );
        Ok(due.max(self.account.held_for()).max(Duration::from_millis(20)).min(limit))
    }

    pub async fn status(&self) -> Result<Status, WorkerError> {
        let counts = sends::count(&self.store, &self.settings.tenant).await?;
        let count = |state: SendState| {
            let found = counts.iter().find(|(known, _)| known == column(state));
            found.map_or(0, |(_, count)| count.unsigned_abs())
        };
        let paper = letters::paper(&self.store, &self.settings.tenant).await?;
        Ok(Status {
            accepted: count(SendState::Accepted),
            submitting: count(SendState::Submitting),
            submitted: count(SendState::Submitted),
            delivered: count(SendState::Delivered),
            read: count(SendState::Read),
            confirmed: count(SendState::Confirmed),
            failed: count(SendState::Failed),
            parked: count(SendState::Parked),
            cancelled: count(SendState::Cancelled),
            sent_to_print: count(SendState::SentToPrint),
            not_confirmed: count(SendState::NotConfirmed),
            returned: count(SendState::Returned),
            unresolved: count(SendState::Unresolved),
            paper_letters: paper.into_iter().map(|(pool, count)| (pool, count.unsigned_abs())).collect(),
            outage: self.account.is_out(),
            shared_with: self.others(),
            password_changed_at: self.account.client.password_changed_at().await.map(|at| at.to_string()),
            stopped: self.account.stopped().map(|kind| format!("{kind}. Check the account, then restart")),
            last_error: lock(&self.progress.last_error).clone(),
            ..Status::default()
        })
    }

    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    pub fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    async fn attempt(&self, send: &Send) -> Result<(), WorkerError> {
        let started = self.world.now();
        let keys = self.store.tenant_keys(&self.settings.tenant).await?;
        let (order, mut particulars, outcome) = match self.prepare(send, &keys).await {
            Ok((particulars, attempt)) => {
                let order = attempt.in_hand.order.clone();
                let outcome = attempt.run().await?;
                (Some(order), Some(particulars), outcome)
            }
            Err(error) if error.may_retry() => return Err(error.into()),
            // What was accepted cannot be read any more: a person must look, the others go on.
            Err(error) => {
                tracing::error!(tenant = %self.settings.tenant, send = %send.id, "a letter cannot be read: {error}");
                (None, None, Outcome::Parked("unreadable-here"))
            }
        };
        let settled = self.settle(send, outcome, particulars.as_mut(), order.as_ref(), started);
        let Some(mut commit) = settled else { return self.give_back([send]).await };
        if let Some(particulars) = particulars {
            let sealed = particulars.seal(&keys, &self.world, &send.id)?;
            commit = commit.with([sends::reseal(&self.settings.tenant, &send.id, &sealed)]);
        }
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            // The lease was lost or an event came first: the Send is settled, or tried again under the same id.
            Err(error) if error.is_conflict() => {
                tracing::info!(tenant = %self.settings.tenant, send = %send.id, "another one settled this Send");
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn prepare<'a>(
        &'a self,
        send: &'a Send,
        keys: &TenantKeys,
    ) -> Result<(Particulars, Attempt<'a>), StoreError> {
        let in_hand = self.hand.take(&self.store, &self.settings.tenant, &send.order_id).await?;
        let particulars = Particulars::open(keys, &send.sealed, &send.id)?;
        let attempt = Attempt {
            worker: self,
            send,
            state: state_of(&send.state)?,
            recipient: particulars.recipient.clone(),
            address: particulars.address.clone(),
            cost_pool: in_hand.order.cost_pool.clone(),
            unknown_since: particulars.unknown_since,
            in_hand,
        };
        Ok((particulars, attempt))
    }

    /// What to commit; none when the attempt was not worth counting.
    fn settle(
        &self,
        send: &Send,
        outcome: Outcome,
        particulars: Option<&mut Particulars>,
        order: Option<&Order>,
        started: Timestamp,
    ) -> Option<Commit> {
        let now = self.world.now();
        let micros_now = now.as_microsecond();
        let call = outcome.call(micros_now);
        let (state, message_id, channel, reason) = match outcome {
            Outcome::Retry(failure) => return self.retry(send, &failure, particulars, micros_now),
            Outcome::Submitted { sent, channel, remark } => {
                self.account.reached();
                let remark = remark.map(str::to_owned);
                (SendState::Submitted, sent.message_id, channel.map(Channel::word), remark)
            }
            Outcome::Failed(failure) => {
                self.account.reached();
                self.note(&failure, Some(send));
                (SendState::Failed, None, None, Some(failure.code().to_owned()))
            }
            Outcome::Parked(reason) => {
                let text = format!("Send {} is parked: {reason}", send.id);
                tracing::error!(tenant = %self.settings.tenant, send = %send.id, reason, "parked");
                *lock(&self.progress.last_error) = Some(text);
                (SendState::Parked, None, None, Some(reason.to_owned()))
            }
        };
        let mut draft = self.evidence(send, state, order, started, now);
        draft.status = call.as_ref().map(|call| call.status);
        draft.fault_code.clone_from(&reason);
        if let Some(particulars) = particulars {
            // Should a person try a parked one again, its window begins anew.
            particulars.unknown_since = None;
            if let Some(call) = call {
                particulars.remember(call);
            }
        }
        let settlement = Settlement { state: column(state), message_id, channel, reason: reason.as_deref() };
        let tenant = &self.settings.tenant;
        let statement = sends::settle(tenant, &send.id, &self.owner, settlement, micros_now);
        let told = message_events::tell(tenant, &send.id, state.word(), micros_now);
        Some(Commit::new().with([statement, sends::forget_uploads(tenant, &send.id)]).with(told).and(draft))
    }

    fn retry(&self, send: &Send, failure: &Failure, particulars: Option<&mut Particulars>, now: i64) -> Option<Commit> {
        self.note(failure, Some(send));
        if failure.stops() {
            return None;
        }
        let wait = failure.retry_after().unwrap_or_default();
        self.account.missed(wait);
        let attempts = u32::try_from(send.attempts + 1).unwrap_or(u32::MAX);
        let seed = now.unsigned_abs() ^ send.recipient_number.unsigned_abs();
        let mut due = now + micros(self.schedule.pause(attempts, seed).max(wait));
        let mut state = send.state.as_str();
        if let Some(particulars) = particulars {
            if failure.maybe_done {
                state = column(SendState::Submitting);
                particulars.unknown_since.get_or_insert(now);
            }
            if let Some(since) = particulars.unknown_since {
                // At the end of the window it is looked up, not a long pause later.
                let end = since + micros(self.settings.repeat_window);
                if end > now + micros(wait) {
                    due = due.min(end);
                }
            }
            if let Some(status) = failure.status {
                particulars.remember(Call { at: now, status, trace_id: failure.trace_id.clone() });
            }
        }
        let tenant = &self.settings.tenant;
        Some(Commit::new().with([sends::retry(tenant, &send.id, &self.owner, state, failure.code(), due, now)]))
    }

    async fn give_back<'a>(&self, sends: impl IntoIterator<Item = &'a Send>) -> Result<(), WorkerError> {
        let tenant = &self.settings.tenant;
        let given: Vec<_> = sends.into_iter().map(|send| sends::give_back(tenant, &send.id, &self.owner)).collect();
        if !given.is_empty() {
            self.store.commit(Commit::new().with(given)).await?;
        }
        Ok(())
    }

    /// A record that a Send has reached a state.
    pub(super) fn evidence(
        &self,
        send: &Send,
        state: SendState,
        order: Option<&Order>,
        time_in: Timestamp,
        time_out: Timestamp,
    ) -> EvidenceDraft {
        let mut draft = EvidenceDraft::new(RecordKind::SendSettled, &*self.settings.tenant, time_in, time_out);
        draft.client = order.map(|order| order.client.clone());
        draft.subject = Some(subject(send));
        draft.actor = Some("system".to_owned());
        draft.outcome = Some(state.word().to_owned());
        draft
    }

    /// Logs a failure, once, and keeps it for the status.
    pub(super) fn note(&self, failure: &Failure, send: Option<&Send>) {
        let tenant = &self.settings.tenant;
        let (status, trace_id, code) = (failure.status, failure.trace_id.as_deref(), failure.code());
        let send = send.map(|send| send.id.as_str());
        if failure.stops() || code == "forbidden" {
            tracing::error!(%tenant, send, status, trace_id, code, "{failure}; no letters go out");
        } else {
            tracing::warn!(%tenant, send, status, trace_id, code, "{failure}");
        }
        *lock(&self.progress.last_error) = Some(match trace_id {
            Some(trace_id) => format!("{failure} (traceId {trace_id})"),
            None => failure.to_string(),
        });
    }

    /// The other tenants of the account.
    fn others(&self) -> Vec<String> {
        let others = self.account.tenants().iter().filter(|tenant| **tenant != self.settings.tenant);
        others.map(ToString::to_string).collect()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
