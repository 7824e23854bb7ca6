//! `send`: one letter to one recipient, from acceptance to its end.
//!
//! The external id is given at acceptance and never changes: whatever is repeated is repeated under it.

use std::sync::LazyLock;

use super::sql;
use crate::store::commit::{Commit, Statement};
use crate::store::{Row, Store, StoreError, args};

sql! {
    ADD = "INSERT INTO send (id, tenant, order_id, recipient_number, external_id, state, message_id, channel, reason,
           attempts, due_at, lease_owner, lease_until, sealed, commitment_key, recipient_key, changed_at)
           VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, NULL, 0, $8, NULL, 0, $9, $10, $11, $12)";
    CLAIM = "UPDATE send SET lease_owner = $1, lease_until = $2
           WHERE tenant = $3 AND state IN ('waiting', 'unknown') AND due_at <= $4 AND lease_until <= $4
           AND id IN (SELECT id FROM send WHERE tenant = $3 AND state IN ('waiting', 'unknown') AND due_at <= $4
                      AND lease_until <= $4 AND NOT EXISTS (SELECT 1 FROM send AS earlier
                          WHERE earlier.tenant = $3 AND earlier.recipient_key = send.recipient_key
                          AND earlier.id < send.id AND earlier.state IN ('waiting', 'unknown')
                          AND (earlier.attempts > 0 OR earlier.due_at <= $4))
                      ORDER BY due_at, id LIMIT $5)
           RETURNING id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at";
    SETTLE = "UPDATE send SET state = $4, message_id = COALESCE($5, message_id), channel = COALESCE($6, channel),
           reason = $7, lease_owner = NULL, lease_until = 0, changed_at = $8
           WHERE tenant = $1 AND id = $2 AND lease_owner = $3 AND state IN ('waiting', 'unknown')";
    RETRY = "UPDATE send SET state = $4, reason = $5, attempts = attempts + 1, due_at = $6, lease_owner = NULL,
           lease_until = 0, changed_at = CASE WHEN state = $4 THEN changed_at ELSE $7 END
           WHERE tenant = $1 AND id = $2 AND lease_owner = $3 AND state IN ('waiting', 'unknown')";
    GIVE_BACK = "UPDATE send SET lease_owner = NULL, lease_until = 0
           WHERE tenant = $1 AND id = $2 AND lease_owner = $3";
    CHANGE = "UPDATE send SET state = $4, channel = COALESCE($5, channel), reason = $6, changed_at = $7
           WHERE tenant = $1 AND id = $2 AND state = $3";
    HAPPENED = "UPDATE send SET state = $4, message_id = COALESCE(message_id, $5), channel = COALESCE($6, channel),
           reason = NULL, lease_owner = NULL, lease_until = 0, changed_at = $7
           WHERE tenant = $1 AND id = $2 AND state = $3";
    RESEAL = "UPDATE send SET sealed = $3 WHERE tenant = $1 AND id = $2";
    ERASE = "UPDATE send SET sealed = $3, recipient_key = NULL WHERE tenant = $1 AND id = $2";
    CANCEL = "UPDATE send SET state = 'cancelled', changed_at = $3
           WHERE tenant = $1 AND order_id = $2 AND state = 'waiting' AND attempts = 0 AND lease_owner IS NULL
           AND recipient_number >= $4 AND recipient_number <= $5";
    UNTRIED = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send
           WHERE tenant = $1 AND order_id = $2 AND state = 'waiting' AND attempts = 0 AND lease_owner IS NULL
           AND recipient_number >= $3 AND recipient_number <= $4 ORDER BY recipient_number";
    REVIVE = "UPDATE send SET state = 'unknown', due_at = $3, lease_owner = NULL, lease_until = 0, changed_at = $3
           WHERE tenant = $1 AND id = $2 AND state = 'parked'";
    ABANDON = "UPDATE send SET state = 'failed', reason = 'abandoned', lease_owner = NULL, lease_until = 0,
           changed_at = $3 WHERE tenant = $1 AND id = $2 AND state = 'parked'";
    ERASE_KEY = "UPDATE send SET commitment_key = NULL WHERE tenant = $1 AND id = $2";
    UPLOADED = "INSERT INTO send_upload (tenant, send_id, number, uploaded_id, uploaded_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (tenant, send_id, number) DO UPDATE SET uploaded_id = excluded.uploaded_id,
           uploaded_at = excluded.uploaded_at";
    UPLOADS = "SELECT number, uploaded_id, uploaded_at FROM send_upload WHERE tenant = $1 AND send_id = $2
           ORDER BY number";
    FORGET_UPLOADS = "DELETE FROM send_upload WHERE tenant = $1 AND send_id = $2";
    GET = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND id = $2";
    BY_ORDER = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND order_id = $2 ORDER BY recipient_number";
    BY_PLACE = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND order_id = $2 AND recipient_number = $3";
    LETTERS = "SELECT COUNT(*) FROM send WHERE tenant = $1 AND order_id = $2";
    BY_MESSAGE = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts,
           due_at, sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND message_id = $2 ORDER BY id LIMIT 1";
    BY_EXTERNAL = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts,
           due_at, sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND external_id = $2";
    LIST = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND state = $2 AND id > $3
           ORDER BY id LIMIT $4";
    CONFIRM_BY = "UPDATE send SET confirm_by = $3 WHERE tenant = $1 AND id = $2";
    UNCONFIRMED = "SELECT id, order_id, recipient_number, external_id, state, message_id, channel, reason, attempts, due_at,
           sealed, commitment_key, recipient_key, changed_at FROM send WHERE tenant = $1 AND state = 'delivered' AND confirm_by <= $2
           ORDER BY confirm_by, id LIMIT $3";
    DUE = "SELECT tenant, COUNT(*) FROM send WHERE state IN ('waiting', 'unknown') AND due_at <= $1 AND lease_until <= $1
           GROUP BY tenant ORDER BY tenant";
    NEXT_DUE = "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM send
           WHERE state IN ('waiting', 'unknown')";
    NEXT_DUE_OF = "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM send
           WHERE tenant = $1 AND state IN ('waiting', 'unknown') AND NOT EXISTS (SELECT 1 FROM send AS earlier
               WHERE earlier.tenant = $1 AND earlier.recipient_key = send.recipient_key AND earlier.id < send.id
               AND earlier.state IN ('waiting', 'unknown') AND (earlier.attempts > 0
               OR earlier.due_at <= CASE WHEN send.due_at > $2 THEN send.due_at ELSE $2 END))";
    COUNT = "SELECT state, COUNT(*) FROM send WHERE tenant = $1 GROUP BY state ORDER BY state";
}

