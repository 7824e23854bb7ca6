//! `viestit_password`: the passwords of system accounts, sealed by whoever keeps them.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    PUT = "INSERT INTO viestit_password (account, given, password, pending, changed_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (account) DO UPDATE SET given = excluded.given, password = excluded.password,
           pending = excluded.pending, changed_at = excluded.changed_at";
    GET = "SELECT given, password, pending, changed_at FROM viestit_password WHERE account = $1";
}

/// The passwords of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Keyed digest of the password of the file: another one there is the operator's act.
    pub given: Vec<u8>,
    /// The one in use, sealed; none while it is the file's.
    pub password: Option<Vec<u8>>,
    /// The one of a change whose outcome is not known yet, sealed.
    pub pending: Option<Vec<u8>>,
    /// When the one in use came into use, as far as we know.
    pub changed_at: i64,
}

pub fn put(account: &str, kept: &Kept) -> Statement {
    let Kept { given, password, pending, changed_at } = kept.clone();
    Statement::new(PUT, args![account, given, password, pending, changed_at]).expecting(1)
}

pub async fn get(store: &Store, account: &str) -> Result<Option<Kept>, StoreError> {
    let Some(row) = store.read_one(GET, args![account]).await? else { return Ok(None) };
    let mut fields = row.fields("viestit_password");
    Ok(Some(Kept {
        given: fields.blob()?,
        password: fields.optional_blob()?,
        pending: fields.optional_blob()?,
        changed_at: fields.int()?,
    }))
}
