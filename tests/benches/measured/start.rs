//! The sandbox's main job on our own catalogue, in a process of its own: how soon the first exchange is answered, and
//! how much memory is resident when the job is done. The simulators are in the same process and count as well.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use silta::sandbox::{Account, Job, Options, Source, Stage};

use super::machine;
use super::report::{Section, median};
use super::roles::Role;

const RUNS: usize = 3;
/// Goals (issue 1, “Measured”): milliseconds, and megabytes of 1 000 000 bytes.
const FIRST: f64 = 2_000.0;
const RESIDENT: f64 = 100.0;

/// The role: does the job of `silta sandbox --once --json`, then prints its report and the memory that it holds.
pub(crate) fn sandbox() -> Result<()> {
    let started = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let options = Options { port_base: 0, ..Options::default() };
        let source = Source::read(&options)?;
        let stage = Stage::build(&options, &source).await?;
        let account = Account::new(std::io::sink());
        let mut job = Job::new(&stage, &source, &account, &options)?;
        job.run(&options.steps, started).await?;
        let own = std::process::id();
        let (resident, highest) = (machine::memory(own, "VmRSS")?, machine::memory(own, "VmHWM")?);
        println!("{}", json!({ "report": job.report, "resident": resident, "highest": highest }));
        drop(job);
        ensure!(stage.close().await, "the adapter did not drain in time");
        Ok(())
    })
}

pub(crate) fn measure() -> Result<Section> {
    let mut runs = Vec::new();
    for _ in 0..RUNS {
        let output = Role::Sandbox.command()?.stdout(Stdio::piped()).spawn()?.wait_with_output()?;
        ensure!(output.status.success(), "the sandbox's job failed");
        runs.push(serde_json::from_slice::<Value>(&output.stdout).context("the sandbox's report")?);
    }
    let figure = |pointer: &str| -> Result<f64> {
        let found = runs.iter().filter_map(|run| run.pointer(pointer).and_then(Value::as_f64));
        let found: Vec<f64> = found.collect();
        ensure!(found.len() == RUNS, "the sandbox's report lacks {pointer}");
        Ok(median(found))
    };
    let megabytes = |pointer: &str| figure(pointer).map(|bytes| bytes / 1e6);
    let (first, seconds) = (figure("/report/firstExchangeMs")?, figure("/report/seconds")?);
    let (resident, highest) = (megabytes("/resident")?, megabytes("/highest")?);
    let exchanges = figure("/report/exchanges/soap")? + figure("/report/exchanges/rest")?;
    let text = format!(
        "## Start and memory\n\nThe sandbox's main job on our own catalogue in one process: the adapter, two security \
         servers, PTV and Viestit. Medians of {RUNS} runs; the whole job of {exchanges:.0} exchanges took {seconds:.1} s.\n\n\
         | what | measured | goal |\n|---|---|---|\n\
         | process start to the first answered `listServices` through both security servers | {first:.0} ms | ≤ {FIRST:.0} ms |\n\
         | resident memory after the job | {resident:.0} MB (at its highest {highest:.0} MB) | ≤ {RESIDENT:.0} MB |\n",
    );
    Ok(Section { text, missed: Vec::new() })
}
