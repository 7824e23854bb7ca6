//! Documents that are made to harm whoever reads them.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;

use crate::cases::bait::Bait;
use crate::cases::expect::{fault, nothing_executed, problem, served};
use crate::cases::memory::Memory;
use crate::kit::{Envelope, Multipart, Part, Probe, RestCall, Stop, TEXT_XML, Verdict};
use crate::security_server::RawBody;

/// A hostile document is refused within this time, whatever it costs to read.
const AT_ONCE: Duration = Duration::from_secs(20);
/// What the adapter's memory may grow by for a small document that wants to be a large one, in bytes.
const SMALL: u64 = 64 << 20;
/// And for a document of some ten megabytes; the kit, with copies of its own, may be in the same process.
const LARGE: u64 = 256 << 20;

pub(super) async fn se_01(probe: &mut Probe<'_>) -> Verdict {
    let bait = Bait::lay().await?;
    for system in [format!("http://{}/kit", bait.address), "file:///etc/hostname".to_owned()] {
        let request = good(probe)?;
        let dtd = format!("<!DOCTYPE soap:Envelope [<!ENTITY kit SYSTEM \"{system}\">]>");
        refused(probe, &system, &request, with_dtd(&request, &dtd, "&kit;")).await?;
    }
    bait.untouched(probe)
}

