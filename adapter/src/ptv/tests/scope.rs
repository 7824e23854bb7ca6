//! Statutory services first, or all by the same mould (seed row B33).

use std::sync::Arc;

use super::super::map::Scope;
use super::super::plan::Planned;
use super::super::profile::Profile;
use super::super::worker::Worker;
use super::{Bench, find, key, records, settings};
use crate::model::Kind;

async fn with_scope(bench: &Bench, scope: Scope) -> Worker {
    let settings = super::Settings { scope, ..settings(&bench.sim, Profile::Live2026) };
    let views = bench.catalogue.clone();
    let views = Arc::new(move || views.view("turku").expect("a view"));
    Worker::new(settings, bench.store.clone(), bench.world.clone(), views).await.expect("a worker")
}

#[tokio::test]
async fn seed_b33_statutory_services_go_first_and_all_others_by_the_same_mould_when_the_policy_says_so() {
    let mut bench = Bench::new().await;
    bench.worker = with_scope(&bench, Scope::Statutory).await;
    let all = records();
    let is_statutory = |it: &&serde_json::Value| it["lakisaateinen"] == true || it["pohjakuvaus_id"].is_string();
    let services: Vec<_> = all.iter().filter(|it| it["laji"] == "palvelu").collect();
    let statutory = services.iter().copied().filter(is_statutory).count();
    assert!(statutory > 0 && statutory < services.len(), "{statutory} of {}", services.len());
    bench.accept(all.clone()).await;

    let steps = bench.worker.plan();
    let left_out = steps.iter().filter(|step| step.act == Planned::LeftOut).count();
    assert_eq!(left_out, services.len() - statutory);
    bench.run().await;
    let in_ptv = |bench: &Bench| bench.count("Service", "POST", 200);
    let first = in_ptv(&bench);
    assert_eq!(first, statutory as u64);
    assert!(bench.troubles().await.is_empty(), "{:?}", bench.troubles().await);
    let other = services.iter().copied().find(|it| !is_statutory(it)).expect("one");
    let code = other["koodi"].as_str().expect("a code").to_owned();
    assert_eq!(bench.guid(Kind::Service, &code), "");

    // A service that becomes statutory goes at once.
    let mut changed = all.clone();
    let record = find(&mut changed, "palvelu", &code);
    record["lakisaateinen"] = true.into();
    record["lait"] = serde_json::json!([{"nimet_kieliversiot": {"fi": "Laki", "sv": "Lag", "en": "Act"},
        "linkit_kieliversiot": {"fi": "https://www.finlex.example/fi", "sv": "https://www.finlex.example/sv", "en": "https://www.finlex.example/en"}}]);
    let record = record.clone();
    bench.sync(vec![record]).await;
    assert_eq!(in_ptv(&bench), first + 1);

    // And back again: what is in PTV stays as it is.
    let updates = bench.count("Service", "PUT", 200);
    let mut back = find(&mut all.clone(), "palvelu", &code).clone();
    back["tiivistelma_kieliversiot"]["fi"] = "Toinen tiivistelmä samasta palvelusta.".into();
    bench.sync(vec![back]).await;
    assert_eq!(bench.count("Service", "PUT", 200), updates);
    assert_eq!(bench.entity(Kind::Service, &code)["status"], "Published");

    // The other policy: everything by the same mould.
    bench.worker = with_scope(&bench, Scope::All).await;
    bench.worker.want_all().await.expect("wanted");
    bench.run().await;
    assert_eq!(in_ptv(&bench), services.len() as u64);
    assert!(bench.worker.plan().iter().all(|step| step.act == Planned::Unchanged));
    assert!(bench.connections() > 0 && !bench.guid(Kind::Service, &code).is_empty());
    assert!(bench.worker.twins().guid(&key(Kind::Service, &code)).is_some());
}
