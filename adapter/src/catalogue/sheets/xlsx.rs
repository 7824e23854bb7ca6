//! Workbooks of Excel (ECMA-376): written with lists to choose from, read cell by cell.
//!
//! Only values are read: what a formula last came to, never the formula. A workbook is a zip file, so that its parts are
//! unpacked within a limit and its cells counted as they come; an empty cell far away takes no memory.

use std::io::{Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rust_xlsxwriter::{DataValidation, DocProperties, ExcelDateTime, Format, Formula, Workbook, XlsxError};
use zip::ZipArchive;

use super::cells::Cell;
use super::{MAX_COLUMNS, MAX_ROWS, Sheet, SheetError, Table, choices};

/// Bytes of all parts together that are unpacked.
pub(super) const MAX_UNPACKED: usize = 256 << 20;
/// Parts of a workbook.
const MAX_PARTS: usize = 2_000;
/// Texts that cells share.
const MAX_TEXTS: usize = 500_000;
/// Rows of a template that its lists reach.
const LISTED_ROWS: u32 = 2_000;
const COLUMN_WIDTH: f64 = 24.0;
const HELP_HEIGHT: f64 = 90.0;
/// The sheet of the lists, in Finnish and Swedish.
const LISTS: [&str; 2] = ["Koodit", "Koder"];

pub(super) fn write(table: &Table) -> Result<Vec<u8>, SheetError> {
    workbook(table).map_err(|error| SheetError::Unwritten(error.to_string()))
}

fn workbook(table: &Table) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same template is the same file.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?));
    let (bold, grey) = (Format::new().set_bold().set_text_wrap(), Format::new().set_italic().set_text_wrap());
    // Text, so that a code keeps its zeros and a time does not become a fraction of a day.
    let text = Format::new().set_num_format("@").set_text_wrap();
    let lists: Vec<(u16, Vec<&'static str>)> =
        (0..).zip(&table.columns).filter_map(|(at, column)| Some((at, choices(column.shape, table.lang)?))).collect();
    let lists_name = LISTS.get(table.lang).copied().unwrap_or("Koodit");
    let sheet = workbook.add_worksheet().set_name(table.name())?;
    sheet.set_freeze_panes(2, 1)?;
    sheet.set_row_height(1, HELP_HEIGHT)?;
    for (at, (heading, help)) in (0_u16..).zip(table.headings.iter().zip(&table.help)) {
        sheet.set_column_width(at, COLUMN_WIDTH)?;
        sheet.set_column_format(at, &text)?;
        sheet.write_string_with_format(0, at, heading, &bold)?;
        sheet.write_string_with_format(1, at, help, &grey)?;
    }
    for (row, cells) in (2..).zip(&table.rows) {
        for (at, value) in (0..).zip(cells).filter(|(_, value)| !value.is_empty()) {
            sheet.write_string_with_format(row, at, value, &text)?;
        }
    }
    for (place, (at, words)) in (0_usize..).zip(&lists) {
        let column = super::letters(place);
        let list = format!("={lists_name}!${column}$2:${column}${}", words.len() + 1);
        let validation = DataValidation::new().allow_list_formula(Formula::new(list));
        sheet.add_data_validation(2, *at, LISTED_ROWS + 1, *at, &validation)?;
    }
    let sheet = workbook.add_worksheet().set_name(lists_name)?;
    for (place, (at, words)) in (0..).zip(&lists) {
        let heading = table.headings.get(usize::from(*at)).map(String::as_str).unwrap_or_default();
        sheet.set_column_width(place, COLUMN_WIDTH)?;
        sheet.write_string_with_format(0, place, heading, &bold)?;
        for (row, word) in (1..).zip(words) {
            sheet.write_string(row, place, *word)?;
        }
    }
    workbook.save_to_buffer()
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    let mut parts = Parts::open(bytes)?;
    let book = parts.text("xl/workbook.xml")?.ok_or_else(|| unreadable("it has no xl/workbook.xml"))?;
    let relations = parts.text("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let texts = match parts.text("xl/sharedStrings.xml")? {
        Some(part) => shared_texts(&part)?,
        None => Vec::new(),
    };
    let targets = elements(&relations, "Relationship", ["Id", "Target"])?;
    let mut sheets = Vec::new();
    for [name, id] in elements(&book, "sheet", ["name", "id"])? {
        let target = targets.iter().find(|[known, _]| *known == id).map(|[_, target]| target.as_str());
        let Some(target) = target else { continue };
        let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        if let Some(part) = parts.text(&path)? {
            sheets.push(Sheet { name, rows: rows(&part, &texts)? });
        }
    }
    Ok(sheets)
}

