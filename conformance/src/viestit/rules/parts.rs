//! The electronic and the paper part of a message: their types and the limits of each field (fact sheet §1.6, §1.7).

use uuid::Uuid;

use super::check::{Check, Object};
use super::countries::is_country;

/// How `body` is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// Plain text.
    Text,
    /// A subset of CommonMark.
    Markdown,
}

/// Ordinary or proof-of-receipt delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceType {
    /// Ordinary.
    Normal,
    /// The recipient confirms the receipt.
    Verifiable,
}

/// Who may answer in the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplyAllowedBy {
    /// The recipient and who may act for them.
    Anyone,
    /// Nobody.
    NoOne,
}

/// Who may see the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Also those who act for the recipient.
    Normal,
    /// The recipient alone.
    RecipientOnly,
}

/// What notifications say of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderDetails {
    /// Names of organisation and service.
    OrganisationAndServiceName,
    /// Nothing.
    None,
}

/// Whether an unread message is reminded of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadReminder {
    /// As the service does by default.
    Default,
    /// Never.
    None,
}

/// A text in three languages.
#[derive(Clone, PartialEq, Eq)]
pub struct LocalText {
    /// Finnish.
    pub fi: String,
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

/// The sender's own words in the e-mail about a new message.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomNotification {
    /// Subject, 1-256.
    pub title: LocalText,
    /// Text, 1-1,500.
    pub content: LocalText,
}

/// Settings of notifications.
#[derive(Clone, PartialEq, Eq)]
pub struct Notifications {
    /// `senderDetailsInNotifications`
    pub sender_details: SenderDetails,
    /// `unreadMessageNotification.reminder`
    pub reminder: UnreadReminder,
    /// `customisedNewMessageNotification`
    pub customised: Option<CustomNotification>,
}

/// The electronic part of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct ElectronicPart {
    /// Title, 1-256.
    pub title: String,
    /// Text, 1-40,000, kept as sent.
    pub body: String,
    /// How the text is to be shown.
    pub body_format: BodyFormat,
    /// Uploads, 0-50.
    pub attachments: Vec<Uuid>,
    /// Ordinary or verifiable.
    pub service_type: ServiceType,
    /// Who may answer.
    pub reply_allowed_by: ReplyAllowedBy,
    /// Who may see it.
    pub visibility: Visibility,
    /// Settings of notifications.
    pub notifications: Notifications,
    /// The end user's message that this answers.
    pub in_reply_to: Option<i64>,
}

/// A postal address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// First row.
    pub name: String,
    /// Second row.
    pub additional_name: Option<String>,
    /// Street or box.
    pub street_address: String,
    /// Postal code.
    pub zip_code: String,
    /// Post office.
    pub city: String,
    /// Two letters.
    pub country_code: String,
}

/// The print provider's account that is billed.
#[derive(Clone, PartialEq, Eq)]
pub struct PrintAccount {
    /// Exactly 6 units.
    pub username: String,
    /// Exactly 4 units.
    pub password: String,
    /// Where the provider reports trouble.
    pub contact_email: String,
    /// Cost pool.
    pub cost_pool: Option<String>,
}

/// The paper part of a message.
#[derive(Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // the members of the description
pub struct PaperPart {
    /// The PDF that is printed.
    pub attachment: Uuid,
    /// Colours.
    pub color_printing: bool,
    /// Generated address page.
    pub create_address_page: bool,
    /// Ordinary or verifiable.
    pub service_type: ServiceType,
    /// Who pays.
    pub account: PrintAccount,
    /// Recipient's address.
    pub recipient: Address,
    /// Return address.
    pub sender: Address,
    /// Turn landscape pages.
    pub rotate_landscape_pages: bool,
    /// Both sides.
    pub two_sided_printing: bool,
}

pub(super) const SERVICE_TYPES: [(&str, ServiceType); 2] =
    [("Normal", ServiceType::Normal), ("Verifiable", ServiceType::Verifiable)];
pub(super) const REPLIES: [(&str, ReplyAllowedBy); 2] =
    [("Anyone", ReplyAllowedBy::Anyone), ("No one", ReplyAllowedBy::NoOne)];
pub(super) const VISIBILITIES: [(&str, Visibility); 2] =
    [("Normal", Visibility::Normal), ("Recipient only", Visibility::RecipientOnly)];
pub(super) const SENDER_DETAILS: [(&str, SenderDetails); 2] =
    [("Organisation and service name", SenderDetails::OrganisationAndServiceName), ("None", SenderDetails::None)];
pub(super) const REMINDERS: [(&str, UnreadReminder); 2] =
    [("Default reminder", UnreadReminder::Default), ("No reminders", UnreadReminder::None)];

pub(super) fn electronic(check: &mut Check, root: &Object<'_>) -> Option<ElectronicPart> {
    let part = check.object(root, "electronic")?;
    let title = check.text(&part, "title", 1, 256);
    let body = check.text(&part, "body", 1, 40_000);
    let body_format =
        check.choice(&part, "bodyFormat", &[("Text", BodyFormat::Text), ("Markdown", BodyFormat::Markdown)]);
    let attachments = check.attachments(&part, (0, 50));
    let service_type = check.choice(&part, "messageServiceType", &SERVICE_TYPES);
    let reply_allowed_by = check.choice(&part, "replyAllowedBy", &REPLIES);
    let visibility = check.choice(&part, "visibility", &VISIBILITIES);
    let notifications = notifications(check, &part);
    let in_reply_to = check.optional_int64(&part, "inReplyToMessageId");
    Some(ElectronicPart {
        title: title?,
        body: body?,
        body_format: body_format?,
        attachments: attachments?,
        service_type: service_type?,
        reply_allowed_by: reply_allowed_by?,
        visibility: visibility?,
        notifications: notifications?,
        in_reply_to: in_reply_to?,
    })
}

