//! xroad.md §9.11: what the log holds, and what no sink does.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::security_server::hash;
use silta::log::verify;
use silta::store::testing::Scratch;

use super::rest::order_json;
use super::{database, own, shared, start};
use crate::harness::{
    Case, Database, Multipart, RECIPIENT, child_text, lines_about, messages_call, on, order, pdf, replaced, run,
    services_call,
};

#[test]
fn xroad_lo_01_the_logged_digest_is_the_request_hash() {
    shared(async |case| {
        let content = pdf(1000);
        let order = order().with_xop("a.pdf", "application/pdf", "cid:a");
        let soap = format!("\u{feff}{}", order.soap());
        let message = Multipart::mtom(soap.clone()).file("a", content);
        let seen = case.consume("messages", &message.content_type(), message.bytes()).await;
        let hash = child_text(&seen.text(), "requestHash").expect("a request hash");
        assert_eq!(hash, hash::soap(soap.as_bytes()));
        let exchanges = case.adapter.exchanges_of(&child_text(&order_id_of(&soap), "id").expect("an id")).await;
        assert_eq!(exchanges.len(), 1);
        let digest = exchanges[0].draft.request_digest.clone().expect("a digest");
        assert_eq!(STANDARD.encode(digest), hash);
    });
}

/// Without its byte order mark.
fn order_id_of(soap: &str) -> String {
    soap.trim_start_matches('\u{feff}').to_owned()
}

#[test]
fn xroad_lo_02_a_rest_exchange_is_found_by_both_ids() {
    shared(async |case| {
        let call = services_call("/101?lang=fi");
        let (id, request_id) = (call.header("x-road-id"), call.header("x-road-request-id"));
        case.rest(call).await;
        let all = case.adapter.evidence().await;
        let by_id: Vec<_> = all.iter().filter(|it| it.draft.xroad_id.as_deref() == Some(id.as_str())).collect();
        let by_request: Vec<_> =
            all.iter().filter(|it| it.draft.request_id.as_deref() == Some(request_id.as_str())).collect();
        assert_eq!(by_id.len(), 1);
        assert_eq!(by_id, by_request);
        let record = &by_id[0].draft;
        assert_eq!((record.method.as_deref(), record.status), (Some("GET"), Some(200)));
        assert!(record.query_digest.is_some(), "the query as a keyed digest only");
    });
}

#[test]
fn xroad_lo_04_a_tampered_record_is_found() {
    run(async {
        let adapter = start().await;
        on(&adapter, async |case| {
            for _ in 0..3 {
                assert_eq!(case.rest(services_call("/101")).await.status, 200);
            }
            let report = case.adapter.verify_log().await;
            assert_eq!(report["clean"], true, "{report}");
        })
        .await;
        let (_folder, config) = adapter.stop_and_keep().await;
        let scratch = Scratch::open(tempfile::tempdir().expect("a folder"), config).await.expect("the store");
        let whole = verify(&scratch.store).await.expect("verified");
        assert!(whole.is_clean() && whole.records >= 3, "{whole:?}");
        // The change keeps the length: only a recomputation finds it.
        let tampering = match database() {
            Database::Sqlite => {
                "UPDATE evidence SET record = CAST(REPLACE(CAST(record AS TEXT), 'getService', 'getServicf') AS BLOB) \
                 WHERE sequence = (SELECT MAX(sequence) - 1 FROM evidence)"
            }
            Database::Postgres => {
                "UPDATE evidence SET record = OVERLAY(record PLACING '\\x00'::bytea FROM LENGTH(record) / 2 FOR 1) \
                 WHERE sequence = (SELECT MAX(sequence) - 1 FROM evidence)"
            }
        };
        scratch.tamper(tampering).await.expect("tampered");
        let report = verify(&scratch.store).await.expect("verified");
        assert!(!report.is_clean(), "{report:?}");
        let problem = report.first_problem.expect("a problem");
        assert_eq!(problem.sequence, whole.records - 1, "{problem}");
        scratch.store.close().await;
    });
}

#[test]
fn xroad_lo_06_tokens_and_persons_are_in_no_sink() {
    own(
        |_| {},
        async |case| {
            let token = "eyJhbGciOiJFUzI1NiJ9.lo06.c2lnbmF0dXJl";
            let (user, issue, title) = ("010594Y901W", "lo-06-issue", "lo-06-title");
            let block = format!(
                "<st:securityToken xmlns:st=\"http://x-road.eu/xsd/security-token.xsd\">{token}</st:securityToken></soap:Header>"
            );
            let spoil = |order: &crate::harness::Order| {
                let message = replaced(&order.soap(), "</soap:Header>", &block);
                let message = replaced(&message, "EE12345678901", user);
                replaced(&replaced(&message, ">A-1<", &format!(">{issue}<")), "Päätös", title)
            };
            // One that goes well, and some that fail at different places.
            let good = order();
            let message = spoil(&good);
            let answer = case.soap("messages", message.clone()).await;
            let id = case.ordered(&good, message.as_bytes(), &answer).await;
            case.letter(&id).await;
            let bad = order();
            for message in [
                replaced(&spoil(&bad), "4.0", "3.1"),
                replaced(&spoil(&bad), RECIPIENT, "010594Y903X"),
                replaced(&spoil(&bad), "</c:body>", "</c:body><c:x/>"),
                replaced(&spoil(&bad), "</soap:Body>", ""),
            ] {
                case.soap("messages", message).await;
            }
            case.nothing_ordered(&bad).await;
            let call = services_call("/search?q=010594Y901W").with("X-Road-UserId", user).with("X-Road-Issue", issue);
            assert_eq!(case.rest(call).await.status, 200);
            let body = order_json("lo-06", &serde_json::json!([])).to_string();
            let body = replaced(&replaced(&body, "Päätös", title), RECIPIENT, "010594Y904X");
            case.rest(messages_call(body).with("Authorization", token)).await;

            let secrets = [token, user, issue, title, RECIPIENT, "010594Y903X", "010594Y904X"];
            let metrics = case.adapter.metrics().await;
            for secret in secrets {
                // Another test of this process may order a letter for the same recipient; it may not be logged either.
                assert_eq!(lines_about(secret), Vec::<String>::new(), "{secret} in a log line");
                assert!(!metrics.contains(secret), "{secret} in a metric");
                assert_eq!(stored(case, secret).await, Vec::<String>::new(), "{secret} is stored");
            }
            assert!(!stored(case, &id).await.is_empty(), "the search finds what is there");
        },
    );
}

/// The files and the tables that hold a text.
async fn stored(case: &Case<'_>, text: &str) -> Vec<String> {
    let mut found = holding(&case.adapter.data(), text);
    let tables = Scratch::tables_holding(&case.adapter.store_config(), text).await;
    found.extend(tables.expect("the tables are read"));
    found
}

/// The files below a folder that hold a text.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if let Ok(content) = std::fs::read(&path)
            && content.windows(text.len()).any(|window| window == text.as_bytes())
        {
            found.push(path.display().to_string());
        }
    }
    found
}
