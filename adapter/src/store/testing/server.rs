//! A real PostgreSQL from Debian's binaries. It runs in a temporary folder, on a UNIX socket only, and stops when the last
//! process that uses it has ended, however it ended.

use std::fs::File;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

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
