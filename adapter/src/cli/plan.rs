//! `silta ptv plan` and `silta ptv apply`: what would be sent to PTV, field by field, and its sending.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::{Command, SavedStep};
use crate::world::World;

/// The longest text of a change on a line, in characters.
const SHORT: usize = 60;
/// Fields of one record that are shown; `--json` has all.
const FIELDS: usize = 12;
/// How often the progress is asked for.
const ASK_EVERY: Duration = Duration::from_millis(200);
/// Reasons that an apply shows.
const REASONS: usize = 10;

#[derive(Args, Debug)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Only records of this kind: organisation, channel, servicePoint, service, connections or collection.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Only the record of this code (koodi).
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Save the plan here, for `silta ptv apply --plan`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ApplyArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Do what this saved plan says and nothing else; what would be sent otherwise now is left out.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Let go what the stop-loss holds: many archivings, or many connection sets emptied.
    #[arg(long)]
    allow_removals: bool,
    /// Wait at most so many seconds for the work to be done, 0 not at all; exit code 1 when it is not. Without it, as long as it takes.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn plan(args: PlanArgs, output: &mut Output) -> Result<u8, Failure> {
    let PlanArgs { place, tenant, kind, code, out, json } = args;
    let mut answer = place.ask(&Command::PtvPlan { tenant }).await?;
    let wanted = |step: &Value, member: &str, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|wanted| step.get(member).and_then(Value::as_str) == Some(wanted))
    };
    if kind.is_some() || code.is_some() {
        narrow(&mut answer, |step| wanted(step, "kind", &kind) && wanted(step, "code", &code));
    }
    if let Some(file) = &out {
        let text = format!("{:#}\n", saved(&answer));
        std::fs::write(file, text).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    }
    show(&answer, json, output)
}

/// Only some of the steps, and what these come to.
fn narrow(answer: &mut Value, keep: impl Fn(&Value) -> bool) {
    let Some(members) = answer.as_object_mut() else { return };
    let mut acts = serde_json::Map::new();
    let mut calls = 0;
    if let Some(Value::Array(steps)) = members.get_mut("steps") {
        steps.retain(|step| keep(step));
        for step in steps.iter() {
            calls += step.get("calls").and_then(Value::as_u64).unwrap_or_default();
            let count = acts.entry(cell(step, "act")).or_insert_with(|| json!(0));
            *count = json!(count.as_u64().unwrap_or_default() + 1);
        }
    }
    let pace = members.get("pacePerSecond").and_then(Value::as_u64).unwrap_or(1).max(1);
    members.insert("acts".into(), acts.into());
    members.insert("calls".into(), calls.into());
    members.insert("seconds".into(), calls.div_ceil(pace).into());
}

