//! viestit.md §6.7, the client's rows that a sender needs.

use serde_json::{Map, Value, json};

use super::*;
use crate::model::letter::Channel;
use crate::store::viestit as table;
use crate::viestit::sealed::event_context;

impl Bench {
    pub(super) async fn poll(&self) -> bool {
        self.feed.poll().await.unwrap()
    }

    /// Puts an event into the feed.
    pub(super) fn tell(&self, kind: &str, metadata: Value) {
        let Value::Object(metadata) = metadata else { panic!("an object") };
        self.sim.control.push_event(SYSTEM, kind, self.scratch.world.now(), metadata).unwrap();
    }

    /// The kinds of all kept events, with whether they had an effect.
    async fn kept(&self) -> Vec<(String, bool)> {
        let events = table::events(&self.scratch.store, &self.settings.account(), 0, 1000).await.unwrap();
        events.into_iter().map(|event| (event.kind, event.handled)).collect()
    }

    pub(super) async fn sent(&self, draft: OrderDraft) -> (Accepted, i64) {
        let accepted = self.accept(draft).await;
        self.run().await;
        let message_id = self.status(&accepted).await.sends[0].message_id.unwrap();
        (accepted, message_id)
    }
}

pub(super) fn verifiable(order: &str) -> OrderDraft {
    OrderDraft { message_type: crate::model::letter::MessageType::Verifiable, ..draft(order, &[AINO]) }
}

#[tokio::test]
async fn a_letter_is_seen_delivered_then_read() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    assert!(bench.poll().await);
    let delivered = bench.status(&accepted).await.sends.remove(0);
    assert_eq!(delivered.state, SendState::Delivered);
    bench.advance(Duration::from_hours(2));
    let read_at = bench.scratch.world.now();
    bench.sim.control.read(message_id).unwrap();
    bench.advance(Duration::from_hours(1));
    bench.poll().await;
    let read = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((read.state, read.changed_at), (SendState::Read, read_at), "the time of the event, not of the poll");
    assert!(!bench.poll().await);
}

#[tokio::test]
async fn a_feed_is_read_by_itself_when_it_is_time() {
    let bench = Bench::with(|_| {}, |settings| settings.poll_every = Duration::from_mins(1)).await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    *worker::lock(&bench.feed.next_poll) = Duration::ZERO;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered]);
    let calls = bench.calls(EVENTS);
    bench.advance(Duration::from_secs(50));
    bench.run().await;
    assert_eq!(bench.calls(EVENTS), calls);
    bench.advance(bench.feed.idle(Duration::from_hours(1)).await.unwrap());
    bench.run().await;
    assert!(bench.calls(EVENTS) > calls);
    assert!(bench.feed.status().await.unwrap().read_at.is_some());
}

#[tokio::test]
async fn viestit_evt_04_all_pages_are_handled_to_the_empty_one() {
    let people = people(25);
    let configure = |config: &mut ViestitConfig| {
        config.active_mailboxes.clone_from(&people);
        config.switches.event_page = 3;
    };
    let bench = Bench::with(configure, |_| {}).await;
    let recipients: Vec<&str> = people.iter().map(String::as_str).collect();
    let accepted = bench.accept(draft("o-1", &recipients)).await;
    bench.run().await;
    bench.poll().await;
    assert!(bench.states(&accepted).await.iter().all(|state| *state == SendState::Delivered));
    assert_eq!(bench.calls(EVENTS), 10, "nine pages and the empty one; EVT-05: each token arrived as it was given");
}

#[tokio::test]
async fn viestit_evt_07_a_page_seen_again_changes_nothing() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    bench.sim.control.read(message_id).unwrap();
    bench.poll().await;
    let before = bench.status(&accepted).await;
    let evidence = crate::store::evidence::count(&bench.scratch.store).await.unwrap();
    bench.scratch.tamper("DELETE FROM viestit_feed").await.unwrap();
    bench.poll().await;
    assert_eq!(bench.status(&accepted).await, before);
    assert_eq!(crate::store::evidence::count(&bench.scratch.store).await.unwrap(), evidence);
}

#[tokio::test]
async fn viestit_evt_08_an_unknown_kind_is_kept_and_skipped() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    bench.tell("Electronic message folded", json!({"messageId": message_id, "serviceId": SERVICE, "how": "twice"}));
    bench.sim.control.read(message_id).unwrap();
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
    assert_eq!(bench.feed.status().await.unwrap().unknown, 1);
    assert!(bench.kept().await.contains(&("Electronic message folded".to_owned(), false)));
}

#[tokio::test]
async fn viestit_evt_09_an_event_without_external_id_is_matched_by_message_id() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    bench.tell("Electronic message read", json!({"messageId": message_id, "serviceId": SERVICE}));
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
}

