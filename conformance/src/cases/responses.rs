//! SOAP responses (xroad.md §9.3, SR).

use super::expect::{is_text_xml, served};
use super::{Case, case};
use crate::kit::{Element, Envelope, Probe, SoapReply, Stop, Verdict, block};
use crate::security_server::soap::{REPRESENTATION, Soap, XROAD, parse};
use crate::security_server::{SoapAnswer, hash};
use crate::xml;

pub(super) const CASES: &[Case] = &[
    case!(
        Responses,
        "SR-01",
        "PR-MESS 2.2",
        "every X-Road header field is echoed, in the same order, with the same value",
        "The consumer's security server throws away a response whose header differs from the request's.",
        sr_01
    ),
    case!(
        Responses,
        "SR-02",
        "I checkConsistency",
        "an empty issue is echoed as an empty issue",
        "Absent and empty differ for the consumer's security server, which throws the response away.",
        sr_02
    ),
    case!(
        Responses,
        "SR-03",
        "I checkConsistency",
        "what the request does not have, the response does not have",
        "An added empty userId is a difference, and the response is thrown away.",
        sr_03
    ),
    case!(
        Responses,
        "SR-04",
        "I checkConsistency",
        "values with line breaks, ampersands and references are echoed as the same characters",
        "Trimming or normalising is a difference, and the response is thrown away.",
        sr_04
    ),
    case!(
        Responses,
        "SR-05",
        "I checkConsistency",
        "a service without version is echoed without version",
        "Absent and empty differ for the consumer's security server, which throws the response away.",
        sr_05
    ),
    case!(
        Responses,
        "SR-06",
        "PR-MESS 2.3",
        "the body has one child, named service code and Response",
        "The security server finds the service by the name; its log knows a response by the ending.",
        sr_06
    ),
    case!(
        Responses,
        "SR-07",
        "PR-MESS 2.2",
        "the adapter sends no requestHash; the one that the security server inserts fits the request",
        "The consumer proves by it what it had asked. Two of them are an error.",
        sr_07
    ),
    case!(
        Responses,
        "SR-08",
        "I ResponseSoapParserImpl",
        "xrd:id has no attributes; the document is UTF-8 without byte order mark, instruction and DOCTYPE",
        "The security server copies the attributes of xrd:id to the hash, and writes everything anew as UTF-8.",
        sr_08
    ),
    case!(
        Responses,
        "SR-09",
        "I checkResponseStatus",
        "success, business error and technical error come with status 200 or 500 only",
        "With any other status the security server throws the answer away, fault and all.",
        sr_09
    ),
    case!(
        Responses,
        "SR-10",
        "I HandlerBase",
        "the Content-Type is text/xml; charset=UTF-8, or multipart/related",
        "Other types are refused; another charset makes the rewritten document unreadable.",
        sr_10
    ),
    case!(
        Responses,
        "SR-11",
        "I HttpClientCreator",
        "no Set-Cookie, no Content-Encoding, no redirect",
        "Security servers keep one cookie jar for all consumers and follow no redirect.",
        sr_11
    ),
];

async fn sr_01(probe: &mut Probe<'_>) -> Verdict {
    let party = format!(
        "<repr:representedParty xmlns:repr=\"{REPRESENTATION}\"><repr:partyClass>COM</repr:partyClass>\
         <repr:partyCode>123</repr:partyCode></repr:representedParty>"
    );
    let usual: fn(Envelope) -> Envelope = |it| it;
    let turned: fn(Envelope) -> Envelope = |mut it| {
        it.blocks.reverse();
        it
    };
    for (label, order) in [("in the usual order", usual), ("in the reverse order", turned)] {
        probe.step(label);
        let (request, reply) = call(probe, |it| order(it.with("representedParty", party.clone()))).await?;
        served(probe, &request, &reply).await?;
        let sent = Element::read(&request.bytes()).map_err(|error| Stop::failed(error.to_string()))?;
        let sent = echoes(sent.find("Header").map_or(&[], |it| it.children.as_slice()));
        let names = |blocks: &[Element]| blocks.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
        let came = echoes(reply.blocks());
        probe.check("the same header fields in the same order", names(&sent) == names(&came))?;
        probe.check("the same values", sent == came)?;
    }
    Ok(())
}

