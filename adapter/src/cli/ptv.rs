//! `silta ptv …`: the mirrors of a tenant, asked of the running process.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::output::{Output, Tint, cell, plain};
use super::{FINE, Failure, PROBLEM, Place, Scope, drift, plan, report, shadow};
use crate::control::{AdoptedTwin, Command};
use crate::model::Kind;
use crate::ptv::fields::{Body, HEADINGS, cells, csv, fields};
use crate::ptv::profile::Profile;
use crate::world::World;

#[derive(Debug, Subcommand)]
pub(super) enum PtvCommand {
    /// Where tenants stand with PTV. Exit code 1 when something is stopped or parked.
    #[command(after_help = "Example: silta ptv status --data silta-data --tenant turku")]
    Status(Scope),
    /// What the next sync would do, field by field, without doing it. Exit code 1 when something is withheld or held.
    #[command(after_help = "Example: silta ptv plan --data silta-data --tenant turku --out plan.json")]
    Plan(plan::PlanArgs),
    /// Send what a plan says, a fresh one or a saved one. Asked again after a break, it goes on. Exit code 1 when something was left out, held or parked.
    #[command(after_help = "Example: silta ptv apply --data silta-data --tenant turku --plan plan.json")]
    Apply(plan::ApplyArgs),
    /// Take over what PTV holds already: its GUID becomes the twin of a record, and the next sync writes there instead of creating a second one. Exit code 1 when one was refused.
    #[command(
        after_help = "Example: silta ptv adopt service 740 0a0b0c0d-1111-4222-8333-444455556666 --data silta-data --tenant turku"
    )]
    Adopt(AdoptArgs),
    /// Compare everything with PTV's copy again; what is equal makes no call.
    #[command(after_help = "Example: silta ptv sync --data silta-data --tenant turku --wait 60")]
    Sync(SyncArgs),
    /// What PTV's deployed description and code lists say against what Silta goes by. Exit code 1 when a change breaks something.
    #[command(after_help = "Example: silta ptv contract --data silta-data --tenant turku")]
    Contract(TenantArgs),
    /// How PTV's general descriptions stand: how many, read when, and why not if so. Exit code 1 when the last reading failed.
    #[command(after_help = "Example: silta ptv descriptions --data silta-data --tenant turku --refresh")]
    Descriptions(DescriptionsArgs),
    /// What PTV holds against what was last sent, read now: what was edited there, archived, connected otherwise, or published without a record. Exit code 1 when anything differs.
    #[command(after_help = "Example: silta ptv drift --data silta-data --tenant turku")]
    Drift(drift::DriftArgs),
    /// Both versions of PTV's interface side by side, read now, and what version 12 would refuse or lose. Exit code 1 when something differs that should not.
    #[command(after_help = "Example: silta ptv shadow --data silta-data --tenant turku")]
    Shadow(TenantArgs),
    /// Send nothing more of a tenant's to PTV, over restarts too, until `silta ptv resume`.
    #[command(after_help = "Example: silta ptv pause --data silta-data --tenant turku")]
    Pause(TenantArgs),
    /// Go on after a pause.
    #[command(after_help = "Example: silta ptv resume --data silta-data --tenant turku")]
    Resume(TenantArgs),
    /// Choose whose version stands of what was edited in PTV.
    #[command(after_help = "Example: silta ptv resolve service 740 --keep ours --data silta-data --tenant turku")]
    Resolve(drift::ResolveArgs),
    /// «Still right»: send a record again as it is, so that PTV does not archive it after 18 months.
    #[command(after_help = "Example: silta ptv confirm service 740 --data silta-data --tenant turku")]
    Confirm(drift::OfRecord),
    /// The papers that DVV asks for before it grants production: the technical report of a test run, the mapping of fields, and the content for review. Exit code 1 when the run has not shown everything, or something has not got through.
    #[command(after_help = "Example: silta ptv report --data silta-data --tenant turku --out ptv-report")]
    Report(report::ReportArgs),
    /// Which field of a record becomes which property in PTV, with its limits, in versions 11 and 12.
    #[command(after_help = "Example: silta ptv fields --kind palvelu")]
    Fields(FieldsArgs),
}

