//! What must be read.

use bytes::Bytes;

use super::order::{Kind, Order, base64_lines, no_error, taken};
use crate::cases::expect::served;
use crate::kit::{Multipart, Part, Probe, Stop, Verdict};
use crate::mime::{ContentType, Event, Reader};

pub(super) async fn at_01(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::of(probe, Kind::Swa)?;
    let content = order.upload.content(3000);
    let request = order.request(probe, &["cid:file-1@example.fi"]);
    let headers = [
        format!("content-type:{}", order.upload.content_type),
        "Content-Transfer-Encoding: base64".to_owned(),
        "Content-ID: <file-1@example.fi>".to_owned(),
    ];
    let part = Part { headers: headers.to_vec(), content: base64_lines(&content).into() };
    let reply = probe.multipart(order.operation, &order.message(&request).part(part)).await?;
    taken(probe, &request, &reply, &[content]).await
}

pub(super) async fn at_02(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::of(probe, Kind::Mtom)?;
    let content = order.upload.content(300_000);
    let request = order.request(probe, &["cid:file-1@example.fi"]);
    let message = order.message(&request).part(order.part("file-1@example.fi", content.clone()));
    let reply = probe.multipart(order.operation, &message).await?;
    taken(probe, &request, &reply, &[content]).await
}

pub(super) async fn at_03(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let content = order.upload.content(500);
    let request = order.request(probe, &["cid:a"]);
    let mut message = order.message(&request);
    let headers: Vec<String> = vec![
        "content-transfer-encoding:binary".to_owned(),
        "x-kit:1".to_owned(),
        "content-id:<a>".to_owned(),
        format!("content-type:{}", order.upload.content_type),
    ];
    message.parts.push(Part { headers, content: content.clone() });
    if let Some(first) = message.parts.first_mut() {
        for line in &mut first.headers {
            *line = line.replacen(": ", ":", 1).to_lowercase().replace("utf-8", "UTF-8");
        }
        first.headers.reverse();
    }
    let reply = probe.multipart(order.operation, &message).await?;
    taken(probe, &request, &reply, &[content]).await
}

pub(super) async fn at_05(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let reply = probe.multipart(operation, &Multipart::swa(request.bytes())).await?;
    served(probe, &request, &reply).await
}

pub(super) async fn at_06(probe: &mut Probe<'_>) -> Verdict {
    type Change = fn(&mut Multipart);
    let changes: [(&str, Change); 5] = [
        ("bare line feeds", |it| it.line_end = "\n"),
        ("a quoted boundary with odd characters", |it| "a b:c='(/)'+_,-.?".clone_into(&mut it.boundary)),
        ("white space after delimiters", |it| it.padding = " \t "),
        ("a preamble", |it| it.preamble = "This is a multi-part message."),
        ("an epilogue", |it| it.epilogue = "\r\nNothing follows.\r\n"),
    ];
    for (label, change) in changes {
        probe.step(label);
        let order = Order::any(probe)?;
        let content = order.upload.content(400);
        let request = order.request(probe, &["cid:a"]);
        let mut message = order.message(&request).part(order.part("a", content.clone()));
        change(&mut message);
        let reply = probe.multipart(order.operation, &message).await?;
        taken(probe, &request, &reply, &[content]).await?;
    }
    Ok(())
}

pub(super) async fn at_10(probe: &mut Probe<'_>) -> Verdict {
    for (reference, id) in [("cid:a%40b%2Fc%20d", "a@b/c d"), ("cid:x+y@example.fi", "x+y@example.fi")] {
        probe.step(format!("{reference} and <{id}>"));
        let order = Order::any(probe)?;
        let content = order.upload.content(200);
        let request = order.request(probe, &[reference]);
        let message = order.message(&request).part(order.part(id, content.clone()));
        let reply = probe.multipart(order.operation, &message).await?;
        taken(probe, &request, &reply, &[content]).await?;
    }
    Ok(())
}

pub(super) async fn at_16(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let request = order.request(probe, &["cid:a"]);
    let mut message = order.message(&request);
    let boundary = message.boundary.clone();
    let mut content = order.upload.content(50).to_vec();
    content.extend_from_slice(format!("\r\n--{boundary}X\r\nstill data\r\n--{boundary}-- no\r\n--\r\n").as_bytes());
    let content = Bytes::from(content);
    message.parts.push(order.part("a", content.clone()));
    let reply = probe.multipart(order.operation, &message).await?;
    taken(probe, &request, &reply, &[content]).await
}

