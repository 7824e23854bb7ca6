//! Reading of SOAP messages with the rules of a security server's parser (xroad.md §1.2, §2.1, §2.3, §2.4).
//!
//! Checked: envelope, header and body are there, X-Road header fields once each, identifiers with their qualified
//! `objectType`, protocol version, one wrapper whose local name starts with the service code. Not checked, because a
//! security server does not: schema validity, namespace of the wrapper, characters of identifiers.

use roxmltree::Node;

use super::errors::{Rejection, Suffix};
use super::identifiers::{ClientId, ServiceId};
use crate::xml::{self, XmlError, child, elements, is, text_of};

/// SOAP 1.1 envelope namespace.
pub const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// Namespace of the X-Road header elements.
pub const XROAD: &str = "http://x-road.eu/xsd/xroad.xsd";
/// Namespace of the identifiers' parts.
pub const IDENTIFIERS: &str = "http://x-road.eu/xsd/identifiers";
/// Namespace of the represented party.
pub const REPRESENTATION: &str = "http://x-road.eu/xsd/representation.xsd";

/// A SOAP document: a message or a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Soap {
    /// A request or a response.
    Message(Box<SoapMessage>),
    /// A fault.
    Fault(SoapFault),
}

/// What a security server knows of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapMessage {
    /// The header fields.
    pub header: SoapHeader,
    /// Local name of the body's one child.
    pub wrapper: String,
    /// Its namespace; empty for none.
    pub wrapper_namespace: String,
}

/// X-Road header fields; text exactly as sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)] // one field for each header element of xroad.md §1.5
pub struct SoapHeader {
    pub client: ClientId,
    pub service: ServiceId,
    pub id: String,
    pub user_id: Option<String>,
    pub issue: Option<String>,
    pub represented_party: Option<RepresentedParty>,
    pub protocol_version: String,
    pub request_hash: Option<RequestHash>,
}

/// Represented party.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RepresentedParty {
    pub class: Option<String>,
    pub code: Option<String>,
}

/// `requestHash` and its `algorithmId`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct RequestHash {
    pub algorithm: Option<String>,
    pub value: String,
}

/// The fields of a SOAP fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct SoapFault {
    pub code: String,
    pub string: String,
    pub actor: Option<String>,
    /// Whether there is a `detail`.
    pub detail: bool,
}

/// Reads a SOAP document from its bytes.
pub fn parse(bytes: &[u8]) -> Result<Soap, Rejection> {
    if bytes.is_empty() {
        return Err(Rejection::new(Suffix::InvalidSoap, "the SOAP message is empty"));
    }
    let text = xml::decode(bytes).map_err(from_xml)?;
    let document = xml::parse(&text).map_err(from_xml)?;
    let envelope = document.root_element();
    if !is(envelope, SOAP, "Envelope") {
        return Err(Rejection::new(Suffix::InvalidSoap, "the root element is not a SOAP 1.1 envelope"));
    }
    let header = child(envelope, SOAP, "Header");
    let body = child(envelope, SOAP, "Body");
    if let Some(fault) = body.and_then(|body| child(body, SOAP, "Fault")) {
        return Ok(Soap::Fault(fault_of(fault)));
    }
    let header = header
        .ok_or_else(|| Rejection::new(Suffix::MissingHeader, "Malformed SOAP message: header missing"))
        .and_then(header_of)?;
    let body = body.ok_or_else(|| Rejection::new(Suffix::MissingBody, "Malformed SOAP message: body missing"))?;
    let mut children = elements(body);
    let (Some(wrapper), None) = (children.next(), children.next()) else {
        return Err(Rejection::new(
            Suffix::InvalidBody,
            "Malformed SOAP message: body must have exactly one child element",
        ));
    };
    let name = wrapper.tag_name();
    if !name.name().starts_with(&header.service.code) {
        return Err(Rejection::new(
            Suffix::InconsistentHeaders,
            "the service code does not match the name of the body's child element",
        ));
    }
    Ok(Soap::Message(Box::new(SoapMessage {
        header,
        wrapper: name.name().to_owned(),
        wrapper_namespace: name.namespace().unwrap_or_default().to_owned(),
    })))
}

impl SoapHeader {
    /// The echo rule (xroad.md §2.4): names the first field in which a response differs from its request.
    pub fn echo_difference(&self, response: &Self) -> Option<&'static str> {
        [
            ("client", self.client == response.client),
            ("service", self.service == response.service),
            ("id", self.id == response.id),
            ("userId", self.user_id == response.user_id),
            ("issue", self.issue == response.issue),
            ("representedParty", self.represented_party == response.represented_party),
        ]
        .into_iter()
        .find_map(|(field, equal)| (!equal).then_some(field))
    }
}

#[allow(clippy::needless_pass_by_value)] // shape of map_err
fn from_xml(error: XmlError) -> Rejection {
    let suffix = match error {
        XmlError::Encoding(_) => Suffix::IoError,
        _ => Suffix::InvalidSoap,
    };
    Rejection::new(suffix, error.to_string())
}