#[tokio::test]
async fn viestit_evt_10_events_of_others_wait_for_an_operator_without_what_they_say() {
    let bench = Bench::new().await;
    let (accepted, _) = bench.sent(draft("o-1", &[AINO])).await;
    bench.poll().await;
    let before = bench.status(&accepted).await;
    let metadata =
        json!({"messageId": 5, "serviceId": "esimerkki_service_2", "externalId": "x", "receiptConfirmedBy": "MARKER"});
    bench.tell("Receipt confirmed", metadata);
    bench.tell("Electronic message read", json!({"messageId": 6, "serviceId": SERVICE, "externalId": "unknown"}));
    bench.poll().await;
    assert_eq!(bench.feed.status().await.unwrap().unmatched, 2);
    let queue = table::unmatched(&bench.scratch.store, 10).await.unwrap();
    let mut shown: Vec<_> = queue.iter().map(|event| (event.kind.as_str(), event.service_id.as_deref())).collect();
    shown.sort_unstable();
    let expected = [("Electronic message read", Some(SERVICE)), ("Receipt confirmed", Some("esimerkki_service_2"))];
    assert_eq!(shown, expected);
    // Of what is nobody's not even the sealed words are kept, and no sender hears of either.
    let events = table::events(&bench.scratch.store, &bench.settings.account(), 0, 10).await.unwrap();
    let foreign = events.iter().find(|event| event.kind == "Receipt confirmed").unwrap();
    assert!(foreign.metadata.is_empty() && foreign.tenant.is_none());
    assert_eq!(bench.status(&accepted).await, before);
    assert_eq!(bench.orders.told("turku", CLIENT, 0, 10).await.unwrap().unwrap().events.len(), 2);
}

#[tokio::test]
async fn viestit_evt_11_order_and_repetition_do_not_matter() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(verifiable("o-1")).await;
    let ours = json!({"messageId": message_id, "serviceId": SERVICE});
    for kind in ["Electronic message read", "Electronic message created", "Electronic message created"] {
        bench.tell(kind, ours.clone());
        bench.poll().await;
    }
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
    for kind in ["Receipt confirmed", "Electronic message read"] {
        bench.tell(kind, ours.clone());
    }
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Confirmed]);
}

#[tokio::test]
async fn viestit_evt_14_a_401_while_paging_gets_a_new_token() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    bench.poll().await;
    bench.sim.control.drop_tokens();
    bench.sim.control.read(message_id).unwrap();
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
    assert_eq!(bench.calls(TOKEN), 2);
}

#[tokio::test]
async fn viestit_evt_15_an_event_before_our_own_commit_is_matched() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitting]);
    bench.poll().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    let message_id = bench.sim.control.messages()[0].message_id;
    assert_eq!((send.state, send.message_id), (SendState::Delivered, Some(message_id)));
    // It needs no further attempt.
    bench.next().await;
    assert_eq!(bench.calls(ELECTRONIC), 1);
}

#[tokio::test]
async fn viestit_evt_15_an_event_that_came_too_early_is_matched_later() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    let coming = 4_294_967_299_i64;
    bench.tell("Electronic message read", json!({"messageId": coming, "serviceId": SERVICE}));
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted]);
    bench.run().await;
    assert_eq!(bench.status(&accepted).await.sends[0].message_id, Some(coming));
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
}

#[tokio::test]
async fn viestit_evt_17_of_two_readers_one_works() {
    let bench = Bench::new().await;
    let (accepted, _) = bench.sent(draft("o-1", &[AINO])).await;
    let before = crate::store::evidence::count(&bench.scratch.store).await.unwrap();
    let account = Arc::new(Account::new(&bench.settings, &[], &bench.scratch.store, &bench.scratch.world).unwrap());
    let members = vec![Arc::clone(&bench.settings)];
    let second = feed_of(account, members, &bench.scratch.store, &bench.scratch.world, &bench.metrics);
    bench.fault(EVENTS, Fault::Delay(Duration::from_millis(300)), 2);
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        second.poll().await
    };
    let (one, two) = tokio::join!(bench.feed.poll(), late);
    assert!(one.unwrap());
    assert!(!two.unwrap(), "the other one has the lease");
    assert_eq!(bench.calls(EVENTS), 2, "the page and the empty one");
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered]);
    assert_eq!(bench.kept().await.len(), 1);
    assert_eq!(crate::store::evidence::count(&bench.scratch.store).await.unwrap(), before + 1);
    // A reader that died holds nobody up for long.
    bench
        .scratch
        .tamper("UPDATE viestit_poller SET lease_owner = 'gone', lease_until = 9000000000000000")
        .await
        .unwrap();
    assert!(!second.poll().await.unwrap());
    assert_eq!(bench.calls(EVENTS), 2);
    bench.scratch.tamper("UPDATE viestit_poller SET lease_until = 1").await.unwrap();
    second.poll().await.unwrap();
    assert_eq!(bench.calls(EVENTS), 3);
}

