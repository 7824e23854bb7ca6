//! One attempt to send one letter to one recipient (viestit.md §1.13, §1.14): what is called, and what came of it.

use std::sync::Arc;

use super::client::{Failure, FailureKind, Sent};
use super::files::Uploads;
use super::hand::InHand;
use super::micros;
use super::sealed::Call;
use super::wire::{Message, PaperParts, SendCall};
use super::worker::{Worker, WorkerError};
use crate::model::letter::{Address, Channel, ChannelChoice, SendState};
use crate::store::sends::Send;

pub(super) struct Attempt<'a> {
    pub(super) worker: &'a Worker,
    pub(super) send: &'a Send,
    pub(super) state: SendState,
    pub(super) recipient: Option<String>,
    pub(super) address: Option<Address>,
    /// Who pays, should it be paper.
    pub(super) cost_pool: Option<String>,
    pub(super) unknown_since: Option<i64>,
    pub(super) in_hand: Arc<InHand>,
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
        let mut in_reply_to = self.in_hand.letter.in_reply_to;
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
                    self.forget_uploads(&uploads).await?;
                }
                // A refusal burns no external id.
                Err(failure) if failure.is_answered_message_gone() && self.in_hand.letter.as_new_if_gone => {
                    in_reply_to = None;
                }
                _ => break,
            }
        }
        let remark = (in_reply_to != self.in_hand.letter.in_reply_to).then_some(SENT_AS_NEW);
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
        match self.in_hand.letter.channel {
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
        let mut message = Message::new(&self.send.external_id, &self.in_hand.letter);
        let call = self.call();
        if call != SendCall::PaperWithoutId {
            let recipient = self.recipient.as_deref()?;
            let notifications = settings.notifications;
            message =
                message.electronic(recipient, &self.in_hand.letter, &uploads.electronic, notifications, in_reply_to);
        }
        if call != SendCall::Electronic {
            let parts = PaperParts {
                print: settings.print.as_ref()?,
                recipient: self.address.as_ref()?,
                printed: uploads.printed.as_deref()?,
                cost_pool: self.cost_pool.as_deref(),
            };
            message = message.paper(self.in_hand.letter.paper.as_ref()?, &parts);
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
}
