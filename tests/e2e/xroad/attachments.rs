//! xroad.md §9.4: attachments. The messages are letter orders; what arrived is seen in the evidence (size and SHA-512 of
//! every part) and at the simulated Viestit.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use silta::config::Size;
use silta::model::evidence::PartDigest;
use tokio::net::TcpListener;

use super::{own, shared};
use crate::harness::{Case, Multipart, Order, TENANT, lines_about, order, pdf, sha512};

const PDF: &str = "application/pdf";

#[test]
fn xroad_at_01_a_swa_ref_attachment_is_decoded_and_bound() {
    shared(async |case| {
        let content = pdf(3000);
        let order = order().with_swa("päätös.pdf", PDF, "cid:file-1@example.fi");
        let mut encoded = STANDARD.encode(&content);
        for at in (76..encoded.len()).step_by(78) {
            encoded.insert_str(at, "\r\n");
        }
        let headers =
            "content-type:application/pdf\nContent-Transfer-Encoding: base64\nContent-ID: <file-1@example.fi>";
        let message = Multipart::swa(order.soap()).part(headers, encoded);
        arrives(case, &order, &message, &[&content]).await;
    });
}

#[test]
fn xroad_at_02_an_mtom_attachment_is_bound() {
    shared(async |case| {
        let content = pdf(70_000);
        let order = order().with_xop("päätös.pdf", PDF, "cid:file-1@example.fi");
        let message = Multipart::mtom(order.soap()).file("file-1@example.fi", content.clone());
        arrives(case, &order, &message, &[&content]).await;
    });
}

#[test]
fn xroad_at_03_part_headers_as_security_servers_write_them_are_read() {
    shared(async |case| {
        let content = pdf(500);
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let message = Multipart::new(
            "; type=\"text/xml\"",
            "content-type:text/xml\nx-other: 1\nContent-Transfer-Encoding: 8bit",
            order.soap(),
        )
        .part("content-type:application/pdf\ncontent-id:<a>\nX-Folded: one\n two", content.clone());
        arrives(case, &order, &message, &[&content]).await;
    });
}

#[test]
fn xroad_at_04_start_never_makes_another_part_the_message() {
    shared(async |case| {
        let (first, second) = (order(), order());
        let mut message =
            Multipart::swa(first.soap()).part("content-type:text/xml\nContent-ID: <later@example.fi>", second.soap());
        message.parameters = "; type=\"text/xml\"; start=\"<later@example.fi>\"".to_owned();
        let answer = case.multipart(&message).await;
        case.ordered(&first, order_part(&message), &answer).await;
        case.nothing_ordered(&second).await;
    });
}

#[test]
fn xroad_at_05_a_multipart_of_the_message_alone_is_a_message() {
    shared(async |case| {
        let order = order();
        arrives(case, &order, &Multipart::swa(order.soap()), &[]).await;
    });
}

#[test]
fn xroad_at_06_odd_but_legal_mime_is_accepted() {
    shared(async |case| {
        let changes: [fn(&mut Multipart); 5] = [
            |message| message.line_end = "\n",
            |message| message.boundary = "a b:c='(/)'+_,-.?".to_owned(),
            |message| message.padding = " \t ",
            |message| message.preamble = b"This is a multi-part message.".to_vec(),
            |message| message.epilogue = b"\r\nNothing follows.\r\n".to_vec(),
        ];
        for change in changes {
            let content = pdf(400);
            let order = order().with_xop("a.pdf", PDF, "cid:a");
            let mut message = Multipart::mtom(order.soap()).file("a", content.clone());
            change(&mut message);
            arrives(case, &order, &message, &[&content]).await;
        }
    });
}

#[test]
fn xroad_at_07_a_message_without_its_end_is_refused() {
    shared(async |case| {
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let mut message = Multipart::mtom(order.soap()).file("a", pdf(400));
        message.closed = false;
        let answer = case.multipart(&message).await;
        case.refused(&order, &answer, "Client").await;
        // Cut in the middle of an attachment.
        let mut bytes = message.bytes();
        bytes.truncate(bytes.len() - 100);
        let answer = case.post("messages", &message.content_type(), "", bytes).await;
        case.refused(&order, &answer, "Client").await;
    });
}

