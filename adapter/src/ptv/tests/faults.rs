//! PTV's refusals and the network's failures (ptv-in-api.md §9.11, M-39 to M-60).

use std::time::Duration;

use conformance::ptv::FaultAction;
use serde_json::json;

use super::{Bench, PASSWORD, find, not_found, slice};
use crate::model::Kind;

/// Organisations are in PTV; the service is wanted next.
async fn prepared() -> Bench {
    let bench = Bench::new().await;
    bench.sync(slice(&[])).await;
    bench
}

async fn published(bench: &Bench) -> bool {
    !bench.guid(Kind::Service, "101").is_empty() && bench.troubles().await.is_empty()
}

fn renamed() -> Vec<serde_json::Value> {
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"]["fi"] = "Varhaiskasvatus Turussa".into();
    all
}

#[tokio::test]
async fn ptv_m_39_a_locked_service_is_tried_later_and_never_posted() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let id = bench.guid(Kind::Service, "101");
    bench.sim.lock(&id);
    bench.sync(renamed()).await;
    bench.later(5).await;
    assert_eq!(bench.count("Service", "POST", 200) + bench.count("Service", "POST", 400), 1);
    let [trouble] = bench.troubles().await.try_into().expect("one");
    assert_eq!((trouble.state.as_str(), trouble.attempts), ("waiting", 2));
    assert!(trouble.reason.contains("locked"));
    bench.sim.unlock(&id);
    bench.later(60).await;
    assert!(published(&bench).await);
    assert!(bench.entity(Kind::Service, "101")["content"].to_string().contains("Varhaiskasvatus Turussa"));
}

#[tokio::test]
async fn ptv_m_40_a_missing_right_is_reported_and_never_posted() {
    let bench = prepared().await;
    bench.inject("PUT", "/Service/sourceId/", 1, not_found("User has no rights to update this entity."));
    bench.sync(slice(&["101"])).await;
    assert_eq!(bench.count("Service", "POST", 200), 0);
    let parked = bench.troubles().await;
    assert!(parked.iter().any(|it| it.kind == "service" && it.state == "parked" && it.reason.contains("no right")));
}

#[tokio::test]
async fn ptv_m_41_only_a_text_that_says_not_found_leads_to_a_post() {
    let bench = prepared().await;
    bench.inject("PUT", "/Service/sourceId/", 1, FaultAction::Status(404, "<html>gateway</html>".into()));
    bench.sync(slice(&["101"])).await;
    assert_eq!(bench.count("Service", "POST", 200), 0);
    bench.later(5).await;
    assert_eq!((bench.count("Service", "PUT", 404), bench.count("Service", "POST", 200)), (1, 1));
    assert!(published(&bench).await);
}

#[tokio::test]
async fn ptv_m_42_a_taken_source_id_leads_back_to_a_put() {
    for profile in [super::Profile::Live2026, super::Profile::Source34] {
        let bench = Bench::of(profile, |_| {}).await;
        let service = slice(&["101"]);
        bench.sync(service).await;
        let id = bench.guid(Kind::Service, "101");
        // PTV denies both ids, and does so again when everything is brought anew.
        bench.inject("PUT", &format!("/Service/{id}"), 2, not_found("Service with id not found."));
        bench.inject("PUT", "/Service/sourceId/", 2, not_found("Service with source id not found."));
        bench.sync(renamed()).await;
        assert_eq!(bench.count("Service", "POST", 400) + bench.count("Service", "POST", 500), 1);
        assert_eq!((bench.count("Service", "POST", 200), bench.guid(Kind::Service, "101")), (1, id));
        assert!(bench.entity(Kind::Service, "101")["content"].to_string().contains("Varhaiskasvatus Turussa"));
    }
}

#[tokio::test]
async fn ptv_m_43_an_answer_lost_after_a_post_makes_no_second_service() {
    let bench = prepared().await;
    bench.inject("POST", "/api/v11/Service", 1, FaultAction::CutAfter);
    let mut all = slice(&["101"]);
    all.retain(|it| it["laji"] == "palvelu" || it["laji"] == "palveluluokka");
    bench.sync(all).await;
    assert_eq!(bench.guid(Kind::Service, "101"), "");
    bench.later(5).await;
    assert_eq!((bench.count("Service", "POST", 200), bench.count("Service", "PUT", 200)), (1, 1));
    assert!(published(&bench).await);
}

