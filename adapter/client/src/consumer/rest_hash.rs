//! The request hash of REST answers, recomputed as far as a consumer can (xroad.md §8.3): the security server hashes the
//! headers as its HTTP parser spells them, and that may write well-known names in their usual case.

use bytes::Bytes;
use http::{HeaderMap, Method};
use xroad::hash::RestHash;

/// What `x-road-request-hash` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestHashCheck {
    /// The provider's security server got this very request.
    Equal,
    /// It got another request, or spelled header names in a third way. Both digests are for the log.
    Different { received: String, own: String },
    /// The answer has no hash, or no request id without which none can be computed.
    Absent,
}

/// Not transported between security servers (xroad.md §3.1).
const REMOVED: [&str; 15] = [
    "transfer-encoding",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "connection",
    "user-agent",
    "host",
    "content-length",
    "server",
    "expect",
    "x-road-request-id",
    "x-road-request-hash",
];

/// Raw path and query as they go over the wire.
pub(super) fn target(url: &reqwest::Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Compares the hash of an answer with the request that was sent.
pub(super) fn check(
    method: &Method,
    target: &str,
    sent: &HeaderMap,
    body: &Bytes,
    answer: &HeaderMap,
) -> RestHashCheck {
    let text = |name: &str| answer.get(name).and_then(|value| value.to_str().ok());
    let (Some(received), Some(request_id)) = (text("x-road-request-hash"), text("x-road-request-id")) else {
        return RestHashCheck::Absent;
    };
    let own = |spell: fn(&str) -> String| {
        let mut hash = RestHash::new(method.as_str(), target);
        for (name, value) in sent.iter().filter(|(name, _)| !REMOVED.contains(&name.as_str())) {
            hash.header(&spell(name.as_str()), value.to_str().unwrap_or_default());
        }
        hash.header("x-road-request-id", request_id);
        hash.body(body);
        hash.finish()
    };
    let as_sent = own(str::to_owned);
    if received == as_sent || received == own(usual_case) {
        RestHashCheck::Equal
    } else {
        RestHashCheck::Different { received: received.to_owned(), own: as_sent }
    }
}

/// `content-type` as `Content-Type`; names that are not HTTP's own stay as they were sent.
fn usual_case(name: &str) -> String {
    if name.starts_with("x-") {
        return name.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| format!("{}{}", first.to_ascii_uppercase(), letters.as_str())).unwrap_or_default()
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}
