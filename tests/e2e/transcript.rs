//! The README shows what the sandbox says, and this keeps it true: the job runs, and its account is held against the
//! block between the transcript marks, with what differs from run to run taken out of both.
//!
//! `UPDATE_TRANSCRIPT=1 cargo test -p e2e transcript` writes the block anew.

use std::time::Instant;

use silta::sandbox::{Account, Job, Options, Source, Stage};

use crate::harness::{Said, close};

const OPEN: &str = "<!-- transcript -->\n";
const CLOSE: &str = "<!-- /transcript -->";

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_what_the_sandbox_says() {
    let started = Instant::now();
    let options = Options { port_base: 0, ..Options::default() };
    let said = Said::default();
    let account = Account::new(said.clone());
    let source = Source::read(&options).expect("our own catalogue");
    let stage = Stage::build(&options, &source).await.expect("a stage");
    let mut job = Job::new(&stage, &source, &account, &options).expect("a job");
    let outcome = job.run(&options.steps, started).await;
    let text = said.text();
    close(stage, &[("what it said", text.as_bytes())]).await;
    outcome.unwrap_or_else(|error| panic!("{error}\n{text}"));

    let path = crate::tidy::root().join("README.md");
    let readme = std::fs::read_to_string(&path).expect("README.md");
    let (before, rest) = readme.split_once(OPEN).expect("the mark that opens");
    let (shown, after) = rest.split_once(CLOSE).expect("the mark that closes");
    let block = format!("```text\n{}\n```\n", text.trim());
    if std::env::var_os("UPDATE_TRANSCRIPT").is_some() {
        std::fs::write(&path, format!("{before}{OPEN}{block}{CLOSE}{after}")).expect("written");
        return;
    }
    assert_eq!(steady(shown), steady(&block), "README.md: run with UPDATE_TRANSCRIPT=1 and read what changed");
}

/// Without what differs from run to run: ids, times, sizes of what holds them, how often a status was asked for.
fn steady(text: &str) -> String {
    let word = |word: &str| -> String {
        let id = word.len() >= 36 && word.chars().filter(|c| *c == '-').count() >= 4;
        let digits = word.chars().any(|c| c.is_ascii_digit());
        if id {
            "ID".to_owned()
        } else if digits && (word.contains("ms") || word.contains("kB") || word.starts_with("http")) {
            "N".to_owned()
        } else {
            word.to_owned()
        }
    };
    text.lines()
        .map(|line| {
            let timed = [" ms ", " kB ", " records:"].iter().any(|it| line.contains(it));
            let words: Vec<String> = line
                .split_whitespace()
                .map(|it| if timed && it.chars().all(|c| c.is_ascii_digit()) { "N".to_owned() } else { word(it) })
                .collect();
            words.join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n")
}
