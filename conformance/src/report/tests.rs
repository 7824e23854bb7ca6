//! The formats hold every case, and what is hostile in them stays text.

use std::time::Duration;

use super::{Report, html, json, junit, line, summary};
use crate::cases::all;
use crate::kit::{Done, Outcome, Step};
use crate::xml;

fn report() -> Report {
    let outcomes = [
        Outcome::Passed,
        Outcome::Failed("expected: <script>alert(1)</script> & ]]>".to_owned()),
        Outcome::NotApplicable("no act".to_owned()),
    ];
    let step = Step {
        label: "run \"1\"".to_owned(),
        sent: "<a href='x'>".to_owned(),
        came: "]]></pre><b>".to_owned(),
        checks: vec![("HTTP 200".to_owned(), true), ("<b>".to_owned(), false)],
    };
    let cases = all().zip(outcomes).map(|(case, outcome)| Done {
        case,
        outcome,
        steps: vec![step.clone()],
        took: Duration::from_millis(12),
    });
    Report {
        target: vec!["https://a.example/?x&y".to_owned()],
        began: "2026-01-01T00:00:00Z".to_owned(),
        cases: cases.collect(),
    }
}

#[test]
fn every_format_tells_the_same() {
    let report = report();
    let counts = report.counts();
    assert_eq!((counts.passed, counts.failed, counts.not_applicable), (1, 1, 1));

    let xml_text = junit(&report);
    let document = xml::parse(&xml_text).unwrap();
    let root = document.root_element();
    assert_eq!(
        (root.attribute("tests"), root.attribute("failures"), root.attribute("skipped")),
        (Some("3"), Some("1"), Some("1"))
    );
    assert_eq!(document.descendants().filter(|it| it.has_tag_name("testcase")).count(), 3);

    let page = html(&report);
    assert!(!page.contains("<script") && !page.contains("</pre><b>"), "hostile text is escaped");
    assert!(page.contains("1 passed, 1 failed, 1 not applicable") && page.contains("does not hold"));
    // Apart from the first line it is well-formed XML but for its void elements, so that nothing is left open.
    let body = page
        .split_once("<body>")
        .map(|(_, rest)| format!("<body>{}", rest.trim_end().trim_end_matches("</html>")))
        .unwrap();
    let strict = body.replace("<details open>", "<details open=\"\">");
    xml::parse(&strict).unwrap();

    let object = json(&report);
    assert_eq!(object["cases"].as_array().unwrap().len(), 3);
    assert_eq!(object["cases"][1]["outcome"], "failed");

    let text = summary(&report);
    assert!(text.contains("Why it matters") && text.contains("Some cases failed; 2 of 3 cases"), "{text}");
    assert!(line(&report.cases[2]).starts_with("n/a  ID-03"), "{}", line(&report.cases[2]));
}
