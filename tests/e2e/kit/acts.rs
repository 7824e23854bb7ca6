//! Silta's side of the acts: the cases that need them are judged, and each act does what it says.

use std::time::{Duration, Instant};

use conformance::cases::{self, Case, Family};
use conformance::kit::{self, Outcome, Probe, RestCall, Selection, Verdict};
use serde_json::json;
use silta::sandbox::Options;

use super::stage;
use crate::harness::close;

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_need_the_adapters_inside_are_judged() {
    let stage = stage(Options::default()).await;
    let target = silta::sandbox::kit::target(&stage, "101").await.expect("a target");
    let ids = ["FA-01", "FA-06", "SE-09", "SE-16", "LO-04", "LO-05", "LO-06"].map(str::to_owned).to_vec();
    let selection = Selection { families: Vec::new(), ids };
    let done = kit::run(cases::all(), &target, &selection, |_| {}).await;
    for it in &done {
        println!("{} {:?} {:?}", it.case.short(), it.outcome, it.took);
    }
    assert_eq!(done.len(), selection.ids.len());
    assert!(done.iter().all(|it| it.outcome == Outcome::Passed));
    // What was looked at were lines: of these exchanges the adapter has said something.
    for id in ["FA-01", "SE-09"] {
        let case = done.iter().find(|it| it.case.short() == id).expect("run");
        assert!(case.steps.iter().any(|step| step.came.contains("could not be committed")), "{id}");
    }
    close(stage, &[]).await;
}

const fn own(id: &'static str, run: cases::Run) -> Case {
    Case { id, family: Family::Transport, source: "", title: "", why: "", run }
}

static OWN: [Case; 2] =
    [own("restart", |probe| Box::pin(restart(probe))), own("slow-backend", |probe| Box::pin(slow_backend(probe)))];

#[tokio::test(flavor = "multi_thread")]
async fn the_adapter_restarts_where_it_was_and_is_slow_until_it_is_not() {
    let stage = stage(Options { deadline: Some(Duration::from_secs(2)), ..Options::default() }).await;
    let ports = || std::fs::read_to_string(stage.data().join("ports.json")).expect("ports.json");
    let before = ports();
    let target = silta::sandbox::kit::target(&stage, "101").await.expect("a target");
    let done = kit::run(&OWN, &target, &Selection::default(), |_| {}).await;
    for it in &done {
        assert_eq!(it.outcome, Outcome::Passed, "{} {:?}", it.case.id, it.steps);
    }
    assert_eq!(ports(), before, "the simulators are still listed");
    close(stage, &[]).await;
}

async fn restart(probe: &mut Probe<'_>) -> Verdict {
    served(probe).await?;
    // The second time the configuration names the ports.
    for _ in 0..2 {
        probe.act("restart", json!({})).await?;
        served(probe).await?;
    }
    let answer = probe.act("resources", json!({})).await?;
    probe.check("the metrics are at their address, too", answer["connections"].is_u64())
}

async fn slow_backend(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    probe.act("slow-backend", json!({ "on": true })).await?;
    let call = RestCall::get(&path);
    let began = Instant::now();
    let answer = probe.rest(service, &call).await?;
    let took = began.elapsed();
    probe.check("504 when the deadline has passed", answer.status == 504 && took >= Duration::from_secs(2))?;
    probe.act("slow-backend", json!({ "on": false })).await?;
    served(probe).await?;
    // The late result is in the log, and that nobody got it.
    for _ in 0..50 {
        let found = probe.act("log-find", json!({ "requestId": call.request_id })).await?;
        if found["records"][0]["delivered"] == json!(false) {
            return probe.check("recorded as not delivered", true);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    probe.check("recorded as not delivered", false)
}

async fn served(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let answer = probe.rest(service, &RestCall::get(&path)).await?;
    probe.check("HTTP 200", answer.status == 200)
}
