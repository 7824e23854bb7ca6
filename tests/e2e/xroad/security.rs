//! xroad.md §9.10: the cases that need a whole adapter.

use std::net::TcpListener;

use conformance::ca::{CertificateSpec, KeyKind, hostile};
use conformance::security_server::{Door, RawBody, RawRequest, TlsTweaks};
use http::Method;

use super::rest::{form, order_json};
use super::{own, shared};
use crate::harness::{
    CONSUMER, Call, Case, Order, READER, RECIPIENT, SERVICE, child_text, messages_call, order, pki, replaced,
    service_request, services_call,
};

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
    own(
        |config| config.limits.json_depth = 12,
        async |case| {
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
        },
    );
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

/// Values from a message never choose whom we call: hosts come from the configuration, values go in encoded.
#[test]
fn xroad_se_10_values_of_a_message_choose_no_address() {
    own(
        |_| {},
        async |case| {
            let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
            elsewhere.set_nonblocking(true).expect("set");
            let url = format!("http://{}/se10", elsewhere.local_addr().expect("an address"));
            for value in [
                url.as_str(),
                "../../v1/admin?x=1#y",
                "//127.0.0.1/x",
                "file:///etc/passwd",
                "@example.com/",
                "a%2F..%2Fb",
            ] {
                let escaped = value.replace('&', "&amp;");
                // In every place of an order that could become part of an address, one at a time.
                let named = Order { order_id: escaped.clone(), ..order() };
                let plain = order();
                for message in [
                    named.soap(),
                    replaced(&plain.soap(), RECIPIENT, &escaped),
                    replaced(&plain.soap(), "<c:title>", &format!("<c:serviceId>{escaped}</c:serviceId><c:title>")),
                    replaced(&plain.soap(), ">EE12345678901<", &format!(">{escaped}<")),
                    order().with_inline(&escaped, "application/pdf", b"%PDF-1.4").soap(),
                ] {
                    case.soap("messages", message).await;
                }
                case.soap("catalogue", service_request(&escaped)).await;
                let query = percent(value);
                case.rest(services_call(&format!("/search?q={query}"))).await;
                case.rest(Call::new(Method::GET, "messages", &format!("/messages/{query}"))).await;
            }
            // One honest order behind them: when its letter is there, those before it have been worked off.
            let honest = order();
            let message = honest.soap();
            let answer = case.soap("messages", message.clone()).await;
            let id = case.ordered(&honest, message.as_bytes(), &answer).await;
            case.letter(&id).await;
            assert!(elsewhere.accept().is_err(), "somebody called the address of a message");
            for call in case.adapter.viestit.control.calls() {
                assert!(!call.path.is_empty(), "a path that Viestit has not: {:?}", call.status);
            }
        },
    );
}

#[test]
fn xroad_se_11_metacharacters_are_data() {
    shared(async |case| {
        let count = async || {
            let answer = case.rest(services_call("?limit=200")).await;
            let page: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
            page["items"].as_array().expect("items").len()
        };
        let services = count().await;
        for value in [
            "' OR '1'='1",
            "x'; DROP TABLE evidence; --",
            "101' UNION SELECT record FROM evidence --",
            "*)(uid=*))(|(uid=*",
            "' or count(/*)=1 or 'a'='b",
            "]|//*|/*[",
            "%' OR 1=1 --",
            "$1 ?1 :a @b",
            "title:* AND NOT x OR (",
            "\\\"; \\u0000 {{7*7}} ${7*7}",
        ] {
            let escaped = value.replace('&', "&amp;").replace('<', "&lt;");
            // As a code: there is no such record, whatever it means elsewhere.
            let message = service_request(&escaped);
            let answer = case.soap("catalogue", message.clone()).await;
            assert_eq!(case.business_error(message.as_bytes(), &answer).await.0, "unknown-code", "{value}");
            let query = percent(value);
            let answer = case.rest(services_call(&format!("/search?q={query}"))).await;
            assert_eq!(answer.status, 200, "{value}: {}", answer.text());
            let found: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert!(found["items"].as_array().expect("items").len() < services, "{value} finds everything");
            let unknown = format!("/messages/{}", percent(value));
            assert!(!case.rest(Call::new(Method::GET, "messages", &unknown)).await.status.is_success(), "{value}");
            // As a letter's text: it arrives as it was written.
            let order = order();
            let message = replaced(&order.soap(), "Päätös", &escaped);
            let answer = case.soap("messages", message.clone()).await;
            let id = case.ordered(&order, message.as_bytes(), &answer).await;
            assert_eq!(case.letter(&id).await.electronic.expect("electronic").title, value);
            // As ids of the exchange: they come back and stand in the log as they are.
            let call = services_call("/101").without("x-road-id").with("x-road-id", value);
            assert_eq!(case.rest(call).await.status, 200);
            assert_eq!(case.adapter.exchanges_of(value).await.len(), 1);
        }
        assert_eq!(count().await, services);
        assert_eq!(case.adapter.verify_log().await["clean"], true);
    });
}

