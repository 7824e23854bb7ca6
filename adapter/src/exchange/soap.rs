//! SOAP exchanges (xroad.md §2): the answer is 200 or 500 and nothing else, a business error is a normal answer,
//! and the header comes back exactly as it came.

mod answer;
mod multipart;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{Method, Request, Response, StatusCode};
use silta_client::common::{ErrorCode, Refusal};
use xroad::mime::Flavour;
use xroad::soap::{Envelope, Header, HeaderParts, Refused, read_request};
use xroad::xml::Element;

pub(super) use self::answer::fault;
use self::answer::{encode, respond};

use super::conclude::{Encoded, Ready};
use super::evidence::{Known, sha512};
use super::incoming::Incoming;
use super::order::{Errand, Order};
use super::outgoing::Enclosed;
use super::spool::SpooledFile;
use super::{Arrival, Door, Tenant, access, ask, response, xml};
use crate::listen::Body;
use crate::operations::registry::{self, Family, Operation, Shape};
use crate::store::Commit;

/// What is to be committed and answered: the body element, and the rows that make it true.
struct Served {
    body: String,
    commit: Commit,
    errand: Option<Errand>,
    /// The files that go with the body.
    enclosed: Option<Enclosed>,
}

impl Served {
    /// An answer that changes nothing.
    fn of(body: String) -> Served {
        Served { body, commit: Commit::new(), errand: None, enclosed: None }
    }
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
        let outcome =
            self.guarded(&arrival, async { Ok(run.await) }).await.unwrap_or_else(|refusal| Err(refusal.into()));
        if outcome.is_err() {
            incoming.drain(self.left(&arrival)).await;
        }
        let (id, header) = (arrival.exchange_id, header.as_ref());
        let ready = match outcome {
            Ok(Served { body, commit, errand, enclosed }) => {
                let encoded = Encoded { enclosed, ..encode(Ok(body), header, &known, id) };
                Ready { encoded, commit, errand }
            }
            Err(Failed::Refusal(refusal)) => Ready::of(encode(Err(refusal), header, &known, id)),
            Err(Failed::Envelope(refused)) => Ready::of(self.malformed(&refused.error, id)),
        };
        let again = |outcome: Result<_, Refusal>| encode(outcome.and_then(ask::to_xml), header, &known, id);
        let encoded = self.conclude(tenant, &arrival, &known, ready, again).await;
        let mut response = respond(encoded);
        self.watch_delivery(tenant, &arrival, &mut response);
        response
    }

    /// No SOAP message at all: plain HTTP says so, and the log has it (xroad.md SO-25).
    async fn other_method(&self, tenant: &Tenant, arrival: &Arrival, known: &Known) -> Response<Body> {
        let text = Bytes::from_static(response::NOT_SERVED.as_bytes());
        let code = Some(ErrorCode::MethodNotAllowed.word());
        let encoded = Encoded::new(StatusCode::METHOD_NOT_ALLOWED, text, code);
        let refused =
            |outcome: Result<_, Refusal>| encode(outcome.and_then(ask::to_xml), None, known, arrival.exchange_id);
        let encoded = self.conclude(tenant, arrival, known, Ready::of(encoded), refused).await;
        let mut response = if encoded.status == StatusCode::METHOD_NOT_ALLOWED {
            response::method_not_allowed("POST")
        } else {
            respond(encoded)
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
        // A digest of some ids would tell them to whoever tries all there are.
        if known.operation.is_some_and(|operation| operation.shape == Shape::Mailboxes) {
            known.request_digest = None;
        }
        drop(soap);
        // Who may not send files fills no disk: its attachments are hashed for the log and not kept.
        let (files, flavour) = match attachments {
            Some((reader, flavour)) => {
                let wanted = matches!(&judged, Ok((operation, ..)) if operation.shape.takes_files());
                (Box::pin(self.attachments(reader, incoming, wanted, known)).await, flavour)
            }
            None => (Ok(Vec::new()), Flavour::Swa),
        };
        let (operation, client, body) = judged?;
        if operation.shape == Shape::Files {
            return Ok(self.exchange_files(&body, files?, flavour)?);
        }
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
        let operation = self.addressed(tenant, family, header)?;
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
                self.served_xml(tenant, Errand::Order(Box::new(order))).await
            }
            Shape::Upload => {
                let content = xml::members(operation, element, xml::content)?;
                let file = Order::of_soap(client, Order::of_file(None, None), vec![content], files)?;
                self.served_xml(tenant, Errand::Upload(Box::new(file))).await
            }
            shape if shape.is_ask() => {
                let ask = ask::of_soap(operation, element)?;
                self.served_xml(tenant, Errand::Ask { client: client.to_owned(), ask }).await
            }
            _ => {
                let read = xml::read(operation, element)?;
                Ok(Served::of(self.read_xml(tenant, operation, &read).await?))
            }
        }
    }

    async fn served_xml(&self, tenant: &Tenant, errand: Errand) -> Result<Served, Refusal> {
        let (answer, commit) = self.answer_errand(tenant, &errand).await?;
        Ok(Served { body: ask::to_xml(answer)?, commit, errand: Some(errand), enclosed: None })
    }

    /// The operation that `xrd:service` names, if it is one of this tenant's and of this address.
    fn addressed(&self, tenant: &Tenant, family: Family, header: &Header) -> Result<&'static Operation, Refusal> {
        let service = &header.service;
        let unknown = |message: &str| Refusal::new(ErrorCode::UnknownOperation, message);
        if *service.provider() != tenant.provider {
            return Err(unknown("xrd:service names another organisation's subsystem than this address serves"));
        }
        if service.version() != Some(tenant.version.as_str()) {
            return Err(unknown("xrd:service has another serviceVersion than the service description"));
        }
        let code = service.service_code();
        let beside = || self.files.as_ref().map(|files| files.operation()).filter(|it| it.is(family, code));
        registry::find(family, code)
            .or_else(beside)
            .ok_or_else(|| unknown("this address has no service of that serviceCode"))
    }

    /// Files in, files out, in the flavour of the request.
    fn exchange_files(&self, element: &Element, files: Vec<SpooledFile>, flavour: Flavour) -> Result<Served, Refusal> {
        let internal = || Refusal::new(ErrorCode::Internal, "the service failed");
        let operation = self.files.as_ref().ok_or_else(internal)?;
        let files = operation.serve(element, files)?;
        let boundary = self.world.random::<16>().map_err(|_| internal())?;
        let enclosed = Enclosed::new(flavour, boundary, files).map_err(|error| {
            tracing::error!("an answer with files could not be encoded: {error}");
            internal()
        })?;
        let body = operation.body(&enclosed.references());
        Ok(Served { enclosed: Some(enclosed), ..Served::of(body) })
    }
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
