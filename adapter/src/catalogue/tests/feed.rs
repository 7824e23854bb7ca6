//! The change feed while several processes write and another reads: no gap, no repeat (issue 4, “Measured”). Each process
//! is a catalogue of its own over the same database.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{batch, service};
use crate::catalogue::Catalogue;
use crate::model::Kind;
use crate::store::testing::Scratch;
use crate::telemetry::Metrics;

const WRITERS: usize = 3;
/// Changes that each writer makes; with `SILTA_LONG=1` a third of 100 000.
const CHANGES: usize = 1_000;
/// Records that a writer changes again and again.
const RECORDS: usize = 50;

async fn process(scratch: &Scratch) -> Catalogue {
    Catalogue::load(&scratch.store, &scratch.world, &Metrics::new(), [Arc::from("turku")]).await.expect("loads")
}

async fn feed_is_whole(scratch: &Scratch, changes: usize) {
    let rounds = changes.div_ceil(RECORDS);
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let catalogue = process(scratch).await;
        writers.push(tokio::spawn(async move {
            for round in 1..=rounds {
                let records = (0..RECORDS).map(|it| service(&format!("{writer}-{it}"), &format!("Nimi {round}")));
                let verdicts = catalogue.accept("turku", batch("cms", records.collect())).await.expect("accepted");
                assert!(verdicts.iter().all(|verdict| verdict.revision == Some(round as u64)), "{verdicts:?}");
            }
            catalogue
        }));
    }
    let reader = process(scratch).await;
    let total = (WRITERS * rounds * RECORDS) as u64;
    let mut cursor = 0;
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    while cursor < total {
        reader.refresh("turku").await.expect("refreshed");
        let view = reader.view("turku").expect("a view");
        for stored in view.changes_after(cursor).take(70) {
            assert!(stored.sequence > cursor, "forwards only");
            cursor = stored.sequence;
            let before = seen.insert(stored.entity.key.code.to_string(), stored.revision);
            assert!(before.is_none_or(|before| before < stored.revision), "a revision again, or an older one");
        }
        tokio::task::yield_now().await;
    }
    // Whoever has read to the end knows the newest revision of every record.
    assert_eq!(seen.len(), WRITERS * RECORDS);
    assert!(seen.values().all(|revision| *revision == rounds as u64), "{seen:?}");
    for writer in writers {
        // A writer sees what the others wrote as soon as it looks, and its own watermark has passed nothing over.
        let catalogue = writer.await.expect("no panic");
        catalogue.refresh("turku").await.expect("refreshed");
        let view = catalogue.view("turku").expect("a view");
        assert_eq!((view.sequence(), view.all(Kind::Service).count()), (total, WRITERS * RECORDS));
        assert!(view.all(Kind::Service).all(|stored| stored.revision == rounds as u64));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_writers_and_a_reader_lose_and_repeat_nothing() {
    let changes = if std::env::var_os("SILTA_LONG").is_some() { 33_350 } else { CHANGES };
    let scratch = Scratch::sqlite().await.expect("a store");
    feed_is_whole(&scratch, changes).await;
    match Scratch::postgres().await.expect("a server, or none") {
        Some(scratch) => feed_is_whole(&scratch, changes).await,
        None => println!("skipped: no PostgreSQL on this machine"),
    }
}
