use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::adapter::{Reply, ok, xml};
use super::bench::{Bench, client_element, echo, pki, request, response, service_element, soap_id};
use crate::security_server::soap::Soap;
use crate::security_server::{ConsumerConfig, Release, SoapAnswer, Tamper, hash};

const SERVICE_FAILED: &str = "Server.ServerProxy.ServiceFailed.";

#[tokio::test]
async fn request_has_the_security_servers_shape() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    // The consumer's own Content-Type and BOM: the type is lost, the bytes are not.
    let body = format!("\u{feff}{}", request());
    let answer =
        bench.consumer.call_soap(body.clone(), "text/xml; charset=ISO-8859-1", Some("\"urn:a\"")).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=utf-8"));
    assert_eq!(answer.fault_code().await, None);
    let seen = bench.adapter.last();
    assert_eq!(seen.line, "POST /soap?x=1 HTTP/1.1");
    assert_eq!(seen.body, body.as_bytes());
    let names: Vec<String> = seen.headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert_eq!(
        names,
        ["soapaction", "accept-encoding", "transfer-encoding", "content-type", "host", "connection", "user-agent"]
    );
    assert_eq!(seen.header("soapaction"), Some("\"urn:a\""));
    assert_eq!(seen.header("accept-encoding"), Some(""));
    assert_eq!(seen.header("transfer-encoding"), Some("chunked"));
    assert_eq!(seen.header("content-type"), Some("text/xml; charset=UTF-8"));
    assert_eq!(seen.header("connection"), Some("Keep-Alive"));
    assert_eq!(seen.header("host"), Some(bench.adapter.address.to_string().as_str()));
    assert!(seen.header("user-agent").unwrap().starts_with("Apache-HttpClient/4.5."));
    assert_eq!(seen.client, Some(pki().security_server.fingerprint()));
    assert!(!seen.alpn, "no ALPN may be offered");
    assert_eq!(seen.server_name, None, "no SNI for an IP address");
    // Without SOAPAction the header is there and empty.
    bench.soap(&request()).await;
    assert_eq!(bench.adapter.last().header("soapaction"), Some(""));
}

#[tokio::test]
async fn response_carries_the_request_hash() {
    let bench = Bench::start().await;
    let stale = response().replace("</x:id>", "</x:id><x:requestHash algorithmId=\"a\">bogus</x:requestHash>");
    for reply in [response(), stale] {
        bench.adapter.script(move |_| xml(reply.clone()));
        let text = bench.soap(&request()).await.text();
        let expected = format!(
            "</x:id><x:requestHash algorithmId=\"{}\">{}</x:requestHash><x:userId>",
            hash::SHA512_URI,
            STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, request().as_bytes()))
        );
        assert!(text.contains(&expected), "{text}");
        assert!(!text.contains("bogus"));
        assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope"), "{text}");
        assert!(text.contains("<x:issue></x:issue>"), "empty elements are written out");
    }
}

