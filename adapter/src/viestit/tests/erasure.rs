//! What is left of a letter some time after its end, and some years later.

use super::*;
use crate::model::evidence::Evidence;
use crate::store::{CommitmentKey, evidence, letters, sends};
use crate::viestit::sealed::{self, Particulars};

const DAY: Duration = Duration::from_hours(24);

/// A letter with a file that is too large for its row.
fn large(order_id: &str, recipients: &[&str]) -> OrderDraft {
    let mut draft = with_pdf(order_id, recipients);
    let content = [b"%PDF-1.7 ".as_slice(), &vec![b'x'; 400 << 10]].concat();
    draft.attachments[0].content = content.into();
    draft
}

fn blobs(bench: &Bench) -> usize {
    let folder = bench.scratch.store.data().join("blobs");
    walk(&folder)
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

/// Whether any file of the data directory holds these bytes.
fn is_in_a_file(bench: &Bench, bytes: &[u8]) -> bool {
    fn look(folder: &std::path::Path, bytes: &[u8]) -> bool {
        let held = |path: std::path::PathBuf| {
            if path.is_dir() {
                return look(&path, bytes);
            }
            std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
        };
        std::fs::read_dir(folder).unwrap().any(|entry| held(entry.unwrap().path()))
    }
    look(bench.scratch.store.data(), bytes)
}

/// Acts of erasure in the log: subject and outcome.
async fn acts(bench: &Bench) -> Vec<(String, String)> {
    let store = &bench.scratch.store;
    let mut acts = Vec::new();
    for (writer, _) in evidence::writers(store).await.unwrap() {
        for stored in evidence::page(store, &writer, 0, 10_000).await.unwrap() {
            let draft = Evidence::decode(&stored.record).unwrap().draft;
            if draft.operation.as_deref() == Some("erase") {
                acts.push((draft.subject.unwrap(), draft.outcome.unwrap()));
            }
        }
    }
    acts
}

#[tokio::test]
async fn viestit_priv_04_after_the_end_and_the_safety_time_content_and_recipients_are_gone() {
    let bench = Bench::new().await;
    let store = &bench.scratch.store;
    let accepted = bench.accept(large("o-1", &[AINO, WITHOUT_MAILBOX])).await;
    bench.run().await;
    bench.poll().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Delivered, SendState::Failed]);
    let before = bench.status(&accepted).await;
    let kept = sends::of_order(store, "turku", &accepted.id).await.unwrap();
    let keys = store.tenant_keys("turku").await.unwrap();
    let recipient = |send: &sends::Send| Particulars::open(&keys, &send.sealed, &send.id).unwrap();
    assert_eq!(recipient(&kept[0]).recipient.as_deref(), Some(AINO));

    bench.advance(29 * DAY);
    bench.run().await;
    assert_eq!((acts(&bench).await, blobs(&bench)), (vec![], 1), "not yet");

    bench.advance(2 * DAY);
    bench.run().await;
    let subject = format!("order/{}", accepted.id);
    assert_eq!(acts(&bench).await, [(subject.clone(), "content-erased".to_owned())]);
    let order = letters::get(store, "turku", &accepted.id).await.unwrap().unwrap();
    // What remains of the content says how it went, and nothing of what it said.
    assert!(order.body.blob.is_none());
    let remains = keys.open(&order.body.sealed, &sealed::order_context(&order.id)).unwrap();
    let remains = String::from_utf8(remains).unwrap();
    assert_eq!(remains, r#"{"serviceId":"esimerkki_service_1","channel":"Electronic","messageType":"Normal"}"#);
    assert!(letters::attachments(store, "turku", &accepted.id).await.unwrap().is_empty());
    // The clock of the files is not ours: the file that nobody refers to any more goes with the next sweep.
    assert_eq!((store.sweep(Duration::ZERO).await.unwrap(), blobs(&bench)), (1, 0));
    let now = sends::of_order(store, "turku", &accepted.id).await.unwrap();
    for (send, was) in now.iter().zip(&kept) {
        assert!(was.recipient_key.is_some() && send.recipient_key.is_none(), "nothing tells letters to one person");
        assert!(!is_in_a_file(&bench, &was.sealed), "not even sealed, in what the database has freed");
        let (now, was) = (recipient(send), recipient(was));
        assert_eq!((now.recipient, now.calls), (None, was.calls), "the calls stay for the receipt");
    }
    // States stay, and whoever knows the recipient can still prove that the record is about them.
    assert_eq!(bench.status(&accepted).await, before);
    let sealed_key = now[0].commitment_key.clone().unwrap();
    assert!(is_in_a_file(&bench, &sealed_key));
    let key = keys.open(now[0].commitment_key.as_ref().unwrap(), &sealed::commitment_context(&now[0].id)).unwrap();
    let key = CommitmentKey::from_bytes(&key).unwrap();
    assert_eq!(Some(key.commit("recipient", AINO.as_bytes())), accepted.evidence[0].recipient_commitment);
    // The caller's order id is known for good.
    let again = bench.accept(large("o-1", &[AINO, WITHOUT_MAILBOX])).await;
    assert!(again.repeated && again.id == accepted.id);

    bench.advance(1826 * DAY);
    bench.run().await;
    assert_eq!(acts(&bench).await.last(), Some(&(subject, "keys-erased".to_owned())));
    let now = sends::of_order(store, "turku", &accepted.id).await.unwrap();
    assert!(now.iter().all(|send| send.commitment_key.is_none() && send.sealed.is_empty()));
    let order = letters::get(store, "turku", &accepted.id).await.unwrap().unwrap();
    assert!(order.body.sealed.is_empty() && order.body.blob.is_none() && order.content_digest.is_empty());
    assert!(!is_in_a_file(&bench, &sealed_key));
    assert_eq!(bench.status(&accepted).await, before);
    // Nothing is done twice.
    bench.advance(2 * DAY);
    bench.run().await;
    assert_eq!(acts(&bench).await.len(), 2);
}