/// A Send. Two states are tried: `waiting` (never sent for certain) and `unknown` (sent perhaps; it is repeated under
/// the same external id). All others are names that the outbox gives, `parked` and `cancelled` among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    pub id: String,
    /// [`super::letters::Order::id`].
    pub order_id: String,
    /// From 0, in the order's list of recipients.
    pub recipient_number: i64,
    pub external_id: String,
    pub state: String,
    pub message_id: Option<i64>,
    pub channel: Option<String>,
    pub reason: Option<String>,
    pub attempts: i64,
    pub due_at: i64,
    /// Recipient and what else is this Send's alone, sealed.
    pub sealed: Vec<u8>,
    /// The key of its commitments in the message log, sealed; gone once erased.
    pub commitment_key: Option<Vec<u8>>,
    /// Tells the tenant's letters to the same recipient: they go out one after the other. None where order is no matter.
    pub recipient_key: Option<Vec<u8>>,
    pub changed_at: i64,
}

/// Keeps a new Send. Its message id, reason and attempts are ignored: it has none yet.
pub fn add(tenant: &str, send: &Send) -> Statement {
    let send = send.clone();
    Statement::new(
        ADD,
        args![
            send.id,
            tenant,
            send.order_id,
            send.recipient_number,
            send.external_id,
            send.state,
            send.channel,
            send.due_at,
            send.sealed,
            send.commitment_key,
            send.recipient_key,
            send.changed_at,
        ],
    )
}

