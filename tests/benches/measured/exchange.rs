//! Durable `getService` exchanges as a share of what a bare hyper echo of the same sizes does over the same TLS.
//!
//! Both servers run on core 0, the client on core 1; they take turns, five runs each; the ratio is that of the medians.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use conformance::ca::DevelopmentPki;
use serde_json::Value;
use silta::world::World;

use super::load::{self, Load, Run, ToF64 as _};
use super::recorded::{self, Ratios};
use super::report::{Section, grouped, median};
use super::roles::Role;
use super::server::Figures;
use super::{machine, message, root};

/// Connections, and the goal of the ratio (issue 1, “Measured”).
const GOALS: [(usize, f64); 2] = [(16, 0.08), (64, 0.12)];
const RUNS: usize = 5;
const WARM_UP: Duration = Duration::from_millis(700);
const TIME: Duration = Duration::from_secs(3);
/// The answer that is looked for in the sample catalogue, in bytes.
const WANTED: usize = 3_000;
/// More than so many cores of other work make absolute figures doubtful.
const QUIET: f64 = 0.1;
pub(super) const SERVER_CORE: usize = 0;
pub(super) const CLIENT_CORE: usize = 1;

pub(crate) fn measure(write: bool) -> Result<Section> {
    ensure!(machine::cores() > CLIENT_CORE, "server and client need a core each; this machine has one");
    let mut rows = Vec::new();
    for (connections, goal) in GOALS {
        rows.push(Row::measure(connections, goal)?);
    }
    let recorded: Ratios = match std::fs::read_to_string(record()) {
        Ok(text) => serde_json::from_str(&text).context("the recorded ratios")?,
        Err(_) if write => Ratios::new(),
        Err(error) => bail!("{}: {error}; `-- --write` makes it", record().display()),
    };
    let now: Ratios = rows.iter().map(|row| (row.connections, row.ratio())).collect();
    let fallen = recorded::fallen(&now, &recorded);
    if write {
        let kept = recorded::kept(now, recorded.clone());
        std::fs::write(record(), format!("{}\n", serde_json::to_string_pretty(&kept)?))?;
    }
    let mut section = section(&rows, &recorded);
    section.missed.extend(fallen);
    Ok(section)
}

fn record() -> PathBuf {
    root().join("tests/benches/ratios.json")
}

/// Everything about one number of connections.
struct Row {
    connections: usize,
    goal: f64,
    bytes: usize,
    silta: Vec<Run>,
    echo: Vec<Run>,
    /// Of the adapter's runs with their warm-up.
    commits: u64,
    groups: u64,
    figures: Figures,
}

impl Row {
    fn measure(connections: usize, goal: f64) -> Result<Row> {
        let scratch = tempfile::tempdir()?;
        let stand = Stand::build(scratch.path())?;
        let mut silta = Server::start(&Role::Silta(scratch.path().to_owned()))?;
        let echo = Server::start(&Role::Echo(scratch.path().to_owned()))?;
        let (request, answer) = stand.exchange(silta.address)?;
        ensure!(request.len() == answer.len(), "request {} and answer {} differ in size", request.len(), answer.len());
        let asked = stand.file("request.xml", &request)?;
        let answered = stand.file("answer.xml", &answer)?;
        let load = |server: &Server, answer: &Path| Load {
            folder: scratch.path().to_owned(),
            address: server.address,
            server: server.child.id(),
            connections,
            message: asked.clone(),
            answer: answer.to_owned(),
            plain: false,
            warm_up: WARM_UP,
            time: TIME,
        };
        let before = silta.figures()?;
        let (mut of_silta, mut of_echo) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            of_echo.push(driven(load(&echo, &asked))?);
            of_silta.push(driven(load(&silta, &answered))?);
        }
        let figures = silta.figures()?;
        echo.stop()?;
        silta.stop()?;
        Ok(Row {
            connections,
            goal,
            bytes: request.len(),
            silta: of_silta,
            echo: of_echo,
            commits: figures.commits - before.commits,
            groups: figures.groups - before.groups,
            figures,
        })
    }

    fn ratio(&self) -> f64 {
        rate(&self.silta) / rate(&self.echo)
    }
}

pub(super) fn rate(runs: &[Run]) -> f64 {
    median(runs.iter().map(Run::rate))
}

