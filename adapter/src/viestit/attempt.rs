//! One attempt to send one letter to one recipient (viestit.md §1.13, §1.14): what is called, and what came of it.

use std::time::Duration;

use super::client::{Failure, FailureKind, Sent};
use super::micros;
use super::sealed::{self, Call, Letter};
use super::wire::{Message, PaperParts, SendCall};
use super::worker::{Worker, WorkerError};
use crate::model::letter::{Address, Channel, ChannelChoice, SendState};
use crate::store::Commit;
use crate::store::letters;
use crate::store::sends::Send;

/// An unused upload lives 24 hours; younger than this it is named again.
const UPLOAD_LIFE: Duration = Duration::from_hours(23);

pub(super) struct Attempt<'a> {
    pub(super) worker: &'a Worker,
    pub(super) send: &'a Send,
    pub(super) state: SendState,
    pub(super) recipient: Option<String>,
    pub(super) address: Option<Address>,
    /// Who pays, should it be paper.
    pub(super) cost_pool: Option<String>,
    pub(super) unknown_since: Option<i64>,
    pub(super) letter: Letter,
}

/// What an attempt came to.
pub(super) enum Outcome {
    /// Viestit has the message.
    Submitted {
        sent: Sent,
        /// None when only an event will tell.
        channel: Option<Channel>,
        /// What its sender should know all the same.
        remark: Option<&'static str>,
    },
    /// Refused for good.
    Failed(Failure),
    /// Nobody knows what became of it.
    Parked(&'static str),
    /// Again later, under the same external id.
    Retry(Failure),
}

impl Outcome {
    /// The deciding call.
    pub(super) fn call(&self, at: i64) -> Option<Call> {
        let (status, trace_id) = match self {
            Outcome::Submitted { sent, .. } => (sent.status, &sent.trace_id),
            Outcome::Failed(failure) | Outcome::Retry(failure) => (failure.status?, &failure.trace_id),
            Outcome::Parked(_) => return None,
        };
        Some(Call { at, status, trace_id: trace_id.clone() })
    }
}

/// The attachment ids to name, and whether any is from an earlier attempt.
#[derive(Default)]
struct Uploads {
    /// Of the electronic part.
    electronic: Vec<String>,
    printed: Option<String>,
    reused: bool,
}

/// Told of a letter whose answered message was gone.
const SENT_AS_NEW: &str = "sent-as-new-message";
/// A letter that may go on paper cannot be sent without print account and address.
const NO_PRINT_ACCOUNT: &str = "no-print-account";

impl Attempt<'_> {
    pub(super) async fn run(self) -> Result<Outcome, WorkerError> {
        let window = micros(self.worker.settings.repeat_window);
        let now = self.worker.world.now_micros();
        if self.state == SendState::Submitting && self.unknown_since.is_some_and(|since| now - since >= window) {
            return Ok(self.look_up(|| Outcome::Parked("outcome-unknown")).await);
        }
        let mut in_reply_to = self.letter.in_reply_to;
        let mut result = Err(Failure::before(FailureKind::Unreadable));
        // Once more with new uploads when the refusal may be about uploads that are gone, and once as a new message.
        for _ in 0..3 {
            let uploads = match self.uploads().await? {
                Ok(uploads) => uploads,
                Err(failure) => {
                    result = Err(failure.in_vain());
                    break;
                }
            };
            let Some(message) = self.message(&uploads, in_reply_to) else {
                return Ok(Outcome::Parked(NO_PRINT_ACCOUNT));
            };
            result = self.worker.account.client.send_message(self.call(), &message).await;
            match &result {
                Err(Failure { kind: FailureKind::Refused(None), .. }) if uploads.reused => {
                    self.forget_uploads().await?;
                }
                // A refusal burns no external id.
                Err(failure) if failure.is_answered_message_gone() && self.letter.as_new_if_gone => in_reply_to = None,
                _ => break,
            }
        }
        let remark = (in_reply_to != self.letter.in_reply_to).then_some(SENT_AS_NEW);
        Ok(match result {
            Ok(sent) => {
                let sent = self.with_id(sent).await;
                Outcome::Submitted { sent, channel: self.channel(), remark }
            }
            // An earlier attempt may have got through although this one is refused.
            Err(failure) if failure.is_final() && self.state == SendState::Submitting => {
                self.look_up(|| Outcome::Failed(failure)).await
            }
            Err(failure) if failure.is_final() => Outcome::Failed(failure),
            Err(failure) => Outcome::Retry(failure),
        })
    }

