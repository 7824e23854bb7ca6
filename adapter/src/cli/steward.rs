//! `silta catalogue history` and `silta catalogue master`: looking back at one record, and giving it another master.

use clap::Args;
use serde_json::Value;

use super::output::{Output, cell, plain};
use super::{FINE, Failure, Place};
use crate::control::Command;

/// The record that a command is about.
#[derive(Args, Debug)]
pub(super) struct Record {
    /// Its kind: service, offer, servicePoint … or PAT's word (palvelu, palvelutarjous, palvelupiste …).
    #[arg(value_name = "KIND")]
    kind: String,
    /// Its code (koodi).
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct MasterArgs {
    #[command(flatten)]
    record: Record,
    /// The master that it gets: the one system that may change it from then on.
    #[arg(long, value_name = "NAME")]
    to: String,
}

pub(super) async fn history(args: Record, output: &mut Output) -> Result<u8, Failure> {
    let Record { kind, code, place, tenant, json } = args;
    let answer = place.ask(&Command::CatalogueHistory { tenant, kind, code }).await?;
    if json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let revisions = answer.get("revisions").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> = revisions
        .iter()
        .map(|it| ["revision", "state", "at", "by", "master"].map(|member| plain(cell(it, member))).to_vec())
        .collect();
    output.table(&["revision", "state", "at", "by", "master"], &rows)?;
    Ok(FINE)
}

pub(super) async fn master(args: MasterArgs, output: &mut Output) -> Result<u8, Failure> {
    let MasterArgs { record: Record { kind, code, place, tenant, json }, to } = args;
    let answer = place.ask(&Command::CatalogueMaster { tenant, kind, code, to: to.clone() }).await?;
    if json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let said = match answer.get("from").and_then(Value::as_str) {
        Some(from) => format!("{to} is the master now; it was {from}. The message log has the act"),
        None => format!("{to} was the master already"),
    };
    output.line(&said)?;
    Ok(FINE)
}