#[test]
fn xroad_at_08_every_part_needs_a_content_type() {
    shared(async |case| {
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let without = Multipart::mtom(order.soap()).part("Content-ID: <a>", pdf(100));
        let answer = case.multipart(&without).await;
        case.refused(&order, &answer, "Client").await;
        let without = Multipart::new("", "Content-ID: <root>", order.soap()).file("a", pdf(100));
        let answer = case.multipart(&without).await;
        case.refused(&order, &answer, "Client").await;
    });
}

#[test]
fn xroad_at_09_an_encoded_soap_part_is_refused() {
    shared(async |case| {
        for encoding in ["base64", "quoted-printable"] {
            let order = order();
            let headers = format!("content-type:text/xml; charset=UTF-8\nContent-Transfer-Encoding: {encoding}");
            let soap = if encoding == "base64" { STANDARD.encode(order.soap()) } else { order.soap() };
            let answer = case.multipart(&Multipart::new("", &headers, soap)).await;
            case.refused(&order, &answer, "Client").await;
        }
    });
}

#[test]
fn xroad_at_10_percent_encoded_references_match_literal_ids() {
    shared(async |case| {
        for (reference, id) in [("cid:a%40b%2Fc%20d", "a@b/c d"), ("CID:x+y@example.fi", "x+y@example.fi")] {
            let content = pdf(200);
            let order = order().with_xop("a.pdf", PDF, reference);
            let message = Multipart::mtom(order.soap()).file(id, content.clone());
            arrives(case, &order, &message, &[&content]).await;
        }
    });
}

#[test]
fn xroad_at_11_references_and_parts_must_fit() {
    shared(async |case| {
        // A reference without part.
        let missing = order().with_xop("a.pdf", PDF, "cid:nowhere");
        let message = Multipart::mtom(missing.soap()).file("a", pdf(100));
        let answer = case.multipart(&message).await;
        case.refused(&missing, &answer, "Client").await;
        let missing = order().with_swa("a.pdf", PDF, "cid:nowhere");
        let answer = case.multipart(&Multipart::swa(missing.soap()).file("a", pdf(100))).await;
        case.refused(&missing, &answer, "Client").await;
        // Two parts with one Content-ID.
        let doubled = order().with_xop("a.pdf", PDF, "cid:a");
        let message = Multipart::mtom(doubled.soap()).file("a", pdf(100)).file("a", pdf(101));
        let answer = case.multipart(&message).await;
        case.refused(&doubled, &answer, "Client").await;
        // A part that nothing refers to is ignored; the log knows it.
        let (used, unused) = (pdf(100), pdf(120));
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let message = Multipart::mtom(order.soap()).file("other", unused.clone()).file("a", used.clone());
        let answer = case.multipart(&message).await;
        let id = case.ordered(&order, order_part(&message), &answer).await;
        assert_eq!(parts_of(case, &message).await, digests(&[&unused, &used]));
        let files = case.letter(&id).await.files;
        assert_eq!(files.iter().map(|file| file.content.to_vec()).collect::<Vec<_>>(), [used]);
    });
}

#[test]
fn xroad_at_12_no_reference_leads_outside() {
    shared(async |case| {
        let trap = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = trap.local_addr().expect("an address");
        for reference in [format!("http://{address}/x"), "file:///etc/passwd".to_owned(), format!("//{address}/x")] {
            for order in [order().with_xop("a.pdf", PDF, &reference), order().with_swa("a.pdf", PDF, &reference)] {
                let answer = case.multipart(&Multipart::mtom(order.soap()).file("a", pdf(100))).await;
                case.refused(&order, &answer, "Client").await;
            }
        }
        let visited = tokio::time::timeout(Duration::from_millis(100), trap.accept()).await;
        assert!(visited.is_err(), "the adapter went out");
    });
}

