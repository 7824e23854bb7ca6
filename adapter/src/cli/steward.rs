//! `silta catalogue find`, `show`, `own`, `history` and `master`: finding a record, how it stands, what the operator says of
//! it, how it came to be, and giving it another master.

use clap::Args;
use serde_json::Value;

use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
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

#[derive(Args, Debug)]
pub(super) struct FindArgs {
    /// Words of the name; of services also of their texts.
    #[arg(value_name = "WORDS")]
    words: String,
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// One kind only: service, offer, servicePoint … or PAT's word.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// At most so many records, up to 200.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: u32,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn find(args: FindArgs, output: &mut Output) -> Result<u8, Failure> {
    let FindArgs { words, place, tenant, kind, limit, json } = args;
    let answer = place.ask(&Command::CatalogueFind { tenant, words, kind, limit }).await?;
    let records = answer.get("records").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let code = if records.is_empty() { PROBLEM } else { FINE };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    if records.is_empty() {
        output.line("Nothing has these words. Published services are found by their texts, everything by its name.")?;
        return Ok(code);
    }
    let members = ["kind", "code", "name", "state", "master"];
    let rows: Vec<_> = records.iter().map(|it| members.map(|member| plain(cell(it, member))).to_vec()).collect();
    output.table(&members, &rows)?;
    Ok(code)
}

pub(super) async fn show(args: Record, output: &mut Output) -> Result<u8, Failure> {
    let Record { kind, code, place, tenant, json } = args;
    let answer = place.ask(&Command::CatalogueShow { tenant, kind, code }).await?;
    if json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let mut rows = Vec::new();
    for member in ["kind", "code", "name", "state", "revision", "master", "changedAt"] {
        rows.push(vec![plain(member.to_owned()), plain(cell(&answer, member))]);
    }
    rows.extend(answer.get("own").into_iter().flat_map(own_rows));
    for (member, value) in answer.get("ptv").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        rows.push(vec![plain(format!("ptv {member}")), plain(value)]);
    }
    output.table(&["what", "value"], &rows)?;
    Ok(FINE)
}

#[derive(Args, Debug)]
pub(super) struct OwnArgs {
    #[command(flatten)]
    record: Record,
    /// Who answers for the content: a name, an address, `Name <address>`, or actor:CODE; "" for whom the record names.
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// Who else does.
    #[arg(long, value_name = "WHO")]
    deputy: Option<String>,
    /// Send nothing of it to PTV, which keeps what it has.
    #[arg(long, conflicts_with = "release")]
    hold: bool,
    /// Let it go to PTV again.
    #[arg(long)]
    release: bool,
}

pub(super) async fn own(args: OwnArgs, output: &mut Output) -> Result<u8, Failure> {
    let OwnArgs { record: Record { kind, code, place, tenant, json }, owner, deputy, hold, release } = args;
    let held = if hold || release { Some(hold) } else { None };
    let answer = place.ask(&Command::CatalogueOwn { tenant, kind, code, owner, deputy, held }).await?;
    if json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    output.table(&["what", "value"], &own_rows(&answer))?;
    Ok(FINE)
}

/// Silta's own fields, as `--owner` and `--deputy` take them.
fn own_rows(own: &Value) -> Vec<Vec<(String, Tint)>> {
    let person = |member: &str| {
        let text = |part: &str| own.get(member).and_then(|who| who.get(part)).and_then(Value::as_str);
        match (text("actor"), text("name"), text("email")) {
            (Some(actor), ..) => format!("actor:{actor}"),
            (None, Some(name), Some(email)) => format!("{name} <{email}>"),
            (None, Some(only), None) | (None, None, Some(only)) => only.to_owned(),
            (None, None, None) => "whom the record names".to_owned(),
        }
    };
    let held = own.get("held").and_then(Value::as_bool).unwrap_or_default();
    let held = if held { "held back: PTV keeps what it has" } else { "follows the catalogue" };
    let rows = [("owner", person("owner")), ("deputy", person("deputy")), ("PTV", held.to_owned())];
    rows.into_iter().map(|(what, value)| vec![plain(what.to_owned()), plain(value)]).collect()
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
