//! Time: what is too slow, on either side.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::{connect, place, status, to_the_end};
use crate::cases::expect::{fault, record};
use crate::kit::{Probe, Stop, TEXT_XML, Verdict};

/// Longest time that a head or a body that trickles may take.
const SLOWEST: Duration = Duration::from_secs(75);
/// Bytes come so far apart.
const TRICKLE: Duration = Duration::from_secs(1);

pub(super) async fn tr_06(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    probe.act("slow-backend", json!({ "on": true })).await?;
    let begun = Instant::now();
    let verdict = async {
        let reply = probe.soap(operation, &request).await?;
        let (took, most) = (begun.elapsed(), probe.target.settings.limits.deadline_seconds);
        probe.check(format!("an answer within {most} s"), took < Duration::from_secs(most))?;
        fault(probe, &reply, "Server").map(drop)
    }
    .await;
    let back = probe.act("slow-backend", json!({ "on": false })).await;
    verdict?;
    back.map(drop)
}

pub(super) async fn tr_07(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let operation = probe.target.read()?;
    let rest = operation.url.split_once("://").map_or("", |(_, rest)| rest);
    let at = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Kit: {}", "k".repeat(200));
    let body = format!(
        "POST {at} HTTP/1.1\r\nHost: {host}\r\nSOAPAction: \r\nContent-Type: {TEXT_XML}\r\nContent-Length: 400\r\n\r\n"
    );
    // Both at the same time: they are waits.
    let both = futures_util::future::join(
        trickled(connect(probe).await?, String::new(), head),
        trickled(connect(probe).await?, body, "k".repeat(400)),
    );
    probe.sent("A head of a byte a second; a whole head, and a body of a byte a second");
    let ((head, head_took), (body, body_took)) = both.await;
    probe.step("the head");
    probe.note(format!("after {} s: {head:?}", head_took.map_or(0, |it| it.as_secs())));
    probe.check(format!("the connection is closed within {} s", SLOWEST.as_secs()), head_took.is_some())?;
    probe.check("408 or nothing", [0, 400, 408].contains(&status(&head)))?;
    probe.step("the body");
    probe.note(format!("after {} s: {body:?}", body_took.map_or(0, |it| it.as_secs())));
    probe.check(format!("the connection is closed within {} s", SLOWEST.as_secs()), body_took.is_some())?;
    probe.check("408, a fault or nothing", [0, 400, 408, 500].contains(&status(&body)))
}

/// Sends `first` at once and `rest` a byte at a time, until the adapter closes; what came, and after how long.
async fn trickled(
    mut stream: crate::security_server::AdapterStream,
    first: String,
    rest: String,
) -> (String, Option<Duration>) {
    let begun = Instant::now();
    if stream.write_all(first.as_bytes()).await.is_err() || stream.flush().await.is_err() {
        return (String::new(), Some(begun.elapsed()));
    }
    let mut came = String::new();
    for byte in rest.bytes() {
        if begun.elapsed() > SLOWEST {
            return (came, None);
        }
        if stream.write_all(&[byte]).await.is_err() || stream.flush().await.is_err() {
            return (came, Some(begun.elapsed()));
        }
        let (text, closed) = to_the_end(&mut stream, TRICKLE).await;
        came.push_str(&text);
        if closed {
            return (came, Some(begun.elapsed()));
        }
    }
    (came, None)
}

pub(super) async fn tr_08(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let rest = operation.url.split_once("://").map_or("", |(_, rest)| rest);
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let body = request.bytes();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nSOAPAction: \r\nContent-Type: {TEXT_XML}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    // Without a log there is nothing to see; ask before anything is sent.
    probe.act("log-find", json!({ "id": request.id })).await?;
    probe.sent(format!("{head}[{} bytes], and the connection is dropped at once", body.len()));
    let mut stream = connect(probe).await?;
    let broken = |error: std::io::Error| Stop::failed(format!("the connection broke: {error}"));
    stream.write_all(head.as_bytes()).await.map_err(broken)?;
    stream.write_all(&body).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    drop(stream);
    // The record is written when the exchange has ended, the second one when the adapter has noticed.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let record = record(probe, "id", &request.id).await?;
    probe.check("logged as not delivered", record.get("delivered").and_then(Value::as_bool) == Some(false))
}
