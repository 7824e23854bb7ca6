//! The worker against the simulated PTV over HTTP, with a real store and the sample catalogue.
#![allow(clippy::indexing_slicing)] // JSON by name: a missing member is null.

mod adoption;
mod answers;
mod applying;
mod clock;
mod collections;
mod contract;
mod descriptions;
mod drift;
mod engine;
mod expiry;
mod faults;
mod flow;
mod golden;
mod outlook;
mod planning;
mod report;
mod scope;
mod versions;
mod writing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use conformance::ptv::{Fault, FaultAction, PtvConfig, PtvOrganization, PtvProfile, PtvSimulator, PtvUser};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Settings;
use super::profile::Profile;
use super::reference::{Live, Reference};
use super::worker::{Trouble, Worker};
use crate::catalogue::{Batch, Catalogue, Outcome};
use crate::model::{EntityKey, Kind, Lang, Master};
use crate::store::testing::spoil_entity;
use crate::store::{Store, StoreConfig};
use crate::world::{ClockHand, World};

const ORGANISATION: &str = "11111111-2222-4333-8444-555555555555";
const USER: &str = "api@turku.example";
const PASSWORD: &str = "not-for-logs";

/// A tenant with its store, worker and PTV.
struct Bench {
    catalogue: Catalogue,
    store: Store,
    world: World,
    hand: ClockHand,
    sim: PtvSimulator,
    worker: Worker,
    folder: TempDir,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/samples")
}

/// The records of the sample catalogue.
fn records() -> Vec<Value> {
    let text = std::fs::read(samples().join("catalogue/turku.json")).expect("the sample catalogue");
    let all: Value = serde_json::from_slice(&text).expect("JSON");
    all["entities"].as_array().expect("records").clone()
}

/// Organisations, classes, the named services and everything that their offers name.
fn slice(services: &[&str]) -> Vec<Value> {
    let all = records();
    let of = |laji: &str| all.iter().filter(|record| record["laji"] == laji).cloned().collect::<Vec<_>>();
    let named = |record: &Value| services.iter().any(|code| record["koodi"] == *code);
    let offers: Vec<Value> = of("palvelutarjous")
        .into_iter()
        .filter(|offer| offer["palvelut"].as_array().is_some_and(|all| all.iter().any(named)))
        .map(|mut offer| {
            offer["palvelut"].as_array_mut().expect("a list").retain(named);
            offer
        })
        .collect();
    let uses = |record: &Value, member: &str| {
        offers.iter().any(|offer| {
            let one = [offer[member].clone()];
            offer[member].as_array().map_or(&one[..], Vec::as_slice).iter().any(|it| it["koodi"] == record["koodi"])
        })
    };
    let mut chosen = of("organisaatio");
    chosen.extend(of("palveluluokka"));
    chosen.extend(of("palvelu").into_iter().filter(named));
    chosen.extend(of("palvelukanava").into_iter().filter(|it| uses(it, "palvelukanavat")));
    chosen.extend(of("palvelupiste").into_iter().filter(|it| uses(it, "palvelupiste")));
    chosen.extend(offers);
    chosen
}

/// The record of a kind and code.
fn find<'a>(records: &'a mut [Value], laji: &str, code: &str) -> &'a mut Value {
    records.iter_mut().find(|it| it["laji"] == laji && it["koodi"] == code).expect("in the sample")
}

/// Takes a language out of a record.
fn without(record: &mut Value, lang: &str) {
    match record {
        Value::Object(members) => {
            members.retain(|name, _| name != lang && !name.ends_with(&format!("_{lang}")));
            for member in members.values_mut() {
                without(member, lang);
            }
        }
        Value::Array(items) => {
            items.retain(|item| item["kieli"] != lang);
            for item in items.iter_mut() {
                without(item, lang);
            }
        }
        _ => {}
    }
}

fn key(kind: Kind, code: &str) -> EntityKey {
    EntityKey { kind, code: code.parse().expect("a code") }
}

fn settings(sim: &PtvSimulator, profile: Profile) -> Settings {
    Settings {
        tenant: "turku".into(),
        municipality: "853".into(),
        organisation: ORGANISATION.into(),
        organisation_languages: vec![Lang::Fi, Lang::Sv, Lang::En],
        profile,
        url: sim.base_url.clone(),
        login_url: format!("{}/api/auth/api-login", sim.base_url),
        username: USER.into(),
        password: PASSWORD.to_owned().into(),
        pace_per_second: 1_000_000,
        asked_only: false,
        stop_loss_percent: 5,
        reference: Live::new(Arc::new(Reference::from_dir(&samples().join("reference")).expect("lists"))),
        scope: super::map::Scope::All,
        instruction_required: false,
        versions: super::Versions::default(),
    }
}

impl Bench {
    async fn new() -> Bench {
        Bench::of(Profile::Live2026, |_| {}).await
    }