fn fault_of(fault: Node<'_, '_>) -> SoapFault {
    let field = |name: &str| elements(fault).find(|node| node.tag_name().name() == name);
    SoapFault {
        code: field("faultcode").map(text_of).unwrap_or_default(),
        string: field("faultstring").map(text_of).unwrap_or_default(),
        actor: field("faultactor").map(text_of),
        detail: field("detail").is_some(),
    }
}

fn header_of(header: Node<'_, '_>) -> Result<SoapHeader, Rejection> {
    let field = |name| once(header, XROAD, name);
    let client = field("client")?;
    let service = field("service")?;
    let id = field("id")?;
    let user_id = field("userId")?.map(text_of);
    let issue = field("issue")?.map(text_of);
    let protocol_version = field("protocolVersion")?;
    let request_hash = field("requestHash")?
        .map(|node| RequestHash { algorithm: node.attribute("algorithmId").map(str::to_owned), value: text_of(node) });
    if let Some(server) = field("securityServer")? {
        Parts::read(server, &["SERVER"])?;
    }
    let represented_party = once(header, REPRESENTATION, "representedParty")?.map(represented_party_of).transpose()?;

    let client = client.map(client_of).transpose()?.ok_or_else(|| missing("client"))?;
    let service = service.map(service_of).transpose()?.ok_or_else(|| missing("service"))?;
    let id = id.map(text_of).ok_or_else(|| missing("id"))?;
    let protocol_version = protocol_version.map(text_of).ok_or_else(|| missing("protocolVersion"))?;
    if !protocol_version.starts_with("4.") {
        return Err(Rejection::new(Suffix::InvalidProtocolVersion, "the protocol version is not 4.x"));
    }
    Ok(SoapHeader { client, service, id, user_id, issue, represented_party, protocol_version, request_hash })
}

fn once<'a, 'i>(parent: Node<'a, 'i>, namespace: &str, name: &'static str) -> Result<Option<Node<'a, 'i>>, Rejection> {
    let mut found = elements(parent).filter(|node| is(*node, namespace, name));
    let first = found.next();
    if found.next().is_some() {
        return Err(Rejection::new(Suffix::DuplicateHeaderField, format!("the field {name} occurs twice")));
    }
    Ok(first)
}

fn missing(name: &str) -> Rejection {
    Rejection::new(Suffix::MissingHeaderField, format!("required field '{name}' is missing"))
}

fn client_of(node: Node<'_, '_>) -> Result<ClientId, Rejection> {
    Parts::read(node, &["MEMBER", "SUBSYSTEM"])?.client()
}

fn service_of(node: Node<'_, '_>) -> Result<ServiceId, Rejection> {
    let parts = Parts::read(node, &["SERVICE"])?;
    Ok(ServiceId {
        provider: parts.client()?,
        code: parts.required("serviceCode")?,
        version: parts.optional("serviceVersion"),
    })
}

fn represented_party_of(node: Node<'_, '_>) -> Result<RepresentedParty, Rejection> {
    Ok(RepresentedParty {
        class: once(node, REPRESENTATION, "partyClass")?.map(text_of),
        code: once(node, REPRESENTATION, "partyCode")?.map(text_of),
    })
}

/// The children of an identifier element.
struct Parts(Vec<(String, String)>);

impl Parts {
    fn read(node: Node<'_, '_>, allowed: &[&str]) -> Result<Self, Rejection> {
        let kind = node
            .attribute((IDENTIFIERS, "objectType"))
            .ok_or_else(|| Rejection::new(Suffix::InvalidXml, "an identifier has no objectType"))?;
        if !allowed.contains(&kind) {
            return Err(Rejection::new(Suffix::InvalidXml, "an identifier has a wrong objectType"));
        }
        let mut parts: Vec<(String, String)> = Vec::new();
        for element in elements(node).filter(|e| e.tag_name().namespace() == Some(IDENTIFIERS)) {
            let name = element.tag_name().name().to_owned();
            if parts.iter().any(|(known, _)| *known == name) {
                return Err(Rejection::new(Suffix::DuplicateHeaderField, "an identifier part occurs twice"));
            }
            parts.push((name, text_of(element)));
        }
        Ok(Self(parts))
    }

    fn client(&self) -> Result<ClientId, Rejection> {
        Ok(ClientId {
            instance: self.required("xRoadInstance")?,
            member_class: self.required("memberClass")?,
            member_code: self.required("memberCode")?,
            subsystem: self.optional("subsystemCode"),
        })
    }

    fn optional(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// A blank part fails an argument check inside the security server, which no rule of the parser turns into a
    /// better code.
    fn required(&self, name: &str) -> Result<String, Rejection> {
        self.optional(name)
            .filter(|value| !value.trim().is_empty())
            .ok_or_else(|| Rejection::new(Suffix::InternalError, format!("identifier part {name} must not be blank")))
    }
}
