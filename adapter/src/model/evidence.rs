//! Evidence record v1: what the message log says about one exchange, letter, intake or act, and how records chain.
//!
//! A record is deterministic CBOR (RFC 8949, 4.2): one map with ascending integer keys, shortest forms, definite lengths.
//! `docs/evidence.md` lists the keys; they are never given a new meaning. A record holds digests, never bodies, and of
//! persons only keyed digests. Writer and sequence are not part of [`EvidenceDraft`]: the committer gives them.

use aws_lc_rs::digest;
use jiff::Timestamp;

/// A SHA-256 value: a chain link or a leaf.
pub type Hash = [u8; 32];

/// The chain value before a writer's first record.
pub const GENESIS: Hash = [0; 32];

/// The format that this version writes.
pub const FORMAT: u64 = 1;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// An X-Road exchange: request received, response committed.
    Exchange,
    /// The response of an exchange did not reach the security server.
    NotDelivered,
    /// A batch of entities from an own system.
    Intake,
    /// A letter order was accepted (with its Sends).
    LetterAccepted,
    /// A Send reached a state it will not leave by itself: sent, refused, parked.
    SendSettled,
    /// What a person or the system did: change of master, key, pin, configuration.
    Act,
    /// A call that we made as an X-Road consumer.
    Consumed,
    /// A change pushed to PTV.
    Mirrored,
}

impl RecordKind {
    const ALL: [(Self, u64); 8] = [
        (Self::Exchange, 1),
        (Self::NotDelivered, 2),
        (Self::Intake, 3),
        (Self::LetterAccepted, 4),
        (Self::SendSettled, 5),
        (Self::Act, 6),
        (Self::Consumed, 7),
        (Self::Mirrored, 8),
    ];

    /// The number in the record.
    pub fn code(self) -> u64 {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or(0, |(_, code)| *code)
    }

    /// The kind with that number.
    pub fn from_code(code: u64) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(kind, _)| *kind)
    }
}

/// A record without its place in the log. Everything optional is left out of the record when absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceDraft {
    /// Whose log it belongs to; empty for acts on the whole installation.
    pub tenant: String,
    pub kind: RecordKind,
    /// When the request had arrived, or the act began.
    pub time_in: Timestamp,
    /// When the response was encoded, or the act was done.
    pub time_out: Timestamp,
    /// X-Road client identifier.
    pub client: Option<String>,
    /// X-Road represented party.
    pub represented: Option<String>,
    /// Name of the pin of the TLS peer.
    pub pin: Option<String>,
    /// Full X-Road service identifier with version, or the name of the act.
    pub operation: Option<String>,
    /// Our id of the exchange (UUIDv7).
    pub exchange_id: Option<uuid::Uuid>,
    /// `xrd:id` / `X-Road-Id`.
    pub xroad_id: Option<String>,
    /// `X-Road-Request-Id`.
    pub request_id: Option<String>,
    /// Keyed digest of `userId`.
    pub user_digest: Option<Hash>,
    /// Keyed digest of `issue`.
    pub issue_digest: Option<Hash>,
    /// `soap 4.0`, `rest 1` …
    pub protocol: Option<String>,
    pub method: Option<String>,
    /// Raw path without query.
    pub path: Option<String>,
    /// Keyed digest of the query.
    pub query_digest: Option<Hash>,
    pub soap_action: Option<String>,
    /// SHA-512 of the SOAP part or the REST body as received.
    pub request_digest: Option<Vec<u8>>,
    /// SHA-512 of the SOAP part or the REST body as sent.
    pub response_digest: Option<Vec<u8>>,
    /// Attachments received.
    pub request_parts: Vec<PartDigest>,
    /// Attachments sent.
    pub response_parts: Vec<PartDigest>,
    /// HTTP status.
    pub status: Option<u16>,
    pub fault_code: Option<String>,
    /// Our id of the fault, as the answer shows it.
    pub fault_id: Option<String>,
    /// Whether the response was handed over; absent when nobody knows yet.
    pub delivered: Option<bool>,
    /// What it is about: `service/1234`, a batch, an order, a Send.
    pub subject: Option<String>,
    /// HMAC of the recipient under the Send's own key.
    pub recipient_commitment: Option<Hash>,
    /// HMAC of the content under the Send's own key.
    pub content_commitment: Option<Hash>,
    /// Who acted: `system`, or the keyed name of a person or own system.
    pub actor: Option<String>,
    /// How it ended, as a code: `sent`, `refused`, `parked` …
    pub outcome: Option<String>,
    /// Why a person acted, in that person's words.
    pub reason: Option<String>,
}

/// Size and SHA-512 of one attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartDigest {
    pub size: u64,
    pub digest: Vec<u8>,
}

