//! What the adapter sends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{CODE, NAMESPACE, OwnServer, rest_call, soap_call, taken, text, tried, with};
use crate::kit::{Element, Probe, Stop, Verdict};
use crate::security_server::soap::{IDENTIFIERS, SOAP, Soap, SoapMessage, XROAD};
use crate::security_server::{Arrived, ClientId, ServiceId, decode_segment, encode_segment};

/// The message as the own security server reads it.
fn message(probe: &mut Probe<'_>, arrived: &Arrived) -> Result<SoapMessage, Stop> {
    let read = match &arrived.soap {
        Some(Ok(message)) => match &message.parsed {
            Soap::Message(parsed) => Ok((**parsed).clone()),
            Soap::Fault(_) => Err("it is a fault".to_owned()),
        },
        Some(Err(rejection)) => Err(rejection.to_string()),
        None => Err("it is no POST".to_owned()),
    };
    match read {
        Ok(parsed) => probe.check("a message that a security server accepts", true).map(|()| parsed),
        Err(why) => {
            probe.note(format!("The security server says: {why}"));
            probe.check("a message that a security server accepts", false)?;
            Err(Stop::failed(why))
        }
    }
}

pub(super) async fn cn_01(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    let mut ids = Vec::new();
    for (label, user) in [("a call", Some("FI01019999999")), ("another call, for nobody", None)] {
        probe.step(label);
        own.server.play(|it| it.served("<a:text xmlns:a=\"urn:x-road-kit:echo\">as asked</a:text>"));
        let mut parameters = soap_call(probe);
        if let Some(user) = user {
            parameters = with(with(parameters, "userId", user), "issue", "KIT-1");
        }
        let answer = own.act(probe, "call", parameters).await?;
        let arrived = own.only(probe)?;
        sent_as_soap(probe, &arrived)?;
        let read = message(probe, &arrived)?;
        let header = &read.header;
        probe.check("protocolVersion 4.0", header.protocol_version == "4.0")?;
        probe.check("no requestHash", header.request_hash.is_none())?;
        probe.check("an id that is a UUID", Uuid::parse_str(&header.id).is_ok())?;
        probe.check("the client that was asked for", header.client == probe.target.client)?;
        let service = ServiceId::new(probe.target.provider.clone(), CODE, Some("v1"));
        probe.check("the service that was asked for", header.service == service)?;
        probe.check("the userId that was asked for", header.user_id.as_deref() == user)?;
        let wrapper = read.wrapper == CODE && read.wrapper_namespace == NAMESPACE;
        probe.check("the wrapper that was asked for", wrapper)?;
        taken(probe, &answer, &["response"], "")?;
        probe.check("the response's content is given", text(&answer, "body").contains("as asked"))?;
        ids.push(header.id.clone());
    }
    probe.step("both calls");
    probe.sent("the ids of both");
    probe.check("another id each time", ids.first() != ids.get(1))?;
    with_attachment(probe, &own).await
}

/// POST, a content type of SOAP, and a SOAPAction that security servers let through.
fn sent_as_soap(probe: &mut Probe<'_>, arrived: &Arrived) -> Verdict {
    probe.check("POST", arrived.method == http::Method::POST)?;
    let kind = arrived.value("content-type").unwrap_or_default().to_ascii_lowercase();
    let kind: Vec<&str> = kind.split(';').map(str::trim).collect();
    probe.check(
        "Content-Type text/xml or multipart/related",
        matches!(kind.first(), Some(&("text/xml" | "multipart/related"))),
    )?;
    let quoted = |it: &str| it.is_empty() || (it.len() >= 2 && it.starts_with('"') && it.ends_with('"'));
    let actions = arrived.values("soapaction");
    probe.check("SOAPAction absent, empty or quoted", actions.len() <= 1 && actions.iter().all(|it| quoted(it)))
}

