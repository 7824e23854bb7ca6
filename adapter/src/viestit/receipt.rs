//! A letter's receipt: what is known of it, each fact with its source, for the client that sent it and nobody else
//! (viestit.md §3). Nothing is concluded from the facts here.
//!
//! Our own records come from the message log, so that a receipt says what the log says. What Viestit told stands beside
//! them, as it was told. Names of confirmers are here and nowhere else.

use jiff::Timestamp;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::facts;
use super::orders::{Orders, timestamp};
use super::sealed::{
    Letter, Particulars, Remains, commitment_context, event_context, order_context, read, recipient_committed,
};
use super::status::SendStatus;
use crate::model::evidence::{Evidence, EvidenceDraft, Hash, RecordKind};
use crate::store::letters::Order;
use crate::store::sends::Send;
use crate::store::{CommitmentKey, StoreError, TenantKeys, erasure, evidence, letters, sends, viestit as events};

/// How often a letter is read whose state changes meanwhile.
const READINGS: usize = 3;

/// What is known of the letter to one recipient.
#[derive(Debug)]
pub struct Receipt {
    pub issued_at: Timestamp,
    /// Who sent it.
    pub client: String,
    /// Our id of the order.
    pub id: String,
    /// The sender's own.
    pub order_id: String,
    pub accepted_at: Timestamp,
    /// How it was ordered; none when the log has no record of it.
    pub exchange: Option<Exchange>,
    pub send: SendStatus,
    pub external_id: String,
    /// The service that it was sent for, and how it might go; none once the keys are erased.
    pub asked: Option<Remains>,
    pub commitments: Option<Commitments>,
    /// To the digest of the request, made with the letter's own key; none once that is erased.
    pub request_commitment: Option<Hash>,
    pub content_erased_at: Option<Timestamp>,
    pub keys_erased_at: Option<Timestamp>,
    /// By time.
    pub facts: Vec<Fact>,
    /// By which the sender can show whom the letter was for and what it said; none once the key is erased.
    pub opening: Option<Opening>,
}

/// The exchange that brought an order, by the message log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub id: Uuid,
    /// Full X-Road service identifier, or the name of the operation.
    pub service: Option<String>,
    pub xroad_id: Option<String>,
    /// SHA-512 of the SOAP part or the REST body as received.
    pub request_digest: Option<Vec<u8>>,
}

/// What the log holds of recipient and content: nothing without the letter's own key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commitments {
    pub recipient: Hash,
    pub content: Hash,
}

/// What opens the commitments.
pub struct Opening {
    pub key: [u8; 32],
    /// Hexadecimal. It stands here because a request is little more than whom it is for: of a form letter, a digest of it
    /// tells the recipient to whoever tries all identity codes.
    pub request_digest: Option<String>,
    /// What was committed of the recipient: the identity code or business id, or the address of a letter without.
    pub recipient: Option<String>,
    /// What was committed of the content, files by their digests.
    pub content: Option<String>,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opening(…)")
    }
}

/// Something that happened, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub at: Timestamp,
    pub source: Source,
}

