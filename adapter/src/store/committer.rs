//! The one task that writes: it groups waiting commits into one transaction and makes it durable.
//!
//! While a transaction is being made durable, others queue; the next transaction takes them all, up to the group limit.
//! After a group of several it waits up to a millisecond for as many again, so that callers in step with one another
//! stay in one group; a lone commit never waits. Commits with statements run inside savepoints: one that fails gets its
//! own error, the rest commit. Evidence is numbered and chained last and goes in by multi-row inserts.

use std::sync::Arc;
use std::time::Duration;

use sqlx::AssertSqlSafe;
use tokio::sync::{mpsc, oneshot, watch};

use super::checkpoint::Checkpoints;
use super::commit::{Commit, Committed, Position};
use super::connection::Connection;
use super::database::Database;
use super::error::{CommitError, StoreError, constraint, describe};
use super::failure::{Again, Failure};
use super::figures::Figures;
use super::isolated::{alike, isolated};
use super::tables::evidence as table;
use super::value::{Row, Value};
use crate::model::evidence::{self, GENESIS, Hash};
use crate::world::World;

/// A commit in the queue, with the salts of its records' tenants and the way back.
pub(super) struct Waiting {
    pub(super) commit: Commit,
    pub(super) salts: Vec<Hash>,
    pub(super) answer: oneshot::Sender<Result<Committed, CommitError>>,
}

/// The last record of a writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub writer: Arc<str>,
    /// 0 when the writer has written nothing.
    pub sequence: u64,
    pub chain: Hash,
}

/// How the committer groups.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grouping {
    pub(super) most: usize,
    pub(super) wait: Duration,
}

pub(super) struct Committer {
    pub(super) database: Database,
    pub(super) connection: Option<Connection>,
    pub(super) queue: mpsc::Receiver<Waiting>,
    pub(super) writer: Arc<str>,
    pub(super) head: Option<Head>,
    pub(super) heads: watch::Sender<Option<Head>>,
    pub(super) grouping: Grouping,
    pub(super) figures: Arc<Figures>,
    pub(super) world: World,
    pub(super) inserts: table::InsertTexts,
    pub(super) checkpoints: Option<Checkpoints>,
    /// The data directory stays ours until the last commit is made.
    pub(super) _lock: Option<Arc<std::fs::File>>,
}

/// How often a group is run again after a serialisation failure or a lost connection.
const GROUP_TRIES: u32 = 8;

impl Committer {
    /// Runs until every sender is gone and the queue is empty.
    pub(super) async fn run(mut self) {
        let mut last = 0;
        while let Some(first) = self.queue.recv().await {
            let mut group = Vec::with_capacity(self.grouping.most);
            group.push(first);
            self.gather(&mut group, last).await;
            last = group.len();
            self.commit_group(group).await;
            if let (Some(checkpoints), Some(connection)) = (&self.checkpoints, &mut self.connection) {
                checkpoints.committed(connection).await;
            }
        }
        if let Some(checkpoints) = self.checkpoints {
            checkpoints.end().await;
        }
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }

    async fn gather(&mut self, group: &mut Vec<Waiting>, last: usize) {
        while group.len() < self.grouping.most
            && let Ok(next) = self.queue.try_recv()
        {
            group.push(next);
        }
        let wanted = last.min(self.grouping.most);
        if group.len() >= wanted || last < 2 {
            return;
        }
        let wait = tokio::time::sleep(self.grouping.wait);
        tokio::pin!(wait);
        while group.len() < wanted {
            tokio::select! {
                biased;
                next = self.queue.recv() => match next {
                    Some(next) => group.push(next),
                    None => return,
                },
                () = &mut wait => return,
            }
        }
    }

