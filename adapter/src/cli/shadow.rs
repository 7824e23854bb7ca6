//! `silta ptv shadow`: both versions of PTV's interface side by side, and what version 12 will not take.

use std::io;

use serde_json::Value;

use super::output::{Output, cell};
use super::ptv::TenantArgs;
use super::{FINE, Failure, PROBLEM};
use crate::control::Command;

/// Objects and records that are listed; all are counted.
const LISTED: usize = 40;

pub(super) async fn shadow(args: TenantArgs, output: &mut Output) -> Result<u8, Failure> {
    let TenantArgs { place, tenant, json } = args;
    let answer = place.ask(&Command::PtvShadow { tenant }).await?;
    let all = |value: &Value, member: &str| value.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let comparison = answer.get("comparison").cloned().unwrap_or_default();
    let clean = comparison.is_null() || answer.get("clean") == Some(&Value::Bool(true));
    let failed = answer.get("failed").and_then(Value::as_str);
    let code = if clean && failed.is_none() { FINE } else { PROBLEM };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    let items = all(&comparison, "items");
    let (odd, known): (Vec<&Value>, Vec<&Value>) = items
        .iter()
        .partition(|item| !matches!(cell(item, "standing").as_str(), "expected" | "draft" | "equal" | "archived"));
    for item in odd.iter().take(LISTED) {
        show(item, output)?;
    }
    if !known.is_empty() {
        output.line(&format!(
            "{} more differ only in what the versions say differently (--json names them)",
            known.len()
        ))?;
    }
    match (failed, comparison.is_null()) {
        (Some(reason), _) => output.line(&format!("The versions could not be compared: {reason}"))?,
        (None, true) => output.line("The versions are not compared: tenants.ptv.v12 is not configured.")?,
        (None, false) => {
            let counts = comparison.get("counts").and_then(Value::as_object).cloned().unwrap_or_default();
            let counts: Vec<String> = counts.iter().map(|(standing, count)| format!("{count} {standing}")).collect();
            output.line(&format!("Compared in both versions: {}", counts.join(", ")))?;
        }
    }
    let coming = all(&answer, "willNotPass");
    for record in coming.iter().take(LISTED) {
        let name = record.get("name").and_then(Value::as_str).unwrap_or_default();
        let line = format!("{} {} \u{201c}{name}\u{201d}", cell(record, "kind"), cell(record, "code"));
        output.line(&crate::telemetry::safe(&line).to_string())?;
        // What is said of several languages alike is said once.
        let lines =
            all(record, "findings").into_iter().map(|it| format!("  {}: {}", cell(&it, "field"), cell(&it, "en")));
        let mut lines: Vec<String> = lines.collect();
        lines.dedup();
        for line in lines {
            output.line(&crate::telemetry::safe(&line).to_string())?;
        }
    }
    let versions = answer.get("versions").cloned().unwrap_or_default();
    output.line(&format!("{} records hold what version 12 would refuse or lose.", cell(&versions, "willNotPass")))?;
    let refused = versions.get("refused").and_then(Value::as_str);
    let refused = refused.map(|why| format!("; not moved: {why}")).unwrap_or_default();
    output.line(&format!("Read: {}. Written: {}{refused}.", cell(&versions, "read"), cell(&versions, "write")))?;
    Ok(code)
}

fn show(item: &Value, output: &mut Output) -> io::Result<()> {
    let line = format!("{} {}: {}", cell(item, "kind"), cell(item, "code"), word(&cell(item, "standing")));
    output.line(&crate::telemetry::safe(&line).to_string())?;
    if let Some(told) = item.get("v11").and_then(Value::as_str) {
        output.line(&format!("  version 11 says: {told}"))?;
    }
    for difference in item.get("differences").and_then(Value::as_array).into_iter().flatten() {
        if difference.get("expected").is_some() {
            continue;
        }
        let lines = |side: &str| -> String {
            let all = difference.get(side).and_then(Value::as_array).into_iter().flatten();
            all.filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        };
        let line = format!("  {}: {} ≠ {}", cell(difference, "path"), lines("ours"), lines("ptv"));
        output.line(&crate::telemetry::safe(&line).to_string())?;
    }
    Ok(())
}

fn word(standing: &str) -> &str {
    match standing {
        "unexpected" => "differs",
        "pending" => "on its way to version 12",
        "notTransferred" => "not transferred to version 12",
        "onlyV11" => "only in version 11",
        "onlyV12" => "only in version 12",
        other => other,
    }
}