    async fn of(profile: Profile, tune: impl FnOnce(&mut PtvConfig)) -> Bench {
        let (world, hand) = World::seeded(7, "2026-11-25T08:00:00Z".parse().expect("a time"));
        let lists = conformance::ptv::Reference::from_dir(samples().join("reference")).expect("lists");
        let names = [("fi", "Turku"), ("sv", "Åbo"), ("en", "Turku")];
        let clock = world.clone();
        let mut config = PtvConfig {
            users: vec![PtvUser::api(USER, PASSWORD, ORGANISATION)],
            organizations: vec![PtvOrganization::municipality(ORGANISATION, "853", &names)],
            clock: Arc::new(move || clock.now()),
            token_lifetime: jiff::SignedDuration::from_hours(24 * 365),
            ..PtvConfig::new(profile.word().parse::<PtvProfile>().expect("a profile"), Arc::new(lists))
        };
        tune(&mut config);
        let sim = PtvSimulator::start(config).await.expect("a simulator");
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
        let catalogue = Catalogue::load(&store, &world, &crate::telemetry::Metrics::new(), [Arc::from("turku")])
            .await
            .expect("loads");
        let worker = worker(&sim, profile, &store, &world, &catalogue).await;
        Bench { catalogue, store, world, hand, sim, worker, folder }
    }

    /// The same after a restart that could not read one of the stored records.
    async fn spoilt(self, kind: Kind, code: &str) -> Bench {
        let folder = self.folder.path();
        spoil_entity(folder, kind.word(), code).await.expect("spoilt");
        let metrics = crate::telemetry::Metrics::new();
        let catalogue = Catalogue::load(&self.store, &self.world, &metrics, [Arc::from("turku")]).await.expect("loads");
        assert_eq!(metrics.unreadable_records("turku"), 1);
        let worker = worker(&self.sim, Profile::Live2026, &self.store, &self.world, &catalogue).await;
        Bench { catalogue, worker, ..self }
    }

    /// The same PTV, and a catalogue and a store that know nothing of it.
    async fn emptied(&mut self) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(StoreConfig::in_folder(folder.path()), &self.world).await.expect("a store");
        let metrics = crate::telemetry::Metrics::new();
        self.catalogue = Catalogue::load(&store, &self.world, &metrics, [Arc::from("turku")]).await.expect("loads");
        self.worker = worker(&self.sim, Profile::Live2026, &store, &self.world, &self.catalogue).await;
        self.store = store;
        self.folder = folder;
    }

    /// Another process over the same store.
    async fn second(&self) -> Worker {
        worker(&self.sim, Profile::Live2026, &self.store, &self.world, &self.catalogue).await
    }

    /// The same with another worker, which calls at most so often in a second.
    async fn paced(self, per_second: u32) -> Bench {
        self.set(|settings| settings.pace_per_second = per_second).await
    }

    /// The same with another worker, as after a restart with another configuration.
    async fn set(self, tune: impl FnOnce(&mut Settings)) -> Bench {
        let mut settings = settings(&self.sim, Profile::Live2026);
        tune(&mut settings);
        let views = self.catalogue.clone();
        let views = Arc::new(move || views.view("turku").expect("a view"));
        let worker = Worker::new(settings, self.store.clone(), self.world.clone(), views).await.expect("a worker");
        Bench { worker, ..self }
    }

    async fn accept(&self, records: Vec<Value>) {
        let batch = Batch { id: None, master: Master("cms".into()), records: records.into() };
        let verdicts = self.catalogue.accept("turku", batch).await.expect("accepted");
        let refused: Vec<_> = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Refused).collect();
        assert!(refused.is_empty(), "{refused:?}");
    }

    /// Works off what is due now.
    async fn run(&self) {
        for _ in 0..500 {
            if !self.worker.run_due().await.expect("works") {
                return;
            }
        }
        panic!("the worker never rests");
    }

    async fn sync(&self, records: Vec<Value>) {
        self.accept(records).await;
        self.run().await;
    }

    /// Lets time pass and works off what has become due.
    async fn later(&self, seconds: u64) {
        self.hand.advance(Duration::from_secs(seconds));
        self.run().await;
    }

    fn guid(&self, kind: Kind, code: &str) -> String {
        self.worker.twins().guid(&key(kind, code)).unwrap_or_default()
    }

    /// What PTV holds.
    fn entity(&self, kind: Kind, code: &str) -> Value {
        let twin = self.worker.twins().get(kind.word(), code).and_then(|twin| twin.guid).unwrap_or_default();
        self.sim.dump()["entities"][&twin].clone()
    }

    fn connections(&self) -> usize {
        self.sim.dump()["connections"].as_array().map_or(0, Vec::len)
    }

    fn count(&self, kind: &str, method: &str, status: u16) -> u64 {
        self.sim.writes().0.get(&(kind.to_owned(), method.to_owned(), status)).copied().unwrap_or_default()
    }

    /// Refused writes other than the 404 of a PUT by source id, which precedes every POST.
    fn refused(&self) -> Vec<(String, String, u16)> {
        let writes = self.sim.writes().0.into_keys();
        writes.filter(|(_, method, status)| *status != 200 && !(method == "PUT" && *status == 404)).collect()
    }

    fn inject(&self, method: &str, path: &str, times: u32, action: FaultAction) {
        let method = Some(method.to_owned());
        self.sim.inject(Fault { method, path_contains: path.to_owned(), times, action });
    }

    async fn troubles(&self) -> Vec<Trouble> {
        self.worker.troubles(100).await.expect("read")
    }
}

async fn worker(sim: &PtvSimulator, profile: Profile, store: &Store, world: &World, catalogue: &Catalogue) -> Worker {
    let views = catalogue.clone();
    let views = Arc::new(move || views.view("turku").expect("a view"));
    Worker::new(settings(sim, profile), store.clone(), world.clone(), views).await.expect("a worker")
}

fn not_found(text: &str) -> FaultAction {
    FaultAction::Status(404, json!({ "errorMessage": text }).to_string())
}
