//! `silta serve`: the adapter as a process, led by signals, with an exit code that says how it ended.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use super::{Adapter, Extras};
use crate::config::check::{Complaint, Severity, check};
use crate::config::{Config, LogFormat};
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
        Err(text) => return say(USAGE, &text),
    };
    if let Err(error) = telemetry::start(config.log.format == LogFormat::Json, &config.log.level) {
        return say(USAGE, &error.to_string());
    }
    telemetry::hush_panics();
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

/// The configuration and its warnings; or every error, one a line, as `silta check` names them.
fn checked(path: &Path) -> Result<(Config, Vec<Complaint>), String> {
    let loaded = Config::load(path).map_err(|error| error.to_string())?;
    let (errors, warnings): (Vec<Complaint>, Vec<Complaint>) =
        check(&loaded).into_iter().partition(|complaint| complaint.severity == Severity::Error);
    if errors.is_empty() {
        return Ok((loaded.config, warnings));
    }
    Err(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nsilta: "))
}

fn say(code: u8, what: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "silta: {what}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn what_the_check_refuses_does_not_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("silta.toml");
        let tenant = "[[tenants]]\ncode='a'\nname='A'\n[tenants.xroad]\ninstance='FI'\nmember_class='MUN'\n\
            member_code='1'\nsubsystem='s'\n";
        let listening = |address: &str| {
            format!(
                "[xroad]\nlisten='{address}'\nplaintext='anyone-may-read-and-forge'\n[intake]\nplaintext='loopback'\n"
            )
        };
        std::fs::write(&path, listening("0.0.0.0:7080") + tenant).expect("written");
        let refused = checked(&path).expect_err("no public_url");
        assert!(refused.contains("silta.toml:2: error: xroad.listen"), "{refused}");
        std::fs::write(&path, listening("127.0.0.1:7080") + tenant).expect("written");
        let (_, warnings) = checked(&path).expect("sound");
        assert!(warnings.iter().any(|warning| warning.key == "tenants[0].access"), "{warnings:?}");
    }
}
