//! REST calls (xroad.md §6.2): own `X-Road-Id`, and whose error it is decided by `X-Road-Error`, never by the status.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use xroad::id::ServiceId;
use xroad::soap::classify::{Side, XRoadError};

use super::rest_hash::{self, RestHashCheck};
use super::{CallError, Consumer};

/// The provider's answer, whatever its status.
#[derive(Debug)]
pub struct RestAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether the answer proves which request the provider's security server got.
    pub hash: RestHashCheck,
}

impl RestAnswer {
    /// A header as text: `x-road-request-id` and `x-road-request-hash` belong into the caller's log.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The body of a security server's error.
#[derive(Default, Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
    #[serde(default)]
    detail: Option<String>,
}

impl Consumer {
    /// Calls `service`. `path` is what follows the service code, percent-encoded, with its query: `services/1?lang=fi`.
    pub async fn rest(
        &self,
        method: Method,
        service: &ServiceId,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<RestAnswer, CallError> {
        let id = (self.ids)().to_string();
        let url = self.address(service, path)?;
        let headers = self.headers(headers, &id)?;
        let mut tries = self.tries();
        loop {
            let outcome = self.send(&method, url.clone(), &headers, &body, &id).await;
            if !tries.again(&outcome) {
                return outcome;
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn send(
        &self,
        method: &Method,
        url: reqwest::Url,
        sent: &HeaderMap,
        content: &Bytes,
        id: &str,
    ) -> Result<RestAnswer, CallError> {
        let target = rest_hash::target(&url);
        let request = self.http.request(method.clone(), url).headers(sent.clone()).body(content.clone());
        let response = request.send().await.map_err(CallError::transport)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.body(response).await?;
        let mut answer = RestAnswer { status, headers, body, hash: RestHashCheck::Absent };
        if let Some(code) = answer.header("x-road-error") {
            return Err(x_road_error(code, &answer.body));
        }
        match answer.header("x-road-id") {
            Some(received) if received == id => {}
            None if status.is_client_error() && !answer.headers.keys().any(is_x_road) => {
                return Err(CallError::SecurityServer(status.as_u16()));
            }
            Some(_) | None => return Err(CallError::ForeignId),
        }
        answer.hash = rest_hash::check(method, &target, sent, content, &answer.headers);
        match &answer.hash {
            RestHashCheck::Different { received, own } if self.strict_rest_hash => {
                Err(CallError::RestHash { received: received.clone(), own: own.clone() })
            }
            RestHashCheck::Absent if self.strict_rest_hash => {
                Err(CallError::RestHash { received: "absent".to_owned(), own: "not compared".to_owned() })
            }
            _ => Ok(answer),
        }
    }

    /// The whole address. One that a URL reader would shorten (`..` in a code) is refused: it would go elsewhere.
    fn address(&self, service: &ServiceId, path: &str) -> Result<reqwest::Url, CallError> {
        if service.provider().subsystem().is_none() {
            return Err(CallError::Request("REST services belong to a subsystem"));
        }
        let path = path.trim_start_matches('/');
        let seam = if path.is_empty() || path.starts_with('?') { "" } else { "/" };
        let target = format!("/r1/{}{seam}{path}", service.to_rest());
        let url = reqwest::Url::parse(&format!("{}{target}", self.base_url))
            .map_err(|_| CallError::Request("the address is not in order"))?;
        let path = target.split('?').next().unwrap_or_default();
        if url.path() == path { Ok(url) } else { Err(CallError::Request("the path is not percent-encoded")) }
    }

    fn headers(&self, mut headers: HeaderMap, id: &str) -> Result<HeaderMap, CallError> {
        // Named here, so that the HTTP client adds none of its own and the request hash covers what is known.
        headers.entry(http::header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| CallError::Request("a header is not ASCII"));
        headers.insert("x-road-client", value(&self.client.to_rest())?);
        headers.insert("x-road-id", value(id)?);
        for (name, text) in [("x-road-userid", &self.user_id), ("x-road-issue", &self.issue)] {
            if let Some(text) = text {
                headers.insert(name, value(text)?);
            }
        }
        if let Some(party) = &self.represented_party {
            headers.insert("x-road-represented-party", value(&party.to_rest())?);
        }
        if let Some(server) = &self.security_server {
            headers.insert("x-road-security-server", value(&server.to_rest())?);
        }
        Ok(headers)
    }
}

fn is_x_road(name: &http::HeaderName) -> bool {
    name.as_str().starts_with("x-road-")
}

fn x_road_error(code: &str, body: &[u8]) -> CallError {
    let ErrorBody { message, detail } =
        serde_json::from_slice(body).ok().or_else(|| from_xml(body)).unwrap_or_default();
    // A code of a shape not known yet is X-Road's all the same: the header says so.
    let error = XRoadError::parse(code).unwrap_or_else(|| XRoadError {
        code: code.to_owned(),
        side: Side::ClientProxy,
        cause: code.to_ascii_lowercase(),
        service_failed: false,
    });
    CallError::XRoad { error, message, detail }
}

/// `<error><type/><message/><detail/></error>`, which a caller gets that accepts XML.
fn from_xml(body: &[u8]) -> Option<ErrorBody> {
    let error = xroad::xml::parse(body, None, &xroad::xml::Limits::default()).ok().filter(|e| e.is("", "error"))?;
    let text = |name| error.child("", name).map(|child| child.text.clone());
    Some(ErrorBody { message: text("message").unwrap_or_default(), detail: text("detail") })
}
