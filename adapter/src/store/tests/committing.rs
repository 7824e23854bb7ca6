use std::time::Duration;

use futures_util::future::join_all;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::super::entities::{self, NewRevision};
use super::super::{Access, Commit, CommitError, Constraint, Statement, Store, StoreConfig, StoreError, args};
use super::{Scratch, draft, on_both};
use crate::log::verify;
use crate::model::evidence::Evidence;
use crate::store::testing::hold_sqlite;
use crate::telemetry::Metrics;

fn revision(code: &str, after: i64) -> NewRevision<'_> {
    NewRevision {
        tenant: "turku",
        kind: "service",
        code,
        after,
        state: "published",
        master: "cms",
        deleted: false,
        changed_at: 1,
        changed_by: "cms",
        body: b"{}",
    }
}

/// Breaks the primary key of `intake_batch` the second time.
fn batch(name: &str) -> Statement {
    Statement::new(
        "INSERT INTO intake_batch (tenant, batch, digest, verdicts, at) VALUES ('turku', $1, $2, $2, 0)",
        args![name, b"x".as_slice()],
    )
}

#[tokio::test]
async fn every_sql_text_is_understood_by_both() {
    on_both(async |scratch| {
        let mut count = 0;
        for (file, name, sql) in super::super::tables::all() {
            if let Err(error) = scratch.store.inner.database.prepare(sql).await {
                panic!("{file}::{name}: {error}");
            }
            count += 1;
        }
        assert!(count > 60, "{count} texts");
    })
    .await;
}

#[tokio::test]
async fn sixty_four_waiting_commits_are_one_transaction_with_one_insert() {
    on_both(async |scratch| {
        let store = &scratch.store;
        store.commit(Commit::of_evidence(draft(scratch, "first"))).await.unwrap();
        let (groups, commits) = (store.figures().groups(), store.figures().commits());
        let waiting = (0..64).map(|number| store.commit(Commit::of_evidence(draft(scratch, &number.to_string()))));
        let sequences: Vec<u64> = join_all(waiting)
            .await
            .into_iter()
            .map(|committed| committed.unwrap().evidence.first().unwrap().sequence)
            .collect();
        assert_eq!(sequences, (2..66).collect::<Vec<u64>>(), "in order of arrival, without gaps");
        assert_eq!(store.figures().groups() - groups, 1);
        assert_eq!(store.figures().commits() - commits, 64);
        assert_eq!(store.figures().durable_time().count(), store.figures().groups());
        assert!(verify(store).await.unwrap().is_clean());
    })
    .await;
}

#[tokio::test]
async fn more_than_a_group_takes_several() {
    on_both(async |scratch| {
        let store = &scratch.store;
        store.tenant_keys("turku").await.unwrap();
        let groups = store.figures().groups();
        let waiting = (0..150).map(|number| store.commit(Commit::of_evidence(draft(scratch, &number.to_string()))));
        for committed in join_all(waiting).await {
            committed.unwrap();
        }
        assert_eq!(store.figures().groups() - groups, 3);
    })
    .await;
}

