//! `pull`: how far a site that is pulled from was read, and how its last reading went.
//!
//! One process at a time reads a site: whoever has the lease. What a reading has found is written by its holder only.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    START = "INSERT INTO pull (tenant, source, owner, lease_until, mapping, failures, held, refused, report)
           VALUES ($1, $2, '', 0, $3, 0, 0, $3, $3) ON CONFLICT (tenant, source) DO NOTHING";
    CLAIM = "UPDATE pull SET owner = $3, lease_until = $5 WHERE tenant = $1 AND source = $2
           AND (owner = $3 OR lease_until <= $4)";
    SETTLE = "UPDATE pull SET lease_until = 0, cursor_at = $4, mapping = $5, tried_at = $6, done_at = $7, full_at = $8,
           failures = $9, error = $10, held = $11, refused = $12, report = $13
           WHERE tenant = $1 AND source = $2 AND owner = $3";
    GET = "SELECT cursor_at, mapping, tried_at, done_at, full_at, failures, error, held, refused, report, lease_until
           FROM pull WHERE tenant = $1 AND source = $2";
}

/// Where a site stands. Times are microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The newest change that was read, by the site's own clock.
    pub cursor_at: Option<i64>,
    /// Digest of the mapping that it was read by.
    pub mapping: Vec<u8>,
    pub tried_at: Option<i64>,
    /// The last reading that was concluded, and the last of them that read everything.
    pub done_at: Option<i64>,
    pub full_at: Option<i64>,
    /// Readings in a row that were not concluded, and why the last was not.
    pub failures: i64,
    pub error: Option<String>,
    /// Withdrawals that wait for the operator.
    pub held: i64,
    /// Digest of the refusals that were told last.
    pub refused: Vec<u8>,
    /// The last reading's figures, as JSON.
    pub report: Vec<u8>,
}

/// Makes the row of a site that has none.
pub fn start(tenant: &str, source: &str) -> Statement {
    Statement::new(START, args![tenant, source, Vec::<u8>::new()])
}

/// Takes the lease, or prolongs it; conflicts while somebody else has it.
pub fn claim(tenant: &str, source: &str, owner: &str, now: i64, until: i64) -> Statement {
    Statement::new(CLAIM, args![tenant, source, owner, now, until]).expecting(1)
}

/// Writes what a reading has found and gives the lease back; conflicts when the lease went to somebody else.
pub fn settle(tenant: &str, source: &str, owner: &str, progress: &Progress) -> Statement {
    let Progress { cursor_at, mapping, tried_at, done_at, full_at, failures, error, held, refused, report } = progress;
    let args = args![
        tenant,
        source,
        owner,
        *cursor_at,
        mapping.as_slice(),
        *tried_at,
        *done_at,
        *full_at,
        *failures,
        error.as_deref(),
        *held,
        refused.as_slice(),
        report.as_slice()
    ];
    Statement::new(SETTLE, args).expecting(1)
}

/// Where a site stands, and until when somebody reads it.
pub async fn get(store: &Store, tenant: &str, source: &str) -> Result<Option<(Progress, i64)>, StoreError> {
    let Some(row) = store.read_one(GET, args![tenant, source]).await? else { return Ok(None) };
    let mut fields = row.fields("pull");
    let progress = Progress {
        cursor_at: fields.optional_int()?,
        mapping: fields.blob()?,
        tried_at: fields.optional_int()?,
        done_at: fields.optional_int()?,
        full_at: fields.optional_int()?,
        failures: fields.int()?,
        error: fields.optional_text()?,
        held: fields.int()?,
        refused: fields.blob()?,
        report: fields.blob()?,
    };
    Ok(Some((progress, fields.int()?)))
}
