//! The HTTP door: login, limits, faults, shutdown.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Bench, START, config, put};
use crate::ptv::{Fault, FaultAction, PtvConfig, PtvProfile, PtvSimulator};

async fn bench(max_concurrent: usize) -> Bench {
    let clock = Arc::new(AtomicI64::new(START));
    let config = PtvConfig { max_concurrent, ..config(PtvProfile::Live2026, &clock) };
    let sim = PtvSimulator::start(config).await.unwrap();
    Bench { sim, profile: PtvProfile::Live2026, clock }
}

fn fault(action: FaultAction) -> Fault {
    Fault { method: None, path_contains: "/Service".to_owned(), times: 1, action }
}

#[tokio::test]
async fn ptv_a_01_login_over_http() {
    let b = bench(64).await;
    let client = reqwest::Client::new();
    let login = json!({ "username": "u@example.fi", "password": "secret" });
    let url = format!("{}/api/auth/api-login", b.sim.base_url);
    let answer: Value = client.post(url).json(&login).send().await.unwrap().json().await.unwrap();
    let token = answer["ptvToken"].as_str().unwrap();
    let service = format!("{}/api/v11/Service", b.sim.base_url);
    let made = client.post(&service).bearer_auth(token).json(&b.s()).send().await.unwrap();
    assert_eq!(made.status(), 200);
    let refused = client.post(&service).json(&b.s()).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert!(refused.headers().contains_key("www-authenticate"));
    assert!(refused.text().await.unwrap().is_empty());
    let form = client.post(format!("{}/connect/token", b.sim.base_url));
    let form = form
        .header("content-type", "application/x-www-form-urlencoded")
        .body("username=u%40example.fi&password=secret");
    assert_eq!(form.send().await.unwrap().status(), 200);
    let as_json = client.post(format!("{}/connect/token", b.sim.base_url)).json(&login).send().await.unwrap();
    assert_eq!(as_json.status(), 500);
    assert_eq!((b.sim.writes().of("Service"), b.sim.writes().accepted(), b.sim.logins()), (1, 1, 2));
    b.sim.stop().await;
}

#[tokio::test]
async fn ptv_a_13_too_many_at_once() {
    let b = bench(1).await;
    b.sim.inject(fault(FaultAction::Delay(Duration::from_secs(2))));
    let client = reqwest::Client::new();
    let url = format!("{}/api/v11/Service", b.sim.base_url);
    let calls = (0..2).map(|_| client.get(&url).send());
    let mut statuses: Vec<u16> = futures_util::future::join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().status().as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 429]);
}

#[tokio::test]
async fn ptv_m_43_cut_after_the_save_leaves_one_entity() {
    let b = bench(64).await;
    let token = b.sim.token_for("u@example.fi").unwrap();
    let client = reqwest::Client::new();
    let url = format!("{}/api/v11/Service", b.sim.base_url);
    for (action, made) in [(FaultAction::CutBefore, 0), (FaultAction::CutAfter, 1)] {
        b.sim.inject(fault(action));
        let answer = client.post(&url).bearer_auth(&token).json(&b.s()).send().await;
        let read = match answer {
            Ok(answer) => answer.bytes().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(read.is_err(), "the answer must not arrive");
        assert_eq!(b.sim.writes().accepted(), made);
    }
    let source = format!("{url}/sourceId/t.s.1");
    let again = client.put(source).bearer_auth(&token).json(&put(json!({}))).send().await.unwrap();
    assert_eq!(again.status(), 200);
}

#[tokio::test]
async fn ptv_faults_answer_once_and_pass_by_other_paths() {
    let b = bench(64).await;
    b.sim.inject(fault(FaultAction::Status(503, "away".to_owned())));
    let get = |path: &str| reqwest::get(format!("{}/api/v11/{path}", b.sim.base_url));
    assert_eq!(get("Organization").await.unwrap().status(), 200);
    assert_eq!(get("Service").await.unwrap().status(), 503);
    assert_eq!(get("Service").await.unwrap().status(), 200);
}
