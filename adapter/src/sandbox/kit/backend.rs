//! Acts on the store, which is the adapter's backend and keeps its message log: `fail-backend` and `fill-disk` take the
//! table of evidence away, so that no exchange can be recorded and none is served; `slow-backend` keeps it from writing.

use std::net::SocketAddr;
use std::path::PathBuf;

use conformance::kit::ActError;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::super::Stage;
use super::resources::scraped;
use crate::store::testing::{Held, evidence_away, hold_sqlite};

/// The alarm of a message log that cannot be written.
const ALARM: &str = "silta_alarm{alarm=\"message log\"} 1";

pub(super) struct Backend {
    data: PathBuf,
    metrics: SocketAddr,
    held: Mutex<Option<Held>>,
}

impl Backend {
    pub(super) fn of(stage: &Stage) -> Self {
        Self { data: stage.data().to_owned(), metrics: stage.address("metrics"), held: Mutex::default() }
    }

    pub(super) async fn fail(&self, wish: &Value) -> Result<Value, ActError> {
        let done = evidence_away(&self.data, on(wish)).await;
        done.map_err(|error| failed("fail-backend", &error))?;
        Ok(json!({ "logs": false }))
    }

    /// Every commit waits for another writer of the database; the sandbox's adapter waits longer for it than any exchange
    /// may take (`store.busy_timeout`).
    pub(super) async fn slow(&self, wish: &Value) -> Result<Value, ActError> {
        let mut held = self.held.lock().await;
        if on(wish) {
            if held.is_none() {
                *held = Some(hold_sqlite(&self.data).await.map_err(|error| failed("slow-backend", &error))?);
            }
        } else if let Some(held) = held.take() {
            held.release().await.map_err(|error| failed("slow-backend", &error))?;
        }
        Ok(json!({}))
    }

    /// The sink of the log is down. A disk that is really full needs a file system of its own, which only root may mount.
    pub(super) async fn fill(&self, wish: &Value) -> Result<Value, ActError> {
        let failed = |error: &dyn std::fmt::Display| failed("fill-disk", error);
        if on(wish) {
            evidence_away(&self.data, true).await.map_err(|error| failed(&error))?;
            // There is no other: without a record there is no answer (docs/evidence.md).
            return Ok(json!({ "policy": "closed" }));
        }
        let figures = scraped(self.metrics).await;
        evidence_away(&self.data, false).await.map_err(|error| failed(&error))?;
        let figures = figures.map_err(|error| failed(&error))?;
        Ok(json!({ "alarm": figures.lines().any(|line| line == ALARM) }))
    }
}

fn on(wish: &Value) -> bool {
    wish.get("on").and_then(Value::as_bool) == Some(true)
}

fn failed(act: &str, what: &dyn std::fmt::Display) -> ActError {
    ActError::Failed(format!("the act {act}: {what}"))
}
