//! Arguments, exit codes, and that standard output holds JSON only.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use clap::{CommandFactory as _, Parser as _};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Cli, FINE, Output, PROBLEM, USAGE, execute};
use crate::control::{Answering, Command, Operator, OperatorError, Server};
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::{Commit, Store, StoreConfig};
use crate::world::World;

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("text")
    }
}

/// Exit code, standard output, standard error.
async fn silta(args: &[&str]) -> (u8, String, String) {
    let args: Vec<OsString> = ["silta"].iter().chain(args).map(Into::into).collect();
    let command = match Cli::try_parse_from(args) {
        Ok(cli) => cli.command,
        Err(error) if error.use_stderr() => return (USAGE, String::new(), error.to_string()),
        Err(error) => return (FINE, error.to_string(), String::new()),
    };
    let (out, err) = (Sink::default(), Sink::default());
    let code = execute(command, &mut Output::to(Box::new(out.clone()), Box::new(err.clone()))).await;
    (code, out.text(), err.text())
}

/// A pipe whose reader is gone.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn nobody_is_told_that_a_reader_had_read_enough() {
    let command = Cli::try_parse_from(["silta", "ptv", "fields"]).expect("a command").command;
    let err = Sink::default();
    let code = execute(command, &mut Output::to(Box::new(Closed), Box::new(err.clone()))).await;
    assert_eq!((code, err.text()), (PROBLEM, String::new()));
}

