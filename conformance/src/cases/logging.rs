//! Logging and correlation (xroad.md §9.11).

use aws_lc_rs::digest::{SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::expect::{record, served, text};
use super::{Case, case};
use crate::kit::{Multipart, Part, Probe, RestCall, Stop, Verdict};
use crate::security_server::hash;
use crate::security_server::soap::XROAD;

pub(super) const CASES: &[Case] = &[
    case!(
        Logging,
        "LO-01",
        "PR-MESS 2.2",
        "the logged digest is the requestHash that the consumer gets, byte order mark and attachments or not",
        "Only a digest of the bytes as they came ties the adapter's record to the signed message.",
        lo_01
    ),
    case!(
        Logging,
        "LO-02",
        "PR-REST 4.3",
        "a REST exchange is found by x-road-request-id and by x-road-id",
        "The security server's operator knows the one, the consumer the other.",
        lo_02
    ),
    case!(
        Logging,
        "LO-03",
        "UG-SYSPAR 3.7",
        "of a service whose content is not logged, the log keeps ids and digests and no values",
        "Paths and queries hold persons.",
        lo_03
    ),
    case!(
        Logging,
        "LO-04",
        "xroad.md 9.11",
        "a record that was changed is found by the log's own verification",
        "A log that anybody may rewrite proves nothing.",
        lo_04
    ),
    case!(
        Logging,
        "LO-05",
        "xroad.md 9.11",
        "when the log cannot be written, the configured policy holds",
        "What was done without a record cannot be shown later.",
        lo_05
    ),
    case!(
        Logging,
        "LO-06",
        "PR-SECTOKEN 3",
        "tokens and personal identity codes are in no sink",
        "A log is read by more people than the register behind it.",
        lo_06
    ),
    case!(
        Logging,
        "LO-07",
        "PR-OPMON 2",
        "times are UTC and lie within those that the security server sees",
        "Otherwise records of the two cannot be laid side by side.",
        lo_07
    ),
];

async fn lo_01(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    probe.step("a byte order mark");
    let request = probe.target.request(operation)?;
    let bytes = [b"\xef\xbb\xbf", request.text().as_bytes()].concat();
    let reply = probe.post(&operation.url, crate::kit::TEXT_XML, "", bytes.clone()).await?;
    probe.accepted(&bytes, &reply).await?;
    let found = record(probe, "id", &request.id).await?;
    digest_is(probe, &found, &bytes)?;

    probe.step("two attachments, one of them in base64");
    let request = probe.target.request(operation)?;
    let contents: [&[u8]; 2] = [b"kit \x00\xff\r\n", b"attachment"];
    let encoded = Part::new(
        &["content-type:application/octet-stream", "Content-Transfer-Encoding: base64", "Content-ID: <b>"],
        STANDARD.encode(contents[1]),
    );
    let message =
        Multipart::swa(request.bytes()).part(Part::binary("application/octet-stream", "a", contents[0])).part(encoded);
    let reply = probe.multipart(operation, &message).await?;
    if reply.fault().is_some() {
        super::expect::fault(probe, &reply, "Client")?;
    } else {
        served(probe, &request, &reply).await?;
    }
    let found = record(probe, "id", &request.id).await?;
    digest_is(probe, &found, &request.bytes())?;
    let parts = found.get("requestParts").and_then(Value::as_array).cloned().unwrap_or_default();
    if parts.is_empty() && reply.fault().is_some() {
        probe.note("The message was refused before its attachments were read: the record says nothing of them.");
        return Ok(());
    }
    probe.check("the record has both attachments", parts.len() == contents.len())?;
    for (part, content) in parts.iter().zip(contents) {
        let size = part.get("size").and_then(Value::as_u64);
        probe.check("the size of an attachment, decoded", size == u64::try_from(content.len()).ok())?;
        let wanted = STANDARD.encode(digest(&SHA512, content));
        probe.check("its SHA-512, decoded", text(part, "digest") == Some(&wanted))?;
    }
    Ok(())
}

fn digest_is(probe: &mut Probe<'_>, record: &Value, bytes: &[u8]) -> Verdict {
    let wanted = hash::soap(bytes);
    probe.check(format!("requestDigest {wanted}"), text(record, "requestDigest") == Some(&wanted))
}

async fn lo_02(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let call = RestCall::get(&path);
    let (id, request_id) = (call.id.clone(), call.request_id.clone());
    let answer = probe.rest(service, &call).await?;
    probe.check("HTTP 200", answer.status == 200)?;
    for (key, value, other, expected) in [("id", &id, "requestId", &request_id), ("requestId", &request_id, "id", &id)]
    {
        let answer = probe.act("log-find", json!({ key: value })).await?;
        let records = answer.get("records").and_then(Value::as_array).cloned().unwrap_or_default();
        probe.check(format!("one record by {key}"), records.len() == 1)?;
        let found = records.first().and_then(|it| text(it, other));
        probe.check(format!("its {other} is the one that was sent"), found == Some(expected))?;
    }
    Ok(())
}

async fn lo_03(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let missing = || Stop::not_applicable("kit.toml names no service whose content is not logged (unlogged)");
    let template = target.settings.unlogged.as_deref().ok_or_else(missing)?;
    let secret = format!("kit-lo-03-{}", uuid::Uuid::new_v4());
    let path = template.replace("{text}", &secret);
    let call = RestCall::get(&path).header("X-Road-UserId", &secret);
    let answer = probe.rest(target.rest_service("GET", &path)?, &call).await?;
    probe.check("the call is answered", answer.status.as_u16() < 500)?;
    let found = record(probe, "requestId", &call.request_id).await?;
    probe.check("the ids are kept", text(&found, "id") == Some(&call.id))?;
    let wanted = STANDARD.encode(digest(&SHA512, &answer.body));
    probe.check("the response's SHA-512 is kept", text(&found, "responseDigest") == Some(&wanted))?;
    probe.check("no value of path, query or header is in the log", !found.to_string().contains(&secret))
}

async fn lo_04(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let answer = probe.act("tamper-record", json!({ "id": request.id })).await?;
    let clean = answer.get("clean").and_then(Value::as_bool);
    probe.check("the verification says that the log is not clean", clean == Some(false))?;
    let problem = text(&answer, "problem").unwrap_or_default();
    probe.check("and says what is wrong", !problem.is_empty())
}

async fn lo_05(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let policy = probe.act("fill-disk", json!({ "on": true })).await?;
    let reply = probe.soap(operation, &request).await;
    let after = probe.act("fill-disk", json!({ "on": false })).await?;
    let reply = reply?;
    match after.get("alarm").and_then(Value::as_bool) {
        Some(alarm) => probe.check("the adapter has raised an alarm", alarm)?,
        None => probe.note("Whether there was an alarm was not looked at: the act fill-disk does not say it."),
    }
    match text(&policy, "policy") {
        Some("closed") => super::expect::fault(probe, &reply, "Server").map(drop)?,
        Some("open") => served(probe, &request, &reply).await?,
        _ => return Err(Stop::failed("the act fill-disk does not say which policy is configured")),
    }
    probe.step("afterwards");
    let request = probe.target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await
}

async fn lo_06(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let (token, person) = ("eyJhbGciOiJFUzI1NiJ9.a2l0LWxvLTA2.c2lnbmF0dXJl", "010594Y901W");
    let block = format!(
        "<st:securityToken xmlns:st=\"http://x-road.eu/xsd/security-token.xsd\" tokenType=\"urn:ietf:params:oauth:token-type:jwt\">\
         {token}</st:securityToken>"
    );
    for (label, version) in [("served", "4.0"), ("refused", "3.1")] {
        probe.step(label);
        let request = probe.target.request(operation)?.with("kit", &block).with_value("userId", person);
        let request = request.with_value("issue", person).with_value("protocolVersion", version);
        let reply = probe.soap(operation, &request).await?;
        let echoed = reply.block(XROAD, "userId").map(|it| it.text.as_str());
        probe.check("served or refused", reply.fault().is_some() || echoed == Some(person))?;
        let found = record(probe, "id", &request.id).await?.to_string();
        probe.check("no token in the record or the lines", !found.contains(token))?;
        probe.check("no personal identity code in the record or the lines", !found.contains(person))?;
    }
    if let Ok((service, path)) = probe.target.rest_read() {
        probe.step("REST");
        let call =
            RestCall::get(&path).header("X-Road-UserId", person).header("Authorization", format!("Bearer {token}"));
        probe.rest(service, &call).await?;
        let found = record(probe, "requestId", &call.request_id).await?.to_string();
        probe.check("no token in the record or the lines", !found.contains(token))?;
        probe.check("no personal identity code in the record or the lines", !found.contains(person))?;
    }
    Ok(())
}

async fn lo_07(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let mut last: Option<i64> = None;
    for run in 1..=3 {
        probe.step(format!("call {run}"));
        let request = probe.target.request(operation)?;
        let out = Timestamp::now();
        let reply = probe.soap(operation, &request).await?;
        let back = Timestamp::now();
        served(probe, &request, &reply).await?;
        let found = record(probe, "id", &request.id).await?;
        let time = |name: &str| {
            let written = text(&found, name).filter(|it| it.ends_with('Z') || it.ends_with("+00:00"));
            written.and_then(|it| it.parse::<Timestamp>().ok()).map(Timestamp::as_millisecond)
        };
        let (Some(received), Some(sent)) = (time("received"), time("sent")) else {
            return probe.check("received and sent as RFC 3339 in UTC", false);
        };
        let seen = format!("{} ≤ {received} ≤ {sent} ≤ {}", out.as_millisecond(), back.as_millisecond());
        let within = out.as_millisecond() <= received && received <= sent && sent <= back.as_millisecond();
        probe.check(format!("the times lie within those of the security server: {seen}"), within)?;
        probe.check("in the order of the calls", last.is_none_or(|last| last <= received))?;
        last = Some(sent);
    }
    Ok(())
}
