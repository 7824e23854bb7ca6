//! What a simulator is started with, and the switches for behaviour that the description leaves open (fact sheet §6, tag A or C).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use jiff::SignedDuration;

use super::clock::{Clock, SystemClock};

/// How a simulator starts. [`ViestitConfig::default`] has no system and no mailbox.
#[derive(Clone)]
pub struct ViestitConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The time of tokens, uploads, events and messages.
    pub clock: Arc<dyn Clock>,
    /// The accounts that may log in.
    pub systems: Vec<SystemAccount>,
    /// The people who are known by name.
    pub persons: Vec<Person>,
    /// Identity codes and business ids whose mailbox is in use from the start.
    pub active_mailboxes: Vec<String>,
    /// The first `messageId`; the default does not fit in 32 bits, because ids are int64.
    pub first_message_id: i64,
    /// Behaviour that may also be changed while the simulator runs.
    pub switches: Switches,
}

impl Default for ViestitConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            clock: Arc::new(SystemClock),
            systems: Vec::new(),
            persons: Vec::new(),
            active_mailboxes: Vec::new(),
            first_message_id: 4_294_967_299,
            switches: Switches::default(),
        }
    }
}

/// One system account of an organisation. It has no `Debug`, because of the password.
#[derive(Clone)]
pub struct SystemAccount {
    /// The user name, which is the system's id.
    pub user_name: String,
    /// The password at the start.
    pub password: String,
    /// The `serviceId`s that this system may send for.
    pub services: Vec<String>,
}

/// An end user. It has no `Debug`, because of the id.
#[derive(Clone)]
pub struct Person {
    /// Identity code or business id.
    pub id: String,
    /// As the inbox view shows it.
    pub name: String,
    /// Whether the mailbox is in use.
    pub mailbox: bool,
}

/// A printing house and a Posti that work by the clock.
#[derive(Debug, Clone)]
pub struct PrintingHouse {
    /// From the call to "sent for printing".
    pub print_after: SignedDuration,
    /// From there to Posti's word on a verifiable letter.
    pub posti_after: SignedDuration,
    /// How verifiable letters end, in turn; none means that all are confirmed.
    pub ends: Vec<PostiEnd>,
}

/// How a verifiable letter ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostiEnd {
    /// Handed over.
    Confirmed,
    /// Came back.
    Returned,
    /// Tracking ended without an outcome.
    Unresolved,
}

/// Choices where the description is silent, and limits that tests move.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools)] // independent switches
pub struct Switches {
    /// The addresses that callers may come from; `None` lets all in.
    pub allowed_addresses: Option<Vec<IpAddr>>,
    /// `expires_in` of new tokens.
    pub token_life: SignedDuration,
    /// Take only `Bearer <token>`, not the bare token (TOK-06).
    pub bearer_only: bool,
    /// Age that a token needs before it can be used to change the password; the real one was seen to need about two seconds.
    pub fresh_token_wait: SignedDuration,
    /// Time that must pass between two password changes (PWD-05); `None` for no such rule.
    pub password_change_pause: Option<SignedDuration>,
    /// Drop the system's tokens when its password changes.
    pub password_change_drops_tokens: bool,
    /// What lengths are counted in.
    pub length_unit: LengthUnit,
    /// The answer to a `serviceId` that the system does not have (ELE-08).
    pub foreign_service: ForeignService,
    /// Among whom an `externalId` is unique (IDM-04).
    pub key_scope: KeyScope,
    /// Answer 403 instead of 404 to a look-up of another system's `externalId` (IDM-16).
    pub foreign_lookup_forbidden: bool,
    /// Put `messageId` also in the 409 of paper mail without id (PAP-02).
    pub paper_conflict_has_id: bool,
    /// Let one upload be named in several messages.
    pub upload_reuse: bool,
    /// Events in one page; never more than 1,000 whatever is set here (EVT-03).
    pub event_page: usize,
    /// Leave `sender` out of end users' messages (RPL-05).
    pub sender_left_out: bool,
    /// Repeat the offending input in error texts, as careless servers do (PRIV-02).
    pub echo_input: bool,
    /// Letters are printed and carried by the clock; without, only by order.
    pub printing: Option<PrintingHouse>,
    /// Every event stands twice in the feed.
    pub events_twice: bool,
    /// An event of a kind that nobody knows stands before every other one.
    pub unknown_events: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            allowed_addresses: None,
            token_life: SignedDuration::from_secs(3600),
            bearer_only: false,
            fresh_token_wait: SignedDuration::ZERO,
            password_change_pause: None,
            password_change_drops_tokens: true,
            length_unit: LengthUnit::Utf16,
            foreign_service: ForeignService::BadRequest,
            key_scope: KeyScope::System,
            foreign_lookup_forbidden: false,
            paper_conflict_has_id: false,
            upload_reuse: true,
            event_page: 1000,
            sender_left_out: false,
            echo_input: false,
            printing: None,
            events_twice: false,
            unknown_events: false,
        }
    }
}

/// What the length of a text is counted in; the description does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthUnit {
    /// UTF-16 code units, as JVM and JavaScript servers count.
    Utf16,
    /// Unicode scalar values.
    CodePoints,
    /// Bytes of UTF-8.
    Bytes,
}

impl LengthUnit {
    /// The length of `text` in this unit.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Utf16 => text.encode_utf16().count(),
            Self::CodePoints => text.chars().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// The status for a `serviceId` that is unknown or belongs to another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignService {
    /// 400, the only refusal that the v2 sending calls describe.
    BadRequest,
    /// 403.
    Forbidden,
}

/// Among whom an `externalId` is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyScope {
    /// One system account.
    System,
    /// One service of a system account.
    Service,
    /// All systems.
    Everybody,
}
