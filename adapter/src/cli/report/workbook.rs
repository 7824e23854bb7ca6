//! The content as a workbook: a sheet for each kind, a row for each record as PTV has it, and two columns for the reviewer.

use std::collections::BTreeSet;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{PaperLang, paper};
use crate::ptv::report::Row;

const WIDTH: f64 = 24.0;
const WIDE: f64 = 48.0;
/// Rows of a sheet of Excel, its heading aside; more go to further sheets.
const MOST_ROWS: usize = 1_000_000;
/// Characters of a cell of Excel.
const MOST_TEXT: usize = 32_000;
const LANGUAGES: [&str; 3] = ["fi", "sv", "en"];
/// PTV's kinds of texts that come first, in this order.
const FIRST: [&str; 5] = ["Name", "AlternativeName", "Summary", "Description", "UserInstruction"];

pub(super) fn write(sheets: &[(&str, Vec<Row>)], lang: PaperLang) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The same content is the same file.
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2026, 1, 1)?));
    for (kind, rows) in sheets {
        let name = paper::kind(kind, lang);
        if *kind == "connections" {
            let lines: Vec<Vec<String>> = rows.iter().flat_map(connections).collect();
            let texts = texts_of(rows.iter().flat_map(|row| &row.connected).flat_map(|it| it.texts.keys()));
            let heads = [
                ["Palvelun koodi", "Tjänstens kod", "Code of the service"],
                ["Palvelu", "Tjänst", "Service"],
                ["Kanavan tunniste PTV:ssä", "Kanalens id i SDL", "Id of the channel in PTV"],
                ["Kanava", "Kanal", "Channel"],
            ];
            let lines = lines.into_iter().zip(rows.iter().flat_map(|row| &row.connected)).map(|(mut line, it)| {
                line.extend(texts.iter().map(|text| it.texts.get(text).cloned().unwrap_or_default()));
                line
            });
            sheet(&mut workbook, name, &heads, &texts, &lines.collect::<Vec<_>>(), lang)?;
        } else {
            let texts = texts_of(rows.iter().flat_map(|row| row.texts.keys()));
            let heads = [
                ["Koodi", "Kod", "Code"],
                ["Tunniste PTV:ssä", "Id i SDL", "Id in PTV"],
                ["Lähdetunniste", "Käll-id", "Source id"],
                ["Kielet", "Språk", "Languages"],
                ["Viety PTV:hen (UTC)", "Överfört till SDL (UTC)", "Sent to PTV (UTC)"],
            ];
            let lines = rows.iter().map(|row| {
                let Row { code, guid, source_id, languages, at, .. } = row;
                let own =
                    [code.clone(), guid.clone().unwrap_or_default(), source_id.clone(), languages.clone(), at.clone()];
                own.into_iter()
                    .chain(texts.iter().map(|text| row.texts.get(text).cloned().unwrap_or_default()))
                    .collect()
            });
            sheet(&mut workbook, name, &heads, &texts, &lines.collect::<Vec<_>>(), lang)?;
        }
    }
    workbook.save_to_buffer()
}

fn connections(row: &Row) -> Vec<Vec<String>> {
    let line = |guid: &str, name: Option<&str>| {
        vec![row.code.clone(), row.name.clone(), guid.to_owned(), name.unwrap_or_default().to_owned()]
    };
    row.connected.iter().map(|it| line(&it.guid, it.name.as_deref())).collect()
}

/// The kinds of texts that occur, by kind and then by language.
fn texts_of<'t>(all: impl Iterator<Item = &'t String>) -> Vec<String> {
    let all: BTreeSet<&String> = all.collect();
    let place = |text: &str| {
        let (kind, lang) = text.split_once('.').unwrap_or((text, ""));
        let first = FIRST.iter().position(|first| *first == kind).unwrap_or(FIRST.len());
        let lang = LANGUAGES.iter().position(|known| *known == lang).unwrap_or(LANGUAGES.len());
        (first, kind.to_owned(), lang, text.to_owned())
    };
    let mut sorted: Vec<_> = all.into_iter().map(|text| place(text)).collect();
    sorted.sort();
    sorted.into_iter().map(|(.., text)| text).collect()
}

fn sheet(
    workbook: &mut Workbook,
    name: &str,
    heads: &[[&str; 3]],
    texts: &[String],
    lines: &[Vec<String>],
    lang: PaperLang,
) -> Result<(), XlsxError> {
    let reviewed = [["Tarkastettu", "Granskat", "Reviewed"], ["Huomautus", "Anmärkning", "Remark"]];
    let mut parts: Vec<&[Vec<String>]> = lines.chunks(MOST_ROWS).collect();
    if parts.is_empty() {
        parts.push(&[]);
    }
    for (number, part) in (1..).zip(parts) {
        let title = if number == 1 { name.to_owned() } else { format!("{name} {number}") };
        let sheet = workbook.add_worksheet().set_name(title)?;
        sheet.set_freeze_panes(1, 2)?;
        let own = heads.iter().map(|head| (lang.of(*head).to_owned(), WIDTH));
        let texts = texts.iter().map(|text| (heading(text, lang), WIDE));
        let own = own.chain(texts).chain(reviewed.map(|head| (lang.of(head).to_owned(), WIDTH)));
        headings(sheet, own)?;
        let cell = Format::new().set_num_format("@").set_text_wrap();
        for (row, line) in (1_u32..).zip(part) {
            for (column, value) in (0_u16..).zip(line).filter(|(_, value)| !value.is_empty()) {
                let shown: String = value.chars().take(MOST_TEXT).collect();
                sheet.write_string_with_format(row, column, shown, &cell)?;
            }
        }
    }
    Ok(())
}

fn headings(sheet: &mut Worksheet, heads: impl Iterator<Item = (String, f64)>) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold().set_text_wrap();
    for (column, (head, width)) in (0_u16..).zip(heads) {
        sheet.set_column_width(column, width)?;
        sheet.write_string_with_format(0, column, head, &bold)?;
    }
    Ok(())
}

/// `Summary.fi` in words.
fn heading(text: &str, lang: PaperLang) -> String {
    let (kind, of) = text.split_once('.').unwrap_or((text, ""));
    let name = match kind {
        "Name" => lang.of(["Nimi", "Namn", "Name"]),
        "AlternativeName" => lang.of(["Vaihtoehtoinen nimi", "Alternativt namn", "Alternative name"]),
        "Summary" => lang.of(["Tiivistelmä", "Sammanfattning", "Summary"]),
        "Description" => lang.of(["Kuvaus", "Beskrivning", "Description"]),
        "UserInstruction" => lang.of(["Toimintaohje", "Anvisning", "User instruction"]),
        "ChargeTypeAdditionalInfo" => lang.of(["Maksun lisätieto", "Tilläggsuppgift om avgift", "Charge"]),
        "DeadLine" => lang.of(["Määräaika", "Tidsfrist", "Deadline"]),
        "ProcessingTime" => lang.of(["Käsittelyaika", "Behandlingstid", "Processing time"]),
        "ValidityTime" => lang.of(["Voimassaolo", "Giltighetstid", "Validity"]),
        other => other,
    };
    if of.is_empty() { name.to_owned() } else { format!("{name} ({of})") }
}
