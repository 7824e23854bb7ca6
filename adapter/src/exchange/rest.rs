//! REST exchanges (xroad.md §3): strict paths and headers in, problem+json for what is refused, no `X-Road-*` header,
//! cookie or compression out.

use bytes::Bytes;
use http::header::{
    ALLOW, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, RETRY_AFTER, VARY,
};
use http::{Method, Request, Response, StatusCode};
use serde::de::DeserializeOwned;
use silta_client::common::{ErrorCode, Problem, Refusal};
use silta_client::messages::UploadFile;
use uuid::Uuid;
use xroad::rest::RestHeader;

use super::conclude::{Encoded, Ready};
use super::evidence::{Known, sha512};
use super::form::{self, Wrong};
use super::incoming::Incoming;
use super::negotiate::{self, Form};
use super::order::{Errand, Order};
use super::resource::Resource;
use super::soap::header_text;
use super::spool::{SpooledFile, digests};
use super::{Arrival, Door, Tenant, access, ask, json, resource, response};
use crate::listen::Body;
use crate::operations::messages::Ask;
use crate::operations::registry::{Family, Shape};
use crate::store::Commit;

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";
/// Seconds after which a request that met too many others may come again.
const AGAIN_AFTER: HeaderValue = HeaderValue::from_static("5");

/// Who calls.
#[derive(Clone, Copy)]
pub(super) enum By<'a> {
    /// An agency: its security server names it in the request's headers.
    Agency,
    /// A system of the tenant's own, proven by the door that let it in.
    Own(&'a str),
}

struct Served {
    status: StatusCode,
    content: Bytes,
    form: Form,
    etag: Option<String>,
    commit: Commit,
    errand: Option<Errand>,
}

impl Door {
    pub(super) async fn rest<B>(
        &self,
        request: Request<B>,
        tenant: &Tenant,
        family: Family,
        segments: &[String],
        by: By<'_>,
        arrival: Arrival,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let (parts, body) = request.into_parts();
        let mut known = Known {
            protocol: by.protocol(),
            own: matches!(by, By::Own(_)),
            method: Some(parts.method.to_string()),
            path: Some(parts.uri.path().to_owned()),
            query: parts.uri.query().map(str::to_owned),
            ..Known::default()
        };
        // Known before anything can be refused: the log leaves out the values of some operations.
        let resource = resource::find(family, segments, &parts.method);
        known.operation = resource.as_ref().map(|resource| resource.operation);
        let methods = resource.as_ref().map(Resource::allow);
        let mut incoming = self.incoming(body, self.limits.rest_body, "rest_body");
        let run = self.serve_rest(&parts, &mut incoming, tenant, resource, by, &mut known);
        let outcome = Box::pin(self.guarded(&arrival, run)).await;
        if outcome.is_err() {
            incoming.drain(self.left(&arrival)).await;
        }
        let (ready, form, etag) = match outcome {
            Ok(Served { status, content, form, etag, commit, errand }) => {
                (Ready { encoded: Encoded::new(status, content, None), commit, errand }, form, etag)
            }
            Err(refusal) => (Ready::of(refused(&refusal, arrival.exchange_id)), Form::Json, None),
        };
        let again = |outcome: Result<_, Refusal>| match outcome.and_then(|answer| ask::to_json(&answer)) {
            Ok((status, content)) => Encoded::new(status, content, None),
            Err(refusal) => refused(&refusal, arrival.exchange_id),
        };
        let encoded = self.conclude(tenant, &arrival, &known, ready, again).await;
        let mut response = respond(encoded, form, etag);
        if matches!(response.status(), StatusCode::METHOD_NOT_ALLOWED | StatusCode::NO_CONTENT)
            && let Some(Ok(methods)) = methods.as_deref().map(HeaderValue::from_str)
        {
            response.headers_mut().insert(ALLOW, methods);
        }
        self.watch_delivery(tenant, &arrival, &mut response);
        response
    }

