//! What version 1 of the sending calls demands (fact sheet §1.16): other names, defaults, one file. It is read into the
//! parts of version 2, so that what happens to a message does not depend on the call.

use super::check::{Check, Object};
use super::parts::{
    self, BodyFormat, ElectronicPart, Notifications, PaperPart, REMINDERS, REPLIES, ReplyAllowedBy, SENDER_DETAILS,
    SERVICE_TYPES, SenderDetails, ServiceType, UnreadReminder, VISIBILITIES, Visibility,
};

/// The electronic part. `multichannel` names its file by `files` and answers nothing.
pub(super) fn electronic(check: &mut Check, root: &Object<'_>, multichannel: bool) -> Option<ElectronicPart> {
    let part = check.object(root, "electronic")?;
    let title = check.text(&part, "title", 1, 256);
    let body = check.text(&part, "body", 1, 40_000);
    let attachments = if multichannel {
        check.references(&part, "files", "fileId", (0, 1))
    } else if part.has("attachments") {
        check.references(&part, "attachments", "attachmentId", (0, 1))
    } else {
        Some(Vec::new())
    };
    let service_type = check.choice_or(&part, "messageServiceType", &SERVICE_TYPES, ServiceType::Normal);
    let reply_allowed_by = check.choice_or(&part, "replyAllowedBy", &REPLIES, ReplyAllowedBy::NoOne);
    let visibility = check.choice_or(&part, "visibility", &VISIBILITIES, Visibility::Normal);
    let notifications = notifications(check, &part);
    let in_reply_to = if multichannel { Some(None) } else { check.optional_int64(&part, "inReplyToMessageId") };
    Some(ElectronicPart {
        title: title?,
        body: body?,
        body_format: BodyFormat::Text,
        attachments: attachments?,
        service_type: service_type?,
        reply_allowed_by: reply_allowed_by?,
        visibility: visibility?,
        notifications: notifications?,
        in_reply_to: in_reply_to?,
    })
}

fn notifications(check: &mut Check, part: &Object<'_>) -> Option<Notifications> {
    let default = SenderDetails::OrganisationAndServiceName;
    if !part.has("notifications") {
        return Some(Notifications { sender_details: default, reminder: UnreadReminder::Default, customised: None });
    }
    let settings = check.object(part, "notifications")?;
    let sender_details = check.choice_or(&settings, "senderDetailsInNotifications", &SENDER_DETAILS, default);
    let reminder = if settings.has("unreadMessageNotification") {
        let unread = check.object(&settings, "unreadMessageNotification");
        unread.and_then(|unread| check.choice(&unread, "reminder", &REMINDERS))
    } else {
        Some(UnreadReminder::Default)
    };
    let customised = parts::optional_customised(check, &settings);
    Some(Notifications { sender_details: sender_details?, reminder: reminder?, customised: customised? })
}

/// The paper part: in `paperMail`, or flat beside `externalId` when the letter has no electronic part.
pub(super) fn paper(check: &mut Check, part: &Object<'_>) -> Option<PaperPart> {
    let files = check.references(part, "files", "fileId", (1, 1));
    let color_printing = if part.has("colorPrinting") { check.flag(part, "colorPrinting") } else { Some(false) };
    let create_address_page = check.flag(part, "createCoverPage");
    let service_type = check.choice_or(part, "messageServiceType", &SERVICE_TYPES, ServiceType::Normal);
    let account = parts::print_account(check, part, parts::any_cost_pool);
    let recipient = parts::address(check, part, "recipient");
    let sender = parts::address(check, part, "sender");
    Some(PaperPart {
        attachment: files?.first().copied()?,
        color_printing: color_printing?,
        create_address_page: create_address_page?,
        service_type: service_type?,
        account: account?,
        recipient: recipient?,
        sender: sender?,
        rotate_landscape_pages: false,
        two_sided_printing: false,
    })
}
