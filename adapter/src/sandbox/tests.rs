//! The whole job, as `silta sandbox --once` does it, on our own catalogue and on the Helsinki register's; and with a
//! PTV and a Viestit that fail.

mod limits;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use conformance::ptv::{Fault, FaultAction};
use conformance::viestit;
use serde_json::Value;

use super::report::{Imported, Report};
use super::{Account, Commands, Job, Options, SandboxError, Source, Stage, Step, samples};

/// Collects an account, to show it when a test fails.
#[derive(Clone, Default)]
struct Said(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Said {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

struct Run {
    outcome: Result<(), SandboxError>,
    report: Report,
    said: String,
}

impl Run {
    fn expect_done(self) -> Report {
        println!("{}", self.said);
        self.outcome.expect("the job is done");
        self.report
    }
}

/// Does the job; `disturb` may order faults of the simulators before it begins.
async fn run(options: Options, disturb: impl FnOnce(&Stage)) -> Run {
    let started = Instant::now();
    let options = Options { port_base: 0, ..options };
    let said = Said::default();
    let account = Account::new(said.clone());
    let source = Source::read(&options).expect("a catalogue");
    let stage = Stage::build(&options, &source).await.expect("a stage");
    disturb(&stage);
    let mut job = Job::new(&stage, &source, &account, &options).expect("a job");
    let outcome = job.run(&options.steps, started).await;
    let report = job.report;
    println!("{} s, first exchange {} ms, resident {} MB", report.seconds, report.first_exchange_ms, resident());
    assert!(stage.close().await, "drained");
    Run { outcome, report, said: said.text() }
}

/// Resident memory of this process in MB (proc(5), Linux); 0 where it cannot be read.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).map_or(0, |kib| kib / 1024)
}

fn shared() -> Option<PathBuf> {
    let root = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from);
    let specs = root.join("specs");
    if specs.exists() {
        return Some(specs);
    }
    println!("skipped: {} is absent", specs.display());
    None
}

