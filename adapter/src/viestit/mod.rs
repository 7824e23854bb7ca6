//! Suomi.fi Viestit: orders of letters, the client of its REST API, sending, the event feed, status.
//!
//! Only this folder knows Viestit's wire format.

pub mod account;
mod attempt;
pub mod client;
pub mod decision;
pub mod events;
mod hand;
pub mod inbox;
mod moves;
pub mod orders;
mod replies;
mod sealed;
pub mod status;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
mod told;
mod uploads;
mod wire;
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

pub use account::Account;
pub use client::{Client, Failure, FailureKind, RotationError};
pub use events::{Feed, FeedStatus};
pub use inbox::{Acknowledged, Answered, ReplyFile, ReplyHead, ReplyPage, ReplyWhole};
pub use orders::{AcceptError, Accepted, AcceptedSend, Orders};
pub use replies::Person;
pub use status::{OrderStatus, SendStatus};
pub use told::{Told, ToldPage};
pub use uploads::UploadReuse;
pub use worker::{Status, Worker, WorkerError};

/// One tenant's place in Viestit: one system account and the service that it sends for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The tenant's code.
    pub tenant: Arc<str>,
    /// Base address, without `/v1`.
    pub url: String,
    /// The system's id.
    pub username: String,
    pub password: SecretString,
    /// The service that recipients see as the sender.
    pub service_id: String,
    /// What external ids begin with; the tenant's code by default. Never change it while letters are under way.
    pub external_prefix: String,
    /// Calls of the account per second, at least 1. No rate is published; default 1 (viestit.md §1.15).
    pub pace_per_second: u32,
    /// Letters of the account that may be under way at once; absent, as many as the pace has calls, at most 64.
    pub parallel: Option<u32>,
    pub upload_reuse: UploadReuse,
    /// How often the account's password is changed; absent, only when somebody asks.
    pub rotate_every: Option<Duration>,
    pub notifications: Notifications,
    /// How long a letter with an unknown outcome is repeated under its external id before it is looked up and, if not
    /// found, parked. Default 24 h.
    pub repeat_window: Duration,
    /// How often the event feed is read. Default 1 min.
    pub poll_every: Duration,
    /// How long the event feed may go unread before that is an alarm. Default 3 days; Viestit keeps it for 60.
    pub feed_alarm: Duration,
    /// How long a verifiable letter in the mailbox may go unconfirmed before its sender is told. Default 7 days.
    pub confirm_within: Duration,
    /// The client that gets what answers no letter of ours: its X-Road identifier.
    pub replies_to: Option<String>,
    /// How long a reply is offered before it is erased unread. Default 60 days.
    pub reply_keep: Duration,
}

impl Settings {
    /// Settings with defaults for everything that has one.
    pub fn new(
        tenant: impl Into<Arc<str>>,
        url: impl Into<String>,
        username: impl Into<String>,
        password: SecretString,
        service_id: impl Into<String>,
    ) -> Settings {
        let tenant = tenant.into();
        Settings {
            external_prefix: tenant.to_string(),
            tenant,
            url: url.into(),
            username: username.into(),
            password,
            service_id: service_id.into(),
            pace_per_second: 1,
            parallel: None,
            upload_reuse: UploadReuse::default(),
            rotate_every: None,
            notifications: Notifications::default(),
            repeat_window: Duration::from_hours(24),
            poll_every: Duration::from_mins(1),
            feed_alarm: Duration::from_hours(3 * 24),
            confirm_within: Duration::from_hours(7 * 24),
            replies_to: None,
            reply_keep: Duration::from_hours(60 * 24),
        }
    }

    /// The account by which the event feed is kept: one for all tenants that share it.
    fn account(&self) -> String {
        format!("{}#{}", self.url.trim_end_matches('/'), self.username)
    }
}

/// What the e-mail and push notices about a letter say and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notifications {
    /// Organisation and service name stand in the notice. Default true.
    pub sender_details: bool,
    /// Viestit reminds when a letter has been unread for some days. Default true.
    pub reminder: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Notifications { sender_details: true, reminder: true }
    }
}

/// The word of a Send's state, from its column.
pub fn state_word(column: &str) -> &str {
    match sealed::state_of(column) {
        Ok(state) => state.word(),
        Err(_) => column,
    }
}

/// In microseconds, as the store counts time.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
