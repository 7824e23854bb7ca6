//! Bytes, encodings, the Body and what stands around the message.

use std::fmt::Write as _;

use http::Method;

use crate::cases::expect::{fault, nothing_executed, served};
use crate::kit::{Envelope, Probe, SoapOperation, SoapReply, Stop, TEXT_XML, Verdict};
use crate::security_server::RawBody;
use crate::security_server::soap::{SOAP, XROAD};

pub(super) async fn so_01(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    probe.check("no Content-Encoding", !reply.answer.headers.contains_key("content-encoding"))
}

pub(super) async fn so_02(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let mut request = request.with_value("issue", "K\u{e4}sittely");
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n".clone_into(&mut request.declaration);
    let bytes: Vec<u8> = request.text().chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    let reply = probe.post(&operation.url, TEXT_XML, "", bytes.clone()).await?;
    if reply.fault().is_some() {
        return fault(probe, &reply, "Client").map(drop);
    }
    issue_is(probe, &reply, "K\u{e4}sittely")?;
    probe.accepted(&bytes, &reply).await
}

pub(super) async fn so_03(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let bytes = [b"\xef\xbb\xbf", request.text().as_bytes()].concat();
    let reply = probe.post(&operation.url, TEXT_XML, "", bytes.clone()).await?;
    probe.check("HTTP 200", reply.status() == 200)?;
    probe.accepted(&bytes, &reply).await
}

pub(super) async fn so_04(probe: &mut Probe<'_>) -> Verdict {
    for content_type in [TEXT_XML, "text/xml"] {
        probe.step(content_type);
        let (operation, request) = good(probe)?;
        let mut request = request.with_value("issue", "K\u{e4}sittely \u{20ac}");
        request.declaration.clear();
        let reply = probe.post(&operation.url, content_type, "", request.bytes()).await?;
        served(probe, &request, &reply).await?;
        issue_is(probe, &reply, "K\u{e4}sittely \u{20ac}")?;
    }
    Ok(())
}

pub(super) async fn so_05(probe: &mut Probe<'_>) -> Verdict {
    let bad: [(&str, &[u8]); 3] =
        [("the byte 0xFF", b"\xff"), ("an overlong form", b"\xc0\xaf"), ("a lone surrogate", b"\xed\xa0\x80")];
    for (label, bytes) in bad {
        probe.step(label);
        let (operation, request) = good(probe)?;
        let text = request.text();
        let (before, after) = text.split_once("KIT-1").unwrap_or((text.as_str(), ""));
        let document = [before.as_bytes(), bytes, after.as_bytes()].concat();
        let reply = probe.post(&operation.url, TEXT_XML, "", document).await?;
        fault(probe, &reply, "Client")?;
        nothing_executed(probe, &request.id).await?;
    }
    Ok(())
}

