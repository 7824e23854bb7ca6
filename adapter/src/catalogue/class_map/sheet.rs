//! A class map as text: lines of JSON in the store, a table (CSV) for people and for other installations.

use super::MOST_ENTRIES;
use crate::model::class_map::MapEntry;

const HEAD: [&str; 6] = ["code", "name_fi", "name_sv", "name_en", "ptv_class", "ptv_address"];

/// A map that cannot be read. Whoever made the file must mend it.
#[derive(Debug, thiserror::Error)]
#[error("the map cannot be read: line {line}: {reason}")]
pub struct MalformedMap {
    pub line: usize,
    pub reason: String,
}

pub(super) fn write(lines: &[MapEntry]) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        // Texts are always JSON, and writing into a Vec cannot fail.
        let _ = serde_json::to_writer(&mut text, line);
        text.push(b'\n');
    }
    text
}

pub(super) fn read(text: &[u8]) -> Result<Vec<MapEntry>, MalformedMap> {
    let lines = text.split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.is_empty());
    lines
        .map(|(line, number)| {
            serde_json::from_slice(line).map_err(|error| MalformedMap { line: number, reason: error.to_string() })
        })
        .collect()
}

/// What a map that somebody brings must be.
pub(super) fn check(lines: &[MapEntry]) -> Result<(), MalformedMap> {
    let wrong = |line: usize, reason: &str| Err(MalformedMap { line, reason: reason.to_owned() });
    if lines.is_empty() {
        return wrong(1, "there is no line in it");
    }
    if lines.len() > MOST_ENTRIES {
        return wrong(MOST_ENTRIES + 1, "a map has at most 10000 lines");
    }
    for (entry, number) in lines.iter().zip(2..) {
        let long = [&entry.code, &entry.fi, &entry.sv, &entry.en, &entry.address].iter().any(|text| text.len() > 500);
        if long || entry.code.is_empty() || (entry.fi.is_empty() && entry.sv.is_empty()) {
            return wrong(number, "it needs a code and a name in Finnish or Swedish, none longer than 500 bytes");
        }
        if !entry.address.starts_with("http://uri.suomi.fi/codelist/ptv/")
            && !entry.address.starts_with("http://urn.fi/URN:NBN:fi:au:ptvl:")
        {
            return wrong(number, "ptv_address is no address of PTV's service classes");
        }
    }
    Ok(())
}

/// A map as CSV with a line of heads.
pub fn csv_of(lines: &[MapEntry]) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    // Writing into a Vec cannot fail.
    let _ = table.write_record(HEAD);
    for MapEntry { code, fi, sv, en, address } in lines {
        let class = address.rsplit('/').next().unwrap_or_default();
        let _ = table.write_record([code, fi, sv, en, class, address]);
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// The lines of such a table; columns may stand in any order, names in other languages than Finnish may be absent.
pub fn entries_of(text: &[u8]) -> Result<Vec<MapEntry>, MalformedMap> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut table = csv::Reader::from_reader(text);
    let wrong = |line: usize, error: &dyn std::fmt::Display| MalformedMap { line, reason: error.to_string() };
    let heads = table.headers().map_err(|error| wrong(1, &error))?.clone();
    let column = |name: &str| heads.iter().position(|head| head.trim() == name);
    let needed = |name: &str| column(name).ok_or_else(|| wrong(1, &format!("it has no column {name}")));
    let (code, address) = (needed("code")?, needed("ptv_address")?);
    let names = [column("name_fi"), column("name_sv"), column("name_en")];
    let mut lines = Vec::new();
    for (row, number) in table.records().zip(2..) {
        let row = row.map_err(|error| wrong(number, &error))?;
        let text = |column: usize| row.get(column).unwrap_or_default().trim().to_owned();
        let [fi, sv, en] = names.map(|column| column.map(text).unwrap_or_default());
        lines.push(MapEntry { code: text(code), fi, sv, en, address: text(address) });
    }
    check(&lines)?;
    Ok(lines)
}
