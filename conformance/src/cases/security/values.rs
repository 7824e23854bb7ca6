//! Values that want to be more than values.

use serde_json::json;

use crate::cases::bait::Bait;
use crate::cases::expect::{fault, named_in_log, served, text};
use crate::kit::{Envelope, Probe, RestCall, SoapOperation, Stop, Verdict};
use crate::xml::escape;

/// What a log line may not hold as it is.
const MARKS: [&str; 3] = ["kit-se-09\r\nERROR forged", "kit-se-09\u{1b}[2J", "kit-se-09\u{202e}dekcatta"];

pub(super) async fn se_09(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let operation = target.read()?;
    let mut looked = false;
    for (label, name, value) in [
        ("a line break in the id", "id", MARKS[0]),
        ("a line break in the userId", "userId", MARKS[0]),
        ("a bidirectional mark in the id", "id", MARKS[2]),
        ("a bidirectional mark in the issue", "issue", MARKS[2]),
    ] {
        probe.step(label);
        let xml = escape(value).replace('\r', "&#13;").replace('\n', "&#10;");
        let request = target.request(operation)?.with(name, format!("<xrd:{name}>{xml}</xrd:{name}>"));
        let reply = probe.soap(operation, &request).await?;
        if reply.fault().is_some() {
            fault(probe, &reply, "Client")?;
        } else {
            served(probe, &request, &reply).await?;
        }
        let id = if name == "id" { value } else { request.id.as_str() };
        looked |= in_no_line(probe, "id", id).await?;
    }
    if let Ok((service, path)) = target.rest_read() {
        probe.step("a bidirectional mark in X-Road-Id, an escape in X-Road-UserId");
        let call = RestCall::get(&path).header("x-road-id", MARKS[2]).header("X-Road-Issue", MARKS[2]);
        let request_id = call.request_id.clone();
        let answer = probe.rest(service, &call).await?;
        probe.check("served or refused as a mistake of the client", answer.status.as_u16() < 500)?;
        looked |= in_no_line(probe, "requestId", &request_id).await?;
    }
    // An adapter that says nothing of good requests has something to say of these.
    probe.step("a line break in the id of a request that cannot be served");
    match probe.act("fail-backend", json!({ "on": true })).await {
        Ok(_) => {
            let xml = escape(MARKS[0]).replace('\r', "&#13;").replace('\n', "&#10;");
            let request = target.request(operation)?.with("id", format!("<xrd:id>{xml}</xrd:id>"));
            let reply = probe.soap(operation, &request).await;
            probe.act("fail-backend", json!({ "on": false })).await?;
            probe.check("a fault", reply?.fault().is_some())?;
            looked |= in_no_line(probe, "id", MARKS[0]).await?;
        }
        Err(Stop::NotApplicable(why)) => probe.note(format!("Not looked at: {why}")),
        Err(other) => return Err(other),
    }
    if looked { Ok(()) } else { Err(Stop::not_applicable("the act log-find gives no lines of the log (text)")) }
}

/// Whether there were lines to look at; in none of them does a mark stand as it is.
async fn in_no_line(probe: &mut Probe<'_>, key: &str, id: &str) -> Result<bool, Stop> {
    let found = match probe.act("log-find", json!({ key: id })).await {
        Ok(found) => found,
        Err(Stop::NotApplicable(_)) => return Ok(false),
        Err(other) => return Err(other),
    };
    let records = found.get("records").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    let texts: Vec<&str> = records.iter().filter_map(|it| text(it, "text")).collect();
    let raw = texts.iter().any(|line| MARKS.iter().any(|mark| line.contains(mark)));
    probe.check("no log line holds the value unescaped", !raw)?;
    Ok(!texts.is_empty())
}

