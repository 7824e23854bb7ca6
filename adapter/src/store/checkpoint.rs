//! Moves what commits have written to SQLite's log into its file, while other commits go on.
//!
//! Left to itself, SQLite moves a thousand pages within the commit that makes the log that long, and everybody in that
//! commit waits for them. Here a connection of its own does it. The log begins anew only when nothing is left in it, which
//! constant commits never let happen; so once it is long, the committer moves the rest between two of its groups, when
//! there is little. A log that could not be moved is whole, only longer: nothing is lost by that, and it is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::connection::Connection;
use super::database::Database;
use super::error::StoreError;

/// After a commit, how long until its pages are moved: with those of many others.
const PAUSE: Duration = Duration::from_millis(100);
/// After it failed, as on a full disk, how long until it is tried again.
const TROUBLE: Duration = Duration::from_secs(5);
/// From so many pages of 4 KiB on the log is long.
const LONG: i64 = 4_000;
/// So many pages are moved between two groups without anybody noticing.
const LITTLE: i64 = 1_000;
/// From so many pages on the log is too long, and the committer moves them whatever it takes.
const TOO_LONG: i64 = 20_000;
/// Moves what no reader needs in its old form, and waits for nobody.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// The task that moves pages. It ends with this, and after what it is at.
pub(super) struct Checkpoints {
    shared: Arc<Shared>,
    ending: DropGuard,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    committed: Notify,
    is_long: AtomicBool,
}

impl Checkpoints {
    /// Begins, where the database has such a log.
    pub(super) fn begin(database: &Database) -> Option<Checkpoints> {
        if !database.has_log() {
            return None;
        }
        let (shared, ending) = (Arc::new(Shared::default()), CancellationToken::new());
        let task = tokio::spawn(work(database.clone(), Arc::clone(&shared), ending.clone()));
        Some(Checkpoints { shared, ending: ending.drop_guard(), task })
    }

    /// Something was committed. `connection` is the committer's, between two groups.
    pub(super) async fn committed(&self, connection: &mut Connection) {
        self.shared.committed.notify_one();
        if self.shared.is_long.swap(false, Ordering::AcqRel) {
            told(connection.run(MOVE, &[]).await.map_err(StoreError::from).map(drop));
        }
    }

    pub(super) async fn end(self) {
        drop(self.ending);
        let _ = self.task.await;
    }
}

async fn work(database: Database, shared: Arc<Shared>, ending: CancellationToken) {
    let mut connection = None;
    let due = async || {
        shared.committed.notified().await;
        tokio::time::sleep(PAUSE).await;
    };
    while ending.run_until_cancelled(due()).await.is_some() {
        match moved(&database, &mut connection).await {
            // Where a reader holds it, the committer could not move it either.
            Ok((pages, left)) if (pages >= LONG && left <= LITTLE) || pages >= TOO_LONG => {
                shared.is_long.store(true, Ordering::Release);
            }
            Ok(_) => {}
            Err(error) => {
                told(Err(error));
                ending.run_until_cancelled(tokio::time::sleep(TROUBLE)).await;
            }
        }
    }
    if let Some(connection) = connection {
        connection.close().await;
    }
}

/// How many pages the log has, and how many of them are not in the file yet.
async fn moved(database: &Database, kept: &mut Option<Connection>) -> Result<(i64, i64), StoreError> {
    let mut connection = match kept.take() {
        Some(connection) => connection,
        None => database.writing().await?,
    };
    let outcome = connection.run(MOVE, &[]).await?;
    *kept = Some(connection);
    let Some(row) = outcome.rows.into_iter().next() else { return Ok((0, 0)) };
    let mut fields = row.fields("wal_checkpoint");
    let (_busy, pages, moved) = (fields.int()?, fields.int()?, fields.int()?);
    Ok((pages, pages - moved))
}

fn told(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "the log of SQLite could not be moved into its file; it is tried again");
    }
}
