//! MUL and PAP.

use super::*;

#[tokio::test]
async fn viestit_mul_01_03_active_mailbox_gets_no_paper() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let got = world.post(MULTICHANNEL, &multichannel_body("a", &pdf)).await;
    let id = got.id();
    assert_eq!(got.json(), json!({"messageId": id}));
    assert_eq!(world.event_types().await, ["Electronic message created"]);
    assert_eq!(world.sim.control.print(id), Err(ControlError::WrongChannel));
    assert_eq!(world.sim.control.print_all(), 0);
}

#[tokio::test]
async fn viestit_mul_02_without_mailbox_it_goes_to_print() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let body = with(multichannel_body("a", &pdf), "/recipient/id", json!(WITHOUT_MAILBOX));
    let id = world.post(MULTICHANNEL, &body).await.id();
    assert_eq!(world.event_types().await, ["Paper mail created"]);
    assert_eq!(world.sim.control.read(id), Err(ControlError::WrongChannel));
    assert_eq!(world.sim.control.print_all(), 1);
    assert_eq!(world.event_types().await, ["Paper mail created", "Sent for printing and enveloping"]);
}

#[tokio::test]
async fn viestit_mul_05_14_each_required_member() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let paper = [
        "/paperMail",
        "/paperMail/attachments",
        "/paperMail/colorPrinting",
        "/paperMail/createAddressPage",
        "/paperMail/messageServiceType",
        "/paperMail/printingAndEnvelopingService",
        "/paperMail/printingAndEnvelopingService/postiMessaging",
        "/paperMail/printingAndEnvelopingService/postiMessaging/username",
        "/paperMail/printingAndEnvelopingService/postiMessaging/password",
        "/paperMail/printingAndEnvelopingService/postiMessaging/contactDetails",
        "/paperMail/printingAndEnvelopingService/postiMessaging/contactDetails/email",
        "/paperMail/recipient",
        "/paperMail/recipient/address",
        "/paperMail/recipient/address/name",
        "/paperMail/recipient/address/streetAddress",
        "/paperMail/recipient/address/zipCode",
        "/paperMail/recipient/address/city",
        "/paperMail/recipient/address/countryCode",
        "/paperMail/sender",
        "/paperMail/sender/address/name",
        "/paperMail/rotateLandscapePages",
        "/paperMail/twoSidedPrinting",
    ];
    for pointer in paper {
        world.post(MULTICHANNEL, &without(multichannel_body("a", &pdf), pointer)).await.refused(400);
        world.post(PAPER, &without(paper_body("a", &pdf), pointer)).await.refused(400);
    }
    for pointer in ["/electronic", "/electronic/title", "/recipient", "/externalId", "/sender"] {
        world.post(MULTICHANNEL, &without(multichannel_body("a", &pdf), pointer)).await.refused(400);
    }
    assert!(world.sim.control.messages().is_empty());
}

