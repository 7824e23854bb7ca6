//! The kit against an adapter of another make (`tests/stranger`, in Python, with nothing of ours): what it says of a good
//! adapter must not depend on how Silta is made.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use conformance::ca::CertificateSpec;
use conformance::cases;
use conformance::kit::{self, Commands, Outcome, Selection, Settings, Target};
use conformance::security_server::ClientId;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::tidy;

/// Not for want of an act: every service of the stranger has a version, and its certificate cannot be checked.
const OTHERWISE: [&str; 2] = ["SR-05", "TL-11"];

/// 2 500 connections at once, each a thread of Python, would judge the machine.
const TOO_MUCH: &str = "TR-09";

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_of_another_make_is_found_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = jiff::civil::date(2026, 1, 1);
    let own =
        CertificateSpec::server("items.example", &["localhost", "127.0.0.1"], from).issue().expect("a certificate");
    let security_server =
        CertificateSpec::internal("ss1.example", &["localhost"], from).issue().expect("a certificate");
    let own = own.write(folder.path(), "own").expect("written");
    let pin = security_server.write(folder.path(), "security-server").expect("written");
    let stranger = tidy::root().join("tests/stranger");
    let log = folder.path().join("items.log");

    let mut command = Command::new("python3");
    command.arg(stranger.join("adapter.py")).arg("--certificate").arg(&own.certificate).arg("--key").arg(&own.key);
    command.arg("--pin").arg(&pin.certificate).arg("--log").arg(&log).env("PYTHONDONTWRITEBYTECODE", "1");
    let (_running, port) = match command.stdout(Stdio::piped()).kill_on_drop(true).spawn() {
        Ok(child) => serving(child).await,
        Err(error) => {
            println!("skipped: python3 cannot be started: {error}");
            return;
        }
    };

    let control = std::fs::read_to_string(stranger.join("control.toml")).expect("control.toml");
    let control = control
        .replace("adapter.py\", \"act", &format!("{}\", \"act", stranger.join("adapter.py").display()))
        .replace("items.log", &log.display().to_string());
    let place = folder.path().join("control.toml");
    std::fs::write(&place, control).expect("written");
    let acts = Arc::new(Commands::read(&place).expect("acts"));
    let settings = Settings::read(&stranger.join("kit.toml")).expect("settings");
    let urls = ["items.wsdl", "openapi.json"].map(|it| format!("https://127.0.0.1:{port}/{it}"));
    let client = ClientId::subsystem("FI-TEST", "GOV", "9999906-0", "asiointi");
    let provider = ClientId::subsystem("FI-TEST", "MUN", "1234567-1", "items");
    let target = Target::new(&urls, Some(security_server), client, provider, settings, acts).await.expect("a target");

    let mut complaints = Vec::new();
    let mut passed = 0;
    let told = |done: &kit::Done| println!("{} {:?}", done.case.short(), done.outcome);
    let cases = cases::all().filter(|it| it.short() != TOO_MUCH);
    for done in kit::run(cases, &target, &Selection::default(), told).await {
        let id = done.case.short();
        match done.outcome {
            Outcome::Passed => passed += 1,
            Outcome::NotApplicable(why) if why.contains("does not offer the act") || OTHERWISE.contains(&id) => {}
            other => complaints.push(format!("{id}: {other:?}")),
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(passed >= 150, "{passed}");
}

/// The port that it prints when it serves.
async fn serving(mut child: Child) -> (Child, u16) {
    let output = child.stdout.take().expect("its output");
    let mut lines = BufReader::new(output).lines();
    let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await.expect("in time");
    let port = line.expect("its output").expect("a line").parse().expect("a port");
    (child, port)
}
