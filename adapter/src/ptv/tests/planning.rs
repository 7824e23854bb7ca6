//! The plan that the command line shows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::super::map;
use super::super::plan::{Planned, plan, withheld_services};
use super::super::profile::Profile;
use super::super::reference::Reference;
use super::super::twins::Twins;
use super::{Bench, ORGANISATION, records};
use crate::catalogue::{import, pat};
use crate::model::{EntityKey, Lang, Master, Stored, View};

#[tokio::test]
async fn the_plan_of_the_sample_catalogue_says_what_the_sync_then_does() {
    let bench = Bench::new().await;
    bench.accept(records()).await;
    let steps = bench.worker.plan();
    let services = steps.iter().filter(|step| step.kind == "service").count();
    assert_eq!(services, 58);
    let withheld = withheld_services(&steps);
    bench.run().await;
    let status = bench.worker.status().await.expect("a status");
    assert_eq!(status.services_created, 58 - u64::try_from(withheld).expect("small"));
    let after = bench.worker.plan();
    assert!(after.iter().all(|step| matches!(step.act, Planned::Unchanged | Planned::Withheld)));
    let json = serde_json::to_value(&after).expect("JSON");
    assert_eq!(json[0]["kind"], "organisation");
    assert_eq!(json[0]["act"], "unchanged");
    let findings = json.as_array().expect("steps").iter().flat_map(|step| step["findings"].as_array().expect("a list"));
    for finding in findings {
        for member in ["level", "field", "rule", "fi", "sv", "en"] {
            assert!(finding[member].as_str().is_some_and(|text| !text.is_empty()), "{finding}");
        }
    }
}

#[test]
fn the_plan_of_the_service_register_is_quick() {
    let specs = std::env::var_os("SILTA_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")), PathBuf::from)
        .join("specs");
    let catalogue = specs.join("pat/tpr/services-2025-09-25.json");
    if !catalogue.exists() {
        println!("skipped: {} is absent", catalogue.display());
        return;
    }
    let found = import::read_path(&catalogue).expect("readable").records;
    let stored = found.iter().filter_map(|record| pat::read(record).entity).zip(1..).map(|(entity, sequence)| {
        Arc::new(Stored {
            entity,
            revision: 1,
            sequence,
            master: Master("cms".into()),
            changed_at: jiff::Timestamp::UNIX_EPOCH,
        })
    });
    let view = View::default().with(stored, 1);
    let reference = Reference::from_dir(&specs).expect("lists");
    let (none, guid) = (BTreeMap::new(), |_: &EntityKey| Some(String::new()));
    let context = map::Context {
        tenant: "helsinki",
        municipality: "091",
        organisation: ORGANISATION,
        organisation_languages: &[Lang::Fi, Lang::Sv, Lang::En],
        profile: Profile::Live2026,
        reference: &reference,
        view: &view,
        guid: &guid,
        duplicates: &none,
        scope: map::Scope::All,
        instruction_required: false,
    };
    let started = Instant::now();
    let duplicates = map::duplicates(&context);
    let named = started.elapsed();
    let steps = plan(&map::Context { duplicates: &duplicates, ..context }, &Twins::default());
    let services = steps.iter().filter(|step| step.kind == "service").count();
    println!("plan of {services} services: {:?}, of it equal names {named:?}", started.elapsed());
    assert_eq!(services, 592);
}
