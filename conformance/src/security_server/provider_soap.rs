//! SOAP through the provider's security server (xroad.md §2.1–2.6): the request as an adapter sees it, the checks on its
//! response, re-serialisation and request hash.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;

use super::answer::Answer;
use super::config::{ServiceKind, Tamper};
use super::encoding;
use super::errors::{Origin, Rejection, Suffix, XRoadError};
use super::hash;
use super::leg::Verify;
use super::message::{Direction, Message};
use super::provider::{Provider, USER_AGENT, out_body, request};
use super::rewrite;
use super::soap::{Soap, SoapFault, SoapMessage};
use super::url::Target;
use crate::mime::ContentType;

/// What comes back from a provider for a SOAP request.
#[derive(Debug, Clone)]
pub enum SoapAnswer {
    /// A response, rewritten, with its request hash.
    Message(Box<Message>),
    /// A fault of the adapter: its XML exactly as it came.
    Fault(Bytes, SoapFault),
}

impl Provider {
    /// Carries a message to the adapter and its answer back. `soap_action` is the consumer's value, empty if none.
    pub async fn serve_soap(&self, message: &Message, soap_action: &str) -> Result<SoapAnswer, XRoadError> {
        self.inner.counter.soap();
        let release = self.inner.release;
        let outcome = match &message.parsed {
            Soap::Fault(_) => {
                Err(Rejection::new(Suffix::InvalidMessage, "a fault is no request").at(Origin::ServerProxy, release))
            }
            Soap::Message(parsed) => self.soap_exchange(message, parsed, soap_action).await,
        };
        match &outcome {
            Ok(SoapAnswer::Fault(..)) => self.inner.counter.fault(),
            Ok(SoapAnswer::Message(_)) => {}
            Err(error) => self.inner.counter.failure(&error.code),
        }
        outcome
    }

    async fn soap_exchange(
        &self,
        message: &Message,
        parsed: &SoapMessage,
        soap_action: &str,
    ) -> Result<SoapAnswer, XRoadError> {
        let release = self.inner.release;
        if let Some(answer) = self.soap_metadata(message, parsed).await {
            return answer;
        }
        let header = &parsed.header;
        let unlogged = |rejection: Rejection| rejection.at(Origin::ServerProxy, release);
        self.inner.message_log.admit(&header.id, 0).map_err(unlogged)?;
        let service = self
            .admit(&header.service, &header.client, ServiceKind::Soap, None)
            .map_err(|rejection| rejection.at(Origin::ServerProxy, release))?;
        let content_type = if message.is_multipart() {
            message.content_type.as_str()
        } else {
            // Hard-coded, whatever the consumer sent and the document declares (xroad.md §2.1).
            "text/xml; charset=UTF-8"
        };
        let verify = self.verification(&service);
        let post = Post { url: &service.url, content_type, soap_action, timeout: service.timeout, verify };
        let failed = |rejection: Rejection| {
            let origin = match rejection.suffix {
                Suffix::ServiceMalformedUrl => Origin::ServerProxy,
                _ => Origin::ServiceFailed,
            };
            rejection.at(origin, release)
        };
        let (response, kept) = self.post(post, out_body(message.encode())).await.map_err(failed)?;
        let answer = self.judge(&message.soap, response).await.map_err(failed)?;
        self.inner.leg.finish(kept);
        Ok(answer)
    }

