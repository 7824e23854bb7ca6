//! `silta catalogue import`, `export`, `template` and `match`: files into the catalogue of a running process, out of it, and held
//! against it.
//!
//! A file of any size goes in parts, in the order in which records refer to one another, through the same door as every
//! other batch.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::catalogue::{read, report};
use super::output::{Output, Tint, cell, plain};
use super::place::Found;
use super::{FINE, Failure, PROBLEM, Place};
use crate::catalogue::Verdict;
use crate::catalogue::sheets::Table;
use crate::control::{Command, reads};
use crate::intake;
use crate::model::{Kind, Lang};
use crate::ptv::profile::Profile;
use crate::store::Store;
use crate::telemetry::safe;

/// Records of one part; a batch may have twice as many.
const PART_RECORDS: usize = 5_000;
/// Bytes of one part as JSON, half of what the operator's socket takes.
const PART_BYTES: usize = 32 << 20;
/// Records of one page of an export.
const PAGE: u32 = 500;
/// What is referred to comes before what refers to it.
const ORDER: [Kind; 9] = [
    Kind::Organisation,
    Kind::Actor,
    Kind::Class,
    Kind::Channel,
    Kind::ServicePoint,
    Kind::Service,
    Kind::Offer,
    Kind::Errand,
    Kind::Collection,
];

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
pub(super) struct ExportArgs {
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Only records of this kind, by its own word or PAT's; may be given several times.
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// As records, or as the template of the one kind that `--kind` names, with a row for each record that it can hold.
    #[arg(long, value_enum, default_value_t = Form::Json)]
    format: Form,
    /// The language of a template's headings.
    #[arg(long, value_enum, default_value_t = Headings::Fi)]
    lang: Headings,
    /// The file; standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How a catalogue is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Json,
    Csv,
    Xlsx,
}

/// The forms of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TemplateForm {
    Csv,
    Xlsx,
}

/// The language of headings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Headings {
    Fi,
    Sv,
}

