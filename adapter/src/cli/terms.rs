//! `silta catalogue keywords` and `silta catalogue vocabulary`: subject terms as editors see them, and where they come from.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::output::{Output, cell, plain};
use super::{FINE, Failure, PROBLEM, Place};
use crate::control::Command;

#[derive(Args, Debug)]
pub(super) struct KeywordsArgs {
    /// The beginning of a word, a star and a part of one, or a concept's address in any ontology.
    query: String,
    #[command(flatten)]
    place: Place,
    /// The language: fi, sv or en.
    #[arg(long, value_name = "LANG", default_value = "fi")]
    lang: String,
    /// How many are shown.
    #[arg(long, value_name = "N", default_value_t = 10)]
    limit: usize,
    /// The tenant whose editors ask; all have the same vocabulary.
    #[arg(long, value_name = "CODE")]
    tenant: Option<String>,
    /// Report as JSON on standard output, in Finto's shape.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum VocabularyCommand {
    /// Which vocabulary is in use, how old it is, how the last reading went. Exit code 1 when none is loaded or the reading failed.
    #[command(after_help = "Example: silta catalogue vocabulary status --data silta-data")]
    Status(StatusArgs),
    /// Read it again now, from Finto or from the folder of the configuration.
    #[command(after_help = "Example: silta catalogue vocabulary refresh --data silta-data")]
    Refresh(StatusArgs),
}

#[derive(Args, Debug)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    place: Place,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn keywords(args: KeywordsArgs, output: &mut Output) -> Result<u8, Failure> {
    let KeywordsArgs { query, place, lang, limit, tenant, json } = args;
    let answer = place.ask(&Command::CatalogueKeywords { query, lang, limit, tenant }).await?;
    if json {
        output.json(&answer)?;
        return Ok(FINE);
    }
    let results = answer.get("results").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let rows: Vec<_> = results
        .iter()
        .map(|it| ["prefLabel", "altLabel", "uri"].map(|member| plain(cell(it, member))).to_vec())
        .collect();
    output.table(&["term", "found as", "address"], &rows)?;
    output.line(&format!("{} of {} shown", results.len(), cell(&answer, "total")))?;
    Ok(FINE)
}

pub(super) async fn vocabulary(command: VocabularyCommand, output: &mut Output) -> Result<u8, Failure> {
    let (args, asked) = match command {
        VocabularyCommand::Status(args) => (args, Command::VocabularyStatus {}),
        VocabularyCommand::Refresh(args) => (args, Command::VocabularyRefresh {}),
    };
    let answer = args.place.ask(&asked).await?;
    let sound = answer.get("loaded") == Some(&Value::Bool(true)) && answer.get("failure").is_none_or(Value::is_null);
    let code = if sound { FINE } else { PROBLEM };
    if args.json {
        output.json(&answer)?;
        return Ok(code);
    }
    let members = answer.as_object().into_iter().flatten();
    let shown = members.filter(|(_, value)| !value.is_null() && !value.is_object());
    let mut rows: Vec<_> = shown.map(|(name, _)| vec![plain(name), plain(cell(&answer, name))]).collect();
    for (lang, count) in answer.get("labels").and_then(Value::as_object).into_iter().flatten() {
        rows.push(vec![plain(format!("labels {lang}")), plain(count.to_string())]);
    }
    output.table(&["what", "value"], &rows)?;
    Ok(code)
}