/// The X-Road blocks, stripped of white space between elements.
fn echoes(blocks: &[Element]) -> Vec<Element> {
    let of_xroad = |it: &&Element| it.namespace == XROAD || it.namespace == REPRESENTATION;
    blocks
        .iter()
        .filter(of_xroad)
        .map(|it| {
            let mut it = it.clone();
            if !it.children.is_empty() {
                it.text.clear();
            }
            it
        })
        .collect()
}

async fn sr_02(probe: &mut Probe<'_>) -> Verdict {
    for (label, empty) in [("<issue/>", "<xrd:issue/>"), ("<issue></issue>", "<xrd:issue></xrd:issue>")] {
        probe.step(label);
        let (request, reply) = call(probe, |it| it.with("issue", empty)).await?;
        served(probe, &request, &reply).await?;
        let echoed = reply.block(XROAD, "issue").map(|it| it.text.as_str());
        probe.check("an empty issue element in the response", echoed == Some(""))?;
    }
    Ok(())
}

async fn sr_03(probe: &mut Probe<'_>) -> Verdict {
    let (request, reply) = call(probe, |it| it.without("issue").without("userId")).await?;
    probe.check("no issue in the response", reply.block(XROAD, "issue").is_none())?;
    probe.check("no userId in the response", reply.block(XROAD, "userId").is_none())?;
    served(probe, &request, &reply).await
}

async fn sr_04(probe: &mut Probe<'_>) -> Verdict {
    let odd = "<xrd:userId> FI line one\n\tline two &amp; &#xE4;&#228; &lt;x&gt; ]]&gt; <![CDATA[<y>]]> </xrd:userId>";
    let value = " FI line one\n\tline two & \u{e4}\u{e4} <x> ]]> <y> ";
    let (request, reply) = call(probe, |it| it.with("userId", odd)).await?;
    served(probe, &request, &reply).await?;
    let echoed = reply.block(XROAD, "userId").map(|it| it.text.as_str());
    probe.check("the same characters in the response's userId", echoed == Some(value))
}

async fn sr_05(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let without = |it: &&crate::kit::SoapOperation| it.version.is_none() && target.request(it).is_ok();
    let read = target.read()?;
    let operation = if read.version.is_none() { Some(read) } else { target.services.soap.iter().find(without) };
    let Some(operation) = operation else {
        return Err(Stop::not_applicable("every service of the WSDL has a version, which a request must name"));
    };
    if operation.code != read.code {
        return Err(Stop::not_applicable("no service without version is known to be harmless; name one as `read`"));
    }
    let request = target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let version = reply.block(XROAD, "service").and_then(|it| it.find("serviceVersion"));
    probe.check("no serviceVersion in the response", version.is_none())
}

async fn sr_06(probe: &mut Probe<'_>) -> Verdict {
    let (request, reply) = call(probe, |it| it).await?;
    served(probe, &request, &reply).await?;
    let wanted = format!("{}Response", probe.target.read()?.code);
    probe.check("exactly one child of the Body", reply.body().len() == 1)?;
    let name = reply.wrapper().map(|it| it.name.as_str());
    probe.check(format!("it is {wanted}"), name == Some(&wanted))?;
    let namespace = reply.wrapper().map(|it| it.namespace.as_str());
    probe.check("it is in the request's namespace", namespace == Some(&probe.target.read()?.namespace))
}

async fn sr_07(probe: &mut Probe<'_>) -> Verdict {
    let (request, reply) = call(probe, |it| it).await?;
    probe.check("no requestHash from the adapter", reply.block(XROAD, "requestHash").is_none())?;
    served(probe, &request, &reply).await?;
    let inserted = match probe.target.server.accepts(&request.bytes(), &reply.answer).await {
        // `parsed` is the adapter's own; the rewritten document has the hash.
        Ok(SoapAnswer::Message(message)) => match parse(&message.soap) {
            Ok(Soap::Message(message)) => message.header.request_hash.map(|it| it.value),
            _ => None,
        },
        _ => None,
    };
    let fits = inserted == Some(hash::soap(&request.bytes()));
    probe.check("the hash that the security server inserts is that of the request's bytes", fits)
}

