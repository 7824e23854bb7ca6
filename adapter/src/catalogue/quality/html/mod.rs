//! The report as one HTML file without scripts or outside files, for the screen, for paper and for a screen reader.
//!
//! Words carry every meaning, colour none alone; each chart has its figures in a table beside it.

mod chart;
mod words;

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use self::chart::Bar;
use self::words::Words;
use super::report::{Finding, Report, Share};
use super::table::{self, Rule};
use super::{Severity, adoption};
use crate::model::Lang;

const STYLE: &str = include_str!("quality.css");
/// Findings that the page shows of one rule; the JSON report has all of them.
pub const SHOWN_PER_RULE: usize = 100;
/// Bars of the chart of rules.
const BARS: usize = 15;

/// The whole page in Finnish, Swedish or English.
pub fn page(report: &Report, lang: Lang) -> String {
    let words = words::of(lang);
    let mut page = String::with_capacity(256 * 1024);
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{1} {2}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{1}</h1>\n",
        words.code,
        words.title,
        escape(&report.date)
    );
    summary(&mut page, report, words);
    page.push_str("</header>\n<main>\n");
    rules(&mut page, report, words);
    others(&mut page, report, words);
    let owners = ("owners", words.owners, words.owner);
    shares(&mut page, owners, words.no_owner, &report.by_owner, words);
    shares(
        &mut page,
        ("organisations", words.organisations, words.organisation),
        words.no_organisation,
        &report.by_organisation,
        words,
    );
    series(&mut page, report, words);
    adopted(&mut page, report, words);
    not_judged(&mut page, report, words);
    findings(&mut page, report, words);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The text of the page's language.
fn said<'a>(texts: [&'a str; 3], words: &Words) -> &'a str {
    let [fi, sv, en] = texts;
    match words.place {
        1 => sv,
        2 => en,
        _ => fi,
    }
}

fn level(severity: Severity, words: &Words) -> String {
    let (class, word) = match severity {
        Severity::Error => ("error", words.error),
        Severity::Warning => ("warning", words.warning),
        Severity::Info => ("info", words.info),
    };
    format!("<span class=\"level {class}\">{word}</span>")
}

fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// Finnish and Swedish write a decimal comma.
fn decimal(score: f64, words: &Words) -> String {
    let text = format!("{score:.1}");
    if words.place == 2 { text } else { text.replace('.', ",") }
}

fn summary(page: &mut String, report: &Report, words: &Words) {
    let score = match report.score {
        Some(score) => words.of_hundred.replace("{0}", &decimal(score, words)),
        None => words.no_score.to_owned(),
    };
    let _ = writeln!(page, "<p class=\"verdict\">{}: {score}</p>", words.score);
    if let Some(points) = report.score {
        chart::gauge(page, "gauge", &score, points);
    }
    page.push_str("<dl>\n");
    let count = |level| report.count(level).to_string();
    for (term, value) in [
        (words.date, report.date.clone()),
        (words.languages, report.languages.join(", ")),
        (words.services, report.services.to_string()),
        (words.errors, count(Severity::Error)),
        (words.warnings, count(Severity::Warning)),
        (words.infos, count(Severity::Info)),
    ] {
        let _ = writeln!(page, "<dt>{term}</dt><dd>{}</dd>", escape(&value));
    }
    let _ = writeln!(page, "</dl>\n<p>{}</p>", words.how_scored);
    if !report.refused.is_empty() {
        let _ = writeln!(page, "<p>{}</p>", words.refused.replace("{0}", &report.refused.len().to_string()));
    }
}

/// The rules that are broken, most frequent first.
fn broken(report: &Report) -> Vec<(&'static Rule, usize)> {
    let found = report.by_rule.iter().filter(|(_, count)| **count > 0);
    let mut found: Vec<_> = found.filter_map(|(id, count)| Some((table::find(id)?, *count))).collect();
    found.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.id.cmp(other.0.id)));
    found
}

