//! The other agency: calls through its security server, by SOAP and by REST, and counts what comes back.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde::Serialize;
use serde_json::Value;
use silta_client::common::{self, Answer as _, Request};
use silta_client::consumer::{CallError, Consumer, RestAnswer, ServiceError, SoapAnswer, tls};
use silta_client::messages::{AcceptedOrder, SendMessage, SendMessageResponse};
use xroad::id::{ClientId, ServiceId};
use xroad::mime::{Flavour, Writer};
use xroad::soap::write::{self, RequestHeader};
use xroad::soap::{Answer, answer, read_answer, xop};
use xroad::xml::Limits;

use super::SandboxError;
use super::place::{CONSUMER, Place};
use super::report::Exchanges;
use crate::operations::registry::{Family, VERSION};
use crate::world::World;

const TIMEOUT: Duration = Duration::from_mins(1);
/// Stands in an order's XML where the file belongs, until `xop:Include` takes its place.
const HERE: &str = "the-file-belongs-here";

/// Calls of one agency to one municipality.
pub(super) struct Caller {
    consumer: Consumer,
    provider: ClientId,
    world: World,
    received: Mutex<Exchanges>,
}

/// A file that goes along with an order.
#[derive(Clone)]
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) media_type: &'static str,
    pub(super) content: Bytes,
}

impl Caller {
    /// `security_server` is the address of the agency's own.
    pub(super) fn new(security_server: &str, world: &World) -> Result<Caller, SandboxError> {
        let client = CONSUMER.parse::<ClientId>().map_err(SandboxError::failed("the agency's identifier"))?;
        let http = tls::http_client(None, TIMEOUT).map_err(SandboxError::failed("the agency's HTTP client"))?;
        Ok(Caller {
            consumer: Consumer::new(security_server, client, http),
            provider: Place::provider()?,
            world: world.clone(),
            received: Mutex::default(),
        })
    }

    /// Answers received so far.
    pub(super) fn received(&self) -> Exchanges {
        *self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls a SOAP service of the contracts and gives the answer in its JSON form, which has the same names.
    pub(super) async fn soap<R>(&self, request: &R) -> Result<Value, SandboxError>
    where
        R: Request,
        <R::Answer as common::Answer>::Success: Serialize,
    {
        let answer = self.consumer.ask(&self.provider, VERSION, request, &[]).await;
        self.soap_counted(&answer, service_error_counts);
        let doing = format!("{} by SOAP", R::WRAPPER);
        let answer = answer.map_err(SandboxError::failed(&doing))?;
        serde_json::to_value(answer).map_err(SandboxError::failed(&doing))
    }

    /// Calls a SOAP service that security servers answer themselves.
    pub(super) async fn metadata_soap(&self, code: &str, body: &str) -> Result<SoapAnswer, SandboxError> {
        let service = self.service(code, None)?;
        let answer = self.consumer.soap(&service, body, &[]).await;
        self.soap_counted(&answer, call_error_counts);
        answer.map_err(SandboxError::failed(&format!("{code} by SOAP")))
    }

    /// Reads JSON by REST. `path` follows the service code, percent-encoded, with its query.
    pub(super) async fn rest(&self, service: &str, path: &str) -> Result<Value, SandboxError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.rest_call(Method::GET, service, path, headers, Bytes::new()).await?;
        json(&answer, &format!("{service}/{path} by REST"))
    }

