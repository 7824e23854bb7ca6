//! SOAP envelopes. What is accepted is XML for an independent parser too; its echo has the same blocks with the same
//! exact text and is its own echo; what is refused is answered by a well-formed fault that quotes nothing of it.

use roxmltree::{Document, Node};
use xroad::soap::write::response;
use xroad::soap::{Answer, NS_REPR, NS_SOAP, NS_XRD, fault::Fault, read_answer, read_request};
use xroad::xml::{Element, Limits};

/// Small, so that mutation reaches them.
const LIMITS: Limits =
    Limits { bytes: 64 * 1024, depth: 16, elements: 200, attributes: 16, bindings: 16, bindings_in_scope: 32 };

/// One document.
pub fn envelope(data: &[u8]) {
    let read = match read_request(data, &LIMITS) {
        Ok(read) => read,
        Err(refused) => return refusal(&refused),
    };
    assert!(data.len() <= LIMITS.bytes, "accepted beyond the limit of bytes");
    let (depth, elements) = measure(&read.body);
    assert!(depth <= LIMITS.depth && elements <= LIMITS.elements, "accepted beyond the limits of depth or elements");

    let echo = read.header.echo.as_xml();
    assert!(echo.len() <= 256 * 1024, "an echo of {} bytes", echo.len());
    let body = format!("<p:{}Response xmlns:p=\"urn:p\"/>", read.body.name);
    let written = response(&read.header.echo, &body);
    let again = match read_answer(&written, Some("UTF-8"), &Limits::default()) {
        Ok(Answer::Message(again)) => again,
        other => unreachable!("our own answer is read as {other:?}"),
    };
    assert!(again.header.echo == read.header.echo, "the echo of an echo is another");
    assert!(
        again.header.client == read.header.client
            && again.header.service == read.header.service
            && again.header.id == read.header.id
            && again.header.user_id == read.header.user_id
            && again.header.issue == read.header.issue
            && again.header.represented_party == read.header.represented_party
            && again.header.security_server == read.header.security_server
            && again.header.protocol_version == read.header.protocol_version,
        "a field of the header changed on the way"
    );
    assert!(again.header.security_token.is_none(), "a token was echoed");

    let Some(text) = utf8(data) else { return };
    let theirs = Document::parse(text);
    let Ok(theirs) = theirs else { unreachable!("we take what another parser refuses: {theirs:?}") };
    let written = String::from_utf8(written).unwrap_or_default();
    let ours = Document::parse(&written);
    let Ok(ours) = ours else { unreachable!("another parser refuses what we write: {ours:?}") };
    assert_eq!(blocks(&ours), blocks(&theirs), "the echo is not what came");
}

/// Every refusal can be told.
fn refusal(refused: &xroad::soap::Refused) {
    let bytes = Fault::refusing(&refused.error, "e-1").to_bytes();
    assert!(bytes.len() < 2_000, "a fault that grows with its cause");
    let fault = match read_answer(&bytes, Some("UTF-8"), &Limits::default()) {
        Ok(Answer::Fault(fault)) => fault,
        other => unreachable!("our own fault is read as {other:?}"),
    };
    assert_eq!(fault.code, refused.error.fault_code().name());
    assert_eq!(fault.error_id(), Some("e-1"));
}

fn measure(element: &Element) -> (usize, usize) {
    let (mut depth, mut elements) = (0, 1);
    for child in &element.children {
        let (below, inside) = measure(child);
        depth = depth.max(below);
        elements += inside;
    }
    (depth + 1, elements)
}

/// The document as UTF-8 text, when that is its encoding.
fn utf8(data: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(data).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let declaration = text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or("", |it| it.0);
    let other = declaration.contains("encoding") && !declaration.to_ascii_lowercase().contains("utf-8");
    (!other && !text.contains('\0')).then_some(text)
}

/// Namespace, name and exact text of all elements of the blocks that an answer repeats, in order.
fn blocks(document: &Document<'_>) -> Vec<(String, String, String)> {
    let root = document.root_element();
    let header = root.children().find(|it| it.has_tag_name((NS_SOAP, "Header")));
    let mut all = Vec::new();
    for block in header.iter().flat_map(Node::children).filter(Node::is_element) {
        let namespace = block.tag_name().namespace().unwrap_or_default();
        let hash = block.has_tag_name((NS_XRD, "requestHash"));
        if hash || (namespace != NS_XRD && namespace != NS_REPR) {
            continue;
        }
        for element in block.descendants().filter(Node::is_element) {
            let name = element.tag_name();
            let leaf = !element.children().any(|it| it.is_element());
            let text: String = element.children().filter(Node::is_text).filter_map(|it| it.text()).collect();
            // Between elements, white space is layout.
            let text =
                if leaf || !text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) { text } else { String::new() };
            all.push((name.namespace().unwrap_or_default().to_owned(), name.name().to_owned(), text));
        }
    }
    all
}
