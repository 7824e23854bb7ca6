//! The act `fail-backend`: the store's table of evidence is away, so that no exchange can be recorded and none is served.

use std::path::PathBuf;

use conformance::kit::ActError;
use serde_json::{Value, json};

use super::super::Stage;
use crate::store::testing::evidence_away;

pub(super) struct Backend {
    data: PathBuf,
}

impl Backend {
    pub(super) fn of(stage: &Stage) -> Self {
        Self { data: stage.data().to_owned() }
    }

    pub(super) async fn fail(&self, wish: &Value) -> Result<Value, ActError> {
        let away = wish.get("on").and_then(Value::as_bool) == Some(true);
        let done = evidence_away(&self.data, away).await;
        done.map_err(|error| ActError::Failed(format!("the act fail-backend: {error}")))?;
        Ok(json!({ "logs": false }))
    }
}
