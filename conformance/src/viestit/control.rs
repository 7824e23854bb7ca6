//! What a test does in place of end users, the print provider, Posti and the operator (fact sheet §6.12), and what it may look at.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::config::Switches;
use super::faults::{Call, Fault};
use super::message::{Actor, Channel, Deletion, Event, File, StoredMessage, ThreadLink, UserMessage};
use super::rules::{ReplyAllowedBy, ServiceType};
use super::state::{Shared, State};

/// A handle to a simulator's state; clones share it.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

/// Why the simulated world cannot do what a test orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No message has this id.
    #[error("no such message")]
    UnknownMessage,
    /// No system has this user name, or none has this service.
    #[error("no such system or service")]
    UnknownSystem,
    /// The message went the other way.
    #[error("the message went by another channel")]
    WrongChannel,
    /// A verifiable message must be confirmed before it can be opened.
    #[error("the receipt is not confirmed yet")]
    NotConfirmed,
    /// Only verifiable messages and letters can be confirmed or tracked.
    #[error("the message is not verifiable")]
    NotVerifiable,
    /// The letter has not been printed yet.
    #[error("the letter is not printed yet")]
    NotPrinted,
    /// It has been done already.
    #[error("done already")]
    Done,
    /// The sender does not take answers.
    #[error("replies are not allowed")]
    RepliesNotAllowed,
    /// The recipient has deleted the message.
    #[error("the message is deleted")]
    Deleted,
}

/// What an end user writes.
#[derive(Clone, Default)]
pub struct Draft {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Files.
    pub files: Vec<DraftFile>,
    /// Whose mailbox it is; `None` makes a message without `sender`.
    pub owner: Option<Actor>,
    /// Who writes for the owner.
    pub representative: Option<Actor>,
}

/// A file that an end user adds.
#[derive(Clone)]
pub struct DraftFile {
    /// File name.
    pub name: String,
    /// Media type.
    pub media_type: String,
    /// Content.
    pub content: Bytes,
}

/// How a verifiable letter ends.
#[derive(Clone)]
pub enum PostiOutcome {
    /// Handed over.
    Confirmed {
        /// Posti's code.
        tracking_code: String,
        /// The recipient's signature, as text.
        signature: String,
    },
    /// Came back.
    Returned {
        /// Posti's code.
        tracking_code: String,
    },
    /// Tracking ended without an outcome.
    Unresolved {
        /// Posti's code.
        tracking_code: String,
    },
}

