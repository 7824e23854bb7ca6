//! The end of every exchange: one durable commit of what changed and the record of it, then the answer.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use silta_client::common::{ErrorCode, Refusal};
use uuid::Uuid;

use super::evidence::{Answered, Known, draft};
use super::order::Errand;
use super::outgoing::Enclosed;
use super::{Arrival, Door, Tenant};
use crate::listen::{Body, Delivered, Delivery};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::operations::messages::Answer;
use crate::store::{Commit, CommitError, Committed};
use crate::telemetry::{MESSAGE_LOG, safe};

/// What is left of the deadline, and so much of the whole on top, is the time for the commit: 50 s and 5 s by default,
/// against the 60 s that a security server waits. A refusal for lateness must be logged, too.
const GRACE: u32 = 10;

/// An answer as bytes, not sent yet.
pub(super) struct Encoded {
    pub(super) status: StatusCode,
    pub(super) content: Bytes,
    /// The error code; none for success.
    pub(super) code: Option<&'static str>,
    /// The files that go with the content, which is the SOAP part then.
    pub(super) enclosed: Option<Enclosed>,
}

impl Encoded {
    /// An answer without files.
    pub(super) fn new(status: StatusCode, content: Bytes, code: Option<&'static str>) -> Encoded {
        Encoded { status, content, code, enclosed: None }
    }
}

/// An exchange that only has to be committed.
pub(super) struct Ready {
    pub(super) encoded: Encoded,
    pub(super) commit: Commit,
    /// What of letters was asked.
    pub(super) errand: Option<Errand>,
}

impl Ready {
    /// An answer that changes nothing.
    pub(super) fn of(encoded: Encoded) -> Ready {
        Ready { encoded, commit: Commit::new(), errand: None }
    }
}

/// Why an exchange could not be committed.
enum NotLogged {
    /// Somebody else changed the same rows first.
    Conflict,
    Refused(Refusal),
}

impl Door {
    /// Commits, and gives the answer that may be sent. Without a commit there is no other answer than a refusal.
    ///
    /// `encode` forms the answer to an errand, if it comes to another one than was ready.
    pub(super) async fn conclude(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        ready: Ready,
        encode: impl Fn(Result<Answer, Refusal>) -> Encoded + Send + Sync,
    ) -> Encoded {
        let Ready { encoded, commit, errand } = ready;
        // What is refused changes nothing.
        let commit = if encoded.code.is_some() { Commit::new() } else { commit };
        let changes = !commit.statements.is_empty();
        let again = errand.as_ref().is_some_and(Errand::is_order) && repeated(&encoded, &commit);
        let encoded = match (self.log(tenant, arrival, known, &encoded, commit, again).await, &errand) {
            (Ok(()), _) => encoded,
            (Err(NotLogged::Conflict), Some(errand)) => {
                Box::pin(self.answer_again(tenant, arrival, known, errand, &encode)).await
            }
            (Err(error), _) => encode(Err(error.into())),
        };
        let may_be_due = changes || errand.as_ref().is_some_and(Errand::is_order);
        if may_be_due && encoded.code.is_none() {
            self.letters.wake(&tenant.code);
        }
        if encoded.code == Some(ErrorCode::Timeout.word()) {
            tracing::warn!(
                exchange.id = %arrival.exchange_id,
                xroad.id = %safe(known.xroad_id.as_deref().unwrap_or_default()),
                "an exchange met its deadline; a later result is discarded"
            );
        }
        let operation = known.operation.map_or("-", |operation| operation.name);
        self.metrics.exchange(operation, encoded.code.unwrap_or("ok"), self.took(arrival));
        encoded
    }

    /// Another exchange was first with the same a moment ago; of an order, its answer is ours, too.
    async fn answer_again(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        errand: &Errand,
        encode: &(impl Fn(Result<Answer, Refusal>) -> Encoded + Send + Sync),
    ) -> Encoded {
        let (encoded, commit) = match self.guarded(arrival, self.answer_errand(tenant, errand)).await {
            Ok((accepted, commit)) => (encode(Ok(accepted)), commit),
            Err(refusal) => (encode(Err(refusal)), Commit::new()),
        };
        let again = errand.is_order() && repeated(&encoded, &commit);
        match self.log(tenant, arrival, known, &encoded, commit, again).await {
            Ok(()) => encoded,
            Err(error) => encode(Err(error.into())),
        }
    }

    /// A log that cannot be written is an alarm, and every exchange is refused while that lasts.
    fn alarm(&self, unlogged: bool) {
        // A shared line is only read while nothing changes.
        if self.unlogged.load(Ordering::Relaxed) != unlogged
            && self.unlogged.swap(unlogged, Ordering::Relaxed) != unlogged
        {
            self.metrics.alarm(MESSAGE_LOG, unlogged);
            if unlogged {
                tracing::error!("the message log cannot be written: every exchange is refused until it can");
            } else {
                tracing::warn!("the message log can be written again");
            }
        }
    }

