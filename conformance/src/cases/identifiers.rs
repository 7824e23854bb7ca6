//! Identifiers and headers (xroad.md §9.1).

use serde_json::{Value, json};

use super::expect::{fault, logged, no_foreign_headers, problem, served, text};
use super::{Case, case};
use crate::kit::{Probe, RestCall, Stop, TEXT_XML, Verdict, block};
use crate::security_server::description::RESERVED;
use crate::security_server::soap::{IDENTIFIERS, REPRESENTATION, SOAP, XROAD};
use crate::security_server::{ClientId, encode_segment};
use crate::xml::escape;

pub(super) const CASES: &[Case] = &[
    case!(
        Identifiers,
        "ID-01",
        "PR-MESS 2.1",
        "a request of a subsystem to a versioned service is served and logged with its identifiers",
        "Every request looks like this one; an adapter that cannot read it serves nobody.",
        id_01
    ),
    case!(
        Identifiers,
        "ID-02",
        "PR-MESS 2.1",
        "a client may be a member without subsystem",
        "Absent is not empty: a member must neither be refused nor become a subsystem with an empty code.",
        id_02
    ),
    case!(
        Identifiers,
        "ID-03",
        "I SaxSoapParserImpl",
        "a client without objectType is refused",
        "A security server refuses it too; whoever guesses here guesses an identity.",
        id_03
    ),
    case!(
        Identifiers,
        "ID-04",
        "I SaxSoapParserImpl",
        "an objectType without namespace is refused",
        "The attribute is namespace-qualified; the unqualified one is another attribute that says nothing.",
        id_04
    ),
    case!(
        Identifiers,
        "ID-05",
        "I ClientId.Conf",
        "a member with a subsystem code is refused",
        "The two halves name two clients. Rights must not hang on which half the adapter happens to read.",
        id_05
    ),
    case!(
        Identifiers,
        "ID-06",
        "PR-MESS 2.1",
        "a service whose objectType is SUBSYSTEM is refused",
        "A service is named by SERVICE only.",
        id_06
    ),
    case!(
        Identifiers,
        "ID-07",
        "PR-MESS 2.2",
        "other prefixes and default namespaces mean the same",
        "Prefixes are free. Adapters that look for the text `xrd:client` fail with the next consumer's library.",
        id_07
    ),
    case!(
        Identifiers,
        "ID-08",
        "I SoapUtils",
        "a member code with a leading space is another member",
        "Values are compared without trimming; trimming into a match gives one member another's rights.",
        id_08
    ),
    case!(
        Identifiers,
        "ID-09",
        "I ServiceId.equals",
        "a service code in another case is another service",
        "Access rights at the security server are by exact code; a lenient adapter opens a second name past them.",
        id_09
    ),
    case!(
        Identifiers,
        "ID-10",
        "PR-MESS 2.7",
        "legacy codes with underscore, ä and space are read, and written escaped into the log",
        "Old members have such codes and security servers only warn about them.",
        id_10
    ),
    case!(
        Identifiers,
        "ID-11",
        "PR-MESS 2.7",
        "a configuration that publishes a service code with _ or : is refused",
        "Security servers refuse to add such a service; better that the adapter says it first.",
        id_11
    ),
    case!(
        Identifiers,
        "ID-12",
        "I ReservedServiceCodesProvider",
        "a configuration that publishes getWsdl is refused",
        "The code belongs to the security server itself; calls would never reach the adapter.",
        id_12
    ),
    case!(
        Identifiers,
        "ID-13",
        "I SoapUtils.isResponseMessage",
        "a configuration that publishes orderResponse is refused or warned about",
        "The security server's log takes every message whose body ends in Response for a response.",
        id_13
    ),
    case!(
        Identifiers,
        "ID-14",
        "I Validation",
        "a blank member code is refused",
        "A blank identifier must not become a wildcard in the access rules.",
        id_14
    ),
    case!(
        Identifiers,
        "ID-15",
        "I liquibase",
        "an id of 256 characters is refused, or logged in full",
        "Security servers keep 255 characters; a cut id finds nothing in anybody's log.",
        id_15
    ),
    case!(
        Identifiers,
        "ID-16",
        "PR-REST 4.3",
        "the parts of X-Road-Client are percent-decoded",
        "A subsystem `My Portal` arrives as My%20Portal; without decoding its access rule never fits.",
        id_16
    ),
    case!(
        Identifiers,
        "ID-17",
        "PR-REST 4.3",
        "an X-Road-Client of 2 or 5 parts, or with a broken escape, is refused",
        "What is no identifier must not be read as one.",
        id_17
    ),
    case!(
        Identifiers,
        "ID-18",
        "PR-REST 4.3",
        "X-Road-Represented-Party may be class and code, or a code alone",
        "Both forms are legal; the shorter must not be refused nor read as a class.",
        id_18
    ),
    case!(
        Identifiers,
        "ID-19",
        "PR-THIRDPARTY 2.2",
        "a represented party without class is accepted and echoed without class",
        "The consumer's security server compares the echo and throws the response away when a class appears.",
        id_19
    ),
    case!(
        Identifiers,
        "ID-20",
        "PR-TARGETSS 2",
        "a securityServer header is accepted and echoed",
        "Consumers that target one of several security servers send it with every request.",
        id_20
    ),
];