    async fn serve_rest<B>(
        &self,
        parts: &http::request::Parts,
        incoming: &mut Incoming<B>,
        tenant: &Tenant,
        resource: Option<Resource>,
        by: By<'_>,
        known: &mut Known,
    ) -> Result<Served, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let client = by.client(&parts.headers, known)?;
        let resource =
            resource.ok_or_else(|| Refusal::new(ErrorCode::UnknownOperation, "there is nothing at this path"))?;
        if parts.method == Method::OPTIONS {
            return Ok(Served::empty(StatusCode::NO_CONTENT));
        }
        if !resource.is_served {
            return Err(Refusal::new(ErrorCode::MethodNotAllowed, "the path does not serve this method"));
        }
        let form = negotiate::form(&parts.headers, resource.operation.shape)?;
        let allowed = match by {
            By::Agency => access::allows(&tenant.access, &client, resource.operation),
            // The door that let it in has asked.
            By::Own(_) => true,
        };
        if !allowed {
            return Err(Refusal::new(ErrorCode::NotAllowed, "no rule allows this client the operation"));
        }
        let shape = resource.operation.shape;
        if matches!(shape, Shape::Send | Shape::Upload) {
            let (content, files) = self.received(&parts.headers, incoming, known).await?;
            let errand = if shape == Shape::Send {
                Errand::Order(Box::new(Order::of_rest(&client, self.message(&content)?, files)?))
            } else {
                let UploadFile { content, part } = self.message(&content)?;
                let file = Order::of_rest(&client, Order::of_file(content, part), files).map_err(of_the_file)?;
                Errand::Upload(Box::new(file))
            };
            return self.served_json(tenant, errand).await;
        }
        // Nothing of a read stands in its body, but it belongs to the connection.
        incoming.at_most(self.limits.rest_body, "rest_body")?;
        let content = incoming.whole().await?;
        // A digest of some ids would tell them to whoever tries all there are.
        let logged = !content.is_empty() && shape != Shape::Mailboxes;
        known.request_digest = logged.then(|| sha512(&content));
        if shape == Shape::Mailboxes {
            let ask = self.in_body(&parts.headers, shape, &content, parts.uri.query())?;
            return self.served_json(tenant, Errand::Ask { client, ask }).await;
        }
        if shape.is_ask() {
            let ask = ask::of_rest(shape, resource.code, parts.uri.query())?;
            return self.served_json(tenant, Errand::Ask { client, ask }).await;
        }
        let read = json::read(shape, resource.code, parts.uri.query())?;
        let (content, etag) = match form {
            Form::Json => {
                let rendered = self.rendered(tenant, resource.operation, &read).await;
                let rendered = rendered.map_err(json::named_as_parameter)?;
                (rendered.json.clone(), rendered.etag.clone())
            }
            other => {
                let formed = self.in_form(tenant, resource.operation, &read, other).await;
                formed.map_err(json::named_as_parameter)?
            }
        };
        let mut served = if matches_etag(&parts.headers, &etag) {
            Served::empty(StatusCode::NOT_MODIFIED)
        } else {
            Served::new(StatusCode::OK, content)
        };
        (served.etag, served.form) = (Some(etag), form);
        Ok(served)
    }

    /// The JSON of a request that brings files, and the files.
    async fn received<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut Incoming<B>,
        known: &mut Known,
    ) -> Result<(Bytes, Vec<SpooledFile>), Refusal>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(Refusal::new(ErrorCode::UnsupportedMediaType, "a compressed request is not read"));
        }
        let unsupported = || {
            let text = "the Content-Type must be application/json or multipart/form-data";
            Refusal::new(ErrorCode::UnsupportedMediaType, text)
        };
        let given = header_text(headers, CONTENT_TYPE.as_str()).ok_or_else(unsupported)?;
        let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if ![JSON, FORM].contains(&essence.as_str()) {
            return Err(unsupported());
        }
        incoming.at_most(self.limits.rest_body, "rest_body")?;
        if essence == JSON {
            let content = incoming.whole().await?;
            known.request_digest = Some(sha512(&content));
            Ok((content, Vec::new()))
        } else {
            incoming.hash();
            let mut spool = self.spooling.keeping();
            let message = form::read(&given, incoming, &mut spool, self.limits.mime.parts).await?;
            known.request_digest = incoming.take_digest();
            let files = spool.into_files();
            known.request_parts = digests(&files);
            let message = message.map_err(|wrong| self.form(wrong))?;
            Ok((message.into(), files))
        }
    }

    /// What is asked by a JSON body.
    fn in_body(&self, headers: &HeaderMap, shape: Shape, content: &[u8], query: Option<&str>) -> Result<Ask, Refusal> {
        let given = header_text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let is_json = given.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(JSON));
        if !is_json || headers.contains_key(CONTENT_ENCODING) {
            let text = "the Content-Type must be application/json, without compression";
            return Err(Refusal::new(ErrorCode::UnsupportedMediaType, text));
        }
        if json::is_deeper(content, self.limits.json_depth) {
            self.metrics.limit_hit("json_depth");
            return Err(Refusal::new(ErrorCode::Malformed, "the JSON nests too deep"));
        }
        ask::of_body(shape, content, query)
    }

    async fn served_json(&self, tenant: &Tenant, errand: Errand) -> Result<Served, Refusal> {
        let (answer, commit) = self.answer_errand(tenant, &errand).await?;
        let (status, content) = ask::to_json(&answer)?;
        Ok(Served { commit, errand: Some(errand), ..Served::new(status, content) })
    }

    /// The order itself, or what stands for it; it may nest as deep as `json_depth` says.
    pub(super) fn message<T: DeserializeOwned>(&self, content: &[u8]) -> Result<T, Refusal> {
        let most = self.limits.json_depth;
        if json::is_deeper(content, most) {
            self.metrics.limit_hit("json_depth");
            return Err(Refusal::new(ErrorCode::Malformed, format!("the JSON nests deeper than {most} values")));
        }
        json::parse(content)
    }

    fn form(&self, wrong: Wrong) -> Refusal {
        match wrong {
            Wrong::Refused(refusal) => refusal,
            Wrong::TooManyParts => {
                self.metrics.limit_hit("parts");
                let text = format!("the form has more than {} parts", self.limits.mime.parts);
                Refusal::new(ErrorCode::TooLarge, text)
            }
        }
    }
}

