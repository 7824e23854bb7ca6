//! The control door: what a script orders of end users, the printing house, Posti and the network, as JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::switches::SwitchOrder;
use crate::viestit::acts::tracking_code;
use crate::viestit::control::{ControlError, Draft, DraftFile, PostiOutcome};
use crate::viestit::faults::Fault;
use crate::viestit::message::{Actor, Deletion, Event};
use crate::viestit::state::Shared;

/// An order. A member that it does not know is a mistake.
#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
enum Order {
    Mailbox {
        id: String,
        active: bool,
        name: Option<String>,
    },
    Read {
        message_id: i64,
    },
    Confirm {
        message_id: i64,
        by: String,
    },
    Print {
        message_id: Option<i64>,
    },
    Posti {
        message_id: i64,
        outcome: End,
        tracking_code: Option<String>,
        signature: Option<String>,
    },
    Reply {
        message_id: i64,
        draft: Written,
    },
    Write {
        service_id: String,
        draft: Written,
    },
    Delete {
        message_id: i64,
        for_good: Option<bool>,
    },
    Event {
        system: String,
        #[serde(rename = "type")]
        kind: String,
        time: Option<String>,
        metadata: Map<String, Value>,
    },
    RepeatEvents {
        message_id: i64,
    },
    Fault {
        path: String,
        times: Option<usize>,
        fault: FaultOrder,
    },
    ClearFaults,
    DropTokens,
    Advance {
        seconds: i64,
    },
    Switches {
        switches: SwitchOrder,
    },
}

/// How Posti ends a letter.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum End {
    Confirmed,
    Returned,
    Unresolved,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    title: String,
    body: String,
    #[serde(default)]
    files: Vec<WrittenFile>,
    owner: Option<Person>,
    representative: Option<Person>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WrittenFile {
    name: String,
    media_type: String,
    /// Base64.
    content: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    id: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
enum FaultOrder {
    Status { status: u16 },
    StatusAfterCommit { status: u16 },
    Delay { milliseconds: u64 },
    CutBeforeCommit,
    CutAfterCommit,
    TooLargeText,
    TooManyRequests { retry_after: Option<u64> },
    HtmlPage { status: u16 },
    BrokenJson,
}

/// `POST /control`
pub(super) async fn carry_out(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    // A page of another site cannot send this type without asking first.
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some("application/json") {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json");
    }
    let order: Order = match serde_json::from_slice(&body) {
        Ok(order) => order,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match obey(&shared, order) {
        Ok(answer) => Json(answer).into_response(),
        Err(Trouble::World(error)) => refused(StatusCode::CONFLICT, &error.to_string()),
        Err(Trouble::Order(what)) => refused(StatusCode::BAD_REQUEST, what),
    }
}

fn refused(status: StatusCode, why: &str) -> Response {
    (status, Json(json!({ "error": why }))).into_response()
}

enum Trouble {
    World(ControlError),
    Order(&'static str),
}

impl From<ControlError> for Trouble {
    fn from(error: ControlError) -> Self {
        Self::World(error)
    }
}

fn obey(shared: &Shared, order: Order) -> Result<Value, Trouble> {
    if let Order::Advance { seconds } = order {
        if !shared.advance(SignedDuration::from_secs(seconds)) {
            return Err(Trouble::Order("this simulator's clock cannot be moved"));
        }
        // What is due by now is carried out by the look.
        drop(shared.lock());
        return Ok(json!({ "now": shared.now().to_string() }));
    }
    let now = shared.now();
    let mut state = shared.lock();
    match order {
        Order::Mailbox { id, active, name } => {
            state.set_mailbox(&id, active);
            state.meet(&id, name);
        }
        Order::Read { message_id } => state.read(message_id, now)?,
        Order::Confirm { message_id, by } => state.confirm(message_id, &by, now)?,
        Order::Print { message_id: Some(id) } => state.print(id, now)?,
        Order::Print { message_id: None } => return Ok(json!({ "printed": state.print_all(now) })),
        Order::Posti { message_id, outcome, tracking_code: code, signature } => {
            let tracking_code = code.unwrap_or_else(|| tracking_code(message_id));
            let outcome = match outcome {
                End::Confirmed => PostiOutcome::Confirmed { tracking_code, signature: signature.unwrap_or_default() },
                End::Returned => PostiOutcome::Returned { tracking_code },
                End::Unresolved => PostiOutcome::Unresolved { tracking_code },
            };
            state.posti(message_id, outcome, now)?;
        }
        Order::Reply { message_id, draft } => {
            let id = state.reply(message_id, written(draft)?, now)?;
            return Ok(json!({ "messageId": id }));
        }
        Order::Write { service_id, draft } => {
            let id = state.write(&service_id, written(draft)?, now)?;
            return Ok(json!({ "messageId": id }));
        }
        Order::Delete { message_id, for_good } => {
            let way = if for_good == Some(true) { Deletion::ForGood } else { Deletion::Folder(now) };
            state.delete(message_id, way)?;
        }
        Order::Event { system, kind, time, metadata } => {
            let system = state.system_named(&system).ok_or(ControlError::UnknownSystem)?;
            let time = time.map(|time| time.parse()).transpose();
            let time = time.map_err(|_: jiff::Error| Trouble::Order("time must be a time with its zone"))?;
            state.events.push(Event { system, kind, time: time.unwrap_or(now), metadata });
        }
        Order::RepeatEvents { message_id } => return Ok(json!({ "repeated": state.repeat_events(message_id) })),
        Order::Fault { path, times, fault } => state.faults.add(&path, ordered(&fault), times.unwrap_or(1)),
        Order::ClearFaults => state.faults.clear(),
        Order::DropTokens => state.tokens.clear(),
        Order::Switches { switches } => switches.apply(&mut state.switches),
        Order::Advance { .. } => {}
    }
    Ok(json!({}))
}

fn written(draft: Written) -> Result<Draft, Trouble> {
    let mut files = Vec::with_capacity(draft.files.len());
    for file in draft.files {
        let content = STANDARD.decode(file.content).map_err(|_| Trouble::Order("a file's content must be base64"))?;
        files.push(DraftFile { name: file.name, media_type: file.media_type, content: content.into() });
    }
    let actor = |person: Person| Actor { id: person.id, name: person.name };
    Ok(Draft {
        title: draft.title,
        body: draft.body,
        files,
        owner: draft.owner.map(actor),
        representative: draft.representative.map(actor),
    })
}

fn ordered(fault: &FaultOrder) -> Fault {
    match *fault {
        FaultOrder::Status { status } => Fault::Status(status),
        FaultOrder::StatusAfterCommit { status } => Fault::StatusAfterCommit(status),
        FaultOrder::Delay { milliseconds } => Fault::Delay(Duration::from_millis(milliseconds)),
        FaultOrder::CutBeforeCommit => Fault::CutBeforeCommit,
        FaultOrder::CutAfterCommit => Fault::CutAfterCommit,
        FaultOrder::TooLargeText => Fault::TooLargeText,
        FaultOrder::TooManyRequests { retry_after } => Fault::TooManyRequests(retry_after),
        FaultOrder::HtmlPage { status } => Fault::HtmlPage(status),
        FaultOrder::BrokenJson => Fault::BrokenJson,
    }
}
