//! What a person decides about parked letters.

use super::*;
use crate::model::evidence::{Evidence, RecordKind};
use crate::store::evidence;
use crate::viestit::decision::{Act, Decided, Decision, InvalidAct};

/// Three letters to two people, all parked with an unknown outcome.
pub(super) async fn parked() -> (Bench, Accepted, Accepted) {
    let bench = Bench::with(|_| {}, |settings| settings.repeat_window = Duration::from_secs(30)).await;
    bench.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
    let first = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.advance(Duration::from_millis(1));
    let second = bench.accept(draft("o-2", &[FIRM])).await;
    for _ in 0..40 {
        bench.next().await;
    }
    assert_eq!(bench.worker.status().await.unwrap().parked, 3);
    bench.sim.control.clear_faults();
    bench.advance(Duration::from_mins(5));
    (bench, first, second)
}

pub(super) fn act(decision: Decision) -> Act {
    Act::new(decision, "Viestit is back", "maija;DROP").unwrap()
}

/// The acts of persons in the message log: name, subject, who, why, what came of it.
async fn acts(bench: &Bench) -> Vec<[String; 5]> {
    let mut acts = Vec::new();
    for (writer, _) in evidence::writers(&bench.scratch.store).await.unwrap() {
        for row in evidence::page(&bench.scratch.store, &writer, 0, 500).await.unwrap() {
            let draft = Evidence::decode(&row.record).unwrap().draft;
            if draft.kind == RecordKind::Act {
                acts.push(
                    [draft.operation, draft.subject, draft.actor, draft.reason, draft.outcome].map(Option::unwrap),
                );
            }
        }
    }
    acts
}

#[tokio::test]
async fn a_parked_letter_is_tried_again_under_its_external_id_and_arrives_once() {
    let (bench, first, _) = parked().await;
    // One of the two had arrived all the same.
    let decided = bench.worker.decide(&act(Decision::Retry), &first.sends[1].id).await.unwrap();
    assert_eq!(decided, Some(Decided { done: 1, not_parked: 0 }));
    bench.run().await;
    assert_eq!(bench.states(&first).await, [SendState::Parked, SendState::Submitted]);
    assert_eq!(bench.stored(), [format!("turku:{}:2", first.id)]);
    // Decided about once only.
    let again = bench.worker.decide(&act(Decision::Retry), &first.sends[1].id).await.unwrap();
    assert_eq!(again, Some(Decided { done: 0, not_parked: 1 }));
    let subject = format!("order/{}/2", first.id);
    let expected = ["messages.retry", &subject, "operator/maijaDROP", "Viestit is back", "submitting"];
    assert_eq!(acts(&bench).await, [expected.map(str::to_owned)]);
}

#[tokio::test]
async fn an_order_or_everything_is_decided_about_at_once() {
    let (bench, first, second) = parked().await;
    let decided = bench.worker.decide(&act(Decision::Abandon), &first.id).await.unwrap().unwrap();
    assert_eq!(decided, Decided { done: 2, not_parked: 0 });
    assert_eq!(bench.states(&first).await, [SendState::Failed; 2]);
    let reasons: Vec<_> = bench.status(&first).await.sends.into_iter().filter_map(|send| send.reason).collect();
    assert_eq!(reasons, ["abandoned"; 2]);
    let decided = bench.worker.decide_all(&act(Decision::Retry)).await.unwrap();
    assert_eq!(decided, Decided { done: 1, not_parked: 0 });
    bench.run().await;
    assert_eq!(bench.states(&second).await, [SendState::Submitted]);
    assert_eq!(bench.stored().len(), 1, "what was abandoned does not go out");
    assert_eq!(acts(&bench).await.len(), 3);
    assert_eq!(bench.worker.decide(&act(Decision::Retry), "nobody").await.unwrap(), None);
    assert!(bench.worker.has(&first.id).await.unwrap() && !bench.worker.has("nobody").await.unwrap());
}

#[tokio::test]
async fn a_retried_letter_has_its_whole_window_again() {
    let (bench, first, _) = parked().await;
    bench.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
    bench.worker.decide(&act(Decision::Retry), &first.sends[0].id).await.unwrap();
    bench.run().await;
    assert_eq!(bench.states(&first).await[0], SendState::Submitting, "not parked at once");
}

#[test]
fn an_act_needs_a_reason_that_names_nobody() {
    for (reason, wrong) in [
        ("", InvalidAct::Reason),
        ("  ", InvalidAct::Reason),
        ("two\nlines", InvalidAct::Reason),
        ("sent to 010594Y9032 by post", InvalidAct::Personal),
    ] {
        assert_eq!(Act::new(Decision::Retry, reason, "maija").unwrap_err(), wrong, "{reason:?}");
    }
    assert_eq!(Act::new(Decision::Retry, &"x".repeat(501), "maija").unwrap_err(), InvalidAct::Reason);
    assert!(Act::new(Decision::Retry, &"x".repeat(500), "maija").is_ok());
    assert_eq!(Decision::from_word("forget"), None);
}
