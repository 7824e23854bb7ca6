//! Templates for municipalities that keep their catalogue in a spreadsheet: written empty or filled, and read back.
//!
//! A sheet holds one kind of records, one row each, under headings in Finnish or Swedish. What its columns cannot hold is
//! never dropped: such a record is not written, and says so. Formulas are neither evaluated nor written. The records that
//! come out are of the push format, and are judged like any others.

mod cells;
mod columns;
mod paths;
mod text;
mod xlsx;

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

pub use columns::KINDS;

use self::cells::{Cell, Shape};
use self::columns::Column;
use crate::model::{Kind, Lang};

/// Bytes of a file.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Rows of a sheet, headings among them.
pub const MAX_ROWS: usize = 20_000;
/// Columns of a sheet.
pub const MAX_COLUMNS: usize = 200;
/// Characters of a cell, as spreadsheets have it.
pub const MAX_CELL_CHARS: usize = 32_767;

/// A template, empty or with records in it.
#[derive(Debug)]
pub struct Table {
    kind: Kind,
    /// 0 for Finnish, 1 for Swedish.
    lang: usize,
    columns: Vec<Column>,
    headings: Vec<String>,
    help: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct Reading {
    pub records: Vec<Value>,
    pub rows: Rows,
}

/// Where records stand in the file, and what could not be read of it.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    places: Vec<(Arc<Header>, usize)>,
    pub problems: Vec<Problem>,
}

/// One cell, or one heading, that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    pub sheet: String,
    /// From 1, as spreadsheets count.
    pub row: usize,
    /// `A`, `B` …
    pub column: String,
    pub heading: String,
    pub fi: String,
    pub sv: String,
    pub en: String,
}

/// Why a file is no sheet at all. The sender's to settle.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    #[error("the file has more than {MAX_FILE_BYTES} bytes. Divide it")]
    TooLarge,
    #[error("the file is not an .xlsx workbook: {0}. Save it as an Excel workbook (.xlsx) or as CSV")]
    NotXlsx(String),
    #[error("the workbook unpacks to more than {} MiB. Leave pictures and unused sheets out", xlsx::MAX_UNPACKED >> 20)]
    Unpacks,
    #[error("a sheet has more than {MAX_ROWS} rows or {MAX_COLUMNS} columns with content. Divide it")]
    TooMany,
    #[error("the file is not CSV: {0}")]
    NotCsv(String),
    #[error(
        "no sheet has the headings of a template. Make one by `silta catalogue template`; its first heading must stay"
    )]
    NoTemplate,
    #[error("the template could not be written: {0}")]
    Unwritten(String),
}

/// A sheet as a file has it: its rows that hold something, each with its number.
struct Sheet {
    name: String,
    rows: Vec<(usize, Vec<Cell>)>,
}

/// The headings of a sheet: which column of the file is which of the template.
#[derive(Debug)]
struct Header {
    sheet: String,
    kind: Kind,
    columns: Vec<(usize, Column, String)>,
}

impl Table {
    /// The template of a kind. `rules` are those of `GET …/rules`, from which the second row tells what is required and
    /// how long it may be. None for a kind without a template.
    pub fn of(kind: Kind, lang: Lang, rules: &Value) -> Option<Table> {
        let lang = usize::from(lang == Lang::Sv);
        let columns = columns::of(kind);
        if columns.is_empty() {
            return None;
        }
        let rules = rules.pointer(&format!("/lajit/{}", kind.laji())).cloned().unwrap_or_default();
        let headings = columns.iter().map(|column| heading(column, lang).to_owned()).collect();
        let help = columns.iter().map(|column| help(column, lang, &rules)).collect();
        Some(Table { kind, lang, columns, headings, help, rows: Vec::new() })
    }

