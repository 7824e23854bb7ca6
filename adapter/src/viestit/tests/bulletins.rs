//! What is cancelled, what belongs together, files that come before their orders, and orders as large as they may be.

use super::*;
use crate::model::letter::RecipientDraft;
use crate::store::{Statement, message_events};

async fn commit(bench: &Bench, statements: Vec<Statement>) {
    bench.scratch.store.commit(Commit::new().with(statements)).await.unwrap();
}

async fn cancel(bench: &Bench, id: &str, number: Option<u32>) -> Vec<bool> {
    let mut found = bench.orders.cancel("turku", CLIENT, id, number).await.unwrap().unwrap();
    assert_eq!(found.evidence.len() * 2 + usize::from(!found.evidence.is_empty()), found.statements.len());
    let mut commit = Commit::new().with(found.statements.drain(..));
    commit.evidence = found.evidence;
    bench.scratch.store.commit(commit).await.unwrap();
    found.sends.into_iter().map(|send| send.cancelled).collect()
}

#[tokio::test]
async fn a_letter_is_cancelled_only_before_its_first_attempt() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT, FIRM])).await;
    assert_eq!(cancel(&bench, &accepted.id, Some(2)).await, [true]);
    assert_eq!(cancel(&bench, &accepted.id, Some(2)).await, [true], "once is enough");
    // One whose outcome is unknown may be with Viestit.
    bench.fault(ELECTRONIC, Fault::CutBeforeCommit, 1);
    bench.run().await;
    let states = bench.states(&accepted).await;
    assert_eq!(states[1], SendState::Cancelled);
    assert!(states.contains(&SendState::Submitting) && states.contains(&SendState::Submitted), "{states:?}");
    assert_eq!(cancel(&bench, &accepted.id, None).await, [false, true, false]);
    bench.next().await;
    assert_eq!(bench.stored().len(), 2, "what was cancelled is never sent");
    // Its sender is told, and nobody else may cancel or learn of it.
    let told = message_events::after(&bench.scratch.store, "turku", CLIENT, 0, 10).await.unwrap();
    assert_eq!(told.iter().filter(|it| it.state == "cancelled" && it.recipient_number == 1).count(), 1);
    assert!(bench.orders.cancel("turku", OTHER_CLIENT, &accepted.id, None).await.unwrap().is_none());
    assert!(bench.orders.cancel("turku", CLIENT, &accepted.id, Some(4)).await.unwrap().is_none());
}

#[tokio::test]
async fn a_worker_that_vanished_with_a_letter_makes_it_too_late() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    let now = bench.scratch.world.now_micros();
    let claimed = sends(&bench, now).await;
    assert_eq!(claimed, 1);
    bench.advance(Duration::from_hours(1));
    assert_eq!(cancel(&bench, &accepted.id, None).await, [false]);
}

async fn sends(bench: &Bench, now: i64) -> usize {
    crate::store::sends::claim(&bench.scratch.store, "turku", "gone", now, now + 1_000, 9).await.unwrap().len()
}

#[tokio::test]
async fn a_bulletin_is_looked_at_and_cancelled_as_one() {
    let bench = Bench::new().await;
    let later = bench.scratch.world.now() + SignedDuration::from_hours(1);
    for (order_id, recipients) in [("o-1", &[AINO, BENGT][..]), ("o-2", &[FIRM])] {
        let order = OrderDraft { bulletin_id: Some("b-1".to_owned()), ..draft(order_id, recipients) };
        bench.accept(OrderDraft { not_before: (order_id == "o-2").then(|| later.to_string()), ..order }).await;
    }
    bench.accept(draft("o-3", &[AINO])).await;
    bench.run().await;
    let found = bench.orders.bulletin("turku", CLIENT, "b-1").await.unwrap().unwrap();
    let orders: Vec<_> = found.orders.iter().map(|it| (it.order_id.as_str(), it.states.clone())).collect();
    assert_eq!(orders, [("o-1", vec![(SendState::Submitted, 2)]), ("o-2", vec![(SendState::Accepted, 1)])]);
    let whole = bench.orders.cancel_bulletin("turku", CLIENT, "b-1").await.unwrap().unwrap();
    assert_eq!((whole.cancelled, whole.too_late, whole.more), (1, 2, false));
    commit(&bench, whole.statements).await;
    bench.advance(Duration::from_hours(2));
    bench.run().await;
    assert_eq!(bench.stored().len(), 3);
    assert!(bench.orders.bulletin("turku", OTHER_CLIENT, "b-1").await.unwrap().is_none());
    assert!(bench.orders.cancel_bulletin("turku", OTHER_CLIENT, "b-1").await.unwrap().is_none());
}

