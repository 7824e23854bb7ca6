//! CSV as spreadsheets write it: semicolons, commas or tabs; UTF-8 with or without its mark, UTF-16, or Windows-1252.

use std::borrow::Cow;

use csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};

use super::cells::Cell;
use super::{MAX_CELL_CHARS, MAX_COLUMNS, MAX_ROWS, Sheet, SheetError, Table};

/// A text that begins so is taken for a formula by a spreadsheet.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
const MARK: &str = "\u{feff}";

pub(super) fn write(table: &Table) -> Result<Vec<u8>, SheetError> {
    let failed = |error: csv::Error| SheetError::Unwritten(error.to_string());
    let mut writer = WriterBuilder::new()
        .delimiter(b';')
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Necessary)
        .from_writer(MARK.as_bytes().to_vec());
    for row in [&table.headings, &table.help].into_iter().chain(&table.rows) {
        writer.write_record(row.iter().map(|text| inert(text).into_owned())).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| SheetError::Unwritten(error.to_string()))
}

/// With an apostrophe in front, as spreadsheets mark a text.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { format!("'{text}").into() } else { text.into() }
}

pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    let text = decode(bytes);
    let text = text.trim_start_matches(MARK);
    // A spreadsheet's own hint of what divides the cells.
    let hinted = text.strip_prefix("sep=").and_then(|rest| Some((rest.bytes().next()?, rest.split_once('\n')?.1)));
    let (delimiter, text) = hinted.unwrap_or_else(|| (delimiter(text), text));
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for (number, record) in (1..).zip(reader.records()) {
        let record = record.map_err(|error| SheetError::NotCsv(error.to_string()))?;
        let cells: Vec<Cell> = record.iter().map(|text| Cell::Text(original(text).to_owned())).collect();
        if cells.iter().all(Cell::is_blank) {
            continue;
        }
        let widest = cells.iter().rposition(|cell| !cell.is_blank()).unwrap_or_default();
        if rows.len() >= MAX_ROWS || widest >= MAX_COLUMNS {
            return Err(SheetError::TooMany);
        }
        if record.iter().any(|text| text.chars().count() > MAX_CELL_CHARS) {
            return Err(SheetError::NotCsv(format!(
                "row {number} has a cell of more than {MAX_CELL_CHARS} characters"
            )));
        }
        rows.push((number, cells));
    }
    Ok(vec![Sheet { name: name.to_owned(), rows }])
}

/// Without the apostrophe that made it inert.
fn original(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text)
}

/// UTF-8 where it is; no text of Windows-1252 with a letter beyond ASCII is, but for strings that nobody writes.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let marked = [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE];
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes)
        && marked.contains(&encoding)
    {
        return encoding.decode(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => encoding_rs::WINDOWS_1252.decode(bytes).0,
    }
}

/// What stands most often between the cells of the first line.
fn delimiter(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b';', 0), (b'\t', 0), (b',', 0)];
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            other => {
                if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == other) {
                    *count += 1;
                }
            }
        }
    }
    // The earlier wins where there is none.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b';', |(delimiter, _)| *delimiter)
}
