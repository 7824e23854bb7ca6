//! Replies of end users, for the client whose letter they answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages as contract;

use super::catalogue::{limit, number_cursor, read_number_cursor};
use super::letters::{ahead, unreadable};
use super::messages::{Accepted, Answer, Page};
use crate::viestit::{Orders, Person, ReplyFile, ReplyHead, ReplyWhole};

pub(super) async fn list(orders: &Orders, tenant: &str, client: &str, page: &Page) -> Result<Accepted, Refusal> {
    let limit = limit(page.limit)?;
    let after = page.cursor.as_deref().map(read_number_cursor).transpose()?.unwrap_or(0);
    let found = orders.replies(tenant, client, after, limit).await.map_err(|error| unreadable(&error))?;
    let found = found.ok_or_else(ahead)?;
    let items = found.replies.into_iter().map(head).collect();
    Ok(Accepted::of(Answer::Replies(contract::ReplyPage { items, next: number_cursor(found.next) })))
}

pub(super) async fn get(
    orders: &Orders,
    tenant: &str,
    client: &str,
    id: &str,
    attachment: Option<u32>,
) -> Result<Accepted, Refusal> {
    let found = orders.reply(tenant, client, id, attachment).await.map_err(|error| unreadable(&error))?;
    let found = found.ok_or_else(absent)?;
    if attachment.is_some_and(|wanted| !found.files.iter().any(|file| file.number == wanted)) {
        return Err(Refusal::new(ErrorCode::NotFound, "the reply has no attachment of this number").at("attachment"));
    }
    Ok(Accepted::of(Answer::Reply(Box::new(whole(found)))))
}

pub(super) async fn acknowledge(orders: &Orders, tenant: &str, client: &str, id: &str) -> Result<Accepted, Refusal> {
    let found = orders.acknowledge(tenant, client, id).await.map_err(|error| unreadable(&error))?;
    let found = found.ok_or_else(absent)?;
    let answer = contract::Acknowledgement { id: id.to_owned(), acknowledged_at: found.at.to_string() };
    Ok(Accepted { answer: Answer::Acknowledged(answer), statements: found.statements, evidence: found.evidence })
}

/// Another's, gone, or never there: nobody learns which.
fn absent() -> Refusal {
    Refusal::new(ErrorCode::NotFound, "no reply for you has this id").at("id")
}

fn head(head: ReplyHead) -> contract::ReplyHead {
    contract::ReplyHead {
        id: head.id,
        message_id: head.message_id.to_string(),
        created_at: head.created_at.map(|at| at.to_string()),
        received_at: head.received_at.to_string(),
        in_reply_to: head.in_reply_to.map(|answered| contract::ReplyTarget {
            id: answered.id,
            order_id: answered.order_id,
            recipient_number: answered.recipient_number,
        }),
        complete: head.complete,
    }
}

fn whole(reply: ReplyWhole) -> contract::Reply {
    let ReplyWhole { head: about, title, body, sender, representative, files } = reply;
    let contract::ReplyHead { id, message_id, created_at, received_at, in_reply_to, complete } = head(about);
    contract::Reply {
        id,
        message_id,
        created_at,
        received_at,
        in_reply_to,
        complete,
        title,
        body,
        sender_known: sender.is_some(),
        sender: sender.map(person),
        representative: representative.map(person),
        attachments: files.into_iter().map(file).collect(),
    }
}

fn person(person: Person) -> contract::EndUser {
    contract::EndUser { id: person.id, name: person.name }
}

fn file(file: ReplyFile) -> contract::ReplyAttachment {
    contract::ReplyAttachment {
        number: file.number,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        complete: file.complete,
        content: file.content.map(|content| STANDARD.encode(content)),
    }
}
