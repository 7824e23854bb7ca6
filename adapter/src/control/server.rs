//! The process's end of the socket.

use std::io::ErrorKind as IoKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Command, ControlError, Limits, Operator, OperatorError, Reply};

/// A bound socket. Dropping it removes the file.
#[derive(Debug)]
pub struct Server {
    listener: UnixListener,
    file: SocketFile,
    limits: Limits,
}

impl Server {
    /// Binds with mode 0600. A file that a dead process left behind is replaced; a living one's is not.
    ///
    /// The socket is made in a folder that only this user can enter and moved to its place when its mode is set, so
    /// that it is never open to others, whatever the umask.
    pub fn bind(path: &Path) -> Result<Server, ControlError> {
        let failed = |source: std::io::Error| ControlError::Socket { path: path.to_owned(), source };
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(ControlError::Taken { path: path.to_owned() }),
            Err(error) if matches!(error.kind(), IoKind::NotFound | IoKind::ConnectionRefused) => {}
            Err(error) => return Err(failed(error)),
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let folder = tempfile::Builder::new().prefix(".s").rand_bytes(4).tempdir_in(parent).map_err(failed)?;
        let made = folder.path().join("s");
        let listener = UnixListener::bind(&made).map_err(failed)?;
        std::fs::set_permissions(&made, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        std::fs::rename(&made, path).map_err(failed)?;
        Ok(Server { listener, file: SocketFile(path.to_owned()), limits: Limits::default() })
    }

    pub fn path(&self) -> &Path {
        &self.file.0
    }

    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Server {
        Server { limits, ..self }
    }

    /// Answers commands until `stop`, then finishes those that are under way. The file is gone when this returns.
    pub async fn serve(self, operator: Arc<dyn Operator>, stop: CancellationToken) {
        let Server { listener, file, limits } = self;
        let tasks = TaskTracker::new();
        let places = Arc::new(Semaphore::new(limits.connections));
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else {
                // Out of file descriptors: no reason to end, and none to spin.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            };
            // One too many is closed at once; the client says that the connection ended.
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
            let (operator, stop) = (Arc::clone(&operator), stop.clone());
            tasks.spawn(async move {
                answer(stream, &*operator, limits, &stop).await;
                drop(place);
            });
        }
        drop(listener);
        drop(file);
        tasks.close();
        tasks.wait().await;
    }
}

async fn answer(mut stream: UnixStream, operator: &dyn Operator, limits: Limits, stop: &CancellationToken) {
    let line = tokio::select! {
        biased;
        line = timeout(limits.line, read_line(&mut stream, limits.request)) => line,
        // A peer that has not asked yet does not hold up the end.
        () = stop.cancelled() => return,
    };
    let reply = match line {
        Ok(Ok(line)) => carry_out(&line, operator, limits).await,
        Ok(Err(Some(refusal))) => Reply::Error(refusal),
        // Nothing asked, nothing answered: a peer that only looked whether somebody listens.
        Ok(Err(None)) => return,
        Err(_) => Reply::Error(OperatorError::usage("the request did not arrive in time")),
    };
    let mut bytes = serde_json::to_vec(&reply).unwrap_or_default();
    bytes.push(b'\n');
    let sent = timeout(limits.line, async {
        stream.write_all(&bytes).await?;
        stream.shutdown().await
    });
    if !matches!(sent.await, Ok(Ok(()))) {
        tracing::warn!("control: an answer was not taken");
    }
}

async fn carry_out(line: &[u8], operator: &dyn Operator, limits: Limits) -> Reply {
    let command: Command = match serde_json::from_slice(line) {
        Ok(command) => command,
        Err(error) => return Reply::Error(OperatorError::usage(format!("the request is no command: {error}"))),
    };
    match timeout(limits.command, operator.run(command)).await {
        Ok(Ok(value)) => Reply::Ok(value),
        Ok(Err(error)) => Reply::Error(error),
        Err(_) => Reply::Error(OperatorError::failed("the command took too long and was given up")),
    }
}

/// Reads up to the first line end; what follows it is ignored. `None` when there was nothing at all.
async fn read_line(stream: &mut UnixStream, limit: usize) -> Result<Vec<u8>, Option<OperatorError>> {
    let mut line = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = stream.read(&mut piece).await.map_err(|_| None)?;
        let piece = piece.get(..read).unwrap_or_default();
        if let Some(end) = piece.iter().position(|byte| *byte == b'\n') {
            line.extend_from_slice(piece.get(..end).unwrap_or_default());
            return if line.len() > limit { Err(Some(too_large(limit))) } else { Ok(line) };
        }
        line.extend_from_slice(piece);
        if line.len() > limit {
            return Err(Some(too_large(limit)));
        }
        if read == 0 {
            let cut = OperatorError::usage("the request does not end with a line end");
            return Err((!line.is_empty()).then_some(cut));
        }
    }
}

fn too_large(limit: usize) -> OperatorError {
    OperatorError::usage(format!("the request is larger than {limit} bytes"))
}

#[derive(Debug)]
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}