    async fn commit_group(&mut self, group: Vec<Waiting>) {
        let mut tries = 0;
        let outcome = loop {
            match self.attempt(&group).await {
                Ok(results) => break Ok(results),
                Err(failure) => {
                    self.head = None;
                    self.figures.failed_group();
                    self.figures.met(failure.limit);
                    match failure.again {
                        Again::Yes if tries < GROUP_TRIES => {
                            tries += 1;
                            tokio::time::sleep(self.pause(tries)).await;
                        }
                        _ => break Err(failure.error),
                    }
                }
            }
        };
        match outcome {
            Ok(results) => {
                self.figures.group(group.len());
                if let Some(head) = &self.head {
                    self.heads.send_replace(Some(head.clone()));
                }
                for (waiting, result) in group.into_iter().zip(results) {
                    // The caller may be gone; the commit stands all the same.
                    let _ = waiting.answer.send(result);
                }
            }
            Err(error) => {
                for waiting in group {
                    let _ = waiting.answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Up to 4, 8, 16 … 512 ms, at random, so that two processes that met do not meet again.
    fn pause(&self, tries: u32) -> Duration {
        let most = 2_u64 << tries;
        let chance = self.world.random::<1>().map_or(255, |[byte]| u64::from(byte));
        Duration::from_micros(most * 1000 * (chance + 1) / 256)
    }

    /// Runs the group once. On failure nothing of it is in the database, unless the error says *unknown*.
    async fn attempt(&mut self, group: &[Waiting]) -> Result<Vec<Result<Committed, CommitError>>, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.database.writing().await.map_err(Failure::before)?,
        };
        let outcome = self.transact(&mut connection, group).await;
        match &outcome {
            Ok(_) => self.connection = Some(connection),
            Err(failure) => {
                // A transaction of unknown state must not be built upon: only a clean connection is kept.
                let clean = !failure.broken && connection.run("ROLLBACK", &[]).await.is_ok();
                if clean && connection.is_alive().await {
                    self.connection = Some(connection);
                } else {
                    connection.discard();
                }
            }
        }
        outcome
    }

    async fn transact(
        &mut self,
        connection: &mut Connection,
        group: &[Waiting],
    ) -> Result<Vec<Result<Committed, CommitError>>, Failure> {
        connection.begin().await.map_err(Failure::during)?;
        let mut results = Vec::with_capacity(group.len());
        while let Some(rest) = group.get(results.len()..)
            && !rest.is_empty()
        {
            let (some, _) = rest.split_at(alike(rest));
            isolated(connection, some, &mut results).await?;
        }
        let head = self.append_evidence(connection, group, &mut results).await?;
        let started = self.world.elapsed();
        if let Err(error) = connection.run("COMMIT", &[]).await {
            return Err(Failure::at_commit(&error));
        }
        self.figures.durable(self.world.elapsed().saturating_sub(started));
        if head.is_some() {
            self.head = head;
        }
        Ok(results)
    }

    /// Numbers and chains the evidence of every commit that stands, and inserts it.
    async fn append_evidence(
        &mut self,
        connection: &mut Connection,
        group: &[Waiting],
        results: &mut [Result<Committed, CommitError>],
    ) -> Result<Option<Head>, Failure> {
        let records = group.iter().zip(&*results).filter(|(_, result)| result.is_ok());
        let count: usize = records.map(|(waiting, _)| waiting.commit.evidence.len()).sum();
        if count == 0 {
            return Ok(None);
        }
        let mut head = match self.head.clone() {
            Some(head) => head,
            None => load_head(connection, &self.writer).await?,
        };
        let mut args = Vec::with_capacity(count.min(table::MOST_ROWS) * table::COLUMNS);
        let mut rows = 0;
        for (waiting, result) in group.iter().zip(results) {
            let Ok(committed) = result else { continue };
            for (draft, salt) in waiting.commit.evidence.iter().zip(&waiting.salts) {
                let sequence = head.sequence + 1;
                let record = draft.encode(&self.writer, sequence);
                head.chain = evidence::chain(&head.chain, &record);
                head.sequence = sequence;
                let leaf = evidence::leaf(salt, &record);
                table::row(&mut args, &head, draft, record, leaf);
                committed.evidence.push(Position { writer: Arc::clone(&self.writer), sequence });
                rows += 1;
                if rows == table::MOST_ROWS {
                    self.insert(connection, rows, &args).await?;
                    args.clear();
                    rows = 0;
                }
            }
        }
        if rows > 0 {
            self.insert(connection, rows, &args).await?;
        }
        Ok(Some(head))
    }

    async fn insert(&mut self, connection: &mut Connection, rows: usize, args: &[Value]) -> Result<(), Failure> {
        let text = self.inserts.text(rows);
        match connection.run(AssertSqlSafe(text), args).await {
            Ok(_) => Ok(()),
            // Somebody else wrote under our name: take the head from the database and run again.
            Err(error) if constraint(&error).is_some() => Err(Failure {
                error: CommitError::Unavailable { text: describe(&error) },
                again: Again::Yes,
                broken: false,
                limit: None,
            }),
            Err(error) => Err(Failure::during(error)),
        }
    }
}

async fn load_head(connection: &mut Connection, writer: &Arc<str>) -> Result<Head, Failure> {
    let outcome = connection.run(table::HEAD, &[Value::from(&**writer)]).await.map_err(Failure::during)?;
    head_of(outcome.rows, writer).map_err(Failure::before)
}

/// The head in the rows of [`table::HEAD`]; genesis when there is none.
pub(super) fn head_of(rows: Vec<Row>, writer: &Arc<str>) -> Result<Head, StoreError> {
    let Some(row) = rows.into_iter().next() else {
        return Ok(Head { writer: Arc::clone(writer), sequence: 0, chain: GENESIS });
    };
    let mut fields = row.fields("evidence");
    let unreadable = |column| StoreError::Unreadable { place: "evidence", column };
    Ok(Head {
        writer: Arc::clone(writer),
        sequence: u64::try_from(fields.int()?).map_err(|_| unreadable(0))?,
        chain: Hash::try_from(fields.blob()?.as_slice()).map_err(|_| unreadable(1))?,
    })
}
