//! The sending calls of both versions and the look-up of a key (fact sheet §1.6-1.8, §1.13, §1.16).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::door::{Caller, JsonObject};
use super::refusal::Refusal;
use crate::viestit::config::{ForeignService, KeyScope};
use crate::viestit::message::{Channel, File, SendCall, Step, StoredMessage};
use crate::viestit::rules::{self, Order};
use crate::viestit::state::{Shared, State as Memory, UploadKind};

type Answer = Result<Json<Value>, Refusal>;

type Body = Result<JsonObject, Refusal>;

/// `POST /v2/messages/electronic`
pub(super) async fn electronic(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    accept(&shared, &caller, SendCall::Electronic, body).map_err(Refusal::with_list)
}

/// `POST /v2/messages`
pub(super) async fn multichannel(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    accept(&shared, &caller, SendCall::Multichannel, body).map_err(Refusal::without_list)
}

/// `POST /v2/paper-mail-without-id`
pub(super) async fn paper_without_id(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    let answer = accept(&shared, &caller, SendCall::PaperWithoutId, body).map_err(Refusal::without_list);
    match answer {
        Err(Refusal::Exists(_)) if !shared.lock().switches.paper_conflict_has_id => Err(Refusal::Exists(None)),
        other => other,
    }
}

/// `POST /v1/messages/electronic`
pub(super) async fn first_electronic(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    accept(&shared, &caller, SendCall::FirstElectronic, body).map_err(Refusal::with_list)
}

/// `POST /v1/messages`
pub(super) async fn first_multichannel(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    accept(&shared, &caller, SendCall::FirstMultichannel, body).map_err(Refusal::with_list)
}

/// `POST /v1/paper-mail-without-id`, whose 409 has the id.
pub(super) async fn first_paper_without_id(State(shared): State<Arc<Shared>>, caller: Caller, body: Body) -> Answer {
    accept(&shared, &caller, SendCall::FirstPaperWithoutId, body).map_err(Refusal::without_list)
}