#[tokio::test]
async fn viestit_mul_06_to_11_and_16_values() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let text = world.upload_named("file", "a.txt", "text/plain").await.json();
    let one = json!({"attachmentId": pdf});
    let service = "/paperMail/printingAndEnvelopingService";
    let posti = format!("{service}/postiMessaging");
    let address = "/paperMail/recipient/address";
    let cases = [
        ("/paperMail/attachments".to_owned(), json!([]), false),
        ("/paperMail/attachments".to_owned(), json!([one, one]), false),
        ("/paperMail/attachments".to_owned(), json!([text]), false),
        ("/paperMail/colorPrinting".to_owned(), json!("false"), false),
        ("/paperMail/messageServiceType".to_owned(), json!("verifiable"), false),
        (format!("{posti}/username"), json!("00001"), false),
        (format!("{posti}/password"), json!("TEST5"), false),
        (format!("{service}/costPool"), json!("A".repeat(15)), true),
        (format!("{service}/costPool"), json!("A".repeat(16)), false),
        (format!("{service}/costPool"), json!(""), false),
        (format!("{service}/costPool"), json!("abc"), false),
        (format!("{service}/costPool"), json!("aB"), true), // the pattern is not anchored
        (format!("{address}/countryCode"), json!("FI"), true),
        (format!("{address}/countryCode"), json!("XK"), true),
        (format!("{address}/countryCode"), json!("XX"), true),
        (format!("{address}/countryCode"), json!("FIN"), false),
        (format!("{address}/countryCode"), json!("fi"), false),
        (format!("{address}/additionalName"), json!(""), false),
        (format!("{address}/additionalName"), json!("c/o Malli"), true),
        (format!("{address}/zipCode"), json!("1".repeat(65)), false),
        (format!("{posti}/contactDetails/email"), json!("a@bc"), false),
        (format!("{posti}/contactDetails/email"), json!("a@b.c"), true),
    ];
    for (at, (pointer, value, fits)) in cases.into_iter().enumerate() {
        let got = world.post(MULTICHANNEL, &with(multichannel_body(&at.to_string(), &pdf), &pointer, value)).await;
        if fits {
            got.id();
        } else {
            got.refused(400);
        }
    }
}

#[tokio::test]
async fn viestit_pap_01_02_paper_without_id() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let got = world.post(PAPER, &paper_body("a", &pdf)).await;
    let id = got.id();
    assert_eq!(world.event_types().await, ["Paper mail created"]);
    world.post(PAPER, &paper_body("a", &pdf)).await.refused(409);
    world.sim.control.switch(|switches| switches.paper_conflict_has_id = true);
    let again = world.post(PAPER, &paper_body("a", &pdf)).await;
    assert_eq!((again.status, again.json()["messageId"].as_i64()), (409, Some(id)));
    let messages = world.sim.control.messages();
    let paper = messages[0].paper.as_ref().expect("a paper part");
    assert_eq!((paper.account.username.as_str(), paper.recipient.city.as_str()), ("000001", "HELSINKI"));
    assert_eq!((messages.len(), messages[0].channel, messages[0].call), (1, Channel::Paper, SendCall::PaperWithoutId));
}

#[tokio::test]
async fn viestit_pap_04_05_posti_outcomes() {
    let world = World::new().await;
    let pdf = world.pdf().await;
    let code = || "JJFI00000000000000001".to_owned();
    let outcomes = [
        (
            PostiOutcome::Confirmed { tracking_code: code(), signature: "A. Esimerkki".to_owned() },
            "Posti: receipt confirmed",
        ),
        (PostiOutcome::Returned { tracking_code: code() }, "Posti: returned to sender"),
        (PostiOutcome::Unresolved { tracking_code: code() }, "Posti: unresolved"),
    ];
    let control = &world.sim.control;
    for (outcome, kind) in outcomes {
        let body = with(paper_body(kind, &pdf), "/paperMail/messageServiceType", json!("Verifiable"));
        let id = world.post(PAPER, &body).await.id();
        assert_eq!(control.posti(id, outcome.clone()), Err(ControlError::NotPrinted));
        control.print(id).expect("printed");
        control.posti(id, outcome.clone()).expect("told");
        assert_eq!(control.posti(id, outcome), Err(ControlError::Done));
        let last = world.feed().await.pop().expect("an event");
        assert_eq!((&last["type"], &last["metadata"]["postiTrackingCode"]), (&json!(kind), &json!(code())));
        let signature = last["metadata"].get("recipientSignature").and_then(Value::as_str);
        assert_eq!(signature, (kind == "Posti: receipt confirmed").then_some("A. Esimerkki"));
    }
    let normal = world.post(PAPER, &paper_body("normal", &pdf)).await.id();
    control.print(normal).expect("printed");
    assert_eq!(
        control.posti(normal, PostiOutcome::Returned { tracking_code: code() }),
        Err(ControlError::NotVerifiable)
    );
}
