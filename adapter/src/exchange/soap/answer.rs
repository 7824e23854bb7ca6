//! What a SOAP exchange answers, as bytes: a response, a refusal in its wrapper, or a fault.

use bytes::Bytes;
use http::{Response, StatusCode};
use silta_client::common::{ErrorCode, Refusal};
use uuid::Uuid;
use xroad::soap::fault::Fault;
use xroad::soap::{FaultCode, Header, SoapError, write};
use xroad::xml::XmlRule;

use crate::exchange::conclude::Encoded;
use crate::exchange::evidence::Known;
use crate::exchange::{Door, response, xml};
use crate::listen::Body;

impl Door {
    /// The fault for a message that did not pass the gate.
    pub(super) fn malformed(&self, error: &SoapError, exchange_id: Uuid) -> Encoded {
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
pub(super) fn encode(
    outcome: Result<String, Refusal>,
    header: Option<&Header>,
    known: &Known,
    exchange_id: Uuid,
) -> Encoded {
    let internal = || Refusal::new(ErrorCode::Internal, "the service failed");
    let refusal = match (outcome, header) {
        (Ok(body), Some(header)) => {
            let content = Bytes::from(write::response(&header.echo, &body));
            return Encoded::new(StatusCode::OK, content, None);
        }
        (Ok(_), None) => internal(),
        (Err(refusal), _) => refusal,
    };
    match (header, known.operation) {
        (Some(header), Some(operation)) if !refusal.code.is_fault() => {
            let body = xml::write_refusal(operation, &refusal);
            let content = Bytes::from(write::response(&header.echo, &body));
            Encoded::new(StatusCode::OK, content, Some(refusal.code.word()))
        }
        _ => faulty(&fault_of(&refusal, exchange_id), refusal.code),
    }
}

fn faulty(fault: &Fault, code: ErrorCode) -> Encoded {
    let content = Bytes::from(fault.to_bytes());
    Encoded::new(StatusCode::INTERNAL_SERVER_ERROR, content, Some(code.word()))
}

/// The answer as HTTP: a multipart when files go with it.
pub(super) fn respond(encoded: Encoded) -> Response<Body> {
    match encoded.enclosed {
        Some(enclosed) => enclosed.respond(encoded.status, &encoded.content),
        None => response::answer(encoded.status, xroad::soap::CONTENT_TYPE, encoded.content),
    }
}

/// A fault outside an exchange of a tenant.
pub(in crate::exchange) fn fault(refusal: &Refusal, exchange_id: Uuid) -> Response<Body> {
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
