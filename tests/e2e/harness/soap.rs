//! SOAP messages as consumers send them, and looking into answers.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use conformance::security_server::ClientId;
use roxmltree::Document;
use uuid::Uuid;

use super::{CONSUMER, PROVIDER, RECIPIENT};

/// The X-Road header of a message, for an operation in version v1. The id is new.
pub(crate) fn header(client: &str, operation: &str) -> String {
    let identifier = |name: &str, kind: &str, id: &str, more: &str| {
        let id = ClientId::from_header(id).expect("an identifier");
        let subsystem =
            id.subsystem.map_or_else(String::new, |code| format!("<id:subsystemCode>{code}</id:subsystemCode>"));
        format!(
            "<xrd:{name} id:objectType=\"{kind}\"><id:xRoadInstance>{}</id:xRoadInstance><id:memberClass>{}</id:memberClass>\
             <id:memberCode>{}</id:memberCode>{subsystem}{more}</xrd:{name}>",
            id.instance, id.member_class, id.member_code
        )
    };
    let service = format!("<id:serviceCode>{operation}</id:serviceCode><id:serviceVersion>v1</id:serviceVersion>");
    format!(
        "{}{}<xrd:id>{}</xrd:id><xrd:userId>EE12345678901</xrd:userId><xrd:issue>A-1</xrd:issue>\
         <xrd:protocolVersion>4.0</xrd:protocolVersion>",
        identifier("client", "SUBSYSTEM", client, ""),
        identifier("service", "SERVICE", PROVIDER, &service),
        Uuid::new_v4()
    )
}

/// A whole message.
pub(crate) fn envelope(header: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:id=\"http://x-road.eu/xsd/identifiers\">\
         <soap:Header>{header}</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
}

/// `getService` for a code.
pub(crate) fn service_request(code: &str) -> String {
    envelope(
        &header(CONSUMER, "getService"),
        &format!("<c:getService xmlns:c=\"urn:silta:catalogue:v1\"><c:code>{code}</c:code></c:getService>"),
    )
}

/// A letter order of a client. Its `orderId` is new, so that whether it was accepted can be told.
#[derive(Clone)]
#[expect(clippy::struct_field_names, reason = "the contract's own name")]
pub(crate) struct Order {
    pub(crate) client: String,
    pub(crate) order_id: String,
    /// `<c:attachments>` elements.
    pub(crate) attachments: String,
}

/// An order of the consumer without attachments.
pub(crate) fn order() -> Order {
    Order { client: CONSUMER.to_owned(), order_id: format!("o-{}", Uuid::new_v4()), attachments: String::new() }
}

impl Order {
    /// Adds a file whose content is this XML: base64, or an `xop:Include`.
    pub(crate) fn with_content(mut self, name: &str, media_type: &str, content: &str) -> Self {
        write!(
            self.attachments,
            "<c:attachments><c:name>{name}</c:name><c:mediaType>{media_type}</c:mediaType><c:content>{content}</c:content>\
             </c:attachments>"
        )
        .expect("written");
        self
    }

    /// Adds a file that stands in the message itself.
    pub(crate) fn with_inline(self, name: &str, media_type: &str, content: &[u8]) -> Self {
        self.with_content(name, media_type, &STANDARD.encode(content))
    }

    /// Adds a file by `xop:Include`.
    pub(crate) fn with_xop(self, name: &str, media_type: &str, href: &str) -> Self {
        let include = format!("<x:Include xmlns:x=\"http://www.w3.org/2004/08/xop/include\" href=\"{href}\"/>");
        self.with_content(name, media_type, &include)
    }

    /// Adds a file by `swaRef`.
    pub(crate) fn with_swa(mut self, name: &str, media_type: &str, reference: &str) -> Self {
        write!(
            self.attachments,
            "<c:attachments><c:name>{name}</c:name><c:mediaType>{media_type}</c:mediaType><c:part>{reference}</c:part>\
             </c:attachments>"
        )
        .expect("written");
        self
    }

    pub(crate) fn body(&self) -> String {
        format!(
            "<c:sendMessage xmlns:c=\"urn:silta:messages:v1\"><c:orderId>{}</c:orderId><c:recipients><c:id>{RECIPIENT}</c:id>\
             </c:recipients><c:title>Päätös</c:title><c:body>Päätös on tehty.</c:body>{}</c:sendMessage>",
            self.order_id, self.attachments
        )
    }

    /// The SOAP document.
    pub(crate) fn soap(&self) -> String {
        envelope(&header(&self.client, "sendMessage"), &self.body())
    }
}

/// A PDF of that many bytes, as far as anybody looks.
pub(crate) fn pdf(size: usize) -> Vec<u8> {
    let mut content = b"%PDF-1.7\r\n\xff\x00".to_vec();
    content.extend((content.len()..size).map(|at| u8::try_from(at % 251).expect("small")));
    content
}

/// `text` with every `from` replaced; there must be one.
pub(crate) fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is not in the message");
    text.replace(from, to)
}

/// The text of the first element of that local name.
pub(crate) fn child_text(document: &str, name: &str) -> Option<String> {
    let document = Document::parse(document).expect("XML");
    let found = document.descendants().find(|node| node.is_element() && node.tag_name().name() == name)?;
    Some(found.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()).collect())
}
