//! Runs cases one after another: they look at logs, pins and overload, and would be in one another's way.
//!
//! A case ends when it has judged, at its time limit, or when the whole run is stopped. What it has turned on by acts is
//! turned off then, before the next one begins.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::{Either, pending, select};

use super::probe::{Probe, Step, Stop};
use super::target::Target;
use crate::cases::{Case, Family};

/// Longest time for one case.
pub const TIME_LIMIT: Duration = Duration::from_mins(3);

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as expected.
    Passed,
    /// Something was not; the text says what.
    Failed(String),
    /// It could not be judged; the text says why.
    NotApplicable(String),
}

/// A case that has ended.
#[derive(Debug, Clone)]
pub struct Done {
    /// The case.
    pub case: &'static Case,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done.
    pub steps: Vec<Step>,
    /// How long it took.
    pub took: Duration,
}

/// Which cases to run; empty lists mean all.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Families.
    pub families: Vec<Family>,
    /// Case ids, with or without the prefix `xroad:`.
    pub ids: Vec<String>,
}

impl Selection {
    /// Whether a case is among them.
    pub fn has(&self, case: &Case) -> bool {
        let named = |id: &String| id.strip_prefix("xroad:").unwrap_or(id).eq_ignore_ascii_case(case.short());
        (self.families.is_empty() || self.families.contains(&case.family))
            && (self.ids.is_empty() || self.ids.iter().any(named))
    }
}

/// Runs the selected cases of a list; `told` hears of each as it ends.
pub async fn run(
    cases: impl IntoIterator<Item = &'static Case>,
    target: &Target,
    selection: &Selection,
    told: impl FnMut(&Done),
) -> Vec<Done> {
    run_until(cases, target, selection, told, pending()).await
}

/// The same until `stopped` is ready: the case that runs then has failed, what it had turned on is put back, and no other
/// begins.
pub async fn run_until(
    cases: impl IntoIterator<Item = &'static Case>,
    target: &Target,
    selection: &Selection,
    told: impl FnMut(&Done),
    stopped: impl Future<Output = ()>,
) -> Vec<Done> {
    run_within(TIME_LIMIT, cases, target, selection, told, stopped).await
}

/// The same with another time for each case.
pub(super) async fn run_within(
    limit: Duration,
    cases: impl IntoIterator<Item = &'static Case>,
    target: &Target,
    selection: &Selection,
    mut told: impl FnMut(&Done),
    stopped: impl Future<Output = ()>,
) -> Vec<Done> {
    let mut stopped = Box::pin(stopped.map(|()| true).fuse());
    let mut all = Vec::new();
    for case in cases.into_iter().filter(|it| selection.has(it)) {
        let (done, last) = one(case, target, limit, &mut stopped).await;
        told(&done);
        all.push(done);
        if last {
            break;
        }
    }
    all
}

/// Runs one case; also says whether the run was stopped meanwhile.
async fn one(
    case: &'static Case,
    target: &Target,
    limit: Duration,
    stopped: &mut (impl Future<Output = bool> + Unpin),
) -> (Done, bool) {
    let started = Instant::now();
    let mut probe = Probe::new(target);
    // What is dropped here at the limit leaves its acts in `probe`.
    let running = AssertUnwindSafe(tokio::time::timeout(limit, (case.run)(&mut probe))).catch_unwind();
    let (ended, last) = match select(Box::pin(running), stopped).await {
        Either::Left((ended, _)) => (Some(ended), false),
        Either::Right(_) => (None, true),
    };
    let outcome = match ended {
        None => Outcome::Failed("the run was stopped".to_owned()),
        Some(Err(_)) => Outcome::Failed("it panicked: a defect of the kit".to_owned()),
        Some(Ok(Err(_))) => Outcome::Failed(format!("it did not end within {} s", limit.as_secs_f64())),
        Some(Ok(Ok(Err(Stop::Failed(what))))) => Outcome::Failed(what),
        Some(Ok(Ok(Err(Stop::NotApplicable(why))))) => Outcome::NotApplicable(why),
        // A case that looked at nothing has shown nothing.
        Some(Ok(Ok(Ok(())))) if probe.checks() == 0 => {
            Outcome::Failed("the case made no check: a defect of the kit".to_owned())
        }
        Some(Ok(Ok(Ok(())))) => Outcome::Passed,
    };
    let complaints = probe.put_back().await;
    let outcome = match (complaints.is_empty(), outcome) {
        (true, outcome) => outcome,
        (false, Outcome::Failed(what)) => Outcome::Failed(format!("{what}; {}", complaints.join("; "))),
        (false, _) => Outcome::Failed(complaints.join("; ")),
    };
    (Done { case, outcome, steps: probe.into_steps(), took: started.elapsed() }, last)
}
