//! viestit.md §6.8, the client's rows, and XR-10: what end users write.

use conformance::viestit::{Actor, Draft, DraftFile};

use super::*;

const MESSAGE: &str = "/v2/messages/{id}";
const FILE: &str = "/v1/attachments/{id}";

fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

fn question(files: &[(&str, &[u8])]) -> Draft {
    let file = |(name, content): &(&str, &[u8])| DraftFile {
        name: (*name).to_owned(),
        media_type: "application/pdf".to_owned(),
        content: Bytes::copy_from_slice(content),
    };
    Draft {
        title: "Kysymys".to_owned(),
        body: "Milloin <b>asia</b> etenee? <script>alert(1)</script>".to_owned(),
        files: files.iter().map(file).collect(),
        owner: Some(Actor { id: AINO.to_owned(), name: "Aino Esimerkki".to_owned() }),
        representative: None,
    }
}

fn open_for_replies(order: &str) -> OrderDraft {
    OrderDraft { reply_allowed: true, ..draft(order, &[AINO]) }
}

impl Bench {
    /// A letter that may be answered, and its id at Viestit.
    async fn answerable(&self, client: &str, order: &str) -> (Accepted, i64) {
        let accepted = self.accept_from(client, open_for_replies(order)).await.unwrap();
        self.run().await;
        let status = self.orders.status("turku", client, &accepted.id).await.unwrap().unwrap();
        (accepted, status.sends[0].message_id.unwrap())
    }

    async fn fetch(&self) {
        self.feed.poll().await.unwrap();
        self.run().await;
    }

    async fn waiting(&self, client: &str) -> Vec<ReplyHead> {
        self.orders.replies("turku", client, 0, 50).await.unwrap().unwrap().replies
    }

    async fn acknowledge(&self, client: &str, id: &str) -> Option<Timestamp> {
        let done = self.orders.acknowledge("turku", client, id).await.unwrap()?;
        let mut commit = Commit::new().with(done.statements);
        commit.evidence = done.evidence;
        self.scratch.store.commit(commit).await.unwrap();
        Some(done.at)
    }

    async fn read(&self, client: &str, id: &str) -> Option<ReplyWhole> {
        self.orders.reply("turku", client, id, None).await.unwrap()
    }
}

#[tokio::test]
async fn viestit_rpl_15_a_reply_is_fetched_with_its_files_and_passed_as_it_was_written() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.answerable(CLIENT, "o-1").await;
    let reply = bench.sim.control.reply(message_id, question(&[("a.pdf", b"%PDF-a"), ("b.pdf", b"")])).unwrap();
    bench.fetch().await;
    let head = bench.waiting(CLIENT).await.remove(0);
    assert_eq!((head.message_id, head.complete), (reply, true));
    let answered = head.in_reply_to.clone().unwrap();
    assert_eq!((answered.id, answered.order_id.as_str(), answered.recipient_number), (accepted.id, "o-1", 1));
    let whole = bench.read(CLIENT, &head.id).await.unwrap();
    assert_eq!(whole.title, "Kysymys");
    assert_eq!(whole.body, "Milloin <b>asia</b> etenee? <script>alert(1)</script>");
    let sender = whole.sender.unwrap();
    assert_eq!((sender.id.as_deref(), sender.name.as_deref()), (Some(AINO), Some("Aino Esimerkki")));
    let files: Vec<_> = whole.files.iter().map(|file| (file.name.as_str(), file.content.as_deref())).collect();
    assert_eq!(files, [("a.pdf", Some(&b"%PDF-a"[..])), ("b.pdf", Some(&b""[..]))]);
    // Sealed: neither the words nor the name stand in the store.
    let kept = crate::store::replies::get(&bench.scratch.store, "turku", &head.id).await.unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&kept.body.sealed).contains("asia"));
    assert_eq!(bench.metrics.replies("turku", "received"), 1);
}

#[tokio::test]
async fn large_files_come_one_at_a_time() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    let large = vec![b'x'; 900 * 1024];
    bench.sim.control.reply(message_id, question(&[("a.pdf", &large), ("b.pdf", &large)])).unwrap();
    bench.fetch().await;
    let id = bench.waiting(CLIENT).await.remove(0).id;
    let lengths = async |file: Option<u32>| {
        let whole = bench.orders.reply("turku", CLIENT, &id, file).await.unwrap().unwrap();
        whole.files.iter().map(|file| file.content.as_ref().map(Bytes::len)).collect::<Vec<_>>()
    };
    assert_eq!(lengths(None).await, [None, None]);
    assert_eq!(lengths(Some(2)).await, [None, Some(900 * 1024)]);
}

#[tokio::test]
async fn viestit_rpl_06_a_reply_without_sender_is_delivered_as_unknown() {
    let bench = Bench::with(|config| config.switches.sender_left_out = true, |_| {}).await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    bench.sim.control.reply(message_id, question(&[])).unwrap();
    bench.fetch().await;
    let id = bench.waiting(CLIENT).await.remove(0).id;
    let whole = bench.read(CLIENT, &id).await.unwrap();
    assert!(whole.sender.is_none() && whole.representative.is_none());
    assert_eq!(whole.title, "Kysymys");
}

