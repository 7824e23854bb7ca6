//! The two databases: how each is opened, read from, and given a connection that may write.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

use super::connection::{self, Connection};
use super::error::StoreError;
use super::migrations::{self, Dialect};
use super::value::{Row, Value};

/// Which database, and where.
#[derive(Clone, Debug)]
pub enum Location {
    /// An SQLite file. One process writes, others may read beside it.
    Sqlite(PathBuf),
    /// The address of PostgreSQL or of anything that speaks its wire protocol, as `postgres://…`. A schema other than
    /// the user's own is named by `?options=-csearch_path%3DNAME`.
    Postgres(SecretString),
}

/// How many connections read, and how long anything may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) readers: u32,
    pub(super) busy: Duration,
    pub(super) acquire: Duration,
}

/// An open database.
#[derive(Clone, Debug)]
pub(super) enum Database {
    Sqlite { options: Box<SqliteConnectOptions>, pool: SqlitePool },
    Postgres { pool: PgPool },
}

impl Database {
    pub(super) async fn open(location: &Location, patience: Patience, migrate: bool) -> Result<Self, StoreError> {
        match location {
            Location::Sqlite(path) => Self::open_sqlite(path, patience, migrate).await,
            Location::Postgres(address) => Self::open_postgres(address, patience, migrate).await,
        }
    }

    async fn open_sqlite(path: &Path, patience: Patience, migrate: bool) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(patience.busy)
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENT_CACHE);
        // Beside a running process only the readers' part is taken, and the file must be there already.
        let writing = options
            .clone()
            .create_if_missing(migrate)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is erased, or what a migration takes away, shall not be read in the file any longer.
            .pragma("secure_delete", "ON")
            // `checkpoint` does it.
            .pragma("wal_autocheckpoint", "0");
        if migrate {
            // Closing writes the file itself.
            let mut first = writing.clone().connect().await?;
            migrations::run(&mut first, Dialect::Sqlite).await?;
            first.close().await?;
        }
        let pool = SqlitePoolOptions::new()
            .max_connections(patience.readers)
            .acquire_timeout(patience.acquire)
            // A file does not go away as a server does, and to ask takes as long as to read.
            .test_before_acquire(false)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self::Sqlite { options: Box::new(writing), pool })
    }

    async fn open_postgres(address: &SecretString, patience: Patience, migrate: bool) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(address.expose_secret())?
            .application_name("silta")
            .statement_cache_capacity(STATEMENT_CACHE);
        // One connection more than the readers have: the committer keeps it.
        let pool = PgPoolOptions::new()
            .max_connections(patience.readers.saturating_add(1))
            .acquire_timeout(patience.acquire)
            .connect_with(options)
            .await?;
        if migrate {
            let mut first = pool.acquire().await?;
            migrations::run(&mut *first, Dialect::Postgres).await?;
        }
        Ok(Self::Postgres { pool })
    }

    /// A connection for the committer.
    pub(super) async fn writing(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Sqlite { options, .. } => Ok(Connection::Sqlite(Box::new(options.connect().await?))),
            Self::Postgres { pool } => Ok(Connection::Postgres(Box::new(pool.acquire().await?))),
        }
    }

    /// Whether commits go to a log beside the file, from which they must be moved.
    pub(super) fn has_log(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Writes the log of SQLite into its file and empties it: until then what was erased can be read there. Fails when
    /// others are in the way for too long.
    pub(super) async fn settle(&self) -> Result<(), StoreError> {
        let Self::Sqlite { options, .. } = self else { return Ok(()) };
        let mut connection = options.connect().await?;
        let text = "others are in the way of emptying the log of SQLite".to_owned();
        let mut outcome = Err(StoreError::Database { text, retry: true, limit: None });
        for _ in 0..SETTLE_TRIES {
            // A checkpoint that meets another one does nothing, and says so in its answer only.
            let row: (i64, i64, i64) =
                sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
            if row.0 == 0 {
                outcome = Ok(());
                break;
            }
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
        connection.close().await?;
        outcome
    }

    pub(super) async fn read(&self, sql: &'static str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite { pool, .. } => connection::read_sqlite(pool, sql, args).await?,
            Self::Postgres { pool } => connection::read_postgres(pool, sql, args).await?,
        })
    }

    /// Has the database check a statement without running it.
    #[cfg(test)]
    pub(super) async fn prepare(&self, sql: &'static str) -> Result<(), StoreError> {
        use sqlx::Executor as _;
        match self {
            Self::Sqlite { pool, .. } => {
                let args = vec![Value::from(0_i64); 1_000];
                let (counted, _) = super::text::counted(sqlx::SqlSafeStr::into_sql_str(sql), &args)?;
                drop(pool.prepare(counted).await?);
            }
            Self::Postgres { pool } => {
                drop(pool.prepare(sqlx::SqlSafeStr::into_sql_str(sql)).await?);
            }
        }
        Ok(())
    }

    /// Closes what is open. After writing, SQLite's file is whole without its log.
    pub(super) async fn close(&self, has_written: bool) {
        match self {
            Self::Sqlite { options, pool } => {
                pool.close().await;
                // The last to close moves the log, unless it may only read. If it cannot, the log stays, and nothing is lost.
                if has_written && let Ok(last) = options.connect().await {
                    drop(last.close().await);
                }
            }
            Self::Postgres { pool } => pool.close().await,
        }
    }
}

/// How often the log is tried to be emptied, and how long after one another.
const SETTLE_TRIES: usize = 200;
const SETTLE_PAUSE: Duration = Duration::from_millis(25);
/// Prepared statements kept for each connection: ours and one `INSERT` for each group size.
const STATEMENT_CACHE: usize = 128;