/// A refusal of the one attachment is about the request itself.
fn of_the_file(mut refusal: Refusal) -> Refusal {
    refusal.field = refusal.field.map(|field| field.trim_start_matches("attachments[0].").to_owned());
    refusal
}

impl By<'_> {
    /// As the log names it.
    fn protocol(self) -> &'static str {
        match self {
            By::Agency => "rest 1",
            By::Own(_) => "own 1",
        }
    }

    /// Whose the letters are, noted with what else the headers say.
    fn client(self, headers: &HeaderMap, known: &mut Known) -> Result<String, Refusal> {
        let client = match self {
            By::Agency => {
                let fields = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
                let header = RestHeader::read(fields);
                let header = header.map_err(|error| Refusal::new(ErrorCode::Malformed, error.to_string()))?;
                let client = header.client.to_rest();
                note(known, header);
                client
            }
            By::Own(system) => {
                let client = format!("own/{system}");
                known.client = Some(client.clone());
                client
            }
        };
        Ok(client)
    }
}

impl Served {
    fn new(status: StatusCode, content: Bytes) -> Served {
        Served { status, content, form: Form::Json, etag: None, commit: Commit::new(), errand: None }
    }

    fn empty(status: StatusCode) -> Served {
        Served::new(status, Bytes::new())
    }
}

/// The answer as HTTP.
fn respond(encoded: Encoded, form: Form, etag: Option<String>) -> Response<Body> {
    let Encoded { status, content, code, .. } = encoded;
    let media_type = if code.is_some() { Problem::MEDIA_TYPE } else { form.media_type() };
    let mut response = response::answer(status, media_type, content);
    let headers = response.headers_mut();
    if let Some(value) = etag.filter(|_| code.is_none()).and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(ETAG, value);
        headers.insert(VARY, HeaderValue::from_static("accept"));
    }
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        headers.remove(CONTENT_TYPE);
    }
    if code == Some(ErrorCode::Overloaded.word()) {
        headers.insert(RETRY_AFTER, AGAIN_AFTER);
    }
    response
}

fn note(known: &mut Known, header: RestHeader) {
    known.client = Some(header.client.to_rest());
    known.represented = header.represented_party.as_ref().map(xroad::id::RepresentedParty::to_rest);
    known.xroad_id = header.id;
    known.request_id = header.request_id;
    known.user_id = header.user_id;
    known.issue = header.issue;
    for anomaly in &header.anomalies {
        tracing::debug!(?anomaly, "a header that means nothing in a request was ignored");
    }
}

fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

pub(super) fn refused(refusal: &Refusal, exchange_id: Uuid) -> Encoded {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Encoded::new(status, problem_body(refusal, exchange_id), Some(refusal.code.word()))
}

/// A problem outside an exchange of a tenant.
pub(super) fn problem(refusal: &Refusal, exchange_id: Uuid) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response::answer(status, Problem::MEDIA_TYPE, problem_body(refusal, exchange_id))
}

fn problem_body(refusal: &Refusal, exchange_id: Uuid) -> Bytes {
    serde_json::to_vec(&Problem::new(refusal, exchange_id.to_string())).map(Bytes::from).unwrap_or_default()
}
