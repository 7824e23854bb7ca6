//! What calls of both versions have in common below their contracts.

use super::PtvError;

/// Status and body of an answer that is no larger than it may be.
pub(super) async fn read_bounded(mut response: reqwest::Response, most: usize) -> Result<(u16, Vec<u8>), PtvError> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        if body.len() + chunk.len() > most {
            let limit = most / (1024 * 1024);
            return Err(PtvError::Unreadable(format!("the answer is larger than {limit} MiB")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

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
