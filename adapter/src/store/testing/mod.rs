//! Stores for tests: a scratch SQLite store, and a real PostgreSQL from Debian's binaries.
//!
//! Not part of the production package. PostgreSQL runs in a temporary folder, on a UNIX socket only, and stops when the
//! last process that uses it has ended, however it ended.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tempfile::TempDir;

use super::{Location, Store, StoreConfig};
use crate::world::{ClockHand, World};

/// A store of its own for one test. The folder goes when this is dropped.
pub struct Scratch {
    pub store: Store,
    pub world: World,
    pub clock: ClockHand,
    pub config: StoreConfig,
    folder: TempDir,
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
        Ok(Self { store, world, clock, config, folder })
    }
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

/// The PostgreSQL server of all test processes of this user.
pub struct PostgresServer {
    socket: PathBuf,
    /// Locked by everybody who uses the server; its keeper stops it when nobody does.
    _used: File,
}

impl PostgresServer {
    /// The server, started by whoever asks first on this machine; none when the binaries are not installed. A server that
    /// does not start is an error: it must not look like a machine without one.
    pub fn shared() -> anyhow::Result<Option<&'static Self>> {
        static SHARED: OnceLock<Result<Option<PostgresServer>, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start().map_err(|error| format!("{error:#}"))) {
            Ok(server) => Ok(server.as_ref()),
            Err(text) => anyhow::bail!("PostgreSQL did not start: {text}"),
        }
    }

    /// Joins the server that runs, or starts one and waits until it answers. The runner has a process for
    /// each test, and starting a server takes longer than most of them.
    fn start() -> anyhow::Result<Option<Self>> {
        let Some(binaries) = binaries() else {
            return Ok(None);
        };
        let user = std::fs::metadata("/proc/self")?.uid();
        let home = std::env::temp_dir().join(format!("silta-pg-{user}"));
        let made = std::fs::DirBuilder::new().mode(0o755).create(&home);
        if made.is_err() && std::fs::symlink_metadata(&home)?.uid() != user {
            anyhow::bail!("{} belongs to somebody else", home.display());
        }
        // Only one starts; the keeper holds `used` alone while it stops a server, so that nobody joins that one.
        let starting = File::create(home.join("starting"))?;
        starting.lock()?;
        let used = File::create(home.join("used"))?;
        used.lock_shared()?;
        let socket = home.join("server");
        let mut ready = Command::new(binaries.join("pg_isready"));
        ready.arg("-q").arg("-h").arg(&socket);
        if !run(&mut ready)? {
            start_server(&binaries, &home, &socket, user == 0)?;
            let mut waits = 0;
            while !run(&mut ready)? {
                anyhow::ensure!(waits < 300, "PostgreSQL did not answer in 15 s");
                waits += 1;
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(Some(Self { socket, _used: used }))
    }

    /// The address of a new, empty schema.
    pub async fn fresh_schema(&self) -> anyhow::Result<SecretString> {
        let schema = format!("t{}", uuid::Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&self.address("")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.address(&format!("&options[search_path]={schema}")).into())
    }

    /// The address of a new, empty database, for a test that must be alone on it.
    pub async fn fresh_database(&self) -> anyhow::Result<SecretString> {
        let name = format!("d{}", uuid::Uuid::new_v4().simple());
        let mut connection = PgConnection::connect(&self.address("")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.address(&format!("&dbname={name}")).into())
    }

    fn address(&self, more: &str) -> String {
        format!("postgres://postgres@localhost/postgres?host={}{more}", self.socket.display())
    }
}

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Starts the server until nobody uses it for some seconds, then stops it and clears away.
const KEEPER: &str = r#"trap "" INT TERM HUP; folder="$1"; used="$2"; shift 2; "$@" & server=$!
exec 9<"$used"
while :; do sleep 5; kill -0 $server || break
  if flock -n -x 9; then kill -QUIT $server; break; fi; done
wait $server; rm -rf "$folder""#;

/// PostgreSQL refuses to run as root, so root hands it to the user `postgres`.
fn start_server(binaries: &Path, home: &Path, socket: &Path, root: bool) -> anyhow::Result<()> {
    // What a machine that was switched off has left.
    if socket.exists() {
        std::fs::remove_dir_all(socket)?;
    }
    std::fs::DirBuilder::new().mode(0o755).create(socket)?;
    let data = socket.join("data");
    let mut as_postgres = Vec::new();
    if root {
        as_postgres.extend(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]);
        anyhow::ensure!(run(Command::new("chown").arg("postgres:").arg(socket))?, "chown failed");
    }
    let mut init = Command::new("env");
    init.args(&as_postgres).arg(binaries.join("initdb")).arg("-D").arg(&data);
    init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
    anyhow::ensure!(run(init.current_dir("/"))?, "initdb failed");
    let mut keeper = Command::new("sh");
    keeper.arg("-c").arg(KEEPER).arg("keeper").arg(socket).arg(home.join("used")).args(&as_postgres);
    keeper.arg(binaries.join("postgres")).arg("-D").arg(&data).arg("-k").arg(socket);
    keeper.args(["-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=400"]);
    keeper.current_dir("/").process_group(0);
    keeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    Ok(())
}

fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|path| path.join("initdb").exists() && path.join("postgres").exists())
        .collect();
    found.sort();
    found.pop()
}

fn run(command: &mut Command) -> std::io::Result<bool> {
    Ok(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success())
}
