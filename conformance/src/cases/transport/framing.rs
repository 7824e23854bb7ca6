//! Framing and targets: what is one message, and for whom.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::{PATIENCE, answers, broken, connect, exchange, place, soap_head, status, write};
use crate::cases::bait::Bait;
use crate::kit::{Probe, Verdict};

/// An expectation is met within this time.
const AT_ONCE: Duration = Duration::from_secs(5);

pub(super) async fn tr_03(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    for (label, size, extension, trailer) in [
        ("extensions", 100, ";kit=1;name=\"a b\"", ""),
        ("trailers", 100, "", "X-Kit: kit\r\n"),
        ("one byte each", 1, "", ""),
    ] {
        probe.step(label);
        let request = probe.target.request(operation)?;
        let framing = "Connection: close\r\nTransfer-Encoding: chunked\r\n";
        let mut bytes = soap_head(&operation.url, framing).into_bytes();
        for chunk in request.bytes().chunks(size) {
            bytes.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("0\r\n{trailer}\r\n").as_bytes());
        let (came, _) = exchange(probe, &bytes).await?;
        probe.check("HTTP 200", status(&came) == 200)?;
        probe.check("one answer", answers(&came) == 1)?;
        let wrapper = format!("{}Response", operation.code);
        probe.check(format!("the element {wrapper}"), came.contains(&wrapper))?;
        probe.check("the request's own id comes back", came.contains(&request.id))?;
    }
    Ok(())
}

pub(super) async fn tr_04(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let start = format!("POST {path} HTTP/1.1\r\nHost: {host}");
    for (label, head) in [
        ("Content-Length and Transfer-Encoding", "\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("two different Content-Length", "\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
        ("Transfer-Encoding: xchunked", "\r\nTransfer-Encoding: xchunked\r\n\r\n"),
        ("bare LF", "\nContent-Length: 5\r\n\r\n"),
        ("a folded header", "\r\nX-Kit: a\r\n b\r\nContent-Length: 5\r\n\r\n"),
        ("a space before the colon", "\r\nContent-Length : 5\r\n\r\n"),
        ("NUL in a header", "\r\nX-Kit: a\0b\r\nContent-Length: 5\r\n\r\n"),
    ] {
        probe.step(label);
        // By either reading, something follows that must never be answered.
        let text = format!("{start}{head}0\r\n\r\nGET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let (came, closed) = exchange(probe, text.as_bytes()).await?;
        probe.check("HTTP 400", status(&came) == 400)?;
        probe.check("a single answer: nothing behind it is read as a request", answers(&came) == 1)?;
        probe.check("the connection is closed", closed)?;
    }
    Ok(())
}

pub(super) async fn tr_05(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let many = "X-Kit: k\r\n".repeat(200);
    for (label, request, wanted) in [
        (
            "a header block of 33 KiB",
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Kit: {}\r\n\r\n", "k".repeat(33 << 10)),
            431,
        ),
        ("a target of 9 KiB", format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "k".repeat(9 << 10)), 414),
        ("200 headers", format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{many}\r\n"), 431),
    ] {
        probe.step(label);
        let (came, closed) = exchange(probe, request.as_bytes()).await?;
        probe.check(format!("HTTP {wanted}"), status(&came) == wanted)?;
        probe.check("the connection is closed", closed)?;
    }
    Ok(())
}

pub(super) async fn tr_10(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let body = probe.target.request(operation)?.bytes();
    let framing = format!("Connection: close\r\nContent-Length: {}\r\nExpect: 100-continue\r\n", body.len());
    let head = soap_head(&operation.url, &framing);
    probe.sent(head.clone());
    let mut stream = connect(probe).await?;
    write(&mut stream, head.as_bytes()).await.map_err(|error| broken(&error))?;
    let mut piece = vec![0; 4096];
    let first = tokio::time::timeout(AT_ONCE, stream.read(&mut piece)).await;
    let read = first.ok().and_then(Result::ok).unwrap_or_default();
    let first = String::from_utf8_lossy(piece.get(..read).unwrap_or_default()).into_owned();
    probe.note(&first);
    if status(&first) != 100 {
        return probe.check("HTTP 100, or a final error at once", (400..600).contains(&status(&first)));
    }
    probe.check("HTTP 100", true)?;
    probe.step("the body");
    write(&mut stream, &body).await.map_err(|error| broken(&error))?;
    let (came, _) = super::to_the_end(&mut stream, PATIENCE).await;
    probe.note(crate::kit::printable(came.as_bytes()));
    probe.check("HTTP 200", status(&came) == 200)
}

pub(super) async fn tr_11(probe: &mut Probe<'_>) -> Verdict {
    let (_, host, path) = place(probe);
    let bait = Bait::lay().await?;
    let other = &bait.address;
    for (label, request, wanted) in [
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), [400, 405, 505]),
        (
            "Upgrade: h2c",
            format!(
                "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\n\
                 HTTP2-Settings: AAMAAABk\r\n\r\n"
            ),
            // To ignore it is what RFC 9110 §7.8 leaves open.
            [400, 405, 200],
        ),
        ("CONNECT", format!("CONNECT {other} HTTP/1.1\r\nHost: {other}\r\n\r\n"), [400, 405, 421]),
        (
            "a target with another host",
            format!("GET http://{other}{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"),
            [400, 405, 421],
        ),
        (
            "a target and a Host of elsewhere",
            format!("GET http://{other}{path} HTTP/1.1\r\nHost: {other}\r\nConnection: close\r\n\r\n"),
            [400, 405, 421],
        ),
    ] {
        probe.step(label);
        let (came, _) = exchange(probe, request.as_bytes()).await?;
        let one = wanted.map(|it| it.to_string()).join(", ");
        probe.check(format!("one of HTTP {one}"), wanted.contains(&status(&came)))?;
        probe.check("no other protocol", !came.contains("HTTP/1.1 101 "))?;
    }
    probe.step("another Host");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {other}\r\nConnection: close\r\n\r\n");
    let (came, _) = exchange(probe, request.as_bytes()).await?;
    // An adapter that was told no names of its own answers by itself: what it must not do is ask the other host.
    probe.check("HTTP 400, 404 or 421, or the adapter's own answer", [200, 400, 404, 421].contains(&status(&came)))?;
    bait.untouched(probe)
}
