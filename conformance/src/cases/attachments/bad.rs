//! What must not be taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::net::TcpListener;

use super::order::{Order, no_error, refused, taken};
use crate::cases::expect::{fault, logged, nothing_executed, served};
use crate::kit::{Multipart, Part, Probe, Stop, Verdict};

pub(super) async fn at_04(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let (first, second) = (order.request(probe, &[]), order.request(probe, &[]));
    let mut message = Multipart::swa(first.bytes());
    message
        .parts
        .push(Part::new(&["content-type:text/xml; charset=UTF-8", "Content-ID: <later@example.fi>"], second.bytes()));
    message.parameters.push_str("; start=\"<later@example.fi>\"");
    let reply = probe.multipart(order.operation, &message).await?;
    if reply.fault().is_some() {
        fault(probe, &reply, "Client")?;
    } else {
        served(probe, &first, &reply).await?;
    }
    nothing_executed(probe, &second.id).await
}

pub(super) async fn at_07(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    probe.step("the closing delimiter is missing");
    let request = order.request(probe, &["cid:a"]);
    let mut message = order.message(&request).part(order.part("a", order.upload.content(400)));
    message.closed = false;
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await?;

    probe.step("cut in the middle of an attachment");
    let request = order.request(probe, &["cid:a"]);
    let mut message = order.message(&request).part(order.part("a", order.upload.content(400)));
    message.closed = false;
    if let Some(last) = message.parts.last_mut() {
        last.content.truncate(200);
    }
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await
}

pub(super) async fn at_08(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    probe.step("an attachment without Content-Type");
    let request = order.request(probe, &["cid:a"]);
    let message = order.message(&request).part(Part::new(&["Content-ID: <a>"], order.upload.content(100)));
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await?;

    probe.step("the SOAP part without Content-Type");
    let request = order.request(probe, &[]);
    let mut message = order.message(&request);
    if let Some(first) = message.parts.first_mut() {
        first.headers = vec!["Content-ID: <root>".to_owned()];
    }
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await
}

pub(super) async fn at_09(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    for encoding in ["base64", "quoted-printable"] {
        probe.step(encoding);
        let request = probe.target.request(operation)?;
        let content = match encoding {
            "base64" => super::order::base64_lines(&request.bytes()).into(),
            _ => Bytes::from(request.text().replace('=', "=3D")),
        };
        let mut message = Multipart::swa(content);
        if let Some(first) = message.parts.first_mut() {
            first.headers = vec![
                "content-type:text/xml; charset=UTF-8".to_owned(),
                format!("Content-Transfer-Encoding: {encoding}"),
            ];
        }
        let reply = probe.multipart(operation, &message).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}

pub(super) async fn at_11(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let content = order.upload.content(100);
    probe.step("a reference without part");
    let request = order.request(probe, &["cid:nowhere"]);
    let message = order.message(&request).part(order.part("a", content.clone()));
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await?;

    probe.step("two parts with the same Content-ID");
    let request = order.request(probe, &["cid:a"]);
    let other = order.upload.content(101);
    let message = order.message(&request).part(order.part("a", content.clone())).part(order.part("a", other));
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await?;

    probe.step("an unreferenced part");
    let request = order.request(probe, &["cid:a"]);
    let message = order.message(&request).part(order.part("a", content.clone())).part(order.part("b", content));
    let reply = probe.multipart(order.operation, &message).await?;
    if reply.fault().is_some() {
        return fault(probe, &reply, "Client").map(drop);
    }
    served(probe, &request, &reply).await?;
    no_error(probe, &reply)
}

pub(super) async fn at_12(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let bait = TcpListener::bind("127.0.0.1:0").await.map_err(|error| Stop::failed(error.to_string()))?;
    let address = bait.local_addr().map_err(|error| Stop::failed(error.to_string()))?;
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&visits);
    let waiting = tokio::spawn(async move {
        while bait.accept().await.is_ok() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut verdict = Ok(());
    for reference in [format!("http://{address}/kit.pdf"), "file:///etc/hostname".to_owned()] {
        probe.step(&reference);
        let request = order.request(probe, &[&reference]);
        let message = order.message(&request).part(order.part("a", order.upload.content(100)));
        verdict = match probe.multipart(order.operation, &message).await {
            Ok(reply) => refused(probe, &request, &reply).await,
            Err(stop) => Err(stop),
        };
        if verdict.is_err() {
            break;
        }
    }
    waiting.abort();
    let fetched = probe.check("nothing was fetched", visits.load(Ordering::Relaxed) == 0);
    verdict.and(fetched)
}

pub(super) async fn at_13(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let limit = probe.target.settings.limits.parts;
    for count in [limit + 1, 10_001] {
        probe.step(format!("{count} parts"));
        let request = order.request(probe, &[]);
        let mut message = order.message(&request);
        message.parts.extend((1..count).map(|number| order.part(&format!("f{number}"), "x")));
        let reply = probe.multipart(order.operation, &message).await?;
        refused(probe, &request, &reply).await?;
    }
    probe.step("afterwards");
    still_serves(probe).await
}

pub(super) async fn at_14(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let limit = usize::try_from(probe.target.settings.limits.attachments).unwrap_or(usize::MAX);
    if limit > 1 << 30 {
        return Err(Stop::not_applicable("the limit of attachments is above 1 GiB; run the adapter with a lower one"));
    }
    let request = order.request(probe, &["cid:a"]);
    let message = order.message(&request).part(order.part("a", order.upload.content(limit + (1 << 20))));
    let reply = probe.multipart(order.operation, &message).await?;
    refused(probe, &request, &reply).await?;
    probe.step("afterwards");
    still_serves(probe).await
}

pub(super) async fn at_15(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let long = "n".repeat(64 * 1024);
    for name in ["../../etc/passwd", "..\\..\\kit.pdf", "/etc/passwd", long.as_str(), "a\u{202e}fdp.exe\nERROR kit"] {
        probe.step(format!("the name {}", name.chars().take(40).collect::<String>().escape_debug()));
        let request = order.named(probe, &[("cid:a", name)]);
        let message = order.message(&request).part(order.part("a", order.upload.content(100)));
        let reply = probe.multipart(order.operation, &message).await?;
        if reply.fault().is_some() {
            fault(probe, &reply, "Client")?;
        } else {
            served(probe, &request, &reply).await?;
        }
        in_no_line(probe, &request.id, name).await?;
    }
    for name in ["../../etc/kit-at-15", "kit\u{0}at-15"] {
        probe.step(format!("the part's header names {}", name.escape_debug()));
        let content = order.upload.content(100);
        let request = order.request(probe, &["cid:a"]);
        let mut part = order.part("a", content.clone());
        part.headers.push(format!("Content-Disposition: attachment; filename=\"{name}\""));
        let reply = probe.multipart(order.operation, &order.message(&request).part(part)).await?;
        if reply.fault().is_some() {
            refused(probe, &request, &reply).await?;
        } else {
            taken(probe, &request, &reply, &[content]).await?;
        }
    }
    probe.step("afterwards");
    still_serves(probe).await
}

/// A log line never holds the name with its control characters.
async fn in_no_line(probe: &mut Probe<'_>, id: &str, name: &str) -> Verdict {
    let Some(record) = logged(probe, "id", id).await? else { return Ok(()) };
    let Some(text) = record.get("text").and_then(serde_json::Value::as_str) else { return Ok(()) };
    let raw = name.contains(['\n', '\u{202e}']) && text.contains(name);
    probe.check("no log line holds the name unescaped", !raw)
}

/// A good request is served.
async fn still_serves(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await
}
