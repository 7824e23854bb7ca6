//! REST (xroad.md §9.5).

mod bodies;
mod headers;
mod targets;

use super::{Case, case};
use crate::kit::{Probe, RestCall, RestOperation, RestService, Stop};
use crate::security_server::Answer;

pub(super) const CASES: &[Case] = &[
    case!(
        Rest,
        "RE-01",
        "PR-REST 4.1",
        "a call below the base path is routed by it, and its query is read as it is",
        "The security server adds path and query of the consumer to the base address and changes nothing in them.",
        targets::re_01
    ),
    case!(
        Rest,
        "RE-02",
        "I RestRequest",
        "both ids of a call are in the log",
        "A dispute starts from an id that the consumer's log holds; either of the two may be the one.",
        headers::re_02
    ),
    case!(
        Rest,
        "RE-03",
        "PR-REST 4.3",
        "a call without X-Road-Client is refused",
        "The header is the caller's identity; a call without it came past the security server's checks.",
        headers::re_03
    ),
    case!(
        Rest,
        "RE-04",
        "PR-REST 4.3; I",
        "two X-Road-Client headers are refused",
        "The security server authorises the last one and forwards both: who reads the first one is deceived.",
        headers::re_04
    ),
    case!(
        Rest,
        "RE-05",
        "I RestRequest",
        "a forged X-Road-Service decides nothing",
        "Only the consumer can have written it: no security server tells a provider the service in a header.",
        headers::re_05
    ),
    case!(
        Rest,
        "RE-06",
        "I RestResponse",
        "no answer carries X-Road headers, cookies or headers of a connection",
        "The consumer's security server overwrites, drops or replays them.",
        headers::re_06
    ),
    case!(
        Rest,
        "RE-07",
        "PR-REST 4.6",
        "errors are 404 and 400 or 422 with a problem document",
        "The consumer sees the provider's status and body; with any other the cause is lost.",
        targets::re_07
    ),
    case!(
        Rest,
        "RE-08",
        "PR-REST 4.4",
        "no answer redirects to another host",
        "Neither the consumer nor its security server can reach the adapter's host.",
        targets::re_08
    ),
    case!(
        Rest,
        "RE-09",
        "I DefaultRestServiceHandlerImpl",
        "no DELETE operation depends on a body",
        "Security servers do not deliver bodies of DELETE.",
        bodies::re_09
    ),
    case!(
        Rest,
        "RE-10",
        "I",
        "a POST without body and Content-Type is refused by rule",
        "It is what a consumer's mistake looks like; it must not be a server's error.",
        bodies::re_10
    ),
    case!(
        Rest,
        "RE-11",
        "I",
        "HEAD answers like GET without a body, OPTIONS harmlessly, TRACE not at all",
        "Security servers let all three through; an echo of TRACE shows headers to whoever asks.",
        bodies::re_11
    ),
    case!(
        Rest,
        "RE-12",
        "W",
        "the answer is not compressed, though the security server offers it",
        "The security server's HTTP client unpacks it and passes on headers that no longer fit.",
        headers::re_12
    ),
    case!(
        Rest,
        "RE-13",
        "PR-REST 3.1",
        "a body of 50 MiB is taken or refused, and the adapter goes on",
        "A body that is held in memory whole is a way to end the service.",
        bodies::re_13
    ),
    case!(
        Rest,
        "RE-14",
        "PR-REST 4.2",
        "nine paths that could be read in two ways are refused",
        "Access rights are decided on a normalised copy of the path, and the raw one is delivered.",
        targets::re_14
    ),
    case!(
        Rest,
        "RE-15",
        "PR-REST 4.5",
        "a query parameter given twice is refused or read by one rule",
        "Two readers that take different ones disagree on what was asked.",
        targets::re_15
    ),
    case!(
        Rest,
        "RE-16",
        "I UriUtils",
        "path parameters that newer security servers refuse are named, and answered all the same",
        "A value with a space, a percent sign, a brace or a quote cannot be called through them.",
        targets::re_16
    ),
    case!(
        Rest,
        "RE-17",
        "PR-REST 4.3",
        "a caller that takes XML only gets XML or 406",
        "An answer in a form that was not asked for breaks the caller's parser, not its error handling.",
        headers::re_17
    ),
    case!(
        Rest,
        "RE-18",
        "W",
        "header values of answers are ASCII",
        "Security servers read them as another encoding.",
        headers::re_18
    ),
    case!(
        Rest,
        "RE-19",
        "I Jetty default",
        "the headers of an answer stay below 8 KiB",
        "The security server gives up on larger ones.",
        headers::re_19
    ),
    case!(
        Rest,
        "RE-20",
        "W",
        "a cookie is ignored and stays out of the log",
        "The security server's cookie jar is shared: the cookie may be another consumer's.",
        headers::re_20
    ),
    case!(
        Rest,
        "RE-21",
        "PR-REST 4.3",
        "user and issue are optional, single and bounded",
        "They are the consumer's text, and they end in the provider's log.",
        headers::re_21
    ),
];

/// The harmless GET and its answer, which must be a good one.
async fn good(probe: &mut Probe<'_>) -> Result<Answer, Stop> {
    let (service, path) = probe.target.rest_read()?;
    let answer = probe.rest(service, &RestCall::get(&path)).await?;
    probe.check("HTTP 200", answer.status == 200)?;
    Ok(answer)
}

/// A resource that is not there.
async fn missing(probe: &mut Probe<'_>, name: &str) -> Result<Answer, Stop> {
    let (service, _) = probe.target.rest_read()?;
    probe.rest(service, &RestCall::get(&format!("/kit-no-such-{name}"))).await
}

/// The harmless GET's path without its query.
fn path_only(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

/// An operation that takes a body.
fn posting<'t>(probe: &Probe<'t>) -> Result<(&'t RestService, &'t RestOperation), Stop> {
    let of = |it: &'t RestService| {
        it.operations.iter().find(|op| op.method == "POST" && !op.path.contains('{')).map(|op| (it, op))
    };
    let none = || Stop::not_applicable("no OpenAPI document that was given describes a POST without path parameters");
    probe.target.services.rest.iter().find_map(of).ok_or_else(none)
}