/// `GET /v1/messages/id?externalId=`
pub(super) async fn look_up(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Answer {
    let asked = query.ok().and_then(|Query(mut pairs)| pairs.remove("externalId")).filter(|key| !key.is_empty());
    let missing = || vec![rules::Problem { error: "externalId: must not be null".to_owned(), code: None }];
    let key = asked.ok_or_else(missing)?;
    let state = shared.lock();
    let own = state.systems.get(system).map(|system| system.user_name.as_str());
    let mut holders = state.messages.iter().filter(|message| message.external_id == key).peekable();
    let known = holders.peek().is_some();
    match holders.find(|message| Some(message.system.as_str()) == own) {
        Some(message) => Ok(Json(json!({ "messageId": message.message_id }))),
        None if known && state.switches.foreign_lookup_forbidden => {
            Err(Refusal::because(StatusCode::FORBIDDEN, "Access denied"))
        }
        None => Err(Refusal::not_found()),
    }
}

/// Schema, right to the service, key, mailbox, files, thread: in this order, and all under one lock.
/// The key comes before what may have changed since the first attempt, so that a repeated call is always a 409.
fn accept(shared: &Shared, caller: &Caller, call: SendCall, body: Body) -> Answer {
    let body = body?;
    let now = shared.now();
    let mut guard = shared.lock();
    let state = &mut *guard;
    let order = rules::order(call, &body.0, &state.switches)?;
    let system = caller.0;
    let user_name = own_service(state, system, &order.service_id)?;
    let scope = match state.switches.key_scope {
        KeyScope::System => user_name.clone(),
        KeyScope::Service => format!("{user_name}\n{}", order.service_id),
        KeyScope::Everybody => String::new(),
    };
    let key = (scope, order.external_id.clone());
    if let Some(id) = state.keys.get(&key) {
        return Err(Refusal::Exists(Some(*id)));
    }
    let channel = channel(state, &order)?;
    let files = files(state, system, &order, now)?;
    let root = thread_root(state, system, &order, now)?;
    let message_id = state.take_id();
    for file in &files {
        if let Some(upload) = state.uploads.get_mut(&file.id) {
            upload.used = true;
        }
    }
    let message = StoredMessage {
        message_id,
        external_id: order.external_id,
        system: user_name,
        service_id: order.service_id,
        call,
        recipient_id: order.recipient_id,
        channel,
        electronic: order.electronic,
        paper: order.paper,
        files,
        created_at: now,
        thread_root: root.unwrap_or(message_id),
        read: false,
        confirmed: false,
        printed: false,
        posti_done: false,
        deletion: None,
        steps: Vec::new(),
    };
    let kind = match channel {
        Channel::Electronic => "Electronic message created",
        Channel::Paper => "Paper mail created",
    };
    if let Some(id) = &message.recipient_id {
        state.meet(id, None);
    }
    state.keys.insert(key, message_id);
    state.messages.push(message.clone());
    // The message stands there and its system was found: this cannot fail.
    let _ = state.tell(message_id, Step::Created, kind, now, Vec::new());
    state.follow(&message, now);
    Ok(Json(json!({ "messageId": message_id })))
}

/// The calling system's user name, when the service is one of its own.
fn own_service(state: &Memory, system: usize, service_id: &str) -> Result<String, Refusal> {
    let system = state.systems.get(system).ok_or_else(Refusal::unauthorized)?;
    if system.services.iter().any(|own| own == service_id) {
        return Ok(system.user_name.clone());
    }
    Err(match state.switches.foreign_service {
        ForeignService::BadRequest => {
            Refusal::Invalid(vec![rules::Problem { error: "sender.serviceId: unknown service".to_owned(), code: None }])
        }
        ForeignService::Forbidden => Refusal::because(StatusCode::FORBIDDEN, "Access denied"),
    })
}

fn channel(state: &Memory, order: &Order) -> Result<Channel, Refusal> {
    let active = order.recipient_id.as_deref().is_some_and(|id| state.has_active_mailbox(id));
    match order.call {
        SendCall::PaperWithoutId | SendCall::FirstPaperWithoutId => Ok(Channel::Paper),
        SendCall::Multichannel | SendCall::FirstMultichannel if !active => Ok(Channel::Paper),
        SendCall::Electronic | SendCall::FirstElectronic if !active => {
            let mut text = "Recipient mailbox is not active".to_owned();
            if let (true, Some(id)) = (state.switches.echo_input, &order.recipient_id) {
                text = format!("{text}: {id}");
            }
            Err(Refusal::coded(text, "MAILBOX_NOT_IN_USE"))
        }
        _ => Ok(Channel::Electronic),
    }
}

/// The files that the order names, each once; all must be uploads that this system may use now.
fn files(state: &Memory, system: usize, order: &Order, now: Timestamp) -> Result<Vec<File>, Refusal> {
    let electronic = order.electronic.iter().flat_map(|part| part.attachments.iter().copied());
    let paper = order.paper.as_ref().map(|part| part.attachment);
    let kind = match (order.call, &order.recipient_id) {
        (SendCall::FirstElectronic, Some(recipient)) => UploadKind::FirstAttachment(recipient.clone()),
        (call, _) if call.is_first() => UploadKind::FirstFile,
        _ => UploadKind::Attachment,
    };
    let reuse = state.switches.upload_reuse;
    let mut found: Vec<File> = Vec::new();
    let mut problems = Vec::new();
    for id in electronic.chain(paper) {
        let upload = state.uploads.get(&id).filter(|upload| upload.usable(system, &kind, now, reuse));
        match upload {
            None => problems.push("attachments: attachment does not exist"),
            Some(upload) if Some(id) == paper && upload.file.media_type != "application/pdf" => {
                problems.push("paperMail.attachments: attachment must be a PDF");
            }
            Some(upload) if !found.iter().any(|file| file.id == id) => found.push(upload.file.clone()),
            Some(_) => {}
        }
    }
    if problems.is_empty() {
        return Ok(found);
    }
    let problem = |text: &str| rules::Problem { error: text.to_owned(), code: None };
    Err(Refusal::Invalid(problems.into_iter().map(problem).collect()))
}

/// The first message of the thread that an answer joins; `None` for an order that answers nothing.
fn thread_root(state: &Memory, system: usize, order: &Order, now: Timestamp) -> Result<Option<i64>, Refusal> {
    let Some(id) = order.electronic.as_ref().and_then(|part| part.in_reply_to) else {
        return Ok(None);
    };
    let answered = state.received.iter().find(|message| {
        let gone = message.deletion.is_some_and(|deletion| deletion.is_final(now));
        message.message_id == id && message.system == system && !gone
    });
    let gone = || Refusal::coded("Replied-to message does not exist".to_owned(), "MESSAGE_BEING_REPLIED_TO_NOT_FOUND");
    let Some(answered) = answered else {
        // Version 1 sends it as though it answered nothing.
        return if order.call.is_first() { Ok(None) } else { Err(gone()) };
    };
    Ok(Some(answered.thread.as_ref().map_or(id, |thread| thread.root_message_id)))
}
