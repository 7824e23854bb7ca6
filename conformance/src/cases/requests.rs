//! SOAP requests (xroad.md §9.2).

use super::expect::{fault, served};
use super::{Case, case};
use crate::kit::{Probe, TEXT_XML, Verdict};

pub(super) const CASES: &[Case] = &[
    case!(
        Requests,
        "SO-01",
        "I ServerMessageProcessor",
        "a request as every security server sends it is served, uncompressed",
        "Chunked, with an empty SOAPAction and an empty accept-encoding: libraries stumble over each of the three.",
        so_01
    ),
    case!(
        Requests,
        "SO-05",
        "PR-MESS 2.6",
        "bytes that are no UTF-8 are refused and nothing is executed",
        "Replacement characters would be executed and logged as if the consumer had sent them.",
        so_05
    ),
];

async fn so_01(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let request = probe.target.request(operation)?;
    let reply = probe.soap(operation, &request).await?;
    served(probe, &request, &reply).await?;
    probe.check("no Content-Encoding", !reply.answer.headers.contains_key("content-encoding"))
}

async fn so_05(probe: &mut Probe<'_>) -> Verdict {
    let operation = probe.target.read()?;
    let bad: [(&str, &[u8]); 3] =
        [("the byte 0xFF", b"\xff"), ("an overlong form", b"\xc0\xaf"), ("a lone surrogate", b"\xed\xa0\x80")];
    for (label, bytes) in bad {
        probe.step(label);
        let text = probe.target.request(operation)?.text();
        let (before, after) = text.split_once("KIT-1").unwrap_or((text.as_str(), ""));
        let document = [before.as_bytes(), bytes, after.as_bytes()].concat();
        let reply = probe.post(&operation.url, TEXT_XML, "", document).await?;
        fault(probe, &reply, "Client")?;
    }
    Ok(())
}
