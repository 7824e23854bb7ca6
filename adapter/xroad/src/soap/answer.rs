//! Whether an answer belongs to the request we sent: what the consumer's side checks once more, although its security
//! server has checked the same (fact sheet sections 2.4 and 6.1).

use super::read::Envelope;
use super::write::RequestHeader;
use crate::hash;

/// The algorithm of `requestHash`.
pub const SHA512: &str = "http://www.w3.org/2001/04/xmlenc#sha512";

/// An answer that does not belong to its request. The remote side's fault; the request may have been carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("the answer's header {0} differs from the request's")]
    Field(&'static str),
    #[error("the answer has no requestHash")]
    NoHash,
    #[error("the answer's requestHash uses an unknown algorithm")]
    Algorithm,
    /// Both digests are for the log.
    #[error("the answer's requestHash is {received}, the request's is {own}")]
    Hash { received: String, own: String },
    #[error("the answer's body element must be named after the service code, with Response behind it")]
    Wrapper,
}

/// Compares header fields, the hash of `sent` (the SOAP part's bytes as sent) and the wrapper's name.
pub fn check(header: &RequestHeader, sent: &[u8], answer: &Envelope) -> Result<(), Mismatch> {
    let got = &answer.header;
    let fields = [
        (got.client == header.client, "client"),
        (got.service == header.service, "service"),
        (got.id == header.id, "id"),
        (got.user_id == header.user_id, "userId"),
        (got.issue == header.issue, "issue"),
        (got.represented_party == header.represented_party, "representedParty"),
    ];
    if let Some((_, field)) = fields.iter().find(|(same, _)| !same) {
        return Err(Mismatch::Field(field));
    }
    let received = got.request_hash.as_ref().ok_or(Mismatch::NoHash)?;
    if received.algorithm.as_deref() != Some(SHA512) {
        return Err(Mismatch::Algorithm);
    }
    let own = hash::soap(sent);
    if received.value != own {
        return Err(Mismatch::Hash { received: received.value.clone(), own });
    }
    let code = header.service.service_code();
    if answer.body.name.strip_suffix("Response") == Some(code) { Ok(()) } else { Err(Mismatch::Wrapper) }
}
