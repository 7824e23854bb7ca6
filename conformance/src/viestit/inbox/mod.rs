//! The inbox view and the control door: end users, the printing house and the operator by hand (pages) or by script (JSON).
//!
//! Only for callers on the same machine, and only for pages of its own: it shows letters. Identity codes stand in no
//! address; people have numbers there. Deliberately no log-in, no script, and no rendering of Markdown.

mod acts;
mod dump;
mod order;
mod page;
mod paper;
mod switches;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use uuid::Uuid;

use super::message::File;
use super::server::Peer;
use super::state::{Shared, State as Memory};
pub use switches::SwitchOrder;
use words::Lang;

/// A form or an order with some files.
const MAX_BODY: usize = 16 * 1024 * 1024;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/inbox", get(front))
        .route("/inbox/style.css", get(style))
        .route("/inbox/people/{number}", get(person))
        .route("/inbox/people/{number}/{message}/files/{file}", get(mailed_file))
        .route("/inbox/paper", get(paper_mail))
        .route("/inbox/paper/{message}/files/{file}", get(printed_file))
        .route("/inbox/act", post(acts::act))
        .route("/control", get(dump::look).post(order::carry_out))
        .layer(middleware::from_fn(only_here))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(shared)
}

/// Lets in callers of this machine who mean this machine: no other host by the network, no other site by the browser.
async fn only_here(request: Request, next: Next) -> Response {
    if !is_own(&request) {
        return (StatusCode::FORBIDDEN, Json(json!({ "error": "only from this machine" }))).into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

fn is_own(request: &Request) -> bool {
    let near = request.extensions().get::<Peer>().is_some_and(|Peer(address)| address.is_loopback());
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).unwrap_or_default();
    // A page of another site cannot name itself as this one, whatever its name resolves to.
    let same = text(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}"));
    near && is_loopback(host) && same
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// The language of a page.
fn language(uri: &Uri, headers: &HeaderMap) -> Lang {
    let query: HashMap<_, _> = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Lang::chosen(query.get("lang").map(AsRef::as_ref), accepted)
}

type Shown = State<Arc<Shared>>;

async fn front(State(shared): Shown, uri: Uri, headers: HeaderMap) -> Response {
    let lang = language(&uri, &headers);
    let now = shared.now();
    Html(page::front(&shared.lock(), now, lang)).into_response()
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("style.css")).into_response()
}

async fn person(State(shared): Shown, Path(number): Path<usize>, uri: Uri, headers: HeaderMap) -> Response {
    let lang = language(&uri, &headers);
    match page::person(&shared.lock(), number, lang) {
        Some(page) => Html(page).into_response(),
        None => missing(lang, &uri),
    }
}

async fn paper_mail(State(shared): Shown, uri: Uri, headers: HeaderMap) -> Response {
    let lang = language(&uri, &headers);
    Html(paper::page(&shared.lock(), lang)).into_response()
}

async fn mailed_file(
    State(shared): Shown,
    Path((number, message, file)): Path<(usize, i64, Uuid)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let lang = language(&uri, &headers);
    let state = shared.lock();
    let owner = person_at(&state, number).map(|person| person.id.clone());
    let open = state.message(message).filter(|it| it.recipient_id == owner && owner.is_some() && it.read);
    let found = open.and_then(|message| message.files.iter().find(|it| it.id == file));
    found.map_or_else(|| missing(lang, &uri), download)
}

async fn printed_file(
    State(shared): Shown,
    Path((message, file)): Path<(i64, Uuid)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let lang = language(&uri, &headers);
    let state = shared.lock();
    let letter = state.message(message);
    let printed = letter.filter(|it| it.paper.as_ref().is_some_and(|part| part.attachment == file));
    let found = printed.and_then(|message| message.files.iter().find(|it| it.id == file));
    found.map_or_else(|| missing(lang, &uri), download)
}

/// A file is saved and never shown: what is in it is anybody's.
fn download(file: &File) -> Response {
    let name = utf8_percent_encode(&file.name, NON_ALPHANUMERIC);
    let disposition = format!("attachment; filename*=UTF-8''{name}");
    let kind = file.media_type.clone();
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file.content.clone()).into_response()
}

fn missing(lang: Lang, uri: &Uri) -> Response {
    (StatusCode::NOT_FOUND, Html(page::missing(lang, uri.path()))).into_response()
}

/// People are counted from 1.
fn person_at(state: &Memory, number: usize) -> Option<&super::message::Actor> {
    state.people.get(number.checked_sub(1)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for name in ["localhost", "localhost:7082", "127.0.0.1:7082", "127.9.9.9", "[::1]:80", "[::1]"] {
            assert!(super::is_loopback(name), "{name}");
        }
        for name in ["", "kunta.example:7082", "10.0.0.1", "localhost.kunta.example", "127.0.0.1.kunta.example"] {
            assert!(!super::is_loopback(name), "{name}");
        }
    }
}
