//! Every service called as its description says (ME-06).

use http::Method;
use serde_json::Value;

use super::super::expect::served;
use super::openapi::resolved;
use super::{openapis, wsdls};
use crate::kit::{Element, Invalid, Probe, RestCall, Schema, SoapOperation, Stop, Verdict};
use crate::xml;

pub(super) async fn me_06(probe: &mut Probe<'_>) -> Verdict {
    let mut left_out = Vec::new();
    for wsdl in wsdls(probe).unwrap_or_default() {
        let text = xml::decode(&wsdl.bytes).map_err(|error| Stop::failed(error.to_string()))?;
        let operations: Vec<SoapOperation> =
            probe.target.services.soap.iter().filter(|it| it.wsdl == wsdl.url).cloned().collect();
        for operation in operations {
            match request_of(probe, &operation) {
                Ok(content) => soap(probe, &operation, &content, &text).await?,
                Err(why) => left_out.push(format!("{}: {why}", operation.code)),
            }
        }
    }
    for document in openapis(probe).unwrap_or_default() {
        let whole: Value = serde_json::from_slice(&document.bytes).unwrap_or_default();
        rest(probe, &document.url, &whole, &mut left_out).await?;
    }
    probe.step("not called");
    probe.note(if left_out.is_empty() { "Every service was called.".to_owned() } else { left_out.join("\n") });
    if probe.checks() == 0 {
        return Err(Stop::not_applicable("no service is known to be callable: give bodies and values in kit.toml"));
    }
    Ok(())
}

/// The content of the wrapper: what the owner gave, or nothing where the name says that it only reads.
fn request_of(probe: &Probe<'_>, operation: &SoapOperation) -> Result<String, String> {
    let settings = &probe.target.settings;
    if let Some(body) = settings.bodies.get(&operation.code) {
        return Ok(body.clone());
    }
    if let Some(write) = settings.write.as_ref().filter(|it| it.operation == operation.code) {
        return Ok(write.body.clone());
    }
    let harmless = ["get", "list", "search", "find", "read"].iter().any(|word| operation.code.starts_with(word));
    match (operation.required.as_slice(), harmless) {
        ([], true) => Ok(String::new()),
        ([], false) => Err("it may change something, and kit.toml has no body for it".to_owned()),
        (missing, _) => Err(format!("kit.toml has no body for it, and it needs {}", missing.join(", "))),
    }
}

async fn soap(probe: &mut Probe<'_>, operation: &SoapOperation, content: &str, wsdl: &str) -> Verdict {
    probe.step(operation.code.clone());
    let request = probe.target.envelope(operation, content);
    let unread = |error: xml::XmlError| Stop::failed(error.to_string());
    let wrapper = Element::read(request.body.as_bytes()).map_err(unread)?;
    {
        let document = xml::parse(wsdl).map_err(unread)?;
        if let Err(Invalid::Breaks(how) | Invalid::Other(how)) = Schema::of(&document).judge(&wrapper) {
            let why = format!("the request that kit.toml gives for {} is not as described: {how}", operation.code);
            return Err(Stop::not_applicable(why));
        }
    }
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let Some(answer) = reply.wrapper() else {
        return probe.check("a response", false);
    };
    let said = {
        let document = xml::parse(wsdl).map_err(unread)?;
        Schema::of(&document).judge(answer)
    };
    match said {
        Ok(()) => probe.check("the response is as the WSDL describes it", true),
        Err(Invalid::Unknown(what)) => {
            probe.note(format!("The response was not compared with the schema: {what} is not read by the kit."));
            probe.check("the response has the described name", answer.name == format!("{}Response", operation.code))
        }
        Err(Invalid::Breaks(how) | Invalid::Other(how)) => {
            probe.note(format!("Not as described: {how}"));
            probe.check("the response is as the WSDL describes it", false)
        }
    }
}

/// Every GET of a REST service whose values are known.
async fn rest(probe: &mut Probe<'_>, url: &str, document: &Value, left_out: &mut Vec<String>) -> Verdict {
    let services = probe.target.services.rest.clone();
    for service in services.iter().filter(|it| it.openapi == url) {
        for operation in &service.operations {
            let name = format!("{} {}", operation.method, operation.path);
            if operation.method != "GET" {
                left_out.push(format!("{name}: it may change something"));
                continue;
            }
            let Some(target) = probe.target.rest_target(operation) else {
                left_out.push(format!("{name}: [rest_parameters] of kit.toml lacks a value"));
                continue;
            };
            probe.step(name);
            let call = RestCall::new(Method::GET, &target).header("Accept", "application/json");
            let answer = probe.rest(service, &call).await?;
            let status = answer.status.as_u16().to_string();
            let class = format!("{}XX", status.get(..1).unwrap_or_default());
            let responses = operation.described.get("responses");
            let described = [status.as_str(), &class, "default"].into_iter().find_map(|it| responses?.get(it));
            probe.check(format!("the status {status} is described"), described.is_some())?;
            let kinds = described.map(|it| resolved(document, it)).and_then(|it| it.get("content")?.as_object());
            let kind = answer.header("content-type").and_then(|it| it.split(';').next()).unwrap_or_default().trim();
            let fits = kinds.is_none_or(|kinds| kinds.keys().any(|it| it == kind || it == "*/*" || kinds.is_empty()));
            probe.check(format!("the media type {kind} is described"), answer.body.is_empty() || fits)?;
        }
    }
    Ok(())
}
