//! Contract types of the family `messages`, v1: `wsdl/messages/v1/`. JSON and XML have the same names and nesting;
//! members stand in the order of the schema. Lengths and patterns are checked where an order is accepted, not here.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use crate::common::{messages, words};

/// Namespace of every element of the family.
pub const NAMESPACE: &str = "urn:silta:messages:v1";

/// Request of `sendMessage` (viestin lähettäminen).
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "sendMessage")]
pub struct SendMessage {
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "serviceId")]
    pub service_id: Option<String>,
    /// Everybody gets a letter of their own.
    #[yaserde(prefix = "c")]
    pub recipients: Vec<Recipient>,
    #[yaserde(prefix = "c")]
    pub title: String,
    #[yaserde(prefix = "c")]
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "bodyFormat")]
    pub body_format: Option<BodyFormat>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub attachments: Vec<Attachment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "messageType")]
    pub message_type: Option<MessageType>,
    /// Whether the recipient may answer; false when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "replyAllowed")]
    pub reply_allowed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub visibility: Option<Visibility>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub channel: Option<ChannelChoice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub paper: Option<Paper>,
    /// Why the letter goes on paper only; needed with the channel paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "paperReason")]
    pub paper_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub notification: Option<Notification>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "messageClass")]
    pub message_class: Option<MessageClass>,
    /// Act and section that a bulletin is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "lawReference")]
    pub law_reference: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "bulletinId")]
    pub bulletin_id: Option<String>,
    /// Nothing is sent earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "notBefore")]
    pub not_before: Option<String>,
    /// Identifier of the message from an end user that this answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "inReplyTo")]
    pub in_reply_to: Option<String>,
    /// Whether an answer goes as a new message when the answered message is gone; false when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "asNewIfGone")]
    pub as_new_if_gone: Option<bool>,
}

/// Answer of `sendMessage`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "sendMessageResponse")]
pub struct SendMessageResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub order: Option<AcceptedOrder>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getMessageStatus` (viestin tila).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getMessageStatus")]
pub struct GetMessageStatus {
    #[yaserde(prefix = "c")]
    pub id: String,
}

/// Answer of `getMessageStatus`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getMessageStatusResponse")]
pub struct GetMessageStatusResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub status: Option<MessageStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listMessageEvents` (viestien tapahtumat).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "listMessageEvents")]
pub struct ListMessageEvents {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listMessageEvents`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "listMessageEventsResponse")]
pub struct ListMessageEventsResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<MessageEventPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `listReplies` (vastausten luettelo).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "listReplies")]
pub struct ListReplies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub limit: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cursor: Option<String>,
}

/// Answer of `listReplies`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "listRepliesResponse")]
pub struct ListRepliesResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub page: Option<ReplyPage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getReply` (vastauksen sisältö).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getReply")]
pub struct GetReply {
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Only this file comes with its content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub attachment: Option<u32>,
}

/// Answer of `getReply`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getReplyResponse")]
pub struct GetReplyResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub reply: Option<Reply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `acknowledgeReply` (vastauksen kuittaus).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "acknowledgeReply")]
pub struct AcknowledgeReply {
    #[yaserde(prefix = "c")]
    pub id: String,
}

/// Answer of `acknowledgeReply`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "acknowledgeReplyResponse")]
pub struct AcknowledgeReplyResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub acknowledgement: Option<Acknowledgement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

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

/// Request of `cancelMessage` (viestin peruminen).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "cancelMessage")]
pub struct CancelMessage {
    #[yaserde(prefix = "c")]
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: Option<u32>,
}

/// Answer of `cancelMessage`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "cancelMessageResponse")]
pub struct CancelMessageResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cancellation: Option<Cancellation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `getBulletinStatus` (tiedotteen tila).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getBulletinStatus")]
pub struct GetBulletinStatus {
    #[yaserde(prefix = "c", rename = "bulletinId")]
    pub bulletin_id: String,
}

/// Answer of `getBulletinStatus`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "getBulletinStatusResponse")]
pub struct GetBulletinStatusResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub bulletin: Option<BulletinStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `cancelBulletin` (tiedotteen peruminen).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "cancelBulletin")]
pub struct CancelBulletin {
    #[yaserde(prefix = "c", rename = "bulletinId")]
    pub bulletin_id: String,
}

