//! Letters as the doors see them, over the orders of `viestit`.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages as contract;

use super::catalogue::{limit, number_cursor, read_number_cursor};
use super::messages::{Accepted, Answer, Answering, Ask, Letters, Page, SendRequest};
use super::{receipts, replies};
use crate::model::Finding;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::model::letter::{
    AddressDraft, AttachmentDraft, BodyFormat, Channel, ChannelChoice, InThreeLanguages, MessageClass, MessageType,
    Notification, OrderDraft, PaperDraft, Recipient, RecipientDraft, SendState, Visibility,
};
use crate::store::StoreError;
use crate::viestit::mailboxes::{CheckError, MAX_CHECKED, Mailboxes};
use crate::viestit::{AcceptError, OrderStatus, Orders, UploadError};
use crate::world::World;

/// Accepts orders and tells their state. `wake` is called with the tenant's code after a commit.
pub struct LetterDesk {
    orders: Orders,
    mailboxes: Mailboxes,
    world: World,
    wake: Arc<dyn Fn(&str) + Send + Sync>,
}

impl LetterDesk {
    pub fn new(
        orders: Orders,
        mailboxes: Mailboxes,
        world: World,
        wake: Arc<dyn Fn(&str) + Send + Sync>,
    ) -> LetterDesk {
        LetterDesk { orders, mailboxes, world, wake }
    }
}

impl Letters for LetterDesk {
    fn accept<'a>(&'a self, tenant: &'a str, client: &'a str, request: SendRequest) -> Answering<'a, Accepted> {
        Box::pin(async move {
            let request = self.with_files(tenant, client, request).await?;
            let order = self.orders.judge(tenant, draft(request)).await.map_err(|error| not_accepted(&error))?;
            let accepted = self.orders.accept(tenant, client, &order).await.map_err(|error| not_accepted(&error))?;
            let sends = accepted.sends.iter().map(|send| contract::AcceptedSend {
                id: send.id.clone(),
                recipient_number: send.recipient_number,
                state: state(send.state),
            });
            Ok(Accepted {
                answer: Answer::Order(contract::AcceptedOrder {
                    id: accepted.id.clone(),
                    accepted_at: accepted.accepted_at.to_string(),
                    sends: sends.collect(),
                    warnings: order.warnings.iter().map(finding).collect(),
                }),
                statements: accepted.statements,
                evidence: accepted.evidence,
            })
        })
    }

    fn upload<'a>(&'a self, tenant: &'a str, client: &'a str, content: Bytes) -> Answering<'a, Accepted> {
        Box::pin(async move {
            let uploaded = self.orders.upload(tenant, client, &content).await.map_err(|error| not_uploaded(&error))?;
            let answer = Answer::File(contract::UploadedFile {
                id: uploaded.id,
                size: uploaded.size,
                expires_at: uploaded.expires_at.to_string(),
            });
            Ok(Accepted { answer, statements: uploaded.statements, evidence: Vec::new() })
        })
    }

    fn ask<'a>(&'a self, tenant: &'a str, client: &'a str, ask: &'a Ask) -> Answering<'a, Accepted> {
        Box::pin(async move {
            match ask {
                Ask::Mailboxes { recipients } => self.mailboxes(tenant, client, recipients).await,
                Ask::Status { id } => self.status(tenant, client, id).await,
                Ask::Receipt { id, recipient_number } => {
                    receipts::get(&self.orders, tenant, client, id, *recipient_number).await
                }
                Ask::Cancel { id, recipient_number } => self.cancel(tenant, client, id, *recipient_number).await,
                Ask::BulletinStatus { bulletin_id } => self.bulletin(tenant, client, bulletin_id).await,
                Ask::CancelBulletin { bulletin_id } => self.cancel_bulletin(tenant, client, bulletin_id).await,
                Ask::Events(page) => self.events(tenant, client, page).await,
                Ask::Replies(page) => replies::list(&self.orders, tenant, client, page).await,
                Ask::Reply { id, attachment } => replies::get(&self.orders, tenant, client, id, *attachment).await,
                Ask::Acknowledge { id } => replies::acknowledge(&self.orders, tenant, client, id).await,
            }
        })
    }

    fn wake(&self, tenant: &str) {
        (self.wake)(tenant);
    }
}

