//! One HTML file without scripts or outside files: a summary by family, then every case with what was sent, what came, what
//! was expected and why it matters. Words carry the outcome, never colour alone; on paper everything is open.

use std::fmt::Write as _;

use super::{Counts, Report, said, word};
use crate::kit::{Done, Outcome, Step};
use crate::xml::escape;

const STYLE: &str = include_str!("report.css");

/// The whole page.
pub fn html(report: &Report) -> String {
    let counts = report.counts();
    let mut page = String::with_capacity(256 * 1024);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>X-Road conformance: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<h1>X-Road conformance</h1>\n<p class=\"verdict\">{}</p>\n<dl>\n",
        verdict(counts),
        verdict(counts)
    );
    for target in &report.target {
        let _ = writeln!(page, "<dt>Target</dt><dd>{}</dd>", escape(target));
    }
    let _ = write!(
        page,
        "<dt>Began</dt><dd><time datetime=\"{0}\">{0}</time></dd>\n<dt>Took</dt><dd>{1:.1} s</dd>\n</dl>\n</header>\n<main>\n",
        escape(&report.began),
        report.took().as_secs_f64()
    );
    families(&mut page, report, counts);
    attention(&mut page, report);
    for (family, counts, cases) in report.families() {
        let _ = write!(
            page,
            "<section aria-labelledby=\"{0}\">\n<h2 id=\"{0}\">{1}</h2>\n<p>{2}</p>\n",
            family.word(),
            escape(family.title()),
            sum(counts)
        );
        for done in cases {
            case(&mut page, done);
        }
        page.push_str("</section>\n");
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn verdict(counts: Counts) -> String {
    match counts.failed {
        0 => format!("no case failed ({})", sum(counts)),
        1 => format!("1 case failed ({})", sum(counts)),
        n => format!("{n} cases failed ({})", sum(counts)),
    }
}

fn sum(counts: Counts) -> String {
    format!("{} passed, {} failed, {} not applicable", counts.passed, counts.failed, counts.not_applicable)
}

fn families(page: &mut String, report: &Report, all: Counts) {
    page.push_str(
        "<table>\n<caption>Summary by family</caption>\n<thead><tr><th scope=\"col\">Family</th><th scope=\"col\">Passed</th>\
         <th scope=\"col\">Failed</th><th scope=\"col\">Not applicable</th></tr></thead>\n<tbody>\n",
    );
    for (family, counts, _) in report.families() {
        let name = format!("<a href=\"#{}\">{}</a>", family.word(), escape(family.title()));
        row(page, &name, counts);
    }
    page.push_str("</tbody>\n<tfoot>\n");
    row(page, "All", all);
    page.push_str("</tfoot>\n</table>\n");
}

fn row(page: &mut String, name: &str, counts: Counts) {
    let class = if counts.failed > 0 { " class=\"failed\"" } else { "" };
    let _ = writeln!(
        page,
        "<tr{class}><th scope=\"row\">{name}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
        counts.passed, counts.failed, counts.not_applicable
    );
}

/// What needs a person's eye, first: failures, then what could not be judged.
fn attention(page: &mut String, report: &Report) {
    type Wanted = fn(&Outcome) -> bool;
    let lists: [(&str, Wanted); 2] = [
        ("Failed", |it| matches!(it, Outcome::Failed(_))),
        ("Not applicable", |it| matches!(it, Outcome::NotApplicable(_))),
    ];
    for (heading, wanted) in lists {
        let cases: Vec<&Done> = report.cases.iter().filter(|it| wanted(&it.outcome)).collect();
        if cases.is_empty() {
            continue;
        }
        let _ = write!(page, "<section>\n<h2>{heading}</h2>\n<ul>\n");
        for done in cases {
            let case = done.case;
            let _ = writeln!(
                page,
                "<li><a href=\"#{}\">{}</a> {}: {}</li>",
                case.short(),
                case.short(),
                escape(case.title),
                escape(said(&done.outcome))
            );
        }
        page.push_str("</ul>\n</section>\n");
    }
}

fn case(page: &mut String, done: &Done) {
    let case = done.case;
    let word = word(&done.outcome);
    let class = word.replace(' ', "-");
    let _ = write!(
        page,
        "<article id=\"{0}\" class=\"{class}\">\n<h3><span class=\"outcome\">{word}</span> {0}: {1}</h3>\n",
        case.short(),
        escape(case.title)
    );
    if !said(&done.outcome).is_empty() {
        let _ = writeln!(page, "<p class=\"said\">{}</p>", escape(said(&done.outcome)));
    }
    let _ = writeln!(
        page,
        "<p><strong>Why it matters:</strong> {} <span class=\"source\">Source: {}.</span></p>",
        escape(case.why),
        escape(&source(case.source))
    );
    if !done.steps.is_empty() {
        let open = if matches!(done.outcome, Outcome::Failed(_)) { " open" } else { "" };
        let _ = writeln!(
            page,
            "<details{open}>\n<summary>What was sent, what came, what was expected ({})</summary>",
            case.short()
        );
        for (number, step) in done.steps.iter().enumerate() {
            show(page, number + 1, step);
        }
        page.push_str("</details>\n");
    }
    page.push_str("</article>\n");
}

/// `I` and `W` are the fact sheet's marks for what no document says.
fn source(source: &str) -> String {
    match source.split_once(' ') {
        Some(("I", class)) => format!("implementation of X-Road, {class}"),
        _ => source.to_owned(),
    }
}

fn show(page: &mut String, number: usize, step: &Step) {
    let label = if step.label.is_empty() { String::new() } else { format!(": {}", escape(&step.label)) };
    let _ = writeln!(page, "<h4>Step {number}{label}</h4>");
    for (heading, text) in [("Sent", &step.sent), ("Came", &step.came)] {
        if !text.is_empty() {
            let _ = writeln!(page, "<h5>{heading}</h5>\n<pre tabindex=\"0\">{}</pre>", escape(text));
        }
    }
    if !step.checks.is_empty() {
        page.push_str("<h5>Expected</h5>\n<ul>\n");
        for (expected, holds) in &step.checks {
            let (class, word) = if *holds { ("holds", "holds") } else { ("broken", "does not hold") };
            let _ = writeln!(page, "<li class=\"{class}\">{} <em>({word})</em></li>", escape(expected));
        }
        page.push_str("</ul>\n");
    }
}
