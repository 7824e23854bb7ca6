//! The buttons of the inbox view. Each does one act and leads back to the page where it stood.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};

use super::{language, page, person_at};
use crate::viestit::acts::tracking_code;
use crate::viestit::control::{ControlError, Draft, PostiOutcome};
use crate::viestit::message::{Actor, Deletion};
use crate::viestit::state::{Shared, State as Memory};

/// The members of a form.
struct Form(HashMap<String, String>);

impl Form {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    fn message(&self) -> Result<i64, ControlError> {
        self.text("message").parse().map_err(|_| ControlError::UnknownMessage)
    }

    fn draft(&self, person: &Actor) -> Draft {
        Draft {
            title: self.text("title").to_owned(),
            body: self.text("body").to_owned(),
            owner: Some(person.clone()),
            ..Draft::default()
        }
    }
}

/// `POST /inbox/act`
pub(super) async fn act(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let lang = language(&uri, &headers);
    let form = Form(form_urlencoded::parse(body.as_bytes()).into_owned().collect());
    let back = match (form.text("act"), form.text("person").parse::<usize>()) {
        ("print" | "posti", _) => "/inbox/paper".to_owned(),
        (_, Ok(person)) => format!("/inbox/people/{person}"),
        _ => "/inbox".to_owned(),
    };
    if form.text("act") == "day" {
        shared.advance(SignedDuration::from_hours(24));
    }
    let now = shared.now();
    let done = carry_out(&mut shared.lock(), &form, now);
    match done {
        Ok(()) => {
            let location = format!("{back}?lang={}", lang.code());
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        Err(error) => (StatusCode::CONFLICT, Html(page::not_done(lang, error, &back))).into_response(),
    }
}

fn carry_out(state: &mut Memory, form: &Form, now: Timestamp) -> Result<(), ControlError> {
    match form.text("act") {
        "day" => Ok(()),
        "print" => state.print(form.message()?, now),
        "posti" => {
            let id = form.message()?;
            let tracking_code = tracking_code(id);
            let name = state.message(id).and_then(|it| it.paper.as_ref()).map(|part| part.recipient.name.clone());
            let outcome = match form.text("end") {
                "confirmed" => PostiOutcome::Confirmed { tracking_code, signature: name.unwrap_or_default() },
                "returned" => PostiOutcome::Returned { tracking_code },
                _ => PostiOutcome::Unresolved { tracking_code },
            };
            state.posti(id, outcome, now)
        }
        act => {
            let number = form.text("person").parse().unwrap_or(0);
            let person = person_at(state, number).cloned().ok_or(ControlError::UnknownMessage)?;
            by_person(state, act, &person, form, now)
        }
    }
}

fn by_person(state: &mut Memory, act: &str, person: &Actor, form: &Form, now: Timestamp) -> Result<(), ControlError> {
    match act {
        "mailbox" => {
            state.set_mailbox(&person.id, form.text("active") == "true");
            return Ok(());
        }
        "write" => return state.write(form.text("service"), form.draft(person), now).map(drop),
        _ => {}
    }
    let id = form.message()?;
    let own = state.message(id).is_some_and(|message| message.recipient_id.as_ref() == Some(&person.id));
    if !own {
        return Err(ControlError::UnknownMessage);
    }
    match act {
        "read" => state.read(id, now),
        "confirm" => {
            let by = if person.name.is_empty() { "?" } else { person.name.as_str() };
            state.confirm(id, by, now)
        }
        "reply" => state.reply(id, form.draft(person), now).map(drop),
        "delete" => state.delete(id, Deletion::Folder(now)),
        _ => Err(ControlError::UnknownMessage),
    }
}
