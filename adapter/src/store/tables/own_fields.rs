//! `own_fields`: what the operator says of a record, whoever its master is.

use super::{by_key, sql};
use crate::store::commit::Statement;
use crate::store::{Fields, Row, Store, StoreError, args};

sql! {
    PUT = "INSERT INTO own_fields (tenant, kind, code, owner_actor, owner_name, owner_email,
              deputy_actor, deputy_name, deputy_email, held, changed_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
              ON CONFLICT (tenant, kind, code) DO UPDATE SET owner_actor = excluded.owner_actor,
              owner_name = excluded.owner_name, owner_email = excluded.owner_email,
              deputy_actor = excluded.deputy_actor, deputy_name = excluded.deputy_name,
              deputy_email = excluded.deputy_email, held = excluded.held, changed_at = excluded.changed_at";
    PAGE = "SELECT kind, code, owner_actor, owner_name, owner_email, deputy_actor, deputy_name, deputy_email, held
              FROM own_fields WHERE tenant = $1 AND (kind > $2 OR (kind = $2 AND code > $3))
              ORDER BY kind, code LIMIT $4";
}

/// Who answers for content: an actor of the tenant, or a name and an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub actor: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnRow {
    pub kind: String,
    pub code: String,
    pub owner: Person,
    pub deputy: Person,
    pub held: bool,
}

/// Puts a record's fields in the place of earlier ones.
pub fn put(tenant: &str, row: &OwnRow, changed_at: i64) -> Statement {
    let mut values = args![tenant, row.kind.as_str(), row.code.as_str()];
    for Person { actor, name, email } in [&row.owner, &row.deputy] {
        values.extend(args![actor.as_deref(), name.as_deref(), email.as_deref()]);
    }
    values.extend(args![row.held, changed_at]);
    Statement::new(PUT, values).expecting(1)
}

/// All of a tenant.
pub async fn all(store: &Store, tenant: &str) -> Result<Vec<OwnRow>, StoreError> {
    by_key(store, PAGE, tenant, from_row, |row: &OwnRow| (&row.kind, &row.code)).await
}

fn from_row(row: Row) -> Result<OwnRow, StoreError> {
    let mut fields = row.fields("own_fields");
    Ok(OwnRow {
        kind: fields.text()?,
        code: fields.text()?,
        owner: person(&mut fields)?,
        deputy: person(&mut fields)?,
        held: fields.flag()?,
    })
}

fn person(fields: &mut Fields) -> Result<Person, StoreError> {
    Ok(Person { actor: fields.optional_text()?, name: fields.optional_text()?, email: fields.optional_text()? })
}
