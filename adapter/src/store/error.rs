//! What may go wrong in the store, and whether it may be tried again.
//!
//! No text of an error carries a value from a row or from an argument: databases like to quote them, so only codes,
//! table names and constraint names are kept.

use crate::world::WorldError;

/// A failure of the store outside of a commit. Always ours, never the caller's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database was written by a newer Silta. Install that version; do not retry.
    #[error("the database has migration {found}, this version knows only up to {known}")]
    Newer { found: i64, known: i64 },
    /// A migration that already ran has been changed, or one stopped half-way. Needs a person.
    #[error("the database's migrations do not fit this version: {0}")]
    Migration(String),
    /// Another process holds the data directory.
    #[error("another process holds {path}")]
    Locked { path: String },
    /// The database answered with an error or could not be reached.
    #[error("database: {text}")]
    Database {
        text: String,
        retry: bool,
        /// The limit of the store that was met, by its key.
        limit: Option<&'static str>,
    },
    /// A row does not have the shape that its reader expects.
    #[error("unreadable row in {place}: column {column}")]
    Unreadable { place: &'static str, column: usize },
    /// A file of the data directory could not be read or written.
    #[error("{what}: {source}")]
    File { what: String, source: std::io::Error },
    /// The key file or a tenant's key is missing, too open, or wrong.
    #[error("keys: {0}")]
    Keys(String),
    /// Something sealed cannot be opened: wrong key, wrong place, or changed bytes.
    #[error("sealed data cannot be opened")]
    Sealed,
    /// A blob that a row refers to is gone.
    #[error("blob {name} is missing")]
    BlobMissing { name: String },
    /// The world gave no randomness.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A commit that the store makes for itself failed.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl StoreError {
    /// May the same act succeed a moment later?
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Database { retry, .. } => *retry,
            Self::Commit(error) => error.may_retry(),
            _ => false,
        }
    }

    pub(super) fn file(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::File { what: what.into(), source }
    }
}

/// Why a commit was not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A statement touched another number of rows than it expects: somebody else was first. Read again and decide.
    #[error("statement {statement} met another state than it expects")]
    Conflict { statement: usize },
    /// A statement broke a constraint. Read again and decide.
    #[error("statement {statement} breaks {constraint:?}")]
    Constraint { statement: usize, constraint: Constraint },
    /// A statement could not be run: our mistake.
    #[error("statement {statement} failed: {text}")]
    Statement { statement: usize, text: String },
    /// Too many commits wait (limit `store.commit_queue`). Retry later.
    #[error("too many commits wait")]
    Busy,
    /// The store is closing.
    #[error("the store is closed")]
    Closed,
    /// Nothing was written, the database could not do it now. Retry later.
    #[error("nothing was committed: {text}")]
    Unavailable { text: String },
    /// The connection broke while the database committed: written or not, nobody knows. Read again before retrying.
    #[error("the database did not say whether it committed: {text}")]
    Unknown { text: String },
    /// The evidence could not be made (a tenant's key is missing or wrong).
    #[error("evidence cannot be made: {text}")]
    Evidence { text: String },
}

/// The kinds of constraint that both databases tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    Unique,
    NotNull,
    Check,
    ForeignKey,
}

impl CommitError {
    /// May the very same commit succeed a moment later? `Unknown` may not: look first.
    pub fn may_retry(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable { .. })
    }

    /// Did somebody else change the rows first?
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::Constraint { constraint: Constraint::Unique, .. })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database { text: describe(&error), retry: may_retry(&error), limit: limit(&error) }
    }
}

/// The error in words that quote no value.
pub(super) fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(inner) => {
            let code = inner.code().unwrap_or_default();
            match inner.constraint() {
                Some(constraint) => format!("error {code} ({constraint})"),
                None => format!("error {code}"),
            }
        }
        sqlx::Error::Io(inner) => format!("connection: {}", inner.kind()),
        sqlx::Error::PoolTimedOut => "no connection was free in time".to_owned(),
        sqlx::Error::PoolClosed => "the pool is closed".to_owned(),
        sqlx::Error::WorkerCrashed => "the connection's thread ended".to_owned(),
        sqlx::Error::Configuration(_) => "the database address is wrong".to_owned(),
        sqlx::Error::Tls(_) => "TLS to the database failed".to_owned(),
        sqlx::Error::RowNotFound => "no row".to_owned(),
        _ => "the driver failed".to_owned(),
    }
}

/// 40001/40P01 (PostgreSQL), BUSY/LOCKED (SQLite), and everything that a new connection may mend.
pub(super) fn may_retry(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(inner) => {
            let code = inner.code().unwrap_or_default();
            is_serialisation(error)
                || code.starts_with("08")
                || code.starts_with("53")
                || code.starts_with("57P")
                || code.parse::<i64>().is_ok_and(|code| matches!(code & 0xff, 5 | 6) && code < 10_000)
        }
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

/// The wait that an error ended, by its key under `store.`.
pub(super) fn limit(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::PoolTimedOut => Some("acquire_timeout"),
        // SQLITE_BUSY: another process wrote for longer.
        sqlx::Error::Database(inner) if inner.code().as_deref() == Some("5") => Some("busy_timeout"),
        _ => None,
    }
}

/// Serialisation failure or deadlock: the whole transaction should be run again at once.
pub(super) fn is_serialisation(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(inner) if matches!(inner.code().as_deref(), Some("40001" | "40P01")))
}

/// The constraint that a database error names.
pub(super) fn constraint(error: &sqlx::Error) -> Option<Constraint> {
    let sqlx::Error::Database(inner) = error else {
        return None;
    };
    match inner.kind() {
        sqlx::error::ErrorKind::UniqueViolation => Some(Constraint::Unique),
        sqlx::error::ErrorKind::NotNullViolation => Some(Constraint::NotNull),
        sqlx::error::ErrorKind::CheckViolation => Some(Constraint::Check),
        sqlx::error::ErrorKind::ForeignKeyViolation => Some(Constraint::ForeignKey),
        _ => None,
    }
}
