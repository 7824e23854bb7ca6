//! What end users write (viestit.md §1.11): announced by an event, fetched at once with its files, sealed, and offered to
//! the client whose letter it answers. Viestit keeps it 60 days; after that it is here or nowhere.
//!
//! This file gets replies and lets them go; who may read them is in `inbox`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::client::Failure;
use super::events::Feed;
use super::wire::{self, Event};
use super::worker::WorkerError;
use super::{micros, sealed};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::replies::{self, Attachment, Fetched, Reply};
use crate::store::{Body, Commit, CommitError, Statement, StoreError, letters, release_blob, sends};

/// How long Viestit keeps a message.
const KEPT: Duration = Duration::from_hours(60 * 24);
/// An acknowledged reply can still be read for so long: its client may have failed just after it said thanks.
const SAFETY: Duration = Duration::from_hours(24);
const BATCH: u32 = 20;

/// What an end user wrote, as it lies sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    pub(super) title: String,
    pub(super) body: String,
    /// Whose mailbox it came from; absent when Viestit does not say.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) sender: Option<Person>,
    /// Who wrote it for them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) representative: Option<Person>,
    pub(super) files: Vec<FileHead>,
}

/// An identity code or business id with the name that Viestit has for it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileHead {
    pub(super) name: String,
    pub(super) media_type: String,
    /// Of what is here; as Viestit tells when nothing is.
    pub(super) size: u64,
}

pub(super) fn content_context(reply: &str) -> String {
    format!("reply/{reply}")
}

pub(super) fn file_context(reply: &str, number: i64) -> String {
    format!("reply_attachment/{reply}/{number}")
}

/// A file as it was fetched.
struct File {
    head: FileHead,
    complete: bool,
    content: Vec<u8>,
}

/// Whom a reply is for.
#[derive(Default)]
struct Addressee {
    /// The member whose it is.
    place: usize,
    client: Option<String>,
    letter_order: Option<String>,
    send_id: Option<String>,
}

impl Feed {
    /// What must be committed with the event that announces a message; none when the event does not say which one.
    pub(super) async fn expect_reply(
        &self,
        place: usize,
        event: &Event,
        at: i64,
    ) -> Result<Option<Vec<Statement>>, WorkerError> {
        let (Some(settings), Some(message_id)) = (self.members.get(place), event.message_id()) else { return Ok(None) };
        // Of tenants that share a service another one may own it by now.
        for other in self.senders_for(event.service_id()) {
            let Some(other) = self.members.get(other) else { continue };
            if replies::by_message(&self.store, &other.tenant, message_id).await?.is_some() {
                return Ok(Some(Vec::new()));
            }
        }
        let id = self.world.id()?.to_string();
        let now = self.world.now_micros();
        Ok(Some(vec![replies::expect(&settings.tenant, &id, message_id, event.service_id(), at, now)]))
    }

    /// Fetches what is due; says whether anything was.
    pub(super) async fn fetch_replies(&self) -> Result<bool, WorkerError> {
        let mut worked = false;
        for (place, settings) in self.members.iter().enumerate() {
            if self.account.is_held() {
                return Ok(worked);
            }
            for reply in replies::due(&self.store, &settings.tenant, self.world.now_micros(), BATCH).await? {
                if self.account.is_held() {
                    return Ok(worked);
                }
                worked = true;
                match self.fetch(place, &reply).await {
                    // Another process was first.
                    Err(WorkerError::Commit(error)) if error.is_conflict() => {}
                    other => other?,
                }
            }
        }
        Ok(worked)
    }

    /// How long until the next reply is to be fetched.
    pub(super) async fn next_reply(&self) -> Result<Option<Duration>, StoreError> {
        let now = self.world.now_micros();
        let mut next = None;
        for settings in &self.members {
            let due = replies::next_due(&self.store, &settings.tenant).await?;
            let wait = due.map(|due| Duration::from_micros(u64::try_from(due - now).unwrap_or_default()));
            next = [next, wait].into_iter().flatten().min();
        }
        Ok(next)
    }