#[derive(Args, Debug)]
pub(super) struct FieldsArgs {
    /// One kind of record: organisation, service, channel, servicePoint, offer or collection, or PAT's word.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// The limits of this rule profile.
    #[arg(long, value_name = "PROFILE", default_value = "live-2026")]
    profile: String,
    /// The whole sheet as CSV on standard output.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct TenantArgs {
    #[command(flatten)]
    pub(super) place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    pub(super) tenant: String,
    /// Report as JSON on standard output.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Args, Debug)]
pub(super) struct DescriptionsArgs {
    #[command(flatten)]
    tenant: TenantArgs,
    /// Ask PTV now.
    #[arg(long)]
    refresh: bool,
    /// Ask PTV now, and take the list even if half of it has gone.
    #[arg(long)]
    accept_loss: bool,
}

#[derive(Args, Debug)]
pub(super) struct SyncArgs {
    #[command(flatten)]
    tenant: TenantArgs,
    /// Wait so many seconds for the work to be done; exit code 1 when it is not.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

#[derive(Args, Debug)]
pub(super) struct AdoptArgs {
    /// The record's kind: organisation, channel, servicePoint, service or collection, or PAT's word.
    #[arg(value_name = "KIND", required_unless_present = "all")]
    kind: Option<String>,
    /// Its code (koodi).
    #[arg(value_name = "CODE", required_unless_present = "all")]
    code: Option<String>,
    /// The GUID that PTV has for it.
    #[arg(value_name = "GUID", required_unless_present = "all")]
    guid: Option<String>,
    /// Every record that carries a GUID of PTV's itself (`ptv_id`) and has no twin, as after an import of PTV's content.
    #[arg(long, conflicts_with_all = ["kind", "code", "guid"])]
    all: bool,
    #[command(flatten)]
    tenant: TenantArgs,
}

pub(super) async fn run(command: PtvCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        PtvCommand::Status(args) => {
            let answer = args.place.ask(&Command::PtvStatus { tenant: args.tenant }).await?;
            show_status(&answer, args.json, output)
        }
        PtvCommand::Plan(args) => plan::plan(args, output).await,
        PtvCommand::Apply(args) => plan::apply(args, output).await,
        PtvCommand::Adopt(args) => adopt(args, output).await,
        PtvCommand::Sync(args) => sync(args, output).await,
        PtvCommand::Contract(args) => {
            let answer = args.place.ask(&Command::PtvContract { tenant: args.tenant }).await?;
            show_contract(&answer, args.json, output)
        }
        PtvCommand::Descriptions(args) => descriptions(args, output).await,
        PtvCommand::Drift(args) => drift::drift(args, output).await,
        PtvCommand::Shadow(of) => shadow::shadow(of, output).await,
        PtvCommand::Pause(of) => drift::pause(of, true, output).await,
        PtvCommand::Resume(of) => drift::pause(of, false, output).await,
        PtvCommand::Resolve(args) => drift::resolve(args, output).await,
        PtvCommand::Confirm(record) => drift::confirm(record, output).await,
        PtvCommand::Report(args) => report::report(args, output).await,
        PtvCommand::Fields(args) => show_fields(&args, output),
    }
}

/// What the daily look at PTV's contract has found that a person should know.
fn show_contract_found(tenant: &str, status: &Value, output: &mut Output) -> Result<(), Failure> {
    let Some(found) = status.get("contract") else { return Ok(()) };
    if found.get("breaking").and_then(Value::as_u64).is_some_and(|count| count > 0) {
        let (breaking, at) = (cell(found, "breaking"), cell(found, "at"));
        output.line(&format!(
            "{tenant}: PTV has changed what it takes, {breaking} changes break something (seen {at}): `silta ptv contract --tenant {tenant}`"
        ))?;
        for named in found.get("named").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            output.line(&format!("  {}", crate::telemetry::safe(named)))?;
        }
    }
    if found.get("failure").is_some_and(|it| !it.is_null()) {
        let failure = cell(found, "failure");
        output.line(&format!("{tenant}: PTV's contract was not compared: {}", crate::telemetry::safe(&failure)))?;
    }
    Ok(())
}

fn show_contract(answer: &Value, json: bool, output: &mut Output) -> Result<u8, Failure> {
    let code = if answer.get("breaks") == Some(&Value::Bool(true)) { PROBLEM } else { FINE };
    if json {
        output.json(answer)?;
        return Ok(code);
    }
    let list = |member: &str| answer.get(member).and_then(Value::as_array).cloned().unwrap_or_default();
    let (properties, lists) = (list("properties"), list("lists"));
    if properties.is_empty() && lists.is_empty() {
        output.line("PTV's description and code lists are as Silta goes by.")?;
        return Ok(code);
    }
    let touched = |change: &Value| {
        let count = change.pointer("/affected/count").and_then(Value::as_u64).unwrap_or_default();
        let first = change.pointer("/affected/records/0").and_then(Value::as_str);
        first.map_or_else(|| plain("none"), |first| (format!("{count}, such as {first}"), Tint::Bad))
    };
    if !properties.is_empty() {
        let rows: Vec<_> = properties
            .iter()
            .map(|it| {
                let what = match cell(it, "what").as_str() {
                    "gone" => "PTV has it no more".to_owned(),
                    "required" => "PTV demands it".to_owned(),
                    _ => format!("may have {} characters instead of {}", cell(it, "now"), cell(it, "before")),
                };
                let mut row = ["record", "field", "object", "property"].map(|name| plain(cell(it, name))).to_vec();
                row.extend([plain(what), touched(it)]);
                row
            })
            .collect();
        output.table(&["record", "field", "ptv object", "property", "what", "records"], &rows)?;
    }
    if !lists.is_empty() {
        let rows: Vec<_> = lists
            .iter()
            .map(|it| {
                let mut row = ["list", "added_count", "removed_count"].map(|name| plain(cell(it, name))).to_vec();
                row.push(touched(it));
                row
            })
            .collect();
        output.table(&["list", "new in PTV", "gone from PTV", "records that use what is gone"], &rows)?;
    }
    Ok(code)
}

