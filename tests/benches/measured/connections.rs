//! Connections: how many new ones a second, what idle ones cost, and how much memory the server holds at its busiest.
//!
//! The server stands on core 0, whoever connects on core 1 and in a process of its own, so that nothing of the client
//! is counted into the server's memory. Rates are recorded; memory is judged.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use conformance::ca::DevelopmentPki;
use rustls::client::Resumption;
use serde::{Deserialize, Serialize};

use super::exchange::{CLIENT_CORE, Server, Stand, driven};
use super::load::{Connection, Load, ToF64 as _};
use super::machine;
use super::message::on_the_wire;
use super::report::{Section, grouped, median};
use super::roles::Role;

/// What a security server may open towards us (xroad.md §7).
const IDLE: usize = 2_500;
const RUNS: usize = 3;
const TIME: Duration = Duration::from_secs(3);
/// Handshakes under way at the same time.
const AT_ONCE: usize = 64;
/// As many as are worked on at the same time (`limits.in_flight`).
const BUSY: usize = 256;
/// Goals (issue 3, “Measured”): connections a second, and megabytes of 1 000 000 bytes.
const NEW: f64 = 1_000.0;
const IDLE_COST: f64 = 60.0;
const RESIDENT: f64 = 150.0;
/// Open files that this takes: both ends stand in processes of their own.
const FILES: u64 = 4_000;

/// What a client of connections does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    /// Holds the certificates.
    folder: PathBuf,
    address: SocketAddr,
    what: What,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum What {
    /// Opens and closes as fast as it can; prints how many in how many seconds.
    Come { resumed: bool },
    /// Asks once on each of so many connections, prints a line, and keeps them until its input ends.
    Stay { connections: usize, message: PathBuf },
}

#[derive(Debug, Serialize, Deserialize)]
struct Came {
    connections: u64,
    seconds: f64,
}

/// The role.
pub(crate) fn visit(visit: &Visit) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &visit.what {
        What::Come { resumed } => {
            let came = runtime.block_on(come(visit, *resumed))?;
            println!("{}", serde_json::to_string(&came)?);
        }
        What::Stay { connections, message } => {
            let kept = runtime.block_on(stay(visit, *connections, &std::fs::read(message)?))?;
            println!("{}", kept.len());
            let mut end = String::new();
            std::io::stdin().read_line(&mut end)?;
            drop(kept);
        }
    }
    Ok(())
}

