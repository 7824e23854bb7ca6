//! A token of the API user's, which every write carries: fetched once for many callers, and anew when one was refused.
//! Which field the token stands in differs by environment and year (ptv-in-api.md §1.3). Version 12 has published nothing
//! of its own; it is taken for the same (ptv-v12.md §2).

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use super::PtvError;
use super::transport::{read_bounded, unreachable};
use crate::ptv::Settings;

/// The largest answer of a login.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

pub(in crate::ptv) struct Login {
    http: reqwest::Client,
    url: String,
    username: String,
    password: SecretString,
    /// Held while logging in, so that many callers make one login.
    token: Mutex<Option<SecretString>>,
}

impl Login {
    pub(super) fn new(settings: &Settings, http: reqwest::Client) -> Login {
        Login {
            http,
            url: settings.login_url.clone(),
            username: settings.username.clone(),
            password: settings.password.clone(),
            token: Mutex::new(None),
        }
    }

    pub(super) fn username(&self) -> &str {
        &self.username
    }

    /// The token in use; a new one when there is none or `refused` is still the one in use.
    pub(super) async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, PtvError> {
        let mut token = self.token.lock().await;
        if let Some(current) = token.as_ref() {
            let stale = refused.is_some_and(|refused| refused.expose_secret() == current.expose_secret());
            if !stale {
                return Ok(current.clone());
            }
        }
        *token = None;
        let login = [("username", self.username.as_str()), ("password", self.password.expose_secret())];
        let request = self.http.post(&self.url);
        // The token service of the source takes a form, the login of the environments takes JSON (§1.3).
        let request = if self.url.ends_with("/connect/token") {
            let mut form = form_urlencoded::Serializer::new(String::new());
            request.header("content-type", "application/x-www-form-urlencoded").body(form.extend_pairs(login).finish())
        } else {
            request.json(&login.into_iter().collect::<BTreeMap<_, _>>())
        };
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let (status, answer) = read_bounded(response, MAX_ANSWER_BYTES).await?;
        match status {
            200 => {}
            400 | 401 | 403 => return Err(PtvError::LoginRefused),
            429 => return Err(PtvError::Busy),
            _ => return Err(PtvError::Broken(status)),
        }
        let answer: Value = serde_json::from_slice(&answer)
            .map_err(|_| PtvError::Unreadable("the login's answer is not JSON".into()))?;
        let found = ["serviceToken", "ptvToken", "access_token", "token"]
            .iter()
            .find_map(|field| answer.get(field)?.as_str())
            .ok_or_else(|| PtvError::Unreadable("the login's answer holds no token".into()))?;
        let found = SecretString::from(found);
        *token = Some(found.clone());
        Ok(found)
    }
}
