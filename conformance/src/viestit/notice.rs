//! The notice (heräte) about a message: what the real service sends to the recipient by e-mail. Here it is written down.

use jiff::Timestamp;

use super::message::StoredMessage;
use super::rules::{CustomNotification, SenderDetails};

/// Why a notice goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A message has come.
    New,
    /// It has been unread for a week.
    Reminder,
}

impl NoticeKind {
    /// For logs and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Reminder => "reminder",
        }
    }
}

/// A notice that went to a recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Notice {
    /// Why.
    pub kind: NoticeKind,
    /// When.
    pub at: Timestamp,
    /// The message. Its title never stands in a notice.
    pub message_id: i64,
    /// Whose mailbox.
    pub recipient_id: String,
    /// The sending service, unless the sender keeps it out of notices.
    pub sender: Option<String>,
    /// The sender's own words, for a new message only.
    pub customised: Option<CustomNotification>,
}

impl Notice {
    /// None for a message that went by post.
    pub(super) fn about(kind: NoticeKind, message: &StoredMessage, at: Timestamp) -> Option<Self> {
        let part = message.electronic.as_ref()?;
        let shown = part.notifications.sender_details == SenderDetails::OrganisationAndServiceName;
        Some(Self {
            kind,
            at,
            message_id: message.message_id,
            recipient_id: message.recipient_id.clone()?,
            sender: shown.then(|| message.service_id.clone()),
            customised: part.notifications.customised.clone().filter(|_| kind == NoticeKind::New),
        })
    }
}
