//! SOAP exchanges (xroad.md §2): the answer is 200 or 500 and nothing else, a business error is a normal answer,
//! and the header comes back exactly as it came.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use http::{Request, Response, StatusCode};
use silta_client::common::{ErrorCode, Refusal};
use uuid::Uuid;
use xroad::mime::{ContentType, Event, Kind, MimeError, Reader};
use xroad::soap::fault::Fault;
use xroad::soap::{Envelope, FaultCode, Header, read_request, write};
use xroad::xml::Binary;

use super::evidence::{Answered, Known, draft, sha512};
use super::{Arrival, Door, Tenant, access, body, xml};
use crate::listen::Body;
use crate::model::evidence::PartDigest;
use crate::operations::messages::{SendRequest, Upload};
use crate::operations::registry::{self, Family, Operation, Shape};
use crate::store::Commit;
use crate::telemetry::safe;

/// What a SOAP request carried.
struct Received {
    soap: Vec<u8>,
    attachments: Vec<Attached>,
}

struct Attached {
    content_id: Option<String>,
    content: Bytes,
}

/// What is to be committed and answered: the body element, and the rows that make it true.
struct Served {
    body: String,
    commit: Commit,
    wake: bool,
}

/// Why there is no `Served`: answered in the wrapper, or as a fault with its own code.
enum Failed {
    Refusal(Refusal),
    Envelope(Box<xroad::soap::Refused>),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Failed::Refusal(refusal)
    }
}

impl Door {
    pub(super) async fn soap<B>(
        &self,
        request: Request<B>,
        tenant: &Tenant,
        family: Family,
        arrival: Arrival,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        let (parts, mut incoming) = request.into_parts();
        let mut known = Known {
            protocol: "soap 4.0",
            path: Some(parts.uri.path().to_owned()),
            soap_action: header_text(&parts.headers, "soapaction").filter(|action| !action.is_empty()),
            ..Known::default()
        };
        let mut header = None;
        let run = self.serve_soap(&parts.headers, &mut incoming, tenant, family, &mut known, &mut header);
        let outcome =
            Box::pin(self.guarded(async { Ok(run.await) })).await.unwrap_or_else(|refusal| Err(refusal.into()));
        if outcome.is_err() {
            body::discard(&mut incoming).await;
        }
        let (answer, commit, wake) = Self::encode_soap(outcome, &arrival, &known, header.as_ref());
        self.finish_soap(tenant, &arrival, &known, answer, commit, wake).await
    }