    fn call(&self) -> SendCall {
        match self.letter.channel {
            ChannelChoice::Electronic => SendCall::Electronic,
            ChannelChoice::ElectronicOrPaper => SendCall::Multichannel,
            ChannelChoice::Paper => SendCall::PaperWithoutId,
        }
    }

    /// How the letter goes, when the call itself says so (viestit.md §1.7: else only events do).
    fn channel(&self) -> Option<Channel> {
        match self.call() {
            SendCall::Electronic => Some(Channel::Electronic),
            SendCall::Multichannel => None,
            SendCall::PaperWithoutId => Some(Channel::Paper),
        }
    }

    /// None when something is missing without which the call cannot be made.
    fn message<'a>(&'a self, uploads: &'a Uploads, in_reply_to: Option<i64>) -> Option<Message<'a>> {
        let settings = &self.worker.settings;
        let mut message = Message::new(&self.send.external_id, &self.letter);
        let call = self.call();
        if call != SendCall::PaperWithoutId {
            let recipient = self.recipient.as_deref()?;
            let notifications = settings.notifications;
            message = message.electronic(recipient, &self.letter, &uploads.electronic, notifications, in_reply_to);
        }
        if call != SendCall::Electronic {
            let parts = PaperParts {
                print: settings.print.as_ref()?,
                recipient: self.address.as_ref()?,
                printed: uploads.printed.as_deref()?,
                cost_pool: self.cost_pool.as_deref(),
            };
            message = message.paper(self.letter.paper.as_ref()?, &parts);
        }
        Some(message)
    }

    /// What Viestit knows of our external id decides; `absent` when it knows nothing.
    async fn look_up(&self, absent: impl FnOnce() -> Outcome) -> Outcome {
        match self.worker.account.client.look_up(&self.send.external_id).await {
            Ok(Some(id)) => {
                let sent = Sent { message_id: Some(id), status: 200, trace_id: None };
                Outcome::Submitted { sent, channel: self.channel(), remark: None }
            }
            Ok(None) => absent(),
            Err(failure) => Outcome::Retry(failure.in_vain()),
        }
    }

    /// The message's id, looked up when the answer did not name it. That it was sent is certain either way; an id that
    /// cannot be had now comes with the first event.
    async fn with_id(&self, mut sent: Sent) -> Sent {
        if sent.message_id.is_none() {
            match self.worker.account.client.look_up(&self.send.external_id).await {
                Ok(found) => sent.message_id = found,
                Err(failure) => self.worker.note(&failure, Some(self.send)),
            }
        }
        sent
    }

    /// Uploads what is not there; each upload is kept at once, so that the next attempt need not repeat it.
    async fn uploads(&self) -> Result<Result<Uploads, Failure>, WorkerError> {
        let Worker { store, settings, account, world, .. } = self.worker;
        let (tenant, order) = (&settings.tenant, &self.send.order_id);
        let mut uploads = Uploads::default();
        for file in letters::attachments(store, tenant, order).await? {
            let oldest = world.now_micros() - micros(UPLOAD_LIFE);
            if let Some(id) = file.uploaded_id.filter(|_| file.uploaded_at.is_some_and(|at| at > oldest)) {
                self.named(&mut uploads, &file.name, id);
                uploads.reused = true;
                continue;
            }
            let content = store.body(tenant, &file.body, &sealed::attachment_context(order, file.number)).await?;
            let id = match account.client.upload(&file.name, &file.media_type, content.into()).await {
                Ok(id) => id,
                Err(failure) => return Ok(Err(failure)),
            };
            let kept = letters::uploaded(tenant, order, &file.name, &id, world.now_micros());
            store.commit(Commit::new().with([kept])).await?;
            self.named(&mut uploads, &file.name, id);
        }
        Ok(Ok(uploads))
    }

    /// One upload may be named in both parts (viestit.md §1.5).
    fn named(&self, uploads: &mut Uploads, name: &str, id: String) {
        let printed = self.letter.paper.as_ref().filter(|paper| paper.attachment == name);
        if printed.is_some() {
            uploads.printed = Some(id.clone());
        }
        if printed.is_none_or(|paper| !paper.printed_only) {
            uploads.electronic.push(id);
        }
    }

    async fn forget_uploads(&self) -> Result<(), WorkerError> {
        let Worker { store, settings, .. } = self.worker;
        let (tenant, order) = (&settings.tenant, &self.send.order_id);
        let files = letters::attachments(store, tenant, order).await?;
        let forgotten = files.iter().filter_map(|file| {
            let id = file.uploaded_id.as_deref()?;
            Some(letters::forget_upload(tenant, order, &file.name, id))
        });
        store.commit(Commit::new().with(forgotten.collect::<Vec<_>>())).await?;
        Ok(())
    }
}
