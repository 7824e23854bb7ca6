//! Calls against a scripted security server on the loopback interface.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use xroad::hash;
use xroad::soap::classify::Delivery;

use super::*;
use crate::catalogue::Service;
use crate::messages::{Attachment, Recipient, SendMessage};

/// One request as it arrived.
struct Arrived {
    head: String,
    body: Vec<u8>,
}

impl Arrived {
    fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or("", |(_, value)| value.trim())
    }

    /// The id in the SOAP header.
    fn soap_id(&self) -> String {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        text.split("<xrd:id>").nth(1).and_then(|rest| rest.split('<').next()).unwrap().to_owned()
    }
}

/// Answers one request with what `script` makes of it.
async fn server(script: impl FnOnce(&Arrived) -> String + Send + 'static) -> Consumer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        let end = loop {
            socket.read_buf(&mut bytes).await.unwrap();
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let mut arrived =
            Arrived { head: String::from_utf8(bytes[..end].to_vec()).unwrap(), body: bytes[end..].to_vec() };
        let length = arrived.header("content-length").parse().unwrap_or(0);
        while arrived.body.len() < length {
            socket.read_buf(&mut arrived.body).await.unwrap();
        }
        socket.write_all(script(&arrived).as_bytes()).await.unwrap();
        socket.shutdown().await.unwrap();
    });
    let http = tls::http_client(None, Duration::from_secs(5)).unwrap();
    Consumer::new(format!("http://{address}"), "FI-TEST/GOV/9999906-0/asiointi".parse().unwrap(), http)
}

fn provider() -> ClientId {
    "FI-TEST/MUN/1234567-1/palvelut".parse().unwrap()
}

fn service() -> ServiceId {
    ServiceId::new(provider(), "catalogue", None).unwrap()
}

