//! What is erased after the outcome, and what stays (PRIV-04).

use super::*;
use crate::model::evidence::{Evidence, RecordKind};
use crate::store::{CommitmentKey, evidence, letters, sends};
use crate::viestit::retention::Retention;
use crate::viestit::sealed::{Particulars, commitment_context};

const DAY: Duration = Duration::from_hours(24);

impl Bench {
    fn retention(&self) -> Retention {
        Retention::new(Arc::clone(&self.settings), self.scratch.store.clone(), self.scratch.world.clone())
    }

    async fn particulars(&self, send: &sends::Send) -> Particulars {
        let keys = self.scratch.store.tenant_keys("turku").await.unwrap();
        Particulars::open(&keys, &send.sealed, &send.id).unwrap()
    }

    /// The acts of the log, as operation and subject.
    async fn acts(&self) -> Vec<String> {
        let mut acts = Vec::new();
        for (writer, _) in evidence::writers(&self.scratch.store).await.unwrap() {
            for record in evidence::page(&self.scratch.store, &writer, 0, 500).await.unwrap() {
                let draft = Evidence::decode(&record.record).unwrap().draft;
                if draft.kind == RecordKind::Act {
                    acts.push(format!("{} {}", draft.operation.unwrap(), draft.subject.unwrap()));
                }
            }
        }
        acts
    }

    fn blobs(&self) -> usize {
        let folder = self.scratch.folder().join("blobs");
        let folders =
            std::fs::read_dir(folder).unwrap().filter_map(|entry| std::fs::read_dir(entry.unwrap().path()).ok());
        folders.map(Iterator::count).sum()
    }
}

/// A letter whose file is too large for its row.
fn large(order: &str) -> OrderDraft {
    let mut order = with_pdf(order, &[AINO, BENGT]);
    order.attachments[0].content = [b"%PDF-1.7 ".to_vec(), vec![b'x'; 300 * 1024]].concat().into();
    order
}

#[tokio::test]
async fn viestit_priv_04_after_the_outcome_body_files_and_recipients_go_and_the_proof_stays() {
    let bench = Bench::new().await;
    let store = &bench.scratch.store;
    let accepted = bench.accept(large("o-1")).await;
    bench.run().await;
    bench.feed.poll().await.unwrap();
    let before = bench.status(&accepted).await;
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered, SendState::Delivered]);
    let retention = bench.retention();
    bench.advance(29 * DAY);
    assert!(retention.run_due().await.unwrap());
    assert!(!retention.run_due().await.unwrap(), "once a day");
    assert_eq!((letters::attachments(store, "turku", &accepted.id).await.unwrap().len(), bench.blobs()), (1, 1));

    bench.advance(2 * DAY);
    assert!(retention.run_due().await.unwrap());
    let order = letters::get(store, "turku", &accepted.id).await.unwrap().unwrap();
    assert_eq!((order.body.sealed.len(), order.body.blob), (0, None));
    assert!(letters::attachments(store, "turku", &accepted.id).await.unwrap().is_empty());
    // A file's age goes by the machine's clock, which is not the bench's.
    assert_eq!((store.sweep(Duration::ZERO).await.unwrap(), bench.blobs()), (1, 0), "nothing refers to the file");
    let keys = store.tenant_keys("turku").await.unwrap();
    for (number, send) in sends::of_order(store, "turku", &accepted.id).await.unwrap().iter().enumerate() {
        let particulars = bench.particulars(send).await;
        assert!(particulars.recipient.is_none() && particulars.address.is_none());
        assert_eq!(particulars.calls.len(), 1, "support's trace ids stay");
        // Who knows the recipient proves it still.
        let key = keys.open(send.commitment_key.as_ref().unwrap(), &commitment_context(&send.id)).unwrap();
        let key = CommitmentKey::from_bytes(&key).unwrap();
        let committed = accepted.evidence[number].recipient_commitment.clone();
        assert_eq!(Some(key.commit("recipient", [AINO, BENGT][number].as_bytes())), committed);
    }
    assert_eq!(bench.status(&accepted).await, before, "the sender sees what it saw");
    assert_eq!(bench.acts().await, [format!("purge order/{}", accepted.id)]);
    // A late event still finds its letter, and a repeated order is known.
    let message = before.sends[0].message_id.unwrap();
    bench.sim.control.read(message).unwrap();
    bench.feed.poll().await.unwrap();
    assert_eq!(bench.states(&accepted).await, [SendState::Read, SendState::Delivered]);
    assert!(bench.accept(large("o-1")).await.repeated);
    assert!(matches!(bench.accept_from(CLIENT, draft("o-1", &[AINO])).await, Err(AcceptError::OrderConflict)));
    bench.advance(DAY);
    assert!(retention.run_due().await.unwrap());
    assert_eq!(bench.acts().await.len(), 1, "nothing is erased twice");
}

#[tokio::test]
async fn viestit_priv_04_what_waits_for_somebody_is_kept() {
    let bench = Bench::new().await;
    let store = &bench.scratch.store;
    bench.fault(ELECTRONIC, Fault::Status(500), usize::MAX);
    let accepted = bench.accept(large("o-1")).await;
    for _ in 0..400 {
        if bench.states(&accepted).await == [SendState::Parked, SendState::Parked] {
            break;
        }
        bench.next().await;
    }
    assert_eq!(bench.states(&accepted).await, [SendState::Parked, SendState::Parked]);
    bench.sim.control.clear_faults();
    let waiting = bench.accept(draft("o-2", &[AINO])).await;
    bench.advance(400 * DAY);
    assert!(bench.retention().run_due().await.unwrap());
    assert_eq!(letters::attachments(store, "turku", &accepted.id).await.unwrap().len(), 1);
    for send in sends::of_order(store, "turku", &waiting.id).await.unwrap() {
        assert_eq!(bench.particulars(&send).await.recipient.as_deref(), Some(AINO));
    }
    assert!(bench.acts().await.is_empty());
}

#[tokio::test]
async fn the_keys_of_the_commitments_go_last() {
    let bench = Bench::with(|_| {}, |settings| settings.receipt_keep = 60 * DAY).await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    let key = || async {
        let sends = sends::of_order(&bench.scratch.store, "turku", &accepted.id).await.unwrap();
        (sends[0].id.clone(), sends[0].commitment_key.is_some())
    };
    bench.advance(45 * DAY);
    let retention = bench.retention();
    retention.run_due().await.unwrap();
    assert!(key().await.1);
    bench.advance(30 * DAY);
    retention.run_due().await.unwrap();
    let (send, there) = key().await;
    assert!(!there);
    assert_eq!(bench.acts().await, [format!("purge order/{}", accepted.id), format!("erase-key send/{send}")]);
}