/// Every row of xroad.md §2.3, and what the consumer's side says to a broken echo (§2.4).
#[tokio::test]
async fn defective_responses_become_the_right_faults() {
    let bench = Bench::start().await;
    let good = response();
    let without = |part: &str| xml(good.replace(part, ""));
    let swap = |from: &str, to: &str| {
        assert!(good.contains(from), "{from} is not in the sample");
        xml(good.replace(from, to))
    };
    let issue = "<x:issue/>";
    let typed = |content_type: &str| ok(content_type, good.clone());
    let status = |status: u16| Reply::Http(status, vec![("Content-Type", "text/xml".to_owned())], good.clone().into());
    let cases: Vec<(&str, Reply, &str)> = vec![
        ("status 400", status(400), "HttpError"),
        ("status 202", status(202), "HttpError"),
        ("status 204", status(204), "HttpError"),
        ("status 413", status(413), "HttpError"),
        ("status 503", status(503), "HttpError"),
        ("redirect", Reply::Http(302, vec![("Location", "/elsewhere".to_owned())], vec![]), "HttpError"),
        ("no Content-Type", Reply::Http(200, vec![], good.clone().into()), "InvalidContentType"),
        ("JSON", typed("application/json"), "InvalidContentType"),
        ("SOAP 1.2 type", typed("application/soap+xml"), "InvalidContentType"),
        ("multipart without boundary", typed("multipart/related"), "InvalidContentType"),
        ("empty body", xml(""), "InvalidSoap"),
        ("empty multipart", ok("multipart/related; boundary=b", ""), "InvalidMessage"),
        ("no XML", xml("hello"), "InvalidSoap"),
        ("cut off", xml(&good.as_bytes()[..good.len() - 9]), "InvalidSoap"),
        ("DOCTYPE", swap("?>\r\n", "?><!DOCTYPE s:Envelope>"), "InvalidSoap"),
        (
            "SOAP 1.2 envelope",
            swap("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
            "InvalidSoap",
        ),
        ("bytes that are no UTF-8", xml(bad_utf8(&good)), "IOError"),
        (
            "no header",
            xml("<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><a/></s:Body></s:Envelope>"),
            "MissingHeader",
        ),
        ("no body", without("<s:Body><p:getItemResponse xmlns:p=\"urn:p\"/></s:Body>"), "MissingBody"),
        ("two body children", swap("</s:Body>", "<a/></s:Body>"), "InvalidBody"),
        ("no body child", without("<p:getItemResponse xmlns:p=\"urn:p\"/>"), "InvalidBody"),
        ("no client", without(client_element()), "MissingHeaderField"),
        ("no service", without(&service_element("getItem")), "MissingHeaderField"),
        ("no id", without("<x:id>411d6755</x:id>"), "MissingHeaderField"),
        ("no protocolVersion", without("<x:protocolVersion>4.0</x:protocolVersion>"), "MissingHeaderField"),
        ("protocolVersion 3.1", swap(">4.0<", ">3.1<"), "InvalidProtocolVersion"),
        ("issue twice", swap(issue, "<x:issue/><x:issue/>"), "DuplicateHeaderField"),
        ("client twice", swap(issue, &format!("{issue}{}", client_element())), "DuplicateHeaderField"),
        (
            "member code twice",
            swap("<i:memberCode>1234567-1</i:memberCode>", "<i:memberCode>1234567-1</i:memberCode><i:memberCode/>"),
            "DuplicateHeaderField",
        ),
        ("requestHash twice", swap(issue, "<x:issue/><x:requestHash/><x:requestHash/>"), "DuplicateHeaderField"),
        ("wrong wrapper", swap("getItemResponse", "itemResponse"), "InconsistentHeaders"),
        ("objectType missing", swap(" i:objectType=\"SUBSYSTEM\"", ""), "InvalidXml"),
        ("objectType unqualified", swap("i:objectType=\"SERVICE\"", "objectType=\"SERVICE\""), "InvalidXml"),
        ("objectType wrong", swap("\"SERVICE\"", "\"SUBSYSTEM\""), "InvalidXml"),
        (
            "part without Content-Type",
            ok("multipart/related; boundary=b", multipart(&good, "X-Part: 1")),
            "InvalidContentType",
        ),
        (
            "part header too long",
            ok("multipart/related; boundary=b", multipart(&good, &format!("X: {}", "a".repeat(1001)))),
            "MimeParsingFailed",
        ),
        ("unknown coding", coded("br", good.clone().into()), "IOError"),
        ("broken gzip", coded("gzip", good.clone().into()), "IOError"),
    ];
    for (name, reply, expected) in cases {
        let code = bench.code_for(reply).await;
        assert_eq!(code.as_deref(), Some(format!("{SERVICE_FAILED}{expected}").as_str()), "{name}");
    }
    let inconsistent = "Server.ClientProxy.ServiceFailed.InconsistentResponse";
    let echoes: Vec<(&str, Reply)> = vec![
        ("changed issue", swap(issue, "<x:issue>1</x:issue>")),
        ("dropped empty issue", without(issue)),
        ("changed id", swap(">411d6755<", ">411d6756<")),
        ("trimmed user", swap(">FI010150-999X<", "> FI010150-999X<")),
        ("other version", swap("<i:serviceVersion>v1</i:serviceVersion>", "<i:serviceVersion>v2</i:serviceVersion>")),
        ("no version", without("<i:serviceVersion>v1</i:serviceVersion>")),
        ("other client", swap(">9999906-0<", ">9999907-0<")),
        (
            "party added",
            swap(
                issue,
                "<x:issue/><r:representedParty xmlns:r=\"http://x-road.eu/xsd/representation.xsd\"><r:partyCode>1\
                 </r:partyCode></r:representedParty>",
            ),
        ),
    ];
    for (name, reply) in echoes {
        assert_eq!(bench.code_for(reply).await.as_deref(), Some(inconsistent), "{name}");
    }
    let stats = bench.provider.stats();
    assert_eq!(stats.failures.get("Server.ServerProxy.ServiceFailed.HttpError"), Some(&6));
    assert_eq!(bench.consumer.stats().failures.get(inconsistent), Some(&8));
    assert_eq!(bench.consumer.stats().soap, stats.soap);
}

#[tokio::test]
async fn tolerated_responses_are_accepted() {
    let bench = Bench::start().await;
    let good = response();
    let tolerated: Vec<(&str, Reply)> = vec![
        ("status 500", Reply::Http(500, vec![("Content-Type", "text/xml".to_owned())], good.clone().into())),
        ("protocol version 4.7", xml(good.replace(">4.0<", ">4.7<"))),
        ("BOM", xml(format!("\u{feff}{good}"))),
        ("foreign header and comment", xml(good.replace("<x:issue/>", "<x:issue/><!-- c --><f:a xmlns:f=\"urn:f\"/>"))),
        ("wrapper prefix only", xml(good.replace("getItemResponse", "getItemWhatever"))),
        ("upper-case type", ok("TEXT/XML", good.clone())),
        ("gzip", coded("gzip", gzip(good.as_bytes()))),
        (
            "no closing delimiter",
            ok("multipart/related; boundary=b", multipart(&good, "Content-Type: a/b").replace("--b--", "")),
        ),
    ];
    for (name, reply) in tolerated {
        assert_eq!(bench.code_for(reply).await, None, "{name}");
    }
}

#[tokio::test]
async fn faults_pass_unchanged() {
    let bench = Bench::start().await;
    let fault = "<?xml version=\"1.0\"?>\n<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>\
                 <e:Fault><faultcode>e:Server.own</faultcode><faultstring>\u{e4}</faultstring><detail><a:b \
                 xmlns:a='urn:a'/></detail></e:Fault></e:Body></e:Envelope>";
    for status in [200, 500] {
        bench.adapter.script(move |_| Reply::Http(status, vec![("Content-Type", "text/xml".to_owned())], fault.into()));
        let answer = bench.soap(&request()).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, fault));
    }
    let multipart = multipart(fault, "Content-Type: text/plain");
    bench.adapter.script(move |_| ok("multipart/related; boundary=b", multipart.clone()));
    assert_eq!(bench.soap(&request()).await.text(), fault);
    // With any other status the fault is lost.
    bench.adapter.script(move |_| Reply::Http(503, vec![("Content-Type", "text/xml".to_owned())], fault.into()));
    let code = bench.soap(&request()).await.fault_code().await;
    assert_eq!(code.as_deref(), Some("Server.ServerProxy.ServiceFailed.HttpError"));
    assert_eq!(bench.provider.stats().faults, 3);
    assert_eq!(bench.consumer.stats().faults, 3);
}

