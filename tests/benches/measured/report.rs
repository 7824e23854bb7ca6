//! The table: printed as it grows, and put into docs/performance.md.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use silta::world::World;

use super::{machine, root};

/// One part of a run.
#[derive(Debug)]
pub(crate) struct Section {
    /// Markdown below a heading of the second level.
    pub(crate) text: String,
    /// The ratios that missed their goals, each in words.
    pub(crate) missed: Vec<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    sections: Vec<Section>,
}

const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";

impl Report {
    /// Prints a section and keeps it.
    pub(crate) fn add(&mut self, section: Section) {
        println!("{}", section.text);
        for missed in &section.missed {
            println!("MISSED: {missed}\n");
        }
        self.sections.push(section);
    }

    pub(crate) fn good(&self) -> bool {
        self.sections.iter().all(|section| section.missed.is_empty())
    }

    /// Replaces the sections of a document that were measured, and leaves the others and what people wrote.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let old = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let (before, rest) = old.split_once(BEGIN).context("docs/performance.md has no mark for its figures")?;
        let (figures, after) = rest.split_once(END).context("docs/performance.md has no end mark for its figures")?;
        let mut sections: Vec<(String, String)> = figures.split("\n## ").skip(1).map(headed).collect();
        let said = said();
        for section in &self.sections {
            let (heading, text) = headed(section.text.trim_start_matches("## "));
            let text = format!("{said}\n{}", text.trim_start());
            match sections.iter_mut().find(|(known, _)| *known == heading) {
                Some((_, place)) => *place = text,
                None => sections.push((heading, text)),
            }
        }
        let mut figures = String::new();
        for (heading, text) in sections {
            // Writing to a String cannot fail.
            let _ = write!(figures, "\n## {heading}\n\n{}\n", text.trim());
        }
        std::fs::write(path, format!("{before}{BEGIN}\n{figures}{END}{after}"))?;
        println!("Written to {}.", path.file_name().unwrap_or_default().display());
        Ok(())
    }
}

/// A section's heading and the rest of it.
fn headed(section: &str) -> (String, String) {
    let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
    (heading.trim().to_owned(), text.to_owned())
}

/// When, what and where was measured.
fn said() -> String {
    let date = World::system().now().to_string();
    let date = date.split('T').next().unwrap_or_default();
    let commit = Command::new("git").args(["rev-parse", "--short=12", "HEAD"]).current_dir(root()).output();
    let commit = commit.ok().filter(|done| done.status.success());
    let commit = commit.map_or_else(
        || "an unknown commit".to_owned(),
        |done| format!("commit {}", String::from_utf8_lossy(&done.stdout).trim()),
    );
    let cores = match machine::cores() {
        1 => "one core".to_owned(),
        2 => "two cores".to_owned(),
        3 => "three cores".to_owned(),
        4 => "four cores".to_owned(),
        many => format!("{many} cores"),
    };
    format!("Measured {date} at {commit} on a machine with {cores}, by `cargo bench -p e2e -- --write`.\n")
}

/// A number with groups of three digits.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// The middle of some values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
