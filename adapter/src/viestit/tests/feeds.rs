//! viestit.md §6.7: the feed of an account that several tenants share, the alarm of a feed that is not read, and letters
//! that nobody confirms in time.

use serde_json::json;

use super::*;
use crate::model::letter::MessageType;
use crate::store::viestit as table;

const OTHER_SERVICE: &str = "esimerkki_service_2";
const KAARINA: &str = "kaarina";

fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

fn verifiable(order: &str) -> OrderDraft {
    OrderDraft { message_type: MessageType::Verifiable, ..draft(order, &[AINO]) }
}

#[tokio::test]
async fn viestit_evt_16_tenants_of_one_account_are_kept_apart() {
    let bench = Bench::new().await;
    let of_other = Settings {
        tenant: KAARINA.into(),
        external_prefix: KAARINA.to_owned(),
        service_id: OTHER_SERVICE.to_owned(),
        ..Settings::clone(&bench.settings)
    };
    let other = Arc::new(of_other);
    let (store, world) = (&bench.scratch.store, &bench.scratch.world);
    let account = Arc::new(Account::new(&bench.settings, &[&other], store, world).unwrap());
    let workers = [&bench.settings, &other].map(|of| worker_of(Arc::clone(&account), of, store, world));
    let members = vec![Arc::clone(&bench.settings), Arc::clone(&other)];
    let feed = feed_of(account, members, store, world, &bench.metrics);
    let orders = Orders::new(store.clone(), world.clone(), [Arc::clone(&bench.settings), Arc::clone(&other)]);
    let mut accepted = Vec::new();
    for tenant in ["turku", KAARINA] {
        let order = LetterOrder::parse(verifiable("o-1")).unwrap();
        let mut it = orders.accept(tenant, CLIENT, &order).await.unwrap();
        let mut commit = Commit::new().with(it.statements.drain(..));
        commit.evidence = it.evidence.clone();
        store.commit(commit).await.unwrap();
        accepted.push(it.id);
    }
    for worker in &workers {
        while worker.run_due().await.unwrap() {}
    }
    let theirs = bench.sim.control.messages().into_iter().find(|message| message.service_id == OTHER_SERVICE).unwrap();
    bench.sim.control.confirm(theirs.message_id, "Kaarina MARKER").unwrap();
    feed.poll().await.unwrap();
    // One feed, each event at the tenant whose letter it is about, sealed with its keys.
    assert_eq!(bench.calls(EVENTS), 2);
    for (tenant, id, state) in
        [("turku", &accepted[0], SendState::Delivered), (KAARINA, &accepted[1], SendState::Confirmed)]
    {
        let status = orders.status(tenant, CLIENT, id).await.unwrap().unwrap();
        assert_eq!(status.sends[0].state, state, "{tenant}");
        let events = table::events_of(store, tenant, &status.sends[0].id).await.unwrap();
        assert!(!events.is_empty());
        let (mine, others) = if tenant == "turku" { ("turku", KAARINA) } else { (KAARINA, "turku") };
        for event in events {
            let context = sealed::event_context(&event.account, &event.kind);
            let keys = store.tenant_keys(mine).await.unwrap();
            assert!(keys.open(&event.metadata, &context).is_ok());
            let keys = store.tenant_keys(others).await.unwrap();
            assert!(keys.open(&event.metadata, &context).is_err(), "another tenant's keys open it");
        }
        let told = orders.told(tenant, CLIENT, 0, 10).await.unwrap().unwrap().events;
        assert!(told.iter().all(|event| event.order == *id));
    }
    // An event about a letter of one under the service of the other is nobody's.
    let metadata = json!({"messageId": theirs.message_id, "serviceId": SERVICE}).as_object().unwrap().clone();
    bench.sim.control.push_event(SYSTEM, "Electronic message read", world.now(), metadata).unwrap();
    feed.poll().await.unwrap();
    assert_eq!(feed.status().await.unwrap().unmatched, 1);
    assert!(feed.serves(KAARINA) && !feed.serves("raisio"));
}

