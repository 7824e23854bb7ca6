//! Requests as a security server delivers them, and as cases bend them.

use std::fmt::Write as _;

use bytes::Bytes;
use http::Method;
use uuid::Uuid;

use crate::security_server::soap::{IDENTIFIERS, SOAP, XROAD};
use crate::security_server::{ClientId, RawBody};
use crate::xml::escape;

/// A SOAP message in pieces, each of which a case may change, leave out or double.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// XML declaration, with its line break; may be empty.
    pub declaration: String,
    /// Namespace declarations of the envelope element.
    pub namespaces: String,
    /// Header blocks in order: a name to find them by, and their XML.
    pub blocks: Vec<(String, String)>,
    /// Content of the Body.
    pub body: String,
    /// The `xrd:id` of the message.
    pub id: String,
}

impl Envelope {
    /// A message with the fields that every request has and a fresh id. `body` is the wrapper element.
    pub fn new(client: &ClientId, provider: &ClientId, code: &str, version: Option<&str>, body: &str) -> Self {
        let id = Uuid::new_v4().to_string();
        let blocks = vec![
            ("client".to_owned(), block::client(client)),
            ("service".to_owned(), block::service(provider, code, version)),
            ("id".to_owned(), block::simple("id", &id)),
            ("userId".to_owned(), block::simple("userId", "FI01019999999")),
            ("issue".to_owned(), block::simple("issue", "KIT-1")),
            ("protocolVersion".to_owned(), block::simple("protocolVersion", "4.0")),
        ];
        Self {
            declaration: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            namespaces: format!("xmlns:soap=\"{SOAP}\" xmlns:xrd=\"{XROAD}\" xmlns:id=\"{IDENTIFIERS}\""),
            blocks,
            body: body.to_owned(),
            id,
        }
    }

    /// Puts this XML in the place of the block (all blocks) of this name, or at the end when there is none.
    #[must_use]
    pub fn with(mut self, name: &str, xml: impl Into<String>) -> Self {
        let xml = xml.into();
        match self.blocks.iter().position(|(known, _)| known == name) {
            Some(at) => {
                self.blocks.retain(|(known, _)| known != name);
                self.blocks.insert(at.min(self.blocks.len()), (name.to_owned(), xml));
            }
            None => self.blocks.push((name.to_owned(), xml)),
        }
        self
    }

    /// Leaves a block out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.blocks.retain(|(known, _)| known != name);
        self
    }

    /// Another body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }

    /// A simple block's value replaced; the id is remembered.
    #[must_use]
    pub fn with_value(mut self, name: &str, value: &str) -> Self {
        if name == "id" {
            value.clone_into(&mut self.id);
        }
        self.with(name, block::simple(name, value))
    }

    /// The XML of a block.
    pub fn block(&self, name: &str) -> &str {
        self.blocks.iter().find(|(known, _)| known == name).map_or("", |(_, xml)| xml)
    }

    /// The whole document.
    pub fn text(&self) -> String {
        let blocks: String = self.blocks.iter().map(|(_, xml)| xml.as_str()).collect();
        format!(
            "{}<soap:Envelope {}><soap:Header>{blocks}</soap:Header><soap:Body>{}</soap:Body></soap:Envelope>",
            self.declaration, self.namespaces, self.body
        )
    }

    /// Its bytes in UTF-8.
    pub fn bytes(&self) -> Bytes {
        self.text().into()
    }
}

/// Header blocks as XML, with the prefixes of [`Envelope::new`].
pub mod block {
    use std::fmt::Write as _;

    use super::{ClientId, escape};

    /// `xrd:client`, its objectType by whether there is a subsystem.
    pub fn client(id: &ClientId) -> String {
        let kind = if id.subsystem.is_some() { "SUBSYSTEM" } else { "MEMBER" };
        identifier("client", &format!("id:objectType=\"{kind}\""), &parts(id))
    }

    /// `xrd:service`.
    pub fn service(provider: &ClientId, code: &str, version: Option<&str>) -> String {
        let mut inside = parts(provider);
        let _ = write!(inside, "<id:serviceCode>{}</id:serviceCode>", escape(code));
        if let Some(version) = version {
            let _ = write!(inside, "<id:serviceVersion>{}</id:serviceVersion>", escape(version));
        }
        identifier("service", "id:objectType=\"SERVICE\"", &inside)
    }

    /// An identifier element with any attributes and parts.
    pub fn identifier(name: &str, attributes: &str, parts: &str) -> String {
        format!("<xrd:{name} {attributes}>{parts}</xrd:{name}>")
    }

    /// The parts of a member or subsystem.
    pub fn parts(id: &ClientId) -> String {
        let mut parts = format!(
            "<id:xRoadInstance>{}</id:xRoadInstance><id:memberClass>{}</id:memberClass><id:memberCode>{}</id:memberCode>",
            escape(&id.instance),
            escape(&id.member_class),
            escape(&id.member_code)
        );
        if let Some(subsystem) = &id.subsystem {
            let _ = write!(parts, "<id:subsystemCode>{}</id:subsystemCode>", escape(subsystem));
        }
        parts
    }

