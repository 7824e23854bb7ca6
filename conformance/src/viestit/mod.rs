//! A simulator of Suomi.fi Viestit (the REST interface of the messages service) on plain HTTP and loopback, with state.
//!
//! It keeps its own copy of every rule of the remote, so that a client is judged by a second reading of the description.
//! Every path of the description is there, the deprecated ones of version 1 too.
//! What it deliberately does not do: the legacy SOAP service, TLS, and real post. The e-mail to people is written down
//! as a [`Notice`]; letters are printed and carried by order or by the clock.

mod acts;
mod clock;
mod config;
mod control;
mod due;
mod faults;
mod http;
mod inbox;
mod message;
mod notice;
mod rules;
mod server;
mod state;
#[cfg(test)]
mod tests;

pub use clock::{Clock, ShiftedClock, SystemClock, TestClock};
pub use config::{
    ForeignService, KeyScope, LengthUnit, Person, PostiEnd, PrintingHouse, Switches, SystemAccount, ViestitConfig,
};
pub use control::{Control, ControlError, Draft, DraftFile, PostiOutcome};
pub use faults::{Call, Fault};
pub use inbox::SwitchOrder;
pub use message::{Actor, Channel, Event, File, SendCall, StoredMessage, ThreadLink, UserMessage};
pub use notice::{Notice, NoticeKind};
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
