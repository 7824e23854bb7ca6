//! Acts: what a case asks of the adapter's inside, by commands that the adapter's owner names in `control.toml`
//! (docs/conformance.md). The kit gives parameters as JSON and gets JSON back; what happens between is not its matter.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;

use super::settings::SettingsError;

/// Every act that a case may ask for.
pub const ACTS: [&str; 12] = [
    "call",
    "list",
    "log-find",
    "reload",
    "restart",
    "check-config",
    "fail-backend",
    "slow-backend",
    "overload",
    "resources",
    "tamper-record",
    "fill-disk",
];

/// Longest time that an act may take.
pub(super) const ACT_LIMIT: Duration = Duration::from_mins(1);

/// Why an act gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// The adapter does not offer it (or not in this form): the case is not applicable.
    #[error("{0}")]
    Missing(String),
    /// It was offered and did not work: the case fails.
    #[error("{0}")]
    Failed(String),
}

/// Something that carries acts out.
pub trait Acts: Send + Sync {
    /// Carries out one act.
    fn act<'a>(&'a self, act: &'a str, parameters: Value) -> BoxFuture<'a, Result<Value, ActError>>;
}

/// Offers none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoActs;

impl Acts for NoActs {
    fn act<'a>(&'a self, act: &'a str, _: Value) -> BoxFuture<'a, Result<Value, ActError>> {
        Box::pin(async move { Err(ActError::Missing(format!("no --control file offers the act {act}"))) })
    }
}

/// Acts as commands: parameters as a JSON object on standard input, the answer as a JSON object on standard output.
/// Exit code 0 says done, 3 that this adapter cannot do it, anything else that it failed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commands {
    acts: BTreeMap<String, Vec<String>>,
}

impl Commands {
    /// Reads `control.toml`. Every act must be one of [`ACTS`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let commands: Self = SettingsError::read_toml(path)?;
        for (act, words) in &commands.acts {
            if !ACTS.contains(&act.as_str()) {
                let text = format!("{act} is no act; there are {}", ACTS.join(", "));
                return Err(SettingsError::Content { path: path.to_owned(), text });
            }
            if words.is_empty() {
                let text = format!("{act} names no command");
                return Err(SettingsError::Content { path: path.to_owned(), text });
            }
        }
        Ok(commands)
    }

    async fn carry_out(&self, act: &str, parameters: Value) -> Result<Value, ActError> {
        let Some((program, words)) = self.acts.get(act).and_then(|words| words.split_first()) else {
            return Err(ActError::Missing(format!("the --control file does not offer the act {act}")));
        };
        let failed = |what: String| ActError::Failed(format!("the act {act}: {what}"));
        let mut child = tokio::process::Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("{program}: {error}")))?;
        if let Some(mut input) = child.stdin.take() {
            // A command that needs no parameters may end before it has read them.
            let _ = input.write_all(parameters.to_string().as_bytes()).await;
        }
        let ended = tokio::time::timeout(ACT_LIMIT, child.wait_with_output());
        let output = ended.await.map_err(|_| failed(format!("not done within {} s", ACT_LIMIT.as_secs())))?;
        let output = output.map_err(|error| failed(error.to_string()))?;
        match output.status.code() {
            Some(0) => serde_json::from_slice(&output.stdout).map_err(|_| failed("its output is no JSON".to_owned())),
            Some(3) => Err(ActError::Missing(format!("the adapter cannot do the act {act} in this form"))),
            _ => Err(failed(format!("it ended with {}", output.status))),
        }
    }
}

impl Acts for Commands {
    fn act<'a>(&'a self, act: &'a str, parameters: Value) -> BoxFuture<'a, Result<Value, ActError>> {
        Box::pin(self.carry_out(act, parameters))
    }
}