impl LetterDesk {
    /// Nothing of it is kept but how many were asked about, and by whom.
    async fn mailboxes(
        &self,
        tenant: &str,
        client: &str,
        asked: &[contract::MailboxOwner],
    ) -> Result<Accepted, Refusal> {
        if asked.is_empty() {
            return Err(Refusal::new(ErrorCode::MissingField, "there is no recipient").at("recipients"));
        }
        if asked.len() > MAX_CHECKED {
            return Err(too_many_mailboxes());
        }
        let parsed = asked.iter().enumerate().map(|(index, owner)| {
            let wrong = "is neither a valid personal identity code nor a valid business id";
            let wrong = || Refusal::new(ErrorCode::InvalidField, wrong).at(format!("recipients[{index}].id"));
            Recipient::parse(&owner.id).map_err(|_| wrong())
        });
        let recipients = parsed.collect::<Result<Vec<_>, _>>()?;
        let begun = self.world.now();
        let states = self.mailboxes.check(tenant, &recipients).await.map_err(|error| match error {
            CheckError::NoAccount => {
                Refusal::new(ErrorCode::NotAllowed, "this organisation does not send letters through this service")
            }
            CheckError::TooMany => too_many_mailboxes(),
            CheckError::Unavailable => {
                Refusal::new(ErrorCode::Unavailable, "who has a mailbox cannot be asked now; try again")
            }
        })?;
        let mailboxes =
            (1..).zip(states).map(|(recipient_number, in_use)| contract::MailboxState { recipient_number, in_use });
        let mut accepted = Accepted::of(Answer::Mailboxes(contract::MailboxCheck { mailboxes: mailboxes.collect() }));
        let mut act = EvidenceDraft::new(RecordKind::Act, tenant, begun, self.world.now());
        act.operation = Some("check-mailboxes".to_owned());
        act.client = Some(client.to_owned());
        act.subject = Some(format!("mailboxes/{}", recipients.len()));
        act.outcome = Some("answered".to_owned());
        accepted.evidence.push(act);
        Ok(accepted)
    }

    /// Files that were sent before take their places.
    async fn with_files(&self, tenant: &str, client: &str, mut request: SendRequest) -> Result<SendRequest, Refusal> {
        for (index, upload) in request.uploads.iter_mut().enumerate() {
            let Some(id) = &upload.upload else { continue };
            let found = self.orders.uploaded(tenant, client, id).await.map_err(|error| unreadable(&error))?;
            let text = "no file of yours has this id, or its day is over: upload it again";
            let absent = || Refusal::new(ErrorCode::InvalidField, text).at(format!("attachments[{index}].upload"));
            upload.content = found.ok_or_else(absent)?.into();
        }
        Ok(request)
    }

    async fn cancel(&self, tenant: &str, client: &str, id: &str, number: Option<u32>) -> Result<Accepted, Refusal> {
        let found = self.orders.cancel(tenant, client, id, number).await.map_err(|error| unreadable(&error))?;
        let absent = || Refusal::new(ErrorCode::NotFound, "no order of yours has this id and recipient").at("id");
        let found = found.ok_or_else(absent)?;
        let sends = found.sends.into_iter().map(|send| contract::CancelledSend {
            id: send.id,
            recipient_number: send.recipient_number,
            result: if send.cancelled { contract::CancelResult::Cancelled } else { contract::CancelResult::TooLate },
        });
        let answer = contract::Cancellation { id: found.id, order_id: found.order_id, sends: sends.collect() };
        Ok(Accepted { answer: Answer::Cancelled(answer), statements: found.statements, evidence: found.evidence })
    }