    async fn serve_soap<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut B,
        tenant: &Tenant,
        family: Family,
        known: &mut Known,
        header: &mut Option<Header>,
    ) -> Result<Served, Failed>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
    {
        // A REST grant must not reach SOAP: a security server that speaks REST is turned away (design §4).
        if headers.contains_key("x-road-client") || headers.contains_key("x-road-request-id") {
            return Err(Refusal::new(ErrorCode::WrongProtocol, "this address serves SOAP, the request is REST").into());
        }
        if headers.contains_key(http::header::CONTENT_ENCODING) {
            return Err(Refusal::new(ErrorCode::UnsupportedMediaType, "a compressed request is not read").into());
        }
        let received = self.receive(headers, incoming, known).await?;
        known.request_digest = Some(sha512(&received.soap));
        let Envelope { header: read, body } = read_request(&received.soap, &self.limits.xml).map_err(|refused| {
            let parts = &refused.header;
            known.client = parts.client.as_ref().map(xroad::id::ClientId::to_rest);
            known.service = parts.service.as_ref().map(ToString::to_string);
            known.xroad_id.clone_from(&parts.id);
            Failed::Envelope(Box::new(refused))
        })?;
        note(known, &read);
        let header = &*header.insert(read);
        let operation = addressed(tenant, family, header)?;
        known.operation = Some(operation);
        let client = header.client.to_rest();
        if !access::allows(&tenant.access, &client, operation) {
            return Err(Refusal::new(ErrorCode::NotAllowed, "no rule allows this client the operation").into());
        }
        Ok(self.operate(tenant, operation, &client, &body, received.attachments).await?)
    }

    async fn operate(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        client: &str,
        element: &xroad::xml::Element,
        attachments: Vec<Attached>,
    ) -> Result<Served, Refusal> {
        match operation.shape {
            Shape::Send => {
                let (order, contents) = xml::send_message(operation, element)?;
                let uploads = uploads(&order, contents, attachments)?;
                let accepted = self.letters.accept(&tenant.code, client, SendRequest { order, uploads }).await?;
                let mut commit = Commit::new().with(accepted.statements);
                commit.evidence = accepted.evidence;
                Ok(Served { body: xml::write_order(accepted.answer)?, commit, wake: true })
            }
            Shape::Status => {
                let id = xml::message_status(operation, element)?;
                let status = self.letters.status(&tenant.code, client, &id).await?;
                Ok(Served { body: xml::write_status(status)?, commit: Commit::new(), wake: false })
            }
            _ => {
                let read = xml::read(operation, element)?;
                let body = self.read_xml(tenant, operation, &read)?;
                Ok(Served { body, commit: Commit::new(), wake: false })
            }
        }
    }

    /// The SOAP part and its attachments, within their limits.
    async fn receive<B>(&self, headers: &HeaderMap, incoming: &mut B, known: &mut Known) -> Result<Received, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let unsupported =
            || Refusal::new(ErrorCode::UnsupportedMediaType, "the Content-Type must be text/xml or multipart/related");
        let given = header_text(headers, CONTENT_TYPE.as_str()).ok_or_else(unsupported)?;
        let content_type = ContentType::parse(&given).map_err(|_| unsupported())?;
        if !content_type.is_related() {
            if !content_type.is_soap() {
                return Err(unsupported());
            }
            let soap = body::read(incoming, self.limits.xml.bytes).await?;
            return Ok(Received { soap: soap.into(), attachments: Vec::new() });
        }
        let boundary = content_type.boundary().map_err(mime)?;
        let mut reader = Reader::new(Kind::Soap, boundary, self.limits.mime).map_err(mime)?;
        let mut parts: Vec<(Option<String>, Vec<u8>)> = Vec::new();
        loop {
            match reader.poll().map_err(mime)? {
                Event::Part(part) => parts.push((part.content_id.clone(), Vec::new())),
                Event::Data(data) => {
                    if let Some((_, content)) = parts.last_mut() {
                        content.extend_from_slice(data);
                    }
                }
                Event::PartEnd => {}
                Event::NeedMore => match body::next(incoming).await? {
                    Some(data) => reader.push(&data),
                    None => reader.finish(),
                },
                Event::End => break,
            }
        }
        // What follows the closing delimiter is read and left: the connection is to be used again.
        while body::next(incoming).await?.is_some() {}
        let mut parts = parts.into_iter();
        let soap = parts.next().map(|(_, content)| content).unwrap_or_default();
        let attachments: Vec<Attached> =
            parts.map(|(content_id, content)| Attached { content_id, content: Bytes::from(content) }).collect();
        known.request_parts = attachments
            .iter()
            .map(|it| PartDigest { size: it.content.len() as u64, digest: sha512(&it.content) })
            .collect();
        Ok(Received { soap, attachments })
    }

    /// The bytes of the answer, before anything is written.
    fn encode_soap(
        outcome: Result<Served, Failed>,
        arrival: &Arrival,
        known: &Known,
        header: Option<&Header>,
    ) -> (Encoded, Commit, bool) {
        match (outcome, header) {
            (Ok(served), Some(header)) => {
                let content = Bytes::from(write::response(&header.echo, &served.body));
                (Encoded { status: StatusCode::OK, content, code: None }, served.commit, served.wake)
            }
            (Err(Failed::Envelope(refused)), _) => {
                let code = ErrorCode::Malformed.word();
                let fault = Fault::refusing(&refused.error, arrival.exchange_id.to_string()).with_error_code(code);
                (Encoded::fault(&fault, code), Commit::new(), false)
            }
            (Err(Failed::Refusal(refusal)), Some(header)) if !refusal.code.is_fault() => {
                if let Some(operation) = known.operation {
                    let body = xml::write_refusal(operation, &refusal);
                    let content = Bytes::from(write::response(&header.echo, &body));
                    let answer = Encoded { status: StatusCode::OK, content, code: Some(refusal.code.word()) };
                    return (answer, Commit::new(), false);
                }
                (Encoded::refused(&refusal, arrival.exchange_id), Commit::new(), false)
            }
            (Err(Failed::Refusal(refusal)), _) => {
                (Encoded::refused(&refusal, arrival.exchange_id), Commit::new(), false)
            }
            (Ok(_), None) => {
                let refusal = Refusal::new(ErrorCode::Internal, "the service failed");
                (Encoded::refused(&refusal, arrival.exchange_id), Commit::new(), false)
            }
        }
    }

    async fn finish_soap(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        mut answer: Encoded,
        commit: Commit,
        wake: bool,
    ) -> Response<Body> {
        if let Err(refusal) = self.log(tenant, arrival, known, &answer, commit).await {
            answer = Encoded::refused(&refusal, arrival.exchange_id);
        } else if wake {
            self.letters.wake(&tenant.code);
        }
        let operation = known.operation.map_or("-", |operation| operation.name);
        self.metrics.exchange(operation, answer.code.unwrap_or("ok"), self.took(arrival));
        let mut response = body::answer(answer.status, xroad::soap::CONTENT_TYPE, answer.content);
        self.watch_delivery(tenant, arrival, &mut response);
        response
    }

    /// One durable commit: what changed, and the record of the exchange. Without it there is no answer.
    pub(super) async fn log(
        &self,
        tenant: &Tenant,
        arrival: &Arrival,
        known: &Known,
        answer: &Encoded,
        commit: Commit,
    ) -> Result<(), Refusal> {
        let failed = |refusal: Refusal, error: &dyn std::fmt::Display| {
            tracing::error!(
                exchange.id = %arrival.exchange_id,
                xroad.id = %safe(known.xroad_id.as_deref().unwrap_or_default()),
                "the exchange could not be committed: {error}"
            );
            refusal
        };
        let internal = || Refusal::new(ErrorCode::Unavailable, "the exchange could not be logged; try again");
        let keys = self.store.tenant_keys(&tenant.code).await.map_err(|error| failed(internal(), &error))?;
        let answered = Answered {
            at: self.world.now(),
            status: answer.status.as_u16(),
            fault_code: answer.code,
            content: &answer.content,
        };
        let mut commit = commit;
        for letter in &mut commit.evidence {
            letter.exchange_id = Some(arrival.exchange_id);
            letter.xroad_id.clone_from(&known.xroad_id);
            letter.request_digest.clone_from(&known.request_digest);
        }
        let commit = commit.and(draft(tenant, &keys, arrival, known, &answered));
        self.store.commit(commit).await.map(|_| ()).map_err(|error| {
            let refusal = match error {
                crate::store::CommitError::Busy => {
                    self.metrics.limit_hit("commit_queue");
                    Refusal::new(ErrorCode::Overloaded, "too many requests at once; try again")
                }
                // Somebody else accepted the same order a moment ago; asking again gets its answer.
                ref error if error.is_conflict() => {
                    Refusal::new(ErrorCode::Unavailable, "the same order is being accepted; try again")
                }
                _ => internal(),
            };
            failed(refusal, &error)
        })
    }
}