#[tokio::test]
async fn viestit_evt_18_metadata_is_kept_sealed() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(verifiable("o-1")).await;
    bench.sim.control.confirm(message_id, "Aino MARKER").unwrap();
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Confirmed]);
    let account = bench.settings.account();
    let events = table::events(&bench.scratch.store, &account, 0, 10).await.unwrap();
    let confirmed = events.into_iter().find(|event| event.kind == "Receipt confirmed").unwrap();
    // Found by the letter it is about, for the receipt.
    let send = bench.status(&accepted).await.sends.remove(0).id;
    assert!(table::events_of(&bench.scratch.store, "turku", &send).await.unwrap().contains(&confirmed));
    assert!(table::events_of(&bench.scratch.store, "kaarina", &send).await.unwrap().is_empty());
    assert!(!String::from_utf8_lossy(&confirmed.metadata).contains("MARKER"));
    let keys = bench.scratch.store.tenant_keys("turku").await.unwrap();
    let plain = keys.open(&confirmed.metadata, &event_context(&account, &confirmed.kind)).unwrap();
    let metadata: Map<String, Value> = serde_json::from_slice(&plain).unwrap();
    assert_eq!(metadata["receiptConfirmedBy"], "Aino MARKER");
}

#[tokio::test]
async fn viestit_evt_19_a_refused_token_starts_the_feed_again() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(draft("o-1", &[AINO])).await;
    bench.poll().await;
    bench.scratch.tamper("UPDATE viestit_feed SET continuation_token = 'broken'").await.unwrap();
    bench.sim.control.read(message_id).unwrap();
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Read]);
}

