//! The X-Road header: its fields as values, and the echo that the answer repeats (PR-MESS 2.2).
//! Absent and empty stay apart everywhere. `Debug` shows no user, issue or token.

use std::fmt;

use super::error::SoapError;
use super::{NS_ID, NS_REPR, NS_TOKEN, NS_XRD};
use crate::id::{ClientId, IdError, MAX_LENGTH, RepresentedParty, ServerId, ServiceId};
use crate::xml::{Element, escape, is_blank, write};

/// Prefixes that every message of ours declares on the envelope.
pub(crate) const PREFIXES: [(&str, &str); 3] = [(NS_XRD, "xrd"), (NS_ID, "id"), (NS_REPR, "repr")];

/// A complete header.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    pub client: ClientId,
    pub service: ServiceId,
    /// The message id, at most 255 characters. Unique by convention only; security servers let even an empty one pass.
    pub id: String,
    /// Personal data. At most 255 characters.
    pub user_id: Option<String>,
    pub issue: Option<String>,
    /// As received, for example `4.0`.
    pub protocol_version: String,
    pub represented_party: Option<RepresentedParty>,
    pub security_token: Option<SecurityToken>,
    pub security_server: Option<ServerId>,
    /// In answers only. In a request it is noted and otherwise ignored.
    pub request_hash: Option<RequestHash>,
    pub echo: Echo,
}

/// A header as far as it was read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderParts {
    pub client: Option<ClientId>,
    pub service: Option<ServiceId>,
    pub id: Option<String>,
    pub user_id: Option<String>,
    pub issue: Option<String>,
    pub protocol_version: Option<String>,
    pub represented_party: Option<RepresentedParty>,
    pub security_token: Option<SecurityToken>,
    pub security_server: Option<ServerId>,
    pub request_hash: Option<RequestHash>,
    pub echo: Echo,
}

/// The blocks that an answer repeats: everything in the `xrd` and `repr` namespaces but `requestHash`, in the order
/// received, with its exact character data, already serialised with our own prefixes. No attribute but `objectType`
/// is repeated, because the security server copies what `xrd:id` carries.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Echo(String);

impl Echo {
    /// The content of a SOAP header that binds `xrd`, `id` and `repr`.
    pub fn as_xml(&self) -> &str {
        &self.0
    }

    /// Writing could multiply a block: a long namespace is declared again on each child that is in it. So what an
    /// answer repeats is bounded before it is written.
    fn check(&self, block: &Element) -> Result<(), SoapError> {
        let fits = |measure| self.0.len().saturating_add(written(block, measure)) <= MAX_ECHO;
        // Nearly every header fits even if all of its text were escaped.
        if fits(|text| 6 * text.len()) || fits(escaped) { Ok(()) } else { Err(SoapError::LongHeader) }
    }

    fn push(&mut self, block: &Element) {
        if self.0.is_empty() {
            self.0.reserve(USUAL_ECHO);
        }
        write(&mut self.0, block, &PREFIXES, "");
    }
}

/// What the blocks that an answer repeats may take together, in bytes as written.
const MAX_ECHO: usize = 256 * 1024;

/// Room for what an answer repeats of most requests, in bytes.
const USUAL_ECHO: usize = 1024;

/// An upper bound of what a stripped block takes when it is written, in bytes; `measure` gives one for text.
fn written(element: &Element, measure: fn(&str) -> usize) -> usize {
    let known = PREFIXES.iter().any(|(namespace, _)| *namespace == &*element.namespace);
    // By its length alone: to look into it again for each child would take the time that this saves in memory.
    let declared = if known { 0 } else { 6 * element.namespace.len() + 9 };
    let attributes: usize = element.attributes.iter().map(|it| it.name.len() + measure(&it.value) + 32).sum();
    let own = 2 * element.name.len() + 16 + declared + attributes + measure(&element.text);
    element.children.iter().fold(own, |sum, child| sum.saturating_add(written(child, measure)))
}

fn escaped(text: &str) -> usize {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() || b > 0x7F { 1 } else { 6 }).sum()
}

/// Takes off what is not echoed, before the block is written: all attributes but the block's own `objectType`.
fn strip(block: &mut Element) {
    block.attributes.retain(|a| &*a.namespace == NS_ID && &*a.name == "objectType");
    strip_children(block);
}

fn strip_children(element: &mut Element) {
    for child in &mut element.children {
        child.attributes.clear();
        strip_children(child);
    }
}

/// The token of PR-SECTOKEN. Never echoed, and `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurityToken {
    pub token_type: Option<String>,
    value: String,
}

impl SecurityToken {
    /// A token to send, for example a JWT.
    pub fn new(value: impl Into<String>, token_type: Option<String>) -> Self {
        Self { token_type, value: value.into() }
    }

    /// The secret itself. Nothing that logs may call this.
    pub fn reveal(&self) -> &str {
        &self.value
    }
}