fn unreadable(reason: impl Into<Reason>) -> SheetError {
    SheetError::NotXlsx(reason.into().0)
}

/// Why a workbook cannot be read, in the words of whoever tried.
struct Reason(String);

impl<T: std::fmt::Display> From<T> for Reason {
    fn from(reason: T) -> Self {
        Reason(reason.to_string())
    }
}

/// The parts of the zip file, unpacked on demand and within what is left of the limit.
struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: usize,
}

impl<'a> Parts<'a> {
    fn open(bytes: &'a [u8]) -> Result<Parts<'a>, SheetError> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(unreadable)?;
        if archive.len() > MAX_PARTS {
            return Err(SheetError::Unpacks);
        }
        Ok(Parts { archive, left: MAX_UNPACKED })
    }

    /// A part as text; none when there is no such part. What its header says of its size is not believed.
    fn text(&mut self, name: &str) -> Result<Option<String>, SheetError> {
        let part = match self.archive.by_name(name) {
            Ok(part) => part,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let most = u64::try_from(self.left).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        part.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        self.left = self.left.checked_sub(bytes.len()).ok_or(SheetError::Unpacks)?;
        String::from_utf8(bytes).map(Some).map_err(|_| unreadable("a part is not UTF-8"))
    }
}

/// Two attributes of every element of a name, by their local names.
fn elements(part: &str, name: &str, attributes: [&str; 2]) -> Result<Vec<[String; 2]>, SheetError> {
    let mut reader = Reader::from_str(part);
    let mut found = Vec::new();
    loop {
        match reader.read_event().map_err(unreadable)? {
            Event::Start(start) | Event::Empty(start) if is(&start, name) => {
                if found.len() >= MAX_PARTS {
                    return Err(SheetError::Unpacks);
                }
                found.push(attributes.map(|attribute| attribute_of(&start, attribute).unwrap_or_default()));
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn is(start: &BytesStart<'_>, name: &str) -> bool {
    start.local_name().as_ref() == name
}

fn attribute_of(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().flatten().find(|it| it.key.local_name().as_ref() == name)?;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}

/// The texts of `sharedStrings.xml`, in order. Phonetic hints (`rPh`) are no part of a text.
fn shared_texts(part: &str) -> Result<Vec<String>, SheetError> {
    let mut reader = Reader::from_str(part);
    let mut texts = Vec::new();
    let mut text = Text::default();
    loop {
        let event = reader.read_event().map_err(unreadable)?;
        text.take(&event);
        match event {
            Event::Start(start) if is(&start, "si") => text.content.clear(),
            Event::Empty(start) if is(&start, "si") => texts.push(String::new()),
            Event::End(end) if end.local_name().as_ref() == "si" => {
                if texts.len() >= MAX_TEXTS {
                    return Err(SheetError::TooMany);
                }
                texts.push(unescaped(&std::mem::take(&mut text.content)));
            }
            Event::Eof => return Ok(texts),
            _ => {}
        }
    }
}

/// Collects what stands in `t` and `v`.
#[derive(Default)]
struct Text {
    content: String,
    inside: bool,
    hint: bool,
}

impl Text {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" | "v" => self.inside = !self.hint,
                "rPh" => self.hint = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "t" | "v" => self.inside = false,
                "rPh" => self.hint = false,
                _ => {}
            },
            Event::Text(text) if self.inside => self.content.push_str(&text.xml10_content()),
            Event::CData(text) if self.inside => self.content.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) if self.inside => {
                let whole = format!("&{};", reference.xml10_content());
                if let Ok(text) = quick_xml::escape::unescape(&whole) {
                    self.content.push_str(&text);
                }
            }
            _ => {}
        }
    }
}

/// The rows that hold something.
fn rows(part: &str, texts: &[String]) -> Result<Vec<(usize, Vec<Cell>)>, SheetError> {
    let mut reader = Reader::from_str(part);
    let mut rows: Vec<(usize, Vec<Cell>)> = Vec::new();
    let mut text = Text::default();
    let (mut row, mut column, mut kind) = (0_usize, 0_usize, String::new());
    let (mut cells, mut formula): (Vec<Cell>, bool) = (Vec::new(), false);
    loop {
        let event = reader.read_event().map_err(unreadable)?;
        text.take(&event);
        match event {
            Event::Start(start) if is(&start, "row") => {
                row = attribute_of(&start, "r").and_then(|it| it.parse().ok()).unwrap_or(row + 1);
                column = 0;
            }
            Event::Start(start) if is(&start, "c") => {
                column = attribute_of(&start, "r").and_then(|it| column_of(&it)).unwrap_or(column);
                kind = attribute_of(&start, "t").unwrap_or_default();
                text.content.clear();
                formula = false;
            }
            Event::Empty(start) if is(&start, "c") => column += 1,
            Event::Start(start) | Event::Empty(start) if is(&start, "f") => formula = true,
            Event::End(end) if end.local_name().as_ref() == "c" => {
                let cell = cell(&kind, &text.content, formula, texts);
                if !cell.is_blank() {
                    if column >= MAX_COLUMNS || rows.len() >= MAX_ROWS {
                        return Err(SheetError::TooMany);
                    }
                    cells.resize(cells.len().max(column + 1), Cell::Text(String::new()));
                    if let Some(place) = cells.get_mut(column) {
                        *place = cell;
                    }
                }
                column += 1;
            }
            Event::End(end) if end.local_name().as_ref() == "row" && !cells.is_empty() => {
                rows.push((row, std::mem::take(&mut cells)));
            }
            Event::Eof => return Ok(rows),
            _ => {}
        }
    }
}

fn cell(kind: &str, content: &str, formula: bool, texts: &[String]) -> Cell {
    let text = |text: &str| Cell::Text(text.to_owned());
    match kind {
        "s" => text(content.trim().parse::<usize>().ok().and_then(|at| texts.get(at)).map_or("", String::as_str)),
        "b" => Cell::Flag(content.trim() == "1"),
        "e" => Cell::Unusable,
        "inlineStr" | "str" => text(&unescaped(content)),
        // A formula that was never worked out: we do not do it either.
        _ if content.trim().is_empty() && formula => Cell::Unusable,
        _ => content.trim().parse().map_or_else(|_| text(content), Cell::Number),
    }
}

/// `B12` is column 1.
fn column_of(reference: &str) -> Option<usize> {
    let letters = reference.chars().take_while(char::is_ascii_alphabetic);
    let number = letters.take(4).try_fold(0_usize, |sum, letter| {
        let place = u32::from(letter.to_ascii_uppercase()).checked_sub(u32::from('A'))?;
        Some(sum * 26 + usize::try_from(place).ok()? + 1)
    })?;
    number.checked_sub(1)
}

/// Excel writes a character that XML cannot hold as `_x000D_`.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let code = from.get(2..6).filter(|_| from.get(6..7) == Some("_"));
        let character = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        if let Some(character) = character {
            plain.push(character);
            rest = from.get(7..).unwrap_or_default();
        } else {
            plain.push_str("_x");
            rest = from.get(2..).unwrap_or_default();
        }
    }
    plain.push_str(rest);
    plain
}