fn count(laji: &str) -> usize {
    let catalogue: Value = serde_json::from_str(samples::CATALOGUE).expect("ours");
    let records = catalogue["entities"].as_array().expect("records").clone();
    records.iter().filter(|record| record["laji"] == laji).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_on_our_own_catalogue() {
    let report = run(Options::default(), |_| {}).await.expect_done();
    let points = count("palvelupiste");
    assert_eq!(
        report.imported,
        Imported {
            services: count("palvelu"),
            channels: count("palvelukanava") + points,
            service_points: points,
            offers: count("palvelutarjous"),
            organisations: count("organisaatio"),
            refused: 0,
        }
    );
    let ptv = &report.ptv;
    assert_eq!((ptv.created, ptv.withheld), (count("palvelu") as u64, 0));
    assert!(ptv.updated >= 1 && ptv.connections > 0, "{ptv:?}");
    assert_eq!((ptv.second_sync_writes, ptv.unforeseen, ptv.overstrict), (0, 0, 0));
    assert_eq!(ptv.probed, count("palvelu"));
    assert_eq!((report.letters.accepted, report.letters.delivered), (2, 2));
    assert!(report.letters.first_id.is_some());
    assert_eq!(report.exchanges.faults, 0);
    assert!(report.exchanges.soap > 10 && report.exchanges.rest > 10, "{:?}", report.exchanges);
    assert!(report.log.records > 0);
    assert_eq!(report.log.records, report.log.verified);
    assert!(report.first_exchange_ms > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_job_on_the_register_of_helsinki() {
    let Some(specs) = shared() else { return };
    let options = Options {
        catalogue: Some(specs.join("pat/tpr/services-2025-09-25.json")),
        reference: Some(specs),
        ..Options::default()
    };
    let report = run(options, |_| {}).await.expect_done();
    assert_eq!((report.imported.services, report.imported.refused), (592, 455));
    assert_eq!((report.imported.channels, report.imported.offers, report.imported.organisations), (0, 0, 0));
    let ptv = &report.ptv;
    assert!(ptv.created >= 30, "{ptv:?}");
    assert_eq!(ptv.withheld, 592 - usize::try_from(ptv.created).expect("small"));
    assert_eq!((ptv.probed, ptv.unforeseen, ptv.overstrict, ptv.second_sync_writes), (592, 0, 0, 0));
    assert_eq!((report.letters.delivered, report.exchanges.faults), (2, 0));
    assert_eq!(report.log.records, report.log.verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_name_what_is_there_and_nobody() {
    let options = Options { port_base: 0, ..Options::default() };
    let source = Source::read(&options).expect("a catalogue");
    let stage = Stage::build(&options, &source).await.expect("a stage");
    let commands = Commands::prepare(&stage, Some("0193a2f0"), Some("101")).expect("commands");
    let printed = commands.to_string();
    assert!(!samples::PERSONS.iter().any(|person| printed.contains(person)), "{printed}");
    let [rest, soap, send, status] = commands.lines().collect::<Vec<_>>()[..] else { panic!("four: {printed}") };
    let (data, server) = (stage.data().display().to_string(), stage.consumer.url());
    assert!(rest.contains(&server) && rest.ends_with("/palvelut/catalogue services/101"), "{rest}");
    assert!(soap.ends_with("/palvelut/getService/v1 --body code=101"), "{soap}");
    for file in ["try/order.json", "try/paatos.pdf"] {
        assert!(send.contains(&format!("{data}/{file}")) && stage.data().join(file).is_file(), "{send}");
    }
    assert!(status.ends_with(&format!("messages status 0193a2f0 --data {data}")), "{status}");
    let ports = std::fs::read_to_string(stage.data().join("ports.json")).expect("written");
    let ports: std::collections::BTreeMap<String, std::net::SocketAddr> = serde_json::from_str(&ports).expect("ports");
    let names: Vec<&str> = ports.keys().map(String::as_str).collect();
    assert_eq!(names, ["consumer", "finto", "intake", "metrics", "ptv", "viestit", "xroad"]);
    assert!(stage.close().await, "drained");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_samples_of_turku_are_taken_or_refused_with_a_reason() {
    let Some(specs) = shared() else { return };
    let options =
        Options { catalogue: Some(specs.join("pat/turku-pat-api")), reference: Some(specs), ..Options::default() };
    let run = run(options, |_| {}).await;
    let refused = run.report.imported.refused;
    let listed = run.said.contains("Nothing was refused.") || run.said.contains("Refused, each with field and reason");
    assert!(listed, "{}", run.said);
    let report = run.expect_done();
    assert_eq!(report.imported.services, 2, "{refused} refused");
    assert_eq!((report.ptv.unforeseen, report.ptv.second_sync_writes), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ptv_and_a_viestit_that_fail_for_a_while_lose_nothing() {
    let options = Options { steps: [Step::B, Step::E, Step::G].into(), ..Options::default() };
    let run = run(options, |stage| {
        stage.ptv.inject(Fault {
            method: Some("POST".into()),
            path_contains: "Service".into(),
            times: 2,
            action: FaultAction::Status(503, "down".into()),
        });
        stage.viestit.control.fault("/v2/messages/electronic", viestit::Fault::Status(503), 1);
    })
    .await;
    assert!(run.said.contains("It is tried again"), "{}", run.said);
    let report = run.expect_done();
    assert_eq!(report.ptv.created, count("palvelu") as u64);
    assert_eq!((report.letters.accepted, report.letters.delivered), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ptv_that_stays_down_is_named_and_waited_for_no_longer_than_told() {
    let patience = Duration::from_secs(3);
    let options = Options { steps: [Step::B].into(), patience, ..Options::default() };
    let run = run(options, |stage| {
        stage.ptv.inject(Fault {
            method: None,
            path_contains: String::new(),
            times: u32::MAX,
            action: FaultAction::Status(503, "down".into()),
        });
    })
    .await;
    let error = run.outcome.expect_err("PTV is down");
    assert_eq!(error.exit_code(), 1);
    assert!(error.to_string().contains("PTV: nothing has moved for 3 s"), "{error}");
    assert!(error.to_string().contains("kept in the store"), "{error}");
    assert_eq!(run.report.imported.services, count("palvelu"));
}
