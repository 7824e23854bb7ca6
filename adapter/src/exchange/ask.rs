//! What is asked about letters beside sending, by either protocol, and every answer of the family in either form.
//!
//! One arm reads an operation from SOAP, one from REST, one writes its answer in each; nothing is decided here.

use bytes::Bytes;
use http::StatusCode;
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages::{
    AcknowledgeReplyResponse, CancelBulletinResponse, CancelMessageResponse, GetBulletinStatusResponse,
    GetMessageStatusResponse, GetReceiptResponse, GetReplyResponse, ListMessageEventsResponse, ListRepliesResponse,
    SendMessageResponse, UploadFileResponse,
};
use silta_client::messages::{CheckMailboxes, CheckMailboxesResponse, MailboxOwner};
use xroad::xml::{Element, FieldError, Fields};

use super::json::{self, Query};
use super::xml;
use crate::operations::messages::{Answer, Ask, Page};
use crate::operations::registry::{Operation, Shape};

/// The request of a SOAP body element.
pub(super) fn of_soap(operation: &Operation, body: &Element) -> Result<Ask, Refusal> {
    match operation.shape {
        Shape::Mailboxes => xml::members(operation, body, |fields| {
            let mut recipients = Vec::new();
            for mut recipient in fields.repeated_nested("recipients")? {
                recipients.push(MailboxOwner { id: recipient.text("id")?.to_owned() });
                recipient.finish()?;
            }
            Ok(Ask::Mailboxes { recipients })
        }),
        Shape::Status => xml::members(operation, body, |fields| Ok(Ask::Status { id: fields.text("id")?.to_owned() })),
        Shape::Receipt => xml::members(operation, body, |fields| {
            let id = fields.text("id")?.to_owned();
            Ok(Ask::Receipt { id, recipient_number: fields.optional_parse("recipientNumber")? })
        }),
        Shape::Cancel => xml::members(operation, body, |fields| {
            let id = fields.text("id")?.to_owned();
            Ok(Ask::Cancel { id, recipient_number: fields.optional_parse("recipientNumber")? })
        }),
        Shape::BulletinStatus => xml::members(operation, body, |fields| {
            Ok(Ask::BulletinStatus { bulletin_id: fields.text("bulletinId")?.to_owned() })
        }),
        Shape::CancelBulletin => xml::members(operation, body, |fields| {
            Ok(Ask::CancelBulletin { bulletin_id: fields.text("bulletinId")?.to_owned() })
        }),
        Shape::Events => xml::members(operation, body, |fields| page(fields).map(Ask::Events)),
        Shape::Replies => xml::members(operation, body, |fields| page(fields).map(Ask::Replies)),
        Shape::Reply => xml::members(operation, body, |fields| {
            let id = fields.text("id")?.to_owned();
            Ok(Ask::Reply { id, attachment: fields.optional_parse("attachment")? })
        }),
        Shape::Acknowledge => {
            xml::members(operation, body, |fields| Ok(Ask::Acknowledge { id: fields.text("id")?.to_owned() }))
        }
        _ => Err(not_an_ask()),
    }
}

/// The request of a path whose members stand in the body.
pub(super) fn of_body(shape: Shape, content: &[u8], query: Option<&str>) -> Result<Ask, Refusal> {
    Query::of(query)?.finish()?;
    match shape {
        Shape::Mailboxes => json::parse(content).map(|CheckMailboxes { recipients }| Ask::Mailboxes { recipients }),
        _ => Err(not_an_ask()),
    }
}

