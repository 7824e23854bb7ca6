//! RPL.

use bytes::Bytes;

use super::*;

fn draft() -> Draft {
    Draft {
        title: "Kysymys".to_owned(),
        body: "Milloin asia etenee?".to_owned(),
        owner: Some(Actor { id: AINO.to_owned(), name: "Aino Esimerkki".to_owned() }),
        ..Draft::default()
    }
}

#[tokio::test]
async fn viestit_rpl_01_reply_belongs_to_the_thread() {
    let world = World::new().await;
    let root = world.post(ELECTRONIC, &electronic_body("kunta1:a")).await.id();
    let reply = world.sim.control.reply(root, draft()).expect("a reply");
    let event = world.feed().await.pop().expect("an event");
    assert_eq!(event["type"], "Electronic message from end user");
    assert_eq!(event["metadata"], json!({"messageId": reply, "serviceId": SERVICE}));
    let got = world.get(&format!("/v2/messages/{reply}")).await;
    let at = "2026-08-20T08:00:00Z";
    let expected = json!({
        "messageId": reply,
        "createdAt": at,
        "sender": {"mailboxOwner": {"id": AINO, "name": "Aino Esimerkki"}},
        "electronic": {
            "messageId": reply, "createdAt": at, "title": "Kysymys", "body": "Milloin asia etenee?", "attachments": [],
            "thread": {"rootMessageId": root, "threadExternalId": "kunta1:a"}
        }
    });
    assert_eq!((got.status, got.json()), (200, expected));
    // What we have sent ourselves is not there, nor is another system's.
    world.get(&format!("/v2/messages/{root}")).await.refused(404);
    let other = world.log_in(OTHER_SYSTEM).await;
    world.get_as(&other, &format!("/v2/messages/{reply}")).await.refused(404);
}

#[tokio::test]
async fn viestit_rpl_02_no_reply_where_none_is_allowed() {
    let world = World::new().await;
    let body = with(electronic_body("a"), "/electronic/replyAllowedBy", json!("No one"));
    let id = world.post(ELECTRONIC, &body).await.id();
    assert_eq!(world.sim.control.reply(id, draft()), Err(ControlError::RepliesNotAllowed));
    assert_eq!(world.sim.control.user_messages().len(), 0);
}

#[tokio::test]
async fn viestit_rpl_03_04_05_new_message_and_its_senders() {
    let world = World::new().await;
    let representative = Some(Actor { id: AINO.to_owned(), name: "Aino Esimerkki".to_owned() });
    let owner = Some(Actor { id: FIRM.to_owned(), name: "Esimerkki Oy".to_owned() });
    let id = world.sim.control.write(SERVICE, Draft { owner, representative, ..draft() }).expect("a message");
    let path = format!("/v2/messages/{id}");
    let body = world.get(&path).await.json();
    assert!(body["electronic"].get("thread").is_none());
    assert_eq!(body["sender"]["mailboxOwner"]["id"], FIRM);
    assert_eq!(body["sender"]["personSendingMessageOnBehalfOfMailboxOwner"]["id"], AINO);
    world.sim.control.switch(|switches| switches.sender_left_out = true);
    let got = world.get(&path).await;
    assert_eq!((got.status, got.json().get("sender")), (200, None));
}

#[tokio::test]
async fn viestit_rpl_07_16_unknown_old_and_malformed_ids() {
    let mut world = World::new().await;
    let id = world.sim.control.write(SERVICE, draft()).expect("a message");
    let path = format!("/v2/messages/{id}");
    world.get("/v2/messages/1").await.refused(404);
    for wrong in ["abc", "1.5", "99999999999999999999"] {
        world.get(&format!("/v2/messages/{wrong}")).await.refused(400);
    }
    world.advance_hours(24 * 60);
    world.log_in_again().await;
    assert_eq!(world.get(&path).await.status, 200);
    world.clock.advance(SignedDuration::from_secs(1));
    world.get(&path).await.refused(404);
}

#[tokio::test]
async fn viestit_rpl_08_attachment_as_raw_bytes() {
    let world = World::new().await;
    let content = Bytes::from_static(b"\x00\xff\r\n--raw");
    let file =
        DraftFile { name: "liite.pdf".to_owned(), media_type: "application/pdf".to_owned(), content: content.clone() };
    let id = world.sim.control.write(SERVICE, Draft { files: vec![file], ..draft() }).expect("a message");
    let body = world.get(&format!("/v2/messages/{id}")).await.json();
    let listed = &body["electronic"]["attachments"][0];
    assert_eq!(listed["sizeBytes"], content.len());
    assert_eq!((&listed["filename"], &listed["mediaType"]), (&json!("liite.pdf"), &json!("application/pdf")));
    let url = world.url(&format!("/v1/attachments/{}", listed["attachmentId"].as_str().expect("an id")));
    let response = world.client.get(&url).bearer_auth(&world.token).send().await.expect("an answer");
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.bytes().await.expect("bytes"), content);
    let other = world.log_in(OTHER_SYSTEM).await;
    world.send(world.client.get(&url).bearer_auth(other)).await.refused(404);
    world.get("/v1/attachments/not-a-uuid").await.refused(400);
    world.get("/v1/attachments/7b1f0d3e-5a52-4a7e-9b1a-6f3f3c2c0001").await.refused(404);
}

fn answer(key: &str, to: i64) -> Value {
    with(electronic_body(key), "/electronic/inReplyToMessageId", json!(to))
}

#[tokio::test]
async fn viestit_rpl_09_answer_joins_the_thread() {
    let world = World::new().await;
    let control = &world.sim.control;
    let question = control.write(SERVICE, draft()).expect("a message");
    let first = world.post(ELECTRONIC, &answer("a", question)).await.id();
    assert_eq!(control.messages()[0].thread_root, question);
    let back = control.reply(first, draft()).expect("a reply");
    let thread = world.get(&format!("/v2/messages/{back}")).await.json()["electronic"]["thread"].clone();
    assert_eq!(thread, json!({"rootMessageId": question}));
    world.post(ELECTRONIC, &answer("b", back)).await.id();
    assert_eq!(control.messages()[1].thread_root, question);
}

#[tokio::test]
async fn viestit_rpl_10_answer_to_a_deleted_message() {
    let mut world = World::new().await;
    let code = |got: &Got| got.invalid()[0]["errorCode"].clone();
    let gone = world.sim.control.write(SERVICE, draft()).expect("a message");
    let folder = world.sim.control.write(SERVICE, draft()).expect("a message");
    world.sim.control.delete_for_good(gone).expect("deleted");
    world.sim.control.delete(folder).expect("deleted");
    assert_eq!(code(&world.post(ELECTRONIC, &answer("a", gone)).await), "MESSAGE_BEING_REPLIED_TO_NOT_FOUND");
    assert_eq!(code(&world.post(ELECTRONIC, &answer("a", 17)).await), "MESSAGE_BEING_REPLIED_TO_NOT_FOUND");
    world.post(ELECTRONIC, &answer("a", folder)).await.id();
    world.advance_hours(24 * 61);
    world.log_in_again().await;
    assert_eq!(code(&world.post(ELECTRONIC, &answer("b", folder)).await), "MESSAGE_BEING_REPLIED_TO_NOT_FOUND");
    assert_eq!(world.sim.control.messages().len(), 1);
}