/// Percent-encodes every byte that a path could give another meaning.
fn percent(value: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("written");
        }
    }
    out
}

/// The policy: reads may be repeated; a repeated order is found by its `orderId`, sends nothing more, gets the first
/// answer, and its record says *repeated*. The same ids with another order are another order: ids are unique by
/// convention only.
#[test]
fn xroad_se_12_a_replay_is_harmless_and_detected() {
    shared(async |case| {
        let read = service_request(SERVICE.0);
        let (first, second) = (case.soap("catalogue", read.clone()).await, case.soap("catalogue", read.clone()).await);
        assert_eq!((first.status.as_u16(), &first.body), (200, &second.body), "an idempotent read is allowed");
        let outcomes = async |id: &str| {
            let exchanges = case.adapter.exchanges_of(id).await.into_iter();
            exchanges.map(|it| it.draft.outcome).collect::<Vec<_>>()
        };
        assert_eq!(outcomes(&child_text(&read, "id").expect("an id")).await, [None, None], "both are logged");
        let call = services_call("/101");
        assert_eq!(case.rest(call.clone()).await.body, case.rest(call).await.body);

        let repeated = || Some("repeated".to_owned());
        let order = order();
        let message = order.soap();
        let first = case.soap("messages", message.clone()).await;
        let id = case.ordered(&order, message.as_bytes(), &first).await;
        case.letter(&id).await;
        for _ in 0..2 {
            let again = case.soap("messages", message.clone()).await;
            assert_eq!(case.ordered(&order, message.as_bytes(), &again).await, id);
        }
        let xroad_id = child_text(&message, "id").expect("an id");
        assert_eq!(outcomes(&xroad_id).await, [None, repeated(), repeated()], "the second write is detected");

        let order = crate::harness::order();
        let call = messages_call(order_json(&order.order_id, &serde_json::json!([])).to_string());
        let (xroad_id, request_id) = (call.header("x-road-id"), call.header("x-road-request-id"));
        let (first, second) = (case.rest(call.clone()).await, case.rest(call).await);
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (202, 202));
        let ids = [&first, &second]
            .map(|it| serde_json::from_slice::<serde_json::Value>(&it.body).expect("JSON")["id"].clone());
        assert_eq!(ids[0], ids[1]);
        assert_eq!(outcomes(&xroad_id).await, [None, repeated()]);
        assert!(
            case.adapter
                .exchanges_of(&xroad_id)
                .await
                .iter()
                .all(|it| it.draft.request_id.as_deref() == Some(&request_id))
        );
        case.letter(ids[0].as_str().expect("an id")).await;
        // However often it was asked for: one letter of each.
        for id in [&id, ids[0].as_str().expect("an id")] {
            let sent = case.adapter.viestit.control.messages();
            let external = format!("turku:{id}:1");
            assert_eq!(sent.iter().filter(|letter| letter.external_id == external).count(), 1);
        }
    });
}
