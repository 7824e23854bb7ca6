//! xroad.md §9.10: the cases that need a whole adapter.

use conformance::ca::{CertificateSpec, KeyKind, hostile};
use conformance::security_server::{Door, RawBody, RawRequest, TlsTweaks};
use http::Method;

use crate::harness::{
    CONSUMER, Case, READER, SERVICE, Setup, messages_call, order, own, pki, replaced, service_request, services_call,
    shared,
};
use crate::xroad::rest::{form, order_json};

#[test]
fn xroad_se_06_hostile_json_is_400() {
    shared(async |case| {
        let order = order();
        let good = order_json(&order.order_id, &serde_json::json!([])).to_string();
        let bomb = "[".repeat(100_000);
        for body in [
            replaced(&good, "\"Päätös\"", &bomb),
            replaced(&good, "[]", &format!("{bomb}{}", "]".repeat(100_000))),
            bomb.clone(),
            replaced(&good, "\"title\"", "\"title\": \"x\", \"title\""),
            replaced(&good, "\"Päätös\"", "1e999999"),
            replaced(&good, "\"Päätös\"", &"9".repeat(10_000)),
            replaced(&good, "\"Päätös\"", "\"\\ud800\""),
            replaced(&good, "\"title\"", "\"__proto__\": {}, \"title\""),
            replaced(&good, "}", ",}"),
            format!("{good} {good}"),
            "null".to_owned(),
        ] {
            let answer = case.rest(messages_call(body)).await;
            let (problem, _) = case.logged_problem(&answer, 400).await;
            assert!(
                ["malformed", "invalid-field", "unknown-field"].contains(&problem.code.as_str()),
                "{}",
                problem.code
            );
            case.nothing_ordered(&order).await;
        }
        let bytes = replaced(&good, "Päätös\"", "\u{1}\"").into_bytes();
        case.logged_problem(&case.rest(messages_call(bytes)).await, 400).await;
        let invalid = [&good.as_bytes()[..20], b"\xff\xfe", &good.as_bytes()[20..]].concat();
        case.logged_problem(&case.rest(messages_call(invalid)).await, 400).await;
        assert_eq!(case.rest(messages_call(good)).await.status, 202);
    });
}

/// The limit is the configured one, in both forms of an order, and it is counted.
#[test]
fn xroad_se_06_json_has_a_depth_limit() {
    own(Setup::with(|config| config.limits.json_depth = 12), async |case| {
        let order = order();
        let good = order_json(&order.order_id, &serde_json::json!([]));
        let deep = replaced(&good.to_string(), "\"Päätös\"", &format!("{}1{}", "[".repeat(12), "]".repeat(12)));
        let part: serde_json::Value = serde_json::from_str(&deep).expect("JSON");
        let form_call = || {
            let mut call = messages_call(form(&part, &[])).without("content-type");
            call = call.with("content-type", "multipart/form-data; boundary=xx");
            call
        };
        for call in [messages_call(deep.clone()), form_call()] {
            let answer = case.rest(call).await;
            assert_eq!(case.logged_problem(&answer, 400).await.0.code, "malformed");
            assert!(answer.text().contains("deeper than 12"), "{}", answer.text());
        }
        case.nothing_ordered(&order).await;
        let metrics = case.adapter.metrics().await;
        assert!(metrics.lines().any(|line| line.contains("json_depth") && line.ends_with(" 2")), "{metrics}");
        assert_eq!(case.rest(messages_call(good.to_string())).await.status, 202);
    });
}

