//! What the statement builders do, on both databases.

use super::super::entities::{self, NewRevision};
use super::super::mirrors::{self, Asked, Key};
use super::super::sends::{self, Send, Settlement};
use super::super::twins::{self, Twin};
use super::super::{
    Commit, CommitError, Statement, evidence, intake, letters, message_events, quality, replies, viestit,
};
use super::{Scratch, on_both};

async fn commit(scratch: &Scratch, statements: impl IntoIterator<Item = Statement>) -> Result<(), CommitError> {
    scratch.store.commit(Commit::new().with(statements)).await.map(drop)
}

#[tokio::test]
async fn entities_keep_every_revision_and_feed_every_change() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let put = |code: &'static str, after, state, deleted, body: &'static [u8]| {
            entities::put(&NewRevision {
                tenant: "turku",
                kind: "service",
                code,
                after,
                state,
                master: "cms",
                deleted,
                changed_at: after + 100,
                changed_by: "cms",
                body,
            })
        };
        commit(scratch, put("a", 0, "published", false, b"1")).await.unwrap();
        commit(scratch, put("b", 0, "published", false, b"1")).await.unwrap();
        commit(scratch, put("a", 1, "published", false, b"2")).await.unwrap();
        commit(scratch, put("a", 2, "deleted", true, b"3")).await.unwrap();
        for stale in [put("a", 0, "published", false, b"x"), put("a", 1, "published", false, b"x")] {
            assert_eq!(commit(scratch, stale).await, Err(CommitError::Conflict { statement: 0 }));
        }
        let now = entities::get(store, "turku", "service", "a").await.unwrap().unwrap();
        assert_eq!((now.revision, now.state.as_str(), now.body.as_slice()), (3, "deleted", b"3".as_slice()));
        let old = entities::revision(store, "turku", "service", "a", 1).await.unwrap().unwrap();
        assert_eq!((old.revision, old.body.as_slice(), old.changed_at), (1, b"1".as_slice(), 100));
        let notes = entities::revisions(store, "turku", "service", "a", 2).await.unwrap();
        assert_eq!(notes.iter().map(|note| note.revision).collect::<Vec<_>>(), [3, 2]);
        let feed = entities::changes(store, "turku", 1, 10).await.unwrap();
        let feed: Vec<_> = feed
            .iter()
            .map(|change| (change.sequence, change.code.as_str(), change.revision, change.deleted))
            .collect();
        assert_eq!(feed, [(2, "b", 1, false), (3, "a", 2, false), (4, "a", 3, true)]);
        assert_eq!(entities::last_change(store, "turku").await.unwrap(), 4);
        assert_eq!(entities::last_change(store, "helsinki").await.unwrap(), 0);
        let page = entities::page(store, "turku", "service", "a", 10).await.unwrap();
        assert_eq!(page.iter().map(|entity| entity.code.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(
            entities::count_by_kind(store, "turku").await.unwrap(),
            [("service".into(), "deleted".into(), 1), ("service".into(), "published".into(), 1)]
        );
        assert!(entities::get(store, "helsinki", "service", "a").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn codes_sort_alike_on_both() {
    on_both(async |scratch| {
        let codes = ["Z", "a", "B", "ä", "Å", "10", "9", "_", "a-b", "ab"];
        let puts = codes.iter().flat_map(|code| {
            entities::put(&NewRevision {
                tenant: "turku",
                kind: "service",
                code,
                after: 0,
                state: "published",
                master: "cms",
                deleted: false,
                changed_at: 0,
                changed_by: "cms",
                body: b"",
            })
        });
        commit(scratch, puts).await.unwrap();
        let page = entities::page(&scratch.store, "turku", "service", "", 100).await.unwrap();
        let mut sorted = codes.to_vec();
        sorted.sort_unstable();
        assert_eq!(page.iter().map(|entity| entity.code.as_str()).collect::<Vec<_>>(), sorted);
    })
    .await;
}

#[tokio::test]
async fn batches_are_answered_once() {
    on_both(async |scratch| {
        let batch = intake::Batch { batch: "b1".into(), digest: vec![1], verdicts: b"[]".to_vec(), at: 3 };
        commit(scratch, [intake::add("turku", &batch)]).await.unwrap();
        assert_eq!(commit(scratch, [intake::add("turku", &batch)]).await, Err(CommitError::Conflict { statement: 0 }));
        assert_eq!(intake::get(&scratch.store, "turku", "b1").await.unwrap(), Some(batch.clone()));
        assert_eq!(intake::latest(&scratch.store, "turku", 5).await.unwrap(), [batch]);
        assert_eq!(intake::get(&scratch.store, "helsinki", "b1").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_day_keeps_its_last_score_and_history_comes_in_order() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let score = |day: &str, tenths| quality::Score {
            day: day.into(),
            at: tenths,
            tenths,
            services: 3,
            errors: 2,
            warnings: 1,
        };
        for (day, tenths) in [("2026-01-02", 700), ("2026-01-01", 650), ("2026-01-02", 805)] {
            commit(scratch, [quality::put("turku", &score(day, tenths))]).await.unwrap();
        }
        let latest = quality::latest(store, "turku", 5).await.unwrap();
        assert_eq!(latest, [score("2026-01-02", 805), score("2026-01-01", 650)]);
        assert_eq!(quality::latest(store, "turku", 1).await.unwrap().len(), 1);
        assert_eq!(quality::latest(store, "helsinki", 5).await.unwrap(), []);

        for (code, after) in [("b", 0), ("a", 0), ("b", 1), ("b", 2)] {
            let new = NewRevision {
                tenant: "turku",
                kind: "service",
                code,
                after,
                state: "active",
                master: "cms",
                deleted: false,
                changed_at: after,
                changed_by: "cms",
                body: b"{}",
            };
            commit(scratch, entities::put(&new)).await.unwrap();
        }
        let mut read = Vec::new();
        let mut last = (String::new(), 0);
        loop {
            let page = entities::history(store, "turku", "service", (&last.0, last.1), 2).await.unwrap();
            let Some(row) = page.last() else { break };
            last = (row.code.clone(), row.revision);
            read.extend(page.into_iter().map(|row| (row.code, row.revision)));
        }
        assert_eq!(read, [("a", 1), ("b", 1), ("b", 2), ("b", 3)].map(|(code, revision)| (code.to_owned(), revision)));
        assert_eq!(evidence::last_exchange(store, "turku").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn twins_come_back_as_they_were_put() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let mut twin = Twin {
            kind: "service".into(),
            code: "a".into(),
            guid: None,
            source_id: "turku-service-a".into(),
            status: "new".into(),
            pushed_digest: None,
            pushed_body: None,
            languages: "fi,sv".into(),
            updated_at: 1,
        };
        commit(scratch, [twins::put("turku", &twin)]).await.unwrap();
        assert_eq!(twins::get(store, "turku", "service", "a").await.unwrap(), Some(twin.clone()));
        twin.guid = Some("6a2f…".into());
        twin.pushed_digest = Some(vec![0; 32]);
        twin.pushed_body = Some(Vec::new());
        commit(scratch, [twins::put("turku", &twin)]).await.unwrap();
        assert_eq!(twins::by_guid(store, "turku", "6a2f…").await.unwrap(), Some(twin.clone()));
        assert_eq!(twins::page(store, "turku", "service", "", 5).await.unwrap(), [twin]);
        commit(scratch, [twins::forget("turku", "service", "a")]).await.unwrap();
        assert_eq!(twins::get(store, "turku", "service", "a").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn mirrors_coalesce_and_a_newer_wish_survives_the_older_attempt() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let key = Key { tenant: "turku", kind: "service", code: "a" };
        let state = async || mirrors::get(store, key).await.unwrap().unwrap();
        let lease = |owner, now, asked| mirrors::Claim {
            tenant: "turku",
            kind: "service",
            owner,
            now,
            until: now + 100,
            limit: 10,
            asked,
        };
        let claim = async |owner, now| mirrors::claim(store, lease(owner, now, false)).await.unwrap();
        assert_eq!(mirrors::next_due(store, "turku", false).await.unwrap(), None);
        commit(scratch, [mirrors::want(key, 10, 1), mirrors::want(key, 10, 2)]).await.unwrap();
        assert_eq!(mirrors::next_due(store, "turku", false).await.unwrap(), Some(10));
        assert!(claim("w", 9).await.is_empty(), "not due yet");
        assert_eq!(mirrors::due(store, 10).await.unwrap(), [("turku".into(), "service".into(), 1)]);
        let claimed = claim("w", 10).await;
        assert_eq!(claimed.iter().map(|mirror| (mirror.code.as_str(), mirror.wish)).collect::<Vec<_>>(), [("a", 2)]);
        assert!(claim("v", 50).await.is_empty(), "leased");
        assert_eq!(mirrors::next_due(store, "turku", false).await.unwrap(), Some(110), "when the lease ends");

        // Wanted again while it runs: done settles the old wish only.
        commit(scratch, [mirrors::want(key, 20, 20)]).await.unwrap();
        commit(scratch, mirrors::done(key, 2, "w", 30)).await.unwrap();
        assert_eq!((state().await.state.as_str(), state().await.wish), ("waiting", 3));

        // The lease ends by itself, and then the old holder's word counts no more.
        assert_eq!(claim("w", 30).await.len(), 1);
        assert_eq!(claim("v", 130).await.len(), 1);
        commit(scratch, mirrors::done(key, 3, "w", 140)).await.unwrap();
        assert_eq!(state().await.state, "waiting");
        commit(scratch, mirrors::retry(key, 3, "v", 500, "http 503", 150)).await.unwrap();
        let now = state().await;
        assert_eq!((now.attempts, now.due_at, now.last_error.as_deref()), (1, 500, Some("http 503")));
        assert_eq!(claim("v", 500).await.len(), 1);
        commit(scratch, mirrors::park(key, 3, "v", "http 400", 510)).await.unwrap();
        assert_eq!(mirrors::count(store, "turku").await.unwrap(), [("parked".into(), 1)]);
        assert_eq!(mirrors::list(store, "turku", "parked", 9).await.unwrap().len(), 1);
        assert!(claim("v", 9000).await.is_empty(), "parked");

        // A new wish starts afresh.
        commit(scratch, [mirrors::want(key, 600, 600)]).await.unwrap();
        let claimed = claim("v", 600).await;
        assert_eq!(claimed.iter().map(|mirror| (mirror.wish, mirror.attempts)).collect::<Vec<_>>(), [(4, 0)]);
        commit(scratch, mirrors::done(key, 4, "v", 610)).await.unwrap();
        assert_eq!(state().await.state, "done");
        assert_eq!(mirrors::next_due(store, "turku", false).await.unwrap(), None);

        // Where only what was asked for is sent, nothing else is claimed.
        commit(scratch, [mirrors::want(key, 700, 700)]).await.unwrap();
        assert_eq!(mirrors::claim(store, lease("v", 700, true)).await.unwrap(), []);
        assert_eq!(mirrors::next_due(store, "turku", true).await.unwrap(), None);
        commit(scratch, [mirrors::ask(key, 710, Asked::WithRemovals, Some(vec![7]))]).await.unwrap();
        assert_eq!(mirrors::next_due(store, "turku", true).await.unwrap(), Some(710));
        // A newer revision comes meanwhile: it is still asked for.
        commit(scratch, [mirrors::want(key, 720, 720)]).await.unwrap();
        assert_eq!(mirrors::asked(store, "turku").await.unwrap(), 1);
        let claimed = mirrors::claim(store, lease("v", 720, true)).await.unwrap().remove(0);
        assert_eq!((claimed.wish, claimed.asked, claimed.asked_digest), (7, Asked::WithRemovals, Some(vec![7])));
        commit(scratch, mirrors::unask(key, 7, "v", "changed since the plan", 730)).await.unwrap();
        assert_eq!((state().await.state.as_str(), mirrors::asked(store, "turku").await.unwrap()), ("waiting", 0));
        commit(scratch, [mirrors::ask_waiting("turku")]).await.unwrap();
        let claimed = mirrors::claim(store, lease("v", 740, true)).await.unwrap().remove(0);
        assert_eq!((claimed.asked, claimed.asked_digest), (Asked::Yes, None));
        commit(scratch, mirrors::hold(key, 7, "v", "held: too many", 750)).await.unwrap();
        assert_eq!((state().await.state.as_str(), mirrors::asked(store, "turku").await.unwrap()), ("held", 0));
        assert!(claim("v", 9000).await.is_empty(), "held");
        assert_eq!(mirrors::troubled(store, "turku", "held", 9).await.unwrap().len(), 1);
        commit(scratch, [mirrors::want(key, 9000, 9000)]).await.unwrap();
        assert_eq!(claim("v", 9000).await.len(), 1, "a new wish puts it to the question again");
    })
    .await;
}

fn send(number: i64) -> Send {
    Send {
        id: format!("send-{number}"),
        order_id: "order".into(),
        recipient_number: number,
        external_id: format!("x-{number}"),
        state: "waiting".into(),
        message_id: None,
        channel: None,
        reason: None,
        attempts: 0,
        due_at: 10 + number,
        sealed: vec![1, 2, 3],
        commitment_key: Some(vec![4]),
        recipient_key: None,
        changed_at: 1,
    }
}

#[tokio::test]
async fn a_send_goes_from_acceptance_to_its_end() {
    on_both(async |scratch| {
        let store = &scratch.store;
        commit(scratch, (0..3).map(|number| sends::add("turku", &send(number)))).await.unwrap();
        assert!(commit(scratch, [sends::add("turku", &send(0))]).await.unwrap_err().is_conflict());
        assert_eq!(sends::get(store, "turku", "send-0").await.unwrap(), Some(send(0)));
        assert_eq!(sends::due(store, 11).await.unwrap(), [("turku".into(), 2)]);
        assert_eq!(sends::next_due(store).await.unwrap(), Some(10));
        let claimed = sends::claim(store, "turku", "w", 11, 100, 10).await.unwrap();
        assert_eq!(claimed.iter().map(|send| send.id.as_str()).collect::<Vec<_>>(), ["send-0", "send-1"]);

        let sent = Settlement { state: "sent", message_id: Some(77), channel: Some("electronic"), reason: None };
        assert_eq!(
            commit(scratch, [sends::settle("turku", "send-0", "stranger", sent, 20)]).await,
            Err(CommitError::Conflict { statement: 0 })
        );
        commit(scratch, [sends::settle("turku", "send-0", "w", sent, 20)]).await.unwrap();
        let read = sends::by_message(store, "turku", 77).await.unwrap().unwrap();
        assert_eq!((read.id.as_str(), read.state.as_str(), read.changed_at), ("send-0", "sent", 20));
        commit(scratch, [sends::change("turku", "send-0", "sent", "read", None, None, 30)]).await.unwrap();
        let read = sends::by_external(store, "turku", "x-0").await.unwrap().unwrap();
        assert_eq!(
            (read.state.as_str(), read.channel.as_deref(), read.message_id),
            ("read", Some("electronic"), Some(77))
        );

        // An unknown outcome is tried again under the same external id.
        commit(scratch, [sends::retry("turku", "send-1", "w", "unknown", "timeout", 50, 40)]).await.unwrap();
        let again = sends::claim(store, "turku", "w", 50, 100, 1).await.unwrap();
        let again: Vec<_> =
            again.iter().map(|send| (send.external_id.as_str(), send.state.as_str(), send.attempts)).collect();
        assert_eq!(again, [("x-2", "waiting", 0)], "the one that is due longest comes first");
        commit(scratch, [sends::give_back("turku", "send-2", "w")]).await.unwrap();
        let again = sends::claim(store, "turku", "v", 50, 100, 9).await.unwrap();
        assert_eq!(again.len(), 2);
        assert_eq!((again[1].state.as_str(), again[1].attempts), ("unknown", 1));

        // Parked and revived; cancelled only while nobody has tried.
        let parked = Settlement { state: "parked", message_id: None, channel: None, reason: Some("window over") };
        commit(scratch, [sends::settle("turku", "send-1", "v", parked, 60)]).await.unwrap();
        commit(scratch, [sends::revive("turku", "send-1", 70)]).await.unwrap();
        assert!(commit(scratch, [sends::revive("turku", "send-1", 70)]).await.is_err());
        let (one, two) = (1..=1, 2..=2);
        let order = &sends::get(store, "turku", "send-1").await.unwrap().unwrap().order_id;
        assert!(commit(scratch, [sends::cancel("turku", order, &one, 1, 70)]).await.is_err(), "unknown outcome");
        assert!(commit(scratch, [sends::cancel("turku", order, &two, 1, 70)]).await.is_err(), "leased");
        assert!(commit(scratch, [sends::cancel("turku", order, &two, 1, 9_999)]).await.is_err(), "the lease ran out");
        assert_eq!(sends::untried(store, "turku", order, &(0..=9)).await.unwrap(), []);
        commit(scratch, [sends::give_back("turku", "send-2", "v")]).await.unwrap();
        assert_eq!(sends::untried(store, "turku", order, &(0..=9)).await.unwrap().len(), 1);
        commit(scratch, [sends::cancel("turku", order, &two, 1, 70)]).await.unwrap();
        assert_eq!(
            sends::count(store, "turku").await.unwrap(),
            [("cancelled".into(), 1), ("read".into(), 1), ("unknown".into(), 1)]
        );
        assert_eq!(sends::list(store, "turku", "read", "", 9).await.unwrap().len(), 1);
        commit(scratch, [sends::erase_commitment_key("turku", "send-0")]).await.unwrap();
        let order = sends::of_order(store, "turku", "order").await.unwrap();
        assert_eq!(order.iter().map(|send| send.commitment_key.is_some()).collect::<Vec<_>>(), [false, true, true]);
    })
    .await;
}

#[tokio::test]
async fn letters_to_one_recipient_are_claimed_in_the_order_of_acceptance() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let sent = Settlement { state: "sent", message_id: Some(77), channel: None, reason: None };
        let to = |number: i64, key: Option<u8>, due_at| Send {
            recipient_key: key.map(|key| vec![key]),
            due_at,
            ..send(number)
        };
        let all = [to(0, Some(1), 10), to(1, Some(1), 5), to(2, Some(2), 10), to(3, None, 10), to(4, None, 10)];
        // Under an embargo, and accepted before the others to the same recipient.
        let embargoed = Send { id: "a-send".to_owned(), ..to(9, Some(2), 1000) };
        commit(scratch, all.iter().chain([&embargoed]).map(|send| sends::add("turku", send))).await.unwrap();
        let claim = async |now: i64| {
            let claimed = sends::claim(store, "turku", "w", now, now + 100, 10).await.unwrap();
            claimed.into_iter().map(|send| send.id).collect::<Vec<_>>()
        };
        assert_eq!(sends::next_due_of(store, "turku", 0).await.unwrap(), Some(5));
        assert_eq!(claim(6).await, ["send-1"], "the earlier one is not due");
        commit(scratch, [sends::give_back("turku", "send-1", "w")]).await.unwrap();
        assert_eq!(claim(10).await, ["send-0", "send-2", "send-3", "send-4"], "send-1 waits for send-0");
        assert_eq!(claim(11).await, [""; 0], "while it is under way");
        commit(scratch, [sends::retry("turku", "send-0", "w", "waiting", "broken", 500, 12)]).await.unwrap();
        assert_eq!(claim(120).await, ["send-2", "send-3", "send-4"], "and until it is settled");
        assert_eq!(sends::next_due_of(store, "turku", 120).await.unwrap(), Some(220), "when the leases end");
        for number in 2..=4 {
            commit(scratch, [sends::settle("turku", &format!("send-{number}"), "w", sent, 219)]).await.unwrap();
        }
        assert_eq!(sends::next_due_of(store, "turku", 230).await.unwrap(), Some(500));
        assert_eq!(claim(500).await, ["send-0"]);
        commit(scratch, [sends::settle("turku", "send-0", "w", sent, 501)]).await.unwrap();
        assert_eq!(sends::next_due_of(store, "turku", 501).await.unwrap(), Some(5));
        assert_eq!(claim(501).await, ["send-1"]);
        assert_eq!(claim(1000).await, ["send-1", "a-send"], "the embargo is over, and so is the lease");
    })
    .await;
}

#[tokio::test]
async fn uploads_are_kept_with_their_send() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let upload = |number, id: &str, at| sends::Upload { number, id: id.to_owned(), at };
        let kept = [upload(1, "b", 2), upload(0, "a", 1), upload(1, "c", 3)];
        commit(scratch, kept.iter().map(|kept| sends::uploaded("turku", "send-1", kept))).await.unwrap();
        commit(scratch, [sends::uploaded("turku", "send-2", &upload(0, "d", 1))]).await.unwrap();
        let found = sends::uploads(store, "turku", "send-1").await.unwrap();
        assert_eq!(found, [upload(0, "a", 1), upload(1, "c", 3)]);
        commit(scratch, [sends::forget_uploads("turku", "send-1")]).await.unwrap();
        assert_eq!(sends::uploads(store, "turku", "send-1").await.unwrap(), []);
        assert_eq!(sends::uploads(store, "turku", "send-2").await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn attachments_are_uploaded_once() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let kept = store.keep_body("turku", b"%PDF", "viestit_attachment/o/0").await.unwrap();
        let attachment =
            letters::Attachment { number: 0, size: 4, body: kept.body, uploaded_id: None, uploaded_at: None };
        commit(scratch, [letters::add_attachment("turku", "o", &attachment)]).await.unwrap();
        assert_eq!(letters::attachments(store, "turku", "o").await.unwrap(), [attachment]);
        commit(scratch, [letters::uploaded("turku", "o", 0, "u-1", 9)]).await.unwrap();
        let read = letters::attachments(store, "turku", "o").await.unwrap().remove(0);
        assert_eq!((read.uploaded_id.as_deref(), read.uploaded_at), (Some("u-1"), Some(9)));
        commit(scratch, [letters::forget_upload("turku", "o", 0, "u-0")]).await.unwrap();
        assert!(letters::attachments(store, "turku", "o").await.unwrap().remove(0).uploaded_id.is_some());
        commit(scratch, [letters::forget_upload("turku", "o", 0, "u-1")]).await.unwrap();
        assert!(letters::attachments(store, "turku", "o").await.unwrap().remove(0).uploaded_id.is_none());
        assert!(commit(scratch, [letters::uploaded("turku", "o", 1, "u-1", 9)]).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn events_are_kept_once_with_the_token_that_follows_them() {
    on_both(async |scratch| {
        let store = &scratch.store;
        assert_eq!(viestit::feed(store, "acc").await.unwrap(), None);
        let event = |kind, send_id| viestit::NewEvent {
            kind,
            event_time: 1,
            metadata: b"{}".to_vec(),
            handled: false,
            tenant: Some("turku"),
            send_id,
            service_id: Some("service"),
        };
        let read = |from, to: &str, kinds: &[&'static str]| {
            let mut statements = vec![viestit::move_feed("acc", from, to, 5)];
            statements.extend(kinds.iter().flat_map(|kind| viestit::add_event("acc", event(kind, None))));
            statements
        };
        commit(scratch, read(None, "t1", &["read", "replied"])).await.unwrap();
        assert!(commit(scratch, read(None, "t1", &["read", "replied"])).await.unwrap_err().is_conflict());
        commit(scratch, read(Some("t1"), "t2", &["read"])).await.unwrap();
        assert!(commit(scratch, read(Some("t1"), "t2", &["read"])).await.unwrap_err().is_conflict());
        let feed = viestit::feed(store, "acc").await.unwrap().unwrap();
        assert_eq!((feed.continuation_token.as_str(), feed.updated_at), ("t2", 5));
        let events = viestit::events(store, "acc", 0, 10).await.unwrap();
        let events: Vec<_> = events.iter().map(|event| (event.sequence, event.kind.as_str())).collect();
        assert_eq!(events, [(1, "read"), (2, "replied"), (3, "read")]);
        let matched = || [viestit::matched("acc", 1, "turku", "s-1", b"new")];
        commit(scratch, matched()).await.unwrap();
        assert!(commit(scratch, matched()).await.unwrap_err().is_conflict());
        let open = viestit::open_events(store, "acc", 0, 0, 10).await.unwrap();
        assert_eq!(open.iter().map(|event| event.sequence).collect::<Vec<_>>(), [2, 3]);
        commit(scratch, [viestit::put_feed("acc", "fresh", 6)]).await.unwrap();
        assert_eq!(viestit::feed(store, "acc").await.unwrap().unwrap().continuation_token, "fresh");
        // An event of a letter is kept once, and found by the letter.
        for _ in 0..2 {
            commit(scratch, viestit::add_event("acc", event("confirmed", Some("s-1")))).await.unwrap();
        }
        let of_letter = viestit::events_of(store, "turku", "s-1").await.unwrap();
        let kinds: Vec<_> = of_letter.iter().map(|event| (event.kind.as_str(), event.metadata.as_slice())).collect();
        assert_eq!(kinds, [("read", &b"new"[..]), ("confirmed", b"{}")]);
        let queue = viestit::unmatched(store, 10).await.unwrap();
        assert_eq!(queue.iter().map(|event| event.sequence).collect::<Vec<_>>(), [3, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_feed_has_one_reader_at_a_time() {
    on_both(async |scratch| {
        let store = &scratch.store;
        assert_eq!(viestit::tried_since(store, "acc").await.unwrap(), None);
        assert!(viestit::lease(store, "acc", "one", 10, 20).await.unwrap());
        assert!(!viestit::lease(store, "acc", "two", 11, 21).await.unwrap());
        assert!(viestit::lease(store, "acc", "one", 12, 22).await.unwrap(), "its own is renewed");
        assert!(viestit::lease(store, "other", "two", 12, 22).await.unwrap());
        commit(scratch, [viestit::give_back("acc", "two")]).await.unwrap();
        assert!(!viestit::lease(store, "acc", "two", 13, 23).await.unwrap(), "another one's is not given back");
        assert!(viestit::lease(store, "acc", "two", 22, 32).await.unwrap(), "a dead reader's runs out");
        commit(scratch, [viestit::give_back("acc", "two")]).await.unwrap();
        assert!(viestit::lease(store, "acc", "one", 23, 33).await.unwrap());
        assert_eq!(viestit::tried_since(store, "acc").await.unwrap(), Some(10));
    })
    .await;
}

#[tokio::test]
async fn a_reply_goes_from_expected_to_erased() {
    on_both(async |scratch| {
        let store = &scratch.store;
        for id in ["r-1", "r-2"] {
            commit(scratch, [replies::expect("turku", id, 7, Some("service"), 1, 5)]).await.unwrap();
        }
        assert_eq!(replies::next_due(store, "turku").await.unwrap(), Some(5));
        assert!(replies::due(store, "turku", 4, 10).await.unwrap().is_empty());
        let due = replies::due(store, "turku", 5, 10).await.unwrap();
        assert_eq!(due.iter().map(|reply| reply.id.as_str()).collect::<Vec<_>>(), ["r-1"], "once for a message");
        commit(scratch, [replies::retry("turku", "r-1", 9, "broken")]).await.unwrap();
        assert_eq!(replies::next_due(store, "turku").await.unwrap(), Some(9));
        let body = store.keep_body("turku", b"text", "reply/r-1").await.unwrap().body;
        let fetched = || replies::Fetched {
            tenant: "turku",
            client: None,
            letter_order: None,
            send_id: None,
            complete: true,
            created_at: Some(1),
            received_at: 10,
            body: &body,
        };
        commit(scratch, replies::offer("turku", "r-1", fetched())).await.unwrap();
        assert!(commit(scratch, replies::offer("turku", "r-1", fetched())).await.unwrap_err().is_conflict());
        assert!(commit(scratch, [replies::lose("turku", "r-1", "x")]).await.unwrap_err().is_conflict());
        assert!(replies::offered(store, "turku", "a", 0, 10).await.unwrap().is_empty());
        assert_eq!(replies::unassigned(store, "turku", 10).await.unwrap().len(), 1);
        commit(scratch, replies::assign("turku", "r-1", "a")).await.unwrap();
        let offered = replies::offered(store, "turku", "a", 0, 10).await.unwrap().remove(0);
        assert_eq!((offered.client.as_deref(), offered.body.clone()), (Some("a"), body.clone()));
        assert_eq!(replies::last(store, "turku").await.unwrap(), Some(offered.sequence));
        assert!(replies::offered(store, "turku", "a", offered.sequence, 10).await.unwrap().is_empty());
        let file = replies::Attachment { number: 1, complete: true, body };
        commit(scratch, [replies::add_attachment("turku", "r-1", &file)]).await.unwrap();
        assert_eq!(replies::attachments(store, "turku", "r-1").await.unwrap(), [file]);
        assert!(replies::kept_long(store, "turku", 100, 9, 10).await.unwrap().is_empty());
        assert_eq!(replies::kept_long(store, "turku", 0, 10, 10).await.unwrap().len(), 1);
        commit(scratch, [replies::acknowledge("turku", "r-1", 20)]).await.unwrap();
        assert!(commit(scratch, [replies::acknowledge("turku", "r-1", 21)]).await.unwrap_err().is_conflict());
        assert!(replies::kept_long(store, "turku", 19, 100, 10).await.unwrap().is_empty());
        assert_eq!(replies::kept_long(store, "turku", 20, 0, 10).await.unwrap().len(), 1);
        commit(scratch, replies::erase("turku", "r-1", "acknowledged")).await.unwrap();
        let erased = replies::by_message(store, "turku", 7).await.unwrap().unwrap();
        assert!(erased.body.sealed.is_empty() && erased.acknowledged_at == Some(20));
        assert!(replies::attachments(store, "turku", "r-1").await.unwrap().is_empty());
        assert_eq!(replies::get(store, "kaarina", "r-1").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn what_a_sender_is_told_is_numbered_and_holds_what_the_letter_is_then() {
    on_both(async |scratch| {
        let store = &scratch.store;
        assert_eq!(message_events::last(store, "turku").await.unwrap(), None);
        let order = letters::Order {
            id: "o".into(),
            client: "a".into(),
            order_id: "case-1".into(),
            content_digest: vec![1],
            body: store.keep_body("turku", b"text", "letter_order/o").await.unwrap().body,
            accepted_at: 1,
            bulletin_id: None,
            cost_pool: None,
        };
        let send = sends::Send {
            id: "s".into(),
            order_id: "o".into(),
            recipient_number: 0,
            external_id: "turku:o:1".into(),
            state: "waiting".into(),
            message_id: None,
            channel: Some("electronic".into()),
            reason: None,
            attempts: 0,
            due_at: 1,
            sealed: vec![1],
            commitment_key: None,
            recipient_key: None,
            changed_at: 1,
        };
        commit(scratch, [letters::add("turku", &order), sends::add("turku", &send)]).await.unwrap();
        let mut failed = vec![sends::change("turku", "s", "waiting", "failed", None, Some("refused"), 2)];
        failed.extend(message_events::tell("turku", "s", "failed", 2));
        commit(scratch, failed).await.unwrap();
        commit(scratch, message_events::tell("turku", "s", "submitted", 3)).await.unwrap();
        assert!(commit(scratch, message_events::tell("turku", "none", "read", 3)).await.unwrap_err().is_conflict());
        let told = message_events::after(store, "turku", "a", 0, 10).await.unwrap();
        let seen: Vec<_> = told.iter().map(|event| (event.sequence, event.state.as_str(), event.changed_at)).collect();
        assert_eq!(seen, [(1, "failed", 2), (2, "submitted", 3)]);
        assert_eq!((told[0].order_id.as_str(), told[0].reason.as_deref()), ("case-1", Some("refused")));
        assert_eq!(message_events::after(store, "turku", "a", 1, 10).await.unwrap().len(), 1);
        assert!(message_events::after(store, "turku", "b", 0, 10).await.unwrap().is_empty());
        assert_eq!(message_events::last(store, "turku").await.unwrap(), Some(2));
    })
    .await;
}
