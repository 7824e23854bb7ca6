//! xroad.md §9.3: SOAP responses and faults.

use std::time::Duration;

use conformance::security_server::{AdapterStream, Answer, hash};
use roxmltree::{Document, Node};
use silta::store::testing::Scratch;
use tokio::io::AsyncWriteExt as _;

use super::{own, shared};
use crate::harness::{
    CONSUMER, Case, Multipart, SERVICE, STRANGER, TENANT, child_text, lines_about, order, pdf, replaced,
    service_request,
};

#[test]
fn xroad_sr_01_the_header_comes_back_in_order() {
    shared(async |case| {
        let party = "<r:representedParty xmlns:r=\"http://x-road.eu/xsd/representation.xsd\"><r:partyClass>COM</r:partyClass>\
                     <r:partyCode>2345678-9</r:partyCode></r:representedParty>";
        for (from, to) in
            [("<xrd:issue>", format!("{party}<xrd:issue>")), ("</soap:Header>", format!("{party}</soap:Header>"))]
        {
            let message = replaced(&service_request(SERVICE.0), from, &to);
            let answer = case.soap("catalogue", message.clone()).await;
            let document = case.accepted(message.as_bytes(), &answer).await;
            assert_eq!(blocks(&document), blocks(&message));
        }
    });
}

#[test]
fn xroad_sr_02_an_empty_issue_comes_back_empty() {
    shared(async |case| {
        let message = replaced(&service_request(SERVICE.0), "<xrd:issue>A-1</xrd:issue>", "<xrd:issue/>");
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        assert_eq!(child_text(&document, "issue").as_deref(), Some(""));
    });
}

#[test]
fn xroad_sr_03_what_was_absent_stays_absent() {
    shared(async |case| {
        let message = replaced(&service_request(SERVICE.0), "<xrd:issue>A-1</xrd:issue>", "");
        let message = replaced(&message, "<xrd:userId>EE12345678901</xrd:userId>", "");
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        assert_eq!((child_text(&document, "issue"), child_text(&document, "userId")), (None, None));
    });
}

#[test]
fn xroad_sr_04_odd_characters_come_back_identical() {
    shared(async |case| {
        let odd = ">  a\nb\t&amp; &lt;&#xE4;&#228; ]]&gt; \u{1f600}&#13;<";
        let message = replaced(&service_request(SERVICE.0), ">EE12345678901<", odd);
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        assert_eq!(child_text(&document, "userId").as_deref(), Some("  a\nb\t& <ää ]]> \u{1f600}\r"));
    });
}

/// Every operation of ours has a version, so that no request without one can succeed; SO-16 has the refusal.
#[test]
fn xroad_sr_05_there_is_no_operation_without_a_version() {
    shared(async |case| {
        let versions: Vec<_> = case.adapter.provider.services().into_iter().filter_map(|it| it.id.version).collect();
        assert_eq!(versions.len(), 25, "all SOAP services");
        let message = replaced(&service_request(SERVICE.0), "<id:serviceVersion>v1</id:serviceVersion>", "");
        let answer = case.soap("catalogue", message).await;
        case.fault(&answer, "Client").await;
        println!("not applicable: every operation has a version; a request without one is refused");
    });
}

#[test]
fn xroad_sr_06_the_body_holds_one_wrapper_with_the_responses_name() {
    shared(async |case| {
        let message = service_request(SERVICE.0);
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        let document = Document::parse(&document).expect("XML");
        let body = document
            .descendants()
            .find(|node| node.has_tag_name(("http://schemas.xmlsoap.org/soap/envelope/", "Body")));
        let children: Vec<Node> = body.expect("a body").children().filter(Node::is_element).collect();
        assert_eq!(children.len(), 1);
        assert!(children[0].has_tag_name(("urn:silta:catalogue:v1", "getServiceResponse")));
    });
}

#[test]
fn xroad_sr_07_the_request_hash_is_the_security_servers() {
    shared(async |case| {
        let message = service_request(SERVICE.0);
        let raw = case.soap("catalogue", message.clone()).await;
        assert!(!raw.text().contains("requestHash"));
        let seen = case.consume("catalogue", "text/xml; charset=UTF-8", message.clone()).await;
        assert_eq!(child_text(&seen.text(), "requestHash"), Some(hash::soap(message.as_bytes())));
        assert!(seen.text().contains(SERVICE.1));
    });
}