async fn come(visit: &Visit, resumed: bool) -> Result<Came> {
    let mut tls = super::tls::client(&DevelopmentPki::load(&visit.folder)?)?;
    if !resumed {
        tls.resumption = Resumption::disabled();
    }
    let (tls, count, began) = (Arc::new(tls), Arc::new(AtomicU64::new(0)), Instant::now());
    let mut busy = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (tls, count, address) = (Arc::clone(&tls), Arc::clone(&count), visit.address);
        busy.spawn(async move {
            while began.elapsed() < TIME {
                // TLS 1.2: the handshake is done when the server has accepted our certificate.
                Connection::open(address, Arc::clone(&tls)).await?.close().await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = busy.join_next().await {
        ended??;
    }
    Ok(Came { connections: count.load(Ordering::Relaxed), seconds: began.elapsed().as_secs_f64() })
}

async fn stay(visit: &Visit, connections: usize, message: &[u8]) -> Result<Vec<Connection>> {
    let tls = Arc::new(super::tls::client(&DevelopmentPki::load(&visit.folder)?)?);
    let request = Arc::new(on_the_wire(message));
    let mut kept = Vec::with_capacity(connections);
    while kept.len() < connections {
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE.min(connections - kept.len()) {
            let (tls, request, address) = (Arc::clone(&tls), Arc::clone(&request), visit.address);
            opening.spawn(async move {
                let mut connection = Connection::open(address, tls).await?;
                connection.ask(&request).await?;
                anyhow::Ok(connection)
            });
        }
        while let Some(opened) = opening.join_next().await {
            kept.push(opened??);
        }
    }
    Ok(kept)
}

pub(crate) fn measure() -> Result<Section> {
    ensure!(machine::cores() > CLIENT_CORE, "server and client need a core each; this machine has one");
    let files = machine::open_files()?;
    ensure!(files >= FILES, "{IDLE} connections need {FILES} open files, {files} are allowed: raise `ulimit -n`");
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().to_owned();
    let stand = Stand::build(&folder)?;
    let server = Server::start(&Role::Silta(folder.clone()))?;
    let (request, answer) = stand.exchange(server.address)?;
    let (message, answer) = (stand.file("request.xml", &request)?, stand.file("answer.xml", &answer)?);
    let visit = |what| Visit { folder: folder.clone(), address: server.address, what };

    let rate = |resumed| -> Result<f64> {
        let mut rates = Vec::new();
        for _ in 0..RUNS {
            let output = Role::Visit(visit(What::Come { resumed })).start(CLIENT_CORE)?.wait_with_output()?;
            ensure!(output.status.success(), "the client of new connections failed");
            let came: Came = serde_json::from_slice(&output.stdout).context("what the client saw")?;
            rates.push(came.connections.to_f64() / came.seconds);
        }
        Ok(median(rates))
    };
    let (full, resumed) = (rate(false)?, rate(true)?);

    let resident = || machine::memory(server.child.id(), "VmRSS").map(megabytes);
    let before = resident()?;
    let mut staying =
        Role::Visit(visit(What::Stay { connections: IDLE, message: message.clone() })).start(CLIENT_CORE)?;
    let kept = said(&mut staying)?;
    ensure!(kept.trim() == IDLE.to_string(), "{kept} connections were kept, not {IDLE}");
    let load = |connections| Load {
        folder: folder.clone(),
        address: server.address,
        server: server.child.id(),
        connections,
        message: message.clone(),
        answer: answer.clone(),
        plain: false,
        warm_up: Duration::from_millis(700),
        time: TIME,
    };
    // Idle, not just answered: buffers are given back after one to two seconds, and the allocator returns memory only
    // while it has something to do.
    driven(load(1))?;
    let idle = resident()?;
    let busy = driven(load(BUSY))?;
    let highest = machine::memory(server.child.id(), "VmHWM").map(megabytes)?;
    drop(staying.stdin.take());
    ensure!(staying.wait()?.success(), "the client of idle connections failed");
    server.stop()?;
    Ok(section(&Figures { full, resumed, before, idle, busy: busy.rate(), highest }))
}

fn megabytes(bytes: u64) -> f64 {
    bytes.to_f64() / 1e6
}

/// The next line of a child's output.
fn said(child: &mut Child) -> Result<String> {
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().context("a client's output")?).read_line(&mut line)?;
    std::io::stdout().flush()?;
    Ok(line)
}

struct Figures {
    full: f64,
    resumed: f64,
    before: f64,
    idle: f64,
    busy: f64,
    highest: f64,
}

fn section(figures: &Figures) -> Section {
    let Figures { full, resumed, before, idle, busy, highest } = figures;
    let cost = idle - before;
    let verdict = |good: bool| if good { "" } else { ", **missed**" };
    let text = format!(
        "## Connections\n\nThe X-Road side of the adapter on one core, its clients in processes of their own on the other; \
         TLS 1.2 with RSA-2048 on both sides, medians of {RUNS} runs of {} s. An idle connection has had one exchange, and one other connection was busy for three seconds since. The \
         last line is the highest that the server held of all this, among it {IDLE} idle connections beside {BUSY} busy \
         ones ({} durable exchanges/s).\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | new mTLS connections/s, full handshakes | {} | ≥ {}{} |\n\
         | new mTLS connections/s, resumed sessions | {} | |\n\
         | resident memory for {IDLE} idle connections | {cost:.0} MB ({before:.0} before, {idle:.0} with them) | ≤ {IDLE_COST:.0} MB{} |\n\
         | resident memory at its highest | {highest:.0} MB | < {RESIDENT:.0} MB{} |\n",
        TIME.as_secs(),
        grouped(*busy),
        grouped(*full),
        grouped(NEW),
        verdict(*full >= NEW),
        grouped(*resumed),
        verdict(cost <= IDLE_COST),
        verdict(*highest < RESIDENT),
    );
    let mut missed = Vec::new();
    if cost > IDLE_COST {
        missed.push(format!("{IDLE} idle connections take {cost:.0} MB, goal {IDLE_COST:.0} MB"));
    }
    if *highest >= RESIDENT {
        missed.push(format!("resident memory at its highest {highest:.0} MB, goal {RESIDENT:.0} MB"));
    }
    Section { text, missed }
}