    /// A field that holds text only.
    pub fn simple(name: &str, value: &str) -> String {
        format!("<xrd:{name}>{}</xrd:{name}>", escape(value))
    }
}

/// A multipart message in pieces.
#[derive(Debug, Clone)]
pub struct Multipart {
    /// Boundary.
    pub boundary: String,
    /// What follows the boundary parameter of the Content-Type.
    pub parameters: String,
    /// Line end of delimiters and MIME headers.
    pub line_end: &'static str,
    /// White space after each delimiter.
    pub padding: &'static str,
    /// Before the first delimiter.
    pub preamble: &'static str,
    /// After the closing one.
    pub epilogue: &'static str,
    /// Whether there is a closing delimiter.
    pub closed: bool,
    /// The parts.
    pub parts: Vec<Part>,
}

/// One part.
#[derive(Debug, Clone)]
pub struct Part {
    /// Header lines, without line ends.
    pub headers: Vec<String>,
    /// Content as transferred.
    pub content: Bytes,
}

impl Part {
    /// A part with these header lines.
    pub fn new(headers: &[&str], content: impl Into<Bytes>) -> Self {
        Self { headers: headers.iter().map(|it| (*it).to_owned()).collect(), content: content.into() }
    }

    /// A binary attachment as a security server writes one: the Content-Type first, in lower case.
    pub fn binary(content_type: &str, content_id: &str, content: impl Into<Bytes>) -> Self {
        Self::new(
            &[
                &format!("content-type:{content_type}"),
                "Content-Transfer-Encoding: binary",
                &format!("Content-ID: <{content_id}>"),
            ],
            content,
        )
    }
}

impl Multipart {
    fn new(parameters: &str, first: Part) -> Self {
        Self {
            boundary: format!("kit-{}", Uuid::new_v4()),
            parameters: parameters.to_owned(),
            line_end: "\r\n",
            padding: "",
            preamble: "",
            epilogue: "",
            closed: true,
            parts: vec![first],
        }
    }

    /// SOAP with attachments: the SOAP part is `text/xml`.
    pub fn swa(soap: impl Into<Bytes>) -> Self {
        let headers = ["content-type:text/xml; charset=UTF-8", "Content-Transfer-Encoding: 8bit"];
        Self::new("; type=\"text/xml\"", Part::new(&headers, soap))
    }

    /// MTOM: the SOAP part is `application/xop+xml`.
    pub fn mtom(soap: impl Into<Bytes>) -> Self {
        let headers =
            ["content-type:application/xop+xml; charset=UTF-8; type=\"text/xml\"", "Content-Transfer-Encoding: 8bit"];
        Self::new("; type=\"application/xop+xml\"; start-info=\"text/xml\"", Part::new(&headers, soap))
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// The outer Content-Type.
    pub fn content_type(&self) -> String {
        format!("multipart/related; boundary=\"{}\"{}", self.boundary, self.parameters)
    }

    /// The SOAP part's bytes.
    pub fn soap(&self) -> Bytes {
        self.parts.first().map(|it| it.content.clone()).unwrap_or_default()
    }

    /// The body in pieces, one for each part, so that large ones are never copied together.
    pub fn pieces(&self) -> Vec<Bytes> {
        let end = self.line_end;
        let mut pieces = Vec::with_capacity(self.parts.len() * 2 + 2);
        if !self.preamble.is_empty() {
            pieces.push(format!("{}{end}", self.preamble).into());
        }
        for (number, part) in self.parts.iter().enumerate() {
            let mut head = if number == 0 { String::new() } else { end.to_owned() };
            let _ = write!(head, "--{}{}{end}", self.boundary, self.padding);
            for line in &part.headers {
                let _ = write!(head, "{line}{end}");
            }
            head.push_str(end);
            pieces.push(head.into());
            pieces.push(part.content.clone());
        }
        if self.closed {
            pieces.push(format!("{end}--{}--{}{end}{}", self.boundary, self.padding, self.epilogue).into());
        }
        pieces.retain(|it| !it.is_empty());
        pieces
    }

    /// The body whole.
    pub fn bytes(&self) -> Bytes {
        self.pieces().concat().into()
    }
}

/// A REST request below a service's base path.
#[derive(Debug, Clone)]
pub struct RestCall {
    /// Method.
    pub method: Method,
    /// Raw path and query below the base, with its slash.
    pub target: String,
    /// Headers besides those that every security server sends.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Leaves out the `X-Road-Client` that is sent otherwise.
    pub anonymous: bool,
    /// `x-road-id`.
    pub id: String,
    /// `x-road-request-id`.
    pub request_id: String,
    /// Body.
    pub body: RawBody,
}

impl RestCall {
    /// A call without body.
    pub fn new(method: Method, target: &str) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
            anonymous: false,
            id: format!("KIT-{}", Uuid::new_v4()),
            request_id: Uuid::new_v4().to_string(),
            body: RawBody::None,
        }
    }

    /// A GET.
    pub fn get(target: &str) -> Self {
        Self::new(Method::GET, target)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Sends no `X-Road-Client` of the kit's own.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// A body with `Content-Length`.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = RawBody::Sized(body.into());
        self.header("Content-Type", content_type)
    }
}
