//! Getting in: the token with its margin and its single log-in, the password and its change (viestit.md §1.2).

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::passwords::{self, Known, PasswordError, Passwords};
use super::{Client, Failure, FailureKind};
use crate::viestit::wire;

/// A token is not used in its last minute (or its last tenth, when it lives less than ten).
const TOKEN_MARGIN: Duration = Duration::from_mins(1);
/// A fresh token may not be good for a change at once: how long to wait before each further try.
const CHANGE_PAUSES: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(6), Duration::from_secs(12)];

/// What one log-in after the other leaves behind. Held while logging in, so that many callers make one log-in.
#[derive(Default)]
pub(super) struct Session {
    token: Option<Token>,
    /// None before the first log-in.
    known: Option<Known>,
}

struct Token {
    value: SecretString,
    /// Since the world began.
    until: Duration,
}

/// Why the password is not changed.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    #[error("Viestit did not take the new password: {0}. The old one is in use")]
    Refused(Failure),
    #[error("it is not known whether Viestit took the new password ({0}). Both are kept; the next log-in finds out")]
    Unknown(Failure),
    #[error("the account cannot log in: {0}")]
    NoAccess(Failure),
    #[error("the new password could not be kept, so it was not used: {0}")]
    NotKept(String),
}

impl Client {
    /// The token in use; a new one when there is none, it is about to end, or `refused` is the one in use.
    pub(super) async fn token(&self, refused: Option<&SecretString>) -> Result<SecretString, Failure> {
        let mut session = self.session.lock().await;
        if let Some(kind) = self.stopped() {
            return Err(Failure::before(kind));
        }
        if let Some(current) = session.token.as_ref().filter(|current| self.world.elapsed() < current.until) {
            let stale = refused.is_some_and(|refused| refused.expose_secret() == current.value.expose_secret());
            if !stale {
                return Ok(current.value.clone());
            }
        }
        self.log_in(&mut session).await
    }

    /// Tries the password in use, then a pending one; the one that works is the one in use from then on.
    async fn log_in(&self, session: &mut Session) -> Result<SecretString, Failure> {
        session.token = None;
        let known = match session.known.take() {
            Some(known) => known,
            None => self.passwords.load().await.map_err(|error| no_password(&error))?,
        };
        let (mut works, mut token) = (known.current.clone(), self.ask_token(&known.current).await);
        if let (Err(Failure { kind: FailureKind::LoginRefused, .. }), Some(pending)) = (&token, &known.pending) {
            (works, token) = (pending.clone(), self.ask_token(pending).await);
        }
        let token = match token {
            Ok(token) => token,
            Err(failure) => {
                session.known = Some(known);
                // Bad credentials are 400 here; more tries could lock the account (§1.2, §1.14).
                return Err(if failure.stops() { self.stopped_by(failure) } else { failure });
            }
        };
        let is_new = works.expose_secret() != known.current.expose_secret();
        session.known = Some(if is_new || Passwords::is_open(&known) {
            self.passwords.settle(known, works).await.map_err(|error| no_password(&error))?
        } else {
            known
        });
        let value = token.value.clone();
        session.token = Some(token);
        Ok(value)
    }

    async fn ask_token(&self, password: &SecretString) -> Result<Token, Failure> {
        let login = json!({"username": self.username, "password": password.expose_secret()});
        let asked = self.world.elapsed();
        let answer = self.send(self.http.post(self.url("/v1/token")).json(&login)).await;
        // Whatever goes wrong here, the call that needs the token has not been made.
        let answer = answer.map_err(Failure::in_vain)?;
        if answer.status != 200 {
            return Err(match answer.status {
                400 | 401 if answer.is_json => answer.failure_of(FailureKind::LoginRefused),
                _ => answer.failure().in_vain(),
            });
        }
        let found: wire::Token = answer.json().map_err(Failure::in_vain)?;
        let life = Duration::from_secs(found.expires_in);
        let until = asked + life.saturating_sub(TOKEN_MARGIN.min(life / 10));
        Ok(Token { value: SecretString::from(found.access_token), until })
    }

    #[cfg(test)]
    pub(in crate::viestit) async fn password_in_use(&self) -> Option<SecretString> {
        self.session.lock().await.known.as_ref().map(|known| known.current.clone())
    }

    /// When the password in use came into use, as far as we know.
    pub(in crate::viestit) async fn password_changed_at(&self) -> Option<Timestamp> {
        let session = self.session.lock().await;
        match &session.known {
            Some(known) => known.changed_at(),
            None => self.passwords.load().await.ok()?.changed_at(),
        }
    }

    /// Changes the password: the new one is durable before Viestit hears of it, and in use once Viestit has taken it. No
    /// other call is begun meanwhile, because the change ends the token.
    pub(in crate::viestit) async fn rotate(&self) -> Result<(), RotationError> {
        let mut session = self.session.lock().await;
        if let Some(kind) = self.stopped() {
            return Err(RotationError::NoAccess(Failure::before(kind)));
        }
        // A log-in first: it settles what an earlier change has left open, and gives a token.
        let token = self.log_in(&mut session).await.map_err(RotationError::NoAccess)?;
        let not_kept = |error: PasswordError| RotationError::NotKept(error.to_string());
        let new = passwords::generate(&self.world).map_err(|error| not_kept(error.into()))?;
        let Some(known) = session.known.take() else {
            return Err(RotationError::NotKept("no password is known".to_owned()));
        };
        let old = known.current.clone();
        let known = self.passwords.begin(known, new.clone()).await.map_err(not_kept)?;
        let outcome = self.ask_change(&token, &old, &new).await;
        if outcome.is_ok() {
            // Whatever is in hand was got with the old one.
            session.token = None;
        }
        let settled = match &outcome {
            Ok(()) => self.passwords.settle(known, new).await,
            Err(failure) if !failure.maybe_done => self.passwords.settle(known, old).await,
            // The next log-in tries both.
            Err(_) => {
                session.token = None;
                session.known = Some(known);
                return outcome.map_err(RotationError::Unknown);
            }
        };
        // What cannot be written stays open in the store, where both are.
        session.known = settled.ok();
        outcome.map_err(RotationError::Refused)
    }

    async fn ask_change(&self, token: &SecretString, old: &SecretString, new: &SecretString) -> Result<(), Failure> {
        let change = json!({
            "accessToken": token.expose_secret(),
            "currentPassword": old.expose_secret(),
            "newPassword": new.expose_secret(),
        });
        let mut pauses = CHANGE_PAUSES.iter();
        loop {
            let answer = self.send(self.http.post(self.url("/v1/change-password")).json(&change)).await?;
            if answer.status == 200 {
                return Ok(());
            }
            // A fresh token may not be good for it yet, and nothing in the answer tells this from a refusal.
            match pauses.next() {
                Some(pause) if answer.status == 400 && answer.is_json => self.world.sleep(*pause).await,
                _ => return Err(answer.failure()),
            }
        }
    }
}

fn no_password(error: &PasswordError) -> Failure {
    tracing::error!("the account's password cannot be read or kept: {error}");
    Failure::before(FailureKind::NoPassword)
}