/// A fact by its source.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// A record of our message log: the state that was reached, or the act of a person.
    Log { word: String, record: String },
    /// An answer of Viestit to a call of ours.
    Answer { status: u16, trace_id: Option<String> },
    /// An event of Viestit's feed.
    Event { kind: String, confirmed_by: Option<String>, signature: Option<String>, tracking_code: Option<String> },
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::Log { word, record } => write!(f, "Log({word}, {record})"),
            Source::Answer { status, .. } => write!(f, "Answer({status})"),
            Source::Event { kind, .. } => write!(f, "Event({kind})"),
        }
    }
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Not this client's, or never there.
    #[error("there is no such letter")]
    Absent,
    /// A receipt is of one letter.
    #[error("the order has {0} letters")]
    WhichOne(u64),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Orders {
    /// The receipt of the letter to a recipient of an order (1 for the first); to the only one when none is named.
    pub async fn receipt(
        &self,
        tenant: &str,
        client: &str,
        id: &str,
        recipient_number: Option<u32>,
    ) -> Result<Receipt, ReceiptError> {
        let store = self.store();
        let order = letters::get(store, tenant, id).await?.filter(|order| order.client == client);
        let order = order.ok_or(ReceiptError::Absent)?;
        let number = match recipient_number {
            Some(number) => number,
            None => match sends::count_of(store, tenant, &order.id).await? {
                1 => 1,
                letters => return Err(ReceiptError::WhichOne(letters)),
            },
        };
        let place = i64::from(number) - 1;
        // News that come meanwhile would have facts say more than the state.
        let mut last = None;
        for _ in 0..READINGS {
            let send = sends::by_place(store, tenant, &order.id, place).await?.ok_or(ReceiptError::Absent)?;
            if last.as_ref().is_some_and(|(known, _)| *known == send) {
                break;
            }
            last = Some((send.clone(), self.receipt_of(tenant, order.clone(), send).await?));
        }
        last.map(|(_, receipt)| receipt).ok_or(ReceiptError::Absent)
    }

    async fn receipt_of(&self, tenant: &str, order: Order, send: Send) -> Result<Receipt, StoreError> {
        let store = self.store();
        let keys = store.tenant_keys(tenant).await?;
        let particulars = match send.sealed.as_slice() {
            [] => None,
            sealed => Some(Particulars::open(&keys, sealed, &send.id)?),
        };
        let (erased_at, forgotten_at) = erasure::times(store, tenant, &order.id).await?;
        let happened = |at: i64| (at > 0).then(|| timestamp(at));
        let mut content = None;
        let asked = if forgotten_at > 0 {
            None
        } else {
            let is_gone = order.body.sealed.is_empty() && order.body.blob.is_none();
            let body =
                if is_gone { None } else { Some(store.body(tenant, &order.body, &order_context(&order.id)).await?) };
            match body {
                Some(body) if erased_at > 0 => Some(read::<Remains>(&body)?),
                Some(body) => {
                    let letter: Letter = read(&body)?;
                    content = String::from_utf8(body).ok();
                    Some(letter.remains())
                }
                None => None,
            }
        };
        let mut opening = match &send.commitment_key {
            Some(sealed) => Some(opening(&keys, sealed, &send, particulars.as_ref(), content)?),
            None => None,
        };

        let mut facts = Vec::new();
        let mut accepted: Option<EvidenceDraft> = None;
        for fact in facts::of(store, tenant, &send, particulars.as_ref()).await? {
            let at = fact.at;
            let source = match fact.source {
                facts::Source::Answer(call) => Source::Answer { status: call.status, trace_id: call.trace_id },
                facts::Source::Event(event) => told(&keys, event)?,
                facts::Source::Log(record) => {
                    let Evidence { writer, sequence, draft } = *record;
                    let word = word(&draft);
                    if draft.kind == RecordKind::LetterAccepted {
                        accepted = Some(draft);
                    }
                    let Some(word) = word else { continue };
                    Source::Log { word, record: format!("{writer}/{sequence}") }
                }
            };
            facts.push(Fact { at, source });
        }
        // The row says whose order it is, and so does the record; one of them alone could have been changed.
        if accepted.as_ref().is_some_and(|draft| draft.client.as_ref() != Some(&order.client)) {
            return Err(StoreError::Unreadable { place: "letter_order", column: 1 });
        }

        let exchange = match accepted.as_ref().and_then(|draft| draft.exchange_id) {
            Some(exchange) => Some(self.exchange(tenant, exchange, accepted.as_ref()).await?),
            None => None,
        };
        let digest = exchange.as_ref().and_then(|exchange| exchange.request_digest.as_ref()).map(hex::encode);
        let request_commitment = match (&mut opening, digest) {
            (Some(opening), Some(digest)) => {
                let key = CommitmentKey::from_bytes(&opening.key);
                let commitment = key.map(|key| key.commit("request", digest.as_bytes()));
                opening.request_digest = Some(digest);
                commitment
            }
            _ => None,
        };
        let commitments = accepted.as_ref().and_then(|draft| {
            Some(Commitments { recipient: draft.recipient_commitment?, content: draft.content_commitment? })
        });
        Ok(Receipt {
            issued_at: self.world().now(),
            client: order.client,
            id: order.id,
            order_id: order.order_id,
            accepted_at: timestamp(order.accepted_at),
            exchange,
            external_id: send.external_id.clone(),
            send: SendStatus::of(send)?,
            asked,
            commitments,
            request_commitment,
            content_erased_at: happened(erased_at),
            keys_erased_at: happened(forgotten_at),
            facts,
            opening,
        })
    }

    async fn exchange(&self, tenant: &str, id: Uuid, accepted: Option<&EvidenceDraft>) -> Result<Exchange, StoreError> {
        let records = evidence::of_exchange(self.store(), tenant, id).await?;
        let exchanges = records.iter().filter_map(|stored| Evidence::decode(&stored.record).ok());
        let record = exchanges.map(|record| record.draft).find(|draft| draft.kind == RecordKind::Exchange);
        Ok(Exchange {
            id,
            service: record.and_then(|draft| draft.operation),
            xroad_id: accepted.and_then(|draft| draft.xroad_id.clone()),
            request_digest: accepted.and_then(|draft| draft.request_digest.clone()),
        })
    }
}

fn opening(
    keys: &TenantKeys,
    sealed: &[u8],
    send: &Send,
    particulars: Option<&Particulars>,
    content: Option<String>,
) -> Result<Opening, StoreError> {
    let key = CommitmentKey::from_bytes(&keys.open(sealed, &commitment_context(&send.id))?);
    let key = key.ok_or(StoreError::Unreadable { place: "send", column: 11 })?;
    let recipient = match particulars {
        Some(Particulars { recipient: None, address: None, .. }) | None => None,
        Some(Particulars { recipient, address, .. }) => {
            let committed = recipient_committed(recipient.as_deref(), address.as_ref())?;
            String::from_utf8(committed).ok()
        }
    };
    Ok(Opening { key: *key.expose(), request_digest: None, recipient, content })
}

/// What a record says has happened; none for what the sender has no part in.
fn word(draft: &EvidenceDraft) -> Option<String> {
    match draft.kind {
        RecordKind::LetterAccepted | RecordKind::SendSettled => draft.outcome.clone(),
        // Who decided and why is the operator's own matter.
        RecordKind::Act => draft.operation.as_deref().and_then(|act| act.strip_prefix("messages.")).map(str::to_owned),
        _ => None,
    }
}

fn told(keys: &TenantKeys, event: events::Event) -> Result<Source, StoreError> {
    let metadata: Map<String, Value> = match event.metadata.as_slice() {
        [] => Map::new(),
        sealed => read(&keys.open(sealed, &event_context(&event.account, &event.kind))?)?,
    };
    let text = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Source::Event {
        confirmed_by: text("receiptConfirmedBy"),
        signature: text("recipientSignature"),
        tracking_code: text("postiTrackingCode"),
        kind: event.kind,
    })
}