#[tokio::test]
async fn viestit_rpl_12_a_reply_is_offered_until_it_is_acknowledged_or_the_time_is_over() {
    let bench = Bench::with(|_| {}, |settings| settings.poll_every = Duration::from_hours(24)).await;
    *worker::lock(&bench.feed.next_poll) = Duration::ZERO;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    let two = [("a.pdf", &vec![b'x'; 300 * 1024][..])];
    bench.sim.control.reply(message_id, question(&two)).unwrap();
    bench.sim.control.reply(message_id, question(&[])).unwrap();
    bench.fetch().await;
    bench.advance(days(10));
    bench.run().await;
    let heads = bench.waiting(CLIENT).await;
    assert_eq!(heads.len(), 2);
    let acknowledged = &heads[0].id;
    bench.acknowledge(CLIENT, acknowledged).await.unwrap();
    assert_eq!(bench.waiting(CLIENT).await, [heads[1].clone()]);
    // For a moment it can still be read, should its client have failed just then.
    assert!(bench.read(CLIENT, acknowledged).await.is_some());
    bench.advance(days(2));
    bench.run().await;
    assert!(bench.read(CLIENT, acknowledged).await.is_none());
    let kept = crate::store::replies::get(&bench.scratch.store, "turku", acknowledged).await.unwrap().unwrap();
    assert!(kept.body.sealed.is_empty() && kept.body.blob.is_none());
    assert!(crate::store::replies::attachments(&bench.scratch.store, "turku", acknowledged).await.unwrap().is_empty());
    // The other one's time runs out.
    bench.advance(days(49));
    bench.run().await;
    assert!(bench.waiting(CLIENT).await.is_empty());
    assert!(bench.read(CLIENT, &heads[1].id).await.is_none());
    assert!(bench.acknowledge(CLIENT, &heads[1].id).await.is_none(), "what nobody read was not acknowledged");
    assert_eq!(bench.metrics.replies("turku", "expired"), 1);
}

#[tokio::test]
async fn viestit_xr_10_acknowledging_twice_is_harmless() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    for _ in 0..3 {
        bench.sim.control.reply(message_id, question(&[])).unwrap();
    }
    bench.fetch().await;
    let page = bench.orders.replies("turku", CLIENT, 0, 2).await.unwrap().unwrap();
    assert_eq!(page.replies.len(), 2);
    let id = page.replies[0].id.clone();
    let first = bench.acknowledge(CLIENT, &id).await.unwrap();
    bench.advance(Duration::from_secs(5));
    let again = bench.orders.acknowledge("turku", CLIENT, &id).await.unwrap().unwrap();
    assert!(again.statements.is_empty() && again.evidence.is_empty());
    assert_eq!(again.at, first);
    // The place in the list holds, whatever was acknowledged meanwhile.
    let rest = bench.orders.replies("turku", CLIENT, page.next, 2).await.unwrap().unwrap();
    assert_eq!(rest.replies.len(), 1);
    let end = bench.orders.replies("turku", CLIENT, rest.next, 2).await.unwrap().unwrap();
    assert!(end.replies.is_empty() && end.next == rest.next);
    // Two at the same time: one commit, the other one conflicts and asks again.
    let second = page.replies[1].id.clone();
    let one = bench.orders.acknowledge("turku", CLIENT, &second).await.unwrap().unwrap();
    let two = bench.orders.acknowledge("turku", CLIENT, &second).await.unwrap().unwrap();
    bench.scratch.store.commit(Commit::new().with(one.statements)).await.unwrap();
    let error = bench.scratch.store.commit(Commit::new().with(two.statements)).await.unwrap_err();
    assert!(error.is_conflict());
    assert_eq!(bench.acknowledge(CLIENT, &second).await, Some(one.at));
}

#[tokio::test]
async fn viestit_rpl_13_a_client_sees_nothing_of_anothers_replies() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    bench.sim.control.reply(message_id, question(&[])).unwrap();
    bench.fetch().await;
    let id = bench.waiting(CLIENT).await.remove(0).id;
    let unknown = "01952f3a-0000-7000-8000-000000000001";
    assert!(bench.waiting(OTHER_CLIENT).await.is_empty());
    for id in [id.as_str(), unknown] {
        assert!(bench.read(OTHER_CLIENT, id).await.is_none());
        assert!(bench.acknowledge(OTHER_CLIENT, id).await.is_none());
        assert!(bench.orders.reply("kaarina", CLIENT, id, None).await.unwrap().is_none());
    }
    assert_eq!(bench.waiting(CLIENT).await.len(), 1);
}

