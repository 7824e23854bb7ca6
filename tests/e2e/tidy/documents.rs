//! Documents that keep their word: the map names the folders that exist, links lead somewhere, limits are listed.

use std::collections::BTreeSet;

use super::{files, none, root, text};

fn documents() -> Vec<(String, String)> {
    files(".")
        .into_iter()
        .map(|path| path.trim_start_matches("./").to_owned())
        .filter(|path| path.rsplit_once('.').is_some_and(|(_, ending)| ending == "md"))
        .map(|path| (path.clone(), text(&path).expect("UTF-8")))
        .collect()
}

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn between<'a>(text: &'a str, name: &str) -> &'a str {
    let from = text.split_once(&format!("<!-- {name} -->")).unwrap_or_else(|| panic!("no <!-- {name} -->")).1;
    from.split_once(&format!("<!-- /{name} -->")).unwrap_or_else(|| panic!("no <!-- /{name} -->")).0
}

#[test]
fn the_first_documents_are_there() {
    for path in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "deny.toml"] {
        assert!(root().join(path).exists(), "{path} is missing");
    }
    let readme = text("README.md").expect("UTF-8");
    for command in ["cargo run --release -- sandbox", "tests/run"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
    assert!(text("CHANGELOG.md").expect("UTF-8").contains("## Unreleased"));
}

#[test]
fn the_map_names_exactly_the_folders_that_exist() {
    let architecture = text("ARCHITECTURE.md").expect("UTF-8");
    let map = between(&architecture, "map");
    let named: BTreeSet<String> = map
        .lines()
        .filter_map(|line| line.trim().strip_prefix("* `"))
        .filter_map(|line| line.split_once('`'))
        .map(|(path, _)| path.trim_end_matches('/').to_owned())
        .collect();
    let mut expected = BTreeSet::new();
    for folder in ["", "adapter", "adapter/src", "conformance/src", "tests", "wsdl"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("a folder").map(|entry| entry.expect("an entry")) {
            let name = entry.file_name().into_string().expect("UTF-8");
            let module = folder == "adapter/src" && name.rsplit_once('.').is_some_and(|(_, ending)| ending == "rs");
            let left_out = [".git", "target", "__pycache__", "src"].contains(&name.as_str());
            if !left_out && (entry.path().is_dir() || module) {
                expected.insert(if folder.is_empty() { name } else { format!("{folder}/{name}") });
            }
        }
    }
    let missing: Vec<_> = expected.difference(&named).collect();
    let gone: Vec<_> = named.difference(&expected).collect();
    assert!(missing.is_empty() && gone.is_empty(), "ARCHITECTURE.md's map lacks {missing:?} and names {gone:?}");
}

#[test]
fn links_lead_somewhere() {
    let mut complaints = Vec::new();
    for (path, text) in documents() {
        let folder = root().join(&path);
        let folder = folder.parent().expect("a folder");
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split([')', ' ', '#']).next().unwrap_or("");
            let outside = target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !folder.join(target).exists() {
                complaints.push(format!("{path}: the link to `{target}` leads nowhere"));
            }
        }
    }
    none(complaints);
}

#[test]
fn every_limit_is_listed() {
    let default: toml::Table = text("adapter/config.default.toml").expect("UTF-8").parse().expect("TOML");
    let listed = text("docs/limits.md").expect("UTF-8");
    let mut complaints = Vec::new();
    let sections = [("limits", &[][..]), ("store", &["engine"][..])];
    for (section, not_limits) in sections {
        for (key, value) in default[section].as_table().expect("a section") {
            if not_limits.contains(&key.as_str()) {
                continue;
            }
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let row = listed.lines().find(|line| line.contains(&format!("| `{section}.{key}` |")));
            match row {
                None => complaints.push(format!("docs/limits.md does not list `{section}.{key}`")),
                Some(row) if !row.contains(&format!("| {value} |")) => {
                    complaints.push(format!("docs/limits.md gives `{section}.{key}` another default than {value}"));
                }
                Some(_) => {}
            }
        }
    }
    let sources: String = super::sources().iter().filter_map(|path| text(path)).collect();
    for row in listed.lines().filter(|line| line.starts_with("| `")) {
        let test = row.trim_end_matches(" |").rsplit(" | ").next().unwrap_or("");
        if let Some(test) = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'))
            && !sources.contains(&format!("fn {test}("))
        {
            complaints.push(format!("docs/limits.md names the test `{test}`, which is not there"));
        }
    }
    for line in listed.lines().filter(|line| line.starts_with("| `")) {
        let key = line.trim_start_matches("| `").split('`').next().unwrap_or("");
        if let Some((section, key)) = key.split_once('.')
            && default.get(section).is_some_and(|table| table.get(key).is_none())
        {
            complaints.push(format!("docs/limits.md lists `{section}.{key}`, which is no key"));
        }
    }
    none(complaints);
}

#[test]
fn what_happens_when_is_backed_by_tests() {
    let page = text("docs/messages.md").expect("UTF-8");
    let manual = text("docs/manual.md").expect("UTF-8");
    let promise = "accepted means durable; a letter never gets a second id, so the citizen sees it once; an unknown \
                   outcome is settled by the same id, or parked for a person, never guessed; nothing is dropped silently.";
    assert!(page.contains(promise) && manual.contains(promise), "the promise stands in both, word for word");
    let sources: String = super::sources().iter().filter_map(|path| text(path)).collect();
    let rows: Vec<&str> = between(&page, "when").lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 20, "{} rows", rows.len());
    let unbacked = rows.into_iter().filter(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let test = cells.last().and_then(|cell| cell.strip_prefix('`')?.strip_suffix('`'));
        cells.len() != 4 || !test.is_some_and(|test| sources.contains(&format!("fn {test}(")))
    });
    none(unbacked.map(|row| format!("docs/messages.md: no test backs {row}")));
}
