//! What happens by itself as the clock goes: the printing house and Posti, notices and reminders; and feeds that repeat
//! themselves or say what nobody knows.

use super::*;

fn house(ends: &[PostiEnd]) -> PrintingHouse {
    let hours = SignedDuration::from_hours;
    PrintingHouse { print_after: hours(2), posti_after: hours(48), ends: ends.to_vec() }
}

#[tokio::test]
async fn letters_are_printed_and_carried_by_the_clock() {
    let mut world = World::new().await;
    let control = world.sim.control.clone();
    control.switch(|switches| {
        switches.printing = Some(house(&[PostiEnd::Confirmed, PostiEnd::Returned, PostiEnd::Unresolved]));
    });
    let pdf = world.pdf().await;
    for key in ["a", "b", "c"] {
        let body = with(paper_body(key, &pdf), "/paperMail/messageServiceType", json!("Verifiable"));
        world.post(PAPER, &body).await.id();
    }
    let normal = world.post(PAPER, &paper_body("d", &pdf)).await.id();
    control.print(normal).expect("printed by hand, before the house gets to it");
    world.advance_hours(1);
    assert_eq!(control.events().len(), 5);
    world.advance_hours(100);
    world.log_in_again().await;
    let feed = world.feed().await;
    let told: Vec<_> = feed[5..].iter().map(|event| (event["type"].as_str(), event["eventTime"].as_str())).collect();
    let printed = (Some("Sent for printing and enveloping"), Some("2026-08-20T10:00:00Z"));
    let posti = Some("2026-08-22T10:00:00Z");
    assert_eq!(
        told,
        [
            printed,
            printed,
            printed,
            (Some("Posti: receipt confirmed"), posti),
            (Some("Posti: returned to sender"), posti),
            (Some("Posti: unresolved"), posti),
        ]
    );
    assert_eq!(feed[8]["metadata"]["recipientSignature"], "Aino Esimerkki");
    assert!(feed[9]["metadata"]["postiTrackingCode"].as_str().is_some_and(|code| code.starts_with("JJFI")));
}

#[tokio::test]
async fn a_notice_is_written_down_and_a_reminder_after_a_week() {
    let world = World::new().await;
    let control = &world.sim.control;
    let read = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    let unread = world.post(ELECTRONIC, &electronic_body("b")).await.id();
    let quiet = "/electronic/notifications/unreadMessageNotification/reminder";
    world.post(ELECTRONIC, &with(electronic_body("c"), quiet, json!("No reminders"))).await.id();
    let hidden = "/electronic/notifications/senderDetailsInNotifications";
    world.post(ELECTRONIC, &with(electronic_body("d"), hidden, json!("None"))).await.id();
    let verifiable = with(electronic_body("e"), "/electronic/messageServiceType", json!("Verifiable"));
    world.post(ELECTRONIC, &verifiable).await.id();
    world.post(PAPER, &paper_body("f", &world.pdf().await)).await.id();
    control.read(read).expect("read");
    let notices = control.notices();
    let shown: Vec<_> = notices.iter().map(|notice| notice.sender.as_deref()).collect();
    assert_eq!(shown, [Some(SERVICE), Some(SERVICE), Some(SERVICE), None, Some(SERVICE)]);
    assert!(notices.iter().all(|notice| notice.kind == NoticeKind::New && notice.recipient_id == AINO));
    world.advance_hours(24 * 7 - 1);
    assert_eq!(control.notices().len(), 5);
    world.advance_hours(1);
    let reminders: Vec<_> = control.notices().into_iter().skip(5).map(|it| (it.kind, it.message_id)).collect();
    assert_eq!(reminders, [(NoticeKind::Reminder, unread), (NoticeKind::Reminder, unread + 2)]);
}

#[tokio::test]
async fn the_feed_repeats_itself_and_says_what_nobody_knows() {
    let world = World::new().await;
    let control = &world.sim.control;
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    control.read(id).expect("read");
    let (created, read) = ("Electronic message created", "Electronic message read");
    assert_eq!(control.repeat_events(id), 2);
    assert_eq!(world.event_types().await, [created, read, created, read]);
    control.switch(|switches| {
        switches.events_twice = true;
        switches.unknown_events = true;
        switches.event_page = 1;
    });
    let pages = world.pages().await;
    assert_eq!(pages.len(), 4);
    let types: Vec<_> = pages[0].iter().map(|event| event["type"].as_str()).collect();
    assert_eq!(types, [Some("Electronic message pondered"), Some(created), Some(created)]);
}

#[tokio::test]
async fn the_machines_clock_can_be_moved_on_order_only() {
    let clock = Arc::new(ShiftedClock::default());
    let moved = ViestitConfig { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..ViestitConfig::default() };
    let moved = ViestitSimulator::start(moved).await.expect("a free port");
    let before = clock.now();
    assert!(moved.control.advance(SignedDuration::from_hours(24)));
    assert!(clock.now().duration_since(before) >= SignedDuration::from_hours(24));
    let fixed = ViestitSimulator::start(ViestitConfig::default()).await.expect("a free port");
    assert!(!fixed.control.advance(SignedDuration::from_hours(24)));
}
