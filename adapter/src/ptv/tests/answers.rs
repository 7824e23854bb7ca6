//! What PTV says of things that it took, or can not take, and whose our source ids are.

use std::collections::BTreeMap;

use conformance::ptv::{FaultAction, PtvUser};
use serde_json::{Value, json};

use super::super::plan::Planned;
use super::super::profile::Profile;
use super::{Bench, ORGANISATION, PASSWORD, USER, find, slice};
use crate::model::Kind;

const RENAMED: &str = "new-api@turku.example";

/// The service and its offers, withdrawn.
fn withdrawn() -> Vec<Value> {
    let mut all = slice(&["101"]);
    all.retain(|it| it["laji"] == "palvelu" || it["laji"] == "palvelutarjous");
    for record in &mut all {
        record["tila"] = json!({"koodi": "4"});
    }
    all
}

#[tokio::test]
async fn ptv_m_37_a_removed_service_that_is_a_draft_in_ptv_is_reported_with_what_resolves_it() {
    for profile in [Profile::Live2026, Profile::Source34] {
        let bench = Bench::of(profile, |_| {}).await;
        bench.sync(slice(&["101"])).await;
        let guid = bench.guid(Kind::Service, "101");
        assert!(bench.sim.withdraw(&guid));
        bench.sync(withdrawn()).await;
        let troubles = bench.troubles().await;
        let told = troubles.iter().find(|it| it.kind == "service").expect("told");
        assert_eq!((told.state.as_str(), told.code.as_str()), ("parked", "101"));
        assert!(told.reason.contains("draft") && told.reason.contains("silta ptv sync"), "{}", told.reason);
        let before = bench.sim.requests();
        bench.later(86_400).await;
        assert_eq!(bench.sim.requests(), before, "nothing spins");

        // Somebody publishes it in PTV; then it can be archived.
        assert!(bench.sim.publish(&guid));
        bench.worker.want_all().await.expect("wanted");
        bench.run().await;
        assert_eq!(bench.sim.dump()["entities"][&guid]["status"], "Deleted");
        assert_eq!(bench.troubles().await, []);
    }
}

/// The answer of a connection call without its channels.
fn without_channels(bench: &Bench) -> FaultAction {
    let token = bench.sim.token_for(USER).expect("a user");
    let path = format!("/api/v11/Service/{}", bench.guid(Kind::Service, "101"));
    let (status, mut service) = bench.sim.handle("GET", &path, Some(&token), None);
    assert_eq!(status, 200, "{service}");
    service["serviceChannels"] = Value::Null;
    FaultAction::Status(200, service.to_string())
}

#[tokio::test]
async fn ptv_m_48_a_set_that_ptv_took_and_did_not_make_is_a_failure_and_is_tried_again() {
    let bench = Bench::new().await;
    let all = slice(&["101"]);
    let (offers, others): (Vec<Value>, Vec<Value>) = all.into_iter().partition(|it| it["laji"] == "palvelutarjous");
    bench.sync(others).await;
    bench.inject("PUT", "/Connection/", 1, without_channels(&bench));
    bench.sync(offers).await;
    let troubles = bench.troubles().await;
    let told = troubles.iter().find(|it| it.kind == "connections").expect("told");
    assert_eq!(told.state, "waiting");
    assert!(told.reason.contains("left"), "{}", told.reason);
    assert_eq!((bench.connections(), bench.worker.status().await.expect("a status").failed), (0, 1));
    bench.later(3600).await;
    assert!(bench.connections() > 0);
    assert_eq!(bench.troubles().await, []);

    // What never comes right ends with a person.
    let mut all = slice(&["101"]);
    let offer = all.iter_mut().find(|it| it["laji"] == "palvelutarjous").expect("an offer");
    offer["kuvaus_kieliversiot"] = json!({"fi": "Palvelua annetaan täällä."});
    bench.inject("PUT", "/Connection/", 100, without_channels(&bench));
    bench.sync(all).await;
    for _ in 0..6 {
        bench.later(86_400).await;
    }
    let troubles = bench.troubles().await;
    assert!(troubles.iter().any(|it| it.kind == "connections" && it.state == "parked"), "{troubles:?}");
}

