//! Batches against a real store.

mod feed;
mod fields;
mod kinds;
mod lifecycle;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Batch, Catalogue, CatalogueError, Outcome, Verdict};
use crate::model::{Kind, Master};
use crate::store::{Store, StoreConfig, mirrors};
use crate::telemetry::Metrics;
use crate::world::World;

async fn open(folder: &std::path::Path) -> (Store, Catalogue) {
    let world = World::system();
    let store = Store::open(StoreConfig::in_folder(folder), &world).await.expect("a store");
    let catalogue = Catalogue::load(&store, &world, &Metrics::new(), [Arc::from("turku")]).await.expect("loads");
    (store, catalogue)
}

async fn reload(store: &Store) -> Catalogue {
    let metrics = Metrics::new();
    Catalogue::load(store, &World::system(), &metrics, [Arc::from("turku")]).await.expect("loads")
}

/// The acts of the message log: what each was about, and what came of it.
async fn acts(store: &Store) -> Vec<(String, String)> {
    use crate::model::evidence::{Evidence, RecordKind};
    use crate::store::evidence;

    let mut acts = Vec::new();
    for (writer, _) in evidence::writers(store).await.expect("read") {
        for record in evidence::page(store, &writer, 0, 500).await.expect("read") {
            let draft = Evidence::decode(&record.record).expect("a record").draft;
            if draft.kind == RecordKind::Act {
                acts.push((draft.subject.unwrap_or_default(), draft.outcome.unwrap_or_default()));
            }
        }
    }
    acts
}

fn batch(master: &str, records: Vec<Value>) -> Batch {
    Batch { id: None, master: Master(master.into()), records: records.into() }
}

fn service(code: &str, name: &str) -> Value {
    json!({"laji": "palvelu", "koodi": code, "nimi_kieliversiot": {"fi": name}})
}

fn outcomes(verdicts: &[Verdict]) -> Vec<Outcome> {
    verdicts.iter().map(|verdict| verdict.outcome).collect()
}

#[tokio::test]
async fn accepts_revises_and_remembers() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, catalogue) = open(folder.path()).await;
    let records = vec![service("1", "Uimahalli"), service("2", "Kirjasto"), json!({"laji": "palvelu", "koodi": "3"})];
    let verdicts = catalogue.accept("turku", batch("cms", records.clone())).await.expect("accepted");
    assert_eq!(outcomes(&verdicts), [Outcome::Created, Outcome::Created, Outcome::Refused]);
    assert_eq!(verdicts[2].findings[0].field, "nimi_kieliversiot.fi");
    let again = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert_eq!(outcomes(&again), [Outcome::Unchanged, Outcome::Unchanged, Outcome::Refused]);
    let changed = catalogue.accept("turku", batch("cms", vec![service("1", "Uimahallit")])).await.expect("accepted");
    assert_eq!((changed[0].outcome, changed[0].revision), (Outcome::Updated, Some(2)));

    let view = catalogue.view("turku").expect("a view");
    assert_eq!(view.sequence(), 3);
    let feed: Vec<&str> = view.changes_after(0).map(|stored| stored.entity.key.code.as_str()).collect();
    assert_eq!(feed, ["2", "1"], "an entity stands in the feed once, with its last change");
    let wished = mirrors::list(&store, "turku", "waiting", 10).await.expect("read");
    assert_eq!(wished.len(), 4, "a service and its connection set each");

    store.close().await;
    drop((store, catalogue));
    let (_store, catalogue) = open(folder.path()).await;
    let loaded = catalogue.view("turku").expect("a view");
    assert_eq!(loaded.sequence(), 3);
    assert_eq!(loaded.all(Kind::Service).map(|stored| stored.revision).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn refuses_duplicates_and_other_masters_one_by_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    catalogue.accept("turku", batch("cms", vec![service("1", "Uimahalli")])).await.expect("accepted");
    let records = vec![service("1", "Toinen"), service("2", "Kirjasto"), service("2", "Kirjasto")];
    let verdicts = catalogue.accept("turku", batch("import", records)).await.expect("accepted");
    assert_eq!(outcomes(&verdicts), [Outcome::Refused, Outcome::Created, Outcome::Refused]);
    assert_eq!(verdicts[0].findings[0].rule, "other-master");
    assert!(verdicts[0].findings[0].en.contains("System cms is the master"));
    assert_eq!(verdicts[2].findings[0].rule, "duplicate-code");
    assert!(matches!(catalogue.accept("espoo", batch("cms", Vec::new())).await, Err(CatalogueError::UnknownTenant(_))));
}

