//! REST exchanges (xroad.md §3): strict paths and headers in, problem+json for what is refused, no `X-Road-*` header,
//! cookie or compression out.

use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use http::{Method, Request, Response, StatusCode};
use silta_client::common::{ErrorCode, Problem, Refusal};
use silta_client::messages::SendMessage;
use uuid::Uuid;
use xroad::rest::RestHeader;

use super::cache::{Key, Rendered};
use super::evidence::{Known, sha512};
use super::soap::{Encoded, header_text};
use super::{Arrival, Door, Tenant, access, body, json, xml};
use crate::listen::{Body, Delivered, Delivery};
use crate::model::Kind;
use crate::model::evidence::{EvidenceDraft, PartDigest, RecordKind};
use crate::operations::catalogue::{self, Read};
use crate::operations::messages::{SendRequest, Upload};
use crate::operations::registry::{self, Family, Operation, Shape};
use crate::store::Commit;

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";
/// Inline base64 of an attachment, decoded.
const INLINE_BYTES: usize = 256 * 1024;

struct Served {
    status: StatusCode,
    content: Bytes,
    etag: Option<String>,
    commit: Commit,
    wake: bool,
}

/// What a path means.
struct Resource {
    operation: &'static Operation,
    code: Option<String>,
    /// Methods as the `Allow` header lists them.
    methods: &'static str,
}

