//! viestit.md §6.11, XR rows as far as they are this level's. XR-03 and XR-05 are the doors'.

use super::*;
use crate::model::evidence::{Evidence, RecordKind};
use crate::store::{CommitmentKey, evidence, letters, sends};
use crate::viestit::sealed::{commitment_context, order_context};

#[tokio::test]
async fn viestit_xr_01_an_order_is_accepted_with_an_id_of_ours() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    assert!(accepted.id.parse::<uuid::Uuid>().is_ok());
    let status = bench.status(&accepted).await;
    assert_eq!((status.id.as_str(), status.order_id.as_str()), (accepted.id.as_str(), "o-1"));
    assert_eq!(status.accepted_at, bench.scratch.world.now());
    assert_eq!(status.sends[0].state, SendState::Accepted);
    assert_eq!((status.sends[0].message_id, status.sends[0].channel), (None, None));
}

#[tokio::test]
async fn viestit_xr_02_anothers_service_is_refused_and_nothing_stored() {
    let bench = Bench::new().await;
    let order = OrderDraft { service_id: Some("esimerkki_service_2".to_owned()), ..draft("o-1", &[AINO]) };
    let refused = bench.accept_from(CLIENT, order).await;
    let Err(AcceptError::Findings(findings)) = refused else { panic!("accepted") };
    assert_eq!((findings[0].field.as_str(), findings[0].rule), ("serviceId", "unknown-service"));
    assert_eq!(letters::page(&bench.scratch.store, "turku", "", 10).await.unwrap(), []);
    let own = OrderDraft { service_id: Some(SERVICE.to_owned()), ..draft("o-1", &[AINO]) };
    assert!(bench.accept_from(CLIENT, own).await.is_ok());
    let order = LetterOrder::parse(draft("o-2", &[AINO])).unwrap();
    let elsewhere = bench.orders.accept("raisio", CLIENT, &order).await;
    assert!(matches!(elsewhere, Err(AcceptError::NoAccount(_))));
}

#[tokio::test]
async fn viestit_xr_04_another_client_sees_nothing() {
    let bench = Bench::new().await;
    let accepted = bench.accept(draft("o-1", &[AINO])).await;
    for (tenant, client, id) in [
        ("turku", OTHER_CLIENT, accepted.id.as_str()),
        ("turku", "", accepted.id.as_str()),
        ("raisio", CLIENT, accepted.id.as_str()),
        ("turku", CLIENT, "o-1"),
        ("turku", CLIENT, "no-such-order"),
    ] {
        assert_eq!(bench.orders.status(tenant, client, id).await.unwrap(), None, "{tenant} {client} {id}");
    }
}

#[tokio::test]
async fn viestit_xr_06_orders_are_accepted_while_viestit_is_down() {
    let mut bench = Bench::new().await;
    let another = ViestitSimulator::start(ViestitConfig::default()).await.unwrap();
    std::mem::replace(&mut bench.sim, another).shutdown().await;
    let accepted = bench.accept(draft("o-1", &[AINO, BENGT, FIRM])).await;
    for _ in 0..4 {
        bench.next().await;
    }
    assert_eq!(bench.states(&accepted).await, [SendState::Accepted; 3]);
    let later = bench.accept(draft("o-2", &[AINO])).await;
    assert_eq!(bench.states(&later).await, [SendState::Accepted]);
    let status = bench.worker.status().await.unwrap();
    assert!(status.outage && status.last_error.unwrap().contains("no connection"));
    assert_eq!((status.accepted, status.failed, status.parked), (4, 0, 0));
}