#[tokio::test]
async fn a_remote_that_refuses_every_token_is_not_read_for_ever() {
    let page = || {
        let event = r#"{"type": "New", "eventTime": "2026-03-02T12:00:00Z", "metadata": {"messageId": 1}}"#;
        (200, "", format!(r#"{{"continuationToken": "t", "events": [{event}]}}"#))
    };
    let refused = || (400, "", r#"{"reason": "no"}"#.to_owned());
    let raw = raw::Raw::start(vec![page(), refused(), page(), refused()]).await;
    let bench = Bench::with(|_| {}, |settings| settings.url.clone_from(&raw.url)).await;
    assert!(bench.poll().await);
    assert!(bench.feed.status().await.unwrap().last_error.unwrap().contains("refused"));
}

/// While letters go out there is always one event more, and each call of the feed is one that no letter gets.
#[tokio::test]
async fn a_reading_ends_with_what_has_happened_since_it_began() {
    let page = |token: &str, time: &str| {
        let event = format!(r#"{{"type": "New", "eventTime": "{time}", "metadata": {{"messageId": 1}}}}"#);
        (200, "", format!(r#"{{"continuationToken": "{token}", "events": [{event}]}}"#))
    };
    // A short page of before says nothing of what follows it; one of now does.
    let raw = raw::Raw::start(vec![page("a", "2020-01-01T00:00:00Z"), page("b", "2099-01-01T00:00:00Z")]).await;
    let bench = Bench::with(|_| {}, |settings| settings.url.clone_from(&raw.url)).await;
    assert!(bench.poll().await);
    let feed = table::feed(&bench.scratch.store, &bench.settings.account()).await.unwrap().unwrap();
    assert_eq!((raw.requests().len(), feed.continuation_token.as_str()), (3, "b"), "a log-in and two pages");
}

#[tokio::test]
async fn a_parked_letter_that_arrived_after_all_is_believed() {
    let bench = Bench::with(|_| {}, |settings| settings.repeat_window = Duration::from_secs(5)).await;
    bench.fault(ELECTRONIC, Fault::CutAfterCommit, 1);
    bench.fault(ELECTRONIC, Fault::Status(500), usize::MAX);
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    bench.scratch.tamper("UPDATE send SET state = 'parked', reason = 'outcome-unknown'").await.unwrap();
    bench.poll().await;
    let send = bench.status(&accepted).await.sends.remove(0);
    assert_eq!((send.state, send.reason), (SendState::Delivered, None));
}

/// States, channel and all after each event of a letter.
async fn walked(bench: &Bench, accepted: &Accepted, kinds: &[&str]) -> Vec<(SendState, Option<Channel>)> {
    let external_id = format!("turku:{}:1", accepted.id);
    let mut seen = Vec::new();
    for kind in kinds {
        bench.advance(Duration::from_mins(1));
        bench.tell(kind, json!({"messageId": 77, "serviceId": SERVICE, "externalId": external_id}));
        bench.poll().await;
        let send = bench.status(accepted).await.sends.remove(0);
        seen.push((send.state, send.channel));
    }
    seen
}

#[tokio::test]
async fn viestit_pap_06_a_normal_paper_letter_ends_in_printing() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    let seen = walked(&bench, &accepted, &["Paper mail created", "Sent for printing and enveloping"]).await;
    let paper = Some(Channel::Paper);
    assert_eq!(seen, [(SendState::Submitted, paper), (SendState::SentToPrint, paper)]);
    let before = bench.status(&accepted).await;
    bench.advance(Duration::from_hours(40 * 24));
    bench.run().await;
    bench.poll().await;
    assert_eq!(bench.status(&accepted).await, before, "nobody says that it was delivered");
    let status = bench.worker.status().await.unwrap();
    assert_eq!((status.sent_to_print, status.delivered), (1, 0));
    // Opened in the mailbox of somebody who took it into use later: it went by paper all the same.
    assert_eq!(walked(&bench, &accepted, &["Electronic message read"]).await, [(SendState::Read, paper)]);
}

#[tokio::test]
async fn viestit_pap_04_05_what_posti_says_is_the_end() {
    for (kind, end) in [
        ("Posti: receipt confirmed", SendState::Confirmed),
        ("Posti: returned to sender", SendState::Returned),
        ("Posti: unresolved", SendState::Unresolved),
    ] {
        let bench = Bench::new().await;
        let accepted = bench.accept(verifiable("o-1")).await;
        let kinds =
            ["Sent for printing and enveloping", "Paper mail created", kind, "Sent for printing and enveloping"];
        let paper = Some(Channel::Paper);
        let expected = [SendState::SentToPrint, SendState::SentToPrint, end, end].map(|state| (state, paper));
        assert_eq!(walked(&bench, &accepted, &kinds).await, expected, "{kind}");
    }
}

/// What a client is told after a place, with the place to go on from.
async fn told(bench: &Bench, client: &str, after: u64, limit: usize) -> (Vec<(String, u32, SendState)>, u64) {
    let page = bench.orders.told("turku", client, after, limit).await.unwrap().expect("a page");
    let events = page.events.into_iter().map(|event| (event.order_id, event.recipient_number, event.state));
    (events.collect(), page.next)
}

#[tokio::test]
async fn a_sender_is_told_every_state_of_its_own_letters_once_and_in_order() {
    use SendState::{Confirmed, Delivered, Failed, Submitted};
    let bench = Bench::new().await;
    assert_eq!(told(&bench, CLIENT, 0, 10).await, (vec![], 0));
    let both = OrderDraft { recipients: vec![AINO.into(), WITHOUT_MAILBOX.into()], ..verifiable("o-1") };
    let accepted = bench.accept(both).await;
    bench.accept_from(OTHER_CLIENT, draft("theirs", &[BENGT])).await.unwrap();
    bench.run().await;
    bench.poll().await;
    let message_id = bench.status(&accepted).await.sends[0].message_id.unwrap();
    bench.sim.control.confirm(message_id, "Aino MARKER").unwrap();
    bench.sim.control.read(message_id).unwrap();
    bench.poll().await;
    let one = |number, state| ("o-1".to_owned(), number, state);
    let expected = vec![one(1, Submitted), one(2, Failed), one(1, Delivered), one(1, Confirmed)];
    let (all, end) = told(&bench, CLIENT, 0, 10).await;
    assert_eq!(all, expected);
    // By pages, and on from the end.
    let (mut seen, mut place) = (Vec::new(), 0);
    loop {
        let (events, next) = told(&bench, CLIENT, place, 1).await;
        place = next;
        if events.is_empty() {
            break;
        }
        seen.extend(events);
    }
    assert_eq!((seen, place), (expected, end));
    let theirs = told(&bench, OTHER_CLIENT, 0, 10).await.0;
    let of_theirs = |state| ("theirs".to_owned(), 1, state);
    assert_eq!(theirs, [of_theirs(Submitted), of_theirs(Delivered)]);
    // Seen again, nothing is told again.
    bench.scratch.tamper("DELETE FROM viestit_feed").await.unwrap();
    bench.poll().await;
    assert_eq!(told(&bench, CLIENT, end, 10).await, (vec![], end));
    assert_eq!(bench.orders.told("turku", CLIENT, end + 1, 10).await.unwrap(), None, "ahead of the feed");
    // Each knows its letter, and why it failed.
    let page = bench.orders.told("turku", CLIENT, 0, 10).await.unwrap().unwrap();
    let sends = bench.status(&accepted).await.sends;
    assert_eq!(page.events[1].reason.as_deref(), Some("mailbox-not-in-use"));
    assert_eq!((&page.events[1].send_id, &page.events[1].order), (&sends[1].id, &accepted.id));
    assert_eq!(page.events[3].channel, Some(Channel::Electronic));
}
