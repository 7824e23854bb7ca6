//! Collections of services: complete state always, after everything that they name, and what PTV keeps of them told.

use serde_json::{Value, json};

use super::super::drift::Class;
use super::super::plan::Planned;
use super::super::profile::Profile;
use super::{Bench, ORGANISATION, find, key, not_found, slice};
use crate::model::Kind;

const FOREIGN: &str = "99999999-8888-4777-8666-555555555555";

/// Two services with what they name, and a collection of both with one channel and one place.
fn sample() -> Vec<Value> {
    let mut all = slice(&["101", "102"]);
    let first = |laji: &str| {
        let found = all.iter().find(|it| it["laji"] == laji);
        json!([{"koodi": found.expect("in the slice")["koodi"]}])
    };
    let (channels, points) = (first("palvelukanava"), first("palvelupiste"));
    all.push(json!({
        "laji": "palvelukokonaisuus", "koodi": "lapsi",
        "nimi_kieliversiot": {"fi": "Lapsen syntymä", "sv": "Ett barn föds"},
        "tiivistelma_kieliversiot": {"fi": "Palvelut lapsen syntyessä.", "sv": "Tjänster då ett barn föds."},
        "kuvaus_kieliversiot": {"fi": "Tähän on koottu palvelut perheelle, johon syntyy lapsi."},
        "palvelut": [{"koodi": "101"}, {"koodi": "102"}], "kanavat": channels, "palvelupisteet": points,
    }));
    all
}

fn withdraw(all: &mut [Value], which: impl Fn(&Value) -> bool) {
    for record in all.iter_mut().filter(|it| which(it)) {
        record["tila"] = json!({"koodi": "4"});
    }
}

impl Bench {
    fn collection(&self) -> Value {
        self.entity(Kind::Collection, "lapsi")
    }

    fn members(&self) -> (Vec<String>, usize) {
        let held = self.collection()["content"].clone();
        let services = held["services"].as_array().into_iter().flatten().filter_map(Value::as_str);
        (services.map(str::to_owned).collect(), held["serviceChannels"].as_array().map_or(0, Vec::len))
    }
}

#[tokio::test]
async fn ptv_m_35_collections_come_after_everything_that_they_name_in_both_profiles() {
    for profile in [Profile::Live2026, Profile::Source34] {
        let bench = Bench::of(profile, |_| {}).await;
        bench.accept(sample()).await;
        let plan = bench.worker.plan();
        let last = plan.last().expect("a step");
        assert_eq!((last.kind, last.act, last.calls), ("collection", Planned::AfterOthers, 2));
        assert!(last.waits_for.contains(&key(Kind::Service, "101")), "{:?}", last.waits_for);
        bench.run().await;
        assert_eq!((bench.refused(), bench.troubles().await), (vec![], vec![]));
        assert_eq!(bench.count("ServiceCollection", "POST", 200), 1);
        assert_eq!(bench.count("ServiceCollection", "PUT", 200), 0, "one call makes it whole");
        let services = vec![bench.guid(Kind::Service, "101"), bench.guid(Kind::Service, "102")];
        assert_eq!(bench.members(), (services, 2));
        let twin = bench.worker.twins().get("collection", "lapsi").expect("a twin");
        assert_eq!((twin.source_id.as_str(), twin.languages.as_str()), ("turku.collection.lapsi", "fi,sv"));
        assert_eq!(bench.collection()["content"]["organizationId"], ORGANISATION);

        // What was sent is read back as equal, and nothing is sent again.
        let report = bench.worker.look(None).await.expect("looks");
        assert!(report.drift.is_empty() && report.looked_at("collection", "lapsi"), "{:?}", report.drift);
        let before = bench.sim.writes().total();
        bench.worker.want_all().await.expect("wanted");
        bench.run().await;
        assert_eq!(bench.sim.writes().total(), before);
        assert!(bench.worker.plan().iter().all(|step| step.act == Planned::Unchanged));
    }
}

#[tokio::test]
async fn ptv_k_04_a_member_that_leaves_is_gone_after_one_put() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    find(&mut all, "palvelukokonaisuus", "lapsi")["palvelut"] = json!([{"koodi": "102"}]);
    find(&mut all, "palvelukokonaisuus", "lapsi")["kanavat"] = json!([]);
    let before = bench.sim.writes().total();
    bench.sync(all).await;
    assert_eq!(bench.members(), (vec![bench.guid(Kind::Service, "102")], 1));
    assert_eq!((bench.sim.writes().total(), bench.count("ServiceCollection", "PUT", 200)), (before + 1, 1));
}

#[tokio::test]
async fn ptv_k_05_an_emptied_collection_is_empty() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    for member in ["palvelut", "kanavat", "palvelupisteet"] {
        find(&mut all, "palvelukokonaisuus", "lapsi")[member] = json!([]);
    }
    bench.sync(all).await;
    assert_eq!((bench.members(), bench.refused()), ((vec![], 0), vec![]));
}

