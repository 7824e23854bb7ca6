//! The event feed and end users' messages (fact sheet §1.10, §1.11).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::door::Caller;
use super::refusal::Refusal;
use crate::viestit::KEPT_DAYS;
use crate::viestit::message::{Actor, Event, ThreadLink, UserMessage};
use crate::viestit::state::{Shared, days, older_than};

/// The most events in one page.
const PAGE: usize = 1000;

/// `GET /v2/events?continuationToken=`
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    page(
        &shared,
        system,
        query,
        |event| json!({ "type": event.kind, "eventTime": event.time.to_string(), "metadata": event.metadata }),
    )
}

/// One page of a system's feed, each event as `write` writes it.
pub(super) fn page(
    shared: &Shared,
    system: usize,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
    write: impl Fn(&Event) -> Value,
) -> Result<Json<Value>, Refusal> {
    let broken = || Refusal::bad_request("Continuation token is not valid");
    let Query(mut pairs) = query.map_err(|_| broken())?;
    let now = shared.now();
    let state = shared.lock();
    let start = match pairs.remove("continuationToken") {
        None => 0,
        Some(token) => position(&token, system).filter(|at| *at <= state.events.len()).ok_or_else(broken)?,
    };
    let mut next = start;
    let mut page = Vec::new();
    let limit = state.switches.event_page.clamp(1, PAGE);
    for (at, event) in state.events.iter().enumerate().skip(start) {
        let unknown = state.switches.unknown_events.then(|| unknown(event));
        let again = state.switches.events_twice.then_some(event);
        let told = [unknown.as_ref(), Some(event), again];
        let told: Vec<Value> = told.into_iter().flatten().map(&write).collect();
        // An event stands whole in a page, with what the switches put around it.
        if !page.is_empty() && page.len() + told.len() > limit {
            break;
        }
        next = at + 1;
        if event.system == system && !older_than(event.time, now, days(KEPT_DAYS)) {
            page.extend(told);
        }
    }
    Ok(Json(json!({ "continuationToken": token(next, system), "events": page })))
}

/// An event that no description knows, about the same message.
fn unknown(event: &Event) -> Event {
    Event { kind: "Electronic message pondered".to_owned(), ..event.clone() }
}

/// An opaque token that always has `+`, `/` and `=` in it, so that a client which does not encode it is found out.
fn token(position: usize, system: usize) -> String {
    let mut bytes = MARK.to_vec();
    bytes.extend((position as u64).to_be_bytes());
    bytes.extend((system as u64).to_be_bytes());
    STANDARD.encode(bytes)
}

/// Base64 `+//+`.
const MARK: [u8; 3] = [0xfb, 0xff, 0xfe];

fn position(token: &str, system: usize) -> Option<usize> {
    let bytes = STANDARD.decode(token).ok()?;
    let rest: [u8; 16] = bytes.strip_prefix(&MARK)?.try_into().ok()?;
    let (position, owner) = rest.split_first_chunk::<8>()?;
    let owner: [u8; 8] = owner.try_into().ok()?;
    (u64::from_be_bytes(owner) == system as u64).then_some(usize::try_from(u64::from_be_bytes(*position)).ok()?)
}

/// `GET /v2/messages/{id}`
pub(super) async fn user_message(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    found(&shared, system, &id, |thread| {
        let mut link = json!({ "rootMessageId": thread.root_message_id });
        if let Some(key) = &thread.external_id {
            put(&mut link, "threadExternalId", json!(key));
        }
        link
    })
}

/// An end user's message, with its thread as `link` writes it.
pub(super) fn found(
    shared: &Shared,
    system: usize,
    id: &str,
    link: impl Fn(&ThreadLink) -> Value,
) -> Result<Json<Value>, Refusal> {
    let id: i64 = id.parse().map_err(|_| Refusal::bad_request("Message id is not valid"))?;
    let now = shared.now();
    let state = shared.lock();
    let message = state.fetchable(system, now).find(|message| message.message_id == id);
    let message = message.ok_or_else(Refusal::not_found)?;
    Ok(Json(written(message, state.switches.sender_left_out, link)))
}

fn written(message: &UserMessage, without_sender: bool, link: impl Fn(&ThreadLink) -> Value) -> Value {
    let created_at = message.created_at.to_string();
    let files = message.files.iter().map(|file| {
        json!({
            "attachmentId": file.id,
            "filename": file.name,
            "mediaType": file.media_type,
            "sizeBytes": file.content.len(),
        })
    });
    let mut electronic = json!({
        "messageId": message.message_id,
        "createdAt": created_at,
        "title": message.title,
        "body": message.body,
        "attachments": files.collect::<Vec<_>>(),
    });
    if let Some(thread) = &message.thread {
        put(&mut electronic, "thread", link(thread));
    }
    let mut whole = json!({ "messageId": message.message_id, "createdAt": created_at, "electronic": electronic });
    if let (false, Some(owner)) = (without_sender, &message.owner) {
        let mut sender = json!({ "mailboxOwner": actor(owner) });
        if let Some(representative) = &message.representative {
            put(&mut sender, "personSendingMessageOnBehalfOfMailboxOwner", actor(representative));
        }
        put(&mut whole, "sender", sender);
    }
    whole
}

fn actor(actor: &Actor) -> Value {
    json!({ "id": actor.id, "name": actor.name })
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