pub(super) async fn so_12(probe: &mut Probe<'_>) -> Verdict {
    let (_, plain) = good(probe)?;
    let twice = plain.body.repeat(2);
    for (label, body) in [("empty", ""), ("two children", &twice), ("only text", "text")] {
        probe.step(label);
        let (operation, request) = good(probe)?;
        let reply = probe.soap(operation, &request.with_body(body)).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}

pub(super) async fn so_13(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let name = format!("k:{}", operation.code);
    let body = request.body.replace(&name, &format!("{name}Extra"));
    let reply = probe.soap(operation, &request.with_body(body)).await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_14(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let right = format!("xmlns:k=\"{}\"", crate::xml::escape(&operation.namespace));
    let body = request.body.replacen(&right, "xmlns:k=\"urn:example:other\"", 1);
    let reply = probe.soap(operation, &request.with_body(body)).await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_19(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let name = format!("<k:{}", operation.code);
    let style = "soap:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"";
    let body = request.body.replacen(&name, &format!("{name} {style}"), 1);
    let reply = probe.soap(operation, &request.with_body(body)).await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_20(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let text = request.text().replacen(SOAP, "http://www.w3.org/2003/05/soap-envelope", 1);
    for content_type in ["application/soap+xml; charset=utf-8", TEXT_XML] {
        probe.step(content_type);
        let reply = probe.post(&operation.url, content_type, "", text.clone()).await?;
        fault(probe, &reply, "Client|VersionMismatch")?;
    }
    Ok(())
}

pub(super) async fn so_21(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let reply = probe.post(&operation.url, "application/json", "", "{}").await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_24(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    for action in ["\"urn:other\"", "\"\""] {
        probe.step(format!("SOAPAction: {action}"));
        let reply = probe.post(&operation.url, TEXT_XML, action, request.bytes()).await?;
        served(probe, &request, &reply).await?;
        wrapper_is(probe, &reply, &operation.code)?;
    }
    Ok(())
}

pub(super) async fn so_25(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    for method in [Method::GET, Method::PUT] {
        let body = if method == Method::PUT { RawBody::Sized("<a/>".into()) } else { RawBody::None };
        let shown = format!("{method} {}", operation.url);
        probe.step(method.as_str());
        let answer = probe.raw(shown, method, &operation.url, Vec::new(), body).await?;
        probe.check("HTTP 405", answer.status == 405)?;
    }
    Ok(())
}

pub(super) async fn so_26(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    probe.step("the plain form");
    let plain = probe.soap(operation, &request).await?;
    served(probe, &request, &plain).await?;
    let again = probe.soap(operation, &request).await?;
    // Where two plain answers differ by themselves, only the wrapper can be compared.
    let steady = plain.wrapper() == again.wrapper();

    let default = request.body.replace(&format!("k:{}", operation.code), &operation.code);
    let default = default.replacen("xmlns:k=", "xmlns=", 1);
    let forms = [
        ("CDATA", respelled(&request.body, |text| format!("<![CDATA[{text}]]>"))),
        ("comments", respelled(&request.body, commented)),
        ("character references", respelled(&request.body, referenced)),
        (
            "default namespace",
            if operation.qualified { without_doubled_default(&default) } else { request.body.clone() },
        ),
    ];
    for (label, body) in forms {
        probe.step(label);
        let reply = probe.soap(operation, &request.clone().with_body(body)).await?;
        served(probe, &request, &reply).await?;
        let same = if steady { reply.wrapper() == plain.wrapper() } else { true };
        probe.check("the same response as to the plain form", same)?;
        wrapper_is(probe, &reply, &operation.code)?;
    }
    Ok(())
}

pub(super) async fn so_27(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let (open, rest) = request.body.split_once('>').unwrap_or((&request.body, ""));
    let body = format!("{open}><?kit run this?>{rest}");
    let request = request.with_body(body);
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    probe.check("no processing instruction in the response", !reply.answer.text().contains("<?kit"))
}

/// The character data of a body in another spelling.
fn respelled(body: &str, spell: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = body;
    while let Some((before, after)) = rest.split_once('>') {
        out.push_str(before);
        out.push('>');
        let end = after.find('<').unwrap_or(after.len());
        let (text, next) = after.split_at(end);
        // References in a sample would not survive a CDATA section.
        if text.trim().is_empty() || text.contains('&') {
            out.push_str(text);
        } else {
            out.push_str(&spell(text));
        }
        rest = next;
    }
    out.push_str(rest);
    out
}

fn commented(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().collect();
    format!("{first}<!-- a comment in the middle -->{}", chars.as_str())
}

fn referenced(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        let _ = write!(out, "&#x{:x};", u32::from(c));
        out
    })
}

/// The wrapper declares the same default namespace twice once its prefix is gone.
fn without_doubled_default(body: &str) -> String {
    let (open, rest) = body.split_once('>').unwrap_or((body, ""));
    match (open.find(" xmlns="), open.rfind(" xmlns=")) {
        (Some(first), Some(last)) if first != last => format!("{}>{rest}", open.get(..last).unwrap_or(open)),
        _ => body.to_owned(),
    }
}

fn issue_is(probe: &mut Probe<'_>, reply: &SoapReply, value: &str) -> Verdict {
    let echoed = reply.block(XROAD, "issue").map(|it| it.text.as_str());
    probe.check(format!("the issue is read and echoed as {value}"), echoed == Some(value))
}

fn wrapper_is(probe: &mut Probe<'_>, reply: &SoapReply, code: &str) -> Verdict {
    let wanted = format!("{code}Response");
    let name = reply.wrapper().map(|it| it.name.as_str());
    probe.check(format!("the response is {wanted}"), name == Some(&wanted))
}

/// The operation that reads, and a good request of it.
fn good<'t>(probe: &Probe<'t>) -> Result<(&'t SoapOperation, Envelope), Stop> {
    let operation = probe.target.read()?;
    Ok((operation, probe.target.request(operation)?))
}
