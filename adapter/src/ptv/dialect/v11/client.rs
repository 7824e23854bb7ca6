//! Calls to PTV's IN-API v11: login with a kept token, one new login on 401, few calls at once and in a second, bounded
//! answers.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;

use super::answer;
use crate::outbox::Pace;
use crate::ptv::Settings;
use crate::ptv::dialect::PtvError;
use crate::ptv::dialect::login::Login;
use crate::ptv::dialect::transport::{read_bounded, unreachable};
use crate::world::{ClientOptions, World, WorldError};

/// PTV asks for few calls at once (ptv-in-api.md §6.3, 18).
const CALLS_AT_ONCE: usize = 4;
/// The largest answer is the read model of one entity.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// One API user's connection to PTV.
pub(in crate::ptv) struct Client {
    http: reqwest::Client,
    base: String,
    login: Arc<Login>,
    slots: Semaphore,
    pace: Pace,
    world: World,
}

impl Client {
    pub(in crate::ptv) fn new(settings: &Settings, world: &World) -> Result<Client, WorldError> {
        let options = ClientOptions {
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_mins(1),
            ..ClientOptions::default()
        };
        let http = world.http_client(&options)?;
        Ok(Client {
            login: Arc::new(Login::new(settings, http.clone())),
            http,
            base: format!("{}/api/v11", settings.url.trim_end_matches('/')),
            slots: Semaphore::new(CALLS_AT_ONCE),
            pace: Pace::new(settings.pace_per_second),
            world: world.clone(),
        })
    }

    /// The login that a write of version 12 shares.
    pub(in crate::ptv) fn login(&self) -> &Arc<Login> {
        &self.login
    }

    pub(in crate::ptv) async fn post(&self, path: &str, body: &Value) -> Result<Value, PtvError> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(in crate::ptv) async fn put(&self, path: &str, body: &Value) -> Result<Value, PtvError> {
        self.call(Method::PUT, path, Some(body)).await
    }

    pub(in crate::ptv) async fn get(&self, path: &str) -> Result<Value, PtvError> {
        self.call(Method::GET, path, None).await
    }

    /// A GET that anybody may make, without a token: a malformed one turns it into a 500 (§1.3).
    pub(in crate::ptv) async fn open(&self, path: &str) -> Result<Value, PtvError> {
        self.open_at(&format!("{}/{path}", self.base)).await
    }

    /// The deployed description of version 11 (§1.2).
    pub(in crate::ptv) async fn description(&self) -> Result<Value, PtvError> {
        self.open_at(&format!("{}/swagger/v11/swagger.json", self.base.trim_end_matches("/api/v11"))).await
    }

    /// Whom PTV takes us for: the e-mail claim of the token, to which source ids belong (§1.6); the configured name where
    /// the token can not be read. In lower case, as PTV compares it. Logs in when need be.
    pub(in crate::ptv) async fn user(&self) -> Result<String, PtvError> {
        let token = self.login.token(None).await?;
        let claim = email_claim(token.expose_secret());
        Ok(claim.unwrap_or_else(|| self.login.username().to_owned()).to_lowercase())
    }

    async fn open_at(&self, address: &str) -> Result<Value, PtvError> {
        let _slot = self.slots.acquire().await.map_err(|_| PtvError::Unreachable("the client is closed".into()))?;
        let turn = self.pace.turn(&self.world).await;
        let response = self.http.get(address).send().await;
        turn.answered();
        let response = response.map_err(|error| unreachable(&error))?;
        let (status, answer) = read_bounded(response, MAX_ANSWER_BYTES).await?;
        answer::read(status, &answer)
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, PtvError> {
        let _slot = self.slots.acquire().await.map_err(|_| PtvError::Unreachable("the client is closed".into()))?;
        let token = self.login.token(None).await?;
        let (status, answer) = self.send(&method, path, body, &token).await?;
        if status != 401 {
            return answer::read(status, &answer);
        }
        // Tokens have been seen dying before their time: one new login, one repeat (§1.3).
        let token = self.login.token(Some(&token)).await?;
        match self.send(&method, path, body, &token).await? {
            (401, _) => Err(PtvError::LoginRefused),
            (status, answer) => answer::read(status, &answer),
        }
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        token: &SecretString,
    ) -> Result<(u16, Vec<u8>), PtvError> {
        let mut request =
            self.http.request(method.clone(), format!("{}/{path}", self.base)).bearer_auth(token.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let turn = self.pace.turn(&self.world).await;
        let response = request.send().await;
        turn.answered();
        let response = response.map_err(|error| unreachable(&error))?;
        read_bounded(response, MAX_ANSWER_BYTES).await
    }
}

/// The claim `email` of a JWT, whose signature is PTV's own matter.
fn email_claim(token: &str) -> Option<String> {
    let claims = token.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    claims.get("email")?.as_str().map(str::to_owned).filter(|email| !email.is_empty())
}
