use std::io::Write as _;

use super::*;
use crate::model::evidence::{EvidenceDraft, RecordKind};
use crate::store::Commit;
use crate::store::testing::Scratch;

async fn filled(mut scratch: Scratch, records: usize) -> Scratch {
    for number in 0..records {
        let now = scratch.world.now();
        let mut draft = EvidenceDraft::new(RecordKind::Exchange, tenant(number), now, now);
        draft.xroad_id = Some(format!("q-{number}"));
        scratch.store.commit(Commit::of_evidence(draft)).await.unwrap();
        if number == records / 2 {
            // A restart continues the chain.
            scratch.reopen().await.unwrap();
        }
    }
    scratch
}

fn tenant(number: usize) -> &'static str {
    if number.is_multiple_of(3) { "helsinki" } else { "turku" }
}

async fn problem(scratch: &Scratch) -> Option<(u64, Trouble)> {
    let report = verify(&scratch.store).await.unwrap();
    assert_eq!(report.is_clean(), report.first_problem.is_none());
    report.first_problem.map(|problem| (problem.sequence, problem.trouble))
}

#[tokio::test]
async fn a_log_nobody_touched_is_whole() {
    let scratch = filled(Scratch::sqlite().await.unwrap(), 20).await;
    let mut anchor = Anchor::open(&scratch.store).unwrap();
    assert!(anchor.note(&scratch.store).unwrap());
    assert!(!anchor.note(&scratch.store).unwrap(), "an unmoved head is stated once");
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.records, report.verified, report.anchored), (20, 20, 1));
    let [writer] = report.writers.as_slice() else { panic!("{report:?}") };
    assert_eq!((writer.writer.as_str(), writer.records, writer.head), ("main", 20, 20));
    assert_eq!(Some(writer.chain), scratch.store.head().map(|head| head.chain));
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let scratch = Scratch::sqlite().await.unwrap();
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean());
    assert_eq!(report.records, 0);
}

#[tokio::test]
async fn replicas_have_a_chain_each() {
    let Some(scratch) = Scratch::postgres().await.unwrap() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let scratch = filled(scratch, 12).await;
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.records, report.verified, report.writers.len()), (12, 12, 2));
}

/// Each row: what somebody does to the table, and what is found first.
#[tokio::test]
async fn tampering_is_found() {
    let cases: &[(&str, (u64, Trouble))] = &[
        // One byte of the record, its length unchanged (the last byte of `q-4`).
        (
            "UPDATE evidence SET record = CAST(substr(record, 1, length(record) - 1) || X'35' AS BLOB) WHERE sequence = 5",
            (5, Trouble::Chain),
        ),
        ("UPDATE evidence SET record = X'a0' WHERE sequence = 5", (5, Trouble::Chain)),
        ("UPDATE evidence SET chain = zeroblob(32) WHERE sequence = 5", (5, Trouble::Chain)),
        ("UPDATE evidence SET leaf = zeroblob(32) WHERE sequence = 5", (5, Trouble::Leaf)),
        ("UPDATE evidence SET tenant = 'helsinki' WHERE sequence = 5", (5, Trouble::Leaf)),
        ("UPDATE evidence SET tenant = 'nobody' WHERE sequence = 5", (5, Trouble::Leaf)),
        ("DELETE FROM evidence WHERE sequence = 5", (5, Trouble::Missing { until: 5 })),
        ("DELETE FROM evidence WHERE sequence BETWEEN 3 AND 7", (3, Trouble::Missing { until: 7 })),
        ("DELETE FROM evidence WHERE sequence = 1", (1, Trouble::Missing { until: 1 })),
        // The first record as its own predecessor's follower: swapped rows.
        ("UPDATE evidence SET sequence = 100 WHERE sequence = 10", (10, Trouble::Missing { until: 99 })),
        ("DELETE FROM evidence WHERE sequence > 8", (10, Trouble::CutTail)),
        ("DELETE FROM evidence WHERE sequence = 10", (10, Trouble::CutTail)),
        ("DELETE FROM evidence", (10, Trouble::CutTail)),
        ("UPDATE evidence SET writer = 'other'", (1, Trouble::Place)),
    ];
    for (sql, expected) in cases {
        let scratch = filled(Scratch::sqlite().await.unwrap(), 10).await;
        Anchor::open(&scratch.store).unwrap().note(&scratch.store).unwrap();
        scratch.tamper(sql).await.unwrap();
        assert_eq!(problem(&scratch).await, Some(*expected), "{sql}");
    }
}