/// Rows of one insert. A bulletin has ten thousand, and a statement for each would hold up all others.
const ROWS: usize = 40;
const COLUMNS: usize = 12;

/// [`ADD`] with values for [`ROWS`] rows.
static ADD_ROWS: LazyLock<String> = LazyLock::new(|| {
    let (head, _) = ADD.split_once("VALUES").unwrap_or((ADD, ""));
    let rows = (0..ROWS).map(|row| {
        let at = |column: usize| row * COLUMNS + column;
        let first: Vec<String> = (1..=6).map(|column| format!("${}", at(column))).collect();
        let [channel, due, sealed, key, recipient, changed] = [7, 8, 9, 10, 11, 12].map(at);
        let first = first.join(", ");
        format!("({first}, NULL, ${channel}, NULL, 0, ${due}, NULL, 0, ${sealed}, ${key}, ${recipient}, ${changed})")
    });
    format!("{head}VALUES {}", rows.collect::<Vec<_>>().join(", "))
});

/// The text for many rows, which the tests prepare with the others.
#[cfg(test)]
pub(in crate::store) fn add_rows() -> &'static str {
    &ADD_ROWS
}

/// Keeps new Sends as [`add`] does, many with one statement.
pub fn add_all(tenant: &str, sends: &[Send]) -> Vec<Statement> {
    let (rows, rest) = sends.as_chunks::<ROWS>();
    let many = rows.iter().map(|rows| {
        let args = rows.iter().flat_map(|send| add(tenant, send).args).collect();
        Statement::new(&ADD_ROWS, args)
    });
    many.chain(rest.iter().map(|send| add(tenant, send))).collect()
}

/// Leases at most `limit` due Sends of a tenant to `owner` until `until`.
///
/// A Send waits while an earlier one to the same recipient is under way: tried and unsettled, or due. One that was never
/// tried and is not due yet holds nobody up.
pub async fn claim(
    store: &Store,
    tenant: &str,
    owner: &str,
    now: i64,
    until: i64,
    limit: u32,
) -> Result<Vec<Send>, StoreError> {
    let claim = Statement::new(CLAIM, args![owner, until, tenant, now, limit]);
    let mut committed = store.commit(Commit::new().with([claim])).await?;
    let mut claimed = committed.take(0).into_iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_by(|one, two| (one.due_at, &one.id).cmp(&(two.due_at, &two.id)));
    Ok(claimed)
}

/// How a claimed Send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement<'a> {
    pub state: &'a str,
    pub message_id: Option<i64>,
    pub channel: Option<&'a str>,
    pub reason: Option<&'a str>,
}

/// Settles a claimed Send; conflicts when the lease was lost (whoever has it now settles it the same way) or news from
/// the remote has moved it on already.
pub fn settle(tenant: &str, id: &str, owner: &str, settlement: Settlement<'_>, now: i64) -> Statement {
    let Settlement { state, message_id, channel, reason } = settlement;
    Statement::new(SETTLE, args![tenant, id, owner, state, message_id, channel, reason, now]).expecting(1)
}

/// The attempt failed; `state` is `waiting` or, when it may have been received all the same, `unknown`.
pub fn retry(tenant: &str, id: &str, owner: &str, state: &str, reason: &str, due_at: i64, now: i64) -> Statement {
    Statement::new(RETRY, args![tenant, id, owner, state, reason, due_at, now]).expecting(1)
}

/// Ends the lease without an attempt (shutdown, an open breaker).
pub fn give_back(tenant: &str, id: &str, owner: &str) -> Statement {
    Statement::new(GIVE_BACK, args![tenant, id, owner])
}

/// Moves a settled Send on (`sent` → `read`); conflicts when it is not in state `from`.
pub fn change(
    tenant: &str,
    id: &str,
    from: &str,
    to: &str,
    channel: Option<&str>,
    reason: Option<&str>,
    now: i64,
) -> Statement {
    Statement::new(CHANGE, args![tenant, id, from, to, channel, reason, now]).expecting(1)
}

