//! Runs cases one after another: they look at logs, pins and overload, and would be in one another's way.

use std::time::{Duration, Instant};

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
    mut told: impl FnMut(&Done),
) -> Vec<Done> {
    let mut all = Vec::new();
    for case in cases.into_iter().filter(|it| selection.has(it)) {
        let done = one(case, target).await;
        told(&done);
        all.push(done);
    }
    all
}

async fn one(case: &'static Case, target: &Target) -> Done {
    let started = Instant::now();
    let mut probe = Probe::new(target);
    let ended = tokio::time::timeout(TIME_LIMIT, (case.run)(&mut probe)).await;
    let outcome = match ended {
        Err(_) => Outcome::Failed(format!("it did not end within {} s", TIME_LIMIT.as_secs())),
        Ok(Err(Stop::Failed(what))) => Outcome::Failed(what),
        Ok(Err(Stop::NotApplicable(why))) => Outcome::NotApplicable(why),
        // A case that looked at nothing has shown nothing.
        Ok(Ok(())) if probe.checks() == 0 => Outcome::Failed("the case made no check: a defect of the kit".to_owned()),
        Ok(Ok(())) => Outcome::Passed,
    };
    Done { case, outcome, steps: probe.into_steps(), took: started.elapsed() }
}
