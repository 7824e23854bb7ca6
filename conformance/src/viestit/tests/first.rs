//! The deprecated calls of version 1 (fact sheet §1.16): what differs from version 2.

use super::*;

const ELECTRONIC_V1: &str = "/v1/messages/electronic";
const MULTICHANNEL_V1: &str = "/v1/messages";
const PAPER_V1: &str = "/v1/paper-mail-without-id";

/// The smallest valid electronic message of version 1.
pub(super) fn electronic_v1(key: &str) -> Value {
    json!({
        "externalId": key,
        "recipient": {"id": AINO},
        "sender": {"serviceId": SERVICE},
        "electronic": {"title": "Päätös", "body": "Päätös on tehty."},
    })
}

/// The smallest valid paper mail without id of version 1: flat.
pub(super) fn paper_v1(key: &str, file: &str) -> Value {
    let mut body = paper_body(key, file);
    let part = body["paperMail"].take();
    json!({
        "externalId": key,
        "files": [{"fileId": file}],
        "createCoverPage": true,
        "printingAndEnvelopingService": part["printingAndEnvelopingService"],
        "recipient": part["recipient"],
        "sender": {"serviceId": SERVICE, "address": part["sender"]["address"]},
    })
}

/// The smallest valid multichannel message of version 1.
pub(super) fn multichannel_v1(key: &str, file: &str) -> Value {
    let mut paper = paper_v1(key, file);
    let letter = paper.as_object_mut().expect("an object");
    letter.remove("externalId");
    letter["sender"].as_object_mut().expect("an object").remove("serviceId");
    let mut body = electronic_v1(key);
    body["electronic"]["files"] = json!([{"fileId": file}]);
    body["paperMail"] = paper;
    body
}

impl World {
    async fn upload_first(&self, path: &str, media_type: &str, metadata: Option<&str>) -> Got {
        let part = Part::bytes(b"%PDF-1.7 example".to_vec()).file_name("paatos.pdf");
        let mut form = Form::new().part("file", part.mime_str(media_type).expect("a media type"));
        if let Some(metadata) = metadata {
            form = form.text("metadata", metadata.to_owned());
        }
        self.send(self.client.post(self.url(path)).bearer_auth(&self.token).multipart(form)).await
    }

    /// Uploads a PDF by the first version; gives its id.
    pub(super) async fn first_file(&self) -> String {
        let got = self.upload_first("/v1/files", "application/pdf", None).await;
        assert_eq!(got.status, 201, "{}", got.text);
        got.json()["fileId"].as_str().expect("an id").to_owned()
    }
}

#[tokio::test]
async fn defaults_stand_for_what_is_left_out() {
    let world = World::new().await;
    world.post(ELECTRONIC_V1, &electronic_v1("a")).await.id();
    let file = world.first_file().await;
    world.post(PAPER_V1, &paper_v1("b", &file)).await.id();
    let messages = world.sim.control.messages();
    let part = messages[0].electronic.as_ref().expect("an electronic part");
    assert_eq!((part.body_format, part.service_type), (BodyFormat::Text, ServiceType::Normal));
    assert_eq!((part.reply_allowed_by, part.visibility), (ReplyAllowedBy::NoOne, Visibility::Normal));
    assert_eq!(part.notifications.reminder, UnreadReminder::Default);
    assert_eq!(part.notifications.sender_details, SenderDetails::OrganisationAndServiceName);
    let letter = messages[1].paper.as_ref().expect("a paper part");
    assert!(!letter.color_printing && letter.create_address_page && letter.service_type == ServiceType::Normal);
    assert_eq!(
        messages.iter().map(|it| it.call).collect::<Vec<_>>(),
        [SendCall::FirstElectronic, SendCall::FirstPaperWithoutId]
    );
}

#[tokio::test]
async fn a_repeated_key_is_409_with_the_id_in_every_call() {
    let world = World::new().await;
    let file = world.first_file().await;
    let calls = [
        (ELECTRONIC_V1, electronic_v1("a")),
        (MULTICHANNEL_V1, multichannel_v1("b", &file)),
        (PAPER_V1, paper_v1("c", &file)),
    ];
    for (path, body) in calls {
        let id = world.post(path, &body).await.id();
        let again = world.post(path, &body).await;
        assert_eq!((again.status, again.json()["messageId"].as_i64()), (409, Some(id)), "{path}");
    }
    // Keys are one set over both versions.
    assert_eq!(world.post(ELECTRONIC, &electronic_body("a")).await.status, 409);
}

