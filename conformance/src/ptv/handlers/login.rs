//! The two logins (ptv-in-api §1.3).

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::Body;
use crate::ptv::errors::{Payload, Reply};
use crate::ptv::json::text;
use crate::ptv::{PtvConfig, State};

/// `POST /api/auth/api-login`, JSON.
pub(crate) fn api_login(config: &PtvConfig, state: &mut State, now: Timestamp, body: &Body) -> Reply {
    let Body::Json(body) = body else {
        return Reply { status: 400, body: Payload::Json(json!({ "RequestIsNull": ["The body is not valid."] })) };
    };
    enter(config, state, now, text(body, "username"), text(body, "password"))
}

/// `POST /connect/token`, a form; JSON makes it fall over.
pub(crate) fn connect_token(config: &PtvConfig, state: &mut State, now: Timestamp, body: &Body) -> Reply {
    let Body::Form(pairs) = body else {
        return Reply { status: 500, body: Payload::Json(json!({ "errorMessage": "Incorrect Content-Type." })) };
    };
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    enter(config, state, now, field("username"), field("password"))
}

fn enter(config: &PtvConfig, state: &mut State, now: Timestamp, name: Option<&str>, password: Option<&str>) -> Reply {
    let user = config
        .users
        .iter()
        .find(|user| Some(user.username.as_str()) == name && Some(user.password.as_str()) == password);
    let Some(user) = user else {
        let body = json!({ "error": "InvalidCredentials", "message": "The user name or the password is wrong." });
        return Reply { status: 403, body: Payload::Json(body) };
    };
    let (token, expires) = state.tokens.issue(user, now, config.token_lifetime);
    state.tokens.logins += 1;
    // The production login and the source say serviceToken; the customer test environment, which live-2026 plays, ptvToken.
    let field = if config.profile.is_live() { "ptvToken" } else { "serviceToken" };
    let mut answer = Map::from_iter([(field.to_owned(), Value::String(token))]);
    if !config.profile.is_live() {
        answer.insert("expiration".to_owned(), json!(expires.to_string()));
    }
    Reply::ok(Value::Object(answer))
}
