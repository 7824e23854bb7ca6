//! Step g: the message log is read from its first record to its last and recomputed.

use serde_json::Value;

use super::{Job, many};
use crate::control::Command;
use crate::sandbox::SandboxError;

impl Job<'_> {
    pub(super) async fn verify(&mut self) -> Result<(), SandboxError> {
        self.account.heading("g  The message log is verified");
        let report = self.control(Command::LogVerify {}).await?;
        let number = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
        self.report.log.records = number("records");
        self.report.log.verified = number("verified");
        if report.get("clean").and_then(Value::as_bool) != Some(true) {
            let problem = report.get("firstProblem").and_then(Value::as_str).unwrap_or("unknown");
            return Err(SandboxError::Failed(format!("the message log is not whole: {problem}")));
        }
        self.account.say(format_args!(
            "{}: every exchange, push, mirror and letter has left its own. Each link of the chain was recomputed and is \
             whole.",
            many(usize::try_from(self.report.log.records).unwrap_or(usize::MAX), "record")
        ));
        Ok(())
    }
}