#[tokio::test]
async fn attachments_go_both_ways_byte_for_byte() {
    let bench = Bench::start().await;
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"1".to_vec(),
        b"a\r\n--bX\r\n\r\n".to_vec(),
        (0..3_000_000_u32).map(|n| (n % 251) as u8).collect(),
    ];
    let mut sent = Vec::new();
    sent.extend_from_slice(b"preamble\r\n--b\r\nContent-Type: text/xml\r\nContent-ID: <root>\r\n\r\n");
    sent.extend_from_slice(request().as_bytes());
    for (number, body) in bodies.iter().enumerate() {
        let head =
            format!("\r\n--b\r\nX-Odd: 1\r\nContent-ID: <{number}>\r\nContent-Type: a/b;\r\n c=d\r\nX-Odd: 2\r\n\r\n");
        sent.extend_from_slice(head.as_bytes());
        sent.extend_from_slice(body);
    }
    sent.extend_from_slice(b"\r\n--b--\r\nepilogue");
    let content_type = "Multipart/Related; type=\"text/xml\"; boundary=\"b\"; start=\"<3>\"";
    bench.adapter.script(move |seen| {
        let at = seen.body.windows(13).position(|w| w == b"getItem xmlns").unwrap();
        let mut body = seen.body.clone();
        body.splice(at..at + 7, *b"getItemResponse");
        ok(seen.header("content-type").unwrap(), body)
    });
    let answer = bench.consumer.call_soap(sent, content_type, None).await.unwrap();
    let seen = bench.adapter.last();
    assert_eq!(seen.header("content-type"), Some(content_type));
    assert!(
        seen.body.starts_with(b"--b\r\ncontent-type:text/xml\r\nContent-ID: <root>\r\n\r\n<?xml"),
        "{}",
        &seen.text()[..90]
    );
    assert!(seen.body.ends_with(b"\r\n--b--\r\n"));
    let text = seen.text();
    assert!(
        text.contains("\r\n--b\r\ncontent-type:a/b; c=d\r\nContent-ID: <0>\r\nX-Odd: 2\r\n\r\n"),
        "folded and repeated headers"
    );
    let received = answer.message().await.unwrap();
    assert_eq!(
        answer.header("content-type"),
        Some("Multipart/Related; type=\"text/xml\"; boundary=\"b\"; start=\"<3>\";charset=utf-8")
    );
    assert!(matches!(received.parsed, Soap::Message(_)));
    assert!(String::from_utf8_lossy(&received.soap).contains("requestHash"));
    let back: Vec<Vec<u8>> =
        received.attachments.iter().map(|attachment| attachment.body.to_bytes().unwrap().to_vec()).collect();
    assert!(back == bodies, "attachments differ");
}

