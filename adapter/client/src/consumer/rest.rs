//! REST calls (xroad.md §6.2): own `X-Road-Id`, and whose error it is decided by `X-Road-Error`, never by the status.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Deserialize;
use xroad::id::ServiceId;
use xroad::soap::classify::{Side, XRoadError};

use super::{CallError, Consumer};

/// The provider's answer, whatever its status.
#[derive(Debug)]
pub struct RestAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
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
        let response = self
            .http
            .request(method, self.address(service, path)?)
            .headers(self.headers(headers, &id)?)
            .body(body)
            .send()
            .await
            .map_err(CallError::transport)?;
        let status = response.status();
        let headers = response.headers().clone();
        let body = self.body(response).await?;
        let answer = RestAnswer { status, headers, body };
        if let Some(code) = answer.header("x-road-error") {
            return Err(x_road_error(code, &answer.body));
        }
        match answer.header("x-road-id") {
            Some(received) if received == id => Ok(answer),
            None if status.is_client_error() && !answer.headers.keys().any(is_x_road) => {
                Err(CallError::SecurityServer(status.as_u16()))
            }
            Some(_) | None => Err(CallError::ForeignId),
        }
    }

    /// The whole address. One that a URL reader would shorten (`..` in a code) is refused: it would go elsewhere.
    fn address(&self, service: &ServiceId, path: &str) -> Result<reqwest::Url, CallError> {
        if service.provider().subsystem().is_none() {
            return Err(CallError::Request("REST services belong to a subsystem"));
        }
        let target = format!("/r1/{}/{}", service.to_rest(), path.trim_start_matches('/'));
        let url = reqwest::Url::parse(&format!("{}{target}", self.base_url))
            .map_err(|_| CallError::Request("the address is not in order"))?;
        let path = target.split('?').next().unwrap_or_default();
        if url.path() == path { Ok(url) } else { Err(CallError::Request("the path is not percent-encoded")) }
    }

    fn headers(&self, mut headers: HeaderMap, id: &str) -> Result<HeaderMap, CallError> {
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| CallError::Request("a header is not ASCII"));
        headers.insert("x-road-client", value(&self.client.to_rest())?);
        headers.insert("x-road-id", value(id)?);
        for (name, text) in [("x-road-userid", &self.user_id), ("x-road-issue", &self.issue)] {
            if let Some(text) = text {
                headers.insert(name, value(text)?);
            }
        }
        Ok(headers)
    }
}

fn is_x_road(name: &http::HeaderName) -> bool {
    name.as_str().starts_with("x-road-")
}

fn x_road_error(code: &str, body: &[u8]) -> CallError {
    let ErrorBody { message, detail } = serde_json::from_slice(body).unwrap_or_default();
    // A code of a shape not known yet is X-Road's all the same: the header says so.
    let error = XRoadError::parse(code).unwrap_or_else(|| XRoadError {
        code: code.to_owned(),
        side: Side::ClientProxy,
        cause: code.to_ascii_lowercase(),
        service_failed: false,
    });
    CallError::XRoad { error, message, detail }
}