impl Headings {
    fn lang(self) -> Lang {
        match self {
            Headings::Fi => Lang::Fi,
            Headings::Sv => Lang::Sv,
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct TemplateArgs {
    /// The kind of records: service, channel, place, organisation or offer, or PAT's word.
    #[arg(long, value_name = "KIND", default_value = "service")]
    kind: String,
    #[arg(long, value_enum, default_value_t = TemplateForm::Csv)]
    format: TemplateForm,
    /// The language of the headings.
    #[arg(long, value_enum, default_value_t = Headings::Fi)]
    lang: Headings,
    /// The file; standard output without it.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct MatchArgs {
    /// The file or folder.
    path: PathBuf,
    #[command(flatten)]
    place: Place,
    /// The tenant.
    #[arg(long, value_name = "CODE")]
    tenant: String,
    /// Report as JSON on standard output.
    #[arg(long)]
    json: bool,
}

pub(super) async fn import(args: ImportArgs, output: &mut Output) -> Result<u8, Failure> {
    let ImportArgs { path, place, tenant, master, batch, json } = args;
    let import = read(&path)?;
    let parts = parts(import.records);
    let several = parts.len() > 1;
    let mut verdicts: Vec<Verdict> = Vec::new();
    for (number, part) in (1..).zip(parts) {
        let (places, records): (Vec<usize>, Vec<Value>) = part.into_iter().unzip();
        let batch = batch.as_ref().map(|id| if several { format!("{id}.{number}") } else { id.clone() });
        let (tenant, master) = (tenant.clone(), master.clone());
        let answer = place.ask(&Command::CatalogueImport { tenant, master, batch, records }).await?;
        let answered = answer.get("verdicts").cloned().unwrap_or_default();
        let answered: Vec<Verdict> = serde_json::from_value(answered)
            .map_err(|_| Failure::problem("the answer has no verdicts: is the process of another version?"))?;
        verdicts.extend(answered.into_iter().zip(places).map(|(verdict, index)| Verdict { index, ..verdict }));
    }
    verdicts.sort_by_key(|verdict| verdict.index);
    report(&verdicts, &import.report, &import.rows, json, output)
}

/// The records with their places in the file, in batches that the door takes. A file of one batch goes as it is.
fn parts(records: Vec<Value>) -> Vec<Vec<(usize, Value)>> {
    let mut sized: Vec<(usize, usize, Value)> =
        records.into_iter().enumerate().map(|(index, record)| (index, record.to_string().len(), record)).collect();
    let bytes: usize = sized.iter().map(|(_, size, _)| size).sum();
    if sized.len() > PART_RECORDS || bytes > PART_BYTES {
        let rank = |record: &Value| {
            let kind = record.get("laji").and_then(Value::as_str).and_then(Kind::from_laji);
            kind.and_then(|kind| ORDER.iter().position(|it| *it == kind))
        };
        sized.sort_by_key(|(index, _, record)| (rank(record).unwrap_or(ORDER.len()), *index));
    }
    let mut parts: Vec<Vec<(usize, Value)>> = vec![Vec::new()];
    let mut filled = 0;
    for (index, size, record) in sized {
        let full = parts.last().is_some_and(|part| part.len() >= PART_RECORDS || filled + size > PART_BYTES);
        if full {
            parts.push(Vec::new());
            filled = 0;
        }
        filled += size;
        if let Some(part) = parts.last_mut() {
            part.push((index, record));
        }
    }
    parts
}

pub(super) async fn export(args: ExportArgs, output: &mut Output) -> Result<u8, Failure> {
    let ExportArgs { place, tenant, kind: kinds, format, lang, out } = args;
    if format != Form::Json {
        let form = if format == Form::Csv { TemplateForm::Csv } else { TemplateForm::Xlsx };
        let [kind] = kinds.as_slice() else {
            return Err(Failure::usage("a sheet holds one kind of records: give one --kind"));
        };
        return sheet(Source::of(place.find()?, tenant), kind, form, lang, out.as_deref(), output).await;
    }
    let kinds = if kinds.is_empty() { ORDER.map(|kind| kind.word().to_owned()).to_vec() } else { kinds };
    let mut source = Source::of(place.find()?, tenant);
    let mut file = match &out {
        Some(path) => {
            let created = File::create(path);
            let file = created.map_err(|error| Failure::usage(format!("--out {}: {error}", path.display())))?;
            Some(BufWriter::new(file))
        }
        None => None,
    };
    let mut written = 0_usize;
    let mut write = |text: &str, output: &mut Output| match &mut file {
        Some(file) => file.write_all(text.as_bytes()),
        None => output.handles().0.write_all(text.as_bytes()),
    };
    write("{\"entities\": [", output)?;
    for kind in kinds {
        let mut after = String::new();
        loop {
            let page = source.page(&kind, &after).await?;
            for record in page.get("records").and_then(Value::as_array).into_iter().flatten() {
                let comma = if written > 0 { "," } else { "" };
                write(&format!("{comma}\n{record}"), output)?;
                written += 1;
            }
            match page.get("next").and_then(Value::as_str) {
                Some(next) => next.clone_into(&mut after),
                None => break,
            }
        }
    }
    write("\n]}\n", output)?;
    if let (Some(mut file), Some(path)) = (file, out) {
        file.flush()?;
        output.line(&format!("{written} records in {}", path.display()))?;
    }
    Ok(FINE)
}

pub(super) fn template(args: &TemplateArgs, output: &mut Output) -> Result<u8, Failure> {
    let (_, table) = table(&args.kind, args.lang)?;
    put(&table, args.format, args.out.as_deref(), output)?;
    Ok(FINE)
}

/// The records of a kind in its template. What the template cannot hold is named, and the exit code says so.
async fn sheet(
    mut source: Source,
    kind: &str,
    form: TemplateForm,
    lang: Headings,
    out: Option<&Path>,
    output: &mut Output,
) -> Result<u8, Failure> {
    let (kind, mut table) = table(kind, lang)?;
    let mut after = String::new();
    let mut richer: Vec<String> = Vec::new();
    loop {
        let page = source.page(kind.word(), &after).await?;
        for record in page.get("records").and_then(Value::as_array).into_iter().flatten() {
            if !table.add(record) {
                richer.push(cell(record, "koodi"));
            }
        }
        match page.get("next").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    put(&table, form, out, output)?;
    if richer.is_empty() {
        return Ok(FINE);
    }
    let text = format!(
        "{} records hold more than the template's columns and are not in it (a row would lose the rest): {}",
        richer.len(),
        richer.join(", ")
    );
    // Standard output may hold the sheet.
    writeln!(output.err(), "silta: {}", safe(&text))?;
    Ok(PROBLEM)
}

fn table(kind: &str, lang: Headings) -> Result<(Kind, Table), Failure> {
    let known = Kind::from_word(kind).or_else(|| Kind::from_laji(kind));
    let known = known.or_else(|| (kind == "place").then_some(Kind::ServicePoint));
    let rules = intake::form_rules(Profile::Live2026);
    let table = known.and_then(|kind| Some((kind, Table::of(kind, lang.lang(), &rules)?)));
    table.ok_or_else(|| {
        Failure::usage(format!("--kind {kind}: no template. There are: service, channel, place, organisation, offer"))
    })
}

fn put(table: &Table, form: TemplateForm, out: Option<&Path>, output: &mut Output) -> Result<(), Failure> {
    let bytes = match form {
        TemplateForm::Csv => table.csv(),
        TemplateForm::Xlsx => table.xlsx(),
    };
    let bytes = bytes.map_err(|error| Failure::problem(error.to_string()))?;
    match out {
        Some(path) => {
            std::fs::write(path, bytes)
                .map_err(|error| Failure::usage(format!("--out {}: {error}", path.display())))?;
            let path = path.display();
            let said = match table.len() {
                0 => format!(
                    "{path} is an empty template: fill it from the third row on, then `silta catalogue import {path}`"
                ),
                rows => format!("{rows} rows in {path}"),
            };
            output.line(&said)?;
        }
        None => output.handles().0.write_all(&bytes)?,
    }
    Ok(())
}

/// Where pages come from: the running process, or the store while none runs.
struct Source {
    found: Found,
    tenant: String,
    store: Option<Store>,
}

impl Source {
    fn of(found: Found, tenant: String) -> Source {
        Source { found, tenant, store: None }
    }

    async fn page(&mut self, kind: &str, after: &str) -> Result<Value, Failure> {
        if self.store.is_none() {
            let (tenant, kind, after) = (self.tenant.clone(), kind.to_owned(), after.to_owned());
            let command = Command::CatalogueExport { tenant, kind, after, limit: PAGE };
            if let Some(page) = self.found.ask(&command).await? {
                return Ok(page);
            }
            self.store = Some(self.found.store().await?);
        }
        let store = self.store.as_ref().ok_or_else(|| Failure::problem("the store is not open"))?;
        Ok(reads::catalogue_export(store, &self.tenant, kind, after, PAGE).await?)
    }
}

pub(super) async fn matches(args: MatchArgs, output: &mut Output) -> Result<u8, Failure> {
    let MatchArgs { path, place, tenant, json } = args;
    let records = read(&path)?.records;
    let mut found: Vec<Value> = Vec::new();
    for part in parts(records) {
        let (places, records): (Vec<usize>, Vec<Value>) = part.into_iter().unzip();
        let answer = place.ask(&Command::CatalogueMatch { tenant: tenant.clone(), records }).await?;
        let told = answer.get("matches").and_then(Value::as_array).cloned().unwrap_or_default();
        for (mut it, index) in told.into_iter().zip(places) {
            if let Some(members) = it.as_object_mut() {
                members.insert("index".into(), index.into());
            }
            found.push(it);
        }
    }
    let mut counts = serde_json::Map::new();
    for certainty in ["certain", "likely", "ambiguous", "new", "unreadable"] {
        let count = found.iter().filter(|it| it.get("certainty").is_some_and(|it| it == certainty)).count();
        counts.insert(certainty.into(), count.into());
    }
    let unsure = |it: &&str| counts.get(*it).and_then(Value::as_u64).is_some_and(|count| count > 0);
    let code = if ["ambiguous", "unreadable"].iter().any(unsure) { PROBLEM } else { FINE };
    if json {
        output.json(&json!({ "counts": counts, "matches": found }))?;
        return Ok(code);
    }
    let rows: Vec<_> = found.iter().filter(|it| it.get("certainty").is_none_or(|it| it != "new")).map(row).collect();
    if !rows.is_empty() {
        output.table(&["laji", "koodi", "name", "certainty", "may be", "by", "others"], &rows)?;
    }
    let said: Vec<String> = counts.iter().map(|(certainty, count)| format!("{count} {certainty}")).collect();
    output.line(&said.join(", "))?;
    Ok(code)
}

fn row(found: &Value) -> Vec<(String, Tint)> {
    let certainty = cell(found, "certainty");
    let tint = match certainty.as_str() {
        "certain" => Tint::Good,
        "likely" => Tint::Wait,
        _ => Tint::Bad,
    };
    let candidates = found.get("candidates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let best = candidates.first().cloned().unwrap_or_default();
    let by = best.get("by").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let by = by.collect::<Vec<_>>().join(", ");
    let others = candidates.len().saturating_sub(1);
    vec![
        plain(cell(found, "laji")),
        plain(cell(found, "koodi")),
        plain(cell(found, "name")),
        (certainty, tint),
        plain(cell(&best, "koodi")),
        plain(by),
        plain(if others > 0 { others.to_string() } else { String::new() }),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{PART_RECORDS, parts};

    #[test]
    fn a_file_of_one_batch_goes_as_it_is_and_a_larger_one_in_the_order_of_references() {
        let offer = |index: usize| json!({"laji": "palvelutarjous", "koodi": index.to_string()});
        let organisation = json!({"laji": "organisaatio", "koodi": "1"});
        let small = parts(vec![offer(0), organisation.clone()]);
        assert_eq!(small.len(), 1);
        assert_eq!(small[0].iter().map(|(index, _)| *index).collect::<Vec<_>>(), [0, 1]);
        let mut records: Vec<_> = (0..PART_RECORDS).map(offer).collect();
        records.push(organisation);
        let large = parts(records);
        assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [PART_RECORDS, 1]);
        assert_eq!(large[0][0].0, PART_RECORDS, "the organisation goes first");
        assert_eq!(parts(Vec::new()).len(), 1, "an empty file is a batch too");
    }
}
