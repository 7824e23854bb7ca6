//! The message log of a whole adapter: every exchange leaves one record, letters leave theirs, and it verifies after all,
//! across restarts too.

use conformance::security_server::{RawBody, RawRequest};
use http::Method;
use silta::log::verify;
use silta::model::evidence::{Evidence, RecordKind};
use silta::store::Store;
use silta::world::World;
use tokio::io::AsyncWriteExt as _;

use super::start;
use crate::harness::{
    SERVICE, TENANT, child_text, messages_call, on, order, pdf, pki, run, service_request, services_call, sha512,
};

#[test]
fn the_log_has_every_exchange_once_and_verifies() {
    run(async {
        let adapter = start().await;
        let before = adapter.evidence().await;
        on(&adapter, async |case| {
            let order = order().with_inline("a.pdf", "application/pdf", &pdf(300 << 10));
            let message = order.soap();
            let answer = case.soap("messages", message.clone()).await;
            let id = case.ordered(&order, message.as_bytes(), &answer).await;
            case.letter(&id).await;
            let read = service_request(SERVICE.0);
            let answers = [
                (case.soap("catalogue", read.clone()).await, 200),
                (case.soap("catalogue", "<").await, 500),
                (case.rest(services_call("/101")).await, 200),
                (case.rest(services_call("/none")).await, 404),
                (case.rest(messages_call("{")).await, 400),
            ];
            let records = adapter.evidence().await.split_off(before.len());
            let exchanges: Vec<&Evidence> = records.iter().filter(|it| it.draft.kind == RecordKind::Exchange).collect();
            assert_eq!(exchanges.len(), 6);
            let of_order = exchanges.iter().find(|it| it.draft.request_digest == Some(sha512(message.as_bytes())));
            let of_order = &of_order.expect("by its request hash").draft;
            assert_eq!(of_order.response_digest, Some(sha512(&answer.body)));
            assert_eq!(of_order.xroad_id, child_text(&message, "id"));
            let pin = pki().security_server.fingerprint().to_string();
            for record in &exchanges {
                assert_eq!(record.draft.pin.as_deref(), Some(pin.as_str()));
                assert!(record.draft.time_in <= record.draft.time_out);
                assert_eq!(record.draft.tenant, TENANT);
            }
            for (answer, status) in answers {
                assert_eq!(answer.status, status);
                let digest = Some(sha512(&answer.body));
                let found: Vec<_> = exchanges.iter().filter(|it| it.draft.response_digest == digest).collect();
                assert_eq!(found.len(), 1, "{status}");
                assert_eq!(found[0].draft.status, Some(status));
            }
            // The letter's own records name it and nobody.
            let sends: Vec<&Evidence> =
                records.iter().filter(|it| it.draft.kind == RecordKind::LetterAccepted).collect();
            assert!(!sends.is_empty());
            assert!(
                sends.iter().any(|it| it.draft.recipient_commitment.is_some() && it.draft.content_commitment.is_some())
            );
            let report = adapter.verify_log().await;
            assert_eq!((&report["clean"], report["records"].as_u64()), (&true.into(), report["verified"].as_u64()));
        })
        .await;
        let (_folder, config) = adapter.stop_and_keep().await;
        let store = Store::open(config, &World::system()).await.expect("the store");
        let report = verify(&store).await.expect("verified");
        assert!(report.is_clean() && report.records > 6, "{report:?}");
        store.close().await;
    });
}

#[test]
fn a_description_or_a_foreign_address_is_no_exchange() {
    run(async {
        let adapter = start().await;
        let before = adapter.evidence().await.len();
        for (path, status) in [
            (format!("/{TENANT}/catalogue/meta/v1/service.wsdl"), 200),
            ("/nobody/catalogue/rest/v1/services".to_owned(), 404),
            ("/nobody/catalogue/soap/v1".to_owned(), 500),
            ("/".to_owned(), 404),
        ] {
            let url = format!("{}{path}", adapter.url);
            let method = if path.contains("soap") { Method::POST } else { Method::GET };
            let request = RawRequest { method, url, headers: Vec::new(), body: RawBody::None };
            let answer = adapter.provider.door().send(request).await.expect("an answer");
            assert_eq!(answer.status, status, "{path}");
        }
        assert_eq!(adapter.evidence().await.len(), before);
        adapter.stop().await;
    });
}

#[test]
fn a_caller_that_goes_away_leaves_a_record() {
    run(async {
        let adapter = start().await;
        let before = adapter.evidence().await.len();
        let mut stream = adapter.provider.door().connect(&adapter.url).await.expect("a connection");
        let head = format!(
            "POST /{TENANT}/messages/soap/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<a"
        );
        stream.write_all(head.as_bytes()).await.expect("written");
        stream.flush().await.expect("sent");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        drop(stream);
        for _ in 0..200 {
            if adapter.evidence().await.len() > before {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let records = adapter.evidence().await.split_off(before);
        assert_eq!(records[0].draft.kind, RecordKind::Exchange);
        assert_eq!(records[0].draft.status, Some(500));
        adapter.stop().await;
    });
}
