//! Text for a terminal: a line for each case, then what failed and a summary.

use std::fmt::Write as _;

use super::{Report, said};
use crate::kit::{Done, Outcome};

/// One case in a line.
pub fn line(done: &Done) -> String {
    let mark = match done.outcome {
        Outcome::Passed => "ok  ",
        Outcome::Failed(_) => "FAIL",
        Outcome::NotApplicable(_) => "n/a ",
    };
    let said = said(&done.outcome);
    let why = if said.is_empty() { String::new() } else { format!("\n           {said}") };
    format!("{mark} {:<6} {}{why}", done.case.short(), done.case.title)
}

/// The failures in full, the families, and the sum.
pub fn summary(report: &Report) -> String {
    let mut text = String::new();
    for done in report.cases.iter().filter(|it| matches!(it.outcome, Outcome::Failed(_))) {
        let case = done.case;
        let _ = write!(
            text,
            "\n{} ({}): {}\n  {}\n  Why it matters: {}\n",
            case.id,
            case.source,
            case.title,
            said(&done.outcome),
            case.why
        );
        if let Some(step) =
            done.steps.iter().rev().find(|it| it.checks.iter().any(|(_, holds)| !holds)).or(done.steps.last())
        {
            let _ = write!(text, "  Sent:\n{}\n  Came:\n{}\n", indented(&step.sent), indented(&step.came));
        }
    }
    let _ = writeln!(text, "\n{:<26} {:>6} {:>6} {:>6}", "family", "passed", "failed", "n/a");
    for (family, counts, _) in report.families() {
        let _ = writeln!(
            text,
            "{:<26} {:>6} {:>6} {:>6}",
            family.title(),
            counts.passed,
            counts.failed,
            counts.not_applicable
        );
    }
    let counts = report.counts();
    let _ = writeln!(text, "{:<26} {:>6} {:>6} {:>6}", "all", counts.passed, counts.failed, counts.not_applicable);
    let verdict = if counts.failed == 0 { "No case failed" } else { "Some cases failed" };
    let _ = writeln!(
        text,
        "{verdict}; {} of {} cases, {:.1} s.",
        counts.total() - counts.not_applicable,
        counts.total(),
        report.took().as_secs_f64()
    );
    text
}

fn indented(text: &str) -> String {
    let shown: Vec<String> = text.lines().take(40).map(|line| format!("    {line}")).collect();
    shown.join("\n")
}
