//! `class_map`: the class maps that tenants have published, each revision as it was. `class_map_adopted`: the copies that other
//! tenants use.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    PUBLISH = "INSERT INTO class_map (tenant, name, revision, at, entries, body) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (tenant, name, revision) DO NOTHING";
    LATEST = "SELECT tenant, name, revision, at, entries, body FROM class_map WHERE tenant = $1 AND name = $2
           ORDER BY revision DESC LIMIT 1";
    LIST = "SELECT m.tenant, m.name, m.revision, m.at, m.entries, m.body FROM class_map m
           WHERE m.revision = (SELECT MAX(n.revision) FROM class_map n WHERE n.tenant = m.tenant AND n.name = m.name)
           ORDER BY m.tenant, m.name";
    ADOPT = "INSERT INTO class_map_adopted (tenant, owner, name, revision, at, entries, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant, owner, name) DO UPDATE SET revision = excluded.revision, at = excluded.at,
           entries = excluded.entries, body = excluded.body";
    DROP_ADOPTED = "DELETE FROM class_map_adopted WHERE tenant = $1 AND owner = $2 AND name = $3";
    ADOPTED = "SELECT owner, name, revision, at, entries, body FROM class_map_adopted WHERE tenant = $1
           ORDER BY owner, name";
}

/// One revision of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// Whose it is.
    pub owner: String,
    pub name: String,
    pub revision: i64,
    pub at: i64,
    pub entries: i64,
    pub body: Vec<u8>,
}

/// Publishes a revision; conflicts when there is one of that number already.
pub fn publish(map: &Map) -> Statement {
    let Map { owner, name, revision, at, entries, body } = map;
    let args = args![owner.as_str(), name.as_str(), *revision, *at, *entries, body.as_slice()];
    Statement::new(PUBLISH, args).expecting(1)
}

/// Takes a copy of a revision, in the place of an earlier one of the same map.
pub fn adopt(tenant: &str, map: &Map) -> Statement {
    let Map { owner, name, revision, at, entries, body } = map;
    let args = args![tenant, owner.as_str(), name.as_str(), *revision, *at, *entries, body.as_slice()];
    Statement::new(ADOPT, args).expecting(1)
}

/// Gives the copy up; conflicts when there is none.
pub fn drop_adopted(tenant: &str, owner: &str, name: &str) -> Statement {
    Statement::new(DROP_ADOPTED, args![tenant, owner, name]).expecting(1)
}

/// The newest revision of a map.
pub async fn latest(store: &Store, owner: &str, name: &str) -> Result<Option<Map>, StoreError> {
    store.read_one(LATEST, args![owner, name]).await?.map(from_row).transpose()
}

/// The newest revision of every map of every tenant.
pub async fn list(store: &Store) -> Result<Vec<Map>, StoreError> {
    store.read(LIST, Vec::new()).await?.into_iter().map(from_row).collect()
}

/// The copies that a tenant uses.
pub async fn adopted(store: &Store, tenant: &str) -> Result<Vec<Map>, StoreError> {
    store.read(ADOPTED, args![tenant]).await?.into_iter().map(from_row).collect()
}

fn from_row(row: crate::store::Row) -> Result<Map, StoreError> {
    let mut fields = row.fields("class_map");
    Ok(Map {
        owner: fields.text()?,
        name: fields.text()?,
        revision: fields.int()?,
        at: fields.int()?,
        entries: fields.int()?,
        body: fields.blob()?,
    })
}