#[tokio::test]
async fn a_batch_id_is_answered_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let named = |records| Batch { id: Some("7".into()), ..batch("cms", records) };
    let first = catalogue.accept("turku", named(vec![service("1", "Uimahalli")])).await.expect("accepted");
    let again = catalogue.accept("turku", named(vec![service("1", "Uimahalli")])).await.expect("the same answer");
    assert_eq!(first, again);
    let other = catalogue.accept("turku", named(vec![service("1", "Muu")])).await;
    assert!(matches!(other, Err(CatalogueError::BatchReused(_))));
}

/// A code that is refused today may have been taken in by an earlier version.
#[tokio::test]
async fn a_stored_code_that_no_path_can_name_stays_and_may_be_withdrawn() {
    use crate::store::testing::Scratch;

    let scratch = Scratch::sqlite().await.expect("a store");
    let (store, world, metrics) = (&scratch.store, &scratch.world, Metrics::new());
    let first = Catalogue::load(store, world, &metrics, [Arc::from("turku")]).await.expect("loads");
    first.accept("turku", batch("cms", vec![service("1-2", "Uimahalli")])).await.expect("accepted");
    for table in ["entity", "change_feed"] {
        scratch.tamper(&format!("UPDATE {table} SET code = '1/2' WHERE code = '1-2'")).await.expect("renamed");
    }
    let renamed = "UPDATE entity SET body = CAST(REPLACE(CAST(body AS TEXT), '1-2', '1/2') AS BLOB)";
    scratch.tamper(renamed).await.expect("renamed inside");

    let catalogue = Catalogue::load(store, world, &metrics, [Arc::from("turku")]).await.expect("loads");
    assert_eq!(metrics.unreadable_records("turku"), 0);
    assert_eq!(catalogue.view("turku").expect("a view").all(Kind::Service).count(), 1);
    let pushed = catalogue.accept("turku", batch("cms", vec![service("1/2", "Muu")])).await.expect("judged");
    assert_eq!((outcomes(&pushed), pushed[0].findings[0].rule.as_str()), (vec![Outcome::Refused], "invalid-code"));
    let mut withdrawn = service("1/2", "Uimahalli");
    withdrawn["tila"] = serde_json::json!({"koodi": "9"});
    let withdrawn = catalogue.accept("turku", batch("cms", vec![withdrawn])).await.expect("judged");
    assert_eq!(outcomes(&withdrawn), [Outcome::Updated]);
}

#[tokio::test]
async fn a_check_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_store, catalogue) = open(folder.path()).await;
    let verdicts = catalogue.check("turku", &batch("cms", vec![service("1", "Uimahalli")])).expect("checked");
    assert_eq!(outcomes(&verdicts), [Outcome::Created]);
    assert_eq!(catalogue.view("turku").expect("a view").sequence(), 0);
}

#[tokio::test]
async fn a_stored_record_that_cannot_be_read_is_left_out_and_mended_by_its_master() {
    use crate::store::testing::Scratch;

    let scratch = Scratch::sqlite().await.expect("a store");
    let (store, world, metrics) = (&scratch.store, &scratch.world, Metrics::new());
    let first = Catalogue::load(store, world, &metrics, [Arc::from("turku")]).await.expect("loads");
    let records = vec![service("1", "Uimahalli"), service("2", "Kirjasto")];
    first.accept("turku", batch("cms", records.clone())).await.expect("accepted");
    scratch.tamper("UPDATE entity SET body = CAST('{' AS BLOB) WHERE code = '1'").await.expect("broken");

    let catalogue = Catalogue::load(store, world, &metrics, [Arc::from("turku")]).await.expect("loads all the same");
    assert_eq!(metrics.unreadable_records("turku"), 1);
    let codes = |catalogue: &Catalogue| -> Vec<String> {
        let view = catalogue.view("turku").expect("a view");
        view.all(Kind::Service).map(|stored| stored.entity.key.code.to_string()).collect()
    };
    assert_eq!(codes(&catalogue), ["2"]);
    // It is still its master's, and still at its revision.
    let others = catalogue.accept("turku", batch("other", records.clone())).await.expect("judged");
    assert_eq!(outcomes(&others), [Outcome::Refused, Outcome::Refused]);
    let mended = catalogue.accept("turku", batch("cms", records)).await.expect("accepted");
    assert_eq!(outcomes(&mended), [Outcome::Updated, Outcome::Unchanged]);
    assert_eq!(mended[0].revision, Some(2));
    assert_eq!(codes(&catalogue).len(), 2);
    let reloaded = Catalogue::load(store, world, &metrics, [Arc::from("turku")]).await.expect("loads");
    assert_eq!((codes(&reloaded).len(), metrics.unreadable_records("turku")), (2, 1));
}
