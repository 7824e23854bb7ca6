//! Where a command writes: JSON or text on standard output, everything else on standard error. Colour only on a terminal.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};

use serde_json::Value;

use crate::telemetry::safe;

/// The two streams of a command.
pub struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    colour: bool,
    /// Standard error is a terminal: a line on it may be rewritten.
    live: bool,
}

/// The colour of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tint {
    Plain,
    Good,
    Wait,
    Bad,
}

impl Output {
    /// The process's own streams. `NO_COLOR` is respected (no-color.org).
    pub fn standard() -> Self {
        let colour = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { out: Box::new(io::stdout()), err: Box::new(io::stderr()), colour, live: io::stderr().is_terminal() }
    }

    /// Other streams, without colour.
    pub fn to(out: Box<dyn Write>, err: Box<dyn Write>) -> Self {
        Self { out, err, colour: false, live: false }
    }

    pub(super) fn handles(&mut self) -> (&mut dyn Write, &mut dyn Write) {
        (&mut *self.out, &mut *self.err)
    }

    pub(super) fn err(&mut self) -> &mut dyn Write {
        &mut *self.err
    }

    pub(super) fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        if bytes.ends_with(b"\n") { Ok(()) } else { self.out.write_all(b"\n") }
    }

    pub(super) fn json(&mut self, value: &Value) -> io::Result<()> {
        writeln!(self.out, "{value:#}")
    }

    /// A table with aligned columns. Values from outside are made safe to print.
    pub(super) fn table(&mut self, heads: &[&str], rows: &[Vec<(String, Tint)>]) -> io::Result<()> {
        self.table_with(heads, rows, &[])
    }

    /// The same with lines of their own below the rows, indented.
    pub(super) fn table_with(
        &mut self,
        heads: &[&str],
        rows: &[Vec<(String, Tint)>],
        details: &[Vec<Vec<(String, Tint)>>],
    ) -> io::Result<()> {
        let shown: Vec<Vec<(String, Tint)>> =
            rows.iter().map(|row| row.iter().map(|(text, tint)| (safe(text).to_string(), *tint)).collect()).collect();
        let width = |column: usize, head: &str| {
            let cells = shown.iter().filter_map(|row| row.get(column)).map(|(text, _)| text.chars().count());
            cells.max().unwrap_or_default().max(head.chars().count())
        };
        let widths: Vec<usize> = heads.iter().enumerate().map(|(column, head)| width(column, head)).collect();
        let head: Vec<(String, Tint)> = heads.iter().map(|head| ((*head).to_owned(), Tint::Plain)).collect();
        self.row(&head, &widths)?;
        for (place, row) in shown.iter().enumerate() {
            self.row(row, &widths)?;
            for line in details.get(place).into_iter().flatten() {
                let cells: Vec<(String, Tint)> =
                    line.iter().map(|(text, tint)| (safe(text).to_string(), *tint)).collect();
                write!(self.out, "    ")?;
                self.cells(&cells, &[], "")?;
            }
        }
        Ok(())
    }

    /// A line that is rewritten on a terminal, and nothing elsewhere; an empty one takes it away.
    pub(super) fn progress(&mut self, line: &str) -> io::Result<()> {
        if self.live {
            write!(self.err, "\r\u{1b}[K{line}")?;
            self.err.flush()?;
        }
        Ok(())
    }

    fn row(&mut self, row: &[(String, Tint)], widths: &[usize]) -> io::Result<()> {
        self.cells(row, widths, "  ")
    }

    fn cells(&mut self, row: &[(String, Tint)], widths: &[usize], between: &str) -> io::Result<()> {
        let mut line = String::new();
        for ((text, tint), width) in row.iter().zip(widths.iter().copied().chain(std::iter::repeat(0))) {
            let colour = match tint {
                _ if !self.colour => None,
                Tint::Plain => None,
                Tint::Good => Some(32),
                Tint::Wait => Some(33),
                Tint::Bad => Some(31),
            };
            // Writing into a String cannot fail.
            let _ = match colour {
                Some(colour) => write!(line, "\u{1b}[{colour}m{text:<width$}\u{1b}[0m{between}"),
                None => write!(line, "{text:<width$}{between}"),
            };
        }
        writeln!(self.out, "{}", line.trim_end())
    }
}

pub(super) fn plain(text: impl Into<String>) -> (String, Tint) {
    (text.into(), Tint::Plain)
}

/// A member of an answer as a cell: a text as it is, absent as a dash.
pub(super) fn cell(value: &Value, member: &str) -> String {
    match value.get(member) {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
