//! REST at the consumer's security server (xroad.md §1.3, §3.3, §6.2).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Body;

use super::consumer::{Arrival, Inner, plain};
use super::errors::{Origin, Rejection, Release, Suffix, XRoadError};
use super::leg::OutBody;
use super::provider::out_body;
use super::provider_rest::spool;
use super::rest::{RestAnswer, RestRequest};

const METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
];

impl Inner {
    pub(super) async fn serve_rest<B>(&self, request: Request<B>, arrival: &Arrival) -> Response<OutBody>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        let accept: Vec<String> = request
            .headers()
            .get_all(header::ACCEPT)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        match self.rest(request, arrival).await {
            Ok(answer) => response(answer),
            Err(error) => {
                self.failed(&error);
                self.rest_error(&error, &accept.join(","))
            }
        }
    }

    async fn rest<B>(&self, request: Request<B>, arrival: &Arrival) -> Result<RestAnswer, XRoadError>
    where
        B: Body<Data = Bytes> + Send,
        B::Error: std::fmt::Display,
    {
        let (head, body) = request.into_parts();
        let refuse = |rejection: Rejection| self.error(rejection, Origin::ClientProxy);
        if !METHODS.contains(&head.method) {
            return Err(refuse(Rejection::new(Suffix::InvalidHttpMethod, "unsupported method")));
        }
        let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
        let body = spool(body).await.map_err(refuse)?;
        let message = RestRequest::new(head.method, target, &head.headers, body).map_err(refuse)?;
        self.authenticate(&message.client, arrival).map_err(refuse)?;
        let length = message.body.as_ref().map_or(0, super::spool::Spool::len);
        self.config.message_log.admit(&message.id, length).map_err(refuse)?;
        let answer = self.provider.serve_rest(&message).await?;
        let given = answer.headers.get("x-road-request-hash").map(HeaderValue::as_bytes);
        if self.config.check_hash && given != Some(message.hash().as_bytes()) {
            let rejection = Rejection::new(Suffix::InconsistentResponse, "request hash is missing or does not match");
            return Err(refuse(rejection));
        }
        Ok(answer)
    }

    /// 500 when the code begins with this release's own spelling of `Server.`, else 400: with servers of different
    /// releases the status flips (xroad.md §0.1 item 5).
    fn rest_error(&self, error: &XRoadError, accept: &str) -> Response<OutBody> {
        let server = match self.config.release {
            Release::UpTo7_7 => "Server.",
            Release::From7_8 => "server.",
        };
        let status =
            if error.code.starts_with(server) { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        let mut response = if wants_xml(accept) {
            plain(status, "text/xml;charset=utf-8", error.to_xml())
        } else {
            plain(status, "application/json;charset=utf-8", error.to_json())
        };
        if let Ok(value) = HeaderValue::from_str(&error.code) {
            response.headers_mut().insert("x-road-error", value);
        }
        response
    }
}

fn response(answer: RestAnswer) -> Response<OutBody> {
    let length = answer.body.len();
    let mut response = Response::new(out_body(answer.body.stream()));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if length > 0 {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    } else {
        *response.body_mut() = empty();
    }
    if let Some(reason) = answer.reason {
        response.extensions_mut().insert(reason);
    }
    response
}

fn empty() -> OutBody {
    use http_body_util::{BodyExt as _, Empty};
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// The first media type that decides wins; q-values are ignored.
fn wants_xml(accept: &str) -> bool {
    for item in accept.split(',') {
        match item.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "text/xml" | "application/xml" | "text/*" => return true,
            "application/json" | "application/*" | "*/*" => return false,
            _ => {}
        }
    }
    false
}