fn rules(page: &mut String, report: &Report, words: &Words) {
    section(page, "rules", words.rules);
    let found = broken(report);
    if found.is_empty() {
        let _ = writeln!(page, "<p>{}</p>\n</section>", words.nothing);
        return;
    }
    let bars: Vec<Bar<'_>> = found
        .iter()
        .take(BARS)
        .map(|(rule, value)| Bar { label: rule.id, value: *value, class: class(rule.severity) })
        .collect();
    chart::bars(page, "rules-chart", words.rules_chart, &bars);
    head(
        page,
        words.rules_caption,
        &[
            (words.rule, false),
            (words.wrong, false),
            (words.level, false),
            (words.services, true),
            (words.share, true),
            (words.by_language, false),
        ],
    );
    for (rule, count) in found {
        let none = BTreeMap::new();
        let languages = report.by_rule_language.get(rule.id).unwrap_or(&none);
        let languages: Vec<String> = languages.iter().map(|(lang, count)| format!("{lang} {count}")).collect();
        let share = (count * 1000).checked_div(report.services).unwrap_or_default();
        let share = decimal(f64::from(u32::try_from(share).unwrap_or_default()) / 10.0, words);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\"><a href=\"#{0}\">{0}</a></th><td>{1}</td><td>{2}</td><td class=\"number\">{count}</td>\
             <td class=\"number\">{share} %</td><td>{3}</td></tr>",
            rule.id,
            escape(said(rule.title, words)),
            level(rule.severity, words),
            languages.join(", ")
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

/// What is broken by records that are no services.
fn others(page: &mut String, report: &Report, words: &Words) {
    if report.by_rule_kind.is_empty() {
        return;
    }
    section(page, "others", words.others);
    head(
        page,
        words.others_caption,
        &[(words.rule, false), (words.wrong, false), (words.level, false), (words.records, true)],
    );
    for (id, kinds) in &report.by_rule_kind {
        let Some(rule) = table::find(id) else { continue };
        for (kind, count) in kinds {
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\"><a href=\"#{0}\">{0}</a></th><td>{1}</td><td>{2}</td><td class=\"number\">{3} {count}</td></tr>",
                rule.id,
                escape(said(rule.title, words)),
                level(rule.severity, words),
                escape(kind)
            );
        }
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn shares(page: &mut String, (id, title, what): (&str, &str, &str), nobody: &str, shares: &[Share], words: &Words) {
    if shares.is_empty() {
        return;
    }
    section(page, id, title);
    head(
        page,
        title,
        &[(what, false), (words.services, true), (words.score, true), (words.errors, true), (words.warnings, true)],
    );
    for share in shares {
        let name = share.name.get(words.code).or_else(|| share.name.values().next());
        let name = match (&share.code, name) {
            (Some(code), Some(name)) => format!("{name} ({code})"),
            (Some(code), None) => code.clone(),
            (None, _) => nobody.to_owned(),
        };
        let score = share.score.map_or_else(|| "–".to_owned(), |score| decimal(score, words));
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{score}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            escape(&name),
            share.services,
            share.errors,
            share.warnings
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn series(page: &mut String, report: &Report, words: &Words) {
    if report.series.is_empty() {
        return;
    }
    section(page, "series", words.series);
    let values: Vec<(&str, f64)> = report.series.iter().map(|mark| (mark.date.as_str(), mark.score)).collect();
    chart::line(page, "series-chart", words.series_chart, &values);
    head(
        page,
        words.series,
        &[
            (words.date, false),
            (words.score, true),
            (words.services, true),
            (words.errors, true),
            (words.warnings, true),
        ],
    );
    for mark in report.series.iter().rev() {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
            escape(&mark.date),
            decimal(mark.score, words),
            mark.services,
            mark.errors,
            mark.warnings
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn adopted(page: &mut String, report: &Report, words: &Words) {
    let adoption::Adoption { grade, services, service_points, channels, last_change, .. } = &report.adoption;
    section(page, "adoption", words.adoption);
    page.push_str("<dl>\n");
    for (term, value) in [
        (words.grade, grade.word().to_owned()),
        (words.services, services.to_string()),
        (words.points, service_points.to_string()),
        (words.channels, channels.to_string()),
        (words.last_change, last_change.clone().unwrap_or_else(|| "–".to_owned())),
    ] {
        let _ = writeln!(page, "<dt>{term}</dt><dd>{}</dd>", escape(&value));
    }
    page.push_str("</dl>\n");
    let places = &report.adoption.service_points_by_municipality;
    if !places.is_empty() {
        head(page, words.by_municipality, &[(words.municipality, false), (words.points, true), (words.scale, true)]);
        for (code, places) in places {
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
                escape(code),
                places.count,
                places.class
            );
        }
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</section>\n");
}

fn not_judged(page: &mut String, report: &Report, words: &Words) {
    if report.not_judged.is_empty() {
        return;
    }
    section(page, "not-judged", words.not_judged);
    head(page, words.not_judged, &[(words.rule, false), (words.wrong, false), (words.reason, false)]);
    for skipped in &report.not_judged {
        let title = table::find(&skipped.rule).map_or("", |rule| said(rule.title, words));
        let reason = said([&skipped.fi, &skipped.sv, &skipped.en], words);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escape(&skipped.rule),
            escape(title),
            escape(reason)
        );
    }
    page.push_str("</tbody>\n</table>\n</section>\n");
}

fn findings(page: &mut String, report: &Report, words: &Words) {
    let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        by_rule.entry(&finding.rule).or_default().push(finding);
    }
    if by_rule.is_empty() {
        return;
    }
    section(page, "findings", words.findings);
    for (id, findings) in by_rule {
        let Some(rule) = table::find(id) else { continue };
        let title = escape(said(rule.title, words));
        let _ = writeln!(page, "<h3 id=\"{id}\">{id} {title} {}</h3>", level(rule.severity, words));
        if findings.len() > SHOWN_PER_RULE {
            let more = words.more.replace("{0}", &SHOWN_PER_RULE.to_string());
            let _ = writeln!(page, "<p>{}</p>", more.replace("{1}", &findings.len().to_string()));
        }
        let caption = format!("{id} {title}");
        head(
            page,
            &caption,
            &[(words.code_of, false), (words.name, false), (words.field, false), (words.what_helps, false)],
        );
        for finding in findings.into_iter().take(SHOWN_PER_RULE) {
            let helps = said([&finding.fi, &finding.sv, &finding.en], words);
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{} {}</th><td>{}</td><td class=\"field\">{}</td><td>{}</td></tr>",
                escape(&finding.laji),
                escape(&finding.koodi),
                escape(&finding.name),
                escape(&finding.field),
                escape(helps)
            );
        }
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</section>\n");
}

/// A text from outside, harmless in content and in attributes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

fn section(page: &mut String, id: &str, title: impl Display) {
    let _ = writeln!(page, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>");
}

/// The beginning of a table: caption and columns; those with numbers stand to the right.
fn head(page: &mut String, caption: &str, columns: &[(&str, bool)]) {
    let _ = write!(page, "<table>\n<caption>{caption}</caption>\n<thead><tr>");
    for (column, number) in columns {
        let class = if *number { " class=\"number\"" } else { "" };
        let _ = write!(page, "<th scope=\"col\"{class}>{column}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
}
