//! `mirror`: the wishes that twins equal their entities, one row per twin, coalescing.
//!
//! `wish` counts how often a mirror was wanted. An attempt settles only the wish it claimed: one that came meanwhile
//! keeps the row waiting. A claim is an ordinary commit that returns rows; its lease ends by itself.
//!
//! `asked` says that a person has asked for it: a mirror that is settled has been answered. Where a tenant sends only
//! what was asked for, nothing else is claimed.

use std::collections::{BTreeMap, BTreeSet};

use super::sql;
use crate::store::commit::{Commit, Statement};
use crate::store::{Row, Store, StoreError, args};

sql! {
    WANT = "INSERT INTO mirror
            (tenant, kind, code, wish, due_at, attempts, lease_owner, lease_until, state, last_error, updated_at)
            VALUES ($1, $2, $3, 1, $4, 0, NULL, 0, 'waiting', NULL, $5)
            ON CONFLICT (tenant, kind, code) DO UPDATE SET wish = mirror.wish + 1, due_at = excluded.due_at,
            attempts = 0, state = 'waiting', last_error = NULL, updated_at = excluded.updated_at";
    ASK = "INSERT INTO mirror
            (tenant, kind, code, wish, due_at, attempts, lease_owner, lease_until, state, last_error, updated_at,
             asked, asked_digest)
            VALUES ($1, $2, $3, 1, $4, 0, NULL, 0, 'waiting', NULL, $4, $5, $6)
            ON CONFLICT (tenant, kind, code) DO UPDATE SET wish = mirror.wish + 1, due_at = excluded.due_at,
            attempts = 0, state = 'waiting', last_error = NULL, updated_at = excluded.updated_at,
            asked = excluded.asked, asked_digest = excluded.asked_digest";
    ASK_WAITING = "UPDATE mirror SET asked = 1 WHERE tenant = $1 AND state = 'waiting' AND asked = 0";
    UNASK = "UPDATE mirror SET asked = 0, asked_digest = NULL, lease_owner = NULL, lease_until = 0, last_error = $6,
            updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    HOLD = "UPDATE mirror SET state = 'held', asked = 0, asked_digest = NULL, lease_owner = NULL, lease_until = 0,
            last_error = $6, updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    CLAIM = "UPDATE mirror SET lease_owner = $1, lease_until = $2
            WHERE tenant = $3 AND kind = $4 AND state = 'waiting' AND due_at <= $5 AND lease_until <= $5
            AND asked >= $7 AND code IN (SELECT code FROM mirror WHERE tenant = $3 AND kind = $4 AND state = 'waiting'
                         AND due_at <= $5 AND lease_until <= $5 AND asked >= $7 ORDER BY due_at, code LIMIT $6)
            RETURNING kind, code, wish, attempts, due_at, asked, asked_digest";
    DONE = "UPDATE mirror SET state = 'done', asked = 0, asked_digest = NULL, attempts = 0, lease_owner = NULL,
            lease_until = 0, last_error = NULL, updated_at = $6
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    WITHHELD = "UPDATE mirror SET state = 'done', asked = 0, asked_digest = NULL, attempts = 0, lease_owner = NULL,
            lease_until = 0, last_error = $6, updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    GIVE_BACK = "UPDATE mirror SET lease_owner = NULL, lease_until = 0
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND lease_owner = $4";
    RETRY = "UPDATE mirror SET attempts = attempts + 1, due_at = $6, lease_owner = NULL, lease_until = 0,
            last_error = $7, updated_at = $8
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    PARK = "UPDATE mirror SET state = 'parked', asked = 0, asked_digest = NULL, lease_owner = NULL, lease_until = 0,
            last_error = $6, updated_at = $7
            WHERE tenant = $1 AND kind = $2 AND code = $3 AND wish = $4 AND lease_owner = $5";
    DUE = "SELECT tenant, kind, COUNT(*) FROM mirror WHERE state = 'waiting' AND due_at <= $1 AND lease_until <= $1
            GROUP BY tenant, kind ORDER BY tenant, kind";
    NEXT_DUE = "SELECT MIN(CASE WHEN due_at > lease_until THEN due_at ELSE lease_until END) FROM mirror
            WHERE tenant = $1 AND state = 'waiting' AND asked >= $2";
    TROUBLED = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND state = $2 AND last_error IS NOT NULL ORDER BY kind, code LIMIT $3";
    ASKED = "SELECT COUNT(*) FROM mirror WHERE tenant = $1 AND state = 'waiting' AND asked > 0";
    LIST = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND state = $2 ORDER BY kind, code LIMIT $3";
    GET = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND kind = $2 AND code = $3";
    OF_KIND = "SELECT kind, code, wish, due_at, attempts, state, last_error, updated_at FROM mirror
            WHERE tenant = $1 AND kind = $2";
    WAITING = "SELECT kind, COUNT(*) FROM mirror WHERE tenant = $1 AND state = 'waiting' GROUP BY kind ORDER BY kind";
    COUNT = "SELECT state, COUNT(*) FROM mirror WHERE tenant = $1 GROUP BY state ORDER BY state";
}

