//! Who may know whom: the floors of `adapter/src`, the edges between packages, and what only one place may do.

use std::collections::BTreeSet;

use super::source::Source;
use super::{files, is_test, none, root, sources, text};

/// The floors of `adapter/src`, lowest first (ARCHITECTURE.md draws them). A folder imports what stands below it and
/// nothing beside it. The values of the lowest floor may know one another. The parts of the uppermost stand on steps of
/// their own: the sandbox starts the lifecycle, a command
/// starts the sandbox.
const FLOORS: &[(&[&str], bool)] = &[
    (&["model", "world", "error", "config", "telemetry"], true),
    (&["store", "listen"], false),
    (&["outbox", "log"], false),
    (&["catalogue", "ptv", "viestit"], false),
    (&["operations"], false),
    (&["exchange", "intake", "console", "control"], false),
    (&["lifecycle"], false),
    (&["start"], false),
    (&["sandbox"], false),
    (&["cli"], false),
    (&["lib", "main"], true),
];

fn floor(name: &str) -> Option<usize> {
    FLOORS.iter().position(|(names, _)| names.contains(&name))
}

/// The uppermost module that a file of `adapter/src` belongs to.
fn part(path: &str) -> &str {
    let inside = path.strip_prefix("adapter/src/").unwrap_or(path);
    inside.split(['/', '.']).next().unwrap_or(inside)
}

/// The uppermost modules that a file's code names, by `crate::…`, by `crate::{…}` or by enough `super::`s.
fn imports(path: &str, code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let name = |text: &str| -> String { text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let mut after = |rest: &str| {
        let rest = rest.trim_start();
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 0;
                let mut fresh = true;
                for (at, character) in group.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => fresh = true,
                        c if fresh && depth == 0 && !c.is_whitespace() => {
                            found.insert(name(&group[at..]));
                            fresh = false;
                        }
                        _ => {}
                    }
                }
            }
            None => {
                found.insert(name(rest));
            }
        }
    };
    for start in ["crate::", "silta::"] {
        for (at, _) in code.match_indices(start) {
            let word = at > 0 && code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$');
            if !word {
                after(&code[at + start.len()..]);
            }
        }
    }
    let inside = path.strip_prefix("adapter/src/").unwrap_or(path).trim_end_matches(".rs");
    let depth = inside.trim_end_matches("/mod").split('/').count();
    let up = "super::".repeat(depth);
    for (at, _) in code.match_indices(&up) {
        if !code[..at].ends_with("super::") && !code[at + up.len()..].starts_with("super::") {
            after(&code[at + up.len()..]);
        }
    }
    found.retain(|name| floor(name).is_some());
    found
}

fn adapter_sources() -> Vec<String> {
    sources().into_iter().filter(|path| path.starts_with("adapter/src/")).collect()
}

#[test]
fn a_folder_imports_only_what_stands_below_it() {
    let mut complaints = Vec::new();
    for path in adapter_sources() {
        let Some(own) = floor(part(&path)) else {
            complaints.push(format!("{path}: `{}` has no floor; give it one here and in ARCHITECTURE.md", part(&path)));
            continue;
        };
        // Tests may look around: they put parts together as the uppermost floor does.
        if is_test(&path) {
            continue;
        }
        for import in imports(&path, &Source::read(&text(&path).expect("UTF-8")).code) {
            let other = floor(&import).expect("retained");
            let beside = FLOORS[own].1 && other == own;
            if import != part(&path) && other >= own && !beside {
                complaints.push(format!("{path}: imports `{import}`, which does not stand below `{}`", part(&path)));
            }
        }
    }
    none(complaints);
}

#[test]
fn imports_are_seen_however_they_are_written() {
    let code = "use crate::{error, store::{self, tables::x}, model};\nfn f(x: crate::world::World) {}\n\
                use super::super::log::verify;\nuse super::near;\nuse mycrate::outbox;\n";
    let found: Vec<String> = imports("adapter/src/ptv/map.rs", code).into_iter().collect();
    assert_eq!(found, ["error", "log", "model", "store", "world"]);
    assert_eq!(imports("adapter/src/ptv/mod.rs", "use super::viestit::x;").len(), 1);
    assert_eq!(imports("adapter/src/ptv/plan.rs", "use super::viestit::x;").len(), 0);
}

/// Looks for words in the code of files, tests aside.
fn seek(paths: &[String], words: &[&str], allowed: impl Fn(&str) -> bool, why: &str) {
    let mut complaints = Vec::new();
    for path in paths.iter().filter(|path| !is_test(path) && !allowed(path)) {
        let source = Source::read(&text(path).expect("UTF-8"));
        for (number, line) in source.code.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                complaints.push(format!("{path}:{}: `{word}`: {why}", number + 1));
            }
        }
    }
    none(complaints);
}

fn within(folder: &str) -> Vec<String> {
    sources().into_iter().filter(|path| path.starts_with(folder)).collect()
}

#[test]
fn xroad_has_no_runtime_socket_clock_file_or_database() {
    let words = ["std::net", "std::fs", "std::time", "std::env", "std::process", "tokio", "sqlx", "reqwest", "hyper"];
    seek(&within("adapter/xroad/src/"), &words, |_| false, "xroad parses bytes and writes bytes");
}