/// The digest of the request that the provider's security server puts into the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHash {
    /// URI of the algorithm as received.
    pub algorithm: Option<String>,
    pub value: String,
}

impl HeaderParts {
    /// Takes one header block in. Blocks of other namespaces must not come here.
    pub(super) fn take(&mut self, mut block: Element) -> Result<(), SoapError> {
        let block = &mut block;
        let namespace = &*block.namespace;
        if namespace == NS_TOKEN {
            return if &*block.name == "securityToken" {
                once(&mut self.security_token, "securityToken", || token(block))
            } else {
                Ok(())
            };
        }
        if block.is(NS_XRD, "requestHash") {
            return once(&mut self.request_hash, "requestHash", || {
                let algorithm = block.attribute("", "algorithmId").map(str::to_owned);
                Ok(RequestHash { algorithm, value: leaf(block, "requestHash")? })
            });
        }
        strip(block);
        let block = &*block;
        self.echo.check(block)?;
        let namespace = &*block.namespace;
        self.echo.push(block);
        if block.is(NS_REPR, "representedParty") {
            return once(&mut self.represented_party, "representedParty", || represented(block));
        }
        if namespace != NS_XRD {
            return Ok(());
        }
        match &*block.name {
            "client" => once(&mut self.client, "client", || client(block)),
            "service" => once(&mut self.service, "service", || service(block)),
            "securityServer" => once(&mut self.security_server, "securityServer", || server(block)),
            "id" => once(&mut self.id, "id", || leaf(block, "id")),
            "userId" => once(&mut self.user_id, "userId", || leaf(block, "userId")),
            "issue" => once(&mut self.issue, "issue", || leaf(block, "issue")),
            "protocolVersion" => once(&mut self.protocol_version, "protocolVersion", || {
                let version = leaf(block, "protocolVersion")?;
                let minor = version.strip_prefix("4.").unwrap_or_default();
                let fits = !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                if fits { Ok(version) } else { Err(SoapError::ProtocolVersion) }
            }),
            _ => Ok(()),
        }
    }

    /// The first mandatory field that is missing.
    pub(super) fn missing(&self) -> Option<&'static str> {
        let fields = [
            (self.client.is_some(), "client"),
            (self.service.is_some(), "service"),
            (self.id.is_some(), "id"),
            (self.protocol_version.is_some(), "protocolVersion"),
        ];
        fields.into_iter().find(|(there, _)| !there).map(|(_, field)| field)
    }

    /// The header, if no mandatory field is missing.
    pub(super) fn complete(self) -> Option<Header> {
        Some(Header {
            client: self.client?,
            service: self.service?,
            id: self.id?,
            protocol_version: self.protocol_version?,
            user_id: self.user_id,
            issue: self.issue,
            represented_party: self.represented_party,
            security_token: self.security_token,
            security_server: self.security_server,
            request_hash: self.request_hash,
            echo: self.echo,
        })
    }
}

fn once<T>(
    slot: &mut Option<T>,
    field: &'static str,
    read: impl FnOnce() -> Result<T, SoapError>,
) -> Result<(), SoapError> {
    if slot.is_some() {
        return Err(SoapError::RepeatedField(field));
    }
    *slot = Some(read()?);
    Ok(())
}

fn leaf(element: &Element, field: &'static str) -> Result<String, SoapError> {
    if !element.children.is_empty() {
        return Err(SoapError::NotText(field));
    }
    if element.text.len() > MAX_LENGTH && element.text.chars().count() > MAX_LENGTH {
        return Err(SoapError::LongField(field));
    }
    Ok(element.text.clone())
}

fn token(block: &Element) -> Result<SecurityToken, SoapError> {
    if !block.children.is_empty() {
        return Err(SoapError::NotText("securityToken"));
    }
    Ok(SecurityToken::new(block.text.clone(), block.attribute("", "tokenType").map(str::to_owned)))
}

/// A named child's text, at most once. Unknown children are ignored, as security servers do.
fn part(block: &Element, namespace: &str, name: &str, field: &'static str) -> Result<Option<String>, SoapError> {
    if !is_blank(&block.text) {
        return Err(SoapError::NotElements(block_name(block)));
    }
    let mut found = block.children.iter().filter(|child| child.is(namespace, name));
    let first = found.next();
    if found.next().is_some() {
        return Err(SoapError::RepeatedField(field));
    }
    first.map(|child| leaf(child, field)).transpose()
}

fn block_name(block: &Element) -> &'static str {
    match &*block.name {
        "client" => "client",
        "service" => "service",
        "securityServer" => "securityServer",
        _ => "representedParty",
    }
}

fn needed(block: &Element, namespace: &str, name: &str, field: &'static str) -> Result<String, SoapError> {
    part(block, namespace, name, field)?.ok_or(SoapError::MissingField(field))
}

fn object_type(block: &Element) -> Option<&str> {
    block.attribute(NS_ID, "objectType")
}

