//! viestit.md §6.6, the client's rows.

use super::*;
use crate::store::{letters, sends};
use crate::viestit::sealed::Letter;
use crate::viestit::wire::{Message, SendCall};

#[tokio::test]
async fn viestit_idm_07_409_is_a_success() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::StatusAfterCommit(502), 1);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitting]);
    bench.next().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    let message = bench.sim.control.messages().remove(0);
    assert_eq!((send.state, send.message_id, send.reason), (SendState::Submitted, Some(message.message_id), None));
    assert_eq!(bench.calls(LOOK_UP), 0, "the 409 names the id");
}

#[tokio::test]
async fn viestit_idm_08_a_cut_after_storing_leaves_one_message() {
    for fault in [Fault::CutAfterCommit, Fault::BrokenJson] {
        let bench = Bench::new().await;
        bench.fault(ELECTRONIC, fault, 1);
        let accepted = bench.accept(draft("o-1", &[AINO])).await;
        bench.run().await;
        assert_eq!(bench.states(&accepted).await, [SendState::Submitting]);
        bench.next().await;
        assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
        assert_eq!(bench.stored(), [format!("turku:{}:1", accepted.id)]);
    }
}

#[tokio::test]
async fn viestit_idm_09_a_process_killed_between_answer_and_storing_leaves_one_message() {
    let mut bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let first = bench.status(&accepted).await.sends.remove(0).message_id;
    // What such a process leaves behind: the answer is not there, the lease is.
    let lease = bench.scratch.world.now_micros() + 180_000_000;
    let undone = format!(
        "UPDATE send SET state = 'waiting', message_id = NULL, channel = NULL, lease_owner = 'gone', lease_until = {lease}"
    );
    bench.scratch.tamper(&undone).await.unwrap();
    bench.scratch.reopen().await.unwrap();
    let restarted = worker(&bench.settings, &bench.scratch.store, &bench.scratch.world);
    assert!(!restarted.run_due().await.unwrap(), "the lease holds");
    bench.advance(restarted.idle(Duration::from_hours(1)).await.unwrap());
    while restarted.run_due().await.unwrap() {}
    let send = sends::get(&bench.scratch.store, "turku", &accepted.sends[0].id).await.unwrap().unwrap();
    assert_eq!((send.state.as_str(), send.message_id), ("submitted", first));
    assert_eq!((bench.stored().len(), bench.calls(ELECTRONIC)), (1, 2));
}

#[tokio::test]
async fn viestit_idm_10_outages_are_retried_with_growing_pauses() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(502), 2);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let (first, second) = (bench.next().await, bench.next().await);
    assert!(second > first && first > Duration::from_secs(1), "{first:?} {second:?}");
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!((bench.stored().len(), bench.calls(ELECTRONIC)), (1, 3));
}

#[tokio::test]
async fn viestit_idm_11_a_day_of_5xx_ends_parked_under_the_same_key() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let mut passed = Duration::ZERO;
    while bench.states(&accepted).await == [SendState::Submitting] {
        assert_eq!(bench.calls(LOOK_UP), 0, "{passed:?}");
        passed += bench.next().await;
        assert!(passed < Duration::from_hours(30), "{passed:?}");
    }
    assert!(passed >= Duration::from_hours(24), "{passed:?}");
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.reason.as_deref()), (SendState::Parked, Some("outcome-unknown")));
    assert_eq!(bench.calls(LOOK_UP), 1);
    let status = bench.worker.status().await.unwrap();
    assert!(status.parked == 1 && status.last_error.unwrap().contains("parked"));
    // It rests for a person, but proof that it arrived would still be believed.
    bench.next().await;
    assert_eq!((bench.calls(LOOK_UP), bench.stored().len()), (1, 0));
    // When a person tries it again, it is sent under the same key.
    bench.sim.control.clear_faults();
    let revive = sends::revive("turku", &send.id, bench.scratch.world.now_micros());
    bench.scratch.store.commit(Commit::new().with([revive])).await.unwrap();
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!(bench.stored(), [format!("turku:{}:1", accepted.id)]);
}

#[tokio::test]
async fn viestit_idm_11_what_is_found_after_the_window_is_submitted() {
    let bench = Bench::with(|_| {}, |settings| settings.repeat_window = Duration::from_secs(30)).await;
    bench.fault(ELECTRONIC, Fault::StatusAfterCommit(500), 1);
    bench.fault(ELECTRONIC, Fault::Status(500), usize::MAX);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    while bench.states(&accepted).await == [SendState::Submitting] {
        bench.next().await;
    }
    let send = bench.status(&accepted).await.sends.remove(0);
    let message = bench.sim.control.messages().remove(0);
    assert_eq!((send.state, send.message_id), (SendState::Submitted, Some(message.message_id)));
    assert_eq!((bench.calls(LOOK_UP), bench.stored().len()), (1, 1));
}

