//! Whether recipients have a mailbox in use.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::order::Error;

/// Request of `checkMailboxes` (postilaatikoiden tarkistus).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "checkMailboxes")]
pub struct CheckMailboxes {
    #[yaserde(prefix = "c")]
    pub recipients: Vec<MailboxOwner>,
}

/// Answer of `checkMailboxes`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "checkMailboxesResponse")]
pub struct CheckMailboxesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub check: Option<MailboxCheck>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Whose mailbox is asked about.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MailboxOwner {
    #[yaserde(prefix = "c")]
    pub id: String,
}

/// Whether letters can reach one recipient electronically now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MailboxState {
    /// Place of the recipient in the request, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    #[yaserde(prefix = "c", rename = "inUse")]
    pub in_use: bool,
}

/// Who has a mailbox in use at this moment. It may change before a letter is sent, and must not be kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MailboxCheck {
    /// One for each recipient, in order.
    #[yaserde(prefix = "c")]
    pub mailboxes: Vec<MailboxState>,
}

impl fmt::Debug for MailboxOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailboxOwner(…)")
    }
}
