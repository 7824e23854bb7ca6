//! Why a whole group did not commit, and whether it may be run again.
//!
//! The line that matters is `COMMIT`: before it nothing is written for certain; after it, only an answer counts.

use super::error::{CommitError, StoreError, describe, is_serialisation, limit, may_retry};

/// Why a group did not commit, and whether it may be run again.
pub(super) struct Failure {
    pub(super) error: CommitError,
    pub(super) again: Again,
    /// The connection is of no more use.
    pub(super) broken: bool,
    /// The limit of the store that was met, by its key.
    pub(super) limit: Option<&'static str>,
}

/// May the same group be run again at once?
#[derive(Clone, Copy)]
pub(super) enum Again {
    Yes,
    No,
}

impl Failure {
    /// No transaction was open yet.
    #[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
    pub(super) fn before(error: StoreError) -> Self {
        let again = if error.may_retry() { Again::Yes } else { Again::No };
        let limit = if let StoreError::Database { limit, .. } = &error { *limit } else { None };
        Self { error: CommitError::Unavailable { text: error.to_string() }, again, broken: true, limit }
    }

    /// Inside the transaction: certainly nothing is written.
    #[allow(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
    pub(super) fn during(error: sqlx::Error) -> Self {
        let again = if may_retry(&error) { Again::Yes } else { Again::No };
        let broken = !matches!(error, sqlx::Error::Database(_));
        Self { error: CommitError::Unavailable { text: describe(&error) }, again, broken, limit: limit(&error) }
    }

    /// An answer from the database means *not committed*; no answer means nobody knows.
    pub(super) fn at_commit(error: &sqlx::Error) -> Self {
        let text = describe(error);
        match error {
            sqlx::Error::Database(inner) => {
                // 40003 is the clusters' "completion unknown"; the others say that the server went away.
                let lost = inner
                    .code()
                    .is_some_and(|code| code == "40003" || code.starts_with("57P") || code.starts_with("08"));
                if lost {
                    return Self { error: CommitError::Unknown { text }, again: Again::No, broken: true, limit: None };
                }
                let again = if is_serialisation(error) || may_retry(error) { Again::Yes } else { Again::No };
                Self { error: CommitError::Unavailable { text }, again, broken: false, limit: limit(error) }
            }
            _ => Self { error: CommitError::Unknown { text }, again: Again::No, broken: true, limit: None },
        }
    }
}
