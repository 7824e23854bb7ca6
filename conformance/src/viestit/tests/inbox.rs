//! The inbox view and the control door: what people and scripts do by hand.

use super::*;

const FORM: &str = "application/x-www-form-urlencoded";

impl World {
    async fn page(&self, path: &str) -> Got {
        self.send(self.client.get(self.url(path))).await
    }

    /// Presses a button; gives the page to which it leads, or the refusal.
    async fn press(&self, members: &[(&str, &str)]) -> Got {
        let body: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(members).finish();
        let request = self.client.post(self.url("/inbox/act?lang=en")).header("content-type", FORM).body(body);
        self.send(request).await
    }

    async fn order(&self, order: &Value) -> Got {
        self.send(self.client.post(self.url("/control")).json(order)).await
    }
}

const HOSTILE: &str = "<script>alert('a')</script> & \"b\"";

#[tokio::test]
async fn a_letter_is_opened_confirmed_answered_and_deleted_by_its_buttons() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let body = with(electronic_body("a"), "/electronic/title", json!(HOSTILE));
    let body = with(body, "/electronic/body", json!(format!("Ensimmäinen rivi\n{HOSTILE}")));
    let body = with(body, "/electronic/attachments", json!([{"attachmentId": pdf}]));
    let id = world.post(ELECTRONIC, &with(body, "/electronic/messageServiceType", json!("Verifiable"))).await.id();
    let message = id.to_string();
    let act = |act: &'static str| [("act", act), ("person", "1"), ("message", message.as_str())];

    let closed = world.page("/inbox/people/1?lang=en").await;
    assert_eq!((closed.status, closed.kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(closed.text.contains("&lt;script&gt;alert(&apos;a&apos;)"), "{}", closed.text);
    assert!(!closed.text.contains("<script") && !closed.text.contains("Ensimmäinen rivi"), "{}", closed.text);
    let file = format!("/inbox/people/1/{message}/files/{pdf}");
    assert_eq!(world.page(&file).await.status, 404, "not before it is open");
    let refused = world.press(&act("read")).await;
    assert_eq!(refused.status, 409);
    assert!(refused.text.contains("confirm the receipt first"), "{}", refused.text);
    assert!(world.press(&act("confirm")).await.text.contains("receipt confirmed"));
    let open = world.press(&act("read")).await;
    assert_eq!(open.status, 200, "{}", open.text);
    assert!(open.text.contains("Ensimmäinen rivi\n&lt;script&gt;"), "{}", open.text);
    let got = world.client.get(world.url(&file)).send().await.expect("an answer");
    assert_eq!(got.headers()["content-disposition"], "attachment; filename*=UTF-8''paatos%2Epdf");
    let policy = got.headers()["content-security-policy"].to_str().expect("a text");
    assert!(policy.contains("default-src 'none'"), "{policy}");

    let mut answer = act("reply").to_vec();
    answer.extend([("title", "Kysymys"), ("body", HOSTILE)]);
    let answered = world.press(&answer).await;
    assert!(answered.text.contains("Kysymys → esimerkki_service_1"), "{}", answered.text);
    let reply = world.sim.control.user_messages().pop().expect("a reply");
    assert_eq!((reply.body.as_str(), reply.thread.map(|it| it.root_message_id)), (HOSTILE, Some(id)));
    assert!(world.press(&act("delete")).await.text.contains("deleted"));
    let written = [("act", "write"), ("person", "1"), ("service", SERVICE), ("title", "Uusi"), ("body", "Hei")];
    world.press(&written).await;
    let types = [
        "Electronic message created",
        "Receipt confirmed",
        "Electronic message read",
        "Electronic message from end user",
        "Electronic message from end user",
    ];
    assert_eq!(world.event_types().await, types);
}

#[tokio::test]
async fn people_have_numbers_and_only_their_own_letters() {
    let world = World::new().await;
    let id = world.post(ELECTRONIC, &electronic_body("a")).await.id().to_string();
    let front = world.page("/inbox?lang=sv").await.text;
    assert!(front.contains("<html lang=\"sv\">") && front.contains("Postlåda"), "{front}");
    // One is oläst, none and two are olästa.
    assert!(front.contains("<td>1 (1 oläst)</td>") && front.contains("<td>0 (0 olästa)</td>"), "{front}");
    world.post(ELECTRONIC, &electronic_body("c")).await.id();
    assert!(world.page("/inbox?lang=sv").await.text.contains("<td>2 (2 olästa)</td>"));
    assert!(world.page("/inbox?lang=fi").await.text.contains("<td>2 (2 lukematta)</td>"));
    // No address has an identity code in it.
    let addresses: Vec<_> = front.split(['"']).filter(|piece| piece.starts_with('/')).collect();
    assert!(!addresses.is_empty() && !addresses.iter().any(|address| address.contains(AINO)), "{addresses:?}");
    assert!(world.page("/inbox/people/1").await.text.contains("Päätös"));
    assert!(!world.page("/inbox/people/2").await.text.contains("Päätös"));
    for path in ["/inbox/people/0", "/inbox/people/9", "/inbox/paper/1/files/7b1f0d3e-5a52-4a7e-9b1a-6f3f3c2c0001"] {
        assert_eq!(world.page(path).await.status, 404, "{path}");
    }
    let foreign = world.press(&[("act", "read"), ("person", "2"), ("message", &id)]).await;
    assert_eq!(foreign.status, 409);
    assert!(!world.sim.control.messages()[0].read);
    world.press(&[("act", "mailbox"), ("person", "1"), ("active", "false")]).await;
    world.post(ELECTRONIC, &electronic_body("b")).await.invalid();
}

#[tokio::test]
async fn letters_on_paper_go_through_the_printing_house_by_buttons() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let body = with(paper_body("a", &pdf), "/paperMail/messageServiceType", json!("Verifiable"));
    let body = with(body, "/paperMail/recipient/address/name", json!(HOSTILE));
    let id = world.post(PAPER, &body).await.id().to_string();
    let waiting = world.page("/inbox/paper?lang=en").await.text;
    assert!(
        waiting.contains("waits to be printed") && waiting.contains("&lt;script&gt;") && !waiting.contains("<script")
    );
    let early = world.press(&[("act", "posti"), ("message", &id), ("end", "returned")]).await;
    assert!(early.status == 409 && early.text.contains("not printed yet"), "{}", early.text);
    assert!(world.press(&[("act", "print"), ("message", &id)]).await.text.contains("Hand over against receipt"));
    let ended = world.press(&[("act", "posti"), ("message", &id), ("end", "returned")]).await;
    assert!(ended.text.contains("Posti has told how it ended"), "{}", ended.text);
    assert_eq!(world.event_types().await.last().map(String::as_str), Some("Posti: returned to sender"));
    assert_eq!(world.page(&format!("/inbox/paper/{id}/files/{pdf}")).await.text, "%PDF-1.7 example");
}

