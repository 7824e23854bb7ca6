//! `silta messages …`: orders of letters by id and state; what is in them stays sealed. How one is sent stands beside.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::output::{Output, Tint, cell, plain};
use super::place::Found;
use super::send::{self, SendArgs};
use super::show::{self, ShowArgs};
use super::{FINE, Failure, PROBLEM, Place, Scope};
use crate::control::{Command, OperatorError, reads};
use crate::store::Store;

/// So many letters are shown one by one.
const FEW: usize = 20;

#[derive(Debug, Subcommand)]
pub(super) enum MessagesCommand {
    /// Send letters by an order in a file. Exit code 1 when it is refused, with everything that is wrong with it.
    #[command(after_help = super::send::EXAMPLE)]
    Send(SendArgs),
    /// How far an order has come, by our id. Exit code 1 when it is unknown, or a letter failed, is parked, or came back.
    #[command(after_help = "Example: silta messages status 0193a2f0-6c1e-7cc3-98c4-dc0c0c07398f --data silta-data")]
    Status(StatusArgs),
    /// One letter with its course: records, calls with their trace ids, events. Exit code 1 when it is unknown, failed, is
    /// parked, or came back.
    #[command(after_help = "Example: silta messages show 0193a2f0-6c1e-7cc3-98c4-dc0c0c07398f --data silta-data")]
    Show(ShowArgs),
    /// Orders, oldest first.
    #[command(after_help = "Example: silta messages list --data silta-data --tenant turku --limit 20")]
    List(ListArgs),
    /// Try parked letters again, under the same external ids: the recipient gets each of them once.
    #[command(
        after_help = "Example: silta messages retry --all --tenant turku --reason \"Viestit is back\" --data silta-data"
    )]
    Retry(DecideArgs),
    /// Give parked letters up: they have failed, for good, with the reason `abandoned`.
    #[command(
        after_help = "Example: silta messages abandon 0193a2f0-6c1e-7cc3-98c4-dc0c0c07398f --reason \"sent by post\" --data silta-data"
    )]
    Abandon(DecideArgs),
    /// Change the password of the system account; what shares the account goes on with the new one.
    #[command(after_help = "Example: silta messages rotate-password --tenant turku --data silta-data")]
    RotatePassword(RotateArgs),
    /// Events of Suomi.fi Messages that are about no letter of ours, and messages of end users that are for nobody: kind,
    /// time and service. Exit code 1 when there are any.
    #[command(after_help = "Example: silta messages events --unmatched --data silta-data")]
    Events(EventsArgs),
}

#[derive(Args, Debug)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant whose account it is; needed where several send letters.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct DecideArgs {
    /// Letters or orders, by their ids; of an order, the parked letters.
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    #[command(flatten)]
    scope: Scope,
    /// Everything that is parked of the tenant.
    #[arg(long, requires = "tenant", conflicts_with = "ids")]
    all: bool,
    /// Why, for the message log. It stays there: name nobody.
    #[arg(long, value_name = "TEXT")]
    reason: String,
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
    scope: Scope,
    /// Show each letter, however many there are.
    #[arg(long)]
    letters: bool,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    scope: Scope,
    /// Begin after this order.
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// How many at most.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

pub(super) async fn run(command: MessagesCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        MessagesCommand::Send(args) => send::send(args, output).await,
        MessagesCommand::Status(args) => status(args, output).await,
        MessagesCommand::Show(args) => show::show(args, output).await,
        MessagesCommand::List(args) => list(args, output).await,
        MessagesCommand::Retry(args) => decide("retry", args, output).await,
        MessagesCommand::Abandon(args) => decide("abandon", args, output).await,
        MessagesCommand::RotatePassword(args) => rotate(args, output).await,
        MessagesCommand::Events(args) => events(args, output).await,
    }
}

async fn rotate(args: RotateArgs, output: &mut Output) -> Result<u8, Failure> {
    let RotateArgs { place, tenant, json } = args;
    let answer = place.ask(&Command::MessagesRotatePassword { tenant, person: person() }).await?;
    if json {
        output.json(&answer)?;
    } else {
        let tenants = answer.get("tenants").and_then(Value::as_array).into_iter().flatten();
        let tenants: Vec<&str> = tenants.filter_map(Value::as_str).collect();
        output.line(&format!("the password was changed; in use by {}", tenants.join(", ")))?;
    }
    Ok(FINE)
}

/// What was decided is done when this returns; a retried letter goes out after that. Exit code 1 when nothing was parked.
async fn decide(decision: &str, args: DecideArgs, output: &mut Output) -> Result<u8, Failure> {
    let DecideArgs { ids, scope: Scope { place, tenant, json }, all, reason } = args;
    let retries = decision == "retry";
    let decision = decision.to_owned();
    let answer = place.ask(&Command::MessagesDecide { tenant, decision, ids, all, reason, person: person() }).await?;
    let done = answer.get("done").and_then(Value::as_u64).unwrap_or_default();
    if json {
        output.json(&answer)?;
    } else {
        let rest = answer.get("notParked").and_then(Value::as_u64).unwrap_or_default();
        output.line(&decided(retries, done, rest))?;
    }
    Ok(if done == 0 { PROBLEM } else { FINE })
}

