//! IDM.

use super::*;

fn conflict(got: &Got, id: i64) {
    assert_eq!(got.status, 409, "{}", got.text);
    assert_eq!(got.json()["messageId"], id);
    assert!(got.json()["reason"].is_string());
}

#[tokio::test]
async fn viestit_idm_01_second_call_is_409_with_the_same_id() {
    let world = World::new().await;
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    conflict(&world.post(ELECTRONIC, &electronic_body("a")).await, id);
    assert_eq!(world.sim.control.messages().len(), 1);
    assert_eq!(world.event_types().await.len(), 1);
    // What changed since the first call does not matter.
    world.sim.control.set_mailbox(AINO, false);
    conflict(&world.post(ELECTRONIC, &electronic_body("a")).await, id);
}

#[tokio::test]
async fn viestit_idm_02_other_content_under_the_same_key() {
    let world = World::new().await;
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    conflict(&world.post(ELECTRONIC, &with(electronic_body("a"), "/electronic/title", json!("Muu"))).await, id);
    let messages = world.sim.control.messages();
    assert_eq!(messages[0].electronic.as_ref().map(|part| part.title.as_str()), Some("Päätös"));
}

#[tokio::test]
async fn viestit_idm_03_other_call_under_the_same_key() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    conflict(&world.post(MULTICHANNEL, &multichannel_body("a", &pdf)).await, id);
    world.post(PAPER, &paper_body("a", &pdf)).await.refused(409);
    let paper = world.post(PAPER, &paper_body("b", &pdf)).await.id();
    conflict(&world.post(ELECTRONIC, &electronic_body("b")).await, paper);
    assert_eq!(world.sim.control.messages().len(), 2);
}

#[tokio::test]
async fn viestit_idm_04_key_of_another_system() {
    let world = World::new().await;
    let other = world.log_in(OTHER_SYSTEM).await;
    let theirs = |key: &str| with(electronic_body(key), "/sender/serviceId", json!(OTHER_SERVICE));
    let second = |key: &str| with(electronic_body(key), "/sender/serviceId", json!(SECOND_SERVICE));
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    conflict(&world.post(ELECTRONIC, &second("a")).await, id);
    assert_ne!(world.post_as(&other, ELECTRONIC, &theirs("a")).await.id(), id);
    world.sim.control.switch(|switches| switches.key_scope = KeyScope::Service);
    world.post(ELECTRONIC, &electronic_body("b")).await.id();
    world.post(ELECTRONIC, &second("b")).await.id();
    world.sim.control.switch(|switches| switches.key_scope = KeyScope::Everybody);
    let id = world.post(ELECTRONIC, &electronic_body("c")).await.id();
    conflict(&world.post_as(&other, ELECTRONIC, &theirs("c")).await, id);
}

#[tokio::test]
async fn viestit_idm_05_a_400_does_not_burn_the_key() {
    let world = World::new().await;
    world.post(ELECTRONIC, &with(electronic_body("a"), "/electronic/title", json!(""))).await.invalid();
    world.post(ELECTRONIC, &with(electronic_body("a"), "/recipient/id", json!(WITHOUT_MAILBOX))).await.invalid();
    world.post(ELECTRONIC, &electronic_body("a")).await.id();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viestit_idm_06_two_equal_calls_at_the_same_time() {
    let world = World::new().await;
    for round in 0..20 {
        let body = electronic_body(&round.to_string());
        let (one, two) = tokio::join!(world.post(ELECTRONIC, &body), world.post(ELECTRONIC, &body));
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        assert_eq!(one.json()["messageId"], two.json()["messageId"]);
    }
    assert_eq!(world.sim.control.messages().len(), 20);
}

#[tokio::test]
async fn viestit_idm_16_look_up() {
    let world = World::new().await;
    let path = "/v1/messages/id";
    let key = "kunta1:a/b+c&d e ä";
    let id = world.post(ELECTRONIC, &electronic_body(key)).await.id();
    let got = world.get(&asking(path, "externalId", key)).await;
    assert_eq!((got.status, got.json()), (200, json!({"messageId": id})));
    world.get(&asking(path, "externalId", "unknown")).await.refused(404);
    let other = world.log_in(OTHER_SYSTEM).await;
    world.get_as(&other, &asking(path, "externalId", key)).await.refused(404);
    world.sim.control.switch(|switches| switches.foreign_lookup_forbidden = true);
    world.get_as(&other, &asking(path, "externalId", key)).await.refused(403);
    world.get(path).await.invalid();
    world.send(world.client.get(world.url("/v1/messages/id?externalId=a"))).await.refused(401);
}
