//! xroad.md §9.4 where size counts: attachments larger than memory both ways, and what is left of them afterwards.
//!
//! The echo is an operation of tests alone. A test that measures memory does it in a process of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use conformance::security_server::SoapAnswer;
use silta::config::{Config, Period, Size};

use super::database;
use crate::harness::alone::{alone, mark, memory};
use crate::harness::wire::{Head, Wire};
use crate::harness::{
    Case, Multipart, SERVICE, Setup, TestAdapter, child_text, echo, lines_about, own, pdf, run, service_request, sha512,
};

const MIB: u64 = 1 << 20;
/// What memory may grow by while any number of bytes stream through.
const GROWTH: u64 = 64 * MIB;
const BOUNDARY: &str = "jjetymlxbkfp";

/// Content by its place: a period that divides no buffer's size.
struct Pattern(Vec<u8>);

impl Pattern {
    fn new() -> Self {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let bytes = (0..1_048_573).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        });
        Self(bytes.collect())
    }

    /// Up to `most` bytes of the content from a place on.
    fn at(&self, place: u64, most: usize) -> &[u8] {
        let from = usize::try_from(place % self.0.len() as u64).expect("small");
        &self.0[from..self.0.len().min(from + most)]
    }
}

#[derive(Clone, Copy, Debug)]
enum Flavour {
    Swa,
    Mtom,
}

impl Flavour {
    fn content_type(self) -> String {
        let kind = match self {
            Self::Swa => "text/xml",
            Self::Mtom => "application/xop+xml",
        };
        format!("multipart/related; type=\"{kind}\"; boundary=\"{BOUNDARY}\"")
    }

