//! General descriptions over PTV's interface: read, read again, and not taken when they cannot be right.

use std::collections::BTreeSet;
use std::time::Duration;

use conformance::ptv::FaultAction;
use serde_json::{Value, json};

use super::{Bench, find, slice};
use crate::ptv::descriptions::{Descriptions, DescriptionsError};
use crate::ptv::plan::Planned;
use crate::store::StoreConfig;

const NEW: &str = "aaaaaaaa-1111-4222-8333-444455556666";
const DAY: Duration = Duration::from_hours(24);

fn named(name: &str) -> serde_json::Map<String, Value> {
    let names = json!([{"language": "fi", "type": "Name", "value": name}]);
    serde_json::Map::from_iter([("names".to_owned(), names)])
}

fn reader(bench: &Bench) -> Descriptions {
    Descriptions::new(bench.worker.settings(), DAY, bench.store.clone(), bench.world.clone()).expect("a reader")
}

async fn read(of: &Descriptions) -> Result<(BTreeSet<String>, usize), DescriptionsError> {
    let fresh = of.read(false).await?;
    of.keep(&fresh).await?;
    Ok((fresh.changed, fresh.list.as_array().expect("a list").len()))
}

/// What the store would give a process that starts now.
async fn kept(bench: &Bench) -> usize {
    reader(bench).newer().await.expect("read").map_or(0, |list| list.as_array().expect("a list").len())
}

#[tokio::test]
async fn the_first_reading_says_what_the_folder_says() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    assert_eq!(descriptions.due().await.expect("known"), Duration::ZERO, "nothing was read yet");
    let fresh = descriptions.read(false).await.expect("read");
    descriptions.keep(&fresh).await.expect("kept");
    let reference = bench.worker.settings().reference.clone();
    let before = reference.now();
    let changed = reference.describe(&fresh.list);
    assert_eq!(changed, BTreeSet::new(), "the simulator has the same lists");
    assert!(before.general_descriptions.len() > 10);
    assert_eq!(reference.now().general_descriptions, before.general_descriptions);
    assert_eq!(descriptions.due().await.expect("known"), DAY);
    let status = descriptions.status().await.expect("read").expect("known");
    assert_eq!((&status["count"], &status["failure"]), (&json!(before.general_descriptions.len()), &Value::Null));
}

#[tokio::test]
async fn an_unchanged_list_takes_few_calls_and_changes_nothing() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    let (_, count) = read(&descriptions).await.expect("read");
    bench.hand.advance(DAY);
    let before = bench.sim.requests();
    assert_eq!(read(&descriptions).await.expect("read"), (BTreeSet::new(), count));
    // All ids, those that have changed, and once more what is of the same second as the newest.
    assert_eq!(bench.sim.requests() - before, 3);
    assert_eq!(kept(&bench).await, count);
}

#[tokio::test]
async fn only_what_changed_is_read_and_what_is_gone_goes() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    let (_, count) = read(&descriptions).await.expect("read");
    bench.hand.advance(DAY);
    bench.sim.publish_general_description(NEW, &named("Avaruusmatkailu"));
    assert_eq!(read(&descriptions).await.expect("read"), (BTreeSet::from([NEW.to_owned()]), count + 1));
    bench.hand.advance(DAY);
    bench.sim.publish_general_description(NEW, &named("Avaruusmatkailun luvat"));
    let fresh = descriptions.read(false).await.expect("read");
    let told = fresh.list.as_array().expect("a list").iter().find(|it| it["Id"] == NEW).expect("there");
    assert_eq!(told["Name"], json!([{"Lang": "fi", "Label": "Avaruusmatkailun luvat"}]));
    descriptions.keep(&fresh).await.expect("kept");
    bench.hand.advance(DAY);
    bench.sim.archive_general_description(NEW);
    assert_eq!(read(&descriptions).await.expect("read"), (BTreeSet::from([NEW.to_owned()]), count));
}

#[tokio::test]
async fn everything_is_read_again_once_a_week() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    read(&descriptions).await.expect("read");
    let mut calls = Vec::new();
    for _ in 0..8 {
        bench.hand.advance(DAY);
        let before = bench.sim.requests();
        read(&descriptions).await.expect("read");
        calls.push(bench.sim.requests() - before);
    }
    // The whole list needs no question for what changed.
    assert_eq!(calls.iter().filter(|calls| **calls == 2).count(), 1, "{calls:?}");
    assert_eq!(calls.get(6), Some(&2), "{calls:?}");
}

