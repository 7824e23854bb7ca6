//! `silta catalogue quality`: the quality report of a running tenant, or of a file or folder without one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::catalogue::import;
use crate::catalogue::quality::adoption::Thresholds;
use crate::catalogue::quality::{self, Input, Reference, Report, Severity, table};
use crate::control::Command;
use crate::model::Lang;
use crate::world::World;

/// A file without a tenant is judged as that of a bilingual municipality.
const LANGUAGES: [Lang; 2] = [Lang::Fi, Lang::Sv];

#[derive(Args, Debug)]
pub(super) struct QualityArgs {
    /// A file or folder in any import format; without it, the running tenant is judged.
    path: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// The tenant; needed where the process serves several.
    #[arg(long, value_name = "CODE", conflicts_with = "path")]
    tenant: Option<String>,
    /// For a file: a folder with general descriptions, post codes and terms, laid out like the sandbox's.
    #[arg(long, value_name = "DIR", requires = "path")]
    reference: Option<PathBuf>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
    /// Write the report as one HTML file.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The language of the HTML file.
    #[arg(long, value_name = "LANG", default_value = "fi")]
    lang: Language,
}

#[derive(Args, Debug)]
pub(super) struct AdoptionArgs {
    #[command(flatten)]
    place: Place,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    Fi,
    Sv,
    En,
}

pub(super) async fn run(args: QualityArgs, output: &mut Output) -> Result<u8, Failure> {
    let report = if let Some(path) = &args.path {
        of_file(path, args.reference.as_deref())?
    } else {
        let answer = args.place.ask(&Command::CatalogueQuality { tenant: args.tenant.clone() }).await?;
        serde_json::from_value(answer)
            .map_err(|_| Failure::problem("the answer is no report: is the process of another version?"))?
    };
    if let Some(file) = &args.html {
        let lang = match args.lang {
            Language::Fi => Lang::Fi,
            Language::Sv => Lang::Sv,
            Language::En => Lang::En,
        };
        std::fs::write(file, quality::html::page(&report, lang))
            .map_err(|error| Failure::usage(format!("--html {}: {error}", file.display())))?;
    }
    if args.json {
        let value = serde_json::to_value(&report).map_err(|error| Failure::problem(error.to_string()))?;
        output.json(&value)?;
    } else {
        show(&report, output)?;
    }
    Ok(if report.count(Severity::Error) > 0 { PROBLEM } else { FINE })
}

pub(super) async fn adoption(args: AdoptionArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::CatalogueAdoption {}).await?;
    if args.json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let mut rows = Vec::new();
    for (code, tenant) in answer.get("tenants").and_then(Value::as_object).into_iter().flatten() {
        let none = Value::Null;
        let catalogue = tenant.get("catalogue").unwrap_or(&none);
        let shown = ["grade", "services", "servicePoints", "lastChange"].map(|member| plain(cell(catalogue, member)));
        let mut row = vec![plain(code), plain(cell(tenant, "kind"))];
        row.extend(shown);
        row.push(plain(cell(tenant, "xroad")));
        rows.push(row);
    }
    output.table(&["tenant", "kind", "grade", "services", "places", "last change", "X-Road"], &rows)?;
    output.line(&format!("{} joined, {} have published", cell(&answer, "joined"), cell(&answer, "published")))?;
    Ok(FINE)
}

fn of_file(path: &Path, reference: Option<&Path>) -> Result<Report, Failure> {
    let records = import::read_path(path).map_err(|error| Failure::usage(error.to_string()))?.records;
    let reference = match reference {
        Some(dir) if !dir.is_dir() => {
            return Err(Failure::usage(format!("--reference {}: there is no such folder", dir.display())));
        }
        Some(dir) => Reference::read(&|name| std::fs::read(dir.join(name)).ok())
            .map_err(|error| Failure::usage(format!("--reference {}: {error}", dir.display())))?,
        None => Reference::default(),
    };
    let (view, refused) = quality::view_of(&records);
    let today = World::system().now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let languages = &LANGUAGES;
    let input = Input {
        view: &view,
        languages,
        organisation: None,
        today,
        reference: &reference,
        vocabulary: None,
        changes: None,
        thresholds: Thresholds::default(),
        stored: false,
    };
    let mut report = quality::judge(input);
    report.refused = refused;
    Ok(report)
}

fn show(report: &Report, output: &mut Output) -> Result<(), Failure> {
    let mut broken: Vec<(&String, usize)> =
        report.by_rule.iter().filter(|(_, count)| **count > 0).map(|(rule, count)| (rule, *count)).collect();
    broken.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    let mut rows = Vec::new();
    for (id, count) in broken {
        let Some(rule) = table::find(id) else { continue };
        let tint = if rule.severity == Severity::Error { Tint::Bad } else { Tint::Wait };
        let [_, _, title] = rule.title;
        rows.push(vec![(id.clone(), tint), plain(count.to_string()), plain(title)]);
    }
    for (id, kinds) in &report.by_rule_kind {
        let Some(rule) = table::find(id) else { continue };
        let [_, _, title] = rule.title;
        for (kind, count) in kinds {
            rows.push(vec![(id.clone(), Tint::Wait), plain(count.to_string()), plain(format!("{title} ({kind})"))]);
        }
    }
    if !rows.is_empty() {
        output.table(&["rule", "records", "what is wrong"], &rows)?;
    }
    for skipped in &report.not_judged {
        output.line(&format!("{} was not judged in full: {}", skipped.rule, skipped.en))?;
    }
    let score = report.score.map_or_else(|| "no score".to_owned(), |score| format!("score {score:.1} of 100"));
    let refused = match report.refused.len() {
        0 => String::new(),
        count => format!(", {count} records refused and not judged"),
    };
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    output.line(&format!("{} services, {score}, {errors} errors, {warnings} warnings{refused}", report.services))?;
    Ok(())
}