/// An answer as bytes, not sent yet.
pub(super) struct Encoded {
    pub(super) status: StatusCode,
    pub(super) content: Bytes,
    /// The error or fault code; none for success.
    pub(super) code: Option<&'static str>,
}

impl Encoded {
    fn fault(fault: &Fault, code: &'static str) -> Encoded {
        Encoded { status: StatusCode::INTERNAL_SERVER_ERROR, content: Bytes::from(fault.to_bytes()), code: Some(code) }
    }

    fn refused(refusal: &Refusal, exchange_id: Uuid) -> Encoded {
        Encoded::fault(&fault_of(refusal, exchange_id), refusal.code.word())
    }
}

/// A fault outside an exchange of a tenant.
pub(super) fn fault(refusal: &Refusal, exchange_id: Uuid) -> Response<Body> {
    let content = Bytes::from(fault_of(refusal, exchange_id).to_bytes());
    body::answer(StatusCode::INTERNAL_SERVER_ERROR, xroad::soap::CONTENT_TYPE, content)
}

fn fault_of(refusal: &Refusal, exchange_id: Uuid) -> Fault {
    let ours = matches!(refusal.code, ErrorCode::Internal | ErrorCode::Overloaded | ErrorCode::Unavailable);
    let code = if ours { FaultCode::Server } else { FaultCode::Client };
    let text = match &refusal.field {
        Some(field) => format!("{field}: {}", refusal.message),
        None => refusal.message.clone(),
    };
    Fault::new(code, text, exchange_id.to_string()).with_error_code(refusal.code.word())
}

