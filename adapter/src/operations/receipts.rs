//! Receipts of letters, for the client that sent them: facts in the contract's words, and the signature under them.

use silta_client::common::{ErrorCode, Refusal};
use silta_client::messages as contract;

use super::letters::{channel_of, state, unreadable};
use super::messages::{Accepted, Answer};
use crate::model::letter::ChannelChoice;
use crate::viestit::Orders;
use crate::viestit::receipt::{Fact, Opening, Receipt, ReceiptError, Source};

pub(super) async fn get(
    orders: &Orders,
    tenant: &str,
    client: &str,
    id: &str,
    recipient_number: Option<u32>,
) -> Result<Accepted, Refusal> {
    let found = orders.receipt(tenant, client, id, recipient_number).await;
    let mut receipt = found.map_err(|error| refused(&error))?;
    let opening = receipt.opening.take().map(opening);
    let statement = statement(tenant, receipt);
    let signed = orders.sign(tenant, &statement).await.map_err(|error| {
        tracing::error!(tenant, "a receipt could not be signed: {error}");
        Refusal::new(ErrorCode::Unavailable, "the receipt could not be signed; try again")
    })?;
    Ok(Accepted::of(Answer::Receipt(Box::new(contract::Receipt { statement, signed, opening }))))
}

fn refused(error: &ReceiptError) -> Refusal {
    match error {
        ReceiptError::Absent => {
            Refusal::new(ErrorCode::NotFound, "no order of yours has this id and recipient").at("id")
        }
        ReceiptError::WhichOne(letters) => {
            let text = format!("the order has {letters} letters, and a receipt is of one: name its recipient");
            Refusal::new(ErrorCode::MissingField, text).at("recipientNumber")
        }
        ReceiptError::Store(error) => unreadable(error),
    }
}

fn statement(tenant: &str, receipt: Receipt) -> contract::ReceiptStatement {
    let Receipt { exchange, send, asked, commitments, .. } = receipt;
    let exchange = exchange.as_ref();
    contract::ReceiptStatement {
        issuer: tenant.to_owned(),
        issued_at: receipt.issued_at.to_string(),
        client: receipt.client,
        service: exchange.and_then(|exchange| exchange.service.clone()),
        xroad_id: exchange.and_then(|exchange| exchange.xroad_id.clone()),
        exchange_id: exchange.map(|exchange| exchange.id.to_string()),
        id: receipt.id,
        order_id: receipt.order_id,
        accepted_at: receipt.accepted_at.to_string(),
        send_id: send.id,
        recipient_number: send.recipient_number,
        external_id: receipt.external_id,
        channel_asked: asked.as_ref().map(|asked| match asked.channel {
            ChannelChoice::Electronic => contract::ChannelChoice::Electronic,
            ChannelChoice::ElectronicOrPaper => contract::ChannelChoice::ElectronicOrPaper,
            ChannelChoice::Paper => contract::ChannelChoice::Paper,
        }),
        service_id: asked.map(|asked| asked.service_id),
        state: state(send.state),
        changed_at: send.changed_at.to_string(),
        channel: channel_of(send.state, send.channel),
        reason: send.reason,
        message_id: send.message_id.map(|id| id.to_string()),
        recipient_commitment: commitments.map(|commitments| hex::encode(commitments.recipient)),
        content_commitment: commitments.map(|commitments| hex::encode(commitments.content)),
        request_commitment: receipt.request_commitment.map(hex::encode),
        content_erased_at: receipt.content_erased_at.map(|at| at.to_string()),
        key_erased_at: receipt.keys_erased_at.map(|at| at.to_string()),
        facts: receipt.facts.into_iter().map(fact).collect(),
    }
}

fn opening(opening: Opening) -> contract::ReceiptOpening {
    contract::ReceiptOpening {
        key: hex::encode(opening.key),
        request_digest: opening.request_digest,
        recipient: opening.recipient,
        content: opening.content,
    }
}

fn fact(fact: Fact) -> contract::ReceiptFact {
    let at = fact.at.to_string();
    match fact.source {
        Source::Log { word, record } => contract::ReceiptFact {
            at,
            source: contract::ReceiptSource::MessageLog,
            fact: word,
            record: Some(record),
            ..contract::ReceiptFact::default()
        },
        Source::Answer { status, trace_id } => contract::ReceiptFact {
            at,
            source: contract::ReceiptSource::Answer,
            fact: "answered".to_owned(),
            status: Some(status),
            trace_id,
            ..contract::ReceiptFact::default()
        },
        Source::Event { kind, confirmed_by, signature, tracking_code } => contract::ReceiptFact {
            at,
            source: contract::ReceiptSource::Event,
            fact: kind,
            confirmed_by,
            signature,
            tracking_code,
            ..contract::ReceiptFact::default()
        },
    }
}
