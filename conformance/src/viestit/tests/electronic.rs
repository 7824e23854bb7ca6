//! ELE, and ID-06.

use super::*;

#[tokio::test]
async fn viestit_ele_01_valid_message() {
    let world = World::new().await;
    let got = world.post(ELECTRONIC, &electronic_body("kunta1:a")).await;
    let id = got.id();
    assert!(id > i64::from(u32::MAX));
    assert_eq!(got.json(), json!({"messageId": id}));
    assert!(got.trace_id.is_some_and(|trace| trace.parse::<uuid::Uuid>().is_ok()));
    let expected = json!([{
        "type": "Electronic message created",
        "eventTime": "2026-08-20T08:00:00Z",
        "metadata": {"messageId": id, "serviceId": SERVICE, "externalId": "kunta1:a"}
    }]);
    assert_eq!(Value::from(world.feed().await), expected);
}

#[tokio::test]
async fn viestit_ele_02_each_required_field() {
    let world = World::new().await;
    let required = [
        "/externalId",
        "/recipient",
        "/recipient/id",
        "/sender",
        "/sender/serviceId",
        "/electronic",
        "/electronic/title",
        "/electronic/body",
        "/electronic/bodyFormat",
        "/electronic/attachments",
        "/electronic/messageServiceType",
        "/electronic/replyAllowedBy",
        "/electronic/visibility",
        "/electronic/notifications",
        "/electronic/notifications/senderDetailsInNotifications",
        "/electronic/notifications/unreadMessageNotification",
        "/electronic/notifications/unreadMessageNotification/reminder",
    ];
    for pointer in required {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        for body in [without(electronic_body("a"), pointer), with(electronic_body("a"), pointer, Value::Null)] {
            let errors = world.post(ELECTRONIC, &body).await.invalid();
            assert_eq!(errors.len(), 1, "{pointer}");
            assert!(errors[0]["error"].as_str().is_some_and(|text| text.starts_with(&format!("{name}:"))), "{pointer}");
        }
    }
    assert!(world.sim.control.messages().is_empty());
    world.post(ELECTRONIC, &electronic_body("a")).await.id();
}

#[tokio::test]
async fn viestit_ele_03_attachments_may_be_empty_but_not_absent() {
    let world = World::new().await;
    world.post(ELECTRONIC, &without(electronic_body("a"), "/electronic/attachments")).await.invalid();
    world.post(ELECTRONIC, &with(electronic_body("a"), "/electronic/attachments", json!({}))).await.invalid();
    world.post(ELECTRONIC, &electronic_body("a")).await.id();
}

/// Sends the body with each value at `pointer`; each must be taken or refused as said.
async fn judge(world: &World, base: &dyn Fn(&str) -> Value, pointer: &str, cases: &[(Value, bool)]) {
    for (at, (value, fits)) in cases.iter().enumerate() {
        let got = world.post(ELECTRONIC, &with(base(&format!("{pointer}{at}")), pointer, value.clone())).await;
        if *fits {
            assert_eq!(got.status, 200, "{pointer} case {at}: {}", got.text);
        } else {
            got.invalid();
        }
    }
}

#[tokio::test]
async fn viestit_ele_04_05_06_lengths() {
    let world = World::new().await;
    let size = |letter: &str, count: usize| json!(letter.repeat(count));
    let title = [(size("ä", 256), true), (size("ä", 257), false), (size("a", 0), false)];
    judge(&world, &electronic_body, "/electronic/title", &title).await;
    let body = [(size("ä", 40_000), true), (size("ä", 40_001), false), (size("a", 0), false)];
    judge(&world, &electronic_body, "/electronic/body", &body).await;
    let key = [(size("k", 256), true), (size("k", 257), false), (size("k", 0), false), (json!(17), false)];
    judge(&world, &electronic_body, "/externalId", &key).await;
    let service = [(size("s", 65), false), (size("s", 0), false)];
    judge(&world, &electronic_body, "/sender/serviceId", &service).await;
    let recipient = [(size("1", 8), false), (size("1", 12), false)];
    judge(&world, &electronic_body, "/recipient/id", &recipient).await;
}