/// Microseconds of the server's processor for one exchange.
pub(super) fn cost(runs: &[Run]) -> f64 {
    median(runs.iter().map(|run| run.server_seconds * 1e6 / run.exchanges.max(1).to_f64()))
}

pub(super) fn driven(load: Load) -> Result<Run> {
    let output = Role::Client(load).start(CLIENT_CORE)?.wait_with_output()?;
    ensure!(output.status.success(), "the load client failed");
    serde_json::from_slice(&output.stdout).context("the load client's figures")
}

/// Certificates and files of one set-up.
pub(super) struct Stand<'a> {
    folder: &'a Path,
}

impl Stand<'_> {
    pub(super) fn build(folder: &Path) -> Result<Stand<'_>> {
        let today = World::system().now().to_zoned(jiff::tz::TimeZone::UTC).date();
        DevelopmentPki::create(today)?.write(folder)?;
        Ok(Stand { folder })
    }

    pub(super) fn file(&self, name: &str, content: &[u8]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// A request for the service whose answer is nearest to the wanted size, as long as that answer, and the answer.
    pub(super) fn exchange(&self, address: SocketAddr) -> Result<(Vec<u8>, Vec<u8>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut best: Option<(String, usize)> = None;
        for code in services()? {
            let asked = message::get_service(&code, 0)?;
            let length = runtime.block_on(load::ask_once(self.folder, address, &asked))?.len();
            if best.as_ref().is_none_or(|(_, known)| length.abs_diff(WANTED) < known.abs_diff(WANTED)) {
                best = Some((code, length));
            }
        }
        let (code, length) = best.context("the sample catalogue has no service")?;
        let request = message::get_service(&code, length)?;
        let answer = runtime.block_on(load::ask_once(self.folder, address, &request))?;
        let text = String::from_utf8_lossy(&answer);
        ensure!(text.contains("<getServiceResponse ") && !text.contains("<error>"), "the answer holds no service");
        Ok((request, answer))
    }
}

/// The codes of the sample catalogue's services.
fn services() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(root().join("tests/samples/catalogue/turku.json"))?;
    let catalogue: Value = serde_json::from_str(&text)?;
    let entities = catalogue.get("entities").and_then(Value::as_array).context("the sample catalogue's entities")?;
    let services = entities.iter().filter(|entity| entity.get("laji").and_then(Value::as_str) == Some("palvelu"));
    let codes = services.filter_map(|entity| entity.get("koodi").and_then(Value::as_str));
    Ok(codes.map(str::to_owned).collect())
}

/// A server in a process of its own.
pub(super) struct Server {
    pub(super) child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
}

impl Server {
    pub(super) fn start(role: &Role) -> Result<Server> {
        Server::of(role.start(SERVER_CORE)?).with_context(|| format!("{role:?} did not start"))
    }

