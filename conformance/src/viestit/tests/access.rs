//! TOK, PWD and MBX.

use std::net::Ipv4Addr;

use super::*;

const NEW_PASSWORD: &str = "also-not-real-CCCC-1111-dddd-2222#";

#[tokio::test]
async fn viestit_tok_01_right_password_gives_a_bearer_token() {
    let world = World::new().await;
    let got = world.post_bare("/v1/token", &json!({"username": SYSTEM, "password": PASSWORD})).await;
    assert_eq!(got.status, 200);
    let body = got.json();
    assert!(body["access_token"].as_str().is_some_and(|token| !token.is_empty()));
    assert!(body["expires_in"].as_i64().is_some_and(|seconds| seconds > 0));
    assert_eq!(body["token_type"], "Bearer");
}

#[tokio::test]
async fn viestit_tok_02_wrong_password_is_400() {
    let world = World::new().await;
    world.post_bare("/v1/token", &json!({"username": SYSTEM, "password": "wrong"})).await.refused(400);
    world.post_bare("/v1/token", &json!({"username": "nobody", "password": PASSWORD})).await.refused(400);
}

#[tokio::test]
async fn viestit_tok_03_missing_password_is_400() {
    let world = World::new().await;
    world.post_bare("/v1/token", &json!({"username": SYSTEM})).await.refused(400);
}

#[tokio::test]
async fn viestit_tok_04_without_authorization_nothing_is_stored() {
    let world = World::new().await;
    world.post_bare(ELECTRONIC, &electronic_body("a")).await.refused(401);
    world.post_as("made-up", ELECTRONIC, &electronic_body("a")).await.refused(401);
    assert!(world.sim.control.messages().is_empty() && world.sim.control.events().is_empty());
}

#[tokio::test]
async fn viestit_tok_05_expired_token_is_401_on_v2() {
    let world = World::new().await;
    world.clock.advance(SignedDuration::from_secs(3599));
    assert_eq!(world.get("/v2/events").await.status, 200);
    world.clock.advance(SignedDuration::from_secs(1));
    world.get("/v2/events").await.refused(401);
    world.post(ELECTRONIC, &electronic_body("a")).await.refused(401);
}

#[tokio::test]
async fn viestit_tok_06_bearer_and_bare_token() {
    let world = World::new().await;
    let bare = || world.client.get(world.url("/v2/events")).header("Authorization", &world.token);
    assert_eq!(world.get("/v2/events").await.status, 200);
    assert_eq!(world.send(bare()).await.status, 200);
    world.sim.control.switch(|switches| switches.bearer_only = true);
    assert_eq!(world.get("/v2/events").await.status, 200);
    world.send(bare()).await.refused(401);
}

#[tokio::test]
async fn viestit_tok_11_foreign_address_is_refused_on_every_path() {
    let world = World::new().await;
    let listed = Ipv4Addr::new(127, 0, 0, 2);
    world.sim.control.switch(|switches| switches.allowed_addresses = Some(vec![listed.into()]));
    let posts = [
        "/v1/token",
        "/v1/change-password",
        "/v1/mailboxes/active",
        "/v2/attachments",
        ELECTRONIC,
        MULTICHANNEL,
        PAPER,
    ];
    for path in posts {
        world.post(path, &json!({"username": SYSTEM, "password": PASSWORD})).await.refused(403);
    }
    for path in ["/v1/messages/id?externalId=a", "/v2/events", "/v2/messages/1", "/v1/attachments/x"] {
        world.get(path).await.refused(403);
    }
    let from_listed = Client::builder().local_address(std::net::IpAddr::from(listed)).build().expect("a client");
    let request = from_listed.get(world.url("/v2/events")).bearer_auth(&world.token);
    assert_eq!(world.send(request).await.status, 200);
}

async fn change(world: &World, token: &str, current: &str, new: &str) -> Got {
    let body = json!({"accessToken": token, "currentPassword": current, "newPassword": new});
    world.post_bare("/v1/change-password", &body).await
}

async fn log_in_status(world: &World, password: &str) -> u16 {
    world.post_bare("/v1/token", &json!({"username": SYSTEM, "password": password})).await.status
}

