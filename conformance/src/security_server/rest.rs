//! A REST message as it travels between security servers, and the rules for its path and headers (xroad.md §1.3, §3.1,
//! §3.2).

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use uuid::Uuid;

use super::errors::{Rejection, Suffix};
use super::hash;
use super::identifiers::{ClientId, ServiceId, decode_segment};
use super::spool::Spool;

/// Hop-by-hop and similar headers that are removed on the way, both ways.
const REMOVED: [&str; 13] = [
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
];
/// Removed from requests in addition.
const REMOVED_FROM_REQUESTS: [&str; 2] = ["x-road-request-id", "x-road-request-hash"];
/// Removed from responses in addition; `X-Road-Service` and `X-Road-Error` are not.
const REMOVED_FROM_RESPONSES: [&str; 4] = ["x-road-id", "x-road-request-hash", "x-road-client", "x-road-request-id"];

/// A REST request that the consumer's security server has accepted.
#[derive(Debug, Clone)]
pub struct RestRequest {
    /// Method.
    pub method: Method,
    /// Raw path and query from `/r1` on, as the consumer spelled them.
    pub target: String,
    /// The service called.
    pub service: ServiceId,
    /// The raw path behind the service code; empty or with its leading slash.
    pub path: String,
    /// The raw query.
    pub query: Option<String>,
    /// The client: of several `X-Road-Client` headers the last.
    pub client: ClientId,
    /// The headers transported, ids included, names as the consumer's server read them.
    pub headers: HeaderMap,
    /// Value of `X-Road-Id`.
    pub id: String,
    /// Value of `x-road-request-id`.
    pub request_id: String,
    /// Body; `None` unless at least one byte came.
    pub body: Option<Spool>,
}

/// A REST response on its way to the consumer.
#[derive(Debug, Clone)]
pub struct RestAnswer {
    /// Status of the adapter, passed through.
    pub status: StatusCode,
    /// Reason phrase of the adapter if it is not the usual one.
    pub reason: Option<hyper::ext::ReasonPhrase>,
    /// Filtered headers and those added.
    pub headers: HeaderMap,
    /// Body.
    pub body: Spool,
}

impl RestRequest {
    /// Builds the message from what the consumer sent.
    pub(super) fn new(method: Method, target: &str, sent: &HeaderMap, body: Spool) -> Result<Self, Rejection> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        let (service, rest) = service_of(path)?;
        let client = sent
            .get_all("x-road-client")
            .iter()
            .next_back()
            .and_then(|value| value.to_str().ok())
            .and_then(ClientId::from_header)
            .ok_or_else(|| Rejection::new(Suffix::InvalidClientIdentifier, "invalid client identifier"))?;
        check_optional_headers(sent)?;
        let mut headers = filtered(sent, &REMOVED_FROM_REQUESTS);
        let request_id = Uuid::new_v4().to_string();
        append(&mut headers, "x-road-request-id", &request_id)?;
        let id = match sent.get("x-road-id").map(|value| value.to_str()) {
            Some(Ok(id)) => id.to_owned(),
            Some(Err(_)) => return Err(Rejection::new(Suffix::InvalidRequest, "X-Road-Id is not ASCII")),
            None => {
                let id = format!("{}-{}", client.instance, Uuid::new_v4());
                append(&mut headers, "x-road-id", &id)?;
                id
            }
        };
        Ok(Self {
            method,
            target: target.to_owned(),
            service,
            path: rest.to_owned(),
            query,
            client,
            headers,
            id,
            request_id,
            body: (!body.is_empty()).then_some(body),
        })
    }

    /// The request hash over this message.
    pub fn hash(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let body = self.body.as_ref().map(|body| body.sha512().as_slice());
        hash::rest(self.method.as_str(), &self.target, headers, body)
    }

    /// The headers that a security server adds to a response to this request.
    pub(super) fn response_headers(&self, adapter: &HeaderMap, hash: Option<&str>) -> Result<HeaderMap, Rejection> {
        let mut headers = filtered(adapter, &REMOVED_FROM_RESPONSES);
        append(&mut headers, "x-road-id", &self.id)?;
        append(&mut headers, "x-road-client", &self.client.encoded())?;
        append(&mut headers, "x-road-service", &self.service.encoded())?;
        append(&mut headers, "x-road-request-id", &self.request_id)?;
        if let Some(hash) = hash {
            append(&mut headers, "x-road-request-hash", hash)?;
        }
        Ok(headers)
    }
}

/// Service and remaining raw path of a `/r1/…` path.
fn service_of(path: &str) -> Result<(ServiceId, &str), Rejection> {
    let malformed = || Rejection::new(Suffix::InternalError, "malformed identifiers in the request path");
    let mut rest = path.strip_prefix("/r1").ok_or_else(malformed)?;
    let mut parts = Vec::with_capacity(5);
    for _ in 0..5 {
        let after = rest.strip_prefix('/').ok_or_else(malformed)?;
        let end = after.find('/').unwrap_or(after.len());
        let (segment, tail) = after.split_at(end);
        let part = decode_segment(segment).filter(|part| !part.trim().is_empty()).ok_or_else(malformed)?;
        parts.push(part);
        rest = tail;
    }
    match parts.as_slice() {
        [instance, class, code, subsystem, service] => {
            Ok((ServiceId::new(ClientId::subsystem(instance, class, code, subsystem), service, None), rest))
        }
        _ => Err(malformed()),
    }
}

fn check_optional_headers(sent: &HeaderMap) -> Result<(), Rejection> {
    for (name, allowed) in [("x-road-security-server", 4..=4), ("x-road-represented-party", 1..=2)] {
        for value in sent.get_all(name) {
            let parts: Option<Vec<String>> =
                value.to_str().ok().and_then(|text| text.split('/').map(decode_segment).collect());
            if !parts.is_some_and(|parts| allowed.contains(&parts.len())) {
                return Err(Rejection::new(Suffix::InvalidRequest, format!("malformed header {name}")));
            }
        }
    }
    Ok(())
}

fn filtered(headers: &HeaderMap, also: &[&str]) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.len() + 6);
    for (name, value) in headers {
        if !REMOVED.contains(&name.as_str()) && !also.contains(&name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

fn append(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<(), Rejection> {
    let value = HeaderValue::from_str(value)
        .map_err(|_| Rejection::new(Suffix::InternalError, format!("{name} cannot be a header value")))?;
    headers.append(HeaderName::from_static(name), value);
    Ok(())
}