#[test]
fn only_world_reads_clocks_makes_ids_and_opens_outbound_connections() {
    let words = [
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Uuid::now",
        "Uuid::new_v",
        "rand::fill",
        "rand::random",
        "thread_rng",
        "OsRng",
        "reqwest::Client::",
        "Client::builder",
        "TcpStream::connect",
    ];
    // The sandbox and the commands stand outside of the adapter: they are the other side of its doors.
    let allowed = |path: &str| {
        ["adapter/src/world", "adapter/src/sandbox/", "adapter/src/cli/"].iter().any(|own| path.starts_with(own))
    };
    seek(&adapter_sources(), &words, allowed, "take it from `world`");
    // Deadlines of sockets are tokio's: they go by the runtime's own clock, which tests pause.
    let tokio_timers = |path: &str| allowed(path) || path.starts_with("adapter/src/listen/");
    seek(&adapter_sources(), &["Instant::now"], tokio_timers, "take it from `world`");
    let words = ["std::time::Instant", "time::{Duration, Instant}", "time::{Instant"];
    seek(&within("adapter/src/listen/"), &words, |_| false, "deadlines are `tokio::time::Instant`");
}

#[test]
fn only_the_store_knows_the_database() {
    seek(
        &adapter_sources(),
        &["sqlx"],
        |path| path.starts_with("adapter/src/store/"),
        "the database is reached through `store`",
    );
    let words = ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE ", "CREATE TABLE"];
    let mut complaints = Vec::new();
    let tables = ["adapter/src/store/tables/", "adapter/src/store/migrations/"];
    for path in adapter_sources().iter().filter(|path| !is_test(path)) {
        if tables.iter().any(|folder| path.starts_with(folder)) {
            continue;
        }
        let strings = Source::read(&text(path).expect("UTF-8")).strings;
        for (number, line) in strings.lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(**word)) {
                complaints.push(format!("{path}:{}: `{word}`: SQL stands in store/tables", number + 1));
            }
        }
    }
    none(complaints);
}

#[test]
fn only_the_doors_know_soap_and_rest_messages() {
    let doors = [
        "adapter/src/exchange/",
        "adapter/src/intake/",
        "adapter/src/sandbox/",
        "adapter/src/cli/",
        "adapter/src/start",
    ];
    let words = ["xroad::soap", "xroad::mime", "xroad::rest", "xroad::wsdl"];
    seek(
        &adapter_sources(),
        &words,
        |path| doors.iter().any(|door| path.starts_with(door)),
        "a door decodes; below it there are typed requests",
    );
    seek(
        &within("adapter/src/model/"),
        &["xroad::", "silta_client", "axum", "hyper", "reqwest"],
        |_| false,
        "model knows neither X-Road nor the network",
    );
}

#[test]
fn packages_depend_on_one_another_as_drawn() {
    let ours = ["xroad", "silta-client", "conformance", "silta", "e2e"];
    let drawn = [
        ("adapter/xroad", &[][..]),
        ("adapter/client", &["xroad"][..]),
        ("conformance", &[]),
        ("adapter", &["conformance", "silta-client", "xroad"]),
    ];
    for (folder, expected) in drawn {
        let manifest = text(&format!("{folder}/Cargo.toml")).expect("UTF-8");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        let mut found = BTreeSet::new();
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let names = manifest.get(table).and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
            found.extend(names.map(String::as_str).filter(|name| ours.contains(name)));
        }
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected, "{folder}/Cargo.toml");
    }
    let adapter: toml::Table = text("adapter/Cargo.toml").expect("UTF-8").parse().expect("TOML");
    let optional = adapter["dependencies"]["conformance"].get("optional").and_then(toml::Value::as_bool);
    assert_eq!(optional, Some(true), "the production package goes without the simulators");
    seek(&within("conformance/src/"), &["xroad::", "silta::", "silta_client"], |_| false, "conformance judges alone");
    let outside: Vec<String> =
        sources().into_iter().filter(|path| path.starts_with("adapter/") && !path.contains("/sandbox/")).collect();
    let allowed = |path: &str| path.starts_with("adapter/src/cli/");
    seek(&outside, &["conformance::"], allowed, "only the sandbox drives the simulators");
}

#[test]
fn the_workspace_forbids_what_it_says() {
    let manifest: toml::Table = text("Cargo.toml").expect("UTF-8").parse().expect("TOML");
    let lints = &manifest["workspace"]["lints"];
    assert_eq!(lints["rust"]["unsafe_code"].as_str(), Some("forbid"));
    for lint in ["unwrap_used", "expect_used", "panic", "indexing_slicing", "print_stdout", "dbg_macro", "todo"] {
        assert_eq!(lints["clippy"][lint].as_str(), Some("deny"), "{lint}");
    }
    for member in manifest["workspace"]["members"].as_array().expect("members") {
        let folder = member.as_str().expect("a folder");
        let package: toml::Table = text(&format!("{folder}/Cargo.toml")).expect("UTF-8").parse().expect("TOML");
        assert_eq!(package["lints"]["workspace"].as_bool(), Some(true), "{folder} follows the workspace's lints");
        assert_eq!(package["package"]["license"]["workspace"].as_bool(), Some(true), "{folder}");
    }
    assert!(root().join("Cargo.lock").exists() && files("adapter").len() > 50);
}