#[tokio::test]
async fn ptv_m_44_a_dead_token_makes_one_login_and_a_second_401_stops() {
    let bench = prepared().await;
    let logins = bench.sim.logins();
    bench.sim.expire_tokens();
    bench.sync(slice(&["101"])).await;
    assert_eq!(bench.sim.logins(), logins + 1);
    assert!(published(&bench).await);

    bench.inject("PUT", "/Service/", 2, FaultAction::Status(401, String::new()));
    bench.sync(renamed()).await;
    let status = bench.worker.status().await.expect("a status");
    assert!(status.stopped.is_some_and(|why| why.contains("login")));
    let before = bench.sim.requests();
    bench.later(86_400).await;
    assert_eq!(bench.sim.requests(), before, "a refused login is not hammered");
}

#[tokio::test]
async fn ptv_m_45_a_poisonous_entity_is_parked_after_some_tries_and_the_others_go_on() {
    let bench = prepared().await;
    bench.inject("PUT", "sourceId/turku.service.101", 1000, FaultAction::Status(500, "{}".into()));
    bench.sync(slice(&["101", "102"])).await;
    assert_ne!(bench.guid(Kind::Service, "102"), "");
    let mut tries = 0;
    while bench.troubles().await.iter().any(|it| it.kind == "service" && it.state == "waiting") {
        tries += 1;
        assert!(tries < 20, "never parked");
        bench.later(86_400).await;
    }
    let troubles = bench.troubles().await;
    assert!(troubles.iter().any(|it| it.kind == "service" && it.code == "101" && it.state == "parked"), "{troubles:?}");
}

#[tokio::test]
async fn ptv_m_45_an_outage_opens_the_breaker_and_one_try_closes_it() {
    let bench = prepared().await;
    bench.inject("PUT", "/ServiceChannel/", 1000, FaultAction::Status(429, "too many".into()));
    let before = bench.sim.requests();
    bench.sync(slice(&["101", "102", "103", "104"])).await;
    let tried = bench.world.elapsed();
    let after = bench.worker.status().await.expect("a status").failed;
    assert!((5..=8).contains(&after), "in flight at most: {after}");
    assert!(bench.worker.idle(Duration::from_mins(5)).await.expect("read") >= Duration::from_secs(29), "{tried:?}");
    bench.later(31).await;
    assert_eq!(bench.worker.status().await.expect("a status").failed, after + 1, "one try");
    bench.sim.clear_faults();
    bench.later(31).await;
    bench.later(600).await;
    assert!(published(&bench).await, "{:?}", bench.troubles().await);
    assert!(bench.sim.requests() > before);
    assert_eq!(bench.refused(), []);
}

#[tokio::test]
async fn ptv_m_46_an_edit_in_ptvs_own_pages_is_waited_for() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let id = bench.guid(Kind::Service, "101");
    assert!(bench.sim.make_modified(&id));
    bench.sync(renamed()).await;
    let [trouble] = bench.troubles().await.try_into().expect("one");
    assert!(trouble.reason.contains("editing"), "{}", trouble.reason);
    assert!(bench.sim.publish(&id));
    bench.later(5).await;
    assert!(published(&bench).await);
}

#[tokio::test]
async fn ptv_m_30_swapped_names_are_reported_and_end() {
    let bench = Bench::new().await;
    let mut all = slice(&["101", "102"]);
    let owner = find(&mut all, "palvelu", "101")["vastuuorganisaatio"].clone();
    find(&mut all, "palvelu", "102")["vastuuorganisaatio"] = owner;
    bench.sync(all.clone()).await;
    let first = find(&mut all, "palvelu", "101")["nimi_kieliversiot"].clone();
    let second = find(&mut all, "palvelu", "102")["nimi_kieliversiot"].clone();
    find(&mut all, "palvelu", "101")["nimi_kieliversiot"] = second;
    find(&mut all, "palvelu", "102")["nimi_kieliversiot"] = first;
    bench.sync(all).await;
    for _ in 0..10 {
        bench.later(7_200).await;
    }
    let refused = bench.count("Service", "PUT", 400);
    assert!((2..=8).contains(&refused), "{refused}");
    let troubles = bench.troubles().await;
    assert!(troubles.iter().all(|it| it.state == "parked" && it.reason.contains("has this name")), "{troubles:?}");
    bench.later(86_400).await;
    assert_eq!(bench.count("Service", "PUT", 400), refused, "no endless 400");
}