fn parsed(out: &str) -> Value {
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

/// A process that knows one tenant.
struct Process;

impl Operator for Process {
    fn run(&self, command: Command) -> Answering<'_> {
        let status = json!({"waiting": 0, "parked": 1, "created": 3, "stopped": "PTV is strange"});
        Box::pin(async move {
            match command {
                Command::Status {} => {
                    Ok(json!({"version": "0", "tenants": ["turku"], "addresses": {"xroad": "127.0.0.1:1"}}))
                }
                Command::PtvStatus { .. } | Command::PtvSync { .. } => Ok(json!({ "turku": status })),
                Command::PtvPlan { tenant } if tenant == "turku" => Ok(json!({"acts": {"create": 1}, "steps": [
                    {"kind": "service", "code": "1", "act": "create", "findings": []},
                    {"kind": "service", "code": "2", "act": "unchanged", "findings": []}]})),
                Command::PtvPlan { tenant } => Err(OperatorError::unknown_tenant(&tenant)),
                Command::CatalogueImport { records, .. } => {
                    let verdict =
                        |index| json!({"index": index, "laji": "palvelu", "koodi": "1", "outcome": "created"});
                    Ok(json!({"verdicts": (0..records.len()).map(verdict).collect::<Vec<_>>()}))
                }
                Command::PtvAdopt { twins, .. } => Ok(json!({"twins": twins.iter().map(|it| json!({
                    "kind": it.kind, "code": it.code, "guid": it.guid, "outcome": "adopted", "reason": null})).collect::<Vec<_>>()})),
                Command::CatalogueExport { kind, after, .. } if kind == "service" && after.is_empty() => Ok(json!({
                    "records": [{"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "=Uinti"}}], "next": "1"})),
                Command::CatalogueExport { after, .. } => {
                    Ok(json!({"records": if after.is_empty() { json!([]) } else {
                    json!([{"laji": "palvelu", "koodi": "2", "nimi_kieliversiot": {"fi": "Sauna"}, "sivu_kieliversiot": {"fi": "x"}}]) }}))
                }
                Command::CatalogueMatch { records, .. } => Ok(json!({"matches": records.iter().map(|it| json!({
                    "index": 0, "laji": it["laji"], "koodi": it["koodi"], "name": "Uinti", "certainty": "likely",
                    "candidates": [{"koodi": "740", "name": "Uinti", "by": ["name"]}]})).collect::<Vec<_>>()})),
                Command::CatalogueHistory { kind, code, .. } => Ok(json!({"kind": kind, "code": code, "revisions": [
                    {"revision": 2, "state": "deleted", "master": "cms", "at": "2026-11-25T10:00:00Z", "by": "cms"},
                    {"revision": 1, "state": "active", "master": "cms", "at": "2026-11-24T10:00:00Z", "by": "cms"}]})),
                Command::CatalogueMaster { to, .. } => Ok(json!({"master": to, "from": "cms", "revision": 3})),
                Command::MessageStatus { id, .. } if id == "7" => {
                    Ok(json!({"id": "7", "letters": [{"id": "8", "state": "delivered"}]}))
                }
                Command::UnmatchedEvents { .. } => Ok(json!({"events": [
                    {"kind": "Receipt confirmed", "time": "2026-11-25T10:00:00Z", "service": "another-service"}]})),
                Command::MessageStatus { .. } => Err(OperatorError::not_found("no order has this id")),
                Command::CatalogueAdoption {} => Ok(json!({"joined": 1, "published": 0, "tenants": {
                    "turku": {"kind": "kaupunki", "xroad": "capable", "catalogue": {"grade": "aktiivinen", "services": 0}}}})),
                Command::Reload {} => Ok(json!({"changed": ["turku: pins +1 -0"]})),
                Command::LogVerify {} => Ok(json!({"clean": false, "records": 2, "verified": 1, "problems": 1})),
                _ => Ok(json!({})),
            }
        })
    }
}

fn process(data: &Path) -> CancellationToken {
    let stop = CancellationToken::new();
    let server = Server::bind(&data.join("silta.sock")).expect("bound");
    tokio::spawn(server.serve(Arc::new(Process), stop.clone()));
    stop
}

#[test]
fn the_arguments_are_consistent_and_every_command_shows_an_example() {
    fn walk(command: &clap::Command, path: &str) -> usize {
        let below: Vec<_> = command.get_subcommands().filter(|sub| sub.get_name() != "help").collect();
        if below.is_empty() {
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{path} has no example: {help}");
            return 1;
        }
        below.iter().map(|sub| walk(sub, &format!("{path} {}", sub.get_name()))).sum()
    }
    let cli = Cli::command();
    cli.clone().debug_assert();
    assert!(walk(&cli, "silta") >= 14);
}

#[tokio::test]
async fn usage_is_exit_code_two() {
    for args in [
        &["dance"][..],
        &[],
        &["serve"],
        &["ptv", "plan", "--data", "."],
        &["messages", "list", "--limit", "0", "--data", "."],
        &["status", "--data", ".", "--config", "x"],
        &["status", "--data", "/nonexistent"],
        &["status", "--config", "/nonexistent/silta.toml"],
        &["catalogue", "check", "/nonexistent.json"],
        &["xroad", "call", "--server", "http://localhost", "--client", "FI/GOV", "--service", "a/b/c/d/e"],
        &["xroad", "call", "--server", "http://localhost", "--client", "FI/GOV/1/x", "--service", "a/b/c"],
        &["xroad", "call", "--server", "http://localhost", "--client", "FI/GOV/1/x", "--service", "a/b/c/d/unknown"],
        &[
            "xroad",
            "call",
            "--server",
            "https://localhost",
            "--client",
            "FI/GOV/1/x",
            "--service",
            "a/b/c/d/getService",
        ],
        &[
            "xroad",
            "call",
            "--server",
            "http://localhost",
            "--client",
            "FI/GOV/1/x",
            "--service",
            "a/b/c/d/e/v1",
            "--rest",
        ],
    ] {
        let (code, out, err) = silta(args).await;
        assert_eq!((code, out.as_str()), (USAGE, ""), "{args:?}: {err}");
        assert!(!err.is_empty(), "{args:?}");
    }
    assert_eq!(silta(&["--help"]).await.0, FINE);
    assert_eq!(silta(&["--version"]).await.0, FINE);
}

#[tokio::test]
async fn a_running_process_is_asked() {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = process(folder.path());
    let data = folder.path().to_str().expect("text");
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, r#"{"entities": [{"laji": "palvelu", "koodi": "1"}]}"#).expect("written");
    let file = file.to_str().expect("text");
    for (args, expected, shown) in [
        (&["status"][..], FINE, "addresses.xroad"),
        (&["reload"], FINE, "turku: pins +1 -0"),
        (&["ptv", "status"], PROBLEM, "turku: stopped: PTV is strange"),
        (&["ptv", "sync", "--tenant", "turku", "--wait", "5"], PROBLEM, "turku"),
        (&["ptv", "plan", "--tenant", "turku"], FINE, "2 records, 1 of them"),
        (&["messages", "status", "7"], FINE, "delivered"),
        (&["messages", "list"], FINE, "accepted"),
        (&["messages", "events", "--unmatched"], PROBLEM, "another-service"),
        (&["log", "verify"], PROBLEM, "1 of 2 records verified"),
        (&["catalogue", "import", file, "--tenant", "turku"], FINE, "1 accepted, 0 refused"),
        (&["catalogue", "history", "service", "1", "--tenant", "turku"], FINE, "deleted"),
        (&["catalogue", "match", file, "--tenant", "turku"], FINE, "0 certain, 1 likely"),
        (
            &["ptv", "adopt", "service", "1", "0a0b0c0d-1111-4222-8333-444455556666", "--tenant", "turku"],
            FINE,
            "1 adopted or unchanged, 0 refused",
        ),
        (
            &["catalogue", "master", "palvelu", "1", "--to", "drupal", "--tenant", "turku"],
            FINE,
            "drupal is the master now; it was cms",
        ),
        (&["catalogue", "adoption"], FINE, "1 joined, 0 have published"),
        (&["shutdown"], FINE, "ends"),
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["--data", data]).collect();
        let (code, out, err) = silta(&args).await;
        assert_eq!((code, err.as_str()), (expected, ""), "{args:?}: {out}");
        assert!(out.contains(shown) && !out.contains('\u{1b}'), "{args:?}: {out}");
        let args: Vec<&str> = args.into_iter().chain(["--json"]).collect();
        let (code, out, err) = silta(&args).await;
        assert_eq!((code, err.as_str()), (expected, ""), "{args:?}");
        parsed(&out);
    }
    let (code, out, err) = silta(&["ptv", "plan", "--tenant", "nowhere", "--json", "--data", data]).await;
    assert_eq!((code, out.as_str()), (USAGE, ""));
    assert!(err.contains("\"nowhere\" is not configured"), "{err}");
    let (code, _, err) = silta(&["messages", "status", "9", "--data", data]).await;
    assert_eq!((code, err.as_str()), (PROBLEM, "silta: no order has this id\n"));
    stop.cancel();
}

#[tokio::test]
async fn a_catalogue_is_written_as_records_and_as_a_sheet_that_is_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = process(folder.path());
    let data = folder.path().to_str().expect("text");
    let place = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (json, csv, xlsx) = (place("all.json"), place("services.csv"), place("services.xlsx"));
    let common = ["--tenant", "turku", "--data", data];
    let (code, out, err) = silta(&[&["catalogue", "export", "--out", &json][..], &common].concat()).await;
    assert_eq!((code, err.as_str()), (FINE, ""));
    assert!(out.starts_with("2 records in "), "{out}");
    let written = parsed(&std::fs::read_to_string(&json).expect("written"));
    assert_eq!(written["entities"].as_array().map(Vec::len), Some(2), "both pages");
    let (code, out, _) = silta(&[&["catalogue", "export", "--kind", "palvelu"][..], &common].concat()).await;
    assert_eq!((code, parsed(&out)["entities"].as_array().map(Vec::len)), (FINE, Some(0)), "PAT's word goes as it is");
    // The second record has more than the template's columns, and is named instead of shortened.
    for (form, file) in [("csv", &csv), ("xlsx", &xlsx)] {
        let args = ["catalogue", "export", "--kind", "service", "--format", form, "--lang", "sv", "--out", file];
        let (code, out, err) = silta(&[&args[..], &common].concat()).await;
        assert_eq!(code, PROBLEM, "{out}");
        assert!(out.starts_with("1 rows in ") && err.contains("1 records hold more"), "{out} {err}");
        let (code, out, _) = silta(&["catalogue", "check", file, "--json"]).await;
        assert_eq!((code, &parsed(&out)["accepted"]), (FINE, &json!(1)), "{out}");
    }
    assert!(std::fs::read_to_string(&csv).expect("written").contains("'=Uinti"));
    for (args, expected) in [
        (&["catalogue", "export", "--format", "csv"][..], USAGE),
        (&["catalogue", "export", "--format", "csv", "--kind", "errand"], USAGE),
        (&["catalogue", "export", "--out", "/nonexistent/file"], USAGE),
    ] {
        assert_eq!(silta(&[args, &common].concat()).await.0, expected, "{args:?}");
    }
    stop.cancel();
}

#[tokio::test]
async fn a_template_is_filled_and_its_mistakes_are_told_by_cell() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("palvelupisteet.csv");
    let path = file.to_str().expect("text");
    let (code, out, err) = silta(&["catalogue", "template", "--kind", "place", "--out", path]).await;
    assert_eq!((code, err.as_str()), (FINE, ""), "{out}");
    let template = std::fs::read_to_string(&file).expect("written");
    assert!(
        template.starts_with("\u{feff}Palvelupisteen koodi;Tila;Nimi suomeksi;")
            && template.contains("5–150 merkkiä PTV:ssä.")
    );
    let (code, out, _) = silta(&["catalogue", "check", path]).await;
    assert_eq!((code, out.as_str()), (FINE, "0 accepted, 0 refused\n"), "an empty template is no mistake");
    std::fs::write(&file, format!("{template}7;julkaistu;Kirjasto\r\n8;auki;Halli\r\n9;;\r\n")).expect("written");
    let (code, out, _) = silta(&["catalogue", "check", path]).await;
    assert_eq!(code, PROBLEM);
    assert!(out.contains("palvelupisteet!B4  Tila") && out.contains("julkaistu, luonnos"), "{out}");
    assert!(
        out.contains("palvelupisteet!C5 (Nimi suomeksi)")
            && out.contains("1 accepted, 1 refused, 1 cells cannot be read"),
        "{out}"
    );
    let (code, out, err) = silta(&["catalogue", "template", "--kind", "errand"]).await;
    assert_eq!((code, out.as_str()), (USAGE, ""), "{err}");
}

#[tokio::test]
async fn a_file_is_judged_without_a_process_and_its_page_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (file, page) = (place("catalogue.json"), place("quality.html"));
    let records = serde_json::json!({"entities": [
        {"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Kirjasto"},
         "tiivistelma_kieliversiot": {"fi": "a".repeat(151)}, "kuvaus_kieliversiot": {"fi": "Kirjasto lainaa kirjoja."}},
        {"laji": "palvelu", "koodi": "2"}]});
    std::fs::write(&file, records.to_string()).expect("written");
    let (code, out, err) = silta(&["catalogue", "quality", &file]).await;
    assert_eq!((code, err.as_str()), (PROBLEM, ""));
    assert!(out.contains("Q02c") && out.contains("1 services, score") && out.contains("1 records refused"), "{out}");
    assert!(out.contains("Q13b was not judged in full: The list of post codes was not given."), "{out}");
    let (code, out, _) = silta(&["catalogue", "quality", &file, "--json", "--html", &page, "--lang", "sv"]).await;
    let report = parsed(&out);
    assert_eq!(code, PROBLEM);
    assert_eq!((&report["byRule"]["Q02c"], &report["byRule"]["Q05a"]), (&json!(1), &json!(1)));
    assert_eq!(report["byRuleLanguage"]["Q05a"]["sv"], json!(1));
    assert_eq!(report["refused"][0]["koodi"], json!("2"));
    assert_eq!(report["findings"][0]["koodi"], json!("1"));
    assert!(std::fs::read_to_string(&page).expect("written").contains("<html lang=\"sv\">"));
    for args in [
        &["catalogue", "quality", "/nonexistent.json"][..],
        &["catalogue", "quality", &file, "--reference", "/nonexistent"],
        &["catalogue", "quality", &file, "--tenant", "turku"],
        &["catalogue", "quality", "--reference", "."],
        &["catalogue", "quality", &file, "--html", "/nonexistent/page.html"],
    ] {
        let (code, out, err) = silta(args).await;
        assert_eq!((code, out.as_str()), (USAGE, ""), "{args:?}: {err}");
    }
}