    /// Everything before the attachment's bytes.
    fn before(self, soap: &str) -> Vec<u8> {
        let kind = match self {
            Self::Swa => "text/xml; charset=UTF-8",
            Self::Mtom => "application/xop+xml; charset=UTF-8; type=\"text/xml\"",
        };
        format!(
            "--{BOUNDARY}\r\ncontent-type:{kind}\r\n\r\n{soap}\r\n--{BOUNDARY}\r\ncontent-type:application/octet-stream\r\n\
             Content-ID: <a>\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        )
        .into_bytes()
    }
}

fn roomy(config: &mut Config) {
    config.limits.attachments = Size(4 << 30);
    config.limits.spool = Size(4 << 30);
    config.limits.body = Period(Duration::from_mins(30));
    config.limits.exchange = Period(Duration::from_mins(30));
}

/// Sends the SOAP part and `size` bytes of an attachment; stops when nobody takes them.
async fn upload(adapter: &TestAdapter, flavour: Flavour, soap: &str, pattern: &Pattern, size: u64) -> Wire {
    let mut wire = Wire::open(adapter.addresses["xroad"], &flavour.content_type()).await;
    wire.chunk(&flavour.before(soap)).await;
    let mut sent = 0;
    while sent < size {
        let most = usize::try_from((size - sent).min(64 << 10)).expect("small");
        let piece = pattern.at(sent, most);
        if !wire.chunk(piece).await {
            break;
        }
        sent += piece.len() as u64;
    }
    wire
}

async fn end(wire: &mut Wire) -> Head {
    wire.chunk(format!("\r\n--{BOUNDARY}--\r\n").as_bytes()).await;
    wire.finish().await
}

/// The answer holds the same bytes. Returns its SOAP part.
async fn comes_back(wire: &mut Wire, head: &Head, pattern: &Pattern, size: u64) -> String {
    assert_eq!(head.status(), "200", "{}", head.text);
    let (mut before, mut after, mut compared) = (Vec::new(), Vec::new(), 0);
    let mut inside = false;
    let mut equal = true;
    wire.body(head, |bytes| {
        let mut rest = bytes.to_vec();
        if !inside {
            before.extend_from_slice(&rest);
            let text = String::from_utf8_lossy(&before);
            let starts = text.find("Content-ID: <file-1.").and_then(|at| Some(at + text[at..].find("\r\n\r\n")? + 4));
            let Some(starts) = starts else { return before.len() < 1 << 20 };
            drop(text);
            rest = before.split_off(starts);
            inside = true;
        }
        let mut rest = &rest[..];
        while compared < size && !rest.is_empty() {
            let expected = pattern.at(compared, rest.len().min(usize::try_from(size - compared).unwrap_or(usize::MAX)));
            equal &= rest[..expected.len()] == *expected;
            compared += expected.len() as u64;
            rest = &rest[expected.len()..];
        }
        after.extend_from_slice(rest);
        equal
    })
    .await;
    assert!(inside && equal, "other bytes came back, after {compared} of {size}");
    assert_eq!(compared, size);
    let boundary = head.text.split("boundary=\"").nth(1).and_then(|it| it.split('"').next()).expect("a boundary");
    assert_eq!(String::from_utf8_lossy(&after), format!("\r\n--{boundary}--\r\n"));
    let text = String::from_utf8(before).expect("text");
    let soap = text.split("\r\n\r\n").nth(1).and_then(|it| it.split("\r\n--").next()).expect("a SOAP part");
    soap.to_owned()
}

/// The temporary files of a data directory: how many there are and what they take of the disk.
fn temporary(data: &Path) -> (usize, u64) {
    let open = std::fs::read_dir("/proc/self/fd").expect("Linux");
    let (mut count, mut bytes) = (0, 0);
    for entry in open.flatten() {
        let Ok(target) = std::fs::read_link(entry.path()) else { continue };
        let target = target.to_string_lossy().into_owned();
        if target.starts_with(&*data.to_string_lossy()) && target.ends_with(" (deleted)") {
            use std::os::unix::fs::MetadataExt as _;
            count += 1;
            bytes += std::fs::metadata(entry.path()).map_or(0, |it| it.blocks() * 512);
        }
    }
    (count, bytes)
}

/// No temporary file is left, soon.
async fn nothing_left(case: &Case<'_>, what: &str) {
    let data = case.adapter.data();
    for _ in 0..500 {
        if temporary(&data).0 == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: temporary files are left");
}

async fn something_there(case: &Case<'_>) {
    let data = case.adapter.data();
    for _ in 0..500 {
        if temporary(&data).0 > 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no temporary file appeared");
}

/// 256 MiB; with `SILTA_LONG=1` 2 GiB.
#[test]
fn xroad_at_02_large_attachments_stream_both_ways_in_bounded_memory() {
    alone(module_path!(), "xroad_at_02_large_attachments_stream_both_ways_in_bounded_memory", || {
        let size = if std::env::var_os("SILTA_LONG").is_some() { 2048 * MIB } else { 256 * MIB };
        let pattern = Pattern::new();
        own(Setup::echoing(database(), roomy), async |case| {
            for flavour in [Flavour::Swa, Flavour::Mtom] {
                // Whatever the first exchange needs once is not of the attachment.
                let soap = echo::request("echo");
                let mut wire = upload(case.adapter, flavour, &soap, &pattern, 2 * MIB).await;
                let head = end(&mut wire).await;
                comes_back(&mut wire, &head, &pattern, 2 * MIB).await;
                nothing_left(case, "the first").await;

                let (highest, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
                let watch = {
                    let (data, highest, ended) = (case.adapter.data(), Arc::clone(&highest), Arc::clone(&ended));
                    std::thread::spawn(move || {
                        while !ended.load(Ordering::Relaxed) {
                            highest.fetch_max(temporary(&data).1, Ordering::Relaxed);
                            std::thread::sleep(Duration::from_millis(50));
                        }
                    })
                };
                let (before, started) = (mark(), Instant::now());
                let soap = echo::request("echo");
                let mut wire = upload(case.adapter, flavour, &soap, &pattern, size).await;
                let head = end(&mut wire).await;
                let inward = started.elapsed();
                let sent = comes_back(&mut wire, &head, &pattern, size).await;
                let growth = memory("VmHWM").saturating_sub(before);
                let took = started.elapsed();
                ended.store(true, Ordering::Relaxed);
                watch.join().expect("watched");
                let disk = highest.load(Ordering::Relaxed);
                println!(
                    "{flavour:?}: {} MiB in {:.1} s in, {:.1} s in all; memory grew by {:.1} MiB (client included), \
                     temporary disk {} MiB",
                    size / MIB,
                    inward.as_secs_f64(),
                    took.as_secs_f64(),
                    f64::from(u32::try_from(growth / 1024).expect("small")) / 1024.0,
                    disk / MIB
                );
                assert!(growth < GROWTH, "{flavour:?}: resident memory grew by {} MiB", growth / MIB);
                assert!(disk >= size / 2 && disk <= size + MIB, "{flavour:?}: {} MiB of disk", disk / MIB);
                nothing_left(case, "the large one").await;
                let id = child_text(&soap, "id").expect("an id");
                let logged = case.adapter.exchanges_of(&id).await.remove(0).draft;
                assert_eq!(logged.request_digest, Some(sha512(soap.as_bytes())));
                assert_eq!(logged.response_digest, Some(sha512(sent.as_bytes())));
                assert_eq!(logged.request_parts.iter().map(|it| it.size).collect::<Vec<_>>(), [size]);
                assert_eq!(logged.response_parts, logged.request_parts);
            }
        });
    });
}

#[test]
fn xroad_at_13_at_14_refused_attachments_take_no_memory_and_leave_nothing() {
    alone(module_path!(), "xroad_at_13_at_14_refused_attachments_take_no_memory_and_leave_nothing", || {
        own(Setup::echoing(database(), |config| config.limits.attachments = Size(8 << 20)), async |case| {
            let pattern = Pattern::new();
            let soap = echo::request("echo");
            let mut wire = upload(case.adapter, Flavour::Mtom, &soap, &pattern, 4 * MIB).await;
            let head = end(&mut wire).await;
            comes_back(&mut wire, &head, &pattern, 4 * MIB).await;
            // AT-14: far more than the limit. What is refused is read out, up to 64 MiB, and kept nowhere.
            let before = mark();
            let mut wire = upload(case.adapter, Flavour::Mtom, &echo::request("echo"), &pattern, 48 * MIB).await;
            nothing_left(case, "beyond the limit, while it is still sent").await;
            let head = end(&mut wire).await;
            let mut fault = Vec::new();
            wire.body(&head, |bytes| {
                fault.extend_from_slice(bytes);
                true
            })
            .await;
            let fault = String::from_utf8(fault).expect("text");
            assert_eq!((head.status(), child_text(&fault, "code").as_deref()), ("500", Some("too-large")), "{fault}");
            let growth = memory("VmHWM").saturating_sub(before);
            assert!(growth < 16 * MIB, "AT-14: memory grew by {} MiB", growth / MIB);
            // AT-13: parts without end, 10 001 of them.
            let before = mark();
            let mut wire = Wire::open(case.adapter.addresses["xroad"], &Flavour::Swa.content_type()).await;
            wire.chunk(&Flavour::Swa.before(&echo::request("echo"))).await;
            for number in 0..10_000 {
                let part = format!("x\r\n--{BOUNDARY}\r\ncontent-type:a/b\r\nContent-ID: <p{number}>\r\n\r\n");
                if !wire.chunk(part.as_bytes()).await {
                    break;
                }
            }
            let head = end(&mut wire).await;
            assert_eq!(head.status(), "500");
            let growth = memory("VmHWM").saturating_sub(before);
            assert!(growth < 16 * MIB, "AT-13: memory grew by {} MiB", growth / MIB);
            nothing_left(case, "too many parts").await;
        });
    });
}

#[test]
fn temporary_files_are_gone_on_every_path() {
    own(Setup::echoing(database(), |config| config.limits.attachments = Size(64 << 20)), async |case| {
        let pattern = Pattern::new();
        for (then, status) in [("echo", "200"), ("refuse", "200"), ("fail", "500"), ("panic", "500")] {
            let mut wire = upload(case.adapter, Flavour::Mtom, &echo::request(then), &pattern, 4 * MIB).await;
            something_there(case).await;
            let head = end(&mut wire).await;
            assert_eq!(head.status(), status, "{then}");
            wire.body(&head, |_| true).await;
            nothing_left(case, then).await;
        }
        // The message breaks a rule after its attachment: it has no end.
        let mut wire = upload(case.adapter, Flavour::Swa, &echo::request("echo"), &pattern, 4 * MIB).await;
        assert_eq!(wire.finish().await.status(), "500");
        nothing_left(case, "without end").await;
        // The client goes while it sends.
        let wire = upload(case.adapter, Flavour::Swa, &echo::request("echo"), &pattern, 4 * MIB).await;
        something_there(case).await;
        drop(wire);
        nothing_left(case, "gone while sending").await;
        // The client goes while it is answered; the log knows.
        let soap = echo::request("echo");
        let mut wire = upload(case.adapter, Flavour::Swa, &soap, &pattern, 48 * MIB).await;
        let head = end(&mut wire).await;
        let read = wire.body(&head, |_| false).await;
        assert!(read < head.length, "all of it had come");
        something_there(case).await;
        drop(wire);
        nothing_left(case, "gone while being answered").await;
        let id = child_text(&soap, "id").expect("an id");
        let exchange = case.adapter.exchanges_of(&id).await.remove(0).draft.exchange_id;
        for _ in 0..500 {
            let known = case.adapter.evidence().await;
            if known.iter().any(|it| it.draft.exchange_id == exchange && it.draft.delivered == Some(false)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the log does not say that it was not delivered");
    });
}

#[test]
fn xroad_at_17_an_answer_with_two_attachments_passes_the_security_servers() {
    run(async {
        let adapter = TestAdapter::start(Setup::echoing(database(), |_| {})).await;
        let contents = [pdf(700), pdf(400_000)];
        for (flavour, kind) in [("text/xml", "text/xml"), ("application/xop+xml", "application/xop+xml")] {
            let soap = echo::request("echo");
            let message =
                if flavour == "text/xml" { Multipart::swa(soap.clone()) } else { Multipart::mtom(soap.clone()) };
            let message = contents.iter().enumerate().fold(message, |message, (number, content)| {
                message.file(&format!("f{number}@example.fi"), content.clone())
            });
            let url = adapter.soap_url("messages");
            let answer = adapter.provider.post_soap(&url, &message.content_type(), "", message.bytes()).await;
            let answer = answer.expect("an answer");
            let given = answer.header("content-type").expect("a type").to_owned();
            assert!(given.starts_with("multipart/related; ") && given.contains(&format!("type=\"{kind}\"")), "{given}");
            let judged = adapter.provider.accepts(soap.as_bytes(), &answer).await;
            assert!(matches!(judged, Ok(SoapAnswer::Message(_))), "refused by a security server: {judged:?}");
            let boundary = given.split("boundary=\"").nth(1).and_then(|it| it.split('"').next()).expect("a boundary");
            let delimiter = format!("--{boundary}");
            let raw = answer.body.to_vec();
            let starts: Vec<usize> = raw
                .windows(delimiter.len())
                .enumerate()
                .filter(|(_, window)| *window == delimiter.as_bytes())
                .map(|(at, _)| at)
                .collect();
            assert_eq!(starts.len(), 4, "three parts and an end");
            for (number, pair) in starts.windows(2).enumerate() {
                let part = &raw[pair[0] + delimiter.len() + 2..pair[1] - 2];
                let head = part.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
                let (head, body) = (String::from_utf8_lossy(&part[..head]), &part[head + 4..]);
                assert!(head.lines().all(|line| line.len() < 1000), "{head}");
                assert!(head.contains("Content-Type: ") && head.contains("Content-ID: <"), "{head}");
                if number == 0 {
                    assert!(head.contains(kind) && head.contains("Content-Transfer-Encoding: 8bit"), "{head}");
                    let text = String::from_utf8_lossy(body);
                    assert_eq!(text.matches("cid:file-").count(), 2, "{text}");
                } else {
                    assert!(body == contents[number - 1], "part {number} differs");
                }
            }
        }
        adapter.stop().await;
    });
}

#[test]
fn xroad_se_16_of_an_inner_failure_the_consumer_sees_an_id_and_a_generic_text() {
    own(Setup::echoing(database(), |_| {}), async |case| {
        let message = Multipart::swa(echo::request("panic")).file("a", pdf(1_000));
        let answer = case.multipart(&message).await;
        let fault = case.fault(&answer, "Server").await;
        assert_eq!((fault.text.as_str(), fault.error.as_deref()), ("the service failed", Some("internal")));
        assert!(!answer.text().contains(echo::SECRET), "{}", answer.text());
        let id = fault.evidence.draft.fault_id.expect("an id");
        assert_eq!(lines_about(&id).iter().filter(|line| line.contains("panicked")).count(), 1, "the log has the id");
        assert_eq!(lines_about(echo::SECRET), Vec::<String>::new());
        // Nothing else ends with it.
        let request = service_request(SERVICE.0);
        let answer = case.soap("catalogue", request.clone()).await;
        case.accepted(request.as_bytes(), &answer).await;
    });
}