impl Door {
    pub(super) async fn rest<B>(
        &self,
        request: Request<B>,
        tenant: &Tenant,
        family: Family,
        segments: &[String],
        arrival: Arrival,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let (parts, mut incoming) = request.into_parts();
        let mut known = Known {
            protocol: "rest 1",
            method: Some(parts.method.to_string()),
            path: Some(parts.uri.path().to_owned()),
            query: parts.uri.query().map(str::to_owned),
            ..Known::default()
        };
        let run = self.serve_rest(&parts, &mut incoming, tenant, family, segments, &mut known);
        let outcome = Box::pin(self.guarded(run)).await;
        if outcome.is_err() {
            body::discard(&mut incoming).await;
        }
        let (encoded, etag, commit, wake) = match outcome {
            Ok(served) => {
                let encoded = Encoded { status: served.status, content: served.content, code: None };
                (encoded, served.etag, served.commit, served.wake)
            }
            Err(refusal) => (refused(&refusal, arrival.exchange_id), None, Commit::new(), false),
        };
        let encoded = match self.log(tenant, &arrival, &known, &encoded, commit).await {
            Ok(()) => {
                if wake {
                    self.letters.wake(&tenant.code);
                }
                encoded
            }
            Err(refusal) => refused(&refusal, arrival.exchange_id),
        };
        let operation = known.operation.map_or("-", |operation| operation.name);
        self.metrics.exchange(operation, encoded.code.unwrap_or("ok"), self.took(&arrival));
        let media_type = if encoded.code.is_some() { Problem::MEDIA_TYPE } else { JSON };
        let mut response = body::answer(encoded.status, media_type, encoded.content);
        let headers = response.headers_mut();
        if let Some(value) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
            headers.insert(ETAG, value);
        }
        match encoded.status {
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => {
                headers.remove(CONTENT_TYPE);
            }
            _ => {}
        }
        if matches!(encoded.status, StatusCode::METHOD_NOT_ALLOWED | StatusCode::NO_CONTENT)
            && let Some(resource) = resource(family, segments)
        {
            headers.insert(ALLOW, HeaderValue::from_static(resource.methods));
        }
        self.watch_delivery(tenant, &arrival, &mut response);
        response
    }

    async fn serve_rest<B>(
        &self,
        parts: &http::request::Parts,
        incoming: &mut B,
        tenant: &Tenant,
        family: Family,
        segments: &[String],
        known: &mut Known,
    ) -> Result<Served, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let header = RestHeader::read(fields).map_err(|error| Refusal::new(ErrorCode::Malformed, error.to_string()))?;
        let client = header.client.to_rest();
        known.client = Some(client.clone());
        known.represented = header.represented_party.as_ref().map(xroad::id::RepresentedParty::to_rest);
        known.xroad_id.clone_from(&header.id);
        known.request_id.clone_from(&header.request_id);
        known.user_id.clone_from(&header.user_id);
        known.issue.clone_from(&header.issue);
        for anomaly in &header.anomalies {
            tracing::debug!(?anomaly, "a header that means nothing in a request was ignored");
        }
        let resource = resource(family, segments)
            .ok_or_else(|| Refusal::new(ErrorCode::UnknownOperation, "there is nothing at this path"))?;
        known.operation = Some(resource.operation);
        if parts.method == Method::OPTIONS {
            return Ok(Served::empty(StatusCode::NO_CONTENT));
        }
        if !resource.methods.split(", ").any(|method| method == parts.method.as_str()) {
            return Err(Refusal::new(ErrorCode::MethodNotAllowed, "the path does not serve this method"));
        }
        accepts_json(&parts.headers)?;
        if !access::allows(&tenant.access, &client, resource.operation) {
            return Err(Refusal::new(ErrorCode::NotAllowed, "no rule allows this client the operation"));
        }
        match resource.operation.shape {
            Shape::Send => self.send(&parts.headers, incoming, tenant, &client, known).await,
            Shape::Status => {
                let id = resource.code.unwrap_or_default();
                let status = self.letters.status(&tenant.code, &client, &id).await?;
                Ok(Served::new(StatusCode::OK, json::render(&status)?))
            }
            shape => {
                // Nothing of a read stands in its body, but it belongs to the connection.
                let content = body::read(incoming, self.limits.rest_body).await?;
                known.request_digest = (!content.is_empty()).then(|| sha512(&content));
                let read = json::read(shape, resource.code, parts.uri.query())?;
                let rendered = self.rendered(tenant, resource.operation, &read)?;
                if matches_etag(&parts.headers, &rendered.etag) {
                    let mut served = Served::empty(StatusCode::NOT_MODIFIED);
                    served.etag = Some(rendered.etag.clone());
                    return Ok(served);
                }
                let mut served = Served::new(StatusCode::OK, rendered.json.clone());
                served.etag = Some(rendered.etag.clone());
                Ok(served)
            }
        }
    }

    async fn send<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut B,
        tenant: &Tenant,
        client: &str,
        known: &mut Known,
    ) -> Result<Served, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
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
        let content = body::read(incoming, self.limits.rest_body).await?;
        known.request_digest = Some(sha512(&content));
        let (order, parts) = match essence.as_str() {
            JSON => (json::parse::<SendMessage>(&content)?, Vec::new()),
            _ => form(&given, content).await?,
        };
        known.request_parts = parts
            .iter()
            .map(|(_, content)| PartDigest { size: content.len() as u64, digest: sha512(content) })
            .collect();
        let uploads = uploads(&order, &parts)?;
        let accepted = self.letters.accept(&tenant.code, client, SendRequest { order, uploads }).await?;
        let mut commit = Commit::new().with(accepted.statements);
        commit.evidence = accepted.evidence;
        let mut served = Served::new(StatusCode::ACCEPTED, json::render(&accepted.answer)?);
        (served.commit, served.wake) = (commit, true);
        Ok(served)
    }

    /// A catalogue answer as the body element of SOAP.
    pub(super) fn read_xml(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<String, Refusal> {
        if cacheable(operation, read) {
            return self.rendered(tenant, operation, read).map(|rendered| rendered.xml.clone());
        }
        xml::write(operation, self.answer(tenant, operation, read)?)
    }

    fn rendered(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<std::sync::Arc<Rendered>, Refusal> {
        let key =
            Key { tenant: tenant.code.clone(), operation: operation.name, code: read.code.clone().unwrap_or_default() };
        let sequence = self.catalogue.view(&tenant.code).map_or(0, |view| view.sequence());
        let stamp = (sequence, tenant.guids.generation());
        let keep = cacheable(operation, read);
        if keep && let Some(rendered) = self.cache.get(&key, stamp) {
            return Ok(rendered);
        }
        let answer = self.answer(tenant, operation, read)?;
        let json = json::write(&answer)?;
        let etag = format!("\"{}\"", hex::encode(sha512(&json).get(..16).unwrap_or_default()));
        let xml = if keep { xml::write(operation, answer)? } else { String::new() };
        let rendered = std::sync::Arc::new(Rendered { xml, json, etag });
        if keep {
            self.cache.put(key, stamp, &rendered);
        }
        Ok(rendered)
    }

    fn answer(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        read: &Read,
    ) -> Result<catalogue::Answer, Refusal> {
        let view = self
            .catalogue
            .view(&tenant.code)
            .ok_or_else(|| Refusal::new(ErrorCode::Unavailable, "the catalogue is not loaded"))?;
        catalogue::read(&view, operation.shape, read, &|key| tenant.guids.guid(key))
    }

    /// Lets the log know when nobody took the answer.
    pub(super) fn watch_delivery(&self, tenant: &Tenant, arrival: &Arrival, response: &mut Response<Body>) {
        let mut draft = EvidenceDraft::new(RecordKind::NotDelivered, &*tenant.code, arrival.at, arrival.at);
        draft.exchange_id = Some(arrival.exchange_id);
        draft.delivered = Some(false);
        let (store, world) = (self.store.clone(), self.world.clone());
        response.extensions_mut().insert(Delivery::new(move |delivered| {
            if delivered == Delivered::Yes {
                return;
            }
            draft.time_out = world.now();
            if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                runtime.spawn(async move {
                    if let Err(error) = store.commit(Commit::of_evidence(draft)).await {
                        tracing::error!("that an answer was not delivered could not be logged: {error}");
                    }
                });
            }
        }));
    }
}