async fn with_attachment(probe: &mut Probe<'_>, own: &OwnServer) -> Verdict {
    probe.step("a call with an attachment");
    own.server.play(|it| it.served(""));
    let content = b"the kit's attachment\r\n";
    let part =
        json!({ "contentId": "kit-1@example.fi", "contentType": "text/plain", "content": STANDARD.encode(content) });
    let answer = match own.act(probe, "call", with(soap_call(probe), "attachments", vec![part])).await {
        Ok(answer) => answer,
        Err(Stop::NotApplicable(why)) => {
            probe.note(format!("Attachments were not tried: {why}"));
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    let arrived = own.only(probe)?;
    sent_as_soap(probe, &arrived)?;
    // The security server takes the first part for the SOAP message, whatever `start` says.
    message(probe, &arrived)?;
    let Some(Ok(message)) = &arrived.soap else { return Err(Stop::failed("no message")) };
    probe.check("multipart/related with the SOAP part first", message.soap_headers.is_some())?;
    let [attachment] = message.attachments.as_slice() else {
        return probe.check("one attachment", false);
    };
    let id = attachment.headers.get("content-id").map(<[u8]>::to_vec).unwrap_or_default();
    probe.check("its Content-ID", id == b"<kit-1@example.fi>")?;
    let came = attachment.body.to_bytes().unwrap_or_default();
    let encoded =
        attachment.headers.get("content-transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case(b"base64"));
    let same = if encoded {
        let text: Vec<u8> = came.iter().copied().filter(|it| !it.is_ascii_whitespace()).collect();
        STANDARD.decode(text).is_ok_and(|it| it == content)
    } else {
        came == content.as_slice()
    };
    probe.check("its bytes", same)?;
    taken(probe, &answer, &["response"], "")
}

pub(super) async fn cn_06(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    for odd in ["a b", "ä", "a/b", "a+b", "a?b=c", "ä / +?&#%"] {
        probe.step(format!("codes {odd:?}"));
        own.server.play(|it| it.rest_response(200, &[("content-type", "application/json")], "{}"));
        let client = ClientId::subsystem("FI-TEST", "GOV", "1", odd);
        let provider = ClientId::subsystem("FI-TEST", "MUN", odd, "kit");
        let parameters = json!({
            "protocol": "rest",
            "client": client.encoded(),
            "service": format!("{}/{}", provider.encoded(), encode_segment(odd)),
            "method": "GET",
            "path": "/items?limit=1",
        });
        let answer = own.act(probe, "call", parameters).await?;
        let arrived = own.only(probe)?;
        let (path, query) = arrived.target.split_once('?').unwrap_or((&arrived.target, ""));
        let segments: Vec<Option<String>> = path.split('/').skip(2).map(decode_segment).collect();
        let wanted = ["FI-TEST", "MUN", odd, "kit", odd, "items"];
        let same = segments.len() == wanted.len()
            && segments.iter().zip(wanted).all(|(it, wanted)| it.as_deref() == Some(wanted));
        probe.check("each code in a path segment of its own, encoded", same && path.starts_with("/r1/"))?;
        probe.check("path and query of the service as given", query == "limit=1")?;
        let header = arrived.value("x-road-client").and_then(ClientId::from_header);
        probe.check("X-Road-Client once, encoded in the same way", header == Some(client))?;
        taken(probe, &answer, &["response"], "")?;
    }
    Ok(())
}

pub(super) async fn cn_10(probe: &mut Probe<'_>) -> Verdict {
    let own = OwnServer::start().await?;
    let target = "FI-TEST/MUN/1234567-1/ss%201";
    let mut lacking = Vec::new();
    for named in [false, true] {
        let configured = |it: Value| if named { with(it, "securityServerTarget", target) } else { it };
        let label = if named { "one is configured" } else { "none is configured" };
        probe.step(format!("REST, {label}"));
        own.server.play(|it| it.rest_response(200, &[], "{}"));
        if own.may_act(probe, "call", configured(rest_call(probe, "GET", "/")), &mut lacking).await?.is_some() {
            named_in_header(probe, &own, named.then_some(target))?;
        }

        probe.step(format!("SOAP, {label}"));
        own.server.play(|it| it.served(""));
        if own.may_act(probe, "call", configured(soap_call(probe)), &mut lacking).await?.is_some() {
            named_in_block(probe, &own, named)?;
        }
    }
    tried(probe, lacking)
}

fn named_in_header(probe: &mut Probe<'_>, own: &OwnServer, target: Option<&str>) -> Verdict {
    let arrived = own.only(probe)?;
    let values = arrived.values("x-road-security-server");
    let parts = |it: &str| it.split('/').map(decode_segment).collect::<Option<Vec<_>>>();
    let right = match (values.as_slice(), target) {
        ([], None) => true,
        ([only], Some(target)) => parts(only) == parts(target),
        _ => false,
    };
    probe.check(if target.is_some() { "the header names it" } else { "no header" }, right)
}

fn named_in_block(probe: &mut Probe<'_>, own: &OwnServer, named: bool) -> Verdict {
    let arrived = own.only(probe)?;
    message(probe, &arrived)?;
    let envelope = Element::read(&arrived.document()).map_err(|error| Stop::failed(error.to_string()))?;
    let block = envelope.child(SOAP, "Header").and_then(|it| it.child(XROAD, "securityServer"));
    let right = match block {
        None => !named,
        Some(block) => {
            let part = |name: &str| block.child(IDENTIFIERS, name).map(|it| it.text.as_str());
            let mut kinds = block.attributes.iter().filter(|(ns, name, _)| ns == IDENTIFIERS && name == "objectType");
            let kind = kinds.any(|(_, _, value)| value == "SERVER");
            let parts = ["xRoadInstance", "memberClass", "memberCode", "serverCode"].map(part);
            named && kind && parts == [Some("FI-TEST"), Some("MUN"), Some("1234567-1"), Some("ss 1")]
        }
    };
    probe.check(if named { "the header block names it" } else { "no header block" }, right)
}
