//! Viestit's JSON, REST v2: what we write is whole, because every member is mandatory there; what we read is as little
//! as we need, because members may be added at any time (viestit.md §1.1, §1.6).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Notifications;
use super::replies::Person;
use super::sealed::Letter;
use crate::model::letter::{BodyFormat, MessageType, Visibility};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ElectronicMessage<'a> {
    external_id: &'a str,
    recipient: Id<'a>,
    sender: Sender<'a>,
    electronic: Electronic<'a>,
}

#[derive(Serialize)]
struct Id<'a> {
    id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sender<'a> {
    service_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Electronic<'a> {
    title: &'a str,
    body: &'a str,
    body_format: &'static str,
    attachments: Vec<AttachmentReference<'a>>,
    message_service_type: &'static str,
    reply_allowed_by: &'static str,
    visibility: &'static str,
    notifications: NotificationsPart,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentReference<'a> {
    attachment_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationsPart {
    sender_details_in_notifications: &'static str,
    unread_message_notification: Unread,
}

#[derive(Serialize)]
struct Unread {
    reminder: &'static str,
}

impl<'a> ElectronicMessage<'a> {
    pub(super) fn new(
        external_id: &'a str,
        recipient: &'a str,
        letter: &'a Letter,
        attachments: &'a [String],
        notifications: Notifications,
    ) -> ElectronicMessage<'a> {
        ElectronicMessage {
            external_id,
            recipient: Id { id: recipient },
            sender: Sender { service_id: &letter.service_id },
            electronic: Electronic {
                title: &letter.title,
                body: &letter.body,
                body_format: match letter.body_format {
                    BodyFormat::Text => "Text",
                    BodyFormat::Markdown => "Markdown",
                },
                attachments: attachments.iter().map(|id| AttachmentReference { attachment_id: id }).collect(),
                message_service_type: match letter.message_type {
                    MessageType::Normal => "Normal",
                    MessageType::Verifiable => "Verifiable",
                },
                reply_allowed_by: if letter.reply_allowed { "Anyone" } else { "No one" },
                visibility: match letter.visibility {
                    Visibility::Normal => "Normal",
                    Visibility::RecipientOnly => "Recipient only",
                },
                notifications: NotificationsPart {
                    sender_details_in_notifications: if notifications.sender_details {
                        "Organisation and service name"
                    } else {
                        "None"
                    },
                    unread_message_notification: Unread {
                        reminder: if notifications.reminder { "Default reminder" } else { "No reminders" },
                    },
                },
            },
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Token {
    pub(super) access_token: String,
    /// Seconds.
    pub(super) expires_in: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageReference {
    pub(super) message_id: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Uploaded {
    pub(super) attachment_id: String,
}

/// A refusal. Its texts may repeat what was sent, so they are not even read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) validation_errors: Vec<ValidationError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidationError {
    #[serde(default)]
    pub(super) error_code: Option<String>,
}

/// One page of the event feed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) continuation_token: String,
    pub(super) events: Vec<Event>,
}

/// One event. The type is text, because new ones may come.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default, rename = "eventTime")]
    pub(super) time: Option<String>,
    /// Everything, also what we do not know: some of it is proof.
    #[serde(default)]
    pub(super) metadata: Map<String, Value>,
}

impl Event {
    pub(super) fn message_id(&self) -> Option<i64> {
        self.metadata.get("messageId")?.as_i64()
    }

    pub(super) fn external_id(&self) -> Option<&str> {
        self.metadata.get("externalId")?.as_str()
    }

    pub(super) fn service_id(&self) -> Option<&str> {
        self.metadata.get("serviceId")?.as_str()
    }
}

/// A message that an end user has sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserMessage {
    #[serde(default)]
    pub(super) created_at: Option<String>,
    pub(super) electronic: UserElectronic,
    /// May be absent.
    #[serde(default)]
    sender: Option<UserSender>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserElectronic {
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) attachments: Vec<UserAttachment>,
    /// Absent in a new conversation.
    #[serde(default)]
    pub(super) thread: Option<Thread>,
}

/// No member is marked as required.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserAttachment {
    #[serde(default)]
    pub(super) attachment_id: Option<String>,
    #[serde(default)]
    pub(super) filename: Option<String>,
    #[serde(default)]
    pub(super) media_type: Option<String>,
    #[serde(default)]
    pub(super) size_bytes: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thread {
    #[serde(default)]
    pub(super) root_message_id: Option<i64>,
    #[serde(default)]
    pub(super) thread_external_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserSender {
    #[serde(default)]
    mailbox_owner: Option<Person>,
    #[serde(default)]
    person_sending_message_on_behalf_of_mailbox_owner: Option<Person>,
}

impl UserMessage {
    /// Whose mailbox it came from, and who wrote it for them.
    pub(super) fn people(&self) -> (Option<Person>, Option<Person>) {
        let sender = self.sender.as_ref();
        let representative = sender.and_then(|it| it.person_sending_message_on_behalf_of_mailbox_owner.clone());
        (sender.and_then(|it| it.mailbox_owner.clone()), representative)
    }
}