    /// A server that prints its address when it is ready.
    pub(super) fn of(mut child: Child) -> Result<Server> {
        let input = child.stdin.take().context("a server's input")?;
        let mut output = BufReader::new(child.stdout.take().context("a server's output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let address = line.trim().parse().context("a server's address")?;
        Ok(Server { child, input, output, address })
    }

    fn figures(&mut self) -> Result<Figures> {
        writeln!(self.input)?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("a server's figures")
    }

    pub(super) fn stop(self) -> Result<()> {
        let Server { mut child, input, .. } = self;
        drop(input);
        let ended = child.wait()?;
        ensure!(ended.success(), "a server ended badly");
        Ok(())
    }
}

fn section(rows: &[Row], recorded: &Ratios) -> Section {
    let bytes = rows.first().map_or(0, |row| row.bytes);
    let mut text = format!(
        "## Durable SOAP exchanges\n\n`getService` over mTLS (TLS 1.2, RSA-2048, ECDHE_RSA_AES_128_GCM, keep-alive), request \
         and answer of {bytes} bytes each, evidence committed by SQLite with `synchronous=FULL` before each answer, against \
         a bare hyper echo of the same bytes over the same TLS. Server on one core, client on the other, medians of {RUNS} \
         alternating runs of {} s. The request is always the same, so that its answer comes from the cache of rendered \
         answers, as repeated reads do. The ratios of an earlier run stand in `tests/benches/ratios.json`, and a fall of \
         more than 15 % below them fails.\n\n",
        TIME.as_secs()
    );
    text.push_str("| connections | Silta, exchanges/s | echo, exchanges/s | **ratio** | goal | recorded before | ");
    text.push_str("single runs, ratio | p50 | p99 | longest |\n|---|---|---|---|---|---|---|---|---|---|\n");
    let mut missed = Vec::new();
    for row in rows {
        let pairs = || row.silta.iter().zip(&row.echo).map(|(silta, echo)| silta.rate() / echo.rate());
        let time = |of: fn(&Run) -> u32| median(row.silta.iter().map(|run| f64::from(of(run)))) / 1e3;
        let before = recorded.get(&row.connections).map_or_else(|| "–".to_owned(), |before| format!("{before:.3}"));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | **{:.3}** | ≥ {:.2} | {before} | {:.3}–{:.3} | {:.2} ms | {:.2} ms | {:.1} ms |",
            row.connections,
            grouped(rate(&row.silta)),
            grouped(rate(&row.echo)),
            row.ratio(),
            row.goal,
            pairs().fold(f64::INFINITY, f64::min),
            pairs().fold(0.0, f64::max),
            time(|run| run.p50),
            time(|run| run.p99),
            time(|run| run.longest),
        );
        if row.ratio() < row.goal {
            let (ratio, goal) = (row.ratio(), row.goal);
            missed.push(format!("{} connections: ratio {ratio:.3}, goal {goal:.2}", row.connections));
        }
    }
    text.push_str("\n| connections | evidence per transaction | commits per exchange | time to disk, p50 and p99 | ");
    text.push_str("processor per exchange, Silta and echo | ratio by processor | server's core busy | other load | limited by |\n");
    text.push_str("|---|---|---|---|---|---|---|---|---|\n");
    for row in rows {
        text.push_str(&limits(row));
    }
    let others = rows.iter().map(others).fold(0.0, f64::max);
    if others > QUIET {
        let _ = writeln!(
            text,
            "\nOther programs used up to {:.0} % of a core meanwhile: rates are lower and times longer than on an idle \
             machine, and the ratio flatters Silta, which waits for the disk while others compute. The ratio by \
             processor time does not depend on them.",
            others * 100.0
        );
    }
    Section { text, missed }
}

/// Cores that neither server nor client used.
fn others(row: &Row) -> f64 {
    median(row.silta.iter().chain(&row.echo).map(|run| run.others_seconds / run.seconds))
}

/// The second table's line: what an exchange costs and what bounds the rate.
fn limits(row: &Row) -> String {
    let busy = |runs: &[Run], of: fn(&Run) -> f64| median(runs.iter().map(|run| of(run) / run.seconds));
    let server = busy(&row.silta, |run| run.server_seconds);
    let groups_a_second = rate(&row.silta) * row.groups.to_f64() / row.commits.max(1).to_f64();
    let waiting = groups_a_second * row.figures.durable_p50.to_f64() / 1e6;
    let echo = busy(&row.echo, |run| run.server_seconds);
    let echo_client = busy(&row.echo, |run| run.client_seconds);
    let disturbed = others(row) > QUIET;
    let limit = match (server > 0.9, disturbed) {
        (true, _) => "the server's core",
        (false, false) => "the disk and the server's core in turns",
        (false, true) => "the disk, the server's core and other programs in turns",
    };
    let of_echo = match (echo.max(echo_client) > 0.9, echo_client > echo) {
        (false, _) if disturbed => "other programs beside its cores",
        (_, true) => "the client's core",
        (_, false) => "the server's core",
    };
    format!(
        "| {} | {:.1} | {:.3} | {:.2} ms, {:.2} ms | {:.0} µs, {:.1} µs | {:.3} | {:.0} % ({:.0} % of the time a transaction is \
         on its way to disk) | {:.0} % of a core | {limit}; the echo by {of_echo} ({:.0} %) |\n",
        row.connections,
        row.commits.to_f64() / row.groups.max(1).to_f64(),
        row.groups.to_f64() / row.commits.max(1).to_f64(),
        row.figures.durable_p50.to_f64() / 1e3,
        row.figures.durable_p99.to_f64() / 1e3,
        cost(&row.silta),
        cost(&row.echo),
        cost(&row.echo) / cost(&row.silta),
        server * 100.0,
        waiting * 100.0,
        others(row) * 100.0,
        echo.max(echo_client) * 100.0,
    )
}
