//! `viestit_feed`, `viestit_event`: how far the event feed of an account was read, and the events kept.
//!
//! Events and the continuation token that follows them belong into one commit: then each event is kept exactly once.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Row, Store, StoreError, args};

sql! {
    PUT_FEED = "INSERT INTO viestit_feed (account, continuation_token, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (account) DO UPDATE SET continuation_token = excluded.continuation_token,
           updated_at = excluded.updated_at";
    START_FEED = "INSERT INTO viestit_feed (account, continuation_token, updated_at) VALUES ($1, $2, $3)
           ON CONFLICT (account) DO NOTHING";
    MOVE_FEED = "UPDATE viestit_feed SET continuation_token = $3, updated_at = $4
           WHERE account = $1 AND continuation_token = $2";
    GET_FEED = "SELECT continuation_token, updated_at FROM viestit_feed WHERE account = $1";
    NEXT_EVENT = "INSERT INTO counter (tenant, name, value) VALUES ($1, 'viestit_event', 1)
           ON CONFLICT (tenant, name) DO UPDATE SET value = counter.value + 1";
    ADD_EVENT = "INSERT INTO viestit_event (account, sequence, type, event_time, metadata, handled)
           VALUES ($1, (SELECT value FROM counter WHERE tenant = $1 AND name = 'viestit_event'), $2, $3, $4, $5)";
    HANDLED = "UPDATE viestit_event SET handled = 1 WHERE account = $1 AND sequence = $2 AND handled = 0";
    OPEN_EVENTS = "SELECT sequence, type, event_time, metadata, handled FROM viestit_event
           WHERE account = $1 AND handled = 0 AND event_time >= $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
    EVENTS = "SELECT sequence, type, event_time, metadata, handled FROM viestit_event
           WHERE account = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
}

/// How far a feed was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub continuation_token: String,
    pub updated_at: i64,
}

/// An event of the feed. `metadata` is sealed by whoever adds it when it may hold anything personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Ours, ascending per account.
    pub sequence: i64,
    pub kind: String,
    pub event_time: i64,
    pub metadata: Vec<u8>,
    pub handled: bool,
}

/// Moves the feed from the token that was used to the next; conflicts when another process moved it first. `from` is
/// none for the first reading of an account.
pub fn move_feed(account: &str, from: Option<&str>, to: &str, now: i64) -> Statement {
    match from {
        Some(from) => Statement::new(MOVE_FEED, args![account, from, to, now]).expecting(1),
        None => Statement::new(START_FEED, args![account, to, now]).expecting(1),
    }
}

/// Sets the feed wherever it was: after a token was lost.
pub fn put_feed(account: &str, token: &str, now: i64) -> Statement {
    Statement::new(PUT_FEED, args![account, token, now])
}

pub async fn feed(store: &Store, account: &str) -> Result<Option<Feed>, StoreError> {
    let Some(row) = store.read_one(GET_FEED, args![account]).await? else {
        return Ok(None);
    };
    let mut fields = row.fields("viestit_feed");
    Ok(Some(Feed { continuation_token: fields.text()?, updated_at: fields.int()? }))
}

/// Keeps an event under the account's next sequence; `handled` when it has its effect in the same commit.
pub fn add_event(account: &str, kind: &str, event_time: i64, metadata: &[u8], handled: bool) -> Vec<Statement> {
    vec![
        Statement::new(NEXT_EVENT, args![account]),
        Statement::new(ADD_EVENT, args![account, kind, event_time, metadata, handled]),
    ]
}

/// The event has had its effect; conflicts when it had it already.
pub fn handled(account: &str, sequence: i64) -> Statement {
    Statement::new(HANDLED, args![account, sequence]).expecting(1)
}

/// At most `limit` events without effect yet, of `since` or later and after a sequence, in order.
pub async fn open_events(
    store: &Store,
    account: &str,
    since: i64,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    store.read(OPEN_EVENTS, args![account, since, after, limit]).await?.into_iter().map(event_from_row).collect()
}

/// At most `limit` events after a sequence.
pub async fn events(store: &Store, account: &str, after: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
    store.read(EVENTS, args![account, after, limit]).await?.into_iter().map(event_from_row).collect()
}

fn event_from_row(row: Row) -> Result<Event, StoreError> {
    let mut fields = row.fields("viestit_event");
    Ok(Event {
        sequence: fields.int()?,
        kind: fields.text()?,
        event_time: fields.int()?,
        metadata: fields.blob()?,
        handled: fields.flag()?,
    })
}