#[tokio::test]
async fn the_front_page_shows_notices_and_moves_the_clock() {
    let world = World::new().await;
    let own = json!({"fi": "Uusi päätös", "sv": "Nytt beslut", "en": "New decision"});
    let notice = "/electronic/notifications/customisedNewMessageNotification";
    world.post(ELECTRONIC, &with(electronic_body("a"), notice, json!({"title": own, "content": own}))).await.id();
    for _ in 0..7 {
        world.press(&[("act", "day")]).await;
    }
    let front = world.page("/inbox?lang=fi").await.text;
    assert!(front.contains("2026-08-27 08:00:00 UTC</time>: Muistutus lukemattomasta viestistä"), "{front}");
    assert!(front.contains("2026-08-20 08:00:00 UTC</time>: Uusi viesti") && front.contains("Nytt beslut"), "{front}");
    // The notice never says what the letter is about.
    assert!(!front.contains("Päätös on tehty"), "{front}");
}

#[tokio::test]
async fn no_other_site_and_no_other_host_may_press_or_look() {
    let world = World::new().await;
    let get = |path: &str| world.client.get(world.url(path));
    let foreign = [
        get("/inbox").header("host", "kunta.example"),
        get("/control").header("host", "kunta.example:80"),
        get("/inbox").header("origin", "http://kunta.example"),
        world
            .client
            .post(world.url("/inbox/act"))
            .header("origin", "null")
            .header("content-type", FORM)
            .body("act=day"),
        world
            .client
            .post(world.url("/control"))
            .header("origin", "https://kunta.example")
            .json(&json!({"act": "drop-tokens"})),
    ];
    for request in foreign {
        assert_eq!(world.send(request).await.status, 403);
    }
    let simple =
        world.client.post(world.url("/control")).header("content-type", "text/plain").body(r#"{"act":"drop-tokens"}"#);
    assert_eq!(world.send(simple).await.status, 415);
    assert_eq!(world.get("/v2/events").await.status, 200, "the token lives");
    assert_eq!(world.send(get("/inbox").header("origin", &world.sim.base_url)).await.status, 200);
    // Its own calls are not the service's.
    assert_eq!(world.sim.control.call_count(""), 0);
}

#[tokio::test]
async fn a_script_orders_and_looks() {
    let mut world = World::new().await;
    let done = |got: &Got| {
        assert_eq!(got.status, 200, "{}", got.text);
        got.json()
    };
    let printing = json!({"print-after-seconds": 60, "posti-after-seconds": 60, "ends": ["unresolved"]});
    done(&world.order(&json!({"act": "switches", "switches": {"printing": printing, "event-page": 2}})).await);
    done(&world.order(&json!({"act": "mailbox", "id": WITHOUT_MAILBOX, "active": true, "name": "Malli"})).await);
    done(&world.order(&json!({"act": "fault", "path": ELECTRONIC, "fault": {"kind": "status", "status": 502}})).await);
    world.post(ELECTRONIC, &electronic_body("a")).await.refused(502);
    let id = world.post(ELECTRONIC, &with(electronic_body("a"), "/recipient/id", json!(WITHOUT_MAILBOX))).await.id();
    done(&world.order(&json!({"act": "read", "messageId": id})).await);
    let file = json!({"name": "a.txt", "mediaType": "text/plain", "content": "aGVp"});
    let draft = json!({"title": "a", "body": "b", "files": [file], "owner": {"id": WITHOUT_MAILBOX, "name": "Malli"}});
    let reply = done(&world.order(&json!({"act": "reply", "messageId": id, "draft": draft})).await);
    assert_eq!(
        world.get(&format!("/v2/messages/{}", reply["messageId"])).await.json()["electronic"]["attachments"][0]["sizeBytes"],
        3
    );
    let letter = with(paper_body("b", &world.pdf().await), "/paperMail/messageServiceType", json!("Verifiable"));
    world.post(PAPER, &letter).await.id();
    let now = done(&world.order(&json!({"act": "advance", "seconds": 3600})).await);
    assert_eq!(now["now"], "2026-08-20T09:00:00Z");
    done(&world.order(&json!({"act": "repeat-events", "messageId": id})).await);
    done(&world.order(&json!({"act": "event", "system": SYSTEM, "type": "Odd", "metadata": {}})).await);
    world.log_in_again().await;
    assert_eq!(world.pages().await[0].len(), 2, "the page of the switch");
    assert_eq!(
        world.event_types().await,
        [
            "Electronic message created",
            "Electronic message read",
            "Electronic message from end user",
            "Paper mail created",
            "Sent for printing and enveloping",
            "Posti: unresolved",
            "Electronic message created",
            "Electronic message read",
            "Odd",
        ]
    );
    done(&world.order(&json!({"act": "drop-tokens"})).await);
    world.get("/v2/events").await.refused(401);
    let dump = done(&world.send(world.client.get(world.url("/control"))).await);
    assert_eq!(
        (dump["messages"][0]["recipientId"].as_str(), dump["messages"][0]["read"].as_bool()),
        (Some(WITHOUT_MAILBOX), Some(true))
    );
    assert_eq!(
        (dump["messages"][1]["channel"].as_str(), dump["userMessages"][0]["threadRoot"].as_i64()),
        (Some("paper"), Some(id))
    );
    assert!(!dump.to_string().contains(PASSWORD), "no password in a dump");
    for (wrong, status) in [
        (json!({"act": "read", "messageId": 1}), 409),
        (json!({"act": "read", "message": 1}), 400),
        (json!({"act": "sing"}), 400),
        (json!({"act": "switches", "switches": {"bearer": true}}), 400),
        (json!({"act": "write", "serviceId": "x", "draft": {"title": "a", "body": "b"}}), 409),
    ] {
        let got = world.order(&wrong).await;
        assert_eq!(got.status, status, "{wrong}: {}", got.text);
        assert!(got.json()["error"].is_string());
    }
}