#[tokio::test]
async fn viestit_pwd_01_04_valid_change_needs_no_header() {
    let world = World::new().await;
    let got = change(&world, &world.token, PASSWORD, NEW_PASSWORD).await;
    assert_eq!((got.status, got.json()), (200, json!({})));
    assert_eq!(log_in_status(&world, PASSWORD).await, 400);
    assert_eq!(log_in_status(&world, NEW_PASSWORD).await, 200);
    world.get("/v2/events").await.refused(401);
    let tokens = world.sim.control.tokens();
    assert!(tokens.len() == 2 && tokens[0] == world.token && tokens[1] != world.token, "{tokens:?}");
    assert!(world.sim.control.passwords().ends_with(&[NEW_PASSWORD.to_owned()]));
    assert!(world.sim.control.passwords().contains(&PASSWORD.to_owned()));
}

#[tokio::test]
async fn viestit_pwd_02_weak_passwords_change_nothing() {
    let world = World::new().await;
    let weak = [
        "Aa1-aaaaaaaaaaaaaaaaaaaaaaaaaaa",   // 31
        "Aa1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", // no symbol
        "Aa-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", // no digit
        "a1-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", // no capital
        "A1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", // no small letter
    ];
    for password in weak {
        change(&world, &world.token, PASSWORD, password).await.refused(400);
    }
    assert_eq!(log_in_status(&world, PASSWORD).await, 200);
    assert_eq!(change(&world, &world.token, PASSWORD, "Aa1-aaaaaaaaaaaaaaaaaaaaaaaaaaaa").await.status, 200);
}

#[tokio::test]
async fn viestit_pwd_03_wrong_token_or_current_password() {
    let world = World::new().await;
    change(&world, "made-up", PASSWORD, NEW_PASSWORD).await.refused(400);
    change(&world, &world.token, "wrong", NEW_PASSWORD).await.refused(400);
    assert_eq!(log_in_status(&world, PASSWORD).await, 200);
}

#[tokio::test]
async fn viestit_pwd_05_second_change_at_once_is_refused() {
    let mut world = World::new().await;
    world.sim.control.switch(|switches| {
        switches.password_change_pause = Some(SignedDuration::from_mins(10));
        switches.password_change_drops_tokens = false;
    });
    assert_eq!(change(&world, &world.token, PASSWORD, NEW_PASSWORD).await.status, 200);
    change(&world, &world.token, NEW_PASSWORD, PASSWORD).await.refused(400);
    world.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(change(&world, &world.token, NEW_PASSWORD, PASSWORD).await.status, 200);
    world.log_in_again().await;
    world.sim.control.switch(|switches| {
        switches.password_change_pause = None;
        switches.fresh_token_wait = SignedDuration::from_secs(2);
    });
    change(&world, &world.token, PASSWORD, NEW_PASSWORD).await.refused(400);
    world.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(change(&world, &world.token, PASSWORD, NEW_PASSWORD).await.status, 200);
}

async fn active(world: &World, ids: &[String]) -> Got {
    let users: Vec<_> = ids.iter().map(|id| json!({"id": id})).collect();
    world.post("/v1/mailboxes/active", &json!({"endUsers": users})).await
}

#[tokio::test]
async fn viestit_mbx_01_02_06_only_active_mailboxes_come_back() {
    let world = World::new().await;
    let got = active(&world, &[AINO.to_owned(), WITHOUT_MAILBOX.to_owned(), FIRM.to_owned()]).await;
    assert_eq!(got.status, 200);
    assert_eq!(got.json(), json!({"endUsersWithActiveMailbox": [{"id": AINO}, {"id": FIRM}]}));
    world.sim.control.set_mailbox(AINO, false);
    let got = active(&world, &[AINO.to_owned(), WITHOUT_MAILBOX.to_owned()]).await;
    assert_eq!((got.status, got.json()), (200, json!({"endUsersWithActiveMailbox": []})));
}

#[tokio::test]
async fn viestit_mbx_03_04_05_counts_and_lengths() {
    let world = World::new().await;
    active(&world, &[]).await.refused(400);
    active(&world, &vec![WITHOUT_MAILBOX.to_owned(); 10_001]).await.refused(400);
    assert_eq!(active(&world, &vec![WITHOUT_MAILBOX.to_owned(); 10_000]).await.status, 200);
    active(&world, &["12345678".to_owned()]).await.refused(400);
    active(&world, &["123456789012".to_owned()]).await.refused(400);
    world.post_bare("/v1/mailboxes/active", &json!({"endUsers": [{"id": AINO}]})).await.refused(401);
}