fn steps(answer: &Value) -> &[Value] {
    answer.get("steps").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn act(step: &Value) -> &str {
    step.get("act").and_then(Value::as_str).unwrap_or_default()
}

/// What a plan's file holds: whose it is, when and of what it was made, and the steps that do something.
fn saved(answer: &Value) -> Value {
    let does = |step: &&Value| ["create", "update", "archive", "afterOthers", "held"].contains(&act(step));
    let kept = steps(answer).iter().filter(does).map(|step| {
        let mut kept = serde_json::Map::new();
        for member in ["kind", "code", "act", "digest"] {
            kept.extend(step.get(member).map(|value| (member.to_owned(), value.clone())));
        }
        Value::Object(kept)
    });
    json!({
        "tenant": answer.get("tenant"), "made": answer.get("made"), "sequence": answer.get("sequence"),
        "steps": kept.collect::<Vec<_>>(),
    })
}

fn show(answer: &Value, json: bool, output: &mut Output) -> Result<u8, Failure> {
    let steps = steps(answer);
    let troubled = steps.iter().any(|step| ["withheld", "held"].contains(&act(step)));
    let code = if troubled { PROBLEM } else { FINE };
    if json {
        output.json(answer)?;
        return Ok(code);
    }
    let (mut rows, mut details) = (Vec::new(), Vec::new());
    for step in steps.iter().filter(|step| act(step) != "unchanged") {
        let tint = match act(step) {
            "withheld" | "held" => Tint::Bad,
            "afterOthers" | "leftOut" => Tint::Wait,
            _ => Tint::Good,
        };
        // What only version 12 will not take hinders nothing today: it is counted below.
        let today = |it: &&Value| !cell(it, "rule").starts_with("v12-");
        let first = step.get("findings").and_then(Value::as_array).and_then(|all| all.iter().find(today));
        let finding = first.map(|it| format!("{} {}", cell(it, "field"), cell(it, "rule"))).unwrap_or_default();
        rows.push(vec![
            plain(cell(step, "kind")),
            plain(cell(step, "code")),
            (act(step).to_owned(), tint),
            plain(finding),
        ]);
        details.push(detail(step));
    }
    if !rows.is_empty() {
        output.table_with(&["kind", "code", "act", "first finding"], &rows, &details)?;
    }
    output.line(&format!("{} records, {} of them to change or withheld", steps.len(), rows.len()))?;
    output.line(&cost(answer))?;
    let coming = |it: &Value| cell(it, "rule").starts_with("v12-");
    let coming =
        |step: &&Value| step.get("findings").and_then(Value::as_array).is_some_and(|all| all.iter().any(coming));
    let coming = steps.iter().filter(coming).count();
    if coming > 0 {
        output.line(&format!("{coming} of them hold what PTV v12 will not take in spring 2027: `silta ptv shadow`"))?;
    }
    let held = steps.iter().filter(|step| act(step) == "held").count();
    if held > 0 {
        output.line(&format!("{held} removals are held. Let them go with `silta ptv apply --allow-removals`"))?;
    }
    Ok(code)
}

/// Why a step has not got through, and the fields that it changes.
fn detail(step: &Value) -> Vec<Vec<(String, Tint)>> {
    let mut lines = Vec::new();
    if let Some(reason) = step.get("reason").and_then(Value::as_str) {
        lines.push(vec![(reason.to_owned(), Tint::Bad)]);
    }
    let changes = step.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let side = |change: &Value, member: &str| change.get(member).map(told).unwrap_or_default();
    for change in changes.iter().take(FIELDS) {
        let path = cell(change, "path");
        let (before, after) = shorten(&side(change, "before"), &side(change, "after"));
        let is_new = change.get("before").is_none_or(Value::is_null);
        let mut line = plain_line(&format!("{path}: "));
        if !is_new {
            line.push((before, Tint::Bad));
            line.push(plain(" → "));
        }
        line.push((after, Tint::Good));
        lines.push(line);
    }
    if changes.len() > FIELDS {
        lines.push(plain_line(&format!("… and {} fields more", changes.len() - FIELDS)));
    }
    lines
}

fn plain_line(text: &str) -> Vec<(String, Tint)> {
    vec![plain(text)]
}

/// A value as a person reads it.
fn told(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(told).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// Long texts from a little before where they begin to differ.
fn shorten(before: &str, after: &str) -> (String, String) {
    let same = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let longest = before.chars().count().max(after.chars().count());
    let skipped = if longest <= SHORT { 0 } else { same.saturating_sub(SHORT / 3) };
    let cut = |text: &str| {
        let left = text.chars().count().saturating_sub(skipped);
        let head = if skipped > 0 { "…" } else { "" };
        let tail = if left > SHORT { "…" } else { "" };
        format!("{head}{}{tail}", text.chars().skip(skipped).take(SHORT).collect::<String>())
    };
    (cut(before), cut(after))
}

/// The calls and the time that they take.
fn cost(answer: &Value) -> String {
    let number = |member: &str| answer.get(member).and_then(Value::as_u64).unwrap_or_default();
    match number("calls") {
        0 => "0 calls: PTV is what the catalogue says, as far as it may be sent.".to_owned(),
        calls => {
            let (seconds, pace) = (number("seconds"), number("pacePerSecond"));
            let time = if seconds >= 120 { format!("{} min", seconds.div_ceil(60)) } else { format!("{seconds} s") };
            format!("{calls} call{} to PTV, about {time} at {pace} a second", if calls == 1 { "" } else { "s" })
        }
    }
}

pub(super) async fn apply(args: ApplyArgs, output: &mut Output) -> Result<u8, Failure> {
    let ApplyArgs { place, tenant, plan, allow_removals, wait, json } = args;
    let steps = plan.map(|file| read(&file, &tenant)).transpose()?;
    let asking = place.ask(&Command::PtvApply { tenant: tenant.clone(), steps, allow_removals }).await?;
    let number = |of: &Value, member: &str| of.get(member).and_then(Value::as_u64).unwrap_or_default();
    let asked = number(&asking, "asked");
    let world = World::system();
    let until = wait.map(|seconds| world.elapsed() + Duration::from_secs(seconds));
    let (status, done) = loop {
        let status = place.ask(&Command::PtvStatus { tenant: Some(tenant.clone()) }).await?;
        let status = status.get(&tenant).cloned().unwrap_or_default();
        let left = number(&status, "waiting").saturating_sub(number(&status, "unasked"));
        if left == 0 || status.get("stopped").is_some() || until.is_some_and(|until| world.elapsed() >= until) {
            break (status, left == 0);
        }
        output.progress(&bar(asked, left))?;
        tokio::time::sleep(ASK_EVERY).await;
    };
    output.progress("")?;
    let changed: Vec<String> = changed(&asking, &status);
    let troubled = ["parked", "held"].iter().any(|member| number(&status, member) > 0);
    let in_time = done || wait == Some(0);
    let fine = in_time && !troubled && changed.is_empty() && status.get("stopped").is_none();
    let code = if fine { FINE } else { PROBLEM };
    if json {
        output.json(&json!({ "asked": asking, "done": done, "changedSincePlan": changed, "status": status }))?;
        return Ok(code);
    }
    report(&asking, &status, &changed, done, output)?;
    Ok(code)
}

fn report(asking: &Value, status: &Value, changed: &[String], done: bool, output: &mut Output) -> Result<(), Failure> {
    let number = |of: &Value, member: &str| of.get(member).and_then(Value::as_u64).unwrap_or_default();
    let asked = number(asking, "asked");
    let left = number(status, "waiting").saturating_sub(number(status, "unasked"));
    output.line(&match (asked, done) {
        (0, _) => "Nothing to send.".to_owned(),
        (_, true) => format!("{asked} asked for, all of them settled"),
        (_, false) => format!("{asked} asked for, {left} wait; they go on by themselves"),
    })?;
    if number(asking, "done") > 0 {
        output.line(&format!("{} steps of the plan were done already", number(asking, "done")))?;
    }
    for key in changed {
        output.line(&format!("changed since the plan, left out: {}", crate::telemetry::safe(key)))?;
    }
    if let Some(stopped) = status.get("stopped").and_then(Value::as_str) {
        output.line(&format!("stopped: {}", crate::telemetry::safe(stopped)))?;
    }
    let troubles = status.get("troubles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    show_troubles(troubles, output)
}

/// Twins that did not get through, each with the reason and what resolves it.
pub(super) fn show_troubles(troubles: &[Value], output: &mut Output) -> Result<(), Failure> {
    for trouble in troubles.iter().take(REASONS) {
        let line = format!(
            "{} {} {}: {}",
            cell(trouble, "state"),
            cell(trouble, "kind"),
            cell(trouble, "code"),
            cell(trouble, "reason")
        );
        output.line(&crate::telemetry::safe(&line).to_string())?;
        for finding in trouble.get("findings").and_then(Value::as_array).into_iter().flatten() {
            let line = format!("    {}: {}", cell(finding, "field"), cell(finding, "en"));
            output.line(&crate::telemetry::safe(&line).to_string())?;
        }
    }
    if troubles.len() > REASONS {
        output.line("… and more: `silta ptv status --json` has them")?;
    }
    Ok(())
}

/// What was left out when it was asked for, and what a newer revision has overtaken since.
fn changed(asking: &Value, status: &Value) -> Vec<String> {
    let before = asking.get("changed").and_then(Value::as_array).into_iter().flatten();
    let before = before.filter_map(Value::as_str).map(str::to_owned);
    let troubles = status.get("troubles").and_then(Value::as_array).into_iter().flatten();
    let overtaken = troubles.filter(|it| cell(it, "reason").starts_with("changed since the plan"));
    before.chain(overtaken.map(|it| format!("{}/{}", cell(it, "kind"), cell(it, "code")))).collect()
}

fn bar(asked: u64, left: u64) -> String {
    const WIDTH: u64 = 30;
    let all = asked.max(left).max(1);
    let done = all - left;
    let full = usize::try_from(done * WIDTH / all).unwrap_or_default();
    let empty = usize::try_from(WIDTH).unwrap_or_default() - full;
    format!("[{}{}] {done} of {all}", "#".repeat(full), ".".repeat(empty))
}

/// A saved plan of this tenant's.
fn read(file: &std::path::Path, tenant: &str) -> Result<Vec<SavedStep>, Failure> {
    #[derive(serde::Deserialize)]
    struct Saved {
        tenant: String,
        steps: Vec<SavedStep>,
    }
    let wrong = |what: String| Failure::usage(format!("--plan {}: {what}", file.display()));
    let text = std::fs::read(file).map_err(|error| wrong(error.to_string()))?;
    let saved: Saved = serde_json::from_slice(&text)
        .map_err(|error| wrong(format!("no plan that `silta ptv plan --out` has saved: {error}")))?;
    if saved.tenant != tenant {
        return Err(wrong(format!("it is a plan of tenant {:?}", saved.tenant)));
    }
    Ok(saved.steps)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{bar, narrow, saved, shorten, told};

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let long = "Uimahalli on avoinna joka päivä. ".repeat(10);
        let (before, after) = shorten(&format!("{long}Liput kassalta."), &format!("{long}Liput verkosta."));
        assert_eq!((before.chars().next(), after.chars().next()), (Some('…'), Some('…')));
        assert!(before.ends_with("Liput kassalta.") && after.ends_with("Liput verkosta."), "{before} {after}");
        assert_eq!(shorten("16:00:00", "18:00:00"), ("16:00:00".into(), "18:00:00".into()));
        assert_eq!(shorten("", &"x".repeat(61)).1, format!("{}…", "x".repeat(60)));
        assert_eq!(told(&json!(["fi", "sv"])), "fi, sv");
        assert_eq!(told(&json!("a\n\n b")), "a b");
        assert_eq!(told(&Value::Null), "–");
    }

    #[test]
    fn a_narrowed_plan_is_counted_anew_and_saved_without_what_does_nothing() {
        let mut answer = json!({"tenant": "t", "made": "m", "sequence": 7, "pacePerSecond": 5, "calls": 9, "steps": [
            {"kind": "service", "code": "1", "act": "create", "calls": 2},
            {"kind": "service", "code": "2", "act": "update", "calls": 1, "digest": "ab", "changes": []},
            {"kind": "channel", "code": "3", "act": "update", "calls": 6},
            {"kind": "service", "code": "4", "act": "unchanged", "calls": 0}]});
        narrow(&mut answer, |step| step["kind"] == "service");
        assert_eq!((&answer["calls"], &answer["seconds"]), (&json!(3), &json!(1)));
        assert_eq!(answer["acts"], json!({"create": 1, "update": 1, "unchanged": 1}));
        assert_eq!(
            saved(&answer),
            json!({"tenant": "t", "made": "m", "sequence": 7, "steps": [
                {"kind": "service", "code": "1", "act": "create"},
                {"kind": "service", "code": "2", "act": "update", "digest": "ab"}]})
        );
        assert_eq!(bar(4, 1), format!("[{}{}] 3 of 4", "#".repeat(22), ".".repeat(8)));
    }
}
