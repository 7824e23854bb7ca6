//! What end users write.

use std::fmt;

use serde::{Deserialize, Serialize};
use yaserde::{YaDeserialize, YaSerialize};

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