pub(super) async fn at_17(probe: &mut Probe<'_>) -> Verdict {
    let target = probe.target;
    let (operation, request) = target.sample("download", target.settings.download.as_ref())?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    let kind = ContentType::parse(reply.answer.header("content-type").unwrap_or_default());
    let boundary = kind.as_ref().filter(|it| it.essence() == "multipart/related").and_then(|it| it.boundary());
    probe.check("Content-Type multipart/related with a boundary", boundary.is_some())?;
    let mut reader = Reader::new(boundary.unwrap_or_default());
    let mut events = Vec::new();
    let read = reader.push(&reply.answer.body, &mut events).and_then(|()| reader.finish(&mut events));
    probe.check("no MIME header line above 1000 characters, and the closing delimiter is there", read == Ok(true))?;
    let parts: Vec<_> =
        events.iter().filter_map(|it| if let Event::Start(headers) = it { Some(headers) } else { None }).collect();
    probe.check("the SOAP part and at least two attachments", parts.len() >= 3)?;
    probe.check("each part with a Content-Type", parts.iter().all(|it| it.content_type().is_some()))?;
    probe.check("each attachment with a Content-ID", parts.iter().skip(1).all(|it| it.get("content-id").is_some()))?;
    let plain = |encoding: Option<&[u8]>| {
        encoding.is_none_or(|it| [&b"8bit"[..], b"binary", b"7bit"].contains(&it.to_ascii_lowercase().as_slice()))
    };
    let first = parts.first().is_some_and(|it| plain(it.get("content-transfer-encoding")));
    probe.check("the SOAP part first, not encoded", first)
}

pub(super) async fn at_18(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let (one, two) = (order.upload.content(300), order.upload.content(301));
    let request = order.request(probe, &["cid:inner-1", "cid:inner-2"]);
    let bare = |id: &str, content: &Bytes| {
        Part::new(
            &[&format!("content-type:{}", order.upload.content_type), &format!("Content-ID: <{id}>")],
            content.clone(),
        )
    };
    let message = order.message(&request).part(bare("inner-1", &one)).part(bare("inner-2", &two));
    let reply = probe.multipart(order.operation, &message).await?;
    taken(probe, &request, &reply, &[one, two]).await
}

pub(super) async fn at_19(probe: &mut Probe<'_>) -> Verdict {
    let order = Order::any(probe)?;
    let begin = order.upload.begins_with.as_bytes();
    for (label, end) in [
        ("no line break at the end", &b"x"[..]),
        ("CRLF at the end", b"\r\n"),
        ("two", b"\r\n\r\n"),
        ("CR at the end", b"\r"),
    ] {
        probe.step(label);
        let content = Bytes::from([begin, end].concat());
        let request = order.request(probe, &["cid:a"]);
        let message = order.message(&request).part(order.part("a", content.clone()));
        let reply = probe.multipart(order.operation, &message).await?;
        taken(probe, &request, &reply, &[content]).await?;
    }
    let small: Vec<Bytes> = vec![Bytes::new(), Bytes::from_static(b"x"), Bytes::from_static(b"\r\n")];
    if order.upload.any_content {
        for content in small {
            probe.step(format!("{} bytes", content.len()));
            let request = order.request(probe, &["cid:a"]);
            let message = order.message(&request).part(order.part("a", content.clone()));
            let reply = probe.multipart(order.operation, &message).await?;
            taken(probe, &request, &reply, &[content]).await?;
        }
        return Ok(());
    }
    // The operation takes no such files, so they go as parts that nothing refers to.
    probe.step("0, 1 and 2 bytes, unreferenced");
    let request = order.request(probe, &[]);
    let mut message = order.message(&request);
    for (number, content) in small.iter().enumerate() {
        message.parts.push(order.part(&format!("small-{number}"), content.clone()));
    }
    let reply = probe.multipart(order.operation, &message).await?;
    if reply.fault().is_some() {
        return Err(Stop::not_applicable(
            "the operation takes no empty files and no unreferenced parts: set any_content where it does",
        ));
    }
    no_error(probe, &reply)?;
    taken(probe, &request, &reply, &small).await
}