    /// Posts any bytes to a SOAP service URL exactly as this server would post a message, and collects the raw answer.
    /// This is how cases send what no security server would let through. Certificates are not compared.
    pub async fn post_soap(
        &self,
        url: &str,
        content_type: &str,
        soap_action: &str,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Rejection> {
        let post =
            Post { url, content_type, soap_action, timeout: super::config::DEFAULT_TIMEOUT, verify: Verify::Any };
        let body: Bytes = body.into();
        let pieces = futures_util::stream::iter((!body.is_empty()).then_some(Ok(body)));
        let (response, kept) = self.post(post, out_body(pieces)).await?;
        let answer = Answer::collect(response).await?;
        self.inner.leg.finish(kept);
        Ok(answer)
    }

    /// Judges a collected answer as this server and then the consumer's would: the checks of xroad.md §2.3, the echo
    /// rule of §2.4 and the request hash. `request` is the SOAP part that was sent.
    pub async fn accepts(&self, request: &[u8], answer: &Answer) -> Result<SoapAnswer, XRoadError> {
        let mut response = http::Response::new(Full::new(answer.body.clone()));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers.clone();
        let release = self.inner.release;
        let judged =
            self.judge(request, response).await.map_err(|rejection| rejection.at(Origin::ServiceFailed, release))?;
        super::consumer_soap::check(request, &judged, release, true)?;
        Ok(judged)
    }

    async fn post(
        &self,
        post: Post<'_>,
        body: super::leg::OutBody,
    ) -> Result<(http::Response<hyper::body::Incoming>, super::leg::Kept), Rejection> {
        let target = Target::parse(post.url)?;
        let path = target.path_and_query();
        let mut headers = HeaderMap::new();
        let value = |text: &str| {
            HeaderValue::from_bytes(text.as_bytes())
                .map_err(|_| Rejection::new(Suffix::InternalError, "a header value cannot be sent"))
        };
        headers.insert("soapaction", value(post.soap_action)?);
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(""));
        headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        headers.insert(header::CONTENT_TYPE, value(post.content_type)?);
        headers.insert(header::HOST, value(&target.authority())?);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Keep-Alive"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
        if let Some(cookies) = self.inner.cookies.header(&target.host, &path) {
            headers.insert(header::COOKIE, value(&cookies)?);
        }
        let request = request(Method::POST, &path, headers, body)?;
        let exchange = self.inner.leg.send(&target, &post.verify, post.timeout, true, request).await?;
        let (response, kept) = exchange.split();
        self.remember_cookies(&target, &path, response.headers());
        Ok((response, kept))
    }

    /// The checks on a response, in the order in which a security server makes them.
    async fn judge<B>(&self, request: &[u8], response: http::Response<B>) -> Result<SoapAnswer, Rejection>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        let (head, body) = response.into_parts();
        if !matches!(head.status, StatusCode::OK | StatusCode::INTERNAL_SERVER_ERROR) {
            return Err(Rejection::new(
                Suffix::HttpError,
                format!("server responded with status {}", head.status.as_u16()),
            ));
        }
        let content_type = head
            .headers
            .get(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Rejection::new(Suffix::InvalidContentType, "the response has no Content-Type"))?;
        let body = std::pin::pin!(body);
        let mut message = match encoding::undo(&head.headers)? {
            None => Message::decode(&content_type, body, Direction::Response).await?,
            Some(coding) => {
                let plain = encoding::decode(coding, body).await?;
                let plain = http_body_util::StreamBody::new(futures_util::StreamExt::map(plain.stream(), |piece| {
                    piece.map(hyper::body::Frame::data)
                }));
                Message::decode(&content_type, plain.boxed_unsync(), Direction::Response).await?
            }
        };
        if let Soap::Fault(fault) = &message.parsed {
            return Ok(SoapAnswer::Fault(message.soap.clone(), fault.clone()));
        }
        let hash = match self.tamper() {
            Tamper::None => Some(hash::soap(request)),
            Tamper::WrongHash => Some(hash::soap(b"something else")),
            Tamper::NoHash => None,
        };
        let charset = self.charset(&message);
        message.soap = rewrite::reserialise(&message.soap, hash.as_deref(), charset.as_deref())?.into();
        Ok(SoapAnswer::Message(Box::new(message)))
    }

    /// The charset that the Content-Type of the SOAP document names.
    #[allow(clippy::unused_self)] // reads as a property of this server's rules
    fn charset(&self, message: &Message) -> Option<String> {
        let of_part = message.soap_headers.as_ref().map(crate::mime::PartHeaders::content_type);
        let kind = of_part.unwrap_or_else(|| ContentType::parse(&message.content_type))?;
        kind.parameter("charset").map(str::to_owned)
    }
}

struct Post<'a> {
    url: &'a str,
    content_type: &'a str,
    soap_action: &'a str,
    timeout: std::time::Duration,
    verify: Verify,
}