#[tokio::test]
async fn cookies_of_one_consumer_reach_another() {
    let bench = Bench::start().await;
    bench.adapter.script(|seen| match echo(seen) {
        Reply::Http(status, mut headers, body) => {
            headers.push(("Set-Cookie", "session=secret; Path=/; HttpOnly".to_owned()));
            Reply::Http(status, headers, body)
        }
        other => other,
    });
    let answer = bench.soap(&request()).await;
    assert!(answer.headers.get("set-cookie").is_none(), "no header but Content-Type reaches a SOAP consumer");
    assert_eq!(bench.adapter.last().header("cookie"), None);
    bench.soap(&request()).await;
    assert_eq!(bench.adapter.last().header("cookie"), Some("session=secret"));
}

#[tokio::test]
async fn access_and_state_of_services() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    let code = async |text: String| bench.soap(&text).await.fault_code().await.unwrap_or_default();
    let other = request().replace(">asiointi<", ">muu<");
    assert_eq!(code(other).await, "Server.ServerProxy.AccessDenied");
    let unknown = request().replace("<i:serviceVersion>v1</i:serviceVersion>", "");
    assert_eq!(code(unknown).await, "Server.ServerProxy.UnknownService");
    let rest = request().replace("getItem", "items").replace("<i:serviceVersion>v1</i:serviceVersion>", "");
    assert_eq!(code(rest).await, "Server.ServerProxy.ServiceType");
    assert!(bench.provider.change_service(&soap_id(), |service| service.disabled = Some("Huoltokatko".to_owned())));
    let answer = bench.soap(&request()).await;
    assert_eq!(answer.fault_code().await.as_deref(), Some("Server.ServerProxy.ServiceDisabled"));
    assert!(answer.text().contains("Huoltokatko"));
    assert!(bench.adapter.seen().is_empty(), "nothing reached the adapter");
}

#[tokio::test]
async fn both_spellings_and_a_tampered_hash() {
    let new = ConsumerConfig { release: Release::From7_8, ..ConsumerConfig::default() };
    let bench = Bench::with(|config| config.release = Release::From7_8, new).await;
    let code = bench.code_for(Reply::Http(404, vec![], vec![])).await;
    assert_eq!(code.as_deref(), Some("server.serverproxy.service_failed.http_error"));
    for tamper in [Tamper::WrongHash, Tamper::NoHash] {
        bench.provider.set_tamper(tamper);
        let code = bench.code_for(xml(response())).await;
        assert_eq!(code.as_deref(), Some("server.clientproxy.inconsistent_response"), "{tamper:?}");
    }
    // A consumer's server that does not look lets the wrong hash through.
    let blind = ConsumerConfig { check_hash: false, ..ConsumerConfig::default() };
    let bench = Bench::with(|config| config.tamper = Tamper::WrongHash, blind).await;
    assert_eq!(bench.code_for(xml(response())).await, None);
}

/// The lower doors of cases 9.2–9.4: arbitrary bytes in the server's manner, and the judgement of an answer.
#[tokio::test]
async fn raw_posts_and_judgement() {
    let bench = Bench::start().await;
    bench.adapter.script(echo);
    let url = format!("https://{}/soap", bench.adapter.address);
    let broken = "<not a message \u{0}";
    bench.provider.post_soap(&url, "multipart/related; boundary=zz", "unquoted", broken).await.unwrap();
    let seen = bench.adapter.last();
    assert_eq!((seen.text().as_str(), seen.header("soapaction")), (broken, Some("unquoted")));
    assert_eq!(seen.header("content-type"), Some("multipart/related; boundary=zz"));
    let answer = bench.provider.post_soap(&url, "text/xml; charset=UTF-8", "", request()).await.unwrap();
    let judged = bench.provider.accepts(request().as_bytes(), &answer).await.unwrap();
    assert!(matches!(judged, SoapAnswer::Message(_)));
    let other = request().replace("411d6755", "411d6756");
    let refused = bench.provider.accepts(other.as_bytes(), &answer).await.unwrap_err();
    assert_eq!(refused.code, "Server.ClientProxy.ServiceFailed.InconsistentResponse");
}

fn multipart(soap: &str, header: &str) -> String {
    format!("--b\r\nContent-Type: text/xml\r\n\r\n{soap}\r\n--b\r\n{header}\r\n\r\nx\r\n--b--\r\n")
}

fn bad_utf8(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let at = text.find("411d").unwrap();
    bytes[at] = 0xFF;
    bytes
}

fn coded(coding: &str, body: Vec<u8>) -> Reply {
    Reply::Http(200, vec![("Content-Type", "text/xml".to_owned()), ("Content-Encoding", coding.to_owned())], body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