/// What the remote says has happened to a Send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct News<'a> {
    pub from: &'a str,
    pub to: &'a str,
    /// Kept unless the Send has one already.
    pub message_id: Option<i64>,
    pub channel: Option<&'a str>,
    pub at: i64,
}

/// Moves a Send on by news from the remote and ends any lease on it: whoever holds it need not settle it any more.
/// Conflicts when the Send is not in state `from`.
pub fn happened(tenant: &str, id: &str, news: News<'_>) -> Statement {
    let News { from, to, message_id, channel, at } = news;
    Statement::new(HAPPENED, args![tenant, id, from, to, message_id, channel, at]).expecting(1)
}

/// Replaces what is sealed with a Send.
pub fn reseal(tenant: &str, id: &str, sealed: &[u8]) -> Statement {
    Statement::new(RESEAL, args![tenant, id, sealed]).expecting(1)
}

/// Takes the recipient away: what is sealed with a Send is replaced, and it is not told from others by its recipient.
pub fn erase(tenant: &str, id: &str, sealed: &[u8]) -> Statement {
    Statement::new(ERASE, args![tenant, id, sealed]).expecting(1)
}

/// The recipient numbers that are meant: all, or one.
pub type Numbers = std::ops::RangeInclusive<i64>;

/// The Sends of an order that certainly nobody has tried to send. One that was leased to somebody who never said what
/// became of it is not among them.
pub async fn untried(store: &Store, tenant: &str, order: &str, numbers: &Numbers) -> Result<Vec<Send>, StoreError> {
    let rows = store.read(UNTRIED, args![tenant, order, *numbers.start(), *numbers.end()]).await?;
    rows.into_iter().map(from_row).collect()
}

/// Cancels what [`untried`] has found; conflicts when it is not exactly `count` Sends any more.
pub fn cancel(tenant: &str, order: &str, numbers: &Numbers, count: usize, now: i64) -> Statement {
    let args = args![tenant, order, now, *numbers.start(), *numbers.end()];
    Statement::new(CANCEL, args).expecting(count as u64)
}

/// Tries a parked Send again under its same external id; conflicts when it is not parked.
pub fn revive(tenant: &str, id: &str, now: i64) -> Statement {
    Statement::new(REVIVE, args![tenant, id, now]).expecting(1)
}

/// Gives a parked Send up; conflicts when it is not parked.
pub fn abandon(tenant: &str, id: &str, now: i64) -> Statement {
    Statement::new(ABANDON, args![tenant, id, now]).expecting(1)
}

/// Erases the key of the commitments: the records about this Send are anonymous from then on.
pub fn erase_commitment_key(tenant: &str, id: &str) -> Statement {
    Statement::new(ERASE_KEY, args![tenant, id]).expecting(1)
}

pub async fn get(store: &Store, tenant: &str, id: &str) -> Result<Option<Send>, StoreError> {
    store.read_one(GET, args![tenant, id]).await?.map(from_row).transpose()
}

/// The Sends of an order by recipient number.
pub async fn of_order(store: &Store, tenant: &str, order_id: &str) -> Result<Vec<Send>, StoreError> {
    store.read(BY_ORDER, args![tenant, order_id]).await?.into_iter().map(from_row).collect()
}

/// The Send of an order to one recipient, from 0.
pub async fn by_place(store: &Store, tenant: &str, order_id: &str, place: i64) -> Result<Option<Send>, StoreError> {
    store.read_one(BY_PLACE, args![tenant, order_id, place]).await?.map(from_row).transpose()
}

/// How many Sends an order has.
pub async fn count_of(store: &Store, tenant: &str, order_id: &str) -> Result<u64, StoreError> {
    match store.read_one(LETTERS, args![tenant, order_id]).await? {
        Some(row) => Ok(row.fields("send").int()?.unsigned_abs()),
        None => Ok(0),
    }
}

/// The Send that Viestit knows as `message_id`.
pub async fn by_message(store: &Store, tenant: &str, message_id: i64) -> Result<Option<Send>, StoreError> {
    store.read_one(BY_MESSAGE, args![tenant, message_id]).await?.map(from_row).transpose()
}

