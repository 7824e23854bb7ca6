//! What an order is made of, its receipt, and why one is refused.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::words::{MessageType, SendState};

/// Who gets the message.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Recipient {
    /// May be left out with the channel paper only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub id: Option<String>,
    /// Needed whenever the letter may go on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub address: Option<Address>,
}

/// A postal address.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Address {
    #[yaserde(prefix = "c")]
    pub name: String,
    /// Second row, such as a department or c/o.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "additionalName")]
    pub additional_name: Option<String>,
    #[yaserde(prefix = "c", rename = "streetAddress")]
    pub street_address: String,
    #[yaserde(prefix = "c", rename = "zipCode")]
    pub zip_code: String,
    #[yaserde(prefix = "c")]
    pub city: String,
    #[yaserde(prefix = "c", rename = "countryCode")]
    pub country_code: String,
}

/// The same words in each language.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct NotificationTexts {
    #[yaserde(prefix = "c")]
    pub fi: String,
    #[yaserde(prefix = "c")]
    pub sv: String,
    #[yaserde(prefix = "c")]
    pub en: String,
}

/// The words of the caller in the e-mail about a new message, in all three languages.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Notification {
    #[yaserde(prefix = "c")]
    pub title: NotificationTexts,
    #[yaserde(prefix = "c")]
    pub content: NotificationTexts,
}

/// How the letter is printed.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Paper {
    /// Name of the attachment that is printed, a PDF; the only attachment when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub attachment: Option<String>,
    /// Whether an electronic message is without that attachment; false when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "printedOnly")]
    pub printed_only: Option<bool>,
    /// False when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "colorPrinting")]
    pub color_printing: Option<bool>,
    /// True when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "twoSidedPrinting")]
    pub two_sided_printing: Option<bool>,
    /// False when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "rotateLandscapePages")]
    pub rotate_landscape_pages: Option<bool>,
    /// Whether a page with the address is put before the letter; false when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "createAddressPage")]
    pub create_address_page: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "messageType")]
    pub message_type: Option<MessageType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "costPool")]
    pub cost_pool: Option<String>,
    /// Return address; the one agreed when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub sender: Option<Address>,
}

/// One thing that is wrong with an order, or doubtful.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Finding {
    /// The member at fault, such as recipients[0].id.
    #[yaserde(prefix = "c")]
    pub field: String,
    /// The rule as a code.
    #[yaserde(prefix = "c")]
    pub rule: String,
    /// What is wrong and what helps, in Finnish.
    #[yaserde(prefix = "c")]
    pub fi: String,
    /// The same in Swedish.
    #[yaserde(prefix = "c")]
    pub sv: String,
    /// The same in English.
    #[yaserde(prefix = "c")]
    pub en: String,
}

/// A file of the message. Exactly one of content, part and upload is given.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Attachment {
    #[yaserde(prefix = "c")]
    pub name: String,
    #[yaserde(prefix = "c", rename = "mediaType")]
    pub media_type: String,
    /// The file itself. SOAP: base64 or xop:Include. REST: base64 of at most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub part: Option<String>,
    /// The file that was sent before with uploadFile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub upload: Option<String>,
}

/// The letter to one recipient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct AcceptedSend {
    /// Identifier of the letter.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    #[yaserde(prefix = "c")]
    pub state: SendState,
}

/// Receipt of an order. The letters are stored and will be sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct AcceptedOrder {
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// When the order was first accepted.
    #[yaserde(prefix = "c", rename = "acceptedAt")]
    pub accepted_at: String,
    /// One for each recipient, in order.
    #[yaserde(prefix = "c")]
    pub sends: Vec<AcceptedSend>,
    /// What the sender should know although the order is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub warnings: Vec<Finding>,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Error {
    /// Error code; the change policy lists them all.
    #[yaserde(prefix = "c")]
    pub code: String,
    /// What is wrong, in English, for the log of the caller. Never holds personal data.
    #[yaserde(prefix = "c")]
    pub message: String,
    /// The member at fault, such as recipients[0].id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub field: Option<String>,
    /// All that is wrong with an order; the first hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub findings: Vec<Finding>,
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

impl fmt::Debug for NotificationTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NotificationTexts(…)")
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notification(…)")
    }
}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Paper").field("cost_pool", &self.cost_pool).finish_non_exhaustive()
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("media_type", &self.media_type).finish_non_exhaustive()
    }
}