    /// Adds a record. False, and nothing added, when it holds more than the columns can.
    pub fn add(&mut self, record: &Value) -> bool {
        let row = self.columns.iter().map(|column| {
            let value = paths::get(record, column.path);
            let given = value.filter(|value| !is_nothing(value));
            given.map_or(Some(String::new()), |value| column.shape.write(value, self.lang))
        });
        let Some(row) = row.collect::<Option<Vec<String>>>() else { return false };
        let cells: Vec<(usize, Column, Cell)> = self
            .columns
            .iter()
            .copied()
            .zip(&row)
            .enumerate()
            .map(|(index, (column, text))| (index, column, Cell::Text(text.clone())))
            .collect();
        let Ok(read) = record_of(self.kind, cells.iter().map(|(index, column, cell)| (*index, column, cell))) else {
            return false;
        };
        let entity = |record: &Value| {
            super::pat::read_stored(record).entity.map(|entity| (entity.key, entity.state, entity.content))
        };
        let whole = entity(record).zip(entity(&read)).is_some_and(|(theirs, ours)| theirs == ours);
        if whole {
            self.rows.push(row);
        }
        whole
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows of records.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// As a spreadsheet opens it: semicolons, UTF-8 with its mark, and nothing that would be taken for a formula.
    pub fn csv(&self) -> Result<Vec<u8>, SheetError> {
        text::write(self)
    }

    /// With lists to choose from.
    pub fn xlsx(&self) -> Result<Vec<u8>, SheetError> {
        xlsx::write(self)
    }

    fn name(&self) -> &'static str {
        let [fi, sv] = columns::sheet_name(self.kind);
        if self.lang == 1 { sv } else { fi }
    }
}

/// Reads a CSV file, or a workbook: every sheet that has a template's headings.
pub fn read(name: &str, bytes: &[u8]) -> Result<Reading, SheetError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(SheetError::TooLarge);
    }
    let sheets = if bytes.starts_with(b"PK") { xlsx::read(bytes)? } else { text::read(name, bytes)? };
    let mut reading = Reading::default();
    let mut known = false;
    for sheet in &sheets {
        known |= reading.take(sheet);
    }
    if known { Ok(reading) } else { Err(SheetError::NoTemplate) }
}

impl Reading {
    /// Reads a sheet; false when it has no headings of a template.
    fn take(&mut self, sheet: &Sheet) -> bool {
        let Some((kind, top)) = sheet.rows.iter().enumerate().find_map(|(at, (_, cells))| Some((kind_of(cells)?, at)))
        else {
            return false;
        };
        let Some((number, cells)) = sheet.rows.get(top) else { return false };
        let header = match Header::read(sheet, kind, *number, cells) {
            Ok(header) => Arc::new(header),
            Err(problems) => {
                // A column that nobody knows would be lost: the whole sheet waits until its heading is right.
                self.rows.problems.extend(problems);
                return true;
            }
        };
        let helped = sheet.rows.get(top + 1).is_some_and(|(_, cells)| header.is_help(cells));
        for (number, cells) in sheet.rows.iter().skip(top + 1 + usize::from(helped)) {
            match header.record(*number, cells) {
                Ok(Some(record)) => {
                    self.records.push(record);
                    self.rows.places.push((Arc::clone(&header), *number));
                }
                Ok(None) => {}
                Err(problems) => self.rows.problems.extend(problems),
            }
        }
        true
    }
}

impl Rows {
    /// Those of another file after these.
    pub fn append(&mut self, other: Rows) {
        self.places.extend(other.places);
        self.problems.extend(other.problems);
    }

