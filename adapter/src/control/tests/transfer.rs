//! A catalogue out as Silta's JSON and into an empty tenant: equal entities of every kind.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::reads;
use crate::catalogue::import::{self, Import};
use crate::catalogue::{Batch, Catalogue, Outcome, Verdict};
use crate::model::{Kind, Master, View};
use crate::store::{Store, StoreConfig};
use crate::telemetry::Metrics;
use crate::world::World;

struct Bench {
    store: Store,
    catalogue: Catalogue,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let world = World::system();
        let store = Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("a store");
        let tenants = [Arc::from("first"), Arc::from("empty")];
        let catalogue = Catalogue::load(&store, &world, &Metrics::new(), tenants).await.expect("loads");
        Bench { store, catalogue, _folder: folder }
    }

    async fn take_in(&self, tenant: &str, records: Vec<Value>) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for part in records.chunks(5_000) {
            let batch = Batch { id: None, master: Master("import".into()), records: part.to_vec().into() };
            verdicts.extend(self.catalogue.accept(tenant, batch).await.expect("accepted"));
        }
        verdicts
    }

    async fn exported(&self, tenant: &str) -> Vec<Value> {
        let mut records = Vec::new();
        for kind in Kind::ALL {
            let mut after = String::new();
            loop {
                let page =
                    reads::catalogue_export(&self.store, tenant, kind.word(), &after, 700).await.expect("a page");
                records.extend(page["records"].as_array().expect("a list").iter().cloned());
                match page["next"].as_str() {
                    Some(next) => next.clone_into(&mut after),
                    None => break,
                }
            }
        }
        records
    }

    fn view(&self, tenant: &str) -> Arc<View> {
        self.catalogue.view(tenant).expect("a view")
    }
}

/// Entities of both views, compared one by one. Returns how many of each kind there are.
fn compared(one: &View, other: &View) -> Vec<usize> {
    Kind::ALL
        .into_iter()
        .map(|kind| {
            assert_eq!(one.all(kind).count(), other.all(kind).count(), "{kind}");
            for stored in one.all(kind) {
                assert_eq!(other.find(&stored.entity.key).map(|it| &it.entity), Some(&stored.entity));
            }
            one.all(kind).count()
        })
        .collect()
}

fn refused(verdicts: &[Verdict]) -> BTreeSet<String> {
    let refused = verdicts.iter().filter(|it| it.outcome == Outcome::Refused);
    refused.filter_map(|it| it.koodi.clone()).collect()
}

#[tokio::test]
async fn every_kind_of_our_own_catalogue_goes_out_and_in_as_equal_entities() {
    let bench = Bench::new().await;
    let sample = include_str!("../../../../tests/samples/catalogue/turku.json");
    let records = import::read_document("turku.json", sample).expect("ours").records;
    assert!(refused(&bench.take_in("first", records).await).is_empty());
    let exported = json!({ "entities": bench.exported("first").await }).to_string();
    let Import { records, .. } = import::read_document("export.json", &exported).expect("Silta's JSON");
    assert!(refused(&bench.take_in("empty", records).await).is_empty());
    let counts = compared(&bench.view("first"), &bench.view("empty"));
    assert!(counts.iter().filter(|count| **count > 0).count() >= 7, "{counts:?}");
    let unknown = reads::catalogue_export(&bench.store, "first", "letter", "", 10).await.expect_err("no such kind");
    assert!(unknown.message.contains("servicePoint"), "{unknown}");
}

/// The register's services, errands and units with which unit gives what, at the size that it has, through the door that
/// every batch goes through; then out and into an empty tenant.
#[tokio::test]
async fn tpr_goes_out_as_silta_json_and_into_an_empty_tenant_as_equal_entities() {
    const UNITS: usize = 2_000;
    let Some(folder) = import::testing::shared("pat/tpr") else { return };
    let document = |file: &str| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(file)).expect("read")).expect("JSON")
    };
    let given = document("unitservices.json");
    let shells: BTreeSet<String> = document("services-2025-09-25.json")
        .as_array()
        .expect("a list")
        .iter()
        .filter(|it| it["fi"]["title"].as_str().is_none_or(str::is_empty))
        .map(|it| it["id"].to_string())
        .collect();
    assert_eq!(shells.len(), 455);
    // The sample has five units; the others have what every unit has.
    let mut units = document("units-fixture.json")["getMockData"].as_array().expect("units").clone();
    units.extend(given.as_object().expect("by unit").values().take(UNITS).map(|unit| {
        json!({"id": unit["unit_id"], "name_fi": format!("Toimipiste {}", unit["unit_id"]), "street_address_fi": "Testitie 1",
               "address_zip": "00100", "address_city_fi": "Helsinki", "latitude": 60.17, "longitude": 24.94, "phone": "+358 9 123"})
    }));
    let documents = [document("services-2025-09-25.json"), document("errandservices.json"), Value::Array(units), given];
    let text: Vec<String> = documents.iter().map(Value::to_string).collect();
    let place = tempfile::tempdir().expect("a folder");
    for (number, text) in text.iter().enumerate() {
        std::fs::write(place.path().join(format!("{number}.json")), text).expect("written");
    }

    let bench = Bench::new().await;
    let started = Instant::now();
    let import = import::read_path(place.path()).expect("readable");
    let reading = started.elapsed();
    let all = import.records.len();
    let started = Instant::now();
    let verdicts = bench.take_in("first", import.records).await;
    let accepting = started.elapsed();
    let rate = |seconds: f64| f64::from(u32::try_from(all).expect("thousands")) / seconds;
    println!(
        "{all} records read in {reading:.2?}, accepted in {accepting:.2?}: {:.0} entities/s with {}",
        rate(accepting.as_secs_f64()),
        if cfg!(debug_assertions) { "the debug build" } else { "the release build" },
    );
    assert_eq!(refused(&verdicts), shells, "the 455 without content, by their ids");
    let started = Instant::now();
    let exported = json!({ "entities": bench.exported("first").await }).to_string();
    println!("exported in {:.2?}: {} bytes", started.elapsed(), exported.len());
    let again = import::read_document("export.json", &exported).expect("Silta's JSON");
    assert!(refused(&bench.take_in("empty", again.records).await).is_empty());
    let counts = compared(&bench.view("first"), &bench.view("empty"));
    let count = |kind: Kind| {
        Kind::ALL.iter().position(|it| *it == kind).and_then(|at| counts.get(at)).copied().unwrap_or_default()
    };
    assert_eq!((count(Kind::Service), count(Kind::Errand), count(Kind::ServicePoint)), (592, 478, UNITS + 5));
    assert!(count(Kind::Offer) > 2_000, "{counts:?}");
    let missing = import.report.unknown.iter().filter(|it| it.laji == "palvelu").count();
    // Up to 312 shells, and three services of the sample units that the register's file does not have.
    assert!(missing > 100 && missing <= 315, "{missing} services that units give and that have no content");
}
