//! Letters as the doors see them, over the orders of `viestit`.

use std::sync::Arc;

use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages as contract;

use super::catalogue::{limit, number_cursor, read_number_cursor};
use super::messages::{Accepted, Answer, Answering, Ask, Letters, Page, SendRequest};
use super::replies;
use crate::model::Finding;
use crate::model::letter::{
    AttachmentDraft, BodyFormat, Channel, ChannelChoice, LetterOrder, MessageType, OrderDraft, SendState, Visibility,
};
use crate::store::StoreError;
use crate::viestit::{AcceptError, OrderStatus, Orders};

/// Accepts orders and tells their state. `wake` is called with the tenant's code after a commit.
pub struct LetterDesk {
    orders: Orders,
    wake: Arc<dyn Fn(&str) + Send + Sync>,
}

impl LetterDesk {
    pub fn new(orders: Orders, wake: Arc<dyn Fn(&str) + Send + Sync>) -> LetterDesk {
        LetterDesk { orders, wake }
    }
}

impl Letters for LetterDesk {
    fn accept<'a>(&'a self, tenant: &'a str, client: &'a str, request: SendRequest) -> Answering<'a, Accepted> {
        Box::pin(async move {
            let order = LetterOrder::parse(draft(request)).map_err(|findings| refused(&findings))?;
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
                }),
                statements: accepted.statements,
                evidence: accepted.evidence,
            })
        })
    }

    fn ask<'a>(&'a self, tenant: &'a str, client: &'a str, ask: &'a Ask) -> Answering<'a, Accepted> {
        Box::pin(async move {
            match ask {
                Ask::Status { id } => self.status(tenant, client, id).await,
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
        recipients: order.recipients.into_iter().map(|recipient| recipient.id).collect(),
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
        message_type: match order.message_type {
            None | Some(contract::MessageType::Normal) => MessageType::Normal,
            Some(contract::MessageType::Verifiable) => MessageType::Verifiable,
        },
        reply_allowed: order.reply_allowed.unwrap_or(false),
        visibility: match order.visibility {
            None | Some(contract::Visibility::Normal) => Visibility::Normal,
            Some(contract::Visibility::RecipientOnly) => Visibility::RecipientOnly,
        },
        channel: match order.channel {
            None | Some(contract::ChannelChoice::Electronic) => ChannelChoice::Electronic,
        },
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
                channel: send.channel.map(channel),
                reason: send.reason,
                changed_at: send.changed_at.to_string(),
            })
            .collect(),
    }
}

fn channel(channel: Channel) -> contract::DeliveryChannel {
    match channel {
        Channel::Electronic => contract::DeliveryChannel::Electronic,
        Channel::Paper => contract::DeliveryChannel::Paper,
    }
}

fn state(state: SendState) -> contract::SendState {
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

/// The first finding; the contract has room for one.
fn refused(findings: &[Finding]) -> Refusal {
    let Some(finding) = findings.first() else {
        return Refusal::new(ErrorCode::InvalidField, "the order breaks a rule");
    };
    let code = ErrorCode::from_word(finding.rule).unwrap_or(ErrorCode::InvalidField);
    Refusal::new(code, finding.en.clone()).at(finding.field.clone())
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