async fn id_01(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let request = target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let Some(record) = logged(probe, "id", &request.id).await? else { return Ok(()) };
    let service = format!("{}/{}", target.provider.encoded(), operation.code);
    let service = operation.version.as_ref().map_or(service.clone(), |version| format!("{service}/{version}"));
    let client = target.client.encoded();
    probe.check(format!("the record names the client {client}"), text(&record, "client") == Some(&client))?;
    probe.check(format!("the record names the service {service}"), text(&record, "service") == Some(&service))
}

async fn id_02(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let member = ClientId { subsystem: None, ..target.client.clone() };
    let request = target.request(operation)?.with("client", block::client(&member));
    let reply = probe.soap(operation, &request).await?;
    understood(probe, &request, &reply).await?;
    if let Some(record) = logged(probe, "id", &request.id).await? {
        let client = member.encoded();
        probe.check(format!("the record names the client {client}"), text(&record, "client") == Some(&client))?;
    }
    Ok(())
}

async fn id_03(probe: &mut Probe<'_>) -> Verdict {
    let client = block::client(&probe.target.client).replacen(" id:objectType=\"SUBSYSTEM\"", "", 1);
    refused_with(probe, "client", client.replacen(" id:objectType=\"MEMBER\"", "", 1)).await
}

async fn id_04(probe: &mut Probe<'_>) -> Verdict {
    let client = block::client(&probe.target.client).replacen("id:objectType", "objectType", 1);
    refused_with(probe, "client", client).await
}

async fn id_05(probe: &mut Probe<'_>) -> Verdict {
    let client = ClientId { subsystem: Some(subsystem(&probe.target.client)), ..probe.target.client.clone() };
    let contradiction = block::identifier("client", "id:objectType=\"MEMBER\"", &block::parts(&client));
    refused_with(probe, "client", contradiction).await
}

async fn id_06(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let service = block::service(&probe.target.provider, &operation.code, operation.version.as_deref());
    refused_with(probe, "service", service.replacen("\"SERVICE\"", "\"SUBSYSTEM\"", 1)).await
}

