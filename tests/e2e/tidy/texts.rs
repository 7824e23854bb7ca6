//! How files are written: their size, their first line, and what stands in none of them.

use super::source::Source;
use super::{files, is_test, none, root, sources, text};

/// A file has at most so many lines, tests aside.
const WALL: usize = 600;
/// From here on a file is looked at.
const AIM: usize = 300;

/// Every text file of the project with its path.
fn all_texts() -> Vec<(String, String)> {
    files(".")
        .into_iter()
        .map(|path| path.trim_start_matches("./").to_owned())
        .filter_map(|path| text(&path).map(|text| (path, text)))
        .collect()
}

#[test]
fn no_file_is_longer_than_the_wall() {
    let mut complaints = Vec::new();
    for path in sources().into_iter().filter(|path| !is_test(path)) {
        let source = text(&path).expect("UTF-8");
        let lines = Source::read(&source).code.lines().count();
        let tests = source.lines().skip_while(|line| line.trim() != "#[cfg(test)]").count();
        match lines - tests.min(lines) {
            own if own > WALL => complaints.push(format!("{path}: {own} lines; split it (the wall is {WALL})")),
            own if own > AIM => println!("warning: {path}: {own} lines (the aim is {AIM})"),
            _ => {}
        }
    }
    none(complaints);
}

#[test]
fn every_module_opens_with_what_it_is_for() {
    none(
        sources()
            .into_iter()
            .filter(|path| !path.ends_with("/tests.rs") && !path.contains("/tests/"))
            .filter(|path| !text(path).expect("UTF-8").starts_with("//! "))
            .map(|path| format!("{path}: begin it with `//!`: what it is for and what it does not do")),
    );
}

#[test]
fn nothing_is_left_for_later() {
    let mut complaints = Vec::new();
    for path in sources() {
        let whole = text(&path).expect("UTF-8");
        let code = Source::read(&whole).everything;
        for word in ["todo!(", "unimplemented!(", "#[ignore"] {
            if code.contains(word) {
                complaints.push(format!("{path}: `{word}`"));
            }
        }
    }
    // Spelled in pieces, or this file would complain of itself.
    let marks = [["FIX", "ME"], ["XX", "X"], ["TO", "DO"]].map(|pieces| pieces.concat());
    for (path, text) in all_texts() {
        for (number, line) in text.lines().enumerate() {
            let words = || line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if marks.iter().any(|mark| words().any(|word| word == mark)) {
                complaints.push(format!("{path}:{}: a mark of unfinished work", number + 1));
            }
        }
    }
    none(complaints);
}

#[test]
fn names_say_what_a_thing_is() {
    let mut complaints = Vec::new();
    for path in sources() {
        let code = Source::read(&text(&path).expect("UTF-8")).everything;
        for (number, line) in code.lines().enumerate() {
            let declared = ["struct ", "enum ", "trait ", "mod ", "type "].iter().find_map(|start| {
                let line = line.trim_start();
                let line = line.strip_prefix("pub ").unwrap_or(line);
                line.strip_prefix("pub(crate) ")
                    .or(line.strip_prefix("pub(super) "))
                    .unwrap_or(line)
                    .strip_prefix(start)
            });
            let name: String =
                declared.unwrap_or("").chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let vague = ["manager", "helper", "util", "utils"];
            if vague.iter().any(|word| name.to_lowercase().ends_with(word)) {
                complaints.push(format!("{path}:{}: `{name}` does not say what it is", number + 1));
            }
        }
    }
    none(complaints);
}

#[test]
fn no_key_and_no_path_of_one_machine_is_committed() {
    let mut complaints = Vec::new();
    let begin = "-----BEGIN ";
    let paths = [["/ro", "ot/"], ["/wo", "rk/"], ["/home/", "runner"]].map(|pieces| pieces.concat());
    for (path, text) in all_texts() {
        if path == "Cargo.lock" {
            continue;
        }
        let mut lines = text.lines().peekable();
        let mut number = 0;
        while let Some(line) = lines.next() {
            number += 1;
            let body = lines.peek().is_some_and(|next| {
                next.trim().len() >= 40 && next.trim().chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c))
            });
            if line.contains(begin) && line.contains("PRIVATE KEY-----") && body {
                complaints.push(format!("{path}:{number}: a private key"));
            }
            for word in paths.iter().filter(|word| line.contains(word.as_str())) {
                complaints.push(format!("{path}:{number}: `{word}` is a path of one machine"));
            }
        }
    }
    for path in files(".") {
        let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
        if ["key", "p12", "pfx", "jks"].contains(&ending) {
            complaints.push(format!("{path}: keys are not committed"));
        }
    }
    none(complaints);
}

/// The checksum letters of a Finnish personal identity code (henkilötunnus).
const CHECKS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";

/// The individual numbers of the valid personal identity codes in a text.
fn identity_codes(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    for code in bytes.windows(11) {
        let (date, rest) = code.split_at(6);
        let number = &rest[1..4];
        let digits = || date.iter().chain(number);
        if !digits().all(u8::is_ascii_digit) || !b"-+ABCDEFUVWXY".contains(&rest[0]) {
            continue;
        }
        let value = |digits: &[u8]| digits.iter().fold(0_u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
        let (day, month) = (value(&date[..2]), value(&date[2..4]));
        let check = (value(date) * 1000 + value(number)) % 31;
        if (1..=31).contains(&day) && (1..=12).contains(&month) && CHECKS[check as usize] == rest[4] {
            found.push(value(number));
        }
    }
    found
}

#[test]
fn sample_persons_cannot_be_real() {
    // 131052-308T is the example of the population register's own pages; 900–999 are never given to a person.
    assert_eq!(identity_codes("131052-308T 131052-308U"), [308]);
    let mut complaints = Vec::new();
    for (path, text) in all_texts() {
        if path.ends_with("tidy/texts.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if identity_codes(line).iter().any(|individual| (2..900).contains(individual)) {
                complaints.push(format!("{path}:{}: an identity code that could be a person's", number + 1));
            }
        }
    }
    none(complaints);
}

#[test]
fn the_licence_is_there() {
    let licence = text("LICENSE").expect("UTF-8");
    assert!(licence.contains("MIT License") && root().join("LICENSE").exists());
}
