//! `reply`, `reply_attachment`: what end users write, from the event that announces it to its erasure.
//!
//! A reply is `expected` until it has been fetched, then `offered` to one client, or to nobody yet, until it is
//! `acknowledged`; at last it is `erased`: the row stays, what was written goes. `lost` is what could not be had any more.

use super::sql;
use crate::store::blobs::Body;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    EXPECT = "INSERT INTO reply (id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id,
           complete, told_at, created_at, received_at, acknowledged_at, attempts, due_at, reason, body, blob_name)
           VALUES ($1, $2, 0, $3, $4, 'expected', NULL, NULL, NULL, 0, $5, NULL, NULL, NULL, 0, $6, NULL, $7, NULL)
           ON CONFLICT (tenant, message_id) DO NOTHING";
    BY_MESSAGE = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete,
           told_at, created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND message_id = $2";
    NEXT = "INSERT INTO counter (tenant, name, value) VALUES ($1, 'reply', 1)
           ON CONFLICT (tenant, name) DO UPDATE SET value = counter.value + 1";
    OFFER = "UPDATE reply SET state = 'offered', tenant = $3, client = $4, letter_order = $5, send_id = $6,
           complete = $7, created_at = $8, received_at = $9, reason = NULL, body = $10, blob_name = $11,
           sequence = (SELECT value FROM counter WHERE counter.tenant = $3 AND name = 'reply')
           WHERE tenant = $1 AND id = $2 AND state = 'expected'";
    ASSIGN = "UPDATE reply SET client = $3,
           sequence = (SELECT value FROM counter WHERE counter.tenant = $1 AND name = 'reply')
           WHERE tenant = $1 AND id = $2 AND state = 'offered' AND client IS NULL";
    RETRY = "UPDATE reply SET attempts = attempts + 1, due_at = $3, reason = $4
           WHERE tenant = $1 AND id = $2 AND state = 'expected'";
    LOSE = "UPDATE reply SET state = 'lost', reason = $3 WHERE tenant = $1 AND id = $2 AND state = 'expected'";
    ACKNOWLEDGE = "UPDATE reply SET state = 'acknowledged', acknowledged_at = $3
           WHERE tenant = $1 AND id = $2 AND state = 'offered'";
    ERASE = "UPDATE reply SET state = 'erased', body = $4, blob_name = NULL
           WHERE tenant = $1 AND id = $2 AND state = $3";
    DUE = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete, told_at,
           created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND state = 'expected' AND due_at <= $2 ORDER BY due_at, id LIMIT $3";
    NEXT_DUE = "SELECT MIN(due_at) FROM reply WHERE tenant = $1 AND state = 'expected'";
    OFFERED = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete,
           told_at, created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND client = $2 AND state = 'offered' AND sequence > $3 ORDER BY sequence LIMIT $4";
    UNASSIGNED = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete,
           told_at, created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND client IS NULL AND state = 'offered' ORDER BY id LIMIT $2";
    LAST = "SELECT MAX(sequence) FROM reply WHERE tenant = $1";
    GET = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete, told_at,
           created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND id = $2";
    KEPT_LONG = "SELECT id, tenant, sequence, message_id, service_id, state, client, letter_order, send_id, complete,
           told_at, created_at, received_at, acknowledged_at, attempts, reason, body, blob_name FROM reply
           WHERE tenant = $1 AND ((state = 'acknowledged' AND acknowledged_at <= $2)
           OR (state = 'offered' AND received_at <= $3)) ORDER BY id LIMIT $4";
    ADD_ATTACHMENT = "INSERT INTO reply_attachment (tenant, reply_id, number, complete, body, blob_name)
           VALUES ($1, $2, $3, $4, $5, $6)";
    ATTACHMENTS = "SELECT number, complete, body, blob_name FROM reply_attachment
           WHERE tenant = $1 AND reply_id = $2 ORDER BY number";
    DROP_ATTACHMENTS = "DELETE FROM reply_attachment WHERE tenant = $1 AND reply_id = $2";
}

/// Something that an end user has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub id: String,
    pub tenant: String,
    /// Ascending per tenant, in the order in which replies were offered.
    pub sequence: i64,
    pub message_id: i64,
    pub service_id: Option<String>,
    pub state: String,
    /// Whom it is for; nobody yet when it begins a conversation and no receiver is configured.
    pub client: Option<String>,
    /// The letter that it answers: [`super::letters::Order::id`] and [`super::sends::Send::id`].
    pub letter_order: Option<String>,
    pub send_id: Option<String>,
    /// Every file is here, whole.
    pub complete: bool,
    /// The time of the event.
    pub told_at: i64,
    pub created_at: Option<i64>,
    pub received_at: Option<i64>,
    pub acknowledged_at: Option<i64>,
    pub attempts: i64,
    pub reason: Option<String>,
    /// What was written, sealed; empty before it is fetched and after it is erased.
    pub body: Body,
}

/// A reply as it was fetched.
#[derive(Clone, Debug)]
pub struct Fetched<'a> {
    /// Whose it is; of tenants that share a service another one than the event named.
    pub tenant: &'a str,
    pub client: Option<&'a str>,
    pub letter_order: Option<&'a str>,
    pub send_id: Option<&'a str>,
    pub complete: bool,
    pub created_at: Option<i64>,
    pub received_at: i64,
    pub body: &'a Body,
}

/// A file of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// From 1.
    pub number: i64,
    /// Its content is here, whole.
    pub complete: bool,
    pub body: Body,
}

/// An event has announced a message; nothing when it is known already.
pub fn expect(
    tenant: &str,
    id: &str,
    message_id: i64,
    service_id: Option<&str>,
    told_at: i64,
    due_at: i64,
) -> Statement {
    Statement::new(EXPECT, args![id, tenant, message_id, service_id, told_at, due_at, Vec::new()])
}

