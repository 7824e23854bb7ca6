//! What a receipt says, whom it says it to, and what is left of it in time.

use jsonwebtoken::jwk::{JwkSet, ThumbprintHash};
use serde_json::{Value, json};

use super::events::verifiable;
use super::*;
use crate::model::letter::ChannelChoice;
use crate::store::CommitmentKey;
use crate::viestit::receipt::{Fact, Receipt, ReceiptError, Source};
use crate::viestit::signing::{self, NotSigned};

const DAY: Duration = Duration::from_hours(24);

impl Bench {
    async fn receipt(&self, accepted: &Accepted) -> Receipt {
        self.orders.receipt("turku", CLIENT, &accepted.id, Some(1)).await.unwrap()
    }
}

/// Each fact as source and word.
fn words(facts: &[Fact]) -> Vec<String> {
    let word = |fact: &Fact| match &fact.source {
        Source::Log { word, .. } => format!("log {word}"),
        Source::Answer { status, trace_id } => format!("answer {status} {}", trace_id.is_some()),
        Source::Event { kind, .. } => format!("event {kind}"),
    };
    facts.iter().map(word).collect()
}

#[tokio::test]
async fn viestit_xr_07_a_receipt_tells_each_fact_with_its_source() {
    let bench = Bench::new().await;
    bench.fault(ELECTRONIC, Fault::Status(503), 1);
    let accepted = bench.accept(verifiable("o-1")).await;
    bench.run().await;
    while bench.states(&accepted).await != [SendState::Submitted] {
        bench.next().await;
    }
    let message_id = bench.status(&accepted).await.sends[0].message_id.unwrap();
    bench.advance(Duration::from_secs(1));
    bench.sim.control.confirm(message_id, "Aino MARKER").unwrap();
    bench.poll().await;
    let receipt = bench.receipt(&accepted).await;
    assert_eq!(
        words(&receipt.facts),
        [
            "log accepted",
            "answer 503 true",
            "answer 200 true",
            "event Electronic message created",
            "log submitted",
            // Both are read in one page a second later.
            "event Receipt confirmed",
            "log delivered",
            "log confirmed",
        ]
    );
    let sorted = receipt.facts.is_sorted_by_key(|fact| fact.at);
    assert!(sorted && receipt.facts[0].at == accepted.accepted_at, "{:?}", receipt.facts);
    let Source::Event { confirmed_by, .. } = &receipt.facts[5].source else { panic!() };
    assert_eq!(confirmed_by.as_deref(), Some("Aino MARKER"), "who confirmed stands here");
    assert!(!format!("{receipt:?}").contains("MARKER"), "and in no trace");
    assert_eq!((receipt.client.as_str(), receipt.order_id.as_str()), (CLIENT, "o-1"));
    assert_eq!(receipt.send, bench.status(&accepted).await.sends[0]);
    assert_eq!(receipt.external_id, bench.sim.control.messages()[0].external_id);
    let asked = receipt.asked.unwrap();
    assert_eq!((asked.service_id.as_str(), asked.channel), (SERVICE, ChannelChoice::Electronic));
    // Every record that it names is in the log, and about this letter.
    for fact in &receipt.facts {
        let Source::Log { record, .. } = &fact.source else { continue };
        let (writer, sequence) = record.split_once('/').unwrap();
        let before = sequence.parse::<u64>().unwrap() - 1;
        let stored = crate::store::evidence::page(&bench.scratch.store, writer, before, 1).await.unwrap().remove(0);
        let draft = crate::model::evidence::Evidence::decode(&stored.record).unwrap().draft;
        assert_eq!(draft.subject, Some(format!("order/{}/1", accepted.id)));
    }
}

#[tokio::test]
async fn viestit_evt_18_posts_signature_and_tracking_code_are_in_the_receipt() {
    let bench = Bench::new().await;
    let (accepted, message_id) = bench.sent(verifiable("o-1")).await;
    let metadata = json!({
        "messageId": message_id, "serviceId": SERVICE, "externalId": bench.sim.control.messages()[0].external_id,
        "postiTrackingCode": "JJFI00000000000000001", "recipientSignature": "Bengt MARKER",
    });
    bench.tell("Posti: receipt confirmed", metadata);
    bench.poll().await;
    let receipt = bench.receipt(&accepted).await;
    let told = receipt.facts.into_iter().find_map(|fact| match fact.source {
        Source::Event { kind, signature, tracking_code, .. } if kind.starts_with("Posti") => {
            Some((signature.unwrap(), tracking_code.unwrap()))
        }
        _ => None,
    });
    assert_eq!(told, Some(("Bengt MARKER".to_owned(), "JJFI00000000000000001".to_owned())));
}