/// The request of a path with its query; `code` is the id in the path.
pub(super) fn of_rest(shape: Shape, code: Option<String>, query: Option<&str>) -> Result<Ask, Refusal> {
    let mut query = Query::of(query)?;
    let id = code.unwrap_or_default();
    let ask = match shape {
        Shape::Status => Ask::Status { id },
        Shape::Receipt => Ask::Receipt { id, recipient_number: query.number("recipientNumber")? },
        Shape::Cancel => Ask::Cancel { id, recipient_number: query.number("recipientNumber")? },
        Shape::BulletinStatus => Ask::BulletinStatus { bulletin_id: id },
        Shape::CancelBulletin => Ask::CancelBulletin { bulletin_id: id },
        Shape::Events => Ask::Events(page_of(&mut query)?),
        Shape::Replies => Ask::Replies(page_of(&mut query)?),
        Shape::Reply => Ask::Reply { id, attachment: query.number("attachment")? },
        Shape::Acknowledge => Ask::Acknowledge { id },
        _ => return Err(not_an_ask()),
    };
    query.finish().map(|()| ask)
}

fn page(fields: &mut Fields<'_>) -> Result<Page, FieldError> {
    let limit = fields.optional_parse("limit")?;
    let cursor = fields.optional_text("cursor")?.map(|text| text.trim().to_owned());
    Ok(Page { limit, cursor })
}

fn page_of(query: &mut Query) -> Result<Page, Refusal> {
    Ok(Page { cursor: query.take("cursor"), limit: query.number("limit")? })
}

/// The response wrapper.
pub(super) fn to_xml(answer: Answer) -> Result<String, Refusal> {
    match answer {
        Answer::Order(order) => xml::render(&SendMessageResponse::from(Ok(order))),
        Answer::Mailboxes(check) => xml::render(&CheckMailboxesResponse::from(Ok(check))),
        Answer::Status(status) => xml::render(&GetMessageStatusResponse::from(Ok(status))),
        Answer::Receipt(receipt) => xml::render(&GetReceiptResponse::from(Ok(*receipt))),
        Answer::Cancelled(letters) => xml::render(&CancelMessageResponse::from(Ok(letters))),
        Answer::Bulletin(status) => xml::render(&GetBulletinStatusResponse::from(Ok(status))),
        Answer::BulletinCancelled(letters) => xml::render(&CancelBulletinResponse::from(Ok(letters))),
        Answer::File(file) => xml::render(&UploadFileResponse::from(Ok(file))),
        Answer::Events(page) => xml::render(&ListMessageEventsResponse::from(Ok(page))),
        Answer::Replies(page) => xml::render(&ListRepliesResponse::from(Ok(page))),
        Answer::Reply(reply) => xml::render(&GetReplyResponse::from(Ok(*reply))),
        Answer::Acknowledged(done) => xml::render(&AcknowledgeReplyResponse::from(Ok(done))),
    }
}

/// The answer itself, and its status: what will only be done is 202.
pub(super) fn to_json(answer: &Answer) -> Result<(StatusCode, Bytes), Refusal> {
    Ok(match answer {
        Answer::Order(order) => (StatusCode::ACCEPTED, json::render(order)?),
        Answer::Mailboxes(check) => (StatusCode::OK, json::render(check)?),
        Answer::Status(status) => (StatusCode::OK, json::render(status)?),
        Answer::Receipt(receipt) => (StatusCode::OK, json::render(receipt)?),
        Answer::Cancelled(letters) => (StatusCode::OK, json::render(letters)?),
        Answer::Bulletin(status) => (StatusCode::OK, json::render(status)?),
        Answer::BulletinCancelled(letters) => (StatusCode::OK, json::render(letters)?),
        Answer::File(file) => (StatusCode::CREATED, json::render(file)?),
        Answer::Events(page) => (StatusCode::OK, json::render(page)?),
        Answer::Replies(page) => (StatusCode::OK, json::render(page)?),
        Answer::Reply(reply) => (StatusCode::OK, json::render(reply)?),
        Answer::Acknowledged(done) => (StatusCode::OK, json::render(done)?),
    })
}

fn not_an_ask() -> Refusal {
    tracing::error!("an operation was taken for a question about letters");
    Refusal::new(ErrorCode::Internal, "the service failed")
}
