//! One attempt to send one letter to one recipient (viestit.md §1.13, §1.14): what is called, and what came of it.

use std::sync::Arc;

use super::client::{Failure, FailureKind, Sent};
use super::hand::InHand;
use super::micros;
use super::sealed::Call;
use super::wire::ElectronicMessage;
use super::worker::{Worker, WorkerError};
use crate::model::letter::SendState;
use crate::store::sends::Send;

pub(super) struct Attempt<'a> {
    pub(super) worker: &'a Worker,
    pub(super) send: &'a Send,
    pub(super) state: SendState,
    pub(super) recipient: String,
    pub(super) unknown_since: Option<i64>,
    pub(super) in_hand: Arc<InHand>,
}

/// What an attempt came to.
pub(super) enum Outcome {
    /// Viestit has the message.
    Submitted(Sent),
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
            Outcome::Submitted(sent) => (sent.status, &sent.trace_id),
            Outcome::Failed(failure) | Outcome::Retry(failure) => (failure.status?, &failure.trace_id),
            Outcome::Parked(_) => return None,
        };
        Some(Call { at, status, trace_id: trace_id.clone() })
    }
}

impl Attempt<'_> {
    pub(super) async fn run(self) -> Result<Outcome, WorkerError> {
        let window = micros(self.worker.settings.repeat_window);
        let now = self.worker.world.now_micros();
        if self.state == SendState::Submitting && self.unknown_since.is_some_and(|since| now - since >= window) {
            return Ok(self.look_up(|| Outcome::Parked("outcome-unknown")).await);
        }
        let mut result = Err(Failure::before(FailureKind::Unreadable));
        // Once more with new uploads when the refusal may be about uploads that are gone.
        for _ in 0..2 {
            let uploads = match self.uploads().await? {
                Ok(uploads) => uploads,
                Err(failure) => {
                    result = Err(failure.in_vain());
                    break;
                }
            };
            let notifications = self.worker.settings.notifications;
            let external_id = &self.send.external_id;
            let message =
                ElectronicMessage::new(external_id, &self.recipient, &self.in_hand.letter, &uploads.ids, notifications);
            result = self.worker.account.client.send_electronic(&message).await;
            let about_uploads =
                matches!(&result, Err(Failure { kind: FailureKind::Refused(None), .. }) if uploads.reused);
            if !about_uploads {
                break;
            }
            self.forget_uploads(&uploads.ids).await?;
        }
        Ok(match result {
            Ok(sent) => Outcome::Submitted(self.with_id(sent).await),
            // An earlier attempt may have got through although this one is refused.
            Err(failure) if failure.is_final() && self.state == SendState::Submitting => {
                self.look_up(|| Outcome::Failed(failure)).await
            }
            Err(failure) if failure.is_final() => Outcome::Failed(failure),
            Err(failure) => Outcome::Retry(failure),
        })
    }

    /// What Viestit knows of our external id decides; `absent` when it knows nothing.
    async fn look_up(&self, absent: impl FnOnce() -> Outcome) -> Outcome {
        match self.worker.account.client.look_up(&self.send.external_id).await {
            Ok(Some(id)) => Outcome::Submitted(Sent { message_id: Some(id), status: 200, trace_id: None }),
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
