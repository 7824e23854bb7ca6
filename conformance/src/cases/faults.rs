//! SOAP faults (xroad.md §9.3, FA).

use serde_json::json;

use super::expect::{fault, is_text_xml, named_in_log, served};
use super::{Case, case};
use crate::kit::{Multipart, Part, Probe, Stop, TEXT_XML, Verdict, block};
use crate::security_server::SoapAnswer;
use crate::xml::escape;

pub(super) const CASES: &[Case] = &[
    case!(
        Faults,
        "FA-01",
        "PR-MESS 2.5",
        "a failing backend gives soap:Server with an error id that the adapter's log has, too",
        "The id is all that the consumer can report, and all that the operator can look for.",
        fa_01
    ),
    case!(
        Faults,
        "FA-02",
        "PR-MESS D.2",
        "a rule of the business is broken: a normal response with the header echoed and the error inside",
        "Faults are neither signed nor logged by security servers; only a response proves what was answered.",
        fa_02
    ),
    case!(
        Faults,
        "FA-03",
        "I SoapFault",
        "fault codes are the adapter's own, and a fault's children are unqualified and in order",
        "A code of the security servers' own sends the consumer to look for the mistake in the wrong place.",
        fa_03
    ),
    case!(
        Faults,
        "FA-04",
        "I ServerMessageProcessor",
        "a fault for a request with attachments is plain text/xml, which the security server passes on unchanged",
        "Nobody expects a multipart fault.",
        fa_04
    ),
    case!(
        Faults,
        "FA-05",
        "xroad.md 9.3",
        "a fault about hostile input is well-formed and holds nothing of it unescaped",
        "A fault that is not well-formed is lost; one that carries markup reaches the consumer's screens.",
        fa_05
    ),
    case!(
        Faults,
        "FA-06",
        "xroad.md 9.3",
        "overload gives soap:Server with status 500",
        "With 429 or 503 the reason would never reach the consumer.",
        fa_06
    ),
];

async fn fa_01(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let failing = probe.act("fail-backend", json!({ "on": true })).await?;
    let reply = probe.soap(operation, &request).await;
    probe.act("fail-backend", json!({ "on": false })).await?;
    let reply = reply?;
    let fault = fault(probe, &reply, "Server")?;
    if named_in_log(probe, &failing, &request.id, &fault).await? {
        return Ok(());
    }
    Err(Stop::not_applicable(
        "the message log fails with the backend, and the act log-find gives no lines of another one (text)",
    ))
}

async fn fa_02(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (operation, request) = target.sample("refused", target.settings.refused.as_ref())?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let names = ["error", "fault", "problem", "code", "message", "status", "result", "virhe", "reason"];
    let says = reply.wrapper().is_some_and(|wrapper| {
        let mut waiting: Vec<_> = wrapper.children.iter().collect();
        while let Some(element) = waiting.pop() {
            let name = element.name.to_ascii_lowercase();
            if names.iter().any(|it| name.contains(it)) && !element.all_text().is_empty() {
                return true;
            }
            waiting.extend(&element.children);
        }
        false
    });
    probe.check("an error structure inside the response wrapper", says)
}

async fn fa_03(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    for (label, name, xml) in [
        ("no id", "id", String::new()),
        ("an unknown service", "service", block::service(&probe.target.provider, "kitNone", None)),
        ("another protocol version", "protocolVersion", block::simple("protocolVersion", "3.1")),
        ("not well-formed", "issue", "<xrd:issue>".to_owned()),
    ] {
        probe.step(label);
        let request = probe.target.request(operation)?.with(name, xml);
        let reply = probe.soap(operation, &request).await?;
        let fault = fault(probe, &reply, "Client")?;
        let unqualified = fault.children.iter().all(|(namespace, _)| namespace.is_empty());
        probe.check("the fault's children are in no namespace", unqualified)?;
        let order = ["faultcode", "faultstring", "faultactor", "detail"];
        let places: Vec<_> =
            fault.children.iter().map(|(_, name)| order.iter().position(|known| known == name)).collect();
        let sound = places.iter().all(Option::is_some) && places.is_sorted();
        probe.check("they are faultcode, faultstring, faultactor, detail, in this order", sound)?;
        probe.check("there is a faultstring", !fault.string.is_empty())?;
    }
    Ok(())
}

async fn fa_04(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?.without("id");
    let message = Multipart::swa(request.bytes()).part(Part::binary("application/octet-stream", "kit", "data"));
    let reply = probe.multipart(operation, &message).await?;
    fault(probe, &reply, "Client")?;
    probe.check("Content-Type text/xml, not multipart", is_text_xml(&reply.answer))?;
    let passed = match probe.target.server.accepts(&request.bytes(), &reply.answer).await {
        Ok(SoapAnswer::Fault(raw, _)) => raw == reply.answer.body,
        _ => false,
    };
    probe.check("the security server passes it on unchanged", passed)
}

async fn fa_05(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let hostile = "kit]]><script>alert('kit')</script>&\u{202e}";
    let request = target.request(operation)?;

    probe.step("in the service code");
    let service = block::service(&target.provider, hostile, operation.version.as_deref());
    let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
    fault(probe, &reply, "Client")?;
    clean(probe, &reply)?;

    probe.step("in the client's member code");
    let client = crate::security_server::ClientId { member_code: hostile.to_owned(), ..target.client.clone() };
    let reply = probe.soap(operation, &request.clone().with("client", block::client(&client))).await?;
    if reply.fault().is_some() {
        fault(probe, &reply, "Client")?;
    }
    clean(probe, &reply)?;

    probe.step("in an element of the body");
    let odd = format!("<k:kit{}>{}</k:kit{}>", "x".repeat(40), escape(hostile), "x".repeat(40));
    let close = format!("</k:{}>", operation.code);
    let body = request.body.replacen(&close, &format!("{odd}{close}"), 1);
    let reply = probe.soap(operation, &request.clone().with_body(body)).await?;
    clean(probe, &reply)?;

    for (label, bytes) in
        [("a control character", &b"\x01"[..]), ("a reference to one", b"&#1;"), ("U+FFFE", b"\xef\xbf\xbe")]
    {
        probe.step(label);
        let text = request.text();
        let (before, after) = text.split_once("KIT-1").unwrap_or((&text, ""));
        let document = [before.as_bytes(), bytes, after.as_bytes()].concat();
        let reply = probe.post(&operation.url, TEXT_XML, "", document).await?;
        fault(probe, &reply, "Client")?;
        clean(probe, &reply)?;
    }
    Ok(())
}

/// The answer is XML, and no element of it came from the hostile input.
fn clean(probe: &mut Probe<'_>, reply: &crate::kit::SoapReply) -> Verdict {
    probe.check("the answer is well-formed", reply.envelope.is_some())?;
    let script = reply.envelope.as_ref().and_then(|it| it.find("script"));
    probe.check("no element out of the hostile input", script.is_none())
}

async fn fa_06(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    probe.act("overload", json!({ "on": true })).await?;
    let reply = probe.soap(operation, &request).await;
    probe.act("overload", json!({ "on": false })).await?;
    let reply = reply?;
    fault(probe, &reply, "Server")?;
    let after = probe.soap(operation, &request).await?;
    if after.fault().is_some() {
        return Err(Stop::failed("after the overload requests are still refused"));
    }
    Ok(())
}
