//! A simulator of Suomi.fi Viestit (the REST interface of the messages service) on plain HTTP and loopback, with state.
//!
//! It keeps its own copy of every rule of the remote, so that a client is judged by a second reading of the description.
//! What it deliberately does not do: the deprecated v1 sending calls, the legacy SOAP service, TLS, and anything
//! that the real service does after an answer that no client can see (e-mail to people, printing).

mod clock;
mod config;
mod control;
mod faults;
mod http;
mod message;
mod rules;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use clock::{Clock, SystemClock, TestClock};
pub use config::{ForeignService, KeyScope, LengthUnit, Switches, SystemAccount, ViestitConfig};
pub use control::{Control, ControlError, Draft, DraftFile, PostiOutcome};
pub use faults::{Call, Fault};
pub use message::{Actor, Channel, Event, File, SendCall, StoredMessage, ThreadLink, UserMessage};
pub use rules::{
    Address, BodyFormat, CustomNotification, ElectronicPart, LocalText, Notifications, PaperPart, PrintAccount,
    ReplyAllowedBy, SenderDetails, ServiceType, UnreadReminder, Visibility,
};
pub use server::ViestitSimulator;

/// The largest request that the service's front takes, in bytes, all parts and boundaries included (fact sheet §1.5).
pub const MAX_REQUEST_BYTES: usize = 10_485_760;
/// How long events and end users' messages can be fetched (fact sheet §1.10, §1.11).
pub const KEPT_DAYS: i64 = 60;
/// How long an upload lives without being used in a message (fact sheet §1.5).
pub const UNUSED_UPLOAD_HOURS: i64 = 24;