    async fn cancel_bulletin(&self, tenant: &str, client: &str, bulletin_id: &str) -> Result<Accepted, Refusal> {
        let found = self.orders.cancel_bulletin(tenant, client, bulletin_id).await;
        let found = found.map_err(|error| unreadable(&error))?.ok_or_else(no_bulletin)?;
        let answer = contract::BulletinCancellation {
            bulletin_id: bulletin_id.to_owned(),
            cancelled: found.cancelled,
            too_late: found.too_late,
            more: found.more,
        };
        let answer = Answer::BulletinCancelled(answer);
        Ok(Accepted { answer, statements: found.statements, evidence: found.evidence })
    }

    async fn bulletin(&self, tenant: &str, client: &str, bulletin_id: &str) -> Result<Accepted, Refusal> {
        let found = self.orders.bulletin(tenant, client, bulletin_id).await;
        let found = found.map_err(|error| unreadable(&error))?.ok_or_else(no_bulletin)?;
        let count =
            |(known, letters): (&SendState, &u64)| contract::StateCount { state: state(*known), letters: *letters };
        let mut all: BTreeMap<SendState, u64> = BTreeMap::new();
        for (known, letters) in found.orders.iter().flat_map(|order| &order.states) {
            *all.entry(*known).or_default() += letters;
        }
        let orders = found.orders.into_iter().map(|order| contract::BulletinOrder {
            states: order.states.iter().map(|(known, letters)| count((known, letters))).collect(),
            id: order.id,
            order_id: order.order_id,
            accepted_at: order.accepted_at.to_string(),
        });
        Ok(Accepted::of(Answer::Bulletin(contract::BulletinStatus {
            bulletin_id: bulletin_id.to_owned(),
            orders: orders.collect(),
            states: all.iter().map(count).collect(),
        })))
    }

    async fn status(&self, tenant: &str, client: &str, id: &str) -> Result<Accepted, Refusal> {
        let found = self.orders.status(tenant, client, id).await.map_err(|error| unreadable(&error))?;
        let absent = || Refusal::new(ErrorCode::NotFound, "no order of yours has this id").at("id");
        found.map(|found| Accepted::of(Answer::Status(status(found)))).ok_or_else(absent)
    }
}

impl LetterDesk {
    async fn events(&self, tenant: &str, client: &str, page: &Page) -> Result<Accepted, Refusal> {
        let limit = limit(page.limit)?;
        let after = page.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
        let told = self.orders.told(tenant, client, after, limit).await.map_err(|error| unreadable(&error))?;
        let told = told.ok_or_else(ahead)?;
        let items = told.events.into_iter().map(|event| contract::MessageEvent {
            sequence: event.sequence,
            changed_at: event.changed_at.to_string(),
            id: event.order,
            order_id: event.order_id,
            send_id: event.send_id,
            recipient_number: event.recipient_number,
            state: state(event.state),
            channel: event.channel.map(channel),
            reason: event.reason,
        });
        let page = contract::MessageEventPage { items: items.collect(), next: number_cursor(told.next) };
        Ok(Accepted::of(Answer::Events(page)))
    }
}

fn too_many_mailboxes() -> Refusal {
    Refusal::new(ErrorCode::TooMany, format!("at most {MAX_CHECKED}")).at("recipients")
}

/// The feed was set back, as by a restored backup: going on from here would pass events over in silence.
pub(super) fn ahead() -> Refusal {
    let text = "the cursor is ahead of the feed; begin without a cursor";
    Refusal::new(ErrorCode::InvalidField, text).at("cursor")
}

pub(super) fn unreadable(error: &StoreError) -> Refusal {
    tracing::error!("what is known of letters could not be read: {error}");
    Refusal::new(ErrorCode::Unavailable, "the state could not be read; try again")
}