/// Answer of `cancelBulletin`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "cancelBulletinResponse")]
pub struct CancelBulletinResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub cancellation: Option<BulletinCancellation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
}

/// Request of `uploadFile` (tiedoston lähettäminen).
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "uploadFile")]
pub struct UploadFile {
    /// The file itself. SOAP: base64 or xop:Include. REST: base64 of at most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub part: Option<String>,
}

/// Answer of `uploadFile`: either the result or an error.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" }, rename = "uploadFileResponse")]
pub struct UploadFileResponse {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub file: Option<UploadedFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub error: Option<Error>,
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

/// The letter that a reply answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReplyTarget {
    /// Identifier of the order.
    #[yaserde(prefix = "c")]
    pub id: String,
    #[yaserde(prefix = "c", rename = "orderId")]
    pub order_id: String,
    /// Place of the recipient in the order, 1 for the first.
    #[yaserde(prefix = "c", rename = "recipientNumber")]
    pub recipient_number: u32,
}

/// Somebody who uses Suomi.fi Messages.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct EndUser {
    /// Personal identity code or business id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub name: Option<String>,
}

/// A reply that waits to be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReplyHead {
    /// Identifier of the reply.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Identifier of the message in Suomi.fi Messages.
    #[yaserde(prefix = "c", rename = "messageId")]
    pub message_id: String,
    /// When it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "createdAt")]
    pub created_at: Option<String>,
    /// When it was fetched from Suomi.fi Messages.
    #[yaserde(prefix = "c", rename = "receivedAt")]
    pub received_at: String,
    /// Left out when the message begins a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "inReplyTo")]
    pub in_reply_to: Option<ReplyTarget>,
    /// Every attachment is here, whole.
    #[yaserde(prefix = "c")]
    pub complete: bool,
}

/// A page of the replies that wait for the caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReplyPage {
    /// Oldest first.
    #[yaserde(prefix = "c")]
    pub items: Vec<ReplyHead>,
    /// Where to go on, now or later. No items: nothing has come since.
    #[yaserde(prefix = "c")]
    pub next: String,
}

/// A file of a reply.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct ReplyAttachment {
    /// Its place in the reply, 1 for the first.
    #[yaserde(prefix = "c")]
    pub number: u32,
    #[yaserde(prefix = "c")]
    pub name: String,
    #[yaserde(prefix = "c", rename = "mediaType")]
    pub media_type: String,
    /// Bytes.
    #[yaserde(prefix = "c")]
    pub size: u64,
    /// The file is here, whole.
    #[yaserde(prefix = "c")]
    pub complete: bool,
    /// Left out unless the files of the reply have at most 1 MiB together, or this one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub content: Option<String>,
}

/// What an end user wrote. The texts are as written: show them as text, never as HTML.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Reply {
    /// Identifier of the reply.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// Identifier of the message in Suomi.fi Messages.
    #[yaserde(prefix = "c", rename = "messageId")]
    pub message_id: String,
    /// When it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "createdAt")]
    pub created_at: Option<String>,
    /// When it was fetched from Suomi.fi Messages.
    #[yaserde(prefix = "c", rename = "receivedAt")]
    pub received_at: String,
    /// Left out when the message begins a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c", rename = "inReplyTo")]
    pub in_reply_to: Option<ReplyTarget>,
    /// Every attachment is here, whole.
    #[yaserde(prefix = "c")]
    pub complete: bool,
    #[yaserde(prefix = "c")]
    pub title: String,
    #[yaserde(prefix = "c")]
    pub body: String,
    /// Suomi.fi Messages tells who sent it.
    #[yaserde(prefix = "c", rename = "senderKnown")]
    pub sender_known: bool,
    /// Whose mailbox it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub sender: Option<EndUser>,
    /// Who wrote it on behalf of the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[yaserde(prefix = "c")]
    pub representative: Option<EndUser>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[yaserde(prefix = "c")]
    pub attachments: Vec<ReplyAttachment>,
}

