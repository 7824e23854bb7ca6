//! `webhook`: how far each client's webhook has been told.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    BEGIN = "INSERT INTO webhook (tenant, client, sequence, attempts, due_at, failing_since, given_up)
           VALUES ($1, $2, $3, 0, $4, NULL, 0) ON CONFLICT (tenant, client) DO NOTHING";
    REVIVE = "UPDATE webhook SET attempts = 0, due_at = $3
           WHERE tenant = $1 AND client = $2 AND given_up = 1";
    TOLD = "UPDATE webhook SET sequence = $4, attempts = 0, due_at = 0, failing_since = NULL, given_up = 0
           WHERE tenant = $1 AND client = $2 AND sequence = $3";
    FAILED = "UPDATE webhook SET attempts = attempts + 1, due_at = $4, failing_since = $5, given_up = $6
           WHERE tenant = $1 AND client = $2 AND sequence = $3";
    GET = "SELECT sequence, attempts, due_at, failing_since, given_up FROM webhook WHERE tenant = $1 AND client = $2";
}

/// Where a webhook stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Of the last event that was told: [`super::message_events::MessageEvent::sequence`].
    pub sequence: i64,
    pub attempts: i64,
    pub due_at: i64,
    pub failing_since: Option<i64>,
    /// It has failed for so long that somebody should look.
    pub given_up: bool,
}

/// A webhook begins after `sequence`, unless it has begun before; one that was given up is tried at once.
pub fn begin(tenant: &str, client: &str, sequence: i64, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(BEGIN, args![tenant, client, sequence, now]),
        Statement::new(REVIVE, args![tenant, client, now]),
    ]
}

/// It was told up to `to`; conflicts when it was told by somebody else.
pub fn told(tenant: &str, client: &str, from: i64, to: i64) -> Statement {
    Statement::new(TOLD, args![tenant, client, from, to]).expecting(1)
}

/// It could not be told.
pub fn failed(tenant: &str, client: &str, from: i64, due_at: i64, since: i64, given_up: bool) -> Statement {
    Statement::new(FAILED, args![tenant, client, from, due_at, since, given_up]).expecting(1)
}

pub async fn get(store: &Store, tenant: &str, client: &str) -> Result<Option<Webhook>, StoreError> {
    let Some(row) = store.read_one(GET, args![tenant, client]).await? else { return Ok(None) };
    let mut fields = row.fields("webhook");
    Ok(Some(Webhook {
        sequence: fields.int()?,
        attempts: fields.int()?,
        due_at: fields.int()?,
        failing_since: fields.optional_int()?,
        given_up: fields.flag()?,
    }))
}