#[tokio::test]
async fn ptv_k_06_a_name_that_ptv_keeps_is_told_and_is_no_drift() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    let collection = find(&mut all, "palvelukokonaisuus", "lapsi");
    collection["nimi_kieliversiot"] = json!({"fi": "Lapsi syntyy"});
    collection["tiivistelma_kieliversiot"] = json!({"fi": "Palvelut lapsen syntyessä."});
    collection["kuvaus_kieliversiot"] = json!({});
    bench.sync(all.clone()).await;
    let names = bench.collection()["content"]["serviceCollectionNames"].clone();
    assert_eq!(names.as_array().map(Vec::len), Some(2), "PTV keeps the Swedish one: {names}");
    let told = |bench: &Bench| -> Vec<(String, &'static str)> {
        let plan = bench.worker.plan();
        let step = plan.iter().find(|it| it.kind == "collection").expect("planned");
        assert_eq!(step.act, Planned::Unchanged);
        step.findings.iter().filter(|it| it.rule == "not-emptied").map(|it| (it.field.clone(), it.rule)).collect()
    };
    let kept = ["nimi_kieliversiot.sv", "kuvaus_kieliversiot.sv", "kuvaus_kieliversiot.fi"];
    let told_now = told(&bench);
    for field in kept {
        assert!(told_now.iter().any(|(told, _)| told == field), "{field}: {told_now:?}");
    }
    assert!(bench.worker.look(None).await.expect("looks").drift.is_empty());
    let before = bench.sim.writes().total();
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(bench.sim.writes().total(), before, "no endless difference");

    // Another change does not make it forget what PTV holds.
    find(&mut all, "palvelukokonaisuus", "lapsi")["nimi_kieliversiot"]["fi"] = "Perheeseen syntyy lapsi".into();
    bench.sync(all).await;
    assert_eq!(told(&bench).len(), told_now.len());
    assert!(bench.worker.look(None).await.expect("looks").drift.is_empty());
}

#[tokio::test]
async fn ptv_g_21_a_text_without_a_name_in_its_language_is_not_sent() {
    let bench = Bench::new().await;
    let mut all = sample();
    find(&mut all, "palvelukokonaisuus", "lapsi")["nimi_kieliversiot"] = json!({"fi": "Lapsen syntymä"});
    bench.sync(all).await;
    assert_eq!((bench.refused(), bench.collection()["languages"].clone()), (vec![], json!(["fi"])));
    let plan = bench.worker.plan();
    let step = plan.iter().find(|it| it.kind == "collection").expect("planned");
    assert!(step.findings.iter().any(|it| it.field == "nimi_kieliversiot.sv"), "{:?}", step.findings);
}

#[tokio::test]
async fn ptv_m_36_a_removed_service_leaves_its_connections_and_collections() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    let gone = bench.guid(Kind::Service, "101");
    withdraw(&mut all, |it| it["laji"] == "palvelutarjous" && it["palvelut"][0]["koodi"] == "101");
    bench.accept(all.clone()).await;
    withdraw(&mut all, |it| it["laji"] == "palvelu" && it["koodi"] == "101");
    bench.sync(all.clone()).await;
    assert_eq!(bench.sim.dump()["entities"][&gone]["status"], "Deleted");
    let left = bench.sim.dump()["connections"].to_string();
    assert!(!left.contains(&gone), "{left}");
    assert_eq!(bench.members().0, [bench.guid(Kind::Service, "102")]);
    assert_eq!((bench.refused(), bench.troubles().await), (vec![], vec![]));

    // All of it withdrawn before a call is made: the collection is archived though its members were before it.
    withdraw(&mut all, |it| it["laji"] == "palvelutarjous");
    bench.accept(all.clone()).await;
    withdraw(&mut all, |it| it["laji"] != "organisaatio" && it["laji"] != "palveluluokka");
    bench.sync(all.clone()).await;
    let waits = bench.worker.status().await.expect("a status");
    if waits.held > 0 {
        bench.worker.ask(bench.worker.whole_plan(), None, true).await.expect("asked");
        bench.run().await;
    }
    assert_eq!(bench.collection()["status"], "Deleted");
    assert_eq!(bench.refused(), []);

    // And it comes back under its GUID.
    let guid = bench.worker.twins().get("collection", "lapsi").and_then(|twin| twin.guid);
    for record in &mut all {
        record["tila"] = json!({"koodi": "1"});
    }
    bench.sync(all).await;
    assert_eq!((bench.collection()["status"].clone(), bench.refused()), (json!("Published"), vec![]));
    assert_eq!(bench.worker.twins().get("collection", "lapsi").and_then(|twin| twin.guid), guid);
    assert_eq!(bench.members().0.len(), 2);
}

