//! `entity`, `entity_revision`, `change_feed`: what a tenant's catalogue holds, held, and how it changed.
//!
//! The feed's sequence is a counter row per tenant raised in the same transaction, so its order is commit order. The
//! body is the entity's own serialised form, which only the catalogue reads.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Fields, Row, Store, StoreError, args};

sql! {
    CREATE = "INSERT INTO entity (tenant, kind, code, revision, state, master, changed_at, body)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, kind, code) DO NOTHING";
    REVISE = "UPDATE entity SET revision = $4, state = $5, master = $6, changed_at = $7, body = $8
              WHERE tenant = $1 AND kind = $2 AND code = $3 AND revision = $9";
    KEEP_REVISION = "INSERT INTO entity_revision
              (tenant, kind, code, revision, state, master, changed_at, changed_by, body)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    NEXT_CHANGE = "INSERT INTO counter (tenant, name, value) VALUES ($1, 'change_feed', 1)
              ON CONFLICT (tenant, name) DO UPDATE SET value = counter.value + 1 RETURNING value";
    ADD_CHANGE = "INSERT INTO change_feed (tenant, sequence, kind, code, revision, deleted, changed_at)
              VALUES ($1, (SELECT value FROM counter WHERE tenant = $1 AND name = 'change_feed'), $2, $3, $4, $5, $6)";
    GET = "SELECT kind, code, revision, state, master, changed_at, body FROM entity
              WHERE tenant = $1 AND kind = $2 AND code = $3";
    PAGE = "SELECT kind, code, revision, state, master, changed_at, body FROM entity
              WHERE tenant = $1 AND kind = $2 AND code > $3 ORDER BY code LIMIT $4";
    GET_REVISION = "SELECT kind, code, revision, state, master, changed_at, body FROM entity_revision
              WHERE tenant = $1 AND kind = $2 AND code = $3 AND revision = $4";
    REVISIONS = "SELECT revision, state, master, changed_at, changed_by FROM entity_revision
              WHERE tenant = $1 AND kind = $2 AND code = $3 ORDER BY revision DESC LIMIT $4";
    HISTORY = "SELECT kind, code, revision, state, master, changed_at, body FROM entity_revision
              WHERE tenant = $1 AND kind = $2 AND (code > $3 OR (code = $3 AND revision > $4))
              ORDER BY code, revision LIMIT $5";
    CHANGES = "SELECT sequence, kind, code, revision, deleted, changed_at FROM change_feed
              WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
    CURRENT = "SELECT f.sequence, e.kind, e.code, e.revision, e.state, e.master, e.changed_at, e.body
              FROM change_feed f JOIN entity e ON e.tenant = f.tenant AND e.kind = f.kind AND e.code = f.code
              AND e.revision = f.revision
              WHERE f.tenant = $1 AND f.sequence > $2 ORDER BY f.sequence LIMIT $3";
    LAST_CHANGE = "SELECT value FROM counter WHERE tenant = $1 AND name = 'change_feed'";
    COUNT_BY_KIND = "SELECT kind, state, COUNT(*) FROM entity WHERE tenant = $1 GROUP BY kind, state ORDER BY kind, state";
}

/// A new revision of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRevision<'a> {
    pub tenant: &'a str,
    pub kind: &'a str,
    pub code: &'a str,
    /// The revision that this one follows; 0 for a new entity. Another one there now is a conflict.
    pub after: i64,
    pub state: &'a str,
    pub master: &'a str,
    /// A tombstone in the change feed.
    pub deleted: bool,
    pub changed_at: i64,
    pub changed_by: &'a str,
    pub body: &'a [u8],
}

/// Writes the entity, keeps the revision, and adds the feed row: four statements, the last but one returns nothing of
/// interest. Statement 0 conflicts when the entity is no longer at `after`.
pub fn put(new: &NewRevision<'_>) -> Vec<Statement> {
    let NewRevision { tenant, kind, code, after, state, master, deleted, changed_at, changed_by, body } = *new;
    let revision = after + 1;
    let entity = if after == 0 {
        Statement::new(CREATE, args![tenant, kind, code, revision, state, master, changed_at, body])
    } else {
        Statement::new(REVISE, args![tenant, kind, code, revision, state, master, changed_at, body, after])
    };
    vec![
        entity.expecting(1),
        Statement::new(KEEP_REVISION, args![tenant, kind, code, revision, state, master, changed_at, changed_by, body]),
        Statement::new(NEXT_CHANGE, args![tenant]),
        Statement::new(ADD_CHANGE, args![tenant, kind, code, revision, deleted, changed_at]),
    ]
}

