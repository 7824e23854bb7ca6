//! JUnit XML as build services read it: a suite for each family, a test case for each case.

use std::fmt::Write as _;

use super::{Counts, Report};
use crate::kit::{Done, Outcome};
use crate::xml::escape;

/// The whole document.
pub fn junit(report: &Report) -> String {
    let counts = report.counts();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(xml, "<testsuites name=\"X-Road conformance\" {}>", numbers(counts, report.took().as_secs_f64()));
    for (family, counts, cases) in report.families() {
        let took: f64 = cases.iter().map(|it| it.took.as_secs_f64()).sum();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" timestamp=\"{}\" {}>",
            escape(family.title()),
            escape(&report.began),
            numbers(counts, took)
        );
        for done in cases {
            case(&mut xml, done);
        }
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, done: &Done) {
    let _ = write!(
        xml,
        "    <testcase classname=\"{}\" name=\"{} {}\" time=\"{:.3}\">",
        escape(done.case.family.word()),
        escape(done.case.id),
        escape(done.case.title),
        done.took.as_secs_f64()
    );
    match &done.outcome {
        Outcome::Passed => {}
        Outcome::NotApplicable(why) => {
            let _ = write!(xml, "\n      <skipped message=\"{}\"/>", escape(why));
        }
        Outcome::Failed(what) => {
            let _ = write!(xml, "\n      <failure message=\"{}\">", escape(what));
            let _ = writeln!(xml, "{}: {}", escape(done.case.source), escape(done.case.why));
            for step in &done.steps {
                let _ = write!(
                    xml,
                    "\n{}\nSent:\n{}\n\nCame:\n{}\n",
                    escape(&step.label),
                    escape(&step.sent),
                    escape(&step.came)
                );
            }
            xml.push_str("</failure>");
        }
    }
    xml.push_str("\n    </testcase>\n");
}

fn numbers(counts: Counts, seconds: f64) -> String {
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{seconds:.3}\"",
        counts.total(),
        counts.failed,
        counts.not_applicable
    )
}
