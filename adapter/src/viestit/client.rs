//! Calls to Viestit's REST API (viestit.md §1): one account, its token, its pace, and what each answer means.
//!
//! It decides nothing about letters. No text that the remote sends is kept or shown, because it may repeat what was sent:
//! only status, error code and trace id are.

mod access;
mod failure;
mod inbound;
mod passwords;

use std::sync::Mutex as Lock;
use std::sync::PoisonError;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::multipart::{Form, Part};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use tokio::sync::Mutex;

pub use self::access::RotationError;
use self::access::Session;
pub use self::failure::{Failure, FailureKind};
use self::passwords::Passwords;
use super::Settings;
use super::wire::{self, Message, Page, SendCall};
use crate::outbox::Pace;
use crate::store::Store;
use crate::world::{ClientOptions, World, WorldError};

/// A file of an end user is the largest answer; the front takes 10 MiB and is taken to give no more.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// One system account's connection to Viestit.
pub struct Client {
    http: reqwest::Client,
    base: String,
    username: String,
    passwords: Passwords,
    world: World,
    session: Mutex<Session>,
    /// Why the account is stopped; nothing is called any more then.
    stopped: Lock<Option<FailureKind>>,
    pace: Pace,
}

/// A message that Viestit has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Absent when the answer named none: look it up.
    pub message_id: Option<i64>,
    /// 200, or 409 for one that was there already.
    pub status: u16,
    pub trace_id: Option<String>,
}

/// An answer, read to its end.
struct Answer {
    status: u16,
    trace_id: Option<String>,
    retry_after: Option<Duration>,
    is_json: bool,
    body: Vec<u8>,
}

impl Client {
    /// `timeout` is for one call, body included; `pace` is in calls per second.
    pub(super) fn new(
        settings: &Settings,
        store: &Store,
        world: &World,
        timeout: Duration,
        pace: u32,
    ) -> Result<Client, WorldError> {
        let account = format!("{} {}", settings.url.trim_end_matches('/'), settings.username);
        let options = ClientOptions { total_timeout: timeout, ..ClientOptions::default() };
        Ok(Client {
            http: world.http_client(&options)?,
            base: settings.url.trim_end_matches('/').to_owned(),
            username: settings.username.clone(),
            passwords: Passwords::new(store.clone(), world.clone(), account, settings.password.clone()),
            world: world.clone(),
            session: Mutex::new(Session::default()),
            stopped: Lock::new(None),
            pace: Pace::new(pace),
        })
    }

