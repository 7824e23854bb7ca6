//! What only PostgreSQL does: several processes, serialisation failures, lost connections.

use futures_util::future::join_all;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::entities::{self, NewRevision};
use super::super::mirrors::{self, Key};
use super::super::testing::{PostgresServer, Scratch};
use super::super::{Commit, Location, Store, StoreConfig};
use super::draft;
use crate::log::verify;

async fn scratch() -> Option<Scratch> {
    let scratch = Scratch::postgres().await.unwrap();
    if scratch.is_none() {
        println!("skipped: no PostgreSQL on this machine");
    }
    scratch
}

fn put(code: &str) -> Commit {
    Commit::new().with(entities::put(&NewRevision {
        tenant: "turku",
        kind: "service",
        code,
        after: 0,
        state: "published",
        master: "cms",
        deleted: false,
        changed_at: 1,
        changed_by: "cms",
        body: b"{}",
    }))
}

/// The same schema, the same keys, another process in all but name.
async fn replica(scratch: &Scratch, config: StoreConfig) -> Store {
    Store::open(config, &scratch.world).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_keep_one_dense_change_feed() {
    let Some(scratch) = scratch().await else {
        return;
    };
    let other = replica(&scratch, scratch.config.clone()).await;
    let codes: Vec<String> = (0..60).map(|number| format!("s{number}")).collect();
    let commits = codes.iter().enumerate().map(|(number, code)| {
        let store = if number % 2 == 0 { &scratch.store } else { &other };
        store.commit(put(code).and(draft(&scratch, code)))
    });
    for committed in join_all(commits).await {
        committed.unwrap();
    }
    let feed = entities::changes(&scratch.store, "turku", 0, 100).await.unwrap();
    let sequences: Vec<i64> = feed.iter().map(|change| change.sequence).collect();
    assert_eq!(sequences, (1..=60).collect::<Vec<i64>>());
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.records, report.writers.len()), (60, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serialisation_failures_are_run_again() {
    let Some(scratch) = scratch().await else {
        return;
    };
    let Location::Postgres(address) = &scratch.config.location else { panic!("not PostgreSQL") };
    let strict = format!("{}&options[default_transaction_isolation]=serializable", address.expose_secret());
    let config = StoreConfig { location: Location::Postgres(SecretString::from(strict)), ..scratch.config.clone() };
    let (one, two) = (replica(&scratch, config.clone()).await, replica(&scratch, config).await);
    let mut failed = 0;
    for round in 0..40 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let (left, right) = tokio::join!(one.commit(put(&a)), two.commit(put(&b)));
        left.unwrap();
        right.unwrap();
        failed = one.figures().failed_groups() + two.figures().failed_groups();
    }
    assert!(failed > 0, "the two never met");
    assert_eq!(entities::last_change(&one, "turku").await.unwrap(), 80);
    println!("{failed} groups were run again");
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        println!("skipped: no PostgreSQL on this machine");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let address = server.fresh_database().await.unwrap();
    let config = StoreConfig::postgres(address, folder.path());
    let scratch = Scratch::open(folder, config).await.unwrap();
    scratch.store.commit(put("before")).await.unwrap();
    scratch
        .tamper(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    scratch.store.commit(put("after").and(draft(&scratch, "after"))).await.unwrap();
    let found = entities::get(&scratch.store, "turku", "service", "after").await.unwrap();
    assert!(found.is_some());
}

/// A mistake of the operator: two processes under one writer's name. The chain stays one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_under_one_name_do_not_fork_the_chain() {
    let Some(scratch) = scratch().await else {
        return;
    };
    let config = StoreConfig { writer: Some("shared".to_owned()), ..scratch.config.clone() };
    let (one, two) = (replica(&scratch, config.clone()).await, replica(&scratch, config).await);
    for round in 0..15 {
        let id = round.to_string();
        let (left, right) = tokio::join!(
            one.commit(Commit::of_evidence(draft(&scratch, &id))),
            two.commit(Commit::of_evidence(draft(&scratch, &id)))
        );
        left.unwrap();
        right.unwrap();
    }
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.records, report.writers.len()), (30, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_is_claimed_by_one_process_only() {
    let Some(scratch) = scratch().await else {
        return;
    };
    let other = replica(&scratch, scratch.config.clone()).await;
    let codes: Vec<String> = (0..50).map(|number| format!("s{number}")).collect();
    let wants = codes.iter().map(|code| mirrors::want(Key { tenant: "turku", kind: "service", code }, 0, 0));
    scratch.store.commit(Commit::new().with(wants)).await.unwrap();
    let by = |owner| mirrors::Claim {
        tenant: "turku",
        kind: "service",
        owner,
        now: 10,
        until: 1000,
        limit: 30,
        asked: false,
    };
    let (one, two) = tokio::join!(mirrors::claim(&scratch.store, by("one")), mirrors::claim(&other, by("two")));
    let mut claimed: Vec<String> =
        [one.unwrap(), two.unwrap()].concat().into_iter().map(|mirror| mirror.code).collect();
    let count = claimed.len();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), count, "a mirror was claimed twice");
    assert!(count >= 30);
}

/// Two replicas may start on an empty database at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_may_migrate_at_once() {
    let Some(server) = PostgresServer::shared().unwrap() else {
        println!("skipped: no PostgreSQL on this machine");
        return;
    };
    let address = server.fresh_schema().await.unwrap();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = crate::world::World::system();
    let (left, right) = tokio::join!(
        Store::open(StoreConfig::postgres(address.clone(), one.path()), &world),
        Store::open(StoreConfig::postgres(address.clone(), two.path()), &world)
    );
    left.unwrap();
    right.unwrap();
}