#[tokio::test]
async fn a_failing_commit_of_a_group_fails_alone() {
    on_both(async |scratch| {
        let store = &scratch.store;
        store.commit(Commit::new().with([batch("taken")]).with(entities::put(&revision("old", 0)))).await.unwrap();
        store.tenant_keys("turku").await.unwrap();
        let groups = store.figures().groups();
        let results = join_all([
            store.commit(Commit::new().with(entities::put(&revision("a", 0))).and(draft(scratch, "a"))),
            // Its first statement works and must be undone with the second.
            store.commit(Commit::new().with([batch("undone"), batch("taken")]).and(draft(scratch, "b"))),
            store.commit(Commit::new().with(entities::put(&revision("old", 7))).and(draft(scratch, "c"))),
            store.commit(Commit::of_evidence(draft(scratch, "d"))),
            store.commit(Commit::new().with([Statement::new("INSERT INTO nowhere VALUES ($1)", args![1_i64])])),
            store.commit(Commit::new().with([batch("also")]).and(draft(scratch, "e"))),
        ])
        .await;
        assert_eq!(store.figures().groups() - groups, 1);
        let errors: Vec<Option<&CommitError>> = results.iter().map(|result| result.as_ref().err()).collect();
        assert_eq!(errors[0], None);
        assert_eq!(errors[1], Some(&CommitError::Constraint { statement: 1, constraint: Constraint::Unique }));
        assert_eq!(errors[2], Some(&CommitError::Conflict { statement: 0 }));
        assert_eq!(errors[3], None);
        assert!(matches!(errors[4], Some(CommitError::Statement { statement: 0, .. })), "{:?}", errors[4]);
        assert_eq!(errors[5], None);
        let names = store.read("SELECT batch FROM intake_batch ORDER BY batch", Vec::new()).await.unwrap();
        let names: Vec<String> = names.into_iter().map(|row| row.fields("").text().unwrap()).collect();
        assert_eq!(names, ["also", "taken"]);
        // Only what committed is in the log, numbered without gaps.
        let head = store.head().unwrap();
        let records = super::super::evidence::page(store, &head.writer, 0, 100).await.unwrap();
        let ids: Vec<_> =
            records.iter().map(|record| Evidence::decode(&record.record).unwrap().draft.xroad_id.unwrap()).collect();
        assert_eq!(ids, ["a", "d", "e"]);
        assert_eq!(head.sequence, 3);
        assert!(verify(store).await.unwrap().is_clean());
    })
    .await;
}

#[tokio::test]
async fn the_first_statement_that_fails_is_told_and_those_after_it_are_undone() {
    on_both(async |scratch| {
        let store = &scratch.store;
        let none = || Statement::new("UPDATE intake_batch SET at = $2 WHERE batch = $1", args!["none", 1_i64]);
        let many = |from: usize| (from..from + 70).map(|number| batch(&format!("many-{number:03}")));
        store.commit(Commit::new().with([batch("taken")])).await.unwrap();
        store.commit(Commit::new().with(many(0))).await.unwrap();
        let results = join_all([
            // Its third statement would fail as well; the first is told.
            store.commit(Commit::new().with([none().expecting(1), batch("a"), batch("taken")])),
            store.commit(Commit::new().with(many(100)).with([batch("taken"), batch("b")])),
            store.commit(Commit::new().with(many(100)).with([none().expecting(1)]).with(many(10))),
            store.commit(Commit::new().with([batch("c")])),
        ])
        .await;
        let errors: Vec<Option<&CommitError>> = results.iter().map(|result| result.as_ref().err()).collect();
        assert_eq!(errors[0], Some(&CommitError::Conflict { statement: 0 }));
        assert_eq!(errors[1], Some(&CommitError::Constraint { statement: 70, constraint: Constraint::Unique }));
        assert_eq!(errors[2], Some(&CommitError::Conflict { statement: 70 }));
        assert_eq!(errors[3], None);
        let names = store.read("SELECT batch FROM intake_batch ORDER BY batch", Vec::new()).await.unwrap();
        let names: Vec<String> = names.into_iter().map(|row| row.fields("").text().unwrap()).collect();
        let mut expected = vec!["c".to_owned()];
        expected.extend((0..70).map(|number| format!("many-{number:03}")));
        expected.push("taken".to_owned());
        assert_eq!(names, expected);
    })
    .await;
}

