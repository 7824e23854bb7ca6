//! Viestit's JSON, REST v2: what we write is whole, because every member is mandatory there; what we read is as little
//! as we need, because members may be added at any time (viestit.md §1.1, §1.6).

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::replies::Person;
use super::sealed::{Letter, Paper};
use super::{Notifications, Print};
use crate::model::letter::{Address, BodyFormat, MessageType, Notification, Visibility};

/// Any of the three sending calls. They differ in which parts there are, and in the path.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message<'a> {
    external_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<Id<'a>>,
    sender: Sender<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    electronic: Option<Electronic<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paper_mail: Option<PaperMail<'a>>,
}

#[derive(Serialize)]
struct Id<'a> {
    id: &'a str,
}

/// Whose mailboxes are asked about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EndUsers<'a> {
    end_users: Vec<Id<'a>>,
}

impl<'a> EndUsers<'a> {
    pub(super) fn of(ids: &[&'a str]) -> EndUsers<'a> {
        EndUsers { end_users: ids.iter().map(|id| Id { id }).collect() }
    }
}

/// Those among them whose mailbox is in use.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActiveMailboxes {
    pub(super) end_users_with_active_mailbox: Vec<EndUser>,
}

#[derive(Deserialize)]
pub(super) struct EndUser {
    pub(super) id: String,
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
    notifications: NotificationsPart<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_reply_to_message_id: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttachmentReference<'a> {
    attachment_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NotificationsPart<'a> {
    sender_details_in_notifications: &'static str,
    unread_message_notification: Unread,
    #[serde(skip_serializing_if = "Option::is_none")]
    customised_new_message_notification: Option<&'a Notification>,
}

#[derive(Serialize)]
struct Unread {
    reminder: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[allow(clippy::struct_excessive_bools, reason = "the choices of the printing house")]
struct PaperMail<'a> {
    attachments: [AttachmentReference<'a>; 1],
    color_printing: bool,
    create_address_page: bool,
    message_service_type: &'static str,
    printing_and_enveloping_service: PrintingService<'a>,
    recipient: At<'a>,
    sender: At<'a>,
    rotate_landscape_pages: bool,
    two_sided_printing: bool,
}

#[derive(Serialize)]
struct At<'a> {
    address: &'a Address,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrintingService<'a> {
    posti_messaging: PostiMessaging<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_pool: Option<&'a str>,
}

/// Written for the call and for nothing else: it has no `Debug`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostiMessaging<'a> {
    username: &'a str,
    password: &'a str,
    contact_details: ContactDetails<'a>,
}

#[derive(Serialize)]
struct ContactDetails<'a> {
    email: &'a str,
}

/// Which of the three calls sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendCall {
    Electronic,
    Multichannel,
    PaperWithoutId,
}

impl SendCall {
    pub(super) fn path(self) -> &'static str {
        match self {
            SendCall::Electronic => "/v2/messages/electronic",
            SendCall::Multichannel => "/v2/messages",
            SendCall::PaperWithoutId => "/v2/paper-mail-without-id",
        }
    }
}

/// What a paper part is made of.
pub(super) struct PaperParts<'a> {
    pub(super) print: &'a Print,
    pub(super) recipient: &'a Address,
    pub(super) printed: &'a str,
    /// Who pays.
    pub(super) cost_pool: Option<&'a str>,
}

impl<'a> Message<'a> {
    pub(super) fn new(external_id: &'a str, letter: &'a Letter) -> Message<'a> {
        let sender = Sender { service_id: &letter.service_id };
        Message { external_id, recipient: None, sender, electronic: None, paper_mail: None }
    }

    /// With the electronic part, for who has a mailbox.
    pub(super) fn electronic(
        mut self,
        recipient: &'a str,
        letter: &'a Letter,
        attachments: &'a [String],
        notifications: Notifications,
        in_reply_to: Option<i64>,
    ) -> Message<'a> {
        self.recipient = Some(Id { id: recipient });
        self.electronic = Some(Electronic {
            title: &letter.title,
            body: &letter.body,
            body_format: match letter.body_format {
                BodyFormat::Text => "Text",
                BodyFormat::Markdown => "Markdown",
            },
            attachments: attachments.iter().map(|id| AttachmentReference { attachment_id: id }).collect(),
            message_service_type: service_type(letter.message_type),
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
                customised_new_message_notification: letter.notification.as_ref(),
            },
            in_reply_to_message_id: in_reply_to,
        });
        self
    }

    /// With the paper part.
    pub(super) fn paper(mut self, paper: &'a Paper, parts: &PaperParts<'a>) -> Message<'a> {
        let PaperParts { print, recipient, printed, cost_pool } = *parts;
        self.paper_mail = Some(PaperMail {
            attachments: [AttachmentReference { attachment_id: printed }],
            color_printing: paper.color_printing,
            create_address_page: paper.create_address_page,
            message_service_type: service_type(paper.message_type),
            printing_and_enveloping_service: PrintingService {
                posti_messaging: PostiMessaging {
                    username: &print.username,
                    password: print.password.expose_secret(),
                    contact_details: ContactDetails { email: &print.contact_email },
                },
                cost_pool,
            },
            recipient: At { address: recipient },
            sender: At { address: paper.sender.as_ref().unwrap_or(&print.return_address) },
            rotate_landscape_pages: paper.rotate_landscape_pages,
            two_sided_printing: paper.two_sided_printing,
        });
        self
    }
}

fn service_type(kind: MessageType) -> &'static str {
    match kind {
        MessageType::Normal => "Normal",
        MessageType::Verifiable => "Verifiable",
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
