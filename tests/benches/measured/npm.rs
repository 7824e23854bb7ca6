//! Silta's durable exchange over mTLS beside an equal service on the npm `soap` server, which has plain HTTP, no access
//! rules and no log. Both on core 0, the client on core 1, in turns.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::exchange::{SERVER_CORE, Server, Stand, cost, driven, rate};
use super::load::{self, Load, Run};
use super::report::{Section, grouped};
use super::roles::Role;
use super::root;

/// Connections, and how many times faster Silta has to be (issue 2, “Measured”).
const GOALS: [(usize, f64); 2] = [(16, 2.0), (64, 3.0)];
const RUNS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(1);
const TIME: Duration = Duration::from_secs(3);

pub(crate) fn measure() -> Result<Section> {
    let scratch = tempfile::tempdir()?;
    let peer = installed(scratch.path())?;
    let mut text = format!(
        "## Beside the npm `soap` server\n\nThe same `getService`: Silta over mTLS with its evidence committed before each \
         answer; the npm `soap` server (tests/npm-soap, {}) over plain HTTP, without access rules or any log. Server on one \
         core, client on the other, medians of {RUNS} alternating runs of {} s.\n\n\
         | connections | Silta, exchanges/s | npm `soap`, exchanges/s | **times** | goal | processor per exchange |\n\
         |---|---|---|---|---|---|\n",
        version()?,
        TIME.as_secs()
    );
    let mut missed = Vec::new();
    for (connections, goal) in GOALS {
        let (silta, npm) = compared(connections, &peer)?;
        let times = rate(&silta) / rate(&npm);
        let _ = writeln!(
            text,
            "| {connections} | {} | {} | **{times:.1}** | ≥ {goal:.0} | {:.0} µs, {:.0} µs |",
            grouped(rate(&silta)),
            grouped(rate(&npm)),
            cost(&silta),
            cost(&npm),
        );
        if times < goal {
            missed.push(format!("{connections} connections: {times:.1} times the npm soap server, goal {goal:.0}"));
        }
    }
    Ok(Section { text, missed })
}

fn compared(connections: usize, peer: &Path) -> Result<(Vec<Run>, Vec<Run>)> {
    let scratch = tempfile::tempdir()?;
    let stand = Stand::build(scratch.path())?;
    let silta = Server::start(&Role::Silta(scratch.path().to_owned()))?;
    let (request, answer) = stand.exchange(silta.address)?;
    let (message, answer) = (stand.file("request.xml", &request)?, stand.file("answer.xml", &answer)?);
    let mut node = Command::new("taskset");
    node.args(["-c", &SERVER_CORE.to_string(), "node", "server.mjs"]).current_dir(peer);
    node.arg(root().join("wsdl/catalogue/v1/service.wsdl")).arg(&answer);
    let node = Server::of(node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("node does not start")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let of_node = runtime.block_on(load::ask_once_plainly(node.address, &request))?;
    ensure!(
        String::from_utf8_lossy(&of_node).contains("<getServiceResponse"),
        "the npm soap server answers no service"
    );
    let of_node = stand.file("answer.npm", &of_node)?;
    let load = |server: &Server, answer: &Path, plain| Load {
        folder: scratch.path().to_owned(),
        address: server.address,
        server: server.child.id(),
        connections,
        message: message.clone(),
        answer: answer.to_owned(),
        plain,
        warm_up: WARM_UP,
        time: TIME,
    };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(driven(load(&node, &of_node, true))?);
        ours.push(driven(load(&silta, &answer, false))?);
    }
    node.stop()?;
    silta.stop()?;
    Ok((ours, theirs))
}

/// The peer with its packages, as its lock file names them, in a folder of its own.
fn installed(scratch: &Path) -> Result<PathBuf> {
    let folder = scratch.join("npm-soap");
    std::fs::create_dir(&folder)?;
    for file in ["package.json", "package-lock.json", "server.mjs"] {
        std::fs::copy(root().join("tests/npm-soap").join(file), folder.join(file))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(&folder).stdout(Stdio::null());
    let done = npm.status().context("npm (Debian's packages nodejs and npm) does not start")?;
    ensure!(done.success(), "npm ci failed in tests/npm-soap");
    Ok(folder)
}

fn version() -> Result<String> {
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join("tests/npm-soap/package.json"))?)?;
    Ok(manifest.pointer("/dependencies/soap").and_then(serde_json::Value::as_str).unwrap_or("?").to_owned())
}
