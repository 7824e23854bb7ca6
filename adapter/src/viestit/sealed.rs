//! What lies sealed in the store about letters, and the words of its columns. No rule of sending is here.

use serde::{Deserialize, Serialize};

use crate::model::letter::{
    Address, Addressee, BodyFormat, ChannelChoice, CostPool, MessageClass, MessageType, Notification, SendState,
    Visibility,
};
use crate::store::{StoreError, TenantKeys};
use crate::world::World;

/// How many calls a Send remembers; the first ones go.
const CALLS: usize = 10;

/// The letter of an order: what all its recipients get.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Letter {
    pub(super) service_id: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) body_format: BodyFormat,
    pub(super) message_type: MessageType,
    pub(super) reply_allowed: bool,
    pub(super) visibility: Visibility,
    pub(super) channel: ChannelChoice,
    pub(super) attachments: Vec<File>,
    // What came later is left out where it is not used: an order from before has the digest that it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paper: Option<Paper>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paper_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<Notification>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) message_class: Option<MessageClass>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) law_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bulletin_id: Option<String>,
    /// Microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) not_before: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) in_reply_to: Option<i64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) as_new_if_gone: bool,
}

/// How the paper form is printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools, reason = "the choices of the printing house")]
pub(super) struct Paper {
    /// The printed file's name.
    pub(super) attachment: String,
    pub(super) printed_only: bool,
    pub(super) color_printing: bool,
    pub(super) two_sided_printing: bool,
    pub(super) rotate_landscape_pages: bool,
    pub(super) create_address_page: bool,
    pub(super) message_type: MessageType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cost_pool: Option<CostPool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sender: Option<Address>,
}

/// An attachment as the letter's commitment knows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct File {
    pub(super) name: String,
    pub(super) media_type: String,
    /// SHA-256, hexadecimal.
    pub(super) digest: String,
}

impl Letter {
    /// Fixed bytes for digests: the members in the order of their declaration.
    pub(super) fn canonical(&self) -> Result<Vec<u8>, StoreError> {
        written(self)
    }

    /// What stays when the content goes, for the receipt.
    pub(super) fn remains(&self) -> Remains {
        Remains { service_id: self.service_id.clone(), channel: self.channel, message_type: self.message_type }
    }
}

/// What is known of a letter whose content is erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remains {
    /// The service of Viestit that it was sent for.
    pub service_id: String,
    /// How it might go.
    pub channel: ChannelChoice,
    pub message_type: MessageType,
}

impl Remains {
    pub(super) fn seal(&self, keys: &TenantKeys, world: &World, order: &str) -> Result<Vec<u8>, StoreError> {
        keys.seal(world, &written(self)?, &order_context(order))
    }
}

/// What the commitment to a recipient is made of: the id, or the address of one without.
pub(super) fn recipient_committed(id: Option<&str>, address: Option<&Address>) -> Result<Vec<u8>, StoreError> {
    match id {
        Some(id) => Ok(id.as_bytes().to_vec()),
        None => written(&address),
    }
}

/// What is one Send's alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Particulars {
    /// Identity code or business id; none for a letter that is known by its address only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) recipient: Option<String>,
    /// Where the letter goes should it be paper.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) address: Option<Address>,
    /// When the first attempt ended without an answer; microseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) unknown_since: Option<i64>,
    /// The last calls, with what the remote's support asks for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) calls: Vec<Call>,
}

/// One call that the remote answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Call {
    pub(super) at: i64,
    pub(super) status: u16,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) trace_id: Option<String>,
}

impl Particulars {
    pub(super) fn new(to: &Addressee) -> Particulars {
        Particulars {
            recipient: to.id.as_ref().map(|id| id.expose().to_owned()),
            address: to.address.clone(),
            unknown_since: None,
            calls: Vec::new(),
        }
    }

    /// What stays when the recipient goes: the calls, which the receipt tells of.
    pub(super) fn without_recipient(self) -> Particulars {
        Particulars { calls: self.calls, ..Particulars::nobodys() }
    }

    pub(super) fn nobodys() -> Particulars {
        Particulars { recipient: None, address: None, unknown_since: None, calls: Vec::new() }
    }

    pub(super) fn remember(&mut self, call: Call) {
        self.calls.push(call);
        let surplus = self.calls.len().saturating_sub(CALLS);
        self.calls.drain(..surplus);
    }

    pub(super) fn seal(&self, keys: &TenantKeys, world: &World, send: &str) -> Result<Vec<u8>, StoreError> {
        keys.seal(world, &written(self)?, &send_context(send))
    }

    pub(super) fn open(keys: &TenantKeys, sealed: &[u8], send: &str) -> Result<Particulars, StoreError> {
        read(&keys.open(sealed, &send_context(send))?)
    }
}

pub(super) fn order_context(order: &str) -> String {
    format!("letter_order/{order}")
}

pub(super) fn attachment_context(order: &str, number: i64) -> String {
    format!("viestit_attachment/{order}/{number}")
}

pub(super) fn upload_context(upload: &str) -> String {
    format!("upload/{upload}")
}

pub(super) fn send_context(send: &str) -> String {
    format!("send/{send}")
}

pub(super) fn commitment_context(send: &str) -> String {
    format!("send/{send}/commitment")
}

pub(super) fn event_context(account: &str, kind: &str) -> String {
    format!("viestit_event/{account}/{kind}")
}

pub(super) fn written(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|_| StoreError::Unreadable { place: "letter", column: 0 })
}

/// What does not read back was changed behind our back: nothing of it is shown.
pub(super) fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|_| StoreError::Unreadable { place: "letter", column: 0 })
}

/// The word of the `state` column. The outbox's two words for work to do are the store's own.
pub(super) fn column(state: SendState) -> &'static str {
    match state {
        SendState::Accepted => "waiting",
        SendState::Submitting => "unknown",
        other => other.word(),
    }
}

pub(super) fn state_of(column: &str) -> Result<SendState, StoreError> {
    let known = SendState::ALL.into_iter().find(|state| self::column(*state) == column);
    known.ok_or(StoreError::Unreadable { place: "send", column: 4 })
}