    /// Where a record's field stands: sheet, row, column and heading.
    pub fn place(&self, index: usize, field: &str) -> Option<String> {
        let (header, row) = self.places.get(index)?;
        let below = |whole: &str, part: &str| {
            whole.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let column =
            header.columns.iter().find(|(_, column, _)| below(field, column.path) || below(column.path, field));
        let cell =
            column.map_or_else(|| row.to_string(), |(at, _, heading)| format!("{}{row} ({heading})", letters(*at)));
        Some(format!("{}!{cell}", header.sheet))
    }
}

impl Header {
    fn read(sheet: &Sheet, kind: Kind, row: usize, cells: &[Cell]) -> Result<Header, Vec<Problem>> {
        let known = columns::of(kind);
        let mut columns: Vec<(usize, Column, String)> = Vec::new();
        let mut problems = Vec::new();
        let widest = sheet.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or_default();
        for at in 0..widest {
            let text = cells.get(at).map(Cell::text).unwrap_or_default();
            let folded = fold(&text);
            let column = known.iter().find(|column| [column.fi, column.sv].iter().any(|it| fold(it) == folded));
            let twice = column.is_some_and(|column| {
                columns.iter().any(|(_, other, _)| (other.path, other.fi) == (column.path, column.fi))
            });
            match column {
                Some(column) if !twice => columns.push((at, *column, text)),
                None if text.is_empty()
                    && sheet.rows.iter().all(|(_, cells)| cells.get(at).is_none_or(Cell::is_blank)) => {}
                _ => {
                    let near = known.iter().flat_map(|it| [it.fi, it.sv]).find(|it| is_near(&fold(it), &folded));
                    let (fi, sv, en) = match near {
                        Some(near) if !twice => (
                            format!(" Tarkoititko: {near}?"),
                            format!(" Menade du: {near}?"),
                            format!(" Did you mean {near}?"),
                        ),
                        _ => (String::new(), String::new(), String::new()),
                    };
                    problems.push(Problem {
                        sheet: sheet.name.clone(),
                        row,
                        column: letters(at),
                        heading: text,
                        fi: format!("Mallissa ei ole tällaista otsikkoa, tai se on kahdesti. Korjaa otsikko tai poista sarake.{fi}"),
                        sv: format!("Mallen har ingen sådan rubrik, eller den finns två gånger. Rätta rubriken eller ta bort kolumnen.{sv}"),
                        en: format!("The template has no such heading, or it stands twice. Mend the heading or remove the column.{en}"),
                    });
                }
            }
        }
        if problems.is_empty() { Ok(Header { sheet: sheet.name.clone(), kind, columns }) } else { Err(problems) }
    }

    /// Whether a row is the template's own second one.
    fn is_help(&self, cells: &[Cell]) -> bool {
        let code =
            self.columns.iter().find(|(_, column, _)| column.path == "koodi").and_then(|(at, ..)| cells.get(*at));
        code.is_some_and(|cell| columns::HELP_BEGINS.iter().any(|begins| cell.text().starts_with(begins)))
    }