#[test]
fn xroad_at_13_too_many_parts_are_refused() {
    shared(async |case| {
        let files = |count: usize| {
            let order = order();
            let message = (0..count)
                .fold(Multipart::swa(order.soap()), |message, number| message.file(&format!("f{number}"), "x"));
            (order, message)
        };
        let (order, message) = files(99);
        let answer = case.multipart(&message).await;
        case.ordered(&order, order_part(&message), &answer).await;
        for count in [100, 10_000] {
            let (order, message) = files(count);
            let answer = case.multipart(&message).await;
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("too-large"), "{count}");
        }
    });
}

#[test]
fn xroad_at_14_too_large_attachments_are_refused_and_leave_nothing() {
    own(
        |config| config.limits.attachments = Size(1 << 20),
        async |case| {
            let order = order().with_xop("a.pdf", PDF, "cid:a");
            let message = Multipart::mtom(order.soap()).file("a", pdf((1 << 20) + 1));
            let answer = case.multipart(&message).await;
            let fault = case.refused(&order, &answer, "Client").await;
            assert_eq!(fault.error.as_deref(), Some("too-large"));
            let blobs = case.adapter.data().join("blobs");
            let left = std::fs::read_dir(blobs).map_or(0, Iterator::count);
            assert_eq!(left, 0, "files left behind");
            // Just below the limit, it is the same order and accepted.
            let content = pdf(1 << 20);
            let message = Multipart::mtom(order.soap()).file("a", content.clone());
            arrives(case, &order, &message, &[&content]).await;
        },
    );
}

#[test]
fn xroad_at_15_a_hostile_file_name_is_never_a_path() {
    shared(async |case| {
        let long = "n".repeat(64 << 10);
        for name in ["../../etc/passwd", "..\\..\\x.pdf", "/etc/passwd", long.as_str(), "a\u{202e}fdp.exe&#xA;ERROR x"]
        {
            let order = order().with_xop(name, PDF, "cid:a");
            let message = Multipart::mtom(order.soap()).file("a", pdf(100));
            let answer = case.multipart(&message).await;
            let (code, field) = case.business_error(order_part(&message), &answer).await;
            assert_eq!((code.as_str(), field.as_deref()), ("invalid-field", Some("attachments[0].name")), "{name}");
            case.nothing_ordered(&order).await;
        }
        // NUL is no XML; names in part headers mean nothing to us.
        let order_nul = order().with_xop("a\u{0}.pdf", PDF, "cid:a");
        let answer = case.multipart(&Multipart::mtom(order_nul.soap()).file("a", pdf(100))).await;
        case.refused(&order_nul, &answer, "Client").await;
        let content = pdf(100);
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let headers = "content-type:application/pdf; name=\"../../etc/at-15-name\"\n\
                       Content-Disposition: attachment; filename=\"../../etc/at-15-name\"\nContent-ID: <a>";
        let message = Multipart::mtom(order.soap()).part(headers, content.clone());
        arrives(case, &order, &message, &[&content]).await;
        assert_eq!(lines_about("at-15-name"), Vec::<String>::new());
        assert_eq!(lines_about(&long), Vec::<String>::new());
    });
}

#[test]
fn xroad_at_16_the_boundary_inside_data_is_data() {
    shared(async |case| {
        let mut content = pdf(100);
        content.extend_from_slice(
            b"\r\n--jjetymlxbkfpX\r\n--jjetymlxbkf\r\n --jjetymlxbkfp\r\n-jjetymlxbkfp--\r\n--jjetymlxbkfp-X",
        );
        let order = order().with_xop("a.pdf", PDF, "cid:a");
        let message = Multipart::mtom(order.soap()).file("a", content.clone());
        arrives(case, &order, &message, &[&content]).await;
    });
}

