//! SOAP exchanges (xroad.md §2): the answer is 200 or 500 and nothing else, a business error is a normal answer,
//! and the header comes back exactly as it came.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use silta_client::common::{ErrorCode, Refusal};
use uuid::Uuid;
use xroad::mime::{ContentType, Event, Kind, MimeError, Reader};
use xroad::soap::fault::Fault;
use xroad::soap::{Envelope, FaultCode, Header, HeaderParts, Refused, SoapError, read_request, write};
use xroad::xml::{Element, XmlRule};

use super::conclude::{Encoded, Ready};
use super::evidence::{Known, sha512};
use super::incoming::Incoming;
use super::order::{Order, not_kept};
use super::spool::{Spool, SpooledFile, digests};
use super::{Arrival, Door, Tenant, access, response, xml};
use crate::listen::Body;
use crate::operations::registry::{self, Family, Operation, Shape};
use crate::store::Commit;

/// What is to be committed and answered: the body element, and the rows that make it true.
struct Served {
    body: String,
    commit: Commit,
    order: Option<Order>,
}

/// Why there is no `Served`: answered in the wrapper, or as a fault with its own code.
enum Failed {
    Refusal(Refusal),
    Envelope(Box<Refused>),
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
        let (parts, body) = request.into_parts();
        let mut known = Known {
            protocol: "soap 4.0",
            path: Some(parts.uri.path().to_owned()),
            soap_action: header_text(&parts.headers, "soapaction").filter(|action| !action.is_empty()),
            ..Known::default()
        };
        if parts.method != Method::POST {
            known.method = Some(parts.method.to_string());
            return Box::pin(self.other_method(tenant, &arrival, &known)).await;
        }
        let mut incoming = self.incoming(body, self.limits.xml.bytes, "soap_xml");
        let mut header = None;
        let run = Box::pin(self.serve_soap(&parts.headers, &mut incoming, tenant, family, &mut known, &mut header));
        let outcome = self.guarded(async { Ok(run.await) }).await.unwrap_or_else(|refusal| Err(refusal.into()));
        if outcome.is_err() {
            incoming.drain().await;
        }
        let (id, header) = (arrival.exchange_id, header.as_ref());
        let ready = match outcome {
            Ok(Served { body, commit, order }) => {
                Ready { encoded: encode(Ok(body), header, &known, id), commit, order }
            }
            Err(Failed::Refusal(refusal)) => Ready::of(encode(Err(refusal), header, &known, id)),
            Err(Failed::Envelope(refused)) => Ready::of(self.malformed(&refused.error, id)),
        };
        let again = |outcome: Result<_, Refusal>| encode(outcome.and_then(xml::write_order), header, &known, id);
        let encoded = self.conclude(tenant, &arrival, &known, ready, again).await;
        let mut response = response::answer(encoded.status, xroad::soap::CONTENT_TYPE, encoded.content);
        self.watch_delivery(tenant, &arrival, &mut response);
        response
    }

    /// No SOAP message at all: plain HTTP says so, and the log has it (xroad.md SO-25).
    async fn other_method(&self, tenant: &Tenant, arrival: &Arrival, known: &Known) -> Response<Body> {
        let encoded = Encoded {
            status: StatusCode::METHOD_NOT_ALLOWED,
            content: Bytes::from_static(response::NOT_SERVED.as_bytes()),
            code: Some(ErrorCode::MethodNotAllowed.word()),
        };
        let refused =
            |outcome: Result<_, Refusal>| encode(outcome.and_then(xml::write_order), None, known, arrival.exchange_id);
        let encoded = self.conclude(tenant, arrival, known, Ready::of(encoded), refused).await;
        let mut response = if encoded.status == StatusCode::METHOD_NOT_ALLOWED {
            response::method_not_allowed("POST")
        } else {
            response::answer(encoded.status, xroad::soap::CONTENT_TYPE, encoded.content)
        };
        self.watch_delivery(tenant, arrival, &mut response);
        response
    }

    async fn serve_soap<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut Incoming<B>,
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
        if headers.contains_key(CONTENT_ENCODING) {
            return Err(Refusal::new(ErrorCode::UnsupportedMediaType, "a compressed request is not read").into());
        }
        let (soap, attachments) = self.soap_part(headers, incoming).await?;
        known.request_digest = Some(sha512(&soap));
        let judged = self.judge(&soap, tenant, family, known, header);
        drop(soap);
        // Who may not send a letter fills no disk: its attachments are hashed for the log and not kept.
        let files = match attachments {
            Some(reader) => {
                let wanted = matches!(&judged, Ok((operation, ..)) if operation.shape == Shape::Send);
                Box::pin(self.attachments(reader, incoming, wanted, known)).await
            }
            None => Ok(Vec::new()),
        };
        let (operation, client, body) = judged?;
        Ok(self.operate(tenant, operation, &client, &body, files?).await?)
    }

    /// The SOAP part to its operation, its caller, who is allowed it, and the body element.
    fn judge(
        &self,
        soap: &[u8],
        tenant: &Tenant,
        family: Family,
        known: &mut Known,
        header: &mut Option<Header>,
    ) -> Result<(&'static Operation, String, Element), Failed> {
        let Envelope { header: read, body } = read_request(soap, &self.limits.xml).map_err(|refused| {
            note_parts(known, &refused.header);
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
        Ok((operation, client, body))
    }

    async fn operate(
        &self,
        tenant: &Tenant,
        operation: &'static Operation,
        client: &str,
        element: &Element,
        files: Vec<SpooledFile>,
    ) -> Result<Served, Refusal> {
        match operation.shape {
            Shape::Send => {
                let (message, contents) = xml::send_message(operation, element)?;
                let order = Order::of_soap(client, message, contents, files)?;
                let (accepted, commit) = self.accept(tenant, &order).await?;
                Ok(Served { body: xml::write_order(accepted)?, commit, order: Some(order) })
            }
            Shape::Status => {
                let id = xml::message_status(operation, element)?;
                let status = self.letters.status(&tenant.code, client, &id).await?;
                Ok(Served { body: xml::write_status(status)?, commit: Commit::new(), order: None })
            }
            _ => {
                let read = xml::read(operation, element)?;
                let body = self.read_xml(tenant, operation, &read)?;
                Ok(Served { body, commit: Commit::new(), order: None })
            }
        }
    }

    /// The SOAP part, and what reads the attachments behind it.
    async fn soap_part<B>(
        &self,
        headers: &HeaderMap,
        incoming: &mut Incoming<B>,
    ) -> Result<(Bytes, Option<Reader>), Refusal>
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
            incoming.at_most(self.limits.xml.bytes, "soap_xml")?;
            return Ok((incoming.whole().await?, None));
        }
        incoming.at_most(self.most_on_the_wire(), "attachments")?;
        let boundary = content_type.boundary().map_err(|error| self.mime(error))?;
        let mut reader = Reader::new(Kind::Soap, boundary, self.limits.mime).map_err(|error| self.mime(error))?;
        let mut soap = Vec::new();
        loop {
            match reader.poll().map_err(|error| self.mime(error))? {
                Event::Part(_) => {}
                Event::Data(data) => soap.extend_from_slice(data),
                Event::PartEnd => return Ok((Bytes::from(soap), Some(reader))),
                Event::NeedMore => match incoming.next().await? {
                    Some(data) => reader.push(&data),
                    None => reader.finish(),
                },
                Event::End => return Err(self.mime(MimeError::NoParts)),
            }
        }
    }

    async fn attachments<B>(
        &self,
        mut reader: Reader,
        incoming: &mut Incoming<B>,
        wanted: bool,
        known: &mut Known,
    ) -> Result<Vec<SpooledFile>, Refusal>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let mut spool = if wanted { Spool::keeping(self.store.data()) } else { Spool::digesting() };
        loop {
            match reader.poll().map_err(|error| self.mime(error))? {
                Event::Part(part) => spool.begin(part.content_id.clone()),
                Event::Data(data) => spool.put(data).map_err(|error| not_kept(&error))?,
                Event::PartEnd => spool.end(),
                Event::NeedMore => match incoming.next().await? {
                    Some(data) => reader.push(&data),
                    None => reader.finish(),
                },
                Event::End => break,
            }
        }
        // What follows the closing delimiter is read and left: the connection is to be used again.
        incoming.pass().await?;
        let files = spool.into_files();
        known.request_parts = digests(&files);
        Ok(files)
    }

    /// What a message with attachments may be before any transfer encoding is undone: three bytes for one in
    /// quoted-printable, and as much again as the SOAP part for headers, delimiters and what stands around them.
    fn most_on_the_wire(&self) -> usize {
        let total = usize::try_from(self.limits.mime.total).unwrap_or(usize::MAX);
        total.saturating_mul(3).saturating_add(self.limits.xml.bytes.saturating_mul(2)).saturating_add(1 << 20)
    }

    fn mime(&self, error: MimeError) -> Refusal {
        let limit = match error {
            MimeError::FirstPartTooLarge => Some("soap_xml"),
            MimeError::TooLarge => Some("attachments"),
            MimeError::TooManyParts => Some("parts"),
            _ => None,
        };
        if let Some(limit) = limit {
            self.metrics.limit_hit(limit);
        }
        let code = if limit.is_some() { ErrorCode::TooLarge } else { ErrorCode::Malformed };
        Refusal::new(code, error.to_string())
    }

    /// The fault for a message that did not pass the gate.
    fn malformed(&self, error: &SoapError, exchange_id: Uuid) -> Encoded {
        let limit = match error {
            SoapError::Xml(error) => match error.rule {
                XmlRule::TooLarge | XmlRule::TooManyElements => Some("soap_xml"),
                XmlRule::TooDeep => Some("xml_depth"),
                XmlRule::TooManyAttributes => Some("attributes"),
                XmlRule::TooManyBindings => Some("namespaces"),
                _ => None,
            },
            _ => None,
        };
        if let Some(limit) = limit {
            self.metrics.limit_hit(limit);
        }
        let code = if limit == Some("soap_xml") { ErrorCode::TooLarge } else { ErrorCode::Malformed };
        let fault = Fault::refusing(error, exchange_id.to_string()).with_error_code(code.word());
        faulty(&fault, code)
    }
}