fn http_answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// What a provider's answer becomes at the consumer's security server.
fn soap_answer(arrived: &Arrived, document: &[u8], body: &str, hash: Option<String>) -> String {
    let text = String::from_utf8_lossy(document);
    let header = text.split("<soap:Header>").nth(1).unwrap().split("</soap:Header>").next().unwrap();
    let id = format!("<xrd:id>{}</xrd:id>", arrived.soap_id());
    let hash = hash.map(|hash| {
        format!("<xrd:requestHash algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">{hash}</xrd:requestHash>")
    });
    let header = header.replace(&id, &format!("{id}{}", hash.unwrap_or_default()));
    let envelope = text.split("<soap:Header>").next().unwrap();
    let document =
        format!("{envelope}<soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>");
    http_answer("200 OK", "content-type: text/xml; charset=UTF-8\r\n", &document)
}

fn sample() -> Service {
    let name = crate::catalogue::LocalisedText { fi: Some("Päivähoito".to_owned()), ..Default::default() };
    Service { code: "740".to_owned(), revision: 3, name, ..Service::default() }
}

fn answer_body(result: Result<Service, common::Refusal>) -> String {
    common::to_xml(&crate::catalogue::GetServiceResponse::from(result)).unwrap()
}

/// REST metadata answers echo the request's headers; who asks for a description is nobody's matter.
#[tokio::test]
async fn metadata_calls_say_nothing_of_persons() {
    let mut consumer = server(|arrived| {
        for name in ["x-road-userid", "x-road-issue", "x-road-represented-party"] {
            assert_eq!(arrived.header(name), "", "{name}");
        }
        let id = arrived.header("x-road-id");
        let headers = format!("content-type: application/json\r\nx-road-id: {id}\r\n");
        http_answer("200 OK", &headers, "{\"openapi\": \"3.0.3\"}")
    })
    .await;
    consumer.user_id = Some("FI-virkailija".to_owned());
    consumer.issue = Some("TKU-1".to_owned());
    consumer.represented_party = Some("COM/1234567-1".parse().unwrap());
    assert_eq!(consumer.openapi(&service()).await.unwrap().content_type, "application/json");
}

#[tokio::test]
async fn xroad_cn_01_a_soap_call_has_a_fresh_id_and_reads_its_answer() {
    let consumer = server(|arrived| {
        let text = String::from_utf8_lossy(&arrived.body);
        assert!(Uuid::parse_str(&arrived.soap_id()).is_ok());
        assert!(text.contains("<xrd:protocolVersion>4.0<") && !text.contains("requestHash"));
        assert!(text.contains("<getService xmlns=\"urn:silta:catalogue:v1\"><code>740</code></getService>"));
        assert_eq!(arrived.header("content-type"), "text/xml; charset=UTF-8");
        soap_answer(arrived, &arrived.body, &answer_body(Ok(sample())), Some(hash::soap(&arrived.body)))
    });
    let got = CatalogueClient::new(consumer.await, provider()).get_service("740", None).await.unwrap();
    assert_eq!(got, sample());
}

#[tokio::test]
async fn a_refusal_comes_as_such() {
    let consumer = server(|arrived| {
        let refusal = common::Refusal::new(common::ErrorCode::UnknownCode, "no such service").at("code");
        soap_answer(arrived, &arrived.body, &answer_body(Err(refusal)), Some(hash::soap(&arrived.body)))
    });
    let error = CatalogueClient::new(consumer.await, provider()).get_service("740", None).await.unwrap_err();
    let ServiceError::Refused(refused) = error else { panic!("{error}") };
    assert_eq!(refused.known(), Some(common::ErrorCode::UnknownCode));
    assert_eq!(refused.field.as_deref(), Some("code"));
}

#[tokio::test]
async fn xroad_cn_02_a_wrong_or_missing_hash_is_refused() {
    for hash in [None, Some(hash::soap(b"something else"))] {
        let consumer =
            server(move |arrived| soap_answer(arrived, &arrived.body, &answer_body(Ok(sample())), hash)).await;
        let error = CatalogueClient::new(consumer, provider()).get_service("740", None).await.unwrap_err();
        assert!(matches!(error, ServiceError::Call(CallError::Mismatch(_))), "{error}");
    }
}

#[tokio::test]
async fn xroad_cn_03_05_faults_are_told_apart_in_both_spellings() {
    let cases = [
        ("Server.ServerProxy.AccessDenied", "200 OK", true, Delivery::NotDelivered),
        ("server.serverproxy.access_denied", "500 Internal Server Error", true, Delivery::NotDelivered),
        ("Server.ServerProxy.ServiceFailed.HttpError", "200 OK", true, Delivery::Unknown),
        ("server.serverproxy.service_failed.http_error", "200 OK", true, Delivery::Unknown),
        ("soap:Server.Busy", "500 Internal Server Error", false, Delivery::Unknown),
    ];
    for (code, status, x_road, delivery) in cases {
        let consumer = server(move |_| {
            let fault = format!(
                "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><soap:Fault>\
                 <faultcode>{code}</faultcode><faultstring>no</faultstring><detail><faultDetail>u-1</faultDetail></detail>\
                 </soap:Fault></soap:Body></soap:Envelope>"
            );
            http_answer(status, "content-type: text/xml\r\n", &fault)
        });
        let service = ServiceId::new(provider(), "getService", Some("v1".to_owned())).unwrap();
        let error = consumer.await.soap(&service, "<getService xmlns=\"urn:x\"/>", &[]).await.unwrap_err();
        assert_eq!(matches!(error, CallError::XRoad { .. }), x_road, "{code}");
        assert_eq!(matches!(error, CallError::Fault(_)), !x_road, "{code}");
        assert_eq!(error.delivery(), delivery, "{code}");
    }
}

#[tokio::test]
async fn attachments_follow_the_soap_part_and_only_that_is_hashed() {
    let consumer = server(|arrived| {
        let content_type = xroad::mime::ContentType::parse(arrived.header("content-type")).unwrap();
        let message =
            xroad::mime::Message::read(&content_type, &arrived.body, xroad::mime::MimeLimits::default()).unwrap();
        assert_eq!(message.attachment("file-1@silta").unwrap().data, b"%PDF-");
        let text = String::from_utf8_lossy(&message.soap).into_owned();
        assert!(text.contains("<part>cid:file-1@silta</part>"), "{text}");
        let accepted = crate::messages::AcceptedOrder { id: "o-1".to_owned(), ..Default::default() };
        let answer = common::to_xml(&crate::messages::SendMessageResponse::from(Ok(accepted))).unwrap();
        soap_answer(arrived, &message.soap, &answer, Some(hash::soap(&message.soap)))
    });
    let file = Part {
        content_id: "file-1@silta".to_owned(),
        media_type: "application/pdf".to_owned(),
        data: Bytes::from_static(b"%PDF-"),
    };
    let order = SendMessage {
        order_id: "order-1".to_owned(),
        recipients: vec![Recipient { id: Some("010190-9016".to_owned()), address: None }],
        title: "Päätös".to_owned(),
        body: "Päätös on liitteenä.".to_owned(),
        attachments: vec![Attachment {
            name: "paatos.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            part: Some(file.reference()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let accepted = MessagesClient::new(consumer.await, provider()).send(&order, &[file]).await.unwrap();
    assert_eq!(accepted.id, "o-1");
}

#[tokio::test]
async fn xroad_cn_06_codes_are_encoded_in_path_and_header() {
    let consumer = server(|arrived| {
        let path = "/r1/FI-TEST/MUN/1234567-1/palvelut/catalogue/services/a%2Fb%20%C3%A4%3F?lang=fi";
        assert!(arrived.head.starts_with(&format!("GET {path} HTTP/1.1")), "{}", arrived.head);
        assert_eq!(arrived.header("x-road-client"), "FI-TEST/GOV/9999906-0/asiointi");
        let id = format!("x-road-id: {}\r\n", arrived.header("x-road-id"));
        http_answer("200 OK", &id, &serde_json::to_string(&sample()).unwrap())
    });
    let client = CatalogueClient::new(consumer.await, provider());
    let got = client.get_service_rest("a/b ä?", Some(crate::catalogue::Language::Fi)).await.unwrap();
    assert_eq!(got, sample());
}

#[tokio::test]
async fn a_code_that_would_lead_elsewhere_is_not_sent() {
    let consumer = server(|_| String::new()).await;
    let error = CatalogueClient::new(consumer, provider()).get_service_rest("..", None).await.unwrap_err();
    assert!(matches!(error, ServiceError::Call(CallError::Request(_))), "{error}");
}

#[tokio::test]
async fn xroad_cn_04_05_07_08_rest_answers_are_told_apart() {
    type Check = fn(Result<RestAnswer, CallError>);
    let cases: [(&str, &str, bool, Check); 7] = [
        ("500 X", "x-road-error: Server.ServerProxy.AccessDenied\r\n", false, denied),
        ("400 X", "x-road-error: server.serverproxy.access_denied\r\n", false, denied),
        ("500 X", "", true, |got| assert_eq!(got.unwrap().status, 500)),
        ("302 Found", "location: http://127.0.0.1:1/\r\n", true, |got| assert_eq!(got.unwrap().status, 302)),
        ("200 OK", "x-road-id: another\r\n", false, |got| assert!(matches!(got, Err(CallError::ForeignId)))),
        ("200 OK", "", false, |got| assert!(matches!(got, Err(CallError::ForeignId)))),
        ("414 X", "", false, |got| assert!(matches!(got, Err(CallError::SecurityServer(414))))),
    ];
    for (status, headers, echo, check) in cases {
        let consumer = server(move |arrived| {
            let id = if echo { format!("x-road-id: {}\r\n", arrived.header("x-road-id")) } else { String::new() };
            http_answer(status, &format!("{headers}{id}"), r#"{"type":"t","message":"m","detail":"u-1"}"#)
        });
        check(
            consumer.await.rest(http::Method::GET, &service(), "services", http::HeaderMap::new(), Bytes::new()).await,
        );
    }
}

fn denied(got: Result<RestAnswer, CallError>) {
    let Err(CallError::XRoad { error, message, detail }) = got else { panic!("{got:?}") };
    assert_eq!((error.cause.as_str(), message.as_str(), detail.as_deref()), ("accessdenied", "m", Some("u-1")));
}

#[tokio::test]
async fn a_problem_becomes_a_refusal() {
    let consumer = server(|arrived| {
        let refusal = common::Refusal::new(common::ErrorCode::NotAllowed, "no rule");
        let problem = serde_json::to_string(&Problem::new(&refusal, "x-1")).unwrap();
        http_answer("403 Forbidden", &format!("x-road-id: {}\r\n", arrived.header("x-road-id")), &problem)
    });
    let error = CatalogueClient::new(consumer.await, provider()).get_service_rest("1", None).await.unwrap_err();
    let ServiceError::Refused(refused) = error else { panic!("{error}") };
    assert_eq!(refused.known(), Some(common::ErrorCode::NotAllowed));
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let mut consumer = server(|arrived| {
        let id = format!("x-road-id: {}\r\n", arrived.header("x-road-id"));
        http_answer("200 OK", &id, &"x".repeat(100))
    })
    .await;
    consumer.max_answer = 99;
    let got = consumer.rest(http::Method::GET, &service(), "services", http::HeaderMap::new(), Bytes::new()).await;
    assert!(matches!(got, Err(CallError::TooLarge { limit: 99 })));
}

#[tokio::test]
async fn xroad_cn_09_a_refused_connection_is_not_delivered() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let http = tls::http_client(None, Duration::from_secs(5)).unwrap();
    let consumer = Consumer::new(format!("http://{address}"), "FI-TEST/GOV/9999906-0/asiointi".parse().unwrap(), http);
    let got = consumer.rest(http::Method::GET, &service(), "services", http::HeaderMap::new(), Bytes::new()).await;
    let error = got.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotDelivered);
    assert!(!format!("{error:?}").contains("services"), "the address stays out of the error");
}

/// What is answered to a request, by its head.
type Script = fn(&str) -> String;
/// The heads of the requests that came.
type Seen = std::sync::Arc<std::sync::Mutex<Vec<String>>>;

/// A server that treats its connections one after the other: `None` closes without a word, after the whole request.
async fn breaking(answers: Vec<Option<Script>>) -> (Consumer, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    tokio::spawn(async move {
        for answer in answers {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            while !bytes.windows(4).any(|w| w == b"\r\n\r\n") {
                if socket.read_buf(&mut bytes).await.unwrap() == 0 {
                    break;
                }
            }
            let head = String::from_utf8_lossy(&bytes).into_owned();
            log.lock().unwrap().push(head.clone());
            if let Some(answer) = answer {
                socket.write_all(answer(&head).as_bytes()).await.unwrap();
                socket.shutdown().await.unwrap();
            }
        }
    });
    let http = tls::http_client(None, Duration::from_millis(800)).unwrap();
    let mut consumer =
        Consumer::new(format!("http://{address}"), "FI-TEST/GOV/9999906-0/asiointi".parse().unwrap(), http);
    consumer.pause = Duration::from_millis(1);
    consumer.attempts = 3;
    (consumer, seen)
}

fn id_of(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("x-road-id: ")).unwrap()
}

async fn get(consumer: &Consumer) -> Result<RestAnswer, CallError> {
    consumer.rest(http::Method::GET, &service(), "services", http::HeaderMap::new(), Bytes::new()).await
}

#[tokio::test]
async fn xroad_cn_09_only_what_provably_was_not_delivered_is_sent_again() {
    let refused: Script =
        |_| http_answer("500 X", "x-road-error: Server.ServerProxy.NetworkError\r\n", r#"{"message":"m"}"#);
    let new_spelling: Script = |_| http_answer("400 X", "x-road-error: server.serverproxy.network_error\r\n", "");
    let good: Script = |head| http_answer("200 OK", &format!("x-road-id: {}\r\n", id_of(head)), "{}");
    let (consumer, seen) = breaking(vec![Some(refused), Some(new_spelling), Some(good)]).await;
    assert_eq!(get(&consumer).await.unwrap().status, 200);
    {
        let seen = seen.lock().unwrap();
        let ids: Vec<&str> = seen.iter().map(|head| id_of(head)).collect();
        assert!(ids.len() == 3 && ids.iter().all(|id| *id == ids[0]), "the same message each time: {ids:?}");
    }

    let ambiguous: Script = |_| http_answer("500 X", "x-road-error: Server.ServerProxy.IOError\r\n", "");
    let denied: Script = |_| http_answer("500 X", "x-road-error: Server.ServerProxy.AccessDenied\r\n", "");
    let half: Script = |_| "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_owned();
    for (name, answer, delivery) in [
        ("reset after the request", None, Delivery::Unknown),
        ("an answer cut short", Some(half), Delivery::Unknown),
        ("an IO error at the provider", Some(ambiguous), Delivery::Unknown),
        ("no access, which a second try does not give", Some(denied), Delivery::NotDelivered),
    ] {
        let (consumer, seen) = breaking(vec![answer, Some(good), Some(good)]).await;
        let error = get(&consumer).await.unwrap_err();
        assert_eq!(error.delivery(), delivery, "{name}");
        assert_eq!(seen.lock().unwrap().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn xroad_cn_09_a_read_timeout_is_not_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let http = tls::http_client(None, Duration::from_millis(200)).unwrap();
    let mut consumer =
        Consumer::new(format!("http://{address}"), "FI-TEST/GOV/9999906-0/asiointi".parse().unwrap(), http);
    consumer.attempts = 5;
    let error = get(&consumer).await.unwrap_err();
    assert!(matches!(error, CallError::Transport(_)) && error.delivery() == Delivery::Unknown, "{error}");
    let first = listener.accept().await;
    assert!(first.is_ok());
    assert!(tokio::time::timeout(Duration::from_millis(300), listener.accept()).await.is_err(), "one attempt only");
}

#[tokio::test]
async fn xroad_cn_10_a_security_server_is_named_only_when_configured() {
    for named in [false, true] {
        let mut consumer = server(move |arrived| {
            assert_eq!(arrived.head.contains("x-road-security-server: FI-TEST/MUN/1234567-1/ss%201\r\n"), named);
            assert_eq!(arrived.head.contains("x-road-security-server"), named);
            assert_eq!(arrived.head.contains("x-road-represented-party: COM/123\r\n"), named);
            http_answer("200 OK", &format!("x-road-id: {}\r\n", arrived.header("x-road-id")), "{}")
        })
        .await;
        let aim = |consumer: &mut Consumer| {
            if named {
                consumer.security_server = Some("FI-TEST/MUN/1234567-1/ss%201".parse().unwrap());
                consumer.represented_party =
                    Some(xroad::id::RepresentedParty::new(Some("COM".to_owned()), "123").unwrap());
            }
        };
        aim(&mut consumer);
        get(&consumer).await.unwrap();
        let mut consumer = server(move |arrived| {
            let text = String::from_utf8_lossy(&arrived.body);
            assert_eq!(text.contains("<id:serverCode>ss 1</id:serverCode>"), named);
            assert_eq!(text.contains("securityServer"), named);
            soap_answer(arrived, &arrived.body, &answer_body(Ok(sample())), Some(hash::soap(&arrived.body)))
        })
        .await;
        aim(&mut consumer);
        CatalogueClient::new(consumer, provider()).get_service("740", None).await.unwrap();
    }
}

#[test]
fn xroad_me_11_lists_are_read_leniently() {
    let id = |text: &str| -> ClientId { text.parse().unwrap() };
    let xml = "<l:clientList xmlns:l=\"http://x-road.eu/xsd/xroad.xsd\" xmlns=\"http://x-road.eu/xsd/identifiers\">\
        <l:member><l:id><xRoadInstance>FI</xRoadInstance><memberClass>MUN</memberClass><memberCode>1</memberCode></l:id>\
        <l:new/></l:member>\
        <l:member><l:id><xRoadInstance>FI</xRoadInstance></l:id><l:name>nobody</l:name></l:member><l:member/>\
        <l:member><l:id><xRoadInstance>FI</xRoadInstance><memberClass>MUN</memberClass><memberCode>1</memberCode>\
        <subsystemCode>a b</subsystemCode><other/></l:id><l:name>Kunta</l:name></l:member></l:clientList>";
    let json = r#"{"more": 1, "member": [
        {"id": {"xroad_instance": "FI", "member_class": "MUN", "member_code": "1", "x": null}, "new": {}},
        {"id": {"xroad_instance": "FI"}, "name": "nobody"}, {"id": {}},
        {"id": {"xroad_instance": "FI", "member_class": "MUN", "member_code": "1", "subsystem_code": "a b"}, "name": "Kunta"}
    ]}"#;
    let expected = [
        metadata::Listed { id: id("FI/MUN/1"), name: None, subsystem_name: None },
        metadata::Listed { id: id("FI/MUN/1/a%20b"), name: Some("Kunta".to_owned()), subsystem_name: None },
    ];
    assert_eq!(metadata::clients_from_xml(xml.as_bytes()).unwrap(), expected);
    assert_eq!(metadata::clients_from_json(json.as_bytes()).unwrap(), expected);
    for other in ["", "<html/>", "[]", "{}"] {
        assert!(metadata::clients_from_xml(other.as_bytes()).is_none(), "{other}");
        assert!(metadata::clients_from_json(other.as_bytes()).is_none(), "{other}");
        assert!(metadata::rest_services(other.as_bytes()).is_none(), "{other}");
    }
    let services = br#"{"service": [{"xroad_instance": "FI", "member_class": "MUN", "member_code": "1",
        "service_code": "a", "object_type": "SERVICE"}, {"service_code": "b"}]}"#;
    let [only] = metadata::rest_services(services).unwrap().try_into().unwrap();
    assert_eq!((only.id.provider(), only.kind, only.endpoints), (&id("FI/MUN/1"), None, vec![]));
}