    async fn fetch(&self, place: usize, reply: &Reply) -> Result<(), WorkerError> {
        let message = match self.account.client.user_message(reply.message_id).await {
            Ok(Some(message)) => message,
            Ok(None) => return self.lose(reply, "not-found").await,
            Err(failure) => return self.fetch_later(reply, &failure).await,
        };
        let mut files = Vec::with_capacity(message.electronic.attachments.len());
        for file in &message.electronic.attachments {
            let content = match &file.attachment_id {
                Some(id) => match self.account.client.download(id).await {
                    Ok(content) => content,
                    Err(failure) if failure.is_final() => None,
                    Err(failure) => return self.fetch_later(reply, &failure).await,
                },
                None => None,
            };
            files.push(File::new(file, content));
        }
        self.account.reached();
        let addressee = self.addressee(place, reply, &message).await?;
        self.offer(reply, message, files, addressee).await?;
        Ok(())
    }

    async fn offer(
        &self,
        reply: &Reply,
        message: wire::UserMessage,
        files: Vec<File>,
        addressee: Addressee,
    ) -> Result<(), WorkerError> {
        let Some(settings) = self.members.get(addressee.place) else { return Ok(()) };
        let tenant = &settings.tenant;
        let complete = files.iter().all(|file| file.complete);
        let created_at = message.created_at.as_deref().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        let (sender, representative) = message.people();
        let content = Content {
            title: message.electronic.title,
            body: message.electronic.body,
            sender,
            representative,
            files: files.iter().map(|file| file.head.clone()).collect(),
        };
        let kept = self.store.keep_body(tenant, &sealed::written(&content)?, &content_context(&reply.id)).await?;
        let mut commit = Commit::new().with(kept.statements);
        let fetched = Fetched {
            tenant,
            client: addressee.client.as_deref(),
            letter_order: addressee.letter_order.as_deref(),
            send_id: addressee.send_id.as_deref(),
            complete,
            created_at: created_at.map(jiff::Timestamp::as_microsecond),
            received_at: self.world.now_micros(),
            body: &kept.body,
        };
        commit = commit.with(replies::offer(&reply.tenant, &reply.id, fetched));
        for (number, file) in (1..).zip(files) {
            let kept = if file.content.is_empty() {
                None
            } else {
                Some(self.store.keep_body(tenant, &file.content, &file_context(&reply.id, number)).await?)
            };
            let (body, statements) = kept.map_or((Body::default(), Vec::new()), |kept| (kept.body, kept.statements));
            let attachment = Attachment { number, complete: file.complete, body };
            commit = commit.with(statements).with([replies::add_attachment(tenant, &reply.id, &attachment)]);
        }
        let outcome = if complete { "received" } else { "incomplete" };
        commit = commit.and(self.record(tenant, &reply.id, addressee.client.as_deref(), outcome));
        self.store.commit(commit).await?;
        self.metrics.reply(tenant, outcome);
        if !complete {
            tracing::error!(%tenant, reply = %reply.id, "a reply is incomplete: a file is missing at Viestit or has another size");
        }
        if addressee.client.is_none() {
            tracing::error!(%tenant, reply = %reply.id, "a message is for nobody: it answers no letter of ours, and replies_to is not configured");
        }
        Ok(())
    }

    /// Whose letter a message answers, else who takes new conversations.
    async fn addressee(
        &self,
        place: usize,
        reply: &Reply,
        message: &wire::UserMessage,
    ) -> Result<Addressee, StoreError> {
        let mut senders = self.senders_for(reply.service_id.as_deref());
        if senders.is_empty() {
            senders.push(place);
        }
        let thread = message.electronic.thread.as_ref();
        for place in &senders {
            let (Some(settings), Some(thread)) = (self.members.get(*place), thread) else { continue };
            let tenant = &settings.tenant;
            let mut send = None;
            if let Some(external_id) = &thread.thread_external_id {
                send = sends::by_external(&self.store, tenant, external_id).await?;
            }
            if let (None, Some(root)) = (&send, thread.root_message_id) {
                send = sends::by_message(&self.store, tenant, root).await?;
            }
            if let Some(send) = send
                && let Some(order) = letters::get(&self.store, tenant, &send.order_id).await?
            {
                let (letter_order, send_id) = (Some(order.id), Some(send.id));
                return Ok(Addressee { place: *place, client: Some(order.client), letter_order, send_id });
            }
            // A conversation that the end user began goes on with whoever has it.
            if let Some(root) = thread.root_message_id
                && let Some(first) = replies::by_message(&self.store, tenant, root).await?
                && first.client.is_some()
            {
                let Reply { client, letter_order, send_id, .. } = first;
                return Ok(Addressee { place: *place, client, letter_order, send_id });
            }
        }
        let taker = senders.iter().find_map(|place| Some((*place, self.members.get(*place)?.replies_to.clone()?)));
        Ok(match taker {
            Some((place, client)) => Addressee { place, client: Some(client), ..Addressee::default() },
            None => Addressee { place, ..Addressee::default() },
        })
    }