impl EvidenceDraft {
    /// A record of `kind` about `tenant` with nothing else in it yet.
    pub fn new(kind: RecordKind, tenant: impl Into<String>, time_in: Timestamp, time_out: Timestamp) -> Self {
        Self {
            tenant: tenant.into(),
            kind,
            time_in,
            time_out,
            client: None,
            represented: None,
            pin: None,
            operation: None,
            exchange_id: None,
            xroad_id: None,
            request_id: None,
            user_digest: None,
            issue_digest: None,
            protocol: None,
            method: None,
            path: None,
            query_digest: None,
            soap_action: None,
            request_digest: None,
            response_digest: None,
            request_parts: Vec::new(),
            response_parts: Vec::new(),
            status: None,
            fault_code: None,
            fault_id: None,
            delivered: None,
            subject: None,
            recipient_commitment: None,
            content_commitment: None,
            actor: None,
            outcome: None,
            reason: None,
        }
    }

    /// The record's bytes at its place in the log.
    pub fn encode(&self, writer: &str, sequence: u64) -> Vec<u8> {
        let mut map = MapWriter::new();
        map.uint(key::FORMAT, FORMAT);
        map.text(key::WRITER, writer);
        map.uint(key::SEQUENCE, sequence);
        map.text(key::TENANT, &self.tenant);
        map.uint(key::KIND, self.kind.code());
        map.int(key::TIME_IN, self.time_in.as_microsecond());
        map.int(key::TIME_OUT, self.time_out.as_microsecond());
        map.optional_text(key::CLIENT, self.client.as_deref());
        map.optional_text(key::REPRESENTED, self.represented.as_deref());
        map.optional_text(key::PIN, self.pin.as_deref());
        map.optional_text(key::OPERATION, self.operation.as_deref());
        map.optional_bytes(key::EXCHANGE_ID, self.exchange_id.as_ref().map(|id| id.as_bytes().as_slice()));
        map.optional_text(key::XROAD_ID, self.xroad_id.as_deref());
        map.optional_text(key::REQUEST_ID, self.request_id.as_deref());
        map.optional_bytes(key::USER, self.user_digest.as_ref().map(Hash::as_slice));
        map.optional_bytes(key::ISSUE, self.issue_digest.as_ref().map(Hash::as_slice));
        map.optional_text(key::PROTOCOL, self.protocol.as_deref());
        map.optional_text(key::METHOD, self.method.as_deref());
        map.optional_text(key::PATH, self.path.as_deref());
        map.optional_bytes(key::QUERY, self.query_digest.as_ref().map(Hash::as_slice));
        map.optional_text(key::SOAP_ACTION, self.soap_action.as_deref());
        map.optional_bytes(key::REQUEST_DIGEST, self.request_digest.as_deref());
        map.optional_bytes(key::RESPONSE_DIGEST, self.response_digest.as_deref());
        map.parts(key::REQUEST_PARTS, &self.request_parts);
        map.parts(key::RESPONSE_PARTS, &self.response_parts);
        map.optional_uint(key::STATUS, self.status.map(u64::from));
        map.optional_text(key::FAULT_CODE, self.fault_code.as_deref());
        map.optional_text(key::FAULT_ID, self.fault_id.as_deref());
        map.optional_bool(key::DELIVERED, self.delivered);
        map.optional_text(key::SUBJECT, self.subject.as_deref());
        map.optional_bytes(key::RECIPIENT, self.recipient_commitment.as_ref().map(Hash::as_slice));
        map.optional_bytes(key::CONTENT, self.content_commitment.as_ref().map(Hash::as_slice));
        map.optional_text(key::ACTOR, self.actor.as_deref());
        map.optional_text(key::OUTCOME, self.outcome.as_deref());
        map.optional_text(key::REASON, self.reason.as_deref());
        map.finish()
    }
}

/// The next link: SHA-256(0x01 ‖ previous ‖ record).
pub fn chain(previous: &Hash, record: &[u8]) -> Hash {
    sha256(&[&[1], previous, record])
}

/// What a tenant's export shows of a record: SHA-256(0x00 ‖ tenant salt ‖ record).
pub fn leaf(salt: &Hash, record: &[u8]) -> Hash {
    sha256(&[&[0], salt, record])
}

fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = GENESIS;
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A record as read back: its place and its draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub writer: String,
    pub sequence: u64,
    pub draft: EvidenceDraft,
}

/// The bytes are not a v1 record; `key` names the field, or is 0 for the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a version 1 evidence record (key {key})")]
pub struct NotARecord {
    pub key: u64,
}

