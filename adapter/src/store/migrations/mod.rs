//! The tables and how they came about. Migrations add, except where something must not stand there any longer; each runs
//! once, in a transaction of its own.
//!
//! One text serves both databases: `BIGINT` and `BLOB` become each one's own type word. A database with a migration
//! that this version does not know is refused.

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr as _};

use super::error::StoreError;

/// The type words of a database.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// Brings the database up to date. Advisory locks are not used (clusters lack them): of two processes that start at
/// once one may fail and tries again.
pub(super) async fn run<C: Migrate>(connection: &mut C, dialect: Dialect) -> Result<(), StoreError> {
    const TRIES: u32 = 5;
    let migrator = migrator(dialect);
    let mut tries = 0;
    loop {
        match migrator.run_direct(None, connection, false).await {
            Ok(()) => return Ok(()),
            Err(MigrateError::VersionMissing(found)) => {
                return Err(StoreError::Newer { found, known: newest() });
            }
            Err(MigrateError::Execute(_) | MigrateError::ExecuteMigration(..)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(std::time::Duration::from_millis(50 * u64::from(tries))).await;
            }
            Err(MigrateError::Execute(error)) => return Err(error.into()),
            Err(MigrateError::ExecuteMigration(error, version)) => {
                let text = super::error::describe(&error);
                return Err(StoreError::Migration(format!("migration {version} failed: {text}")));
            }
            Err(other) => return Err(StoreError::Migration(other.to_string())),
        }
    }
}

const ALL: &[(i64, &str, &str)] = &[
    (1, "first tables", include_str!("0001_init.sql")),
    (2, "quality scores", include_str!("0002_quality.sql")),
    (3, "tracking ids", include_str!("0003_marks.sql")),
    (4, "pulls", include_str!("0004_pull.sql")),
    (5, "vocabularies and class maps", include_str!("0005_vocabularies.sql")),
    (6, "own fields", include_str!("0006_own_fields.sql")),
    (7, "drift", include_str!("0007_drift.sql")),
    (8, "asked mirrors", include_str!("0008_asked.sql")),
    (9, "the API user of PTV", include_str!("0009_api_user.sql")),
    (10, "contract watch", include_str!("0010_contract.sql")),
    (11, "versions of PTV", include_str!("0011_shadow.sql")),
    (12, "bulletins, paper and uploads", include_str!("0012_orders.sql")),
    (13, "delivery of letters", include_str!("0013_delivery.sql")),
    (14, "events and replies", include_str!("0014_events.sql")),
    (16, "erasure of letters", include_str!("0016_erasure.sql")),
    (17, "receipts", include_str!("0017_receipts.sql")),
    (18, "no names of files", include_str!("0018_files.sql")),
];

fn newest() -> i64 {
    ALL.last().map_or(0, |(version, ..)| *version)
}

fn migrator(dialect: Dialect) -> Migrator {
    let migrations = ALL
        .iter()
        .map(|&(version, name, text)| {
            let sql = AssertSqlSafe(translate(text, dialect)).into_sql_str();
            Migration::new(version, name.into(), MigrationType::Simple, sql, false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(migrations);
    migrator.set_locking(false);
    migrator
}

/// SQLite tables are STRICT: a text in a number's column is an error there as it is in PostgreSQL.
fn translate(text: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => text.replace(" BIGINT", " INTEGER").replace("\n);", "\n) STRICT;"),
        Dialect::Postgres => text.replace(" BLOB", " BYTEA"),
    }
}
