//! What calls of both versions have in common below their contracts.

use super::PtvError;

pub(super) fn unreachable(error: &reqwest::Error) -> PtvError {
    PtvError::Unreachable(cause(error).into())
}

/// The cause without the address, which may hold codes.
pub(super) fn cause(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    }
}