fn draft(request: SendRequest) -> OrderDraft {
    let SendRequest { order, uploads } = request;
    OrderDraft {
        order_id: order.order_id,
        service_id: order.service_id,
        recipients: order.recipients.into_iter().map(recipient).collect(),
        title: order.title,
        body: order.body,
        body_format: match order.body_format {
            None | Some(contract::BodyFormat::Text) => BodyFormat::Text,
            Some(contract::BodyFormat::Markdown) => BodyFormat::Markdown,
        },
        attachments: uploads
            .into_iter()
            .map(|upload| AttachmentDraft { name: upload.name, media_type: upload.media_type, content: upload.content })
            .collect(),
        message_type: message_type(order.message_type),
        reply_allowed: order.reply_allowed.unwrap_or(false),
        visibility: match order.visibility {
            None | Some(contract::Visibility::Normal) => Visibility::Normal,
            Some(contract::Visibility::RecipientOnly) => Visibility::RecipientOnly,
        },
        channel: match order.channel {
            None | Some(contract::ChannelChoice::Electronic) => ChannelChoice::Electronic,
            Some(contract::ChannelChoice::ElectronicOrPaper) => ChannelChoice::ElectronicOrPaper,
            Some(contract::ChannelChoice::Paper) => ChannelChoice::Paper,
        },
        paper: order.paper.map(paper),
        paper_reason: order.paper_reason,
        notification: order
            .notification
            .map(|own| Notification { title: texts(own.title), content: texts(own.content) }),
        message_class: order.message_class.map(|class| match class {
            contract::MessageClass::Decision => MessageClass::Decision,
            contract::MessageClass::Bulletin => MessageClass::Bulletin,
            contract::MessageClass::Request => MessageClass::Request,
            contract::MessageClass::Invoice => MessageClass::Invoice,
            contract::MessageClass::Other => MessageClass::Other,
        }),
        law_reference: order.law_reference,
        bulletin_id: order.bulletin_id,
        not_before: order.not_before,
        in_reply_to: order.in_reply_to,
        as_new_if_gone: order.as_new_if_gone.unwrap_or(false),
    }
}

fn recipient(recipient: contract::Recipient) -> RecipientDraft {
    RecipientDraft { id: recipient.id, address: recipient.address.map(address) }
}

fn address(address: contract::Address) -> AddressDraft {
    AddressDraft {
        name: address.name,
        additional_name: address.additional_name,
        street_address: address.street_address,
        zip_code: address.zip_code,
        city: address.city,
        country_code: address.country_code,
    }
}

fn paper(paper: contract::Paper) -> PaperDraft {
    PaperDraft {
        attachment: paper.attachment,
        printed_only: paper.printed_only.unwrap_or(false),
        color_printing: paper.color_printing.unwrap_or(false),
        two_sided_printing: paper.two_sided_printing,
        rotate_landscape_pages: paper.rotate_landscape_pages.unwrap_or(false),
        create_address_page: paper.create_address_page.unwrap_or(false),
        message_type: message_type(paper.message_type),
        cost_pool: paper.cost_pool,
        sender: paper.sender.map(address),
    }
}

fn message_type(given: Option<contract::MessageType>) -> MessageType {
    match given {
        None | Some(contract::MessageType::Normal) => MessageType::Normal,
        Some(contract::MessageType::Verifiable) => MessageType::Verifiable,
    }
}

fn texts(texts: contract::NotificationTexts) -> InThreeLanguages {
    InThreeLanguages { fi: texts.fi, sv: texts.sv, en: texts.en }
}

fn finding(finding: &Finding) -> contract::Finding {
    contract::Finding {
        field: finding.field.clone(),
        rule: finding.rule.to_owned(),
        fi: finding.fi.clone(),
        sv: finding.sv.clone(),
        en: finding.en.clone(),
    }
}