#[tokio::test]
async fn a_refusal_after_an_unknown_outcome_is_looked_up_first() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
    bench.fault(ELECTRONIC, Fault::TooLargeText, 1);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    bench.next().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted], "it had arrived");
    // And when it had not, the refusal stands.
    bench.fault(ELECTRONIC, Fault::CutBeforeCommit, 1);
    bench.fault(ELECTRONIC, Fault::TooLargeText, 1);
    let second = bench.accept(draft("o-2", &[AINO])).await;
    bench.run().await;
    bench.next().await;
    assert_eq!(bench.states(&second).await, [SendState::Failed]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_an_unknown_outcome() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Delay(Duration::from_secs(2)), 1);
    let hasty =
        worker_that_waits(Duration::from_millis(100), &bench.settings, &bench.scratch.store, &bench.scratch.world);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    while hasty.run_due().await.unwrap() {}
    assert_eq!(bench.states(&accepted).await, [SendState::Submitting]);
    assert!(hasty.status().await.unwrap().last_error.unwrap().contains("no answer in time"));
    bench.next().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
    assert_eq!(bench.stored().len(), 1);
}

#[tokio::test]
async fn an_event_beats_the_attempt_that_is_under_way() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    let (store, now) = (&bench.scratch.store, bench.scratch.world.now_micros());
    let send = sends::claim(store, "turku", "w", now, now + 1000, 1).await.unwrap().remove(0);
    let news = sends::News { from: "waiting", to: "delivered", message_id: Some(7), channel: None, at: now };
    store.commit(Commit::new().with([sends::happened("turku", &send.id, news)])).await.unwrap();
    let settlement = sends::Settlement { state: "submitted", message_id: Some(7), channel: None, reason: None };
    for late in [
        sends::settle("turku", &send.id, "w", settlement, now),
        sends::retry("turku", &send.id, "w", "unknown", "broken", now, now),
        sends::happened("turku", &send.id, news),
    ] {
        assert!(store.commit(Commit::new().with([late])).await.unwrap_err().is_conflict());
    }
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered]);
}

#[tokio::test]
async fn a_retry_does_not_change_when_the_state_was_reached() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::TooManyRequests(None), 2);
    bench.fault(ELECTRONIC, Fault::Status(500), 2);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.advance(Duration::from_secs(1));
    bench.run().await;
    bench.next().await;
    assert_eq!(bench.status(&accepted).await.sends[0].changed_at, accepted.accepted_at);
    bench.next().await;
    let first = bench.status(&accepted).await.sends.remove(0);
    bench.next().await;
    let second = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((first.state, first.changed_at), (SendState::Submitting, second.changed_at));
    assert!(first.changed_at > accepted.accepted_at);
}

