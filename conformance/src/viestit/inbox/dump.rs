//! Everything that the simulator has, as JSON: for scripts that check what arrived. No password and no token is in it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::viestit::message::{Channel, File, StoredMessage};
use crate::viestit::rules::PaperPart;
use crate::viestit::state::Shared;

/// `GET /control`: everything that is there, but no password and no token.
pub(super) async fn look(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let now = shared.now();
    let state = shared.lock();
    let mailboxes = state
        .people
        .iter()
        .map(|person| json!({ "id": person.id, "name": person.name, "active": state.has_active_mailbox(&person.id) }));
    let messages = state.messages.iter().map(message);
    let received = state.received.iter().map(|message| {
        json!({
            "messageId": message.message_id,
            "serviceId": message.service_id,
            "createdAt": message.created_at.to_string(),
            "title": message.title,
            "body": message.body,
            "files": message.files.iter().map(file).collect::<Vec<_>>(),
            "threadRoot": message.thread.as_ref().map(|thread| thread.root_message_id),
        })
    });
    let notices = state.notices.iter().map(|notice| {
        json!({ "kind": notice.kind.word(), "at": notice.at.to_string(), "messageId": notice.message_id, "sender": notice.sender })
    });
    let calls = state.calls.iter().map(
        |call| json!({ "path": call.path, "at": call.at.to_string(), "status": call.status, "traceId": call.trace_id }),
    );
    let events = state
        .events
        .iter()
        .map(|event| json!({ "type": event.kind, "eventTime": event.time.to_string(), "metadata": event.metadata }));
    Json(json!({
        "now": now.to_string(),
        "mailboxes": mailboxes.collect::<Vec<_>>(),
        "messages": messages.collect::<Vec<_>>(),
        "userMessages": received.collect::<Vec<_>>(),
        "notices": notices.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "calls": calls.collect::<Vec<_>>(),
    }))
}

fn file(file: &File) -> Value {
    json!({ "name": file.name, "mediaType": file.media_type, "size": file.content.len() })
}

fn message(message: &StoredMessage) -> Value {
    let electronic = message.electronic.as_ref().map(|part| json!({ "title": part.title, "body": part.body }));
    let paper = |part: &PaperPart| json!({ "name": part.recipient.name, "city": part.recipient.city });
    json!({
        "messageId": message.message_id,
        "externalId": message.external_id,
        "system": message.system,
        "serviceId": message.service_id,
        "recipientId": message.recipient_id,
        "channel": if message.channel == Channel::Electronic { "electronic" } else { "paper" },
        "createdAt": message.created_at.to_string(),
        "electronic": electronic,
        "paper": message.paper.as_ref().map(paper),
        "files": message.files.iter().map(file).collect::<Vec<_>>(),
        "read": message.read,
        "confirmed": message.confirmed,
        "printed": message.printed,
        "carried": message.posti_done,
        "deleted": message.deletion.is_some(),
    })
}