#[tokio::test]
async fn of_alike_commits_those_that_fail_fail_alone() {
    on_both(async |scratch| {
        let store = &scratch.store;
        store.commit(Commit::new().with([batch("taken")]).with(entities::put(&revision("old", 0)))).await.unwrap();
        store.tenant_keys("turku").await.unwrap();
        let groups = store.figures().groups();
        let commits = (0..30).map(|number| {
            let after = if matches!(number, 4 | 5 | 17) { 7 } else { 0 };
            let name = if matches!(number, 0 | 11 | 29) { "taken".to_owned() } else { format!("new-{number:02}") };
            let commit =
                Commit::new().with(entities::put(&revision(&format!("s-{number}"), after))).with([batch(&name)]);
            store.commit(commit.and(draft(scratch, &number.to_string())))
        });
        let results = join_all(commits).await;
        assert_eq!(store.figures().groups() - groups, 1);
        for (number, result) in results.iter().enumerate() {
            match number {
                4 | 5 | 17 => assert!(result.as_ref().unwrap_err().is_conflict(), "{number}"),
                0 | 11 | 29 => {
                    let error = result.as_ref().unwrap_err();
                    assert!(
                        matches!(error, CommitError::Constraint { constraint: Constraint::Unique, .. }),
                        "{number}"
                    );
                }
                _ => assert_eq!(result.as_ref().unwrap().evidence.len(), 1, "{number}"),
            }
        }
        let names = store.read("SELECT batch FROM intake_batch WHERE batch LIKE 'new-%'", Vec::new()).await.unwrap();
        let bodies = store.read("SELECT code FROM entity WHERE code LIKE 's-%'", Vec::new()).await.unwrap();
        assert_eq!((names.len(), bodies.len()), (24, 24));
        assert_eq!(store.head().unwrap().sequence, 24);
        assert!(verify(store).await.unwrap().is_clean());
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_ends_its_group_and_leaves_nothing_of_it() {
    on_both(async |scratch| {
        let store = &scratch.store;
        store.tenant_keys("turku").await.unwrap();
        let commits = (0..4).map(|number| {
            let sql = "INSERT INTO intake_batch (tenant, batch, digest, verdicts, at) VALUES ('turku', $1, $2, $2, 0) \
                       RETURNING 1.5";
            let odd = Statement::new(sql, args![format!("odd-{number}"), b"x".as_slice()]);
            store.commit(Commit::new().with([odd, batch(&format!("even-{number}"))]))
        });
        for result in join_all(commits).await {
            assert!(matches!(result, Err(CommitError::Unavailable { .. })), "{result:?}");
        }
        store.commit(Commit::new().with([batch("after")])).await.unwrap();
        let names = store.read("SELECT batch FROM intake_batch", Vec::new()).await.unwrap();
        assert_eq!(names.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn each_statement_gives_its_own_rows() {
    on_both(async |scratch| {
        let add = |number: i64| {
            // Not in the order of their numbers, and one of them twice.
            let sql = "INSERT INTO intake_batch (at, tenant, batch, digest, verdicts) VALUES ($3, 'turku', $1, $2, $2) \
                       RETURNING at, batch, digest";
            Statement::new(sql, args![format!("batch-{number}"), b"digest".as_slice(), number])
        };
        let quiet = Statement::new("UPDATE intake_batch SET at = at", Vec::new());
        let statements: Vec<Statement> = (0..70).flat_map(|number| [add(number), quiet.clone()]).collect();
        let mut committed = scratch.store.commit(Commit::new().with(statements)).await.unwrap();
        assert_eq!(committed.rows.len(), 140);
        for number in 0..70 {
            let rows = committed.take(number * 2);
            assert_eq!(rows.len(), 1);
            let mut fields = rows.into_iter().next().unwrap().fields("intake_batch");
            assert_eq!(fields.int().unwrap(), i64::try_from(number).unwrap());
            assert_eq!(fields.text().unwrap(), format!("batch-{number}"));
            assert_eq!(fields.blob().unwrap(), b"digest");
            assert!(committed.take(number * 2 + 1).is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_full_queue_says_busy_and_a_closed_store_says_closed() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    scratch.store.tenant_keys("turku").await.unwrap();
    scratch.config.limits.commit_queue = 2;
    scratch.reopen().await.unwrap();
    scratch.store.tenant_keys("turku").await.unwrap();
    let store = scratch.store.clone();
    // On this one thread all five are queued before the committer runs.
    let results = join_all((0..5).map(|_| store.commit(Commit::of_evidence(draft(&scratch, "x"))))).await;
    let busy = results.iter().filter(|result| **result == Err(CommitError::Busy)).count();
    assert_eq!((busy, results.iter().filter(|result| result.is_ok()).count()), (3, 2));
    assert!(CommitError::Busy.may_retry());
    store.close().await;
    assert_eq!(store.commit(Commit::new()).await, Err(CommitError::Closed));
}

#[tokio::test]
async fn closing_makes_durable_what_waits() {
    on_both(async |scratch| {
        let store = scratch.store.clone();
        store.tenant_keys("turku").await.unwrap();
        let waiting = join_all((0..100).map(|_| store.commit(Commit::of_evidence(draft(scratch, "x")))));
        let ((), results) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                store.close().await;
            },
            waiting
        );
        // join! polls the closing first, so commits may be refused, but each has a true answer.
        let stand = results.iter().filter(|result| result.is_ok()).count();
        assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(CommitError::Closed))));
        assert_eq!(stand, 100, "they were queued before the store closed");
        scratch.reopen().await.unwrap();
        assert_eq!(super::super::evidence::count(&scratch.store).await.unwrap(), 100);
    })
    .await;
}

#[tokio::test]
async fn a_lone_commit_waits_for_nobody() {
    let mut scratch = Scratch::sqlite().await.unwrap();
    // Were the wait to apply, this test would take an hour.
    scratch.config.limits.commit_wait = std::time::Duration::from_hours(1);
    scratch.reopen().await.unwrap();
    for _ in 0..3 {
        scratch.store.commit(Commit::of_evidence(draft(&scratch, "x"))).await.unwrap();
    }
    assert_eq!(scratch.store.figures().groups(), scratch.store.figures().commits());
}

#[tokio::test]
async fn a_newer_database_is_refused() {
    on_both(async |scratch| {
        scratch
            .tamper(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                 SELECT 999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1",
            )
            .await
            .unwrap();
        scratch.store.close().await;
        let error = Store::open(scratch.config.clone(), &scratch.world).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 999, .. }), "{error}");
    })
    .await;
}

#[tokio::test]
async fn one_process_writes_and_others_read_beside_it() {
    let scratch = Scratch::sqlite().await.unwrap();
    let error = Store::open(scratch.config.clone(), &scratch.world).await.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    scratch.store.commit(Commit::of_evidence(draft(&scratch, "x"))).await.unwrap();
    let reading = StoreConfig { access: Access::Read, ..scratch.config.clone() };
    let beside = Store::open(reading, &scratch.world).await.unwrap();
    assert_eq!(super::super::evidence::count(&beside).await.unwrap(), 1);
    assert_eq!(beside.commit(Commit::new()).await, Err(CommitError::Closed));
    assert!(verify(&beside).await.unwrap().is_clean());
}

#[tokio::test]
async fn nothing_is_lost_over_a_restart() {
    on_both(async |scratch| {
        scratch.store.commit(Commit::of_evidence(draft(scratch, "before"))).await.unwrap();
        scratch.reopen().await.unwrap();
        let after = scratch.store.commit(Commit::of_evidence(draft(scratch, "after"))).await.unwrap();
        assert_eq!(super::super::evidence::count(&scratch.store).await.unwrap(), 2);
        let sqlite = matches!(scratch.config.location, super::super::Location::Sqlite(_));
        assert_eq!(after.evidence[0].sequence, if sqlite { 2 } else { 1 });
        assert!(verify(&scratch.store).await.unwrap().is_clean());
    })
    .await;
}

/// A store of one reader that waits for nothing longer than this.
async fn impatient() -> (Scratch, Metrics) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = StoreConfig::in_folder(folder.path());
    config.limits.readers = 1;
    config.limits.busy_timeout = Duration::from_millis(20);
    config.limits.acquire_timeout = Duration::from_millis(20);
    let scratch = Scratch::open(folder, config).await.unwrap();
    let metrics = Metrics::new();
    scratch.store.figures().count_limits(metrics.clone());
    (scratch, metrics)
}

#[tokio::test]
async fn a_commit_that_waits_too_long_for_another_process_is_counted() {
    let (scratch, metrics) = impatient().await;
    scratch.store.commit(Commit::of_evidence(draft(&scratch, "first"))).await.unwrap();
    let held = hold_sqlite(scratch.folder()).await.unwrap();
    let refused = scratch.store.commit(Commit::of_evidence(draft(&scratch, "second"))).await;
    assert!(matches!(refused, Err(CommitError::Unavailable { .. })), "{refused:?}");
    // Each try has waited.
    assert_eq!(metrics.limit_hits("busy_timeout"), scratch.store.figures().failed_groups());
    assert!(metrics.limit_hits("busy_timeout") > 1 && metrics.limit_hits("acquire_timeout") == 0);
    assert!(metrics.encode().contains("silta_limits_hit_total{limit=\"busy_timeout\"}"));
    held.release().await.unwrap();
    scratch.store.commit(Commit::of_evidence(draft(&scratch, "third"))).await.unwrap();
}

#[tokio::test]
async fn a_read_that_gets_no_connection_in_time_is_counted() {
    let (scratch, metrics) = impatient().await;
    let pool = match &scratch.store.inner.database {
        super::super::database::Database::Sqlite { pool, .. } => pool.clone(),
        super::super::database::Database::Postgres { .. } => panic!("an SQLite store"),
    };
    let taken = pool.acquire().await.unwrap();
    let refused = crate::store::evidence::writers(&scratch.store).await;
    assert!(matches!(refused, Err(StoreError::Database { retry: true, limit: Some("acquire_timeout"), .. })));
    assert_eq!((metrics.limit_hits("acquire_timeout"), metrics.limit_hits("busy_timeout")), (1, 0));
    drop(taken);
    crate::store::evidence::writers(&scratch.store).await.unwrap();
    assert_eq!(metrics.limit_hits("acquire_timeout"), 1);
}

/// Otherwise the log would grow for as long as there is always another commit.
#[tokio::test]
async fn the_log_of_sqlite_begins_anew_while_commits_go_on_without_a_break() {
    let scratch = Scratch::sqlite().await.unwrap();
    let log = scratch.config.data.join("silta.db-wal");
    let body = vec![b'x'; 64 * 1024];
    let written: u64 = 192 << 20;
    let each = written / 4 / body.len() as u64;
    let commits = (0..4).map(async |task| {
        for number in 0..each {
            let code = format!("{task}-{number}");
            let put = entities::put(&NewRevision { body: &body, ..revision(&code, 0) });
            scratch.store.commit(Commit::new().with(put)).await.unwrap();
        }
    });
    join_all(commits).await;
    let (log, file) = (std::fs::metadata(log).unwrap().len(), scratch.config.data.join("silta.db"));
    println!("the log has {} MiB at its longest, the file {} MiB", log >> 20, file.metadata().unwrap().len() >> 20);
    assert!(log < written / 2, "{log} bytes of {written}");
    // The rest follows on its own, soon after the last commit.
    let mut waits = 0;
    while file.metadata().unwrap().len() < written {
        assert!(waits < 100, "{} bytes in the file", file.metadata().unwrap().len());
        waits += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// SQLite says only in its answer that somebody was in the way.
#[tokio::test]
async fn the_log_is_empty_when_it_was_settled_whoever_was_in_the_way() {
    let (scratch, _) = impatient().await;
    let log = scratch.config.data.join("silta.db-wal");
    scratch.store.commit(Commit::of_evidence(draft(&scratch, "1"))).await.unwrap();
    let file = SqliteConnectOptions::new().filename(scratch.config.data.join("silta.db"));
    let mut reader = file.connect().await.unwrap();
    sqlx::raw_sql("BEGIN; SELECT COUNT(*) FROM evidence").execute(&mut reader).await.unwrap();
    scratch.store.commit(Commit::of_evidence(draft(&scratch, "2"))).await.unwrap();
    let reading = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    };
    let (settled, ()) = tokio::join!(scratch.store.settle(), reading);
    settled.unwrap();
    assert_eq!(std::fs::metadata(log).unwrap().len(), 0);
    reader.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_store_has_moved_its_log_into_its_file() {
    let scratch = Scratch::sqlite().await.unwrap();
    let log = scratch.folder().join("silta.db-wal");
    scratch.store.commit(Commit::new().with([batch("one")])).await.unwrap();
    assert!(log.metadata().unwrap().len() > 0);
    scratch.store.close().await;
    assert!(!log.exists(), "somebody has the file open still");
}
