//! What end users, the printing house and Posti do to messages, whoever orders it: a test, the control door, the inbox
//! view, or the clock. Each act that the sender is told of ends in an event.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::config::PostiEnd;
use super::control::{ControlError, Draft, PostiOutcome};
use super::message::{Channel, Deletion, Event, File, Step, StoredMessage, ThreadLink, UserMessage};
use super::rules::{ReplyAllowedBy, ServiceType};
use super::state::{Due, State};

impl State {
    /// The recipient opens a message. Opening again changes nothing.
    pub(super) fn read(&mut self, message_id: i64, now: Timestamp) -> Result<(), ControlError> {
        let message = self.mailed(message_id, now)?;
        if message.service_type() == Some(ServiceType::Verifiable) && !message.confirmed {
            return Err(ControlError::NotConfirmed);
        }
        if message.read {
            return Ok(());
        }
        message.read = true;
        self.tell(message_id, Step::Read, "Electronic message read", now, Vec::new())
    }

    /// The recipient confirms the receipt of a verifiable message.
    pub(super) fn confirm(&mut self, message_id: i64, by: &str, now: Timestamp) -> Result<(), ControlError> {
        let message = self.mailed(message_id, now)?;
        if message.service_type() != Some(ServiceType::Verifiable) {
            return Err(ControlError::NotVerifiable);
        }
        if message.confirmed {
            return Err(ControlError::Done);
        }
        message.confirmed = true;
        self.tell(message_id, Step::Confirmed, "Receipt confirmed", now, vec![("receiptConfirmedBy", json!(by))])
    }

    /// A letter goes to the print provider.
    pub(super) fn print(&mut self, message_id: i64, now: Timestamp) -> Result<(), ControlError> {
        let message = self.letter(message_id)?;
        if message.printed {
            return Err(ControlError::Done);
        }
        message.printed = true;
        let verifiable = message.service_type() == Some(ServiceType::Verifiable);
        self.tell(message_id, Step::Printed, "Sent for printing and enveloping", now, Vec::new())?;
        if let Some(house) = self.switches.printing.as_ref().filter(|_| verifiable) {
            let at = later(now, house.posti_after);
            self.plan(at, Due::Posti(message_id));
        }
        Ok(())
    }

    /// All letters that wait go to the print provider; says how many.
    pub(super) fn print_all(&mut self, now: Timestamp) -> usize {
        let letters = self.messages.iter().filter(|message| message.channel == Channel::Paper && !message.printed);
        let waiting: Vec<i64> = letters.map(|message| message.message_id).collect();
        waiting.into_iter().filter(|id| self.print(*id, now).is_ok()).count()
    }

    /// Posti tells how a printed verifiable letter ended.
    pub(super) fn posti(&mut self, message_id: i64, outcome: PostiOutcome, now: Timestamp) -> Result<(), ControlError> {
        let message = self.letter(message_id)?;
        if message.service_type() != Some(ServiceType::Verifiable) {
            return Err(ControlError::NotVerifiable);
        }
        if !message.printed {
            return Err(ControlError::NotPrinted);
        }
        if message.posti_done {
            return Err(ControlError::Done);
        }
        message.posti_done = true;
        let (kind, code, signature) = match outcome {
            PostiOutcome::Confirmed { tracking_code, signature } => {
                ("Posti: receipt confirmed", tracking_code, Some(signature))
            }
            PostiOutcome::Returned { tracking_code } => ("Posti: returned to sender", tracking_code, None),
            PostiOutcome::Unresolved { tracking_code } => ("Posti: unresolved", tracking_code, None),
        };
        let mut more = vec![("postiTrackingCode", json!(code))];
        more.extend(signature.map(|signature| ("recipientSignature", json!(signature))));
        self.tell(message_id, Step::PostiDone, kind, now, more)
    }

    /// How Posti ends a letter when nobody says how: the ends of the printing house in turn, confirmed without one.
    pub(super) fn posti_by_turn(&mut self, message_id: i64, now: Timestamp) -> Result<(), ControlError> {
        let ends = self.switches.printing.as_ref().map(|house| house.ends.as_slice()).unwrap_or_default();
        let turn = self.posti_turn.checked_rem(ends.len()).unwrap_or_default();
        let end = ends.get(turn).copied().unwrap_or(PostiEnd::Confirmed);
        let message = self.letter(message_id)?;
        let name = message.paper.as_ref().map(|part| part.recipient.name.clone()).unwrap_or_default();
        let tracking_code = tracking_code(message_id);
        let outcome = match end {
            PostiEnd::Confirmed => PostiOutcome::Confirmed { tracking_code, signature: name },
            PostiEnd::Returned => PostiOutcome::Returned { tracking_code },
            PostiEnd::Unresolved => PostiOutcome::Unresolved { tracking_code },
        };
        self.posti(message_id, outcome, now)?;
        self.posti_turn += 1;
        Ok(())
    }

