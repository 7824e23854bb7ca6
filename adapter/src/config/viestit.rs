//! A tenant's account in Suomi.fi Viestit, its print account, and what holds of its letters.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::values::{Period, SecretFile};
use crate::model::Finding;
use crate::model::letter::{self, Address, AddressDraft};

/// The tenant's account in Suomi.fi Viestit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Viestit {
    pub url: String,
    pub username: String,
    pub password_file: SecretFile,
    pub service_id: String,
    #[serde(default = "viestit_pace")]
    pub pace_per_second: u32,
    /// Letters under way at once, 1 to 256; absent, as many as the pace has calls, at most 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallel: Option<u32>,
    #[serde(default)]
    pub upload_reuse: UploadReuse,
    /// How often the account's password is changed, 1 h at least; absent, only when somebody asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate_every: Option<Period>,
    /// How long an unknown outcome is settled by repeating the same external id (design §3).
    #[serde(default)]
    pub settle_window: Window,
    /// How long after their end letters keep title, text, files and recipients. Default 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_after: Option<Period>,
    /// How long after that end it can be proven what a record of the message log was about. Default five years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_keep: Option<Period>,
    /// How long the event feed may go unread before that is an alarm.
    #[serde(default = "viestit_feed_alarm")]
    pub feed_alarm: Period,
    /// How long a verifiable letter may go unconfirmed before its sender is told.
    #[serde(default = "viestit_confirm_within")]
    pub confirm_within: Period,
    /// The client that gets what answers no letter: `instance/class/code[/subsystem]`, or `own/` and the name of an own
    /// system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies_to: Option<String>,
    /// How long a reply is offered before it is erased unread.
    #[serde(default = "viestit_reply_keep")]
    pub reply_keep: Period,
    /// Clients that are told of their letters at an address of theirs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhooks: Vec<Webhook>,
    /// What the lengths of texts count.
    #[serde(default)]
    pub length_unit: LengthUnit,
    /// Electronic letters may be verifiable.
    #[serde(default = "yes")]
    pub verifiable: bool,
    /// The account that paper letters are printed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub print: Option<ViestitPrint>,
}

/// Where a client is told of its letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// `instance/class/code[/subsystem]`, or `own/` and the name of an own system.
    pub client: String,
    pub url: String,
    /// What the calls are signed with.
    pub secret_file: SecretFile,
}

/// Which letters name the same uploaded file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadReuse {
    /// One letter and its retries.
    #[default]
    Send,
    /// All letters of an order.
    Order,
}

/// What a length counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LengthUnit {
    #[default]
    Utf16,
    CodePoints,
}

/// The tenant's print account at Posti Messaging (viestit.md §1.7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViestitPrint {
    /// Six characters.
    pub username: String,
    /// Its file holds four characters.
    pub password_file: SecretFile,
    /// Where the printing house tells of trouble.
    pub contact_email: String,
    pub return_address: PostalAddress,
    /// What a letter is charged to that names nothing itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_pool: Option<String>,
    /// Paper letters may be verifiable.
    #[serde(default)]
    pub verifiable: bool,
    /// Where page 1 shows in the envelope's window: left, top, right, bottom, in millimetres from the upper left corner.
    #[serde(default = "address_zone")]
    pub address_zone: [u16; 4],
}

/// An address on an envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_name: Option<String>,
    pub street_address: String,
    pub zip_code: String,
    pub city: String,
    #[serde(default = "finland")]
    pub country_code: String,
}

impl ViestitPrint {
    /// Where letters come back to; or what is wrong with it, below `path`.
    pub fn return_address(&self, path: &str) -> Result<Address, Vec<Finding>> {
        let given = self.return_address.clone();
        let draft = AddressDraft {
            name: given.name,
            additional_name: given.additional_name,
            street_address: given.street_address,
            zip_code: given.zip_code,
            city: given.city,
            country_code: given.country_code,
        };
        Address::parse(&draft, letter::LengthUnit::Utf16, path)
    }
}

fn address_zone() -> [u16; 4] {
    [15, 35, 110, 80]
}

fn finland() -> String {
    "FI".to_owned()
}

impl Default for Viestit {
    fn default() -> Self {
        Viestit {
            url: String::new(),
            username: String::new(),
            password_file: SecretFile::default(),
            service_id: String::new(),
            pace_per_second: viestit_pace(),
            parallel: None,
            upload_reuse: UploadReuse::default(),
            rotate_every: None,
            settle_window: Window::default(),
            length_unit: LengthUnit::default(),
            verifiable: yes(),
            print: None,
            feed_alarm: viestit_feed_alarm(),
            confirm_within: viestit_confirm_within(),
            replies_to: None,
            reply_keep: viestit_reply_keep(),
            webhooks: Vec::new(),
            keep_after: None,
            receipt_keep: None,
        }
    }
}

/// A period with Viestit's default of 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window(pub Period);

impl Default for Window {
    fn default() -> Self {
        Self(Period(Duration::from_hours(24)))
    }
}

fn viestit_pace() -> u32 {
    1
}

fn viestit_feed_alarm() -> Period {
    Period(Duration::from_hours(3 * 24))
}

fn viestit_confirm_within() -> Period {
    Period(Duration::from_hours(7 * 24))
}

fn viestit_reply_keep() -> Period {
    Period(Duration::from_hours(60 * 24))
}

fn yes() -> bool {
    true
}
