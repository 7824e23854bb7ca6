//! `silta catalogue map …` and `silta catalogue statutory`: class maps that tenants share, and the statutory part of a catalogue.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::output::{Output, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::catalogue::class_map::entries_of;
use crate::control::Command;

#[derive(Debug, Subcommand)]
pub(super) enum MapCommand {
    /// Publish the tenant's class map for others; a new revision where something has changed. The message log keeps the act.
    #[command(after_help = "Example: silta catalogue map publish luokat --data silta-data --tenant turku")]
    Publish(NamedArgs),
    /// Use a copy of the newest revision of another tenant's map, or of a file that was exported elsewhere.
    #[command(
        after_help = "Example: silta catalogue map adopt luokat --from turku --data silta-data --tenant naantali"
    )]
    Adopt(AdoptArgs),
    /// Use an adopted map no longer.
    #[command(after_help = "Example: silta catalogue map drop luokat --from turku --data silta-data --tenant naantali")]
    Drop(DropArgs),
    /// The maps that are published, and who uses which revision of them.
    #[command(after_help = "Example: silta catalogue map list --data silta-data")]
    List(ListArgs),
    /// The tenant's own map as it stands, as CSV.
    #[command(after_help = "Example: silta catalogue map export --data silta-data --tenant turku")]
    Export(ExportArgs),
}

#[derive(Args, Debug)]
pub(super) struct NamedArgs {
    /// The map's name.
    name: String,
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
pub(super) struct AdoptArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// The tenant that has published it.
    #[arg(long, value_name = "CODE", conflicts_with = "file")]
    from: Option<String>,
    /// A file that `export` has written.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct DropArgs {
    #[command(flatten)]
    named: NamedArgs,
    /// The tenant that has published it; without it, a map that came as a file.
    #[arg(long, value_name = "CODE")]
    from: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct ListArgs {
    #[command(flatten)]
    place: Place,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Where to write it; standard output without.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct StatutoryArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant; needed where the process serves several.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn map(command: MapCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        MapCommand::Publish(args) => {
            let NamedArgs { name, place, tenant, json } = args;
            let answer = place.ask(&Command::MapPublish { tenant, name: name.clone() }).await?;
            let (revision, entries) = (cell(&answer, "revision"), cell(&answer, "entries"));
            let said = match answer.get("unchanged").and_then(Value::as_bool) {
                Some(true) => format!("{name} is unchanged: revision {revision}, {entries} classes"),
                _ => {
                    format!("{name} is published: revision {revision}, {entries} classes. The message log has the act")
                }
            };
            tell(&answer, json, &said, output)
        }
        MapCommand::Adopt(AdoptArgs { named, from, file }) => {
            let NamedArgs { name, place, tenant, json } = named;
            let entries = match (&from, &file) {
                (_, Some(file)) => Some(lines_of(file)?),
                (Some(_), None) => None,
                (None, None) => return Err(Failure::usage("give --from CODE or --file FILE")),
            };
            effect(&place.ask(&Command::MapAdopt { tenant, from, name, entries }).await?, json, output)
        }
        MapCommand::Drop(DropArgs { named, from }) => {
            let NamedArgs { name, place, tenant, json } = named;
            effect(&place.ask(&Command::MapDrop { tenant, from, name }).await?, json, output)
        }
        MapCommand::List(args) => list(args, output).await,
        MapCommand::Export(args) => {
            let answer = args.place.ask(&Command::MapExport { tenant: args.tenant }).await?;
            let table = answer.get("csv").and_then(Value::as_str).unwrap_or_default();
            match &args.output {
                Some(file) => std::fs::write(file, table)
                    .map_err(|error| Failure::usage(format!("--output {}: {error}", file.display())))?,
                None => output.raw(table.as_bytes())?,
            }
            Ok(FINE)
        }
    }
}

fn lines_of(file: &std::path::Path) -> Result<Vec<crate::model::class_map::MapEntry>, Failure> {
    let shown = file.display();
    let text = std::fs::read(file).map_err(|error| Failure::usage(format!("--file {shown}: {error}")))?;
    entries_of(&text).map_err(|error| Failure::usage(format!("--file {shown}: {error}")))
}

fn tell(answer: &Value, json: bool, said: &str, output: &mut Output) -> Result<u8, Failure> {
    if json {
        output.json(answer)?;
    } else {
        output.line(said)?;
    }
    Ok(FINE)
}

/// What adopted maps do now to the tenant's classes.
fn effect(answer: &Value, json: bool, output: &mut Output) -> Result<u8, Failure> {
    if json {
        output.json(answer)?;
        return Ok(FINE);
    }
    let codes = |member: &str| -> Vec<&str> {
        answer.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    for (member, said) in [
        ("mapped", "classes have their class of PTV from an adopted map"),
        ("otherName", "have a code that the map gives to another name"),
        ("unclear", "have a name that leads to several classes"),
        ("unmapped", "are in no map"),
    ] {
        let codes = codes(member);
        if !codes.is_empty() {
            output.line(&format!("{} {said}: {}", codes.len(), codes.join(", ")))?;
        }
    }
    output.line(&format!("{} say it themselves. The message log has the act", cell(answer, "own")))?;
    Ok(FINE)
}

async fn list(args: ListArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::MapList {}).await?;
    if args.json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let items = |member: &str| answer.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let (published, adopted) = (items("published"), items("adopted"));
    let rows = |list: &[Value], members: &[&str]| -> Vec<Vec<_>> {
        list.iter().map(|it| members.iter().map(|member| plain(cell(it, member))).collect()).collect()
    };
    let members = ["tenant", "name", "revision", "entries", "at"];
    output.table(&["tenant", "map", "revision", "classes", "published"], &rows(&published, &members))?;
    if !adopted.is_empty() {
        let members = ["by", "tenant", "name", "revision", "newest"];
        output.table(&["adopted by", "from", "map", "revision", "newest"], &rows(&adopted, &members))?;
    }
    Ok(FINE)
}

/// Exit code 1 when a service links to what is not there, or is statutory without ground.
pub(super) async fn statutory(args: StatutoryArgs, output: &mut Output) -> Result<u8, Failure> {
    let answer = args.place.ask(&Command::CatalogueStatutory { tenant: args.tenant }).await?;
    let items = |member: &str| answer.get(member).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let sound = items("astray").is_empty() && items("ungrounded").is_empty();
    let code = if sound { FINE } else { PROBLEM };
    if args.json {
        output.json(&answer)?;
        return Ok(code);
    }
    let candidates: Vec<Vec<_>> = items("lacking")
        .iter()
        .filter_map(|it| Some((it, it.get("candidate")?)))
        .map(|(it, found)| {
            vec![
                plain(cell(it, "name")),
                plain(cell(found, "code")),
                plain(cell(found, "name")),
                plain(cell(found, "score")),
            ]
        })
        .collect();
    if !candidates.is_empty() {
        output.table(&["general description", "service", "its name", "score"], &candidates)?;
    }
    for (member, said) in [
        ("astray", "links to a general description that the list does not have"),
        ("ungrounded", "is statutory and has neither a general description nor a law"),
        ("repeats", "repeats classes or terms of its general description"),
    ] {
        for service in items(member) {
            output.line(&format!("{} {} {said}", cell(service, "code"), cell(service, "name")))?;
        }
    }
    output.line(&format!(
        "{} of {} general descriptions have a service; {} services, {} of them statutory, {} links astray",
        items("covered").len(),
        cell(&answer, "descriptions"),
        cell(&answer, "services"),
        cell(&answer, "statutory"),
        items("astray").len()
    ))?;
    Ok(code)
}
