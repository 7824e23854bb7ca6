//! `silta catalogue pull`: the Drupal sites of the tenants read now, and what came of it by bundle.

use clap::Args;
use serde_json::Value;

use super::output::{Output, Tint, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::Command;

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct PullArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant; all that have a Drupal site without it.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Read everything and compare: finds what was deleted in Drupal.
    #[arg(long)]
    full: bool,
    /// Judge and show, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let held withdrawals go. Reads everything.
    #[arg(long)]
    release: bool,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

/// What is shown of each bundle.
const FIGURES: [&str; 7] = ["read", "changed", "accepted", "refused", "withdrawn", "held", "unsettled"];

pub(super) async fn run(args: PullArgs, output: &mut Output) -> Result<u8, Failure> {
    let PullArgs { place, tenant, full, dry_run, release, json } = args;
    let answer = place.ask(&Command::CataloguePull { tenant, full, dry_run, release }).await?;
    let reports = answer.as_object().cloned().unwrap_or_default();
    let figure = |counts: &Value, name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or_default();
    let bundles = |report: &Value| report.get("bundles").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_well = |report: &Value| {
        let quiet = |counts: &Value| figure(counts, "refused") == 0 && figure(counts, "held") == 0;
        report.get("error").is_none() && bundles(report).values().all(quiet)
    };
    let code = if reports.values().all(is_well) { FINE } else { PROBLEM };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    let mut rows = Vec::new();
    for (tenant, report) in &reports {
        for (bundle, counts) in bundles(report) {
            let mut row = vec![plain(tenant.clone()), plain(bundle)];
            row.extend(FIGURES.map(|name| {
                let count = figure(&counts, name);
                let bad = count > 0 && matches!(name, "refused" | "held");
                (count.to_string(), if bad { Tint::Bad } else { Tint::Plain })
            }));
            rows.push(row);
        }
    }
    if !rows.is_empty() {
        let head: Vec<&str> = ["tenant", "bundle"].into_iter().chain(FIGURES).collect();
        output.table(&head, &rows)?;
    }
    for (tenant, report) in &reports {
        if let Some(error) = report.get("error").and_then(Value::as_str) {
            output.line(&format!("{tenant}: {error}"))?;
        } else if let Some(batch) = report.get("batch").and_then(Value::as_str) {
            output.line(&format!("{tenant}: the verdicts are kept as batch {batch}"))?;
        }
        if bundles(report).values().any(|counts| figure(counts, "held") > 0) {
            let helps = "look at the site; if it is meant, run the command again with --release";
            output
                .line(&format!("{tenant}: more has vanished than is usual and nothing of it was withdrawn: {helps}"))?;
        }
    }
    Ok(code)
}
