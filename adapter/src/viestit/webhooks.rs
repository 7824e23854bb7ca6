//! Webhooks: senders that want it are told of their letters at an address of theirs, signed, at least once and in order.
//!
//! A call brings ids, states and times, nothing of a person. It is an urging: the feed of `listMessageEvents` stays the
//! truth, and holds whatever a webhook did not get.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::micros;
use super::orders::timestamp;
use super::worker::WorkerError;
use crate::outbox::Schedule;
use crate::store::message_events::{self, MessageEvent};
use crate::store::{Commit, Store, viestit, webhooks};
use crate::telemetry::{Metrics, WEBHOOK_GIVEN_UP};
use crate::world::{ClientOptions, World};

/// Events of one call.
const BATCH: u32 = 100;
/// How often new events are looked for.
const LOOK: Duration = Duration::from_secs(2);
/// The time for one call.
const CALL: Duration = Duration::from_secs(10);
/// Longer than a call may take.
const LEASE: Duration = Duration::from_secs(30);
/// A webhook that has failed for so long is an alarm; the schedule's pauses have grown to a day by then.
const GIVE_UP: Duration = Duration::from_hours(5 * 24);
/// The header of the signature: `t=` seconds since 1970, `,v1=` HMAC-SHA256 of `t`, a full stop and the body, hexadecimal.
const SIGNATURE: &str = "Silta-Signature";

/// Where one client of a tenant is told.
#[derive(Clone, Debug)]
pub struct Hook {
    pub tenant: Arc<str>,
    pub client: String,
    pub url: String,
    pub secret: SecretString,
}

/// Calls the webhooks of all tenants.
pub struct Webhooks {
    hooks: Vec<Hook>,
    store: Store,
    world: World,
    metrics: Metrics,
    http: reqwest::Client,
    schedule: Schedule,
    owner: String,
}

/// How a webhook stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HookStatus {
    pub client: String,
    /// Calls that failed one after the other.
    pub attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<String>,
    /// It has failed for so long that somebody should look.
    pub given_up: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    tenant: &'a str,
    client: &'a str,
    events: Vec<Event<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    sequence: i64,
    changed_at: String,
    id: &'a str,
    order_id: &'a str,
    send_id: &'a str,
    recipient_number: i64,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'a str>,
}

impl Webhooks {
    pub fn new(hooks: Vec<Hook>, store: Store, world: World, metrics: Metrics) -> Result<Webhooks, WorkerError> {
        let options = ClientOptions { total_timeout: CALL, read_timeout: CALL, ..ClientOptions::default() };
        let http = world.http_client(&options)?;
        let owner = world.id()?.to_string();
        Ok(Webhooks { hooks, store, http, schedule: Schedule::default(), owner, world, metrics })
    }

    pub fn is_empty(&self) -> bool {
        self.hooks.is_empty()
    }

    /// Begins where nobody was told before, and tries what was given up at once, should it have been mended; once at start.
    pub async fn begin(&self) -> Result<(), WorkerError> {
        let now = self.world.now_micros();
        for hook in &self.hooks {
            // What happened before a webhook was configured stands in the feed.
            let last = message_events::last(&self.store, &hook.tenant).await?.unwrap_or_default();
            let begun = webhooks::begin(&hook.tenant, &hook.client, last, now);
            self.store.commit(Commit::new().with(begun)).await?;
        }
        self.measure().await
    }

    /// How a tenant's webhooks stand, in the order of the configuration.
    pub async fn status(&self, tenant: &str) -> Result<Vec<HookStatus>, WorkerError> {
        let mut statuses = Vec::new();
        for hook in self.hooks.iter().filter(|hook| *hook.tenant == *tenant) {
            let Some(state) = webhooks::get(&self.store, &hook.tenant, &hook.client).await? else { continue };
            statuses.push(HookStatus {
                client: hook.client.clone(),
                attempts: state.attempts,
                failing_since: state.failing_since.map(|since| timestamp(since).to_string()),
                next_attempt: state.failing_since.map(|_| timestamp(state.due_at).to_string()),
                given_up: state.given_up,
            });
        }
        Ok(statuses)
    }