    async fn fetch_later(&self, reply: &Reply, failure: &Failure) -> Result<(), WorkerError> {
        if failure.is_final() {
            return self.lose(reply, failure.code()).await;
        }
        self.failed(failure);
        let now = self.world.now_micros();
        if now - reply.told_at > micros(KEPT) {
            return self.lose(reply, "too-old").await;
        }
        let attempts = u32::try_from(reply.attempts + 1).unwrap_or(u32::MAX);
        let wait = failure.retry_after().unwrap_or_default();
        let due = now + micros(self.schedule.pause(attempts, now.unsigned_abs()).max(wait));
        let later = replies::retry(&reply.tenant, &reply.id, due, failure.code());
        self.store.commit(Commit::new().with([later])).await?;
        Ok(())
    }

    async fn lose(&self, reply: &Reply, reason: &str) -> Result<(), WorkerError> {
        tracing::error!(tenant = %reply.tenant, reply = %reply.id, reason, "a message from an end user cannot be had from Viestit");
        self.metrics.reply(&reply.tenant, "lost");
        let lost = replies::lose(&reply.tenant, &reply.id, reason);
        let commit = Commit::new().with([lost]).and(self.record(&reply.tenant, &reply.id, None, "lost"));
        self.store.commit(commit).await?;
        Ok(())
    }

    /// Offers what waited for a receiver, and erases what was acknowledged or has been offered long enough.
    pub(super) async fn tidy_replies(&self) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        for settings in &self.members {
            let tenant = &settings.tenant;
            if let Some(client) = &settings.replies_to {
                for reply in replies::unassigned(&self.store, tenant, BATCH).await? {
                    let commit = Commit::new().with(replies::assign(tenant, &reply.id, client));
                    settled(self.store.commit(commit).await)?;
                }
            }
            let (acknowledged, received) = (now - micros(SAFETY), now - micros(settings.reply_keep));
            for reply in replies::kept_long(&self.store, tenant, acknowledged, received, BATCH).await? {
                let outcome = if reply.acknowledged_at.is_some() { "erased" } else { "expired" };
                if outcome == "expired" {
                    tracing::error!(%tenant, reply = %reply.id, "a reply was not acknowledged in time and is erased");
                    self.metrics.reply(tenant, outcome);
                }
                let mut blobs: Vec<String> = reply.body.blob.iter().cloned().collect();
                let files = replies::attachments(&self.store, tenant, &reply.id).await?;
                blobs.extend(files.into_iter().filter_map(|file| file.body.blob));
                let commit = Commit::new()
                    .with(replies::erase(tenant, &reply.id, &reply.state))
                    .with(blobs.iter().map(|name| release_blob(name)))
                    .and(self.record(tenant, &reply.id, reply.client.as_deref(), outcome));
                settled(self.store.commit(commit).await)?;
            }
        }
        Ok(())
    }

    fn record(&self, tenant: &str, reply: &str, client: Option<&str>, outcome: &str) -> EvidenceDraft {
        let now = self.world.now();
        let mut draft = EvidenceDraft::new(RecordKind::Act, tenant, now, now);
        draft.client = client.map(str::to_owned);
        draft.operation = Some("reply".to_owned());
        draft.subject = Some(subject(reply));
        draft.actor = Some("system".to_owned());
        draft.outcome = Some(outcome.to_owned());
        draft
    }
}

/// What evidence about a reply names it by.
pub(super) fn subject(reply: &str) -> String {
    format!("reply/{reply}")
}

/// A conflict means that somebody else did it.
fn settled<T>(outcome: Result<T, CommitError>) -> Result<(), CommitError> {
    match outcome {
        Err(error) if !error.is_conflict() => Err(error),
        _ => Ok(()),
    }
}

impl File {
    fn new(told: &wire::UserAttachment, content: Option<Vec<u8>>) -> File {
        let complete = content.as_ref().is_some_and(|content| {
            told.size_bytes.is_none_or(|size| u64::try_from(content.len()).is_ok_and(|length| length == size))
        });
        let here = content.as_ref().and_then(|content| u64::try_from(content.len()).ok());
        let head = FileHead {
            name: told.filename.clone().unwrap_or_default(),
            media_type: told.media_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
            size: here.or(told.size_bytes).unwrap_or_default(),
        };
        File { head, complete, content: content.unwrap_or_default() }
    }
}
