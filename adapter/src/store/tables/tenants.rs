//! `tenant_key`: each tenant's data key, wrapped by the master key.

use super::sql;
use crate::store::args;
use crate::store::commit::Statement;

sql! {
    ADD = "INSERT INTO tenant_key (tenant, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (tenant) DO NOTHING";
    GET = "SELECT wrapped FROM tenant_key WHERE tenant = $1";
    ANY = "SELECT tenant, wrapped FROM tenant_key ORDER BY tenant LIMIT 1";
}

/// Keeps a new key unless the tenant has one already.
pub(in crate::store) fn add(tenant: &str, wrapped: Vec<u8>, now: i64) -> Statement {
    Statement::new(ADD, args![tenant, wrapped, now])
}