#[tokio::test]
async fn viestit_priv_05_the_keyed_hash_matches_the_right_code_and_cannot_be_found_without_the_key() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    let receipt = bench.receipt(&accepted).await;
    let (commitments, opening) = (receipt.commitments.unwrap(), receipt.opening.unwrap());
    let key = CommitmentKey::from_bytes(&opening.key).unwrap();
    assert_eq!(key.commit("recipient", AINO.as_bytes()), commitments.recipient);
    assert_ne!(key.commit("recipient", BENGT.as_bytes()), commitments.recipient);
    assert_eq!(opening.recipient.as_deref(), Some(AINO));
    let content = opening.content.unwrap();
    assert_eq!(key.commit("content", content.as_bytes()), commitments.content);
    let content: Value = serde_json::from_str(&content).unwrap();
    assert_eq!((content["title"].as_str(), content["serviceId"].as_str()), (Some("Päätös"), Some(SERVICE)));
    // There are few codes, and whoever tries them all without the key finds none: not by a plain digest, and not by the
    // key of another letter.
    let other = bench.orders.receipt("turku", CLIENT, &accepted.id, Some(2)).await.unwrap();
    assert_ne!(other.opening.as_ref().unwrap().key, opening.key);
    let other = CommitmentKey::from_bytes(&other.opening.unwrap().key).unwrap();
    for code in [AINO, BENGT, WITHOUT_MAILBOX] {
        let plain = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, code.as_bytes());
        assert_ne!(plain.as_ref(), commitments.recipient);
        assert_ne!(other.commit("recipient", code.as_bytes()), commitments.recipient);
    }
}

#[tokio::test]
async fn a_receipt_is_for_the_client_that_sent_the_letter() {
    let bench = Bench::new().await;
    let two = bench.accept(draft("o-1", &[AINO, BENGT])).await;
    let ask = async |tenant: &str, client: &str, id: &str, number| {
        bench.orders.receipt(tenant, client, id, number).await.map(|receipt| receipt.send.recipient_number)
    };
    assert_eq!(ask("turku", CLIENT, &two.id, Some(2)).await.unwrap(), 2);
    assert!(matches!(ask("turku", CLIENT, &two.id, None).await, Err(ReceiptError::WhichOne(2))));
    for (tenant, client, id, number) in [
        ("turku", "FI/GOV/9999906-0/other", two.id.as_str(), Some(1)),
        ("kaarina", CLIENT, &two.id, Some(1)),
        ("turku", CLIENT, "nothing", Some(1)),
        ("turku", CLIENT, &two.id, Some(0)),
        ("turku", CLIENT, &two.id, Some(3)),
    ] {
        let found = ask(tenant, client, id, number).await;
        assert!(matches!(found, Err(ReceiptError::Absent)), "{tenant} {client} {id} {number:?}: {found:?}");
    }
    let one = bench.accept(draft("o-2", &[AINO])).await;
    assert_eq!(ask("turku", CLIENT, &one.id, None).await.unwrap(), 1, "of one letter nobody has to say which");
}

#[tokio::test]
async fn viestit_priv_04_the_receipt_stays_when_the_content_goes() {
    let bench = Bench::new().await;
    let (accepted, _) = bench.sent(draft("o-1", &[AINO])).await;
    bench.poll().await;
    let before = bench.receipt(&accepted).await;
    // The account has got another name meanwhile: its old feed is read no more.
    bench.scratch.tamper("UPDATE viestit_event SET account = 'another'").await.unwrap();
    let keys = bench.scratch.store.tenant_keys("turku").await.unwrap();
    let resealed = keys.seal(&bench.scratch.world, b"{}", "viestit_event/another/Electronic message created").unwrap();
    let sealed = hex::encode(resealed);
    bench.scratch.tamper(&format!("UPDATE viestit_event SET metadata = x'{sealed}'")).await.unwrap();
    bench.advance(31 * DAY);
    bench.run().await;
    let erased = bench.receipt(&accepted).await;
    assert_eq!(words(&erased.facts), words(&before.facts));
    assert_eq!((&erased.asked, erased.commitments), (&before.asked, before.commitments));
    assert!(before.content_erased_at.is_none() && erased.content_erased_at.is_some());
    let (was, now) = (before.opening.unwrap(), erased.opening.unwrap());
    assert_eq!((now.key, now.recipient, now.content), (was.key, None, None), "the sender has kept what it needs");
    bench.advance(1_826 * DAY);
    bench.run().await;
    let anonymous = bench.receipt(&accepted).await;
    assert!(anonymous.opening.is_none() && anonymous.asked.is_none() && anonymous.keys_erased_at.is_some());
    // Whichever account told it: names of confirmers go with the keys.
    let store = &bench.scratch.store;
    assert!(crate::store::viestit::events_of(store, "turku", &anonymous.send.id).await.unwrap().is_empty());
    assert_eq!(words(&anonymous.facts), ["log accepted", "log submitted", "log delivered"], "what others told is gone");
}

