//! What a person decides about parked letters: to try them again under their external ids, or to give them up. Each
//! decision is in the message log with who took it and why.

use super::orders::subject;
use super::sealed::column;
use super::worker::{Worker, WorkerError};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::{PersonId, SendState};
use crate::store::message_events;
use crate::store::sends::{self, Send};
use crate::store::{Commit, letters};

/// Sends of one commit.
const PAGE: u32 = 200;
/// The longest reason, in characters.
pub const MOST_REASON: usize = 500;

/// What becomes of a parked letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is tried again, under the same external id, behind what has gone to its recipient meanwhile.
    Retry,
    /// It has failed, for good, with the reason `abandoned`.
    Abandon,
}

impl Decision {
    pub fn from_word(word: &str) -> Option<Decision> {
        match word {
            "retry" => Some(Decision::Retry),
            "abandon" => Some(Decision::Abandon),
            _ => None,
        }
    }

    fn act(self) -> &'static str {
        match self {
            Decision::Retry => "messages.retry",
            Decision::Abandon => "messages.abandon",
        }
    }
}

/// Who decides what, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    pub decision: Decision,
    reason: String,
    person: String,
}

/// Why an act cannot be recorded, and so is not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAct {
    #[error("give a reason of 1 to {MOST_REASON} characters; it goes into the message log")]
    Reason,
    #[error("the reason holds an identity code; name the letter by its id and nobody")]
    Personal,
}

impl Act {
    pub fn new(decision: Decision, reason: &str, person: &str) -> Result<Act, InvalidAct> {
        let reason = reason.trim();
        let length = reason.chars().count();
        if length == 0 || length > MOST_REASON || reason.chars().any(char::is_control) {
            return Err(InvalidAct::Reason);
        }
        if PersonId::is_in(reason) {
            return Err(InvalidAct::Personal);
        }
        Ok(Act { decision, reason: reason.to_owned(), person: plain_name(person) })
    }
}

/// The name of a system's user, as records have it.
pub fn plain_name(person: &str) -> String {
    let plain = |char: &char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    person.chars().filter(plain).take(64).collect()
}

/// How many letters a decision was about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub done: u64,
    /// Letters of the order that are not parked: nothing was changed of them.
    pub not_parked: u64,
}

impl Worker {
    /// Whether the tenant has a Send or an order of this id.
    pub async fn has(&self, id: &str) -> Result<bool, WorkerError> {
        let tenant = &self.settings.tenant;
        let known = sends::get(&self.store, tenant, id).await?.is_some();
        Ok(known || letters::get(&self.store, tenant, id).await?.is_some())
    }

    /// Decides about one Send or the parked ones of an order; none when the tenant has neither of this id.
    pub async fn decide(&self, act: &Act, id: &str) -> Result<Option<Decided>, WorkerError> {
        let tenant = &self.settings.tenant;
        let sends = match sends::get(&self.store, tenant, id).await? {
            Some(send) => vec![send],
            None => sends::of_order(&self.store, tenant, id).await?,
        };
        if sends.is_empty() {
            return Ok(None);
        }
        let mut decided = Decided::default();
        for page in sends.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            self.decide_page(act, page, &mut decided).await?;
        }
        Ok(Some(decided))
    }

    /// Decides about everything that is parked now.
    pub async fn decide_all(&self, act: &Act) -> Result<Decided, WorkerError> {
        let mut decided = Decided::default();
        let mut after = String::new();
        loop {
            let state = column(SendState::Parked);
            let page = sends::list(&self.store, &self.settings.tenant, state, &after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(decided) };
            after.clone_from(&last.id);
            self.decide_page(act, &page, &mut decided).await?;
        }
    }

    async fn decide_page(&self, act: &Act, sends: &[Send], decided: &mut Decided) -> Result<(), WorkerError> {
        let (tenant, now) = (&self.settings.tenant, self.world.now());
        let micros = now.as_microsecond();
        for send in sends {
            if send.state != column(SendState::Parked) {
                decided.not_parked += 1;
                continue;
            }
            let mut draft = EvidenceDraft::new(RecordKind::Act, &**tenant, now, now);
            draft.client = letters::get(&self.store, tenant, &send.order_id).await?.map(|order| order.client);
            draft.operation = Some(act.decision.act().to_owned());
            draft.subject = Some(subject(send));
            draft.actor = Some(format!("operator/{}", act.person));
            draft.reason = Some(act.reason.clone());
            let (statement, state) = match act.decision {
                Decision::Retry => (sends::revive(tenant, &send.id, micros), SendState::Submitting),
                Decision::Abandon => (sends::abandon(tenant, &send.id, micros), SendState::Failed),
            };
            draft.outcome = Some(state.word().to_owned());
            let mut commit = Commit::new().with([statement]).and(draft);
            if act.decision == Decision::Abandon {
                commit = commit.with(message_events::tell(tenant, &send.id, state.word(), micros));
            }
            match self.store.commit(commit).await {
                Ok(_) => decided.done += 1,
                // An event has moved it on meanwhile: it is not parked any more.
                Err(error) if error.is_conflict() => decided.not_parked += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