/// The examples of PR-META and PR-MREST, where they are at hand.
#[test]
fn xroad_me_11_the_published_examples_are_read() {
    let shared = std::env::var_os("SILTA_SHARED").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let folder = shared.join("specs/xroad/metadata");
    if !folder.is_dir() {
        println!("skipped: no shared X-Road data");
        return;
    }
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let xml = metadata::clients_from_xml(&file("pr-meta-c1-listclients-response.xml")).unwrap();
    let json = metadata::clients_from_json(&file("pr-meta-c1-listclients-response.json")).unwrap();
    assert_eq!((xml.len(), &xml), (4, &json));
    assert_eq!(xml[3].subsystem_name.as_deref(), Some("Client One Sub"));
    for (name, count) in [("pr-mrest-b1-listmethods-response.json", 1), ("pr-mrest-b2-allowedmethods-response.json", 1)]
    {
        let services = metadata::rest_services(&file(name)).unwrap();
        assert!(services.len() >= count && services.iter().any(|one| !one.endpoints.is_empty()), "{name}");
    }
    for (name, count) in [("pr-meta-c3-listmethods-response.xml", 2), ("pr-meta-c5-allowedmethods-response.xml", 1)] {
        let answer = xroad::soap::read_answer(&file(name), None, &xroad::xml::Limits::default()).unwrap();
        let xroad::soap::Answer::Message(envelope) = answer else { panic!("{name}") };
        assert_eq!(metadata::soap_services(&envelope.body).unwrap().len(), count, "{name}");
    }
}