    /// Shows which tenants have a webhook that was given up, and raises the alarm about any, or ends it.
    async fn measure(&self) -> Result<(), WorkerError> {
        let mut given_up: BTreeMap<&str, i64> = BTreeMap::new();
        for hook in &self.hooks {
            let state = webhooks::get(&self.store, &hook.tenant, &hook.client).await?;
            *given_up.entry(&hook.tenant).or_default() += i64::from(state.is_some_and(|state| state.given_up));
        }
        for (tenant, count) in &given_up {
            self.metrics.webhooks_given_up(tenant, *count);
        }
        self.metrics.alarm(WEBHOOK_GIVEN_UP, given_up.values().any(|count| *count > 0));
        Ok(())
    }

    /// Tells what is due; says whether anything was.
    pub async fn run_due(&self) -> Result<bool, WorkerError> {
        let mut worked = false;
        for hook in &self.hooks {
            worked |= self.tell(hook).await?;
        }
        Ok(worked)
    }

    /// How long nothing will be looked for, at most `limit`.
    pub fn idle(&self, limit: Duration) -> Duration {
        LOOK.min(limit)
    }

    async fn tell(&self, hook: &Hook) -> Result<bool, WorkerError> {
        let now = self.world.now_micros();
        let Some(state) = webhooks::get(&self.store, &hook.tenant, &hook.client).await? else { return Ok(false) };
        if state.due_at > now {
            return Ok(false);
        }
        let events = message_events::after(&self.store, &hook.tenant, &hook.client, state.sequence, BATCH).await?;
        let Some(last) = events.last().map(|event| event.sequence) else { return Ok(false) };
        let key = format!("webhook {} {}", hook.tenant, hook.client);
        if !viestit::lease(&self.store, &key, &self.owner, now, now + micros(LEASE)).await? {
            return Ok(false);
        }
        let told = self.call(hook, &events).await;
        let now = self.world.now_micros();
        let next = match told {
            Ok(()) => {
                self.metrics.webhook(&hook.tenant, "told");
                if state.given_up {
                    tracing::warn!(tenant = %hook.tenant, "a webhook that was given up is told again");
                }
                webhooks::told(&hook.tenant, &hook.client, state.sequence, last)
            }
            Err(reason) => {
                self.metrics.webhook(&hook.tenant, "failed");
                let attempts = u32::try_from(state.attempts + 1).unwrap_or(u32::MAX);
                let since = state.failing_since.unwrap_or(now);
                let give_up = state.given_up || now - since > micros(GIVE_UP);
                if give_up && !state.given_up {
                    tracing::error!(tenant = %hook.tenant, reason, "a webhook has failed for five days: it is given up, and tried once a day only");
                } else {
                    tracing::warn!(tenant = %hook.tenant, reason, attempts, "a webhook could not be told");
                }
                let due = now + micros(self.schedule.pause(attempts, now.unsigned_abs()));
                webhooks::failed(&hook.tenant, &hook.client, state.sequence, due, since, give_up)
            }
        };
        let commit = Commit::new().with([next, viestit::give_back(&key, &self.owner)]);
        match self.store.commit(commit).await {
            // Another process has told the same meanwhile.
            Err(error) if !error.is_conflict() => return Err(error.into()),
            _ => {}
        }
        self.measure().await?;
        Ok(true)
    }

    async fn call(&self, hook: &Hook, events: &[MessageEvent]) -> Result<(), &'static str> {
        let events = events.iter().map(|event| Event {
            sequence: event.sequence,
            changed_at: timestamp(event.changed_at).to_string(),
            id: &event.letter_order,
            order_id: &event.order_id,
            send_id: &event.send_id,
            recipient_number: event.recipient_number + 1,
            state: &event.state,
            channel: event.channel.as_deref(),
        });
        let call = Call { tenant: &hook.tenant, client: &hook.client, events: events.collect() };
        let body = serde_json::to_vec(&call).map_err(|_| "not written")?;
        let signature = signature(&hook.secret, self.world.now().as_second(), &body);
        let request = self.http.post(&hook.url).header("content-type", "application/json").header(SIGNATURE, signature);
        // The address may hold what is nobody's business: an error names its kind only.
        let response = request
            .body(body)
            .send()
            .await
            .map_err(|error| if error.is_timeout() { "no answer in time" } else { "no connection" })?;
        // A redirect is followed nowhere: the address is the one that is configured.
        if response.status().is_success() { Ok(()) } else { Err("refused") }
    }
}

fn signature(secret: &SecretString, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{seconds}.").as_bytes());
    context.update(body);
    format!("t={seconds},v1={}", hex::encode(context.sign()))
}
