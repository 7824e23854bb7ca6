//! Metadata and descriptions (xroad.md §9.6).
//!
//! The kit fetches each description as the three readers of a security server do and judges the rules that these readers
//! need (§4.2, §4.3), by its own reading of WSDL and OpenAPI. Whether the services are as described is seen by calling
//! them. The lists and descriptions that security servers give to consumers are played to the adapter by the act `list`.

mod calls;
mod documents;
mod endpoints;
mod lists;
mod openapi;
mod wsdl;

use std::fmt::Write as _;

use http::Method;

use super::{Case, case};
use crate::kit::{Probe, Stop, Verdict};
use crate::security_server::{Answer, RawBody};

pub(super) const CASES: &[Case] = &[
    case!(
        Metadata,
        "ME-01",
        "I WsdlParser",
        "each WSDL is served to the security server's certificate as text/xml, at once and not too large",
        "A redirect or a login page reads well in a browser, and the administrator of the security server cannot add the service.",
        documents::me_01
    ),
    case!(
        Metadata,
        "ME-02",
        "I WsdlParser",
        "every operation with its version, title and address is found in the document itself",
        "The parser follows no import: an operation behind one is silently not there.",
        wsdl::me_02
    ),
    case!(
        Metadata,
        "ME-03",
        "PR-MESS 3.2",
        "the WSDL is document/literal wrapped, and its wrappers are named after their operations",
        "The security server tells a service by its wrapper's name; a WSDL that promises another cannot be called.",
        wsdl::me_03
    ),
    case!(
        Metadata,
        "ME-04",
        "I OverwriteAttributeFilter",
        "no address of the adapter is left once the security server has put its placeholder in",
        "Every member of X-Road can read every description: a host name in a comment is published to all of them.",
        documents::me_04
    ),
    case!(
        Metadata,
        "ME-05",
        "I XmlUtils.createXmlReader",
        "no WSDL has a DOCTYPE",
        "The security server refuses to read one, each time a consumer asks for the WSDL.",
        documents::me_05
    ),
    case!(
        Metadata,
        "ME-06",
        "PR-META 4",
        "every service can be called as its description says, and answers as it says",
        "Consumers generate their code from the description; where the adapter differs, it fails at them and not here.",
        calls::me_06
    ),
    case!(
        Metadata,
        "ME-07",
        "I OpenApiParser",
        "each OpenAPI document is of a version that is read, whole in itself and without a flaw",
        "Each message of the parser is a warning to an administrator who cannot know whether to go on.",
        openapi::me_07
    ),
    case!(
        Metadata,
        "ME-08",
        "I getFileType",
        "Content-Type and suffix of the OpenAPI address lead to the right reader",
        "The security server chooses between JSON and YAML by them; the wrong choice is an error at every consumer.",
        openapi::me_08
    ),
    case!(
        Metadata,
        "ME-09",
        "I OpenApiParser",
        "what the adapter serves is covered by the endpoint that describes it, and nothing else is served",
        "Rights are given by method and path glob: a route that no endpoint describes is open to whoever has the service.",
        endpoints::me_09
    ),
    case!(
        Metadata,
        "ME-10",
        "PR-MREST 5",
        "a description is the same bytes each time",
        "A refresh that shows a change each time hides the one that matters.",
        documents::me_10
    ),
    case!(
        Metadata,
        "ME-11",
        "PR-META 3",
        "as a consumer, the adapter reads lists of services and clients in every form",
        "Lists hold members without subsystem or name, and newer security servers add fields: a strict reader breaks on an upgrade.",
        lists::me_11
    ),
    case!(
        Metadata,
        "ME-12",
        "PR-META 4",
        "as a consumer, the adapter takes the WSDL out of the answer and knows the placeholder for what it is",
        "The address in it is nobody's: a consumer that calls it sends its requests to a stranger.",
        lists::me_12
    ),
];

/// A description as it was fetched when the kit began.
pub(super) struct Description {
    pub(super) url: String,
    pub(super) content_type: String,
    pub(super) bytes: Vec<u8>,
}

/// The WSDL documents; without one there is nothing to judge.
pub(super) fn wsdls(probe: &Probe<'_>) -> Result<Vec<Description>, Stop> {
    some(descriptions(probe, false), "no --target is a WSDL document")
}

/// The OpenAPI documents.
pub(super) fn openapis(probe: &Probe<'_>) -> Result<Vec<Description>, Stop> {
    some(descriptions(probe, true), "no --target is an OpenAPI document")
}

fn some(found: Vec<Description>, missing: &str) -> Result<Vec<Description>, Stop> {
    if found.is_empty() { Err(Stop::not_applicable(missing)) } else { Ok(found) }
}

fn descriptions(probe: &Probe<'_>, json: bool) -> Vec<Description> {
    let documents = probe.target.services.documents.iter();
    documents
        .filter(|(_, _, bytes)| bytes.trim_ascii_start().starts_with(b"{") == json)
        .map(|(url, content_type, bytes)| Description {
            url: url.clone(),
            content_type: content_type.clone(),
            bytes: bytes.clone(),
        })
        .collect()
}

/// Fetches an address with the pinned certificate and these headers; a redirect is not followed.
pub(super) async fn fetch(probe: &mut Probe<'_>, url: &str, headers: &[(&str, &str)]) -> Result<Answer, Stop> {
    let sent: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    let mut shown = format!("GET {url}\n");
    for (name, value) in headers {
        let _ = writeln!(shown, "{name}: {value}");
    }
    probe.raw(shown, Method::GET, url, sent, RawBody::None).await
}

/// Makes these checks of a document, each with what is expected.
pub(super) fn check_all(probe: &mut Probe<'_>, checks: Vec<(String, bool)>) -> Verdict {
    checks.into_iter().try_for_each(|(expected, holds)| probe.check(expected, holds))
}