async fn sr_08(probe: &mut Probe<'_>) -> Verdict {
    let (request, reply) = call(probe, |it| it).await?;
    served(probe, &request, &reply).await?;
    let attributes = reply.block(XROAD, "id").map(|it| it.attributes.len());
    probe.check("xrd:id without attributes", attributes == Some(0))?;
    let document = &reply.document;
    probe.check("no byte order mark", !document.starts_with(b"\xef\xbb\xbf"))?;
    let text = std::str::from_utf8(document).unwrap_or_default();
    probe.check("UTF-8 throughout", !text.is_empty())?;
    let declaration = text.strip_prefix("<?xml").and_then(|it| it.split_once("?>")).map(|(inside, _)| inside);
    let utf8 = declaration.is_none_or(|it| !it.contains("encoding") || it.to_ascii_lowercase().contains("utf-8"));
    probe.check("the declaration says UTF-8", utf8)?;
    let rest = text.split_once("?>").filter(|_| declaration.is_some()).map_or(text, |(_, rest)| rest);
    let tree = xml::parse(rest);
    let instructions = tree.as_ref().is_ok_and(|it| it.descendants().any(|node| node.is_pi()));
    probe.check("no processing instruction", tree.is_ok() && !instructions)?;
    probe.check("no DOCTYPE", !text.contains("<!DOCTYPE"))
}

async fn sr_09(probe: &mut Probe<'_>) -> Verdict {
    probe.step("success");
    let (_, reply) = call(probe, |it| it).await?;
    probe.check("HTTP 200", reply.status() == 200)?;
    let refused = probe.target.settings.refused.clone();
    match probe.target.sample("refused", refused.as_ref()) {
        Ok((operation, request)) => {
            probe.step("a business error");
            let reply = probe.soap(operation, &request).await?;
            probe.check("HTTP 200 or 500", matches!(reply.status(), 200 | 500))?;
        }
        Err(_) => probe.note("A business error was not tried: kit.toml has no [refused]."),
    }
    for (label, name, xml) in [
        ("a technical error: no id", "id", String::new()),
        (
            "a technical error: no service of the code",
            "service",
            block::service(&probe.target.provider, "kitNone", None),
        ),
        ("a technical error: not well-formed", "issue", "<xrd:issue>".to_owned()),
    ] {
        probe.step(label);
        let (_, reply) = call(probe, |it| it.with(name, xml)).await?;
        probe.check("HTTP 500", reply.status() == 500)?;
    }
    Ok(())
}

async fn sr_10(probe: &mut Probe<'_>) -> Verdict {
    for (label, issue) in
        [("a response", "<xrd:issue>1</xrd:issue>"), ("a fault", "<xrd:issue>1</xrd:issue><xrd:issue>1</xrd:issue>")]
    {
        probe.step(label);
        let (_, reply) = call(probe, |it| it.with("issue", issue)).await?;
        let multipart = reply.answer.header("content-type").is_some_and(|it| it.starts_with("multipart/related"));
        let sound = is_text_xml(&reply.answer) || (multipart && label == "a response");
        probe.check("Content-Type text/xml; charset=UTF-8", sound)?;
    }
    Ok(())
}

async fn sr_11(probe: &mut Probe<'_>) -> Verdict {
    for (label, issue) in
        [("a response", "<xrd:issue>1</xrd:issue>"), ("a fault", "<xrd:issue>1</xrd:issue><xrd:issue>1</xrd:issue>")]
    {
        probe.step(label);
        let (_, reply) = call(probe, |it| it.with("issue", issue)).await?;
        let headers = &reply.answer.headers;
        probe.check("no Set-Cookie", !headers.contains_key("set-cookie"))?;
        probe.check("no Content-Encoding", !headers.contains_key("content-encoding"))?;
        probe.check("no redirect", !reply.answer.status.is_redirection() && !headers.contains_key("location"))?;
    }
    Ok(())
}

/// Calls the operation that reads with a good request, changed.
async fn call(probe: &mut Probe<'_>, change: impl FnOnce(Envelope) -> Envelope) -> Result<(Envelope, SoapReply), Stop> {
    let operation = probe.target.read()?;
    let request = change(probe.target.request(operation)?);
    let reply = probe.soap(operation, &request).await?;
    Ok((request, reply))
}
