//! The kit is proved by broken adapters: a proxy before the sandbox's adapter bends a good request or a good answer, or a
//! front below HTTP does what the adapter would not; the case that is about it must fail, with few others. Through what
//! bends nothing, no case fails.

mod acts;
mod consuming;
mod described;
mod fronts;
mod mutations;
mod proxy;
mod rest;
mod security;
mod stranger;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use conformance::cases::{self, Family};
use conformance::kit::{self, Outcome, Selection, Target};
use silta::sandbox::{Account, Job, Options, Source, Stage, Step};

use self::fronts::{Defect, Front};
use self::mutations::{HONEST, Mutation};
use self::proxy::Proxy;
use crate::harness::close;

/// Cases beside the named ones that a defect may break in its family.
const OTHERS: usize = 3;
/// Cases that take their time: they judge the adapter itself, and of broken ones those that name them.
const LONG: [&str; 6] = ["TR-01", "TR-02", "TR-06", "TR-07", "TR-08", "TR-09"];
/// The deadline of an exchange where a case meets it.
const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_is_caught_by_its_case_and_by_few_others() {
    prove(mutations::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_rest_is_caught_by_its_case_and_by_few_others() {
    prove(rest::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_security_and_logging_is_caught_by_its_case_and_by_few_others() {
    prove(security::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_tls_is_caught_by_its_case_and_by_few_others() {
    prove_below(Family::Tls, Defect::None, fronts::TLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_transport_is_caught_by_its_case_and_by_few_others() {
    prove_below(Family::Transport, Defect::Ended, fronts::TRANSPORT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_descriptions_is_caught_by_its_case_and_by_few_others() {
    prove(described::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_careless_consumer_is_caught_by_its_case_and_by_few_others() {
    let stage = stage(Options::default()).await;
    let mut complaints = Vec::new();
    for (selection, defects) in consuming::all() {
        assert!(defects.len() >= 3 || selection.families.is_empty(), "{selection:?} has fewer than three");
        // At the same time: each has the adapter call a server of its own, and most of it is waiting.
        let proofs = std::iter::once(&consuming::HONEST).chain(defects).map(async |careless| {
            let target = silta::sandbox::kit::target(&stage, "101").await.expect("a target");
            let target = target.with_acts(|acts| consuming::bent(acts, careless));
            let failed = failed(&target, &selection).await;
            complaint("Consumer", careless.defect, careless.caught_by, &failed)
        });
        complaints.extend(futures_util::future::join_all(proofs).await.into_iter().flatten());
    }
    end(stage, &complaints).await;
}

#[test]
fn no_family_is_without_broken_adapters() {
    let bent =
        [mutations::ALL, rest::ALL, security::ALL, described::ALL].into_iter().flatten().map(|(family, _)| *family);
    // These are proved by other means than a proxy.
    let all: BTreeSet<Family> = bent.chain([Family::Tls, Family::Transport, Family::Consumer]).collect();
    assert_eq!(all, BTreeSet::from(Family::ALL));
}

/// Mutations of requests and answers, one after the other.
async fn prove(families: &'static [(Family, &'static [Mutation])]) {
    let stage = stage(Options::default()).await;
    let mut complaints = Vec::new();
    for (family, mutations) in families {
        assert!(mutations.len() >= 3, "{family:?} has fewer than three broken adapters");
        for mutation in std::iter::once(&HONEST).chain(*mutations) {
            let proxy = Proxy::start(&stage, mutation).await;
            let target = silta::sandbox::kit::target_at(&stage, "101", proxy.address).await.expect("a target");
            let failed = failed(&target, &Selection { families: vec![*family], ids: Vec::new() }).await;
            complaints.extend(complaint(family.title(), mutation.defect, mutation.caught_by, &failed));
        }
    }
    end(stage, &complaints).await;
}

/// Defects below HTTP, where a front stands before the adapter and no proxy.
async fn prove_below(family: Family, honest: Defect, planted: &[(Defect, &'static [&'static str])]) {
    assert!(planted.len() >= 3, "{family:?} has fewer than three broken adapters");
    // Cases that wait for a deadline need not wait for a long one.
    let stage = stage(Options { deadline: Some(DEADLINE), ..Options::default() }).await;
    let mut complaints = Vec::new();
    let itself = failures(&stage, family, stage.address("xroad"), &LONG).await;
    complaints.extend(complaint(family.title(), "the adapter itself", &[], &itself));
    let honest = Front::start(&stage, honest).await;
    complaints.extend(complaint(
        family.title(),
        "no defect",
        &[],
        &failures(&stage, family, honest.address, &[]).await,
    ));
    for (defect, caught_by) in planted {
        let front = Front::start(&stage, *defect).await;
        let failed = failures(&stage, family, front.address, caught_by).await;
        complaints.extend(complaint(family.title(), &format!("{defect:?}"), caught_by, &failed));
    }
    end(stage, &complaints).await;
}

async fn end(stage: Stage, complaints: &[String]) {
    close(stage, &[]).await;
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// The sandbox with its catalogue pushed, its log lines kept for the acts.
async fn stage(options: Options) -> Stage {
    // Where one process runs all tests, another may have begun to listen.
    let _ = silta::sandbox::kit::listen("off");
    let options = Options { port_base: 0, steps: [Step::A].into(), ..options };
    let account = Account::new(std::io::sink());
    let source = Source::read(&options).expect("our own catalogue");
    let stage = Stage::build(&options, &source).await.expect("a stage");
    let mut job = Job::new(&stage, &source, &account, &options).expect("a job");
    job.run(&options.steps, Instant::now()).await.expect("the catalogue is pushed");
    stage
}

/// What is wrong with the verdict on a defect; without one, nothing may fail.
fn complaint(family: &str, defect: &str, caught_by: &[&str], failed: &BTreeSet<&str>) -> Option<String> {
    println!("{family}: {defect}: {failed:?}");
    let missed: Vec<_> = caught_by.iter().filter(|id| !failed.contains(**id)).collect();
    let others = failed.iter().filter(|id| !caught_by.contains(id)).count();
    let most = if caught_by.is_empty() { 0 } else { OTHERS };
    (!missed.is_empty() || others > most)
        .then(|| format!("{family}: {defect}: missed by {missed:?}, failed {failed:?}"))
}

/// The failed cases of a family at an address that is taken for the adapter's.
async fn failures(stage: &Stage, family: Family, address: SocketAddr, wanted: &[&str]) -> BTreeSet<&'static str> {
    let target = silta::sandbox::kit::target_at(stage, "101", address).await.expect("a target");
    let ids = cases::all().map(cases::Case::short).filter(|id| !LONG.contains(id) || wanted.contains(id));
    failed(&target, &Selection { families: vec![family], ids: ids.map(str::to_owned).collect() }).await
}

/// The failed cases of a selection.
async fn failed(target: &Target, selection: &Selection) -> BTreeSet<&'static str> {
    let done = kit::run(cases::all(), target, selection, |_| {}).await;
    let failed = |it: &kit::Done| match &it.outcome {
        Outcome::Failed(what) => {
            println!("  {} {what}", it.case.short());
            Some(it.case.short())
        }
        _ => None,
    };
    done.iter().filter_map(failed).collect()
}