/// An entity, or one of its revisions, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntity {
    pub kind: String,
    pub code: String,
    pub revision: i64,
    pub state: String,
    pub master: String,
    pub changed_at: i64,
    pub body: Vec<u8>,
}

impl StoredEntity {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        Self::from_fields(&mut row.fields("entity"))
    }

    fn from_fields(fields: &mut Fields) -> Result<Self, StoreError> {
        Ok(Self {
            kind: fields.text()?,
            code: fields.text()?,
            revision: fields.int()?,
            state: fields.text()?,
            master: fields.text()?,
            changed_at: fields.int()?,
            body: fields.blob()?,
        })
    }
}

/// One row of the change feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub sequence: i64,
    pub kind: String,
    pub code: String,
    pub revision: i64,
    pub deleted: bool,
    pub changed_at: i64,
}

/// What is known of a revision without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionNote {
    pub revision: i64,
    pub state: String,
    pub master: String,
    pub changed_at: i64,
    pub changed_by: String,
}

pub async fn get(store: &Store, tenant: &str, kind: &str, code: &str) -> Result<Option<StoredEntity>, StoreError> {
    store.read_one(GET, args![tenant, kind, code]).await?.map(StoredEntity::from_row).transpose()
}

/// At most `limit` entities of a kind whose code is greater than `after` (empty for the first page).
pub async fn page(
    store: &Store,
    tenant: &str,
    kind: &str,
    after: &str,
    limit: u32,
) -> Result<Vec<StoredEntity>, StoreError> {
    let rows = store.read(PAGE, args![tenant, kind, after, limit]).await?;
    rows.into_iter().map(StoredEntity::from_row).collect()
}

pub async fn revision(
    store: &Store,
    tenant: &str,
    kind: &str,
    code: &str,
    revision: i64,
) -> Result<Option<StoredEntity>, StoreError> {
    store.read_one(GET_REVISION, args![tenant, kind, code, revision]).await?.map(StoredEntity::from_row).transpose()
}

/// The newest revisions first.
pub async fn revisions(
    store: &Store,
    tenant: &str,
    kind: &str,
    code: &str,
    limit: u32,
) -> Result<Vec<RevisionNote>, StoreError> {
    let rows = store.read(REVISIONS, args![tenant, kind, code, limit]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("entity_revision");
            Ok(RevisionNote {
                revision: fields.int()?,
                state: fields.text()?,
                master: fields.text()?,
                changed_at: fields.int()?,
                changed_by: fields.text()?,
            })
        })
        .collect()
}

/// Revisions of all entities of a kind by code and revision, after one of them; at most `limit`.
pub async fn history(
    store: &Store,
    tenant: &str,
    kind: &str,
    (code, revision): (&str, i64),
    limit: u32,
) -> Result<Vec<StoredEntity>, StoreError> {
    let rows = store.read(HISTORY, args![tenant, kind, code, revision, limit]).await?;
    rows.into_iter().map(StoredEntity::from_row).collect()
}

/// At most `limit` changes after a sequence, in commit order.
pub async fn changes(store: &Store, tenant: &str, after: i64, limit: u32) -> Result<Vec<Change>, StoreError> {
    let rows = store.read(CHANGES, args![tenant, after, limit]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("change_feed");
            Ok(Change {
                sequence: fields.int()?,
                kind: fields.text()?,
                code: fields.text()?,
                revision: fields.int()?,
                deleted: fields.flag()?,
                changed_at: fields.int()?,
            })
        })
        .collect()
}

/// At most `limit` entities whose newest change came after a sequence, each with that change's sequence, in commit
/// order. None left means that every change up to the last one returned has been seen, superseded ones aside.
pub async fn current(
    store: &Store,
    tenant: &str,
    after: i64,
    limit: u32,
) -> Result<Vec<(i64, StoredEntity)>, StoreError> {
    let rows = store.read(CURRENT, args![tenant, after, limit]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("entity");
            Ok((fields.int()?, StoredEntity::from_fields(&mut fields)?))
        })
        .collect()
}

/// The sequence of the tenant's newest change; 0 when there is none.
pub async fn last_change(store: &Store, tenant: &str) -> Result<i64, StoreError> {
    match store.read_one(LAST_CHANGE, args![tenant]).await? {
        Some(row) => row.fields("counter").int(),
        None => Ok(0),
    }
}

/// How many entities there are of each kind and state.
pub async fn count_by_kind(store: &Store, tenant: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    let rows = store.read(COUNT_BY_KIND, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("entity");
            Ok((fields.text()?, fields.text()?, fields.int()?))
        })
        .collect()
}