pub(super) async fn se_10(probe: &mut Probe<'_>) -> Verdict {
    let bait = Bait::lay().await?;
    let (operation, template) = free_text(probe)?;
    for value in [
        format!("http://{}/kit", bait.address),
        format!("//{}/kit", bait.address),
        format!("@{}/", bait.address),
        "../../kit?x=1#y".to_owned(),
        "file:///etc/hostname".to_owned(),
    ] {
        probe.step(&value);
        let request = filled(probe, operation, template, &value);
        let reply = probe.soap(operation, &request).await?;
        not_the_servers(probe, &request, &reply).await?;
        if let Ok((operation, request)) = probe.target.sample("write", probe.target.settings.write.as_ref()) {
            let hostile = request.with_value("issue", &value).with_value("userId", &value);
            let reply = probe.soap(operation, &hostile).await?;
            not_the_servers(probe, &hostile, &reply).await?;
        }
    }
    bait.untouched(probe)
}

pub(super) async fn se_11(probe: &mut Probe<'_>) -> Verdict {
    let (operation, template) = free_text(probe)?;
    probe.step("a word that nothing is called");
    let request = filled(probe, operation, template, "kit-no-such-thing");
    let reply = probe.soap(operation, &request).await?;
    not_the_servers(probe, &request, &reply).await?;
    let nothing = reply.wrapper().map(|it| it.children.len());
    for value in [
        "' OR '1'='1",
        "x'; DROP TABLE evidence; --",
        "kit' UNION SELECT 1 --",
        "*)(uid=*))(|(uid=*",
        "' or count(/*)=1 or 'a'='b",
        "$1 ?1 :a @b",
        "%' OR 1=1 --",
        "\\\"; {{7*7}} ${7*7}",
    ] {
        probe.step(value);
        let request = filled(probe, operation, template, value);
        let reply = probe.soap(operation, &request).await?;
        not_the_servers(probe, &request, &reply).await?;
        if reply.fault().is_none() {
            let found = reply.wrapper().map(|it| it.children.len());
            probe.check("it finds as much as a word that nothing is called", found == nothing)?;
        }
    }
    Ok(())
}

pub(super) async fn se_16(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let failing = probe.act("fail-backend", json!({ "on": true })).await?;
    let reply = probe.soap(operation, &request).await;
    probe.act("fail-backend", json!({ "on": false })).await?;
    let reply = reply?;
    let fault = fault(probe, &reply, "Server")?;
    let said = format!("{} {}", fault.string, fault.detail.clone().unwrap_or_default()).to_ascii_lowercase();
    let telling =
        ["sql", "select ", "table", "127.0.0.1", "localhost", "/home/", "/var/", "/etc/", "connection refused"];
    let names: Vec<&str> = telling.into_iter().filter(|word| said.contains(word)).collect();
    probe.check(format!("nothing of the adapter's inside in the fault ({names:?})"), names.is_empty())?;
    match named_in_log(probe, &failing, &request.id, &fault).await {
        Ok(true) => {}
        Ok(false) => probe.note("The log was not looked at: it fails with the backend."),
        Err(Stop::NotApplicable(why)) => probe.note(format!("The log was not looked at: {why}")),
        Err(other) => return Err(other),
    }
    Ok(())
}

/// The operation that reads, and its content with `{text}`.
fn free_text<'t>(probe: &Probe<'t>) -> Result<(&'t SoapOperation, &'t str), Stop> {
    let operation = probe.target.read()?;
    let missing = || Stop::not_applicable("kit.toml does not say where the operation takes free text (text)");
    Ok((operation, probe.target.settings.text.as_deref().ok_or_else(missing)?))
}

fn filled(probe: &Probe<'_>, operation: &SoapOperation, template: &str, value: &str) -> Envelope {
    probe.target.envelope(operation, &template.replace("{text}", &escape(value)))
}

/// A response, or a fault that blames the client.
async fn not_the_servers(probe: &mut Probe<'_>, request: &Envelope, reply: &crate::kit::SoapReply) -> Verdict {
    if reply.fault().is_some() {
        return fault(probe, reply, "Client").map(drop);
    }
    served(probe, request, reply).await
}