#[tokio::test]
async fn a_signature_belongs_to_one_text_and_one_organisation() {
    let bench = Bench::new().await;
    let store = &bench.scratch.store;
    let statement = json!({"issuer": "turku", "facts": []});
    let signed = bench.orders.sign("turku", &statement).await.unwrap();
    let keys = signing::public_keys(store, "turku").await.unwrap();
    let (said, key) = signing::check(&signed, Some(&keys)).unwrap();
    assert_eq!(said, statement);
    assert_eq!(keys.keys.len(), 1, "the key is made once");
    assert_eq!(keys.keys[0].thumbprint(ThumbprintHash::SHA256).unwrap(), key);
    assert_eq!(signing::check(&signed, None).unwrap().1, key);
    // Nothing of the private part is shown.
    let shown = serde_json::to_value(&keys).unwrap();
    let members: Vec<&str> = shown["keys"][0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x", "y"]);

    let others = signing::public_keys(store, "raisio").await.unwrap();
    assert!(matches!(signing::check(&signed, Some(&others)), Err(NotSigned::Stranger(id)) if id == key));
    let nobody = JwkSet { keys: Vec::new() };
    assert!(matches!(signing::check(&signed, Some(&nobody)), Err(NotSigned::Stranger(_))));
    // Another text under the same signature, and another key under the same name.
    let parts: Vec<&str> = signed.split('.').collect();
    let other = bench.orders.sign("turku", &json!({"issuer": "raisio"})).await.unwrap();
    let swapped = [parts[0], other.split('.').nth(1).unwrap(), parts[2]].join(".");
    assert!(matches!(signing::check(&swapped, Some(&keys)), Err(NotSigned::Signature)));
    let foreign = bench.orders.sign("raisio", &statement).await.unwrap();
    let renamed = [foreign.split('.').next().unwrap(), parts[1], parts[2]].join(".");
    assert!(matches!(signing::check(&renamed, Some(&keys)), Err(NotSigned::Signature)));
    for broken in ["", "a.b.c", &signed[..signed.len() / 3], &format!("{}.{}.", parts[0], parts[1])] {
        assert!(signing::check(broken, Some(&keys)).is_err(), "{broken}");
    }
    // A JSON Web Token that somebody else made for something else is no receipt.
    let key = jsonwebtoken::EncodingKey::from_secret(b"x");
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &statement, &key).unwrap();
    assert!(matches!(signing::check(&token, None), Err(NotSigned::Format)));
}

#[tokio::test]
async fn who_asks_at_once_for_the_first_time_gets_one_key() {
    let bench = Bench::new().await;
    let statement = json!({"issuer": "turku"});
    let sign = || bench.orders.sign("turku", &statement);
    let (one, two, three) = tokio::join!(sign(), sign(), sign());
    let keys = signing::public_keys(&bench.scratch.store, "turku").await.unwrap();
    assert_eq!(keys.keys.len(), 1);
    for signed in [one, two, three] {
        assert_eq!(signing::check(&signed.unwrap(), Some(&keys)).unwrap().0, statement);
    }
}

/// Who can write the tables but not the log gains no letter.
#[tokio::test]
async fn an_order_that_was_given_to_another_client_behind_our_back_is_shown_to_nobody() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    bench.scratch.tamper(&format!("UPDATE letter_order SET client = '{OTHER_CLIENT}'")).await.unwrap();
    let found = bench.orders.receipt("turku", OTHER_CLIENT, &accepted.id, None).await;
    assert!(matches!(found, Err(ReceiptError::Store(_))), "{found:?}");
    // A record that the table says is about another letter is not taken for one of it.
    bench.scratch.tamper(&format!("UPDATE letter_order SET client = '{CLIENT}'")).await.unwrap();
    let other = bench.accept(draft("o-2", &[AINO])).await;
    let (from, to) = (format!("order/{}/1", other.id), format!("order/{}/1", accepted.id));
    bench.scratch.tamper(&format!("UPDATE evidence SET subject = '{to}' WHERE subject = '{from}'")).await.unwrap();
    let found = bench.orders.receipt("turku", CLIENT, &accepted.id, None).await;
    assert!(matches!(found, Err(ReceiptError::Store(_))), "{found:?}");
    assert!(!crate::log::verify(&bench.scratch.store).await.unwrap().is_clean(), "and the log says so");
}