impl Served {
    fn new(status: StatusCode, content: Bytes) -> Served {
        Served { status, content, etag: None, commit: Commit::new(), wake: false }
    }

    fn empty(status: StatusCode) -> Served {
        Served::new(status, Bytes::new())
    }
}

/// Only single records in all languages are worth keeping.
fn cacheable(operation: &Operation, read: &Read) -> bool {
    matches!(operation.shape, Shape::Get(_)) && read.lang.is_none()
}

/// The paths of the OpenAPI documents.
fn resource(family: Family, segments: &[String]) -> Option<Resource> {
    let words: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (shape, code, methods) = match (family, words.as_slice()) {
        (Family::Catalogue, ["services"]) => (Shape::List(Kind::Service), None, READ),
        (Family::Catalogue, ["services", "search"]) => (Shape::Search, None, READ),
        (Family::Catalogue, ["services", code]) => (Shape::Get(Kind::Service), Some(code), READ),
        (Family::Catalogue, ["service-points"]) => (Shape::List(Kind::ServicePoint), None, READ),
        (Family::Catalogue, ["service-points", code]) => (Shape::Get(Kind::ServicePoint), Some(code), READ),
        (Family::Catalogue, ["channels"]) => (Shape::List(Kind::Channel), None, READ),
        (Family::Catalogue, ["channels", code]) => (Shape::Get(Kind::Channel), Some(code), READ),
        (Family::Catalogue, ["organisations"]) => (Shape::List(Kind::Organisation), None, READ),
        (Family::Catalogue, ["organisations", code]) => (Shape::Get(Kind::Organisation), Some(code), READ),
        (Family::Catalogue, ["offers"]) => (Shape::List(Kind::Offer), None, READ),
        (Family::Catalogue, ["classes"]) => (Shape::List(Kind::Class), None, READ),
        (Family::Catalogue, ["changes"]) => (Shape::Changes, None, READ),
        (Family::Messages, ["messages"]) => (Shape::Send, None, "POST, OPTIONS"),
        (Family::Messages, ["messages", id]) => (Shape::Status, Some(id), READ),
        _ => return None,
    };
    let operation = registry::by_shape(family, shape)?;
    Some(Resource { operation, code: code.map(|&code| code.to_owned()), methods })
}

