//! Stores for tests: a scratch store in SQLite or PostgreSQL, acts behind a store's back, and a search for what may not
//! stand in one in clear. Not part of the production package.

mod search;
mod server;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tempfile::TempDir;

pub use self::search::Search;
pub use self::server::PostgresServer;
use super::{Location, Store, StoreConfig};
use crate::world::{ClockHand, World};

/// A store of its own for one test. When this is dropped, all that the store holds is searched for what may not stand
/// there in clear, and the folder goes.
pub struct Scratch {
    pub store: Store,
    pub world: World,
    pub clock: ClockHand,
    pub config: StoreConfig,
    folder: TempDir,
    is_unsearched: bool,
}

impl Scratch {
    /// An SQLite store in a world whose clock stands at 2026-03-02T12:00:00Z.
    pub async fn sqlite() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config = StoreConfig::in_folder(folder.path());
        Self::open(folder, config).await
    }

    /// A store in a schema of its own of the shared PostgreSQL; none when there is no PostgreSQL on this machine.
    pub async fn postgres() -> anyhow::Result<Option<Self>> {
        let Some(server) = PostgresServer::shared()? else {
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let config = StoreConfig::postgres(server.fresh_schema().await?, folder.path());
        Ok(Some(Self::open(folder, config).await?))
    }

    /// For a test that itself puts into the store what may not stand there: nothing is searched at the end.
    pub fn holds_secrets(&mut self) {
        self.is_unsearched = true;
    }

    /// The data directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Closes the store and opens it again, as after a restart.
    pub async fn reopen(&mut self) -> anyhow::Result<()> {
        self.store.close().await;
        self.store = Store::open(self.config.clone(), &self.world).await?;
        Ok(())
    }

    /// Runs a statement behind the store's back, as somebody with the database's password could.
    pub async fn tamper(&self, sql: &str) -> anyhow::Result<()> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.config.location {
            Location::Sqlite(path) => {
                let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
                sqlx::query(sql).execute(&mut connection).await?;
                connection.close().await?;
            }
            Location::Postgres(address) => {
                let mut connection = PgConnection::connect(address.expose_secret()).await?;
                sqlx::query(sql).execute(&mut connection).await?;
                connection.close().await?;
            }
        }
        Ok(())
    }

    /// Closes the store and makes it what a version before migration 18 would have left: names, types and plain digests
    /// of letters' files in clear. `reopen` brings it up to date.
    pub async fn close_as_before_18(&mut self, name: &str) -> anyhow::Result<()> {
        self.store.close().await;
        let old = "CREATE TABLE old (tenant TEXT NOT NULL, order_id TEXT NOT NULL, name TEXT NOT NULL,
            number BIGINT NOT NULL, media_type TEXT NOT NULL, size BIGINT NOT NULL, digest BLOB NOT NULL,
            body BLOB NOT NULL, blob_name TEXT, uploaded_id TEXT, uploaded_at BIGINT,
            PRIMARY KEY (tenant, order_id, name))";
        let rows = format!(
            "INSERT INTO old SELECT tenant, order_id, '{name}' || number, number, 'application/pdf', size, body, body,
             blob_name, uploaded_id, uploaded_at FROM viestit_attachment"
        );
        let old = match self.config.location {
            Location::Sqlite(_) => old.replace("BIGINT", "INTEGER") + " STRICT",
            Location::Postgres(_) => old.replace("BLOB", "BYTEA"),
        };
        for sql in [
            &*old,
            &*rows,
            "DROP TABLE viestit_attachment",
            "ALTER TABLE old RENAME TO viestit_attachment",
            "DELETE FROM _sqlx_migrations WHERE version = 18",
        ] {
            self.tamper(sql).await?;
        }
        Ok(())
    }

    /// The tables of a PostgreSQL store with a row that holds a text, also as bytes.
    pub async fn tables_holding(config: &StoreConfig, text: &str) -> anyhow::Result<Vec<String>> {
        let Location::Postgres(address) = &config.location else { return Ok(Vec::new()) };
        let mut connection = PgConnection::connect(address.expose_secret()).await?;
        let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await?;
        anyhow::ensure!(!tables.is_empty(), "no table in this schema");
        let mut found = Vec::new();
        for table in tables {
            let holding = format!(
                "SELECT COUNT(*) FROM {table} AS t WHERE POSITION($1 IN t::text) > 0 \
                 OR POSITION(ENCODE(CONVERT_TO($1, 'UTF8'), 'hex') IN t::text) > 0"
            );
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(holding)).bind(text).fetch_one(&mut connection).await?;
            if rows > 0 {
                found.push(table);
            }
        }
        connection.close().await?;
        Ok(found)
    }

    /// Everything that the tables of a PostgreSQL store hold: columns of bytes as they are, others as text.
    pub async fn tables_in_clear(config: &StoreConfig) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
        let Location::Postgres(address) = &config.location else { return Ok(Vec::new()) };
        let mut connection = PgConnection::connect(address.expose_secret()).await?;
        let rows = "SELECT table_name::text, STRING_AGG('COALESCE(' || CASE data_type WHEN 'bytea'
             THEN QUOTE_IDENT(column_name) ELSE 'CONVERT_TO(' || QUOTE_IDENT(column_name) || '::text, ''UTF8'')' END
             || ', ''''::bytea)', ' || ''\\x0a''::bytea || ')
             FROM information_schema.columns WHERE table_schema = current_schema() GROUP BY table_name";
        let rows: Vec<(String, String)> = sqlx::query_as(rows).fetch_all(&mut connection).await?;
        anyhow::ensure!(!rows.is_empty(), "no table in this schema");
        let mut tables = Vec::new();
        for (table, row) in rows {
            let all = format!("SELECT STRING_AGG({row}, '\\x0a'::bytea) FROM {table}");
            let all: Option<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(all)).fetch_one(&mut connection).await?;
            tables.push((table, all.unwrap_or_default()));
        }
        connection.close().await?;
        Ok(tables)
    }

    /// Opens a store of `config` in `folder`.
    pub async fn open(folder: TempDir, config: StoreConfig) -> anyhow::Result<Self> {
        let start: Timestamp = "2026-03-02T12:00:00Z".parse()?;
        let (world, clock) = World::seeded(NUMBER.fetch_add(1, Ordering::SeqCst), start);
        let store = Store::open(config.clone(), &world).await?;
        Ok(Self { store, world, clock, config, folder, is_unsearched: false })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.is_unsearched || std::thread::panicking() {
            return;
        }
        let mut search = Search::of([]);
        search.folder(&self.config.data);
        if let Location::Postgres(_) = self.config.location {
            // A test's runtime cannot wait here; another thread's can.
            let searched = std::thread::scope(|scope| {
                let search = &mut search;
                let config = &self.config;
                scope.spawn(move || runtime().map(|runtime| runtime.block_on(search.tables(config)))).join()
            });
            assert!(matches!(searched, Ok(Ok(()))), "the tables were not searched");
        }
        search.end();
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Takes the table of evidence of the SQLite store in a folder away, or puts it back: while it is away, no commit
/// succeeds.
pub async fn evidence_away(folder: &Path, away: bool) -> anyhow::Result<()> {
    let store = StoreConfig::in_folder(folder);
    let Location::Sqlite(path) = &store.location else { anyhow::bail!("no SQLite store") };
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    let (from, to) = if away { ("evidence", "evidence_away") } else { ("evidence_away", "evidence") };
    sqlx::query(AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"))).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// A record of an SQLite store that was changed behind the store's back.
pub struct Tampered {
    path: PathBuf,
    writer: String,
    sequence: i64,
    was: Vec<u8>,
}

/// Changes one bit of a record of evidence in the SQLite store of a folder, as somebody with the file could.
pub async fn tamper_evidence(folder: &Path, writer: &str, sequence: u64) -> anyhow::Result<Tampered> {
    let store = StoreConfig::in_folder(folder);
    let Location::Sqlite(path) = store.location else { anyhow::bail!("no SQLite store") };
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await?;
    let sequence = i64::try_from(sequence)?;
    let record = "SELECT record FROM evidence WHERE writer = ? AND sequence = ?";
    let was: Vec<u8> = sqlx::query_scalar(record).bind(writer).bind(sequence).fetch_one(&mut connection).await?;
    connection.close().await?;
    let tampered = Tampered { path, writer: writer.to_owned(), sequence, was };
    let mut record = tampered.was.clone();
    let middle = record.len() / 2;
    *record.get_mut(middle).ok_or_else(|| anyhow::anyhow!("an empty record"))? ^= 1;
    tampered.write(&record).await?;
    Ok(tampered)
}

/// Makes a stored record unreadable in the SQLite store of a folder.
pub async fn spoil_entity(folder: &Path, kind: &str, code: &str) -> anyhow::Result<()> {
    let Location::Sqlite(path) = StoreConfig::in_folder(folder).location else { anyhow::bail!("no SQLite store") };
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await?;
    let spoil = sqlx::query("UPDATE entity SET body = CAST('{' AS BLOB) WHERE kind = ? AND code = ?");
    let spoilt = spoil.bind(kind).bind(code).execute(&mut connection).await?.rows_affected();
    anyhow::ensure!(spoilt == 1, "{spoilt} records are called {kind}/{code}");
    Ok(connection.close().await?)
}

impl Tampered {
    /// Writes the record again as it was.
    pub async fn put_back(self) -> anyhow::Result<()> {
        self.write(&self.was).await
    }

    async fn write(&self, record: &[u8]) -> anyhow::Result<()> {
        let mut connection = SqliteConnectOptions::new().filename(&self.path).connect().await?;
        let update = "UPDATE evidence SET record = ? WHERE writer = ? AND sequence = ?";
        let update = sqlx::query(update).bind(record).bind(&self.writer).bind(self.sequence);
        let touched = update.execute(&mut connection).await?.rows_affected();
        connection.close().await?;
        anyhow::ensure!(touched == 1, "{touched} records were changed");
        Ok(())
    }
}

/// Keeps everybody else from writing an SQLite store until it is released.
pub struct Held(sqlx::SqliteConnection);

/// Takes the write lock of the store in a folder, as another process that writes for long would.
pub async fn hold_sqlite(folder: &Path) -> anyhow::Result<Held> {
    let store = StoreConfig::in_folder(folder);
    let Location::Sqlite(path) = &store.location else { anyhow::bail!("no SQLite store") };
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
    Ok(Held(connection))
}

impl Held {
    pub async fn release(mut self) -> anyhow::Result<()> {
        sqlx::query("ROLLBACK").execute(&mut self.0).await?;
        self.0.close().await?;
        Ok(())
    }
}

static NUMBER: AtomicU64 = AtomicU64::new(1);