#[test]
fn xroad_se_07_without_the_security_servers_certificate_nobody_is_heard() {
    shared(async |case| {
        let spec = CertificateSpec::internal("ss1.example.fi", &["localhost"], "2026-01-01".parse().expect("a date"));
        let ecdsa = CertificateSpec { key: KeyKind::EcdsaP256, ..spec };
        let alike = hostile::same_subject_other_key(&ecdsa).expect("a certificate");
        let stolen = hostile::stolen_certificate(&pki().security_server, &pki().adapter);
        let before = case.adapter.evidence().await.len();
        let order = order();
        for (who, identity) in
            [("nobody", None), ("a look-alike", Some(&alike)), ("a stolen certificate", Some(&stolen))]
        {
            let Ok(door) = Door::new(identity, TlsTweaks::default()) else { continue };
            let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
            let soap = RawRequest {
                method: Method::POST,
                url: case.adapter.soap_url("messages"),
                headers: vec![header("content-type", "text/xml; charset=UTF-8")],
                body: RawBody::Sized(order.soap().into()),
            };
            let rest = RawRequest {
                method: Method::GET,
                url: format!("{}/turku/catalogue/rest/v1/services", case.adapter.url),
                headers: vec![header("x-road-client", CONSUMER)],
                body: RawBody::None,
            };
            for request in [soap, rest] {
                let answer = door.send(request).await;
                assert!(answer.is_err(), "{who} was answered: {}", answer.expect("an answer").text());
            }
        }
        case.nothing_ordered(&order).await;
        let of_strangers = case.adapter.evidence().await.into_iter().skip(before);
        let pin = pki().security_server.fingerprint().to_string();
        assert!(of_strangers.filter_map(|it| it.draft.pin).all(|it| it == pin), "refused before anything is parsed");
    });
}

#[test]
fn xroad_se_08_a_client_of_one_service_may_not_call_another() {
    shared(async |case| {
        let read = replaced(
            &service_request(SERVICE.0),
            "<id:memberClass>GOV</id:memberClass><id:memberCode>9999906-0</id:memberCode><id:subsystemCode>asiointi<",
            "<id:memberClass>MUN</id:memberClass><id:memberCode>7654321-0</id:memberCode><id:subsystemCode>luku<",
        );
        let answer = case.soap("catalogue", read.clone()).await;
        case.accepted(read.as_bytes(), &answer).await;
        let mut order = order();
        order.client = READER.to_owned();
        let answer = case.soap("messages", order.soap()).await;
        let fault = case.refused(&order, &answer, "Client").await;
        assert_eq!(fault.error.as_deref(), Some("not-allowed"));
        assert_eq!(fault.evidence.draft.client.as_deref(), Some(READER), "an audit record");
        assert_eq!(fault.evidence.draft.operation.as_deref(), Some("FI-TEST/MUN/1234567-1/palvelut/sendMessage/v1"));
        // REST: the same rights.
        let of_reader = |call: crate::harness::Call| call.without("X-Road-Client").with("X-Road-Client", READER);
        assert_eq!(case.rest(of_reader(services_call("/101"))).await.status, 200);
        let body = order_json(&order.order_id, &serde_json::json!([])).to_string();
        let (problem, evidence) = case.logged_problem(&case.rest(of_reader(messages_call(body))).await, 403).await;
        assert_eq!(problem.code, "not-allowed");
        assert_eq!(evidence.draft.client.as_deref(), Some(READER));
        case.nothing_ordered(&order).await;
        let channels = crate::harness::Call::new(Method::GET, "catalogue", "/channels");
        assert_eq!(Case::problem(&case.rest(of_reader(channels)).await, 403).code, "not-allowed");
    });
}

#[test]
fn xroad_se_13_only_the_real_body_is_executed() {
    shared(async |case| {
        let (real, hidden) = (order(), order());
        let wrapped = hidden.soap().split_once("?>").expect("a declaration").1.to_owned();
        let blocks = [
            format!("<w:wrap xmlns:w=\"urn:foreign\">{wrapped}</w:wrap>"),
            format!("<w:wrap xmlns:w=\"urn:foreign\"><soap:Body>{}</soap:Body></w:wrap>", hidden.body()),
            hidden.body(),
        ];
        for block in blocks {
            let real = crate::harness::Order { order_id: order().order_id, ..real.clone() };
            let message =
                replaced(&real.soap(), "<soap:Header><xrd:client", &format!("<soap:Header>{block}<xrd:client"));
            let answer = case.soap("messages", message.clone()).await;
            case.ordered(&real, message.as_bytes(), &answer).await;
            case.nothing_ordered(&hidden).await;
            assert!(!answer.text().contains(&hidden.order_id));
        }
        // Two bodies, or a body before the header.
        let message =
            replaced(&real.soap(), "</soap:Body>", &format!("</soap:Body><soap:Body>{}</soap:Body>", hidden.body()));
        case.refused(&real, &case.soap("messages", message).await, "Client").await;
        case.nothing_ordered(&hidden).await;
    });
}