/// A body element or a refusal to the bytes of the answer.
fn encode(outcome: Result<String, Refusal>, header: Option<&Header>, known: &Known, exchange_id: Uuid) -> Encoded {
    let internal = || Refusal::new(ErrorCode::Internal, "the service failed");
    let refusal = match (outcome, header) {
        (Ok(body), Some(header)) => {
            let content = Bytes::from(write::response(&header.echo, &body));
            return Encoded { status: StatusCode::OK, content, code: None };
        }
        (Ok(_), None) => internal(),
        (Err(refusal), _) => refusal,
    };
    match (header, known.operation) {
        (Some(header), Some(operation)) if !refusal.code.is_fault() => {
            let body = xml::write_refusal(operation, &refusal);
            let content = Bytes::from(write::response(&header.echo, &body));
            Encoded { status: StatusCode::OK, content, code: Some(refusal.code.word()) }
        }
        _ => faulty(&fault_of(&refusal, exchange_id), refusal.code),
    }
}

fn faulty(fault: &Fault, code: ErrorCode) -> Encoded {
    let content = Bytes::from(fault.to_bytes());
    Encoded { status: StatusCode::INTERNAL_SERVER_ERROR, content, code: Some(code.word()) }
}

/// A fault outside an exchange of a tenant.
pub(super) fn fault(refusal: &Refusal, exchange_id: Uuid) -> Response<Body> {
    let content = Bytes::from(fault_of(refusal, exchange_id).to_bytes());
    response::answer(StatusCode::INTERNAL_SERVER_ERROR, xroad::soap::CONTENT_TYPE, content)
}

fn fault_of(refusal: &Refusal, exchange_id: Uuid) -> Fault {
    // What may succeed later is no fault of the caller's.
    let ours = refusal.code.may_be_repeated();
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

/// What a refused message said of itself, as far as it could be read.
fn note_parts(known: &mut Known, parts: &HeaderParts) {
    known.client = parts.client.as_ref().map(xroad::id::ClientId::to_rest);
    known.represented = parts.represented_party.as_ref().map(xroad::id::RepresentedParty::to_rest);
    known.service = parts.service.as_ref().map(ToString::to_string);
    known.xroad_id.clone_from(&parts.id);
    known.user_id.clone_from(&parts.user_id);
    known.issue.clone_from(&parts.issue);
}

pub(super) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(|text| text.trim().to_owned())
}
