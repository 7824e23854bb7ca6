//! Stores for tests: a scratch SQLite store, and a real PostgreSQL from Debian's binaries.
//!
//! Not part of the production package. PostgreSQL runs in a temporary folder, on a UNIX socket only, and stops when the
//! process that started it ends, however it ends.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
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

    /// Opens a store of `config` in `folder`.
    pub async fn open(folder: TempDir, config: StoreConfig) -> anyhow::Result<Self> {
        let start: Timestamp = "2026-03-02T12:00:00Z".parse()?;
        let (world, clock) = World::seeded(NUMBER.fetch_add(1, Ordering::SeqCst), start);
        let store = Store::open(config.clone(), &world).await?;
        Ok(Self { store, world, clock, config, folder })
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

/// A PostgreSQL server of this process.
pub struct PostgresServer {
    socket: PathBuf,
    /// The server's keeper stops it when this end closes.
    _alive: ChildStdin,
    _keeper: Child,
}

impl PostgresServer {
    /// The one server of this process, started when first asked for; none when the binaries are not installed. A server
    /// that does not start is an error: it must not look like a machine without one.
    pub fn shared() -> anyhow::Result<Option<&'static Self>> {
        static SHARED: OnceLock<Result<Option<PostgresServer>, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start().map_err(|error| format!("{error:#}"))) {
            Ok(server) => Ok(server.as_ref()),
            Err(text) => anyhow::bail!("PostgreSQL did not start: {text}"),
        }
    }

    /// Starts a server and waits until it answers. Refuses to run as root, so root hands it to the user `postgres`.
    pub fn start() -> anyhow::Result<Option<Self>> {
        let Some(binaries) = binaries() else {
            return Ok(None);
        };
        let folder = tempfile::Builder::new().prefix("silta-pg-").tempdir()?.keep();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
        let data = folder.join("data");
        let mut as_postgres = Vec::new();
        if std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0) {
            as_postgres.extend(["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]);
            anyhow::ensure!(run(Command::new("chown").arg("postgres:").arg(&folder))?, "chown failed");
        }
        let mut init = Command::new("env");
        init.args(&as_postgres).arg(binaries.join("initdb")).arg("-D").arg(&data);
        init.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        anyhow::ensure!(run(init.current_dir("/"))?, "initdb failed");
        let mut keeper = Command::new("sh");
        keeper.arg("-c").arg(KEEPER).arg("keeper").arg(&folder).args(&as_postgres);
        keeper.arg(binaries.join("postgres")).arg("-D").arg(&data).arg("-k").arg(&folder);
        keeper.args(["-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_connections=200"]);
        keeper.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keeper = keeper.spawn()?;
        let alive = keeper.stdin.take().ok_or_else(|| anyhow::anyhow!("no pipe to the keeper"))?;
        for _ in 0..300 {
            let mut ready = Command::new(binaries.join("pg_isready"));
            if run(ready.arg("-q").arg("-h").arg(&folder))? {
                return Ok(Some(Self { socket: folder, _alive: alive, _keeper: keeper }));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        anyhow::bail!("PostgreSQL did not answer in 15 s")
    }

    /// The address of a new, empty schema.
    pub async fn fresh_schema(&self) -> anyhow::Result<SecretString> {
        let schema = format!("t{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
        let mut connection = PgConnection::connect(&self.address("")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(self.address(&format!("&options[search_path]={schema}")).into())
    }

    /// The address of a new, empty database, for a test that must be alone on it.
    pub async fn fresh_database(&self) -> anyhow::Result<SecretString> {
        let name = format!("d{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::SeqCst));
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

/// Starts the server, waits until its own standard input closes, stops the server, and clears away.
const KEEPER: &str = r#"trap "" INT TERM HUP; folder="$1"; shift; "$@" </dev/null & server=$!
read -r _; kill -QUIT $server; wait $server; rm -rf "$folder""#;

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