#[tokio::test]
async fn uploads_are_bounded_expire_and_are_their_clients_own() {
    let bench = Bench::new().await;
    let limits = UploadLimits { bytes: 500_000, life: Duration::from_hours(24) };
    let store = bench.scratch.store.clone();
    let orders = Orders::with_limits(store, bench.scratch.world.clone(), [Arc::clone(&bench.settings)], limits);
    let content = vec![b'x'; 300_000];
    let uploaded = orders.upload("turku", CLIENT, &content).await.unwrap();
    commit(&bench, uploaded.statements).await;
    assert_eq!(uploaded.size, 300_000);
    assert_eq!(orders.uploaded("turku", CLIENT, &uploaded.id).await.unwrap().unwrap(), content);
    assert_eq!(orders.uploaded("turku", OTHER_CLIENT, &uploaded.id).await.unwrap(), None);
    assert_eq!(orders.uploaded("espoo", CLIENT, &uploaded.id).await.unwrap(), None);
    assert!(matches!(orders.upload("turku", CLIENT, &content).await, Err(UploadError::Full(500_000))));
    assert!(orders.upload("turku", OTHER_CLIENT, &content).await.is_ok(), "each client has its own room");
    assert!(matches!(orders.upload("turku", CLIENT, b"").await, Err(UploadError::Empty)));
    let large = vec![0; crate::model::letter::MAX_UPLOAD_BYTES + 1];
    assert!(matches!(orders.upload("turku", CLIENT, &large).await, Err(UploadError::TooLarge)));
    assert_eq!(orders.sweep_uploads().await.unwrap(), 0);
    bench.advance(Duration::from_hours(24));
    assert_eq!(orders.uploaded("turku", CLIENT, &uploaded.id).await.unwrap(), None);
    assert_eq!(orders.sweep_uploads().await.unwrap(), 1);
    assert!(orders.upload("turku", CLIENT, &content).await.is_ok(), "there is room again");
}

#[tokio::test]
async fn viestit_an_order_has_up_to_ten_thousand_recipients() {
    let bench = Bench::new().await;
    let ids = people_of_years(10_001);
    let of = |count: usize| OrderDraft {
        recipients: ids.iter().take(count).map(|id| RecipientDraft::from(id.as_str())).collect(),
        ..draft("o-1", &[])
    };
    match bench.accept_from(CLIENT, of(10_001)).await {
        Err(AcceptError::Findings(found)) => {
            assert_eq!((found[0].field.as_str(), found[0].rule), ("recipients", "too-many"));
        }
        other => panic!("{:?}", other.map(|order| order.id)),
    }
    let began = std::time::Instant::now();
    let accepted = bench.accept(of(10_000)).await;
    println!("10 000 letters accepted in {:?}", began.elapsed());
    assert_eq!(accepted.sends.len(), 10_000);
    let states = bench.states(&accepted).await;
    assert!(states.len() == 10_000 && states.iter().all(|state| *state == SendState::Accepted));
    let again = bench.accept_from(CLIENT, of(10_000)).await.unwrap();
    assert!(again.repeated && again.id == accepted.id);
}

/// Codes of people who do not exist, over many birthdays.
fn people_of_years(count: usize) -> Vec<String> {
    let days = (1..=28).flat_map(|day| (1..=12).map(move |month| (day, month)));
    let births = days.flat_map(|(day, month)| (10..=99).map(move |year| format!("{day:02}{month:02}{year:02}")));
    let code = |birth: String| {
        let check =
            "0123456789ABCDEFHJKLMNPRSTUVWXY".as_bytes()[format!("{birth}901").parse::<usize>().unwrap() % 31] as char;
        format!("{birth}Y901{check}")
    };
    births.map(code).take(count).collect()
}
