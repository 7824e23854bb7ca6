//! Enter once: what an editor saves in the CMS stands in PTV, and a second save of the same makes no call.

use conformance::ptv::{PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser};

use super::*;
use crate::model::Lang;
use crate::ptv::profile::Profile;
use crate::ptv::reference::{Live, Reference};
use crate::ptv::worker::Worker;

const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";

async fn ptv(bench: &Bench) -> (PtvSimulator, Worker) {
    let lists = conformance::ptv::Reference::from_dir(samples().join("reference")).expect("lists");
    let names = [("fi", "Turku"), ("sv", "Åbo")];
    let clock = bench.scratch.world.clone();
    let config = PtvConfig {
        users: vec![PtvUser::api("api@turku.example", PASSWORD, ORGANISATION)],
        organizations: vec![PtvOrganization::municipality(ORGANISATION, "853", &names)],
        clock: Arc::new(move || clock.now()),
        token_lifetime: jiff::SignedDuration::from_hours(24 * 365),
        ..PtvConfig::new(Profile::Live2026.word().parse::<PtvProfile>().expect("a profile"), Arc::new(lists))
    };
    let sim = PtvSimulator::start(config).await.expect("a simulator");
    let settings = crate::ptv::Settings {
        tenant: "turku".into(),
        municipality: "853".into(),
        organisation: ORGANISATION.into(),
        organisation_languages: vec![Lang::Fi, Lang::Sv],
        profile: Profile::Live2026,
        url: sim.base_url.clone(),
        login_url: format!("{}/api/auth/api-login", sim.base_url),
        username: "api@turku.example".into(),
        password: PASSWORD.to_owned().into(),
        pace_per_second: 1_000_000,
        asked_only: false,
        stop_loss_percent: 5,
        reference: Live::new(Arc::new(Reference::from_dir(&samples().join("reference")).expect("lists"))),
        scope: crate::ptv::map::Scope::All,
        instruction_required: false,
        versions: crate::ptv::Versions::default(),
    };
    let catalogue = bench.catalogue.clone();
    let views = Arc::new(move || catalogue.view("turku").expect("a view"));
    let worker = Worker::new(settings, bench.scratch.store.clone(), bench.scratch.world.clone(), views).await;
    (sim, worker.expect("a worker"))
}

/// A class of PTV for the site's term, as another master keeps it.
async fn classes(bench: &Bench) {
    let record = json!({"laji": "palveluluokka", "koodi": "1_16", "nimi_kieliversiot": {"fi": "Kirjastot"},
        "ptv_luokka_uri": "http://uri.suomi.fi/codelist/ptv/ptvserclass2/code/P27.1"});
    let batch = crate::catalogue::Batch { id: None, master: Master("steward".into()), records: vec![record].into() };
    bench.catalogue.accept("turku", batch).await.expect("accepted");
}

async fn sync(worker: &Worker) {
    for _ in 0..500 {
        if !worker.run_due().await.expect("works") {
            return;
        }
    }
    panic!("the worker never rests");
}

/// What PTV holds of a record.
fn twin(sim: &PtvSimulator, worker: &Worker, kind: Kind, code: u64) -> Value {
    let twin = worker.twins().get(kind.word(), &code.to_string()).and_then(|twin| twin.guid).unwrap_or_default();
    sim.dump()["entities"][&twin].clone()
}

fn calls(sim: &PtvSimulator) -> u64 {
    sim.writes().0.values().sum()
}

#[tokio::test]
async fn seed_b1_what_two_editors_save_stands_in_ptv() {
    let bench = Bench::new().await;
    let (sim, worker) = ptv(&bench).await;
    classes(&bench).await;
    let library = library(bench.site());
    bench.pass(MINUTE);
    bench.puller.run_due().await.expect("pulled");
    sync(&worker).await;
    let number = |uuid| bench.site().number(uuid).expect("there");
    let troubles = worker.troubles(100).await.expect("read");
    assert!(troubles.is_empty(), "{troubles:#?}");
    let service = twin(&sim, &worker, Kind::Service, number(library.service));
    let names = service["content"]["serviceNames"].as_array().unwrap_or_else(|| panic!("{service:#}"));
    let found: Vec<(&str, &str)> = names
        .iter()
        .filter(|name| name["type"] == "Name")
        .map(|name| (name["language"].as_str().expect("a language"), name["value"].as_str().expect("a text")))
        .collect();
    assert_eq!(found, [("fi", "Kirjasto"), ("sv", "Bibliotek")]);
    assert!(service.to_string().contains("Biblioteket betjänar."), "without its format: {service:#}");
    let place = twin(&sim, &worker, Kind::ServicePoint, number(library.place));
    assert!(place.to_string().contains("Huvudbiblioteket"), "{place:#}");
    assert_eq!(sim.dump()["connections"].as_array().map(Vec::len), Some(1));

    // A change goes the same way.
    bench.pass(MINUTE);
    bench.site().edit(library.service, "sv", "bertil", json!({"title": "Biblioteket"}));
    bench.puller.run_due().await.expect("pulled");
    sync(&worker).await;
    assert!(twin(&sim, &worker, Kind::Service, number(library.service)).to_string().contains("\"Biblioteket\""));
}

#[tokio::test]
async fn seed_b32_a_second_save_without_a_change_makes_no_call() {
    let bench = Bench::new().await;
    let (sim, worker) = ptv(&bench).await;
    classes(&bench).await;
    let library = library(bench.site());
    bench.pull().await;
    sync(&worker).await;
    let before = calls(&sim);
    assert!(before >= 4, "organisation, service, place and connection went");
    // Drupal makes a new revision of every save; its content is the same.
    bench.pass(MINUTE);
    for saved in [library.service, library.place, library.offer, library.organisation] {
        bench.site().save(saved, "bertil");
    }
    let report = bench.pull().await;
    assert_eq!(counts(&report, "service").changed, 1, "the source's version is part of a record");
    sync(&worker).await;
    assert_eq!(calls(&sim), before);
    // And the same reading again, or a whole one, is not even a revision.
    bench.pass(MINUTE);
    bench.pull_all().await;
    sync(&worker).await;
    assert_eq!(calls(&sim), before);
    assert_eq!(
        bench.stored(Kind::Service, bench.site().number(library.service).expect("there")).expect("stored").revision,
        2
    );
}
