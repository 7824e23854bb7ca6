//! EVT.

use serde_json::Map;

use super::*;

fn push(world: &World, count: usize, time: Timestamp) {
    for number in 0..count {
        let metadata =
            Map::from_iter([("messageId".to_owned(), json!(number)), ("serviceId".to_owned(), json!(SERVICE))]);
        world.sim.control.push_event(SYSTEM, "Something new", time, metadata).expect("a known system");
    }
}

#[tokio::test]
async fn viestit_evt_01_empty_feed_has_a_token() {
    let world = World::new().await;
    let got = world.get("/v2/events").await;
    assert_eq!((got.status, &got.json()["events"]), (200, &json!([])));
    let token = got.json()["continuationToken"].as_str().expect("a token").to_owned();
    assert!(['+', '/', '='].iter().all(|sign| token.contains(*sign)));
}

#[tokio::test]
async fn viestit_evt_02_pages_of_at_most_1000() {
    let world = World::new().await;
    push(&world, 2500, world.clock.now());
    world.sim.control.switch(|switches| switches.event_page = 5000);
    let pages = world.pages().await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1000, 1000, 500]);
    let numbers = pages.iter().flatten().map(|event| event["metadata"]["messageId"].as_u64());
    assert!(numbers.eq((0..2500).map(Some)));
}

#[tokio::test]
async fn viestit_evt_03_short_pages() {
    let world = World::new().await;
    push(&world, 7, world.clock.now());
    world.sim.control.switch(|switches| switches.event_page = 3);
    assert_eq!(world.pages().await.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1]);
}

#[tokio::test]
async fn viestit_evt_06_broken_token_is_400() {
    let world = World::new().await;
    let token = world.get("/v2/events").await.json()["continuationToken"].as_str().expect("a token").to_owned();
    world.get("/v2/events?continuationToken=broken").await.refused(400);
    // Not encoded: the plus sign arrives as a space.
    world.get(&format!("/v2/events?continuationToken={token}")).await.refused(400);
    let other = world.log_in(OTHER_SYSTEM).await;
    let path = asking("/v2/events", "continuationToken", &token);
    assert_eq!(world.get(&path).await.status, 200);
    world.get_as(&other, &path).await.refused(400);
}

#[tokio::test]
async fn viestit_evt_12_events_of_61_days_are_gone() {
    let mut world = World::new().await;
    push(&world, 1, world.clock.now());
    world.advance_hours(24);
    push(&world, 2, world.clock.now());
    world.advance_hours(24 * 60);
    world.log_in_again().await;
    assert_eq!(world.feed().await.len(), 2);
}

#[tokio::test]
async fn viestit_evt_16_one_feed_for_all_services_of_a_system() {
    let world = World::new().await;
    let other = world.log_in(OTHER_SYSTEM).await;
    for (token, service) in [(&world.token, SERVICE), (&world.token, SECOND_SERVICE), (&other, OTHER_SERVICE)] {
        let body = with(electronic_body(service), "/sender/serviceId", json!(service));
        world.post_as(token, ELECTRONIC, &body).await.id();
    }
    let feed = world.feed().await;
    let services: Vec<_> =
        feed.iter().map(|event| event["metadata"]["serviceId"].as_str().expect("a service")).collect();
    assert_eq!(services, [SERVICE, SECOND_SERVICE]);
    assert_eq!(world.get_as(&other, "/v2/events").await.json()["events"].as_array().map(Vec::len), Some(1));
}
