//! Letters of a municipality's own systems: the same orders by another door, each system for itself.

use bytes::Bytes;
use conformance::security_server::{Answer, RawBody, RawRequest};
use http::Method;
use serde_json::{Value, json};
use silta::config::{IntakeKey, KeyDigest};
use silta::model::evidence::RecordKind;

use super::own;
use super::xroad::rest::{form, order_json};
use crate::harness::{Case, INTAKE_KEY, TENANT, pdf, plain_door};

const CASES_KEY: &str = "e2e-cases-key";
const ERP_KEY: &str = "e2e-erp-key";

#[test]
fn an_own_system_sends_and_sees_its_own_letters_only() {
    own(
        |config| {
            for (system, key) in [("cases", CASES_KEY), ("erp", ERP_KEY)] {
                config.tenants[0].intake_keys.push(IntakeKey {
                    system: system.to_owned(),
                    sha256: Some(KeyDigest::of(key.as_bytes())),
                    letters: true,
                    ..IntakeKey::default()
                });
            }
        },
        async |case| {
            let content = pdf(300 << 10);
            let attachments = json!([{"name": "päätös.pdf", "mediaType": "application/pdf", "part": "file"}]);
            let order = || form(&order_json("own-1", &attachments), &[("file", &content)]);
            let accepted = post(case, CASES_KEY, order()).await;
            assert_eq!(accepted.status, 202, "{}", accepted.text());
            let id = json_of(&accepted)["id"].as_str().expect("an id").to_owned();
            let letter = case.letter(&id).await;
            assert_eq!(letter.files.first().map(|file| file.content.len()), Some(content.len()));

            // Again is the same, and the same id of another system is another order.
            assert_eq!(json_of(&post(case, CASES_KEY, order()).await)["id"], *id);
            let theirs = json_of(&post(case, ERP_KEY, order()).await)["id"].clone();
            assert_ne!(theirs, *id);
            let path = format!("/messages/{id}");
            assert_eq!(json_of(&get(case, Some(CASES_KEY), &path).await)["orderId"], "own-1");
            for (key, path, status) in [
                (Some(ERP_KEY), path.as_str(), 404),
                // The CMS may push records and nothing else.
                (Some(INTAKE_KEY), path.as_str(), 403),
                (Some("another"), path.as_str(), 401),
                (None, path.as_str(), 401),
                (Some(CASES_KEY), "/nothing", 404),
                (Some(CASES_KEY), "/messages/a%2Fb", 400),
                (Some(CASES_KEY), "/services", 404),
            ] {
                let answer = get(case, key, path).await;
                assert_eq!(answer.status, status, "{key:?} {path}: {}", answer.text());
            }

            let evidence = case.adapter.evidence().await;
            let records = evidence.iter().map(|record| &record.draft);
            let sent = records.clone().filter(|record| {
                record.kind == RecordKind::LetterAccepted && record.client.as_deref() == Some("own/cases")
            });
            assert_eq!(sent.count(), 1);
            let calls = records.filter(|record| record.protocol.as_deref() == Some("own 1"));
            assert!(calls.clone().count() >= 5, "each call is a record");
            assert!(calls.into_iter().all(|record| record.client.as_deref().is_some_and(|it| it.starts_with("own/"))));
        },
    );
}

pub(super) async fn post(case: &Case<'_>, key: &str, body: Vec<u8>) -> Answer {
    let content_type = ("content-type", "multipart/form-data; boundary=xx");
    call(case, Method::POST, Some(key), "/messages", &[content_type], body).await
}

pub(super) async fn get(case: &Case<'_>, key: Option<&str>, path: &str) -> Answer {
    call(case, Method::GET, key, path, &[], Vec::new()).await
}

async fn call(
    case: &Case<'_>,
    method: Method,
    key: Option<&str>,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> Answer {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let bearer = bearer.as_deref().map(|bearer| ("authorization", bearer));
    let headers = headers.iter().copied().chain(bearer);
    let request = RawRequest {
        method,
        url: format!("{}/own/v1/{TENANT}{path}", case.adapter.intake),
        headers: headers.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec())).collect(),
        body: RawBody::Sized(Bytes::from(body)),
    };
    plain_door().send(request).await.expect("an answer")
}

pub(super) fn json_of(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.text());
    serde_json::from_slice(&answer.body).expect("JSON")
}