async fn id_07(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let plain = probe.target.request(operation)?;

    probe.step("other prefixes");
    let mut other = plain.clone();
    other.namespaces = format!("xmlns:S=\"{SOAP}\" xmlns:x1=\"{XROAD}\" xmlns:_i=\"{IDENTIFIERS}\"");
    let text = other.text().replace("soap:", "S:").replace("xrd:", "x1:").replace("id:", "_i:");
    let reply = probe.post(&operation.url, TEXT_XML, "", text.clone()).await?;
    probe.check("HTTP 200", reply.status() == 200)?;
    probe.accepted(text.as_bytes(), &reply).await?;

    probe.step("default namespaces");
    let mut default = plain;
    default.namespaces = format!("xmlns=\"{SOAP}\"");
    for (_, xml) in &mut default.blocks {
        *xml = as_default(xml);
    }
    let text = default.text().replace("soap:", "");
    let reply = probe.post(&operation.url, TEXT_XML, "", text.clone()).await?;
    probe.check("HTTP 200", reply.status() == 200)?;
    probe.accepted(text.as_bytes(), &reply).await
}

/// A block of the kit's own prefixes in default namespaces; only the attribute needs a prefix.
fn as_default(xml: &str) -> String {
    let xml = xml.replacen("<xrd:", "<", 1).replace("</xrd:", "</");
    let parts = xml.replace("<id:", "<").replace("</id:", "</");
    let at = parts.find([' ', '>']).unwrap_or_default();
    let (name, rest) = parts.split_at(at);
    if parts == xml {
        return format!("{name} xmlns=\"{XROAD}\"{rest}");
    }
    // The element is X-Road's, its children are identifiers.
    let mut out = format!("{name} xmlns=\"{XROAD}\" xmlns:id=\"{IDENTIFIERS}\"");
    let (open, inside) = rest.split_once('>').unwrap_or((rest, ""));
    out.push_str(open);
    out.push('>');
    let (children, close) = inside.rsplit_once("</").unwrap_or((inside, ""));
    for child in children.split_inclusive('>') {
        match child.strip_prefix('<').filter(|it| !it.starts_with('/')) {
            Some(start) => {
                out.push('<');
                out.push_str(start.trim_end_matches('>'));
                out.push_str(" xmlns=\"");
                out.push_str(IDENTIFIERS);
                out.push_str("\">");
            }
            None => out.push_str(child),
        }
    }
    format!("{out}</{close}")
}

async fn id_08(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    probe.step("a client that nobody knows");
    let nobody = ClientId { member_code: "kit-nobody".to_owned(), ..probe.target.client.clone() };
    let request = probe.target.request(operation)?.with("client", block::client(&nobody));
    if probe.soap(operation, &request).await?.fault().is_none() {
        return Err(Stop::not_applicable(format!("{} is open to everybody: no match can be seen", operation.code)));
    }
    probe.step("a leading space");
    let client =
        ClientId { member_code: format!(" {}", probe.target.client.member_code), ..probe.target.client.clone() };
    refused_with(probe, "client", block::client(&client)).await
}