async fn descriptions(args: DescriptionsArgs, output: &mut Output) -> Result<u8, Failure> {
    let DescriptionsArgs { tenant: TenantArgs { place, tenant, json }, refresh, accept_loss } = args;
    let answer = place.ask(&Command::PtvDescriptions { tenant, refresh, accept_loss }).await?;
    let failed = answer.get("failure").is_some_and(|it| !it.is_null());
    let code = if failed { PROBLEM } else { FINE };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    if answer.get("askedAt").is_none() {
        output.line("PTV was not asked yet; the general descriptions of the reference folder are in use.")?;
        return Ok(code);
    }
    let names = ["source", "count", "newest", "readAt", "askedAt", "changed", "failure"];
    let told = names.into_iter().filter(|name| answer.get(name).is_some_and(|it| !it.is_null()));
    let rows: Vec<_> =
        told.map(|name| vec![plain(name), plain(crate::telemetry::safe(&cell(&answer, name)).to_string())]).collect();
    output.table(&["general descriptions", ""], &rows)?;
    Ok(code)
}

fn show_fields(args: &FieldsArgs, output: &mut Output) -> Result<u8, Failure> {
    let profile = Profile::from_word(&args.profile);
    let profile = profile.ok_or_else(|| Failure::usage("--profile is source-3.4 or live-2026"))?;
    let kind = args.kind.as_deref().map(|word| {
        let known = Kind::from_word(word).or_else(|| Kind::from_laji(word));
        let fed = known.filter(|kind| Body::ALL.iter().any(|body| body.source() == *kind));
        fed.ok_or_else(|| Failure::usage("--kind is organisation, service, channel, servicePoint, offer or collection"))
    });
    let kind = kind.transpose()?;
    let bodies = Body::ALL.into_iter().filter(|body| kind.is_none_or(|kind| body.source() == kind));
    let rows: Vec<[String; 8]> = bodies.flat_map(fields).map(|field| cells(&field, profile)).collect();
    if args.csv {
        output.raw(csv(&rows).map_err(|error| Failure::problem(error.to_string()))?.as_bytes())?;
    } else if args.json {
        let rows = rows.iter().map(|row| HEADINGS.into_iter().zip(row).collect());
        output.json(&json!({"profile": profile.word(), "fields": rows.collect::<Vec<BTreeMap<_, _>>>()}))?;
    } else {
        let rows: Vec<_> = rows.iter().map(|row| row.iter().map(plain).collect()).collect();
        output.table(&HEADINGS, &rows)?;
    }
    Ok(FINE)
}

async fn adopt(args: AdoptArgs, output: &mut Output) -> Result<u8, Failure> {
    let AdoptArgs { kind, code, guid, all, tenant: TenantArgs { place, tenant, json } } = args;
    let one = kind.zip(code).zip(guid).map(|((kind, code), guid)| AdoptedTwin { kind, code, guid });
    let answer = place.ask(&Command::PtvAdopt { tenant, twins: one.into_iter().collect(), all }).await?;
    let told = answer.get("twins").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let refused = told.iter().filter(|it| it.get("outcome").is_some_and(|it| it == "refused")).count();
    let code = if refused == 0 { FINE } else { PROBLEM };
    if json {
        output.json(&answer)?;
        return Ok(code);
    }
    let rows: Vec<_> = told
        .iter()
        .map(|it| ["kind", "code", "guid", "outcome", "reason"].map(|name| plain(cell(it, name))).to_vec())
        .collect();
    output.table(&["kind", "code", "guid", "outcome", "reason"], &rows)?;
    output.line(&format!("{} adopted or unchanged, {refused} refused", told.len() - refused))?;
    Ok(code)
}