pub async fn by_external(store: &Store, tenant: &str, external_id: &str) -> Result<Option<Send>, StoreError> {
    store.read_one(BY_EXTERNAL, args![tenant, external_id]).await?.map(from_row).transpose()
}

/// At most `limit` Sends in a state after an id.
pub async fn list(store: &Store, tenant: &str, state: &str, after: &str, limit: u32) -> Result<Vec<Send>, StoreError> {
    store.read(LIST, args![tenant, state, after, limit]).await?.into_iter().map(from_row).collect()
}

/// Until when a verifiable letter must be confirmed.
pub fn confirm_by(tenant: &str, id: &str, at: i64) -> Statement {
    Statement::new(CONFIRM_BY, args![tenant, id, at]).expecting(1)
}

/// At most `limit` letters in the mailbox that had to be confirmed by then and were not.
pub async fn unconfirmed(store: &Store, tenant: &str, by: i64, limit: u32) -> Result<Vec<Send>, StoreError> {
    store.read(UNCONFIRMED, args![tenant, by, limit]).await?.into_iter().map(from_row).collect()
}

/// Tenants with due Sends, and how many.
pub async fn due(store: &Store, now: i64) -> Result<Vec<(String, i64)>, StoreError> {
    store.read(DUE, args![now]).await?.into_iter().map(counted).collect()
}

/// When the next Send is due, leases counted; none when none waits.
pub async fn next_due(store: &Store) -> Result<Option<i64>, StoreError> {
    match store.read_one(NEXT_DUE, Vec::new()).await? {
        Some(row) => row.fields("send").optional_int(),
        None => Ok(None),
    }
}

/// The same of one tenant. What waits for an earlier letter to the same recipient is due when that one is.
pub async fn next_due_of(store: &Store, tenant: &str, now: i64) -> Result<Option<i64>, StoreError> {
    match store.read_one(NEXT_DUE_OF, args![tenant, now]).await? {
        Some(row) => row.fields("send").optional_int(),
        None => Ok(None),
    }
}

/// A file of a Send's letter that Viestit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// The attachment's place in the letter, from 0.
    pub number: i64,
    pub id: String,
    pub at: i64,
}

/// Viestit holds a file for this Send.
pub fn uploaded(tenant: &str, send: &str, upload: &Upload) -> Statement {
    Statement::new(UPLOADED, args![tenant, send, upload.number, upload.id.clone(), upload.at])
}

pub async fn uploads(store: &Store, tenant: &str, send: &str) -> Result<Vec<Upload>, StoreError> {
    let rows = store.read(UPLOADS, args![tenant, send]).await?;
    let uploads = rows.into_iter().map(|row| {
        let mut fields = row.fields("send_upload");
        Ok(Upload { number: fields.int()?, id: fields.text()?, at: fields.int()? })
    });
    uploads.collect()
}

/// The Send's uploads are used or gone.
pub fn forget_uploads(tenant: &str, send: &str) -> Statement {
    Statement::new(FORGET_UPLOADS, args![tenant, send])
}

/// How many Sends are in each state.
pub async fn count(store: &Store, tenant: &str) -> Result<Vec<(String, i64)>, StoreError> {
    store.read(COUNT, args![tenant]).await?.into_iter().map(counted).collect()
}

fn counted(row: Row) -> Result<(String, i64), StoreError> {
    let mut fields = row.fields("send");
    Ok((fields.text()?, fields.int()?))
}

fn from_row(row: Row) -> Result<Send, StoreError> {
    let mut fields = row.fields("send");
    Ok(Send {
        id: fields.text()?,
        order_id: fields.text()?,
        recipient_number: fields.int()?,
        external_id: fields.text()?,
        state: fields.text()?,
        message_id: fields.optional_int()?,
        channel: fields.optional_text()?,
        reason: fields.optional_text()?,
        attempts: fields.int()?,
        due_at: fields.int()?,
        sealed: fields.blob()?,
        commitment_key: fields.optional_blob()?,
        recipient_key: fields.optional_blob()?,
        changed_at: fields.int()?,
    })
}