fn notifications(check: &mut Check, part: &Object<'_>) -> Option<Notifications> {
    let settings = check.object(part, "notifications")?;
    let sender_details = check.choice(&settings, "senderDetailsInNotifications", &SENDER_DETAILS);
    let unread = check.object(&settings, "unreadMessageNotification");
    let reminder = unread.and_then(|unread| check.choice(&unread, "reminder", &REMINDERS));
    let customised = optional_customised(check, &settings);
    Some(Notifications { sender_details: sender_details?, reminder: reminder?, customised: customised? })
}

/// The outer `None` says that it is there and wrong.
#[allow(clippy::option_option)] // absent and wrong are two things here
pub(super) fn optional_customised(check: &mut Check, settings: &Object<'_>) -> Option<Option<CustomNotification>> {
    if settings.has("customisedNewMessageNotification") { customised(check, settings).map(Some) } else { Some(None) }
}

fn customised(check: &mut Check, settings: &Object<'_>) -> Option<CustomNotification> {
    let own = check.object(settings, "customisedNewMessageNotification")?;
    let title = local_text(check, &own, "title", 256);
    let content = local_text(check, &own, "content", 1500);
    Some(CustomNotification { title: title?, content: content? })
}

fn local_text(check: &mut Check, of: &Object<'_>, name: &str, max: usize) -> Option<LocalText> {
    let texts = check.object(of, name)?;
    let fi = check.text(&texts, "fi", 1, max);
    let sv = check.text(&texts, "sv", 1, max);
    let en = check.text(&texts, "en", 1, max);
    Some(LocalText { fi: fi?, sv: sv?, en: en? })
}

pub(super) fn paper(check: &mut Check, root: &Object<'_>) -> Option<PaperPart> {
    let part = check.object(root, "paperMail")?;
    let attachments = check.attachments(&part, (1, 1));
    let color_printing = check.flag(&part, "colorPrinting");
    let create_address_page = check.flag(&part, "createAddressPage");
    let service_type = check.choice(&part, "messageServiceType", &SERVICE_TYPES);
    let account = print_account(check, &part, cost_pool);
    let recipient = address(check, &part, "recipient");
    let sender = address(check, &part, "sender");
    let rotate_landscape_pages = check.flag(&part, "rotateLandscapePages");
    let two_sided_printing = check.flag(&part, "twoSidedPrinting");
    Some(PaperPart {
        attachment: attachments?.first().copied()?,
        color_printing: color_printing?,
        create_address_page: create_address_page?,
        service_type: service_type?,
        account: account?,
        recipient: recipient?,
        sender: sender?,
        rotate_landscape_pages: rotate_landscape_pages?,
        two_sided_printing: two_sided_printing?,
    })
}

/// `pool` reads the cost pool, whose rule changed between the versions.
pub(super) fn print_account(
    check: &mut Check,
    part: &Object<'_>,
    pool: impl Fn(&mut Check, &Object<'_>) -> Option<String>,
) -> Option<PrintAccount> {
    let service = check.object(part, "printingAndEnvelopingService")?;
    let cost_pool = if service.has("costPool") { pool(check, &service).map(Some) } else { Some(None) };
    let posti = check.object(&service, "postiMessaging")?;
    let username = check.text(&posti, "username", 6, 6);
    let password = check.text(&posti, "password", 4, 4);
    let contact = check.object(&posti, "contactDetails");
    let contact_email = contact.and_then(|contact| check.text(&contact, "email", 5, 256));
    Some(PrintAccount {
        username: username?,
        password: password?,
        contact_email: contact_email?,
        cost_pool: cost_pool?,
    })
}

fn cost_pool(check: &mut Check, service: &Object<'_>) -> Option<String> {
    check.text(service, "costPool", 1, 15)?;
    // The schema's pattern is not anchored: one fitting character anywhere is enough.
    let fits = |text: &str| text.chars().any(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    check.matching(service, "costPool", fits, "must match the pattern [A-Z0-9]+")
}

/// In version 1 any text.
pub(super) fn any_cost_pool(check: &mut Check, service: &Object<'_>) -> Option<String> {
    check.text(service, "costPool", 1, 15)
}

pub(super) fn address(check: &mut Check, part: &Object<'_>, whose: &str) -> Option<Address> {
    let holder = check.object(part, whose)?;
    let address = check.object(&holder, "address")?;
    let name = check.text(&address, "name", 1, 256);
    let additional_name = check.optional_text(&address, "additionalName", 1, 256);
    let street_address = check.text(&address, "streetAddress", 1, 256);
    let zip_code = check.text(&address, "zipCode", 1, 64);
    let city = check.text(&address, "city", 1, 256);
    let country_code = check.matching(&address, "countryCode", is_country, "must be a two-letter country code");
    Some(Address {
        name: name?,
        additional_name: additional_name?,
        street_address: street_address?,
        zip_code: zip_code?,
        city: city?,
        country_code: country_code?,
    })
}
