//! `silta serve`: the adapter as a process, led by signals, with an exit code that says how it ended.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::{Adapter, Extras, dumps};
use crate::config::LogFormat;
use crate::config::check::checked;
use crate::lifecycle::Signals;
use crate::telemetry;
use crate::world::World;

/// Usage or configuration (design §7).
const USAGE: u8 = 2;
const PROBLEM: u8 = 1;

/// Runs until a signal or until a task dies. 0 drained, 1 a task died or was cut, 2 the configuration is at fault.
pub fn serve(config: &Path) -> ExitCode {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(config)),
        Err(error) => say(PROBLEM, &format!("the runtime could not start: {error}")),
    }
}

async fn run(path: &Path) -> ExitCode {
    let (config, warnings) = match checked(path) {
        Ok(checked) => checked,
        Err(refused) => return say(USAGE, &refused.to_string().replace('\n', "\nsilta: ")),
    };
    if let Err(error) = telemetry::start(config.log.format == LogFormat::Json, &config.log.level) {
        return say(USAGE, &error.to_string());
    }
    telemetry::hush_panics();
    if let Err(error) = dumps::off() {
        return say(PROBLEM, &format!("core dumps, which would hold letters, cannot be turned off: {error}"));
    }
    for warning in &warnings {
        tracing::warn!(%warning, "configuration");
    }
    // Before anything is served, so that no signal is lost.
    let signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return say(PROBLEM, &format!("signals can not be listened to: {error}")),
    };
    let extras = Extras { config_file: Some(path.to_owned()), ..Extras::default() };
    let running = match Adapter::start(config, World::system(), extras).await {
        Ok(running) => running,
        Err(error) => return say(USAGE, &error.to_string()),
    };
    for (name, address) in &running.addresses {
        tracing::info!(listener = %name, %address, "listening");
    }
    tracing::info!(socket = %running.socket.display(), "ready");
    let (lifecycle, drain) = (running.lifecycle(), running.drain());
    let ending = lifecycle.run(signals, drain, || drop(tokio::spawn(running.reload()))).await;
    running.close().await;
    tracing::info!(?ending, "stopped");
    ExitCode::from(ending.exit_code())
}

fn say(code: u8, what: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "silta: {what}");
    ExitCode::from(code)
}
