//! What a request's head must be before anybody looks at what it asks (RFC 9112 §3; xroad.md §9.9 TR-04, TR-05, TR-11).
//!
//! hyper has parsed the head and refused what is no HTTP; [`super::framing`] has seen the raw bytes. Here is the rest.

use http::header::{EXPECT, HOST, TRANSFER_ENCODING, UPGRADE};
use http::{Method, Request, StatusCode, Version};

use super::Options;

/// Why a request is refused: the status, and words for the peer and the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) reason: &'static str,
    /// The limit that was hit, if it was one.
    pub(super) limit: Option<&'static str>,
}

impl Refusal {
    pub(super) const fn new(status: StatusCode, reason: &'static str) -> Self {
        Self { status, reason, limit: None }
    }
}

pub(super) fn check<B>(request: &Request<B>, options: &Options) -> Result<(), Refusal> {
    let refuse = |status, reason| Err(Refusal::new(status, reason));
    let uri = request.uri();
    if request.method() == Method::CONNECT {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "this is no proxy");
    }
    if uri.scheme().is_some() || uri.authority().is_some() || !uri.path().starts_with('/') {
        return refuse(StatusCode::BAD_REQUEST, "the request target must be a path");
    }
    if uri.path_and_query().map_or(0, |target| target.as_str().len()) > options.uri {
        let refusal = Refusal::new(StatusCode::URI_TOO_LONG, "the request target is too long");
        return Err(Refusal { limit: Some("uri"), ..refusal });
    }
    let headers = request.headers();
    if headers.contains_key(UPGRADE) || headers.contains_key("http2-settings") {
        return refuse(StatusCode::BAD_REQUEST, "only HTTP/1.1 is spoken here");
    }
    if headers.get_all(TRANSFER_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"chunked")) {
        return refuse(StatusCode::BAD_REQUEST, "the transfer encoding must be chunked");
    }
    if headers.get(EXPECT).is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"100-continue")) {
        return refuse(StatusCode::EXPECTATION_FAILED, "unknown expectation");
    }
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if request.version() < Version::HTTP_11 => Ok(()),
        (Some(host), None) => {
            let Some(host) = host.to_str().ok().filter(|host| is_host(host)) else {
                return refuse(StatusCode::BAD_REQUEST, "the Host header is malformed");
            };
            if options.hosts.is_empty() || options.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)) {
                Ok(())
            } else {
                refuse(StatusCode::MISDIRECTED_REQUEST, "this host is not served here")
            }
        }
        _ => refuse(StatusCode::BAD_REQUEST, "exactly one Host header is expected"),
    }
}

/// `host[:port]` (RFC 9110 §7.2), without user information.
fn is_host(text: &str) -> bool {
    !text.contains('@') && text.parse::<http::uri::Authority>().is_ok()
}
