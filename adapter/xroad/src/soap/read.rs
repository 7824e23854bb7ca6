//! The gate of SOAP messages: one pass over the bytes, from encoding to header fields and the body's tree.
//!
//! Only the envelope's own Body counts: whatever looks like an envelope or a body inside a header block is passed over
//! with the block. Which operation the body belongs to is decided by others, from the header, never from the body.

use super::error::{Refused, SoapError};
use super::fault::Received;
use super::header::{Header, HeaderParts};
use super::{NS_REPR, NS_SOAP, NS_TOKEN, NS_XRD};
use crate::xml::{self, Element, Gate, Limits, Start, Token, XmlError, XmlRule, is_blank};

/// A message that passed the gate.
#[derive(Debug, Clone)]
pub struct Envelope {
    pub header: Header,
    /// The one element of the body.
    pub body: Element,
}

/// What a provider or a security server answered.
#[derive(Debug, Clone)]
pub enum Answer {
    Message(Box<Envelope>),
    Fault(Box<Received>),
}

/// Reads the SOAP part of a request as it came from a security server.
///
/// The body element's name must equal the service code to the letter: security servers compare beginnings only.
pub fn read_request(bytes: &[u8], limits: &Limits) -> Result<Envelope, Refused> {
    let mut parts = HeaderParts::default();
    let body = match read(bytes, None, limits, &mut parts) {
        Ok(body) => body,
        Err(error) => return Err(Refused { error, header: Box::new(parts) }),
    };
    let refuse = |error, parts| Err(Refused { error, header: Box::new(parts) });
    if body.element.is(NS_SOAP, "Fault") {
        return refuse(SoapError::FaultAsRequest, parts);
    }
    if !body.header_seen {
        return refuse(SoapError::MissingHeader, parts);
    }
    // A missing field explains more than the mismatch that may follow from it.
    if let Some(field) = parts.missing() {
        return refuse(SoapError::MissingField(field), parts);
    }
    if parts.service.as_ref().is_some_and(|service| service.service_code() != &*body.element.name) {
        return refuse(SoapError::Wrapper, parts);
    }
    match parts.complete() {
        Some(header) => Ok(Envelope { header, body: body.element }),
        None => refuse(SoapError::MissingHeader, HeaderParts::default()),
    }
}

/// Reads the SOAP part of an answer: a message with a complete header, or a Fault with or without one.
///
/// `charset` is the Content-Type's; it counts only where the document names no encoding.
/// Whether the answer fits the request is the matter of [`super::answer::check`].
pub fn read_answer(bytes: &[u8], charset: Option<&str>, limits: &Limits) -> Result<Answer, SoapError> {
    let mut parts = HeaderParts::default();
    let body = read(bytes, charset, limits, &mut parts)?;
    if body.element.is(NS_SOAP, "Fault") {
        return Received::read(&body.element).map(|fault| Answer::Fault(Box::new(fault)));
    }
    if !body.header_seen {
        return Err(SoapError::MissingHeader);
    }
    if let Some(field) = parts.missing() {
        return Err(SoapError::MissingField(field));
    }
    let header = parts.complete().ok_or(SoapError::MissingHeader)?;
    Ok(Answer::Message(Box::new(Envelope { header, body: body.element })))
}

struct Body {
    element: Element,
    header_seen: bool,
}