    /// The recipient answers a message; gives the id of the new message.
    pub(super) fn reply(&mut self, to: i64, draft: Draft, now: Timestamp) -> Result<i64, ControlError> {
        let message = self.mailed(to, now)?;
        if message.electronic.as_ref().map(|part| part.reply_allowed_by) != Some(ReplyAllowedBy::Anyone) {
            return Err(ControlError::RepliesNotAllowed);
        }
        let (root, system, service_id) = (message.thread_root, message.system.clone(), message.service_id.clone());
        let system = self.system_named(&system).ok_or(ControlError::UnknownSystem)?;
        let external_id = self.message(root).map(|first| first.external_id.clone());
        let thread = ThreadLink { root_message_id: root, in_reply_to: to, external_id };
        Ok(self.deliver(system, service_id, Some(thread), draft, now))
    }

    /// An end user begins a conversation with a service; gives the id of the new message.
    pub(super) fn write(&mut self, service_id: &str, draft: Draft, now: Timestamp) -> Result<i64, ControlError> {
        let owner = self.systems.iter().position(|system| system.services.iter().any(|own| own == service_id));
        let system = owner.ok_or(ControlError::UnknownSystem)?;
        Ok(self.deliver(system, service_id.to_owned(), None, draft, now))
    }

    pub(super) fn delete(&mut self, message_id: i64, deletion: Deletion) -> Result<(), ControlError> {
        if let Some(message) = self.message_mut(message_id) {
            message.deletion = Some(deletion);
            return Ok(());
        }
        let message = self.received.iter_mut().find(|message| message.message_id == message_id);
        message.ok_or(ControlError::UnknownMessage)?.deletion = Some(deletion);
        Ok(())
    }

    /// Puts every event about a message into the feed once more, as a feed that promises no order and no uniqueness may.
    pub(super) fn repeat_events(&mut self, message_id: i64) -> usize {
        let again: Vec<Event> = self.events.iter().filter(|event| event.is_about(message_id)).cloned().collect();
        let count = again.len();
        self.events.extend(again);
        count
    }

    /// A message in its recipient's mailbox.
    fn mailed(&mut self, message_id: i64, now: Timestamp) -> Result<&mut StoredMessage, ControlError> {
        let message = self.message_mut(message_id).ok_or(ControlError::UnknownMessage)?;
        if message.channel != Channel::Electronic {
            return Err(ControlError::WrongChannel);
        }
        if message.is_gone(now) { Err(ControlError::Deleted) } else { Ok(message) }
    }

    fn letter(&mut self, message_id: i64) -> Result<&mut StoredMessage, ControlError> {
        let message = self.message_mut(message_id).ok_or(ControlError::UnknownMessage)?;
        if message.channel == Channel::Paper { Ok(message) } else { Err(ControlError::WrongChannel) }
    }

    fn deliver(
        &mut self,
        system: usize,
        service_id: String,
        thread: Option<ThreadLink>,
        draft: Draft,
        now: Timestamp,
    ) -> i64 {
        let message_id = self.take_id();
        let files = draft.files.into_iter().map(|file| File {
            id: Uuid::new_v4(),
            name: file.name,
            media_type: file.media_type,
            content: file.content,
        });
        let mut metadata = Map::new();
        metadata.insert("messageId".to_owned(), json!(message_id));
        metadata.insert("serviceId".to_owned(), json!(service_id));
        let kind = "Electronic message from end user".to_owned();
        self.events.push(Event { system, kind, time: now, metadata });
        self.received.push(UserMessage {
            message_id,
            system,
            service_id,
            created_at: now,
            title: draft.title,
            body: draft.body,
            files: files.collect(),
            thread,
            owner: draft.owner,
            representative: draft.representative,
            deletion: None,
        });
        message_id
    }

    /// Adds an event about a message that a system sent; `more` joins the common metadata.
    pub(super) fn tell(
        &mut self,
        message_id: i64,
        step: Step,
        kind: &str,
        time: Timestamp,
        more: Vec<(&str, Value)>,
    ) -> Result<(), ControlError> {
        let message = self.message_mut(message_id).ok_or(ControlError::UnknownMessage)?;
        message.steps.push((step, time));
        let mut metadata = Map::new();
        metadata.insert("messageId".to_owned(), json!(message.message_id));
        metadata.insert("serviceId".to_owned(), json!(message.service_id));
        metadata.insert("externalId".to_owned(), json!(message.external_id));
        metadata.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        let system = message.system.clone();
        let system = self.system_named(&system).ok_or(ControlError::UnknownSystem)?;
        self.events.push(Event { system, kind: kind.to_owned(), time, metadata });
        Ok(())
    }
}

/// A tracking code of Posti's form, made of the message's id.
pub(super) fn tracking_code(message_id: i64) -> String {
    format!("JJFI{message_id:017}")
}

pub(super) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}
