//! `silta messages show`: one letter with its course, for whoever asks the support of Suomi.fi Messages about it.

use clap::Args;
use serde_json::Value;

use super::messages::{letters, tint};
use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Scope};
use crate::control::Command;
use crate::telemetry::safe;

#[derive(Args, Debug)]
pub(super) struct ShowArgs {
    /// A letter, or an order of few letters, by our id.
    id: String,
    #[command(flatten)]
    scope: Scope,
}

pub(super) async fn show(args: ShowArgs, output: &mut Output) -> Result<u8, Failure> {
    let ShowArgs { id, scope: Scope { place, tenant, json } } = args;
    let order = place.ask(&Command::MessagesShow { tenant, id }).await?;
    let letters = letters(&order);
    let troubled = letters.iter().any(|letter| tint(&cell(letter, "state")) == Tint::Bad);
    if json {
        output.json(&order)?;
        return Ok(if troubled { PROBLEM } else { FINE });
    }
    members(&order, &[("order", "id"), ("tenant", "tenant"), ("client", "client"), ("orderId", "orderId")], output)?;
    members(&order, &[("acceptedAt", "acceptedAt")], output)?;
    for letter in &letters {
        output.line("")?;
        members(letter, &[("letter", "id"), ("recipient", "recipient"), ("externalId", "externalId")], output)?;
        members(letter, &[("messageId", "messageId"), ("state", "state"), ("channel", "channel")], output)?;
        members(letter, &[("attempts", "attempts"), ("reason", "reason")], output)?;
        let steps = letter.get("course").and_then(Value::as_array).into_iter().flatten();
        let row = |step: &Value| {
            ["at", "source", "what", "traceId", "by", "reason"].map(|member| plain(cell(step, member))).into()
        };
        let rows: Vec<_> = steps.map(row).collect();
        output.table(&["time", "who says so", "what", "trace id", "by", "why"], &rows)?;
    }
    Ok(if troubled { PROBLEM } else { FINE })
}

fn members(value: &Value, named: &[(&str, &str)], output: &mut Output) -> Result<(), Failure> {
    for (name, member) in named {
        output.line(&format!("{name:<10}  {}", safe(&cell(value, member))))?;
    }
    Ok(())
}
