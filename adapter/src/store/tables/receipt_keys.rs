//! `receipt_key`: the keys that sign a tenant's receipts, sealed by whoever makes them.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    ADD = "INSERT INTO receipt_key (tenant, number, id, sealed, created_at) VALUES ($1, 1, $2, $3, $4)
           ON CONFLICT (tenant, number) DO NOTHING";
    ALL_OF = "SELECT id, sealed FROM receipt_key WHERE tenant = $1 ORDER BY number DESC";
}

/// A key as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Thumbprint of the public part.
    pub id: String,
    pub sealed: Vec<u8>,
}

/// Keeps a tenant's first key; conflicts when it has one already.
pub fn add_first(tenant: &str, key: &Kept, now: i64) -> Statement {
    let Kept { id, sealed } = key.clone();
    Statement::new(ADD, args![tenant, id, sealed, now]).expecting(1)
}

/// A tenant's keys, the one that signs first.
pub async fn all_of(store: &Store, tenant: &str) -> Result<Vec<Kept>, StoreError> {
    let rows = store.read(ALL_OF, args![tenant]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("receipt_key");
            Ok(Kept { id: fields.text()?, sealed: fields.blob()? })
        })
        .collect()
}
