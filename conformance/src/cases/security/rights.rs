//! Who may do what, and how often.

use http::Method;
use uuid::Uuid;

use crate::ca::{CertificateSpec, Identity, hostile};
use crate::cases::expect::{fault, nothing_executed, served, text};
use crate::kit::{Element, Envelope, Probe, SoapReply, Stop, Verdict, block};
use crate::security_server::{ClientId, Door, RawBody, RawRequest, TlsTweaks};

pub(super) async fn se_07(probe: &mut Probe<'_>) -> Verdict {
    let missing = || Stop::not_applicable("no --client-cert was given: the adapter is called without TLS");
    let identity = probe.target.identity.clone().ok_or_else(missing)?;
    let operation = probe.target.read()?;
    let spec = CertificateSpec::internal("ss9.example.fi", &["localhost"], jiff::civil::date(2026, 1, 1));
    let stranger: Identity = spec.issue().map_err(|error| Stop::failed(error.to_string()))?;
    let stolen = hostile::stolen_certificate(&identity, &stranger);
    for (label, shown) in
        [("nobody", None), ("another certificate", Some(&stranger)), ("a stolen certificate", Some(&stolen))]
    {
        probe.step(label);
        let request = probe.target.request(operation)?;
        probe.sent(request.text());
        let door = Door::new(shown, TlsTweaks { no_resumption: true, ..TlsTweaks::default() })
            .map_err(|error| Stop::failed(format!("the kit could not use a certificate: {error}")))?;
        let answer = door
            .send(RawRequest {
                method: Method::POST,
                url: operation.url.clone(),
                headers: vec![("content-type".to_owned(), crate::kit::TEXT_XML.into())],
                body: RawBody::Sized(request.bytes()),
            })
            .await;
        let refused = match answer {
            Ok(answer) => {
                probe.note(format!("HTTP {}", answer.status.as_u16()));
                (400..500).contains(&answer.status.as_u16())
            }
            Err(rejection) => {
                probe.note(format!("No answer: {}", rejection.text));
                true
            }
        };
        probe.check("no answer but a refusal", refused)?;
        match probe.act("log-find", serde_json::json!({ "id": request.id })).await {
            Ok(found) => {
                let none = found.get("records").and_then(serde_json::Value::as_array).is_some_and(Vec::is_empty);
                probe.check("the identity was not even read: no record of this id", none)?;
            }
            Err(Stop::NotApplicable(why)) => probe.note(format!("The log was not looked at: {why}")),
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

pub(super) async fn se_08(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let missing =
        || Stop::not_applicable("kit.toml has no client that may call one operation and not another ([limited])");
    let limited = target.settings.limited.as_ref().ok_or_else(missing)?;
    let wrong = || Stop::not_applicable("kit.toml: the client in [limited] is no X-Road identifier");
    let client = ClientId::from_header(&limited.client).ok_or_else(wrong)?;

    probe.step("what it may");
    let (operation, request) = target.sample("limited.may", Some(&limited.may))?;
    let request = request.with("client", block::client(&client));
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;

    probe.step("what it may not");
    let (operation, request) = target.sample("limited.may_not", Some(&limited.may_not))?;
    let request = request.with("client", block::client(&client));
    let reply = probe.soap(operation, &request).await?;
    fault(probe, &reply, "Client")?;
    nothing_executed(probe, &request.id).await?;
    if let Some(record) = crate::cases::expect::logged(probe, "id", &request.id).await? {
        probe.check("the record names the client", text(&record, "client") == Some(&limited.client))?;
    }
    Ok(())
}

pub(super) async fn se_12(probe: &mut Probe<'_>) -> Verdict {
    probe.step("a read, twice");
    let target = probe.target;
    let operation = target.read()?;
    let request = target.request(operation)?;
    for _ in 0..2 {
        let reply = probe.soap(operation, &request).await?;
        served(probe, &request, &reply).await?;
    }
    probe.step("a write, twice");
    let (operation, request) = target.sample("write", target.settings.write.as_ref())?;
    let mut faults = 0;
    for _ in 0..2 {
        let reply = probe.soap(operation, &request).await?;
        if reply.fault().is_some() {
            fault(probe, &reply, "Client")?;
            faults += 1;
        } else {
            served(probe, &request, &reply).await?;
        }
    }
    probe.check("at least one of the two was served", faults < 2)?;
    let found = probe.act("log-find", serde_json::json!({ "id": request.id })).await?;
    let records = found.get("records").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    probe.check("both are recorded", records.len() == 2)?;
    let effects: Vec<u64> = records.iter().filter_map(|it| it.get("effects")?.as_u64()).collect();
    let Ok([first, second]) = <[u64; 2]>::try_from(effects) else {
        return Err(Stop::not_applicable("the act log-find does not say what an exchange changed (effects)"));
    };
    probe.check("the first changed something", first > 0)?;
    probe.check("the second changed nothing", second == 0)
}

pub(super) async fn se_13(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let plain = target.request(operation)?;
    let (real, hidden) = (executed(probe, "the real Body alone", &plain).await?, hidden(probe).await?);
    for hidden in &hidden {
        let text = hidden.text();
        let envelope = text.split_once("?>").map_or(text.as_str(), |(_, rest)| rest);
        for (label, block) in [
            ("an envelope in a header block", format!("<w:w xmlns:w=\"urn:example:kit\">{envelope}</w:w>")),
            (
                "a Body in a header block",
                format!("<w:w xmlns:w=\"urn:example:kit\"><soap:Body>{}</soap:Body></w:w>", hidden.body),
            ),
            ("a wrapper as a header block", hidden.body.clone()),
        ] {
            let mut request = plain.clone().with_value("id", &Uuid::new_v4().to_string());
            request.blocks.insert(0, ("kit-wrapped".to_owned(), block));
            // Header blocks that the adapter does not know are passed over (SOAP 1.1 §4.2.3), whatever is in them.
            let answer = executed(probe, label, &request).await?;
            probe.check("the answer is that to the real Body", answer == real)?;
            nothing_executed(probe, &request.id).await?;
            nothing_executed(probe, &hidden.id).await?;
        }
        probe.step("two Bodies");
        let request = plain.clone().with_value("id", &Uuid::new_v4().to_string());
        let second = format!("</soap:Body><soap:Body>{}</soap:Body>", hidden.body);
        let document = request.text().replacen("</soap:Body>", &second, 1);
        let reply = probe.post(&operation.url, crate::kit::TEXT_XML, "", document).await?;
        fault(probe, &reply, "Client")?;
        nothing_executed(probe, &request.id).await?;
    }
    Ok(())
}

/// Messages that are hidden: one of the same service that is answered otherwise, and one that changes something.
async fn hidden(probe: &mut Probe<'_>) -> Result<Vec<Envelope>, Stop> {
    let target = probe.target;
    let operation = target.read()?;
    let mut hidden = Vec::new();
    if let Some(template) = &target.settings.text {
        let other = target.envelope(operation, &template.replace("{text}", "kit-no-such-thing"));
        let real = executed(probe, "the real Body alone", &target.request(operation)?).await?;
        probe.step("the Body that will be hidden, alone");
        let reply = probe.soap(operation, &other).await?;
        if shape(&reply) == real {
            probe.note("It is answered alike: whether it was executed could not be told.");
        } else {
            hidden.push(other);
        }
    }
    if let Ok((_, write)) = target.sample("write", target.settings.write.as_ref()) {
        hidden.push(write);
    }
    if hidden.is_empty() {
        return Err(Stop::not_applicable("kit.toml has neither `text` nor [write]: there is nothing to hide"));
    }
    Ok(hidden)
}

/// The shape of the response to a request that is served.
async fn executed(probe: &mut Probe<'_>, label: &str, request: &Envelope) -> Result<String, Stop> {
    probe.step(label);
    let operation = probe.target.read()?;
    let reply = probe.soap(operation, request).await?;
    served(probe, request, &reply).await?;
    Ok(shape(&reply))
}

/// The elements of a response, without their text.
fn shape(reply: &SoapReply) -> String {
    fn names(element: &Element, into: &mut String) {
        into.push_str(&element.name);
        into.push('(');
        for child in &element.children {
            names(child, into);
        }
        into.push(')');
    }
    let mut shape = String::new();
    if let Some(first) = reply.body().first() {
        names(first, &mut shape);
    }
    shape
}