/// Which mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    pub tenant: &'a str,
    /// A kind of entity, or `connections` for the connection set of a service.
    pub kind: &'a str,
    pub code: &'a str,
}

/// A mirror that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    pub kind: String,
    pub code: String,
    pub wish: i64,
    pub attempts: i64,
    pub due_at: i64,
    /// What was asked for by a person.
    pub asked: Asked,
    /// The digest of the body that a saved plan foresaw.
    pub asked_digest: Option<Vec<u8>>,
}

/// Whether a person has asked for a mirror to be worked off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    #[default]
    No,
    Yes,
    /// Though it takes something away in PTV.
    WithRemovals,
}

impl Asked {
    fn number(self) -> i64 {
        match self {
            Asked::No => 0,
            Asked::Yes => 1,
            Asked::WithRemovals => 2,
        }
    }

    fn of(number: i64) -> Asked {
        match number {
            ..=0 => Asked::No,
            1 => Asked::Yes,
            2.. => Asked::WithRemovals,
        }
    }
}

/// Which mirrors are claimed, by whom and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    pub tenant: &'a str,
    pub kind: &'a str,
    pub owner: &'a str,
    pub now: i64,
    pub until: i64,
    /// At most so many.
    pub limit: u32,
    /// Only what was asked for.
    pub asked: bool,
}

/// A mirror as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    pub kind: String,
    pub code: String,
    pub wish: i64,
    pub due_at: i64,
    pub attempts: i64,
    /// `waiting`, `done`, `parked` or `held`.
    pub state: String,
    pub last_error: Option<String>,
    pub updated_at: i64,
}

/// Wants the twin to equal its entity from `due_at` on. Wanting again while one waits, runs or is parked is the same
/// wish, made newer.
pub fn want(key: Key<'_>, due_at: i64, now: i64) -> Statement {
    Statement::new(WANT, args![key.tenant, key.kind, key.code, due_at, now])
}

/// Wants it as [`want`] does, and asks for it: now, by a person, perhaps with the body that a plan foresaw.
pub fn ask(key: Key<'_>, now: i64, asked: Asked, digest: Option<Vec<u8>>) -> Statement {
    Statement::new(ASK, args![key.tenant, key.kind, key.code, now, asked.number(), digest])
}

/// Asks for whatever waits.
pub fn ask_waiting(tenant: &str) -> Statement {
    Statement::new(ASK_WAITING, args![tenant])
}

