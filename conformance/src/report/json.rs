//! One JSON object with everything.

use serde_json::{Value, json};

use super::{Report, said, word};
use crate::kit::Done;

/// The whole run.
pub fn json(report: &Report) -> Value {
    let counts = report.counts();
    json!({
        "target": report.target,
        "began": report.began,
        "seconds": report.took().as_secs_f64(),
        "passed": counts.passed,
        "failed": counts.failed,
        "notApplicable": counts.not_applicable,
        "cases": report.cases.iter().map(case).collect::<Vec<_>>(),
    })
}

fn case(done: &Done) -> Value {
    let steps = done.steps.iter().map(|step| {
        let checks = step.checks.iter().map(|(expected, holds)| json!({ "expected": expected, "holds": holds }));
        json!({ "label": step.label, "sent": step.sent, "came": step.came, "checks": checks.collect::<Vec<_>>() })
    });
    json!({
        "id": done.case.id,
        "family": done.case.family.word(),
        "source": done.case.source,
        "title": done.case.title,
        "why": done.case.why,
        "outcome": word(&done.outcome),
        "reason": said(&done.outcome),
        "seconds": done.took.as_secs_f64(),
        "steps": steps.collect::<Vec<_>>(),
    })
}
