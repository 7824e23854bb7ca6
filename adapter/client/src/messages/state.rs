//! How far letters have come, and what became of cancelling them; files that wait for orders.

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::words::{CancelResult, DeliveryChannel, SendState};

/// The letter to one recipient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct SendStatus {
    /// Identifier of the letter.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    #[yaserde(prefix = "c")]
    pub state: SendState,
    /// Identifier of the message in Suomi.fi Messages, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "messageId")]
    pub message_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<DeliveryChannel>,
    /// Why the letter failed or is parked. Never holds personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub reason: Option<String>,
    /// When the state was reached.
    #[yaserde(prefix = "c", rename = "changedAt")]
    pub changed_at: String,
}

/// State of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MessageStatus {
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// When the order was first accepted.
    #[yaserde(prefix = "c", rename = "acceptedAt")]
    pub accepted_at: String,
    /// One for each recipient, in order.
    #[yaserde(prefix = "c")]
    pub sends: Vec<SendStatus>,
}

/// A letter has reached a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MessageEvent {
    /// Place in the feed; grows, with gaps.
    #[yaserde(prefix = "c")]
    pub sequence: u64,
    /// When the state was reached.
    #[yaserde(prefix = "c", rename = "changedAt")]
    pub changed_at: String,
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// Identifier of the letter.
    #[yaserde(prefix = "c", rename = "sendId")]
    pub send_id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    #[yaserde(prefix = "c")]
    pub state: SendState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<DeliveryChannel>,
    /// Why the letter failed or is parked. Never holds personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub reason: Option<String>,
}

/// A page of the events of the caller's letters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct MessageEventPage {
    /// Oldest first.
    #[yaserde(prefix = "c")]
    pub items: Vec<MessageEvent>,
    /// Where to go on, now or later. No items: nothing has happened since.
    #[yaserde(prefix = "c")]
    pub next: String,
}

/// What became of the letter to one recipient.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct CancelledSend {
    /// Identifier of the letter.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    #[yaserde(prefix = "c")]
    pub result: CancelResult,
}

/// What became of the letters of an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Cancellation {
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// One for each recipient that was asked for, in order.
    #[yaserde(prefix = "c")]
    pub sends: Vec<CancelledSend>,
}

/// How many letters are in a state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct StateCount {
    #[yaserde(prefix = "c")]
    pub state: SendState,
    #[yaserde(prefix = "c")]
    pub letters: u64,
}

/// An order of a bulletin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct BulletinOrder {
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// When the order was first accepted.
    #[yaserde(prefix = "c", rename = "acceptedAt")]
    pub accepted_at: String,
    /// The letters of the order by state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub states: Vec<StateCount>,
}

/// State of a bulletin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct BulletinStatus {
    #[yaserde(prefix = "c", rename = "bulletinId")]
    pub bulletin_id: String,
    /// The letters of the bulletin by state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub states: Vec<StateCount>,
    /// In the order of their acceptance.
    #[yaserde(prefix = "c")]
    pub orders: Vec<BulletinOrder>,
}

/// What became of the letters of a bulletin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct BulletinCancellation {
    #[yaserde(prefix = "c", rename = "bulletinId")]
    pub bulletin_id: String,
    /// Letters that will not be sent.
    #[yaserde(prefix = "c")]
    pub cancelled: u64,
    /// Letters of the orders looked at that may have been sent already.
    #[yaserde(prefix = "c", rename = "tooLate")]
    pub too_late: u64,
    /// Not all orders were looked at: cancel again.
    #[yaserde(prefix = "c")]
    pub more: bool,
}

/// A file that orders may name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct UploadedFile {
    /// What upload of an attachment gives.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Bytes.
    #[yaserde(prefix = "c")]
    pub size: u64,
    /// When it is gone unless it was renewed by another upload.
    #[yaserde(prefix = "c", rename = "expiresAt")]
    pub expires_at: String,
}
