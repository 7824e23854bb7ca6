//! SOAP at the consumer's security server (xroad.md §6.1, §2.4): the request's checks, the echo rule, the request hash, and
//! the answer with HTTP 200 whatever happened.

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Body;

use super::consumer::{Arrival, Inner, plain};
use super::errors::{Origin, Rejection, Release, Suffix, XRoadError};
use super::hash::{self, SHA512_URI};
use super::leg::OutBody;
use super::message::{Direction, Message};
use super::provider::out_body;
use super::provider_soap::SoapAnswer;
use super::soap::{self, Soap, SoapMessage};

impl Inner {
    pub(super) async fn serve_soap<B>(&self, request: Request<B>, arrival: &Arrival) -> Response<OutBody>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        match self.soap(request, arrival).await {
            Ok(SoapAnswer::Fault(xml, _)) => {
                self.fault();
                plain(StatusCode::OK, "text/xml;charset=utf-8", xml)
            }
            Ok(SoapAnswer::Message(message)) => response(&message),
            Err(error) => {
                self.failed(&error);
                plain(StatusCode::OK, "text/xml;charset=utf-8", error.to_soap())
            }
        }
    }

    async fn soap<B>(&self, request: Request<B>, arrival: &Arrival) -> Result<SoapAnswer, XRoadError>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        let (head, body) = request.into_parts();
        let refuse = |rejection: Rejection| self.error(rejection, Origin::ClientProxy);
        if head.method != Method::POST {
            let rejection =
                Rejection::new(Suffix::InvalidHttpMethod, format!("must use POST instead of {}", head.method));
            return Err(self.error(rejection, Origin::Client));
        }
        let soap_action = soap_action(&head.headers).map_err(refuse)?;
        let content_type = head
            .headers
            .get(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .ok_or_else(|| refuse(Rejection::new(Suffix::InvalidContentType, "no Content-Type")))?;
        let message = Message::decode(&content_type, body, Direction::Request).await.map_err(refuse)?;
        let parsed = match &message.parsed {
            Soap::Message(parsed) => parsed,
            // A fault as a request comes back under this server's prefix.
            Soap::Fault(fault) => {
                let mut error = refuse(Rejection::new(Suffix::InvalidRequest, fault.string.clone()));
                let prefix = error.code.rsplit_once('.').map(|(prefix, _)| prefix.to_owned()).unwrap_or_default();
                error.code = format!("{prefix}.{}", fault.code);
                error.suffix = None;
                return Err(error);
            }
        };
        self.authenticate(&parsed.header.client, arrival).map_err(refuse)?;
        self.config.message_log.admit(&parsed.header.id, 0).map_err(refuse)?;
        let answer = self.provider.serve_soap(&message, &soap_action).await?;
        check(&message.soap, &answer, self.config.release, self.config.check_hash)?;
        Ok(answer)
    }
}

/// What the consumer's server checks on an answer: it parses the rewritten text again, compares the echoed fields and the
/// request hash. Faults are passed on unchecked.
pub(super) fn check(request: &[u8], answer: &SoapAnswer, release: Release, check_hash: bool) -> Result<(), XRoadError> {
    let SoapAnswer::Message(answer) = answer else { return Ok(()) };
    let service_failed = |rejection: Rejection| rejection.at(Origin::ClientProxyServiceFailed, release);
    let sent = message(request).map_err(service_failed)?;
    let received = message(&answer.soap).map_err(service_failed)?;
    if let Some(field) = sent.header.echo_difference(&received.header) {
        return Err(service_failed(Rejection::new(
            Suffix::InconsistentResponse,
            format!("request and response differ in field {field}"),
        )));
    }
    let expected = hash::soap(request);
    let given = received.header.request_hash.as_ref();
    let fits = given.is_some_and(|given| given.algorithm.as_deref() == Some(SHA512_URI) && given.value == expected);
    if check_hash && !fits {
        return Err(Rejection::new(Suffix::InconsistentResponse, "request hash is missing or does not match")
            .at(Origin::ClientProxy, release));
    }
    Ok(())
}

fn message(bytes: &[u8]) -> Result<Box<SoapMessage>, Rejection> {
    match soap::parse(bytes)? {
        Soap::Message(message) => Ok(message),
        Soap::Fault(_) => Err(Rejection::new(Suffix::InvalidMessage, "a fault is no message")),
    }
}

/// Absent, empty, `""` or a URI in double quotes (xroad.md §2.1).
fn soap_action(headers: &HeaderMap) -> Result<String, Rejection> {
    let Some(value) = headers.get("soapaction") else { return Ok(String::new()) };
    let value = value.to_str().unwrap_or("?").trim();
    let uri = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).is_some_and(uri);
    if value.is_empty() || quoted {
        Ok(value.to_owned())
    } else {
        Err(Rejection::new(Suffix::InvalidSoapAction, "malformed SOAPAction header"))
    }
}

/// HTTP 200; of the adapter's headers only the Content-Type, its charset forced to UTF-8.
fn response(message: &Message) -> Response<OutBody> {
    let content_type = with_utf8(&message.content_type);
    let body: OutBody = if message.is_multipart() {
        out_body(message.encode())
    } else {
        out_body(stream::iter([Ok(message.soap.clone())]))
    };
    let mut response = Response::new(body);
    if let Ok(value) = HeaderValue::from_str(&content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, value);
    }
    response
}

fn with_utf8(content_type: &str) -> String {
    // A boundary may hold a semicolon only inside quotes, and then the parameter is left alone as a whole.
    let mut kept = String::new();
    let mut quoted = false;
    let mut parameters = Vec::new();
    for c in content_type.chars() {
        quoted ^= c == '"';
        if c == ';' && !quoted {
            parameters.push(std::mem::take(&mut kept));
        } else {
            kept.push(c);
        }
    }
    parameters.push(kept);
    parameters.retain(|parameter| !parameter.trim().to_ascii_lowercase().starts_with("charset"));
    format!("{};charset=utf-8", parameters.join(";").trim_end_matches([';', ' ']))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{soap_action, with_utf8};

    #[test]
    fn charset_is_forced() {
        for (given, expected) in [
            ("text/xml", "text/xml;charset=utf-8"),
            ("text/xml; charset=ISO-8859-1", "text/xml;charset=utf-8"),
            (
                "multipart/related; charset=UTF-8; boundary=\"a;b\"; type=\"text/xml\"",
                "multipart/related; boundary=\"a;b\"; type=\"text/xml\";charset=utf-8",
            ),
        ] {
            assert_eq!(with_utf8(given), expected);
        }
    }

    #[test]
    fn soap_actions() {
        for (value, expected) in [
            ("", Some("")),
            ("\"\"", Some("\"\"")),
            ("\"urn:x\"", Some("\"urn:x\"")),
            ("urn:x", None),
            ("\"urn:x", None),
            ("\"a b\"", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("soapaction", HeaderValue::from_str(value).unwrap());
            assert_eq!(soap_action(&headers).ok().as_deref(), expected, "{value}");
        }
        assert_eq!(soap_action(&HeaderMap::new()).ok().as_deref(), Some(""));
    }
}
