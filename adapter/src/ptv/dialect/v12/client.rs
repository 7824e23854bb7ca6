//! Calls to the gateway of PTV v12: the key on every call, few calls at once, retries with back-off, bounded answers
//! (ptv-v12.md §2). Reads carry no `Authorization`: key and token are secrets apart.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::answer::{self, V12Error};
use crate::outbox::Pace;
use crate::ptv::dialect::transport::cause;
use crate::world::{ClientOptions, World, WorldError};

/// Parallel page reads that other clients were seen to get away with (§2).
const CALLS_AT_ONCE: usize = 4;
/// The largest answer is a page of 100 full objects.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// A longer wait is left to the next run.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// How a client waits; tests only note it.
pub type Sleep = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// One integration's connection to v12.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: SecretString,
    slots: Arc<Semaphore>,
    /// The tenant's pace, where it has one.
    pace: Option<Arc<Pace>>,
    sleep: Sleep,
    world: World,
}

impl Client {
    /// `url` is the gateway without `/api/v12`.
    pub fn new(url: &str, key: SecretString, world: &World) -> Result<Client, WorldError> {
        let options = ClientOptions { total_timeout: Duration::from_mins(1), ..ClientOptions::default() };
        Ok(Client {
            http: world.http_client(&options)?,
            base: format!("{}/api/v12", url.trim_end_matches('/')),
            key,
            slots: Arc::new(Semaphore::new(CALLS_AT_ONCE)),
            pace: None,
            sleep: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
            world: world.clone(),
        })
    }

    /// Calls at most so often in a second.
    #[must_use]
    pub fn paced(mut self, per_second: u32) -> Client {
        self.pace = Some(Arc::new(Pace::new(per_second)));
        self
    }

    /// Waits in another way than by the clock.
    #[must_use]
    pub fn sleeping(mut self, sleep: Sleep) -> Client {
        self.sleep = sleep;
        self
    }

    /// A GET below `/api/v12/`, repeated when that may help. Arrays are repeated parameters.
    pub async fn get(&self, path: &str, query: &[(String, String)]) -> Result<Value, V12Error> {
        let mut tried = 1;
        loop {
            let error = match self.once(path, query).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let pause = error.after().unwrap_or_default().max(self.backoff(tried));
            if tried >= TRIES || !error.may_retry() || pause > LONGEST_PAUSE {
                return Err(error);
            }
            tried += 1;
            (self.sleep)(pause).await;
        }
    }

    /// Is the service well? A failing health check postpones a run; it fails no object.
    pub async fn ready(&self) -> bool {
        matches!(self.once("health/readiness", &[]).await, Ok(Value::String(word)) if word == "healthy")
    }

    /// One write, with key and token. It is never repeated here: only who knows what it was about may do that.
    pub(in crate::ptv) async fn send(
        &self,
        method: &reqwest::Method,
        path: &str,
        body: Option<&Value>,
        token: &SecretString,
    ) -> Result<Value, V12Error> {
        let mut request = self.http.request(method.clone(), format!("{}/{path}", self.base));
        request = request.bearer_auth(token.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        self.ask(request).await
    }

    async fn once(&self, path: &str, query: &[(String, String)]) -> Result<Value, V12Error> {
        let mut url = format!("{}/{path}", self.base);
        if !query.is_empty() {
            let mut encoded = form_urlencoded::Serializer::new(String::new());
            url = format!("{url}?{}", encoded.extend_pairs(query).finish());
        }
        self.ask(self.http.get(url)).await
    }

    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<Value, V12Error> {
        let closed = |_| V12Error::Unreachable("the client is closed".into());
        let _slot = self.slots.acquire().await.map_err(closed)?;
        let turn = match &self.pace {
            Some(pace) => Some(pace.turn(&self.world).await),
            None => None,
        };
        let mut key = reqwest::header::HeaderValue::from_str(self.key.expose_secret())
            .map_err(|_| V12Error::Local("the API key holds characters that a header cannot carry".into()))?;
        key.set_sensitive(true);
        let request = request.header("accept", "application/json").header("x-api-key", key);
        let response = request.send().await;
        if let Some(turn) = turn {
            turn.answered();
        }
        let mut response = response.map_err(|error| unreachable(&error))?;
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(V12Error::Protocol("the answer is larger than 32 MiB".into()));
            }
            body.extend_from_slice(&chunk);
        }
        answer::read(status, &body, after.as_deref())
    }

    /// Twice as long each time, and up to as much again at random, so that many clients do not come back together.
    fn backoff(&self, tried: u32) -> Duration {
        let base = FIRST_PAUSE * 2_u32.saturating_pow(tried - 1);
        let [random] = self.world.random::<1>().unwrap_or_default();
        base + base * u32::from(random) / 255
    }
}

fn unreachable(error: &reqwest::Error) -> V12Error {
    V12Error::Unreachable(cause(error).into())
}
