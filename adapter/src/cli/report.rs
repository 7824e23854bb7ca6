//! `silta ptv report`: the folder of papers that DVV asks for before it grants production.
//!
//! The technical test report of a run, the sheet of what becomes which field in versions 11 and 12, and a workbook of the
//! content for the organisation's main user of PTV to go through. Judges nothing but whether the run has shown everything.

mod paper;
mod workbook;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::output::Output;
use super::ptv::TenantArgs;
use super::{FINE, Failure, PROBLEM};
use crate::control::Command;
use crate::ptv::fields::{Body, cells, csv, fields};
use crate::ptv::profile::Profile;
use crate::ptv::report::{Report, Row};

/// The sheets of the workbook: kinds of twins in the order of work.
const KINDS: [&str; 6] = ["organisation", "service", "channel", "servicePoint", "connections", "collection"];

#[derive(Args, Debug)]
pub(super) struct ReportArgs {
    #[command(flatten)]
    of: TenantArgs,
    /// The folder; a new one, or an empty one.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The run begins here (RFC 3339); without it, with the first act that the message log has.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// The language of the papers.
    #[arg(long, value_enum, default_value_t)]
    lang: PaperLang,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PaperLang {
    #[default]
    Fi,
    Sv,
    En,
}

impl PaperLang {
    /// One of three texts.
    pub(super) fn of(self, texts: [&str; 3]) -> &str {
        let [fi, sv, en] = texts;
        match self {
            PaperLang::Fi => fi,
            PaperLang::Sv => sv,
            PaperLang::En => en,
        }
    }
}

pub(super) async fn report(args: ReportArgs, output: &mut Output) -> Result<u8, Failure> {
    let ReportArgs { of: TenantArgs { place, tenant, json }, out, since, lang } = args;
    empty_folder(&out)?;
    let since = since.map(|since| since.to_string());
    let answer = place.ask(&Command::PtvReport { tenant: tenant.clone(), since }).await?;
    let report: Report = read(answer)?;
    let mut sheets = Vec::new();
    for kind in KINDS {
        let (mut rows, mut after) = (Vec::new(), String::new());
        loop {
            let command = Command::PtvReportRows { tenant: tenant.clone(), kind: kind.to_owned(), after };
            let mut page = place.ask(&command).await?;
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            let read: Vec<Row> = read(page.get_mut("rows").map(Value::take).unwrap_or_default())?;
            rows.extend(read);
            output.progress(&format!("{kind}: {}", rows.len()))?;
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
        sheets.push((kind, rows));
    }
    output.progress("")?;
    for (name, content) in files(&report, &sheets, lang).map_err(Failure::problem)? {
        write(&out.join(name), &content)?;
    }

    let unseen: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| check.count == 0)
        .map(|check| paper::what(check.what, PaperLang::En))
        .collect();
    let code = if unseen.is_empty() && report.troubles.is_empty() { FINE } else { PROBLEM };
    if json {
        let rows: usize = sheets.iter().map(|(_, rows)| rows.len()).sum();
        output.json(&json!({"folder": out, "records": rows, "unseen": unseen, "report": report}))?;
        return Ok(code);
    }
    output.line(&format!("{}: technical-report.md, fields.csv, content.xlsx, report.json", out.display()))?;
    if !unseen.is_empty() {
        output.line(&format!("The run has not shown: {}", unseen.join(", ")))?;
    }
    if !report.troubles.is_empty() {
        output.line(&format!("{} have not got through: `silta ptv status` names them", report.troubles.len()))?;
    }
    Ok(code)
}

/// Names and contents.
fn files(
    report: &Report,
    sheets: &[(&str, Vec<Row>)],
    lang: PaperLang,
) -> Result<[(&'static str, Vec<u8>); 4], String> {
    let profile = Profile::from_word(&report.profile).ok_or("the process speaks of an unknown profile")?;
    let lines: Vec<[String; 8]> = Body::ALL.into_iter().flat_map(fields).map(|field| cells(&field, profile)).collect();
    let fields = csv(&lines).map_err(|error| error.to_string())?;
    let json = serde_json::to_vec_pretty(report).map_err(|error| error.to_string())?;
    let content = workbook::write(sheets, lang).map_err(|error| error.to_string())?;
    Ok([
        ("technical-report.md", paper::technical(report, lang).into_bytes()),
        ("fields.csv", fields.into_bytes()),
        ("content.xlsx", content),
        ("report.json", json),
    ])
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value)
        .map_err(|error| Failure::problem(format!("the process answered something else: {error}")))
}

fn empty_folder(out: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("--out {}: {error}", out.display()));
    std::fs::create_dir_all(out).map_err(failed)?;
    if std::fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(Failure::usage(format!("--out {}: the folder is not empty. Name a new one", out.display())));
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, content).map_err(|error| Failure::problem(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests;
