//! Where the store is, what this process does with it, and its limits.

use std::path::PathBuf;
use std::time::Duration;

use super::database::Location;

/// Where the store is and what it may use.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    pub location: Location,
    /// The data directory: `blobs/`, `keys/`, `log/`, and with SQLite `silta.db`.
    pub data: PathBuf,
    /// Under which name this process writes evidence. By default an SQLite store has the one writer `main`, which every
    /// start continues; with PostgreSQL every start is a writer of its own, so that replicas never share a chain.
    pub writer: Option<String>,
    /// Write, or read beside the process that does.
    pub access: Access,
    pub limits: StoreLimits,
}

/// What this process does with the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Migrates, takes the data directory's lock (SQLite), commits, sweeps orphans.
    Write,
    /// Reads only; every commit is refused.
    Read,
}

/// The store's limits; the names are those of the configuration keys under `store.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// `commit_queue`: how many commits may wait; one more is [`super::CommitError::Busy`]. Default 4096.
    pub commit_queue: usize,
    /// `commit_group`: how many commits share a transaction. Default 64.
    pub commit_group: usize,
    /// `commit_wait`: how long a group waits for company after a busy one. Default 1 ms.
    pub commit_wait: Duration,
    /// `readers`: connections that read. Default 4.
    pub readers: u32,
    /// `busy_timeout`: how long SQLite waits for another process. Default 5 s.
    pub busy_timeout: Duration,
    /// `acquire_timeout`: how long a read waits for a connection. Default 5 s.
    pub acquire_timeout: Duration,
    /// `inline_body`: bodies up to this many bytes lie in the row. Default 64 KiB: what is larger would be written twice by the one writer of SQLite.
    pub inline_body: usize,
    /// `orphan_age`: how old a blob without a row must be before it is swept. Default 1 h.
    pub orphan_age: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            commit_queue: 4096,
            commit_group: 64,
            commit_wait: Duration::from_millis(1),
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(5),
            inline_body: 64 * 1024,
            orphan_age: Duration::from_hours(1),
        }
    }
}

impl StoreConfig {
    /// An SQLite store in a data directory.
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        let data = data.into();
        Self {
            location: Location::Sqlite(data.join("silta.db")),
            data,
            writer: None,
            access: Access::Write,
            limits: StoreLimits::default(),
        }
    }

    /// A store in PostgreSQL (or what speaks its protocol), with blobs and keys in a data directory.
    pub fn postgres(address: secrecy::SecretString, data: impl Into<PathBuf>) -> Self {
        Self {
            location: Location::Postgres(address),
            data: data.into(),
            writer: None,
            access: Access::Write,
            limits: StoreLimits::default(),
        }
    }
}
