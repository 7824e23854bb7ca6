//! Requests and answers of the operations on letters.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

use super::order::{AcceptedOrder, Attachment, Error, Notification, Paper, Recipient};
use super::replies::{Acknowledgement, Reply, ReplyPage};
use super::state::{BulletinCancellation, BulletinStatus, Cancellation, MessageEventPage, MessageStatus, UploadedFile};
use super::words::{BodyFormat, ChannelChoice, MessageClass, MessageType, Visibility};

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

impl fmt::Debug for UploadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UploadFile(…)")
    }
}