#[tokio::test]
async fn files_belong_to_their_call_and_recipient() {
    let world = World::new().await;
    let metadata = json!({"recipientId": AINO}).to_string();
    let id = |got: &Got| got.json()["attachmentId"].as_str().expect("an id").to_owned();
    for kind in ["image/gif", "text/csv", "application/zip", "application/pdf"] {
        assert_eq!(world.upload_first("/v1/attachments", kind, Some(&metadata)).await.status, 201, "{kind}");
    }
    world.upload_first("/v1/attachments", "video/mp4", Some(&metadata)).await.refused(415);
    for wrong in [None, Some("x"), Some("{}"), Some(r#"{"recipientId": "12345678"}"#)] {
        world.upload_first("/v1/attachments", "application/pdf", wrong).await.invalid();
    }
    world.upload_first("/v1/files", "image/png", None).await.refused(415);
    let own = id(&world.upload_first("/v1/attachments", "application/pdf", Some(&metadata)).await);
    let naming = |body: Value, id: &str| with(body, "/electronic/attachments", json!([{"attachmentId": id}]));
    let firm = with(naming(electronic_v1("a"), &own), "/recipient/id", json!(FIRM));
    world.post(ELECTRONIC_V1, &firm).await.invalid();
    world.post(ELECTRONIC, &naming(electronic_body("b"), &own)).await.invalid();
    world.post(ELECTRONIC_V1, &naming(electronic_v1("c"), &world.pdf().await)).await.invalid();
    world.post(ELECTRONIC_V1, &naming(electronic_v1("d"), &own)).await.id();
    let file = world.first_file().await;
    world.post(PAPER, &paper_body("e", &file)).await.refused(400);
    world.post(MULTICHANNEL_V1, &multichannel_v1("f", &own)).await.invalid();
    assert_eq!(world.sim.control.messages()[0].files.len(), 1);
}

#[tokio::test]
async fn an_answer_to_what_is_gone_is_sent_as_though_it_answered_nothing() {
    let world = World::new().await;
    let answer = |key: &str| with(electronic_v1(key), "/electronic/inReplyToMessageId", json!(17));
    let id = world.post(ELECTRONIC_V1, &answer("a")).await.id();
    assert_eq!(world.sim.control.messages()[0].thread_root, id);
    let away = with(electronic_v1("b"), "/recipient/id", json!(WITHOUT_MAILBOX));
    assert_eq!(world.post(ELECTRONIC_V1, &away).await.invalid()[0]["errorCode"], "MAILBOX_NOT_IN_USE");
}

#[tokio::test]
async fn the_first_feed_has_its_own_words() {
    let world = World::new().await;
    let control = &world.sim.control;
    let verifiable = with(electronic_body("a"), "/electronic/messageServiceType", json!("Verifiable"));
    let id = world.post(ELECTRONIC, &verifiable).await.id();
    control.confirm(id, "Aino Esimerkki").expect("confirmed");
    control.read(id).expect("read");
    control.write(SERVICE, Draft::default()).expect("a message");
    let letter = with(paper_body("b", &world.pdf().await), "/paperMail/messageServiceType", json!("Verifiable"));
    let letter = world.post(PAPER, &letter).await.id();
    control.print(letter).expect("printed");
    control.posti(letter, PostiOutcome::Unresolved { tracking_code: "JJFI1".to_owned() }).expect("told");
    let body = world.get("/v1/events").await.json();
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let events: Vec<_> = body["events"].as_array().expect("events").iter().collect();
    let words: Vec<String> = events
        .iter()
        .map(|event| {
            let direction = text(&event["metadata"], "direction");
            format!("{} / {} / {direction}", text(event, "entityType"), text(event, "eventType"))
        })
        .collect();
    assert_eq!(
        words,
        [
            "Electronic / Created / FROM_ORGANIZATION",
            "Electronic / Receipt confirmed / FROM_ORGANIZATION",
            "Electronic / Read / FROM_ORGANIZATION",
            "Electronic / Created / FROM_END_USER",
            "Paper mail / Created / FROM_ORGANIZATION",
            "Paper mail / Sent for printing and enveloping / FROM_ORGANIZATION",
            "Paper mail / Posti: Unresolved / FROM_ORGANIZATION",
        ]
    );
    let next = asking("/v1/events", "continuationToken", &text(&body, "continuationToken"));
    assert_eq!(world.get(&next).await.json()["events"], json!([]));
}

#[tokio::test]
async fn the_state_of_a_message_follows_it() {
    let mut world = World::new().await;
    let control = world.sim.control.clone();
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    let letter = world.post(PAPER, &paper_body("b", &world.pdf().await)).await.id();
    world.advance_hours(1);
    world.log_in_again().await;
    control.read(id).expect("read");
    control.print(letter).expect("printed");
    let words = |body: &Value, part: &str| -> Vec<(String, String)> {
        let statuses = body[part]["statuses"].as_array().expect("statuses").iter();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        statuses.map(|status| (text(&status["status"]), text(&status["createdAt"]))).collect()
    };
    let pair = |word: &str, at: &str| (word.to_owned(), at.to_owned());
    let (then, now) = ("2026-08-20T08:00:00Z", "2026-08-20T09:00:00Z");
    let body = world.get(&format!("/v1/messages/{id}/state")).await.json();
    assert_eq!(words(&body, "electronic"), [pair("Created", then), pair("Readable", then), pair("Read", now)]);
    assert!(body.get("paperMail").is_none());
    let body = world.get(&format!("/v1/messages/{letter}/state")).await.json();
    assert_eq!(words(&body, "paperMail"), [pair("Created", then), pair("Sent for printing and enveloping", now)]);
    let other = world.log_in(OTHER_SYSTEM).await;
    world.get_as(&other, &format!("/v1/messages/{id}/state")).await.refused(404);
}

#[tokio::test]
async fn an_end_users_message_has_the_thread_of_its_version() {
    let world = World::new().await;
    let root = world.post(ELECTRONIC, &electronic_body("a")).await.id();
    let reply = world.sim.control.reply(root, Draft::default()).expect("a reply");
    let thread = world.get(&format!("/v1/messages/{reply}")).await.json()["electronic"]["thread"].clone();
    assert_eq!(thread, json!({"rootMessageId": root, "inReplyToMessageId": root}));
}
