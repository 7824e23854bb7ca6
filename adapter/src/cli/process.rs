//! `silta status`, `reload`, `shutdown`: the running process itself.

use clap::Args;
use serde_json::Value;

use super::output::{Output, plain};
use super::{FINE, Failure, Place};
use crate::control::Command;

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn status(args: StatusArgs, output: &mut Output) -> Result<u8, Failure> {
    let status = args.place.ask(&Command::Status {}).await?;
    if args.json {
        output.json(&status)?;
        return Ok(FINE);
    }
    let mut rows = Vec::new();
    flatten("", &status, &mut rows);
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![plain(name), plain(value)]).collect();
    output.table(&["what", "value"], &rows)?;
    Ok(FINE)
}

pub(super) async fn reload(args: StatusArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::Reload {}).await?;
    let changed = answer.get("changed").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut text = "Everything was read again; nothing has changed.".to_owned();
    if !changed.is_empty() {
        let changed: Vec<&str> = changed.iter().filter_map(Value::as_str).collect();
        text = format!("In force now:\n{}", changed.join("\n"));
    }
    done(&answer, args.json, &text, output)
}

pub(super) async fn shutdown(args: StatusArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::Shutdown {}).await?;
    done(&answer, args.json, "The process finishes what it has begun and ends.", output)
}

fn done(answer: &Value, json: bool, text: &str, output: &mut Output) -> Result<u8, Failure> {
    if json {
        output.json(answer)?;
    } else {
        output.line(text)?;
    }
    Ok(FINE)
}

/// Nested members to rows with dotted names.
fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(&below(name), value, rows);
            }
        }
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let items: Vec<String> = items.iter().map(plain_text).collect();
            rows.push((path.to_owned(), items.join(", ")));
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{path}[{index}]"), item, rows);
            }
        }
        other => rows.push((path.to_owned(), plain_text(other))),
    }
}

fn plain_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