pub(super) async fn se_02(probe: &mut Probe<'_>) -> Verdict {
    let mut laughs = "<!ENTITY a0 \"ha\">".to_owned();
    for level in 1..40 {
        let _ = write!(laughs, "<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10));
    }
    let memory = Memory::watch(probe).await?;
    let request = good(probe)?;
    let dtd = format!("<!DOCTYPE soap:Envelope [{laughs}]>");
    refused(probe, "entities of entities", &request, with_dtd(&request, &dtd, "&a39;")).await?;

    let request = good(probe)?;
    let dtd = format!("<!DOCTYPE soap:Envelope [<!ENTITY a \"{}\">]>", "x".repeat(100_000));
    let many = "&a;".repeat(50_000);
    refused(probe, "a long entity, often", &request, with_dtd(&request, &dtd, &many)).await?;
    memory.grew_at_most(probe, SMALL)?;

    probe.step("afterwards");
    let request = good(probe)?;
    let reply = probe.soap(probe.target.read()?, &request).await?;
    served(probe, &request, &reply).await
}

pub(super) async fn se_03(probe: &mut Probe<'_>) -> Verdict {
    let bait = Bait::lay().await?;
    let url = format!("http://{}/kit", bait.address);
    for (label, dtd) in [
        ("an external DTD", format!("<!DOCTYPE soap:Envelope SYSTEM \"{url}.dtd\">")),
        ("a public DTD", format!("<!DOCTYPE soap:Envelope PUBLIC \"-//KIT//\" \"{url}.dtd\">")),
        ("a parameter entity", format!("<!DOCTYPE soap:Envelope [<!ENTITY % k SYSTEM \"{url}\"> %k;]>")),
    ] {
        let request = good(probe)?;
        refused(probe, label, &request, with_dtd(&request, &dtd, "KIT-1")).await?;
    }
    // What is allowed to be there is not followed.
    let operation = probe.target.read()?;
    for (label, block) in [
        (
            "XInclude",
            format!(
                "<w:w xmlns:w=\"urn:example:kit\"><i:include xmlns:i=\"http://www.w3.org/2001/XInclude\" href=\"{url}\"/></w:w>"
            ),
        ),
        (
            "a schema location",
            format!(
                "<w:w xmlns:w=\"urn:example:kit\" xmlns:s=\"http://www.w3.org/2001/XMLSchema-instance\" \
                 s:schemaLocation=\"urn:example:kit {url}\"/>"
            ),
        ),
    ] {
        probe.step(label);
        let request = good(probe)?.with("kit", block);
        let reply = probe.soap(operation, &request).await?;
        if reply.fault().is_some() {
            fault(probe, &reply, "Client")?;
        } else {
            served(probe, &request, &reply).await?;
        }
    }
    bait.untouched(probe)
}

pub(super) async fn se_04(probe: &mut Probe<'_>) -> Verdict {
    let deep = 100_000;
    let bare = format!("{}{}", "<a>".repeat(deep), "</a>".repeat(deep));
    let mut attributes = "<k:a xmlns:k=\"urn:example:kit\"".to_owned();
    for name in names(1_000_000) {
        let _ = write!(attributes, " {name}=''");
    }
    attributes.push_str("/>");
    let mut namespaces = "<k:a xmlns:k=\"urn:example:kit\"".to_owned();
    for number in 0..20_000 {
        let _ = write!(namespaces, " xmlns:n{number}=\"urn:n{number}\"");
    }
    namespaces.push_str("/>");
    let limit = usize::try_from(probe.target.settings.limits.soap).unwrap_or(usize::MAX).min(200 << 20);
    let large = format!("<a b=\"{}\"/>", "x".repeat(limit + 1));
    let mut documents = Vec::new();
    for (label, block) in [
        ("100 000 elements deep", bare.clone()),
        ("100 000 elements that never end", "<a>".repeat(deep)),
        ("1 000 000 attributes", attributes),
        ("20 000 namespaces", namespaces),
        ("an attribute above the limit of the message", large),
    ] {
        let request = good(probe)?;
        let document = Bytes::from(request.clone().with("kit", block).text());
        documents.push((label, request, document));
    }
    let request = good(probe)?;
    let document = Bytes::from(request.clone().with_body(bare).text());
    documents.push(("100 000 elements deep in the Body", request, document));

    let memory = Memory::watch(probe).await?;
    for (label, request, document) in documents {
        refused(probe, label, &request, document).await?;
    }
    unbounded(probe).await?;
    memory.grew_at_most(probe, LARGE)?;

    probe.step("afterwards");
    let request = good(probe)?;
    let reply = probe.soap(probe.target.read()?, &request).await?;
    served(probe, &request, &reply).await
}

/// An attribute of 100 MiB. What is far too large may be cut off by the end of the connection.
async fn unbounded(probe: &mut Probe<'_>) -> Verdict {
    probe.step("an attribute of 100 MiB");
    let url = probe.target.read()?.url.clone();
    let request = good(probe)?;
    let text = request.clone().with("kit", "<a b=\"|\"/>").text();
    let (before, after) = text.split_once('|').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap_or_default();
    let mut pieces = vec![Bytes::from(before)];
    pieces.extend(std::iter::repeat_n(Bytes::from(vec![b'x'; 1 << 20]), 100));
    pieces.push(after.into());
    let headers = vec![("Content-Type".to_owned(), TEXT_XML.as_bytes().to_vec())];
    let shown = format!("POST {url}\n\n[an envelope with an attribute of 100 MiB]");
    let began = Instant::now();
    let answer = probe.try_raw(shown, Method::POST, &url, headers, RawBody::Chunked(pieces)).await;
    let refused = answer.map_or(true, |answer| answer.status.as_u16() == 500 && answer.text().contains(":Client"));
    probe.check("a fault soap:Client, or the end of the connection", refused)?;
    probe.check("refused at once", began.elapsed() < AT_ONCE)?;
    nothing_executed(probe, &request.id).await
}

/// So many names of four letters.
fn names(count: usize) -> impl Iterator<Item = String> {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').collect();
    let letter = move |number: usize| letters.get(number % letters.len()).copied().unwrap_or('a');
    (0..count).map(move |number| [140_608, 2_704, 52, 1].map(|place| letter(number / place)).into_iter().collect())
}

pub(super) async fn se_05(probe: &mut Probe<'_>) -> Verdict {
    let bait = Bait::lay().await?;
    let xml = format!(
        "<!DOCTYPE a [<!ENTITY x SYSTEM \"http://{}/kit\"><!ENTITY b \"{}\">]><a>&x;{}</a>",
        bait.address,
        "y".repeat(1000),
        "&b;".repeat(1000)
    );
    probe.step("as an attachment");
    let operation = probe.target.read()?;
    let request = good(probe)?;
    let message = Multipart::swa(request.bytes()).part(Part::binary("text/xml", "kit", xml.clone()));
    let reply = probe.multipart(operation, &message).await?;
    if reply.fault().is_some() {
        fault(probe, &reply, "Client")?;
    } else {
        served(probe, &request, &reply).await?;
    }
    let (service, path, _) = probe.target.rest_write()?;
    for kind in ["application/xml", "application/json"] {
        probe.step(format!("as a REST body, called {kind}"));
        let call = RestCall::new(Method::POST, path).body(kind, xml.clone());
        let answer = probe.rest(service, &call).await?;
        problem(probe, &answer, &[400, 415, 422])?;
    }
    bait.untouched(probe)
}

pub(super) async fn se_06(probe: &mut Probe<'_>) -> Verdict {
    let (service, path, good) = probe.target.rest_write()?;
    let (inside, bare) = match (good.trim().strip_prefix('{'), good.trim().strip_suffix('}')) {
        (Some(inside), Some(bare)) => (inside.to_owned(), bare.to_owned()),
        _ => return Err(Stop::not_applicable(format!("the body of POST {path} in kit.toml is no JSON object"))),
    };
    let first = inside.split(':').next().unwrap_or_default().to_owned();
    let deep = 100_000;
    for (label, body) in [
        ("100 000 arrays deep", format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
        ("the same in a member", format!("{bare}, \"kit\": {}{}}}", "[".repeat(deep), "]".repeat(deep))),
        ("100 000 arrays, never closed", "[".repeat(deep)),
        ("a doubled key", format!("{{{first}: \"kit\", {inside}")),
        ("a number beyond all measure", format!("{bare}, \"kit\": 1e999999}}")),
        ("a lone surrogate", format!("{bare}, \"kit\": \"\\ud800\"}}")),
        ("two documents", format!("{good} {good}")),
        ("nothing but null", "null".to_owned()),
    ] {
        probe.step(label);
        let call = RestCall::new(Method::POST, path).body("application/json", body);
        let id = call.id.clone();
        let answer = probe.rest(service, &call).await?;
        problem(probe, &answer, &[400])?;
        nothing_executed(probe, &id).await?;
    }
    Ok(())
}

pub(super) async fn se_14(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let unpacked: u64 = 256 << 20;
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; 1 << 20];
    for _ in 0..unpacked >> 20 {
        packer.write_all(&piece).map_err(|error| Stop::failed(error.to_string()))?;
    }
    let bomb = packer.finish().map_err(|error| Stop::failed(error.to_string()))?;
    let headers = |kind: &str| {
        [("Content-Type", kind), ("Content-Encoding", "gzip")]
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .to_vec()
    };
    let memory = Memory::watch(probe).await?;
    probe.step("SOAP");
    let shown =
        format!("POST {}\nContent-Encoding: gzip\n\n[{} bytes, {unpacked} unpacked]", operation.url, bomb.len());
    let began = Instant::now();
    let body = RawBody::Sized(bomb.clone().into());
    let answer = probe.raw(shown, Method::POST, &operation.url, headers(TEXT_XML), body).await?;
    probe.check("refused: 415 or a fault", [400, 413, 415, 500].contains(&answer.status.as_u16()))?;
    probe.check("at once", began.elapsed() < AT_ONCE)?;
    probe.step("REST");
    let (service, path, _) = probe.target.rest_write()?;
    let call = RestCall::new(Method::POST, path).header("Content-Encoding", "gzip").body("application/json", bomb);
    let answer = probe.rest(service, &call).await?;
    problem(probe, &answer, &[400, 413, 415])?;
    memory.grew_at_most(probe, SMALL)
}

pub(super) async fn se_15(probe: &mut Probe<'_>) -> Verdict {
    let request = good(probe)?;
    let text = request.text();
    let declared = |name: &str| text.replacen("UTF-8", name, 1);
    let wide: Vec<u8> = declared("UTF-16").encode_utf16().flat_map(u16::to_be_bytes).collect();
    // UTF-16 without a mark, and without the declaration that would give it away.
    let mut bare = request.clone();
    bare.declaration.clear();
    let blind: Vec<u8> = bare.text().encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (label, document) in [
        ("UTF-7", declared("UTF-7").replacen("KIT-1", "+ADw-kit+AD4-", 1).into_bytes()),
        ("EBCDIC", declared("IBM037").into_bytes()),
        ("UTF-16 without a mark or a declaration", blind),
    ] {
        refused(probe, label, &request, document).await?;
    }
    probe.step("UTF-16 without a mark");
    let reply = probe.post(&probe.target.read()?.url, TEXT_XML, "", wide).await?;
    fault(probe, &reply, "Client")?;
    let (service, path, good) = probe.target.rest_write()?;
    for name in ["__proto__", "constructor"] {
        probe.step(format!("a member {name}"));
        let body = good.replacen('{', &format!("{{\"{name}\": {{\"kit\": true}}, "), 1);
        let call = RestCall::new(Method::POST, path).body("application/json", body);
        let answer = probe.rest(service, &call).await?;
        problem(probe, &answer, &[400, 422])?;
    }
    Ok(())
}

/// A request of the operation that reads.
fn good(probe: &Probe<'_>) -> Result<Envelope, Stop> {
    probe.target.request(probe.target.read()?)
}

/// The document with a DTD after its declaration and this content of `xrd:issue`.
fn with_dtd(request: &Envelope, dtd: &str, issue: &str) -> String {
    let mut request = request.clone();
    request.declaration.push_str(dtd);
    request.text().replacen("KIT-1", issue, 1)
}

/// `soap:Client`, at once, and nothing done.
async fn refused(probe: &mut Probe<'_>, label: &str, request: &Envelope, document: impl Into<bytes::Bytes>) -> Verdict {
    probe.step(label);
    let began = Instant::now();
    let reply = probe.post(&probe.target.read()?.url, TEXT_XML, "", document).await?;
    fault(probe, &reply, "Client")?;
    probe.check("refused at once", began.elapsed() < AT_ONCE)?;
    nothing_executed(probe, &request.id).await
}