/// The caller has the reply. It is offered no more, and erased after a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, YaSerialize, YaDeserialize)]
#[serde(rename_all = "camelCase")]
#[yaserde(prefix = "c", namespaces = { "c" = "urn:silta:messages:v1" })]
pub struct Acknowledgement {
    /// Identifier of the reply.
    #[yaserde(prefix = "c")]
    pub id: String,
    /// When it was first acknowledged.
    #[yaserde(prefix = "c", rename = "acknowledgedAt")]
    pub acknowledged_at: String,
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

words! {
    /// Format of the text; Text when left out.
    pub enum BodyFormat {
        Text = "Text",
        Markdown = "Markdown",
    }
}

words! {
    /// Verifiable asks the recipient to confirm the receipt before opening; Normal when left out.
    pub enum MessageType {
        Normal = "Normal",
        Verifiable = "Verifiable",
    }
}

words! {
    /// RecipientOnly hides the message from guardians and those authorised; Normal when left out.
    pub enum Visibility {
        Normal = "Normal",
        RecipientOnly = "RecipientOnly",
    }
}

words! {
    /// How the message may go; electronic when left out.
    pub enum ChannelChoice {
        Electronic = "electronic",
        ElectronicOrPaper = "electronic-or-paper",
        Paper = "paper",
    }
}

words! {
    /// What the message is about.
    pub enum MessageClass {
        Decision = "decision",
        Bulletin = "bulletin",
        Request = "request",
        Invoice = "invoice",
        Other = "other",
    }
}

words! {
    /// How far a letter has come. parked: the outcome is unknown and a person looks into it. delivered and read are of the mailbox; a paper letter that is not verifiable ends at sent-to-print.
    pub enum SendState {
        Accepted = "accepted",
        Submitting = "submitting",
        Submitted = "submitted",
        Delivered = "delivered",
        Read = "read",
        Confirmed = "confirmed",
        Failed = "failed",
        Parked = "parked",
        Cancelled = "cancelled",
        SentToPrint = "sent-to-print",
        NotConfirmed = "not-confirmed-in-time",
        Returned = "returned",
        Unresolved = "unresolved",
    }
}

words! {
    /// cancelled: the letter will not be sent. too-late: it may have been sent already.
    pub enum CancelResult {
        Cancelled = "cancelled",
        TooLate = "too-late",
    }
}

words! {
    /// How the letter went.
    pub enum DeliveryChannel {
        Electronic = "electronic",
        Paper = "paper",
        Unknown = "unknown",
    }
}

messages! {
    NAMESPACE;
    SendMessage = "sendMessage" => SendMessageResponse = "sendMessageResponse" { order: AcceptedOrder },
    GetMessageStatus = "getMessageStatus" => GetMessageStatusResponse = "getMessageStatusResponse" { status: MessageStatus },
    ListMessageEvents = "listMessageEvents" => ListMessageEventsResponse = "listMessageEventsResponse" { page: MessageEventPage },
    CancelMessage = "cancelMessage" => CancelMessageResponse = "cancelMessageResponse" { cancellation: Cancellation },
    GetBulletinStatus = "getBulletinStatus" => GetBulletinStatusResponse = "getBulletinStatusResponse" { bulletin: BulletinStatus },
    CancelBulletin = "cancelBulletin" => CancelBulletinResponse = "cancelBulletinResponse" { cancellation: BulletinCancellation },
    UploadFile = "uploadFile" => UploadFileResponse = "uploadFileResponse" { file: UploadedFile },
    ListReplies = "listReplies" => ListRepliesResponse = "listRepliesResponse" { page: ReplyPage },
    GetReply = "getReply" => GetReplyResponse = "getReplyResponse" { reply: Reply },
    AcknowledgeReply = "acknowledgeReply" => AcknowledgeReplyResponse = "acknowledgeReplyResponse" { acknowledgement: Acknowledgement },
}
crate::common::error_from!(Error, findings);

/// Whom a message is for and what it says never reaches a log.
impl fmt::Debug for SendMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendMessage")
            .field("order_id", &self.order_id)
            .field("service_id", &self.service_id)
            .field("recipients", &self.recipients.len())
            .field("attachments", &self.attachments.len())
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
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

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadFile(…)")
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("media_type", &self.media_type).finish_non_exhaustive()
    }
}

impl fmt::Debug for EndUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EndUser(…)")
    }
}

impl fmt::Debug for ReplyAttachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplyAttachment")
            .field("number", &self.number)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("id", &self.id)
            .field("in_reply_to", &self.in_reply_to)
            .field("complete", &self.complete)
            .field("attachments", &self.attachments)
            .finish_non_exhaustive()
    }
}