fn status(order: OrderStatus) -> contract::MessageStatus {
    contract::MessageStatus {
        id: order.id,
        order_id: order.order_id,
        accepted_at: order.accepted_at.to_string(),
        sends: order
            .sends
            .into_iter()
            .map(|send| contract::SendStatus {
                id: send.id,
                recipient_number: send.recipient_number,
                state: state(send.state),
                message_id: send.message_id.map(|id| id.to_string()),
                channel: channel_of(send.state, send.channel),
                reason: send.reason,
                changed_at: send.changed_at.to_string(),
            })
            .collect(),
    }
}

/// What has gone, but nobody knows how, is `unknown` until an event tells; what has not gone has no channel.
pub(super) fn channel_of(state: SendState, known: Option<Channel>) -> Option<contract::DeliveryChannel> {
    let unknown = (state >= SendState::Submitted).then_some(contract::DeliveryChannel::Unknown);
    known.map(channel).or(unknown)
}

fn channel(channel: Channel) -> contract::DeliveryChannel {
    match channel {
        Channel::Electronic => contract::DeliveryChannel::Electronic,
        Channel::Paper => contract::DeliveryChannel::Paper,
    }
}

pub(super) fn state(state: SendState) -> contract::SendState {
    match state {
        SendState::Accepted => contract::SendState::Accepted,
        SendState::Submitting => contract::SendState::Submitting,
        SendState::Submitted => contract::SendState::Submitted,
        SendState::Delivered => contract::SendState::Delivered,
        SendState::Read => contract::SendState::Read,
        SendState::Confirmed => contract::SendState::Confirmed,
        SendState::Failed => contract::SendState::Failed,
        SendState::Parked => contract::SendState::Parked,
        SendState::Cancelled => contract::SendState::Cancelled,
        SendState::SentToPrint => contract::SendState::SentToPrint,
        SendState::NotConfirmed => contract::SendState::NotConfirmed,
        SendState::Returned => contract::SendState::Returned,
        SendState::Unresolved => contract::SendState::Unresolved,
    }
}

/// Findings that one answer tells.
const MOST_FINDINGS: usize = 100;

/// All findings; code, text and member are the first one's.
fn refused(findings: &[Finding]) -> Refusal {
    let Some(finding) = findings.first() else {
        return Refusal::new(ErrorCode::InvalidField, "the order breaks a rule");
    };
    let code = ErrorCode::from_word(finding.rule).unwrap_or(ErrorCode::InvalidField);
    let mut refusal = Refusal::new(code, finding.en.clone());
    // What concerns the whole is at no member.
    refusal.field = Some(finding.field.clone()).filter(|field| !field.is_empty());
    refusal.findings = findings.iter().take(MOST_FINDINGS).map(self::finding).collect();
    refusal
}

fn no_bulletin() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "no order of yours has this bulletin id").at("bulletinId")
}

fn not_uploaded(error: &UploadError) -> Refusal {
    match error {
        UploadError::Empty | UploadError::TooLarge => {
            Refusal::new(ErrorCode::InvalidField, error.to_string()).at("content")
        }
        UploadError::Full(_) => Refusal::new(ErrorCode::TooMany, error.to_string()),
        UploadError::Store(_) | UploadError::World(_) => {
            tracing::error!("a file could not be kept: {error}");
            Refusal::new(ErrorCode::Unavailable, "the file could not be stored; try again")
        }
    }
}

fn not_accepted(error: &AcceptError) -> Refusal {
    match error {
        AcceptError::Findings(findings) => refused(findings),
        AcceptError::OrderConflict => {
            let text = "the order id was used before with other content; give the new order an id of its own";
            Refusal::new(ErrorCode::OrderConflict, text).at("orderId")
        }
        AcceptError::NoAccount(_) => {
            Refusal::new(ErrorCode::NotAllowed, "this organisation does not send letters through this service")
        }
        AcceptError::Store(_) | AcceptError::World(_) => {
            tracing::error!("an order could not be accepted: {error}");
            Refusal::new(ErrorCode::Unavailable, "the order could not be stored; try again")
        }
    }
}