#[tokio::test]
async fn an_answer_that_cannot_be_right_keeps_the_old_ones_and_is_told() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    let (_, count) = read(&descriptions).await.expect("read");
    let page = |items: Value| json!({"pageNumber": 1, "pageSize": 1000, "pageCount": 1, "itemList": items}).to_string();
    for (answer, told) in [
        ((200, "<html>maintenance</html>".to_owned()), "JSON"),
        ((200, page(json!([]))), "no general description at all"),
        ((200, page(Value::Null)), "no general description at all"),
        ((200, page(json!([{"id": NEW, "name": "only one"}]))), "half of them"),
        ((200, page(json!([{"id": "not a guid"}]))), "no list of general descriptions"),
        ((200, page(json!("a text"))), "no list of general descriptions"),
        ((200, json!({"itemList": [{"id": NEW}]}).to_string()), "no list of general descriptions"),
        ((200, json!({"pageCount": 1_000_000, "itemList": []}).to_string()), "has no end"),
        ((500, "{}".to_owned()), "500"),
        ((200, format!("[\"{}\"]", "x".repeat(9 * 1024 * 1024))), "8 MiB"),
    ] {
        bench.hand.advance(DAY);
        bench.inject("GET", "/GeneralDescription", 30, FaultAction::Status(answer.0, answer.1));
        let error = read(&descriptions).await.expect_err(told).to_string();
        bench.sim.clear_faults();
        assert!(error.contains(told), "{told}: {error}");
        let status = descriptions.status().await.expect("read").expect("known");
        assert_eq!((&status["failure"], &status["count"]), (&json!(error), &json!(count)));
        assert_eq!(descriptions.due().await.expect("known"), Duration::from_hours(1), "it is tried again soon");
        assert_eq!(kept(&bench).await, count);
    }
    read(&descriptions).await.expect("read again");
    assert_eq!(descriptions.status().await.expect("read").expect("known")["failure"], Value::Null);
}

#[tokio::test]
async fn items_that_are_no_descriptions_are_not_taken() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    bench.inject("GET", "/GeneralDescription/list", 1, FaultAction::Status(200, "[{\"id\": 7}, 8]".into()));
    assert!(matches!(read(&descriptions).await, Err(DescriptionsError::Unlike { read: 0, .. })));
    assert_eq!(kept(&bench).await, 0);
}

#[tokio::test]
async fn a_list_that_lost_its_half_is_taken_when_the_operator_says_so() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    let (_, count) = read(&descriptions).await.expect("read");
    let reference = bench.worker.settings().reference.now();
    for id in reference.general_descriptions.keys().skip(2) {
        bench.sim.archive_general_description(id);
    }
    assert!(matches!(read(&descriptions).await, Err(DescriptionsError::Shrunk { new: 2, .. })));
    assert_eq!(kept(&bench).await, count);
    let fresh = descriptions.read(true).await.expect("taken");
    descriptions.keep(&fresh).await.expect("kept");
    assert_eq!((fresh.changed.len(), kept(&bench).await), (count - 2, 2));
}

#[tokio::test]
async fn a_restart_without_ptv_has_what_was_kept() {
    let bench = Bench::new().await;
    bench.sim.publish_general_description(NEW, &named("Avaruusmatkailu"));
    let (_, count) = read(&reader(&bench)).await.expect("read");
    let Bench { sim, store, world, worker, folder, .. } = bench;
    sim.stop().await;
    store.close().await;
    let store = crate::store::Store::open(StoreConfig::in_folder(folder.path()), &world).await.expect("opens again");
    let descriptions = Descriptions::new(worker.settings(), DAY, store, world).expect("a reader");
    let list = descriptions.newer().await.expect("read").expect("kept");
    assert_eq!(list.as_array().expect("a list").len(), count);
    assert!(worker.settings().reference.describe(&list).contains(NEW));
    assert!(descriptions.newer().await.expect("read").is_none(), "it was handed out");
    let error = descriptions.read(false).await.err().expect("nobody answers").to_string();
    assert!(error.contains("connection"), "{error}");
}

#[tokio::test]
async fn a_service_waits_for_its_description_and_goes_when_it_is_published() {
    let bench = Bench::new().await;
    let descriptions = reader(&bench);
    read(&descriptions).await.expect("read");
    let mut records = slice(&["101"]);
    find(&mut records, "palvelu", "101")["pohjakuvaus_id"] = NEW.to_uppercase().into();
    bench.sync(records).await;
    assert_eq!(bench.guid(crate::model::Kind::Service, "101"), "", "withheld");

    bench.sim.publish_general_description(NEW, &named("Avaruusmatkailu"));
    let fresh = descriptions.read(false).await.expect("read");
    let changed = bench.worker.settings().reference.describe(&fresh.list);
    assert_eq!(bench.worker.described_anew(&changed).await.expect("wanted"), 1);
    bench.run().await;
    assert_ne!(bench.guid(crate::model::Kind::Service, "101"), "", "{:?}", bench.troubles().await);
    assert_eq!(bench.refused(), []);

    // The same list again wants nothing.
    assert_eq!(bench.worker.settings().reference.describe(&fresh.list), BTreeSet::new());
    let view = bench.catalogue.view("turku").expect("a view");
    let steps = bench.worker.in_context(&view, |context| crate::ptv::plan::plan(context, bench.worker.twins()));
    assert!(steps.iter().all(|step| step.act == Planned::Unchanged), "{steps:?}");
}
