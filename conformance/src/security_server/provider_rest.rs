//! REST through the provider's security server (xroad.md §3).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Body;
use hyper::ext::ReasonPhrase;

use super::access;
use super::config::{ServiceKind, Tamper};
use super::encoding;
use super::errors::{Origin, Rejection, Suffix, XRoadError};
use super::hash;
use super::leg::OutBody;
use super::message::next_data;
use super::provider::{Provider, USER_AGENT, out_body, request};
use super::rest::{RestAnswer, RestRequest};
use super::spool::{Spool, Spooling};
use super::url::Target;

impl Provider {
    /// Carries a request to the adapter and its response back.
    pub async fn serve_rest(&self, message: &RestRequest) -> Result<RestAnswer, XRoadError> {
        self.inner.counter.rest();
        let answer = match self.rest_metadata(message).await {
            Some(answer) => answer,
            None => self.rest_exchange(message).await,
        };
        answer.map_err(|rejection| {
            let error = rejection.at(Origin::ServerProxy, self.inner.release);
            self.inner.counter.failure(&error.code);
            error
        })
    }

    async fn rest_exchange(&self, message: &RestRequest) -> Result<RestAnswer, Rejection> {
        self.inner.message_log.admit(&message.id, message.body.as_ref().map_or(0, Spool::len))?;
        let path = access::normalised(&message.path)?;
        let endpoint = Some((message.method.as_str(), path.as_str()));
        let service = self.admit(&message.service, &message.client, ServiceKind::Rest, endpoint)?;
        let target = Target::parse(&service.url)?;
        let path_and_query = target.rest(&message.path, message.query.as_deref());
        let (headers, body) = self.outgoing(message, &target, &path_and_query)?;
        let request = request(message.method.clone(), &path_and_query, headers, body)?;
        let verify = self.verification(&service);
        let exchange = self.inner.leg.send(&target, &verify, service.timeout, false, request).await?;
        let (response, kept) = exchange.split();
        self.remember_cookies(&target, &path_and_query, response.headers());
        let (mut head, body) = response.into_parts();
        let bodiless = message.method == Method::HEAD || matches!(head.status.as_u16(), 204 | 304);
        let coding = if bodiless { None } else { encoding::undo(&head.headers)? };
        let body = match coding {
            Some(coding) => {
                for name in ["content-encoding", "content-length", "content-md5"] {
                    head.headers.remove(name);
                }
                encoding::decode(coding, body).await?
            }
            None => spool(body).await?,
        };
        self.inner.leg.finish(kept);
        Ok(RestAnswer {
            status: head.status,
            reason: head.extensions.remove::<ReasonPhrase>(),
            headers: message.response_headers(&head.headers, self.rest_hash(message).as_deref())?,
            body,
        })
    }

    /// The request hash of a response, tampered with if so configured.
    pub(super) fn rest_hash(&self, message: &RestRequest) -> Option<String> {
        match self.tamper() {
            Tamper::None => Some(message.hash()),
            Tamper::WrongHash => Some(hash::soap(b"something else")),
            Tamper::NoHash => None,
        }
    }

    /// Headers and body as the adapter sees them (xroad.md §3.1). Bodies go with POST, PUT and PATCH only.
    fn outgoing(&self, message: &RestRequest, target: &Target, path: &str) -> Result<(HeaderMap, OutBody), Rejection> {
        let unsendable = |_| Rejection::new(Suffix::InternalError, "a header value cannot be sent");
        let mut headers = message.headers.clone();
        headers.insert(header::HOST, HeaderValue::from_str(&target.authority()).map_err(unsendable)?);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Keep-Alive"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some(cookies) = self.inner.cookies.header(&target.host, path) {
            headers.append(header::COOKIE, HeaderValue::from_str(&cookies).map_err(unsendable)?);
        }
        headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip,deflate"));
        let nothing = || Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        if !matches!(message.method, Method::POST | Method::PUT | Method::PATCH) {
            return Ok((headers, nothing()));
        }
        let length = message.body.as_ref().map_or(0, Spool::len);
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        let body = message.body.as_ref().map_or_else(nothing, |body| out_body(body.stream()));
        Ok((headers, body))
    }
}

/// Reads a body to its end.
pub(super) async fn spool<B>(body: B) -> Result<Spool, Rejection>
where
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Display,
{
    let mut body = std::pin::pin!(body);
    let mut spooling = Spooling::new();
    while let Some(data) = next_data(&mut body).await? {
        spooling
            .put(&data)
            .map_err(|error| Rejection::new(Suffix::InternalError, format!("the temporary file failed: {error}")))?;
    }
    Ok(spooling.finish())
}