impl Control {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Changes switches while the simulator runs.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.0.lock().switches);
    }

    /// Makes the mailbox of `id` exist and be in use or not.
    pub fn set_mailbox(&self, id: &str, active: bool) {
        self.0.lock().mailboxes.insert(id.to_owned(), active);
    }

    /// Orders `fault` for the next `times` calls of `path` (as the description writes it). Earlier orders come first;
    /// `usize::MAX` means until [`Control::clear_faults`].
    pub fn fault(&self, path: &str, fault: Fault, times: usize) {
        self.0.lock().faults.add(path, fault, times);
    }

    /// Takes back all faults that still wait.
    pub fn clear_faults(&self) {
        self.0.lock().faults.clear();
    }

    /// Makes every token invalid at once.
    pub fn drop_tokens(&self) {
        self.0.lock().tokens.clear();
    }

    /// The recipient opens a message. Opening again changes nothing.
    pub fn read(&self, message_id: i64) -> Result<(), ControlError> {
        self.change(message_id, |state, system, message, now| {
            electronic(message, now)?;
            if service_type(message) == Some(ServiceType::Verifiable) && !message.confirmed {
                return Err(ControlError::NotConfirmed);
            }
            if !message.read {
                message.read = true;
                state.tell(system, message, "Electronic message read", now, Vec::new());
            }
            Ok(())
        })
    }

    /// The recipient confirms the receipt of a verifiable message.
    pub fn confirm(&self, message_id: i64, by: &str) -> Result<(), ControlError> {
        self.change(message_id, |state, system, message, now| {
            electronic(message, now)?;
            if service_type(message) != Some(ServiceType::Verifiable) {
                return Err(ControlError::NotVerifiable);
            }
            if message.confirmed {
                return Err(ControlError::Done);
            }
            message.confirmed = true;
            state.tell(system, message, "Receipt confirmed", now, vec![("receiptConfirmedBy", json!(by))]);
            Ok(())
        })
    }

    /// A letter goes to the print provider.
    pub fn print(&self, message_id: i64) -> Result<(), ControlError> {
        self.change(message_id, |state, system, message, now| {
            if message.channel != Channel::Paper {
                return Err(ControlError::WrongChannel);
            }
            if message.printed {
                return Err(ControlError::Done);
            }
            message.printed = true;
            state.tell(system, message, "Sent for printing and enveloping", now, Vec::new());
            Ok(())
        })
    }

    /// All letters that wait go to the print provider; says how many.
    pub fn print_all(&self) -> usize {
        let waiting: Vec<i64> = {
            let state = self.0.lock();
            let letters = state.messages.iter().filter(|message| message.channel == Channel::Paper && !message.printed);
            letters.map(|message| message.message_id).collect()
        };
        waiting.into_iter().filter(|id| self.print(*id).is_ok()).count()
    }

    /// Posti tells how a printed verifiable letter ended.
    pub fn posti(&self, message_id: i64, outcome: PostiOutcome) -> Result<(), ControlError> {
        self.change(message_id, |state, system, message, now| {
            if message.channel != Channel::Paper {
                return Err(ControlError::WrongChannel);
            }
            if service_type(message) != Some(ServiceType::Verifiable) {
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
            state.tell(system, message, kind, now, more);
            Ok(())
        })
    }

    /// The recipient answers a message; gives the id of the new message.
    pub fn reply(&self, to: i64, draft: Draft) -> Result<i64, ControlError> {
        let now = self.0.now();
        let mut state = self.0.lock();
        let message =
            state.messages.iter().find(|message| message.message_id == to).ok_or(ControlError::UnknownMessage)?;
        electronic(message, now)?;
        if message.electronic.as_ref().map(|part| part.reply_allowed_by) != Some(ReplyAllowedBy::Anyone) {
            return Err(ControlError::RepliesNotAllowed);
        }
        let root = message.thread_root;
        let system = state.system_named(&message.system).ok_or(ControlError::UnknownSystem)?;
        let service_id = message.service_id.clone();
        let first = state.messages.iter().find(|message| message.message_id == root);
        let thread = ThreadLink { root_message_id: root, external_id: first.map(|first| first.external_id.clone()) };
        Ok(deliver(&mut state, system, service_id, Some(thread), draft, now))
    }

    /// An end user begins a conversation with a service; gives the id of the new message.
    pub fn write(&self, service_id: &str, draft: Draft) -> Result<i64, ControlError> {
        let now = self.0.now();
        let mut state = self.0.lock();
        let owner = state.systems.iter().position(|system| system.services.iter().any(|own| own == service_id));
        let system = owner.ok_or(ControlError::UnknownSystem)?;
        Ok(deliver(&mut state, system, service_id.to_owned(), None, draft, now))
    }

    /// The end user moves a message to the folder of deleted ones; after 60 days it is gone for good.
    pub fn delete(&self, message_id: i64) -> Result<(), ControlError> {
        let now = self.0.now();
        self.set_deletion(message_id, Deletion::Folder(now))
    }

    /// The end user deletes a message for good.
    pub fn delete_for_good(&self, message_id: i64) -> Result<(), ControlError> {
        self.set_deletion(message_id, Deletion::ForGood)
    }

    /// Puts any event into the feed of a system: types not known yet, repeated events, events of others.
    pub fn push_event(
        &self,
        system: &str,
        kind: &str,
        time: Timestamp,
        metadata: Map<String, Value>,
    ) -> Result<(), ControlError> {
        let mut state = self.0.lock();
        let system = state.system_named(system).ok_or(ControlError::UnknownSystem)?;
        state.events.push(Event { system, kind: kind.to_owned(), time, metadata });
        Ok(())
    }

    /// Every message that systems have sent, oldest first.
    pub fn messages(&self) -> Vec<StoredMessage> {
        self.0.lock().messages.clone()
    }

    /// Every message that end users have sent, oldest first, deleted ones too.
    pub fn user_messages(&self) -> Vec<UserMessage> {
        self.0.lock().received.clone()
    }

    /// Every event, oldest first, whatever its age.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().events.clone()
    }

    /// Uploads that were taken, used or not.
    pub fn upload_count(&self) -> usize {
        self.0.lock().uploads.len()
    }

    /// Every call that arrived, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.0.lock().calls.clone()
    }

    /// How many calls of `path` (as the description writes it) arrived.
    pub fn call_count(&self, path: &str) -> usize {
        self.0.lock().calls.iter().filter(|call| call.path == path).count()
    }

    /// Takes the message out, lets `act` change it, puts it back.
    fn change(
        &self,
        message_id: i64,
        act: impl FnOnce(&mut State, usize, &mut StoredMessage, Timestamp) -> Result<(), ControlError>,
    ) -> Result<(), ControlError> {
        let now = self.0.now();
        let mut state = self.0.lock();
        let at = state.messages.iter().position(|message| message.message_id == message_id);
        let mut message = at.and_then(|at| state.messages.get(at).cloned()).ok_or(ControlError::UnknownMessage)?;
        let system = state.system_named(&message.system).ok_or(ControlError::UnknownSystem)?;
        act(&mut state, system, &mut message, now)?;
        if let Some(place) = at.and_then(|at| state.messages.get_mut(at)) {
            *place = message;
        }
        Ok(())
    }

    fn set_deletion(&self, message_id: i64, deletion: Deletion) -> Result<(), ControlError> {
        let mut state = self.0.lock();
        if let Some(message) = state.messages.iter_mut().find(|message| message.message_id == message_id) {
            message.deletion = Some(deletion);
            return Ok(());
        }
        let message = state.received.iter_mut().find(|message| message.message_id == message_id);
        message.ok_or(ControlError::UnknownMessage)?.deletion = Some(deletion);
        Ok(())
    }
}

/// The message must be in the recipient's mailbox still.
fn electronic(message: &StoredMessage, now: Timestamp) -> Result<(), ControlError> {
    if message.channel != Channel::Electronic {
        return Err(ControlError::WrongChannel);
    }
    if message.deletion.is_some_and(|deletion| deletion.is_final(now)) {
        return Err(ControlError::Deleted);
    }
    Ok(())
}

/// The type of the part that was used.
fn service_type(message: &StoredMessage) -> Option<ServiceType> {
    match message.channel {
        Channel::Electronic => message.electronic.as_ref().map(|part| part.service_type),
        Channel::Paper => message.paper.as_ref().map(|part| part.service_type),
    }
}

fn deliver(
    state: &mut State,
    system: usize,
    service_id: String,
    thread: Option<ThreadLink>,
    draft: Draft,
    now: Timestamp,
) -> i64 {
    let message_id = state.take_id();
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
    state.events.push(Event { system, kind, time: now, metadata });
    state.received.push(UserMessage {
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
