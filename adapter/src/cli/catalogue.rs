//! `silta catalogue …`: a file of records into the catalogue of a running process, or judged without one. The quality report has a file of its own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::maps::{self, MapCommand, StatutoryArgs};
use super::output::{Output, Tint, plain};
use super::quality::{self, AdoptionArgs, QualityArgs};
use super::terms::{self, KeywordsArgs, VocabularyCommand};
use super::{FINE, Failure, PROBLEM, Place, pull, steward};
use crate::catalogue::{Outcome, Verdict, import, pat};
use crate::control::Command;

#[derive(Debug, Subcommand)]
pub(super) enum CatalogueCommand {
    /// Take a file or folder in: Silta's own JSON, Turku's PAT format, or TPR. Exit code 1 when a record was refused.
    #[command(after_help = "Example: silta catalogue import catalogue.json --data silta-data --tenant turku")]
    Import(ImportArgs),
    /// Say what would be refused, by form alone: without a process, without knowing what is there already.
    #[command(after_help = "Example: silta catalogue check catalogue.json")]
    Check(CheckArgs),
    /// Find records by words: services by their texts, all kinds by their names. Exit code 1 when there are none.
    #[command(
        after_help = "Example: silta catalogue find päiväkoti --data silta-data --tenant turku --kind servicePoint"
    )]
    Find(steward::FindArgs),
    /// One record: its state, its master, and how it stands with PTV. `--json` has the record itself, to be edited and imported.
    #[command(after_help = "Example: silta catalogue show service 740 --data silta-data --tenant turku")]
    Show(steward::Record),
    /// Silta's own fields of a record, whoever its master is: who answers for it, and whether it is held back from PTV.
    #[command(after_help = "Example: silta catalogue own service 740 --hold --data silta-data --tenant turku")]
    Own(steward::OwnArgs),
    /// Pull the Drupal sites now instead of at the next interval. Exit code 1 when a node was refused or withdrawals are held.
    #[command(after_help = "Example: silta catalogue pull --full --data silta-data --tenant turku")]
    Pull(pull::PullArgs),
    /// The revisions of one record: state, time, who made it, whose it was; the newest first.
    #[command(after_help = "Example: silta catalogue history service 740 --data silta-data --tenant turku")]
    History(steward::Record),
    /// Give one record to another master. The message log keeps the act.
    #[command(after_help = "Example: silta catalogue master service 740 --to drupal --data silta-data --tenant turku")]
    Master(steward::MasterArgs),
    /// The quality of the content, by rule, language and organisation. Exit code 1 when a rule of level error is broken.
    #[command(after_help = "Example: silta catalogue quality --data silta-data --html quality.html")]
    Quality(QualityArgs),
    /// How far each tenant has come: what is published, when it last changed, the grade that follows.
    #[command(after_help = "Example: silta catalogue adoption --data silta-data")]
    Adoption(AdoptionArgs),
    /// Subject terms that begin with a word, as editors are offered them; or the concept of an address.
    #[command(after_help = "Example: silta catalogue keywords kirj --data silta-data")]
    Keywords(KeywordsArgs),
    /// The vocabulary of subject terms: how it stands, and reading it again.
    #[command(subcommand)]
    Vocabulary(VocabularyCommand),
    /// Class maps: what own classes stand for in PTV, shared between tenants.
    #[command(subcommand)]
    Map(MapCommand),
    /// Which general descriptions have a service and which have none. Exit code 1 when a link leads nowhere.
    #[command(after_help = "Example: silta catalogue statutory --data silta-data --tenant turku --json")]
    Statutory(StatutoryArgs),
}

#[derive(Args, Debug)]
pub(super) struct ImportArgs {
    /// The file or folder.
    path: PathBuf,
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// The master that the records get; another master's records are refused.
    #[arg(long, value_name = "NAME", default_value = "import")]
    master: String,
    /// An id: the same batch sent again gets the same answer.
    #[arg(long, value_name = "ID")]
    batch: Option<String>,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
pub(super) struct CheckArgs {
    /// The file or folder.
    path: PathBuf,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: CatalogueCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        CatalogueCommand::Import(args) => {
            let records = read(&args.path)?.records;
            let ImportArgs { place, tenant, master, batch, json, .. } = args;
            let answer = place.ask(&Command::CatalogueImport { tenant, master, batch, records }).await?;
            let verdicts = answer.get("verdicts").cloned().unwrap_or_default();
            let verdicts: Vec<Verdict> = serde_json::from_value(verdicts)
                .map_err(|_| Failure::problem("the answer has no verdicts: is the process of another version?"))?;
            report(&verdicts, json, output)
        }
        CatalogueCommand::Find(args) => steward::find(args, output).await,
        CatalogueCommand::Show(args) => steward::show(args, output).await,
        CatalogueCommand::Own(args) => steward::own(args, output).await,
        CatalogueCommand::Pull(args) => pull::run(args, output).await,
        CatalogueCommand::History(args) => steward::history(args, output).await,
        CatalogueCommand::Master(args) => steward::master(args, output).await,
        CatalogueCommand::Check(args) => {
            let records = read(&args.path)?.records;
            let verdicts: Vec<Verdict> = records.iter().enumerate().map(judge).collect();
            report(&verdicts, args.json, output)
        }
        CatalogueCommand::Quality(args) => quality::run(args, output).await,
        CatalogueCommand::Adoption(args) => quality::adoption(args, output).await,
        CatalogueCommand::Keywords(args) => terms::keywords(args, output).await,
        CatalogueCommand::Map(command) => maps::map(command, output).await,
        CatalogueCommand::Statutory(args) => maps::statutory(args, output).await,
        CatalogueCommand::Vocabulary(command) => terms::vocabulary(command, output).await,
    }
}

fn read(path: &std::path::Path) -> Result<import::Import, Failure> {
    import::read_path(path).map_err(|error| Failure::usage(error.to_string()))
}

/// By form alone: what the reader says.
fn judge((index, record): (usize, &Value)) -> Verdict {
    let reading = pat::read(record);
    Verdict {
        index,
        laji: reading.kind.map(|kind| kind.laji().to_owned()),
        koodi: reading.code.map(|code| code.to_string()),
        outcome: if reading.entity.is_some() { Outcome::Created } else { Outcome::Refused },
        revision: None,
        source: None,
        findings: reading.findings.iter().map(Into::into).collect(),
    }
}

fn report(verdicts: &[Verdict], json: bool, output: &mut Output) -> Result<u8, Failure> {
    let refused: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).collect();
    let accepted = verdicts.len() - refused.len();
    let code = if refused.is_empty() { FINE } else { PROBLEM };
    if json {
        let value = json!({ "accepted": accepted, "refused": refused.len(), "verdicts": verdicts });
        output.json(&value)?;
        return Ok(code);
    }
    let mut rows = Vec::new();
    for verdict in &refused {
        let shown = |text: &Option<String>| plain(text.clone().unwrap_or_else(|| "–".into()));
        for finding in &verdict.findings {
            let tint = if finding.level == "error" { Tint::Bad } else { Tint::Wait };
            rows.push(vec![
                plain(verdict.index.to_string()),
                shown(&verdict.laji),
                shown(&verdict.koodi),
                plain(finding.field.clone()),
                (finding.rule.clone(), tint),
                plain(finding.en.clone()),
            ]);
        }
    }
    if !rows.is_empty() {
        output.table(&["record", "laji", "koodi", "field", "rule", "what helps"], &rows)?;
    }
    output.line(&format!("{accepted} accepted, {} refused", refused.len()))?;
    Ok(code)
}