#[tokio::test]
async fn viestit_rpl_14_a_file_that_is_gone_makes_the_reply_incomplete() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    bench.sim.control.reply(message_id, question(&[("a.pdf", b"%PDF-a"), ("b.pdf", b"%PDF-b")])).unwrap();
    bench.fault(FILE, Fault::Status(404), 1);
    bench.fetch().await;
    let head = bench.waiting(CLIENT).await.remove(0);
    assert!(!head.complete);
    let whole = bench.read(CLIENT, &head.id).await.unwrap();
    let files: Vec<_> =
        whole.files.iter().map(|file| (file.name.as_str(), file.complete, file.content.as_deref())).collect();
    assert_eq!(files, [("a.pdf", false, None), ("b.pdf", true, Some(&b"%PDF-b"[..]))]);
    assert_eq!(bench.metrics.replies("turku", "incomplete"), 1);
}

#[tokio::test]
async fn viestit_rpl_14_a_file_of_another_size_makes_the_reply_incomplete() {
    let event = r#"{"type": "Electronic message from end user", "eventTime": "2026-03-02T12:00:00Z",
        "metadata": {"messageId": 9, "serviceId": "esimerkki_service_1"}}"#;
    let message = r#"{"messageId": 9, "createdAt": "2026-03-02T12:00:00Z", "electronic": {"messageId": 9,
        "createdAt": "2026-03-02T12:00:00Z", "title": "t", "body": "b", "attachments": [{"attachmentId": "f",
        "filename": "a.txt", "mediaType": "text/plain", "sizeBytes": 6}], "more": {"new": true}}, "new": 1}"#;
    let page = |events: &str| (200, "", format!(r#"{{"continuationToken": "t", "events": [{events}]}}"#));
    let answers = vec![page(event), page(""), (200, "", message.to_owned()), (200, "", "short".to_owned())];
    let raw = raw::Raw::start(answers).await;
    let adjust = |settings: &mut Settings| {
        settings.url.clone_from(&raw.url);
        settings.replies_to = Some(OTHER_CLIENT.to_owned());
    };
    let bench = Bench::with(|_| {}, adjust).await;
    bench.fetch().await;
    let head = bench.waiting(OTHER_CLIENT).await.remove(0);
    assert!(!head.complete && head.in_reply_to.is_none());
    let whole = bench.read(OTHER_CLIENT, &head.id).await.unwrap();
    assert_eq!((whole.files[0].complete, whole.files[0].content.as_deref()), (false, Some(&b"short"[..])));
}

#[tokio::test]
async fn a_new_conversation_goes_to_the_configured_client_or_waits_for_one() {
    let bench = Bench::new().await;
    bench.sim.control.write(SERVICE, question(&[])).unwrap();
    bench.fetch().await;
    assert!(bench.waiting(CLIENT).await.is_empty());
    assert_eq!(crate::store::replies::unassigned(&bench.scratch.store, "turku", 10).await.unwrap().len(), 1);
    // An operator names a receiver and starts again.
    let settings = Settings { replies_to: Some(CLIENT.to_owned()), ..Settings::clone(&bench.settings) };
    let (store, world) = (&bench.scratch.store, &bench.scratch.world);
    let account = Arc::new(Account::new(&settings, &[], store, world).unwrap());
    let feed = feed_of(account, vec![Arc::new(settings)], store, world, &bench.metrics);
    *worker::lock(&feed.next_poll) = Duration::ZERO;
    while feed.run_due().await.unwrap() {}
    let head = bench.waiting(CLIENT).await.remove(0);
    assert!(head.in_reply_to.is_none());
    assert_eq!(bench.read(CLIENT, &head.id).await.unwrap().title, "Kysymys");
}

#[tokio::test]
async fn a_reply_that_cannot_be_fetched_now_is_fetched_later_and_once() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    bench.sim.control.reply(message_id, question(&[("a.pdf", b"%PDF-a")])).unwrap();
    bench.fault(MESSAGE, Fault::Status(502), 1);
    bench.fault(FILE, Fault::CutBeforeCommit, 1);
    bench.fetch().await;
    assert!(bench.waiting(CLIENT).await.is_empty());
    for _ in 0..2 {
        let pause = bench.feed.idle(Duration::from_hours(1)).await.unwrap();
        assert!(pause > Duration::from_millis(500) && pause < Duration::from_mins(5), "{pause:?}");
        bench.advance(pause);
        bench.run().await;
    }
    assert_eq!(bench.waiting(CLIENT).await.len(), 1);
    assert_eq!(bench.calls(MESSAGE), 3);
    // The event comes again when the feed is read from its beginning.
    bench.scratch.tamper("DELETE FROM viestit_feed").await.unwrap();
    bench.fetch().await;
    assert_eq!((bench.waiting(CLIENT).await.len(), bench.calls(MESSAGE)), (1, 3));
}

#[tokio::test]
async fn a_message_that_is_gone_at_viestit_is_counted_and_not_asked_for_again() {
    let bench = Bench::new().await;
    let (_, message_id) = bench.answerable(CLIENT, "o-1").await;
    bench.sim.control.reply(message_id, question(&[])).unwrap();
    bench.fault(MESSAGE, Fault::Status(404), usize::MAX);
    bench.fetch().await;
    bench.advance(days(1));
    bench.run().await;
    assert!(bench.waiting(CLIENT).await.is_empty());
    assert_eq!((bench.metrics.replies("turku", "lost"), bench.calls(MESSAGE)), (1, 1));
}
