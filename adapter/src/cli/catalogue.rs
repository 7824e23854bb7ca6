//! `silta catalogue …`: the commands about records, and a file judged without a process. What takes files in and out, and
//! the quality report, have files of their own.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::maps::{self, MapCommand, StatutoryArgs};
use super::output::{Output, Tint, plain};
use super::quality::{self, AdoptionArgs, QualityArgs};
use super::terms::{self, KeywordsArgs, VocabularyCommand};
use super::transfer::{self, ExportArgs, ImportArgs, MatchArgs, TemplateArgs};
use super::{FINE, Failure, PROBLEM, pull, steward};
use crate::catalogue::sheets::{Problem, Rows};
use crate::catalogue::{Outcome, Verdict, import, pat};

#[derive(Debug, Subcommand)]
pub(super) enum CatalogueCommand {
    /// Take a file or folder in, in any format that is known: Silta's own JSON, Turku's PAT format, TPR. Exit code 1 when a record was refused.
    #[command(after_help = "Example: silta catalogue import catalogue.json --data silta-data --tenant turku")]
    Import(ImportArgs),
    /// Write the catalogue as Silta's own JSON, which `import` and the push interface take.
    #[command(after_help = "Example: silta catalogue export --data silta-data --tenant turku --out catalogue.json")]
    Export(ExportArgs),
    /// Write a template for a spreadsheet: headings, what to write under them, and lists to choose from. `import` reads it back.
    #[command(after_help = "Example: silta catalogue template --kind place --format xlsx --out palvelupisteet.xlsx")]
    Template(TemplateArgs),
    /// Tell which records of the catalogue those of a file may be, by PTV's GUID, other identifiers, code and name. Changes nothing. Exit code 1 when a person must look.
    #[command(after_help = "Example: silta catalogue match catalogue.json --data silta-data --tenant turku")]
    Match(MatchArgs),
    /// Say what would be refused, by form alone: without a process, without knowing what is there already.
    #[command(after_help = "Example: silta catalogue check catalogue.json")]
    Check(CheckArgs),
    /// Find records by words: all kinds by their names, then services by their texts. Exit code 1 when there are none.
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
pub(super) struct CheckArgs {
    /// The file or folder.
    path: PathBuf,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(command: CatalogueCommand, output: &mut Output) -> Result<u8, Failure> {
    match command {
        CatalogueCommand::Import(args) => transfer::import(args, output).await,
        CatalogueCommand::Export(args) => transfer::export(args, output).await,
        CatalogueCommand::Template(args) => transfer::template(&args, output),
        CatalogueCommand::Match(args) => transfer::matches(args, output).await,
        CatalogueCommand::Find(args) => steward::find(args, output).await,
        CatalogueCommand::Show(args) => steward::show(args, output).await,
        CatalogueCommand::Own(args) => steward::own(args, output).await,
        CatalogueCommand::Pull(args) => pull::run(args, output).await,
        CatalogueCommand::History(args) => steward::history(args, output).await,
        CatalogueCommand::Master(args) => steward::master(args, output).await,
        CatalogueCommand::Check(args) => {
            let import = read(&args.path)?;
            let verdicts: Vec<Verdict> = import.records.iter().enumerate().map(judge).collect();
            report(&verdicts, &import.report, &import.rows, args.json, output)
        }
        CatalogueCommand::Quality(args) => quality::run(args, output).await,
        CatalogueCommand::Adoption(args) => quality::adoption(args, output).await,
        CatalogueCommand::Keywords(args) => terms::keywords(args, output).await,
        CatalogueCommand::Map(command) => maps::map(command, output).await,
        CatalogueCommand::Statutory(args) => maps::statutory(args, output).await,
        CatalogueCommand::Vocabulary(command) => terms::vocabulary(command, output).await,
    }
}

pub(super) fn read(path: &std::path::Path) -> Result<import::Import, Failure> {
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

/// What became of each record, and what of the source is in none.
pub(super) fn report(
    verdicts: &[Verdict],
    said: &import::Report,
    rows_of: &Rows,
    json: bool,
    output: &mut Output,
) -> Result<u8, Failure> {
    let refused: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).collect();
    let accepted = verdicts.len() - refused.len();
    let code = if refused.is_empty() && rows_of.problems.is_empty() { FINE } else { PROBLEM };
    if json {
        let mut value = json!({ "accepted": accepted, "refused": refused.len(), "report": said, "verdicts": verdicts });
        if let Some(members) = value.as_object_mut().filter(|_| !rows_of.problems.is_empty()) {
            members.insert("problems".into(), json!(rows_of.problems));
        }
        output.json(&value)?;
        return Ok(code);
    }
    if !rows_of.problems.is_empty() {
        let row = |it: &Problem| {
            let place = format!("{}!{}{}", it.sheet, it.column, it.row);
            let told = format!("{} / {} / {}", it.fi, it.sv, it.en);
            vec![(place, Tint::Bad), plain(it.heading.clone()), plain(told)]
        };
        output.table(&["cell", "heading", "what helps"], &rows_of.problems.iter().map(row).collect::<Vec<_>>())?;
    }
    let mut rows = Vec::new();
    for verdict in &refused {
        let shown = |text: &Option<String>| plain(text.clone().unwrap_or_else(|| "–".into()));
        for finding in &verdict.findings {
            let tint = if finding.level == "error" { Tint::Bad } else { Tint::Wait };
            rows.push(vec![
                plain(rows_of.place(verdict.index, &finding.field).unwrap_or_else(|| verdict.index.to_string())),
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
    if !said.fields.is_empty() {
        output.line("In no record's content:")?;
        let row = |field: &import::Field| {
            let place = if field.kept { "kept beside the record" } else { "left out" };
            vec![plain(field.of), plain(field.path.clone()), plain(field.values.to_string()), plain(place)]
        };
        output.table(&["of", "field", "values", ""], &said.fields.iter().map(row).collect::<Vec<_>>())?;
    }
    if !said.unknown.is_empty() {
        output.line("Referred to, and not there:")?;
        let row = |it: &import::Unknown| {
            vec![plain(it.laji), plain(it.koodi.clone()), plain(it.references.to_string()), plain(it.reason)]
        };
        let rows: Vec<_> = said.unknown.iter().take(UNKNOWN_SHOWN).map(row).collect();
        output.table(&["laji", "koodi", "references", "what became of them"], &rows)?;
        if let Some(more) = said.unknown.len().checked_sub(UNKNOWN_SHOWN).filter(|more| *more > 0) {
            output.line(&format!("and {more} more; --json names all"))?;
        }
    }
    let unread = rows_of.problems.len();
    let unread = if unread == 0 { String::new() } else { format!(", {unread} cells cannot be read") };
    output.line(&format!("{accepted} accepted, {} refused{unread}", refused.len()))?;
    Ok(code)
}

/// So many records that are not there stand in the text; JSON has all.
const UNKNOWN_SHOWN: usize = 20;