#[tokio::test]
async fn a_letter_that_waits_for_a_person_is_kept_whole() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(503), usize::MAX);
    let accepted = bench.accept(large("o-1", &[AINO])).await;
    bench.run().await;
    while bench.states(&accepted).await != [SendState::Parked] {
        bench.next().await;
    }
    bench.advance(100 * DAY);
    bench.run().await;
    assert_eq!((acts(&bench).await, blobs(&bench)), (vec![], 1));
    // Tried again, it goes whole.
    bench.sim.control.clear_faults();
    let send = bench.status(&accepted).await.sends.remove(0);
    let revive = sends::revive("turku", &send.id, bench.scratch.world.now_micros());
    bench.scratch.store.commit(Commit::new().with([revive])).await.unwrap();
    bench.run().await;
    assert_eq!(bench.states(&accepted).await, [SendState::Submitted]);
}

#[tokio::test]
async fn what_cannot_be_read_is_erased_all_the_same_and_holds_nothing_up() {
    let bench = Bench::new().await;
    let broken = bench.accept(draft("o-1", &[AINO])).await;
    bench.run().await;
    bench.advance(Duration::from_secs(1));
    let other = bench.accept(draft("o-2", &[AINO])).await;
    bench.run().await;
    let send = &broken.sends[0].id;
    bench.scratch.tamper(&format!("UPDATE send SET sealed = x'00' WHERE id = '{send}'")).await.unwrap();
    bench.scratch.tamper(&format!("UPDATE letter_order SET body = x'00' WHERE id = '{}'", broken.id)).await.unwrap();
    bench.advance(31 * DAY);
    bench.run().await;
    let subjects: Vec<String> = acts(&bench).await.into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, [format!("order/{}", broken.id), format!("order/{}", other.id)]);
}
