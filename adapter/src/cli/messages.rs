//! `silta messages …`: orders of letters by id and state; what is in them stays sealed.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::output::{Output, Tint, cell, plain};
use super::place::Found;
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::{Command, OperatorError, reads};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum MessagesCommand {
    /// How far an order has come, by our id. Exit code 1 when it is unknown, or a letter failed, is parked, or came back.
    #[command(after_help = "Example: silta messages status 0193a2f0-6c1e-7cc3-98c4-dc0c0c07398f --data silta-data")]
    Status(StatusArgs),
    /// Orders, oldest first.
    #[command(after_help = "Example: silta messages list --data silta-data --tenant turku --limit 20")]
    List(ListArgs),
    /// Events of Suomi.fi Messages that are about no letter of ours, and messages of end users that are for nobody: kind,
    /// time and service. Exit code 1 when there are any.
    #[command(after_help = "Example: silta messages events --unmatched --data silta-data")]
    Events(EventsArgs),
}

#[derive(Args, Debug)]
pub(super) struct EventsArgs {
    #[command(flatten)]
    place: Place,
    /// Those that found no letter; the others are told to their senders.
    #[arg(long, required = true)]
    unmatched: bool,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    /// The id that sendMessage answered with.
    id: String,
    #[command(flatten)]
    place: Place,
    /// The tenant; without it, all are searched.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    place: Place,
    /// One tenant only.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Begin after this order.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: MessagesCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        MessagesCommand::Status(args) => status(args, output).await,
        MessagesCommand::List(args) => list(args, output).await,
        MessagesCommand::Events(args) => events(args, output).await,
    }
}

async fn status(args: StatusArgs, output: &mut Output) -> Result<u8, Failure> {
    let StatusArgs { id, place, tenant, json } = args;
    let found = place.find()?;
    let command = Command::MessageStatus { tenant: tenant.clone(), id: id.clone() };
    let order = if let Some(order) = found.ask(&command).await? {
        order
    } else {
        let store = found.store().await?;
        let answer = match tenants(&found, &store, tenant).await {
            Ok(tenants) => reads::message_status(&store, &tenants, &id).await,
            Err(error) => Err(error),
        };
        store.close().await;
        answer?
    };
    let letters = letters(&order);
    let troubled = letters.iter().any(|letter| tint(&cell(letter, "state")) == Tint::Bad);
    if json {
        output.json(&order)?;
    } else {
        for member in ["id", "tenant", "client", "orderId", "acceptedAt"] {
            let text = cell(&order, member);
            output.line(&format!("{member:<10}  {}", crate::telemetry::safe(&text)))?;
        }
        let rows: Vec<_> = letters
            .iter()
            .map(|letter| {
                let state = cell(letter, "state");
                let tint = tint(&state);
                let mut row = vec![plain(cell(letter, "id")), (state, tint)];
                row.extend(["channel", "attempts", "changedAt", "reason"].map(|member| plain(cell(letter, member))));
                row
            })
            .collect();
        output.table(&["letter", "state", "channel", "attempts", "changed", "reason"], &rows)?;
    }
    Ok(if troubled { PROBLEM } else { FINE })
}

async fn list(args: ListArgs, output: &mut Output) -> Result<u8, Failure> {
    let ListArgs { place, tenant, after, limit, json } = args;
    let found = place.find()?;
    let command = Command::Messages { tenant: tenant.clone(), after: after.clone(), limit };
    let page = if let Some(page) = found.ask(&command).await? {
        page
    } else {
        let store = found.store().await?;
        let answer = match tenants(&found, &store, tenant).await {
            Ok(tenants) => reads::messages(&store, &tenants, after.as_deref(), limit).await,
            Err(error) => Err(error),
        };
        store.close().await;
        answer?
    };
    if json {
        output.json(&page)?;
        return Ok(FINE);
    }
    let orders = page.get("messages").and_then(Value::as_array).cloned().unwrap_or_default();
    let rows: Vec<_> = orders
        .iter()
        .map(|order| {
            let letters = letters(order);
            let mut states: Vec<String> = letters.iter().map(|letter| cell(letter, "state")).collect();
            states.sort();
            states.dedup();
            let worst = states.iter().map(|state| tint(state)).find(|tint| *tint == Tint::Bad).unwrap_or(Tint::Plain);
            let mut row: Vec<_> = ["id", "tenant", "acceptedAt"].map(|member| plain(cell(order, member))).into();
            row.push(plain(letters.len().to_string()));
            row.push((states.join(", "), worst));
            row
        })
        .collect();
    output.table(&["id", "tenant", "accepted", "letters", "states"], &rows)?;
    if let Some(next) = page.get("next").and_then(Value::as_str) {
        output.line(&format!("More follow: --after {next}"))?;
    }
    Ok(FINE)
}

async fn events(args: EventsArgs, output: &mut Output) -> Result<u8, Failure> {
    let EventsArgs { place, unmatched: _, limit, json } = args;
    let found = place.find()?;
    let page = if let Some(page) = found.ask(&Command::UnmatchedEvents { limit }).await? {
        page
    } else {
        let store = found.store().await?;
        let answer = match tenants(&found, &store, None).await {
            Ok(tenants) => reads::unmatched_events(&store, &tenants, limit).await,
            Err(error) => Err(error),
        };
        store.close().await;
        answer?
    };
    let events = page.get("events").and_then(Value::as_array).cloned().unwrap_or_default();
    if json {
        output.json(&page)?;
    } else if events.is_empty() {
        output.line("Every event has found its letter.")?;
    } else {
        let row = |event: &Value| ["time", "kind", "service"].map(|member| plain(cell(event, member))).into();
        let rows: Vec<_> = events.iter().map(row).collect();
        output.table(&["time", "kind", "service"], &rows)?;
    }
    Ok(if events.is_empty() { FINE } else { PROBLEM })
}

/// The tenants to search while no process runs: the one given, those of the configuration, or those of the log.
async fn tenants(found: &Found, store: &Store, given: Option<String>) -> Result<Vec<String>, OperatorError> {
    match (given, found.tenants()) {
        (Some(tenant), Some(known)) if !known.contains(&tenant) => {
            Err(OperatorError::usage(format!("tenant {tenant:?} is not configured")))
        }
        (Some(tenant), _) => Ok(vec![tenant]),
        (None, Some(known)) => Ok(known),
        (None, None) => reads::tenants_of_log(store).await,
    }
}

fn letters(order: &Value) -> Vec<Value> {
    order.get("letters").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn tint(state: &str) -> Tint {
    match state {
        "delivered" | "read" | "confirmed" | "submitted" | "sent-to-print" => Tint::Good,
        "failed" | "parked" | "returned" | "unresolved" => Tint::Bad,
        "cancelled" => Tint::Plain,
        _ => Tint::Wait,
    }
}