#[tokio::test]
async fn a_member_that_is_not_sent_is_left_out_and_its_coming_completes_the_collection() {
    let bench = Bench::new().await;
    let mut all = sample();
    let sound = find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"].clone();
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"] = json!({"fi": "x".repeat(151)});
    bench.sync(all.clone()).await;
    bench.later(3600).await;
    assert_eq!(bench.members().0, [bench.guid(Kind::Service, "102")]);
    let plan = bench.worker.plan();
    let step = plan.iter().find(|it| it.kind == "collection").expect("planned");
    assert_eq!((step.act, &step.waits_for), (Planned::Unchanged, &vec![]));
    find(&mut all, "palvelu", "101")["tiivistelma_kieliversiot"] = sound;
    bench.sync(all).await;
    assert_eq!(bench.members().0.len(), 2);
}

#[tokio::test]
async fn a_draft_of_a_member_leaves_the_collection_at_once() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    let draft = find(&mut all, "palvelu", "101");
    draft["tila"] = json!({"koodi": "2"});
    let draft = draft.clone();
    bench.sync(vec![draft]).await;
    assert_eq!(bench.members().0, [bench.guid(Kind::Service, "102")]);
}

#[tokio::test]
async fn a_collection_of_another_organisation_stops_the_tenant() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    let guid = bench.guid(Kind::Collection, "lapsi");
    assert!(bench.sim.edit(&guid, "organizationId", json!(FOREIGN)));
    let report = bench.worker.look(None).await.expect("looks");
    let strangers: Vec<_> = report.drift.iter().filter(|it| it.class == Class::Stranger).collect();
    assert!(strangers.iter().any(|it| it.kind == "collection"), "{:?}", report.drift);

    // And so does an answer that names one.
    let answer = json!({"id": guid, "organization": {"id": FOREIGN}}).to_string();
    bench.inject("PUT", "/ServiceCollection/", 1, conformance::ptv::FaultAction::Status(200, answer));
    find(&mut all, "palvelukokonaisuus", "lapsi")["nimi_kieliversiot"]["fi"] = "Lapsi syntyy".into();
    bench.sync(all).await;
    let status = bench.worker.status().await.expect("a status");
    assert!(status.stopped.is_some_and(|it| it.contains("not this tenant's")));
}

#[tokio::test]
async fn an_edit_an_archiving_and_a_lock_of_a_collection_are_handled_as_of_others() {
    let bench = Bench::new().await;
    let mut all = sample();
    bench.sync(all.clone()).await;
    let guid = bench.guid(Kind::Collection, "lapsi");
    bench.hand.advance(std::time::Duration::from_mins(1));
    assert!(bench.sim.edit(&guid, "services", json!([])));
    // By the feed: what was changed after that time is read.
    let since = bench.world.now() - jiff::SignedDuration::from_secs(30);
    let report = bench.worker.reconcile(Some(since)).await.expect("looks");
    let found = report.drift.iter().find(|it| it.kind == "collection").expect("found");
    assert_eq!((found.class, found.differences[0].path.as_str()), (Class::Edited, "services"));
    bench.run().await;
    assert_eq!(bench.members().0.len(), 2);

    assert!(bench.sim.archive(&guid));
    let report = bench.worker.reconcile(None).await.expect("looks");
    assert!(report.drift.iter().any(|it| it.kind == "collection" && it.class == Class::Gone), "{:?}", report.drift);
    bench.run().await;
    assert_eq!(bench.collection()["status"], "Published");

    bench.inject("PUT", "/ServiceCollection/", 1, not_found("Entity is locked by another user."));
    find(&mut all, "palvelukokonaisuus", "lapsi")["nimi_kieliversiot"]["fi"] = "Lapsi syntyy".into();
    bench.sync(all).await;
    assert_eq!(bench.count("ServiceCollection", "POST", 200), 1, "a lock is no absence");
    bench.later(3600).await;
    assert!(bench.collection()["content"].to_string().contains("Lapsi syntyy"));
}

#[tokio::test]
async fn what_somebody_else_made_is_found_as_unknown_and_can_be_adopted() {
    let bench = Bench::new().await;
    let all = sample();
    bench.sync(all[..all.len() - 1].to_vec()).await;
    let token = bench.sim.token_for(super::USER).expect("a user");
    let body = json!({"organizationId": ORGANISATION, "publishingStatus": "Published",
        "serviceCollectionNames": [{"language": "fi", "value": "Vanha"}]});
    let (status, made) = bench.sim.handle("POST", "/api/v11/ServiceCollection", Some(&token), Some(&body));
    assert_eq!(status, 200, "{made}");
    let guid = made["id"].as_str().expect("an id").to_owned();
    let report = bench.worker.look(None).await.expect("looks");
    assert!(report.drift.iter().any(|it| it.class == Class::Unknown && it.code == guid), "{:?}", report.drift);

    bench.accept(all[all.len() - 1..].to_vec()).await;
    let key = key(Kind::Collection, "lapsi");
    assert_eq!(bench.worker.adopt(&key, &guid).await.expect("adopts"), crate::ptv::adopt::Adopted::Adopted);
    bench.run().await;
    assert_eq!((bench.guid(Kind::Collection, "lapsi"), bench.members().0.len()), (guid, 2));
    assert_eq!(bench.count("ServiceCollection", "POST", 200), 1, "only the person's");
}
