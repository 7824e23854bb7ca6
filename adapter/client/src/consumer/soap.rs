//! SOAP calls (xroad.md §6.1): fresh id, protocol 4.0, the answer's echo and request hash checked.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use xroad::id::ServiceId;
use xroad::mime::{Attachment, ContentType, Flavour, Message, MimeLimits, Writer};
use xroad::soap::write::{self, RequestHeader};
use xroad::soap::{self, Answer, Envelope, answer, read_answer};
use xroad::xml::Limits;

use super::{CallError, Consumer};

/// An attachment to send.
#[derive(Clone)]
pub struct Part {
    /// Without angle brackets. The message refers to it as `cid:` and this; see [`Part::reference`].
    pub content_id: String,
    pub media_type: String,
    pub data: Bytes,
}

impl Part {
    /// What stands in the message for this attachment.
    pub fn reference(&self) -> String {
        Writer::cid(&self.content_id)
    }
}

/// An answer that belongs to its request.
#[derive(Debug)]
pub struct SoapAnswer {
    pub envelope: Envelope,
    pub attachments: Vec<Attachment>,
}

impl Consumer {
    /// Calls `service` with `body`, the complete wrapper. A Fault, whoever made it, is an error.
    pub async fn soap(&self, service: &ServiceId, body: &str, parts: &[Part]) -> Result<SoapAnswer, CallError> {
        let mut header = RequestHeader::new(self.client.clone(), service.clone(), (self.ids)().to_string());
        header.user_id.clone_from(&self.user_id);
        header.issue.clone_from(&self.issue);
        header.represented_party.clone_from(&self.represented_party);
        header.security_server.clone_from(&self.security_server);
        let document = write::request(&header, body);
        let (content_type, entity) = self.entity(&document, parts)?;
        let entity = Bytes::from(entity);
        let mut tries = self.tries();
        loop {
            let outcome = self.post(&header, &document, &content_type, entity.clone()).await;
            if !tries.again(&outcome) {
                return outcome;
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    async fn post(
        &self,
        header: &RequestHeader,
        document: &[u8],
        content_type: &str,
        entity: Bytes,
    ) -> Result<SoapAnswer, CallError> {
        let response = self
            .http
            .post(format!("{}/", self.base_url))
            .header(CONTENT_TYPE, content_type)
            .header("SOAPAction", "\"\"")
            .body(entity)
            .send()
            .await
            .map_err(CallError::transport)?;
        let status = response.status().as_u16();
        if status != 200 && status != 500 {
            return Err(CallError::Status(status));
        }
        let content_type = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| ContentType::parse(value).ok());
        let entity = self.body(response).await?;
        let (received, attachments) = match &content_type {
            Some(kind) if kind.is_related() => {
                let message = Message::read(kind, &entity, MimeLimits::default()).map_err(CallError::Mime)?;
                (Bytes::from(message.soap), message.attachments)
            }
            _ => (entity, Vec::new()),
        };
        let charset = content_type.as_ref().and_then(|kind| kind.parameter("charset"));
        match read_answer(&received, charset, &Limits::default()).map_err(CallError::Soap)? {
            Answer::Fault(fault) => Err(classify(*fault)),
            Answer::Message(envelope) => {
                answer::check(header, document, &envelope).map_err(CallError::Mismatch)?;
                Ok(SoapAnswer { envelope: *envelope, attachments })
            }
        }
    }

    fn entity(&self, document: &[u8], parts: &[Part]) -> Result<(String, Vec<u8>), CallError> {
        if parts.is_empty() {
            return Ok((soap::CONTENT_TYPE.to_owned(), document.to_vec()));
        }
        let boundary = (self.ids)().simple().to_string();
        let writer = Writer::new(Flavour::Swa, boundary).map_err(CallError::Attachment)?;
        let mut out =
            Vec::with_capacity(document.len() + parts.iter().map(|part| part.data.len() + 300).sum::<usize>());
        writer.soap(&mut out, document);
        for part in parts {
            writer.attachment_head(&mut out, &part.media_type, &part.content_id).map_err(CallError::Attachment)?;
            out.extend_from_slice(&part.data);
        }
        writer.close(&mut out);
        Ok((writer.content_type(), out))
    }
}

fn classify(fault: soap::fault::Received) -> CallError {
    match fault.x_road() {
        Some(error) => CallError::XRoad { error, detail: fault.fault_detail().map(str::to_owned), message: fault.text },
        None => CallError::Fault(Box::new(fault)),
    }
}
