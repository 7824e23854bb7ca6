//! The end of every exchange: one durable commit of what changed and the record of it, then the answer.

use bytes::Bytes;
use http::{Response, StatusCode};
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages::AcceptedOrder;

use super::evidence::{Answered, Known, draft};
use super::order::Order;
use super::outgoing::Enclosed;
use super::{Arrival, Door, Tenant};
use crate::listen::{Body, Delivered, Delivery};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, CommitError};
use crate::telemetry::safe;

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
    /// The order that the commit accepts.
    pub(super) order: Option<Order>,
}

impl Ready {
    /// An answer that changes nothing.
    pub(super) fn of(encoded: Encoded) -> Ready {
        Ready { encoded, commit: Commit::new(), order: None }
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
    /// `encode` forms the answer to an order, if it comes to another one than was ready.
    pub(super) async fn conclude(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        ready: Ready,
        encode: impl Fn(Result<AcceptedOrder, Refusal>) -> Encoded + Send + Sync,
    ) -> Encoded {
        let Ready { encoded, commit, order } = ready;
        // What is refused changes nothing.
        let commit = if encoded.code.is_some() { Commit::new() } else { commit };
        let encoded = match (self.log(tenant, arrival, known, &encoded, commit).await, &order) {
            (Ok(()), _) => encoded,
            // The same order was accepted by another exchange a moment ago: its answer is ours, too.
            (Err(NotLogged::Conflict), Some(order)) => {
                let (encoded, commit) = match self.guarded(arrival.exchange_id, self.accept(tenant, order)).await {
                    Ok((accepted, commit)) => (encode(Ok(accepted)), commit),
                    Err(refusal) => (encode(Err(refusal)), Commit::new()),
                };
                match self.log(tenant, arrival, known, &encoded, commit).await {
                    Ok(()) => encoded,
                    Err(error) => encode(Err(error.into())),
                }
            }
            (Err(error), _) => encode(Err(error.into())),
        };
        if order.is_some() && encoded.code.is_none() {
            self.letters.wake(&tenant.code);
        }
        let operation = known.operation.map_or("-", |operation| operation.name);
        self.metrics.exchange(operation, encoded.code.unwrap_or("ok"), self.took(arrival));
        encoded
    }

    async fn log(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        encoded: &Encoded,
        mut commit: Commit,
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
            at: self.world.now(),
            status: encoded.status.as_u16(),
            fault_code: encoded.code,
            // An answer to HEAD goes out without its content.
            content: if known.method.as_deref() == Some("HEAD") { &[] } else { &encoded.content },
        };
        for letter in &mut commit.evidence {
            letter.exchange_id = Some(arrival.exchange_id);
            letter.xroad_id.clone_from(&known.xroad_id);
            letter.request_digest.clone_from(&known.request_digest);
        }
        let mut draft = draft(tenant, &keys, arrival, known, &answered);
        draft.response_parts = encoded.enclosed.as_ref().map(Enclosed::digests).unwrap_or_default();
        let commit = commit.and(draft);
        match self.store.commit(commit).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(NotLogged::Conflict),
            Err(error @ CommitError::Busy) => {
                self.metrics.limit_hit("commit_queue");
                Err(failed(ErrorCode::Overloaded, "too many requests at once; try again", &error))
            }
            Err(error) => Err(failed(ErrorCode::Unavailable, unavailable, &error)),
        }
    }

    /// Lets the log know when nobody took the answer.
    pub(super) fn watch_delivery(&self, tenant: &Tenant, arrival: &Arrival, response: &mut Response<Body>) {
        let mut draft = EvidenceDraft::new(RecordKind::NotDelivered, &*tenant.code, arrival.at, arrival.at);
        draft.exchange_id = Some(arrival.exchange_id);
        draft.delivered = Some(false);
        let (store, world) = (self.store.clone(), self.world.clone());
        response.extensions_mut().insert(Delivery::new(move |delivered| {
            if delivered == Delivered::Yes {
                return;
            }
            draft.time_out = world.now();
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

impl From<NotLogged> for Refusal {
    fn from(error: NotLogged) -> Refusal {
        match error {
            NotLogged::Conflict => Refusal::new(ErrorCode::Unavailable, "the same order is being accepted; try again"),
            NotLogged::Refused(refusal) => refusal,
        }
    }
}
