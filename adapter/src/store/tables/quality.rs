//! `quality_score`: how the quality of a tenant's catalogue went, one row a day.

use super::sql;
use crate::store::commit::Statement;
use crate::store::{Store, StoreError, args};

sql! {
    PUT = "INSERT INTO quality_score (tenant, day, at, tenths, services, errors, warnings) VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant, day) DO UPDATE SET at = excluded.at, tenths = excluded.tenths,
           services = excluded.services, errors = excluded.errors, warnings = excluded.warnings";
    LATEST = "SELECT day, at, tenths, services, errors, warnings FROM quality_score WHERE tenant = $1
           ORDER BY day DESC LIMIT $2";
}

/// The score of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// `YYYY-MM-DD`, which sorts as days do.
    pub day: String,
    pub at: i64,
    /// The score in tenths of a point: 0 to 1000.
    pub tenths: i64,
    pub services: i64,
    pub errors: i64,
    pub warnings: i64,
}

/// Keeps the score of its day, in the place of an earlier one.
pub fn put(tenant: &str, score: &Score) -> Statement {
    let Score { day, at, tenths, services, errors, warnings } = score;
    Statement::new(PUT, args![tenant, day.as_str(), *at, *tenths, *services, *errors, *warnings]).expecting(1)
}

/// The scores of the latest days, newest first.
pub async fn latest(store: &Store, tenant: &str, limit: u32) -> Result<Vec<Score>, StoreError> {
    let rows = store.read(LATEST, args![tenant, limit]).await?;
    rows.into_iter()
        .map(|row| {
            let mut fields = row.fields("quality_score");
            Ok(Score {
                day: fields.text()?,
                at: fields.int()?,
                tenths: fields.int()?,
                services: fields.int()?,
                errors: fields.int()?,
                warnings: fields.int()?,
            })
        })
        .collect()
}