#[test]
fn xroad_sr_08_the_answers_form_survives_a_security_server() {
    shared(async |case| {
        let message = replaced(&service_request(SERVICE.0), "<xrd:id>", "<xrd:id xml:lang=\"fi\" odd=\"1\">");
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        assert!(document.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"), "{document}");
        assert!(!document.contains("<!DOCTYPE") && document.matches("<?").count() == 1);
        let document = Document::parse(&document).expect("XML");
        let id = document.descendants().find(|node| node.has_tag_name(("http://x-road.eu/xsd/xroad.xsd", "id")));
        assert_eq!(id.expect("an id").attributes().len(), 0);
    });
}

/// The status itself is asserted with every call of the harness.
#[test]
fn xroad_sr_09_the_status_is_200_or_500() {
    shared(async |case| {
        let good = service_request(SERVICE.0);
        let business = service_request("no-such-code");
        for (message, status) in [(good.clone(), 200), (business, 200), (replaced(&good, "4.0", "3.1"), 500)] {
            assert_eq!(case.soap("catalogue", message).await.status, status);
        }
    });
}

#[test]
fn xroad_sr_10_the_content_type_is_exact() {
    shared(async |case| {
        for message in [service_request(SERVICE.0), service_request("no-such-code"), "<".to_owned()] {
            let answer = case.soap("catalogue", message).await;
            assert_eq!(answer.header("content-type"), Some("text/xml; charset=UTF-8"));
        }
    });
}

#[test]
fn xroad_sr_11_no_cookie_no_compression_no_redirect() {
    shared(async |case| {
        for message in [service_request(SERVICE.0), "<".to_owned()] {
            let answer = case.soap("catalogue", message).await;
            for name in ["set-cookie", "content-encoding", "location"] {
                assert_eq!(answer.header(name), None);
            }
        }
    });
}

#[test]
fn xroad_fa_01_a_failing_store_is_a_server_fault_with_an_id_that_the_log_lines_have() {
    own(
        |_| {},
        async |case| {
            case.adapter.store().await;
            let scratch = Scratch::open(tempfile::tempdir().expect("a folder"), case.adapter.store_config()).await;
            let scratch = scratch.expect("beside the adapter");
            scratch.tamper("ALTER TABLE evidence RENAME TO evidence_gone").await.expect("broken");
            let message = service_request(SERVICE.0);
            let xroad_id = child_text(&message, "id").expect("an id");
            let answer = case.soap("catalogue", message).await;
            assert_eq!(answer.status, 500);
            let text = answer.text();
            assert!(text.contains("<faultcode>soap:Server</faultcode>"), "{text}");
            assert!(!text.contains("evidence"), "nothing of the cause: {text}");
            let fault_id = child_text(&text, "id").expect("an error id");
            let lines = lines_about(&fault_id);
            assert!(lines.iter().any(|line| line.contains("ERROR") && line.contains(&xroad_id)), "{lines:?}");
            // What could not be logged was not executed either.
            let order = order();
            let answer = case.soap("messages", order.soap()).await;
            assert!(answer.text().contains("<faultcode>soap:Server</faultcode>"));
            case.nothing_ordered(&order).await;
            scratch.tamper("ALTER TABLE evidence_gone RENAME TO evidence").await.expect("mended");
            let message = order.soap();
            let answer = case.soap("messages", message.clone()).await;
            case.ordered(&order, message.as_bytes(), &answer).await;
            scratch.store.close().await;
        },
    );
}

#[test]
fn xroad_fa_02_a_business_error_is_a_normal_response() {
    shared(async |case| {
        let message = service_request("no-such-code");
        let answer = case.soap("catalogue", message.clone()).await;
        let (code, field) = case.business_error(message.as_bytes(), &answer).await;
        assert_eq!((code.as_str(), field.as_deref()), ("unknown-code", Some("code")));
        assert_eq!(blocks(&answer.text()), blocks(&message), "full header echo");
        assert!(answer.text().contains("getServiceResponse"));
        let mut order = order();
        order.order_id = "not allowed".to_owned();
        let message = order.soap();
        let answer = case.soap("messages", message.clone()).await;
        let (code, field) = case.business_error(message.as_bytes(), &answer).await;
        assert_eq!((code.as_str(), field.as_deref()), ("invalid-field", Some("orderId")));
        case.nothing_ordered(&order).await;
    });
}

#[test]
fn xroad_fa_03_faults_have_soap_1_1s_form_and_are_told_from_security_servers() {
    shared(async |case| {
        let good = service_request(SERVICE.0);
        for message in [
            replaced(&good, "4.0", "3.1"),
            replaced(&good, "c:getService", "c:other"),
            replaced(&good, "http://schemas.xmlsoap.org/soap/envelope/", "urn:other"),
            "<".to_owned(),
            String::new(),
        ] {
            let answer = case.soap("catalogue", message).await;
            let text = answer.text();
            let document = Document::parse(&text).expect("XML");
            let fault = document.descendants().find(|node| node.tag_name().name() == "Fault").expect("a fault");
            let children: Vec<Node> = fault.children().filter(Node::is_element).collect();
            assert!(children.iter().all(|child| child.tag_name().namespace().is_none()), "{text}");
            let names: Vec<&str> = children.iter().map(|child| child.tag_name().name()).collect();
            assert_eq!(names, ["faultcode", "faultstring", "detail"]);
            let code = children[0].text().expect("a code");
            for theirs in ["Server.ServerProxy", "Server.ClientProxy", "Client.", "server.", "client."] {
                assert!(!code.trim_start_matches("soap:").starts_with(theirs), "{code}");
            }
        }
    });
}

#[test]
fn xroad_fa_04_a_fault_for_a_message_with_attachments_is_plain() {
    shared(async |case| {
        let order = order().with_swa("a.pdf", "application/pdf", "cid:a");
        let message = Multipart::swa(replaced(&order.soap(), "4.0", "3.1")).file("a", pdf(100));
        let answer = case.multipart(&message).await;
        case.refused(&order, &answer, "Client").await;
        // And the consumer sees exactly this fault, through both security servers.
        let order = order.with_swa("b.pdf", "application/pdf", "cid:nowhere");
        let message =
            Multipart::swa(replaced(&order.soap(), CONSUMER.rsplit('/').next().expect("a part"), "tuntematon"));
        let seen = case.consume("messages", &message.content_type(), message.bytes()).await;
        assert_eq!(seen.fault_code().await.as_deref(), Some("soap:Client"), "{}", seen.text());
        case.nothing_ordered(&order).await;
    });
}

#[test]
fn xroad_fa_05_hostile_input_does_not_break_the_answer() {
    shared(async |case| {
        let hostile = "]]&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#x202E;&#xD;";
        let good = service_request(SERVICE.0);
        for message in [
            replaced(&good, ">101<", &format!(">{hostile}<")),
            replaced(&good, ">getService</id:serviceCode>", &format!(">{hostile}</id:serviceCode>")),
            replaced(&good, ">v1</id:serviceVersion>", &format!(">{hostile}</id:serviceVersion>")),
            replaced(&good, "<c:code>", "<c:script.alert-1-_\u{b7}>x</c:script.alert-1-_\u{b7}><c:code>"),
            replaced(&good, "<id:memberClass>GOV<", &format!("<id:memberClass>{hostile}<")),
            replaced(&good, ">101<", ">&#1;<"),
            replaced(&good, ">101<", ">\u{1}\u{b}<"),
        ] {
            let answer = case.soap("catalogue", message).await;
            let text = answer.text();
            assert!(Document::parse(&text).is_ok(), "{text}");
            assert!(!text.contains("<script"), "{text}");
        }
    });
}

#[test]
fn xroad_fa_06_overload_is_a_fault_and_no_429_or_503() {
    let tight: fn(&mut silta::config::Config) = |config| {
        config.limits.in_flight = 1;
        config.limits.queue = 0;
    };
    own(tight, async |case| {
        let order = order();
        let (held, answer) = overloaded(case, &order.soap()).await;
        let fault = case.refused(&order, &answer, "Server").await;
        assert_eq!(fault.error.as_deref(), Some("overloaded"));
        drop(held);
        let metrics = case.adapter.metrics().await;
        assert!(metrics.contains("queue"), "a metric of the limit: {metrics}");
    });
}

/// Keeps the adapter waiting for the rest of a request.
pub(crate) async fn hold_a_place(case: &Case<'_>) -> AdapterStream {
    let url = case.adapter.soap_url("messages");
    let mut stream = case.adapter.provider.door().connect(&url).await.expect("a connection");
    let head = format!(
        "POST /{TENANT}/messages/soap/v1 HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 100\r\n\r\n<"
    );
    stream.write_all(head.as_bytes()).await.expect("written");
    stream.flush().await.expect("sent");
    stream
}

/// Sends until the place is taken: a request that is to hold it may find it taken by ours.
async fn overloaded(case: &Case<'_>, message: &str) -> (Vec<AdapterStream>, Answer) {
    let probe = service_request(SERVICE.0);
    let mut held = Vec::new();
    for _ in 0..20 {
        held.push(hold_a_place(case).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
        if case.soap("catalogue", probe.clone()).await.status == 500 {
            return (held, case.soap("messages", message.to_owned()).await);
        }
    }
    panic!("never overloaded");
}

#[test]
fn a_client_without_rights_gets_nothing_but_a_fault() {
    shared(async |case| {
        let mut order = order();
        order.client = STRANGER.to_owned();
        let answer = case.soap("messages", order.soap()).await;
        let fault = case.refused(&order, &answer, "Client").await;
        assert_eq!(fault.error.as_deref(), Some("not-allowed"));
    });
}

/// The header blocks: name, and all text with its element names.
fn blocks(document: &str) -> Vec<(String, Vec<(String, String)>)> {
    let document = Document::parse(document).expect("XML");
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    let header = document.descendants().find(|node| node.has_tag_name((soap, "Header"))).expect("a header");
    let leaves = |block: Node| {
        let elements = block.descendants().filter(Node::is_element);
        elements.map(|it| (it.tag_name().name().to_owned(), it.text().unwrap_or_default().to_owned())).collect()
    };
    header.children().filter(Node::is_element).map(|it| (it.tag_name().name().to_owned(), leaves(it))).collect()
}
