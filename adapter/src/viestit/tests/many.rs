//! Many letters: the pace by the clock, many under way at once, the order in which one recipient gets them.

use std::collections::BTreeMap;
use std::time::Instant;

use super::*;
use crate::store::sends;

#[tokio::test]
async fn at_one_a_second_a_bulletin_takes_its_time_by_the_clock_and_not_by_the_wall() {
    const LETTERS: usize = 1_000;
    let people = crowd(LETTERS);
    let (world, hand) = World::seeded(7, "2026-03-01T08:00:00Z".parse().unwrap());
    hand.flow();
    let configure = |config: &mut ViestitConfig| {
        config.active_mailboxes.clone_from(&people);
        config.clock = Arc::new(Same(world.clone()));
    };
    let bench = Bench::with(configure, |settings| settings.pace_per_second = 1).await;
    for (number, recipients) in people.chunks(100).enumerate() {
        let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
        bench.accept(draft(&format!("o-{number}"), &recipients)).await;
    }
    // The Sends were accepted by the bench's clock.
    hand.set(bench.scratch.world.now());
    let worker = worker(&bench.settings, &bench.scratch.store, &world);
    while worker.run_due().await.unwrap() {}
    let arrivals = bench.arrivals(ELECTRONIC);
    assert_eq!(arrivals.len(), LETTERS);
    let span = arrivals[LETTERS - 1].duration_since(arrivals[0]).as_secs_f64();
    let ideal = f64::from(u32::try_from(LETTERS - 1).unwrap());
    assert!(span >= ideal && span <= ideal * 1.02, "{span} s against {ideal} s");
    let all: Vec<Timestamp> = bench.sim.control.calls().into_iter().map(|call| call.at).collect();
    let closest = all.windows(2).map(|pair| pair[1].duration_since(pair[0])).min().unwrap();
    assert!(closest >= SignedDuration::from_secs(1), "log-in included: {closest:?}");
    assert_eq!(worker.status().await.unwrap().submitted, 1_000);
}

#[tokio::test]
async fn slow_answers_do_not_slow_the_letters_down() {
    let people = people(60);
    let configure = |config: &mut ViestitConfig| config.active_mailboxes.clone_from(&people);
    let bench = Bench::with(configure, |settings| settings.parallel = Some(20)).await;
    bench.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(500)), usize::MAX);
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    let accepted = bench.accept(draft("o-1", &recipients)).await;
    let started = Instant::now();
    bench.run().await;
    let took = started.elapsed();
    assert!(bench.states(&accepted).await.iter().all(|state| *state == SendState::Submitted));
    // One after the other they take 30 s, twenty at once 1.5 s.
    assert!(took >= Duration::from_millis(1_500) && took < Duration::from_secs(15), "{took:?}");
}

#[tokio::test]
async fn one_recipient_gets_letters_in_the_order_of_their_acceptance() {
    let people = people(6);
    let configure = |config: &mut ViestitConfig| config.active_mailboxes.clone_from(&people);
    let bench = Bench::with(configure, |settings| settings.parallel = Some(16)).await;
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    // Among many at once some fail, before the message is stored and after.
    for _ in 0..4 {
        bench.fault(ELECTRONIC, Fault::CutBeforeCommit, 1);
        bench.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
        bench.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(60)), 1);
    }
    let mut orders = Vec::new();
    for number in 0..8 {
        bench.advance(Duration::from_millis(1));
        orders.push(bench.accept(draft(&format!("o-{number}"), &recipients)).await);
    }
    for _ in 0..200 {
        bench.run().await;
        let status = bench.worker.status().await.unwrap();
        if status.accepted + status.submitting == 0 {
            break;
        }
        bench.next().await;
    }
    let mut inboxes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for message in bench.sim.control.messages() {
        let (order, recipient) = message.external_id.rsplit_once(':').unwrap();
        inboxes.entry(recipient.to_owned()).or_default().push(order.to_owned());
    }
    let accepted: Vec<String> = orders.iter().map(|order| format!("turku:{}", order.id)).collect();
    assert_eq!(inboxes.len(), recipients.len());
    for (recipient, got) in inboxes {
        assert_eq!(got, accepted, "recipient {recipient}");
    }
}

#[tokio::test]
async fn a_parked_letter_lets_the_next_one_to_its_recipient_go() {
    let bench = Bench::with(|_| {}, |settings| settings.repeat_window = Duration::from_secs(30)).await;
    bench.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
    let first = bench.accept(draft("o-1", &[AINO])).await;
    bench.advance(Duration::from_millis(1));
    let second = bench.accept(draft("o-2", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&second).await, [SendState::Accepted], "it waits for the first");
    while bench.states(&first).await == [SendState::Submitting] {
        bench.next().await;
    }
    assert_eq!(bench.states(&first).await, [SendState::Parked]);
    bench.sim.control.clear_faults();
    for _ in 0..5 {
        bench.next().await;
    }
    assert_eq!(bench.states(&second).await, [SendState::Submitted]);
}

#[tokio::test]
async fn the_keys_of_recipients_tell_nobody_who_they_are() {
    let bench = Bench::new().await;
    let first = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    let second = bench.accept(draft("o-2", &[AINO])).await;
    let key = async |accepted: &Accepted, place: usize| {
        let send = sends::get(&bench.scratch.store, "turku", &accepted.sends[place].id).await.unwrap().unwrap();
        send.recipient_key.unwrap()
    };
    let (aino, bengt, again) = (key(&first, 0).await, key(&first, 1).await, key(&second, 0).await);
    assert_eq!((aino.len(), &aino), (16, &again));
    assert_ne!(aino, bengt);
    let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, AINO.as_bytes());
    assert_ne!(plain.as_ref()[..16], aino[..], "keyed");
}