/// The parts are checked one by one before, so that what is left is told by the block's name.
fn id_error(field: &'static str) -> impl Fn(IdError) -> SoapError {
    move |error| match error {
        IdError::TooLong => SoapError::LongField(field),
        _ => SoapError::BlankField(field),
    }
}

/// Field names of the identifier parts of one block, for error texts.
struct Names {
    block: &'static str,
    instance: &'static str,
    class: &'static str,
    code: &'static str,
    subsystem: &'static str,
}

const CLIENT: Names = Names {
    block: "client",
    instance: "client/xRoadInstance",
    class: "client/memberClass",
    code: "client/memberCode",
    subsystem: "client/subsystemCode",
};
const SERVICE: Names = Names {
    block: "service",
    instance: "service/xRoadInstance",
    class: "service/memberClass",
    code: "service/memberCode",
    subsystem: "service/subsystemCode",
};
const SERVER: Names = Names {
    block: "securityServer",
    instance: "securityServer/xRoadInstance",
    class: "securityServer/memberClass",
    code: "securityServer/memberCode",
    subsystem: "securityServer/subsystemCode",
};

fn member(block: &Element, names: &Names, with_subsystem: bool) -> Result<ClientId, SoapError> {
    let filled = |name, field| match needed(block, NS_ID, name, field)? {
        blank if blank.trim().is_empty() => Err(SoapError::BlankField(field)),
        text => Ok(text),
    };
    let instance = filled("xRoadInstance", names.instance)?;
    let class = filled("memberClass", names.class)?;
    let code = filled("memberCode", names.code)?;
    let subsystem = if with_subsystem { part(block, NS_ID, "subsystemCode", names.subsystem)? } else { None };
    if subsystem.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(SoapError::BlankField(names.subsystem));
    }
    ClientId::new(instance, class, code, subsystem).map_err(id_error(names.block))
}

fn client(block: &Element) -> Result<ClientId, SoapError> {
    let subsystem_expected = match object_type(block) {
        Some("MEMBER") => false,
        Some("SUBSYSTEM") => true,
        _ => return Err(SoapError::ObjectType("client")),
    };
    let client = member(block, &CLIENT, true)?;
    if client.subsystem().is_some() != subsystem_expected {
        return Err(SoapError::Contradiction("client"));
    }
    Ok(client)
}

fn service(block: &Element) -> Result<ServiceId, SoapError> {
    if object_type(block) != Some("SERVICE") {
        return Err(SoapError::ObjectType("service"));
    }
    let provider = member(block, &SERVICE, true)?;
    let code = needed(block, NS_ID, "serviceCode", "service/serviceCode")?;
    let version = part(block, NS_ID, "serviceVersion", "service/serviceVersion")?;
    ServiceId::new(provider, code, version).map_err(id_error("service/serviceCode"))
}

fn server(block: &Element) -> Result<ServerId, SoapError> {
    if object_type(block) != Some("SERVER") {
        return Err(SoapError::ObjectType("securityServer"));
    }
    let owner = member(block, &SERVER, false)?;
    let code = needed(block, NS_ID, "serverCode", "securityServer/serverCode")?;
    ServerId::new(&owner, code).map_err(id_error("securityServer/serverCode"))
}

fn represented(block: &Element) -> Result<RepresentedParty, SoapError> {
    let class = part(block, NS_REPR, "partyClass", "representedParty/partyClass")?;
    let code = needed(block, NS_REPR, "partyCode", "representedParty/partyCode")?;
    RepresentedParty::new(class, code).map_err(id_error("representedParty"))
}

impl fmt::Debug for SecurityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecurityToken(redacted)")
    }
}

impl fmt::Debug for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Echo({} bytes)", self.0.len())
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("client", &self.client)
            .field("service", &self.service)
            .field("id", &self.id)
            .field("user_id", &self.user_id.as_ref().map(|_| Redacted))
            .field("issue", &self.issue.as_ref().map(|_| Redacted))
            .field("protocol_version", &self.protocol_version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HeaderParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderParts")
            .field("client", &self.client)
            .field("service", &self.service)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Redacted;

/// Writes one identifier block, as the consumer side needs it.
pub(crate) fn write_id(out: &mut String, block: &str, object_type: &str, parts: &[(&str, &str)]) {
    out.push_str("<xrd:");
    out.push_str(block);
    out.push_str(" id:objectType=\"");
    out.push_str(object_type);
    out.push_str("\">");
    for (name, value) in parts {
        write_leaf(out, "id:", name, value);
    }
    out.push_str("</xrd:");
    out.push_str(block);
    out.push('>');
}

/// Writes `<prefix:name>text</prefix:name>`.
pub(crate) fn write_leaf(out: &mut String, prefix: &str, name: &str, value: &str) {
    out.push('<');
    out.push_str(prefix);
    out.push_str(name);
    out.push('>');
    escape::text(out, value);
    out.push_str("</");
    out.push_str(prefix);
    out.push_str(name);
    out.push('>');
}
