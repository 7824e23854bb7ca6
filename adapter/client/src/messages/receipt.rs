//! A letter's receipt: what is known of it, each fact with its source, and the signature under it.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::order::Error;
use super::words::{ChannelChoice, DeliveryChannel, ReceiptSource, SendState};

/// Request of `getReceipt` (viestin tosite).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getReceipt")]
pub struct GetReceipt {
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Needed when the order has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: Option<u32>,
}

/// Answer of `getReceipt`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getReceiptResponse")]
pub struct GetReceiptResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub receipt: Option<Receipt>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Something that happened to a letter, and who says so.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReceiptFact {
    /// When it was recorded or answered; of an event, when it happened as the event says.
    #[yaserde(prefix = "c")]
    pub at: String,
    #[yaserde(prefix = "c")]
    pub source: ReceiptSource,
    /// Of the message log the state that was reached (as in SendState), or retry and abandon for what an operator decided; of an answer the word answered; of an event the word of Suomi.fi Messages for it. Other words may come.
    #[yaserde(prefix = "c")]
    pub fact: String,
    /// The record of the message log: writer and sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub record: Option<String>,
    /// HTTP status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub status: Option<u16>,
    /// What the support of Suomi.fi Messages finds the call by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "traceId")]
    pub trace_id: Option<String>,
    /// Name of the person who confirmed the receipt, as told by Suomi.fi Messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "confirmedBy")]
    pub confirmed_by: Option<String>,
    /// Signature of the person who took a letter from the post, as told by Suomi.fi Messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub signature: Option<String>,
    /// Tracking code of the post.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "trackingCode")]
    pub tracking_code: Option<String>,
}

/// Who sent what to whom, when, and what came of it. Nothing is concluded from the facts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReceiptStatement {
    /// Code of the organisation that the letter was sent for.
    #[yaserde(prefix = "c")]
    pub issuer: String,
    #[yaserde(prefix = "c", rename = "issuedAt")]
    pub issued_at: String,
    /// Who gave the order: identifier of the X-Road client, or an own system.
    #[yaserde(prefix = "c")]
    pub client: String,
    /// Identifier of the X-Road service that was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub service: Option<String>,
    /// X-Road identifier of the request that brought the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "xroadId")]
    pub xroad_id: Option<String>,
    /// Our identifier of that exchange in the message log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "exchangeId")]
    pub exchange_id: Option<String>,
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// When the order was first accepted.
    #[yaserde(prefix = "c", rename = "acceptedAt")]
    pub accepted_at: String,
    /// Identifier of the letter.
    #[yaserde(prefix = "c", rename = "sendId")]
    pub send_id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
    /// Identifier that the letter was sent to Suomi.fi Messages with; it never has another.
    #[yaserde(prefix = "c", rename = "externalId")]
    pub external_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "serviceId")]
    pub service_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "channelAsked")]
    pub channel_asked: Option<ChannelChoice>,
    #[yaserde(prefix = "c")]
    pub state: SendState,
    /// When the state was reached.
    #[yaserde(prefix = "c", rename = "changedAt")]
    pub changed_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<DeliveryChannel>,
    /// Why the letter failed or is parked. Never holds personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub reason: Option<String>,
    /// Identifier of the message in Suomi.fi Messages, once known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "messageId")]
    pub message_id: Option<String>,
    /// HMAC-SHA256 of the recipient under the letter's own key, hexadecimal, as the message log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "recipientCommitment")]
    pub recipient_commitment: Option<String>,
    /// HMAC-SHA256 of the content under the letter's own key, hexadecimal, as the message log has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "contentCommitment")]
    pub content_commitment: Option<String>,
    /// HMAC-SHA256 of requestDigest under the letter's own key, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "requestCommitment")]
    pub request_commitment: Option<String>,
    /// When text, files and recipient were erased here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "contentErasedAt")]
    pub content_erased_at: Option<String>,
    /// When the letter's own key was erased here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "keyErasedAt")]
    pub key_erased_at: Option<String>,
    /// By time, each with its source: the newest 1 000 records, the last ten answers, and the events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub facts: Vec<ReceiptFact>,
}

/// What opens the commitments. Whoever has it can show whom the letter was for and what it said; it stands outside of the signed statement.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReceiptOpening {
    /// The letter's own key, hexadecimal.
    #[yaserde(prefix = "c")]
    pub key: String,
    /// SHA-512 of the SOAP part or the REST body of the request that brought the order, hexadecimal, as the message log has it; of SOAP it is the X-Road request hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "requestDigest")]
    pub request_digest: Option<String>,
    /// What was committed: the identity code or business id, or the address of a letter without one. Left out once it is erased here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub recipient: Option<String>,
    /// What was committed: the letter as JSON, with its files by their SHA-256. Left out once it is erased here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub content: Option<String>,
}

/// What is known of the letter to one recipient, signed.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Receipt {
    #[yaserde(prefix = "c")]
    pub statement: ReceiptStatement,
    /// The statement as a JSON Web Signature (RFC 7515, ES256), whose payload is the statement as JSON.
    #[yaserde(prefix = "c")]
    pub signed: String,
    /// Left out once the key is erased here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub opening: Option<ReceiptOpening>,
}

impl fmt::Debug for ReceiptFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiptFact").field("at", &self.at).field("fact", &self.fact).finish_non_exhaustive()
    }
}

impl fmt::Debug for ReceiptOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiptOpening(…)")
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt").field("statement", &self.statement).finish_non_exhaustive()
    }
}