#[tokio::test]
async fn viestit_idm_12_two_recipients_have_two_keys() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    let id = &accepted.id;
    assert_eq!(bench.stored(), [format!("turku:{id}:1"), format!("turku:{id}:2")]);
    assert_eq!(accepted.sends.iter().map(|send| send.recipient_number).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn viestit_idm_13_a_repeated_order_gets_the_same_answer() {
    let bench = Bench::new().await;
    let first = bench.accept(with_pdf("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    bench.advance(Duration::from_mins(5));
    let order = LetterOrder::parse(with_pdf("o-1", &[AINO, BENGT])).unwrap();
    let again = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert!(again.statements.is_empty() && again.evidence.is_empty());
    assert_eq!((&again.id, again.accepted_at, &again.sends), (&first.id, first.accepted_at, &first.sends));
    bench.run().await;
    assert_eq!(bench.stored().len(), 2);
}

#[tokio::test]
async fn viestit_idm_13_two_equal_orders_at_once_make_one() {
    let bench = Bench::new().await;
    let order = LetterOrder::parse(draft("o-1", &[AINO])).unwrap();
    let mut one = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    let mut two = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    let store = &bench.scratch.store;
    store.commit(Commit::new().with(one.statements.drain(..))).await.unwrap();
    let error = store.commit(Commit::new().with(two.statements.drain(..))).await.unwrap_err();
    assert!(error.is_conflict());
    let again = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    assert!(again.repeated && again.id == one.id);
}

#[tokio::test]
async fn viestit_idm_14_other_content_under_a_used_key_is_refused() {
    let bench = Bench::new().await;
    bench.accept(with_pdf("o-1", &[AINO])).await;
    let mut other_file = with_pdf("o-1", &[AINO]);
    other_file.attachments[0].content = Bytes::from_static(b"%PDF-1.7 another");
    for other in [
        OrderDraft { title: "Toinen".to_owned(), ..with_pdf("o-1", &[AINO]) },
        with_pdf("o-1", &[BENGT]),
        with_pdf("o-1", &[AINO, BENGT]),
        OrderDraft { reply_allowed: true, ..with_pdf("o-1", &[AINO]) },
        draft("o-1", &[AINO]),
        other_file,
    ] {
        assert!(matches!(bench.accept_from(CLIENT, other).await, Err(AcceptError::OrderConflict)));
    }
    bench.run().await;
    assert_eq!(bench.stored().len(), 1);
}

#[tokio::test]
async fn viestit_idm_15_two_clients_may_use_the_same_key() {
    let bench = Bench::new().await;
    let one = bench.accept(draft("o-1", &[AINO])).await;
    let two = bench.accept_from(OTHER_CLIENT, draft("o-1", &[AINO])).await.unwrap();
    bench.run().await;
    assert_ne!(one.id, two.id);
    assert_eq!(bench.stored().len(), 2);
}

#[tokio::test]
async fn viestit_idm_17_keys_are_encoded_in_the_look_up() {
    let bench = Bench::new().await;
    let stored = format!(
        r#"{{"serviceId":"{SERVICE}","title":"t","body":"b","bodyFormat":"Text","messageType":"Normal",
            "replyAllowed":false,"visibility":"Normal","channel":"Electronic","attachments":[]}}"#
    );
    let letter: Letter = serde_json::from_str(&stored).unwrap();
    let client = &bench.worker.account.client;
    for key in ["a/b+c&d ä=e?%41#", "a/b c&d ä=e?%41#", "a"] {
        let message = Message::new(key, &letter).electronic(AINO, &letter, &[], Notifications::default(), None);
        let sent = client.send_message(SendCall::Electronic, &message).await.unwrap();
        assert_eq!(client.look_up(key).await.unwrap(), sent.message_id, "{key}");
    }
    assert_eq!(client.look_up("a/b").await.unwrap(), None);
}

#[tokio::test]
async fn viestit_idm_18_retry_after_is_honoured() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::TooManyRequests(Some(30)), 1);
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    assert_eq!(bench.calls(ELECTRONIC), 1, "the whole account waits");
    bench.advance(Duration::from_millis(29_900));
    bench.run().await;
    assert_eq!(bench.calls(ELECTRONIC), 1);
    bench.advance(Duration::from_secs(10));
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted; 2]);
    let arrivals = bench.arrivals(ELECTRONIC);
    assert!(arrivals[1].duration_since(arrivals[0]) >= SignedDuration::from_secs(30));
}

#[tokio::test]
async fn viestit_idm_19_the_pace_is_kept() {
    const PACE: u32 = 200;
    assert_eq!(Settings::new("t", "u", "n", SecretString::from("p"), "s").pace_per_second, 1);
    let people = people(100);
    let configure = |config: &mut ViestitConfig| {
        config.active_mailboxes.clone_from(&people);
        config.clock = Arc::new(conformance::viestit::SystemClock);
    };
    let bench = Bench::with(configure, |settings| settings.pace_per_second = PACE).await;
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    bench.accept(draft("o-1", &recipients)).await;
    let worker = worker(&bench.settings, &bench.scratch.store, &World::system());
    while worker.run_due().await.unwrap() {}
    let arrivals = bench.arrivals(ELECTRONIC);
    assert_eq!(arrivals.len(), 100);
    let span = arrivals[99].duration_since(arrivals[0]);
    let least = Duration::from_secs(1) / PACE * 90;
    assert!(span >= SignedDuration::try_from(least).unwrap(), "{span:?}");
}

#[tokio::test]
async fn nothing_is_sent_before_the_commit() {
    let bench = Bench::new().await;
    let order = LetterOrder::parse(draft("o-1", &[AINO])).unwrap();
    let accepted = bench.orders.accept("turku", CLIENT, &order).await.unwrap();
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
    assert_eq!(letters::get(&bench.scratch.store, "turku", &accepted.id).await.unwrap(), None);
}
