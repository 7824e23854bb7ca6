//! Writing messages: answers with the echo of the request's header, and requests of the consumer side.
//! Always UTF-8 with a declaration, no byte order mark, no instruction, `xrd:id` without attributes.

use super::header::{SecurityToken, write_id, write_leaf};
use super::{Echo, NS_TOKEN};
use crate::id::{ClientId, RepresentedParty, ServerId, ServiceId};
use crate::xml::escape;

const OPEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" \
xmlns:xrd=\"http://x-road.eu/xsd/xroad.xsd\" xmlns:id=\"http://x-road.eu/xsd/identifiers\" \
xmlns:repr=\"http://x-road.eu/xsd/representation.xsd\"><soap:Header>";
const BETWEEN: &str = "</soap:Header><soap:Body>";
const CLOSE: &str = "</soap:Body></soap:Envelope>";

/// An answer: the request's echo and `body`, the complete response wrapper already serialised, with every namespace
/// it uses declared in it.
pub fn response(echo: &Echo, body: &str) -> Vec<u8> {
    response_with(echo, body.len(), |out| out.push_str(body))
}

/// An answer whose body is written in place. `body_capacity` is the expected size of the body in bytes: with a fair
/// guess the whole message is one allocation.
pub fn response_with(echo: &Echo, body_capacity: usize, body: impl FnOnce(&mut String)) -> Vec<u8> {
    let header = echo.as_xml();
    let mut out = String::with_capacity(OPEN.len() + header.len() + BETWEEN.len() + body_capacity + CLOSE.len());
    out.push_str(OPEN);
    out.push_str(header);
    out.push_str(BETWEEN);
    body(&mut out);
    out.push_str(CLOSE);
    out.into_bytes()
}

/// The header of a request that we send. The protocol version is 4.0.
#[derive(Debug, Clone)]
pub struct RequestHeader {
    pub client: ClientId,
    pub service: ServiceId,
    /// A fresh unique id, at most 255 characters.
    pub id: String,
    pub user_id: Option<String>,
    pub issue: Option<String>,
    pub represented_party: Option<RepresentedParty>,
    pub security_server: Option<ServerId>,
    pub security_token: Option<SecurityToken>,
}

impl RequestHeader {
    /// A header with the mandatory fields only.
    pub fn new(client: ClientId, service: ServiceId, id: impl Into<String>) -> Self {
        Self {
            client,
            service,
            id: id.into(),
            user_id: None,
            issue: None,
            represented_party: None,
            security_server: None,
            security_token: None,
        }
    }

    fn write(&self, out: &mut String) {
        write_client(out, &self.client);
        write_service(out, &self.service);
        if let Some(server) = &self.security_server {
            let owner = server.owner();
            let parts = [
                ("xRoadInstance", owner.instance()),
                ("memberClass", owner.member_class()),
                ("memberCode", owner.member_code()),
                ("serverCode", server.server_code()),
            ];
            write_id(out, "securityServer", "SERVER", &parts);
        }
        if let Some(party) = &self.represented_party {
            out.push_str("<repr:representedParty>");
            if let Some(class) = party.class() {
                write_leaf(out, "repr:", "partyClass", class);
            }
            write_leaf(out, "repr:", "partyCode", party.code());
            out.push_str("</repr:representedParty>");
        }
        write_leaf(out, "xrd:", "id", &self.id);
        if let Some(user) = &self.user_id {
            write_leaf(out, "xrd:", "userId", user);
        }
        if let Some(issue) = &self.issue {
            write_leaf(out, "xrd:", "issue", issue);
        }
        write_leaf(out, "xrd:", "protocolVersion", "4.0");
        if let Some(token) = &self.security_token {
            out.push_str("<st:securityToken xmlns:st=\"");
            out.push_str(NS_TOKEN);
            if let Some(token_type) = &token.token_type {
                out.push_str("\" tokenType=\"");
                escape::attribute(out, token_type);
            }
            out.push_str("\">");
            escape::text(out, token.reveal());
            out.push_str("</st:securityToken>");
        }
    }
}

/// A request with `body`, the complete wrapper already serialised, with every namespace it uses declared in it.
pub fn request(header: &RequestHeader, body: &str) -> Vec<u8> {
    let mut out = String::with_capacity(OPEN.len() + 1024 + BETWEEN.len() + body.len() + CLOSE.len());
    out.push_str(OPEN);
    header.write(&mut out);
    out.push_str(BETWEEN);
    out.push_str(body);
    out.push_str(CLOSE);
    out.into_bytes()
}

fn write_client(out: &mut String, client: &ClientId) {
    let subsystem = client.subsystem();
    let mut parts = member_parts(client);
    parts.extend(subsystem.map(|code| ("subsystemCode", code)));
    write_id(out, "client", if subsystem.is_some() { "SUBSYSTEM" } else { "MEMBER" }, &parts);
}

fn write_service(out: &mut String, service: &ServiceId) {
    let mut parts = member_parts(service.provider());
    parts.extend(service.provider().subsystem().map(|code| ("subsystemCode", code)));
    parts.push(("serviceCode", service.service_code()));
    parts.extend(service.version().map(|version| ("serviceVersion", version)));
    write_id(out, "service", "SERVICE", &parts);
}

fn member_parts(client: &ClientId) -> Vec<(&'static str, &str)> {
    vec![
        ("xRoadInstance", client.instance()),
        ("memberClass", client.member_class()),
        ("memberCode", client.member_code()),
    ]
}