    /// The record of a row; none for a blank one.
    fn record(&self, row: usize, cells: &[Cell]) -> Result<Option<Value>, Vec<Problem>> {
        let filled: Vec<(usize, &Column, &Cell)> = self
            .columns
            .iter()
            .filter_map(|(at, column, _)| Some((*at, column, cells.get(*at).filter(|cell| !cell.is_blank())?)))
            .collect();
        if filled.is_empty() {
            return Ok(None);
        }
        record_of(self.kind, filled.into_iter()).map(Some).map_err(|wrong| {
            wrong
                .into_iter()
                .map(|(at, [fi, sv, en])| {
                    let heading = self.columns.iter().find(|(column, ..)| *column == at).map(|(.., heading)| heading);
                    let heading = heading.cloned().unwrap_or_default();
                    Problem { sheet: self.sheet.clone(), row, column: letters(at), heading, fi, sv, en }
                })
                .collect()
        })
    }
}

/// The record of a row's cells, or what is wrong with them, by the column of the file.
fn record_of<'a>(
    kind: Kind,
    cells: impl Iterator<Item = (usize, &'a Column, &'a Cell)>,
) -> Result<Value, Vec<(usize, cells::Wrong)>> {
    let mut record = Map::new();
    record.insert("laji".into(), kind.laji().into());
    let mut record = Value::Object(record);
    let mut wrong = Vec::new();
    for (at, column, cell) in cells.filter(|(.., cell)| !cell.is_blank()) {
        match column.shape.read(cell) {
            Ok(Value::Array(rows)) if matches!(column.shape, Shape::Day(_)) => {
                paths::add(&mut record, column.path, rows);
            }
            Ok(value) => paths::put(&mut record, column.path, value),
            Err(reason) => wrong.push((at, reason)),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    for (of, part, rest, value) in columns::COMPLETED {
        if of == kind && paths::get(&record, part).is_some() {
            paths::put(&mut record, rest, value.into());
        }
    }
    Ok(record)
}

/// A template's first heading tells the kind, wherever it stands in the row.
fn kind_of(cells: &[Cell]) -> Option<Kind> {
    let headings: Vec<String> = cells.iter().map(|cell| fold(&cell.text())).collect();
    KINDS.into_iter().find(|kind| {
        let first = columns::of(*kind).into_iter().next();
        first.is_some_and(|column| [column.fi, column.sv].iter().any(|it| headings.contains(&fold(it))))
    })
}

fn heading(column: &Column, lang: usize) -> &'static str {
    if lang == 1 { column.sv } else { column.fi }
}

fn help(column: &Column, lang: usize, rules: &Value) -> String {
    let said = |texts: [&str; 2]| texts.get(lang).copied().unwrap_or_default().to_owned();
    let mut parts = vec![said(column.help)];
    // The lists of names by language are checked by the field, not by the language.
    let field = column.path.trim_end_matches(".fi").trim_end_matches(".sv").trim_end_matches(".en");
    let required = rules.get("required").and_then(Value::as_array).into_iter().flatten();
    if required.into_iter().any(|it| it == column.path) || column.path == "kanavalaji" {
        parts.push(said(["Pakollinen.", "Obligatorisk."]));
    }
    let limit = |name: &str| rules.get("ptv")?.get(field)?.get(name)?.as_u64();
    if let Some(max) = limit("max") {
        parts.push(match (limit("min"), lang) {
            (Some(min), 1) => format!("{min}–{max} tecken i SDL."),
            (Some(min), _) => format!("{min}–{max} merkkiä PTV:ssä."),
            (None, 1) => format!("Högst {max} tecken i SDL."),
            (None, _) => format!("Enintään {max} merkkiä PTV:ssä."),
        });
    }
    if let Some(most) = limit("maxItems") {
        parts.push(if lang == 1 { format!("Högst {most}.") } else { format!("Enintään {most}.") });
    }
    parts.extend(choices(column.shape, lang).map(|words| words.join(" / ")));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// What may be chosen in a column.
fn choices(shape: Shape, lang: usize) -> Option<Vec<&'static str>> {
    match shape {
        Shape::Word(words) => Some(words.iter().map(|(_, fi, sv)| if lang == 1 { *sv } else { *fi }).collect()),
        Shape::Flag if lang == 1 => Some(vec!["ja", "nej"]),
        Shape::Flag => Some(vec!["kyllä", "ei"]),
        _ => None,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn fold(heading: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let heading = heading.trim().trim_end_matches('*').trim();
    heading.nfc().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Headings that begin alike, or hold one another.
fn is_near(one: &str, other: &str) -> bool {
    let start = |text: &str| text.chars().take(5).collect::<String>();
    !other.is_empty() && (one.contains(other) || other.contains(one) || start(one) == start(other))
}

/// `A` for 0, `AA` for 26.
fn letters(mut at: usize) -> String {
    let mut letters = String::new();
    loop {
        let letter = u8::try_from(at % 26).map_or('A', |it| char::from(b'A' + it));
        letters.insert(0, letter);
        match (at / 26).checked_sub(1) {
            Some(rest) => at = rest,
            None => return letters,
        }
    }
}

#[cfg(test)]
mod tests;