#[tokio::test]
async fn viestit_evt_05_a_token_arrives_as_it_was_given() {
    let token = "a+b/c=d&e f%2B";
    let page = || (200, "", format!(r#"{{"continuationToken": "{token}", "events": []}}"#));
    let raw = raw::Raw::start(vec![page(), page()]).await;
    let bench = Bench::with(|_| {}, |settings| settings.url.clone_from(&raw.url)).await;
    bench.feed.poll().await.unwrap();
    bench.feed.poll().await.unwrap();
    let asked = raw.targets().pop().expect("a call");
    let (path, query) = asked.split_once('?').expect("a query");
    assert_eq!(path, EVENTS);
    assert_eq!(query, "continuationToken=a%2Bb%2Fc%3Dd%26e%20f%252B");
}

#[tokio::test]
async fn viestit_evt_13_a_feed_that_is_not_read_for_days_is_an_alarm() {
    let bench = Bench::with(|_| {}, |settings| settings.poll_every = Duration::from_hours(1)).await;
    *worker::lock(&bench.feed.next_poll) = Duration::ZERO;
    bench.fault(EVENTS, Fault::Status(503), usize::MAX);
    let watch = async |by: Duration| {
        bench.advance(by);
        bench.run().await;
        (bench.metrics.is_feed_overdue("turku"), bench.feed.status().await.unwrap().overdue)
    };
    assert_eq!(watch(Duration::from_secs(1)).await, (false, false));
    assert_eq!(watch(days(2)).await, (false, false));
    assert_eq!(watch(days(2)).await, (true, true));
    bench.sim.control.clear_faults();
    assert_eq!(watch(Duration::from_hours(2)).await, (false, false));
    // A login that is refused is no reading either.
    bench.sim.control.drop_tokens();
    bench.fault(TOKEN, Fault::Status(400), usize::MAX);
    assert_eq!(watch(Duration::from_hours(2)).await, (false, false));
    assert_eq!(watch(days(4)).await, (true, true));
    let status = bench.worker.status().await.unwrap().with_feed(bench.feed.status().await.unwrap());
    assert!(status.feed_overdue && status.feed_read_at.is_some());
}

#[tokio::test]
async fn a_verifiable_letter_that_nobody_confirms_in_time_is_told_and_may_be_confirmed_later() {
    let bench = Bench::new().await;
    let accepted = bench.accept(verifiable("o-1")).await;
    let normal = bench.accept(draft("o-2", &[BENGT])).await;
    bench.run().await;
    bench.feed.poll().await.unwrap();
    bench.advance(days(7).saturating_sub(Duration::from_mins(1)));
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered]);
    bench.advance(Duration::from_secs(61));
    // Not told before the feed was read to its end: the confirmation may wait in it.
    bench.fault(EVENTS, Fault::Status(503), 1);
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered]);
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.states(&accepted).await, [SendState::NotConfirmed]);
    assert_eq!(bench.states(&normal).await, [SendState::Delivered], "a normal letter needs no confirmation");
    let told = |page: ToldPage| page.events.into_iter().map(|event| event.state).collect::<Vec<_>>();
    let states = told(bench.orders.told("turku", CLIENT, 0, 10).await.unwrap().unwrap());
    assert_eq!(states.iter().filter(|state| **state == SendState::NotConfirmed).count(), 1);
    let message_id = bench.status(&accepted).await.sends[0].message_id.unwrap();
    bench.sim.control.confirm(message_id, "Aino").unwrap();
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.states(&accepted).await, [SendState::Confirmed]);
    let states = told(bench.orders.told("turku", CLIENT, 0, 10).await.unwrap().unwrap());
    assert_eq!(states.last(), Some(&SendState::Confirmed));
}

#[tokio::test]
async fn a_confirmation_that_waits_in_the_feed_comes_before_the_deadline() {
    let bench = Bench::new().await;
    let accepted = bench.accept(verifiable("o-1")).await;
    bench.run().await;
    bench.feed.poll().await.unwrap();
    let message_id = bench.status(&accepted).await.sends[0].message_id.unwrap();
    bench.sim.control.confirm(message_id, "Aino").unwrap();
    bench.advance(days(20));
    bench.feed.poll().await.unwrap();
    let told = bench.orders.told("turku", CLIENT, 0, 10).await.unwrap().unwrap().events;
    let states: Vec<SendState> = told.into_iter().map(|event| event.state).collect();
    assert_eq!(states, [SendState::Submitted, SendState::Delivered, SendState::Confirmed]);
}
