//! `viestit_feed`, `viestit_event`, `viestit_poller`: how far the event feed of an account was read and by whom, and the
//! events kept.
//!
//! Events and the continuation token that follows them belong into one commit: then each event is kept exactly once.

use super::sql;
use crate::store::commit::{Commit, Statement};
use crate::store::{CommitError, Row, Store, StoreError, args};

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
    ADD_EVENT = "INSERT INTO viestit_event
           (account, sequence, type, event_time, metadata, handled, tenant, send_id, service_id)
           SELECT $1, value, $2, $3, $4, $5, $6, $7, $8 FROM counter
           WHERE tenant = $1 AND name = 'viestit_event'
           AND NOT EXISTS (SELECT 1 FROM viestit_event WHERE tenant = $6 AND send_id = $7 AND type = $2
                           AND event_time = $3)";
    MATCHED = "UPDATE viestit_event SET handled = 1, tenant = $3, send_id = $4, metadata = $5
           WHERE account = $1 AND sequence = $2 AND handled = 0";
    OPEN_EVENTS = "SELECT account, sequence, type, event_time, metadata, handled, tenant, send_id, service_id
           FROM viestit_event WHERE account = $1 AND handled = 0 AND tenant IS NOT NULL AND send_id IS NULL
           AND event_time >= $2 AND sequence > $3 ORDER BY sequence LIMIT $4";
    EVENTS = "SELECT account, sequence, type, event_time, metadata, handled, tenant, send_id, service_id
           FROM viestit_event WHERE account = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
    EVENTS_OF = "SELECT account, sequence, type, event_time, metadata, handled, tenant, send_id, service_id
           FROM viestit_event WHERE tenant = $1 AND send_id = $2 ORDER BY event_time, sequence";
    UNMATCHED = "SELECT account, sequence, type, event_time, service_id FROM viestit_event
           WHERE handled = 0 AND send_id IS NULL ORDER BY event_time DESC, sequence DESC LIMIT $1";
    BEGIN = "INSERT INTO viestit_poller (account, lease_owner, lease_until, since) VALUES ($1, NULL, 0, $2)
           ON CONFLICT (account) DO NOTHING";
    LEASE = "UPDATE viestit_poller SET lease_owner = $2, lease_until = $4
           WHERE account = $1 AND (lease_until <= $3 OR lease_owner = $2) RETURNING account";
    GIVE_BACK = "UPDATE viestit_poller SET lease_owner = NULL, lease_until = 0 WHERE account = $1 AND lease_owner = $2";
    SINCE = "SELECT since FROM viestit_poller WHERE account = $1";
}

/// How far a feed was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    pub continuation_token: String,
    pub updated_at: i64,
}

/// An event of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub account: String,
    /// Ours, ascending per account.
    pub sequence: i64,
    pub kind: String,
    pub event_time: i64,
    /// Sealed with the keys of `tenant`; empty when it is nobody's.
    pub metadata: Vec<u8>,
    pub handled: bool,
    /// Whose service it is about.
    pub tenant: Option<String>,
    /// The letter that it is about.
    pub send_id: Option<String>,
    pub service_id: Option<String>,
}

/// An event to be kept; see [`Event`].
#[derive(Clone, Debug)]
pub struct NewEvent<'a> {
    pub kind: &'a str,
    pub event_time: i64,
    pub metadata: Vec<u8>,
    pub handled: bool,
    pub tenant: Option<&'a str>,
    pub send_id: Option<&'a str>,
    pub service_id: Option<&'a str>,
}

/// An event that is about no letter that we know of. What it says of anybody is not here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    pub account: String,
    pub sequence: i64,
    pub kind: String,
    pub event_time: i64,
    pub service_id: Option<String>,
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

/// Keeps an event under the account's next sequence; `handled` when it has its effect in the same commit. An event of a
/// letter that is kept already, as when a feed is read again, is kept once.
pub fn add_event(account: &str, event: NewEvent<'_>) -> Vec<Statement> {
    let NewEvent { kind, event_time, metadata, handled, tenant, send_id, service_id } = event;
    vec![
        Statement::new(NEXT_EVENT, args![account]),
        Statement::new(ADD_EVENT, args![account, kind, event_time, metadata, handled, tenant, send_id, service_id]),
    ]
}

/// The event has found its letter and has its effect; conflicts when it had it already.
pub fn matched(account: &str, sequence: i64, tenant: &str, send: &str, metadata: &[u8]) -> Statement {
    Statement::new(MATCHED, args![account, sequence, tenant, send, metadata]).expecting(1)
}

/// What was told about a letter, by time: the ground of its receipt.
pub async fn events_of(store: &Store, tenant: &str, send: &str) -> Result<Vec<Event>, StoreError> {
    store.read(EVENTS_OF, args![tenant, send]).await?.into_iter().map(event_from_row).collect()
}

/// At most `limit` events about no letter that we know of, the newest first.
pub async fn unmatched(store: &Store, limit: u32) -> Result<Vec<Unmatched>, StoreError> {
    let rows = store.read(UNMATCHED, args![limit]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("viestit_event");
            Ok(Unmatched {
                account: fields.text()?,
                sequence: fields.int()?,
                kind: fields.text()?,
                event_time: fields.int()?,
                service_id: fields.optional_text()?,
            })
        })
        .collect()
}

/// Leases an account's feed to one reader until then; false while another one has it. A reader may renew its own.
pub async fn lease(store: &Store, account: &str, owner: &str, now: i64, until: i64) -> Result<bool, CommitError> {
    let lease = Statement::new(LEASE, args![account, owner, now, until]);
    let mut committed = store.commit(Commit::new().with([begin(account, now), lease])).await?;
    Ok(!committed.take(1).is_empty())
}

/// Ends the lease, if it is still this reader's.
pub fn give_back(account: &str, owner: &str) -> Statement {
    Statement::new(GIVE_BACK, args![account, owner])
}

/// The account's feed is tried from now on, if it was not before.
pub fn begin(account: &str, now: i64) -> Statement {
    Statement::new(BEGIN, args![account, now])
}

/// Since when an account's feed has been tried.
pub async fn tried_since(store: &Store, account: &str) -> Result<Option<i64>, StoreError> {
    match store.read_one(SINCE, args![account]).await? {
        Some(row) => row.fields("viestit_poller").int().map(Some),
        None => Ok(None),
    }
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
        account: fields.text()?,
        sequence: fields.int()?,
        kind: fields.text()?,
        event_time: fields.int()?,
        metadata: fields.blob()?,
        handled: fields.flag()?,
        tenant: fields.optional_text()?,
        send_id: fields.optional_text()?,
        service_id: fields.optional_text()?,
    })
}
