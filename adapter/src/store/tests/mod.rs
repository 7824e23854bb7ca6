//! The store against real databases: SQLite always, PostgreSQL when its binaries are installed.

mod committing;
mod postgres;
mod safekeeping;
mod tables;
mod upgrading;

use super::testing::Scratch;
use crate::model::evidence::{EvidenceDraft, RecordKind};

/// Runs a test on a store of each database.
async fn on_both(test: impl AsyncFn(&mut Scratch)) {
    test(&mut Scratch::sqlite().await.unwrap()).await;
    match Scratch::postgres().await.unwrap() {
        Some(mut scratch) => test(&mut scratch).await,
        None => println!("skipped: no PostgreSQL on this machine"),
    }
}

fn draft(scratch: &Scratch, id: &str) -> EvidenceDraft {
    let now = scratch.world.now();
    let mut draft = EvidenceDraft::new(RecordKind::Exchange, "turku", now, now);
    draft.xroad_id = Some(id.to_owned());
    draft
}
