//! The request: `getService` as another agency's security server passes it on, filled up to a wanted size.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, ensure};
use xroad::id::{ClientId, ServiceId};
use xroad::soap::write::{self, RequestHeader};

pub(crate) const TENANT: &str = "turku";
/// The agency that asks.
pub(crate) const CLIENT: &str = "FI-TEST/GOV/9999906-0/asiointi";

/// The subsystem that answers.
pub(crate) fn provider() -> Result<ClientId> {
    ClientId::new("FI-TEST", "MUN", "1234567-1", Some("palvelut".to_owned())).context("the provider's identifier")
}

/// The SOAP message that asks for a service, with `size` bytes if that is more than it needs. The filling is a header
/// block of another namespace, as consumers' frameworks add them: it is read, skipped and not echoed.
pub(crate) fn get_service(code: &str, size: usize) -> Result<Vec<u8>> {
    let client: ClientId = CLIENT.parse().context("the consumer's identifier")?;
    let service = ServiceId::new(provider()?, "getService", Some("v1".to_owned())).context("the service")?;
    let mut header = RequestHeader::new(client, service, "0190b6d2-7c4e-7c6a-9a41-5a8f6f1f2c11");
    header.user_id = Some("FI-virkailija-4711".to_owned());
    header.issue = Some("TKU-2026-000417".to_owned());
    let body = format!("<getService xmlns=\"urn:silta:catalogue:v1\"><code>{code}</code></getService>");
    let message = String::from_utf8(write::request(&header, &body)).context("a message of ours")?;
    let (before, after) = message.split_once("</soap:Header>").context("a message of ours has a header")?;
    let Some(missing) = size.checked_sub(message.len() + FILLING.len()) else { return Ok(message.into_bytes()) };
    let filled = format!("{before}{}</soap:Header>{after}", filling(missing));
    ensure!(filled.len() == size, "the filling has {} bytes too many", filled.len() - size);
    Ok(filled.into_bytes())
}

/// The block without what fills it.
const FILLING: &str = "<t:trace xmlns:t=\"urn:example:trace\"></t:trace>";

fn filling(size: usize) -> String {
    let (open, close) = FILLING.split_at(FILLING.len() - "</t:trace>".len());
    let mut block = open.to_owned();
    let mut left = size;
    for number in 10..100 {
        let hop = format!("<t:hop n=\"{number}\">vaihe {number}, kesto {number} ms</t:hop>");
        let Some(after) = left.checked_sub(hop.len()) else { break };
        left = after;
        block.push_str(&hop);
    }
    // What no whole element fits into.
    let _ = write!(block, "{:left$}", "");
    block.push_str(close);
    block
}

/// The request's bytes on the wire, as a security server sends them: chunked, with an empty `SOAPAction` (xroad.md §2).
pub(crate) fn on_the_wire(message: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /{TENANT}/catalogue/soap/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Keep-Alive\r\nSOAPAction: \"\"\r\n\
         Content-Type: text/xml; charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        message.len()
    );
    [head.as_bytes(), message, b"\r\n0\r\n\r\n"].concat()
}