impl Evidence {
    /// Reads a record. Unknown keys of the same format are skipped: later versions may add some.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotARecord> {
        let value: ciborium::Value = ciborium::from_reader(bytes).map_err(|_| NotARecord { key: 0 })?;
        let map = MapReader::new(value)?;
        if map.uint(key::FORMAT)? != FORMAT {
            return Err(NotARecord { key: key::FORMAT });
        }
        let draft = EvidenceDraft {
            tenant: map.text(key::TENANT)?,
            kind: RecordKind::from_code(map.uint(key::KIND)?).ok_or(NotARecord { key: key::KIND })?,
            time_in: map.time(key::TIME_IN)?,
            time_out: map.time(key::TIME_OUT)?,
            client: map.optional_text(key::CLIENT)?,
            represented: map.optional_text(key::REPRESENTED)?,
            pin: map.optional_text(key::PIN)?,
            operation: map.optional_text(key::OPERATION)?,
            exchange_id: map
                .optional_bytes(key::EXCHANGE_ID)?
                .map(|bytes| uuid::Uuid::from_slice(&bytes).map_err(|_| NotARecord { key: key::EXCHANGE_ID }))
                .transpose()?,
            xroad_id: map.optional_text(key::XROAD_ID)?,
            request_id: map.optional_text(key::REQUEST_ID)?,
            user_digest: map.optional_hash(key::USER)?,
            issue_digest: map.optional_hash(key::ISSUE)?,
            protocol: map.optional_text(key::PROTOCOL)?,
            method: map.optional_text(key::METHOD)?,
            path: map.optional_text(key::PATH)?,
            query_digest: map.optional_hash(key::QUERY)?,
            soap_action: map.optional_text(key::SOAP_ACTION)?,
            request_digest: map.optional_bytes(key::REQUEST_DIGEST)?,
            response_digest: map.optional_bytes(key::RESPONSE_DIGEST)?,
            request_parts: map.parts(key::REQUEST_PARTS)?,
            response_parts: map.parts(key::RESPONSE_PARTS)?,
            status: map
                .optional_uint(key::STATUS)?
                .map(|status| u16::try_from(status).map_err(|_| NotARecord { key: key::STATUS }))
                .transpose()?,
            fault_code: map.optional_text(key::FAULT_CODE)?,
            fault_id: map.optional_text(key::FAULT_ID)?,
            delivered: map.optional_bool(key::DELIVERED)?,
            subject: map.optional_text(key::SUBJECT)?,
            recipient_commitment: map.optional_hash(key::RECIPIENT)?,
            content_commitment: map.optional_hash(key::CONTENT)?,
            actor: map.optional_text(key::ACTOR)?,
            outcome: map.optional_text(key::OUTCOME)?,
            reason: map.optional_text(key::REASON)?,
        };
        Ok(Self { writer: map.text(key::WRITER)?, sequence: map.uint(key::SEQUENCE)?, draft })
    }
}

mod cbor;
use cbor::{MapReader, MapWriter};

/// The integer keys of a record (`docs/evidence.md`).
pub mod key {
    pub const FORMAT: u64 = 0;
    pub const WRITER: u64 = 1;
    pub const SEQUENCE: u64 = 2;
    pub const TENANT: u64 = 3;
    pub const KIND: u64 = 4;
    pub const TIME_IN: u64 = 5;
    pub const TIME_OUT: u64 = 6;
    pub const CLIENT: u64 = 7;
    pub const REPRESENTED: u64 = 8;
    pub const PIN: u64 = 9;
    pub const OPERATION: u64 = 10;
    pub const EXCHANGE_ID: u64 = 11;
    pub const XROAD_ID: u64 = 12;
    pub const REQUEST_ID: u64 = 13;
    pub const USER: u64 = 14;
    pub const ISSUE: u64 = 15;
    pub const PROTOCOL: u64 = 16;
    pub const METHOD: u64 = 17;
    pub const PATH: u64 = 18;
    pub const QUERY: u64 = 19;
    pub const SOAP_ACTION: u64 = 20;
    pub const REQUEST_DIGEST: u64 = 21;
    pub const RESPONSE_DIGEST: u64 = 22;
    pub const REQUEST_PARTS: u64 = 23;
    pub const RESPONSE_PARTS: u64 = 24;
    pub const STATUS: u64 = 25;
    pub const FAULT_CODE: u64 = 26;
    pub const FAULT_ID: u64 = 27;
    pub const DELIVERED: u64 = 28;
    pub const SUBJECT: u64 = 29;
    pub const RECIPIENT: u64 = 30;
    pub const CONTENT: u64 = 31;
    pub const ACTOR: u64 = 32;
    pub const OUTCOME: u64 = 33;
    pub const REASON: u64 = 34;
}

#[cfg(test)]
mod tests;
