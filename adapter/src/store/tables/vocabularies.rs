//! `vocabulary`, `vocabulary_part`: vocabularies of subject terms, which belong to no tenant. The text of one lies in parts, so that
//! no row is large; all parts of a reading carry its time.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    PUT = "INSERT INTO vocabulary (id, version, stamp, source, fetched_at, checked_at, failure, concepts, parts)
           VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8)
           ON CONFLICT (id) DO UPDATE SET version = excluded.version, stamp = excluded.stamp, source = excluded.source,
           fetched_at = excluded.fetched_at, checked_at = excluded.checked_at, failure = NULL,
           concepts = excluded.concepts, parts = excluded.parts";
    CHECKED = "INSERT INTO vocabulary (id, version, stamp, source, fetched_at, checked_at, failure, concepts, parts)
           VALUES ($1, '', NULL, $2, 0, $3, $4, 0, 0)
           ON CONFLICT (id) DO UPDATE SET checked_at = excluded.checked_at, failure = excluded.failure";
    GET = "SELECT version, stamp, source, fetched_at, checked_at, failure, concepts, parts FROM vocabulary WHERE id = $1";
    CLEAR = "DELETE FROM vocabulary_part WHERE id = $1";
    ADD = "INSERT INTO vocabulary_part (id, part, fetched_at, body) VALUES ($1, $2, $3, $4)";
    PARTS = "SELECT body FROM vocabulary_part WHERE id = $1 AND fetched_at = $2 ORDER BY part";
}

/// Bytes of a part.
pub const PART_BYTES: usize = 256 * 1024;

/// How a vocabulary stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// What its publisher calls it: a day.
    pub version: String,
    /// By what an unchanged one is known.
    pub stamp: Option<String>,
    pub source: String,
    /// When what is kept was read; 0 when nothing is.
    pub fetched_at: i64,
    /// When it was last tried.
    pub checked_at: i64,
    /// Why the last try failed.
    pub failure: Option<String>,
    pub concepts: i64,
    pub parts: i64,
}

/// Puts a vocabulary in the place of the one before.
pub fn put(id: &str, reading: &Reading, body: &[u8]) -> Vec<Statement> {
    let Reading { version, stamp, source, fetched_at, checked_at, concepts, .. } = reading;
    let parts = body.chunks(PART_BYTES);
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let head = args![id, version.as_str(), stamp.clone(), source.as_str(), *fetched_at, *checked_at, *concepts, count];
    let mut statements = vec![Statement::new(PUT, head).expecting(1), Statement::new(CLEAR, args![id])];
    for (number, part) in (0_i64..).zip(parts) {
        statements.push(Statement::new(ADD, args![id, number, *fetched_at, part]).expecting(1));
    }
    statements
}

/// Notes a try that changed nothing, and why it failed if it did. What is kept stays.
pub fn checked(id: &str, source: &str, at: i64, failure: Option<&str>) -> Statement {
    Statement::new(CHECKED, args![id, source, at, failure]).expecting(1)
}

pub async fn get(store: &Store, id: &str) -> Result<Option<Reading>, StoreError> {
    let Some(row) = store.read_one(GET, args![id]).await? else { return Ok(None) };
    let mut fields = row.fields("vocabulary");
    Ok(Some(Reading {
        version: fields.text()?,
        stamp: fields.optional_text()?,
        source: fields.text()?,
        fetched_at: fields.int()?,
        checked_at: fields.int()?,
        failure: fields.optional_text()?,
        concepts: fields.int()?,
        parts: fields.int()?,
    }))
}

/// The text of a reading; shorter than its row says when another has just taken its place.
pub async fn body(store: &Store, id: &str, fetched_at: i64) -> Result<(i64, Vec<u8>), StoreError> {
    let rows = store.read(PARTS, args![id, fetched_at]).await?;
    let (mut body, mut parts) = (Vec::new(), 0);
    for row in rows {
        body.extend(row.fields("vocabulary_part").blob()?);
        parts += 1;
    }
    Ok((parts, body))
}
