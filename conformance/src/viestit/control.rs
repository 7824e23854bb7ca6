//! What a test does in place of end users, the print provider, Posti and the operator (fact sheet §6.12), and what it may look at.

use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::config::Switches;
use super::faults::{Call, Fault};
use super::message::{Actor, Deletion, Event, StoredMessage, UserMessage};
use super::notice::Notice;
use super::state::Shared;

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
        self.0.lock().set_mailbox(id, active);
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

    /// Every token that was ever issued, oldest first: what no caller may write down.
    pub fn tokens(&self) -> Vec<String> {
        self.0.lock().issued.clone()
    }

    /// Every password that was ever good, of all systems, oldest first.
    pub fn passwords(&self) -> Vec<String> {
        self.0.lock().passwords.clone()
    }

    /// The recipient opens a message. Opening again changes nothing.
    pub fn read(&self, message_id: i64) -> Result<(), ControlError> {
        let now = self.0.now();
        self.0.lock().read(message_id, now)
    }

    /// The recipient confirms the receipt of a verifiable message.
    pub fn confirm(&self, message_id: i64, by: &str) -> Result<(), ControlError> {
        let now = self.0.now();
        self.0.lock().confirm(message_id, by, now)
    }

    /// A letter goes to the print provider.
    pub fn print(&self, message_id: i64) -> Result<(), ControlError> {
        let now = self.0.now();
        self.0.lock().print(message_id, now)
    }

    /// All letters that wait go to the print provider; says how many.
    pub fn print_all(&self) -> usize {
        let now = self.0.now();
        self.0.lock().print_all(now)
    }

    /// Posti tells how a printed verifiable letter ended.
    pub fn posti(&self, message_id: i64, outcome: PostiOutcome) -> Result<(), ControlError> {
        let now = self.0.now();
        self.0.lock().posti(message_id, outcome, now)
    }

    /// The recipient answers a message; gives the id of the new message.
    pub fn reply(&self, to: i64, draft: Draft) -> Result<i64, ControlError> {
        let now = self.0.now();
        self.0.lock().reply(to, draft, now)
    }

    /// An end user begins a conversation with a service; gives the id of the new message.
    pub fn write(&self, service_id: &str, draft: Draft) -> Result<i64, ControlError> {
        let now = self.0.now();
        self.0.lock().write(service_id, draft, now)
    }

    /// The end user moves a message to the folder of deleted ones; after 60 days it is gone for good.
    pub fn delete(&self, message_id: i64) -> Result<(), ControlError> {
        let now = self.0.now();
        self.0.lock().delete(message_id, Deletion::Folder(now))
    }

    /// The end user deletes a message for good.
    pub fn delete_for_good(&self, message_id: i64) -> Result<(), ControlError> {
        self.0.lock().delete(message_id, Deletion::ForGood)
    }

    /// Puts every event about a message into the feed once more; says how many.
    pub fn repeat_events(&self, message_id: i64) -> usize {
        self.0.lock().repeat_events(message_id)
    }

    /// Moves the clock; false when it is one that nobody moves.
    pub fn advance(&self, by: SignedDuration) -> bool {
        self.0.advance(by)
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

    /// The notices that went to recipients, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.0.lock().notices.clone()
    }
}