#[tokio::test]
async fn viestit_xr_07_the_log_holds_who_what_and_when() {
    let bench = Bench::new().await;
    let accepted = bench.accept(with_pdf("o-1", &[AINO])).await;
    bench.advance(Duration::from_secs(5));
    bench.run().await;
    bench.feed.poll().await.unwrap();
    let store = &bench.scratch.store;
    let (writer, _) = evidence::writers(store).await.unwrap().remove(0);
    let records = evidence::page(store, &writer, 0, 10).await.unwrap();
    let drafts: Vec<_> = records.iter().map(|record| Evidence::decode(&record.record).unwrap().draft).collect();
    let kinds: Vec<_> = drafts.iter().map(|draft| (draft.kind, draft.outcome.as_deref().unwrap())).collect();
    assert_eq!(
        kinds,
        [
            (RecordKind::LetterAccepted, "accepted"),
            (RecordKind::SendSettled, "submitted"),
            (RecordKind::SendSettled, "delivered"),
        ]
    );
    for draft in &drafts {
        assert_eq!(draft.client.as_deref(), Some(CLIENT));
        assert_eq!(draft.subject.as_deref(), Some(format!("order/{}/1", accepted.id).as_str()));
    }
    assert_eq!((drafts[1].status, drafts[0].time_in), (Some(200), accepted.accepted_at));
    assert!(drafts[1].time_in > drafts[0].time_in);

    // The commitments open with the Send's key and no other.
    let keys = store.tenant_keys("turku").await.unwrap();
    let send = sends::get(store, "turku", &accepted.sends[0].id).await.unwrap().unwrap();
    let sealed = send.commitment_key.unwrap();
    let key = CommitmentKey::from_bytes(&keys.open(&sealed, &commitment_context(&send.id)).unwrap()).unwrap();
    assert_eq!(drafts[0].recipient_commitment, Some(key.commit("recipient", AINO.as_bytes())));
    assert_ne!(drafts[0].recipient_commitment, Some(key.commit("recipient", BENGT.as_bytes())));
    let order = letters::get(store, "turku", &accepted.id).await.unwrap().unwrap();
    let body = store.body("turku", &order.body, &order_context(&order.id)).await.unwrap();
    assert_eq!(drafts[0].content_commitment, Some(key.commit("content", &body)));
    let other = CommitmentKey::new(&bench.scratch.world).unwrap();
    assert_ne!(drafts[0].content_commitment, Some(other.commit("content", &body)));
}

#[tokio::test]
async fn viestit_id_07_a_code_with_a_new_sign_arrives_unchanged() {
    let bench = Bench::with(|config| config.active_mailboxes = vec!["010516B903X".to_owned()], |_| {}).await;
    bench.accept(draft("o-1", &[" 010516b903x "])).await;
    bench.run().await;
    assert_eq!(bench.sim.control.messages()[0].recipient_id.as_deref(), Some("010516B903X"));
}

#[tokio::test]
async fn one_tenants_trouble_keeps_no_other_awake() {
    let bench = Bench::new().await;
    let other = Arc::new(Settings { tenant: "raisio".into(), ..settings("http://127.0.0.1:9") });
    let orders = Orders::new(bench.scratch.store.clone(), bench.scratch.world.clone(), [other]);
    let order = LetterOrder::parse(draft("o-1", &[AINO])).unwrap();
    let mut accepted = orders.accept("raisio", CLIENT, &order).await.unwrap();
    bench.scratch.store.commit(Commit::new().with(accepted.statements.drain(..))).await.unwrap();
    let limit = Duration::from_mins(1);
    assert_eq!(bench.worker.idle(limit).await.unwrap(), limit);
    bench.run().await;
    assert!(bench.sim.control.calls().is_empty());
}

#[tokio::test]
async fn a_letter_that_cannot_be_read_is_parked_and_the_others_go_on() {
    let bench = Bench::new().await;
    let broken = bench.accept(draft("o-1", &[AINO])).await;
    let sound = bench.accept(draft("o-2", &[AINO])).await;
    let harm = format!("UPDATE letter_order SET body = x'01' WHERE id = '{}'", broken.id);
    bench.scratch.tamper(&harm).await.unwrap();
    bench.run().await;
    assert_eq!(bench.states(&broken).await, [SendState::Parked]);
    assert_eq!(bench.states(&sound).await, [SendState::Submitted]);
}