async fn id_09(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let code: String = operation
        .code
        .chars()
        .enumerate()
        .map(|(at, c)| if at == 0 && c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    if code == operation.code {
        return Err(Stop::not_applicable("the service code has no letters"));
    }
    let request = probe.target.request(operation)?;
    let body = request.body.replace(&format!("k:{}", operation.code), &format!("k:{code}"));
    let service = block::service(&probe.target.provider, &code, operation.version.as_deref());
    let request = request.with("service", service).with_body(body);
    let reply = probe.soap(operation, &request).await?;
    fault(probe, &reply, "Client").map(drop)
}

async fn id_10(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let legacy = ClientId::subsystem(&target.client.instance, "GOV", "_vanha koodi_", "\u{e4}\u{e4}ni palvelu");
    let request = target.request(operation)?.with("client", block::client(&legacy));
    let reply = probe.soap(operation, &request).await?;
    understood(probe, &request, &reply).await?;
    if let Some(record) = logged(probe, "id", &request.id).await? {
        let client = legacy.encoded();
        probe.check(format!("the record names the client {client}"), text(&record, "client") == Some(&client))?;
    }
    Ok(())
}

async fn id_11(probe: &mut Probe<'_>) -> Verdict {
    for code in ["get_item", "get:item"] {
        probe.step(format!("service code {code}"));
        let checked = checked(probe, code).await?;
        let strict = |code: &str| code.chars().all(|c| c.is_ascii_alphanumeric() || "'()+,-.=?".contains(c));
        judge(probe, checked, false, "every published service code is of the strict character set", strict)?;
    }
    Ok(())
}

async fn id_12(probe: &mut Probe<'_>) -> Verdict {
    let checked = checked(probe, "getWsdl").await?;
    judge(probe, checked, false, "no published service code is reserved", |code| !RESERVED.contains(&code))
}

async fn id_13(probe: &mut Probe<'_>) -> Verdict {
    let checked = checked(probe, "orderResponse").await?;
    judge(probe, checked, true, "no published service code ends in Response", |code| !code.ends_with("Response"))
}

async fn id_14(probe: &mut Probe<'_>) -> Verdict {
    for blank in ["", "   "] {
        probe.step(format!("memberCode {blank:?}"));
        let client = ClientId { member_code: blank.to_owned(), ..probe.target.client.clone() };
        refused_with(probe, "client", block::client(&client)).await?;
    }
    Ok(())
}

async fn id_15(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let id = format!("kit-{}-{}", uuid::Uuid::new_v4(), "x".repeat(215));
    let request = probe.target.request(operation)?.with_value("id", &id);
    let reply = probe.soap(operation, &request).await?;
    if reply.fault().is_some() {
        return fault(probe, &reply, "Client").map(drop);
    }
    served(probe, &request, &reply).await?;
    let record = super::expect::record(probe, "id", &id).await?;
    probe.check("the record holds the id in full", text(&record, "id") == Some(&id))
}

async fn id_16(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (service, path) = target.rest_read()?;
    let portal = ClientId { subsystem: Some("My Portal".to_owned()), ..target.client.clone() };
    let call = RestCall::get(&path).anonymous().header("X-Road-Client", portal.encoded());
    let answer = probe.rest(service, &call).await?;
    no_foreign_headers(probe, &answer)?;
    let status = answer.status.as_u16();
    probe.check(
        "it is read: served, or refused for want of a right (403), not as malformed",
        status == 200 || status == 403,
    )?;
    let record = super::expect::record(probe, "requestId", &call.request_id).await?;
    let client = portal.encoded();
    probe.check(format!("the record names the client {client}"), text(&record, "client") == Some(&client))
}

async fn id_17(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (service, path) = target.rest_read()?;
    let id = &target.client;
    let five = format!("{}/{}/more", ClientId { subsystem: None, ..id.clone() }.encoded(), encode_segment("a"));
    let cases = [
        ("2 parts", format!("{}/{}", encode_segment(&id.instance), encode_segment(&id.member_class))),
        ("5 parts", five),
        ("a broken escape", format!("{}%zz", id.encoded())),
    ];
    for (label, value) in cases {
        probe.step(label);
        let answer = probe.rest(service, &RestCall::get(&path).anonymous().header("X-Road-Client", value)).await?;
        problem(probe, &answer, &[400])?;
    }
    Ok(())
}

async fn id_18(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    for (party, class, code) in [("COM/123", Some("COM"), "123"), ("123", None, "123")] {
        probe.step(party);
        let call = RestCall::get(&path).header("X-Road-Represented-Party", party);
        let answer = probe.rest(service, &call).await?;
        probe.check("HTTP 200", answer.status == 200)?;
        if let Some(record) = logged(probe, "requestId", &call.request_id).await? {
            let logged = record.get("representedParty").cloned().unwrap_or_default();
            let wanted = json!({ "class": class, "code": code });
            probe.check(format!("the record says {wanted}"), logged == wanted)?;
        }
    }
    probe.step("3 parts");
    let answer = probe.rest(service, &RestCall::get(&path).header("X-Road-Represented-Party", "COM/1/2")).await?;
    problem(probe, &answer, &[400])
}

async fn id_19(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let party = format!(
        "<repr:representedParty xmlns:repr=\"{REPRESENTATION}\"><repr:partyCode>123</repr:partyCode></repr:representedParty>"
    );
    let request = probe.target.request(operation)?.with("representedParty", party);
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let echoed = reply.block(REPRESENTATION, "representedParty");
    let children: Vec<_> = echoed.into_iter().flat_map(|it| &it.children).map(|it| it.name.as_str()).collect();
    probe.check("the party is echoed with its code and no class", children == ["partyCode"])
}

async fn id_20(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let member = ClientId { subsystem: None, ..probe.target.provider.clone() };
    let parts = format!("{}<id:serverCode>{}</id:serverCode>", block::parts(&member), escape("ss1"));
    let server = block::identifier("securityServer", "id:objectType=\"SERVER\"", &parts);
    let request = probe.target.request(operation)?.with("securityServer", server);
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let echoed = reply.block(XROAD, "securityServer").and_then(|it| it.find("serverCode")).map(|it| it.text.as_str());
    probe.check("securityServer is echoed with its parts", echoed == Some("ss1"))
}

/// The request was read: it is served, or refused for want of a right, which a malformed one never reaches.
async fn understood(probe: &mut Probe<'_>, request: &crate::kit::Envelope, reply: &crate::kit::SoapReply) -> Verdict {
    if reply.fault().is_none() {
        return served(probe, request, reply).await;
    }
    let refused = fault(probe, reply, "Client")?;
    let said = format!("{} {}", refused.string, refused.detail.unwrap_or_default()).to_ascii_lowercase();
    let rights = ["not allowed", "not-allowed", "access", "right", "permission", "denied", "unauthor", "forbidden"];
    probe.check(
        "it is read: served, or refused for want of a right, not as malformed",
        rights.iter().any(|it| said.contains(it)),
    )
}

/// A good request with one block replaced is refused with a client fault.
async fn refused_with(probe: &mut Probe<'_>, name: &str, xml: String) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?.with(name, xml);
    let reply = probe.soap(operation, &request).await?;
    fault(probe, &reply, "Client").map(drop)
}

fn subsystem(client: &ClientId) -> String {
    client.subsystem.clone().unwrap_or_else(|| "kit".to_owned())
}

/// What the adapter says of a configuration.
#[derive(Clone, Copy)]
enum Checked {
    /// Refused, or accepted with this many warnings.
    Said { accepted: bool, warnings: usize },
    /// Its service codes cannot be configured.
    Fixed,
}

/// Has a configuration with this service code checked.
async fn checked(probe: &mut Probe<'_>, code: &str) -> Result<Checked, Stop> {
    let answer = probe.act("check-config", json!({ "serviceCode": code })).await?;
    if answer.get("configurable").and_then(Value::as_bool) == Some(false) {
        return Ok(Checked::Fixed);
    }
    let accepted = answer.get("accepted").and_then(Value::as_bool);
    let accepted = accepted.ok_or_else(|| Stop::failed("the act check-config answered without `accepted`"))?;
    Ok(Checked::Said { accepted, warnings: answer.get("warnings").and_then(Value::as_array).map_or(0, Vec::len) })
}

/// The configuration is refused (or warned about, where that is enough); where codes are fixed, the published ones are
/// looked at instead.
fn judge(probe: &mut Probe<'_>, checked: Checked, warning: bool, fixed: &str, sound: impl Fn(&str) -> bool) -> Verdict {
    match checked {
        Checked::Said { accepted, warnings } if warning => {
            probe.check("the configuration is refused, or accepted with a warning", !accepted || warnings > 0)
        }
        Checked::Said { accepted, .. } => probe.check("the configuration is refused", !accepted),
        Checked::Fixed => {
            probe.note("Service codes cannot be configured; those of the descriptions were looked at.");
            let published: Vec<&str> = probe.target.services.soap.iter().map(|it| it.code.as_str()).collect();
            probe.check(fixed, !published.is_empty() && published.into_iter().all(sound))
        }
    }
}
