//! The course of one letter, for whoever has to find out what became of it: what the message log, the answers of Suomi.fi
//! Messages and its events say, by time, with the trace ids that its support asks for.
//!
//! Nothing in it is about the recipient, and nothing is from the letter: what events say of people stays sealed.

use serde::Serialize;

use super::facts::{self, Fact};
use super::sealed::Particulars;
use crate::model::evidence::RecordKind;
use crate::store::{Store, StoreError, sends};

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

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
    let particulars = match send.sealed.as_slice() {
        [] => None,
        sealed => Some(Particulars::open(&*store.tenant_keys(tenant).await?, sealed, &send.id)?),
    };
    let facts = facts::of(store, tenant, &send, particulars.as_ref()).await?;
    Ok(Some(facts.into_iter().map(step).collect()))
}

fn step(fact: Fact) -> Step {
    let at = fact.at.to_string();
    let plain = |source, what| Step { at, source, what, trace_id: None, by: None, reason: None };
    match fact.source {
        facts::Source::Answer(call) => {
            Step { trace_id: call.trace_id, ..plain(Source::Answer, call.status.to_string()) }
        }
        facts::Source::Event(event) => plain(Source::Event, event.kind),
        facts::Source::Log(record) => {
            let draft = record.draft;
            // An act says more than the state that it led to.
            let act = draft.operation.filter(|_| draft.kind == RecordKind::Act);
            let by = draft.actor.filter(|actor| actor != "system");
            Step { by, reason: draft.reason, ..plain(Source::MessageLog, act.or(draft.outcome).unwrap_or_default()) }
        }
    }
}
