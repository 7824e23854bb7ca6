//! `silta ptv drift|pause|resume|resolve|confirm`: what PTV holds against what was sent, and a person's word on it.

use std::io;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::output::{Output, Tint, cell, plain};
use super::ptv::TenantArgs;
use super::{FINE, Failure, PROBLEM};
use crate::control::Command;

/// Characters of a value in a row.
const SHOWN: usize = 56;
/// And how many of them stand before the first that differs.
const BEFORE: usize = 16;
/// Findings without differences that are listed; all are counted.
const UNKNOWN: usize = 20;

#[derive(Args, Debug)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    of: TenantArgs,
    /// Do what the tenant's policy says: send ours again, keep PTV's, or ask.
    #[arg(long)]
    repair: bool,
}

#[derive(Args, Debug)]
pub(super) struct OfRecord {
    /// The record's kind: channel, servicePoint, service, connections, collection, or PAT's word.
    #[arg(value_name = "KIND")]
    kind: String,
    /// Its code (koodi); of connections their service's.
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    of: TenantArgs,
}

#[derive(Args, Debug)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    record: OfRecord,
    /// Whose version stands.
    #[arg(long, value_enum)]
    keep: Keep,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Keep {
    Ours,
    Ptv,
}

pub(super) async fn drift(args: DriftArgs, output: &mut Output) -> Result<u8, Failure> {
    let TenantArgs { place, tenant, json } = args.of;
    let answer = place.ask(&Command::PtvDrift { tenant, repair: args.repair }).await?;
    let all = answer.get("drift").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let code = if all.is_empty() { FINE } else { PROBLEM };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    let (unknown, known): (Vec<&Value>, Vec<&Value>) = all.iter().partition(|found| cell(found, "kind") == "unknown");
    for found in known {
        show(found, output)?;
    }
    if !unknown.is_empty() {
        output.line(&format!("{} published by our organisations without a record of ours:", unknown.len()))?;
        for found in unknown.iter().take(UNKNOWN) {
            output.line(&format!("  {}", cell(found, "code")))?;
        }
    }
    let repaired = answer.get("repaired").and_then(Value::as_u64).unwrap_or_default();
    let sent = if repaired > 0 { format!(", {repaired} to be sent again") } else { String::new() };
    output.line(&format!(
        "{} compared, {} equal, {} differ{sent}",
        cell(&answer, "compared"),
        cell(&answer, "equal"),
        all.len()
    ))?;
    for (member, what) in [
        ("pending", "written so lately that version 12 does not show it yet"),
        ("notTransferred", "not transferred to version 12, which is read: ask DVV"),
    ] {
        if let Some(count) = answer.get(member).and_then(Value::as_u64).filter(|count| *count > 0) {
            output.line(&format!("{count} {what}"))?;
        }
    }
    Ok(code)
}

pub(super) async fn pause(of: TenantArgs, paused: bool, output: &mut Output) -> Result<u8, Failure> {
    let TenantArgs { place, tenant, json } = of;
    let answer = place.ask(&Command::PtvPause { tenant: tenant.clone(), paused }).await?;
    if json {
        output.json(&answer)?;
    } else if paused {
        output.line(&format!("{tenant}: nothing is sent to PTV until `silta ptv resume --tenant {tenant}`."))?;
    } else {
        output.line(&format!("{tenant}: PTV is kept equal again."))?;
    }
    Ok(FINE)
}

pub(super) async fn resolve(args: ResolveArgs, output: &mut Output) -> Result<u8, Failure> {
    let keep = match args.keep {
        Keep::Ours => "ours",
        Keep::Ptv => "ptv",
    };
    let OfRecord { kind, code, of: TenantArgs { place, tenant, json } } = args.record;
    let answer = place.ask(&Command::PtvResolve { tenant, kind, code, keep: keep.to_owned() }).await?;
    decided(&answer, json, output)
}

pub(super) async fn confirm(record: OfRecord, output: &mut Output) -> Result<u8, Failure> {
    let OfRecord { kind, code, of: TenantArgs { place, tenant, json } } = record;
    let answer = place.ask(&Command::PtvConfirm { tenant, kind, code }).await?;
    decided(&answer, json, output)
}

fn decided(answer: &Value, json: bool, output: &mut Output) -> Result<u8, Failure> {
    if json {
        output.json(answer)?;
        return Ok(FINE);
    }
    let outcome = if cell(answer, "outcome") == "kept" { "stays as it is in PTV" } else { "will be sent again" };
    output.line(&format!("{} {} {outcome}.", cell(answer, "kind"), cell(answer, "code")))?;
    Ok(FINE)
}

/// One finding: a line, and what differs below it.
fn show(found: &Value, output: &mut Output) -> io::Result<()> {
    let name = found.get("name").and_then(Value::as_str).map(|name| format!(" \u{201c}{name}\u{201d}"));
    let held = found.get("held").and_then(Value::as_str).map(|held| format!(" ({held})"));
    let line = format!(
        "{} {}{}: {}{}",
        cell(found, "kind"),
        cell(found, "code"),
        name.unwrap_or_default(),
        cell(found, "reason"),
        held.unwrap_or_default()
    );
    output.line(&crate::telemetry::safe(&line).to_string())?;
    let differences = found.get("differences").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if differences.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::new();
    for difference in differences {
        let lines = |side: &str| -> Vec<String> {
            let all = difference.get(side).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let (ours, ptv) = (lines("ours"), lines("ptv"));
        for row in 0..ours.len().max(ptv.len()).max(1) {
            let one = ours.get(row).map_or("–", String::as_str);
            let other = ptv.get(row).map_or("–", String::as_str);
            let (one, other) = around(one, other);
            let path = if row == 0 { format!("  {}", cell(difference, "path")) } else { String::new() };
            rows.push(vec![plain(path), (one, Tint::Good), (other, Tint::Bad)]);
        }
    }
    output.table(&["  path", "ours", "PTV"], &rows)
}

/// Two values cut to where they begin to differ.
fn around(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let cut = |text: &str| {
        let count = text.chars().count();
        if count <= SHOWN {
            return text.to_owned();
        }
        let from = same.saturating_sub(BEFORE).min(count - SHOWN);
        let shown: String = text.chars().skip(from).take(SHOWN).collect();
        let (start, end) = (if from > 0 { "…" } else { "" }, if from + SHOWN < count { "…" } else { "" });
        format!("{start}{shown}{end}")
    };
    (cut(one), cut(other))
}

#[cfg(test)]
mod tests {
    use super::{SHOWN, around};

    #[test]
    fn long_values_are_cut_where_they_differ() {
        let same = "sama teksti ".repeat(20);
        let (one, other) = around(&format!("{same}yksi"), &format!("{same}kaksi"));
        assert!(one.ends_with("yksi") && other.ends_with("kaksi"), "{one} {other}");
        assert!(one.starts_with('…') && one.chars().count() <= SHOWN + 2);
        assert_eq!(around("a", "b"), ("a".to_owned(), "b".to_owned()));
    }
}
