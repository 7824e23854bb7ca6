//! Suomi.fi Viestit: orders of letters, the client of its REST API, sending, the event feed, status.
//!
//! Only this folder knows Viestit's wire format.

pub mod account;
mod attempt;
mod cancel;
pub mod client;
pub mod course;
pub mod decision;
mod erasure;
pub mod events;
mod facts;
mod files;
mod hand;
pub mod inbox;
pub mod mailboxes;
mod moves;
pub mod orders;
mod printable;
pub mod receipt;
mod replies;
mod sealed;
pub mod signing;
pub mod status;
#[cfg(test)]
#[cfg(feature = "sandbox")]
mod tests;
mod told;
mod uploads;
pub mod webhooks;
mod wire;
pub mod worker;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::model::letter::{Address, CostPool, LengthUnit, MAX_RECIPIENTS, PrintRules, Rules};

pub use account::Account;
pub use cancel::{Bulletin, BulletinCancellation, Cancellation, CancelledSend, MAX_BULLETIN_ORDERS};
pub use client::{Client, Failure, FailureKind, RotationError};
pub use events::{Feed, FeedStatus};
pub use files::UploadReuse;
pub use inbox::{Acknowledged, Answered, ReplyFile, ReplyHead, ReplyPage, ReplyWhole};
pub use mailboxes::Mailboxes;
pub use orders::{AcceptError, Accepted, AcceptedSend, Orders};
pub use receipt::{Receipt, ReceiptError};
pub use replies::Person;
pub use sealed::Remains;
pub use status::{OrderStatus, SendStatus};
pub use told::{Told, ToldPage};
pub use uploads::{UploadError, Uploaded};
pub use webhooks::{Hook, HookStatus, Webhooks};
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
    /// How long after its letters' end an order keeps title, text, files and recipients. Default 30 days.
    pub keep_after: Duration,
    /// How long after that end the keys of its commitments are kept. Default five years.
    pub receipt_keep: Duration,
    /// How long the event feed may go unread before that is an alarm. Default 3 days; Viestit keeps it for 60.
    pub feed_alarm: Duration,
    /// How long a verifiable letter in the mailbox may go unconfirmed before its sender is told. Default 7 days.
    pub confirm_within: Duration,
    /// The client that gets what answers no letter of ours: its X-Road identifier.
    pub replies_to: Option<String>,
    /// How long a reply is offered before it is erased unread. Default 60 days.
    pub reply_keep: Duration,
    /// What a length counts. Default UTF-16 units.
    pub length_unit: LengthUnit,
    /// Recipients of one order, at most. Default 10 000.
    pub max_recipients: usize,
    /// The organisation is of a kind that may send letters. Default true.
    pub may_send: bool,
    /// Electronic letters may be verifiable. Default true.
    pub verifiable: bool,
    /// The print account; letters go on paper only where there is one.
    pub print: Option<Print>,
}

/// The account that paper letters are printed on and charged to (viestit.md §1.7, §1.9).
#[derive(Clone, Debug)]
pub struct Print {
    /// Six characters.
    pub username: String,
    /// Four characters.
    pub password: SecretString,
    /// Where the printing house tells of trouble.
    pub contact_email: String,
    /// Where a letter comes back to.
    pub return_address: Address,
    /// What a letter is charged to that names nothing itself.
    pub cost_pool: Option<CostPool>,
    /// Letters may be verifiable: that needs an arrangement with Posti.
    pub verifiable: bool,
    /// Where the window of the envelope shows page 1.
    pub address_zone: AddressZone,
}

/// What files that wait for orders may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadLimits {
    /// Of one client, together.
    pub bytes: u64,
    pub life: Duration,
}

impl Default for UploadLimits {
    fn default() -> Self {
        UploadLimits { bytes: 200 * 1024 * 1024, life: Duration::from_hours(24) }
    }
}

/// A part of an A4 page, in millimetres from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AddressZone {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

impl Default for AddressZone {
    /// The window of a C5 envelope with what letters vary by.
    fn default() -> Self {
        AddressZone { left: 15.0, top: 35.0, right: 110.0, bottom: 80.0 }
    }
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
            keep_after: Duration::from_hours(30 * 24),
            receipt_keep: Duration::from_hours(1826 * 24),
            feed_alarm: Duration::from_hours(3 * 24),
            confirm_within: Duration::from_hours(7 * 24),
            replies_to: None,
            reply_keep: Duration::from_hours(60 * 24),
            length_unit: LengthUnit::default(),
            max_recipients: MAX_RECIPIENTS,
            may_send: true,
            verifiable: true,
            print: None,
        }
    }

    /// What holds of the tenant's orders.
    pub fn rules(&self) -> Rules {
        Rules {
            unit: self.length_unit,
            recipients: self.max_recipients,
            may_send: self.may_send,
            verifiable: self.verifiable,
            print: self.print.as_ref().map(|print| PrintRules { verifiable: print.verifiable }),
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