    /// Why nothing is called any more: a refused login, or a fresh token that was refused.
    pub fn stopped(&self) -> Option<FailureKind> {
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a message. 409 is a success: it was sent before under the same external id.
    pub(super) async fn send_message(&self, call: SendCall, message: &Message<'_>) -> Result<Sent, Failure> {
        let answer = self.call(|| Ok(self.http.post(self.url(call.path())).json(message))).await?;
        match answer.status {
            200 => {
                let id = answer.json::<wire::MessageReference>()?.message_id;
                Ok(Sent { message_id: Some(id), status: 200, trace_id: answer.trace_id })
            }
            409 => {
                let id = answer.json::<wire::MessageReference>().ok().map(|found| found.message_id);
                Ok(Sent { message_id: id, status: 409, trace_id: answer.trace_id })
            }
            _ => Err(answer.failure()),
        }
    }

    /// Uploads a file; gives its id, which a message may name for 24 hours.
    pub(super) async fn upload(&self, name: &str, media_type: &str, content: bytes::Bytes) -> Result<String, Failure> {
        let answer = self
            .call(|| {
                let part = Part::stream(content.clone()).file_name(name.to_owned());
                let part = part.mime_str(media_type).map_err(|_| Failure::before(FailureKind::Unreadable))?;
                Ok(self.http.post(self.url("/v2/attachments")).multipart(Form::new().part("file", part)))
            })
            .await?;
        match answer.status {
            201 => Ok(answer.json::<wire::Uploaded>()?.attachment_id),
            _ => Err(answer.failure()),
        }
    }

    /// The id of the message with our external id; none when Viestit does not have it (yet).
    pub(super) async fn look_up(&self, external_id: &str) -> Result<Option<i64>, Failure> {
        let url = self.url(&format!("/v1/messages/id?externalId={}", encoded(external_id)));
        let answer = self.call(|| Ok(self.http.get(&url))).await?;
        match answer.status {
            200 => Ok(Some(answer.json::<wire::MessageReference>()?.message_id)),
            404 if answer.is_json => Ok(None),
            _ => Err(answer.failure()),
        }
    }

    /// Which of these ids have a mailbox in use. They stand in the body alone.
    pub(super) async fn active_mailboxes(&self, ids: &[&str]) -> Result<Vec<String>, Failure> {
        let asked = wire::EndUsers::of(ids);
        let answer = self.call(|| Ok(self.http.post(self.url("/v1/mailboxes/active")).json(&asked))).await?;
        match answer.status {
            200 => {
                let found: wire::ActiveMailboxes = answer.json()?;
                Ok(found.end_users_with_active_mailbox.into_iter().map(|user| user.id).collect())
            }
            _ => Err(answer.failure()),
        }
    }

    /// The page of the event feed after a continuation token; the oldest page without one.
    pub(super) async fn events(&self, token: Option<&str>) -> Result<Page, Failure> {
        let query = token.map(|token| format!("?continuationToken={}", encoded(token))).unwrap_or_default();
        let url = self.url(&format!("/v2/events{query}"));
        let answer = self.call(|| Ok(self.http.get(&url))).await?;
        match answer.status {
            200 => answer.json(),
            _ => Err(answer.failure()),
        }
    }

    /// A call with a token; after a 401 once more with a new one, and after a second 401 never again.
    async fn call(&self, request: impl Fn() -> Result<RequestBuilder, Failure>) -> Result<Answer, Failure> {
        let token = self.token(None).await?;
        let answer = self.send(request()?.bearer_auth(token.expose_secret())).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let token = self.token(Some(&token)).await?;
        let answer = self.send(request()?.bearer_auth(token.expose_secret())).await?;
        if answer.status == 401 {
            return Err(self.stopped_by(answer.failure_of(FailureKind::TokenRefused)));
        }
        Ok(answer)
    }

    /// Nothing is called any more after this.
    fn stopped_by(&self, failure: Failure) -> Failure {
        *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure.kind.clone());
        failure
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, Failure> {
        let turn = self.pace.turn(&self.world).await;
        let response = request.send().await;
        turn.answered();
        Answer::read(response.map_err(|error| Failure::broken(&error))?).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// For a query: nothing but letters, digits and `-._~` stays as it is.
fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, UNRESERVED)
}

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Answer {
    async fn read(mut response: Response) -> Result<Answer, Failure> {
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        let kind = header(CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        let mut answer = Answer {
            status: response.status().as_u16(),
            trace_id: header("traceId").filter(|id| failure::is_plain(id)).map(str::to_owned),
            retry_after: header(RETRY_AFTER.as_str())
                .and_then(|text| text.trim().parse().ok())
                .map(Duration::from_secs),
            is_json: essence == "application/json" || essence.ends_with("+json"),
            body: Vec::new(),
        };
        while let Some(chunk) = response.chunk().await.map_err(|error| Failure::broken(&error))? {
            if answer.body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(answer.unreadable());
            }
            answer.body.extend_from_slice(&chunk);
        }
        Ok(answer)
    }

    /// Members that we do not know are ignored.
    fn json<T: for<'a> Deserialize<'a>>(&self) -> Result<T, Failure> {
        if !self.is_json {
            return Err(self.unreadable());
        }
        serde_json::from_slice(&self.body).map_err(|_| self.unreadable())
    }

    /// What an answer means that is no success.
    fn failure(&self) -> Failure {
        let kind = match self.status {
            // The front answers 413 itself, in plain text.
            413 => FailureKind::TooLarge,
            // A page of a proxy is not the remote's word.
            400 | 415 if !self.is_json => FailureKind::Unreadable,
            400 => FailureKind::Refused(self.error_code()),
            415 => FailureKind::TypeRefused,
            401 => FailureKind::TokenRefused,
            403 => FailureKind::Forbidden,
            429 => FailureKind::Busy(self.retry_after),
            500..=599 => FailureKind::Broken(self.retry_after),
            _ => FailureKind::Unreadable,
        };
        // A refusal is proof that nothing was done; anything else is not.
        let maybe_done = !matches!(self.status, 400 | 401 | 403 | 404 | 413 | 415 | 429);
        Failure { kind, status: Some(self.status), trace_id: self.trace_id.clone(), maybe_done }
    }

    /// A failure by which nothing was done.
    fn failure_of(&self, kind: FailureKind) -> Failure {
        Failure { kind, status: Some(self.status), trace_id: self.trace_id.clone(), maybe_done: false }
    }

    fn unreadable(&self) -> Failure {
        let kind = FailureKind::Unreadable;
        Failure { kind, status: Some(self.status), trace_id: self.trace_id.clone(), maybe_done: true }
    }

    /// The first code of the list. A missing code is normal.
    fn error_code(&self) -> Option<String> {
        let refusal: wire::Refusal = serde_json::from_slice(&self.body).ok()?;
        let codes = refusal.validation_errors.into_iter().filter_map(|error| error.error_code);
        codes.into_iter().find(|code| failure::is_plain(code))
    }
}
