//! `cargo bench -p e2e`: the figures that docs/performance.md records, measured in one run.
//!
//! Prints a table; `-- --write` also puts it into docs/performance.md, `-- --only exchange` (or another part)
//! leaves the rest out. Only a ratio within the run, its fall below the recorded one, or a count can fail it (exit code 1):
//! absolute figures depend on the machine and are recorded, not judged. What is measured runs in processes of its own: this file is started anew in a role.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints, and its roles answer on their output")]

mod attachments;
mod connections;
mod exchange;
mod finland;
mod imports;
mod instructions;
mod load;
mod machine;
mod message;
mod npm;
mod orders;
mod plan;
mod reads;
mod recorded;
mod report;
mod roles;
mod search;
mod server;
mod start;
mod tls;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

use self::report::Report;

/// That of the binary `silta`; the echo has it, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The parts of a run, by their names on the command line.
const PARTS: [&str; 12] = [
    "exchange",
    "npm",
    "connections",
    "attachments",
    "start",
    "import",
    "finland",
    "reads",
    "search",
    "plan",
    "orders",
    "instructions",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match roles::asked(&arguments) {
        Some(role) => role.play().map(|()| true),
        None => measure(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("measured: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Measures what is asked for and says whether the ratios reach their goals.
fn measure(arguments: &[String]) -> Result<bool> {
    let mut write = false;
    let mut wanted: Vec<&str> = PARTS.to_vec();
    let mut rest = arguments.iter().map(String::as_str);
    let mut by_cargo = false;
    while let Some(argument) = rest.next() {
        match argument {
            "--bench" => by_cargo = true,
            "--write" => write = true,
            "--only" => wanted = rest.next().unwrap_or_default().split(',').collect(),
            other => bail!("unknown argument {other:?}; known are --write and --only {}", PARTS.join(",")),
        }
    }
    if let Some(unknown) = wanted.iter().find(|part| !PARTS.contains(part)) {
        bail!("--only {unknown:?}: the parts are {}", PARTS.join(", "));
    }
    // `cargo test --all-targets` starts benches too; unoptimised figures would mean nothing.
    if !by_cargo {
        println!("Nothing measured: start it as `cargo bench -p e2e`.");
        return Ok(true);
    }
    let mut report = Report::default();
    if wanted.contains(&"exchange") {
        report.add(exchange::measure(write)?);
    }
    if wanted.contains(&"connections") {
        report.add(connections::measure()?);
    }
    if wanted.contains(&"npm") {
        report.add(npm::measure()?);
    }
    if wanted.contains(&"attachments") {
        report.add(attachments::measure()?);
    }
    if wanted.contains(&"start") {
        report.add(start::measure()?);
    }
    if wanted.contains(&"import") {
        report.add(imports::measure()?);
    }
    if wanted.contains(&"finland") {
        report.add(finland::measure()?);
    }
    if wanted.contains(&"reads") {
        report.add(reads::measure()?);
    }
    if wanted.contains(&"search") {
        report.add(search::measure()?);
    }
    if wanted.contains(&"plan") {
        report.add(plan::measure()?);
    }
    if wanted.contains(&"orders") {
        report.add(orders::measure()?);
    }
    if wanted.contains(&"instructions") {
        report.add(instructions::measure(write)?);
    }
    if write {
        report.write(&root().join("docs/performance.md"))?;
    }
    Ok(report.good())
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A path below the folder of shared specifications (`SILTA_SHARED`, else beside the workspace); none where it is absent.
fn shared(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SILTA_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    Some(folder.join("specs").join(path)).filter(|path| path.exists())
}
