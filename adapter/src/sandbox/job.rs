//! The main job, step by step. Each step says what happened and what it means, and adds its figures to the report.

mod change;
mod describe;
mod letters;
mod mirror;
mod push;
mod read;
mod verify;

pub(super) use letters::order;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;
use silta_client::catalogue::ListServices;

use super::caller::Caller;
use super::report::Report;
use super::{Account, Options, SandboxError, Source, Stage};
use crate::control::{self, Command};
use crate::model::{Kind, View};

/// The steps, by the letters that the issue gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Step {
    /// The CMS pushes its catalogue.
    A,
    /// PTV is made equal to it.
    B,
    /// Another agency reads it by SOAP and by REST.
    C,
    /// Descriptions are fetched.
    D,
    /// Letters are sent.
    E,
    /// A service is changed.
    F,
    /// The message log is verified.
    G,
}

impl Step {
    pub const ALL: [Step; 7] = [Step::A, Step::B, Step::C, Step::D, Step::E, Step::F, Step::G];

    /// The step and what it stands on: a catalogue is pushed before it is mirrored, and mirrored before it is read, so
    /// that nothing changes between two answers that are compared.
    fn with_needed(self) -> &'static [Step] {
        match self {
            Step::A => &[Step::A],
            Step::B => &[Step::A, Step::B],
            Step::C => &[Step::A, Step::B, Step::C],
            Step::D => &[Step::D],
            Step::E => &[Step::E],
            Step::F => &[Step::A, Step::B, Step::F],
            Step::G => &[Step::G],
        }
    }
}

/// One run.
pub struct Job<'a> {
    pub report: Report,
    stage: &'a Stage,
    source: &'a Source,
    account: &'a Account,
    caller: Caller,
    patience: Duration,
    /// What the intake accepted: for choosing examples and for the probe.
    view: View,
    /// Code and PTV's id of the services that PTV holds.
    in_ptv: Vec<(String, String)>,
}

impl<'a> Job<'a> {
    pub fn new(
        stage: &'a Stage,
        source: &'a Source,
        account: &'a Account,
        options: &Options,
    ) -> Result<Job<'a>, SandboxError> {
        let caller = Caller::new(&stage.consumer.url(), &stage.world)?;
        let (report, patience) = (Report::default(), options.patience);
        Ok(Job { report, stage, source, account, caller, patience, view: View::default(), in_ptv: Vec::new() })
    }

    /// Does the steps in order and stops at the first that fails. The report holds what was reached either way.
    pub async fn run(&mut self, steps: &BTreeSet<Step>, started: Instant) -> Result<(), SandboxError> {
        let outcome = self.run_steps(steps, started).await;
        self.report.exchanges = self.caller.received();
        self.report.seconds = (started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        outcome
    }

    async fn run_steps(&mut self, steps: &BTreeSet<Step>, started: Instant) -> Result<(), SandboxError> {
        self.caller.soap(&ListServices::default()).await?;
        let first = started.elapsed();
        self.report.first_exchange_ms = u64::try_from(first.as_millis()).unwrap_or(u64::MAX);
        self.account.line(format_args!(
            "Ready: the first listServices was answered {} ms after the start, through both security servers.",
            first.as_millis()
        ));
        let needed: BTreeSet<Step> = steps.iter().flat_map(|step| step.with_needed()).copied().collect();
        for step in needed {
            match step {
                Step::A => self.push().await?,
                Step::B => self.mirror().await?,
                Step::C => self.read().await?,
                Step::D => self.describe().await?,
                Step::E => self.letters().await?,
                Step::F => self.change().await?,
                Step::G => self.verify().await?,
            }
        }
        Ok(())
    }

    /// The code of a service that others may see, for a command to try.
    pub fn example(&self) -> Option<String> {
        let stored = self.view.active_after(Kind::Service, None).next()?;
        Some(stored.entity.key.code.to_string())
    }

    /// Asks the running adapter over the operator's socket.
    async fn control(&self, command: Command) -> Result<Value, SandboxError> {
        control::call(self.stage.socket(), &command).await.map_err(SandboxError::failed("the operator's socket"))
    }
}

/// A number with its noun: `1 service`, `2 services`, `2 classes`.
fn many(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ if noun.ends_with(['s', 'h']) => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}
