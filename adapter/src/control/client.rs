//! The command line's end of the socket.

use std::io::ErrorKind as IoKind;
use std::path::Path;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::{Command, ControlError, Limits, Reply};

/// Asks the running process and waits for its answer, as long as it takes.
pub async fn call(socket: &Path, command: &Command) -> Result<Value, ControlError> {
    let limits = Limits::default();
    let failed = |source: std::io::Error| ControlError::Socket { path: socket.to_owned(), source };
    let mut line = serde_json::to_vec(command).map_err(ControlError::Malformed)?;
    if line.len() >= limits.request {
        return Err(ControlError::RequestTooLarge { limit: limits.request });
    }
    line.push(b'\n');
    let mut stream = UnixStream::connect(socket).await.map_err(|source| match source.kind() {
        IoKind::NotFound | IoKind::ConnectionRefused => ControlError::NotRunning { path: socket.to_owned() },
        IoKind::PermissionDenied => ControlError::Denied { path: socket.to_owned() },
        _ => failed(source),
    })?;
    stream.write_all(&line).await.map_err(failed)?;
    let mut answer = Vec::new();
    let most = u64::try_from(limits.answer).unwrap_or(u64::MAX).saturating_add(1);
    (&mut stream).take(most).read_to_end(&mut answer).await.map_err(failed)?;
    if answer.len() > limits.answer {
        return Err(ControlError::AnswerTooLarge { limit: limits.answer });
    }
    if !answer.ends_with(b"\n") {
        return Err(ControlError::BrokenOff);
    }
    match serde_json::from_slice(&answer).map_err(ControlError::Malformed)? {
        Reply::Ok(value) => Ok(value),
        Reply::Error(error) => Err(error.into()),
    }
}