/// What was done, in words.
fn decided(retries: bool, done: u64, rest: u64) -> String {
    let left = match rest {
        0 => String::new(),
        1 => "; 1 is left as it is, because it is not parked".to_owned(),
        _ => format!("; {rest} are left as they are, because they are not parked"),
    };
    match (done, rest) {
        (0, 0) => "nothing is parked; nothing was changed".to_owned(),
        (0, 1) => "the letter is not parked; nothing was changed".to_owned(),
        (0, _) => format!("none of the {rest} letters is parked; nothing was changed"),
        (1, _) if retries => format!("1 letter is tried again{left}"),
        (1, _) => format!("1 letter is given up{left}"),
        _ if retries => format!("{done} letters are tried again{left}"),
        _ => format!("{done} letters are given up{left}"),
    }
}

/// The system's user who asks, also through sudo; the number where there is no name.
pub(super) fn person() -> String {
    use std::os::unix::fs::MetadataExt as _;
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let own = std::fs::metadata("/proc/self");
        own.map_or_else(|_| "unknown".to_owned(), |own| format!("uid-{}", own.uid()))
    })
}

async fn status(args: StatusArgs, output: &mut Output) -> Result<u8, Failure> {
    let StatusArgs { id, scope: Scope { place, tenant, json }, letters: each } = args;
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
        let shown = shown(&letters, each);
        if shown.len() < letters.len() {
            let rows =
                states(&order).map(|(state, count)| vec![(state.to_owned(), tint(state)), plain(count.to_string())]);
            output.table(&["state", "letters"], &rows.collect::<Vec<_>>())?;
        }
        let rows: Vec<_> = shown
            .iter()
            .map(|letter| {
                let state = cell(letter, "state");
                let tint = tint(&state);
                let mut row = vec![plain(cell(letter, "id")), (state, tint)];
                row.extend(["channel", "attempts", "changedAt", "reason"].map(|member| plain(cell(letter, member))));
                row
            })
            .collect();
        if !rows.is_empty() {
            output.table(&["letter", "state", "channel", "attempts", "changed", "reason"], &rows)?;
        }
        if shown.len() < letters.len() {
            output.line(&format!("{} of {} letters shown; --letters shows all", shown.len(), letters.len()))?;
        }
    }
    Ok(if troubled { PROBLEM } else { FINE })
}

async fn list(args: ListArgs, output: &mut Output) -> Result<u8, Failure> {
    let ListArgs { scope: Scope { place, tenant, json }, after, limit } = args;
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
            let mut row: Vec<_> = ["id", "tenant", "acceptedAt"].map(|member| plain(cell(order, member))).into();
            row.push(plain(states(order).map(|(_, count)| count).sum::<u64>().to_string()));
            let bad = states(order).any(|(state, _)| tint(state) == Tint::Bad);
            let named: Vec<String> = states(order).map(|(state, count)| format!("{state} {count}")).collect();
            row.push((named.join(", "), if bad { Tint::Bad } else { Tint::Plain }));
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

/// How many letters an order has in each state.
pub(super) fn states(order: &Value) -> impl Iterator<Item = (&str, u64)> {
    let states = order.get("states").and_then(Value::as_object).into_iter().flatten();
    states.map(|(state, count)| (state.as_str(), count.as_u64().unwrap_or_default()))
}

/// Few letters are shown each; of many, those that need a person come first, and no more than a screen of them.
fn shown(letters: &[Value], each: bool) -> Vec<Value> {
    if each || letters.len() <= FEW {
        return letters.to_vec();
    }
    let troubled = letters.iter().filter(|letter| tint(&cell(letter, "state")) == Tint::Bad);
    troubled.take(FEW).cloned().collect()
}

pub(super) fn letters(order: &Value) -> Vec<Value> {
    order.get("letters").and_then(Value::as_array).cloned().unwrap_or_default()
}

pub(super) fn tint(state: &str) -> Tint {
    match state {
        "delivered" | "read" | "confirmed" | "submitted" | "sent-to-print" => Tint::Good,
        "failed" | "parked" | "returned" | "unresolved" => Tint::Bad,
        "cancelled" => Tint::Plain,
        _ => Tint::Wait,
    }
}

#[cfg(test)]
mod tests {
    use super::decided;

    #[test]
    fn a_decision_says_how_many_letters_it_was_about() {
        for (retries, done, rest, said) in [
            (true, 0, 0, "nothing is parked; nothing was changed"),
            (false, 0, 1, "the letter is not parked; nothing was changed"),
            (true, 0, 3, "none of the 3 letters is parked; nothing was changed"),
            (true, 1, 0, "1 letter is tried again"),
            (false, 2, 1, "2 letters are given up; 1 is left as it is, because it is not parked"),
            (true, 5, 2, "5 letters are tried again; 2 are left as they are, because they are not parked"),
        ] {
            assert_eq!(decided(retries, done, rest), said);
        }
    }
}
