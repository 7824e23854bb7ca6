//! What an operator sees of one letter.

use super::decisions::{act, parked};
use super::*;
use crate::viestit::course::{self, Source, Step};
use crate::viestit::decision::Decision;

async fn course(bench: &Bench, id: &str) -> Vec<Step> {
    course::of(&bench.scratch.store, "turku", id).await.unwrap().expect("a letter")
}

fn told(steps: &[Step]) -> Vec<(Source, &str)> {
    steps.iter().map(|step| (step.source, step.what.as_str())).collect()
}

#[tokio::test]
async fn a_letters_course_tells_calls_with_trace_ids_events_and_acts_and_nobody() {
    let (bench, first, _) = parked().await;
    bench.worker.decide(&act(Decision::Retry), &first.sends[0].id).await.unwrap();
    bench.run().await;
    bench.feed.poll().await.unwrap();
    let steps = course(&bench, &first.sends[0].id).await;
    let shown = told(&steps);
    assert_eq!(shown.first(), Some(&(Source::MessageLog, "accepted")));
    assert!(shown.contains(&(Source::Answer, "503")) && shown.contains(&(Source::Answer, "200")), "{shown:?}");
    for step in [
        (Source::MessageLog, "parked"),
        (Source::MessageLog, "messages.retry"),
        (Source::MessageLog, "submitted"),
        (Source::Event, "Electronic message created"),
        (Source::MessageLog, "delivered"),
    ] {
        assert!(shown.contains(&step), "{step:?} is missing: {shown:?}");
    }
    let retried = steps.iter().find(|step| step.what == "messages.retry").expect("one");
    assert_eq!(retried.by.as_deref(), Some("operator/maijaDROP"));
    assert_eq!(retried.reason.as_deref(), Some("Viestit is back"));
    let accepted = steps.iter().find(|step| step.what == "200").expect("one");
    assert!(accepted.trace_id.as_ref().is_some_and(|id| id.len() == 36), "{accepted:?}");
    assert!(steps.is_sorted_by_key(|step| step.at.parse::<jiff::Timestamp>().unwrap()), "{steps:?}");
    let said = serde_json::to_string(&steps).unwrap();
    assert!(!said.contains(AINO) && !said.contains(BENGT) && !said.contains("Päätös"), "{said}");
    assert_eq!(course::of(&bench.scratch.store, "turku", "nobody").await.unwrap(), None);
}