#[tokio::test]
async fn ptv_m_53_a_wiped_environment_is_filled_again() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let connected = bench.connections();
    let entities = |bench: &Bench| bench.sim.dump()["entities"].as_object().map_or(0, serde_json::Map::len);
    let held = entities(&bench);
    bench.sim.wipe();
    bench.sync(renamed()).await;
    bench.later(30).await;
    assert_eq!(entities(&bench), held, "everything is there again, once");
    assert_eq!(bench.entity(Kind::Service, "101")["status"], "Published");
    assert_eq!(bench.connections(), connected, "{:?}", bench.troubles().await);
    assert!(published(&bench).await);
}

#[tokio::test]
async fn ptv_m_57_a_killed_process_leaves_nothing_half_done() {
    let bench = Bench::new().await;
    bench.accept(slice(&["101", "102"])).await;
    bench.inject("PUT", "/ServiceChannel/", 1000, FaultAction::Delay(Duration::from_millis(30)));
    // The process dies with calls in flight.
    let killed = tokio::time::timeout(Duration::from_millis(120), bench.run()).await;
    assert!(killed.is_err(), "it was still at work");
    let done = bench.sim.writes().accepted();
    bench.sim.clear_faults();
    let next = bench.second().await;
    for _ in 0..3 {
        while next.run_due().await.expect("works") {}
        bench.hand.advance(Duration::from_mins(6));
    }
    let entities = bench.sim.dump()["entities"].as_object().map_or(0, serde_json::Map::len);
    let twins = slice(&["101", "102"])
        .iter()
        .filter(|it| it["laji"] != "palveluluokka" && it["laji"] != "palvelutarjous")
        .count();
    assert_eq!(entities, twins, "each once");
    assert_eq!(next.status().await.expect("a status").waiting, 0);
    let repeated = bench.sim.writes().accepted() - done;
    assert!(done + repeated <= u64::try_from(twins).expect("small") + 2 + 4 + 4, "{done} and {repeated}");
}

#[tokio::test]
async fn a_foreign_lease_is_respected_until_it_ends() {
    use crate::store::mirrors;
    let bench = prepared().await;
    bench.accept(slice(&["101"])).await;
    let (now, minute) = (bench.world.now_micros(), 60_000_000);
    let claim = mirrors::Claim {
        tenant: "turku",
        kind: "service",
        owner: "another",
        now,
        until: now + minute,
        limit: 10,
        asked: false,
    };
    let taken = mirrors::claim(&bench.store, claim).await.expect("claimed");
    assert_eq!(taken.len(), 1);
    bench.run().await;
    assert_eq!(bench.guid(Kind::Service, "101"), "");
    bench.later(61).await;
    assert!(published(&bench).await);
}

#[tokio::test]
async fn a_strangers_answer_stops_the_tenant() {
    let bench = Bench::new().await;
    bench.sync(slice(&["101"])).await;
    let id = bench.guid(Kind::Service, "101");
    let stranger = json!({"id": id, "organizations": [
        {"roleType": "Responsible", "organization": {"id": "99999999-2222-4333-8444-555555555555"}}]});
    bench.inject("PUT", "/Service/", 1, FaultAction::Status(200, stranger.to_string()));
    bench.sync(renamed()).await;
    let status = bench.worker.status().await.expect("a status");
    assert!(status.stopped.is_some_and(|why| why.contains("not this tenant's")));
    let before = bench.sim.requests();
    bench.worker.want_all().await.expect("wanted");
    bench.later(3600).await;
    assert_eq!(bench.sim.requests(), before);
}

#[tokio::test]
async fn ptv_m_60_no_password_or_token_in_what_is_shown() {
    let bench = Bench::new().await;
    let token = bench.sim.token_for(super::USER).expect("a token");
    bench.inject("PUT", "/Service/", 1, FaultAction::CutBefore);
    bench.sync(slice(&["101"])).await;
    let shown = format!(
        "{:?} {:?} {:?}",
        bench.worker.settings(),
        bench.worker.status().await.expect("a status"),
        bench.troubles().await
    );
    assert!(shown.contains("connection"), "the failure is told: {shown}");
    assert!(!shown.contains(PASSWORD) && !shown.contains(&token));
}
