//! The deprecated calls of version 1 that have no like in version 2, or another face: uploads, the feed with its old
//! names, end users' messages, the state of a message (fact sheet §1.10, §1.11, §1.16).

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::attachments::{self, Form};
use super::door::Caller;
use super::feed;
use super::refusal::Refusal;
use crate::viestit::message::{Channel, Event, Step, StoredMessage};
use crate::viestit::rules::{self, ServiceType};
use crate::viestit::state::{Shared, UploadKind};

type Answer = Result<Json<Value>, Refusal>;

/// `POST /v1/files`: a PDF for print, or for both ways of a multichannel message.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let form = Form::read(&shared, request, &["file"]).await.map_err(Refusal::with_list)?;
    if form.media_type != "application/pdf" {
        return Err(attachments::unsupported());
    }
    let id = attachments::keep(&shared, system, UploadKind::FirstFile, form);
    Ok((StatusCode::CREATED, Json(json!({ "fileId": id }))))
}

/// `POST /v1/attachments`: for one recipient.
pub(super) async fn attachment(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let form = Form::read(&shared, request, &["file", "metadata"]).await.map_err(Refusal::with_list)?;
    let metadata: Map<String, Value> = form
        .metadata
        .as_deref()
        .and_then(|text| serde_json::from_slice(text).ok())
        .ok_or_else(|| Refusal::bad_request("Part metadata must be a JSON object").with_list())?;
    let recipient = rules::recipient_of_upload(&metadata, &shared.lock().switches)?;
    if !attachments::TYPES.contains(&form.media_type.as_str()) && !MORE_TYPES.contains(&form.media_type.as_str()) {
        return Err(attachments::unsupported());
    }
    let id = attachments::keep(&shared, system, UploadKind::FirstAttachment(recipient), form);
    Ok((StatusCode::CREATED, Json(json!({ "attachmentId": id }))))
}

/// What version 1 takes besides the types of version 2.
const MORE_TYPES: [&str; 7] =
    ["application/json", "application/rtf", "application/xml", "application/zip", "image/gif", "text/csv", "text/xml"];

/// `GET /v1/events?continuationToken=`
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Answer {
    feed::page(&shared, system, query, event).map_err(Refusal::with_list)
}

fn event(event: &Event) -> Value {
    let (entity, kind, direction) = match event.kind.as_str() {
        "Electronic message created" => ("Electronic", "Created", "FROM_ORGANIZATION"),
        "Electronic message read" => ("Electronic", "Read", "FROM_ORGANIZATION"),
        "Receipt confirmed" => ("Electronic", "Receipt confirmed", "FROM_ORGANIZATION"),
        "Electronic message from end user" => ("Electronic", "Created", "FROM_END_USER"),
        "Paper mail created" => ("Paper mail", "Created", "FROM_ORGANIZATION"),
        "Sent for printing and enveloping" => ("Paper mail", "Sent for printing and enveloping", "FROM_ORGANIZATION"),
        "Posti: receipt confirmed" => ("Paper mail", "Posti: Receipt confirmed", "FROM_ORGANIZATION"),
        "Posti: returned to sender" => ("Paper mail", "Posti: Returned to sender", "FROM_ORGANIZATION"),
        "Posti: unresolved" => ("Paper mail", "Posti: Unresolved", "FROM_ORGANIZATION"),
        other => ("Message", other, "FROM_ORGANIZATION"),
    };
    let mut metadata = event.metadata.clone();
    metadata.insert("direction".to_owned(), json!(direction));
    json!({ "entityType": entity, "eventType": kind, "eventTime": event.time.to_string(), "metadata": metadata })
}

/// `GET /v1/messages/{id}`
pub(super) async fn user_message(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    Path(id): Path<String>,
) -> Answer {
    feed::found(
        &shared,
        system,
        &id,
        |thread| json!({ "rootMessageId": thread.root_message_id, "inReplyToMessageId": thread.in_reply_to }),
    )
    .map_err(Refusal::with_list)
}

/// `GET /v1/messages/{id}/state`
pub(super) async fn message_state(
    State(shared): State<Arc<Shared>>,
    Caller(system): Caller,
    Path(id): Path<String>,
) -> Answer {
    let id: i64 = id.parse().map_err(|_| Refusal::bad_request("Message id is not valid").with_list())?;
    let state = shared.lock();
    let own = state.systems.get(system).map(|system| system.user_name.as_str());
    match state.message(id) {
        Some(message) if Some(message.system.as_str()) == own => Ok(Json(written(message))),
        Some(_) if state.switches.foreign_lookup_forbidden => {
            Err(Refusal::because(StatusCode::FORBIDDEN, "Access denied"))
        }
        _ => Err(Refusal::not_found()),
    }
}

fn written(message: &StoredMessage) -> Value {
    let status = |word: &str, at: &jiff::Timestamp| json!({ "status": word, "createdAt": at.to_string() });
    let verifiable = message.service_type() == Some(ServiceType::Verifiable);
    let mut way = Vec::new();
    for (step, at) in &message.steps {
        match (message.channel, step) {
            (_, Step::Created) => {
                way.push(status("Created", at));
                // A verifiable message opens with its receipt.
                if message.channel == Channel::Electronic && !verifiable {
                    way.push(status("Readable", at));
                }
            }
            (Channel::Electronic, Step::Read) => way.push(status("Read", at)),
            (Channel::Electronic, Step::Confirmed) => {
                way.push(status("Receipt confirmed", at));
                way.push(status("Readable", at));
            }
            (Channel::Paper, Step::Printed) => way.push(status("Sent for printing and enveloping", at)),
            _ => {}
        }
    }
    let way = json!({ "statuses": way });
    let statuses = json!([status("Created", &message.created_at)]);
    match message.channel {
        Channel::Electronic => json!({ "statuses": statuses, "electronic": way }),
        Channel::Paper => json!({ "statuses": statuses, "paperMail": way }),
    }
}