#[tokio::test]
async fn without_a_process_the_store_is_read_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text").to_owned();
    let (code, _, err) = silta(&["log", "verify", "--data", &data]).await;
    assert_eq!(code, USAGE);
    assert!(err.contains("no process and no database"), "{err}");

    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
    for _ in 0..3 {
        let draft = EvidenceDraft::new(RecordKind::Intake, "turku", world.now(), world.now());
        store.commit(Commit::new().and(draft)).await.expect("committed");
    }
    store.close().await;
    drop(store);

    let (code, out, err) = silta(&["log", "verify", "--json", "--data", &data]).await;
    assert_eq!((code, err.as_str()), (FINE, ""));
    let report = parsed(&out);
    assert_eq!((&report["records"], &report["verified"], &report["clean"]), (&json!(3), &json!(3), &json!(true)));
    let (code, out, err) = silta(&["messages", "status", "9", "--data", &data]).await;
    assert_eq!((code, out.as_str()), (PROBLEM, ""));
    assert!(err.contains("no order has this id (searched: turku)"), "{err}");
    let (code, out, _) = silta(&["messages", "list", "--json", "--data", &data]).await;
    assert_eq!((code, parsed(&out)), (FINE, json!({"messages": []})));
    let (code, _, err) = silta(&["ptv", "status", "--data", &data]).await;
    assert_eq!(code, USAGE);
    assert!(err.contains("start `silta serve`"), "{err}");
}

