//! The paths of the service. Handlers take the state once, so that each call is atomic; the door before them holds
//! what concerns all paths: addresses, faults, size, trace id, the record of calls.

mod access;
mod attachments;
mod door;
mod feed;
mod first;
mod refusal;
mod send;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Router, middleware};

use super::state::Shared;
pub(super) use door::Cut;
use refusal::Refusal;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/token", post(access::token))
        .route("/v1/change-password", post(access::change_password))
        .route("/v1/mailboxes/active", post(access::active_mailboxes))
        .route("/v2/attachments", post(attachments::upload))
        .route("/v1/attachments", post(first::attachment))
        .route("/v1/files", post(first::file))
        .route("/v1/messages/electronic", post(send::first_electronic))
        .route("/v1/messages", post(send::first_multichannel))
        .route("/v1/paper-mail-without-id", post(send::first_paper_without_id))
        .route("/v1/messages/{id}", get(first::user_message))
        .route("/v1/messages/{id}/state", get(first::message_state))
        .route("/v1/events", get(first::events))
        .route("/v1/attachments/{id}", get(attachments::download))
        .route("/v2/messages/electronic", post(send::electronic))
        .route("/v2/messages", post(send::multichannel))
        .route("/v2/paper-mail-without-id", post(send::paper_without_id))
        .route("/v1/messages/id", get(send::look_up))
        .route("/v2/messages/{id}", get(feed::user_message))
        .route("/v2/events", get(feed::events))
        .fallback(|| async { Refusal::because(StatusCode::NOT_FOUND, "Not found") })
        .method_not_allowed_fallback(|| async {
            Refusal::because(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), door::door))
        // The door has its own limit; axum's of 2 MB would refuse lawful files.
        .layer(DefaultBodyLimit::disable())
        .with_state(shared)
}