/// No operation answers with attachments yet: no response message of a WSDL has binary content.
#[test]
fn xroad_at_17_no_operation_answers_with_attachments() {
    for family in ["catalogue", "messages"] {
        let path = crate::tidy::root().join("wsdl").join(family).join("v1/service.wsdl");
        let text = std::fs::read_to_string(path).expect("a WSDL");
        let document = roxmltree::Document::parse(&text).expect("XML");
        let binary = |node: &roxmltree::Node| {
            node.attribute("type").is_some_and(|it| ["xs:base64Binary", "xs:hexBinary"].contains(&it))
        };
        for holder in document.descendants().filter(binary) {
            let owner =
                holder.ancestors().find_map(|it| it.parent_element().filter(|it| it.attribute("name").is_some()));
            let owner = owner.and_then(|it| it.attribute("name")).unwrap_or_default();
            let used_by: Vec<&str> = document
                .descendants()
                .filter(|it| it.attribute("type") == Some(&format!("tns:{owner}")))
                .filter_map(|it| it.ancestors().filter_map(|it| it.attribute("name")).last())
                .collect();
            assert!(!used_by.iter().any(|name| name.ends_with("Response")), "{family}: {owner} in an answer");
        }
    }
    println!("not applicable: no operation of v1 answers with attachments");
}

#[test]
fn xroad_at_18_a_flattened_multipart_is_two_attachments() {
    shared(async |case| {
        let (first, second) = (pdf(300), pdf(301));
        let order = order().with_swa("a.pdf", PDF, "cid:a").with_swa("b.pdf", PDF, "cid:b");
        let message = Multipart::swa(order.soap()).file("a", first.clone()).file("b", second.clone());
        arrives(case, &order, &message, &[&first, &second]).await;
    });
}

#[test]
fn xroad_at_19_contents_are_kept_to_the_byte() {
    shared(async |case| {
        for content in [&b"%PDF-"[..], b"%PDF-\r\n", b"%PDF-\r\n\r\n", b"%PDF-1.7\n\r", b"%PDF- \t"] {
            let order = order().with_xop("a.pdf", PDF, "cid:a");
            let message = Multipart::mtom(order.soap()).file("a", content);
            arrives(case, &order, &message, &[content]).await;
        }
        // No letter has an empty file or one of a byte, so the log must tell: unreferenced parts.
        let order = order();
        let message = Multipart::swa(order.soap()).file("a", "").file("b", "x").file("c", "\r\n");
        let answer = case.multipart(&message).await;
        case.ordered(&order, order_part(&message), &answer).await;
        assert_eq!(parts_of(case, &message).await, digests(&[b"", b"x", b"\r\n"]));
    });
}

/// The order is accepted, the log has the digests of its parts, and Viestit gets the files that it names.
async fn arrives(case: &Case<'_>, order: &Order, message: &Multipart, files: &[&[u8]]) {
    let answer = case.multipart(message).await;
    let id = case.ordered(order, order_part(message), &answer).await;
    assert_eq!(parts_of(case, message).await, digests(files));
    let letter = case.letter(&id).await;
    assert_eq!(letter.external_id, format!("{TENANT}:{id}:1"));
    let arrived: Vec<&[u8]> = letter.files.iter().map(|file| &*file.content).collect();
    assert!(arrived == files, "other bytes at Viestit");
}

fn order_part(message: &Multipart) -> &[u8] {
    message.first()
}

/// What the log says of the attachments of this message.
async fn parts_of(case: &Case<'_>, message: &Multipart) -> Vec<PartDigest> {
    let soap = String::from_utf8(message.first().to_vec()).expect("UTF-8");
    let xroad_id = crate::harness::child_text(&soap, "id").expect("an id");
    let exchanges = case.adapter.exchanges_of(&xroad_id).await;
    assert_eq!(exchanges.len(), 1, "{xroad_id}");
    assert_eq!(exchanges[0].draft.request_digest, Some(sha512(message.first())));
    exchanges[0].draft.request_parts.clone()
}

fn digests(contents: &[&[u8]]) -> Vec<PartDigest> {
    contents.iter().map(|content| PartDigest { size: content.len() as u64, digest: sha512(content) }).collect()
}
