//! Log-in, password change and the mailbox check (fact sheet §1.2, §1.4).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use uuid::Uuid;

use super::door::{Caller, JsonObject};
use super::refusal::Refusal;
use crate::viestit::rules;
use crate::viestit::state::{Shared, Token};

/// `POST /v1/token`
pub(super) async fn token(State(shared): State<Arc<Shared>>, body: JsonObject) -> Result<Json<Value>, Refusal> {
    let now = shared.now();
    let mut state = shared.lock();
    let read = rules::texts(&body.0, ["username", "password"], &state.switches);
    let [user_name, password] = read.map_err(|problems| Refusal::from(problems).without_list())?;
    let found = state.system_named(&user_name);
    let right = found.filter(|at| state.systems.get(*at).is_some_and(|system| system.password == password));
    let system = right.ok_or_else(|| Refusal::bad_request("Authentication failed"))?;
    let life = state.switches.token_life;
    let expires = now.saturating_add(life).unwrap_or(now);
    let value = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    state.tokens.insert(value.clone(), Token { system, issued: now, expires });
    state.issued.push(value.clone());
    Ok(Json(json!({ "access_token": value, "expires_in": life.as_secs(), "token_type": "Bearer" })))
}

/// `POST /v1/change-password`; the token travels in the body.
pub(super) async fn change_password(
    State(shared): State<Arc<Shared>>,
    body: JsonObject,
) -> Result<Json<Value>, Refusal> {
    let now = shared.now();
    let mut guard = shared.lock();
    let state = &mut *guard;
    let read = rules::texts(&body.0, ["accessToken", "currentPassword", "newPassword"], &state.switches);
    let [token, current, new] = read.map_err(|problems| Refusal::from(problems).without_list())?;
    let refused = || Refusal::bad_request("Password change refused");
    let token = state.tokens.get(&token).copied().filter(|token| now < token.expires).ok_or_else(refused)?;
    if now.duration_since(token.issued) < state.switches.fresh_token_wait {
        return Err(refused());
    }
    let system = state.systems.get_mut(token.system).filter(|system| system.password == current).ok_or_else(refused)?;
    let paused = state.switches.password_change_pause.zip(system.password_changed);
    if paused.is_some_and(|(pause, changed)| now.duration_since(changed) < pause) {
        return Err(Refusal::bad_request("Attempt limit exceeded"));
    }
    if !rules::is_strong(&new) {
        return Err(Refusal::bad_request("New password does not meet the requirements"));
    }
    state.passwords.push(new.clone());
    system.password = new;
    system.password_changed = Some(now);
    if state.switches.password_change_drops_tokens {
        state.tokens.retain(|_, other| other.system != token.system);
    }
    Ok(Json(json!({})))
}

/// `POST /v1/mailboxes/active`
pub(super) async fn active_mailboxes(
    State(shared): State<Arc<Shared>>,
    _caller: Caller,
    body: JsonObject,
) -> Result<Json<Value>, Refusal> {
    let state = shared.lock();
    let read = rules::end_users(&body.0, &state.switches);
    let ids = read.map_err(|problems| Refusal::from(problems).without_list())?;
    let active: Vec<_> =
        ids.into_iter().filter(|id| state.has_active_mailbox(id)).map(|id| json!({ "id": id })).collect();
    Ok(Json(json!({ "endUsersWithActiveMailbox": active })))
}
