//! Senders that are told at an address of theirs.

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::*;
use crate::telemetry::WEBHOOK_GIVEN_UP;

const SECRET: &str = "not-a-real-webhook-secret";

async fn webhooks(bench: &Bench, url: &str) -> Webhooks {
    let hook = Hook {
        tenant: "turku".into(),
        client: CLIENT.to_owned(),
        url: format!("{url}/told"),
        secret: SecretString::from(SECRET),
    };
    let (store, world) = (bench.scratch.store.clone(), bench.scratch.world.clone());
    let webhooks = Webhooks::new(vec![hook], store, world, bench.metrics.clone()).unwrap();
    webhooks.begin().await.unwrap();
    webhooks
}

fn answer(status: u16) -> (u16, &'static str, String) {
    (status, "", String::new())
}

/// The body of a call whose signature is right.
fn verified(request: &str) -> Value {
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let header =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("silta-signature:").map(str::to_owned));
    let header = header.expect("a signature");
    let (time, mac) = header.trim().strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect("its form");
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    hmac::verify(&key, format!("{time}.{body}").as_bytes(), &hex::decode(mac).unwrap()).expect("signed");
    assert!(hmac::verify(&key, format!("{time}0.{body}").as_bytes(), &hex::decode(mac).unwrap()).is_err());
    serde_json::from_str(body).expect("JSON")
}

#[tokio::test]
async fn a_webhook_is_told_signed_in_order_and_of_its_own_letters_only() {
    let bench = Bench::new().await;
    bench.accept(draft("before", &[AINO])).await;
    bench.run().await;
    let receiver = raw::Raw::start(vec![answer(204), answer(204)]).await;
    let webhooks = webhooks(&bench, &receiver.url).await;
    assert!(!webhooks.run_due().await.unwrap(), "what was before stands in the feed");
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.accept_from(OTHER_CLIENT, draft("theirs", &[BENGT])).await.unwrap();
    bench.run().await;
    assert!(webhooks.run_due().await.unwrap());
    bench.feed.poll().await.unwrap();
    assert!(webhooks.run_due().await.unwrap());
    assert!(!webhooks.run_due().await.unwrap());
    let calls: Vec<Value> = receiver.requests().iter().map(|request| verified(request)).collect();
    assert_eq!((&calls[0]["tenant"], &calls[0]["client"]), (&json!("turku"), &json!(CLIENT)));
    let states = |call: &Value, order: &str| {
        let events = call["events"].as_array().unwrap().clone();
        let ours = events.into_iter().filter(|event| event["orderId"] == order);
        ours.map(|event| event["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (states(&calls[0], "o-1"), states(&calls[1], "o-1")),
        (vec!["submitted".to_owned()], vec!["delivered".to_owned()])
    );
    assert!(calls.iter().all(|call| states(call, "theirs").is_empty()));
    assert_eq!(calls[0]["events"][0]["id"], accepted.id);
    for request in receiver.requests() {
        assert!(!request.contains(AINO) && !request.contains("Päätös"), "{request}");
    }
}

#[tokio::test]
async fn a_webhook_that_fails_for_five_days_is_an_alarm_and_tried_once_a_day() {
    let bench = Bench::new().await;
    // A redirect is no success, and is not followed.
    let mut answers = vec![answer(500), (302, "Location: http://127.0.0.1:1/elsewhere\r\n", String::new())];
    answers.extend((0..200).map(|_| answer(503)));
    let receiver = raw::Raw::start(answers).await;
    let failing = webhooks(&bench, &receiver.url).await;
    bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let given_up = || bench.metrics.is_webhook_given_up("turku") && bench.metrics.is_alarmed(WEBHOOK_GIVEN_UP);
    let mut calls = 0;
    for _ in 0..200 {
        calls += usize::from(failing.run_due().await.unwrap());
        if given_up() {
            break;
        }
        let status = failing.status("turku").await.unwrap();
        assert!(!status[0].given_up && status[0].failing_since.is_some(), "{status:?}");
        bench.advance(Duration::from_hours(1));
    }
    assert!(given_up());
    assert!((5..30).contains(&calls), "with growing pauses: {calls}");
    let status = failing.status("turku").await.unwrap();
    assert!(status[0].given_up && status[0].next_attempt.is_some(), "{status:?}");
    assert_eq!((status.len(), status[0].client.as_str()), (1, CLIENT));
    assert!(failing.status("naantali").await.unwrap().is_empty());
    // It is not forgotten: about one call a day, for as long as it takes.
    let mut a_week = 0;
    for _ in 0..7 * 24 {
        bench.advance(Duration::from_hours(1));
        a_week += usize::from(failing.run_due().await.unwrap());
    }
    assert!((5..=10).contains(&a_week), "{a_week} calls in seven days");
    let first = verified(&receiver.requests()[0]);
    for request in receiver.requests() {
        assert_eq!(verified(&request), first, "the same events each time");
    }

    // The next start tries at once, and knows that it was given up; one success ends it.
    let mended = raw::Raw::start(vec![answer(503), answer(200)]).await;
    let webhooks = webhooks(&bench, &mended.url).await;
    assert!(webhooks.run_due().await.unwrap());
    assert!(given_up() && mended.requests().len() == 1);
    bench.advance(Duration::from_hours(30));
    assert!(webhooks.run_due().await.unwrap());
    assert_eq!(verified(&mended.requests()[1])["events"], first["events"]);
    assert!(!bench.metrics.is_webhook_given_up("turku") && !bench.metrics.is_alarmed(WEBHOOK_GIVEN_UP));
    let status = webhooks.status("turku").await.unwrap();
    assert_eq!((status[0].given_up, status[0].attempts, &status[0].failing_since), (false, 0, &None));
}
