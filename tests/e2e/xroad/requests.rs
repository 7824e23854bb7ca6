//! xroad.md §9.2: SOAP requests. Hostile ones are letter orders, so that “nothing executed” can be seen.

use conformance::security_server::RawBody;
use http::Method;

use super::{own, shared};
use crate::harness::{CONSUMER, Call, Multipart, Order, SERVICE, TENANT, child_text, order, replaced, service_request};

/// What the title of every order of the harness is.
const TITLE: &str = "Päätös";

#[test]
fn xroad_so_01_a_message_as_security_servers_post_it_is_answered_plainly() {
    shared(async |case| {
        let order = order();
        let message = order.soap();
        let answer = case.soap("messages", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
        assert_eq!(answer.header("content-encoding"), None);
    });
}

#[test]
fn xroad_so_02_a_declared_latin_1_document_is_read_as_declared() {
    shared(async |case| {
        let order = order();
        let message = replaced(&order.soap(), "encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"");
        let bytes: Vec<u8> = message.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
        let answer = case.soap("messages", bytes.clone()).await;
        let id = case.ordered(&order, &bytes, &answer).await;
        let letter = case.letter(&id).await;
        assert_eq!(letter.electronic.expect("electronic").title, TITLE, "no mojibake");
    });
}

#[test]
fn xroad_so_03_a_byte_order_mark_is_accepted() {
    shared(async |case| {
        let order = order();
        let message = format!("\u{feff}{}", order.soap());
        let answer = case.soap("messages", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
    });
}

#[test]
fn xroad_so_04_without_declaration_and_charset_it_is_utf_8() {
    shared(async |case| {
        let order = order();
        let message = replaced(&order.soap(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "");
        let answer = case.post("messages", "text/xml", "", message.clone()).await;
        let id = case.ordered(&order, message.as_bytes(), &answer).await;
        assert_eq!(case.letter(&id).await.electronic.expect("electronic").title, TITLE);
    });
}

#[test]
fn xroad_so_05_invalid_utf_8_is_refused() {
    shared(async |case| {
        for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80"] {
            let order = order();
            let text = order.soap();
            let (before, after) = text.split_once(TITLE).expect("the title");
            let message = [before.as_bytes(), bad, after.as_bytes()].concat();
            let answer = case.soap("messages", message).await;
            case.refused(&order, &answer, "Client").await;
        }
    });
}

#[test]
fn xroad_so_06_a_missing_header_is_refused() {
    refused_each("Client", |message| {
        let (before, rest) = message.split_once("<soap:Header>").expect("a header");
        let (_, after) = rest.split_once("</soap:Header>").expect("its end");
        vec![(format!("{before}{after}"), "Header".to_owned())]
    });
}

#[test]
fn xroad_so_07_each_missing_field_is_named() {
    refused_each("Client", |message| {
        ["client", "service", "id", "protocolVersion"]
            .map(|field| {
                let block = block(message, &format!("xrd:{field}"));
                (replaced(message, &block, ""), field.to_owned())
            })
            .to_vec()
    });
}

#[test]
fn xroad_so_08_each_doubled_field_is_refused() {
    refused_each("Client", |message| {
        ["client", "service", "id", "userId", "issue", "protocolVersion"]
            .map(|field| {
                let block = block(message, &format!("xrd:{field}"));
                (replaced(message, &block, &format!("{block}{block}")), field.to_owned())
            })
            .to_vec()
    });
}

#[test]
fn xroad_so_09_a_doubled_part_of_an_identifier_is_refused() {
    refused_each("Client", |message| {
        let part = "<id:memberCode>9999906-0</id:memberCode>";
        vec![(replaced(message, part, &format!("{part}{part}")), "memberCode".to_owned())]
    });
}

#[test]
fn xroad_so_10_protocol_versions_4_x_are_accepted_and_echoed() {
    shared(async |case| {
        for version in ["4.0", "4.1"] {
            let order = order();
            let message = replaced(&order.soap(), ">4.0<", &format!(">{version}<"));
            let answer = case.soap("messages", message.clone()).await;
            case.ordered(&order, message.as_bytes(), &answer).await;
            assert_eq!(child_text(&answer.text(), "protocolVersion").as_deref(), Some(version));
        }
    });
}

#[test]
fn xroad_so_11_other_protocol_versions_are_refused() {
    refused_each("Client", |message| {
        ["3.1", "", "40"]
            .map(|version| (replaced(message, ">4.0<", &format!(">{version}<")), "protocolVersion".to_owned()))
            .to_vec()
    });
}

#[test]
fn xroad_so_12_the_body_holds_exactly_one_element() {
    refused_each("Client", |message| {
        let block = block(message, "c:sendMessage");
        [String::new(), format!("{block}{block}"), "sendMessage".to_owned()]
            .map(|body| (replaced(message, &block, &body), "Body".to_owned()))
            .to_vec()
    });
}

#[test]
fn xroad_so_13_the_wrapper_is_the_service_code_exactly() {
    refused_each("Client", |message| vec![(replaced(message, "c:sendMessage", "c:sendMessageExtra"), String::new())]);
}

#[test]
fn xroad_so_14_a_wrapper_in_another_namespace_is_refused() {
    refused_each("Client", |message| {
        vec![
            (replaced(message, "urn:silta:messages:v1", "urn:silta:messages:v2"), String::new()),
            (
                replaced(message, "xmlns:c=\"urn:silta:messages:v1\"", "xmlns:c=\"urn:silta:catalogue:v1\""),
                String::new(),
            ),
        ]
    });
}

#[test]
fn xroad_so_15_the_service_header_must_fit_the_address() {
    shared(async |case| {
        // Another subsystem, another member, and the other family's address.
        for (from, to, family) in [
            ("<id:subsystemCode>palvelut<", "<id:subsystemCode>muut<", "messages"),
            ("<id:memberCode>1234567-1<", "<id:memberCode>7654321-0<", "messages"),
            ("c:sendMessage", "c:sendMessage", "catalogue"),
        ] {
            let order = order();
            let message = replaced(&order.soap(), from, to);
            let answer = case.soap(family, message).await;
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("unknown-operation"), "{from}");
        }
        // The header names one operation, the body another: never dispatched by the body's name.
        let order = order();
        let message = replaced(&order.soap(), ">sendMessage</id:serviceCode>", ">getMessageStatus</id:serviceCode>");
        let answer = case.soap("messages", message).await;
        case.refused(&order, &answer, "Client").await;
    });
}

#[test]
fn xroad_so_16_the_version_must_be_the_contracts() {
    refused_each("Client", |message| {
        let version = "<id:serviceVersion>v1</id:serviceVersion>";
        [version.replace("v1", "v2"), String::new(), version.replace("v1", "V1")]
            .map(|other| (replaced(message, version, &other), "serviceVersion".to_owned()))
            .to_vec()
    });
}

#[test]
fn xroad_so_17_a_foreign_header_block_is_ignored_and_not_echoed() {
    shared(async |case| {
        let order = order();
        let foreign = "<w:Security xmlns:w=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">\
                       <w:UsernameToken/></w:Security></soap:Header>";
        let message = replaced(&order.soap(), "</soap:Header>", foreign);
        let answer = case.soap("messages", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
        assert!(!answer.text().contains("UsernameToken"));
    });
}

#[test]
fn xroad_so_18_must_understand_is_not_passed_over() {
    refused_each("MustUnderstand", |message| {
        let foreign = "<t:tx xmlns:t=\"urn:foreign\" soap:mustUnderstand=\"1\">5</t:tx></soap:Header>";
        vec![(replaced(message, "</soap:Header>", foreign), String::new())]
    });
}

#[test]
fn xroad_so_19_rpc_encoding_is_refused() {
    refused_each("Client", |message| {
        let style = "soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"";
        vec![
            (replaced(message, "<c:sendMessage ", &format!("<c:sendMessage {style} ")), "encodingStyle".to_owned()),
            (replaced(message, "<soap:Body>", &format!("<soap:Body {style}>")), "encodingStyle".to_owned()),
        ]
    });
}

#[test]
fn xroad_so_20_soap_1_2_is_refused() {
    shared(async |case| {
        let order = order();
        let message = replaced(
            &order.soap(),
            "http://schemas.xmlsoap.org/soap/envelope/",
            "http://www.w3.org/2003/05/soap-envelope",
        );
        let answer = case.post("messages", "application/soap+xml; charset=utf-8", "", message.clone()).await;
        case.refused(&order, &answer, "Client").await;
        let answer = case.soap("messages", message).await;
        case.refused(&order, &answer, "VersionMismatch").await;
    });
}

#[test]
fn xroad_so_21_json_to_a_soap_address_is_a_fault() {
    shared(async |case| {
        let answer = case.post("messages", "application/json", "", "{}").await;
        let fault = case.fault(&answer, "Client").await;
        assert_eq!(fault.error.as_deref(), Some("unsupported-media-type"));
        let answer = case.post("messages", "", "", order().soap()).await;
        case.fault(&answer, "Client").await;
    });
}

#[test]
fn xroad_so_22_a_request_hash_in_a_request_is_ignored() {
    shared(async |case| {
        let order = order();
        let hash = "<xrd:requestHash algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">Zm9v</xrd:requestHash></soap:Header>";
        let message = replaced(&order.soap(), "</soap:Header>", hash);
        let answer = case.soap("messages", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
        assert!(!answer.text().contains("requestHash"));
    });
}

#[test]
fn xroad_so_23_a_security_token_is_neither_echoed_nor_logged() {
    shared(async |case| {
        let order = order();
        let token = "eyJhbGciOiJFUzI1NiJ9.so23.c2lnbmF0dXJl";
        let block = format!(
            "<st:securityToken xmlns:st=\"http://x-road.eu/xsd/security-token.xsd\" tokenType=\"urn:ietf:params:oauth:token-type:jwt\">\
             {token}</st:securityToken></soap:Header>"
        );
        let message = replaced(&order.soap(), "</soap:Header>", &block);
        let answer = case.soap("messages", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
        assert!(!answer.text().contains("securityToken"));
        assert_eq!(crate::harness::lines_about(token), Vec::<String>::new());
    });
}

#[test]
fn xroad_so_24_soap_action_decides_nothing() {
    shared(async |case| {
        let order = order();
        let message = order.soap();
        let answer = case.post("messages", "text/xml; charset=UTF-8", "\"urn:other\"", message.clone()).await;
        case.ordered(&order, message.as_bytes(), &answer).await;
    });
}

#[test]
fn xroad_so_25_other_methods_are_405() {
    shared(async |case| {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::HEAD] {
            let door = case.adapter.provider.door();
            let url = case.adapter.soap_url("catalogue");
            let request = conformance::security_server::RawRequest {
                method: method.clone(),
                url,
                headers: Vec::new(),
                body: RawBody::None,
            };
            let answer = door.send(request).await.expect("an answer");
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, Some("POST")), "{method}");
        }
    });
}

#[test]
fn xroad_so_26_other_spellings_of_the_same_content_are_the_same() {
    shared(async |case| {
        let plain = service_request(SERVICE.0);
        let body = block(&plain, "c:getService");
        let bodies = [
            "<c:getService xmlns:c=\"urn:silta:catalogue:v1\"><c:code><![CDATA[101]]></c:code></c:getService>",
            "<c:getService xmlns:c=\"urn:silta:catalogue:v1\"><!-- a --><c:code>1<!-- b -->01</c:code></c:getService>",
            "<c:getService xmlns:c=\"urn:silta:catalogue:v1\"><c:code>&#49;&#x30;1</c:code></c:getService>",
            "<getService xmlns=\"urn:silta:catalogue:v1\"><code>101</code></getService>",
            "<getService xmlns=\"urn:silta:catalogue:v1\">\n  <z:code xmlns:z=\"urn:silta:catalogue:v1\">101</z:code>\n</getService>",
        ];
        let expected = case.soap("catalogue", plain.clone()).await.text();
        assert!(expected.contains(SERVICE.1), "{expected}");
        for other in bodies {
            let message = replaced(&plain, &body, other);
            let answer = case.soap("catalogue", message.clone()).await;
            case.accepted(message.as_bytes(), &answer).await;
            assert_eq!(answer.text(), expected, "{other}");
        }
    });
}

#[test]
fn xroad_so_27_a_processing_instruction_is_ignored() {
    shared(async |case| {
        let plain = service_request(SERVICE.0);
        let message = replaced(&plain, "<c:code>", "<?run this?><c:code>");
        let answer = case.soap("catalogue", message.clone()).await;
        let document = case.accepted(message.as_bytes(), &answer).await;
        assert!(document.contains(SERVICE.1) && !document.contains("<?run"));
    });
}

#[test]
fn a_rest_grant_does_not_reach_soap() {
    shared(async |case| {
        for name in ["X-Road-Client", "X-Road-Request-Id"] {
            let order = order();
            let call = Call::new(Method::POST, "messages", "").without("X-Road-Client").without("x-road-request-id");
            let mut headers = call.with("content-type", "text/xml; charset=UTF-8").with(name, CONSUMER).headers;
            headers.retain(|(name, _)| name != "x-road-id");
            let request = conformance::security_server::RawRequest {
                method: Method::POST,
                url: format!("{}/{TENANT}/messages/soap/v1", case.adapter.url),
                headers,
                body: RawBody::Sized(order.soap().into()),
            };
            let answer = case.adapter.provider.door().send(request).await.expect("an answer");
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("wrong-protocol"));
        }
    });
}

#[test]
fn a_soap_part_beyond_its_limit_is_refused() {
    own(
        |config| config.limits.soap_xml = silta::config::Size(16 << 10),
        async |case| {
            let order = order().with_inline("a.pdf", "application/pdf", &crate::harness::pdf(20 << 10));
            let answer = case.soap("messages", order.soap()).await;
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("too-large"));
            let answer = case.multipart(&Multipart::swa(order.soap())).await;
            case.refused(&order, &answer, "Client").await;
        },
    );
}

/// Sends each spoilt form of a good order; each gets this fault, whose text holds the word, and none is executed.
fn refused_each(code: &str, spoil: impl Fn(&str) -> Vec<(String, String)>) {
    shared(async |case| {
        let count = spoil(&order().soap()).len();
        for number in 0..count {
            let order: Order = order();
            let (message, word) = spoil(&order.soap()).swap_remove(number);
            let answer = case.soap("messages", message).await;
            let fault = case.refused(&order, &answer, code).await;
            assert!(fault.text.contains(&word), "{}", fault.text);
        }
    });
}

/// An element of the message as it stands, by its qualified name.
fn block(message: &str, name: &str) -> String {
    let start = message.find(&format!("<{name}")).expect("its start");
    let end = format!("</{name}>");
    let length = message[start..].find(&end).expect("its end") + end.len();
    message[start..start + length].to_owned()
}