#[tokio::test]
async fn one_changed_record_is_one_problem_of_the_chain() {
    let scratch = filled(Scratch::sqlite().await.unwrap(), 10).await;
    scratch.tamper("UPDATE evidence SET chain = zeroblob(32) WHERE sequence = 5").await.unwrap();
    let report = verify(&scratch.store).await.unwrap();
    // The link itself, and the one that was built on the true link.
    assert_eq!((report.records, report.verified, report.problems), (10, 8, 2));
}

/// Somebody cuts the tail and writes other records in its place, with good links: only the anchor knows.
#[tokio::test]
async fn a_chain_written_anew_is_found_by_the_anchor() {
    let mut scratch = filled(Scratch::sqlite().await.unwrap(), 10).await;
    Anchor::open(&scratch.store).unwrap().note(&scratch.store).unwrap();
    scratch.tamper("DELETE FROM evidence WHERE sequence > 5").await.unwrap();
    scratch.reopen().await.unwrap();
    let scratch = filled(scratch, 6).await;
    assert_eq!(problem(&scratch).await, Some((10, Trouble::Anchor)));
}

#[tokio::test]
async fn without_an_anchor_a_cut_tail_is_not_found() {
    let scratch = filled(Scratch::sqlite().await.unwrap(), 10).await;
    scratch.tamper("DELETE FROM evidence WHERE sequence > 8").await.unwrap();
    assert_eq!(problem(&scratch).await, None);
}

#[tokio::test]
async fn a_line_that_a_crash_cut_short_is_mended_and_another_is_refused() {
    let scratch = filled(Scratch::sqlite().await.unwrap(), 3).await;
    let path = Anchor::path_of(&scratch.store);
    Anchor::open(&scratch.store).unwrap().note(&scratch.store).unwrap();
    let mut file = std::fs::File::options().append(true).open(&path).unwrap();
    file.write_all(b"head1 17").unwrap();
    assert_eq!(Anchor::read(&path).unwrap().len(), 1, "an unfinished line is no statement");
    Anchor::open(&scratch.store).unwrap().note(&scratch.store).unwrap();
    assert_eq!(Anchor::read(&path).unwrap().len(), 2);
    file.write_all(b"head1 17 main x\n").unwrap();
    assert!(matches!(Anchor::read(&path), Err(AnchorError::Line { line: 3, .. })));
    assert!(matches!(verify(&scratch.store).await, Err(VerifyError::Anchor(_))));
}

#[tokio::test]
async fn the_walk_pages_through_a_long_log() {
    let scratch = Scratch::sqlite().await.unwrap();
    let now = scratch.world.now();
    let draft = EvidenceDraft::new(RecordKind::Exchange, "turku", now, now);
    let commit = Commit { statements: Vec::new(), evidence: vec![draft; 1025] };
    let committed = scratch.store.commit(commit).await.unwrap();
    assert_eq!(committed.evidence.last().map(|position| position.sequence), Some(1025));
    let report = verify(&scratch.store).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.records, report.verified), (1025, 1025));
}

#[tokio::test]
async fn the_anchor_is_kept_until_the_store_has_closed() {
    let scratch = filled(Scratch::sqlite().await.unwrap(), 2).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let every = std::time::Duration::from_millis(1);
    let keeper = tokio::spawn(keep_anchor(scratch.store.clone(), every, stop.clone()));
    let path = Anchor::path_of(&scratch.store);
    while Anchor::read(&path).unwrap().is_empty() {
        tokio::time::sleep(every).await;
    }
    let now = scratch.world.now();
    for _ in 0..3 {
        let draft = EvidenceDraft::new(RecordKind::Exchange, "turku", now, now);
        scratch.store.commit(Commit::of_evidence(draft)).await.unwrap();
    }
    let head = scratch.store.head().unwrap();
    scratch.store.close().await;
    stop.cancel();
    keeper.await.unwrap().unwrap();
    let last = Anchor::read(&path).unwrap().pop().unwrap();
    assert_eq!((&*last.writer, last.sequence, last.chain), (&*head.writer, head.sequence, head.chain));
}