#[tokio::test]
async fn a_file_is_checked_without_a_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("catalogue.json");
    let sound = json!({"laji": "palvelu", "koodi": "1", "nimi_kieliversiot": {"fi": "Uimahalli"}});
    let path = file.to_str().expect("text");
    for (records, expected) in [(json!([sound]), FINE), (json!([sound, {"laji": "palvelu", "koodi": "2"}]), PROBLEM)] {
        std::fs::write(&file, json!({ "entities": records }).to_string()).expect("written");
        let (code, out, err) = silta(&["catalogue", "check", path, "--json"]).await;
        assert_eq!((code, err.as_str()), (expected, ""));
        assert_eq!(parsed(&out)["refused"], json!(u8::from(expected == PROBLEM)));
    }
    let (_, out, _) = silta(&["catalogue", "check", path]).await;
    assert!(out.contains("nimi_kieliversiot.fi  required"), "{out}");
    assert!(out.ends_with("1 accepted, 1 refused\n"), "{out}");
}

#[tokio::test]
async fn a_security_server_that_is_not_there_is_a_problem_not_a_usage_error() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", socket.local_addr().expect("an address"));
    drop(socket);
    let args = ["xroad", "call", "--server", &server, "--client", "FI-TEST/GOV/9999906-0/asiointi", "--service"];
    for rest in [
        &["FI-TEST/MUN/1234567-1/palvelut/getService", "--body", "code=1"][..],
        &["FI-TEST/MUN/1234567-1/palvelut/catalogue", "services"],
    ] {
        let (code, out, err) = silta(&[&args[..], rest].concat()).await;
        assert_eq!((code, out.as_str()), (PROBLEM, ""), "{err}");
        assert!(err.contains("cannot be reached") && err.contains("has not got the request"), "{err}");
    }
}
