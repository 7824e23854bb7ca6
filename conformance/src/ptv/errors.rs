//! Refusals of the simulated PTV: the keyed 400 body, the 404 texts and the crashes (ptv-in-api §1.4, §1.5).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::profile::PtvProfile;

/// At most this many errors are collected (ptv-in-api §1.5).
const MOST_ERRORS: usize = 200;

/// Errors of one body, by model-state key.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    keys: BTreeMap<String, Vec<String>>,
    count: usize,
    /// A rule that throws instead of answering: the whole call becomes a 500.
    pub(crate) crash: Option<String>,
}

impl Problems {
    pub(crate) fn add(&mut self, key: impl Into<String>, message: impl Into<String>) {
        if self.count < MOST_ERRORS {
            self.count += 1;
            self.keys.entry(key.into()).or_default().push(message.into());
        }
    }

    pub(crate) fn one(key: impl Into<String>, message: impl Into<String>) -> Refusal {
        let mut problems = Self::default();
        problems.add(key, message);
        Refusal::Keys(problems)
    }

    /// The end of a stage: go on, or answer.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if let Some(text) = self.crash {
            return Err(Refusal::Crash(text));
        }
        if self.keys.is_empty() { Ok(()) } else { Err(Refusal::Keys(self)) }
    }
}

/// Why a call was not done.
#[derive(Debug)]
pub(crate) enum Refusal {
    Keys(Problems),
    Unauthorized,
    Forbidden,
    NotFound(String),
    /// An unhandled exception in the simulated server.
    Crash(String),
}

/// What goes back to the caller.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Payload,
}

#[derive(Debug)]
pub(crate) enum Payload {
    Json(Value),
    Text(String),
    Empty,
}

impl Reply {
    pub(crate) fn ok(value: Value) -> Self {
        Self { status: 200, body: Payload::Json(value) }
    }

    pub(crate) fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, body: Payload::Text(text.into()) }
    }

    pub(crate) fn of(refusal: Refusal, profile: PtvProfile, trace: u64) -> Self {
        match refusal {
            Refusal::Keys(problems) => Self { status: 400, body: Payload::Json(json!(problems.keys)) },
            Refusal::Unauthorized => Self { status: 401, body: Payload::Empty },
            Refusal::Forbidden => Self { status: 403, body: Payload::Empty },
            Refusal::NotFound(text) => Self { status: 404, body: Payload::Json(json!({ "errorMessage": text })) },
            Refusal::Crash(text) => {
                let shown = if profile.is_live() {
                    format!("An unexpected error occurred. Trace id: {trace:08x}")
                } else {
                    text
                };
                Self { status: 500, body: Payload::Json(json!({ "errorMessage": shown })) }
            }
        }
    }
}
