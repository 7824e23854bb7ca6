//! What is wrong, doubled, missing or foreign in the header.

use crate::cases::expect::{fault, logged, served};
use crate::kit::{Envelope, Probe, SoapOperation, Stop, TEXT_XML, Verdict, block};
use crate::security_server::ClientId;
use crate::security_server::soap::XROAD;

const WSSE: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";

pub(super) async fn so_06(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let text = request.text();
    let (before, rest) = text.split_once("<soap:Header>").unwrap_or((&text, ""));
    let after = rest.split_once("</soap:Header>").map_or("", |(_, after)| after);
    let reply = probe.post(&operation.url, TEXT_XML, "", format!("{before}{after}")).await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_07(probe: &mut Probe<'_>) -> Verdict {
    for name in ["client", "service", "id", "protocolVersion"] {
        probe.step(format!("without {name}"));
        let (operation, request) = good(probe)?;
        let reply = probe.soap(operation, &request.without(name)).await?;
        let fault = fault(probe, &reply, "Client")?;
        let said = format!("{} {}", fault.string, fault.detail.unwrap_or_default());
        probe.check(format!("the fault names {name}"), said.contains(name))?;
    }
    Ok(())
}

pub(super) async fn so_08(probe: &mut Probe<'_>) -> Verdict {
    for name in ["client", "service", "id", "userId", "issue", "protocolVersion"] {
        probe.step(format!("{name} twice"));
        let (operation, request) = good(probe)?;
        let twice = request.block(name).repeat(2);
        let reply = probe.soap(operation, &request.with(name, twice)).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}

pub(super) async fn so_09(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let client = request.block("client");
    let more = format!("<id:memberCode>{}</id:memberCode></xrd:client>", probe.target.client.member_code);
    let client = client.replace("</xrd:client>", &more);
    let reply = probe.soap(operation, &request.with("client", client)).await?;
    fault(probe, &reply, "Client").map(drop)
}

pub(super) async fn so_10(probe: &mut Probe<'_>) -> Verdict {
    for version in ["4.0", "4.1"] {
        probe.step(version);
        let (operation, request) = good(probe)?;
        let request = request.with_value("protocolVersion", version);
        let reply = probe.soap(operation, &request).await?;
        served(probe, &request, &reply).await?;
        let echoed = reply.block(XROAD, "protocolVersion").map(|it| it.text.as_str());
        probe.check(format!("protocolVersion {version} in the response"), echoed == Some(version))?;
    }
    Ok(())
}

pub(super) async fn so_11(probe: &mut Probe<'_>) -> Verdict {
    for version in ["3.1", "", "40"] {
        probe.step(format!("protocolVersion {version:?}"));
        let (operation, request) = good(probe)?;
        let reply = probe.soap(operation, &request.with_value("protocolVersion", version)).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}

pub(super) async fn so_15(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (operation, request) = good(probe)?;
    let version = operation.version.as_deref();

    probe.step("another subsystem's service");
    let other = ClientId { subsystem: Some("kit-other".to_owned()), ..target.provider.clone() };
    let service = block::service(&other, &operation.code, version);
    let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
    fault(probe, &reply, "Client")?;

    probe.step("a service code that nobody offers, over a body that somebody does");
    let service = block::service(&target.provider, "kitNoSuchService", version);
    let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
    fault(probe, &reply, "Client")?;

    let beside = target.services.soap.iter().find(|it| it.url == operation.url && it.code != operation.code);
    if let Some(beside) = beside {
        probe.step(format!("{} in the header, {} in the body", beside.code, operation.code));
        let service = block::service(&target.provider, &beside.code, beside.version.as_deref());
        let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
        fault(probe, &reply, "Client")?;
    }
    let elsewhere = target.services.soap.iter().find(|it| it.url != operation.url);
    if let Some(elsewhere) = elsewhere {
        probe.step("a whole request at another service's address");
        let reply = probe.soap(elsewhere, &request).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}

pub(super) async fn so_16(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (operation, request) = good(probe)?;
    probe.step("an unknown version");
    let service = block::service(&target.provider, &operation.code, Some("v999"));
    let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
    fault(probe, &reply, "Client")?;
    if operation.version.is_some() {
        for version in [None, Some("")] {
            probe.step(if version.is_none() { "no version" } else { "an empty version" });
            let service = block::service(&target.provider, &operation.code, version);
            let reply = probe.soap(operation, &request.clone().with("service", service)).await?;
            fault(probe, &reply, "Client")?;
        }
    }
    Ok(())
}

pub(super) async fn so_17(probe: &mut Probe<'_>) -> Verdict {
    for attribute in ["", " soap:mustUnderstand=\"0\""] {
        probe.step(if attribute.is_empty() { "without mustUnderstand" } else { "with mustUnderstand=\"0\"" });
        let (operation, request) = good(probe)?;
        let request = request.with("foreign", security(attribute));
        let reply = probe.soap(operation, &request).await?;
        served(probe, &request, &reply).await?;
        let foreign = reply.blocks().iter().any(|it| it.namespace == WSSE);
        probe.check("the foreign block is not in the response", !foreign)?;
    }
    Ok(())
}

pub(super) async fn so_18(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let request = request.with("foreign", security(" soap:mustUnderstand=\"1\""));
    let reply = probe.soap(operation, &request).await?;
    fault(probe, &reply, "MustUnderstand").map(drop)
}

pub(super) async fn so_22(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    let hash = "<xrd:requestHash algorithmId=\"http://www.w3.org/2001/04/xmlenc#sha512\">Zm9v</xrd:requestHash>";
    let request = request.with("requestHash", hash);
    let reply = probe.soap(operation, &request).await?;
    probe.check("HTTP 200", reply.status() == 200)?;
    probe.check("no requestHash in the response", reply.block(XROAD, "requestHash").is_none())?;
    served(probe, &request, &reply).await
}

pub(super) async fn so_23(probe: &mut Probe<'_>) -> Verdict {
    let (operation, request) = good(probe)?;
    // No real token: nothing signed it.
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.c2lnbmF0dXJl", request.id.replace('-', ""));
    let block = format!(
        "<st:securityToken xmlns:st=\"http://x-road.eu/xsd/security-token.xsd\" \
         tokenType=\"urn:ietf:params:oauth:token-type:jwt\">{token}</st:securityToken>"
    );
    let request = request.with("token", block);
    let reply = probe.soap(operation, &request).await?;
    if reply.fault().is_some() {
        // An adapter that demands good tokens may refuse this one.
        fault(probe, &reply, "Client")?;
    } else {
        served(probe, &request, &reply).await?;
    }
    probe.check("the token is nowhere in the answer", !reply.answer.text().contains(&token))?;
    if let Some(record) = logged(probe, "id", &request.id).await? {
        probe.check("the token is nowhere in the log", !record.to_string().contains(&token))?;
    }
    Ok(())
}

fn security(attribute: &str) -> String {
    format!(
        "<w:Security xmlns:w=\"{WSSE}\"{attribute}><w:BinarySecurityToken>AAAA</w:BinarySecurityToken></w:Security>"
    )
}

/// The operation that reads, and a good request of it.
fn good<'t>(probe: &Probe<'t>) -> Result<(&'t SoapOperation, Envelope), Stop> {
    let operation = probe.target.read()?;
    Ok((operation, probe.target.request(operation)?))
}