#[tokio::test]
async fn lengths_are_counted_in_the_unit_of_the_switch() {
    let world = World::new().await;
    let title =
        |count: usize| with(electronic_body(&count.to_string()), "/electronic/title", json!("😀".repeat(count)));
    world.post(ELECTRONIC, &title(128)).await.id();
    world.post(ELECTRONIC, &title(129)).await.invalid();
    world.sim.control.switch(|switches| switches.length_unit = LengthUnit::CodePoints);
    world.post(ELECTRONIC, &title(256)).await.id();
    world.post(ELECTRONIC, &title(257)).await.invalid();
    world.sim.control.switch(|switches| switches.length_unit = LengthUnit::Bytes);
    world.post(ELECTRONIC, &title(64)).await.id();
    world.post(ELECTRONIC, &title(65)).await.invalid();
}

#[tokio::test]
async fn viestit_ele_07_enums_are_exact() {
    let world = World::new().await;
    let cases = [
        ("/electronic/messageServiceType", "normal", "Normal"),
        ("/electronic/replyAllowedBy", "No One", "No one"),
        ("/electronic/bodyFormat", "text", "Markdown"),
        ("/electronic/visibility", "Recipient Only", "Recipient only"),
        ("/electronic/notifications/senderDetailsInNotifications", "none", "None"),
        ("/electronic/notifications/unreadMessageNotification/reminder", "No Reminders", "No reminders"),
    ];
    for (pointer, wrong, right) in cases {
        judge(&world, &electronic_body, pointer, &[(json!(wrong), false), (json!(right), true)]).await;
    }
}

#[tokio::test]
async fn viestit_ele_08_foreign_service() {
    let world = World::new().await;
    for service in ["unknown", OTHER_SERVICE] {
        let body = with(electronic_body("a"), "/sender/serviceId", json!(service));
        world.sim.control.switch(|switches| switches.foreign_service = ForeignService::BadRequest);
        world.post(ELECTRONIC, &body).await.invalid();
        world.sim.control.switch(|switches| switches.foreign_service = ForeignService::Forbidden);
        world.post(ELECTRONIC, &body).await.refused(403);
    }
    assert!(world.sim.control.messages().is_empty());
}

#[tokio::test]
async fn viestit_ele_09_and_id_06_recipient_without_mailbox() {
    let world = World::new().await;
    for id in [WITHOUT_MAILBOX, "1234567890"] {
        let got = world.post(ELECTRONIC, &with(electronic_body("a"), "/recipient/id", json!(id))).await;
        let errors = got.invalid();
        assert_eq!(errors[0]["errorCode"], "MAILBOX_NOT_IN_USE");
        assert!(!got.text.contains(id));
        world.sim.control.switch(|switches| switches.echo_input = true);
        assert!(
            world.post(ELECTRONIC, &with(electronic_body("a"), "/recipient/id", json!(id))).await.text.contains(id)
        );
        world.sim.control.switch(|switches| switches.echo_input = false);
    }
    world.sim.control.set_mailbox(AINO, false);
    assert_eq!(world.post(ELECTRONIC, &electronic_body("a")).await.invalid()[0]["errorCode"], "MAILBOX_NOT_IN_USE");
}

#[tokio::test]
async fn viestit_ele_10_markdown_is_kept_as_sent() {
    let world = World::new().await;
    let text = "# Kutsu\n\n* aika\n* **paikka**\n\n[ohje](https://kunta.example/ohje)";
    let body = with(electronic_body("a"), "/electronic/bodyFormat", json!("Markdown"));
    world.post(ELECTRONIC, &with(body, "/electronic/body", json!(text))).await.id();
    let part = world.sim.control.messages()[0].electronic.clone().expect("an electronic part");
    assert_eq!((part.body.as_str(), part.body_format), (text, BodyFormat::Markdown));
}

