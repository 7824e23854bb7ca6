//! viestit.md §6.1, the client's rows about log-in.

use super::*;

#[tokio::test]
async fn viestit_tok_07_a_hundred_sends_make_one_token_call() {
    let people = people(100);
    let bench = Bench::with(|config| config.active_mailboxes.clone_from(&people), |_| {}).await;
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    let accepted = bench.accept(draft("o-1", &recipients)).await;
    bench.run().await;
    assert!(bench.states(&accepted).await.iter().all(|state| *state == SendState::Submitted));
    assert_eq!((bench.calls(TOKEN), bench.calls(ELECTRONIC)), (1, 100));
    assert_eq!(bench.worker.status().await.unwrap().submitted, 100);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let bench = Bench::new().await;
    for (order, passed) in [("o-1", 0), ("o-2", 3530), ("o-3", 20)] {
        bench.advance(Duration::from_secs(passed));
        bench.accept(draft(order, &[AINO])).await;
        bench.run().await;
    }
    assert_eq!((bench.stored().len(), bench.calls(TOKEN), bench.calls(ELECTRONIC)), (3, 2, 3));
}

#[tokio::test]
async fn viestit_tok_08_one_401_makes_one_new_token_and_one_repeat() {
    let bench = Bench::new().await;
    bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    bench.sim.control.drop_tokens();
    let second = bench.accept(draft("o-2", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&second).await, [SendState::Submitted]);
    assert_eq!((bench.stored().len(), bench.calls(TOKEN), bench.calls(ELECTRONIC)), (2, 2, 3));
}

#[tokio::test]
async fn viestit_tok_09_a_second_401_stops_the_account() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(401), usize::MAX);
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    for _ in 0..3 {
        bench.next().await;
    }
    assert_eq!((bench.calls(TOKEN), bench.calls(ELECTRONIC)), (2, 2));
    let status = bench.worker.status().await.unwrap();
    assert!(status.stopped.unwrap().contains("401") && status.last_error.is_some());
    assert_eq!((status.accepted, status.failed), (2, 0), "nothing is lost");
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted; 2]);
    // After a restart, when the account is in order, all goes out.
    bench.sim.control.clear_faults();
    let restarted = worker(&bench.settings, &bench.scratch.store, &bench.scratch.world);
    while restarted.run_due().await.unwrap() {}
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted; 2]);
}

#[tokio::test]
async fn viestit_tok_10_a_refused_login_stops_the_account_at_once() {
    let bench = Bench::with(|config| config.systems[0].password = "another".to_owned(), |_| {}).await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    bench.run().await;
    for _ in 0..3 {
        bench.next().await;
    }
    bench.feed.poll().await.unwrap();
    assert_eq!((bench.calls(TOKEN), bench.calls(ELECTRONIC), bench.calls(EVENTS)), (1, 0, 0));
    assert!(bench.worker.status().await.unwrap().stopped.unwrap().contains("login"));
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted; 2]);
}

#[tokio::test]
async fn a_closed_door_is_tried_again() {
    let bench = Bench::new().await;
    bench.switch(|switches| switches.allowed_addresses = Some(Vec::new()));
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted]);
    let status = bench.worker.status().await.unwrap();
    assert!(status.last_error.unwrap().contains("403") && status.stopped.is_none());
    bench.switch(|switches| switches.allowed_addresses = None);
    bench.next().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
}
