//! What has happened to one letter, by its sources: records of the message log, answers of Suomi.fi Messages to our calls,
//! and its events. Receipts and the operator's view are made of it; nothing is concluded here.

use jiff::Timestamp;

use super::orders::{subject, timestamp};
use super::sealed::{Call, Particulars};
use crate::model::evidence::{Evidence, RecordKind};
use crate::store::sends::Send;
use crate::store::viestit::{self as events, Event};
use crate::store::{Store, StoreError, evidence};

pub(super) struct Fact {
    /// When it was recorded, answered, or happened as the event says.
    pub(super) at: Timestamp,
    pub(super) source: Source,
}

pub(super) enum Source {
    /// One of the last calls.
    Answer(Call),
    Event(Event),
    Log(Box<Evidence>),
}

impl Source {
    /// At equal times what a state rests on stands before it.
    fn rank(&self) -> u8 {
        match self {
            Source::Log(record) if record.draft.kind == RecordKind::LetterAccepted => 0,
            Source::Answer(_) => 1,
            Source::Event(_) => 2,
            Source::Log(_) => 3,
        }
    }
}

/// The facts about a Send, by time.
pub(super) async fn of(
    store: &Store,
    tenant: &str,
    send: &Send,
    particulars: Option<&Particulars>,
) -> Result<Vec<Fact>, StoreError> {
    let subject = subject(send);
    let mut facts = Vec::new();
    for stored in evidence::of_subject(store, tenant, &subject).await?.into_iter().rev() {
        let unreadable = StoreError::Unreadable { place: "evidence", column: 3 };
        let Ok(record) = Evidence::decode(&stored.record) else { return Err(unreadable) };
        // The column only finds the record; what it is about it says itself.
        if record.draft.tenant != tenant || record.draft.subject.as_ref() != Some(&subject) {
            return Err(unreadable);
        }
        facts.push(Fact { at: record.draft.time_out, source: Source::Log(Box::new(record)) });
    }
    for call in particulars.into_iter().flat_map(|particulars| &particulars.calls) {
        facts.push(Fact { at: timestamp(call.at), source: Source::Answer(call.clone()) });
    }
    for event in events::events_of(store, tenant, &send.id).await? {
        facts.push(Fact { at: timestamp(event.event_time), source: Source::Event(event) });
    }
    facts.sort_by_key(|fact| (fact.at, fact.source.rank()));
    Ok(facts)
}