/// The reply that Viestit knows as `message_id`.
pub async fn by_message(store: &Store, tenant: &str, message_id: i64) -> Result<Option<Reply>, StoreError> {
    store.read_one(BY_MESSAGE, args![tenant, message_id]).await?.map(from_row).transpose()
}

/// It was fetched; conflicts when somebody else was first.
pub fn offer(tenant: &str, id: &str, fetched: Fetched<'_>) -> Vec<Statement> {
    let Fetched { tenant: owner, client, letter_order, send_id, complete, created_at, received_at, body } = fetched;
    let (sealed, blob) = (body.sealed.clone(), body.blob.clone());
    vec![
        Statement::new(NEXT, args![owner]),
        Statement::new(
            OFFER,
            args![tenant, id, owner, client, letter_order, send_id, complete, created_at, received_at, sealed, blob],
        )
        .expecting(1),
    ]
}

/// Offers what was nobody's to a client.
pub fn assign(tenant: &str, id: &str, client: &str) -> Vec<Statement> {
    vec![Statement::new(NEXT, args![tenant]), Statement::new(ASSIGN, args![tenant, id, client]).expecting(1)]
}

/// It could not be fetched now.
pub fn retry(tenant: &str, id: &str, due_at: i64, reason: &str) -> Statement {
    Statement::new(RETRY, args![tenant, id, due_at, reason]).expecting(1)
}

/// It can not be had any more.
pub fn lose(tenant: &str, id: &str, reason: &str) -> Statement {
    Statement::new(LOSE, args![tenant, id, reason]).expecting(1)
}

/// Its client has it; conflicts unless it is offered.
pub fn acknowledge(tenant: &str, id: &str, now: i64) -> Statement {
    Statement::new(ACKNOWLEDGE, args![tenant, id, now]).expecting(1)
}

/// What was written goes, and its files; `state` is the one that it is in.
pub fn erase(tenant: &str, id: &str, state: &str) -> Vec<Statement> {
    vec![
        Statement::new(ERASE, args![tenant, id, state, Vec::new()]).expecting(1),
        Statement::new(DROP_ATTACHMENTS, args![tenant, id]),
    ]
}

pub fn add_attachment(tenant: &str, reply: &str, attachment: &Attachment) -> Statement {
    let Attachment { number, complete, body } = attachment.clone();
    Statement::new(ADD_ATTACHMENT, args![tenant, reply, number, complete, body.sealed, body.blob])
}

/// At most `limit` replies that are to be fetched.
pub async fn due(store: &Store, tenant: &str, now: i64, limit: u32) -> Result<Vec<Reply>, StoreError> {
    store.read(DUE, args![tenant, now, limit]).await?.into_iter().map(from_row).collect()
}

/// When the next one is to be fetched.
pub async fn next_due(store: &Store, tenant: &str) -> Result<Option<i64>, StoreError> {
    match store.read_one(NEXT_DUE, args![tenant]).await? {
        Some(row) => row.fields("reply").optional_int(),
        None => Ok(None),
    }
}

/// At most `limit` replies that are offered to a client, after a sequence.
pub async fn offered(
    store: &Store,
    tenant: &str,
    client: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<Reply>, StoreError> {
    store.read(OFFERED, args![tenant, client, after, limit]).await?.into_iter().map(from_row).collect()
}

/// At most `limit` replies that are offered to nobody.
pub async fn unassigned(store: &Store, tenant: &str, limit: u32) -> Result<Vec<Reply>, StoreError> {
    store.read(UNASSIGNED, args![tenant, limit]).await?.into_iter().map(from_row).collect()
}

/// The last sequence of a tenant.
pub async fn last(store: &Store, tenant: &str) -> Result<Option<i64>, StoreError> {
    match store.read_one(LAST, args![tenant]).await? {
        Some(row) => row.fields("reply").optional_int(),
        None => Ok(None),
    }
}

pub async fn get(store: &Store, tenant: &str, id: &str) -> Result<Option<Reply>, StoreError> {
    store.read_one(GET, args![tenant, id]).await?.map(from_row).transpose()
}

/// At most `limit` replies that were acknowledged or received by then.
pub async fn kept_long(
    store: &Store,
    tenant: &str,
    acknowledged_by: i64,
    received_by: i64,
    limit: u32,
) -> Result<Vec<Reply>, StoreError> {
    let rows = store.read(KEPT_LONG, args![tenant, acknowledged_by, received_by, limit]).await?;
    rows.into_iter().map(from_row).collect()
}

pub async fn attachments(store: &Store, tenant: &str, reply: &str) -> Result<Vec<Attachment>, StoreError> {
    let rows = store.read(ATTACHMENTS, args![tenant, reply]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("reply_attachment");
            Ok(Attachment {
                number: fields.int()?,
                complete: fields.flag()?,
                body: Body { sealed: fields.blob()?, blob: fields.optional_text()? },
            })
        })
        .collect()
}

fn from_row(row: Row) -> Result<Reply, StoreError> {
    let mut fields = row.fields("reply");
    Ok(Reply {
        id: fields.text()?,
        tenant: fields.text()?,
        sequence: fields.int()?,
        message_id: fields.int()?,
        service_id: fields.optional_text()?,
        state: fields.text()?,
        client: fields.optional_text()?,
        letter_order: fields.optional_text()?,
        send_id: fields.optional_text()?,
        complete: fields.flag()?,
        told_at: fields.int()?,
        created_at: fields.optional_int()?,
        received_at: fields.optional_int()?,
        acknowledged_at: fields.optional_int()?,
        attempts: fields.int()?,
        reason: fields.optional_text()?,
        body: Body { sealed: fields.blob()?, blob: fields.optional_text()? },
    })
}