const READ: &str = "GET, HEAD, OPTIONS";

/// A form: the part `message` is the order as JSON, every other part a file that the order names.
async fn form(content_type: &str, content: Bytes) -> Result<(SendMessage, Vec<(String, Bytes)>), Refusal> {
    let malformed = |_| Refusal::new(ErrorCode::Malformed, "the form cannot be read");
    let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
    let stream = futures_util::stream::once(async { Ok::<_, std::io::Error>(content) });
    let mut form = multer::Multipart::new(stream, boundary);
    let mut order = None;
    let mut parts: Vec<(String, Bytes)> = Vec::new();
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let content = field.bytes().await.map_err(malformed)?;
        if name == "message" {
            if order.replace(json::parse::<SendMessage>(&content)?).is_some() {
                return Err(Refusal::new(ErrorCode::InvalidField, "is given more than once").at("message"));
            }
        } else if parts.iter().any(|(known, _)| *known == name) {
            return Err(Refusal::new(ErrorCode::InvalidField, "two parts of the form have the same name"));
        } else {
            parts.push((name, content));
        }
    }
    let missing =
        || Refusal::new(ErrorCode::MissingField, "the form needs a part with the order as JSON").at("message");
    Ok((order.ok_or_else(missing)?, parts))
}

/// Exactly one of `content` and `part` for each attachment.
fn uploads(order: &SendMessage, parts: &[(String, Bytes)]) -> Result<Vec<Upload>, Refusal> {
    use base64::Engine as _;
    let mut uploads = Vec::with_capacity(order.attachments.len());
    for (index, attachment) in order.attachments.iter().enumerate() {
        let wrong =
            |member: &str, code, text: &str| Refusal::new(code, text).at(format!("attachments[{index}].{member}"));
        let content = match (&attachment.content, &attachment.part) {
            (Some(text), None) => {
                let bytes = base64::engine::general_purpose::STANDARD
                    .decode(text)
                    .map_err(|_| wrong("content", ErrorCode::InvalidField, "is not base64"))?;
                if bytes.len() > INLINE_BYTES {
                    let text = "has more than 256 KiB; send it as a part of a form";
                    return Err(wrong("content", ErrorCode::TooLarge, text));
                }
                Bytes::from(bytes)
            }
            (None, Some(name)) => {
                let found = parts.iter().find(|(known, _)| known == name).map(|(_, content)| content.clone());
                found.ok_or_else(|| wrong("part", ErrorCode::InvalidField, "the form has no part of this name"))?
            }
            _ => return Err(wrong("content", ErrorCode::InvalidField, "give exactly one of content and part")),
        };
        let (name, media_type) = (attachment.name.clone(), attachment.media_type.clone());
        uploads.push(Upload { name, media_type, content });
    }
    Ok(uploads)
}

/// A caller that takes no JSON is told so. Quality values count only where they are zero.
fn accepts_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut given = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if given.peek().is_none() {
        return Ok(());
    }
    let acceptable = given.flat_map(|value| value.split(',')).any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused = parts.any(|it| matches!(it.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        !refused && matches!(range.as_str(), "*/*" | "application/*" | JSON | "application/problem+json" | "")
    });
    if acceptable {
        Ok(())
    } else {
        Err(Refusal::new(ErrorCode::NotAcceptable, "only application/json is served here"))
    }
}

fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    let given = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

fn refused(refusal: &Refusal, exchange_id: Uuid) -> Encoded {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Encoded { status, content: problem_body(refusal, exchange_id), code: Some(refusal.code.word()) }
}

/// A problem outside an exchange of a tenant.
pub(super) fn problem(refusal: &Refusal, exchange_id: Uuid) -> Response<Body> {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    body::answer(status, Problem::MEDIA_TYPE, problem_body(refusal, exchange_id))
}

fn problem_body(refusal: &Refusal, exchange_id: Uuid) -> Bytes {
    serde_json::to_vec(&Problem::new(refusal, exchange_id.to_string())).map(Bytes::from).unwrap_or_default()
}