fn with_own_notification(key: &str) -> Value {
    let own = json!({
        "title": {"fi": "Viesti", "sv": "Meddelande", "en": "Message"},
        "content": {"fi": "Sinulle on viesti.", "sv": "Du har ett meddelande.", "en": "You have a message."}
    });
    with(electronic_body(key), "/electronic/notifications/customisedNewMessageNotification", own)
}

#[tokio::test]
async fn viestit_ele_11_own_notification_needs_three_languages() {
    let world = World::new().await;
    let own = "/electronic/notifications/customisedNewMessageNotification";
    for part in ["title", "content"] {
        judge(&world, &with_own_notification, &format!("{own}/{part}"), &[(json!({"fi": "Viesti"}), false)]).await;
        for language in ["fi", "sv", "en"] {
            let body = without(with_own_notification("a"), &format!("{own}/{part}/{language}"));
            assert_eq!(world.post(ELECTRONIC, &body).await.invalid().len(), 1);
        }
    }
    world.post(ELECTRONIC, &with_own_notification("a")).await.id();
}

#[tokio::test]
async fn viestit_ele_12_own_notification_lengths() {
    let world = World::new().await;
    let own = "/electronic/notifications/customisedNewMessageNotification";
    let size = |count: usize| json!("a".repeat(count));
    for language in ["fi", "sv", "en"] {
        let title = [(size(256), true), (size(257), false), (size(0), false)];
        judge(&world, &with_own_notification, &format!("{own}/title/{language}"), &title).await;
        let content = [(size(1500), true), (size(1501), false), (size(0), false)];
        judge(&world, &with_own_notification, &format!("{own}/content/{language}"), &content).await;
    }
}

#[tokio::test]
async fn viestit_ele_13_reminder_setting_is_required() {
    let world = World::new().await;
    let body = without(electronic_body("a"), "/electronic/notifications/unreadMessageNotification");
    world.post(ELECTRONIC, &body).await.invalid();
}

#[tokio::test]
async fn viestit_ele_14_unknown_members_are_ignored() {
    let world = World::new().await;
    let body = with(electronic_body("a"), "/electronic/somethingNew", json!({"x": 1}));
    world.post(ELECTRONIC, &with(body, "/alsoNew", json!(true))).await.id();
}

#[tokio::test]
async fn viestit_ele_15_verifiable_message_is_confirmed() {
    let world = World::new().await;
    let body = with(electronic_body("a"), "/electronic/messageServiceType", json!("Verifiable"));
    let id = world.post(ELECTRONIC, &body).await.id();
    let control = &world.sim.control;
    assert_eq!(control.read(id), Err(ControlError::NotConfirmed));
    control.confirm(id, "Aino Esimerkki").expect("confirmed");
    control.read(id).expect("read");
    control.read(id).expect("read again changes nothing");
    let feed = world.feed().await;
    let kinds: Vec<_> = feed.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["Electronic message created", "Receipt confirmed", "Electronic message read"]);
    assert_eq!(feed[1]["metadata"]["receiptConfirmedBy"], "Aino Esimerkki");
    let normal = world.post(ELECTRONIC, &electronic_body("b")).await.id();
    assert_eq!(control.confirm(normal, "Aino Esimerkki"), Err(ControlError::NotVerifiable));
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_is_400() {
    let world = World::new().await;
    for body in ["", "{", "[]", "\"text\""] {
        let request = world.client.post(world.url(ELECTRONIC)).bearer_auth(&world.token);
        world.send(request.header("Content-Type", "application/json").body(body)).await.invalid();
    }
    let request = world.client.post(world.url(ELECTRONIC)).bearer_auth(&world.token).body("{}");
    world.send(request.header("Content-Type", "text/plain")).await.invalid();
}