    async fn log(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        encoded: &Encoded,
        mut commit: Commit,
        repeated: bool,
    ) -> Result<(), NotLogged> {
        let failed = |code, text, error: &dyn std::fmt::Display| {
            tracing::error!(
                exchange.id = %arrival.exchange_id,
                xroad.id = %safe(known.xroad_id.as_deref().unwrap_or_default()),
                "the exchange could not be committed: {error}"
            );
            NotLogged::Refused(Refusal::new(code, text))
        };
        let unavailable = "the exchange could not be logged; try again";
        let keys = self.store.tenant_keys(&tenant.code).await;
        let keys = keys.map_err(|error| failed(ErrorCode::Unavailable, unavailable, &error))?;
        let answered = Answered {
            // By the clock that never goes back: a correction of the time may not end an exchange before it began.
            at: arrival.at.checked_add(self.took(arrival)).unwrap_or(arrival.at),
            status: encoded.status.as_u16(),
            fault_code: encoded.code,
            // An answer to HEAD goes out without its content.
            content: if known.method.as_deref() == Some("HEAD") { &[] } else { &encoded.content },
        };
        for letter in &mut commit.evidence {
            letter.exchange_id = Some(arrival.exchange_id);
            letter.xroad_id.clone_from(&known.xroad_id);
            letter.request_digest.clone_from(&known.request_digest);
            if known.actor.is_some() {
                letter.actor.clone_from(&known.actor);
            }
        }
        let mut record = draft(tenant, &keys, arrival, known, &answered);
        record.response_parts = encoded.enclosed.as_ref().map(Enclosed::digests).unwrap_or_default();
        if repeated {
            record.outcome = Some("repeated".to_owned());
        }
        let commit = commit.and(record);
        // The answer must be there before the security server gives up, also when the disk is not.
        let left = self.left(arrival) + self.limits.deadline / GRACE;
        let store = self.store.clone();
        let mut committing = Box::pin(async move { store.commit(commit).await });
        let Ok(committed) = tokio::time::timeout(left, &mut committing).await else {
            self.alarm(true);
            self.late(tenant, arrival, committing);
            return Err(failed(ErrorCode::Timeout, "the exchange was not logged in time; try again", &"no answer"));
        };
        match &committed {
            Ok(_) => self.alarm(false),
            Err(CommitError::Unavailable { .. } | CommitError::Unknown { .. } | CommitError::Closed) => {
                self.alarm(true);
            }
            // The database has answered.
            Err(error) if error.is_conflict() => self.alarm(false),
            // A full queue, for one, says nothing about the disk behind it.
            Err(_) => {}
        }
        match committed {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(NotLogged::Conflict),
            Err(error @ CommitError::Busy) => {
                self.metrics.limit_hit("commit_queue");
                Err(failed(ErrorCode::Overloaded, "too many requests at once; try again", &error))
            }
            Err(error) => Err(failed(ErrorCode::Unavailable, unavailable, &error)),
        }
    }

    /// A commit that outlasts its exchange: should it succeed after all, the log says that its answer was never given.
    fn late(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        committing: impl Future<Output = Result<Committed, CommitError>> + Send + 'static,
    ) {
        let (tenant, at, id) = (Arc::clone(&tenant.code), arrival.at, arrival.exchange_id);
        let (store, world, letters) = (self.store.clone(), self.world.clone(), Arc::clone(&self.letters));
        tokio::spawn(async move {
            if let Err(error) = committing.await {
                tracing::warn!(exchange.id = %id, "an exchange past its deadline was not committed: {error}");
                return;
            }
            tracing::warn!(exchange.id = %id, "an exchange was committed after its deadline; its answer was discarded");
            // It may have been an order.
            letters.wake(&tenant);
            let draft = not_delivered(&tenant, at, id, world.now());
            if let Err(error) = store.commit(Commit::of_evidence(draft)).await {
                tracing::error!(exchange.id = %id, "that an answer was discarded could not be logged: {error}");
            }
        });
    }

    /// Lets the log know when nobody took the answer.
    pub(super) fn watch_delivery(&self, tenant: &Tenant, arrival: &Arrival, response: &mut Response<Body>) {
        let (tenant, at, exchange_id) = (Arc::clone(&tenant.code), arrival.at, arrival.exchange_id);
        let (store, world) = (self.store.clone(), self.world.clone());
        response.extensions_mut().insert(Delivery::new(move |delivered| {
            if delivered == Delivered::Yes {
                return;
            }
            let draft = not_delivered(&tenant, at, exchange_id, world.now());
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move {
                    if let Err(error) = store.commit(Commit::of_evidence(draft)).await {
                        tracing::error!("that an answer was not delivered could not be logged: {error}");
                    }
                });
            }
        }));
    }
}

fn not_delivered(tenant: &str, arrived: Timestamp, exchange_id: Uuid, now: Timestamp) -> EvidenceDraft {
    let mut draft = EvidenceDraft::new(RecordKind::NotDelivered, tenant, arrived, now);
    draft.exchange_id = Some(exchange_id);
    draft.delivered = Some(false);
    draft
}

/// An order whose answer changes nothing was accepted before.
fn repeated(encoded: &Encoded, commit: &Commit) -> bool {
    encoded.code.is_none() && commit.statements.is_empty()
}

impl From<NotLogged> for Refusal {
    fn from(error: NotLogged) -> Refusal {
        match error {
            NotLogged::Conflict => Refusal::new(ErrorCode::Unavailable, "the same is being changed; try again"),
            NotLogged::Refused(refusal) => refusal,
        }
    }
}
