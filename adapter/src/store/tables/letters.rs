//! `letter_order`, `viestit_attachment`: what was accepted to be sent, sealed, with its attachments.

use super::sql;
use crate::store::blobs::Body;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    ADD = "INSERT INTO letter_order (id, tenant, client, order_id, content_digest, body, blob_name, accepted_at,
           bulletin_id, cost_pool) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, client, order_id) DO NOTHING";
    GET = "SELECT id, client, order_id, content_digest, body, blob_name, accepted_at, bulletin_id, cost_pool
           FROM letter_order
           WHERE tenant = $1 AND id = $2";
    BY_ORDER = "SELECT id, client, order_id, content_digest, body, blob_name, accepted_at, bulletin_id, cost_pool
           FROM letter_order
           WHERE tenant = $1 AND client = $2 AND order_id = $3";
    PAGE = "SELECT id, client, order_id, content_digest, body, blob_name, accepted_at, bulletin_id, cost_pool
           FROM letter_order
           WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3";
    BULLETIN = "SELECT id, client, order_id, content_digest, body, blob_name, accepted_at, bulletin_id, cost_pool
           FROM letter_order WHERE tenant = $1 AND client = $2 AND bulletin_id = $3 ORDER BY id LIMIT $4";
    STATES = "SELECT state, COUNT(*) FROM send WHERE tenant = $1 AND order_id = $2 GROUP BY state ORDER BY state";
    PAPER = "SELECT COALESCE(letter_order.cost_pool, ''), COUNT(*) FROM send
           JOIN letter_order ON letter_order.id = send.order_id
           WHERE send.tenant = $1 AND send.channel = 'paper' GROUP BY COALESCE(letter_order.cost_pool, '') ORDER BY 1";
    ADD_ATTACHMENT = "INSERT INTO viestit_attachment
           (tenant, order_id, number, size, body, blob_name, uploaded_id, uploaded_at)
           VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL)";
    UPLOADED = "UPDATE viestit_attachment SET uploaded_id = $4, uploaded_at = $5
           WHERE tenant = $1 AND order_id = $2 AND number = $3";
    FORGET_UPLOAD = "UPDATE viestit_attachment SET uploaded_id = NULL, uploaded_at = NULL
           WHERE tenant = $1 AND order_id = $2 AND number = $3 AND uploaded_id = $4";
    ATTACHMENTS = "SELECT number, size, body, blob_name, uploaded_id, uploaded_at
           FROM viestit_attachment WHERE tenant = $1 AND order_id = $2 ORDER BY number";
}

/// An accepted order. `order_id` is the sender's own id; unique with tenant and client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub id: String,
    pub client: String,
    pub order_id: String,
    /// Keyed or plain digest of the content, by which a repeated order is told from another one with the same id.
    pub content_digest: Vec<u8>,
    pub body: Body,
    pub accepted_at: i64,
    /// What it is grouped by, with the client's other orders.
    pub bulletin_id: Option<String>,
    /// Who pays for letters that go on paper.
    pub cost_pool: Option<String>,
}

/// Keeps the order; conflicts when the client has used the order id already (read it and compare digests).
pub fn add(tenant: &str, order: &Order) -> Statement {
    let order = order.clone();
    Statement::new(
        ADD,
        args![
            order.id,
            tenant,
            order.client,
            order.order_id,
            order.content_digest,
            order.body.sealed,
            order.body.blob,
            order.accepted_at,
            order.bulletin_id,
            order.cost_pool,
        ],
    )
    .expecting(1)
}

pub async fn get(store: &Store, tenant: &str, id: &str) -> Result<Option<Order>, StoreError> {
    store.read_one(GET, args![tenant, id]).await?.map(order_from_row).transpose()
}

/// The order with the sender's own id.
pub async fn by_order(store: &Store, tenant: &str, client: &str, order_id: &str) -> Result<Option<Order>, StoreError> {
    store.read_one(BY_ORDER, args![tenant, client, order_id]).await?.map(order_from_row).transpose()
}

/// At most `limit` orders after an id (ids are in order of acceptance).
pub async fn page(store: &Store, tenant: &str, after: &str, limit: u32) -> Result<Vec<Order>, StoreError> {
    store.read(PAGE, args![tenant, after, limit]).await?.into_iter().map(order_from_row).collect()
}

/// At most `limit` orders of a client's bulletin, as they were accepted.
pub async fn bulletin(
    store: &Store,
    tenant: &str,
    client: &str,
    bulletin_id: &str,
    limit: u32,
) -> Result<Vec<Order>, StoreError> {
    let rows = store.read(BULLETIN, args![tenant, client, bulletin_id, limit]).await?;
    rows.into_iter().map(order_from_row).collect()
}

/// How many Sends of an order are in each state.
pub async fn states(store: &Store, tenant: &str, order: &str) -> Result<Vec<(String, i64)>, StoreError> {
    store.read(STATES, args![tenant, order]).await?.into_iter().map(counted).collect()
}

/// Letters that are known to have gone on paper, by cost pool; an empty one where none is named.
pub async fn paper(store: &Store, tenant: &str) -> Result<Vec<(String, i64)>, StoreError> {
    store.read(PAPER, args![tenant]).await?.into_iter().map(counted).collect()
}

fn counted(row: Row) -> Result<(String, i64), StoreError> {
    let mut fields = row.fields("send");
    Ok((fields.text()?, fields.int()?))
}

/// An attachment of an order. The sealed letter tells its name and type, by its place there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its place in the letter, from 0.
    pub number: i64,
    pub size: i64,
    pub body: Body,
    pub uploaded_id: Option<String>,
    pub uploaded_at: Option<i64>,
}

pub fn add_attachment(tenant: &str, order: &str, attachment: &Attachment) -> Statement {
    let attachment = attachment.clone();
    Statement::new(
        ADD_ATTACHMENT,
        args![tenant, order, attachment.number, attachment.size, attachment.body.sealed, attachment.body.blob,],
    )
}

/// Viestit holds the attachment under `uploaded_id`.
pub fn uploaded(tenant: &str, order: &str, number: i64, uploaded_id: &str, now: i64) -> Statement {
    Statement::new(UPLOADED, args![tenant, order, number, uploaded_id, now]).expecting(1)
}

/// Viestit no longer knows the upload: it must be made again. Does nothing if that has happened already.
pub fn forget_upload(tenant: &str, order: &str, number: i64, uploaded_id: &str) -> Statement {
    Statement::new(FORGET_UPLOAD, args![tenant, order, number, uploaded_id])
}

pub async fn attachments(store: &Store, tenant: &str, order: &str) -> Result<Vec<Attachment>, StoreError> {
    store.read(ATTACHMENTS, args![tenant, order]).await?.into_iter().map(attachment_from_row).collect()
}

fn order_from_row(row: Row) -> Result<Order, StoreError> {
    let mut fields = row.fields("letter_order");
    Ok(Order {
        id: fields.text()?,
        client: fields.text()?,
        order_id: fields.text()?,
        content_digest: fields.blob()?,
        body: Body { sealed: fields.blob()?, blob: fields.optional_text()? },
        accepted_at: fields.int()?,
        bulletin_id: fields.optional_text()?,
        cost_pool: fields.optional_text()?,
    })
}

fn attachment_from_row(row: Row) -> Result<Attachment, StoreError> {
    let mut fields = row.fields("viestit_attachment");
    Ok(Attachment {
        number: fields.int()?,
        size: fields.int()?,
        body: Body { sealed: fields.blob()?, blob: fields.optional_text()? },
        uploaded_id: fields.optional_text()?,
        uploaded_at: fields.optional_int()?,
    })
}