    /// Sends an order by SOAP with its file as an MTOM part.
    pub(super) async fn send_soap(&self, mut order: SendMessage, file: &File) -> Result<AcceptedOrder, SandboxError> {
        let id = format!("{}@asiointi.example", self.id()?);
        order.attachments = vec![silta_client::messages::Attachment {
            name: file.name.to_owned(),
            media_type: file.media_type.to_owned(),
            content: Some(HERE.to_owned()),
            ..Default::default()
        }];
        let failed = "sendMessage by SOAP";
        let body = common::to_xml(&order).map_err(SandboxError::failed(failed))?;
        let include = format!(r#"<x:Include xmlns:x="{}" href="{}"/>"#, xop::NS_XOP, Writer::cid(&id));
        let answer = self.mtom(&body.replace(HERE, &include), &id, file).await;
        self.soap_counted(&answer, call_error_counts);
        let answer = answer.map_err(SandboxError::failed(failed))?;
        let response: SendMessageResponse =
            common::from_element(&answer.envelope.body).map_err(SandboxError::failed(failed))?;
        match response.into_result() {
            Some(order) => order.map_err(SandboxError::failed(failed)),
            None => Err(SandboxError::Failed(format!("{failed}: the answer is empty"))),
        }
    }

    /// Sends an order by REST, order and file as parts of a form.
    pub(super) async fn send_rest(&self, mut order: SendMessage, file: &File) -> Result<AcceptedOrder, SandboxError> {
        order.attachments = vec![silta_client::messages::Attachment {
            name: file.name.to_owned(),
            media_type: file.media_type.to_owned(),
            part: Some("file".to_owned()),
            ..Default::default()
        }];
        let failed = "messages by REST";
        let message = serde_json::to_vec(&order).map_err(SandboxError::failed(failed))?;
        let boundary = self.id()?;
        let mut form = Vec::with_capacity(message.len() + file.content.len() + 512);
        let disposition = format!("form-data; name=\"file\"; filename=\"{}\"", file.name);
        for (disposition, media_type, content) in [
            ("form-data; name=\"message\"", "application/json", message.as_slice()),
            (disposition.as_str(), file.media_type, &file.content),
        ] {
            let head =
                format!("--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {media_type}\r\n\r\n");
            form.extend_from_slice(head.as_bytes());
            form.extend_from_slice(content);
            form.extend_from_slice(b"\r\n");
        }
        form.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let mut headers = HeaderMap::new();
        let kind = format!("multipart/form-data; boundary={boundary}");
        headers.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).map_err(SandboxError::failed(failed))?);
        let answer =
            self.rest_call(Method::POST, Family::Messages.word(), "messages", headers, Bytes::from(form)).await?;
        serde_json::from_value(json(&answer, failed)?).map_err(SandboxError::failed(failed))
    }

    async fn rest_call(
        &self,
        method: Method,
        service: &str,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<RestAnswer, SandboxError> {
        let service_id = self.service(service, None)?;
        let answer = self.consumer.rest(method, &service_id, path, headers, body).await;
        self.count(|received| match &answer {
            Ok(_) => received.rest += 1,
            Err(error) if call_error_counts(error) => {
                received.rest += 1;
                received.faults += 1;
            }
            Err(_) => {}
        });
        answer.map_err(SandboxError::failed(&format!("{service}/{path} by REST")))
    }

    /// What the client library does for SwA, for MTOM: the SOAP part as XOP and the file as its part.
    async fn mtom(&self, body: &str, content_id: &str, file: &File) -> Result<SoapAnswer, CallError> {
        let service = ServiceId::new(self.provider.clone(), "sendMessage", Some(VERSION.to_owned()))
            .map_err(|cause| CallError::Identifier { cause })?;
        let unmade = |_| CallError::Request("an id cannot be made");
        let header = RequestHeader::new(self.consumer.client.clone(), service, self.id().map_err(unmade)?);
        let document = write::request(&header, body);
        let writer = Writer::new(Flavour::Mtom, self.id().map_err(unmade)?).map_err(CallError::Attachment)?;
        let mut entity = Vec::with_capacity(document.len() + file.content.len() + 1024);
        writer.soap(&mut entity, &document);
        writer.attachment_head(&mut entity, file.media_type, content_id).map_err(CallError::Attachment)?;
        entity.extend_from_slice(&file.content);
        writer.close(&mut entity);
        let sent = self
            .consumer
            .http
            .post(format!("{}/", self.consumer.base_url))
            .header(CONTENT_TYPE, writer.content_type())
            .header("SOAPAction", "\"\"")
            .body(entity)
            .send()
            .await;
        let response = sent.map_err(|error| CallError::Transport(error.without_url()))?;
        let status = response.status().as_u16();
        if status != 200 && status != 500 {
            return Err(CallError::Status(status));
        }
        let received = response.bytes().await.map_err(|error| CallError::Transport(error.without_url()))?;
        match read_answer(&received, Some("utf-8"), &Limits::default()).map_err(CallError::Soap)? {
            Answer::Fault(fault) => Err(CallError::Fault(fault)),
            Answer::Message(envelope) => {
                answer::check(&header, &document, &envelope).map_err(CallError::Mismatch)?;
                Ok(SoapAnswer { envelope: *envelope, attachments: Vec::new() })
            }
        }
    }

    fn service(&self, code: &str, version: Option<String>) -> Result<ServiceId, SandboxError> {
        ServiceId::new(self.provider.clone(), code, version).map_err(SandboxError::failed("the service's identifier"))
    }

    fn id(&self) -> Result<String, SandboxError> {
        self.world.id().map(|id| id.simple().to_string()).map_err(SandboxError::failed("an id"))
    }

    fn soap_counted<T, E>(&self, answer: &Result<T, E>, is_fault: fn(&E) -> bool) {
        self.count(|received| match answer {
            Ok(_) => received.soap += 1,
            Err(error) if is_fault(error) => {
                received.soap += 1;
                received.faults += 1;
            }
            Err(_) => {}
        });
    }

    fn count(&self, change: impl FnOnce(&mut Exchanges)) {
        change(&mut self.received.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// An answer that is not what was asked for: the job expects none.
fn call_error_counts(error: &CallError) -> bool {
    !matches!(
        error,
        CallError::Identifier { .. }
            | CallError::Request(_)
            | CallError::Attachment(_)
            | CallError::Connect(_)
            | CallError::Transport(_)
    )
}

fn service_error_counts(error: &ServiceError) -> bool {
    match error {
        ServiceError::Call(error) => call_error_counts(error),
        ServiceError::Write(_) => false,
        _ => true,
    }
}

fn json(answer: &RestAnswer, doing: &str) -> Result<Value, SandboxError> {
    let body = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
    if answer.status.is_success() && !body.is_null() {
        return Ok(body);
    }
    let said = body.get("detail").and_then(Value::as_str).unwrap_or("no reason given");
    Err(SandboxError::Failed(format!("{doing}: status {}: {said}", answer.status.as_u16())))
}