/// The operation that `xrd:service` names, if it is one of this tenant's and of this address.
fn addressed(tenant: &Tenant, family: Family, header: &Header) -> Result<&'static Operation, Refusal> {
    let service = &header.service;
    let unknown = |message: &str| Refusal::new(ErrorCode::UnknownOperation, message);
    if *service.provider() != tenant.provider {
        return Err(unknown("xrd:service names another organisation's subsystem than this address serves"));
    }
    if service.version() != Some(tenant.version.as_str()) {
        return Err(unknown("xrd:service has another serviceVersion than the service description"));
    }
    registry::find(family, service.service_code())
        .ok_or_else(|| unknown("this address has no service of that serviceCode"))
}

fn note(known: &mut Known, header: &Header) {
    known.client = Some(header.client.to_rest());
    known.represented = header.represented_party.as_ref().map(xroad::id::RepresentedParty::to_rest);
    known.service = Some(header.service.to_string());
    known.xroad_id = Some(header.id.clone());
    known.user_id.clone_from(&header.user_id);
    known.issue.clone_from(&header.issue);
}

/// Binds each attachment of the order to its content. A part that nothing refers to is ignored.
fn uploads(
    order: &silta_client::messages::SendMessage,
    contents: Vec<Binary>,
    mut attached: Vec<Attached>,
) -> Result<Vec<Upload>, Refusal> {
    let mut uploads = Vec::with_capacity(contents.len());
    for (index, (attachment, content)) in order.attachments.iter().zip(contents).enumerate() {
        let content = match content {
            Binary::Inline(bytes) => Bytes::from(bytes),
            Binary::Attached(id) => {
                let found = attached.iter_mut().find(|part| part.content_id.as_deref() == Some(id.as_str()));
                let missing = || {
                    Refusal::new(ErrorCode::Malformed, "no part of the message has the Content-ID that it refers to")
                        .at(format!("attachments[{index}].content"))
                };
                found.map(|part| part.content.clone()).ok_or_else(missing)?
            }
        };
        let (name, media_type) = (attachment.name.clone(), attachment.media_type.clone());
        uploads.push(Upload { name, media_type, content });
    }
    Ok(uploads)
}

fn mime(error: MimeError) -> Refusal {
    let code = match error {
        MimeError::FirstPartTooLarge | MimeError::TooLarge | MimeError::TooManyParts => ErrorCode::TooLarge,
        _ => ErrorCode::Malformed,
    };
    Refusal::new(code, error.to_string())
}

pub(super) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(|text| text.trim().to_owned())
}