/// Leases due mirrors of a kind.
pub async fn claim(store: &Store, claim: Claim<'_>) -> Result<Vec<Claimed>, StoreError> {
    let Claim { tenant, kind, owner, now, until, limit, asked } = claim;
    let claim = Statement::new(CLAIM, args![owner, until, tenant, kind, now, limit, i64::from(asked)]);
    let mut committed = store.commit(Commit::new().with([claim])).await?;
    let mut claimed = committed
        .take(0)
        .into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok(Claimed {
                kind: fields.text()?,
                code: fields.text()?,
                wish: fields.int()?,
                attempts: fields.int()?,
                due_at: fields.int()?,
                asked: Asked::of(fields.int()?),
                asked_digest: fields.optional_blob()?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    claimed.sort_by(|one, two| (one.due_at, &one.code).cmp(&(two.due_at, &two.code)));
    Ok(claimed)
}

/// The twin equals the entity. If the mirror was wanted again meanwhile only the lease ends; if the lease was lost
/// nothing happens (whoever has it now finds the twin already equal).
pub fn done(key: Key<'_>, wish: i64, owner: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(DONE, args![key.tenant, key.kind, key.code, wish, owner, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// There is nothing more to do although the twin does not equal the entity: `reason` says what keeps it back, without
/// content.
pub fn withheld(key: Key<'_>, wish: i64, owner: &str, reason: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(WITHHELD, args![key.tenant, key.kind, key.code, wish, owner, reason, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// The attempt failed; the next is due at `due_at`. `error` names the cause without content.
pub fn retry(key: Key<'_>, wish: i64, owner: &str, due_at: i64, error: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(RETRY, args![key.tenant, key.kind, key.code, wish, owner, due_at, error, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// The attempt failed for good: a person must look. A new wish un-parks it.
pub fn park(key: Key<'_>, wish: i64, owner: &str, error: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(PARK, args![key.tenant, key.kind, key.code, wish, owner, error, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// It takes away too much in PTV to be sent unasked: `reason` says so. A new wish puts it to the question again.
pub fn hold(key: Key<'_>, wish: i64, owner: &str, reason: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(HOLD, args![key.tenant, key.kind, key.code, wish, owner, reason, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// What was asked for is not what would be sent now: it waits as if nobody had asked.
pub fn unask(key: Key<'_>, wish: i64, owner: &str, reason: &str, now: i64) -> Vec<Statement> {
    vec![
        Statement::new(UNASK, args![key.tenant, key.kind, key.code, wish, owner, reason, now]),
        Statement::new(GIVE_BACK, args![key.tenant, key.kind, key.code, owner]),
    ]
}

/// Tenants and kinds with due mirrors, and how many.
pub async fn due(store: &Store, now: i64) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows = store.read(DUE, args![now]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.text()?, fields.int()?))
        })
        .collect()
}

/// When the tenant's next mirror is due (of those that were asked for), leases counted; none when none waits.
pub async fn next_due(store: &Store, tenant: &str, asked: bool) -> Result<Option<i64>, StoreError> {
    match store.read_one(NEXT_DUE, args![tenant, i64::from(asked)]).await? {
        Some(row) => row.fields("mirror").optional_int(),
        None => Ok(None),
    }
}

/// How many wait that were asked for.
pub async fn asked(store: &Store, tenant: &str) -> Result<u64, StoreError> {
    match store.read_one(ASKED, args![tenant]).await? {
        Some(row) => Ok(row.fields("mirror").int()?.unsigned_abs()),
        None => Ok(0),
    }
}

/// At most `limit` mirrors in a state that have a reason.
pub async fn troubled(store: &Store, tenant: &str, state: &str, limit: u32) -> Result<Vec<Mirror>, StoreError> {
    store.read(TROUBLED, args![tenant, state, limit]).await?.into_iter().map(from_row).collect()
}

pub async fn get(store: &Store, key: Key<'_>) -> Result<Option<Mirror>, StoreError> {
    store.read_one(GET, args![key.tenant, key.kind, key.code]).await?.map(from_row).transpose()
}

/// At most `limit` mirrors in a state.
pub async fn list(store: &Store, tenant: &str, state: &str, limit: u32) -> Result<Vec<Mirror>, StoreError> {
    store.read(LIST, args![tenant, state, limit]).await?.into_iter().map(from_row).collect()
}

/// The mirrors of these codes, by code: few are looked up, for many the whole kind is read.
pub async fn of_codes(
    store: &Store,
    tenant: &str,
    kind: &str,
    codes: &BTreeSet<&str>,
) -> Result<BTreeMap<String, Mirror>, StoreError> {
    const FEW: usize = 64;
    if codes.len() <= FEW {
        let mut found = BTreeMap::new();
        for code in codes {
            found.extend(get(store, Key { tenant, kind, code }).await?.map(|mirror| (mirror.code.clone(), mirror)));
        }
        return Ok(found);
    }
    let rows = store.read(OF_KIND, args![tenant, kind]).await?;
    rows.into_iter().map(|row| from_row(row).map(|mirror| (mirror.code.clone(), mirror))).collect()
}

/// How many mirrors of each kind wait, due or not.
pub async fn waiting(store: &Store, tenant: &str) -> Result<Vec<(String, u64)>, StoreError> {
    let rows = store.read(WAITING, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.int()?.unsigned_abs()))
        })
        .collect()
}

/// How many mirrors are in each state.
pub async fn count(store: &Store, tenant: &str) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = store.read(COUNT, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("mirror");
            Ok((fields.text()?, fields.int()?))
        })
        .collect()
}

fn from_row(row: Row) -> Result<Mirror, StoreError> {
    let mut fields = row.fields("mirror");
    Ok(Mirror {
        kind: fields.text()?,
        code: fields.text()?,
        wish: fields.int()?,
        due_at: fields.int()?,
        attempts: fields.int()?,
        state: fields.text()?,
        last_error: fields.optional_text()?,
        updated_at: fields.int()?,
    })
}
