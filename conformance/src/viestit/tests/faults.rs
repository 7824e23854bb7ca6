//! The faults of §6.12, the record of calls, and the end of a simulator.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn statuses_before_and_after_commit() {
    let world = World::new().await;
    let control = &world.sim.control;
    control.fault(ELECTRONIC, Fault::Status(502), 2);
    control.fault(ELECTRONIC, Fault::StatusAfterCommit(504), 1);
    let body = electronic_body("a");
    world.post(ELECTRONIC, &body).await.refused(502);
    // Other paths are not touched.
    assert_eq!(world.get("/v2/events").await.status, 200);
    world.post(ELECTRONIC, &body).await.refused(502);
    assert!(control.messages().is_empty());
    world.post(ELECTRONIC, &body).await.refused(504);
    assert_eq!(control.messages().len(), 1);
    assert_eq!(world.post(ELECTRONIC, &body).await.status, 409);
    let statuses: Vec<_> =
        control.calls().into_iter().filter(|call| call.path == ELECTRONIC).map(|call| call.status).collect();
    assert_eq!(statuses, [Some(502), Some(502), Some(504), Some(409)]);
    assert_eq!((control.call_count(ELECTRONIC), control.call_count("/v1/token")), (4, 1));
}

#[tokio::test]
async fn cuts_before_and_after_commit() {
    let world = World::new().await;
    let control = &world.sim.control;
    for (fault, stored) in [(Fault::CutBeforeCommit, 0), (Fault::CutAfterCommit, 1)] {
        control.fault(ELECTRONIC, fault, 1);
        let request = world.client.post(world.url(ELECTRONIC)).bearer_auth(&world.token).json(&electronic_body("a"));
        assert!(request.send().await.is_err());
        assert_eq!(control.messages().len(), stored);
    }
    assert_eq!(world.post(ELECTRONIC, &electronic_body("a")).await.status, 409);
    assert_eq!(control.call_count(ELECTRONIC), 3);
}

#[tokio::test]
async fn odd_answers() {
    let world = World::new().await;
    let control = &world.sim.control;
    let orders = [
        Fault::TooLargeText,
        Fault::TooManyRequests(Some(30)),
        Fault::HtmlPage(503),
        Fault::BrokenJson,
        Fault::Status(500),
    ];
    for fault in orders {
        control.fault(ELECTRONIC, fault, 1);
    }
    let body = electronic_body("a");
    let got = world.post(ELECTRONIC, &body).await;
    assert_eq!((got.status, got.kind.as_str()), (413, "text/plain"));
    let request = world.client.post(world.url(ELECTRONIC)).bearer_auth(&world.token).json(&body);
    let limited = request.send().await.expect("an answer");
    assert_eq!(limited.status().as_u16(), 429);
    assert_eq!(limited.headers().get("retry-after").map(reqwest::header::HeaderValue::as_bytes), Some(&b"30"[..]));
    let got = world.post(ELECTRONIC, &body).await;
    assert!(got.status == 503 && got.kind.starts_with("text/html") && got.text.contains("<html>"));
    assert!(control.messages().is_empty());
    let got = world.post(ELECTRONIC, &body).await;
    assert!(got.status == 200 && got.kind == "application/json" && !got.text.is_empty());
    assert!(serde_json::from_str::<Value>(&got.text).is_err());
    assert_eq!(control.messages().len(), 1);
    control.clear_faults();
    assert_eq!(world.post(ELECTRONIC, &body).await.status, 409);
}

#[tokio::test]
async fn a_delay_holds_the_call_and_then_carries_it_out() {
    let world = World::new().await;
    world.sim.control.fault(ELECTRONIC, Fault::Delay(Duration::from_millis(80)), 1);
    let start = Instant::now();
    world.post(ELECTRONIC, &electronic_body("a")).await.id();
    assert!(start.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn unknown_paths_and_methods() {
    let world = World::new().await;
    world.get("/v2/nothing").await.refused(404);
    world.get(ELECTRONIC).await.refused(405);
    world.sim.control.drop_tokens();
    world.get("/v2/events").await.refused(401);
}

#[tokio::test]
async fn shutdown_frees_the_port() {
    // An address of its own, so that no other test can take the port in between.
    let config = |port| ViestitConfig { listen: ([127, 0, 0, 3], port).into(), ..ViestitConfig::default() };
    let first = ViestitSimulator::start(config(0)).await.expect("a free port");
    let base_url = first.base_url.clone();
    let client = Client::new();
    assert!(client.get(format!("{base_url}/v2/events")).send().await.is_ok());
    first.shutdown().await;
    assert!(client.get(format!("{base_url}/v2/events")).send().await.is_err());
    let port = base_url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let again = ViestitSimulator::start(config(port)).await.expect("the same port");
    assert_eq!(again.base_url, base_url);
}