async fn sync(args: SyncArgs, output: &mut Output) -> Result<u8, Failure> {
    let SyncArgs { tenant: TenantArgs { place, tenant, json }, wait } = args;
    let answer = place.ask(&Command::PtvSync { tenant: tenant.clone() }).await?;
    let Some(wait) = wait else {
        if json {
            output.json(&answer)?;
        } else {
            output.line(&format!("{} twins will be compared.", cell(&answer, "wanted")))?;
        }
        return Ok(FINE);
    };
    let world = World::system();
    let until = world.elapsed() + Duration::from_secs(wait);
    loop {
        let status = place.ask(&Command::PtvStatus { tenant: Some(tenant.clone()) }).await?;
        let one = status.get(&tenant).cloned().unwrap_or_default();
        let count = |member: &str| one.get(member).and_then(Value::as_u64).unwrap_or_default();
        let settled = count("waiting") <= count("unasked") || one.get("stopped").is_some();
        if settled {
            return show_status(&status, json, output);
        }
        if world.elapsed() >= until {
            show_status(&status, json, output)?;
            return Ok(PROBLEM);
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn show_status(answer: &Value, json: bool, output: &mut Output) -> Result<u8, Failure> {
    let tenants = answer.as_object().cloned().unwrap_or_default();
    let above_zero = |status: &Value, member: &str| status.get(member).and_then(Value::as_u64).is_some_and(|n| n > 0);
    let troubled =
        |status: &Value| status.get("stopped").is_some() || above_zero(status, "parked") || above_zero(status, "held");
    let code = if tenants.values().any(troubled) { PROBLEM } else { FINE };
    if json {
        output.json(answer)?;
        return Ok(code);
    }
    let counts = [
        "waiting",
        "parked",
        "held",
        "created",
        "updated",
        "archived",
        "connections",
        "unchanged",
        "withheld",
        "failed",
    ];
    let mut heads = vec!["tenant"];
    heads.extend(counts);
    let rows: Vec<_> = tenants
        .iter()
        .map(|(tenant, status)| {
            let mut row = vec![plain(tenant)];
            row.extend(counts.map(|count| {
                let tint = match count {
                    "parked" | "held" | "failed" if above_zero(status, count) => Tint::Bad,
                    "waiting" | "withheld" if above_zero(status, count) => Tint::Wait,
                    _ => Tint::Plain,
                };
                (cell(status, count), tint)
            }));
            row
        })
        .collect();
    output.table(&heads, &rows)?;
    for (tenant, status) in &tenants {
        if status.get("paused") == Some(&json!(true)) {
            output.line(&format!("{tenant}: paused: nothing is sent until `silta ptv resume --tenant {tenant}`"))?;
        }
        show_contract_found(tenant, status, output)?;
        if status.pointer("/generalDescriptions/failure").is_some_and(|it| !it.is_null()) {
            output.line(&format!(
                "{tenant}: general descriptions were not read: `silta ptv descriptions --tenant {tenant}`"
            ))?;
        }
        if above_zero(status, "drift") {
            let count = cell(status, "drift");
            output.line(&format!("{tenant}: {count} not as they were sent: `silta ptv drift --tenant {tenant}`"))?;
        }
        let versions = status.get("versions").cloned().unwrap_or_default();
        if above_zero(&versions, "willNotPass") {
            let count = cell(&versions, "willNotPass");
            output.line(&format!(
                "{tenant}: {count} hold what PTV v12 will not take in spring 2027: `silta ptv shadow --tenant {tenant}`"
            ))?;
        }
        if let Some(why) = versions.get("refused").and_then(Value::as_str) {
            output.line(&format!("{tenant}: written through {} still: {why}", cell(&versions, "write")))?;
        }
        if above_zero(status, "expiring") {
            let count = cell(status, "expiring");
            output.line(&format!(
                "{tenant}: {count} not written for a year; PTV archives them after 18 months. Still right?"
            ))?;
            for one in status.get("toConfirm").and_then(Value::as_array).into_iter().flatten() {
                let (kind, code) = (cell(one, "kind"), cell(one, "code"));
                let until = cell(one, "expiresAt");
                let until = until.get(..10).unwrap_or(&until).to_owned();
                output.line(&format!("  until {until}: silta ptv confirm {kind} {code} --tenant {tenant}"))?;
            }
        }
        if above_zero(status, "unasked") {
            let count = cell(status, "unasked");
            output
                .line(&format!("{tenant}: {count} wait to be asked for: `silta ptv plan`, then `silta ptv apply`"))?;
        }
        let troubles = status.get("troubles").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        plan::show_troubles(troubles, output)?;
        for member in ["stopped", "lastError"] {
            if status.get(member).is_some() {
                let text = cell(status, member);
                output.line(&format!("{tenant}: {member}: {}", crate::telemetry::safe(&text)))?;
            }
        }
    }
    Ok(code)
}