fn read(bytes: &[u8], charset: Option<&str>, limits: &Limits, parts: &mut HeaderParts) -> Result<Body, SoapError> {
    if bytes.len() > limits.bytes {
        return Err(XmlError::at(XmlRule::TooLarge, limits.bytes).into());
    }
    let text = xml::decode(bytes, charset)?;
    let mut gate = Gate::new(&text, *limits)?;
    let Token::Start(root) = gate.next()? else { return Err(XmlError::at(XmlRule::Empty, 0).into()) };
    if root.name != "Envelope" {
        return Err(SoapError::NotAnEnvelope);
    }
    if &*root.namespace != NS_SOAP {
        return Err(SoapError::Version);
    }
    let mut encoded = has_encoding_style(&root);
    // Structure errors wait until the whole document has proven to be XML at all: that is the first thing to tell.
    let mut header_seen = false;
    let mut body: Option<Result<Element, SoapError>> = None;
    let mut first: Option<SoapError> = None;
    loop {
        match gate.next()? {
            Token::Text(text) if is_blank(&text) => {}
            Token::Text(_) => note(&mut first, SoapError::StrayText("Envelope")),
            Token::Start(start) if start.is(NS_SOAP, "Header") && !header_seen && body.is_none() => {
                header_seen = true;
                encoded |= has_encoding_style(&start);
                if let Some(error) = read_header(&mut gate, parts, &mut encoded)? {
                    note(&mut first, error);
                }
            }
            Token::Start(start) if start.is(NS_SOAP, "Body") && body.is_none() => {
                encoded |= has_encoding_style(&start);
                body = Some(read_body(&mut gate, &mut encoded)?);
            }
            Token::Start(_) => {
                note(&mut first, SoapError::EnvelopeContent);
                gate.skip()?;
            }
            Token::End => {}
            Token::Eof => break,
        }
    }
    if let Some(error) = first {
        return Err(error);
    }
    if encoded {
        return Err(SoapError::EncodingStyle);
    }
    let element = body.ok_or(SoapError::MissingBody)??;
    Ok(Body { element, header_seen })
}

fn note(first: &mut Option<SoapError>, error: SoapError) {
    if first.is_none() {
        *first = Some(error);
    }
}

/// Reads all blocks, so that a refusal can still name the message, and gives the first error.
fn read_header(
    gate: &mut Gate<'_>,
    parts: &mut HeaderParts,
    encoded: &mut bool,
) -> Result<Option<SoapError>, XmlError> {
    let mut first = None;
    loop {
        match gate.next()? {
            Token::Text(text) if is_blank(&text) => {}
            Token::Text(_) => note(&mut first, SoapError::StrayText("Header")),
            Token::Start(start) if matches!(&*start.namespace, NS_XRD | NS_REPR | NS_TOKEN) => {
                *encoded |= has_encoding_style(&start);
                let block = xml::build(gate, start, &mut |inner| *encoded |= has_encoding_style(inner))?;
                if let Err(error) = parts.take(block) {
                    note(&mut first, error);
                }
            }
            Token::Start(start) => {
                if start.attribute(NS_SOAP, "mustUnderstand").is_some_and(|v| !matches!(v.trim(), "0" | "false")) {
                    note(&mut first, SoapError::MustUnderstand);
                }
                gate.skip()?;
            }
            Token::End | Token::Eof => return Ok(first),
        }
    }
}

/// The outer error ends the reading, the inner one waits for the end of the document.
fn read_body(gate: &mut Gate<'_>, encoded: &mut bool) -> Result<Result<Element, SoapError>, XmlError> {
    let mut found: Result<Element, SoapError> = Err(SoapError::EmptyBody);
    let mut stray = false;
    loop {
        match gate.next()? {
            Token::Text(text) => stray |= !is_blank(&text),
            Token::Start(start) => {
                *encoded |= has_encoding_style(&start);
                if matches!(found, Err(SoapError::EmptyBody)) {
                    found = Ok(xml::build(gate, start, &mut |inner| *encoded |= has_encoding_style(inner))?);
                } else {
                    found = Err(SoapError::SecondBodyElement);
                    gate.skip()?;
                }
            }
            Token::End | Token::Eof if stray => return Ok(Err(SoapError::StrayText("Body"))),
            Token::End | Token::Eof => return Ok(found),
        }
    }
}

fn has_encoding_style(start: &Start<'_>) -> bool {
    start.attribute(NS_SOAP, "encodingStyle").is_some()
}