#[tokio::test]
async fn a_connection_without_a_common_language_is_not_missed_in_the_answer() {
    let bench = Bench::new().await;
    let mut all = slice(&["101"]);
    // The service in Finnish alone, one channel in Finnish as well: the others keep what they share.
    let service = find(&mut all, "palvelu", "101");
    super::without(service, "sv");
    super::without(service, "en");
    bench.sync(all).await;
    assert_eq!((bench.troubles().await, bench.refused()), (vec![], vec![]));
    assert!(bench.connections() > 0);
}

fn source_ids(bench: &Bench, user: &str) -> BTreeMap<String, Value> {
    let token = bench.sim.token_for(user).expect("a user");
    let twins = ["service", "channel", "servicePoint"].map(|kind| (kind, slice(&["101"])));
    let mut found = BTreeMap::new();
    for (kind, records) in twins {
        for record in records {
            let code = record["koodi"].as_str().expect("a code").to_owned();
            let Some(guid) = bench.worker.twins().get(kind, &code).and_then(|twin| twin.guid) else { continue };
            let path = if kind == "service" { "Service" } else { "ServiceChannel" };
            let (_, read) = bench.sim.handle("GET", &format!("/api/v11/{path}/{guid}"), Some(&token), None);
            found.insert(format!("{kind}/{code}"), read["sourceId"].clone());
        }
    }
    found
}

#[tokio::test]
async fn ptv_m_54_another_name_of_the_api_user_is_noticed_and_source_ids_are_given_anew_by_guid() {
    let bench = Bench::of(Profile::Live2026, |config| {
        config.users.push(PtvUser::api(RENAMED, PASSWORD, ORGANISATION));
    })
    .await;
    bench.sync(slice(&["101"])).await;
    let posts = |bench: &Bench| bench.sim.writes().0.iter().filter(|((_, how, _), _)| how == "POST").count();
    let (made, before) = (posts(&bench), source_ids(&bench, USER));
    assert!(before.len() > 2 && before.values().all(Value::is_string), "{before:?}");
    assert!(source_ids(&bench, RENAMED).values().all(Value::is_null), "the new name has none");

    // The same installation after a restart with the new name. The next change of anything tells.
    let bench = bench.set(|settings| settings.username = RENAMED.into()).await;
    let mut all = slice(&["101"]);
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"]["fi"] = "Päiväkodit Turussa.".into();
    bench.sync(all).await;
    assert_eq!(source_ids(&bench, RENAMED), before, "under the new name as under the old");
    assert_eq!(posts(&bench), made, "nothing is created");
    assert_eq!((bench.refused(), bench.troubles().await), (vec![], vec![]));
    assert!(bench.worker.plan().iter().all(|step| step.act == Planned::Unchanged));

    // It is done once.
    let writes = bench.sim.writes().total();
    let bench = bench.set(|settings| settings.username = RENAMED.into()).await;
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), writes);
}

#[tokio::test]
async fn a_change_of_name_that_was_cut_short_is_finished_after_the_next_start() {
    let bench = Bench::of(Profile::Live2026, |config| {
        config.users.push(PtvUser::api(RENAMED, PASSWORD, ORGANISATION));
    })
    .await;
    bench.sync(slice(&["101"])).await;
    let before = source_ids(&bench, USER);
    let bench = bench.set(|settings| settings.username = RENAMED.into()).await;
    bench.worker.want_all().await.expect("wanted");
    // One round only, then the process ends.
    assert!(bench.worker.run_due().await.expect("works"));
    let bench = bench.set(|settings| settings.username = RENAMED.into()).await;
    bench.run().await;
    assert_eq!(source_ids(&bench, RENAMED), before);
}
