//! The kit is proved by broken adapters: a proxy before the sandbox's adapter bends a good request or a good answer, and
//! the case that is about it must fail, with few others. Through the proxy that bends nothing, no case fails.

mod acts;
mod mutations;
mod proxy;
mod security;

use std::time::Instant;

use conformance::cases::{self, Family};
use conformance::kit::{self, Outcome, Selection};
use silta::sandbox::{Account, Job, Options, Source, Stage, Step};

use self::mutations::{HONEST, Mutation};
use self::proxy::Proxy;

/// Cases beside the named ones that a mutation may break in its family.
const OTHERS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_is_caught_by_its_case_and_by_few_others() {
    prove(mutations::ALL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_planted_defect_of_security_and_logging_is_caught_by_its_case_and_by_few_others() {
    prove(security::ALL).await;
}

async fn prove(families: &'static [(Family, &'static [Mutation])]) {
    let stage = stage(Options::default()).await;
    let mut complaints = Vec::new();
    for (family, mutations) in families {
        assert!(mutations.len() >= 3, "{family:?} has fewer than three broken adapters");
        let failed = failures(&stage, *family, &HONEST).await;
        if !failed.is_empty() {
            complaints.push(format!("{family:?} without any defect: {failed:?}"));
        }
        for mutation in *mutations {
            let failed = failures(&stage, *family, mutation).await;
            let missed: Vec<_> = mutation.caught_by.iter().filter(|id| !failed.contains(**id)).collect();
            let others = failed.iter().filter(|id| !mutation.caught_by.contains(id)).count();
            println!("{family:?}: {}: {failed:?}", mutation.defect);
            if !missed.is_empty() || others > OTHERS {
                complaints.push(format!("{family:?}: {}: missed by {missed:?}, failed {failed:?}", mutation.defect));
            }
        }
    }
    assert!(stage.close().await, "drained");
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

/// The failed cases of a family through a proxy with this defect.
async fn failures(
    stage: &Stage,
    family: Family,
    mutation: &'static Mutation,
) -> std::collections::BTreeSet<&'static str> {
    let proxy = Proxy::start(stage, mutation).await;
    let target = silta::sandbox::kit::target_at(stage, "101", proxy.address).await.expect("a target");
    let selection = Selection { families: vec![family], ids: Vec::new() };
    let done = kit::run(cases::all(), &target, &selection, |_| {}).await;
    let failed = |it: &kit::Done| match &it.outcome {
        Outcome::Failed(what) => {
            println!("  {} {what}", it.case.short());
            Some(it.case.short())
        }
        _ => None,
    };
    done.iter().filter_map(failed).collect()
}
