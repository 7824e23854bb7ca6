//! The event feed (viestit.md §1.10): read to an empty page, each page's effects in one commit with its token.
//!
//! Events about our Sends move them on; what we do not know is kept and skipped; events of other services are counted
//! and nothing else, because they are about other people's letters.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Map, Value};

use super::client::FailureKind;
use super::micros;
use super::sealed::{self, column, state_of};
use super::wire::{Event, Page};
use super::worker::{Worker, WorkerError, lock};
use crate::model::letter::{Channel, SendState};
use crate::store::sends::{self, News, Send};
use crate::store::{Commit, StoreError, letters, message_events, viestit};

/// An event may come before we have committed the id that it names. It is matched again for this long.
const REMATCH: Duration = Duration::from_hours(24);
const OPEN_PAGE: u32 = 500;
/// How often a page is tried when something else moves the same rows.
const TRIES: u32 = 5;

/// What an event says about a Send; none for kinds that do not move one.
fn meaning(kind: &str) -> Option<(SendState, Channel)> {
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
fn is_known(kind: &str) -> bool {
    meaning(kind).is_some() || kind == "Electronic message from end user"
}

impl Worker {
    /// Reads the feed until a page is empty, be it time or not; says whether any event came. Makes no call while Viestit
    /// is in trouble. `run_due` does this by itself when it is time.
    pub async fn poll_events(&self) -> Result<bool, WorkerError> {
        if self.account.is_held() {
            return Ok(false);
        }
        *lock(&self.progress.next_poll) = self.world.elapsed() + self.settings.poll_every;
        self.match_open_events().await?;
        let account = self.settings.account();
        let mut any = false;
        let mut tries = 0;
        // Once only: a remote that refuses every token would be read for ever.
        let mut restarted = false;
        loop {
            let token = viestit::feed(&self.store, &account).await?.map(|feed| feed.continuation_token);
            let mut page = self.account.client.events(token.as_deref()).await;
            if let Err(failure) = &page
                && matches!(failure.kind, FailureKind::Refused(_))
                && token.is_some()
                && !restarted
            {
                restarted = true;
                // The kept events come again; states do not move back by them.
                tracing::error!(tenant = %self.settings.tenant, trace_id = failure.trace_id, "the continuation token was refused; reading the feed from its beginning");
                page = self.account.client.events(None).await;
            }
            let page = match page {
                Ok(page) => page,
                Err(failure) => {
                    self.note(&failure, None);
                    if !failure.stops() {
                        self.account.missed(failure.retry_after().unwrap_or_default());
                    }
                    return Ok(any);
                }
            };
            self.account.reached();
            let is_last = page.events.is_empty();
            match self.take_in(&account, token.as_deref(), page).await {
                Ok(()) if is_last => return Ok(any),
                Ok(()) => {
                    any = true;
                    tries = 0;
                }
                // Another poller was first, or a Send was settled meanwhile: look again.
                Err(WorkerError::Commit(error)) if error.is_conflict() && tries < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn take_in(&self, account: &str, token: Option<&str>, page: Page) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        let keys = self.store.tenant_keys(&self.settings.tenant).await?;
        let mut moves = Moves::default();
        let mut commit = Commit::new().with([viestit::move_feed(account, token, &page.continuation_token, now)]);
        let (mut foreign, mut unknown) = (0, 0);
        for event in page.events {
            let at = event_time(&event).unwrap_or(now);
            let send = self.find(&event).await?;
            let is_ours = event.service_id().is_none_or(|id| id == self.settings.service_id);
            if send.is_none() && !is_ours {
                foreign += 1;
                continue;
            }
            if !is_known(&event.kind) {
                unknown += 1;
                tracing::warn!(tenant = %self.settings.tenant, "an event of a kind that this version does not know was kept");
            }
            let has_effect = send.is_some() && meaning(&event.kind).is_some();
            let metadata = keys.seal(
                &self.world,
                &sealed::written(&event.metadata)?,
                &sealed::event_context(account, &event.kind),
            )?;
            commit = commit.with(viestit::add_event(account, &event.kind, at, &metadata, has_effect));
            if let Some(send) = send {
                moves.add(send, &event, at)?;
            }
        }
        commit = self.with_moves(commit, moves).await?;
        self.store.commit(commit).await?;
        self.progress.foreign_events.fetch_add(foreign, Ordering::Relaxed);
        self.progress.unknown_events.fetch_add(unknown, Ordering::Relaxed);
        Ok(())
    }

    /// Tries kept events of the last day again that had found no Send.
    async fn match_open_events(&self) -> Result<(), WorkerError> {
        let account = self.settings.account();
        let keys = self.store.tenant_keys(&self.settings.tenant).await?;
        let since = self.world.now_micros() - micros(REMATCH);
        let mut after = 0;
        loop {
            let open = viestit::open_events(&self.store, &account, since, after, OPEN_PAGE).await?;
            let Some(last) = open.last() else { return Ok(()) };
            after = last.sequence;
            let mut moves = Moves::default();
            let mut commit = Commit::new();
            for kept in open.into_iter().filter(|kept| meaning(&kept.kind).is_some()) {
                let plain = keys.open(&kept.metadata, &sealed::event_context(&account, &kept.kind))?;
                let metadata: Map<String, Value> = sealed::read(&plain)?;
                let event = Event { kind: kept.kind, time: None, metadata };
                if let Some(send) = self.find(&event).await? {
                    moves.add(send, &event, kept.event_time)?;
                    commit = commit.with([viestit::handled(&account, kept.sequence)]);
                }
            }
            if commit.statements.is_empty() {
                continue;
            }
            commit = self.with_moves(commit, moves).await?;
            match self.store.commit(commit).await {
                Err(error) if !error.is_conflict() => return Err(error.into()),
                // The next reading finds what another one has not done.
                _ => {}
            }
        }
    }

    /// The Send that an event is about.
    async fn find(&self, event: &Event) -> Result<Option<Send>, StoreError> {
        let tenant = &self.settings.tenant;
        if let Some(external_id) = event.external_id()
            && let Some(send) = sends::by_external(&self.store, tenant, external_id).await?
        {
            return Ok(Some(send));
        }
        match event.message_id() {
            Some(message_id) => sends::by_message(&self.store, tenant, message_id).await,
            None => Ok(None),
        }
    }

    async fn with_moves(&self, mut commit: Commit, moves: Moves) -> Result<Commit, WorkerError> {
        let tenant = &self.settings.tenant;
        let now = self.world.now();
        for (id, moved) in moves.by_send {
            let news = News {
                from: column(moved.from),
                to: column(moved.to),
                message_id: moved.message_id,
                channel: moved.channel.map(Channel::word),
                at: moved.at,
            };
            commit = commit.with([sends::happened(tenant, &id, news)]);
            let order = letters::get(&self.store, tenant, &moved.send.order_id).await?;
            for (state, at) in moved.reached {
                commit = commit.with(message_events::tell(tenant, &id, state.word(), at));
                let at = super::orders::timestamp(at);
                commit = commit.and(self.evidence(&moved.send, state, order.as_ref(), at, now));
            }
        }
        Ok(commit)
    }
}

/// The news of a page, folded per Send: many events of one letter make one change.
#[derive(Default)]
struct Moves {
    by_send: BTreeMap<String, Move>,
}

struct Move {
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
    fn add(&mut self, send: Send, event: &Event, at: i64) -> Result<(), StoreError> {
        let Some((next, channel)) = meaning(&event.kind) else { return Ok(()) };
        let known = self.by_send.get(&send.id).map(|moved| moved.to);
        let state = match known {
            Some(state) => state,
            None => state_of(&send.state)?,
        };
        let channel_before = match self.by_send.get(&send.id) {
            Some(moved) => moved.channel,
            None => send.channel.as_deref().and_then(Channel::from_word),
        };
        // What was printed went by paper, even when it is opened in the mailbox later.
        let channel = if channel_before == Some(Channel::Paper) { Channel::Paper } else { channel };
        let lacks_id = known.is_none() && send.message_id.is_none();
        let is_news = state.may_become(next);
        if !is_news && !lacks_id && channel_before == Some(channel) {
            return Ok(());
        }
        let changed_at = send.changed_at;
        let moved = self.by_send.entry(send.id.clone()).or_insert_with(|| Move {
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

/// Microseconds.
fn event_time(event: &Event) -> Option<i64> {
    let time: jiff::Timestamp = event.time.as_deref()?.parse().ok()?;
    Some(time.as_microsecond())
}
