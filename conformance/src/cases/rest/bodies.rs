//! Bodies, and methods that have none.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{good, posting};
use crate::cases::expect::{no_foreign_headers, problem};
use crate::kit::{Probe, RestCall, Stop, Verdict};
use crate::security_server::RawBody;

/// Longest time for 50 MiB.
const PATIENCE: Duration = Duration::from_secs(100);

pub(super) async fn re_09(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    target.rest_read()?;
    for service in &target.services.rest {
        let deletes = service.operations.iter().filter(|it| it.method == "DELETE");
        let with_body = deletes.filter(|it| it.described.get("requestBody").is_some()).count();
        probe.sent(format!("(the OpenAPI document {})", service.openapi));
        probe.check("no DELETE with a requestBody", with_body == 0)?;
    }
    Ok(())
}

pub(super) async fn re_10(probe: &mut Probe<'_>) -> Verdict {
    let (service, operation) = posting(probe)?;
    let mut call = RestCall::new(Method::POST, &operation.path);
    call.body = RawBody::Sized(Bytes::new());
    let answer = probe.rest(service, &call).await?;
    problem(probe, &answer, &[400, 411, 415, 422])
}

pub(super) async fn re_11(probe: &mut Probe<'_>) -> Verdict {
    let (service, path) = probe.target.rest_read()?;
    let get = good(probe).await?;
    probe.step("HEAD");
    let head = probe.rest(service, &RestCall::new(Method::HEAD, &path)).await?;
    probe.check("the status of GET", head.status == get.status)?;
    probe.check("the Content-Type of GET", head.header("content-type") == get.header("content-type"))?;
    probe.check("no body", head.body.is_empty())?;
    probe.step("OPTIONS");
    let options = probe.rest(service, &RestCall::new(Method::OPTIONS, &path)).await?;
    probe.check("HTTP 204, 200 or 405", [200, 204, 405].contains(&options.status.as_u16()))?;
    no_foreign_headers(probe, &options)?;
    probe.step("TRACE");
    let call = RestCall::new(Method::TRACE, &path).header("X-Kit", "kit-trace-marker");
    let trace = probe.rest(service, &call).await?;
    probe.check("HTTP 405 or 501", [405, 501].contains(&trace.status.as_u16()))?;
    probe.check("no echo of the request", !trace.text().contains("kit-trace-marker"))
}

/// What is sent at a time.
const PIECE: usize = 64 * 1024;
/// How much in all.
const WHOLE: usize = 50 << 20;
/// More than this an adapter need not hold for a body of 50 MiB.
const HELD: u64 = 40 << 20;

pub(super) async fn re_13(probe: &mut Probe<'_>) -> Verdict {
    let (service, operation) = posting(probe)?;
    let url = format!("{}{}", service.base, operation.path);
    let before = memory(probe).await?;
    for (label, content_type) in
        [("binary", "application/octet-stream"), ("multipart/form-data", "multipart/form-data; boundary=kit")]
    {
        probe.step(label);
        let (sent, answer) = pour(probe, &url, content_type).await?;
        probe.note(format!("{sent} of {WHOLE} bytes were taken before the answer:\n{answer}"));
        let status: u16 = answer.split(' ').nth(1).and_then(|it| it.parse().ok()).unwrap_or_default();
        let fits = (200..300).contains(&status) || [400, 413, 415, 422].contains(&status);
        probe.check("taken, or refused with 400, 413, 415 or 422", fits)?;
        if sent >= WHOLE {
            match (before, memory(probe).await?) {
                (Some(before), Some(after)) => {
                    let grown = after.saturating_sub(before);
                    probe.check(
                        format!("streamed: memory grows by less than {HELD} bytes, not by {grown}"),
                        grown < HELD,
                    )?;
                }
                _ => probe.note("Whether it was held in memory cannot be told: no act says how much the adapter uses."),
            }
        } else {
            probe.check("refused before all of it was sent", true)?;
        }
    }
    probe.step("afterwards");
    good(probe).await.map(drop)
}

/// Bytes of memory that the adapter uses, when an act says it.
async fn memory(probe: &mut Probe<'_>) -> Result<Option<u64>, Stop> {
    match probe.act("resources", serde_json::json!({})).await {
        Ok(answer) => Ok(answer.get("memory").and_then(serde_json::Value::as_u64)),
        Err(Stop::NotApplicable(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Sends 50 MiB in chunks for as long as the adapter takes them; gives what it took and the head of its answer.
async fn pour(probe: &mut Probe<'_>, url: &str, content_type: &str) -> Result<(usize, String), Stop> {
    let (authority, path) = parts_of(url);
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {authority}\r\nX-Road-Client: {}\r\nx-road-request-id: {}\r\nx-road-id: KIT-{}\r\n\
         Content-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n",
        probe.target.client.encoded(),
        uuid::Uuid::new_v4(),
        uuid::Uuid::new_v4()
    );
    probe.sent(format!("{head}[{WHOLE} bytes in chunks of {PIECE}]"));
    let lost = |what: &str| Stop::failed(format!("no answer: {what}"));
    let stream = probe.target.door.connect(url).await.map_err(|error| lost(&error.text))?;
    let (mut reading, mut writing) = tokio::io::split(stream);
    let first = b"--kit\r\nContent-Disposition: form-data; name=\"kit\"; filename=\"kit.bin\"\r\n\
                  Content-Type: application/octet-stream\r\n\r\n";
    let writer = async {
        let mut sent = 0;
        if writing.write_all(head.as_bytes()).await.is_err() {
            return sent;
        }
        let mut content = first.to_vec();
        while sent < WHOLE {
            content.resize(PIECE, b'k');
            let mut chunk = format!("{PIECE:x}\r\n").into_bytes();
            chunk.extend_from_slice(&content);
            chunk.extend_from_slice(b"\r\n");
            if writing.write_all(&chunk).await.is_err() || writing.flush().await.is_err() {
                return sent;
            }
            sent += PIECE;
            content.clear();
        }
        let _ = writing.write_all(b"0\r\n\r\n").await;
        let _ = writing.flush().await;
        sent
    };
    let reader = async {
        let (mut got, mut piece) = (Vec::new(), vec![0; 4096]);
        while memchr::memmem::find(&got, b"\r\n\r\n").is_none() {
            match reading.read(&mut piece).await {
                Ok(read) if read > 0 => got.extend_from_slice(piece.get(..read).unwrap_or_default()),
                _ => break,
            }
        }
        String::from_utf8_lossy(&got).into_owned()
    };
    let both = async {
        tokio::pin!(writer, reader);
        let mut sent = None;
        loop {
            tokio::select! {
                taken = &mut writer, if sent.is_none() => sent = Some(taken),
                // What was under way when the answer came counts as not sent to the end.
                answer = &mut reader => return (sent.unwrap_or_default(), answer),
            }
        }
    };
    let (sent, answer) =
        tokio::time::timeout(PATIENCE, both).await.map_err(|_| lost("nothing came, and nothing more was taken"))?;
    probe.check("an answer", answer.starts_with("HTTP/1.1 "))?;
    Ok((sent, answer))
}

/// Authority and path of an address.
fn parts_of(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or((rest, "/"), |at| rest.split_at(at))
}
