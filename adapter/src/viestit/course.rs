//! The course of one letter, for whoever has to find out what became of it: what the message log, the answers of Suomi.fi
//! Messages and its events say, by time, with the trace ids that its support asks for.
//!
//! Nothing in it is about the recipient, and nothing is from the letter: what events say of people stays sealed.

use serde::Serialize;

use super::orders::{subject, timestamp};
use super::sealed::Particulars;
use crate::model::evidence::{Evidence, EvidenceDraft, RecordKind};
use crate::store::{Store, StoreError, evidence, sends, viestit};

/// Something that happened to a letter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub at: String,
    pub source: Source,
    /// The state or the act, the HTTP status, or the kind of the event.
    pub what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Who acted, where it was a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, in that person's words or as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who says so. At equal times what a state rests on stands before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An answer to a call of ours; of many only the last.
    Answer,
    Event,
    MessageLog,
}

/// What has happened to the letter with this id; none when the tenant has none.
pub async fn of(store: &Store, tenant: &str, id: &str) -> Result<Option<Vec<Step>>, StoreError> {
    let Some(send) = sends::get(store, tenant, id).await? else { return Ok(None) };
    let mut steps: Vec<(i64, Step)> = Vec::new();
    for stored in evidence::of_subject(store, tenant, &subject(&send)).await? {
        let unreadable = |_| StoreError::Unreadable { place: "evidence", column: 3 };
        let draft = Evidence::decode(&stored.record).map_err(unreadable)?.draft;
        steps.push((draft.time_in.as_microsecond(), recorded(draft)));
    }
    if !send.sealed.is_empty() {
        let keys = store.tenant_keys(tenant).await?;
        for call in Particulars::open(&keys, &send.sealed, &send.id)?.calls {
            let step = Step { trace_id: call.trace_id, ..step(call.at, Source::Answer, call.status.to_string()) };
            steps.push((call.at, step));
        }
    }
    for event in viestit::events_of(store, tenant, &send.id).await? {
        steps.push((event.event_time, step(event.event_time, Source::Event, event.kind)));
    }
    steps.sort_by_key(|(at, step)| (*at, step.source));
    Ok(Some(steps.into_iter().map(|(_, step)| step).collect()))
}

fn step(at: i64, source: Source, what: String) -> Step {
    Step { at: timestamp(at).to_string(), source, what, trace_id: None, by: None, reason: None }
}

fn recorded(draft: EvidenceDraft) -> Step {
    let by = draft.actor.filter(|actor| actor != "system");
    // An act says more than the state that it led to.
    let act = draft.operation.filter(|_| draft.kind == RecordKind::Act);
    let what = act.or(draft.outcome).unwrap_or_default();
    Step { by, reason: draft.reason, ..step(draft.time_in.as_microsecond(), Source::MessageLog, what) }
}
